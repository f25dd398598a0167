#include "studio/entry.h"

Entry *entry_new(glong most)
{
    Entry *entry = g_new0(Entry, 1);
    entry->text = g_string_new(NULL);
    entry->most = most;
    return entry;
}

void entry_free(Entry *entry)
{
    if (!entry) return;
    g_string_free(entry->text, TRUE);
    g_free(entry);
}

gboolean entry_type(Entry *entry, const char *typed)
{
    if (!g_utf8_validate(typed, -1, NULL)) return FALSE;
    glong room = entry->most - g_utf8_strlen(entry->text->str, -1);
    gboolean changed = FALSE;
    for (const char *at = typed; *at && room > 0; at = g_utf8_next_char(at)) {
        gunichar letter = g_utf8_get_char(at);
        if (g_unichar_iscntrl(letter)) continue;
        g_string_append_unichar(entry->text, letter);
        changed = TRUE;
        room--;
    }
    return changed;
}

gboolean entry_rub_out(Entry *entry)
{
    if (!entry->text->len) return FALSE;
    const char *last = g_utf8_find_prev_char(entry->text->str, entry->text->str + entry->text->len);
    g_string_truncate(entry->text, last ? (gsize)(last - entry->text->str) : 0);
    return TRUE;
}

void entry_clear(Entry *entry)
{
    g_string_truncate(entry->text, 0);
}
