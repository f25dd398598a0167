#include "desk/door.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ev.h>
#include <libwebsockets.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/resource.h>

#include "config/refusal.h"
#include "desk/admit.h"
#include "desk/packed.h"
#include "desk/pages.h"
#include "desk/reply.h"
#include "desk/request.h"
#include "wire/wire.h"

#define PATH_SHOPPER "/ws/shopper"
#define PATH_BOOTH   "/ws/booth"
#define PATH_OPS     "/ws/ops"

#define SEND_QUEUE_MAX    (256 * 1024)
#define BEAT_US           (2400 * G_TIME_SPAN_MILLISECOND) /* from one answered ping to the next: a booth pings after 2.5 s */
#define AGAIN_US          (1800 * G_TIME_SPAN_MILLISECOND) /* for the answer; then it is asked once more, or dead */
#define UNANSWERED_MAX    2
#define CLOSING_BEATS_MAX 2                                /* for a peer to answer our close */
#define HANDSHAKE_S       5                                /* TLS, and a request's head, whole */
#define KEEP_ALIVE_S      10                               /* an idle HTTP connection between requests */
#define STOP_US           (1500 * G_TIME_SPAN_MILLISECOND) /* for closes to reach the peers */
#define REFUSALS_PER_S    100                              /* lines in the log; the rest is counted */
#define DESCRIPTORS_SPARE 1024                             /* beside the links: requests, bus, files */
#define DESCRIPTORS_LIMIT 65536                            /* libwebsockets' tables grow with the limit, 16 bytes each */
#define PACE_US           2                                /* between two looks at the sockets, for each link */
#define PACE_MAX_US       4000                             /* however many links there are */
#define HURRY_US          (100 * G_TIME_SPAN_MILLISECOND)

struct Door {
    const DoorSettings *settings;
    const DoorEvents *events;
    Pages *pages;
    struct ev_loop *loop;
    lws_sorted_usec_list_t tick;
    struct lws_context *context;
    struct lws_vhost *shoppers, *booths;
    SSL_CTX *no_client; /* the desk dials nobody, but libwebsockets makes a context for it unless it is given one */
    GQueue links;       /* of DoorLink */
    GQueue calm, asked; /* of DoorLink, the next one to beat first: those that answered, and those that have to */
    gboolean ticked;
    gint woken;    /* atomic */
    gint stopping; /* atomic */
    gint64 refusals_since;
    guint refusals;
    gint64 looked;        /* when the sockets were looked at last, monotonic */
    gint64 hurried_until; /* a request is being served, piece by piece */
};

struct DoorLink {
    Door *door;
    const DoorEvents *events;
    struct lws *wsi;
    GList node;      /* in door->links */
    GList beat_node; /* in *beats */
    GQueue *beats;   /* door->calm or door->asked */
    void *data;
    GString *message; /* that is being received; NULL between messages */
    GQueue queue;     /* of GBytes, with LWS_PRE bytes before the text */
    gsize queued;     /* bytes of text in it */
    gint64 beat_at;   /* monotonic */
    gint64 asked_at;  /* when it was pinged last, monotonic */
    guint unanswered; /* pings */
    gboolean ping_due;
    gint64 proven;  /* when the newest ping that was answered had been sent, monotonic */
    int close_code; /* 0: open */
    char close_reason[124];
    guint closing_beats;
};

G_DEFINE_QUARK(livebooth - door, door_error)

/* --- what the log gets of those who are refused ------------------------------------------------------------------------------------- */

/* Bounded: whoever knocks must not be able to fill the log. */
G_GNUC_PRINTF(3, 4) static void log_refusal(Door *door, struct lws *wsi, const char *format, ...)
{
    gint64 now = g_get_monotonic_time();
    if (now - door->refusals_since > G_USEC_PER_SEC) {
        if (door->refusals > REFUSALS_PER_S) g_message("%u more were refused", door->refusals - REFUSALS_PER_S);
        door->refusals_since = now;
        door->refusals = 0;
    }
    if (++door->refusals > REFUSALS_PER_S) return;
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *shown = g_str_to_ascii(what, "C");
    for (char *at = shown; *at; at++) {
        if (g_ascii_iscntrl(*at)) *at = '?';
    }
    char address[64];
    request_address(wsi, address, sizeof address);
    g_autofree char *from = lws_get_vhost(wsi) == door->booths ? g_strdup(address) : admit_neighbourhood(address);
    g_message("refused %s: %s", from, shown);
}

