#include "link/link.h"

#include "link/backoff.h"
#include "link/upgrade.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>
#include <wslay/wslay.h>

#define OUT_MAX         (16 * 1024)  /* encoded bytes at a time; one TLS record */
#define READ_BUDGET     (256 * 1024) /* bytes of one turn of the main loop, so that one peer cannot have it all */
#define SETTLED_MS      5000         /* an open link this old makes the next wait short again */
#define USER_TIMEOUT_MS 5000
#define NEVER           (-1)

typedef enum {
    WAITING, /* until wake_at; NEVER: it stays down */
    DIALLING,
    UPGRADING,
    OPEN,
} Stage;

typedef struct {
    char *text;
    char *host;
    char *authority; /* of the Host header */
    char *path;
    guint16 port;
    gboolean tls;
} Address;

typedef struct {
    GSource source;
    Link *link;
} LinkSource;

struct Link {
    GPtrArray *addresses; /* of Address */
    guint current;
    char *subprotocol;
    char *authority_file, *certificate_file, *key_file;
    gboolean once;
    const LinkEvents *events;
    GSource *source;
    gpointer fd_tag;
    Stage stage;
    gint64 wake_at; /* µs, monotonic: limit of the stage, next ping or next attempt; NEVER */
    Backoff backoff;
    GCancellable *dialling;
    Transport *transport;
    char *key;       /* Sec-WebSocket-Key */
    GByteArray *in;  /* header while upgrading, then what came behind it */
    GByteArray *out; /* encoded, to be written */
    wslay_event_context_ptr ws;
    gint64 open_since;
    gint64 heard; /* when something came last, µs, monotonic */
    guint pings;  /* sent since then */
    gsize budget; /* bytes that may still be read in this turn */
    char *ending; /* why the link has to end; acted upon by the source alone */
    int end_code;
};

GQuark link_error_quark(void)
{
    return g_quark_from_static_string("livebooth-link");
}

static gint64 in_ms(guint ms)
{
    return g_get_monotonic_time() + (gint64)ms * 1000;
}

static Address *current_address(const Link *link)
{
    return g_ptr_array_index(link->addresses, link->current);
}

/* --- addresses ------------------------------------------------------------------------------------------------------------------- */

static void address_free(gpointer data)
{
    Address *address = data;
    g_free(address->text);
    g_free(address->host);
    g_free(address->authority);
    g_free(address->path);
    g_free(address);
}

static Address *address_parse(const char *text, gboolean has_identity, GError **error)
{
    g_autoptr(GUri) uri = g_uri_parse(text, G_URI_FLAGS_NONE, NULL);
    const char *scheme = uri ? g_uri_get_scheme(uri) : "";
    gboolean tls = strcmp(scheme, "wss") == 0;
    if ((!tls && strcmp(scheme, "ws") != 0) || !g_uri_get_host(uri) || !*g_uri_get_host(uri)) {
        g_set_error(error, LINK_ERROR, 0, "\"%s\" is no address of a desk; it should look like wss://HOST:PORT/ws/booth", text);
        return NULL;
    }
    if (tls && !has_identity) {
        g_set_error(error, LINK_ERROR, 0, "\"%s\" needs a certificate and a key", text);
        return NULL;
    }
    Address *address = g_new0(Address, 1);
    int port = g_uri_get_port(uri);
    address->text = g_strdup(text);
    address->host = g_strdup(g_uri_get_host(uri));
    address->port = (guint16)(port > 0 ? port : tls ? 443 : 80);
    address->tls = tls;
    const char *path = *g_uri_get_path(uri) ? g_uri_get_path(uri) : "/";
    address->path = g_uri_get_query(uri) ? g_strconcat(path, "?", g_uri_get_query(uri), NULL) : g_strdup(path);
    address->authority = strchr(address->host, ':') ? g_strdup_printf("[%s]:%u", address->host, address->port)
                                                    : g_strdup_printf("%s:%u", address->host, address->port);
    return address;
}

/* --- the end of an attempt or of a link ------------------------------------------------------------------------------------------ */

