/* accounts, sessions, the fleet and the rules: what stands behind the ops page without a bus or a door. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after those */
#include <cmocka.h>

#include <string.h>

#include "desk/exchange.h"
#include "desk/fleet.h"
#include "desk/rules.h"
#include "desk/session.h"
#include "scratch.h"
#include "wire/wire.h"

#define PASSWORD "correct horse battery"

static void accounts(void **state)
{
    (void)state;
    g_autofree char *folder = scratch_new(), *path = g_build_filename(folder, "accounts", NULL);
    char stamp[ACCOUNT_STAMP], other[ACCOUNT_STAMP];
    assert_false(account_set(path, "Ola", ROLE_VIEWER, PASSWORD, NULL));
    assert_false(account_set(path, "ola:admin", ROLE_VIEWER, PASSWORD, NULL));
    assert_false(account_set(path, "ola", ROLE_VIEWER, "short", NULL));
    assert_false(account_set(path, "ola", ROLE_NONE, PASSWORD, NULL));
    assert_int_equal(account_check(path, "ola", PASSWORD, stamp), ROLE_NONE);
    assert_true(account_set(path, "ola", ROLE_VIEWER, PASSWORD, NULL));
    assert_true(account_set(path, "kari", ROLE_ADMIN, PASSWORD "2", NULL));
    assert_int_equal(account_check(path, "ola", PASSWORD, stamp), ROLE_VIEWER);
    assert_int_equal(account_check(path, "ola", PASSWORD "2", other), ROLE_NONE);
    assert_int_equal(account_check(path, "ol", PASSWORD, other), ROLE_NONE);
    assert_int_equal(account_check(path, "kari", PASSWORD "2", other), ROLE_ADMIN);
    assert_int_equal(account_find(path, "ola", other), ROLE_VIEWER);
    assert_string_equal(stamp, other);
    assert_true(account_set(path, "ola", ROLE_OPERATOR, PASSWORD, NULL));
    assert_int_equal(account_find(path, "ola", other), ROLE_OPERATOR);
    assert_string_not_equal(stamp, other);
    g_autofree char *text = NULL, *list = account_list(path, NULL);
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    assert_null(strstr(text, PASSWORD));
    assert_non_null(strstr(text, "ola:operator:$y$"));
    assert_string_equal(list, "kari admin\nola operator\n");
    assert_true(account_remove(path, "ola", NULL));
    assert_false(account_remove(path, "ola", NULL));
    assert_int_equal(account_find(path, "ola", other), ROLE_NONE);
    scratch_remove(folder);
}

static Role role_with(const Sessions *sessions, const char *secret, const char *token, gint64 utc_s)
{
    g_autofree char *cookie = g_strconcat("other=1; " SESSION_COOKIE "=", token, "; more=2", NULL);
    return session_find(sessions, secret, cookie, utc_s).role;
}

static void sessions_count_as_long_as_they_should(void **state)
{
    (void)state;
    g_autofree char *folder = scratch_new(), *path = g_build_filename(folder, "accounts", NULL);
    char stamp[ACCOUNT_STAMP];
    assert_true(account_set(path, "ola", ROLE_VIEWER, PASSWORD, NULL));
    account_find(path, "ola", stamp);
    Sessions *sessions = sessions_new(path);
    g_autofree char *token = session_begin(sessions, "secret", "ola", stamp, 1000),
                    *second = session_begin(sessions, "secret", "ola", stamp, 1000);
    assert_int_equal(role_with(sessions, "secret", token, 1000), ROLE_VIEWER);
    assert_int_equal(role_with(sessions, "secret", token, 1000 + SESSION_S), ROLE_NONE);
    assert_int_equal(role_with(sessions, "other", token, 1000), ROLE_NONE);
    assert_int_equal(role_with(sessions, NULL, token, 1000), ROLE_NONE);
    for (gsize i = 0; i < strlen(token); i++) {
        g_autofree char *forged = g_strdup(token);
        forged[i] = forged[i] == 'a' ? 'b' : 'a';
        assert_int_equal(role_with(sessions, "secret", forged, 1000), ROLE_NONE);
    }
    session_end(sessions, token, 1000);
    assert_int_equal(role_with(sessions, "secret", token, 1000), ROLE_NONE);
    assert_int_equal(role_with(sessions, "secret", second, 1000), ROLE_VIEWER);
    assert_true(account_set(path, "ola", ROLE_VIEWER, PASSWORD "3", NULL));
    assert_int_equal(role_with(sessions, "secret", second, 1000), ROLE_NONE);
    sessions_free(sessions);
    scratch_remove(folder);
}

