/* From the stream to figures, export and erasure, against a real nats-server: what lands is counted once, also over its kill; what is
 * erased is gone from the bus, its disk and the figures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after those */
#include <cmocka.h>

#include "centre.h"
#include "desk/jetstream.h"
#include "desk/ledger.h"
#include "desk/privacy.h"
#include "scratch.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define ASKED   G_GINT64_CONSTANT(1792713600000) /* 2026-10-23T00:00Z */
#define PLANTED "Kari Nordmann 4712 3456"

static const char *const calls[] = {"c000000000000000000000000000000a1", "c111111110000000000000000000000a2",
                                    "c222222220000000000000000000000a3"};

typedef struct {
    Centre *centre;
    char *server;
    const char *servers[2];
    JetStreamEvents events;
    JetStream *jetstream;
    Ledger *ledger;
    GMutex lock;
    GCond woken;
    gboolean wake;
    json_t *answer;
    LedgerVerdict verdict;
    gboolean answered;
    const char *path;
} World;

static World world;

static void on_changed(G_GNUC_UNUSED gpointer data, G_GNUC_UNUSED gboolean connected)
{
}

static void on_wake(G_GNUC_UNUSED gpointer data)
{
    g_mutex_lock(&world.lock);
    world.wake = TRUE;
    g_cond_signal(&world.woken);
    g_mutex_unlock(&world.lock);
}

static void on_answer(G_GNUC_UNUSED gpointer data, LedgerVerdict verdict, const char *text)
{
    assert_int_equal(verdict, LEDGER_GOOD);
    world.answered = TRUE;
    world.answer = json_loads(text, 0, NULL);
}

static void land(const char *subject, json_t *value)
{
    g_autofree char *text = json_dumps(value, JSON_COMPACT);
    jsErrCode code = 0;
    gint64 until = g_get_monotonic_time() + PATIENCE_US;
    natsStatus status;
    do {
        status = js_Publish(NULL, jetstream_context(world.jetstream), subject, text, (int)strlen(text), NULL, &code);
        if (status != NATS_OK) g_usleep(20000);
    } while (status != NATS_OK && g_get_monotonic_time() < until);
    assert_int_equal(status, NATS_OK);
    json_decref(value);
}

static void land_call(const char *id, const char *order)
{
    g_autofree char *subject = g_strconcat("record.call.", id, NULL), *contact = g_strconcat("contact.", id, NULL);
    g_autofree char *rating = g_strconcat("record.rating.", id, NULL);
    land(subject, json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:i, s:[{s:s, s:i, s:s, s:I}]}", "id", id, "outcome", "completed",
                            "topic", "tv", "lang", "nb", "key_hash", "beef", "enqueued_utc", (json_int_t)ASKED, "accepted_utc",
                            (json_int_t)ASKED + 9000, "media_up_utc", (json_int_t)ASKED + 9500, "place_at_ask", 1, "offers", "booth", "b1",
                            "gen", 1, "result", "accepted", "offered_utc", (json_int_t)ASKED + 1000));
    land("record.booth.b1",
         json_pack("{s:s, s:i, s:i, s:s, s:s, s:s, s:i, s:i, s:s, s:s}", "booth", "b1", "epoch", 1, "seq", (int)(order[1] - '0'), "kind",
                   "call", "result", "accepted", "call", id, "talk_ms", 60000, "wrapup_ms", 1000, "outcome", "sale", "order", order));
    land(rating, json_pack("{s:s, s:i, s:i, s:s}", "call", id, "stars", 5, "recommend", 9, "text", "Says " PLANTED));
    land(contact, json_pack("{s:s, s:s}", "call", id, "contact", PLANTED));
}

static gboolean has_landed(guint64 last)
{
    LedgerCounters counters;
    ledger_counters(world.ledger, &counters);
    return counters.last >= last && counters.caught_up;
}

/* Until done() is TRUE of data. */
static void wait_until(gboolean (*done)(guint64 data), guint64 data)
{
    const gint64 until = g_get_monotonic_time() + 2 * PATIENCE_US;
    while (!done(data)) {
        /* What the ledger has taken is told by its counters alone. */
        g_mutex_lock(&world.lock);
        if (!world.wake) g_cond_wait_until(&world.woken, &world.lock, g_get_monotonic_time() + 20000);
        world.wake = FALSE;
        g_mutex_unlock(&world.lock);
        ledger_dispatch(world.ledger);
        assert_true(g_get_monotonic_time() < until);
    }
}

static gboolean is_answered(G_GNUC_UNUSED guint64 data)
{
    return world.answered;
}

static json_t *figures(void)
{
    const LedgerScope scope = {.from_utc = ASKED - 1000, .to_utc = ASKED + 1000};
    world.answered = FALSE;
    ledger_figures(world.ledger, &scope, LEDGER_BY_TOPIC, LEDGER_BY_NONE, on_answer, NULL);
    wait_until(is_answered, 0);
    return world.answer;
}

