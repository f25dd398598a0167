#define G_LOG_DOMAIN "desk"

#include "desk/ops.h"

#include <string.h>

#include "desk/ops_state.h"
#include "desk/packed.h"
#include "desk/routes.h"

void ops_reply(DoorRequest *request, guint status, const char *type, const char *text)
{
    g_autoptr(GBytes) body = g_bytes_new(text, strlen(text));
    const char *const headers[] = {"content-type:", type, NULL};
    door_reply(request, status, headers, body);
}

void ops_reply_json(DoorRequest *request, guint status, json_t *answer)
{
    char *text = json_dumps(answer, JSON_COMPACT);
    json_decref(answer);
    ops_reply(request, status, "application/json", text ? text : "{}");
    free(text);
}

void ops_reply_error(DoorRequest *request, guint status, const char *code, const char *sentence)
{
    ops_reply_json(request, status, json_pack("{s:s, s:s}", "error", code, "text", sentence));
}

char *ops_query(const DoorRequest *request, const char *name)
{
    g_auto(GStrv) pairs = g_strsplit(request->query, "&", 32);
    gsize length = strlen(name);
    for (char **pair = pairs; *pair; pair++) {
        if (strncmp(*pair, name, length) == 0 && (*pair)[length] == '=' && (*pair)[length + 1] && g_utf8_validate(*pair, -1, NULL))
            return g_uri_unescape_string(*pair + length + 1, NULL);
    }
    return NULL;
}

/* --- what is seen ------------------------------------------------------------------------------------------------------------------- */

void ops_me(void *data, DoorRequest *request)
{
    SessionUser user;
    Ops *ops = ((RouteParts *)data)->ops;
    if (!ops_allow(ops, request, ROLE_VIEWER, NULL, NULL, &user)) return;
    ops_reply_json(request, 200, json_pack("{s:s, s:s}", "name", user.name, "role", role_name(user.role)));
}

guint ops_booths_offline(const Ops *ops)
{
    json_t *states = fleet_counts(ops->fleet);
    guint offline = (guint)json_integer_value(json_object_get(states, "offline"));
    json_decref(states);
    return offline;
}

static void reply_long(DoorRequest *request, const GString *text)
{
    g_autoptr(GBytes) packed = packed_is_wanted(request->accept_encoding) ? packed_new(text->str, text->len, TRUE) : NULL;
    if (!packed) {
        ops_reply(request, 200, "application/json", text->str);
        return;
    }
    static const char *const headers[] = {
        "content-type:", "application/json", "content-encoding:", "gzip", "vary:", "accept-encoding", NULL};
    door_reply(request, 200, headers, packed);
}

void ops_fleet(void *data, DoorRequest *request)
{
    SessionUser user;
    Ops *ops = ((RouteParts *)data)->ops;
    if (!ops_allow(ops, request, ROLE_VIEWER, NULL, NULL, &user)) return;
    g_autofree char *after = ops_query(request, "after");
    g_autoptr(GString) text = g_string_sized_new(fleet_size(ops->fleet) * 400 + 256);
    g_string_append_printf(text, "{\"desk\":\"%s\",\"rev\":%" G_GUINT64_FORMAT ",\"now_utc\":%" G_GINT64_FORMAT ",\"booths\":[",
                           exchange_settings(ops->exchange)->instance, fleet_revision(ops->fleet), g_get_real_time() / 1000);
    fleet_append_rows(ops->fleet, after ? g_ascii_strtoull(after, NULL, 10) : 0, text);
    g_string_append(text, "]}");
    reply_long(request, text);
}

void ops_fleet_csv(void *data, DoorRequest *request)
{
    SessionUser user;
    Ops *ops = ((RouteParts *)data)->ops;
    if (!ops_allow(ops, request, ROLE_VIEWER, NULL, NULL, &user)) return;
    g_autofree char *region = ops_query(request, "region"), *store = ops_query(request, "store"), *state = ops_query(request, "state"),
                    *words = ops_query(request, "q"), *bad = ops_query(request, "bad");
    g_autoptr(GString) text = g_string_new(NULL);
    fleet_append_csv(ops->fleet, &(FleetFilter){region, store, state, words, bad && strcmp(bad, "1") == 0}, text);
    g_autoptr(GBytes) body = g_bytes_new(text->str, text->len);
    static const char *const headers[] = {"content-type:", "text/csv; charset=utf-8",
                                          "content-disposition:", "attachment; filename=\"booths.csv\"", NULL};
    door_reply(request, 200, headers, body);
}

