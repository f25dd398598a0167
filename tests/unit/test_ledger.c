/* The ledger's figures against SQL over the same raw records, and what it does with records that come twice, late, erased or too old. */
#include "desk/ledger_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "desk/ledger_query.h"
#include "ledger_records.h"
#include "scratch.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CALLS 5000
#else
#define CALLS 100000
#endif

static const char *const attach[] = {"accessories", "service_plan", NULL};
static const KpiTerms terms = {.within_ms = 20000, .short_ms = 5000};

/* --- the reference: raw records, and what docs/kpi.md says, in SQL ------------------------------------------------------------------- */

/* clang-format off */
#define J(member)       "json_extract(body, '$." member "')"
#define SPAN(from, to)  "CASE WHEN " from " > 0 AND " to " > 0 AND abs(" to " - " from ") <= 86400000 THEN max(" to " - " from ", 0) END"
#define ANSWERED        "outcome IN ('completed', 'dropped', 'setup_failed')"
#define ACCEPTED_OFFERS "FROM x_o WHERE call = " J("id") " AND result IN ('accepted', 'lost')"
#define OF(prefix)      "FROM raw WHERE subject GLOB '" prefix "*' AND json_valid(body)"
/* A record that is told again says nothing new: the first one of each key. */
#define FIRST_OF(prefix, more, key) \
    "(SELECT seq AS first, landed, body FROM raw WHERE seq IN (SELECT min(seq) " OF(prefix) more " GROUP BY " key "))"
#define SUMMER "(t >= 1774746000000 AND t < 1792890000000)"
#define LOCAL  "(t + CASE WHEN " SUMMER " THEN 7200000 ELSE 3600000 END) / 1000, 'unixepoch'"
#define LABEL_OF(which) \
    "coalesce((SELECT " which " FROM label WHERE label.booth = x.booth AND since <= t ORDER BY since DESC LIMIT 1)," \
    " (SELECT " which " FROM label WHERE label.booth = x.booth ORDER BY since LIMIT 1), '')"
/* A table with what its rows are grouped by, and what figures add up as columns of their own. */
#define KEYED(name, columns) \
    "CREATE TABLE " name " AS SELECT " columns ", booth, topic, lang, t, " LABEL_OF("store") " AS store," \
    " " LABEL_OF("region") " AS region," \
    " strftime('%Y-%m-%d', " LOCAL ") AS day," \
    " strftime('%Y-%m-%dT%H:00', " LOCAL ") || CASE WHEN " SUMMER " THEN '+02:00' ELSE '+01:00' END AS hour FROM x_" name " AS x;"
#define SPENT(word) "coalesce(" J("ms." word) ", 0) AS " word

