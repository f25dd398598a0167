#include "link/post.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define HEADER_MAX 8192

GQuark post_error_quark(void)
{
    return g_quark_from_static_string("livebooth-post");
}

/* --- the answer -------------------------------------------------------------------------------------------------------------------------
 */

static PostResult broken(GError **error, const char *what)
{
    g_set_error(error, POST_ERROR, 0, "the desk's answer %s", what);
    return POST_BROKEN;
}

/* Content-Length among the lines; -1 when there is none, -2 when it makes no sense or comes twice. */
static gint64 find_length(char **lines)
{
    static const char name[] = "Content-Length:";
    gint64 found = -1;
    for (char **line = lines; *line; line++) {
        guint64 value = 0;
        if (g_ascii_strncasecmp(*line, name, strlen(name)) != 0) continue;
        if (found != -1 || !g_ascii_string_to_unsigned(g_strstrip(*line + strlen(name)), 10, 0, POST_ANSWER_MAX, &value, NULL)) return -2;
        found = (gint64)value;
    }
    return found;
}

static gboolean read_status(const char *line, guint *status)
{
    guint64 value = 0;
    if (!g_str_has_prefix(line, "HTTP/1.") || strlen(line) < 12 || line[8] != ' ' || (line[12] != ' ' && line[12] != '\0')) return FALSE;
    g_autofree char *number = g_strndup(line + 9, 3);
    if (!g_ascii_string_to_unsigned(number, 10, 100, 599, &value, NULL)) return FALSE;
    *status = (guint)value;
    return TRUE;
}

PostResult post_read_answer(const guint8 *bytes, gsize length, gboolean ended, guint *status, gsize *body_at, gsize *body_length,
                            GError **error)
{
    const guint8 *end = length ? memmem(bytes, length, "\r\n\r\n", 4) : NULL;
    const gsize header = end ? (gsize)(end - bytes) : length;
    if (header > HEADER_MAX) return broken(error, "has a header that is too long");
    if (!end) return ended ? broken(error, "ended before it was whole") : POST_MORE;
    if (memchr(bytes, '\0', length)) return broken(error, "is not text");
    g_autofree char *text = g_strndup((const char *)bytes, header);
    g_auto(GStrv) lines = g_strsplit(text, "\r\n", -1);
    if (!read_status(lines[0], status)) return broken(error, "is not HTTP");
    const gint64 said = find_length(lines + 1);
    const gsize have = length - header - 4;
    if (said == -2) return broken(error, "has a length that makes no sense");
    if (said == -1 && !ended) return POST_MORE;
    if (said >= 0 && have < (gsize)said) return ended ? broken(error, "ended before it was whole") : POST_MORE;
    *body_at = header + 4;
    *body_length = said >= 0 ? (gsize)said : have;
    return POST_DONE;
}

/* --- the way there ----------------------------------------------------------------------------------------------------------------------
 */

typedef struct {
    Transport *transport;
    GCancellable *cancellable;
    gint64 until; /* µs, monotonic */
} Way;

/* Until the socket is ready, or time or patience is over. */
static gboolean await(const Way *way, GError **error)
{
    struct pollfd fds[2] = {{.fd = way->transport->fd, .events = (short)(way->transport->wants_write ? POLLOUT : POLLIN)}};
    GPollFD cancel = {.fd = -1};
    const gboolean cancellable = g_cancellable_make_pollfd(way->cancellable, &cancel);
    const gint64 left = (way->until - g_get_monotonic_time()) / 1000;
    fds[1] = (struct pollfd){.fd = cancellable ? cancel.fd : -1, .events = POLLIN};
    const int ready = left > 0 ? poll(fds, 2, (int)left) : 0;
    if (cancellable) g_cancellable_release_fd(way->cancellable);
    if (g_cancellable_set_error_if_cancelled(way->cancellable, error)) return FALSE;
    if (ready > 0 || (ready < 0 && errno == EINTR)) return TRUE;
    g_set_error(error, POST_ERROR, 0, "the desk did not answer within %d s", POST_WAIT_MS / 1000);
    return FALSE;
}

