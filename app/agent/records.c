#include "agent/records.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

struct Records {
    sqlite3 *db;
    char *path;
    char *booth;
    gint64 epoch;
    gint64 seq; /* last given out */
};

GQuark records_error_quark(void)
{
    return g_quark_from_static_string("livebooth-records");
}

static gboolean refuse(Records *records, const char *what, GError **error)
{
    g_set_error(error, RECORDS_ERROR, sqlite3_extended_errcode(records->db), "%s: %s: %s", records->path, what,
                sqlite3_errmsg(records->db));
    return FALSE;
}

static gboolean run(Records *records, const char *sql, GError **error)
{
    return sqlite3_exec(records->db, sql, NULL, NULL, NULL) == SQLITE_OK || refuse(records, "cannot be written", error);
}

static sqlite3_stmt *prepare(Records *records, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(records->db, sql, -1, &statement, NULL) != SQLITE_OK)
        g_warning("%s: %s", records->path, sqlite3_errmsg(records->db));
    return statement;
}

/* Binds text where it is given, else nothing; runs to the end. */
static gboolean put(Records *records, const char *sql, gint64 a, gint64 b, const char *text, GError **error)
{
    sqlite3_stmt *statement = prepare(records, sql);
    if (!statement) return refuse(records, "cannot be written", error);
    int count = sqlite3_bind_parameter_count(statement);
    if (count >= 1) sqlite3_bind_int64(statement, 1, a);
    if (count >= 2) sqlite3_bind_int64(statement, 2, b);
    if (count >= 3) sqlite3_bind_text(statement, 3, text, -1, SQLITE_STATIC);
    gboolean done = sqlite3_step(statement) == SQLITE_DONE || refuse(records, "cannot be written", error);
    sqlite3_finalize(statement);
    return done;
}

static gint64 number(Records *records, const char *sql)
{
    sqlite3_stmt *statement = prepare(records, sql);
    gint64 value = statement && sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_finalize(statement);
    return value;
}

/* --- opening -------------------------------------------------------------------------------------------------------------------------- */

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS kept (name INTEGER PRIMARY KEY, number INTEGER NOT NULL, text TEXT);"
    "CREATE TABLE IF NOT EXISTS record (epoch INTEGER, seq INTEGER, body TEXT NOT NULL, PRIMARY KEY (epoch, seq)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS outbox (epoch INTEGER, seq INTEGER, PRIMARY KEY (epoch, seq)) WITHOUT ROWID;";

enum { KEPT_EPOCH = 1, KEPT_STATE = 2 };

static gboolean check(Records *records, GError **error)
{
    sqlite3_stmt *statement = prepare(records, "PRAGMA quick_check(1)");
    if (!statement) return refuse(records, "is damaged", error);
    gboolean sound = sqlite3_step(statement) == SQLITE_ROW && g_strcmp0((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
    sqlite3_finalize(statement);
    if (!sound) g_set_error(error, RECORDS_ERROR, SQLITE_CORRUPT, "%s: is damaged", records->path);
    return sound;
}

static gboolean open_database(Records *records, GError **error)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(records->path, &records->db, flags, NULL) != SQLITE_OK) return refuse(records, "cannot be opened", error);
    sqlite3_busy_timeout(records->db, 2000);
    if (!run(records, "PRAGMA cache_size=-256; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;", error)) return FALSE;
    return check(records, error) && run(records, schema, error);
}

static gboolean is_damage(const GError *error)
{
    int code = error->code & 0xff;
    return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

static gboolean set_aside(Records *records, GError **error)
{
    static const char *const parts[] = {"", "-wal", "-shm"};
    g_autofree char *stem = g_strdup_printf("%s.damaged-%" G_GINT64_FORMAT, records->path, g_get_real_time() / G_USEC_PER_SEC);
    sqlite3_close_v2(records->db);
    records->db = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *from = g_strconcat(records->path, parts[i], NULL);
        g_autofree char *to = g_strconcat(stem, parts[i], NULL);
        if (g_rename(from, to) == 0 || i > 0) continue;
        g_set_error(error, RECORDS_ERROR, SQLITE_CANTOPEN, "%s is damaged and cannot be set aside", records->path);
        return FALSE;
    }
    g_warning("the database of records was damaged; it is kept as %s, and a new one begins", stem);
    return TRUE;
}

