#include "agent/records.h"

#include "agent/records_db.h"
#include "agent/records_time.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#define ROOM        64 /* records that make room for new ones at a time */
#define BOOTS_MAX   8  /* whose offset is kept */
#define COMMITS_MAX 3  /* attempts: after room was made, after damage was dealt with */

struct Records {
    sqlite3 *db;
    char *folder, *path;
    char *booth;
    gint64 epoch;
    gint64 seq; /* last given out */
    char *boot;
    gboolean clock_known;
    gint64 offset;
    gint64 waiting, stored, dropped; /* as the tables have it */
    gboolean damaged;                /* a statement said so, or there is none open */
    gboolean renewed;                /* one was set aside */
    char *aside;                     /* where the damaged one is, while no new one could be opened; NULL: nowhere */
};

G_DEFINE_QUARK(livebooth - records, records_error)

/* --- statements ----------------------------------------------------------------------------------------------------------------------- */

static gboolean refuse(Records *records, GError **error)
{
    const int code = sqlite3_extended_errcode(records->db);
    records->damaged |= records_db_is_damage(code);
    g_set_error(error, RECORDS_ERROR, code, "%s: cannot be written: %s", records->path, sqlite3_errmsg(records->db));
    return FALSE;
}

static gboolean run(Records *records, const char *sql, GError **error)
{
    return sqlite3_exec(records->db, sql, NULL, NULL, NULL) == SQLITE_OK || refuse(records, error);
}

static sqlite3_stmt *prepare(Records *records, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(records->db, sql, -1, &statement, NULL) != SQLITE_OK) refuse(records, NULL);
    return statement;
}

static gboolean row(Records *records, sqlite3_stmt *statement)
{
    const int code = statement ? sqlite3_step(statement) : SQLITE_ERROR;
    if (code != SQLITE_ROW && code != SQLITE_DONE) refuse(records, NULL);
    return code == SQLITE_ROW;
}

/* Runs to the end with two numbers bound, as far as it has places for them. */
static gboolean put(Records *records, const char *sql, gint64 a, gint64 b, GError **error)
{
    sqlite3_stmt *statement = prepare(records, sql);
    if (!statement) return refuse(records, error);
    const int count = sqlite3_bind_parameter_count(statement);
    if (count >= 1) sqlite3_bind_int64(statement, 1, a);
    if (count >= 2) sqlite3_bind_int64(statement, 2, b);
    gboolean done = sqlite3_step(statement) == SQLITE_DONE || refuse(records, error);
    sqlite3_finalize(statement);
    return done;
}

static gint64 number(Records *records, const char *sql)
{
    sqlite3_stmt *statement = prepare(records, sql);
    gint64 value = row(records, statement) ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_finalize(statement);
    return value;
}

static gboolean put_kept(Records *records, int name, gint64 value, const char *text, GError **error)
{
    static const char sql[] = "INSERT INTO kept (name, number, text) VALUES (?, ?, ?)"
                              " ON CONFLICT (name) DO UPDATE SET number = excluded.number, text = excluded.text";
    sqlite3_stmt *statement = prepare(records, sql);
    if (!statement) return refuse(records, error);
    sqlite3_bind_int(statement, 1, name);
    sqlite3_bind_int64(statement, 2, value);
    sqlite3_bind_text(statement, 3, text, -1, SQLITE_STATIC);
    gboolean done = sqlite3_step(statement) == SQLITE_DONE || refuse(records, error);
    sqlite3_finalize(statement);
    return done;
}

static gboolean put_body(Records *records, const char *sql, gint64 epoch, gint64 seq, const json_t *record, gboolean settled,
                         GError **error)
{
    sqlite3_stmt *statement = prepare(records, sql);
    if (!statement) return refuse(records, error);
    char *body = json_dumps(record, JSON_COMPACT);
    sqlite3_bind_int64(statement, 1, epoch);
    sqlite3_bind_int64(statement, 2, seq);
    sqlite3_bind_text(statement, 3, body, -1, SQLITE_STATIC);
    sqlite3_bind_int(statement, 4, settled);
    sqlite3_bind_int64(statement, 5, records_db_sum(epoch, seq, body));
    gboolean done = sqlite3_step(statement) == SQLITE_DONE || refuse(records, error);
    sqlite3_finalize(statement);
    free(body);
    return done;
}