/* --- links -------------------------------------------------------------------------------------------------------------------------- */

static void drop_queue(DoorLink *link)
{
    g_queue_clear_full(&link->queue, (GDestroyNotify)g_bytes_unref);
    link->queued = 0;
}

/* Links come with the same delay to each queue, but for an answer that overtook another. */
static void await_beat(DoorLink *link, GQueue *beats, gint64 at)
{
    if (link->beats) g_queue_unlink(link->beats, &link->beat_node);
    GList *before = beats->tail;
    while (before && ((DoorLink *)before->data)->beat_at > at) before = before->prev;
    if (before)
        g_queue_insert_after_link(beats, before, &link->beat_node);
    else
        g_queue_push_head_link(beats, &link->beat_node);
    link->beats = beats;
    link->beat_at = at;
}

static DoorLink *open_link(Door *door, const DoorEvents *events, struct lws *wsi)
{
    DoorLink *link = g_new0(DoorLink, 1);
    link->door = door;
    link->events = events;
    link->wsi = wsi;
    link->node.data = link->beat_node.data = link;
    g_queue_init(&link->queue);
    g_queue_push_tail_link(&door->links, &link->node);
    await_beat(link, &door->calm, g_get_monotonic_time() + BEAT_US);
    lws_set_opaque_user_data(wsi, link);
    return link;
}

/* Tells that it is gone, once, and forgets it; what libwebsockets still does with the socket concerns nobody. */
static void end_link(DoorLink *link)
{
    Door *door = link->door;
    lws_set_opaque_user_data(link->wsi, NULL);
    g_queue_unlink(&door->links, &link->node);
    g_queue_unlink(link->beats, &link->beat_node);
    link->events->closed(link->events->data, link);
    drop_queue(link);
    if (link->message) g_string_free(link->message, TRUE);
    g_free(link);
}

void door_close(DoorLink *link, int code, const char *reason)
{
    if (link->close_code) return;
    link->close_code = code;
    const char *end = NULL;
    gsize length = reason ? strnlen(reason, sizeof link->close_reason - 1) : 0;
    g_utf8_validate(reason ? reason : "", (gssize)length, &end);
    g_strlcpy(link->close_reason, reason ? reason : "", (gsize)(reason ? end - reason : 0) + 1);
    lws_callback_on_writable(link->wsi);
}

void door_send(DoorLink *link, const char *text)
{
    if (link->close_code) return;
    gsize length = strlen(text);
    if (link->queued + length > SEND_QUEUE_MAX) {
        drop_queue(link);
        door_close(link, 1013, "too slow");
        return;
    }
    guint8 *message = g_malloc(LWS_PRE + length + 1);
    memcpy(message + LWS_PRE, text, length + 1);
    g_queue_push_tail(&link->queue, g_bytes_new_take(message, LWS_PRE + length));
    link->queued += length;
    lws_callback_on_writable(link->wsi);
}

char *door_key(const DoorLink *link)
{
    return request_key(link->wsi);
}

gint64 door_proven(const DoorLink *link)
{
    return link->proven;
}

void door_set_data(DoorLink *link, void *data)
{
    link->data = data;
}

void *door_data(const DoorLink *link)
{
    return link->data;
}

static int write_queued(DoorLink *link)
{
    g_autoptr(GBytes) message = g_queue_pop_head(&link->queue);
    gsize size = 0;
    guint8 *bytes = g_bytes_unref_to_data(g_steal_pointer(&message), &size);
    link->queued -= size - LWS_PRE;
    int written = lws_write(link->wsi, bytes + LWS_PRE, size - LWS_PRE, LWS_WRITE_TEXT);
    g_free(bytes);
    return written < 0 ? -1 : 0;
}

