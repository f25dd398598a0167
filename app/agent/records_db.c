#include "agent/records_db.h"

#include "agent/records.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#define PAGE     4096
#define SKIP_MAX (1 << 20) /* how far a reader goes on behind a page that it cannot read */

static const char *const parts[] = {"", "-wal", "-shm"};

/* With a row id, or a row of more than 1,000 bytes would take a page of its own. */
#define RECORD_TABLE                                                                                                                       \
    "CREATE TABLE IF NOT EXISTS record (id INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL,"         \
    " settled INTEGER NOT NULL DEFAULT 1, sum INTEGER NOT NULL DEFAULT 0, UNIQUE (epoch, seq));"

/* In this order always: records_db_salvage() counts on where the tables begin. */
static const char schema[] = "CREATE TABLE IF NOT EXISTS kept (name INTEGER PRIMARY KEY, number INTEGER NOT NULL, text TEXT);" RECORD_TABLE
                             "CREATE TABLE IF NOT EXISTS outbox (epoch INTEGER, seq INTEGER, PRIMARY KEY (epoch, seq)) WITHOUT ROWID;"
                             "CREATE TABLE IF NOT EXISTS boot (id TEXT PRIMARY KEY, offset INTEGER NOT NULL) WITHOUT ROWID;";

/* A database of before: its records had no sum. */
static const char upgrade[] = "BEGIN; ALTER TABLE record RENAME TO record_before;" RECORD_TABLE
                              "INSERT INTO record (epoch, seq, body) SELECT epoch, seq, body FROM record_before ORDER BY epoch, seq;"
                              "DROP TABLE record_before; COMMIT;";

/* FNV-1a, 64 bits (draft-eastlake-fnv), of one more byte. */
static guint64 hash(guint64 value, guint8 byte)
{
    return (value ^ byte) * 0x100000001b3;
}

static guint64 hash_number(guint64 value, gint64 number)
{
    for (int shift = 0; shift < 64; shift += 8) value = hash(value, (guint8)((guint64)number >> shift));
    return value;
}

gint64 records_db_sum(gint64 epoch, gint64 seq, const char *body)
{
    guint64 value = hash_number(hash_number(0xcbf29ce484222325, epoch), seq);
    for (const char *at = body; *at; at++) value = hash(value, (guint8)*at);
    return (gint64)(value >> 1) | 1; /* never 0, which is none */
}

static void on_record_sum(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    const char *body = (const char *)sqlite3_value_text(values[2]);
    const gint64 epoch = sqlite3_value_int64(values[0]), seq = sqlite3_value_int64(values[1]);
    sqlite3_result_int64(context, records_db_sum(epoch, seq, body ? body : ""));
}

gboolean records_db_is_damage(int code)
{
    const int kind = code & 0xff;
    return kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB || code == SQLITE_IOERR_SHORT_READ;
}

static gboolean one_number(sqlite3 *db, const char *sql, gint64 *number)
{
    sqlite3_stmt *statement = NULL;
    gboolean read = sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW;
    if (read) *number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return read;
}

/* A row that says what was committed; one of an older database has no sum. */
static gboolean is_genuine(sqlite3_stmt *row)
{
    const char *body = (const char *)sqlite3_column_text(row, 2);
    const gint64 sum = sqlite3_column_int64(row, 4);
    if (!body || strlen(body) != (gsize)sqlite3_column_bytes(row, 2)) return FALSE;
    return sum == 0 ? body[0] == '{' : sum == records_db_sum(sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1), body);
}

static gboolean check_rows(sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, "SELECT epoch, seq, body, settled, sum FROM record", -1, &statement, NULL);
    if (code == SQLITE_OK) code = sqlite3_step(statement);
    while (code == SQLITE_ROW && is_genuine(statement)) code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    return code == SQLITE_DONE;
}

