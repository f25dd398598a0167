/* The booth's records: one transaction, in order, whatever is killed, lost or damaged. */
#include "agent/records.h"

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

static int set_up(void **state)
{
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
    return records;
}

static void add(Records *records, int number)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *state = g_strdup_printf("state %d", number);
    json_t *record = json_pack("{s:i}", "n", number);
    assert_true(records_commit(records, record, state, &error));
    json_decref(record);
}

/* The oldest of the outbox has this number; its key is returned. */
static void expect_next(Records *records, int number, gint64 *epoch, gint64 *seq)
{
    json_t *record = records_next(records, epoch, seq);
    assert_non_null(record);
    assert_int_equal(json_integer_value(json_object_get(record, "n")), number);
    assert_int_equal(json_integer_value(json_object_get(record, "epoch")), *epoch);
    assert_int_equal(json_integer_value(json_object_get(record, "seq")), *seq);
    assert_string_equal(json_string_value(json_object_get(record, "booth")), "b1");
    json_decref(record);
}

static void records_come_out_in_order(void **state)
{
    gint64 epoch, seq;
    Records *records = reopen(*state);
    assert_int_equal(records_epoch(records), 1);
    assert_null(records_next(records, &epoch, &seq));
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
    json_t *list = records_list(records, 2);
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
    static const char many[] = "INSERT INTO record WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " G_STRINGIFY(
        RECORDS_KEPT) " + 50)"
                      " SELECT 1, i, '{}' FROM n";
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

/* Commits as fast as it can and tells each number over the pipe once it is committed, until it is killed. */
static void write_until_killed(const char *folder, int pipe_end)
{
    Records *records = records_open(folder, "b1", 1, NULL);
    for (int number = 1; records; number++) {
        g_autofree char *text = g_strdup_printf("state %d", number);
        json_t *record = json_pack("{s:i}", "n", number);
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
        cmocka_unit_test_setup_teardown(a_writer_killed_at_any_moment_loses_nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("records", tests, NULL, NULL);
}