static gboolean write_ping(DoorLink *link)
{
    const gint64 now = g_get_monotonic_time();
    guint8 ping[LWS_PRE + sizeof now] = {0};
    memcpy(ping + LWS_PRE, &now, sizeof now);
    link->ping_due = FALSE;
    return lws_write(link->wsi, ping + LWS_PRE, sizeof now, LWS_WRITE_PING) >= 0;
}

static int link_writeable(DoorLink *link)
{
    if (link->ping_due && !write_ping(link)) return -1;
    while (!g_queue_is_empty(&link->queue) && !lws_send_pipe_choked(link->wsi)) {
        if (write_queued(link)) return -1;
    }
    if (!g_queue_is_empty(&link->queue) || (link->close_code && lws_send_pipe_choked(link->wsi))) {
        lws_callback_on_writable(link->wsi);
        return 0;
    }
    if (!link->close_code) return 0;
    lws_close_reason(link->wsi, (enum lws_close_status)link->close_code, (guint8 *)link->close_reason, strlen(link->close_reason));
    return -1;
}

/* Any word is an answer. */
static void note_alive(DoorLink *link)
{
    if (link->unanswered) await_beat(link, &link->door->calm, link->asked_at + BEAT_US);
    link->unanswered = 0;
}

static void link_receive(DoorLink *link, const char *piece, gsize length)
{
    note_alive(link);
    if (link->close_code) return;
    if (lws_frame_is_binary(link->wsi)) {
        door_close(link, 1003, "text only");
        return;
    }
    if (!link->message) link->message = g_string_sized_new(length + 1);
    if (link->message->len + length + lws_remaining_packet_payload(link->wsi) > WIRE_MESSAGE_MAX) {
        door_close(link, 1009, "a message has at most " G_STRINGIFY(WIRE_MESSAGE_MAX) " bytes");
        return;
    }
    g_string_append_len(link->message, piece, (gssize)length);
    if (!lws_is_final_fragment(link->wsi) || lws_remaining_packet_payload(link->wsi)) return;
    if (!g_utf8_validate_len(link->message->str, link->message->len, NULL)) {
        door_close(link, 1007, "not UTF-8");
        return;
    }
    GString *message = g_steal_pointer(&link->message);
    link->events->received(link->events->data, link, message->str, message->len);
    g_string_free(message, TRUE);
}

/* A pong says which ping it answers; one that nobody asked for may say anything. */
static void link_answered(DoorLink *link, const void *pong, gsize length)
{
    gint64 sent = 0;
    note_alive(link);
    if (length == sizeof sent) memcpy(&sent, pong, sizeof sent);
    if (sent <= g_get_monotonic_time()) link->proven = MAX(link->proven, sent);
}

static void beat_link(DoorLink *link)
{
    if (link->unanswered >= UNANSWERED_MAX || link->closing_beats >= CLOSING_BEATS_MAX) {
        struct lws *wsi = link->wsi;
        end_link(link);
        lws_set_timeout(wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_ASYNC);
        lws_cancel_service(lws_get_context(wsi)); /* which looks at its timers after its sockets only */
        return;
    }
    link->unanswered++;
    if (link->close_code) link->closing_beats++;
    /* At once, which saves a turn of the loop for each; but nothing may follow a close, and who cannot be written to is ended from there.
     */
    link->ping_due = link->close_code || !write_ping(link);
    if (link->ping_due) lws_callback_on_writable(link->wsi);
    /* From now: after a stall of this process a link must not be beaten twice before its answers were read. */
    link->asked_at = g_get_monotonic_time();
    await_beat(link, &link->door->asked, link->asked_at + AGAIN_US);
}

static void beat_links(GQueue *beats)
{
    gint64 now = g_get_monotonic_time();
    DoorLink *link;
    while ((link = g_queue_peek_head(beats)) && link->beat_at <= now) beat_link(link);
}

/* --- handshakes --------------------------------------------------------------------------------------------------------------------- */

