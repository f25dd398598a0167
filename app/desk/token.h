/* token: the secrets that a shopper's page keeps: the key of a call, and the reference that lets a called-back shopper in ahead. Pure: any
 * thread. */
#pragma once

#include <glib.h>

/* SHA-256 in hex, to g_free(). */
char *token_hash(const char *key);
/* Whether key hashes to hash; takes as long for any wrong key. */
gboolean token_is_key(const char *key, const char *hash);

/* "<call>.<HMAC>", to g_free(). */
char *token_reference(const char *secret, const char *call);
/* The call's id that the reference is for, to g_free(); NULL if secret did not make it. */
char *token_check(const char *secret, const char *reference);