static void wrong_attempts_wait(void **state)
{
    (void)state;
    Sessions *sessions = sessions_new("");
    for (guint i = 0; i < SESSION_FREE; i++) session_tried(sessions, "ola", "192.0.2.1", FALSE, 1000);
    assert_int_equal(session_wait(sessions, "ola", "192.0.2.1", 1000), 0);
    session_tried(sessions, "ola", "192.0.2.1", FALSE, 1000);
    assert_int_equal(session_wait(sessions, "ola", "192.0.2.9", 1000), SESSION_WAIT_S);
    assert_int_equal(session_wait(sessions, "kari", "192.0.2.1", 1000), SESSION_WAIT_S);
    assert_int_equal(session_wait(sessions, "kari", "192.0.2.9", 1000), 0);
    for (guint i = 0; i < 50; i++) session_tried(sessions, "ola", "192.0.2.1", FALSE, 1000);
    assert_int_equal(session_wait(sessions, "ola", "192.0.2.1", 1000), SESSION_WAIT_MAX);
    session_tried(sessions, "ola", "192.0.2.1", TRUE, 1000);
    assert_int_equal(session_wait(sessions, "ola", "192.0.2.1", 1000), 0);
    sessions_free(sessions);
}

static json_t *row_of(const Fleet *fleet, const char *booth)
{
    g_autofree char *text = fleet_booth(fleet, booth);
    json_t *json = json_loads(text, 0, NULL), *row = json_incref(json_object_get(json, "row"));
    json_decref(json);
    return row;
}

static void assert_row(const Fleet *fleet, const char *booth, const char *state, const char *worst, gint64 problems)
{
    json_t *row = row_of(fleet, booth);
    assert_string_equal(wire_string(row, "state"), state);
    assert_string_equal(wire_string(row, "worst"), worst);
    assert_int_equal(wire_int(row, "problem_count"), problems);
    json_decref(row);
}

#define VALUE(members) "{\"v\":1,\"desk\":\"d1\",\"received_utc\":1000000,\"snapshot\":{" members "}}"

static void unknown_is_never_green(void **state)
{
    (void)state;
    Fleet *fleet = fleet_new();
    assert_true(fleet_learn(fleet, "b1", VALUE("\"state\":\"ready\",\"problems\":[]"), 0, 100000));
    assert_row(fleet, "b1", "ready", "", 0);
    fleet_sweep(fleet, 100000 + FLEET_OFFLINE_MS - 1);
    assert_row(fleet, "b1", "ready", "", 0);
    guint64 revision = fleet_revision(fleet);
    fleet_sweep(fleet, 100000 + FLEET_OFFLINE_MS);
    assert_row(fleet, "b1", "offline", "", 0);
    assert_true(fleet_revision(fleet) > revision);
    assert_false(fleet_is_online(fleet, "b1"));
    /* one that was stored long ago, as after a start of the desk */
    assert_true(fleet_learn(fleet, "b2", VALUE("\"state\":\"ready\""), FLEET_OFFLINE_MS, 100000));
    assert_row(fleet, "b2", "offline", "", 0);
    static const char *const nonsense[] = {
        "", "7", "[]", "{", "{\"snapshot\":7}", VALUE(""), VALUE("\"state\":\"dancing\""), VALUE("\"state\":7")};
    for (guint i = 0; i < G_N_ELEMENTS(nonsense); i++) {
        fleet_learn(fleet, "b3", nonsense[i], 0, 100000);
        assert_row(fleet, "b3", "unknown", "error", 1);
    }
    assert_false(fleet_learn(fleet, "../b4", VALUE("\"state\":\"ready\""), 0, 100000));
    assert_int_equal(fleet_size(fleet), 3);
    assert_true(fleet_learn(fleet, "b3", NULL, 0, 100000));
    assert_int_equal(fleet_size(fleet), 2);
    fleet_free(fleet);
}

