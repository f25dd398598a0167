/* The hold on JetStream against a real nats-server: races, answers that get lost, kills, purges, the view. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after those */
#include <cmocka.h>

#include <pthread.h>

#include "centre.h"
#include "desk/jetstream.h"
#include "desk/store.h"
#include "laggard.h"

typedef struct {
    char *value; /* NULL: purged */
    guint64 revision;
} Seen;

/* One desk's worth of store, with all that it was told. */
typedef struct {
    Store *store;
    StoreEvents events;
    char *instance;
    GMutex lock;
    GCond woken;
    gboolean wake;
    GHashTable *keys; /* key → Seen */
    guint completes, starts;
    gint64 as_of, bus_utc;
    gboolean forgot;
    GString *messages;
    guint records, records_before; /* the first view was complete */
    gint64 landed_utc;             /* of the last one */
} Holder;

typedef struct {
    gboolean done;
    StoreVerdict verdict;
    guint64 revision;
    char *value;
    gint64 epoch, seq;
} Outcome;

static void on_wake(gpointer data)
{
    Holder *holder = data;
    g_mutex_lock(&holder->lock);
    holder->wake = TRUE;
    g_cond_signal(&holder->woken);
    g_mutex_unlock(&holder->lock);
}

static void seen_free(gpointer data)
{
    g_free(((Seen *)data)->value);
    g_free(data);
}

static void on_view_started(gpointer data, gboolean forget)
{
    Holder *holder = data;
    holder->starts++;
    holder->forgot |= forget;
}

static void on_entry(gpointer data, const char *key, guint64 revision, const char *value)
{
    Seen *seen = g_new0(Seen, 1);
    *seen = (Seen){g_strdup(value), revision};
    g_hash_table_replace(((Holder *)data)->keys, g_strdup(key), seen);
}

static void on_view_complete(gpointer data, guint64 revision, gint64 as_of, gint64 bus_utc)
{
    (void)revision;
    ((Holder *)data)->completes++;
    ((Holder *)data)->as_of = as_of;
    ((Holder *)data)->bus_utc = bus_utc;
}

static void on_record(gpointer data, const char *subject, const char *value, gint64 landed_utc)
{
    (void)subject;
    (void)value;
    ((Holder *)data)->records++;
    ((Holder *)data)->landed_utc = landed_utc;
    if (!((Holder *)data)->completes) ((Holder *)data)->records_before++;
}

static void on_message(gpointer data, const char *subject, const char *text)
{
    g_string_append_printf(((Holder *)data)->messages, "%s=%s;", subject, text);
}

static Holder *holder_new_at(int port, const char *instance)
{
    g_autoptr(GError) error = NULL;
    Holder *holder = g_new0(Holder, 1);
    g_autofree char *server = g_strdup_printf("nats://127.0.0.1:%d", port);
    const char *const servers[] = {server, NULL};
    const StoreSettings settings = {servers, 1, instance, 10000, 0};
    holder->events = (StoreEvents){on_wake, on_view_started, on_entry, on_view_complete, on_record, on_message, holder};
    holder->keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, seen_free);
    holder->messages = g_string_new(NULL);
    g_mutex_init(&holder->lock);
    g_cond_init(&holder->woken);
    holder->store = store_open(&settings, &holder->events, &error);
    if (!holder->store) fail_msg("%s", error->message);
    return holder;
}

static Holder *holder_new(const Centre *centre, const char *instance)
{
    return holder_new_at(centre->nats_port, instance);
}

static void holder_free(Holder *holder)
{
    store_close(holder->store);
    g_hash_table_unref(holder->keys);
    g_string_free(holder->messages, TRUE);
    g_mutex_clear(&holder->lock);
    g_cond_clear(&holder->woken);
    g_free(holder);
}

/* Dispatches what comes until it is as wanted; whether it came to that. */
static gboolean run(Holder *holder, gboolean (*is_wanted)(Holder *holder, gconstpointer data), gconstpointer data)
{
    gint64 until = g_get_monotonic_time() + PATIENCE_US;
    while (!is_wanted(holder, data)) {
        g_mutex_lock(&holder->lock);
        while (!holder->wake && g_cond_wait_until(&holder->woken, &holder->lock, until)) continue;
        gboolean woken = holder->wake;
        holder->wake = FALSE;
        g_mutex_unlock(&holder->lock);
        if (!woken) return FALSE;
        store_dispatch(holder->store);
    }
    return TRUE;
}

