/* The booth's records: one transaction, in order, whatever is killed, lost or damaged. */
#include "agent/records.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "scratch.h"

/* In memory, where that is a folder: what is tested here is not the disk. */
static int set_up(void **state)
{
    char *folder = g_strdup("/dev/shm/livebooth-test-XXXXXX");
    *state = g_mkdtemp(folder);
    if (*state) return 0;
    g_free(folder);
    *state = scratch_new();
    return 0;
}

static int tear_down(void **state)
{
    scratch_remove(*state);
    g_free(*state);
    return 0;
}

static Records *reopen(const char *folder)
{
    g_autoptr(GError) error = NULL;
    Records *records = records_open(folder, "b1", 1, &error);
    if (!records) fail_msg("%s", error->message);
    records_clock(records, "boot", TRUE, 1000000);
    return records;
}

static void add(Records *records, int number)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *state = g_strdup_printf("state %d", number);
    json_t *record = json_pack("[{s:i, s:s, s:i}]", "n", number, "boot_id", "boot", "made_mono", number);
    assert_true(records_commit(records, record, state, &error));
    json_decref(record);
}

/* The oldest of the outbox has this number; its key is returned. */
static void expect_next(Records *records, int number, gint64 *epoch, gint64 *seq)
{
    json_t *list = records_batch(records, 0, 0, 1, 0), *record = json_array_get(list, 0);
    assert_non_null(record);
    *epoch = json_integer_value(json_object_get(record, "epoch"));
    *seq = json_integer_value(json_object_get(record, "seq"));
    assert_int_equal(json_integer_value(json_object_get(record, "n")), number);
    assert_int_equal(json_integer_value(json_object_get(record, "made_utc")), 1000000 + number);
    assert_string_equal(json_string_value(json_object_get(record, "booth")), "b1");
    json_decref(list);
}

static void records_come_out_in_order(void **state)
{
    gint64 epoch, seq;
    Records *records = reopen(*state);
    assert_int_equal(records_epoch(records), 1);
    add(records, 1);
    add(records, 2);
    records_free(records);
    records = reopen(*state);
    assert_int_equal(records_epoch(records), 2);
    add(records, 3);
    assert_int_equal(records_waiting(records), 3);
    for (int number = 1; number <= 3; number++) {
        expect_next(records, number, &epoch, &seq);
        records_landed(records, epoch, seq);
    }
    assert_int_equal(epoch, 2);
    assert_int_equal(seq, 1);
    assert_int_equal(records_waiting(records), 0);
    json_t *list = records_list(records, 2, 0, 0);
    assert_int_equal(json_array_size(list), 2);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(list, 0), "n")), 3);
    json_decref(list);
    g_autofree char *saved = records_state(records);
    assert_string_equal(saved, "state 3");
    records_free(records);
}

static void a_welcome_settles_what_landed(void **state)
{
    gint64 epoch, seq;
    Records *records = reopen(*state);
    for (int number = 1; number <= 4; number++) add(records, number);
    records_welcome(records, 1, 3);
    assert_int_equal(records_waiting(records), 1);
    expect_next(records, 4, &epoch, &seq);
    records_welcome(records, 0, 0);
    assert_int_equal(records_waiting(records), 1);
    records_free(records);
}

static void a_lost_database_is_not_taken_for_a_landed_one(void **state)
{
    gint64 epoch, seq;
    Records *records = reopen(*state);
    add(records, 1);
    add(records, 2);
    records_welcome(records, 40, 7);
    assert_int_equal(records_epoch(records), 41);
    assert_int_equal(records_waiting(records), 2);
    expect_next(records, 1, &epoch, &seq);
    assert_int_equal(epoch, 41);
    assert_int_equal(seq, 1);
    add(records, 3);
    records_landed(records, 41, 2);
    expect_next(records, 3, &epoch, &seq);
    assert_int_equal(seq, 3);
    records_free(records);
    records = reopen(*state);
    assert_int_equal(records_epoch(records), 42);
    records_free(records);
}

