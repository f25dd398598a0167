#include "desk/request.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>

#include "wire/wire.h"

#define HEADER_MAX 1024 /* of a header that we look at */

struct Request {
    DoorRequest told; /* first: a handler's request is this one */
    const DoorRoute *route;
    void *data;
    struct lws *wsi; /* NULL: nobody waits any more */
    gboolean head, handed, answered;
    gsize awaited; /* bytes of the body */
    GString *body;
    char address[64];
    GPtrArray *strings; /* behind told */
    guint status;
    char **headers;
    GBytes *content;
};

/* --- what is in a request's head ---------------------------------------------------------------------------------------------------- */

char *request_copy_header(struct lws *wsi, enum lws_token_indexes token)
{
    int length = lws_hdr_total_length(wsi, token);
    if (length <= 0 || length > HEADER_MAX) return NULL;
    char *value = g_malloc0((gsize)length + 1);
    if (lws_hdr_copy(wsi, value, length + 1, token) >= 0) return value;
    g_free(value);
    return NULL;
}

/* libwebsockets keeps the arguments apart, and so do we. */
static void append_argument(GString *query, const char *before, const char *argument)
{
    g_string_append(query, before);
    for (const char *at = argument; *at; at++) {
        if (*at == '&' || *at == '%')
            g_string_append_printf(query, "%%%02X", (guint)*at);
        else
            g_string_append_c(query, *at);
    }
}

char *request_copy_query(struct lws *wsi)
{
    char argument[HEADER_MAX];
    GString *query = g_string_new(NULL);
    for (int i = 0; lws_hdr_copy_fragment(wsi, argument, sizeof argument, WSI_TOKEN_HTTP_URI_ARGS, i) >= 0; i++)
        append_argument(query, i ? "&" : "", argument);
    return g_string_free(query, FALSE);
}

char *request_identity(struct lws *wsi)
{
    union lws_tls_cert_info_results name;
    memset(&name, 0, sizeof name);
    if (!lws_is_ssl(wsi)) return NULL;
    if (lws_tls_peer_cert_info(wsi, LWS_TLS_CERT_INFO_COMMON_NAME, &name, sizeof name.ns.name) != 0) return NULL;
    return wire_is_booth_id(name.ns.name) ? g_strdup(name.ns.name) : NULL;
}

char *request_key(struct lws *wsi)
{
    X509 *certificate = lws_is_ssl(wsi) ? SSL_get1_peer_certificate(lws_get_ssl(wsi)) : NULL;
    unsigned char *der = NULL;
    const int length = certificate ? i2d_PUBKEY(X509_get0_pubkey(certificate), &der) : 0;
    char *hash = length > 0 ? g_compute_checksum_for_data(G_CHECKSUM_SHA256, der, (gsize)length) : NULL;
    OPENSSL_free(der);
    X509_free(certificate);
    return hash;
}

void request_address(struct lws *wsi, char *address, gsize size)
{
    *address = '\0';
    lws_get_peer_simple(wsi, address, size);
    static const char mapped[] = "::ffff:";
    if (g_str_has_prefix(address, mapped)) memmove(address, address + strlen(mapped), strlen(address + strlen(mapped)) + 1);
}

const char *request_method(int method)
{
    switch (method) {
    case LWSHUMETH_GET:
    case LWSHUMETH_HEAD: return "GET";
    case LWSHUMETH_POST: return "POST";
    case LWSHUMETH_PUT: return "PUT";
    case LWSHUMETH_DELETE: return "DELETE";
    default: return "";
    }
}

/* "http" or "https", when a terminator in front says so. */
static gboolean is_secure(struct lws *wsi)
{
    static const char name[] = "x-forwarded-proto:";
    char value[8] = "";
    if (lws_is_ssl(wsi)) return TRUE;
    return lws_hdr_custom_copy(wsi, value, sizeof value, name, (int)strlen(name)) == 5 && g_ascii_strcasecmp(value, "https") == 0;
}

/* --- routes ------------------------------------------------------------------------------------------------------------------------- */