static const char reference_sql[] =
    "CREATE TABLE told AS SELECT body FROM " FIRST_OF("record.call.c", " AND " J("outcome") " IS NOT NULL", "subject") ";"

    "CREATE TABLE x_o AS SELECT " J("id") " AS call, key AS n, json_extract(value, '$.booth') AS booth,"
    " json_extract(value, '$.result') AS result, json_extract(value, '$.accepted_utc') AS accepted,"
    " " J("topic") " AS topic, " J("lang") " AS lang, " J("enqueued_utc") " AS t FROM told, json_each(body, '$.offers');"
    "CREATE INDEX o_call ON x_o (call, n);"

    "CREATE TABLE x_c AS SELECT *,"
    " CASE WHEN answered THEN " SPAN("t", "first_accept") " ELSE " SPAN("t", "ended") " END AS wait,"
    " CASE WHEN answered THEN " SPAN("accepted", "media_up") " END AS picture"
    " FROM (SELECT *, " ANSWERED " AS answered, CASE WHEN " ANSWERED " THEN coalesce(taker, '') ELSE '' END AS booth,"
    " coalesce(first_taken, accepted) AS first_accept, outcome <> 'callback' OR place > 0 AS stood"
    " FROM (SELECT " J("id") " AS id, " J("topic") " AS topic, " J("lang") " AS lang, " J("enqueued_utc") " AS t,"
    " " J("outcome") " AS outcome, " J("cause") " AS cause, " J("accepted_utc") " AS accepted, " J("media_up_utc") " AS media_up,"
    " " J("ended_utc") " AS ended,"
    " " J("promise.p50_ms") " AS p50, " J("promise.p90_ms") " AS p90, " J("place_at_ask") " AS place,"
    " (SELECT booth " ACCEPTED_OFFERS " ORDER BY n DESC LIMIT 1) AS taker, (SELECT min(accepted) " ACCEPTED_OFFERS ") AS first_taken"
    " FROM told));"
    "CREATE UNIQUE INDEX c_id ON x_c (id);"

    "CREATE TABLE b AS SELECT *, CASE WHEN coalesce(own, 0) > 0 THEN own ELSE landed END AS at"
    " FROM (SELECT first, landed, body, " J("booth") " AS booth,"
    " coalesce(" J("kind") ", CASE " J("result") " WHEN 'accepted' THEN 'call' END) AS kind,"
    " CASE " J("kind") " WHEN 'state' THEN " J("from_utc") " ELSE " J("offered_utc") " END AS own"
    " FROM " FIRST_OF("record.booth.", "", J("booth") ", " J("epoch") ", " J("seq")) ");"

    "CREATE TABLE label AS SELECT booth, at AS since, store, region"
    " FROM (SELECT *, lag(store || region) OVER w AS before"
    " FROM (SELECT booth, at, first, " J("store") " AS store, " J("region") " AS region FROM b WHERE " J("store") " IS NOT NULL)"
    " WINDOW w AS (PARTITION BY booth ORDER BY at, first)) WHERE before IS NULL OR before <> store || region;"
    "CREATE INDEX label_booth ON label (booth, since);"

    "CREATE TABLE x_h AS SELECT h.*, coalesce(x_c.t, at) AS t, coalesce(x_c.topic, own_topic) AS topic,"
    " coalesce(x_c.lang, own_lang) AS lang,"
    " row_number() OVER (PARTITION BY call ORDER BY gen DESC, h.booth DESC) = 1 AS closing"
    " FROM (SELECT min(first), booth, at, " J("call") " AS call, " J("gen") " AS gen, " J("topic") " AS own_topic,"
    " " J("lang") " AS own_lang,"
    " CASE WHEN " J("cut") " IS NULL AND " J("talk_ms") " <= 86400000 THEN " J("talk_ms") " END AS talk,"
    " coalesce(" J("muted_ms") ", 0) AS muted, " J("wrapup_ms") " AS wrapup, " J("outcome") " = 'sale' AS sale,"
    " coalesce(" J("accessories") ", 0) > 0 OR coalesce(" J("tags") ", '') LIKE '%\"service_plan\"%' AS more,"
    " CASE WHEN " J("currency") " <> 'nonsense' THEN " J("currency") " END AS currency, " J("value_minor") " AS value"
    " FROM b WHERE kind = 'call' GROUP BY call, gen, booth) AS h LEFT JOIN x_c ON x_c.id = call;"

    "CREATE TABLE x_s AS SELECT min(first), booth, '' AS topic, '' AS lang, at AS t, " SPENT("connecting") ", " SPENT("live") ","
    " " SPENT("wrapup") ", " SPENT("ready") ", " SPENT("ringing") ", " SPENT("practice")
    " FROM b WHERE kind = 'state' GROUP BY booth, " J("boot_id") ", " J("from_mono") ";"

    "CREATE TABLE x_r AS SELECT stars, CASE WHEN recommend BETWEEN 0 AND 10 THEN recommend END AS recommend, booth, topic, lang, t"
    " FROM (SELECT " J("call") " AS call, " J("stars") " AS stars, " J("recommend") " AS recommend"
    " FROM " FIRST_OF("record.rating.c", " AND " J("stars") " BETWEEN 1 AND 5", "subject") ")"
    " JOIN x_c ON id = call WHERE outcome IN ('completed', 'dropped');"

    KEYED("c", "outcome, cause, wait, picture, p50, place, answered, stood, stood AND NOT answered AND outcome <> 'callback' AS missed,"
          " stood AND outcome <> 'callback' AND wait IS NOT NULL AS timed,"
          " p50 IS NOT NULL AND stood AND answered AND wait <= p90 AS kept,"
          " p50 IS NOT NULL AND stood AND outcome <> 'callback' AND wait IS NOT NULL AND (answered OR wait > p90) AS judged")
    KEYED("o", "result")
    KEYED("h", "talk, muted, wrapup, sale, more, currency, value, closing")
    KEYED("s", "connecting + live + wrapup AS busy, ready + ringing AS free, practice")
    KEYED("r", "stars, recommend");