static int refuse_upgrade(Door *door, struct lws *wsi, guint status, const char *sentence)
{
    log_refusal(door, wsi, "%s", sentence);
    return reply_refuse_upgrade(wsi, status, sentence);
}

typedef struct {
    DoorKind kind;
    const char *path, *subprotocol;
    gboolean on_booth_port;
} Socket;

static const Socket sockets[] = {
    {DOOR_SHOPPER, PATH_SHOPPER, WIRE_SUBPROTOCOL_SHOPPER, FALSE},
    {DOOR_BOOTH, PATH_BOOTH, WIRE_SUBPROTOCOL_BOOTH, TRUE},
    {DOOR_OPS, PATH_OPS, WIRE_SUBPROTOCOL_OPS, FALSE},
};

static const Socket *find_socket(const Door *door, struct lws *wsi)
{
    char *uri = NULL;
    int length = 0;
    gboolean get = lws_http_get_uri_and_method(wsi, &uri, &length) == LWSHUMETH_GET;
    for (guint i = 0; get && i < G_N_ELEMENTS(sockets); i++) {
        const Socket *socket = &sockets[i];
        if (socket->kind == DOOR_OPS && !door->settings->ops) continue;
        if (socket->on_booth_port != (lws_get_vhost(wsi) == door->booths)) continue;
        if (strlen(socket->path) == (gsize)length && memcmp(uri, socket->path, (gsize)length) == 0) return socket;
    }
    return NULL;
}

/* The ops page calls from this very desk and nowhere else. */
static gboolean is_origin_fine(const Door *door, struct lws *wsi, DoorKind kind)
{
    if (kind == DOOR_BOOTH) return TRUE;
    g_autofree char *origin = request_copy_header(wsi, WSI_TOKEN_ORIGIN);
    g_autofree char *host = request_copy_header(wsi, WSI_TOKEN_HOST);
    gboolean readable = origin || lws_hdr_total_length(wsi, WSI_TOKEN_ORIGIN) <= 0;
    return readable && admit_origin(origin, host, kind == DOOR_OPS ? NULL : door->settings->origins);
}

static char *link_identity(const Door *door, struct lws *wsi, DoorKind kind)
{
    if (kind == DOOR_BOOTH) return request_identity(wsi);
    g_autofree char *cookie = request_copy_header(wsi, WSI_TOKEN_HTTP_COOKIE);
    return kind == DOOR_OPS ? door->settings->admit_ops(door->settings->ops->data, cookie ? cookie : "") : NULL;
}

static int confirm_upgrade(Door *door, struct lws *wsi)
{
    /* Once an unknown Upgrade was answered by libwebsockets, its headers are gone and this is called all the same. */
    g_autofree char *upgrade = request_copy_header(wsi, WSI_TOKEN_UPGRADE);
    if (!upgrade || g_ascii_strcasecmp(upgrade, "websocket") != 0) return -1;
    const Socket *socket = find_socket(door, wsi);
    if (!socket) return refuse_upgrade(door, wsi, HTTP_STATUS_NOT_FOUND, "there is no WebSocket at this path of this port");
    g_autofree char *version = request_copy_header(wsi, WSI_TOKEN_VERSION);
    if (!version || strcmp(version, "13") != 0)
        return refuse_upgrade(door, wsi, HTTP_STATUS_BAD_REQUEST, "only WebSocket version 13 is spoken");
    g_autofree char *offered = request_copy_header(wsi, WSI_TOKEN_PROTOCOL);
    if (!admit_subprotocol(offered, socket->subprotocol))
        return refuse_upgrade(door, wsi, HTTP_STATUS_BAD_REQUEST, "the subprotocol is missing or unknown");
    if (!is_origin_fine(door, wsi, socket->kind))
        return refuse_upgrade(door, wsi, HTTP_STATUS_FORBIDDEN, "pages of this origin may not call; [desk] origins lists those that may");
    g_autofree char *identity = link_identity(door, wsi, socket->kind);
    if (socket->kind == DOOR_BOOTH && !identity)
        return refuse_upgrade(door, wsi, HTTP_STATUS_FORBIDDEN, "there is no certificate, or its common name is no booth's id");
    if (socket->kind == DOOR_OPS && !identity) return refuse_upgrade(door, wsi, HTTP_STATUS_UNAUTHORIZED, "log in first");
    if (g_atomic_int_get(&door->stopping)) return refuse_upgrade(door, wsi, HTTP_STATUS_SERVICE_UNAVAILABLE, "the desk stops");
    if (door->links.length >= door->settings->links_max)
        return refuse_upgrade(door, wsi, HTTP_STATUS_SERVICE_UNAVAILABLE, "the desk is full");
    return 0;
}