static gboolean has_path(const DoorRoute *route, const char *path)
{
    gsize length = strlen(route->path);
    if (route->path[length - 1] == '*') return strncmp(route->path, path, length - 1) == 0;
    return strcmp(route->path, path) == 0;
}

const DoorRoute *request_find_route(const DoorRoute *routes, guint where, const char *method, const char *path, char **allowed)
{
    g_autoptr(GString) methods = g_string_new(NULL);
    for (const DoorRoute *route = routes; route->method; route++) {
        if (!(route->where & where) || !has_path(route, path)) continue;
        if (strcmp(route->method, method) == 0) return route;
        g_string_append_printf(methods, "%s%s", methods->len ? ", " : "", strcmp(route->method, "GET") == 0 ? "GET, HEAD" : route->method);
    }
    *allowed = methods->len ? g_strdup(methods->str) : NULL;
    return NULL;
}

gboolean request_lets_strangers_in(const DoorRoute *routes)
{
    for (const DoorRoute *route = routes; route && route->method; route++) {
        if (route->where & DOOR_STRANGERS) return TRUE;
    }
    return FALSE;
}

/* --- from the head to the answer ---------------------------------------------------------------------------------------------------- */

static void request_free(Request *request)
{
    g_ptr_array_unref(request->strings);
    g_string_free(request->body, TRUE);
    g_strfreev(request->headers);
    g_clear_pointer(&request->content, g_bytes_unref);
    g_free(request);
}

static const char *keep(Request *request, char *text)
{
    char *kept = text ? text : g_strdup("");
    g_ptr_array_add(request->strings, kept);
    return kept;
}

static void read_head(Request *request, const char *path)
{
    struct lws *wsi = request->wsi;
    DoorRequest *told = &request->told;
    char *identity = request_identity(wsi), *key = identity ? request_key(wsi) : NULL;
    request_address(wsi, request->address, sizeof request->address);
    *told = (DoorRequest){
        .method = request->route->method,
        .path = keep(request, g_strdup(path)),
        .query = keep(request, request_copy_query(wsi)),
        .identity = identity ? keep(request, identity) : NULL,
        .key = key ? keep(request, key) : NULL,
        .cookie = keep(request, request_copy_header(wsi, WSI_TOKEN_HTTP_COOKIE)),
        .origin = keep(request, request_copy_header(wsi, WSI_TOKEN_ORIGIN)),
        .host = keep(request, request_copy_header(wsi, WSI_TOKEN_HOST)),
        .content_type = keep(request, request_copy_header(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE)),
        .accept = keep(request, request_copy_header(wsi, WSI_TOKEN_HTTP_ACCEPT)),
        .accept_encoding = keep(request, request_copy_header(wsi, WSI_TOKEN_HTTP_ACCEPT_ENCODING)),
        .authorization = keep(request, request_copy_header(wsi, WSI_TOKEN_HTTP_AUTHORIZATION)),
        .if_none_match = keep(request, request_copy_header(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH)),
        .address = request->address,
        .secure = is_secure(wsi),
    };
}

/* The body is whole: the handler has DOOR_ANSWER_S from now. */
static void hand_over(Request *request)
{
    request->handed = TRUE;
    request->told.body = request->body->str;
    request->told.length = request->body->len;
    lws_set_timer_usecs(request->wsi, DOOR_ANSWER_S * LWS_US_PER_SEC);
    lws_set_timeout(request->wsi, PENDING_TIMEOUT_HTTP_CONTENT, DOOR_ANSWER_S + 5);
    /* Nothing is read until the answer: a socket that could be read would wake the desk again and again. */
    lws_rx_flow_control(request->wsi, 0);
    request->route->handle(request->data, &request->told);
}

/* How long the body says it is; 0: there is none. FALSE: it cannot be told. */
static gboolean read_length(struct lws *wsi, gsize *length)
{
    g_autofree char *text = request_copy_header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH);
    guint64 value = 0;
    *length = 0;
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0) return FALSE;
    if (!text) return lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) <= 0;
    if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT64, &value, NULL)) return FALSE;
    *length = (gsize)value;
    return TRUE;
}