void ops_booth(void *data, DoorRequest *request)
{
    SessionUser user;
    Ops *ops = ((RouteParts *)data)->ops;
    if (!ops_allow(ops, request, ROLE_VIEWER, NULL, NULL, &user)) return;
    g_autofree char *text = fleet_booth(ops->fleet, request->path + strlen("/api/ops/booths/"));
    if (text)
        ops_reply(request, 200, "application/json", text);
    else
        ops_reply_error(request, 404, "unknown_booth", "no booth of this id has ever reported");
}

/* --- figures and calls -------------------------------------------------------------------------------------------------------------- */

static void on_answer(gpointer data, LedgerVerdict verdict, const char *text)
{
    DoorRequest *request = data;
    if (verdict == LEDGER_GOOD)
        ops_reply(request, 200, "application/json", text);
    else
        ops_reply_error(request, verdict == LEDGER_REFUSED ? 400 : 503, verdict == LEDGER_REFUSED ? "bad_request" : "unavailable", text);
}

typedef struct {
    char *texts[6];
    LedgerScope scope;
} Scope;

static void scope_clear(Scope *scope)
{
    for (guint i = 0; i < G_N_ELEMENTS(scope->texts); i++) g_free(scope->texts[i]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Scope, scope_clear)

static gint64 query_number(const DoorRequest *request, const char *name)
{
    g_autofree char *text = ops_query(request, name);
    return text ? g_ascii_strtoll(text, NULL, 10) : 0;
}

static void read_scope(const DoorRequest *request, Scope *scope)
{
    static const char *const names[] = {"booth", "store", "region", "topic", "lang", "timezone"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) scope->texts[i] = ops_query(request, names[i]);
    char *const *texts = scope->texts;
    scope->scope = (LedgerScope){.from_utc = query_number(request, "from"),
                                 .to_utc = query_number(request, "to"),
                                 .booth = texts[0],
                                 .store = texts[1],
                                 .region = texts[2],
                                 .topic = texts[3],
                                 .lang = texts[4],
                                 .timezone = texts[5]};
}

static gboolean has_ledger(const Ledger *ledger, DoorRequest *request)
{
    if (!ledger) ops_reply_error(request, 503, "unavailable", "this desk keeps no figures");
    return ledger != NULL;
}

void ops_figures(void *data, DoorRequest *request)
{
    SessionUser user;
    Ops *ops = ((RouteParts *)data)->ops;
    Ledger *ledger = ((RouteParts *)data)->ledger;
    g_auto(Scope) scope = {0};
    if (!ops_allow(ops, request, ROLE_VIEWER, NULL, NULL, &user) || !has_ledger(ledger, request)) return;
    g_autofree char *by_name = ops_query(request, "by"), *then_name = ops_query(request, "then");
    LedgerBy by = LEDGER_BY_NONE, then_by = LEDGER_BY_NONE;
    if ((by_name && !ledger_by_read(by_name, &by)) || (then_name && !ledger_by_read(then_name, &then_by))) {
        ops_reply_error(request, 400, "bad_request", "by and then are booth, store, region, topic, lang, hour or day");
        return;
    }
    read_scope(request, &scope);
    ledger_figures(ledger, &scope.scope, by, then_by, on_answer, request);
}

void ops_calls(void *data, DoorRequest *request)
{
    SessionUser user;
    Ops *ops = ((RouteParts *)data)->ops;
    Ledger *ledger = ((RouteParts *)data)->ledger;
    g_auto(Scope) scope = {0};
    if (!ops_allow(ops, request, ROLE_VIEWER, NULL, NULL, &user) || !has_ledger(ledger, request)) return;
    read_scope(request, &scope);
    gint64 limit = CLAMP(query_number(request, "limit"), 0, LEDGER_CALLS_MAX); /* 0: as many as there may be */
    ledger_calls(ledger, &scope.scope, query_number(request, "before"), (guint)limit, on_answer, request);
}

/* --- beginning and end -------------------------------------------------------------------------------------------------------------- */

static void on_booth(gpointer data, const char *booth, const char *value, gint64 stored_utc)
{
    Ops *ops = data;
    fleet_learn(ops->fleet, booth, value, exchange_bus_utc(ops->exchange) - stored_utc, g_get_monotonic_time() / 1000);
}

static void on_audit(gpointer data, guint64 sequence, const char *entry)
{
    ops_take_trail(data, sequence, entry);
}

static void on_wake(gpointer data)
{
    const StoreEvents *events = exchange_store_events(((Ops *)data)->exchange);
    events->wake(events->data);
}

static void on_woken(void *data)
{
    Ops *ops = data;
    gint64 now = g_get_monotonic_time() / 1000;
    if (exchange_is_ready(ops->exchange)) fleet_watch_dispatch(ops->watch);
    ops_checked(ops);
    ops_shoppers_told(ops);
    bundle_store_dispatch(ops->bundles);
    if (now - ops->ticked < OPS_TICK_MS) return;
    ops->ticked = now;
    fleet_sweep(ops->fleet, now);
    ops_expire(ops, now, FALSE);
    ops_bundles_tick(ops, now);
    ops_places_tick(ops, now);
    ops_links_tick(ops, now);
}

static void on_message(void *data, const char *subject, const char *text)
{
    ops_heard(data, subject, text);
}

static void on_settings(void *data, const char *text, guint64 revision)
{
    ops_settings_changed(data, text, revision);
}

Ops *ops_new(const OpsSettings *settings, Exchange *exchange)
{
    Ops *ops = g_new0(Ops, 1);
    ops->exchange = exchange;
    ops->hooks = (ExchangeHooks){on_woken, on_message, on_settings, ops_bundle_take, ops};
    ops->watch_events = (FleetWatchEvents){on_wake, on_booth, on_audit, ops};
    ops->fleet = fleet_new();
    ops->sessions = sessions_new(settings->accounts);
    ops->checked = g_async_queue_new();
    ops->servers = g_strdupv((char **)settings->servers);
    ops->shoppers_told = g_async_queue_new();
    ops->gathers = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, ops_gather_free);
    ops->asked = g_hash_table_new(g_str_hash, g_str_equal);
    g_queue_init(&ops->trail);
    g_queue_init(&ops->links);
    ops_links_events(ops, &ops->events);
    ops->intake = bundle_intake_new();
    ops->bundles = bundle_store_new(settings->servers, settings->retention_days, on_wake, ops);
    ops->watch = fleet_watch_open(settings->servers, &ops->watch_events);
    return ops;
}

