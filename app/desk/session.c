#include "desk/session.h"

#include <openssl/crypto.h>
#include <string.h>

#define TOKEN_MAX 256

typedef struct {
    guint wrong;
    gint64 until; /* monotonic ms */
} Tries;

struct Sessions {
    char *accounts;
    GHashTable *ended; /* token → its end, UTC seconds, in a pointer */
    GHashTable *tries; /* "n:name" and "a:address" → Tries */
};

Sessions *sessions_new(const char *accounts)
{
    Sessions *sessions = g_new0(Sessions, 1);
    sessions->accounts = g_strdup(accounts);
    sessions->ended = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    sessions->tries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return sessions;
}

void sessions_free(Sessions *sessions)
{
    if (!sessions) return;
    g_hash_table_unref(sessions->ended);
    g_hash_table_unref(sessions->tries);
    g_free(sessions->accounts);
    g_free(sessions);
}

const char *sessions_accounts(const Sessions *sessions)
{
    return sessions->accounts;
}

/* --- tokens: "name~end~stamp~nonce~mac" --------------------------------------------------------------------------------------------- */

static char *sign(const char *secret, const char *text)
{
    g_autofree char *all = g_strconcat("ops session ", text, NULL);
    return g_compute_hmac_for_string(G_CHECKSUM_SHA256, (const guchar *)secret, strlen(secret), all, -1);
}

char *session_begin(const Sessions *sessions, const char *secret, const char *name, const char *stamp, gint64 utc_s)
{
    (void)sessions;
    g_autofree char *nonce = g_uuid_string_random();
    g_autofree char *text = g_strdup_printf("%s~%" G_GINT64_FORMAT "~%s~%s", name, utc_s + SESSION_S, stamp, nonce);
    g_autofree char *mac = sign(secret, text);
    return g_strconcat(text, "~", mac, NULL);
}

char *session_token(const char *cookie)
{
    g_auto(GStrv) pairs = g_strsplit(cookie, ";", 32);
    for (char **pair = pairs; *pair; pair++) {
        const char *text = g_strstrip(*pair);
        if (!g_str_has_prefix(text, SESSION_COOKIE "=")) continue;
        text += strlen(SESSION_COOKIE "=");
        return strlen(text) <= TOKEN_MAX ? g_strdup(text) : NULL;
    }
    return NULL;
}

static gboolean is_signed(const char *secret, const char *token)
{
    const char *mac = strrchr(token, '~');
    if (!mac) return FALSE;
    g_autofree char *text = g_strndup(token, (gsize)(mac - token));
    g_autofree char *right = sign(secret, text);
    return strlen(mac + 1) == strlen(right) && CRYPTO_memcmp(mac + 1, right, strlen(right)) == 0;
}

SessionUser session_find(const Sessions *sessions, const char *secret, const char *cookie, gint64 utc_s)
{
    SessionUser user = {.role = ROLE_NONE};
    g_autofree char *token = session_token(cookie);
    char stamp[ACCOUNT_STAMP];
    if (!secret || !token || !sessions->accounts[0] || !is_signed(secret, token) || g_hash_table_contains(sessions->ended, token))
        return user;
    g_auto(GStrv) fields = g_strsplit(token, "~", 5);
    if (g_strv_length(fields) != 5 || g_ascii_strtoll(fields[1], NULL, 10) <= utc_s) return user;
    Role role = account_find(sessions->accounts, fields[0], stamp);
    if (role == ROLE_NONE || strcmp(stamp, fields[2]) != 0) return user;
    user.role = role;
    g_strlcpy(user.name, fields[0], sizeof user.name);
    return user;
}

static gboolean is_over(gpointer token, gpointer end, gpointer now)
{
    (void)token;
    return GPOINTER_TO_SIZE(end) <= GPOINTER_TO_SIZE(now);
}

void session_end(Sessions *sessions, const char *token, gint64 utc_s)
{
    g_hash_table_foreach_remove(sessions->ended, is_over, GSIZE_TO_POINTER((gsize)utc_s));
    g_hash_table_replace(sessions->ended, g_strdup(token), GSIZE_TO_POINTER((gsize)(utc_s + SESSION_S)));
}

/* --- the throttle ------------------------------------------------------------------------------------------------------------------- */

static guint wait_of(const Sessions *sessions, char kind, const char *what, gint64 mono_ms)
{
    g_autofree char *key = g_strdup_printf("%c:%s", kind, what);
    const Tries *tries = g_hash_table_lookup(sessions->tries, key);
    return tries && tries->until > mono_ms ? (guint)((tries->until - mono_ms + 999) / 1000) : 0;
}

guint session_wait(const Sessions *sessions, const char *name, const char *address, gint64 mono_ms)
{
    return MAX(wait_of(sessions, 'n', name, mono_ms), wait_of(sessions, 'a', address, mono_ms));
}

static gboolean is_past(gpointer key, gpointer value, gpointer now)
{
    (void)key;
    return ((const Tries *)value)->until + SESSION_WAIT_MAX * 1000LL < *(const gint64 *)now;
}

static void note_try(Sessions *sessions, char kind, const char *what, gboolean right, gint64 mono_ms)
{
    g_autofree char *key = g_strdup_printf("%c:%s", kind, what);
    if (right) {
        g_hash_table_remove(sessions->tries, key);
        return;
    }
    Tries *tries = g_hash_table_lookup(sessions->tries, key);
    if (!tries) {
        if (g_hash_table_size(sessions->tries) >= SESSION_TRIES_MAX) g_hash_table_foreach_remove(sessions->tries, is_past, &mono_ms);
        if (g_hash_table_size(sessions->tries) >= SESSION_TRIES_MAX) g_hash_table_remove_all(sessions->tries);
        tries = g_new0(Tries, 1);
        g_hash_table_insert(sessions->tries, g_steal_pointer(&key), tries);
    }
    tries->wrong++;
    guint beyond = tries->wrong > SESSION_FREE ? MIN(tries->wrong - SESSION_FREE - 1, 16) : 0;
    tries->until = mono_ms + (tries->wrong > SESSION_FREE ? MIN((gint64)SESSION_WAIT_S << beyond, SESSION_WAIT_MAX) * 1000 : 0);
}

void session_tried(Sessions *sessions, const char *name, const char *address, gboolean right, gint64 mono_ms)
{
    note_try(sessions, 'n', name, right, mono_ms);
    note_try(sessions, 'a', address, right, mono_ms);
}
