#include "desk/ledger_labels.h"
#include "desk/ledger_query.h"

#include <string.h>

/* One group of the answer. */
typedef struct {
    char *keys[2];
    gint64 start_utc, end_utc; /* of an hour or day; 0: of none */
    KpiTally *tally;
} Group;

/* What a row of any table is of. */
typedef struct {
    const char *booth, *topic, *lang;
    gint64 at;
} Of;

typedef struct {
    const LedgerQuery *query;
    LedgerBy by[2];
    LedgerLabels *labels;
    GHashTable *groups; /* both keys → Group */
    KpiTally *total;
    gboolean crowded; /* more groups than are told */
} Work;

typedef void (*AddRow)(KpiTally *tally, sqlite3_stmt *row);

static void group_free(gpointer data)
{
    Group *group = data;
    g_free(group->keys[0]);
    g_free(group->keys[1]);
    kpi_tally_free(group->tally);
    g_free(group);
}

/* --- which group ------------------------------------------------------------------------------------------------------------------- */

static gboolean is_time(LedgerBy by)
{
    return by == LEDGER_BY_HOUR || by == LEDGER_BY_DAY;
}

static CalendarUnit unit_of(LedgerBy by)
{
    return by == LEDGER_BY_DAY ? CALENDAR_DAY : CALENDAR_HOUR;
}

static gboolean fits(const char *wanted, const char *is)
{
    return !wanted || strcmp(wanted, is) == 0;
}

/* Sorts by time as a text. */
static const char *time_key(gint64 start, char *into, gsize size)
{
    g_snprintf(into, (gulong)size, "%015" G_GINT64_FORMAT, start);
    return into;
}

static const char *key_of(const Work *work, LedgerBy by, const Of *of, const LedgerLabel *label, char *into, gsize size)
{
    switch (by) {
    case LEDGER_BY_BOOTH: return of->booth;
    case LEDGER_BY_STORE: return label->store;
    case LEDGER_BY_REGION: return label->region;
    case LEDGER_BY_TOPIC: return of->topic;
    case LEDGER_BY_LANG: return of->lang;
    case LEDGER_BY_HOUR:
    case LEDGER_BY_DAY: return time_key(calendar_start(work->query->calendar, unit_of(by), of->at), into, size);
    case LEDGER_BY_NONE:
    default: return "";
    }
}

/* NULL when there would be too many. */
static Group *group_at(Work *work, const char *first, const char *second)
{
    g_autofree char *name = g_strconcat(first, "\n", second, NULL);
    Group *group = g_hash_table_lookup(work->groups, name);
    if (group) return group;
    if (g_hash_table_size(work->groups) >= LEDGER_GROUPS_MAX) {
        work->crowded = TRUE;
        return NULL;
    }
    group = g_new0(Group, 1);
    group->keys[0] = g_strdup(first);
    group->keys[1] = g_strdup(second);
    group->tally = kpi_tally_new(work->query->terms);
    for (guint i = 0; i < 2; i++) {
        if (!is_time(work->by[i])) continue;
        group->start_utc = g_ascii_strtoll(group->keys[i], NULL, 10);
        group->end_utc = calendar_next(work->query->calendar, unit_of(work->by[i]), group->start_utc);
    }
    g_hash_table_insert(work->groups, g_steal_pointer(&name), group);
    return group;
}