static void disconnect(Link *link)
{
    if (link->dialling) g_cancellable_cancel(link->dialling);
    g_clear_object(&link->dialling);
    if (link->fd_tag) g_source_remove_unix_fd(link->source, link->fd_tag);
    link->fd_tag = NULL;
    if (link->transport) link->transport->kind->free(link->transport);
    link->transport = NULL;
    g_clear_pointer(&link->ws, wslay_event_context_free);
    g_clear_pointer(&link->key, g_free);
    g_byte_array_set_size(link->in, 0);
    g_byte_array_set_size(link->out, 0);
}

/* Asks for the end; the source does it, so that nobody loses the link under his feet. The first reason counts. */
G_GNUC_PRINTF(3, 4) static void end(Link *link, int code, const char *format, ...)
{
    if (link->ending) return;
    va_list args;
    va_start(args, format);
    link->ending = g_strdup_vprintf(format, args);
    va_end(args);
    link->end_code = code;
    g_source_set_ready_time(link->source, 0);
}

/* After an open link the same desk is tried again first; after a failed attempt the next one, and a wait once all were tried. */
static void plan_next(Link *link, gboolean was_up)
{
    link->stage = WAITING;
    link->wake_at = NEVER;
    if (link->once) return;
    if (was_up && g_get_monotonic_time() - link->open_since >= SETTLED_MS * 1000LL) backoff_reset(&link->backoff);
    gboolean all_tried = TRUE;
    if (!was_up) {
        link->current = (link->current + 1) % link->addresses->len;
        all_tried = link->current == 0;
    }
    link->wake_at = all_tried ? in_ms(backoff_next(&link->backoff, g_random_double())) : g_get_monotonic_time();
}

static void finish(Link *link)
{
    gboolean was_up = link->stage == OPEN;
    g_autofree char *why = g_steal_pointer(&link->ending);
    int code = link->end_code;
    disconnect(link);
    plan_next(link, was_up);
    if (link->events->down) link->events->down(link->events->data, was_up, code, why);
}

/* --- frames ---------------------------------------------------------------------------------------------------------------------- */

static void hear(Link *link)
{
    link->heard = g_get_monotonic_time();
    link->pings = 0;
}

static ssize_t ws_receive(wslay_event_context_ptr ws, uint8_t *buffer, size_t length, int flags, void *data)
{
    (void)flags;
    Link *link = data;
    if (link->in->len > 0) {
        guint taken = (guint)MIN(length, link->in->len);
        memcpy(buffer, link->in->data, taken);
        g_byte_array_remove_range(link->in, 0, taken);
        return taken;
    }
    gssize got = link->budget && !link->ending ? link->transport->kind->read(link->transport, buffer, MIN(length, link->budget)) : 0;
    if (got > 0) {
        link->budget -= (gsize)got;
        hear(link);
        return got;
    }
    if (got == TRANSPORT_ENDED) end(link, 1006, "the desk ended the connection");
    if (got == TRANSPORT_BROKEN) end(link, 1006, "%s", link->transport->error);
    wslay_event_set_error(ws, got < 0 ? WSLAY_ERR_CALLBACK_FAILURE : WSLAY_ERR_WOULDBLOCK);
    return -1;
}

