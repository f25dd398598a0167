/* bench_records: what a record costs on this disk, for `make bench PARTS=records`.
 *
 *   bench_records commit FOLDER [COUNT]    records a second through records_commit(), and by a bare SQLite loop that writes the same text,
 * in turns bench_records fill FOLDER COUNT        a booth's database with so many records waiting, as of a month without a line
 *
 * Prints one line of JSON. */
#include "agent/records.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 10
#define BOOT   "00000000-0000-4000-8000-000000000000"

static json_t *call_record(int number)
{
    g_autofree char *call = g_strdup_printf("c%032x", (unsigned)number);
    const json_int_t at = 1000000 + (json_int_t)number * 480000;
    return json_pack(
        "{s:i, s:s, s:s, s:s, s:s, s:I, s:s, s:i, s:s, s:s, s:b, s:i, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:i, s:i, s:i, s:i,"
        " s:s, s:s, s:s, s:i, s:s, s:[s, s], s:i, s:i, s:i, s:i, s:i, s:s}",
        "v", 2, "kind", "call", "store", "Oslo City", "region", "east", "boot_id", BOOT, "made_mono", at + 400000, "call", call, "gen", 1,
        "topic", "tv", "lang", "nb", "before", 0, "waited_ms", 12000, "result", "accepted", "enqueued_mono", at - 12000, "offered_mono", at,
        "accepted_mono", at + 4000, "media_up_mono", at + 4300, "shopper_picture_mono", at + 4400, "ended_mono", at + 340000, "ready_mono",
        at + 400000, "ring_ms", 4000, "setup_ms", 300, "talk_ms", 335700, "muted_ms", 0, "wrapup_ms", 60000, "codec", "H264", "outcome",
        "sale", "order", "NO-1234567", "value_minor", 129900, "currency", "NOK", "tags", "delivery", "accessories", "shown", 3, "added", 2,
        "items", 2, "accessories", 1, "basket_minor", 149800, "basket_currency", "NOK");
}

static Records *open_records(const char *folder)
{
    GError *error = NULL;
    Records *records = records_open(folder, "booth-1", 1, &error);
    if (!records) {
        fprintf(stderr, "bench_records: %s\n", error->message);
        exit(1);
    }
    records_clock(records, BOOT, TRUE, G_GINT64_CONSTANT(1767225600000));
    return records;
}

static void commit(Records *records, json_t *list, const char *state)
{
    GError *error = NULL;
    if (records_commit(records, list, state, &error)) return;
    fprintf(stderr, "bench_records: %s\n", error->message);
    exit(1);
}

static void run(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK) return;
    fprintf(stderr, "bench_records: %s\n", sqlite3_errmsg(db));
    exit(1);
}

/* What a loop over SQLite costs at the least: one table, one prepared INSERT, the same durability. */
static sqlite3 *open_bare(const char *folder, sqlite3_stmt **insert)
{
    g_autofree char *path = g_build_filename(folder, "bare.sqlite", NULL);
    sqlite3 *db = NULL;
    if (sqlite3_open(path, &db) != SQLITE_OK) exit(1);
    run(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE record (id INTEGER PRIMARY KEY, body TEXT NOT NULL)");
    if (sqlite3_prepare_v2(db, "INSERT INTO record (body) VALUES (?)", -1, insert, NULL) != SQLITE_OK) exit(1);
    return db;
}

static int measure(const char *folder, int count)
{
    sqlite3_stmt *insert = NULL;
    sqlite3 *bare = open_bare(folder, &insert);
    Records *records = open_records(folder);
    g_autofree char *state = g_strnfill(600, 's');
    gint64 ours = 0, theirs = 0;
    json_t *list = json_array();
    json_array_append_new(list, call_record(1));
    char *body = json_dumps(json_array_get(list, 0), JSON_COMPACT);
    for (int round = 0; round < ROUNDS; round++) {
        const gint64 from = g_get_monotonic_time();
        for (int i = 0; i < count / ROUNDS; i++) commit(records, list, state);
        const gint64 between = g_get_monotonic_time();
        for (int i = 0; i < count / ROUNDS; i++) {
            sqlite3_bind_text(insert, 1, body, -1, SQLITE_STATIC);
            if (sqlite3_step(insert) != SQLITE_DONE) exit(1);
            sqlite3_reset(insert);
        }
        ours += between - from;
        theirs += g_get_monotonic_time() - between;
    }
    const int whole = count / ROUNDS * ROUNDS;
    const double done = whole;
    printf("{\"commits_per_s\":%.1f,\"bare_per_s\":%.1f,\"ratio\":%.3f,\"count\":%.0f}\n", done * 1e6 / (double)ours,
           done * 1e6 / (double)theirs, (double)theirs / (double)ours, done);
    free(body);
    json_decref(list);
    records_free(records);
    sqlite3_finalize(insert);
    sqlite3_close(bare);
    return 0;
}

static int fill(const char *folder, int count)
{
    Records *records = open_records(folder);
    for (int number = 0; number < count;) {
        json_t *list = json_array();
        while (json_array_size(list) < 100 && number < count) json_array_append_new(list, call_record(number++));
        commit(records, list, "");
        json_decref(list);
    }
    printf("{\"waiting\":%" G_GINT64_FORMAT ",\"bytes\":%" G_GINT64_FORMAT "}\n", records_waiting(records), records_bytes(records));
    records_free(records);
    return 0;
}

int main(int argc, char **argv)
{
    const int count = argc > 3 ? atoi(argv[3]) : 400;
    if (argc >= 3 && strcmp(argv[1], "commit") == 0 && count >= ROUNDS) return measure(argv[2], count);
    if (argc == 4 && strcmp(argv[1], "fill") == 0 && count > 0) return fill(argv[2], count);
    fputs("usage: bench_records commit FOLDER [COUNT] | fill FOLDER COUNT\n", stderr);
    return 2;
}