/* --- opening -------------------------------------------------------------------------------------------------------------------------- */

static void count(Records *records)
{
    records->waiting = number(records, "SELECT count(*) FROM outbox");
    records->stored = number(records, "SELECT count(*) FROM record");
    records->dropped = number(records, "SELECT number FROM kept WHERE name = " G_STRINGIFY(3));
}

/* The epoch has a file of its own: a database that comes back without its newest part must not give out keys again. */
static gboolean use_epoch(Records *records, gint64 epoch, GError **error)
{
    g_autofree char *path = g_build_filename(records->folder, RECORDS_EPOCH, NULL);
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT "\n", epoch);
    const GFileSetContentsFlags flags = G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE;
    return g_file_set_contents_full(path, text, -1, flags, 0600, error) && put_kept(records, KEPT_EPOCH, epoch, NULL, error);
}

static gboolean begin_epoch(Records *records, gint64 epoch_min, GError **error)
{
    g_autofree char *path = g_build_filename(records->folder, RECORDS_EPOCH, NULL), *text = NULL;
    const gint64 filed = g_file_get_contents(path, &text, NULL, NULL) ? g_ascii_strtoll(text, NULL, 10) : 0;
    const gint64 used = number(records, "SELECT max(epoch) FROM record"), last = number(records, "SELECT number FROM kept WHERE name = 1");
    const gint64 next = MAX(MAX(MAX(filed, last), used) + 1, epoch_min);
    if (!use_epoch(records, next, error)) return FALSE;
    records->epoch = next;
    records->seq = 0;
    return TRUE;
}

/* Sets the database aside and begins a new one with what can be read of it. */
static gboolean renew(Records *records, GError **error)
{
    sqlite3_close_v2(records->db);
    records->db = NULL;
    records->damaged = TRUE;
    if (!records->aside) records->aside = records_db_set_aside(records->path, error);
    if (!records->aside || !(records->db = records_db_open(records->path, error))) return FALSE;
    g_autofree char *aside = g_steal_pointer(&records->aside);
    const guint saved = records_db_salvage(aside, records->db);
    g_warning("the database of records was damaged; it is kept as %s, and a new one begins with %u records of it", aside, saved);
    records->damaged = FALSE;
    records->renewed = TRUE;
    count(records);
    return TRUE;
}

gboolean records_were_damaged(const Records *records)
{
    return records->renewed;
}

Records *records_open(const char *folder, const char *booth, gint64 epoch_min, GError **error)
{
    g_autoptr(Records) records = g_new0(Records, 1);
    g_autoptr(GError) cause = NULL;
    records->folder = g_strdup(folder);
    records->path = g_build_filename(folder, RECORDS_FILE, NULL);
    records->booth = g_strdup(booth);
    records->boot = g_strdup("");
    records->db = records_db_open(records->path, &cause);
    gboolean opened = records->db != NULL;
    if (!opened && records_db_is_damage(cause->code)) {
        g_clear_error(&cause);
        opened = renew(records, &cause);
    }
    if (!opened || !begin_epoch(records, epoch_min, &cause)) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return NULL;
    }
    count(records);
    return g_steal_pointer(&records);
}

void records_free(Records *records)
{
    if (!records) return;
    sqlite3_close_v2(records->db);
    g_free(records->folder);
    g_free(records->path);
    g_free(records->aside);
    g_free(records->booth);
    g_free(records->boot);
    g_free(records);
}

gint64 records_epoch(const Records *records)
{
    return records->epoch;
}

static gboolean open_again(Records *records)
{
    records->db = records_db_open(records->path, NULL);
    if (!records->db) return FALSE;
    records->damaged = FALSE;
    count(records);
    return TRUE;
}