static int link_established(Door *door, struct lws *wsi, DoorKind kind)
{
    g_autofree char *identity = link_identity(door, wsi, kind);
    if (kind != DOOR_SHOPPER && !identity) return -1;
    char address[64];
    request_address(wsi, address, sizeof address);
    const DoorEvents *events = kind == DOOR_OPS ? door->settings->ops : door->events;
    DoorLink *link = open_link(door, events, wsi);
    events->opened(events->data, link, kind, identity, address);
    return 0;
}

static int on_link(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
    (void)user;
    Door *door = lws_context_user(lws_get_context(wsi));
    DoorLink *link = NULL;
    switch (reason) {
    case LWS_CALLBACK_ESTABLISHED: return link_established(door, wsi, (DoorKind)lws_get_protocol(wsi)->id);
    case LWS_CALLBACK_RECEIVE:
        if (!(link = lws_get_opaque_user_data(wsi))) return -1;
        link_receive(link, in, length);
        return 0;
    case LWS_CALLBACK_RECEIVE_PONG:
        if ((link = lws_get_opaque_user_data(wsi))) link_answered(link, in, length);
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE: link = lws_get_opaque_user_data(wsi); return link ? link_writeable(link) : -1;
    case LWS_CALLBACK_CLOSED:
        if ((link = lws_get_opaque_user_data(wsi))) end_link(link);
        return 0;
    default: return 0;
    }
}

/* --- booths' certificates ----------------------------------------------------------------------------------------------------------- */

/* OpenSSL's verdict stands; libwebsockets would overrule it if 0 were returned for a failure. */
static int verify_certificate(Door *door, struct lws *wsi, X509_STORE_CTX *store, size_t verified)
{
    if (verified) return 0;
    char name[256] = "?";
    X509 *certificate = X509_STORE_CTX_get_current_cert(store);
    if (certificate) X509_NAME_oneline(X509_get_subject_name(certificate), name, sizeof name);
    log_refusal(door, wsi, "the certificate of %s: %s", name, X509_verify_cert_error_string(X509_STORE_CTX_get_error(store)));
    return 1;
}

/* No resumption: every link shows its certificate, so one that has expired since does not come back in. */
static int prepare_tls(Door *door, SSL_CTX *tls)
{
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(tls, 0);
    SSL_CTX_set_options(tls, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_client_CA_list(tls, SSL_load_client_CA_file(door->settings->authority));
    return SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) == 1 ? 0 : -1;
}

static void log_alert(Door *door, struct lws *wsi, const struct lws_ssl_info *info)
{
    gboolean ours = info->where & SSL_CB_WRITE, fatal = (info->ret >> 8) == SSL3_AL_FATAL;
    const char *cause = ours ? ERR_reason_error_string(ERR_peek_last_error()) : NULL;
    if (fatal)
        log_refusal(door, wsi, "TLS: %s: %s", ours ? "we ended it" : "the peer ended it",
                    cause ? cause : SSL_alert_desc_string_long(info->ret));
}

/* --- HTTP --------------------------------------------------------------------------------------------------------------------------- */

