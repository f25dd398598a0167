#include "desk/ledger_labels.h"
#include "desk/ledger_query.h"

#include <string.h>

#include "kpi/kpi.h"

typedef struct {
    const LedgerQuery *query;
    LedgerLabels *labels;
    sqlite3_stmt *calls, *offers, *handled, *rating;
    int failure; /* of SQLite; 0: none */
} Listing;

static const char select_calls[] =
    "SELECT id, booth, topic, lang, enqueued, outcome, cause, in_line, answered, media_up, ended, promised, p50, p90"
    " FROM call WHERE enqueued >= ?1 AND enqueued < ?2 ORDER BY enqueued DESC, id DESC";
static const char select_offers[] = "SELECT booth, gen, offered, ended, result FROM offer WHERE call = ?1 AND at = ?2 ORDER BY n";
static const char select_handled[] = "SELECT booth, epoch, seq, gen, talk, hold, wrapup, outcome, valued, value, currency, codec, quality"
                                     " FROM handled WHERE call = ?1 ORDER BY gen, booth";
static const char select_rating[] = "SELECT stars, recommend FROM rating WHERE call = ?1";

static const char *text_at(sqlite3_stmt *row, int column)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    return text ? text : "";
}

static json_t *time_or_null(gint64 utc)
{
    return utc > 0 ? json_integer(utc) : json_null();
}

static json_t *span_or_null(gint64 ms)
{
    return ms >= 0 ? json_integer(ms) : json_null();
}

static void start(sqlite3_stmt *statement, const char *call)
{
    sqlite3_reset(statement);
    sqlite3_bind_text(statement, 1, call, -1, SQLITE_STATIC);
}

static gboolean fits(const char *wanted, const char *is)
{
    return !wanted || strcmp(wanted, is) == 0;
}

static gboolean is_of(const Listing *listing, const char *booth, gint64 utc)
{
    const LedgerScope *scope = &listing->query->scope;
    const LedgerLabel *label = ledger_labels_find(listing->labels, booth, utc);
    return fits(scope->booth, booth) && fits(scope->store, label->store) && fits(scope->region, label->region);
}

/* Whether there is a row. */
static gboolean next(Listing *listing, sqlite3_stmt *statement)
{
    const int code = sqlite3_step(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE) listing->failure = code;
    return code == SQLITE_ROW;
}

static json_t *tell_offers(Listing *listing, const char *call, gint64 enqueued_utc, gboolean *wanted)
{
    json_t *told = json_array();
    start(listing->offers, call);
    sqlite3_bind_int64(listing->offers, 2, enqueued_utc);
    while (next(listing, listing->offers)) {
        sqlite3_stmt *row = listing->offers;
        const KpiOfferResult result = (KpiOfferResult)CLAMP(sqlite3_column_int(row, 4), 0, KPI_OFFER_RESULTS - 1);
        if (is_of(listing, text_at(row, 0), enqueued_utc)) *wanted = TRUE;
        json_array_append_new(told,
                              json_pack("{s:s, s:I, s:o, s:o, s:s}", "booth", text_at(row, 0), "gen",
                                        (json_int_t)sqlite3_column_int64(row, 1), "offered_utc", time_or_null(sqlite3_column_int64(row, 2)),
                                        "ended_utc", time_or_null(sqlite3_column_int64(row, 3)), "result", kpi_offer_name(result)));
    }
    return told;
}

static json_t *tell_handled(Listing *listing, const char *call)
{
    json_t *told = json_array();
    start(listing->handled, call);
    while (next(listing, listing->handled)) {
        sqlite3_stmt *row = listing->handled;
        json_t *one = json_pack("{s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:s, s:s}", "booth", text_at(row, 0), "epoch",
                                (json_int_t)sqlite3_column_int64(row, 1), "seq", (json_int_t)sqlite3_column_int64(row, 2), "gen",
                                (json_int_t)sqlite3_column_int64(row, 3), "talk_ms", span_or_null(sqlite3_column_int64(row, 4)), "hold_ms",
                                span_or_null(sqlite3_column_int64(row, 5)), "wrapup_ms", span_or_null(sqlite3_column_int64(row, 6)),
                                "outcome", text_at(row, 7), "codec", text_at(row, 11));
        const gboolean valued = sqlite3_column_int(row, 8) != 0;
        json_t *quality = json_loads(text_at(row, 12), 0, NULL);
        json_object_set_new(one, "value_minor", valued ? json_integer(sqlite3_column_int64(row, 9)) : json_null());
        json_object_set_new(one, "currency", valued ? json_string(text_at(row, 10)) : json_null());
        json_object_set_new(one, "quality", quality ? quality : json_null());
        json_array_append_new(told, one);
    }
    return told;
}

static json_t *tell_rating(Listing *listing, const char *call)
{
    start(listing->rating, call);
    if (!next(listing, listing->rating)) return json_null();
    const int recommend = sqlite3_column_int(listing->rating, 1);
    return json_pack("{s:i, s:o}", "stars", sqlite3_column_int(listing->rating, 0), "recommend",
                     recommend >= 0 ? json_integer(recommend) : json_null());
}