static void a_damaged_database_is_set_aside(void **state)
{
    Records *records = reopen(*state);
    add(records, 1);
    records_free(records);
    g_autofree char *path = g_build_filename(*state, RECORDS_FILE, NULL);
    assert_true(g_file_set_contents(
        path, "this is no database, and it is longer than a header would be: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", -1, NULL));
    records = reopen(*state);
    assert_int_equal(records_waiting(records), 0);
    assert_int_equal(records_epoch(records), 2);
    add(records, 2);
    records_free(records);
    GDir *listing = g_dir_open(*state, 0, NULL);
    const char *name;
    gboolean kept = FALSE;
    while ((name = g_dir_read_name(listing))) kept |= strstr(name, ".damaged-") != NULL;
    g_dir_close(listing);
    assert_true(kept);
}

static void a_folder_that_is_not_there_is_said(void **state)
{
    g_autofree char *path = g_build_filename(*state, "nowhere", NULL);
    g_autoptr(GError) error = NULL;
    assert_null(records_open(path, "b1", 1, &error));
    assert_non_null(error);
}

static void nothing_is_kept_without_bound(void **state)
{
    static const char many[] = "INSERT INTO record (epoch, seq, body, settled, sum) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + "
                               "1 FROM n WHERE i < " G_STRINGIFY(RECORDS_KEPT) " + 50)"
                                                                               " SELECT 1, i, '{}', 1, 0 FROM n";
    g_autofree char *path = g_build_filename(*state, RECORDS_FILE, NULL);
    records_free(reopen(*state));
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, many, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    Records *records = reopen(*state);
    gint64 epoch, seq;
    add(records, 7);
    assert_int_equal(records_stored(records), RECORDS_KEPT + 1);
    expect_next(records, 7, &epoch, &seq);
    records_free(records);
}

/* Sixty calls a day and each quarter hour of a booth's time, with the line down, as long as they are in truth. */
static void thirty_days_without_a_line(void **state)
{
    enum { DAYS = 30, CALLS = 60, QUARTERS = 96, ALL = DAYS * (CALLS + QUARTERS) };
    Records *records = reopen(*state);
    g_autofree char *call = g_strnfill(1100, 'c'), *quarter = g_strnfill(260, 'q');
    for (int day = 0, number = 1; day < DAYS; day++) {
        json_t *list = json_array();
        for (int i = 0; i < CALLS + QUARTERS; i++, number++)
            json_array_append_new(list, json_pack("{s:i, s:s, s:i, s:s}", "n", number, "boot_id", "boot", "made_mono", number, "rest",
                                                  i < CALLS ? call : quarter));
        assert_true(records_commit(records, list, "{}", NULL));
        json_decref(list);
    }
    records_free(records);
    records = reopen(*state);
    assert_int_equal(records_waiting(records), ALL);
    assert_true(records_waiting(records) < RECORDS_ALARM);
    assert_int_equal(records_dropped(records), 0);
    print_message("# thirty days: %d records in %d kB\n", ALL, (int)(records_bytes(records) / 1024));
    assert_true(records_bytes(records) < 5 * 1024 * 1024);
    gint64 epoch = 0, seq = 0;
    int next = 1;
    while (records_waiting(records)) {
        json_t *list = records_batch(records, epoch, seq, 64, 48 * 1024);
        assert_true(json_array_size(list) > 0);
        size_t i;
        json_t *record;
        json_array_foreach(list, i, record) {
            assert_int_equal(json_integer_value(json_object_get(record, "n")), next++);
            epoch = json_integer_value(json_object_get(record, "epoch"));
            seq = json_integer_value(json_object_get(record, "seq"));
        }
        records_landed(records, epoch, seq);
        json_decref(list);
    }
    assert_int_equal(next - 1, ALL);
    records_free(records);
}

/* --- the clock ------------------------------------------------------------------------------------------------------------------------ */

