#include "desk/token.h"

#include <string.h>

#include "wire/wire.h"

#define MAC_HEX 32

char *token_hash(const char *key)
{
    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, key, -1);
}

static gboolean is_same(const char *one, const char *other)
{
    size_t length = strlen(one);
    if (length != strlen(other)) return FALSE;
    guint8 difference = 0;
    for (size_t i = 0; i < length; i++) difference |= (guint8)(one[i] ^ other[i]);
    return difference == 0;
}

gboolean token_is_key(const char *key, const char *hash)
{
    g_autofree char *own = token_hash(key);
    return is_same(own, hash);
}

char *token_reference(const char *secret, const char *call)
{
    g_autofree char *mac = g_compute_hmac_for_string(G_CHECKSUM_SHA256, (const guint8 *)secret, strlen(secret), call, -1);
    return g_strdup_printf("%s.%.*s", call, MAC_HEX, mac);
}

char *token_check(const char *secret, const char *reference)
{
    const char *dot = strchr(reference, '.');
    if (!dot) return NULL;
    g_autofree char *call = g_strndup(reference, (gsize)(dot - reference));
    if (!wire_is_call_id(call)) return NULL;
    g_autofree char *right = token_reference(secret, call);
    return is_same(right, reference) ? g_steal_pointer(&call) : NULL;
}