static void snapshots_are_bounded(void **state)
{
    (void)state;
    Fleet *fleet = fleet_new();
    g_autoptr(GString) many = g_string_new("{\"received_utc\":1,\"snapshot\":{\"state\":\"ready\",\"problems\":[");
    for (guint i = 0; i < 1000; i++) g_string_append_printf(many, "%s{\"name\":\"odd_%u\",\"severity\":\"warning\"}", i ? "," : "", i);
    g_string_append(many, "]}}");
    fleet_learn(fleet, "b1", many->str, 0, 0);
    assert_row(fleet, "b1", "ready", "warning", 1000);
    json_t *row = row_of(fleet, "b1");
    assert_in_range(json_array_size(json_object_get(row, "problems")), FLEET_PROBLEMS_MAX, FLEET_PROBLEMS_MAX + 2);
    json_decref(row);
    g_autofree char *name = g_strnfill(50000, 'x'), *value = g_strdup_printf(VALUE("\"state\":\"ready\",\"name\":\"%s\""), name);
    fleet_learn(fleet, "b2", value, 0, 0);
    g_autofree char *told = fleet_booth(fleet, "b2");
    assert_true(strlen(told) < 2000);
    assert_row(fleet, "b2", "ready", "warning", 1);
    /* names that are no words are not told on */
    fleet_learn(fleet, "b3", VALUE("\"state\":\"ready\",\"problems\":[{\"name\":\"<script>\"},7,{\"name\":\"storage_full\"}]"), 0, 0);
    g_autofree char *plain = fleet_booth(fleet, "b3");
    json_t *json = json_loads(plain, 0, NULL);
    assert_int_equal(json_array_size(json_object_get(json, "problems")), 2);
    json_decref(json);
    fleet_free(fleet);
}

static void rows_that_changed(void **state)
{
    (void)state;
    Fleet *fleet = fleet_new();
    g_autoptr(GString) text = g_string_new(NULL);
    fleet_learn(fleet, "b1", VALUE("\"state\":\"ready\",\"name\":\"=1+1\",\"store\":\"A \\\"B\\\"\""), 0, 0);
    fleet_learn(fleet, "b2", VALUE("\"state\":\"paused\""), 0, 0);
    assert_int_equal(fleet_append_rows(fleet, 0, text), 2);
    guint64 revision = fleet_revision(fleet);
    fleet_learn(fleet, "b1", VALUE("\"state\":\"ready\",\"name\":\"=1+1\",\"store\":\"A \\\"B\\\"\""), 0, 10);
    assert_int_equal(fleet_append_rows(fleet, revision, text), 0);
    fleet_learn(fleet, "b2", VALUE("\"state\":\"live\""), 0, 10);
    assert_int_equal(fleet_append_rows(fleet, revision, text), 1);
    g_string_truncate(text, 0);
    fleet_append_csv(fleet, &(FleetFilter){0}, text);
    assert_non_null(strstr(text->str, "\"b1\",\"'=1+1\",\"A \"\"B\"\"\""));
    json_t *counts = fleet_counts(fleet);
    assert_int_equal(wire_int(counts, "live"), 1);
    json_decref(counts);
    fleet_free(fleet);
}