/* Deals with what a statement found, or with what an earlier try left undone; the state of the agent goes on in the new database. FALSE:
 * there may be none open. */
static gboolean repair(Records *records, GError **error)
{
    if (records->db && !records->damaged) return TRUE;
    /* What could not be set aside before may be gone by now, or sound. */
    gboolean opened = !records->db && !records->aside && open_again(records);
    if (!opened && !renew(records, error)) return FALSE;
    return begin_epoch(records, records->epoch + 1, error);
}

gboolean records_check(Records *records)
{
    g_autoptr(GError) error = NULL;
    records->damaged |= !records_db_check(records->db);
    if (!records->damaged) return TRUE;
    if (!repair(records, &error)) g_warning("%s", error->message);
    return FALSE;
}

/* --- writing -------------------------------------------------------------------------------------------------------------------------- */

static gboolean offset_of(Records *records, const char *boot, gint64 *offset)
{
    *offset = records->offset;
    if (strcmp(boot, records->boot) == 0) return records->clock_known;
    sqlite3_stmt *statement = prepare(records, "SELECT offset FROM boot WHERE id = ?");
    if (statement) sqlite3_bind_text(statement, 1, boot, -1, SQLITE_STATIC);
    gboolean known = row(records, statement);
    if (known) *offset = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return known;
}

static const char *boot_of(const json_t *record)
{
    const char *boot = json_string_value(json_object_get(record, "boot_id"));
    return boot ? boot : "";
}

static gboolean add_record(Records *records, gint64 seq, const json_t *record, GError **error)
{
    gint64 offset;
    json_t *timed = json_copy((json_t *)record);
    gboolean settled = offset_of(records, boot_of(record), &offset);
    if (settled)
        records_time_settle(timed, offset, "known");
    else
        records_time_wait(timed);
    gboolean done = put_body(records, "INSERT INTO record (epoch, seq, body, settled, sum) VALUES (?, ?, ?, ?, ?)", records->epoch, seq,
                             timed, settled, error) &&
                    put(records, "INSERT INTO outbox (epoch, seq) VALUES (?, ?)", records->epoch, seq, error);
    json_decref(timed);
    return done;
}

static gboolean attempt(Records *records, const json_t *list, const char *state, GError **error)
{
    if (!run(records, "BEGIN IMMEDIATE", error)) return FALSE;
    gboolean done = TRUE;
    for (gsize i = 0; done && i < json_array_size(list); i++)
        done = add_record(records, records->seq + 1 + (gint64)i, json_array_get(list, i), error);
    done = done && put_kept(records, KEPT_STATE, 0, state, error) && run(records, "COMMIT", error);
    if (!done) sqlite3_exec(records->db, "ROLLBACK", NULL, NULL, NULL);
    return done;
}

/* How many of the oldest that have landed went. */
static gint64 forget_landed(Records *records, gint64 most)
{
    static const char sql[] = "DELETE FROM record WHERE (epoch, seq) IN (SELECT epoch, seq FROM record WHERE (epoch, seq) NOT IN"
                              " (SELECT epoch, seq FROM outbox) ORDER BY epoch, seq LIMIT ?)";
    if (most <= 0 || !put(records, sql, most, 0, NULL)) return 0;
    const gint64 gone = sqlite3_changes(records->db);
    records->stored -= gone;
    return gone;
}