/* clang-format on */

#define N(condition)     "sum(" condition ")"
#define PER(part, whole) "1.0 * sum(" part ") / nullif(sum(" whole "), 0)"
#define CAUSED(word)                                                                                                                       \
    {                                                                                                                                      \
        "missed.causes." word, "c", N("missed AND cause = '" word "'")                                                                     \
    }
#define OFFERED(word)                                                                                                                      \
    {                                                                                                                                      \
        "offers." word, "o", N("result = '" word "'")                                                                                      \
    }
#define TIMED_TALK "talk IS NOT NULL"

static const struct {
    const char *path, *table, *sql;
} figures[] = {
    {"offered", "c", N("stood")},
    {"answered", "c", N("answered")},
    {"missed.n", "c", N("missed")},
    CAUSED("no_staff"),
    CAUSED("ring_no_answer"),
    CAUSED("wrap_up_overrun"),
    CAUSED("device_fault"),
    CAUSED("network"),
    CAUSED("left_before_promise"),
    CAUSED("left_after_promise"),
    {"missed.causes.unknown", "c", N("missed AND cause IN ('', 'bad weather')")},
    {"callbacks.from_line", "c", N("outcome = 'callback' AND place > 0")},
    {"callbacks.without_call", "c", N("outcome = 'callback' AND place = 0")},
    {"completed", "c", N("outcome = 'completed'")},
    {"dropped", "c", N("outcome = 'dropped'")},
    {"setup_failed", "c", N("outcome = 'setup_failed'")},
    {"abandoned", "c", N("outcome = 'abandoned'")},
    {"declined", "c", N("outcome = 'declined'")},
    {"short_abandoned", "c", N("outcome = 'abandoned' AND wait IS NOT NULL AND wait <= 5000")},
    {"abandon_rate", "c", PER("outcome = 'abandoned'", "stood")},
    {"service_level.good", "c", N("timed AND wait <= 20000")},
    {"service_level.n", "c", N("timed")},
    {"service_level.share", "c", PER("timed AND wait <= 20000", "timed")},
    {"answer_ms.n", "c", N("answered AND wait IS NOT NULL")},
    {"answer_ms.mean", "c", "avg(CASE WHEN answered THEN wait END)"},
    {"answer_ms.max", "c", "max(CASE WHEN answered THEN wait END)"},
    {"picture_ms.n", "c", "count(picture)"},
    {"picture_ms.mean", "c", "avg(picture)"},
    {"picture_ms.max", "c", "max(picture)"},
    {"promise.promised", "c", N("p50 IS NOT NULL AND stood AND outcome <> 'callback'")},
    {"promise.n", "c", N("judged")},
    {"promise.early", "c", N("kept AND wait < p50")},
    {"promise.inside", "c", N("kept AND wait >= p50")},
    {"promise.inside_share", "c", PER("kept AND wait >= p50", "judged")},
    {"promise.covered_share", "c", PER("kept", "judged")},
    {"csat.asked", "c", N("outcome IN ('completed', 'dropped')")},
    {"offers.n", "o", "count(*)"},
    {"offers.accepted", "o", N("result IN ('accepted', 'lost')")},
    {"offers.open", "o", N("result IN ('open', 'odd')")},
    OFFERED("declined"),
    OFFERED("ring_no_answer"),
    OFFERED("link_lost"),
    OFFERED("lease_ended"),
    OFFERED("withdrawn"),
    {"offers.ring_no_answer_rate", "o", "avg(result = 'ring_no_answer')"},
    {"handling.handled", "h", "count(*)"},
    {"handling.n", "h", N(TIMED_TALK)},
    {"handling.talk_ms", "h", "avg(talk - min(muted, talk))"},
    {"handling.hold_ms", "h", "avg(min(muted, talk))"},
    {"handling.wrapup_ms", "h", "avg(CASE WHEN talk IS NOT NULL THEN wrapup END)"},
    {"handling.aht_ms", "h", "avg(talk + wrapup)"},
    {"conversion.sales", "h", N("closing AND sale")},
    {"conversion.n", "h", N("closing")},
    {"conversion.share", "h", PER("closing AND sale", "closing")},
    {"attach.attached", "h", N("closing AND sale AND more")},
    {"attach.share", "h", PER("closing AND sale AND more", "closing AND sale")},
    {"order_value.NOK.n", "h", "count(CASE WHEN closing AND sale AND currency = 'NOK' THEN value END)"},
    {"order_value.NOK.sum_minor", "h", "total(CASE WHEN closing AND sale AND currency = 'NOK' THEN value END)"},
    {"order_value.EUR.mean_minor", "h", "avg(CASE WHEN closing AND sale AND currency = 'EUR' THEN value END)"},
    {"occupancy.busy_ms", "s", "sum(busy)"},
    {"occupancy.available_ms", "s", "sum(free)"},
    {"occupancy.practice_ms", "s", "sum(practice)"},
    {"occupancy.share", "s", "1.0 * sum(busy) / sum(busy + free)"},
    {"csat.n", "r", "count(*)"},
    {"csat.satisfied", "r", N("stars >= 4")},
    {"csat.share", "r", "avg(stars >= 4)"},
    {"csat.mean_stars", "r", "avg(stars)"},
    {"nps.n", "r", "count(recommend)"},
    {"nps.promoters", "r", N("coalesce(recommend, 0) >= 9")},
    {"nps.detractors", "r", N("coalesce(recommend, 10) <= 6")},
    {"nps.score", "r", "avg(CASE WHEN recommend >= 9 THEN 100 WHEN recommend <= 6 THEN -100 WHEN recommend IS NOT NULL THEN 0 END)"},
};