static void assert_sheet(const Fleet *fleet, const FleetFilter *filter, const char *ids)
{
    g_autoptr(GString) text = g_string_new(NULL), found = g_string_new(NULL);
    fleet_append_csv(fleet, filter, text);
    g_auto(GStrv) lines = g_strsplit(text->str, "\r\n", -1);
    for (char **line = lines + 1; **line; line++) g_string_append_len(found, *line + 1, 2);
    assert_string_equal(found->str, ids);
}

static void a_sheet_has_what_the_filter_lets_through(void **state)
{
    (void)state;
    Fleet *fleet = fleet_new();
    fleet_learn(fleet, "b1", VALUE("\"state\":\"ready\",\"name\":\"Ytre Ås\",\"store\":\"S & T\",\"region\":\"East\""), 0, 0);
    fleet_learn(fleet, "b2", VALUE("\"state\":\"paused\",\"store\":\"S\",\"problems\":[{\"name\":\"storage_full\"}]"), 0, 0);
    fleet_learn(
        fleet, "b3",
        VALUE(
            "\"state\":\"paused\",\"region\":\"East\",\"store\":\"U\",\"pause_reason\":\"break\",\"problems\":[{\"name\":\"no_camera\"}]"),
        FLEET_OFFLINE_MS + 1, 0);
    fleet_sweep(fleet, 0);
    assert_sheet(fleet, &(FleetFilter){0}, "b2b1b3");
    assert_sheet(fleet, &(FleetFilter){.region = "East"}, "b1b3");
    assert_sheet(fleet, &(FleetFilter){.region = "", .store = "S & T"}, "b1");
    assert_sheet(fleet, &(FleetFilter){.state = "offline"}, "b3");
    assert_sheet(fleet, &(FleetFilter){.bad = TRUE}, "b2b3");
    assert_sheet(fleet, &(FleetFilter){.words = " ytre  ås east"}, "b1");
    assert_sheet(fleet, &(FleetFilter){.words = "FULL"}, "b2");
    assert_sheet(fleet, &(FleetFilter){.words = "full east"}, "");
    /* What is known now, and what was last known. */
    g_autoptr(GString) sheet = g_string_new(NULL);
    fleet_append_csv(fleet, &(FleetFilter){0}, sheet);
    assert_non_null(strstr(sheet->str, ",\"storage_full\",\"\",\"\"\r\n"));
    assert_non_null(strstr(sheet->str, ",\"offline\",\"\","));
    assert_non_null(strstr(sheet->str, ",\"booth_offline\",\"\",\"no_camera\"\r\n"));
    fleet_free(fleet);
}