/* Those that wait are given up last, and never silently; not at all when it is the disk that is full of other things. */
static gboolean drop_waiting(Records *records)
{
    static const char oldest[] = "(SELECT epoch, seq FROM outbox ORDER BY epoch, seq LIMIT " G_STRINGIFY(ROOM) ")";
    const gint64 pages = number(records, "PRAGMA page_count"), most = number(records, "PRAGMA max_page_count");
    if (pages < most || !run(records, "BEGIN IMMEDIATE", NULL)) return FALSE;
    g_autofree char *records_sql = g_strdup_printf("DELETE FROM record WHERE (epoch, seq) IN %s", oldest);
    g_autofree char *outbox_sql = g_strdup_printf("DELETE FROM outbox WHERE (epoch, seq) IN %s", oldest);
    gboolean done = run(records, records_sql, NULL);
    const gint64 gone = done ? sqlite3_changes(records->db) : 0;
    done = done && run(records, outbox_sql, NULL) && put_kept(records, KEPT_DROPPED, records->dropped + gone, NULL, NULL) &&
           run(records, "COMMIT", NULL);
    if (!done) sqlite3_exec(records->db, "ROLLBACK", NULL, NULL, NULL);
    if (!done || gone == 0) return FALSE;
    records->stored -= gone;
    records->waiting -= gone;
    records->dropped += gone;
    g_warning("the space for records is spent, and the centre has none of them: the %" G_GINT64_FORMAT " oldest are dropped", gone);
    return TRUE;
}

gboolean records_commit(Records *records, const json_t *list, const char *state, GError **error)
{
    for (int attempts = 1;; attempts++) {
        g_autoptr(GError) cause = NULL;
        if (repair(records, &cause) && attempt(records, list, state, &cause)) break;
        gboolean full = (cause->code & 0xff) == SQLITE_FULL;
        gboolean again = records->damaged || (full && (forget_landed(records, ROOM) > 0 || drop_waiting(records)));
        if (again && attempts < COMMITS_MAX) continue;
        g_propagate_error(error, g_steal_pointer(&cause));
        return FALSE;
    }
    const gint64 added = (gint64)json_array_size(list);
    records->seq += added;
    records->stored += added;
    records->waiting += added;
    if (added) forget_landed(records, records->stored - records->waiting - RECORDS_KEPT);
    return TRUE;
}

/* --- the clock ------------------------------------------------------------------------------------------------------------------------ */

/* Of the last record before this one whose time is known. */
static gint64 known_before(Records *records, gint64 epoch, gint64 seq)
{
    static const char sql[] = "SELECT body FROM record WHERE (epoch, seq) < (?, ?) AND settled = 1 ORDER BY epoch DESC, seq DESC LIMIT 1";
    sqlite3_stmt *statement = prepare(records, sql);
    gint64 utc = 0;
    if (statement) {
        sqlite3_bind_int64(statement, 1, epoch);
        sqlite3_bind_int64(statement, 2, seq);
    }
    if (row(records, statement)) {
        json_t *record = json_loads((const char *)sqlite3_column_text(statement, 0), 0, NULL);
        const gint64 made = json_integer_value(json_object_get(record, "made_utc"));
        utc = made ? made : json_integer_value(json_object_get(record, "after_utc"));
        json_decref(record);
    }
    sqlite3_finalize(statement);
    return utc;
}

static gboolean settle(Records *records, gint64 epoch, gint64 seq, const char *body)
{
    gint64 offset;
    json_t *record = json_loads(body, 0, NULL);
    if (!json_is_object(record)) {
        records->damaged = TRUE;
        json_decref(record);
        return FALSE;
    }
    if (offset_of(records, boot_of(record), &offset))
        records_time_settle(record, offset, "later");
    else
        records_time_give_up(record, known_before(records, epoch, seq), records->offset);
    gboolean done = put_body(records, "UPDATE record SET body = ?3, settled = ?4, sum = ?5 WHERE epoch = ?1 AND seq = ?2", epoch, seq,
                             record, TRUE, NULL);
    json_decref(record);
    return done;
}

static gboolean settle_all(Records *records)
{
    /* In order: what is given up looks at those before it. Found anew each time, as the table changes under a cursor. */
    gboolean well = TRUE, more = TRUE;
    while (well && more) {
        sqlite3_stmt *statement = prepare(records, "SELECT epoch, seq, body FROM record WHERE settled = 0 ORDER BY epoch, seq LIMIT 1");
        more = row(records, statement);
        g_autofree char *body = more ? g_strdup((const char *)sqlite3_column_text(statement, 2)) : NULL;
        const gint64 epoch = more ? sqlite3_column_int64(statement, 0) : 0, seq = more ? sqlite3_column_int64(statement, 1) : 0;
        sqlite3_finalize(statement);
        if (more) well = settle(records, epoch, seq, body);
    }
    return well;
}