typedef struct {
    const guint *count;
    guint wanted;
} Goal;

static gboolean is_reached(Holder *holder, gconstpointer data)
{
    const Goal *goal = data;
    (void)holder;
    return *goal->count >= goal->wanted;
}

static gboolean run_until(Holder *holder, const guint *count, guint wanted)
{
    const Goal goal = {count, wanted};
    return run(holder, is_reached, &goal);
}

static gboolean is_connected(Holder *holder, gconstpointer data)
{
    (void)data;
    return store_is_connected(holder->store);
}

static void on_done(gpointer data, const StoreResult *result)
{
    Outcome *outcome = data;
    outcome->verdict = result->verdict;
    outcome->revision = result->revision;
    outcome->value = g_strdup(result->value);
    outcome->epoch = result->epoch;
    outcome->seq = result->seq;
    outcome->done = TRUE;
}

static gboolean is_done(Holder *holder, gconstpointer outcome)
{
    (void)holder;
    return ((const Outcome *)outcome)->done;
}

static void await(Holder *holder, Outcome *outcome)
{
    assert_true(run(holder, is_done, outcome));
}

static Outcome put(Holder *holder, const char *key, const char *value, guint64 expected)
{
    Outcome outcome = {0};
    store_put(holder->store, key, value, expected, on_done, &outcome);
    await(holder, &outcome);
    return outcome;
}

static gboolean has_seen(Holder *holder, gconstpointer then)
{
    return holder->as_of >= *(const gint64 *)then;
}

/* Until the view has shown all that was written before. */
static void catch_up(Holder *holder)
{
    gint64 now = g_get_monotonic_time();
    store_look(holder->store);
    assert_true(run(holder, has_seen, &now));
}

static int set_up(void **state)
{
    *state = centre_new("");
    return 0;
}

static int tear_down(void **state)
{
    centre_free(*state);
    return 0;
}

static void test_compare_and_set(void **state)
{
    Holder *holder = holder_new(*state, "d1");
    Outcome first = put(holder, "call.a", "one", 0), again = put(holder, "call.a", "two", 0);
    assert_int_equal(first.verdict, STORE_WON);
    assert_int_equal(again.verdict, STORE_LOST);
    assert_string_equal(again.value, "one");
    assert_int_equal(again.revision, first.revision);
    Outcome next = put(holder, "call.a", "three", first.revision), stale = put(holder, "call.a", "four", first.revision);
    assert_int_equal(next.verdict, STORE_WON);
    assert_true(next.revision > first.revision);
    assert_int_equal(stale.verdict, STORE_LOST);
    assert_string_equal(stale.value, "three");
    Outcome absent = put(holder, "call.none", "x", 12345);
    assert_int_equal(absent.verdict, STORE_LOST);
    assert_null(absent.value);
    g_free(again.value);
    g_free(stale.value);
    holder_free(holder);
}

static void test_finish(void **state)
{
    Holder *holder = holder_new(*state, "d1");
    assert_true(run_until(holder, &holder->completes, 1));
    Outcome made = put(holder, "call.c1", "done", 0), finished = {0}, again = {0}, stale = {0};
    store_finish(holder->store, "c1", "{\"record\":1}", made.revision, on_done, &finished);
    await(holder, &finished);
    assert_int_equal(finished.verdict, STORE_WON);
    /* Whoever finishes it again does no harm: one record, one purge. */
    store_finish(holder->store, "c1", "{\"record\":2}", made.revision, on_done, &again);
    await(holder, &again);
    assert_int_equal(again.verdict, STORE_WON);
    assert_true(run_until(holder, &holder->records, 1));
    /* A key that has moved on is not purged. */
    Outcome other = put(holder, "call.c2", "live", 0), moved = put(holder, "call.c2", "more", other.revision);
    store_finish(holder->store, "c2", "{}", other.revision, on_done, &stale);
    await(holder, &stale);
    Outcome kept = put(holder, "call.c2", "still", moved.revision);
    assert_int_equal(kept.verdict, STORE_WON);
    assert_true(run_until(holder, &holder->records, 2));
    Seen *gone = g_hash_table_lookup(holder->keys, "call.c1");
    assert_non_null(gone);
    assert_null(gone->value);
    assert_int_equal(holder->records, 2);
    /* The marker can be taken away; the id's key is new then, and its record still stands. */
    store_forget(holder->store, "call.c1", gone->revision);
    Outcome once = {0};
    store_once(holder->store, "RECORDS", "record.call.c1", "{}", on_done, &once);
    await(holder, &once);
    assert_int_equal(once.verdict, STORE_LOST);
    assert_string_equal(once.value, "{\"record\":1}");
    g_free(once.value);
    holder_free(holder);
}