static json_t *tell_end(sqlite3_stmt *row)
{
    const KpiCall call = {
        .outcome = (KpiOutcome)CLAMP(sqlite3_column_int(row, 5), 0, KPI_OUTCOMES - 1),
        .cause = (KpiCause)CLAMP(sqlite3_column_int(row, 6), 0, KPI_CAUSES - 1),
        .in_line = sqlite3_column_int(row, 7) != 0,
    };
    const gint64 enqueued = sqlite3_column_int64(row, 4), answered = sqlite3_column_int64(row, 8), ended = sqlite3_column_int64(row, 10);
    json_t *promise = sqlite3_column_int(row, 11) ? json_pack("{s:I, s:I}", "p50_ms", (json_int_t)sqlite3_column_int64(row, 12), "p90_ms",
                                                              (json_int_t)sqlite3_column_int64(row, 13))
                                                  : json_null();
    const gboolean caused = call.outcome != KPI_COMPLETED && call.outcome != KPI_CALLBACK;
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "outcome", kpi_outcome_name(call.outcome), "cause",
                     caused ? kpi_cause_name(call.cause) : "", "waited_ms",
                     span_or_null(kpi_span(enqueued, kpi_is_answered(&call) ? answered : ended)), "answered_utc", time_or_null(answered),
                     "media_up_utc", time_or_null(sqlite3_column_int64(row, 9)), "ended_utc", time_or_null(ended), "promise", promise);
}

/* NULL: not of the scope. Of a booth are the calls that it answered, and those that it was offered. */
static json_t *tell_call(Listing *listing)
{
    sqlite3_stmt *row = listing->calls;
    const LedgerScope *scope = &listing->query->scope;
    const char *id = text_at(row, 0), *booth = text_at(row, 1);
    const gint64 enqueued_utc = sqlite3_column_int64(row, 4);
    if (!fits(scope->topic, text_at(row, 2)) || !fits(scope->lang, text_at(row, 3))) return NULL;
    gboolean wanted = is_of(listing, booth, enqueued_utc);
    json_t *offers = tell_offers(listing, id, enqueued_utc, &wanted);
    if (!wanted) {
        json_decref(offers);
        return NULL;
    }
    const LedgerLabel *label = ledger_labels_find(listing->labels, booth, enqueued_utc);
    json_t *told = json_pack("{s:s, s:I, s:s, s:s, s:s, s:s, s:s}", "call", id, "enqueued_utc", (json_int_t)enqueued_utc, "topic",
                             text_at(row, 2), "lang", text_at(row, 3), "booth", booth, "store", label->store, "region", label->region);
    json_t *end = tell_end(row);
    json_object_update(told, end);
    json_decref(end);
    json_object_set_new(told, "offers", offers);
    json_object_set_new(told, "handled", tell_handled(listing, id));
    json_object_set_new(told, "rating", tell_rating(listing, id));
    return told;
}

static gboolean prepare(Listing *listing)
{
    sqlite3 *db = listing->query->db;
    listing->labels = ledger_labels_new(db, &listing->failure);
    if (!listing->labels) return FALSE;
    listing->failure = SQLITE_OK;
    return sqlite3_prepare_v2(db, select_calls, -1, &listing->calls, NULL) == SQLITE_OK &&
           sqlite3_prepare_v2(db, select_offers, -1, &listing->offers, NULL) == SQLITE_OK &&
           sqlite3_prepare_v2(db, select_handled, -1, &listing->handled, NULL) == SQLITE_OK &&
           sqlite3_prepare_v2(db, select_rating, -1, &listing->rating, NULL) == SQLITE_OK;
}

json_t *ledger_query_calls(const LedgerQuery *query, gint64 before_utc, guint limit, GError **error)
{
    Listing listing = {.query = query};
    json_t *calls = json_array();
    gboolean well = sqlite3_exec(query->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK && prepare(&listing);
    if (well) {
        const gint64 to_utc = query->scope.to_utc;
        sqlite3_bind_int64(listing.calls, 1, query->scope.from_utc);
        sqlite3_bind_int64(listing.calls, 2, before_utc > 0 ? MIN(before_utc, to_utc) : to_utc);
    }
    int code = SQLITE_ROW;
    while (well && !listing.failure && json_array_size(calls) < limit && (code = sqlite3_step(listing.calls)) == SQLITE_ROW) {
        json_t *told = tell_call(&listing);
        if (told) json_array_append_new(calls, told);
    }
    well = well && !listing.failure && (code == SQLITE_ROW || code == SQLITE_DONE);
    if (!well)
        g_set_error(error, LEDGER_ERROR, listing.failure ? listing.failure : sqlite3_extended_errcode(query->db),
                    "The ledger cannot be read just now: %s.", sqlite3_errmsg(query->db));
    sqlite3_finalize(listing.calls);
    sqlite3_finalize(listing.offers);
    sqlite3_finalize(listing.handled);
    sqlite3_finalize(listing.rating);
    ledger_labels_free(listing.labels);
    if (!sqlite3_get_autocommit(query->db)) sqlite3_exec(query->db, "COMMIT", NULL, NULL, NULL);
    if (!well) g_clear_pointer(&calls, json_decref);
    return well ? json_pack("{s:o}", "calls", calls) : NULL;
}