static int reply_sentence(struct lws *wsi, Reply *reply, guint status, const char *sentence, gboolean head, gboolean last)
{
    g_autofree char *text = g_strdup_printf("%u: %s.\n", status, sentence);
    g_autoptr(GBytes) body = g_bytes_new(text, strlen(text));
    static const char *const plain[] = {"cache-control:", "no-store", NULL};
    static const char *const allow[] = {"cache-control:", "no-store", "allow:", "GET, HEAD", NULL};
    ReplyContent content = {.status = status, .type = "text/plain; charset=utf-8", .body = body, .head = head, .last = last};
    content.headers = status == HTTP_STATUS_METHOD_NOT_ALLOWED ? allow : plain;
    return reply_start(wsi, reply, &content);
}

static int reply_api(Door *door, struct lws *wsi, Reply *reply, const char *path, gboolean head)
{
    g_autofree char *query = request_copy_query(wsi);
    char *json = door->events->api ? door->events->api(door->events->data, path, query) : NULL;
    if (!json) return reply_sentence(wsi, reply, HTTP_STATUS_NOT_FOUND, "there is no such resource", head, FALSE);
    g_autoptr(GBytes) body = g_bytes_new_take(json, strlen(json));
    static const char *const headers[] = {"cache-control:", "no-store", NULL};
    return reply_start(wsi, reply,
                       &(ReplyContent){.status = 200, .type = "application/json", .body = body, .headers = headers, .head = head});
}

static int reply_page(struct lws *wsi, Reply *reply, const Page *page, gboolean head)
{
    g_autofree char *if_none_match = request_copy_header(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH);
    g_autofree char *accept_encoding = request_copy_header(wsi, WSI_TOKEN_HTTP_ACCEPT_ENCODING);
    gboolean packed = page->packed && packed_is_wanted(accept_encoding);
    const char *headers[13] = {"etag:", packed ? page->packed_etag : page->etag, "cache-control:", "no-cache", "vary:", "accept-encoding"};
    guint count = 6;
    if (packed) {
        headers[count++] = "content-encoding:";
        headers[count++] = "gzip";
    }
    if (page->shared) {
        headers[count++] = "access-control-allow-origin:";
        headers[count++] = "*";
        headers[count++] = "cross-origin-resource-policy:";
        headers[count++] = "cross-origin";
    }
    ReplyContent content = {
        .status = 200, .type = page->type, .body = packed ? page->packed : page->content, .headers = headers, .head = head};
    if (pages_unchanged(page, if_none_match)) {
        content.status = HTTP_STATUS_NOT_MODIFIED;
        content.type = NULL;
        content.body = NULL;
    }
    return reply_start(wsi, reply, &content);
}

/* What a route's path is asked for, and by which methods it may be. */
static int reply_wrong_method(struct lws *wsi, Reply *reply, const char *allowed)
{
    g_autofree char *text = g_strdup_printf("%u: only %s is answered here.\n", HTTP_STATUS_METHOD_NOT_ALLOWED, allowed);
    g_autoptr(GBytes) body = g_bytes_new(text, strlen(text));
    const char *const headers[] = {"cache-control:", "no-store", "allow:", allowed, NULL};
    return reply_start(
        wsi, reply,
        &(ReplyContent){
            .status = HTTP_STATUS_METHOD_NOT_ALLOWED, .type = "text/plain; charset=utf-8", .body = body, .headers = headers, .last = TRUE});
}

static int refuse_request(struct lws *wsi, Session *session, guint status)
{
    static const struct {
        guint status;
        const char *sentence;
    } sentences[] = {
        {HTTP_STATUS_BAD_REQUEST, "a request has no body here"},        {HTTP_STATUS_REQUEST_TIMEOUT, "the body did not come in time"},
        {HTTP_STATUS_LENGTH_REQUIRED, "a body needs a Content-Length"}, {HTTP_STATUS_REQ_ENTITY_TOO_LARGE, "the body is too long"},
        {HTTP_STATUS_FORBIDDEN, "a booth shows its certificate here"},  {HTTP_STATUS_GATEWAY_TIMEOUT, "there was no answer in time"},
    };
    guint i = 0;
    while (i + 1 < G_N_ELEMENTS(sentences) && sentences[i].status != status) i++;
    return reply_sentence(wsi, &session->reply, status, sentences[i].sentence, FALSE, TRUE);
}

