#include "desk/turn.h"

#include <string.h>

#define SERVERS_MAX 16
#define URL_MAX     255
#define SECRET_MAX  1024
#define SHA1_BYTES  20

struct Turn {
    char **stun;
    char **turn;
    char *secret; /* NULL without TURN servers */
    gint64 lifetime_s;
};

G_DEFINE_QUARK(livebooth - turn, turn_error)

static gboolean refuse(GError **error, const char *key, const char *value, const char *why)
{
    g_set_error(error, TURN_ERROR, 0, "[ice] %s: \"%s\" %s", key, value, why);
    return FALSE;
}

/* SCHEME:HOST, then anything printable (RFC 7064, 7065). */
static gboolean check_urls(const char *key, const char *const *urls, const char *scheme, GError **error)
{
    for (guint i = 0; urls[i]; i++) {
        const char *rest = g_str_has_prefix(urls[i], scheme) ? urls[i] + strlen(scheme) : "";
        if (*rest == 's') rest++;
        gboolean ok = rest[0] == ':' && (g_ascii_isalnum(rest[1]) || rest[1] == '[') && strlen(urls[i]) <= URL_MAX;
        for (const char *at = urls[i]; *at && ok; at++) ok = g_ascii_isgraph(*at);
        if (!ok) return refuse(error, key, urls[i], "is no such server: turn:HOST:PORT?transport=udp, stun:HOST:PORT");
        if (i >= SERVERS_MAX) return refuse(error, key, urls[i], "is one too many: at most " G_STRINGIFY(SERVERS_MAX));
    }
    return TRUE;
}

static gboolean read_secret(Turn *turn, const char *path, GError **error)
{
    if (!*path)
        return refuse(error, "turn_secret_file", path, "is needed for the servers in turn: a file with coturn's static-auth-secret");
    g_autoptr(GError) cause = NULL;
    gsize length = 0;
    if (!g_file_get_contents(path, &turn->secret, &length, &cause)) return refuse(error, "turn_secret_file", path, cause->message);
    if (strlen(turn->secret) != length || length > SECRET_MAX)
        return refuse(error, "turn_secret_file", path, "holds no secret: one line of text");
    g_strstrip(turn->secret);
    if (!*turn->secret || strchr(turn->secret, '\n')) return refuse(error, "turn_secret_file", path, "holds no secret: one line of text");
    return TRUE;
}

Turn *turn_new(const Config *config, GError **error)
{
    g_autoptr(Turn) turn = g_new0(Turn, 1);
    const char *const *stun_urls = config_list(config, "ice", "stun");
    const char *const *turn_urls = config_list(config, "ice", "turn");
    if (!check_urls("stun", stun_urls, "stun", error) || !check_urls("turn", turn_urls, "turn", error)) return NULL;
    turn->stun = g_strdupv((char **)stun_urls);
    turn->turn = g_strdupv((char **)turn_urls);
    turn->lifetime_s = config_int(config, "ice", "turn_lifetime_s");
    if (*turn_urls && !read_secret(turn, config_string(config, "ice", "turn_secret_file"), error)) return NULL;
    return g_steal_pointer(&turn);
}

void turn_free(Turn *turn)
{
    if (!turn) return;
    g_strfreev(turn->stun);
    g_strfreev(turn->turn);
    if (turn->secret) explicit_bzero(turn->secret, strlen(turn->secret));
    g_free(turn->secret);
    g_free(turn);
}

static char *credential(const Turn *turn, const char *username)
{
    guint8 digest[SHA1_BYTES];
    gsize length = sizeof digest;
    GHmac *hmac = g_hmac_new(G_CHECKSUM_SHA1, (const guchar *)turn->secret, strlen(turn->secret));
    g_hmac_update(hmac, (const guchar *)username, -1);
    g_hmac_get_digest(hmac, digest, &length);
    g_hmac_unref(hmac);
    return g_base64_encode(digest, length);
}

static json_t *url_list(char **urls)
{
    json_t *list = json_array();
    for (char **url = urls; *url; url++) json_array_append_new(list, json_string(*url));
    return list;
}

json_t *turn_ice_servers(const Turn *turn, const char *user, gint64 now_utc_ms)
{
    json_t *servers = json_array();
    if (*turn->stun) json_array_append_new(servers, json_pack("{s:o}", "urls", url_list(turn->stun)));
    if (!*turn->turn) return servers;
    g_autofree char *username = g_strdup_printf("%" G_GINT64_FORMAT ":%s", now_utc_ms / 1000 + turn->lifetime_s, user);
    g_autofree char *password = credential(turn, username);
    json_array_append_new(servers,
                          json_pack("{s:o, s:s, s:s}", "urls", url_list(turn->turn), "username", username, "credential", password));
    return servers;
}