/* topical: the row knows its topic and language. */
static void add_row(Work *work, sqlite3_stmt *row, AddRow add, gboolean topical)
{
    const LedgerScope *scope = &work->query->scope;
    const Of of = {(const char *)sqlite3_column_text(row, 0), (const char *)sqlite3_column_text(row, 1),
                   (const char *)sqlite3_column_text(row, 2), sqlite3_column_int64(row, 3)};
    if (!of.booth || !of.topic || !of.lang) return;
    const LedgerLabel *label = ledger_labels_find(work->labels, of.booth, of.at);
    if (!fits(scope->booth, of.booth) || !fits(scope->store, label->store) || !fits(scope->region, label->region)) return;
    if (!topical && (scope->topic || scope->lang)) return;
    if (topical && (!fits(scope->topic, of.topic) || !fits(scope->lang, of.lang))) return;
    add(work->total, row);
    if (work->by[0] == LEDGER_BY_NONE) return;
    for (guint i = 0; i < 2 && !topical; i++) {
        if (work->by[i] == LEDGER_BY_TOPIC || work->by[i] == LEDGER_BY_LANG) return;
    }
    char buffers[2][24];
    const char *first = key_of(work, work->by[0], &of, label, buffers[0], sizeof buffers[0]);
    const char *second = key_of(work, work->by[1], &of, label, buffers[1], sizeof buffers[1]);
    Group *group = group_at(work, first, second);
    if (group) add(group->tally, row);
}

/* --- rows -------------------------------------------------------------------------------------------------------------------------- */

#define IN_SCOPE(time) time " >= ?1 AND " time " < ?2"

/* What of a call was told by several counts when the shopper asked for it: offers, talks and ratings belong to the hour of the call. The
 * record of a call whose end is not known (any more) counts when it was offered. */
static const char select_calls[] = "SELECT booth, topic, lang, enqueued, outcome, cause, in_line, answered, accepted, media_up, ended,"
                                   " promised, p50, p90 FROM call WHERE " IN_SCOPE("enqueued") " ORDER BY enqueued";
static const char select_offers[] = "SELECT booth, topic, lang, at, result FROM offer WHERE " IN_SCOPE("at") " ORDER BY at";
#define HANDLED                                                                                                                            \
    "talk, hold, wrapup, sale, attached, valued, value, currency, NOT EXISTS (SELECT 1 FROM handled AS newer WHERE"                        \
    " newer.call = handled.call AND (newer.gen > handled.gen OR (newer.gen = handled.gen AND newer.booth > handled.booth)))"
static const char select_handled[] = "SELECT handled.booth, call.topic, call.lang, enqueued, " HANDLED
                                     " FROM call CROSS JOIN handled ON handled.call = id WHERE " IN_SCOPE("enqueued") " ORDER BY enqueued";
static const char select_alone[] =
    "SELECT booth, topic, lang, at, " HANDLED
    " FROM handled WHERE " IN_SCOPE("at") " AND NOT EXISTS (SELECT 1 FROM call WHERE id = handled.call) ORDER BY at";
static const char select_spent[] = "SELECT booth, '', '', at, ready, ringing, connecting, live, wrapup, paused, practice, other"
                                   " FROM spent WHERE " IN_SCOPE("at") " ORDER BY at";
static const char select_ratings[] =
    "SELECT booth, topic, lang, enqueued, outcome, stars, recommend FROM call CROSS JOIN rating ON call = id"
    " WHERE " IN_SCOPE("enqueued") " ORDER BY enqueued";

static void add_call(KpiTally *tally, sqlite3_stmt *row)
{
    const KpiCall call = {
        .outcome = (KpiOutcome)CLAMP(sqlite3_column_int(row, 4), 0, KPI_OUTCOMES - 1),
        .cause = (KpiCause)CLAMP(sqlite3_column_int(row, 5), 0, KPI_CAUSES - 1),
        .in_line = sqlite3_column_int(row, 6) != 0,
        .enqueued_utc = sqlite3_column_int64(row, 3),
        .answered_utc = sqlite3_column_int64(row, 7),
        .accepted_utc = sqlite3_column_int64(row, 8),
        .media_up_utc = sqlite3_column_int64(row, 9),
        .ended_utc = sqlite3_column_int64(row, 10),
        .promised = sqlite3_column_int(row, 11) != 0,
        .promise_p50_ms = sqlite3_column_int64(row, 12),
        .promise_p90_ms = sqlite3_column_int64(row, 13),
    };
    kpi_add_call(tally, &call);
}