/* Whoever has a first complete view has been told of the records that were there; their age is known by the bus's clock alone. */
static void test_records_before_the_view(void **state)
{
    Holder *holder = holder_new(*state, "d1");
    assert_true(run_until(holder, &holder->completes, 1));
    for (int i = 1; i <= 300; i++) {
        g_autofree char *id = g_strdup_printf("r%d", i), *key = g_strconcat("call.", id, NULL);
        Outcome made = put(holder, key, "done", 0), finished = {0};
        store_finish(holder->store, id, "{}", made.revision, on_done, &finished);
        await(holder, &finished);
    }
    assert_true(run_until(holder, &holder->records, 300));
    holder_free(holder);
    Holder *late = holder_new(*state, "d2");
    assert_true(run_until(late, &late->completes, 1));
    assert_int_equal(late->records_before, 300);
    assert_true(late->bus_utc >= late->landed_utc);
    assert_true(late->bus_utc - late->landed_utc < 60000);
    holder_free(late);
}

/* --- races
 * ---------------------------------------------------------------------------------------------------------------------------------- */

#define RACERS 4
#define ROUNDS 200

/* How far the race is. */
typedef struct {
    GMutex lock;
    GCond moved;
    int round;
} Course;

typedef struct {
    Holder *holder;
    int number;
    guint64 (*start)[ROUNDS];
    pthread_barrier_t *line;
    Course *course;
    StoreVerdict verdicts[ROUNDS];
    guint64 revisions[ROUNDS];
} Racer;

static void move_on(Course *course, int round)
{
    g_mutex_lock(&course->lock);
    course->round = MAX(course->round, round);
    g_cond_signal(&course->moved);
    g_mutex_unlock(&course->lock);
}

static void await_round(Course *course, int round)
{
    g_mutex_lock(&course->lock);
    while (course->round < round) g_cond_wait(&course->moved, &course->lock);
    g_mutex_unlock(&course->lock);
}

static gpointer race(gpointer data)
{
    Racer *racer = data;
    g_autofree char *value = g_strdup_printf("winner-%d", racer->number);
    for (int round = 0; round < ROUNDS; round++) {
        g_autofree char *key = g_strdup_printf("call.r%d", round);
        run(racer->holder, is_connected, NULL);
        pthread_barrier_wait(racer->line);
        move_on(racer->course, round);
        Outcome outcome = put(racer->holder, key, value, (*racer->start)[round]);
        racer->verdicts[round] = outcome.verdict;
        racer->revisions[round] = outcome.revision;
        g_free(outcome.value);
    }
    return NULL;
}

/* On the thread that lives on: the nats-server is bound to the life of the one that starts it. */
static void kill_bus(Centre *centre, Course *course)
{
    for (int i = 1; i <= 3; i++) {
        await_round(course, i * ROUNDS / 4);
        centre_kill(&centre->nats, SIGKILL);
        centre_start_nats(centre);
    }
}

