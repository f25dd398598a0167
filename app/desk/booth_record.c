#include "desk/booth_record.h"

#include <string.h>

#define NUMBER_MAX   G_GINT64_CONSTANT(9007199254740991) /* 2^53 - 1: what every reader of JSON can hold */
#define DURATION_MAX G_GINT64_CONSTANT(604800000)        /* a week, in ms */
#define STATE_MAX    G_GINT64_CONSTANT(86400000)         /* a day */
#define UTC_MIN      G_GINT64_CONSTANT(1577836800000)    /* 2020 */
#define WORD_MAX     200
#define WORDS_MAX    32
#define MEASURE_MAX  1e6

/* A member and what it is: s text, i number from 0, m monotonic time, b bool, o object of durations, a array of texts, c optional text, n
 * optional number, q optional object of numbers. */
typedef struct {
    const char *name;
    char kind;
} Member;

static const Member common[] = {{"store", 's'}, {"region", 's'}, {"boot_id", 's'}, {"made_mono", 'm'}, {"clock", 's'}, {NULL, 0}};
static const Member offer[] = {
    {"call", 's'},   {"gen", 'i'},           {"topic", 's'},        {"lang", 's'},          {"before", 'b'},     {"waited_ms", 'i'},
    {"result", 's'}, {"enqueued_mono", 'm'}, {"offered_mono", 'm'}, {"accepted_mono", 'm'}, {"ended_mono", 'm'}, {"ring_ms", 'i'},
    {NULL, 0}};
static const Member call[] = {{"media_up_mono", 'm'},
                              {"shopper_picture_mono", 'm'},
                              {"ready_mono", 'm'},
                              {"setup_ms", 'i'},
                              {"talk_ms", 'i'},
                              {"muted_ms", 'i'},
                              {"wrapup_ms", 'i'},
                              {"outcome", 's'},
                              {"order", 's'},
                              {"value_minor", 'n'},
                              {"currency", 'c'},
                              {"tags", 'a'},
                              {"shown", 'i'},
                              {"added", 'i'},
                              {"items", 'i'},
                              {"accessories", 'i'},
                              {"basket_minor", 'n'},
                              {"basket_currency", 'c'},
                              {"codec", 's'},
                              {"quality", 'q'},
                              {NULL, 0}};
static const Member state[] = {{"from_mono", 'm'}, {"to_mono", 'm'}, {"ms", 'o'}, {"paused_ms", 'o'}, {NULL, 0}};

static gint64 number_of(const json_t *record, const char *name)
{
    return json_integer_value(json_object_get(record, name));
}

static gboolean is_number(const json_t *value, gint64 max)
{
    return json_is_integer(value) && json_integer_value(value) >= 0 && json_integer_value(value) <= max;
}

static gboolean is_text(const json_t *value)
{
    return json_is_string(value) && json_string_length(value) <= WORD_MAX;
}

static gboolean is_durations(const json_t *value)
{
    const char *name;
    json_t *each;
    if (!json_is_object(value) || json_object_size(value) > WORDS_MAX) return FALSE;
    json_object_foreach((json_t *)value, name, each) {
        if (strlen(name) > WORD_MAX || !is_number(each, STATE_MAX)) return FALSE;
    }
    return TRUE;
}

static gboolean is_measures(const json_t *value)
{
    const char *name;
    json_t *each;
    if (!json_is_object(value) || json_object_size(value) > WORDS_MAX) return FALSE;
    json_object_foreach((json_t *)value, name, each) {
        const double number = json_number_value(each);
        if (strlen(name) > WORD_MAX || !json_is_number(each) || number < 0 || number > MEASURE_MAX) return FALSE;
    }
    return TRUE;
}

static gboolean is_texts(const json_t *value)
{
    if (!json_is_array(value) || json_array_size(value) > WORDS_MAX) return FALSE;
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (!is_text(json_array_get(value, i))) return FALSE;
    }
    return TRUE;
}

/* A monotonic time of a record has its UTC beside it. Before the booth's start a shopper may have come into the line. */
static gboolean is_time(const json_t *record, const char *name, const json_t *value)
{
    g_autofree char *utc = g_strdup_printf("%.*s_utc", (int)(strlen(name) - strlen("_mono")), name);
    gboolean early = strcmp(name, "enqueued_mono") == 0 && json_is_integer(value) && json_integer_value(value) >= -DURATION_MAX;
    return (early || is_number(value, NUMBER_MAX)) && is_number(json_object_get(record, utc), NUMBER_MAX);
}