/* --- both sides -------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    char *folder;
    LedgerCache *cache;
    LedgerCounters counters;
    guint64 seq;
    gint64 landed_utc;
    sqlite3 *raw;
    sqlite3_stmt *put;
    guint calls;
} Both;

static void run_sql(sqlite3 *db, const char *sql)
{
    char *why = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) fail_msg("%s", why);
}

static LedgerTaken take(Both *both, const char *subject, const char *text, gint64 landed_utc)
{
    both->landed_utc = landed_utc;
    return ledger_cache_take(both->cache, subject, text, strlen(text), ++both->seq, landed_utc, &both->counters);
}

static void on_record(gpointer data, const char *subject, const char *text, gint64 landed_utc)
{
    Both *both = data;
    assert_int_not_equal(take(both, subject, text, landed_utc), LEDGER_DISK_FAILURE);
    if (both->seq % 20000 == 0) assert_true(ledger_cache_commit(both->cache) && ledger_cache_begin(both->cache));
    sqlite3_bind_int64(both->put, 1, (gint64)both->seq);
    sqlite3_bind_text(both->put, 2, subject, -1, SQLITE_STATIC);
    sqlite3_bind_int64(both->put, 3, landed_utc);
    sqlite3_bind_text(both->put, 4, text, -1, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(both->put), SQLITE_DONE);
    sqlite3_reset(both->put);
}

static LedgerCache *open_cache(const char *folder)
{
    g_autoptr(GError) error = NULL;
    LedgerCache *cache = ledger_cache_open(folder, attach, &error);
    if (!cache) fail_msg("%s", error->message);
    return cache;
}

static int set_up(void **state)
{
    Both *both = g_new0(Both, 1);
    both->folder = scratch_new();
    both->cache = open_cache(NULL);
    assert_int_equal(sqlite3_open(":memory:", &both->raw), SQLITE_OK);
    run_sql(both->raw, "CREATE TABLE raw (seq INTEGER PRIMARY KEY, subject TEXT, landed INTEGER, body TEXT); BEGIN");
    sqlite3_prepare_v2(both->raw, "INSERT INTO raw VALUES (?, ?, ?, ?)", -1, &both->put, NULL);
    assert_true(ledger_cache_begin(both->cache));
    records_make(CALLS, on_record, both);
    assert_true(ledger_cache_commit(both->cache));
    sqlite3_finalize(both->put);
    run_sql(both->raw, "COMMIT; CREATE INDEX raw_subject ON raw (subject)");
    run_sql(both->raw, reference_sql);
    *state = both;
    return 0;
}

static int tear_down(void **state)
{
    Both *both = *state;
    sqlite3_close(both->raw);
    ledger_cache_close(both->cache);
    scratch_remove(both->folder);
    g_free(both->folder);
    g_free(both);
    return 0;
}

static json_t *ask_ledger(LedgerCache *cache, const LedgerScope *scope, LedgerBy by, LedgerBy then_by)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Calendar) calendar = calendar_new("Europe/Oslo");
    const LedgerQuery query = {
        .db = ledger_cache_reader(cache),
        .terms = &terms,
        .calendar = calendar,
        .timezone = "Europe/Oslo",
        .now_utc = RECORDS_AGAIN + 2 * RECORDS_SPAN,
        .scope = *scope,
    };
    json_t *told = ledger_query_figures(&query, by, then_by, &error);
    if (!told) fail_msg("%s", error->message);
    return told;
}

static const LedgerScope everything = {.from_utc = RECORDS_FROM - RECORDS_SPAN, .to_utc = RECORDS_AGAIN + 3 * RECORDS_SPAN};

/* An array is of order values: a step into it is a currency. */
static const json_t *find(const json_t *told, const char *path)
{
    g_auto(GStrv) steps = g_strsplit(path, ".", -1);
    for (guint i = 0; steps[i]; i++) {
        const json_t *inner = json_object_get(told, steps[i]);
        for (size_t j = 0; j < json_array_size(told) && !inner; j++) {
            const char *currency = json_string_value(json_object_get(json_array_get(told, j), "currency"));
            if (g_strcmp0(currency, steps[i]) == 0) inner = json_array_get(told, j);
        }
        told = inner;
    }
    return told;
}