/* Several desks claim the same calls at once. disturb: the nats-server is killed and started meanwhile. */
static void run_races(Centre *centre, gboolean disturb)
{
    static guint64 start[ROUNDS];
    Racer racers[RACERS];
    GThread *threads[RACERS];
    Course course = {0};
    pthread_barrier_t line;
    pthread_barrier_init(&line, NULL, RACERS);
    for (int i = 0; i < RACERS; i++) {
        g_autofree char *name = g_strdup_printf("d%d", i);
        racers[i] = (Racer){.holder = holder_new(centre, name), .number = i, .start = &start, .line = &line, .course = &course};
    }
    for (int round = 0; round < ROUNDS; round++) {
        g_autofree char *key = g_strdup_printf("call.r%d", round);
        start[round] = put(racers[0].holder, key, "queued", 0).revision;
        assert_true(start[round] > 0);
    }
    for (int i = 0; i < RACERS; i++) threads[i] = g_thread_new("racer", race, &racers[i]);
    if (disturb) kill_bus(centre, &course);
    for (int i = 0; i < RACERS; i++) g_thread_join(threads[i]);
    pthread_barrier_destroy(&line);
    /* At most one won, and what it wrote stands: an acknowledged write is not lost. */
    int won = 0, unresolved = 0;
    catch_up(racers[0].holder);
    for (int round = 0; round < ROUNDS; round++) {
        int winners = 0, winner = -1;
        for (int i = 0; i < RACERS; i++) {
            if (racers[i].verdicts[round] == STORE_WON) winners++, winner = i;
            unresolved += racers[i].verdicts[round] == STORE_UNRESOLVED;
        }
        assert_true(winners <= 1);
        won += winners;
        if (!winners) continue;
        g_autofree char *key = g_strdup_printf("call.r%d", round), *value = g_strdup_printf("winner-%d", winner);
        const Seen *stands = g_hash_table_lookup(racers[0].holder->keys, key);
        assert_non_null(stands);
        assert_string_equal(stands->value, value);
        assert_int_equal(stands->revision, racers[winner].revisions[round]);
    }
    print_message("# %d rounds: %d won, %d unresolved\n", ROUNDS, won, unresolved);
    if (!disturb) assert_int_equal(won, ROUNDS);
    assert_true(won > 0);
    for (int i = 0; i < RACERS; i++) holder_free(racers[i].holder);
}

static void test_races(void **state)
{
    run_races(*state, FALSE);
}

static void test_races_while_the_bus_dies(void **state)
{
    run_races(*state, TRUE);
}

/* --- the view
 * ---------------------------------------------------------------------------------------------------------------------------------- */

static void test_view_recovers(void **state)
{
    Centre *centre = *state;
    Holder *one = holder_new(centre, "d1"), *two = holder_new(centre, "d2");
    assert_true(run_until(one, &one->completes, 1));
    assert_true(run_until(two, &two->completes, 1));
    Outcome made = put(one, "call.a", "one", 0);
    centre_kill(&centre->nats, SIGKILL);
    Outcome away = put(one, "call.a", "lost", made.revision);
    assert_int_equal(away.verdict, STORE_UNRESOLVED);
    guint started = two->starts;
    centre_start_nats(centre);
    gint64 from = g_get_monotonic_time();
    assert_true(run_until(two, &two->starts, started + 1));
    guint completes = two->completes;
    assert_true(run_until(two, &two->completes, completes + 1));
    print_message("# the view was whole %d ms after the bus\n", (int)((g_get_monotonic_time() - from) / 1000));
    assert_false(two->forgot);
    Outcome next = {0};
    /* The bus may still be waking up; once it takes a heartbeat it takes a write. */
    for (int i = 0; i < 5 && next.verdict == STORE_UNRESOLVED; i++) {
        catch_up(one);
        next = put(one, "call.a", "two", made.revision);
    }
    /* Won now: the write during the outage did not turn up later. */
    assert_int_equal(next.verdict, STORE_WON);
    catch_up(two);
    const Seen *seen = g_hash_table_lookup(two->keys, "call.a");
    assert_string_equal(seen->value, "two");
    assert_int_equal(seen->revision, next.revision);
    holder_free(one);
    holder_free(two);
}