static void commit_at(Records *records, const char *boot, gint64 mono)
{
    json_t *list = json_pack("[{s:s, s:I, s:i, s:I}]", "boot_id", boot, "from_mono", (json_int_t)mono - 500, "never_mono", 0, "made_mono",
                             (json_int_t)mono);
    assert_true(records_commit(records, list, "{}", NULL));
    json_decref(list);
}

static void expect_times(const json_t *record, const char *clock, gint64 made, gint64 after, gint64 before)
{
    assert_string_equal(json_string_value(json_object_get(record, "clock")), clock);
    assert_int_equal(json_integer_value(json_object_get(record, "made_utc")), made);
    assert_int_equal(json_integer_value(json_object_get(record, "from_utc")), made ? made - 500 : 0);
    assert_true(json_is_integer(json_object_get(record, "never_utc")));
    assert_int_equal(json_integer_value(json_object_get(record, "never_utc")), 0);
    assert_int_equal(json_integer_value(json_object_get(record, "after_utc")), after);
    assert_int_equal(json_integer_value(json_object_get(record, "before_utc")), before);
}

static void a_clock_that_comes_late_gives_every_record_its_time(void **state)
{
    g_autoptr(GError) error = NULL;
    Records *records = records_open(*state, "b1", 1, &error);
    assert_non_null(records);
    records_clock(records, "one", TRUE, 1000000);
    commit_at(records, "one", 1000);
    records_clock(records, "one", TRUE, 9000000); /* a step: each record has one offset */
    commit_at(records, "one", 2000);
    records_free(records);
    records = records_open(*state, "b1", 1, &error);
    records_clock(records, "two", FALSE, -5);
    commit_at(records, "two", 3000); /* a boot that never knows */
    commit_at(records, "one", 4000); /* a call that its power cut ended */
    json_t *list = records_batch(records, 0, 0, 10, 1 << 20);
    assert_int_equal(json_array_size(list), 2); /* what waits for its time is not sent, nor what is behind it */
    json_decref(list);
    records_free(records);
    records = records_open(*state, "b1", 1, &error);
    records_clock(records, "three", FALSE, 0);
    commit_at(records, "three", 700);
    records_clock(records, "three", TRUE, 20000000);
    commit_at(records, "three", 800);
    list = records_batch(records, 0, 0, 10, 1 << 20);
    assert_int_equal(json_array_size(list), 6);
    expect_times(json_array_get(list, 0), "known", 1001000, 0, 0);
    expect_times(json_array_get(list, 1), "known", 9002000, 0, 0);
    expect_times(json_array_get(list, 2), "unknown", 0, 9002000, 20000000);
    expect_times(json_array_get(list, 3), "known", 9004000, 0, 0);
    expect_times(json_array_get(list, 4), "later", 20000700, 0, 0);
    expect_times(json_array_get(list, 5), "known", 20000800, 0, 0);
    json_decref(list);
    records_free(records);
}

/* --- space ---------------------------------------------------------------------------------------------------------------------------- */