static void expect(const json_t *told, const char *group, const char *path, sqlite3_stmt *row, int column)
{
    const json_t *value = find(told, path);
    const gboolean none = sqlite3_column_type(row, column) == SQLITE_NULL;
    const double expected = sqlite3_column_double(row, column), is = value ? json_number_value(value) : 0;
    if (none && (!value || json_is_null(value) || is == 0)) return;
    if (!none && fabs(is - expected) <= 1e-9 * fmax(1, fabs(expected)) && (!json_is_null(value) || !value)) return;
    g_autofree char *text = value ? json_dumps(value, JSON_ENCODE_ANY) : g_strdup("nothing");
    fail_msg("group \"%s\": %s is %s, and SQL says %s", group, path, text,
             none ? "nothing" : (const char *)sqlite3_column_text(row, column));
}

/* Group → figures, borrowed from told. */
static GHashTable *groups_of(const json_t *told)
{
    GHashTable *groups = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    json_t *group;
    size_t i;
    json_array_foreach(json_object_get(told, "groups"), i, group) {
        const json_t *key = json_object_get(group, "key");
        const char *second = json_string_value(json_array_get(key, 1));
        char *name = g_strconcat(json_string_value(json_array_get(key, 0)), "|", second ? second : "", NULL);
        assert_true(g_hash_table_insert(groups, name, json_object_get(group, "figures")));
    }
    return groups;
}

/* All figures of one table for each group; what groups it has is noted in seen. */
static void compare_table(Both *both, const char *table, const char *key, const char *where, GHashTable *groups, GHashTable *seen)
{
    g_autoptr(GString) sql = g_string_new(NULL);
    sqlite3_stmt *row = NULL;
    g_string_append_printf(sql, "SELECT %s", key);
    for (gsize i = 0; i < G_N_ELEMENTS(figures); i++) {
        if (strcmp(figures[i].table, table) == 0) g_string_append_printf(sql, ", %s", figures[i].sql);
    }
    g_string_append_printf(sql, " FROM %s WHERE %s GROUP BY 1", table, where);
    if (sqlite3_prepare_v2(both->raw, sql->str, -1, &row, NULL) != SQLITE_OK) fail_msg("%s", sqlite3_errmsg(both->raw));
    while (sqlite3_step(row) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(row, 0);
        const json_t *told = g_hash_table_lookup(groups, name);
        int column = 0;
        if (!told) fail_msg("there is no group \"%s\", which SQL has of %s", name, table);
        g_hash_table_add(seen, g_strdup(name));
        for (gsize i = 0; i < G_N_ELEMENTS(figures); i++) {
            if (strcmp(figures[i].table, table) == 0) expect(told, name, figures[i].path, row, ++column);
        }
    }
    sqlite3_finalize(row);
}