gboolean records_db_check(sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    gint64 homeless = 0;
    gboolean sound = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &statement, NULL) == SQLITE_OK &&
                     sqlite3_step(statement) == SQLITE_ROW && g_strcmp0((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
    sqlite3_finalize(statement);
    return sound && check_rows(db) &&
           one_number(db, "SELECT count(*) FROM outbox LEFT JOIN record USING (epoch, seq) WHERE body IS NULL", &homeless) && homeless == 0;
}

static gboolean prepare_tables(sqlite3 *db)
{
    gint64 columns = 0;
    if (sqlite3_exec(db, schema, NULL, NULL, NULL) != SQLITE_OK) return FALSE;
    if (!one_number(db, "SELECT count(*) FROM pragma_table_info('record')", &columns)) return FALSE;
    return columns >= 6 || sqlite3_exec(db, upgrade, NULL, NULL, NULL) == SQLITE_OK;
}

static gboolean prepare(sqlite3 *db, int *code)
{
    static const char pragmas[] =
        "PRAGMA page_size=" G_STRINGIFY(PAGE) "; PRAGMA cache_size=-256; PRAGMA journal_mode=WAL;"
                                              "PRAGMA synchronous=FULL; PRAGMA cell_size_check=ON; PRAGMA wal_autocheckpoint=100;";
    g_autofree char *most = g_strdup_printf("PRAGMA max_page_count=%d", RECORDS_BYTES_MAX / PAGE);
    sqlite3_busy_timeout(db, 2000);
    sqlite3_create_function(db, "record_sum", 3, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, on_record_sum, NULL, NULL);
    gboolean well = sqlite3_exec(db, pragmas, NULL, NULL, NULL) == SQLITE_OK && sqlite3_exec(db, most, NULL, NULL, NULL) == SQLITE_OK &&
                    prepare_tables(db);
    *code = well ? SQLITE_OK : sqlite3_extended_errcode(db);
    if (!well || records_db_check(db)) return well;
    *code = SQLITE_CORRUPT;
    return FALSE;
}

sqlite3 *records_db_open(const char *path, GError **error)
{
    sqlite3 *db = NULL;
    int code = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK && prepare(db, &code)) return db;
    g_set_error(error, RECORDS_ERROR, code, "%s: cannot be opened: %s", path, sqlite3_errstr(code));
    sqlite3_close_v2(db);
    return NULL;
}

/* --- what is damaged ------------------------------------------------------------------------------------------------------------------ */

static void remove_older(const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path), *name = g_path_get_basename(path);
    g_autofree char *prefix = g_strconcat(name, ".damaged-", NULL);
    g_autoptr(GDir) listing = g_dir_open(folder, 0, NULL);
    const char *entry;
    while (listing && (entry = g_dir_read_name(listing))) {
        g_autofree char *old = g_build_filename(folder, entry, NULL);
        if (g_str_has_prefix(entry, prefix)) g_unlink(old);
    }
}

char *records_db_set_aside(const char *path, GError **error)
{
    g_autofree char *stem = g_strdup_printf("%s.damaged-%" G_GINT64_FORMAT, path, g_get_real_time() / G_USEC_PER_SEC);
    remove_older(path);
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *from = g_strconcat(path, parts[i], NULL), *to = g_strconcat(stem, parts[i], NULL);
        if (g_rename(from, to) == 0 || i > 0) continue;
        g_set_error(error, RECORDS_ERROR, SQLITE_CANTOPEN, "%s is damaged and cannot be set aside", path);
        return NULL;
    }
    return g_steal_pointer(&stem);
}

typedef struct {
    sqlite3 *from, *into;
    guint saved;
} Salvage;

static void save_row(Salvage *salvage, sqlite3_stmt *row)
{
    static const char sql[] = "INSERT OR IGNORE INTO record (epoch, seq, body, settled, sum) VALUES (?, ?, ?, ?, ?)";
    sqlite3_stmt *put = NULL;
    if (!is_genuine(row) || sqlite3_prepare_v2(salvage->into, sql, -1, &put, NULL) != SQLITE_OK) return;
    for (int column = 0; column < 5; column++) sqlite3_bind_value(put, column + 1, sqlite3_column_value(row, column));
    sqlite3_step(put);
    salvage->saved += (guint)sqlite3_changes(salvage->into);
    sqlite3_finalize(put);
}

/* Reads on from behind a row; TRUE: to the end. id becomes that of the last row that could be read. */
static gboolean save_from(Salvage *salvage, gint64 *id)
{
    static const char sql[] = "SELECT epoch, seq, body, settled, sum, id FROM record WHERE id > ? ORDER BY id";
    sqlite3_stmt *rows = NULL;
    int code = sqlite3_prepare_v2(salvage->from, sql, -1, &rows, NULL);
    if (code == SQLITE_OK) {
        sqlite3_bind_int64(rows, 1, *id);
        while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
            save_row(salvage, rows);
            *id = sqlite3_column_int64(rows, 5);
        }
    }
    sqlite3_finalize(rows);
    return code == SQLITE_DONE;
}

/* Past a page that cannot be read: further and further behind the last row, until rows come again or there are none. */
static void save_records(Salvage *salvage)
{
    gint64 last = 0;
    for (gint64 skip = 0; skip <= SKIP_MAX; skip = skip < 64 ? skip + 1 : skip * 2) {
        gint64 id = last + skip;
        if (save_from(salvage, &id)) return;
        if (id == last + skip) continue;
        last = id;
        skip = 0;
    }
}

