#include "desk/door.h"

#include <string.h>
#include <sys/resource.h>

#include "config/refusal.h"
#include "desk/door_handshake.h"
#include "desk/door_http.h"
#include "desk/door_link.h"
#include "desk/door_ports.h"
#include "desk/door_state.h"
#include "desk/door_tls.h"
#include "wire/wire.h"

#define HANDSHAKE_S       5                                /* TLS, and a request's head, whole */
#define KEEP_ALIVE_S      10                               /* an idle HTTP connection between requests */
#define STOP_US           (1500 * G_TIME_SPAN_MILLISECOND) /* for closes to reach the peers */
#define DESCRIPTORS_SPARE 1024                             /* beside the links: requests, bus, files */
#define DESCRIPTORS_LIMIT 65536                            /* libwebsockets' tables grow with the limit, 16 bytes each */
#define PACE_US           2                                /* between two looks at the sockets, for each link */
#define PACE_MAX_US       4000                             /* however many links there are */
#define HURRY_US          (100 * G_TIME_SPAN_MILLISECOND)

G_DEFINE_QUARK(livebooth - door, door_error)

/* --- what libwebsockets calls ------------------------------------------------------------------------------------------------------- */

static int on_link(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
    (void)user;
    Door *door = lws_context_user(lws_get_context(wsi));
    DoorLink *link = NULL;
    switch (reason) {
    case LWS_CALLBACK_ESTABLISHED: return door_handshake_finish(door, wsi, (DoorKind)lws_get_protocol(wsi)->id);
    case LWS_CALLBACK_RECEIVE:
        if (!(link = lws_get_opaque_user_data(wsi))) return -1;
        door_link_receive(link, in, length);
        return 0;
    case LWS_CALLBACK_RECEIVE_PONG:
        if ((link = lws_get_opaque_user_data(wsi))) door_link_take_pong(link, in, length);
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE: link = lws_get_opaque_user_data(wsi); return link ? door_link_write(link) : -1;
    case LWS_CALLBACK_CLOSED:
        if ((link = lws_get_opaque_user_data(wsi))) door_link_end(link);
        return 0;
    default: return 0;
    }
}

/* A page's answer is not to wait for the pace between its pieces, nor its next request. */
static void hurry(Door *door)
{
    door->hurried_until = g_get_monotonic_time() + HURRY_US;
}

/* The first protocol: requests, everything before a handshake, and everything that must not pass. */
static int on_http(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
    Door *door = lws_context_user(lws_get_context(wsi));
    DoorLink *link = NULL;
    switch (reason) {
    case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS: return door_tls_prepare(door, user);
    case LWS_CALLBACK_OPENSSL_PERFORM_CLIENT_CERT_VERIFICATION: return door_tls_verify(door, wsi, user, length);
    case LWS_CALLBACK_SSL_INFO: door_tls_log_alert(door, wsi, in); return 0;
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: return door_handshake_confirm(door, wsi);
    case LWS_CALLBACK_HTTP: hurry(door); return door_http_begin(door, wsi, user);
    case LWS_CALLBACK_TIMER: return door_http_give_up(wsi, user);
    case LWS_CALLBACK_HTTP_BODY: return door_http_take_body(wsi, user, in, length);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION: return request_is_open(user) ? 0 : -1;
    case LWS_CALLBACK_HTTP_WRITEABLE: hurry(door); return request_is_open(user) ? request_answer(wsi, user) : reply_continue(wsi, user);
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
    case LWS_CALLBACK_CLOSED_HTTP:
        if (user) request_end(user);
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        if ((link = lws_get_opaque_user_data(wsi))) door_link_end(link);
        return 0;
    /* A WebSocket without one of our subprotocols, a CONNECT. */
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
    case LWS_CALLBACK_ESTABLISHED:
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_RAW_ADOPT:
    case LWS_CALLBACK_RAW_RX: return -1;
    default: return 0;
    }
}

/* --- opening ------------------------------------------------------------------------------------------------------------------------ */

#define refuse(error, ...) refusal_set(error, DOOR_ERROR, __VA_ARGS__)