static void compare_percentiles(Both *both, const char *key, const char *where, GHashTable *groups)
{
    static const char *const wanted[][2] = {{"answer_ms", "wait"}, {"picture_ms", "picture"}};
    for (gsize i = 0; i < G_N_ELEMENTS(wanted); i++) {
        sqlite3_stmt *row = NULL;
        g_autofree char *p50 = g_strconcat(wanted[i][0], ".p50", NULL), *p90 = g_strconcat(wanted[i][0], ".p90", NULL);
        g_autofree char *sql =
            g_strdup_printf("SELECT k, max(CASE WHEN rank = (n * 50 + 99) / 100 THEN v END),"
                            " max(CASE WHEN rank = (n * 90 + 99) / 100 THEN v END)"
                            " FROM (SELECT k, v, row_number() OVER (PARTITION BY k ORDER BY v) AS rank,"
                            " count(*) OVER (PARTITION BY k) AS n"
                            " FROM (SELECT %s AS k, %s AS v FROM c WHERE answered AND %s IS NOT NULL AND %s)) GROUP BY k",
                            key, wanted[i][1], wanted[i][1], where);
        if (sqlite3_prepare_v2(both->raw, sql, -1, &row, NULL) != SQLITE_OK) fail_msg("%s", sqlite3_errmsg(both->raw));
        while (sqlite3_step(row) == SQLITE_ROW) {
            const char *name = (const char *)sqlite3_column_text(row, 0);
            expect(g_hash_table_lookup(groups, name), name, p50, row, 1);
            expect(g_hash_table_lookup(groups, name), name, p90, row, 2);
        }
        sqlite3_finalize(row);
    }
}

/* The causes add up, and the parts make the whole, whatever was recorded. */
static void check_sums(GHashTable *groups)
{
    GHashTableIter iter;
    gpointer name, told;
    g_hash_table_iter_init(&iter, groups);
    while (g_hash_table_iter_next(&iter, &name, &told)) {
        const char *cause;
        json_t *n;
        json_int_t sum = 0;
        json_object_foreach((json_t *)find(told, "missed.causes"), cause, n) sum += json_integer_value(n);
        assert_int_equal(sum, json_integer_value(find(told, "missed.n")));
        assert_int_equal(json_integer_value(find(told, "offered")),
                         json_integer_value(find(told, "answered")) + sum + json_integer_value(find(told, "callbacks.from_line")));
    }
}

static void compare(Both *both, const LedgerScope *scope, LedgerBy by, LedgerBy then_by, const char *where)
{
    static const char *const tables[] = {"c", "o", "h", "s", "r"};
    g_autofree char *key = by == LEDGER_BY_NONE        ? g_strdup("'|'")
                           : then_by == LEDGER_BY_NONE ? g_strdup_printf("%s || '|'", ledger_by_name(by))
                                                       : g_strdup_printf("%s || '|' || %s", ledger_by_name(by), ledger_by_name(then_by));
    json_t *told = ask_ledger(both->cache, scope, by, then_by);
    g_autoptr(GHashTable) groups = groups_of(told), seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    const gboolean topical = by == LEDGER_BY_TOPIC || by == LEDGER_BY_LANG || scope->topic;
    if (by == LEDGER_BY_NONE) g_hash_table_insert(groups, g_strdup("|"), json_object_get(told, "total"));
    for (gsize i = 0; i < G_N_ELEMENTS(tables); i++) {
        if (topical && strcmp(tables[i], "s") == 0) continue;
        compare_table(both, tables[i], key, where, groups, seen);
    }
    if (by == LEDGER_BY_NONE || by == LEDGER_BY_STORE || by == LEDGER_BY_HOUR) compare_percentiles(both, key, where, groups);
    check_sums(groups);
    GHashTableIter iter;
    gpointer name, figures_of;
    g_hash_table_iter_init(&iter, groups);
    while (g_hash_table_iter_next(&iter, &name, &figures_of)) {
        if (!g_hash_table_contains(seen, name)) assert_int_equal(json_integer_value(find(figures_of, "offered")), 0);
    }
    print_message("by %s %s: %u groups\n", ledger_by_name(by), ledger_by_name(then_by), g_hash_table_size(groups));
    json_decref(told);
}

