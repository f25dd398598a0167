#include "agent/note.h"

#include <string.h>

#define TAG_MAX 20 /* bytes; all of them and the spaces between fit into a note */
G_STATIC_ASSERT(NOTE_TAGS_MAX *(TAG_MAX + 1) <= BOOTH_TAGS_MAX);

static gboolean is_tag(const char *word)
{
    gsize length = strlen(word);
    gboolean fine = length > 0 && length <= TAG_MAX;
    for (const char *at = word; *at; at++) fine = fine && (g_ascii_islower(*at) || g_ascii_isdigit(*at) || strchr("_-", *at));
    return fine;
}

static gboolean is_currency(const char *word)
{
    return strlen(word) == 3 && g_ascii_isupper(word[0]) && g_ascii_isupper(word[1]) && g_ascii_isupper(word[2]);
}

static gboolean check_list(const Config *config, const char *key, guint most, gboolean (*fits)(const char *word), const char *what,
                           GError **error)
{
    const char *const *list = config_list(config, "advisor", key);
    for (guint i = 0; list[i]; i++) {
        if (i < most && fits(list[i])) continue;
        if (i >= most)
            g_set_error(error, CONFIG_ERROR, 0, "[advisor] %s has more than %u words", key, most);
        else
            g_set_error(error, CONFIG_ERROR, 0, "[advisor] %s: \"%s\" is no %s", key, list[i], what);
        return FALSE;
    }
    return TRUE;
}

gboolean note_check_settings(const Config *config, GError **error)
{
    return check_list(config, "tags", NOTE_TAGS_MAX, is_tag, "word of at most 20 of a-z, 0-9, _ and -", error) &&
           check_list(config, "currencies", NOTE_CURRENCIES_MAX, is_currency, "currency such as NOK", error);
}

static gboolean refuse(GError **error, const char *why)
{
    g_set_error_literal(error, CONFIG_ERROR, 0, why);
    return FALSE;
}

static gboolean read_tags(const Config *config, const char *const *tags, char *into, gsize size, GError **error)
{
    into[0] = '\0';
    for (guint i = 0; tags[i]; i++) {
        if (!g_strv_contains(config_list(config, "advisor", "tags"), tags[i])) return refuse(error, "a tag is one of [advisor] tags");
        if (g_strv_contains(tags + i + 1, tags[i])) return refuse(error, "a tag is given twice");
        if (i) g_strlcat(into, " ", size);
        g_strlcat(into, tags[i], size);
    }
    return TRUE;
}

gboolean note_read(const Config *config, const NoteWords *words, BoothNote *note, GError **error)
{
    BoothNote fresh = {.value_minor = *words->currency ? words->value_minor : 0};
    if (*words->outcome && !booth_is_outcome(words->outcome))
        return refuse(error, "an outcome is sale, reserved, follow_up, advice or none");
    if (strlen(words->order) >= sizeof fresh.order) return refuse(error, "an order number has at most 63 bytes");
    if (*words->currency && !g_strv_contains(config_list(config, "advisor", "currencies"), words->currency))
        return refuse(error, "a currency is one of [advisor] currencies");
    if (fresh.value_minor < 0 || fresh.value_minor > NOTE_VALUE_MAX)
        return refuse(error, "an order's value is from 0 to a thousand million");
    if (!read_tags(config, words->tags, fresh.tags, sizeof fresh.tags, error)) return FALSE;
    g_strlcpy(fresh.outcome, words->outcome, sizeof fresh.outcome);
    g_strlcpy(fresh.order, words->order, sizeof fresh.order);
    g_strlcpy(fresh.currency, words->currency, sizeof fresh.currency);
    *note = fresh;
    return TRUE;
}
