/* link: a WebSocket to a desk that keeps itself up: wslay over a transport, as one source of the caller's main context.
 *
 * ws:// is plain TCP (simulated shoppers, benches), wss:// mutual TLS. Everything is non-blocking and runs on the thread-default main
 * context of the thread that called link_new(). Time limits: an address has LINK_CONNECT_MS from its name's lookup to the desk's 101. A
 * desk pings every 2.4 s; when nothing came for LINK_QUIET_MS this end pings too, twice, and the link is dead when nothing came till 5 s
 * were over. */
#pragma once

#include "link/identity.h"

#include <glib.h>

typedef struct Link Link;

#define LINK_CONNECT_MS  10000        /* lookup, every address of the name, TLS and the upgrade */
#define LINK_SOCKET_MS   3000         /* one address' TCP connection */
#define LINK_QUIET_MS    2500         /* without a word; then the first ping */
#define LINK_PING_MS     1500         /* between the two */
#define LINK_PING_LAST   1000         /* after the second unanswered ping */
#define LINK_QUEUE_MAX   (256 * 1024) /* bytes that may wait to be sent */
#define LINK_MESSAGE_MAX (64 * 1024)  /* bytes of a message received */
#define LINK_RETRY_FIRST 100          /* ms; full jitter, doubling */
#define LINK_RETRY_LIMIT 5000

/* What the link tells, from the main loop and never from inside a call of its functions. link_free() is forbidden inside, link_close() is
 * not. */
typedef struct {
    void (*up)(void *data, const char *address);
    /* One text message, valid UTF-8, not NUL-terminated, gone when the function returns. */
    void (*received)(void *data, const char *text, gsize length);
    /* was_up: an open link ended, else an attempt failed. code: the WebSocket's close code, 1006 when there was none. why: one sentence. */
    void (*down)(void *data, gboolean was_up, int code, const char *why);
    void *data;
} LinkEvents;

typedef struct {
    const char *const *addresses; /* ws:// or wss://HOST[:PORT][/PATH], NULL-terminated, tried in turn */
    const char *subprotocol;
    const TransportIdentity *identity; /* for wss://, NULL otherwise; the files are read anew at every attempt */
    gboolean once;                     /* TRUE: after the first down() it stays down */
} LinkSettings;

#define LINK_ERROR (link_error_quark())
GQuark link_error_quark(void);

/* Starts connecting. Copies what it is given but events, which must outlive the link. NULL with a sentence when an address makes no sense.
 */
Link *link_new(const LinkSettings *settings, const LinkEvents *events, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Says 1001 if that needs no waiting, and closes; no event comes any more. NULL is fine. */
void link_free(Link *link);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Link, link_free)

/* Queues a text message (copied). FALSE: the link is not up, or the queue is full; then it ends, since a message would be missing. */
gboolean link_send(Link *link, const char *text);

/* Ends an open link with a code of RFC 6455 once what is queued was sent; down() follows, then the usual reconnection. */
void link_close(Link *link, int code, const char *reason);

gboolean link_is_up(const Link *link);
/* The address in use or tried last; belongs to the link. */
const char *link_address(const Link *link);
