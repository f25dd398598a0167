#include "desk/rules.h"

#include <string.h>

#include "wire/wire.h"

G_DEFINE_QUARK(livebooth - rules, rules_error)

static const char *const weekdays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

static gboolean refuse(GError **error, const char *member, const char *why)
{
    g_set_error(error, RULES_ERROR, 0, "%s %s", member, why);
    return FALSE;
}

static gboolean is_known(const char *member, const char *const *known)
{
    return g_strv_contains(known, member);
}

static gboolean check_members(const json_t *object, const char *const *known, GError **error)
{
    const char *member;
    json_t *value;
    json_object_foreach((json_t *)object, member, value) {
        if (!is_known(member, known)) return refuse(error, member, "is not known here");
    }
    return TRUE;
}

static gboolean read_seconds(const json_t *rules, const char *member, gint64 min, gint64 max, gint64 *ret_ms, GError **error)
{
    const json_t *value = json_object_get(rules, member);
    gint64 seconds = json_integer_value(value);
    if (!value) return TRUE;
    if (!json_is_integer(value) || seconds < min || seconds > max) {
        g_set_error(error, RULES_ERROR, 0, "%s is a number of seconds from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, member, min, max);
        return FALSE;
    }
    *ret_ms = seconds * 1000;
    return TRUE;
}

/* A list of texts as an array that borrows them, to g_free(); NULL: it is none. */
static const char **borrow_texts(const json_t *list)
{
    if (!json_is_array(list)) return NULL;
    const char **texts = g_new0(const char *, json_array_size(list) + 1);
    for (size_t i = 0; i < json_array_size(list); i++) {
        texts[i] = json_string_value(json_array_get(list, i));
        if (texts[i]) continue;
        g_free(texts);
        return NULL;
    }
    return texts;
}

/* To g_strfreev(); NULL with a sentence. */
static char **read_topics(const json_t *list, const char *member, const char *const *configured, GError **error)
{
    g_autofree const char **topics = borrow_texts(list);
    if (!topics || !topics[0]) {
        refuse(error, member, "is a list of one topic at least; close by the hours, pause a booth");
        return NULL;
    }
    for (guint i = 0; topics[i]; i++) {
        if (g_strv_contains(configured, topics[i])) continue;
        refuse(error, member, "names one that [queue] topics does not have");
        return NULL;
    }
    return g_strdupv((char **)topics);
}

static gboolean read_open_topics(const json_t *list, const char *const *configured, Rules *rules, GError **error)
{
    if (list) rules->topics = read_topics(list, "topics", configured, error);
    return !list || rules->topics;
}

static gboolean read_booth_topics(const json_t *object, const char *const *configured, Rules *rules, GError **error)
{
    const char *booth;
    json_t *list;
    if (!object) return TRUE;
    if (!json_is_object(object) || json_object_size(object) > RULES_BOOTHS_MAX)
        return refuse(error, "booth_topics", "is an object of at most " G_STRINGIFY(RULES_BOOTHS_MAX) " booths");
    rules->booth_topics = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_strfreev);
    json_object_foreach((json_t *)object, booth, list) {
        if (!wire_is_booth_id(booth)) return refuse(error, "booth_topics", "names what is no booth's id");
        char **topics = read_topics(list, booth, configured, error);
        if (!topics) return FALSE;
        g_hash_table_insert(rules->booth_topics, g_strdup(booth), topics);
    }
    return TRUE;
}

static gboolean read_hours(const json_t *object, Rules *rules, GError **error)
{
    static const char *const known[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun", "timezone", "closed_days", NULL};
    const char *week[7];
    if (!object) return TRUE;
    if (!json_is_object(object)) return refuse(error, "hours", "is an object");
    if (!check_members(object, known, error)) return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(weekdays); i++) {
        week[i] = json_string_value(json_object_get(object, weekdays[i]));
        if (!week[i]) return refuse(error, weekdays[i], "is missing: \"closed\" or HH:MM-HH:MM");
    }
    const char *zone = json_string_value(json_object_get(object, "timezone"));
    g_autofree const char **closed = borrow_texts(json_object_get(object, "closed_days"));
    if (!zone || !closed) return refuse(error, "hours", "needs timezone and closed_days");
    rules->hours = hours_new_words(week, zone, closed, error);
    return rules->hours != NULL;
}

Rules *rules_read(const char *text, const char *const *configured, GError **error)
{
    static const char *const known[] = {"v", "ring_s", "wrapup_s", "topics", "booth_topics", "hours", NULL};
    json_t *json = strlen(text) <= RULES_TEXT_MAX ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
    g_autoptr(Rules) rules = g_new0(Rules, 1);
    gboolean well = json_is_object(json) || refuse(error, "settings", "are no JSON object of 64 KiB at most");
    well = well && check_members(json, known, error);
    well = well && (json_integer_value(json_object_get(json, "v")) == 1 || refuse(error, "v", "must be 1"));
    well = well && read_seconds(json, "ring_s", 5, 600, &rules->ring_ms, error);
    well = well && read_seconds(json, "wrapup_s", 1, 3600, &rules->wrapup_ms, error);
    well = well && read_open_topics(json_object_get(json, "topics"), configured, rules, error);
    well = well && read_booth_topics(json_object_get(json, "booth_topics"), configured, rules, error);
    well = well && read_hours(json_object_get(json, "hours"), rules, error);
    json_decref(json);
    return well ? g_steal_pointer(&rules) : NULL;
}

void rules_free(Rules *rules)
{
    if (!rules) return;
    hours_free(rules->hours);
    g_strfreev(rules->topics);
    if (rules->booth_topics) g_hash_table_unref(rules->booth_topics);
    g_free(rules);
}

const char *const *rules_booth_topics(const Rules *rules, const char *booth)
{
    return rules && rules->booth_topics ? g_hash_table_lookup(rules->booth_topics, booth) : NULL;
}