/* 1 when no route has this path. */
static int on_routed(Door *door, struct lws *wsi, Session *session, const char *method, const char *path)
{
    if (!door->settings->routes) return 1;
    gboolean booths = lws_get_vhost(wsi) == door->booths;
    g_autofree char *allowed = NULL;
    const DoorRoute *route =
        request_find_route(door->settings->routes, booths ? DOOR_BOOTHS | DOOR_STRANGERS : DOOR_PAGES, method, path, &allowed);
    if (!route) return allowed ? reply_wrong_method(wsi, &session->reply, allowed) : 1;
    guint refusal = request_begin(wsi, session, route, door->settings->route_data, path);
    return refusal ? refuse_request(wsi, session, refusal) : 0;
}

static gboolean has_body(struct lws *wsi)
{
    g_autofree char *length = request_copy_header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH);
    return lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0 || (length && strcmp(length, "0") != 0) ||
           (!length && lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0);
}

static int on_request(Door *door, struct lws *wsi, Session *session)
{
    Reply *reply = &session->reply;
    char *uri = NULL;
    int length = 0;
    int method = lws_http_get_uri_and_method(wsi, &uri, &length);
    gboolean head = method == LWSHUMETH_HEAD;
    g_autofree char *path = g_strndup(uri ? uri : "", uri ? (gsize)length : 0);
    int routed = on_routed(door, wsi, session, request_method(method), path);
    if (routed <= 0) return routed;
    if (method != LWSHUMETH_GET && !head)
        return reply_sentence(wsi, reply, HTTP_STATUS_METHOD_NOT_ALLOWED, "only GET and HEAD are answered", FALSE, TRUE);
    if (has_body(wsi)) return reply_sentence(wsi, reply, HTTP_STATUS_BAD_REQUEST, "a request has no body here", head, TRUE);
    if (lws_get_vhost(wsi) == door->booths)
        return reply_sentence(wsi, reply, HTTP_STATUS_NOT_FOUND, "this port is for booths; pages are on the other one", head, TRUE);
    if (g_str_has_prefix(path, "/api/")) return reply_api(door, wsi, reply, path, head);
    if (strcmp(path, PATH_SHOPPER) == 0 || strcmp(path, PATH_OPS) == 0)
        return reply_sentence(wsi, reply, HTTP_STATUS_BAD_REQUEST, "this is a WebSocket", head, FALSE);
    const Page *page = pages_find(door->pages, path);
    if (page) return reply_page(wsi, reply, page, head);
    return reply_sentence(wsi, reply, HTTP_STATUS_NOT_FOUND, "there is no such page", head, FALSE);
}

/* A request that takes too long, or one that was given time to see our answer. libwebsockets 4.1 fires a timer once when it is cancelled.
 */
static int on_timer(struct lws *wsi, Session *session)
{
    guint status = session ? request_give_up(session) : 0;
    if (status) return refuse_request(wsi, session, status);
    /* One that was cancelled may come all the same. */
    if (session && session->reply.body) return 0;
    return session && !session->reply.last ? 0 : -1;
}

/* Of a request that was refused it is passed over until the timer. */
static int on_body(struct lws *wsi, Session *session, const char *piece, size_t length)
{
    guint refusal = request_is_open(session) ? request_take_body(session, piece, length) : 0;
    return refusal ? refuse_request(wsi, session, refusal) : 0;
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
    case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS: return prepare_tls(door, user);
    case LWS_CALLBACK_OPENSSL_PERFORM_CLIENT_CERT_VERIFICATION: return verify_certificate(door, wsi, user, length);
    case LWS_CALLBACK_SSL_INFO: log_alert(door, wsi, in); return 0;
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: return confirm_upgrade(door, wsi);
    case LWS_CALLBACK_HTTP: hurry(door); return on_request(door, wsi, user);
    case LWS_CALLBACK_TIMER: return on_timer(wsi, user);
    case LWS_CALLBACK_HTTP_BODY: return on_body(wsi, user, in, length);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION: return request_is_open(user) ? 0 : -1;
    case LWS_CALLBACK_HTTP_WRITEABLE: hurry(door); return request_is_open(user) ? request_answer(wsi, user) : reply_continue(wsi, user);
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
    case LWS_CALLBACK_CLOSED_HTTP:
        if (user) request_end(user);
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        if ((link = lws_get_opaque_user_data(wsi))) end_link(link);
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

static gboolean is_ipv6(const DoorSettings *settings)
{
    if (settings->bind_address) return strchr(settings->bind_address, ':') != NULL;
    int probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0) return FALSE;
    close(probe);
    return TRUE;
}