/* A message of the watch is lost on its way: what is not in the view is not said to be in it. */
static void test_view_with_a_hole(void **state)
{
    Centre *centre = *state;
    Laggard *laggard = laggard_new(centre->nats_port);
    Holder *one = holder_new_at(laggard->port, "d1"), *two = holder_new(centre, "d2");
    assert_true(run_until(one, &one->completes, 1));
    guint started = one->starts;
    for (int i = 0; i < 5; i++) {
        g_autofree char *key = g_strdup_printf("call.%d", i), *subject = g_strconcat("$KV.CALLS.", key, NULL);
        laggard_lose(laggard, subject);
        assert_int_equal(put(two, key, "there", 0).verdict, STORE_WON);
        catch_up(one);
        assert_true(g_hash_table_contains(one->keys, key));
    }
    assert_true(one->starts >= started + 5);
    holder_free(one);
    holder_free(two);
    laggard_free(laggard);
}

static Outcome append(Holder *holder, gint64 epoch, gint64 seq, guint64 expected)
{
    Outcome outcome = {0};
    g_autofree char *value = g_strdup_printf("{\"seq\":%d}", (int)seq);
    const StoreRecord record = {epoch, seq, value};
    store_append(holder->store, "b1", &record, 1, expected, on_done, &outcome);
    await(holder, &outcome);
    g_free(outcome.value);
    return outcome;
}

static void test_records_land_once(void **state)
{
    Holder *one = holder_new(*state, "d1"), *two = holder_new(*state, "d2");
    Outcome last = {0};
    store_last_record(one->store, "b1", on_done, &last);
    await(one, &last);
    assert_int_equal(last.verdict, STORE_WON);
    assert_int_equal(last.revision, 0);
    Outcome first = append(one, 1, 1, 0), second = append(one, 1, 2, first.revision);
    assert_int_equal(second.verdict, STORE_WON);
    /* By another desk, which knows nothing, or something old. */
    assert_int_equal(append(two, 1, 1, 0).revision, second.revision);
    assert_int_equal(append(two, 1, 2, first.revision).revision, second.revision);
    Outcome third = append(two, 2, 1, first.revision);
    assert_int_equal(third.verdict, STORE_WON);
    assert_true(third.revision > second.revision);
    assert_int_equal(append(one, 1, 2, 0).revision, third.revision);
    holder_free(one);
    holder_free(two);
}

#define UPLOADED 400
#define AT_ONCE  37

/* All records of a booth as a desk lands them, a list at a time. */
static gpointer upload(gpointer data)
{
    Holder *holder = data;
    char texts[AT_ONCE][32];
    StoreRecord list[AT_ONCE];
    guint64 revision = 0;
    gint64 landed = 0;
    gint64 until = g_get_monotonic_time() + PATIENCE_US;
    while (landed < UPLOADED && g_get_monotonic_time() < until) {
        guint count = 0;
        Outcome outcome = {0};
        for (; count < AT_ONCE && landed + count < UPLOADED; count++) {
            g_snprintf(texts[count], sizeof texts[count], "{\"seq\":%d}", (int)landed + (int)count + 1);
            list[count] = (StoreRecord){1, landed + count + 1, texts[count]};
        }
        store_append(holder->store, "b2", list, count, revision, on_done, &outcome);
        if (!run(holder, is_done, &outcome)) break;
        g_free(outcome.value);
        revision = outcome.verdict == STORE_WON ? outcome.revision : 0;
        landed = MAX(landed, outcome.seq);
    }
    return GINT_TO_POINTER(landed == UPLOADED);
}

/* What others write to the stream meanwhile. */
static gpointer disturb(gpointer data)
{
    Holder *holder = data;
    for (int i = 0; i < UPLOADED / 4; i++) {
        g_autofree char *subject = g_strdup_printf("record.rating.c%d", i);
        Outcome outcome = {0};
        store_once(holder->store, "RECORDS", subject, "{}", on_done, &outcome);
        if (!run(holder, is_done, &outcome)) return NULL;
    }
    return holder;
}

