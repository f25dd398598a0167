#define G_LOG_DOMAIN "desk"

#include "desk/ledger.h"

#include <string.h>

#include "desk/ledger_cache.h"
#include "desk/ledger_feed.h"
#include "desk/ledger_query.h"

typedef struct {
    enum { QUERY_FIGURES, QUERY_CALLS, QUERY_QUIT } kind;
    LedgerScope scope; /* its strings are ours */
    LedgerBy by, then_by;
    gint64 before_utc;
    guint limit;
    LedgerDone done;
    gpointer data;
    LedgerVerdict verdict;
    char *text;
} Query;

struct Ledger {
    char **servers, **attach;
    char *timezone;
    KpiTerms terms;
    void (*wake)(gpointer data);
    gpointer data;
    LedgerCache *cache;
    LedgerFeed *feed;
    GAsyncQueue *queries, *answers;
    GThread *thread;
};

static const char *const by_names[] = {"none", "booth", "store", "region", "topic", "lang", "hour", "day"};

G_DEFINE_QUARK(livebooth - ledger, ledger_error)

gboolean ledger_by_read(const char *name, LedgerBy *ret_by)
{
    for (guint i = 0; i < G_N_ELEMENTS(by_names); i++) {
        if (strcmp(name, by_names[i]) != 0) continue;
        *ret_by = (LedgerBy)i;
        return TRUE;
    }
    return FALSE;
}

const char *ledger_by_name(LedgerBy by)
{
    return by_names[by];
}

static void query_free(gpointer data)
{
    Query *query = data;
    g_free((char *)query->scope.booth);
    g_free((char *)query->scope.store);
    g_free((char *)query->scope.region);
    g_free((char *)query->scope.topic);
    g_free((char *)query->scope.lang);
    g_free((char *)query->scope.timezone);
    g_free(query->text);
    g_free(query);
}

static void put(GAsyncQueue *queue, Query query)
{
    g_async_queue_push(queue, g_memdup2(&query, sizeof query));
}

/* --- the reading thread ------------------------------------------------------------------------------------------------------------ */

static void take_answer(Ledger *ledger, Query *query, json_t *told, GError *error)
{
    LedgerCounters counters;
    ledger_feed_counters(ledger->feed, &counters);
    const gboolean damaged = !told && ledger_cache_weigh(ledger->cache, error->code);
    query->verdict = told ? LEDGER_GOOD : error->code ? LEDGER_UNAVAILABLE : LEDGER_REFUSED;
    if (told) {
        json_object_set_new(told, "caught_up", json_boolean(counters.caught_up));
        query->text = json_dumps(told, JSON_COMPACT);
        json_decref(told);
    } else {
        query->text = g_strdup(damaged ? "The ledger was damaged and is read anew; ask again soon." : error->message);
    }
}

static void answer(Ledger *ledger, Query *query)
{
    const char *zone = query->scope.timezone ? query->scope.timezone : ledger->timezone;
    g_autoptr(GError) error = NULL;
    ledger_cache_lock(ledger->cache);
    g_autoptr(Calendar) calendar = calendar_new(zone);
    const LedgerQuery asked = {
        .db = ledger_cache_reader(ledger->cache),
        .terms = &ledger->terms,
        .calendar = calendar,
        .timezone = zone,
        .now_utc = g_get_real_time() / 1000,
        .scope = query->scope,
    };
    json_t *told = NULL;
    if (!calendar)
        g_set_error(&error, LEDGER_ERROR, 0, "%s is no time zone: a name such as Europe/Oslo or UTC.", zone);
    else if (query->scope.from_utc < 0 || query->scope.to_utc <= query->scope.from_utc)
        g_set_error(&error, LEDGER_ERROR, 0, "The time asked for ends before it begins.");
    else if (!asked.db)
        g_set_error(&error, LEDGER_ERROR, SQLITE_CANTOPEN, "The ledger cannot be read just now.");
    else if (query->kind == QUERY_FIGURES)
        told = ledger_query_figures(&asked, query->by, query->then_by, &error);
    else
        told = ledger_query_calls(&asked, query->before_utc, query->limit, &error);
    take_answer(ledger, query, told, error);
    ledger_cache_unlock(ledger->cache);
}

static gpointer serve(gpointer data)
{
    Ledger *ledger = data;
    for (;;) {
        Query *query = g_async_queue_pop(ledger->queries);
        if (query->kind == QUERY_QUIT) {
            query_free(query);
            return NULL;
        }
        answer(ledger, query);
        g_async_queue_push(ledger->answers, query);
        ledger->wake(ledger->data);
    }
}