static const char *check_members(const json_t *record, const Member *members)
{
    for (; members->name; members++) {
        const json_t *value = json_object_get(record, members->name);
        gboolean right = FALSE;
        switch (members->kind) {
        case 's': right = is_text(value); break;
        case 'c': right = !value || is_text(value); break;
        case 'i': right = is_number(value, g_str_has_suffix(members->name, "_ms") ? DURATION_MAX : NUMBER_MAX); break;
        case 'n': right = !value || is_number(value, NUMBER_MAX); break;
        case 'm': right = is_time(record, members->name, value); break;
        case 'b': right = json_is_boolean(value); break;
        case 'o': right = is_durations(value); break;
        case 'q': right = !value || is_measures(value); break;
        default: right = is_texts(value); break;
        }
        if (!right) return members->name;
    }
    return NULL;
}

/* Stages that were reached come one after the other, within a week. */
static const char *check_course(const json_t *record)
{
    static const char *const stages[] = {"enqueued_mono", "offered_mono", "accepted_mono", "media_up_mono", "ended_mono", "ready_mono"};
    gint64 before = 0;
    for (guint i = 0; i < G_N_ELEMENTS(stages); i++) {
        const gint64 at = number_of(record, stages[i]);
        if (at == 0) continue;
        if (before && (at < before || at - before > DURATION_MAX)) return stages[i];
        before = at;
    }
    return NULL;
}

static const char *check_state(const json_t *record)
{
    const gint64 span = number_of(record, "to_mono") - number_of(record, "from_mono");
    gint64 sum = 0;
    const char *name;
    json_t *ms;
    json_object_foreach(json_object_get(record, "ms"), name, ms) sum += json_integer_value(ms);
    return span < 0 || span > STATE_MAX || sum != span ? "ms" : NULL;
}

/* The first member that makes no sense; NULL: all do. */
static const char *check(const json_t *record)
{
    const char *kind = json_string_value(json_object_get(record, "kind")), *wrong;
    gboolean is_call = g_strcmp0(kind, "call") == 0, is_offer = g_strcmp0(kind, "offer") == 0, is_state = g_strcmp0(kind, "state") == 0;
    if (number_of(record, "v") != 2) return "v";
    if (!is_call && !is_offer && !is_state) return "kind";
    if ((wrong = check_members(record, common))) return wrong;
    if (is_state) return (wrong = check_members(record, state)) ? wrong : check_state(record);
    if ((wrong = check_members(record, offer))) return wrong;
    if (is_call && (wrong = check_members(record, call))) return wrong;
    return check_course(record);
}

static gboolean is_timely(const json_t *record, gint64 now_utc)
{
    const char *name;
    json_t *value;
    if (g_strcmp0(json_string_value(json_object_get(record, "clock")), "unknown") == 0) return TRUE;
    json_object_foreach((json_t *)record, name, value) {
        const gint64 utc = json_integer_value(value);
        if (g_str_has_suffix(name, "_utc") && utc && (utc < UTC_MIN || utc > now_utc + BOOTH_RECORD_AHEAD_MS)) return FALSE;
    }
    return TRUE;
}

static json_t *without_times(const json_t *record, gint64 now_utc)
{
    json_t *bare = json_copy((json_t *)record), *value;
    const char *name;
    json_object_foreach((json_t *)record, name, value) {
        if (g_str_has_suffix(name, "_utc")) json_object_set_new(bare, name, json_integer(0));
    }
    json_object_set_new(bare, "clock", json_string("unknown"));
    json_object_set_new(bare, "after_utc", json_integer(0));
    json_object_set_new(bare, "before_utc", json_integer(now_utc));
    return bare;
}

static gboolean agrees(const json_t *record, const char *name, gint64 number)
{
    const json_t *value = json_object_get(record, name);
    return !value || (json_is_integer(value) && json_integer_value(value) == number);
}

gboolean booth_record_is_of(const json_t *record, const char *booth, gint64 epoch, gint64 seq, gint64 epoch_max)
{
    const json_t *named = json_object_get(record, "booth");
    if (named && g_strcmp0(json_string_value(named), booth) != 0) return FALSE;
    gboolean within = epoch >= 1 && epoch <= MIN(epoch_max, BOOTH_RECORD_NUMBER_MAX) && seq >= 1 && seq <= BOOTH_RECORD_NUMBER_MAX;
    return within && agrees(record, "epoch", epoch) && agrees(record, "seq", seq);
}

char *booth_record_text(const json_t *record, const char *booth, gint64 epoch, gint64 seq, gint64 now_utc, const char **why)
{
    char *text = json_dumps(record, JSON_COMPACT);
    *why = !text || strlen(text) > BOOTH_RECORD_SIZE_MAX ? "size" : check(record);
    if (!*why && is_timely(record, now_utc)) return text;
    free(text);
    json_t *instead = *why ? json_pack("{s:i, s:s, s:s, s:I, s:I, s:s}", "v", 2, "kind", "refused", "booth", booth, "epoch",
                                       (json_int_t)epoch, "seq", (json_int_t)seq, "why", *why)
                           : without_times(record, now_utc);
    text = json_dumps(instead, JSON_COMPACT);
    json_decref(instead);
    return text;
}