guint request_begin(struct lws *wsi, Session *session, const DoorRoute *route, void *data, const char *path)
{
    char *uri = NULL;
    int uri_length = 0;
    gsize length = 0;
    if (!read_length(wsi, &length)) return HTTP_STATUS_LENGTH_REQUIRED;
    if (length > route->body_max) return route->body_max ? HTTP_STATUS_REQ_ENTITY_TOO_LARGE : HTTP_STATUS_BAD_REQUEST;
    Request *request = g_new0(Request, 1);
    request->route = route;
    request->data = data;
    request->wsi = wsi;
    request->awaited = length;
    request->head = lws_http_get_uri_and_method(wsi, &uri, &uri_length) == LWSHUMETH_HEAD;
    request->body = g_string_new(NULL);
    request->strings = g_ptr_array_new_with_free_func(g_free);
    read_head(request, path);
    if (lws_is_ssl(wsi) && !request->told.identity && !(route->where & (DOOR_STRANGERS | DOOR_PAGES))) {
        request_free(request);
        return HTTP_STATUS_FORBIDDEN;
    }
    session->request = request;
    if (length)
        lws_set_timer_usecs(wsi, DOOR_BODY_S * LWS_US_PER_SEC);
    else
        hand_over(request);
    return 0;
}

guint request_take_body(Session *session, const char *piece, gsize length)
{
    Request *request = session->request;
    if (request->handed) return 0;
    if (request->body->len + length > request->awaited) {
        request_end(session);
        return HTTP_STATUS_REQ_ENTITY_TOO_LARGE;
    }
    g_string_append_len(request->body, piece, (gssize)length);
    if (request->body->len == request->awaited) hand_over(request);
    return 0;
}

gboolean request_is_open(const Session *session)
{
    return session && session->request;
}

guint request_give_up(Session *session)
{
    if (!session->request) return 0;
    gboolean handed = session->request->handed;
    request_end(session);
    return handed ? HTTP_STATUS_GATEWAY_TIMEOUT : HTTP_STATUS_REQUEST_TIMEOUT;
}

/* A handler that has it still will answer, and finds nobody. */
void request_end(Session *session)
{
    Request *request = g_steal_pointer(&session->request);
    reply_clear(&session->reply);
    if (!request) return;
    request->wsi = NULL;
    if (!request->handed || request->answered) request_free(request);
}

void door_reply(DoorRequest *told, guint status, const char *const *headers, GBytes *body)
{
    Request *request = (Request *)told;
    g_return_if_fail(!request->answered);
    if (!request->wsi) {
        request_free(request);
        return;
    }
    GPtrArray *all = g_ptr_array_new();
    gboolean cached = FALSE;
    for (const char *const *pair = headers; pair && *pair; pair += 2) {
        cached = cached || strcmp(pair[0], "cache-control:") == 0;
        g_ptr_array_add(all, g_strdup(pair[0]));
        g_ptr_array_add(all, g_strdup(pair[1]));
    }
    if (!cached) {
        g_ptr_array_add(all, g_strdup("cache-control:"));
        g_ptr_array_add(all, g_strdup("no-store"));
    }
    g_ptr_array_add(all, NULL);
    request->headers = (char **)g_ptr_array_free(all, FALSE);
    request->content = body ? g_bytes_ref(body) : NULL;
    request->status = status;
    request->answered = TRUE;
    lws_rx_flow_control(request->wsi, 1);
    lws_callback_on_writable(request->wsi);
}

int request_answer(struct lws *wsi, Session *session)
{
    if (!session->request->answered) return 0;
    Request *request = g_steal_pointer(&session->request);
    lws_set_timer_usecs(wsi, LWS_SET_TIMER_USEC_CANCEL);
    /* libwebsockets 4.1 never answers what came in one piece with the end of a body: who sent it has to know that it was not heard. */
    const ReplyContent content = {
        .status = request->status,
        .headers = (const char *const *)request->headers,
        .body = request->content,
        .head = request->head,
        .last = request->awaited > 0,
    };
    int result = reply_start(wsi, &session->reply, &content);
    request_free(request);
    return result;
}