static ssize_t ws_send(wslay_event_context_ptr ws, const uint8_t *bytes, size_t length, int flags, void *data)
{
    (void)flags;
    Link *link = data;
    gsize room = OUT_MAX - MIN(link->out->len, OUT_MAX);
    if (room == 0) {
        wslay_event_set_error(ws, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    gsize taken = MIN(room, length);
    g_byte_array_append(link->out, bytes, (guint)taken);
    return (ssize_t)taken;
}

static int ws_mask(wslay_event_context_ptr ws, uint8_t *bytes, size_t length, void *data)
{
    (void)ws;
    (void)data;
    return identity_random(NULL, bytes, length);
}

static void ws_message(wslay_event_context_ptr ws, const struct wslay_event_on_msg_recv_arg *message, void *data)
{
    Link *link = data;
    if (link->ending || wslay_is_ctrl_frame(message->opcode)) return;
    if (message->opcode == WSLAY_TEXT_FRAME)
        link->events->received(link->events->data, (const char *)message->msg, message->msg_length);
    else
        wslay_event_queue_close(ws, WSLAY_CODE_UNSUPPORTED_DATA, NULL, 0);
}

static gboolean open_frames(Link *link)
{
    static const struct wslay_event_callbacks callbacks = {
        .recv_callback = ws_receive,
        .send_callback = ws_send,
        .genmask_callback = ws_mask,
        .on_msg_recv_callback = ws_message,
    };
    if (wslay_event_context_client_init(&link->ws, &callbacks, link) != 0) return FALSE;
    wslay_event_config_set_max_recv_msg_length(link->ws, LINK_MESSAGE_MAX);
    return TRUE;
}

/* --- one turn of the main loop ---------------------------------------------------------------------------------------------------- */

static void write_out(Link *link)
{
    while (!link->ending) {
        while (link->out->len > 0) {
            gssize put = link->transport->kind->write(link->transport, link->out->data, link->out->len);
            if (put == 0) return;
            if (put < 0) {
                end(link, 1006, "%s", link->transport->error);
                return;
            }
            g_byte_array_remove_range(link->out, 0, (guint)put);
        }
        if (!link->ws || !wslay_event_want_write(link->ws)) return;
        int code = wslay_event_send(link->ws);
        if (code != 0) end(link, 1006, "a frame could not be sent (wslay %d)", code);
    }
}

static void become_open(Link *link, gsize header_length)
{
    g_byte_array_remove_range(link->in, 0, (guint)header_length);
    if (!open_frames(link)) {
        end(link, 1006, "out of memory");
        return;
    }
    link->stage = OPEN;
    hear(link);
    link->open_since = link->heard;
    link->wake_at = in_ms(LINK_QUIET_MS);
    if (link->events->up) link->events->up(link->events->data, current_address(link)->text);
}

static void read_upgrade(Link *link)
{
    guint8 buffer[4096];
    gssize got;
    while (link->stage == UPGRADING && !link->ending && (got = link->transport->kind->read(link->transport, buffer, sizeof buffer)) != 0) {
        if (got < 0) {
            end(link, 1006, "%s", got == TRANSPORT_ENDED ? "the desk ended the connection before it answered" : link->transport->error);
            return;
        }
        g_byte_array_append(link->in, buffer, (guint)got);
        gsize header_length = 0;
        g_autoptr(GError) error = NULL;
        UpgradeResult result = upgrade_answer(link->in->data, link->in->len, link->key, link->subprotocol, &header_length, &error);
        if (result == UPGRADE_REFUSED) end(link, 1006, "%s", error->message);
        if (result == UPGRADE_DONE) become_open(link, header_length);
    }
}

/* Whoever began to close: once this end's close frame is written there is nothing left to wait for. */
static void check_closed(Link *link)
{
    if (link->ending || !wslay_event_get_close_sent(link->ws) || link->out->len > 0) return;
    gboolean by_peer = wslay_event_get_close_received(link->ws);
    int code = by_peer ? wslay_event_get_status_code_received(link->ws) : wslay_event_get_status_code_sent(link->ws);
    end(link, code, by_peer ? "the desk closed the link (%d)" : "the link was closed by this end (%d)", code);
}

static void read_frames(Link *link)
{
    link->budget = READ_BUDGET;
    if (wslay_event_want_read(link->ws)) {
        int code = wslay_event_recv(link->ws);
        if (code != 0) end(link, 1006, "the desk's frames could not be read (wslay %d)", code);
    }
}

static void keep_alive(Link *link)
{
    gint64 quiet_at = link->heard + LINK_QUIET_MS * 1000LL;
    if (link->pings == 0 && quiet_at > g_get_monotonic_time()) {
        link->wake_at = quiet_at;
        return;
    }
    if (link->pings >= 2) {
        end(link, 1006, "the desk answers no ping; the line is dead");
        return;
    }
    const struct wslay_event_msg ping = {.opcode = WSLAY_PING};
    wslay_event_queue_msg(link->ws, &ping);
    link->pings++;
    link->wake_at = in_ms(link->pings >= 2 ? LINK_PING_LAST : LINK_PING_MS);
}

static void dial(Link *link);

static void on_time(Link *link)
{
    switch (link->stage) {
    case WAITING: dial(link); break;
    case DIALLING:
    case UPGRADING:
        end(link, 1006, "the desk at %s did not answer within %d s", current_address(link)->authority, LINK_CONNECT_MS / 1000);
        break;
    case OPEN: keep_alive(link); break;
    }
}

/* What to wait for: always readable (unless a close ended that), writable only while something waits for it. */
static void plan_wake(Link *link)
{
    gboolean more = link->ending || (link->stage == OPEN && link->budget == 0);
    g_source_set_ready_time(link->source, more ? 0 : link->wake_at);
    if (!link->fd_tag) return;
    gboolean reads = !link->ws || wslay_event_want_read(link->ws);
    GIOCondition condition = (reads ? G_IO_IN : 0) | (link->transport->wants_write ? G_IO_OUT : 0);
    g_source_modify_unix_fd(link->source, link->fd_tag, condition);
}

static gboolean on_ready(GSource *source, GSourceFunc callback, gpointer data)
{
    (void)callback;
    (void)data;
    Link *link = ((LinkSource *)source)->link;
    link->budget = READ_BUDGET;
    if (!link->ending && link->stage == UPGRADING) {
        write_out(link);
        read_upgrade(link);
    }
    if (!link->ending && link->stage == OPEN) read_frames(link);
    if (!link->ending && link->wake_at != NEVER && link->wake_at <= g_get_monotonic_time()) on_time(link);
    if (!link->ending && link->transport) write_out(link);
    if (!link->ending && link->stage == OPEN) check_closed(link);
    if (link->ending) finish(link);
    plan_wake(link);
    return G_SOURCE_CONTINUE;
}

/* --- connecting ------------------------------------------------------------------------------------------------------------------ */

/* Takes over fd. */
static void start_upgrade(Link *link, int fd)
{
    const Address *address = current_address(link);
    const int one = 1;
    const unsigned int limit = USER_TIMEOUT_MS;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof limit);
    g_autoptr(GError) error = NULL;
    if (address->tls) {
        const TransportIdentity identity = {link->authority_file, link->certificate_file, link->key_file};
        link->transport = transport_tls_new(fd, address->host, &identity, &error);
    } else {
        link->transport = transport_tcp_new(fd);
    }
    if (!link->transport) {
        close(fd);
        end(link, 1006, "%s", error->message);
        return;
    }
    guint8 random[16];
    identity_random(NULL, random, sizeof random);
    link->key = upgrade_key(random);
    g_autofree char *request = upgrade_request(address->authority, address->path, link->subprotocol, link->key);
    g_byte_array_append(link->out, (const guint8 *)request, (guint)strlen(request));
    link->stage = UPGRADING;
    link->fd_tag = g_source_add_unix_fd(link->source, fd, G_IO_IN);
    write_out(link);
    if (!link->ending) plan_wake(link);
}

static void on_dialled(GObject *object, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocketConnection) connection = g_socket_client_connect_to_host_finish(G_SOCKET_CLIENT(object), result, &error);
    /* A cancelled attempt may outlive its link; whose it was stands in the cancellable. */
    g_autoptr(GCancellable) own = data;
    Link *link = g_object_get_data(G_OBJECT(own), "link");
    if (g_cancellable_is_cancelled(own) || link->dialling != own) return;
    g_clear_object(&link->dialling);
    if (!connection) {
        end(link, 1006, "the desk at %s cannot be reached: %s", current_address(link)->authority, error->message);
        return;
    }
    int fd = fcntl(g_socket_get_fd(g_socket_connection_get_socket(connection)), F_DUPFD_CLOEXEC, 3);
    if (fd < 0)
        end(link, 1006, "no socket for the desk: %s", g_strerror(errno));
    else
        start_upgrade(link, fd);
}

