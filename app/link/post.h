/* post: one HTTPS request to a desk and its answer, for what is said once: a booth that has no certificate yet asks for one.
 *
 * HTTP/1.1, a connection of its own, TLS as the link's (transport.h). Blocking, with limits on time and bytes: for a thread that may wait.
 */
#pragma once

#include "link/transport.h"

#include <gio/gio.h>

#define POST_WAIT_MS    20000 /* lookup, connection, TLS and the whole answer; the desk has DOOR_ANSWER_S of it */
#define POST_ANSWER_MAX 65536 /* bytes, header included */

#define POST_ERROR (post_error_quark())
GQuark post_error_quark(void);

typedef struct {
    const char *address;               /* wss://HOST[:PORT][/...], as of the link; the path does not count */
    const char *path;                  /* "/enrol" */
    const TransportIdentity *identity; /* certificate NULL: no certificate is shown */
    const char *body;                  /* JSON text */
} PostRequest;

/* The body of the answer, text without a NUL, to g_free(); *status: of HTTP. NULL with one sentence: there was no answer. */
char *post_ask(const PostRequest *request, guint *status, GCancellable *cancellable, GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef enum {
    POST_MORE, /* read on */
    POST_DONE,
    POST_BROKEN, /* error says what */
} PostResult;

/* Judges what came so far; ended: nothing more will. *body_at and *body_length lie within bytes. Pure. */
PostResult post_read_answer(const guint8 *bytes, gsize length, gboolean ended, guint *status, gsize *body_at, gsize *body_length,
                            GError **error);
