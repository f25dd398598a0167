#include "studio/relays.h"

#include <jansson.h>
#include <string.h>

#define URL_MAX 512

static gboolean is_address(const char *text)
{
    if (*text == '\0') return FALSE;
    for (; *text; text++)
        if (!g_ascii_isalnum(*text) && !strchr(".-:[]?=", *text)) return FALSE;
    return TRUE;
}

static gboolean take_turn(Relays *relays, const char *scheme, const char *address, const char *user, const char *password)
{
    if (!user || !password) return FALSE;
    g_autofree char *safe_user = g_uri_escape_string(user, NULL, FALSE);
    g_autofree char *safe_password = g_uri_escape_string(password, NULL, FALSE);
    g_ptr_array_add(relays->turn, g_strdup_printf("%s://%s:%s@%s", scheme, safe_user, safe_password, address));
    return TRUE;
}

static gboolean take_url(Relays *relays, const char *url, const char *user, const char *password)
{
    const char *colon = url ? strchr(url, ':') : NULL;
    if (!colon || strlen(url) > URL_MAX || !is_address(colon + 1) || relays->turn->len >= RELAYS_MAX) return FALSE;
    if (g_str_has_prefix(url, "stun:")) {
        if (!relays->stun) relays->stun = g_strdup_printf("stun://%s%s", colon + 1, strchr(colon + 1, ':') ? "" : ":3478");
        return TRUE;
    }
    if (g_str_has_prefix(url, "turn:")) return take_turn(relays, "turn", colon + 1, user, password);
    if (g_str_has_prefix(url, "turns:")) return take_turn(relays, "turns", colon + 1, user, password);
    return FALSE;
}

static void take_server(Relays *relays, const json_t *server)
{
    const json_t *urls = json_object_get(server, "urls");
    const char *user = json_string_value(json_object_get(server, "username"));
    const char *password = json_string_value(json_object_get(server, "credential"));
    if (json_is_string(urls) && !take_url(relays, json_string_value(urls), user, password)) relays->left_out++;
    for (size_t i = 0; i < json_array_size(urls); i++)
        if (!take_url(relays, json_string_value(json_array_get(urls, i)), user, password)) relays->left_out++;
}

Relays *relays_parse(const char *json)
{
    Relays *relays = g_new0(Relays, 1);
    relays->turn = g_ptr_array_new_with_free_func(g_free);
    if (!json || !*json) return relays;
    json_t *servers = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_array(servers)) relays->left_out++;
    for (size_t i = 0; i < json_array_size(servers); i++) take_server(relays, json_array_get(servers, i));
    json_decref(servers);
    return relays;
}

void relays_free(Relays *relays)
{
    if (!relays) return;
    g_free(relays->stun);
    g_ptr_array_unref(relays->turn);
    g_free(relays);
}