static void dial(Link *link)
{
    const Address *address = current_address(link);
    link->stage = DIALLING;
    link->wake_at = in_ms(LINK_CONNECT_MS);
    link->dialling = g_cancellable_new();
    g_object_set_data(G_OBJECT(link->dialling), "link", link);
    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_socket_client_set_enable_proxy(client, FALSE);
    g_socket_client_set_timeout(client, LINK_SOCKET_MS / 1000);
    GNetworkAddress *target = G_NETWORK_ADDRESS(g_network_address_new(address->host, address->port));
    g_socket_client_connect_async(client, G_SOCKET_CONNECTABLE(target), link->dialling, on_dialled, g_object_ref(link->dialling));
    g_object_unref(target);
}

/* --- the module's functions -------------------------------------------------------------------------------------------------------- */

static GSource *new_source(Link *link)
{
    static GSourceFuncs functions = {.dispatch = on_ready};
    GSource *source = g_source_new(&functions, sizeof(LinkSource));
    ((LinkSource *)source)->link = link;
    g_source_set_static_name(source, "link");
    g_source_attach(source, g_main_context_get_thread_default());
    return source;
}

Link *link_new(const LinkSettings *settings, const LinkEvents *events, GError **error)
{
    g_autoptr(GPtrArray) addresses = g_ptr_array_new_with_free_func(address_free);
    for (guint i = 0; settings->addresses[i]; i++) {
        Address *address = address_parse(settings->addresses[i], settings->identity != NULL, error);
        if (!address) return NULL;
        g_ptr_array_add(addresses, address);
    }
    if (addresses->len == 0) {
        g_set_error_literal(error, LINK_ERROR, 0, "there is no address of a desk");
        return NULL;
    }
    Link *link = g_new0(Link, 1);
    link->addresses = g_steal_pointer(&addresses);
    link->subprotocol = g_strdup(settings->subprotocol);
    if (settings->identity) {
        link->authority_file = g_strdup(settings->identity->authority);
        link->certificate_file = g_strdup(settings->identity->certificate);
        link->key_file = g_strdup(settings->identity->key);
    }
    link->once = settings->once;
    link->events = events;
    link->backoff = (Backoff){LINK_RETRY_FIRST, LINK_RETRY_LIMIT, 0};
    link->in = g_byte_array_new();
    link->out = g_byte_array_new();
    link->source = new_source(link);
    link->wake_at = 0;
    g_source_set_ready_time(link->source, 0);
    return link;
}