/* So many large records, before anything else; the centre has the first landed of them. */
static void fill(const char *folder, int rows, int landed)
{
    g_autofree char *path = g_build_filename(folder, RECORDS_FILE, NULL);
    g_autofree char *sql = g_strdup_printf(
        "INSERT INTO record (epoch, seq, body, settled, sum) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
        " SELECT 1, i, '{\"n\":' || i || ',\"made_utc\":' || (1000000 + i) || ',\"x\":\"' || hex(zeroblob(32000)) || '\"}', 1, 0 FROM n;"
        "INSERT INTO outbox SELECT epoch, seq FROM record WHERE seq > %d;",
        rows, landed);
    records_free(reopen(folder));
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void the_oldest_that_landed_make_room(void **state)
{
    gint64 epoch, seq;
    fill(*state, RECORDS_BYTES_MAX / 65536, 100);
    Records *records = reopen(*state);
    const gint64 waiting = records_waiting(records), stored = records_stored(records);
    int added = 0;
    while (records_stored(records) >= stored) add(records, 5000 + added++);
    assert_int_equal(records_waiting(records), waiting + added);
    assert_int_equal(records_dropped(records), 0);
    expect_next(records, 101, &epoch, &seq);
    records_free(records);
}

static void what_waits_is_dropped_last_and_counted(void **state)
{
    fill(*state, RECORDS_BYTES_MAX / 65536, 0);
    Records *records = reopen(*state);
    const gint64 waiting = records_waiting(records);
    int added = 0;
    while (records_dropped(records) == 0) add(records, 5000 + added++);
    assert_int_equal(records_waiting(records) + records_dropped(records), waiting + added);
    assert_true(records_bytes(records) < 2 * RECORDS_BYTES_MAX);
    records_free(records);
    records = reopen(*state);
    assert_true(records_dropped(records) > 0);
    records_free(records);
}

/* --- damage --------------------------------------------------------------------------------------------------------------------------- */

#define DAMAGED_ROUNDS  200
#define DAMAGED_RECORDS 120

static json_t *sample(int number)
{
    g_autofree char *text = g_strnfill(600, (char)('a' + number % 26));
    return json_pack("{s:i, s:s, s:i, s:s}", "n", number, "boot_id", "boot", "made_mono", number, "text", text);
}

static void copy_file(const char *from, const char *to)
{
    g_autofree char *data = NULL;
    gsize size;
    if (g_file_get_contents(from, &data, &size, NULL)) assert_true(g_file_set_contents(to, data, (gssize)size, NULL));
}

/* Overwrites 1 to 600 bytes somewhere in a file. */
static void damage(const char *path, GRand *random)
{
    g_autofree char *data = NULL;
    gsize size;
    if (!g_file_get_contents(path, &data, &size, NULL) || size == 0) return;
    const gsize at = (gsize)g_rand_int_range(random, 0, (int)size), length = MIN((gsize)g_rand_int_range(random, 1, 601), size - at);
    for (gsize i = 0; i < length; i++) data[at + i] = (char)g_rand_int(random);
    assert_true(g_file_set_contents(path, data, (gssize)size, NULL));
}

/* Everything that comes out is what went in, in order; returns how many. */
static int count_genuine(Records *records, int first_epoch)
{
    json_t *list = records_batch(records, 0, 0, DAMAGED_RECORDS * 2, 1 << 24), *record;
    gsize i;
    int last = 0;
    json_array_foreach(list, i, record) {
        const int number = (int)json_integer_value(json_object_get(record, "n"));
        assert_true(number > last);
        last = number;
        if (json_integer_value(json_object_get(record, "epoch")) != first_epoch) continue;
        json_t *expected = sample(number);
        assert_string_equal(json_string_value(json_object_get(record, "text")), json_string_value(json_object_get(expected, "text")));
        json_decref(expected);
    }
    const int count = (int)json_array_size(list);
    json_decref(list);
    return count;
}

static void random_damage_never_stops_the_booth_or_makes_a_record_up(void **state)
{
    GRand *random = g_rand_new_with_seed(20260101);
    g_autofree char *model = g_build_filename(*state, "model", NULL);
    g_autofree char *from = g_build_filename(model, RECORDS_FILE, NULL), *from_wal = g_strconcat(from, "-wal", NULL);
    g_autofree char *taken = g_build_filename(*state, "taken", NULL), *taken_wal = g_build_filename(*state, "taken-wal", NULL);
    assert_int_equal(g_mkdir(model, 0700), 0);
    Records *records = reopen(model);
    for (int number = 1; number <= DAMAGED_RECORDS; number++) {
        json_t *list = json_array();
        json_array_append_new(list, sample(number));
        assert_true(records_commit(records, list, "{}", NULL));
        json_decref(list);
        if (number == DAMAGED_RECORDS / 2) { /* half of it in the file, half in the log */
            sqlite3 *other = NULL;
            assert_int_equal(sqlite3_open(from, &other), SQLITE_OK);
            assert_int_equal(sqlite3_exec(other, "PRAGMA wal_checkpoint(FULL)", NULL, NULL, NULL), SQLITE_OK);
            sqlite3_close(other);
        }
    }
    copy_file(from, taken);
    copy_file(from_wal, taken_wal);
    records_free(records);

    int saved = 0, worst = DAMAGED_RECORDS, noticed = 0;
    for (int round = 0; round < DAMAGED_ROUNDS; round++) {
        g_autofree char *folder = g_strdup_printf("%s/round-%d", (const char *)*state, round);
        g_autofree char *path = g_build_filename(folder, RECORDS_FILE, NULL), *wal = g_strconcat(path, "-wal", NULL);
        assert_int_equal(g_mkdir(folder, 0700), 0);
        copy_file(taken, path);
        copy_file(taken_wal, wal);
        damage(round % 3 ? path : wal, random);
        records = reopen(folder);
        assert_true(records_epoch(records) >= 1);
        const int there = count_genuine(records, 1);
        saved += there;
        worst = MIN(worst, there);
        noticed += there < DAMAGED_RECORDS;
        add(records, 1000);
        assert_int_equal(count_genuine(records, 1), there + 1);
        records_free(records);
        scratch_remove(folder);
    }
    print_message("# %d of %d damages cost records; %.1f %% of all were saved, %d of %d at the worst\n", noticed, DAMAGED_ROUNDS,
                  100.0 * saved / (DAMAGED_ROUNDS * DAMAGED_RECORDS), worst, DAMAGED_RECORDS);
    assert_true(saved > DAMAGED_ROUNDS * DAMAGED_RECORDS * 8 / 10);
    g_rand_free(random);
}

static void spoil(const char *folder, const char *sql)
{
    g_autofree char *path = g_build_filename(folder, RECORDS_FILE, NULL);
    sqlite3 *other = NULL;
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
}

/* Every call that writes refuses with a reason. */
static void expect_refusal(Records *records)
{
    g_autoptr(GError) error = NULL;
    assert_false(records_check(records));
    records_landed(records, 1, 1);
    records_welcome(records, 0, 0);
    records_welcome(records, 90, 1);
    records_clock(records, "boot", TRUE, 1000000);
    json_decref(records_batch(records, 0, 0, 1, 0));
    json_t *list = records_list(records, 1, 0, 0);
    assert_int_equal(json_array_size(list), 0);
    json_decref(list);
    assert_false(records_commit(records, NULL, "state", &error));
    assert_non_null(error);
}

static void what_cannot_be_renewed_at_once_is_later(void **state)
{
    const char *folder = *state;
    g_autofree char *away = g_strconcat(folder, "-away", NULL), *blocked = g_build_filename(folder, RECORDS_FILE "-journal", NULL);
    Records *records = reopen(folder);
    for (int number = 1; number <= 4; number++) add(records, number);
    spoil(folder, "UPDATE record SET body = '{}' WHERE seq = 2");
    assert_int_equal(g_rename(folder, away), 0); /* it cannot be set aside */
    expect_refusal(records);
    assert_int_equal(g_rename(away, folder), 0);
    assert_int_equal(g_mkdir(blocked, 0700), 0); /* it can, but a new one cannot be begun */
    expect_refusal(records);
    assert_int_equal(g_rmdir(blocked), 0);
    add(records, 5);
    assert_int_equal(records_waiting(records), 4);
    assert_int_equal(records_epoch(records), 2);
    assert_true(records_check(records));
    records_free(records);
}

static void a_record_that_waits_for_its_time_can_be_damaged(void **state)
{
    gint64 epoch, seq;
    Records *records = reopen(*state);
    records_clock(records, "boot", FALSE, 0);
    for (int number = 1; number <= 3; number++) add(records, number);
    spoil(*state, "UPDATE record SET body = '{' WHERE seq = 2");
    records_clock(records, "boot", TRUE, 1000000);
    assert_int_equal(records_waiting(records), 2);
    expect_next(records, 1, &epoch, &seq);
    records_landed(records, epoch, seq);
    expect_next(records, 3, &epoch, &seq);
    records_free(records);
}

static void damage_is_noticed_while_it_runs(void **state)
{
    Records *records = reopen(*state);
    for (int number = 1; number <= 40; number++) add(records, number);
    assert_true(records_check(records));
    assert_false(records_were_damaged(records));
    spoil(*state, "UPDATE record SET body = '{\"n\":7777}' WHERE seq = 20");
    assert_false(records_check(records));
    assert_true(records_were_damaged(records));
    assert_int_equal(records_waiting(records), 39);
    assert_int_equal(records_epoch(records), 2);
    add(records, 41);
    g_autofree char *saved = records_state(records);
    assert_string_equal(saved, "state 41");
    assert_true(records_check(records));
    records_free(records);
}

/* Commits as fast as it can and tells each number over the pipe once it is committed, until it is killed. */
static void write_until_killed(const char *folder, int pipe_end)
{
    Records *records = records_open(folder, "b1", 1, NULL);
    if (records) records_clock(records, "boot", TRUE, 1000000);
    for (int number = 1; records; number++) {
        g_autofree char *text = g_strdup_printf("state %d", number);
        json_t *record = json_pack("[{s:i, s:s, s:i}]", "n", number, "boot_id", "boot", "made_mono", number);
        if (!records_commit(records, record, text, NULL)) break;
        json_decref(record);
        if (write(pipe_end, &number, sizeof number) != sizeof number) break;
    }
    _exit(1);
}

static void a_writer_killed_at_any_moment_loses_nothing(void **state)
{
    int told_in_all = 0;
    for (int round = 0; round < 8; round++) {
        g_autofree char *name = g_strdup_printf("round-%d", round);
        g_autofree char *folder = g_build_filename(*state, name, NULL);
        assert_int_equal(g_mkdir(folder, 0700), 0);
        int ends[2], told = 0, number;
        assert_int_equal(pipe(ends), 0);
        pid_t writer = fork();
        if (writer == 0) write_until_killed(folder, ends[1]);
        close(ends[1]);
        while (told < 3 + round * 2 && read(ends[0], &number, sizeof number) == sizeof number) told = number;
        kill(writer, SIGKILL);
        while (read(ends[0], &number, sizeof number) == sizeof number) told = number;
        close(ends[0]);
        waitpid(writer, NULL, 0);
        told_in_all += told;

        Records *records = reopen(folder);
        gint64 there = records_waiting(records), epoch, seq;
        assert_true(there == told || there == told + 1);
        assert_int_equal(records_stored(records), there);
        g_autofree char *expected = g_strdup_printf("state %d", (int)there);
        g_autofree char *saved = records_state(records);
        assert_string_equal(saved, expected);
        for (int i = 1; i <= there; i++) {
            expect_next(records, i, &epoch, &seq);
            records_landed(records, epoch, seq);
        }
        records_free(records);
    }
    assert_true(told_in_all > 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(records_come_out_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_welcome_settles_what_landed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lost_database_is_not_taken_for_a_landed_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_database_is_set_aside, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_folder_that_is_not_there_is_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_kept_without_bound, set_up, tear_down),
        cmocka_unit_test_setup_teardown(thirty_days_without_a_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_clock_that_comes_late_gives_every_record_its_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_oldest_that_landed_make_room, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_waits_is_dropped_last_and_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(random_damage_never_stops_the_booth_or_makes_a_record_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_renewed_at_once_is_later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_record_that_waits_for_its_time_can_be_damaged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damage_is_noticed_while_it_runs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_writer_killed_at_any_moment_loses_nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("records", tests, NULL, NULL);
}
