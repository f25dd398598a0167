#include "provision/redact.h"

#include <glib.h>

char *redact(const char *text)
{
    static const struct {
        const char *pattern, *instead;
    } rules[] = {
        {"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\\z)", "(a private key)"},
        {"((?:password|passphrase|token|secret|nonce|credential|pwd)\"?\\s*[=:]\\s*\"?)[^\\s\",}]+", "\\1***"},
        {"(ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp256) [A-Za-z0-9+/=]+", "\\1 ***"},
        {"(candidate:\\S+ \\d+ \\w+ \\d+) \\S+", "\\1 ***"},
        {"(a=ice-(?:pwd|ufrag)):\\S+", "\\1:***"},
    };
    char *clean = g_strdup(text);
    for (guint i = 0; i < G_N_ELEMENTS(rules); i++) {
        g_autoptr(GRegex) rule = g_regex_new(rules[i].pattern, G_REGEX_CASELESS | G_REGEX_DOTALL | G_REGEX_OPTIMIZE, 0, NULL);
        char *next = g_regex_replace(rule, clean, -1, 0, rules[i].instead, 0, NULL);
        if (!next) continue;
        g_free(clean);
        clean = next;
    }
    return clean;
}