static gboolean begin_epoch(Records *records, gint64 epoch_min, GError **error)
{
    gint64 last = number(records, "SELECT number FROM kept WHERE name = 1");
    records->epoch = MAX(last + 1, epoch_min);
    return put(records, "INSERT INTO kept (name, number) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET number = excluded.number",
               KEPT_EPOCH, records->epoch, NULL, error);
}

Records *records_open(const char *folder, const char *booth, gint64 epoch_min, GError **error)
{
    g_autoptr(Records) records = g_new0(Records, 1);
    records->path = g_build_filename(folder, RECORDS_FILE, NULL);
    records->booth = g_strdup(booth);
    g_autoptr(GError) cause = NULL;
    gboolean opened = open_database(records, &cause);
    if (!opened && is_damage(cause)) {
        g_clear_error(&cause);
        opened = set_aside(records, &cause) && open_database(records, &cause);
    }
    if (!opened || !begin_epoch(records, epoch_min, &cause)) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return NULL;
    }
    return g_steal_pointer(&records);
}

void records_free(Records *records)
{
    if (!records) return;
    sqlite3_close_v2(records->db);
    g_free(records->path);
    g_free(records->booth);
    g_free(records);
}

gint64 records_epoch(const Records *records)
{
    return records->epoch;
}

/* --- writing -------------------------------------------------------------------------------------------------------------------------- */

static gboolean add_record(Records *records, const json_t *record, GError **error)
{
    char *body = json_dumps(record, JSON_COMPACT);
    gint64 seq = records->seq + 1;
    gboolean done = put(records, "INSERT INTO record (epoch, seq, body) VALUES (?, ?, ?)", records->epoch, seq, body, error) &&
                    put(records, "INSERT INTO outbox (epoch, seq) VALUES (?, ?)", records->epoch, seq, NULL, error);
    free(body);
    return done;
}

static gboolean put_state(Records *records, const char *state, GError **error)
{
    return put(records, "INSERT INTO kept (name, number, text) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET text = excluded.text",
               KEPT_STATE, 0, state, error);
}

static gboolean commit(Records *records, GError **error)
{
    return run(records, "COMMIT", error);
}

/* Keeps both tables within their bounds. What never landed is given up last, and never silently. */
static void prune(Records *records)
{
    gint64 over = records_waiting(records) - RECORDS_WAITING;
    if (over > 0) {
        g_warning("more than %d records wait for the centre; the %" G_GINT64_FORMAT " oldest are dropped", RECORDS_WAITING, over);
        put(records, "DELETE FROM outbox WHERE (epoch, seq) IN (SELECT epoch, seq FROM outbox ORDER BY epoch, seq LIMIT ?)", over, 0, NULL,
            NULL);
    }
    gint64 surplus = number(records, "SELECT (SELECT count(*) FROM record) - (SELECT count(*) FROM outbox)") - RECORDS_KEPT;
    if (surplus <= 0) return;
    put(records,
        "DELETE FROM record WHERE (epoch, seq) IN (SELECT epoch, seq FROM record WHERE (epoch, seq) NOT IN (SELECT epoch, seq FROM outbox)"
        " ORDER BY epoch, seq LIMIT ?)",
        surplus, 0, NULL, NULL);
}

gboolean records_commit(Records *records, const json_t *record, const char *state, GError **error)
{
    if (!run(records, "BEGIN IMMEDIATE", error)) return FALSE;
    gboolean done = (!record || add_record(records, record, error)) && put_state(records, state, error) && commit(records, error);
    if (!done) {
        run(records, "ROLLBACK", NULL);
        return FALSE;
    }
    if (record) {
        records->seq++;
        prune(records);
    }
    return TRUE;
}

/* --- reading -------------------------------------------------------------------------------------------------------------------------- */