void ops_begin(Ops *ops)
{
    store_listen(exchange_store(ops->exchange), "ops.>");
}

const ExchangeHooks *ops_hooks(Ops *ops)
{
    return &ops->hooks;
}

const DoorEvents *ops_door_events(Ops *ops)
{
    return &ops->events;
}

void ops_free(Ops *ops)
{
    if (!ops) return;
    fleet_watch_close(ops->watch);
    if (ops->checks) g_thread_pool_free(ops->checks, FALSE, TRUE);
    ops_checked(ops);
    g_atomic_int_set(&ops->stopping, TRUE);
    if (ops->shoppers) g_thread_pool_free(ops->shoppers, FALSE, TRUE);
    ops_shoppers_told(ops);
    ops_expire(ops, 0, TRUE);
    ops_places_tick(ops, G_MAXINT64);
    bundle_store_free(ops->bundles);
    bundle_intake_free(ops->intake);
    ops_links_clear(ops);
    g_queue_clear_full(&ops->trail, g_free);
    g_hash_table_unref(ops->asked);
    g_hash_table_unref(ops->gathers);
    g_async_queue_unref(ops->checked);
    g_async_queue_unref(ops->shoppers_told);
    g_strfreev(ops->servers);
    sessions_free(ops->sessions);
    fleet_free(ops->fleet);
    g_free(ops->line_told);
    g_free(ops->rules);
    g_free(ops);
}