static gint64 counted(json_t *told, const char *figure)
{
    return json_integer_value(json_object_get(json_object_get(told, "total"), figure));
}

/* A file as long as before, of which nothing but the first page makes sense. */
static void spoil(const char *path)
{
    g_autofree char *bytes = NULL;
    gsize length = 0;
    assert_true(g_file_get_contents(path, &bytes, &length, NULL));
    assert_true(length > 8192);
    const int file = open(path, O_WRONLY);
    memset(bytes, 0x5a, length);
    assert_int_equal(pwrite(file, bytes, length - 4096, 4096), (gssize)(length - 4096));
    close(file);
}

static gboolean is_spoilt(const char *path)
{
    g_autofree char *bytes = NULL;
    gsize length = 0;
    return g_file_get_contents(path, &bytes, &length, NULL) && length > 8192 && bytes[8000] == 0x5a && bytes[8001] == 0x5a;
}

static void on_any_answer(G_GNUC_UNUSED gpointer data, LedgerVerdict verdict, const char *text)
{
    world.answered = TRUE;
    world.verdict = verdict;
    world.answer = verdict == LEDGER_GOOD ? json_loads(text, 0, NULL) : NULL;
}

static gboolean is_whole_again(G_GNUC_UNUSED guint64 data)
{
    const LedgerScope scope = {.from_utc = ASKED - 1000, .to_utc = ASKED + 1000};
    if (!world.answered) return FALSE;
    const gboolean whole =
        world.answer && json_is_true(json_object_get(world.answer, "caught_up")) && counted(world.answer, "offered") == 3;
    assert_int_not_equal(world.verdict, LEDGER_REFUSED);
    json_decref(world.answer);
    world.answer = NULL;
    world.answered = FALSE;
    if (!whole || is_spoilt(world.path)) ledger_figures(world.ledger, &scope, LEDGER_BY_NONE, LEDGER_BY_NONE, on_any_answer, NULL);
    return whole && !is_spoilt(world.path);
}

static gboolean is_on_disk(const char *folder, const char *text)
{
    g_autofree char *told = NULL;
    const gchar *const argv[] = {"grep", "-rlaF", text, folder, NULL};
    g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &told, NULL, NULL, NULL);
    return told && *told;
}

static int set_up(G_GNUC_UNUSED void **state)
{
    g_autoptr(GError) error = NULL;
    world.centre = centre_new(NULL);
    world.server = g_strdup_printf("nats://127.0.0.1:%d", world.centre->nats_port);
    world.servers[0] = world.server;
    world.events.changed = on_changed;
    const JetStreamSettings bus = {world.servers, 1, 10000, 3};
    world.jetstream = jetstream_open(&bus, &world.events, &error);
    if (!world.jetstream) fail_msg("%s", error->message);
    for (guint i = 0; i < G_N_ELEMENTS(calls); i++) {
        const char order[] = {'A', (char)('1' + i), '\0'};
        land_call(calls[i], order);
    }
    const LedgerSettings settings = {
        .servers = world.servers, .retention_days = 3, .terms = {20000, 5000}, .timezone = "UTC", .wake = on_wake};
    world.ledger = ledger_open(&settings, &error);
    if (!world.ledger) fail_msg("%s", error->message);
    return 0;
}

static int tear_down(G_GNUC_UNUSED void **state)
{
    ledger_close(world.ledger);
    assert_true(jetstream_close(world.jetstream));
    centre_free(world.centre);
    g_free(world.server);
    return 0;
}

/* The bus has all of it, so all of it comes back. */
static void a_ledger_that_is_damaged_while_it_runs_is_made_anew(G_GNUC_UNUSED void **state)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = scratch_new(), *path = g_build_filename(folder, "ledger.sqlite", NULL);
    LedgerSettings settings = {
        .folder = folder, .servers = world.servers, .retention_days = 3, .terms = {20000, 5000}, .timezone = "UTC", .wake = on_wake};
    Ledger *before = world.ledger;
    Ledger *first = ledger_open(&settings, &error);
    assert_non_null(first);
    world.ledger = first;
    wait_until(has_landed, 9);
    ledger_close(first); /* all is in the file, nothing beside it */
    world.ledger = ledger_open(&settings, &error);
    assert_non_null(world.ledger);
    wait_until(has_landed, 9);
    spoil(path);
    world.path = path;
    world.answered = TRUE;
    world.answer = NULL;
    wait_until(is_whole_again, 0);
    ledger_close(world.ledger);
    world.ledger = before;
    world.answered = FALSE;
    scratch_remove(folder);
}