static void figures_are_those_of_sql(void **state)
{
    static const LedgerScope march = {.from_utc = RECORDS_FROM, .to_utc = RECORDS_FROM + RECORDS_SPAN},
                             october = {.from_utc = RECORDS_AGAIN, .to_utc = RECORDS_AGAIN + 2 * RECORDS_SPAN};
    static const LedgerBy all[] = {LEDGER_BY_NONE, LEDGER_BY_STORE, LEDGER_BY_DAY};
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++) compare(*state, &everything, all[i], LEDGER_BY_NONE, "1");
    compare(*state, &march, LEDGER_BY_HOUR, LEDGER_BY_NONE, "t < 1774915200000");
    compare(*state, &october, LEDGER_BY_HOUR, LEDGER_BY_NONE, "t >= 1792713600000");
    /* What differs from those by the key alone, over two of the eight days. */
    static const LedgerScope two_days = {.from_utc = RECORDS_AGAIN + 86400000, .to_utc = RECORDS_AGAIN + 3 * 86400000};
    static const LedgerBy some[][2] = {{LEDGER_BY_REGION, LEDGER_BY_NONE}, {LEDGER_BY_BOOTH, LEDGER_BY_NONE},
                                       {LEDGER_BY_TOPIC, LEDGER_BY_NONE},  {LEDGER_BY_LANG, LEDGER_BY_NONE},
                                       {LEDGER_BY_TOPIC, LEDGER_BY_DAY},   {LEDGER_BY_STORE, LEDGER_BY_DAY}};
    for (gsize i = 0; i < G_N_ELEMENTS(some); i++)
        compare(*state, &two_days, some[i][0], some[i][1], "t >= 1792800000000 AND t < 1792972800000");
}

static void a_scope_leaves_out_the_rest(void **state)
{
    const LedgerScope store = {.from_utc = RECORDS_AGAIN, .to_utc = RECORDS_AGAIN + 90000000, .store = "Store 11, \"Å\"", .lang = NULL};
    const LedgerScope topic = {.from_utc = everything.from_utc, .to_utc = everything.to_utc, .booth = "b07", .topic = "tv", .lang = "fi"};
    compare(*state, &store, LEDGER_BY_BOOTH, LEDGER_BY_NONE, "t >= 1792713600000 AND t < 1792803600000 AND store = 'Store 11, \"Å\"'");
    compare(*state, &topic, LEDGER_BY_REGION, LEDGER_BY_NONE, "booth = 'b07' AND topic = 'tv' AND lang = 'fi'");
}

