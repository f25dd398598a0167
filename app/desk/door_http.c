#include "desk/door_http.h"

#include <string.h>

#include "desk/door_handshake.h"
#include "desk/door_state.h"
#include "desk/packed.h"
#include "desk/pages.h"
#include "desk/reply.h"

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

int door_http_begin(Door *door, struct lws *wsi, Session *session)
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
    if (strcmp(path, DOOR_PATH_SHOPPER) == 0 || strcmp(path, DOOR_PATH_OPS) == 0)
        return reply_sentence(wsi, reply, HTTP_STATUS_BAD_REQUEST, "this is a WebSocket", head, FALSE);
    const Page *page = pages_find(door->pages, path);
    if (page) return reply_page(wsi, reply, page, head);
    return reply_sentence(wsi, reply, HTTP_STATUS_NOT_FOUND, "there is no such page", head, FALSE);
}

int door_http_give_up(struct lws *wsi, Session *session)
{
    guint status = session ? request_give_up(session) : 0;
    if (status) return refuse_request(wsi, session, status);
    /* One that was cancelled may come all the same: libwebsockets 4.1 fires it once then. */
    if (session && session->reply.body) return 0;
    return session && !session->reply.last ? 0 : -1;
}

int door_http_take_body(struct lws *wsi, Session *session, const char *piece, size_t length)
{
    guint refusal = request_is_open(session) ? request_take_body(session, piece, length) : 0;
    return refusal ? refuse_request(wsi, session, refusal) : 0;
}