char *records_state(Records *records)
{
    sqlite3_stmt *statement = prepare(records, "SELECT text FROM kept WHERE name = 2");
    char *state = NULL;
    if (statement && sqlite3_step(statement) == SQLITE_ROW) state = g_strdup((const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return state;
}

static json_t *complete(Records *records, sqlite3_stmt *row)
{
    json_t *record = json_loads((const char *)sqlite3_column_text(row, 2), 0, NULL);
    if (!json_is_object(record)) {
        json_decref(record);
        record = json_object();
    }
    json_object_set_new(record, "booth", json_string(records->booth));
    json_object_set_new(record, "epoch", json_integer(sqlite3_column_int64(row, 0)));
    json_object_set_new(record, "seq", json_integer(sqlite3_column_int64(row, 1)));
    return record;
}

json_t *records_next(Records *records, gint64 *epoch, gint64 *seq)
{
    sqlite3_stmt *statement =
        prepare(records, "SELECT epoch, seq, body FROM outbox JOIN record USING (epoch, seq) ORDER BY epoch, seq LIMIT 1");
    json_t *record = NULL;
    if (statement && sqlite3_step(statement) == SQLITE_ROW) {
        *epoch = sqlite3_column_int64(statement, 0);
        *seq = sqlite3_column_int64(statement, 1);
        record = complete(records, statement);
    }
    sqlite3_finalize(statement);
    return record;
}

json_t *records_list(Records *records, guint limit)
{
    json_t *list = json_array();
    sqlite3_stmt *statement = prepare(records, "SELECT epoch, seq, body FROM record ORDER BY epoch DESC, seq DESC LIMIT ?");
    if (statement) sqlite3_bind_int64(statement, 1, limit);
    while (statement && sqlite3_step(statement) == SQLITE_ROW) json_array_append_new(list, complete(records, statement));
    sqlite3_finalize(statement);
    return list;
}

void records_landed(Records *records, gint64 epoch, gint64 seq)
{
    g_autoptr(GError) error = NULL;
    if (!put(records, "DELETE FROM outbox WHERE (epoch, seq) <= (?, ?)", epoch, seq, NULL, &error)) g_warning("%s", error->message);
}

static gboolean move_epoch(Records *records, gint64 epoch, GError **error)
{
    static const char sql[] =
        "CREATE TEMP TABLE moved AS SELECT epoch, seq, row_number() OVER (ORDER BY epoch, seq) AS place FROM outbox;"
        "UPDATE record SET seq = -(SELECT place FROM moved WHERE moved.epoch = record.epoch AND moved.seq = record.seq)"
        " WHERE (epoch, seq) IN (SELECT epoch, seq FROM moved);"
        "DELETE FROM outbox;";
    if (!run(records, "BEGIN IMMEDIATE", error)) return FALSE;
    gboolean done = run(records, sql, error) &&
                    put(records, "UPDATE record SET epoch = ?1, seq = -seq WHERE seq < 0 AND ?2 = 0", epoch, 0, NULL, error) &&
                    put(records, "INSERT INTO outbox SELECT epoch, seq FROM record WHERE epoch = ?", epoch, 0, NULL, error) &&
                    put(records, "UPDATE kept SET number = ?2 WHERE name = ?1", KEPT_EPOCH, epoch, NULL, error) && commit(records, error);
    if (!done) run(records, "ROLLBACK", NULL);
    run(records, "DROP TABLE IF EXISTS moved", NULL);
    return done;
}

void records_welcome(Records *records, gint64 epoch, gint64 seq)
{
    gboolean own = epoch == records->epoch && seq <= records->seq;
    if (epoch < records->epoch || own) {
        records_landed(records, epoch, seq);
        return;
    }
    g_autoptr(GError) error = NULL;
    gint64 waiting = records_waiting(records);
    if (!move_epoch(records, epoch + 1, &error)) {
        g_warning("%s", error->message);
        return;
    }
    g_message("the centre has records of epoch %" G_GINT64_FORMAT " that are unknown here; going on with epoch %" G_GINT64_FORMAT, epoch,
              epoch + 1);
    records->epoch = epoch + 1;
    records->seq = waiting;
}

gint64 records_waiting(Records *records)
{
    return number(records, "SELECT count(*) FROM outbox");
}

gint64 records_stored(Records *records)
{
    return number(records, "SELECT count(*) FROM record");
}
