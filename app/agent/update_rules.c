#include "agent/update_rules.h"

#include <string.h>

int update_compare(const char *a, const char *b)
{
    g_autofree char *own_a = g_strndup(a, strcspn(a, "-")), *own_b = g_strndup(b, strcspn(b, "-"));
    g_auto(GStrv) parts_a = g_strsplit(own_a, ".", -1), parts_b = g_strsplit(own_b, ".", -1);
    guint count_a = g_strv_length(parts_a), count_b = g_strv_length(parts_b);
    for (guint i = 0; i < MAX(count_a, count_b); i++) {
        guint64 number_a = i < count_a ? g_ascii_strtoull(parts_a[i], NULL, 10) : 0;
        guint64 number_b = i < count_b ? g_ascii_strtoull(parts_b[i], NULL, 10) : 0;
        if (number_a != number_b) return number_a < number_b ? -1 : 1;
    }
    return 0;
}

char *update_objection(const char *version, const char *compatible, const char *running, const char *board)
{
    if (strcmp(compatible, board) != 0)
        return g_strdup_printf("this bundle is for another kind of board: it is for \"%s\", this is \"%s\"", compatible, board);
    int order = update_compare(version, running);
    if (order < 0) return g_strdup_printf("this bundle is older than what runs: %s, and %s runs", version, running);
    if (order == 0) return g_strdup_printf("%s runs already", running);
    return NULL;
}

gboolean update_is_remote(const char *source)
{
    return g_str_has_prefix(source, "http://") || g_str_has_prefix(source, "https://");
}

gboolean update_is_source(const char *text)
{
    if (strlen(text) > UPDATE_SOURCE_MAX || !g_str_has_suffix(text, ".raucb") || !g_utf8_validate(text, -1, NULL)) return FALSE;
    for (const char *at = text; *at; at++) {
        if (g_ascii_iscntrl(*at)) return FALSE;
    }
    return update_is_remote(text) || g_path_is_absolute(text);
}

char *update_explain(const char *words, gboolean *lasting)
{
    static const struct {
        const char *piece;
        gboolean lasting;
        const char *sentence;
    } known[] = {
        {"Failed to open bundle", TRUE, "there is no such file"},
        {"signature", TRUE, "this bundle is not signed with the key that this booth trusts, or was changed since"},
        {"Invalid bundle", TRUE, "this is no update bundle, or it was changed since it was signed"},
        {"Bundle magic", TRUE, "this is no update bundle"},
        {"Compatible mismatch", TRUE, "this bundle is for another kind of board"},
        {"version", TRUE, "this bundle is older than what this booth takes"},
        {"404", TRUE, "the server has no such file"},
        {"No space left", TRUE, "there is no room for it"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
        if (!strstr(words, known[i].piece)) continue;
        *lasting = known[i].lasting;
        return g_strdup_printf("%s (%s)", known[i].sentence, words);
    }
    *lasting = FALSE;
    return g_strdup(*words ? words : "the installation ended without a reason");
}