static void add_offer(KpiTally *tally, sqlite3_stmt *row)
{
    kpi_add_offer(tally, (KpiOfferResult)CLAMP(sqlite3_column_int(row, 4), 0, KPI_OFFER_RESULTS - 1));
}

static void add_handled(KpiTally *tally, sqlite3_stmt *row)
{
    KpiHandled handled = {
        .talk_ms = sqlite3_column_int64(row, 4),
        .hold_ms = sqlite3_column_int64(row, 5),
        .wrapup_ms = sqlite3_column_int64(row, 6),
        .sale = sqlite3_column_int(row, 7) != 0,
        .attached = sqlite3_column_int(row, 8) != 0,
        .valued = sqlite3_column_int(row, 9) != 0,
        .value_minor = sqlite3_column_int64(row, 10),
        .closing = sqlite3_column_int(row, 12) != 0,
    };
    const char *currency = (const char *)sqlite3_column_text(row, 11);
    g_strlcpy(handled.currency, currency ? currency : "", sizeof handled.currency);
    kpi_add_handled(tally, &handled);
}

static void add_spent(KpiTally *tally, sqlite3_stmt *row)
{
    const KpiTime time = {sqlite3_column_int64(row, 4),  sqlite3_column_int64(row, 5), sqlite3_column_int64(row, 6),
                          sqlite3_column_int64(row, 7),  sqlite3_column_int64(row, 8), sqlite3_column_int64(row, 9),
                          sqlite3_column_int64(row, 10), sqlite3_column_int64(row, 11)};
    kpi_add_time(tally, &time);
}

/* A page asks for a rating after these two outcomes alone. */
static void add_rating(KpiTally *tally, sqlite3_stmt *row)
{
    const int outcome = sqlite3_column_int(row, 4);
    const KpiRating rating = {.stars = sqlite3_column_int(row, 5), .recommend = sqlite3_column_int(row, 6)};
    if (outcome == KPI_COMPLETED || outcome == KPI_DROPPED) kpi_add_rating(tally, &rating);
}

static gboolean read_rows(Work *work, const char *sql, AddRow add, gboolean topical, GError **error)
{
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(work->query->db, sql, -1, &row, NULL);
    if (code == SQLITE_OK) {
        sqlite3_bind_int64(row, 1, work->query->scope.from_utc);
        sqlite3_bind_int64(row, 2, work->query->scope.to_utc);
        while ((code = sqlite3_step(row)) == SQLITE_ROW) add_row(work, row, add, topical);
    }
    sqlite3_finalize(row);
    if (code == SQLITE_DONE) return TRUE;
    g_set_error(error, LEDGER_ERROR, code, "The ledger cannot be read just now: %s.", sqlite3_errmsg(work->query->db));
    return FALSE;
}

