/* door: the desk's only way in, libwebsockets with its default poll loop. It knows transports, limits and files, and no call.
 *
 * Shoppers and the pages: one HTTP port (plain; a TLS terminator may stand before it). Booths: one TLS port, client certificate of the
 * booths' authority required. Everything runs on the thread that calls door_run(), except door_wake(). */
#pragma once

#include <glib.h>

typedef struct Door Door;
typedef struct DoorLink DoorLink; /* one WebSocket; valid from opened() until closed() returns */

typedef enum {
    DOOR_SHOPPER,
    DOOR_BOOTH,
} DoorKind;

/* What the door tells. All on the door's thread. */
typedef struct {
    /* A handshake is done. identity: a booth's id, the common name of its verified certificate; NULL for a shopper. address: the peer's,
     * for logs. */
    void (*opened)(void *data, DoorLink *link, DoorKind kind, const char *identity, const char *address);
    /* One whole text message of at most WIRE_MESSAGE_MAX bytes, valid UTF-8. */
    void (*received)(void *data, DoorLink *link, const char *text, size_t length);
    /* The link is gone, for whatever reason, door_close() included. */
    void (*closed)(void *data, DoorLink *link);
    /* GET of a path under /api/. Returns JSON text to g_free(), or NULL for 404. */
    char *(*api)(void *data, const char *path, const char *query);
    /* door_wake() was called (calls may be merged), or tick_ms went by since the last time. */
    void (*woken)(void *data);
    void *data;
} DoorEvents;

typedef struct {
    int port;                 /* HTTP; 0 takes a free one, see door_port() */
    int booth_port;           /* TLS; 0 takes a free one */
    const char *bind_address; /* NULL: all interfaces */
    const char *web_folder;   /* the pages; must exist */
    const char *text_folder;  /* the catalogues, served under /text/ */
    const char *certificate;  /* PEM files of the desk for the booth port */
    const char *key;
    const char *authority; /* PEM of the booths' authority */
    const char *const
        *origins;    /* origins that may open a shopper's WebSocket, "scheme://host[:port]"; the desk's own Host always may; "*" any */
    guint tick_ms;   /* 1..1000 */
    guint links_max; /* further ones are refused with 503; 1..100000 */
} DoorSettings;

#define DOOR_ERROR (door_error_quark())
GQuark door_error_quark(void);

/* Opens both ports. settings and events must outlive the door. Returns NULL with one sentence for a person: which port is taken, which file
 * cannot be read. */
Door *door_open(const DoorSettings *settings, const DoorEvents *events, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void door_free(Door *door); /* closes what is left; NULL is fine */

int door_port(const Door *door);
int door_booth_port(const Door *door);

/* Serves until door_stop(). Then every link is closed with 1001 and door_run() returns, within 2 s. */
void door_run(Door *door);
/* Signal-safe. */
void door_stop(Door *door);
/* From any thread: woken() is called soon on the door's thread. */
void door_wake(Door *door);

/* Queues a text message (copied). A link whose queue would pass 256 KiB is closed with 1013 instead; closed() follows later, never from
 * inside. */
void door_send(DoorLink *link, const char *text);
/* Closes with a code (RFC 6455 section 7.4.1 or 4000–4999) after what is queued was sent; closed() follows later. reason: up to 123 bytes,
 * or NULL. */
void door_close(DoorLink *link, int code, const char *reason);

void door_set_data(DoorLink *link, void *data);
void *door_data(const DoorLink *link);