/* Enough for the links, and not so much that libwebsockets' tables become large. */
static void limit_descriptors(guint links_max)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    rlim_t needed = links_max + DESCRIPTORS_SPARE, most = MAX(needed, DESCRIPTORS_LIMIT);
    rlim_t wanted = CLAMP(limit.rlim_cur, needed, most);
    if (limit.rlim_max != RLIM_INFINITY && wanted > limit.rlim_max) {
        g_warning("%u links may need %" G_GUINT64_FORMAT " open files, the system allows %" G_GUINT64_FORMAT
                  ": raise its limit (ulimit -n)",
                  links_max, (guint64)needed, (guint64)limit.rlim_max);
        wanted = limit.rlim_max;
    }
    limit.rlim_cur = wanted;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static void log_line(int level, const char *line)
{
    g_log_structured(G_LOG_DOMAIN, level & LLL_ERR ? G_LOG_LEVEL_WARNING : G_LOG_LEVEL_INFO, "MESSAGE", "libwebsockets: %.*s",
                     (int)strcspn(line, "\n"), line);
}

static const struct lws_protocols shopper_protocols[] = {
    {"http", on_http, sizeof(Session), 0, 0, NULL, 0},
    {WIRE_SUBPROTOCOL_SHOPPER, on_link, 0, 4096, DOOR_SHOPPER, NULL, 0},
    {WIRE_SUBPROTOCOL_OPS, on_link, 0, 4096, DOOR_OPS, NULL, 0},
    {NULL, NULL, 0, 0, 0, NULL, 0},
};

static const struct lws_protocols booth_protocols[] = {
    {"http", on_http, sizeof(Session), 0, 0, NULL, 0},
    {WIRE_SUBPROTOCOL_BOOTH, on_link, 0, 4096, DOOR_BOOTH, NULL, 0},
    {NULL, NULL, 0, 0, 0, NULL, 0},
};

/* Sent with every answer. The element styles itself, hence inline styles. */
static const struct lws_protocol_vhost_options security_headers[] = {
    {&security_headers[1], NULL, "content-security-policy:",
     "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; "
     "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"},
    {&security_headers[2], NULL, "x-content-type-options:", "nosniff"},
    {&security_headers[3], NULL, "referrer-policy:", "strict-origin-when-cross-origin"},
    {NULL, NULL, "permissions-policy:", "camera=(self), microphone=(self), display-capture=(), geolocation=()"},
};

static gboolean open_context(Door *door, GError **error)
{
    void *loops[] = {door->loop};
    limit_descriptors(door->settings->links_max);
    lws_set_log_level(LLL_ERR | LLL_WARN, log_line);
    struct lws_context_creation_info info = {
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME |
                   LWS_SERVER_OPTION_LIBEV,
        .foreign_loops = loops,
        .user = door,
        .server_string = "livebooth",
        .timeout_secs = HANDSHAKE_S,
        .max_http_header_data = 8192,
        .gid = -1,
        .uid = -1,
    };
    door->context = lws_create_context(&info);
    return door->context || refuse(error, "libwebsockets could not start; its lines above say why");
}

/* Links are proven by our own pings. libwebsockets' timer of each would be moved with every message, in a list that it searches from its
 * beginning. */
static const lws_retry_bo_t no_idle_policy = {0};

static struct lws_vhost *open_port(Door *door, gboolean booth, GError **error)
{
    const DoorSettings *settings = door->settings;
    int port = booth ? settings->booth_port : settings->port;
    struct lws_context_creation_info info = {
        .options = LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND,
        .port = port,
        .iface = settings->bind_address,
        .vhost_name = booth ? "booths" : "shoppers",
        .protocols = booth ? booth_protocols : shopper_protocols,
        .headers = security_headers,
        .alpn = "http/1.1",
        .timeout_secs = HANDSHAKE_S,
        .timeout_secs_ah_idle = HANDSHAKE_S,
        .keepalive_timeout = KEEP_ALIVE_S,
        .retry_and_idle_policy = &no_idle_policy,
        .user = door,
    };
    if (!door_ports_use_ipv6(settings)) info.options |= LWS_SERVER_OPTION_DISABLE_IPV6;
    if (booth) {
        info.options |= LWS_SERVER_OPTION_REQUIRE_VALID_OPENSSL_CLIENT_CERT; /* which turns TLS on as well */
        if (request_lets_strangers_in(settings->routes)) info.options |= LWS_SERVER_OPTION_PEER_CERT_NOT_REQUIRED;
        info.ssl_cert_filepath = settings->certificate;
        info.ssl_private_key_filepath = settings->key;
        info.ssl_ca_filepath = settings->authority;
        info.ssl_info_event_mask = SSL_CB_ALERT;
        info.provided_client_ssl_ctx = door->no_client;
    }
    struct lws_vhost *vhost = lws_create_vhost(door->context, &info);
    if (!vhost) refuse(error, "port %d cannot be opened; the lines of libwebsockets above say why", port);
    return vhost;
}