static int bind_probe(const DoorSettings *settings, int port)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((guint16)port), .sin6_addr = IN6ADDR_ANY_INIT};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((guint16)port)};
    gboolean ipv6 = is_ipv6(settings);
    if (settings->bind_address &&
        inet_pton(ipv6 ? AF_INET6 : AF_INET, settings->bind_address, ipv6 ? (void *)&six.sin6_addr : (void *)&four.sin_addr) != 1)
        return EINVAL;
    int probe = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0) return errno;
    int on = 1;
    setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    int result = ipv6 ? bind(probe, (struct sockaddr *)&six, sizeof six) : bind(probe, (struct sockaddr *)&four, sizeof four);
    int cause = result == 0 ? 0 : errno;
    close(probe);
    return cause;
}

/* libwebsockets does not say why it cannot listen, so the port is tried first. */
static gboolean check_port(const DoorSettings *settings, int port, gboolean booth, GError **error)
{
    const char *key = booth ? "booth_port" : "port", *hint = booth ? "" : " (make run: PORT=...)";
    int cause = bind_probe(settings, port);
    switch (cause) {
    case 0: return TRUE;
    case EADDRINUSE:
        return refuse(error, "port %d is taken by another program: end that one, or choose another port with [desk] %s%s", port, key, hint);
    case EACCES: return refuse(error, "port %d needs more rights: choose one from 1024 up with [desk] %s%s", port, key, hint);
    case EINVAL: return refuse(error, "[desk] bind: \"%s\" is not an IP address", settings->bind_address);
    case EADDRNOTAVAIL: return refuse(error, "[desk] bind: this computer does not have the address %s", settings->bind_address);
    default: return refuse(error, "port %d cannot be opened: %s", port, g_strerror(cause));
    }
}

static gboolean check_tls(const DoorSettings *settings, GError **error)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    gboolean ok = TRUE;
    if (SSL_CTX_use_certificate_chain_file(tls, settings->certificate) != 1)
        ok = refuse(error, "[tls] certificate: %s is not a PEM certificate that can be read", settings->certificate);
    else if (SSL_CTX_use_PrivateKey_file(tls, settings->key, SSL_FILETYPE_PEM) != 1)
        ok = refuse(error, "[tls] key: %s is not a PEM key that can be read and that fits the certificate", settings->key);
    else if (SSL_CTX_load_verify_locations(tls, settings->authority, NULL) != 1)
        ok = refuse(error, "[tls] authority: %s is not a PEM certificate that can be read", settings->authority);
    else if (X509_cmp_current_time(X509_get0_notAfter(SSL_CTX_get0_certificate(tls))) < 0)
        g_warning("the desk's certificate %s has expired: booths will refuse it", settings->certificate);
    SSL_CTX_free(tls);
    ERR_clear_error();
    return ok;
}

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
    if (!is_ipv6(settings)) info.options |= LWS_SERVER_OPTION_DISABLE_IPV6;
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
    gboolean ok = (door->loop || refuse(error, "epoll is not to be had here")) && check_tls(settings, error) &&
                  check_port(settings, settings->port, FALSE, error) && check_port(settings, settings->booth_port, TRUE, error) &&
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
    beat_links(&door->asked);
    beat_links(&door->calm);
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
    while (door->links.head) {
        DoorLink *link = door->links.head->data;
        struct lws *wsi = link->wsi;
        end_link(link);
        lws_set_timeout(wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_SYNC);
    }
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
