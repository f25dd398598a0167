#include "desk/reply.h"

#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define HEAD_MAX       4096
#define PIECE_MAX      65536
#define TURN_MAX       262144 /* bytes of an answer before others have their turn */
#define REPLY_LINGER_S 2

void reply_clear(Reply *reply)
{
    g_clear_pointer(&reply->body, g_bytes_unref);
    reply->sent = 0;
}

static int add_headers(struct lws *wsi, const char *const *headers, guint8 **at, guint8 *end)
{
    for (const char *const *pair = headers; pair && *pair; pair += 2) {
        if (lws_add_http_header_by_name(wsi, (const guint8 *)pair[0], (const guint8 *)pair[1], (int)strlen(pair[1]), at, end)) return -1;
    }
    return 0;
}

static int send_head(struct lws *wsi, const ReplyContent *content)
{
    guint8 head[LWS_PRE + HEAD_MAX];
    guint8 *start = head + LWS_PRE, *at = start, *end = head + sizeof head;
    gsize length = content->body ? g_bytes_get_size(content->body) : 0;
    if (lws_add_http_header_status(wsi, content->status, &at, end)) return -1;
    if (content->type &&
        lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE, (const guint8 *)content->type, (int)strlen(content->type), &at, end))
        return -1;
    if (content->status != HTTP_STATUS_NOT_MODIFIED && lws_add_http_header_content_length(wsi, length, &at, end)) return -1;
    if (content->last && lws_add_http_header_by_token(wsi, WSI_TOKEN_CONNECTION, (const guint8 *)"close", 5, &at, end)) return -1;
    if (add_headers(wsi, content->headers, &at, end)) return -1;
    return lws_finalize_write_http_header(wsi, start, &at, end) ? -1 : 0;
}

/* A body that was not read yet, or a request behind this one. */
static gboolean is_more_to_come(struct lws *wsi)
{
    int unread = 0;
    return lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0 ||
           lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0 ||
           (ioctl(lws_get_socket_fd(wsi), FIONREAD, &unread) == 0 && unread);
}

/* A close with unread bytes in the socket would be a reset, and the answer lost: half-close, and let the peer see it. */
static int linger(struct lws *wsi)
{
    if (lws_is_ssl(wsi) || !is_more_to_come(wsi) || shutdown(lws_get_socket_fd(wsi), SHUT_WR) != 0) return -1;
    lws_set_timer_usecs(wsi, REPLY_LINGER_S * LWS_US_PER_SEC);
    return 0;
}

static int finish(struct lws *wsi, Reply *reply)
{
    reply_clear(reply);
    if (reply->last) return linger(wsi);
    return lws_http_transaction_completed(wsi) ? -1 : 0;
}

int reply_start(struct lws *wsi, Reply *reply, const ReplyContent *content)
{
    reply_clear(reply);
    reply->last = content->last;
    lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, REPLY_SECONDS_MAX);
    if (send_head(wsi, content)) return -1;
    if (content->head || !content->body || !g_bytes_get_size(content->body)) return finish(wsi, reply);
    reply->body = g_bytes_ref(content->body);
    return reply_continue(wsi, reply);
}

/* *ret_last: that was the last piece. */
static int send_piece(struct lws *wsi, Reply *reply, gboolean *ret_last)
{
    gsize length = 0;
    const guint8 *bytes = g_bytes_get_data(reply->body, &length);
    gsize piece = MIN(length - reply->sent, PIECE_MAX);
    *ret_last = reply->sent + piece == length;
    guint8 buffer[LWS_PRE + PIECE_MAX];
    memcpy(buffer + LWS_PRE, bytes + reply->sent, piece);
    if (lws_write(wsi, buffer + LWS_PRE, piece, *ret_last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < 0) return -1;
    reply->sent += piece;
    return 0;
}

int reply_continue(struct lws *wsi, Reply *reply)
{
    if (!reply->body) return 0;
    gboolean last = reply->sent == g_bytes_get_size(reply->body);
    gsize until = reply->sent + TURN_MAX;
    while (!last && reply->sent < until) {
        if (send_piece(wsi, reply, &last)) return -1;
        if (lws_send_pipe_choked(wsi)) break;
    }
    /* What libwebsockets still holds would be cut off by the end of the connection. */
    if (last && !(reply->last && lws_send_pipe_choked(wsi))) return finish(wsi, reply);
    lws_callback_on_writable(wsi);
    return 0;
}

int reply_refuse_upgrade(struct lws *wsi, guint status, const char *sentence)
{
    g_autofree char *text = g_strdup_printf("%u: %s.\n", status, sentence);
    gsize length = strlen(text);
    g_autoptr(GBytes) body = g_bytes_new(text, length);
    static const char *const headers[] = {"cache-control:", "no-store", NULL};
    ReplyContent content = {.status = status, .type = "text/plain; charset=utf-8", .body = body, .headers = headers, .last = TRUE};
    if (send_head(wsi, &content)) return -1;
    guint8 buffer[LWS_PRE + 512];
    length = MIN(length, 512);
    memcpy(buffer + LWS_PRE, text, length);
    if (lws_write(wsi, buffer + LWS_PRE, length, LWS_WRITE_HTTP_FINAL) < 0) return -1;
    return -1;
}