/* --- opening and closing ----------------------------------------------------------------------------------------------------------- */

static void on_fed(gpointer data)
{
    const Ledger *ledger = data;
    ledger->wake(ledger->data);
}

Ledger *ledger_open(const LedgerSettings *settings, GError **error)
{
    g_autoptr(Calendar) calendar = calendar_new(settings->timezone);
    if (!calendar) {
        g_set_error(error, LEDGER_ERROR, 0, "%s is no time zone of this computer.", settings->timezone);
        return NULL;
    }
    Ledger *ledger = g_new0(Ledger, 1);
    ledger->servers = g_strdupv((char **)settings->servers);
    ledger->attach = g_strdupv((char **)settings->attach);
    ledger->timezone = g_strdup(settings->timezone);
    ledger->terms = settings->terms;
    ledger->wake = settings->wake;
    ledger->data = settings->data;
    ledger->queries = g_async_queue_new_full(query_free);
    ledger->answers = g_async_queue_new_full(query_free);
    ledger->cache = ledger_cache_open(settings->folder, (const char *const *)ledger->attach, error);
    if (!ledger->cache) {
        ledger_close(ledger);
        return NULL;
    }
    const LedgerFeedSettings feed = {(const char *const *)ledger->servers, settings->retention_days, ledger->cache, on_fed, ledger};
    ledger->feed = ledger_feed_start(&feed);
    ledger->thread = g_thread_new("ledger", serve, ledger);
    return ledger;
}

void ledger_close(Ledger *ledger)
{
    if (!ledger) return;
    if (ledger->thread) {
        g_async_queue_push_front(ledger->queries, g_memdup2(&(Query){.kind = QUERY_QUIT}, sizeof(Query)));
        g_thread_join(ledger->thread);
    }
    ledger_feed_stop(ledger->feed);
    for (Query *query; (query = g_async_queue_try_pop(ledger->queries));) {
        query->verdict = LEDGER_UNAVAILABLE;
        query->text = g_strdup("The desk ends.");
        g_async_queue_push(ledger->answers, query);
    }
    ledger_dispatch(ledger);
    ledger_cache_close(ledger->cache);
    g_async_queue_unref(ledger->queries);
    g_async_queue_unref(ledger->answers);
    g_strfreev(ledger->servers);
    g_strfreev(ledger->attach);
    g_free(ledger->timezone);
    g_free(ledger);
}

void ledger_dispatch(Ledger *ledger)
{
    for (Query *query; (query = g_async_queue_try_pop(ledger->answers));) {
        query->done(query->data, query->verdict, query->text);
        query_free(query);
    }
}

/* --- queries ----------------------------------------------------------------------------------------------------------------------- */

static void ask(Ledger *ledger, Query query, const LedgerScope *scope)
{
    query.scope = (LedgerScope){
        .from_utc = scope->from_utc,
        .to_utc = scope->to_utc,
        .booth = g_strdup(scope->booth),
        .store = g_strdup(scope->store),
        .region = g_strdup(scope->region),
        .topic = g_strdup(scope->topic),
        .lang = g_strdup(scope->lang),
        .timezone = g_strdup(scope->timezone),
    };
    if (g_async_queue_length(ledger->queries) < LEDGER_QUERIES_MAX) {
        put(ledger->queries, query);
        return;
    }
    query.verdict = LEDGER_UNAVAILABLE;
    query.text = g_strdup("Too much is asked just now; try again soon.");
    put(ledger->answers, query);
    ledger->wake(ledger->data);
}

void ledger_figures(Ledger *ledger, const LedgerScope *scope, LedgerBy by, LedgerBy then_by, LedgerDone done, gpointer data)
{
    ask(ledger, (Query){.kind = QUERY_FIGURES, .by = by, .then_by = then_by, .done = done, .data = data}, scope);
}

void ledger_calls(Ledger *ledger, const LedgerScope *scope, gint64 before_utc, guint limit, LedgerDone done, gpointer data)
{
    const guint most = limit ? MIN(limit, LEDGER_CALLS_MAX) : LEDGER_CALLS_MAX;
    ask(ledger, (Query){.kind = QUERY_CALLS, .before_utc = before_utc, .limit = most, .done = done, .data = data}, scope);
}

void ledger_counters(Ledger *ledger, LedgerCounters *ret_counters)
{
    ledger_feed_counters(ledger->feed, ret_counters);
}