/* The days on which the clocks change have 23 and 25 hours, each with a group of its own. */
static void days_of_23_and_25_hours(void **state)
{
    const Both *both = *state;
    static const struct {
        gint64 from_utc;
        size_t hours;
        const char *first, *third;
    } days[] = {
        {RECORDS_FROM + 2 * 86400000LL - 3600000, 23, "2026-03-29T00:00+01:00", "2026-03-29T03:00+02:00"},
        {RECORDS_AGAIN + 2 * 86400000LL - 7200000, 25, "2026-10-25T00:00+02:00", "2026-10-25T02:00+02:00"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(days); i++) {
        const LedgerScope scope = {.from_utc = days[i].from_utc, .to_utc = days[i].from_utc + (gint64)days[i].hours * 3600000};
        json_t *hours = ask_ledger(both->cache, &scope, LEDGER_BY_HOUR, LEDGER_BY_NONE);
        json_t *day = ask_ledger(both->cache, &scope, LEDGER_BY_DAY, LEDGER_BY_NONE);
        const json_t *groups = json_object_get(hours, "groups");
        assert_int_equal(json_array_size(groups), days[i].hours);
        assert_int_equal(json_array_size(json_object_get(day, "groups")), 1);
        const json_t *key = json_object_get(json_array_get(groups, 0), "key"), *third = json_object_get(json_array_get(groups, 2), "key");
        assert_string_equal(json_string_value(json_array_get(key, 0)), days[i].first);
        assert_string_equal(json_string_value(json_array_get(third, 0)), days[i].third);
        json_decref(hours);
        json_decref(day);
    }
}

/* --- keeping and forgetting -------------------------------------------------------------------------------------------------------- */

static gint64 count(LedgerCache *cache, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_prepare_v2(ledger_cache_reader(cache), sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    const gint64 value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

static void counters_are_what_is_there(void **state)
{
    const Both *both = *state;
    LedgerCounters counted;
    ledger_cache_count(both->cache, &counted);
    assert_memory_equal(counted.calls, both->counters.calls, sizeof counted.calls);
    assert_memory_equal(counted.offers, both->counters.offers, sizeof counted.offers);
    assert_memory_equal(counted.waits, both->counters.waits, sizeof counted.waits);
    assert_int_equal(counted.waited_ms, both->counters.waited_ms);
    assert_int_equal(counted.ratings, both->counters.ratings);
    assert_int_equal(counted.handled, both->counters.handled);
    assert_int_equal(counted.last, both->seq);
}

static void what_is_erased_or_old_is_gone(void **state)
{
    Both *both = *state;
    static const char call[] = "c00000000000000000000000000000101";
    static const char late[] = "{\"v\":1,\"call\":\"c00000000000000000000000000000101\",\"gen\":9,\"booth\":\"b01\",\"epoch\":9,\"seq\":1,"
                               "\"result\":\"accepted\",\"outcome\":\"sale\"}";
    assert_int_equal(count(both->cache, "SELECT count(*) FROM call WHERE id = 'c00000000000000000000000000000101'"), 1);
    assert_true(ledger_cache_begin(both->cache));
    g_autofree char *subject = g_strconcat("record.erased.", call, NULL);
    assert_int_equal(take(both, subject, "{}", both->landed_utc), LEDGER_TAKEN);
    assert_int_equal(take(both, "record.booth.b01", late, both->landed_utc), LEDGER_ERASED);
    assert_true(ledger_cache_commit(both->cache));
    static const char *const left[] = {"SELECT count(*) FROM call WHERE id = 'c00000000000000000000000000000101'",
                                       "SELECT count(*) FROM offer WHERE call = 'c00000000000000000000000000000101'",
                                       "SELECT count(*) FROM handled WHERE call = 'c00000000000000000000000000000101'",
                                       "SELECT count(*) FROM rating WHERE call = 'c00000000000000000000000000000101'"};
    for (gsize i = 0; i < G_N_ELEMENTS(left); i++) assert_int_equal(count(both->cache, left[i]), 0);
    assert_true(ledger_cache_retain(both->cache, both->landed_utc));
    assert_true(count(both->cache, "SELECT (SELECT count(*) FROM call) + (SELECT count(*) FROM handled) + (SELECT count(*) FROM spent)") <=
                1);
    /* The stores that booths are of are still known: the last one of each. */
    assert_int_equal(count(both->cache, "SELECT count(DISTINCT booth) FROM label"), RECORDS_BOOTHS - 1);
}

static void a_ledger_goes_on_or_begins_anew(void **state)
{
    const Both *both = *state;
    static const char call[] =
        "{\"id\":\"c00000000000000000000000000000001\",\"outcome\":\"completed\",\"enqueued_utc\":5,\"topic\":\"tv\"}";
    g_autoptr(GError) error = NULL;
    guint64 last = 7;
    LedgerCounters counters = {0};
    LedgerCache *cache = open_cache(both->folder);
    assert_true(ledger_cache_resume(cache, 42, 10, &last, &error));
    assert_int_equal(last, 0);
    assert_true(ledger_cache_begin(cache));
    assert_int_equal(ledger_cache_take(cache, "record.call.c00000000000000000000000000000001", call, strlen(call), 9, 1, &counters),
                     LEDGER_TAKEN);
    assert_true(ledger_cache_commit(cache));
    ledger_cache_close(cache);
    cache = open_cache(both->folder);
    assert_true(ledger_cache_resume(cache, 42, 10, &last, &error));
    assert_int_equal(last, 9);
    assert_int_equal(count(cache, "SELECT count(*) FROM call"), 1);
    /* Another stream under the same name. */
    assert_true(ledger_cache_resume(cache, 43, 10, &last, &error));
    assert_int_equal(last, 0);
    assert_int_equal(count(cache, "SELECT count(*) FROM call"), 0);
    ledger_cache_close(cache);
    g_autofree char *path = g_build_filename(both->folder, LEDGER_FILE, NULL);
    assert_true(g_file_set_contents(path, "this was a database", -1, NULL));
    cache = open_cache(both->folder);
    assert_int_equal(count(cache, "SELECT count(*) FROM call"), 0);
    ledger_cache_close(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_those_of_sql),      cmocka_unit_test(a_scope_leaves_out_the_rest),
        cmocka_unit_test(days_of_23_and_25_hours),       cmocka_unit_test(counters_are_what_is_there),
        cmocka_unit_test(what_is_erased_or_old_is_gone), cmocka_unit_test(a_ledger_goes_on_or_begins_anew),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