static void rules_are_checked_whole(void **state)
{
    (void)state;
    static const char *const topics[] = {"tv", "phones", NULL};
    static const struct {
        const char *text;
        gboolean good;
    } table[] = {
        {"{\"v\":1}", TRUE},
        {"{\"v\":1,\"ring_s\":5,\"wrapup_s\":3600,\"topics\":[\"tv\"]}", TRUE},
        {"{\"v\":1,\"hours\":{\"mon\":\"09:00-17:00\",\"tue\":\"closed\",\"wed\":\"closed\",\"thu\":\"closed\",\"fri\":\"closed\",\"sat\":"
         "\"closed\","
         "\"sun\":\"closed\",\"timezone\":\"UTC\",\"closed_days\":[\"2026-12-25\"]}}",
         TRUE},
        {"{\"v\":1,\"hours\":{\"mon\":\"09:00-17:00\"}}", FALSE},
        {"{\"v\":1,\"hours\":7}", FALSE},
        {"{}", FALSE},
        {"{\"v\":2}", FALSE},
        {"[]", FALSE},
        {"", FALSE},
        {"{\"v\":1,\"v\":1}", FALSE},
        {"{\"v\":1,\"ring_s\":4}", FALSE},
        {"{\"v\":1,\"ring_s\":601}", FALSE},
        {"{\"v\":1,\"ring_s\":\"20\"}", FALSE},
        {"{\"v\":1,\"topics\":[]}", FALSE},
        {"{\"v\":1,\"topics\":[\"boats\"]}", FALSE},
        {"{\"v\":1,\"topics\":[7]}", FALSE},
        {"{\"v\":1,\"microphone\":\"on\"}", FALSE},
        {"{\"v\":1,\"booth_topics\":{\"oslo-1\":[\"tv\"],\"oslo-2\":[\"tv\",\"phones\"]}}", TRUE},
        {"{\"v\":1,\"booth_topics\":{}}", TRUE},
        {"{\"v\":1,\"booth_topics\":[]}", FALSE},
        {"{\"v\":1,\"booth_topics\":{\"oslo-1\":[]}}", FALSE},
        {"{\"v\":1,\"booth_topics\":{\"oslo-1\":\"tv\"}}", FALSE},
        {"{\"v\":1,\"booth_topics\":{\"oslo-1\":[\"boats\"]}}", FALSE},
        {"{\"v\":1,\"booth_topics\":{\"Oslo 1\":[\"tv\"]}}", FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Rules) rules = rules_read(table[i].text, topics, &error);
        if ((rules != NULL) != table[i].good) fail_msg("row %u: %s", i, error ? error->message : "taken");
        assert_int_equal(error != NULL, !table[i].good);
    }
    g_autoptr(Rules) set = rules_read("{\"v\":1,\"booth_topics\":{\"oslo-1\":[\"phones\"]}}", topics, NULL);
    assert_string_equal(rules_booth_topics(set, "oslo-1")[0], "phones");
    assert_null(rules_booth_topics(set, "oslo-2"));
    assert_null(rules_booth_topics(NULL, "oslo-1"));
}

typedef struct {
    Exchange *exchange;
    guint told, cleared;
} Follower;

static void on_settings(void *data, const char *text, guint64 revision)
{
    Follower *follower = data;
    follower->told++;
    if (!text && !revision) follower->cleared++;
    exchange_set_rules(follower->exchange, text);
}

/* As at a reconnect to the bus, where all keys are shown again in any order; and as with a bucket that was made anew. */
static void settings_outlive_the_secret(void **state)
{
    (void)state;
    static const char *const topics[] = {"tv", NULL};
    const ExchangeSettings settings = {.instance = "d1", .topics = topics, .ring_ms = 20000};
    Follower follower = {.exchange = exchange_new(&settings)};
    const ExchangeHooks hooks = {.settings = on_settings, .data = &follower};
    exchange_set_hooks(follower.exchange, &hooks);
    const StoreEvents *events = exchange_store_events(follower.exchange);
    for (guint i = 0; i < 3; i++) {
        events->entry(events->data, "settings", 7, "{\"v\":1,\"ring_s\":33,\"topics\":[\"tv\"]}");
        events->entry(events->data, "secret", 3, "s");
    }
    assert_int_equal(follower.told, 3);
    assert_string_equal(exchange_secret(follower.exchange), "s");
    assert_int_equal(exchange_settings(follower.exchange)->ring_ms, 33000);
    events->view_started(events->data, FALSE);
    assert_int_equal(follower.cleared, 0);
    events->view_started(events->data, TRUE);
    assert_int_equal(follower.cleared, 1);
    assert_null(exchange_secret(follower.exchange));
    assert_int_equal(exchange_settings(follower.exchange)->ring_ms, 20000);
    exchange_free(follower.exchange);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accounts),
        cmocka_unit_test(sessions_count_as_long_as_they_should),
        cmocka_unit_test(wrong_attempts_wait),
        cmocka_unit_test(unknown_is_never_green),
        cmocka_unit_test(snapshots_are_bounded),
        cmocka_unit_test(rows_that_changed),
        cmocka_unit_test(a_sheet_has_what_the_filter_lets_through),
        cmocka_unit_test(rules_are_checked_whole),
        cmocka_unit_test(settings_outlive_the_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