static gboolean fail(const Way *way, gssize code, GError **error)
{
    g_set_error(error, POST_ERROR, 0, "%s", code == TRANSPORT_BROKEN ? way->transport->error : "the desk ended the connection");
    return FALSE;
}

static gboolean send_all(const Way *way, const char *text, GError **error)
{
    for (gsize done = 0, length = strlen(text); done < length;) {
        const gssize put = way->transport->kind->write(way->transport, (const guint8 *)text + done, length - done);
        if (put < 0) return fail(way, put, error);
        done += (gsize)put;
        if (put == 0 && !await(way, error)) return FALSE;
    }
    return TRUE;
}

static char *read_answer(const Way *way, guint *status, GError **error)
{
    g_autoptr(GByteArray) in = g_byte_array_new();
    for (;;) {
        guint8 piece[4096];
        gsize at = 0, length = 0;
        const gssize got = way->transport->kind->read(way->transport, piece, sizeof piece);
        if (got == TRANSPORT_BROKEN) return fail(way, got, error), NULL;
        if (got > 0) g_byte_array_append(in, piece, (guint)got);
        if (in->len > POST_ANSWER_MAX) return broken(error, "is too long"), NULL;
        const PostResult result = post_read_answer(in->data, in->len, got == TRANSPORT_ENDED, status, &at, &length, error);
        if (result == POST_BROKEN) return NULL;
        if (result == POST_DONE) return g_strndup((const char *)in->data + at, length);
        if (got == 0 && !await(way, error)) return NULL;
    }
}

static Transport *dial(const char *host, guint16 port, const PostRequest *request, GCancellable *cancellable, GError **error)
{
    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_socket_client_set_enable_proxy(client, FALSE);
    g_socket_client_set_timeout(client, POST_WAIT_MS / 1000 / 2);
    g_autoptr(GError) cause = NULL;
    g_autoptr(GSocketConnection) connection = g_socket_client_connect_to_host(client, host, port, cancellable, &cause);
    if (!connection) {
        g_set_error(error, POST_ERROR, 0, "the desk at %s:%u cannot be reached: %s", host, port, cause->message);
        return NULL;
    }
    int fd = fcntl(g_socket_get_fd(g_socket_connection_get_socket(connection)), F_DUPFD_CLOEXEC, 3);
    if (fd < 0) {
        g_set_error(error, POST_ERROR, 0, "no socket for the desk: %s", g_strerror(errno));
        return NULL;
    }
    Transport *transport = transport_tls_new(fd, host, request->identity, error);
    if (!transport) close(fd);
    return transport;
}

char *post_ask(const PostRequest *request, guint *status, GCancellable *cancellable, GError **error)
{
    g_autoptr(GUri) uri = g_uri_parse(request->address, G_URI_FLAGS_NONE, NULL);
    const char *host = uri ? g_uri_get_host(uri) : NULL;
    if (!host || !*host || strcmp(g_uri_get_scheme(uri), "wss") != 0) {
        g_set_error(error, POST_ERROR, 0, "\"%s\" is no address of a desk; it should look like wss://HOST:PORT/ws/booth", request->address);
        return NULL;
    }
    const guint16 port = g_uri_get_port(uri) > 0 ? (guint16)g_uri_get_port(uri) : 443;
    Way way = {NULL, cancellable, g_get_monotonic_time() + POST_WAIT_MS * 1000LL};
    way.transport = dial(host, port, request, cancellable, error);
    if (!way.transport) return NULL;
    const gboolean six = strchr(host, ':') != NULL;
    g_autofree char *text =
        g_strdup_printf("POST %s HTTP/1.1\r\nHost: %s%s%s:%u\r\nContent-Type: application/json\r\n"
                        "Content-Length: %" G_GSIZE_FORMAT "\r\nConnection: close\r\n\r\n%s",
                        request->path, six ? "[" : "", host, six ? "]" : "", port, strlen(request->body), request->body);
    char *answer = send_all(&way, text, error) ? read_answer(&way, status, error) : NULL;
    explicit_bzero(text, strlen(text)); /* a token may be in it */
    way.transport->kind->free(way.transport);
    return answer;
}