/* A timer of libwebsockets' own: it looks at all of them when one is over or in a turn without events, so none is late by more than a tick,
 * however busy the sockets are. */
static void on_tick(lws_sorted_usec_list_t *tick)
{
    Door *door = lws_container_of(tick, Door, tick);
    door->ticked = TRUE;
    lws_sul_schedule(door->context, 0, tick, on_tick, (lws_usec_t)door->settings->tick_ms * G_TIME_SPAN_MILLISECOND);
}

Door *door_open(const DoorSettings *settings, const DoorEvents *events, GError **error)
{
    Door *door = g_new0(Door, 1);
    door->settings = settings;
    door->events = events;
    door->no_client = SSL_CTX_new(TLS_client_method());
    g_queue_init(&door->links);
    g_queue_init(&door->calm);
    g_queue_init(&door->asked);
    door->loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
    gboolean ok = (door->loop || refuse(error, "epoll is not to be had here")) && door_tls_check(settings, error) &&
                  door_ports_check(settings, settings->port, FALSE, error) &&
                  door_ports_check(settings, settings->booth_port, TRUE, error) &&
                  (door->pages = pages_load(settings->web_folder, settings->text_folder, error)) && open_context(door, error) &&
                  (door->shoppers = open_port(door, FALSE, error)) && (door->booths = open_port(door, TRUE, error));
    if (!ok) {
        door_free(door);
        return NULL;
    }
    on_tick(&door->tick);
    lws_cancel_service(door->context); /* which has it look at its timers for the first time */
    return door;
}

void door_free(Door *door)
{
    if (!door) return;
    lws_sul_cancel(&door->tick);
    if (door->context) lws_context_destroy(door->context);
    if (door->loop) ev_loop_destroy(door->loop);
    SSL_CTX_free(door->no_client);
    pages_free(door->pages);
    g_free(door);
}

int door_port(const Door *door)
{
    return lws_get_vhost_listen_port(door->shoppers);
}

int door_booth_port(const Door *door)
{
    return lws_get_vhost_listen_port(door->booths);
}

/* --- running ------------------------------------------------------------------------------------------------------------------------ */

/* With many links what comes within a few ms is taken together: waking costs more than many a message. */
static void pace(Door *door)
{
    gint64 rest = MIN((gint64)g_queue_get_length(&door->links) * PACE_US, PACE_MAX_US);
    gint64 wait = door->looked + rest - g_get_monotonic_time();
    if (door->looked >= door->hurried_until && wait > 0 && wait <= PACE_MAX_US) g_usleep((gulong)wait);
    door->looked = g_get_monotonic_time();
}

/* What libwebsockets has read already, a request behind another or the rest of a TLS record, it serves in a turn without events only. There
 * may be none for long: with very many links, or with one that can be read and that it does not read before its answer. */
static void serve_what_was_read(Door *door)
{
    if (lws_service_adjust_timeout(door->context, 1, 0) == 0) _lws_plat_service_forced_tsi(door->context, 0);
}

static void serve_once(Door *door)
{
    pace(door);
    ev_run(door->loop, EVRUN_ONCE);
    ev_run(door->loop, EVRUN_NOWAIT); /* which lets libwebsockets look at its timers, unless there are events again */
    serve_what_was_read(door);
    door_links_beat(&door->asked);
    door_links_beat(&door->calm);
    gboolean woken = g_atomic_int_compare_and_exchange(&door->woken, 1, 0);
    if (!woken && !door->ticked) return;
    door->ticked = FALSE;
    door->events->woken(door->events->data);
}

void door_run(Door *door)
{
    while (!g_atomic_int_get(&door->stopping)) serve_once(door);
    for (GList *node = door->links.head; node; node = node->next) door_close(node->data, 1001, "the desk stops");
    gint64 until = g_get_monotonic_time() + STOP_US;
    while (door->links.head && g_get_monotonic_time() < until) serve_once(door);
    while (door->links.head) door_link_kill(door->links.head->data);
}

void door_stop(Door *door)
{
    g_atomic_int_set(&door->stopping, 1);
    lws_cancel_service(door->context);
}

void door_wake(Door *door)
{
    if (g_atomic_int_compare_and_exchange(&door->woken, 0, 1)) lws_cancel_service(door->context);
}