static gboolean keep_offset(Records *records)
{
    static const char sql[] = "INSERT INTO boot (id, offset) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET offset = excluded.offset";
    sqlite3_stmt *statement = prepare(records, sql);
    if (!statement) return FALSE;
    sqlite3_bind_text(statement, 1, records->boot, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, records->offset);
    gboolean done = sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_finalize(statement);
    /* A boot began when its offset says: the oldest are of no use to any record any more. */
    return done && put(records, "DELETE FROM boot WHERE id NOT IN (SELECT id FROM boot ORDER BY offset DESC LIMIT ?1)", BOOTS_MAX, 0, NULL);
}

static gboolean use_offset(Records *records)
{
    if (!run(records, "BEGIN IMMEDIATE", NULL)) return FALSE;
    if (keep_offset(records) && settle_all(records) && run(records, "COMMIT", NULL)) return TRUE;
    refuse(records, NULL);
    g_warning("records made before the clock was known keep waiting: %s",
              records->damaged ? "the database is damaged" : sqlite3_errmsg(records->db));
    sqlite3_exec(records->db, "ROLLBACK", NULL, NULL, NULL);
    return FALSE;
}

void records_clock(Records *records, const char *boot, gboolean known, gint64 offset)
{
    g_free(records->boot);
    records->boot = g_strdup(boot);
    records->clock_known = known;
    records->offset = offset;
    if (!known) return;
    /* Once more after damage was dealt with: the clock may not step again for days. */
    for (int attempts = 0; attempts < 2; attempts++)
        if (!repair(records, NULL) || use_offset(records) || !records->damaged) return;
}

/* --- reading -------------------------------------------------------------------------------------------------------------------------- */

char *records_state(Records *records)
{
    sqlite3_stmt *statement = prepare(records, "SELECT text FROM kept WHERE name = 2");
    char *state = row(records, statement) ? g_strdup((const char *)sqlite3_column_text(statement, 0)) : NULL;
    sqlite3_finalize(statement);
    return state;
}

/* epoch, seq, body, sum of a row; NULL: it is not what was committed. */
static json_t *complete(Records *records, sqlite3_stmt *at)
{
    const gint64 epoch = sqlite3_column_int64(at, 0), seq = sqlite3_column_int64(at, 1), sum = sqlite3_column_int64(at, 3);
    const char *body = (const char *)sqlite3_column_text(at, 2);
    json_t *record = body && (sum == 0 || sum == records_db_sum(epoch, seq, body)) ? json_loads(body, 0, NULL) : NULL;
    if (!json_is_object(record)) {
        records->damaged = TRUE;
        json_decref(record);
        return NULL;
    }
    json_object_set_new(record, "booth", json_string(records->booth));
    json_object_set_new(record, "epoch", json_integer(epoch));
    json_object_set_new(record, "seq", json_integer(seq));
    return record;
}

json_t *records_batch(Records *records, gint64 epoch, gint64 seq, guint most, gsize bytes)
{
    static const char sql[] = "SELECT epoch, seq, body, sum, settled FROM outbox JOIN record USING (epoch, seq)"
                              " WHERE (epoch, seq) > (?, ?) ORDER BY epoch, seq LIMIT ?";
    json_t *list = json_array(), *record;
    gsize size = 0;
    if (!repair(records, NULL)) return list;
    sqlite3_stmt *statement = prepare(records, sql);
    if (statement) {
        sqlite3_bind_int64(statement, 1, epoch);
        sqlite3_bind_int64(statement, 2, seq);
        sqlite3_bind_int64(statement, 3, most);
    }
    while (row(records, statement) && sqlite3_column_int(statement, 4) && (record = complete(records, statement))) {
        /* What complete() adds, and a comma. */
        size += (gsize)sqlite3_column_bytes(statement, 2) + strlen(records->booth) + 80;
        if (size > bytes && json_array_size(list) > 0) {
            json_decref(record);
            break;
        }
        json_array_append_new(list, record);
    }
    sqlite3_finalize(statement);
    return list;
}