static gboolean read_all(Work *work, GError **error)
{
    /* One transaction: all tables as of one moment. */
    const gboolean begun = sqlite3_exec(work->query->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK;
    int code = SQLITE_OK;
    work->labels = ledger_labels_new(work->query->db, &code);
    const gboolean well =
        work->labels && read_rows(work, select_calls, add_call, TRUE, error) && read_rows(work, select_offers, add_offer, TRUE, error) &&
        read_rows(work, select_handled, add_handled, TRUE, error) && read_rows(work, select_alone, add_handled, TRUE, error) &&
        read_rows(work, select_spent, add_spent, FALSE, error) && read_rows(work, select_ratings, add_rating, TRUE, error);
    if (begun) sqlite3_exec(work->query->db, "COMMIT", NULL, NULL, NULL);
    if (!work->labels) g_set_error(error, LEDGER_ERROR, code, "The ledger cannot be read just now.");
    return well;
}

/* --- the answer -------------------------------------------------------------------------------------------------------------------- */

/* By hour or day alone also those without any call are told, from the first one with some. */
static void fill_in(Work *work)
{
    if (!is_time(work->by[0]) || work->by[1] != LEDGER_BY_NONE) return;
    const CalendarUnit unit = unit_of(work->by[0]);
    gint64 first = work->query->scope.from_utc;
    GHashTableIter iter;
    gpointer value;
    gint64 earliest = G_MAXINT64;
    g_hash_table_iter_init(&iter, work->groups);
    while (g_hash_table_iter_next(&iter, NULL, &value)) earliest = MIN(earliest, ((Group *)value)->start_utc);
    if (first < work->query->now_utc - LEDGER_GROUPS_MAX / 2 * G_GINT64_CONSTANT(3600000)) first = earliest;
    const gint64 end = MIN(work->query->scope.to_utc, work->query->now_utc);
    for (gint64 at = first; at < end && !work->crowded; at = calendar_next(work->query->calendar, unit, at)) {
        char key[24];
        group_at(work, time_key(calendar_start(work->query->calendar, unit, at), key, sizeof key), "");
    }
}

static gint by_keys(gconstpointer a, gconstpointer b)
{
    const Group *left = *(Group *const *)a, *right = *(Group *const *)b;
    const int first = strcmp(left->keys[0], right->keys[0]);
    return first ? first : strcmp(left->keys[1], right->keys[1]);
}

static json_t *tell_key(const Work *work, const Group *group, guint i)
{
    if (!is_time(work->by[i])) return json_string(group->keys[i]);
    g_autofree char *name = calendar_name(work->query->calendar, unit_of(work->by[i]), g_ascii_strtoll(group->keys[i], NULL, 10));
    return json_string(name);
}

static json_t *tell_groups(const Work *work)
{
    json_t *told = json_array();
    g_autoptr(GPtrArray) groups = g_ptr_array_new();
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, work->groups);
    while (g_hash_table_iter_next(&iter, NULL, &value)) g_ptr_array_add(groups, value);
    g_ptr_array_sort(groups, by_keys);
    for (guint i = 0; i < groups->len; i++) {
        const Group *group = g_ptr_array_index(groups, i);
        json_t *one = json_object(), *key = json_array();
        json_array_append_new(key, tell_key(work, group, 0));
        if (work->by[1] != LEDGER_BY_NONE) json_array_append_new(key, tell_key(work, group, 1));
        json_object_set_new(one, "key", key);
        if (group->end_utc) {
            json_object_set_new(one, "start_utc", json_integer(group->start_utc));
            json_object_set_new(one, "end_utc", json_integer(group->end_utc));
        }
        json_object_set_new(one, "figures", kpi_figures(group->tally));
        json_array_append_new(told, one);
    }
    return told;
}

static json_t *tell(const Work *work)
{
    json_t *by = json_array();
    for (guint i = 0; i < 2; i++) {
        if (work->by[i] != LEDGER_BY_NONE) json_array_append_new(by, json_string(ledger_by_name(work->by[i])));
    }
    return json_pack("{s:I, s:I, s:s, s:o, s:o, s:o}", "from_utc", (json_int_t)work->query->scope.from_utc, "to_utc",
                     (json_int_t)work->query->scope.to_utc, "timezone", work->query->timezone, "by", by, "total", kpi_figures(work->total),
                     "groups", tell_groups(work));
}

json_t *ledger_query_figures(const LedgerQuery *query, LedgerBy by, LedgerBy then_by, GError **error)
{
    Work work = {.query = query, .by = {by, then_by}};
    json_t *told = NULL;
    if (by == LEDGER_BY_NONE) work.by[1] = LEDGER_BY_NONE;
    work.groups = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, group_free);
    work.total = kpi_tally_new(query->terms);
    if (read_all(&work, error)) {
        fill_in(&work);
        if (work.crowded)
            g_set_error(error, LEDGER_ERROR, 0, "There would be more than %d groups: ask for a shorter time, or by less.",
                        LEDGER_GROUPS_MAX);
        else
            told = tell(&work);
    }
    ledger_labels_free(work.labels);
    g_hash_table_unref(work.groups);
    kpi_tally_free(work.total);
    return told;
}
