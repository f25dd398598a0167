/* door: the desk's only way in, libwebsockets on a loop of libev's (epoll). It knows transports, limits and files, and no call.
 *
 * Shoppers, ops and the pages: one HTTP port (plain; a TLS terminator may stand before it). Booths: one TLS port, client certificate of the
 * booths' authority required, except for the routes that say otherwise. Everything runs on the thread that calls door_run(), except
 * door_wake(). */
#pragma once

#include <glib.h>

typedef struct Door Door;
typedef struct DoorLink DoorLink; /* one WebSocket; valid from opened() until closed() returns */

typedef enum {
    DOOR_SHOPPER,
    DOOR_BOOTH,
    DOOR_OPS, /* somebody who is logged in to the ops page */
} DoorKind;

/* What the door tells. All on the door's thread. */
typedef struct {
    /* A handshake is done. identity: a booth's id, the common name of its verified certificate; what admit() said; NULL for a shopper.
     * address: the peer's, for logs. */
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

#define DOOR_PAGES     1 /* the HTTP port */
#define DOOR_BOOTHS    2 /* the TLS port, with the certificate of a booth */
#define DOOR_STRANGERS 4 /* the TLS port, without one: for who has none yet */

/* A request, as its handler sees it. Strings are never NULL but where said; they stay until door_reply() has returned. */
typedef struct {
    const char *method;       /* as in the route; HEAD is told as GET */
    const char *path, *query; /* decoded; query is "a=1&b=2", within which & and % are %26 and %25 */
    const char *identity;     /* a booth's id, of its verified certificate; NULL: none was shown */
    const char *key;          /* SHA-256 of that certificate's public key (SubjectPublicKeyInfo), hex; NULL without one */
    const char *cookie, *origin, *host, *content_type, *accept, *accept_encoding, *authorization,
        *if_none_match;  /* headers, "" when absent */
    const char *address; /* the peer's */
    gboolean secure;     /* TLS, here or at a terminator that says so (X-Forwarded-Proto) */
    const char *body;    /* NUL-terminated */
    gsize length;        /* of the body, bytes */
} DoorRequest;

/* What is answered by code instead of by a file. Every request that handle() gets is answered exactly once by door_reply(), at once or
 * later; when the peer went meanwhile, or had no answer for DOOR_ANSWER_S (it is told 504), that answer goes nowhere, and so does one after
 * door_free(). After a request with a body the connection ends: what was sent behind it is not answered. */
typedef struct {
    const char *method; /* "GET", "POST", "PUT", "DELETE"; GET answers HEAD too */
    const char *path;   /* whole; with a * at its end, all that begin so */
    guint where;        /* DOOR_PAGES | DOOR_BOOTHS | DOOR_STRANGERS */
    gsize body_max;     /* bytes of a body, which is read whole within DOOR_BODY_S; 0: there must be none */
    void (*handle)(void *data, DoorRequest *request);
} DoorRoute;

#define DOOR_BODY_S   10
#define DOOR_ANSWER_S 15

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
        *origins; /* origins that may open a shopper's WebSocket, "scheme://host[:port]"; the desk's own Host always may; "*" any */
    const DoorRoute *routes; /* up to one without a method; NULL: none. They come before the pages */
    void *route_data;        /* for their handlers */
    const DoorEvents *ops;   /* for links of the kind DOOR_OPS, at /ws/ops; NULL: there are none */
    /* Whether a handshake at /ws/ops with this Cookie header ("" when there is none) may pass; data: of ops. Returns the link's identity to
     * g_free(), or NULL for 401. */
    char *(*admit_ops)(void *data, const char *cookie);
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

/* Answers a request, on the door's thread; the request is gone then. headers: "name:", "value", ..., NULL; copied. Without "cache-control:"
 * it is "no-store". body: NULL is an empty one; with it "content-type:" should be among the headers. */
void door_reply(DoorRequest *request, guint status, const char *const *headers, GBytes *body);

/* Queues a text message (copied). A link whose queue would pass 256 KiB is closed with 1013 instead; closed() follows later, never from
 * inside. */
void door_send(DoorLink *link, const char *text);
/* Closes with a code (RFC 6455 section 7.4.1 or 4000–4999) after what is queued was sent; closed() follows later. reason: up to 123 bytes,
 * or NULL. */
void door_close(DoorLink *link, int code, const char *reason);

/* The same of a booth's link, to g_free(); NULL: it showed no certificate. */
char *door_key(const DoorLink *link);
/* When the newest ping that the peer has answered was sent, monotonic µs: it was alive then. 0: none yet. */
gint64 door_proven(const DoorLink *link);

void door_set_data(DoorLink *link, void *data);
void *door_data(const DoorLink *link);