/* The sequence numbers of a booth's records in the stream, in its order. */
static GArray *landed_of(const Centre *centre, const char *subject)
{
    g_autofree char *server = g_strdup_printf("nats://127.0.0.1:%d", centre->nats_port);
    natsConnection *connection = NULL;
    jsCtx *js = NULL;
    jsSubOptions options;
    natsSubscription *subscription = NULL;
    GArray *landed = g_array_new(FALSE, FALSE, sizeof(gint64));
    jsSubOptions_Init(&options);
    options.Ordered = true;
    options.Stream = "RECORDS";
    assert_int_equal(jetstream_dial((const char *const[]){server, NULL}, &connection), NATS_OK);
    assert_int_equal(natsConnection_JetStream(&js, connection, NULL), NATS_OK);
    assert_int_equal(js_SubscribeSync(&subscription, js, subject, NULL, &options, NULL), NATS_OK);
    for (guint64 pending = 1; pending > 0;) {
        natsMsg *message = NULL;
        jsMsgMetaData *meta = NULL;
        assert_int_equal(natsSubscription_NextMsg(&message, subscription, PATIENCE_MS), NATS_OK);
        assert_int_equal(natsMsg_GetMetaData(&meta, message), NATS_OK);
        pending = meta->NumPending;
        const gint64 seq = jetstream_header_number(message, "Lb-Seq");
        g_array_append_val(landed, seq);
        jsMsgMetaData_Destroy(meta);
        natsMsg_Destroy(message);
    }
    natsSubscription_Destroy(subscription);
    jsCtx_Destroy(js);
    natsConnection_Destroy(connection);
    return landed;
}

/* By two desks at the same time, one of which the booth has left long ago, while others write too. */
static void test_lists_land_once_in_order(void **state)
{
    Holder *holders[] = {holder_new(*state, "d1"), holder_new(*state, "d2"), holder_new(*state, "d3")};
    GThread *threads[] = {g_thread_new("one", upload, holders[0]), g_thread_new("two", upload, holders[1]),
                          g_thread_new("others", disturb, holders[2])};
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++) assert_non_null(g_thread_join(threads[i]));
    for (guint i = 0; i < G_N_ELEMENTS(holders); i++) holder_free(holders[i]);
    GArray *landed = landed_of(*state, "record.booth.b2");
    assert_int_equal(landed->len, UPLOADED);
    for (guint i = 0; i < landed->len; i++) assert_int_equal(g_array_index(landed, gint64, i), i + 1);
    g_array_unref(landed);
}

static gboolean has_text(Holder *holder, gconstpointer what)
{
    return strstr(holder->messages->str, what) != NULL;
}

static void test_signals(void **state)
{
    Holder *one = holder_new(*state, "d1"), *two = holder_new(*state, "d2");
    store_listen(two->store, "sig.shopper.c1");
    /* A subscription has no answer, but an own word that comes back shows that it stands. */
    store_signal(two->store, "sig.shopper.c1", "x");
    assert_true(run(two, has_text, "=x;"));
    GString *wanted = g_string_new(NULL);
    for (int i = 0; i < 50; i++) {
        g_autofree char *text = g_strdup_printf("%d", i);
        store_signal(one->store, "sig.shopper.c1", text);
        g_string_append_printf(wanted, "sig.shopper.c1=%d;", i);
    }
    assert_true(run(two, has_text, wanted->str));
    g_string_free(wanted, TRUE);
    holder_free(one);
    holder_free(two);
}

static void test_refuses(void **state)
{
    Centre *centre = *state;
    g_autoptr(GError) cluster = NULL, nobody = NULL;
    g_autofree char *server = g_strdup_printf("nats://127.0.0.1:%d", centre->nats_port),
                    *none = g_strdup_printf("nats://127.0.0.1:%d", centre_free_port());
    const char *const servers[] = {server, NULL}, *const away[] = {none, NULL};
    Holder holder = {0};
    const StoreEvents events = {on_wake, on_view_started, on_entry, on_view_complete, on_record, on_message, &holder};
    const StoreSettings three = {servers, 3, "d1", 2000, 0}, absent = {away, 1, "d1", 300, 0};
    /* Whatever version there is: three replicas of one server cannot be. An unsound version is named as such. */
    assert_null(store_open(&three, &events, &cluster));
    assert_non_null(cluster);
    print_message("# %s\n", cluster->message);
    assert_null(store_open(&absent, &events, &nobody));
    assert_non_null(strstr(nobody->message, "[bus] servers"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_compare_and_set, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_finish, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_records_before_the_view, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_races, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_races_while_the_bus_dies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_view_recovers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_view_with_a_hole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_records_land_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lists_land_once_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_signals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refuses, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