json_t *records_list(Records *records, guint limit, gint64 epoch, gint64 seq)
{
    static const char sql[] = "SELECT epoch, seq, body, sum FROM record WHERE (epoch, seq) < (?, ?) ORDER BY epoch DESC, seq DESC LIMIT ?";
    json_t *list = json_array(), *record;
    sqlite3_stmt *statement = prepare(records, sql);
    if (statement) {
        sqlite3_bind_int64(statement, 1, epoch ? epoch : G_MAXINT64);
        sqlite3_bind_int64(statement, 2, seq);
        sqlite3_bind_int64(statement, 3, limit);
    }
    while (row(records, statement) && (record = complete(records, statement))) json_array_append_new(list, record);
    sqlite3_finalize(statement);
    return list;
}

/* --- what the centre has ----------------------------------------------------------------------------------------------------------------
 */

void records_landed(Records *records, gint64 epoch, gint64 seq)
{
    g_autoptr(GError) error = NULL;
    if (!repair(records, &error) || !put(records, "DELETE FROM outbox WHERE (epoch, seq) <= (?, ?)", epoch, seq, &error)) {
        g_warning("%s", error->message);
        return;
    }
    records->waiting -= sqlite3_changes(records->db);
    forget_landed(records, records->stored - records->waiting - RECORDS_KEPT);
}

static gboolean move_epoch(Records *records, gint64 epoch, GError **error)
{
    static const char sql[] =
        "CREATE TEMP TABLE moved AS SELECT epoch, seq, row_number() OVER (ORDER BY epoch, seq) AS place FROM outbox;"
        "UPDATE record SET seq = -(SELECT place FROM moved WHERE moved.epoch = record.epoch AND moved.seq = record.seq)"
        " WHERE (epoch, seq) IN (SELECT epoch, seq FROM moved);"
        "DELETE FROM outbox;";
    /* With its key a record's sum is another one. */
    static const char key[] = "UPDATE record SET epoch = ?1, seq = -seq, sum = record_sum(?1, -seq, body) WHERE seq < 0";
    if (!run(records, "BEGIN IMMEDIATE", error)) return FALSE;
    gboolean done = run(records, sql, error) && put(records, key, epoch, 0, error) &&
                    put(records, "INSERT INTO outbox SELECT epoch, seq FROM record WHERE epoch = ?", epoch, 0, error) &&
                    use_epoch(records, epoch, error) && run(records, "COMMIT", error);
    if (!done) sqlite3_exec(records->db, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_exec(records->db, "DROP TABLE IF EXISTS moved", NULL, NULL, NULL);
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
    if (!repair(records, &error) || !move_epoch(records, epoch + 1, &error)) {
        g_warning("%s", error->message);
        return;
    }
    g_message("the centre has records of epoch %" G_GINT64_FORMAT " that are unknown here; going on with epoch %" G_GINT64_FORMAT, epoch,
              epoch + 1);
    records->epoch = epoch + 1;
    records->seq = records->waiting;
}

gint64 records_waiting(const Records *records)
{
    return records->waiting;
}

gint64 records_stored(const Records *records)
{
    return records->stored;
}

gint64 records_dropped(const Records *records)
{
    return records->dropped;
}

gint64 records_oldest_utc(Records *records)
{
    json_t *oldest = records_batch(records, 0, 0, 1, 0);
    const gint64 made = json_integer_value(json_object_get(json_array_get(oldest, 0), "made_utc"));
    json_decref(oldest);
    return made;
}

gint64 records_bytes(const Records *records)
{
    static const char *const parts[] = {"", "-wal", "-shm"};
    gint64 bytes = 0;
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *path = g_strconcat(records->path, parts[i], NULL);
        GStatBuf about;
        if (g_stat(path, &about) == 0) bytes += about.st_size;
    }
    return bytes;
}