static void the_streams_keep_as_long_as_is_set(G_GNUC_UNUSED void **state)
{
    static const char *const streams[] = {"RECORDS", "CONTACTS", "BUNDLES"};
    g_autoptr(GError) error = NULL;
    for (guint days = 3; days <= 30; days += 27) {
        const JetStreamSettings bus = {world.servers, 1, 10000, days};
        JetStream *again = jetstream_open(&bus, &world.events, &error);
        assert_non_null(again);
        for (guint i = 0; i < G_N_ELEMENTS(streams); i++) {
            jsStreamInfo *info = NULL;
            assert_int_equal(js_GetStreamInfo(&info, jetstream_context(again), streams[i], NULL, NULL), NATS_OK);
            assert_int_equal(info->Config->MaxAge, (i ? MIN(days, 28) : days) * 24LL * 3600 * 1000000000);
            jsStreamInfo_Destroy(info);
        }
        assert_true(jetstream_close(again));
    }
}

static void records_count_once_over_a_kill(G_GNUC_UNUSED void **state)
{
    wait_until(has_landed, 9);
    json_t *told = figures();
    assert_int_equal(counted(told, "offered"), 3);
    json_decref(told);
    centre_kill(&world.centre->nats, SIGKILL);
    centre_start_nats(world.centre);
    land("record.rating.c2", json_pack("{}"));
    wait_until(has_landed, 10);
    told = figures();
    assert_int_equal(counted(told, "offered"), 3);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(json_object_get(told, "total"), "conversion"), "sales")), 3);
    json_decref(told);
}

static void a_shoppers_data_is_exported_by_any_reference(G_GNUC_UNUSED void **state)
{
    static const char *const references[] = {"c000000000000000000000000000000a1", "c000000000000000000000000000000a1.0123abcd", "c00000000",
                                             "A1"};
    g_autoptr(GError) error = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(references); i++) {
        g_autofree char *text = NULL;
        g_autoptr(PrivacyFound) found = privacy_look(world.servers, references[i], &text, &error);
        if (!found) fail_msg("%s: %s", references[i], error->message);
        json_t *told = json_loads(text, 0, NULL);
        assert_int_equal(json_array_size(json_object_get(told, "messages")), 4);
        assert_int_equal(found->messages, 4);
        assert_int_equal(found->call_records + found->booth_records + found->ratings + found->contacts, 4);
        assert_int_equal(g_strv_length(found->calls), 1);
        assert_true(found->first_utc > 0 && found->last_utc >= found->first_utc);
        assert_non_null(strstr(text, "Says " PLANTED));
        assert_null(strstr(text, "beef"));
        json_decref(told);
    }
    /* The contact was left three times. */
    g_autoptr(PrivacyFound) found = privacy_look(world.servers, "kari nordmann 47-12 34-56", NULL, &error);
    assert_non_null(found);
    assert_int_equal(found->messages, 12);
    assert_int_equal(g_strv_length(found->calls), 3);
    assert_null(privacy_look(world.servers, "nobody", NULL, &error));
    assert_string_equal(error->message, "Nothing is kept under that reference.");
}

static void erase(const char *reference, guint messages)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(PrivacyFound) found = privacy_erase(world.servers, reference, messages, &error);
    if (!found) fail_msg("%s", error->message);
}

static void what_is_erased_is_gone(G_GNUC_UNUSED void **state)
{
    g_autoptr(GError) error = NULL;
    assert_true(is_on_disk(world.centre->folder, PLANTED));
    assert_null(privacy_erase(world.servers, calls[0], 3, &error));
    assert_true(g_error_matches(error, PRIVACY_ERROR, PRIVACY_ERROR_CHANGED));
    g_clear_error(&error);
    erase(calls[0], 4);
    wait_until(has_landed, 11);
    json_t *told = figures();
    assert_int_equal(counted(told, "offered"), 2);
    json_decref(told);
    assert_null(privacy_look(world.servers, calls[0], NULL, &error));
    g_clear_error(&error);
    /* One that was on its way is not kept either. */
    land("record.booth.b1",
         json_pack("{s:s, s:i, s:i, s:s, s:s}", "booth", "b1", "epoch", 1, "seq", 8, "result", "accepted", "call", calls[0]));
    wait_until(has_landed, 12);
    assert_null(privacy_look(world.servers, calls[0], NULL, &error));
    g_clear_error(&error);
    erase(PLANTED, 0);
    assert_false(is_on_disk(world.centre->folder, PLANTED));
    wait_until(has_landed, 14);
    told = figures();
    assert_int_equal(counted(told, "offered"), 0);
    json_decref(told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_streams_keep_as_long_as_is_set),
        cmocka_unit_test(records_count_once_over_a_kill),
        cmocka_unit_test(a_shoppers_data_is_exported_by_any_reference),
        cmocka_unit_test(a_ledger_that_is_damaged_while_it_runs_is_made_anew),
        cmocka_unit_test(what_is_erased_is_gone),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