static gboolean copy_rows(Salvage *salvage, const char *from, const char *into)
{
    sqlite3_stmt *rows = NULL, *put = NULL;
    int code = sqlite3_prepare_v2(salvage->from, from, -1, &rows, NULL);
    if (code == SQLITE_OK) code = sqlite3_prepare_v2(salvage->into, into, -1, &put, NULL);
    while (code == SQLITE_OK && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        for (int column = 0; column < sqlite3_column_count(rows); column++)
            sqlite3_bind_value(put, column + 1, sqlite3_column_value(rows, column));
        sqlite3_step(put);
        code = sqlite3_reset(put);
    }
    sqlite3_finalize(rows);
    sqlite3_finalize(put);
    return code == SQLITE_DONE;
}

static void save_all(Salvage *salvage)
{
    sqlite3_exec(salvage->into, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    save_records(salvage);
    copy_rows(salvage, "SELECT name, number, text FROM kept", "INSERT OR REPLACE INTO kept VALUES (?, ?, ?)");
    copy_rows(salvage, "SELECT id, offset FROM boot", "INSERT OR REPLACE INTO boot VALUES (?, ?)");
    /* What is told twice is written once at the centre, so a record of which nothing is known waits. */
    if (!copy_rows(salvage, "SELECT epoch, seq FROM outbox", "INSERT OR IGNORE INTO outbox VALUES (?, ?)"))
        sqlite3_exec(salvage->into, "INSERT OR IGNORE INTO outbox SELECT epoch, seq FROM record", NULL, NULL, NULL);
    sqlite3_exec(salvage->into, "DELETE FROM outbox WHERE (epoch, seq) NOT IN (SELECT epoch, seq FROM record)", NULL, NULL, NULL);
    sqlite3_exec(salvage->into, "COMMIT", NULL, NULL, NULL);
}

static gboolean can_be_read(sqlite3 *db)
{
    gint64 tables = 0;
    return one_number(db, "SELECT count(*) FROM sqlite_schema WHERE name IN ('kept', 'record', 'outbox')", &tables) && tables == 3;
}

/* Page 1, which says where the tables begin, is the same in every one of these databases but for the file's size. */
static void mend_first_page(const char *aside, sqlite3 *model)
{
    g_autofree char *whole = NULL, *fresh = NULL;
    gsize size = 0, fresh_size = 0;
    sqlite3_exec(model, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
    if (!g_file_get_contents(sqlite3_db_filename(model, "main"), &fresh, &fresh_size, NULL) || fresh_size < PAGE) return;
    if (!g_file_get_contents(aside, &whole, &size, NULL) || size < PAGE || size > 2 * (gsize)RECORDS_BYTES_MAX) return;
    g_autofree char *mended = g_memdup2(whole, size);
    const guint32 pages = GUINT32_TO_BE((guint32)(size / PAGE));
    memcpy(mended, fresh, PAGE);
    memcpy(mended + 28, &pages, sizeof pages);
    memset(mended + 32, 0, 8); /* no free pages: nothing shall be written */
    g_autofree char *path = g_strconcat(aside, "-mended", NULL);
    g_file_set_contents(path, mended, (gssize)size, NULL);
    g_autofree char *log = g_strconcat(aside, parts[1], NULL), *copy = g_strconcat(path, parts[1], NULL);
    g_autofree char *frames = NULL;
    if (g_file_get_contents(log, &frames, &size, NULL)) g_file_set_contents(copy, frames, (gssize)size, NULL);
}

guint records_db_salvage(const char *aside, sqlite3 *into)
{
    Salvage salvage = {.into = into};
    g_autofree char *mended = g_strconcat(aside, "-mended", NULL);
    /* To be read it has to be opened for writing, with its log beside it: what is set aside is a copy for people. */
    int code = sqlite3_open_v2(aside, &salvage.from, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code != SQLITE_OK || !can_be_read(salvage.from)) {
        sqlite3_close_v2(salvage.from);
        salvage.from = NULL;
        mend_first_page(aside, into);
        code = sqlite3_open_v2(mended, &salvage.from, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    }
    if (code == SQLITE_OK && can_be_read(salvage.from)) save_all(&salvage);
    sqlite3_close_v2(salvage.from);
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *name = g_strconcat(mended, parts[i], NULL);
        g_unlink(name);
    }
    return salvage.saved;
}
