#include "desk/metrics_page.h"

#include <string.h>

#include "desk/metrics.h"
#include "desk/routes.h"
#include "desk/token.h"

#define SCHEME "Bearer "

GQuark metrics_page_error_quark(void)
{
    return g_quark_from_static_string("livebooth-metrics-page");
}

char *metrics_page_read_token(const char *path, GError **error)
{
    g_autofree char *text = NULL;
    gsize length = 0;
    if (!g_file_get_contents(path, &text, &length, error)) {
        g_prefix_error(error, "[metrics] token_file: ");
        return NULL;
    }
    g_strstrip(text);
    gboolean is_word = strlen(text) >= METRICS_TOKEN_MIN && strlen(text) <= METRICS_TOKEN_MAX;
    for (const char *at = text; *at && is_word; at++) is_word = g_ascii_isgraph(*at);
    char *hash = is_word ? token_hash(text) : NULL;
    memset(text, 0, strlen(text));
    if (!hash)
        g_set_error(error, METRICS_PAGE_ERROR, 0, "[metrics] token_file: %s must hold one word of %d to %d printable characters", path,
                    METRICS_TOKEN_MIN, METRICS_TOKEN_MAX);
    return hash;
}

static void refuse(DoorRequest *request, guint status, const char *sentence)
{
    static const char *const headers[] = {"content-type:", "text/plain; charset=utf-8", "www-authenticate:", "Bearer realm=\"metrics\"",
                                          NULL};
    static const char *const plain[] = {"content-type:", "text/plain; charset=utf-8", NULL};
    g_autoptr(GBytes) body = g_bytes_new_static(sentence, strlen(sentence));
    door_reply(request, status, status == 401 ? headers : plain, body);
}

void metrics_page(void *data, DoorRequest *request)
{
    const RouteParts *parts = data;
    const char *shown = request->authorization;
    gboolean is_bearer = g_ascii_strncasecmp(shown, SCHEME, strlen(SCHEME)) == 0;
    if (!parts->metrics_hash) {
        refuse(request, 404, "there is no such page\n");
    } else if (!is_bearer || !token_is_key(shown + strlen(SCHEME), parts->metrics_hash)) {
        refuse(request, 401, "the token of [metrics] token_file is needed\n");
    } else {
        gboolean open = metrics_is_open_wanted(request->accept);
        const char *const headers[] = {"content-type:", open ? METRICS_TYPE_OPEN : METRICS_TYPE_PLAIN, NULL};
        char *text = exchange_metrics(parts->exchange, open, ops_booths_offline(parts->ops));
        g_autoptr(GBytes) body = g_bytes_new_take(text, strlen(text));
        door_reply(request, 200, headers, body);
    }
}