void link_free(Link *link)
{
    if (!link) return;
    if (link->stage == OPEN && !link->ending && wslay_event_queue_close(link->ws, WSLAY_CODE_GOING_AWAY, NULL, 0) == 0) write_out(link);
    disconnect(link);
    g_source_destroy(link->source);
    g_source_unref(link->source);
    g_ptr_array_unref(link->addresses);
    g_byte_array_unref(link->in);
    g_byte_array_unref(link->out);
    g_free(link->subprotocol);
    g_free(link->authority_file);
    g_free(link->certificate_file);
    g_free(link->key_file);
    g_free(link->ending);
    g_free(link);
}

gboolean link_send(Link *link, const char *text)
{
    if (!link_is_up(link)) return FALSE;
    const struct wslay_event_msg message = {.opcode = WSLAY_TEXT_FRAME, .msg = (const uint8_t *)text, .msg_length = strlen(text)};
    if (wslay_event_get_queued_msg_length(link->ws) + message.msg_length > LINK_QUEUE_MAX) {
        end(link, 1006, "the desk does not take what is sent; more than %d KiB wait", LINK_QUEUE_MAX / 1024);
        return FALSE;
    }
    if (wslay_event_queue_msg(link->ws, &message) != 0) return FALSE;
    g_source_set_ready_time(link->source, 0);
    return TRUE;
}

void link_close(Link *link, int code, const char *reason)
{
    if (!link_is_up(link)) return;
    wslay_event_queue_close(link->ws, (uint16_t)code, (const uint8_t *)reason, reason ? strlen(reason) : 0);
    g_source_set_ready_time(link->source, 0);
}

gboolean link_is_up(const Link *link)
{
    return link->stage == OPEN && !link->ending;
}

const char *link_address(const Link *link)
{
    return current_address(link)->text;
}
