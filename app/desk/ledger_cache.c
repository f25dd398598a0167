#define G_LOG_DOMAIN "desk"

#include "desk/ledger_cache.h"

#include <glib/gstdio.h>
#include <string.h>

#include "kpi/facts.h"

#define VERSION     1 /* of the tables and of what is taken from records; another one is read anew */
#define BUSY_MS     2000
#define QUALITY_MAX 2048 /* bytes */

/* In the order in which queries read them: calls and offers by time, what booths and shoppers say of a call by its id. at: when it counts:
 * its own time, or when it landed while that is unknown; of an offer when its call was asked for. */
static const char schema[] =
    "CREATE TABLE meta (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE call (id TEXT, landed INTEGER, topic TEXT, lang TEXT, booth TEXT, outcome INTEGER, cause INTEGER,"
    " in_line INTEGER, enqueued INTEGER, answered INTEGER, accepted INTEGER, media_up INTEGER, ended INTEGER, promised INTEGER,"
    " p50 INTEGER, p90 INTEGER, PRIMARY KEY (enqueued, id)) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX call_id ON call (id);"
    "CREATE INDEX call_landed ON call (landed);"
    "CREATE TABLE offer (call TEXT, n INTEGER, landed INTEGER, at INTEGER, gen INTEGER, offered INTEGER, ended INTEGER, result INTEGER,"
    " booth TEXT, topic TEXT, lang TEXT, PRIMARY KEY (at, call, n)) WITHOUT ROWID;"
    "CREATE INDEX offer_landed ON offer (landed);"
    "CREATE TABLE handled (booth TEXT, epoch INTEGER, seq INTEGER, landed INTEGER, call TEXT, gen INTEGER, at INTEGER, topic TEXT,"
    " lang TEXT, talk INTEGER, hold INTEGER, wrapup INTEGER, sale INTEGER, attached INTEGER, valued INTEGER, value INTEGER,"
    " currency TEXT, outcome TEXT, codec TEXT, quality TEXT, PRIMARY KEY (call, gen, booth)) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX handled_key ON handled (booth, epoch, seq);"
    "CREATE INDEX handled_at ON handled (at);"
    "CREATE INDEX handled_landed ON handled (landed);"
    "CREATE TABLE spent (booth TEXT, epoch INTEGER, seq INTEGER, landed INTEGER, at INTEGER, boot_id TEXT, mono INTEGER, ready INTEGER,"
    " ringing INTEGER, connecting INTEGER, live INTEGER, wrapup INTEGER, paused INTEGER, practice INTEGER, other INTEGER,"
    " PRIMARY KEY (booth, epoch, seq)) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX spent_from ON spent (booth, boot_id, mono);"
    "CREATE INDEX spent_at ON spent (at);"
    "CREATE INDEX spent_landed ON spent (landed);"
    "CREATE TABLE rating (call TEXT PRIMARY KEY, landed INTEGER, stars INTEGER, recommend INTEGER) WITHOUT ROWID;"
    "CREATE TABLE label (booth TEXT, since INTEGER, store TEXT, region TEXT, PRIMARY KEY (booth, since)) WITHOUT ROWID;"
    "CREATE TABLE erased (call TEXT PRIMARY KEY, landed INTEGER) WITHOUT ROWID;";

static const char *const tables[] = {"call", "offer", "handled", "spent", "rating", "erased"};

enum {
    PUT_CALL,
    PUT_OFFER,
    PUT_HANDLED,
    PUT_SPENT,
    PUT_RATING,
    PUT_ERASED,
    PUT_META,
    PUT_LABEL,
    GET_LABEL,
    GET_ERASED,
    STATEMENTS,
};

static const char *const statements[STATEMENTS] = {
    [PUT_CALL] = "INSERT OR IGNORE INTO call VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    [PUT_OFFER] = "INSERT OR IGNORE INTO offer VALUES (?,?,?,?,?,?,?,?,?,?,?)",
    [PUT_HANDLED] = "INSERT OR IGNORE INTO handled VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    [PUT_SPENT] = "INSERT OR IGNORE INTO spent VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    [PUT_RATING] = "INSERT OR IGNORE INTO rating VALUES (?,?,?,?)",
    [PUT_ERASED] = "INSERT OR IGNORE INTO erased VALUES (?,?)",
    [PUT_META] = "INSERT OR REPLACE INTO meta VALUES (?,?)",
    [PUT_LABEL] = "INSERT OR IGNORE INTO label VALUES (?,?,?,?)",
    [GET_LABEL] = "SELECT store, region FROM label WHERE booth = ? AND since <= ? ORDER BY since DESC LIMIT 1",
    [GET_ERASED] = "SELECT 1 FROM erased WHERE call = ?",
};

struct LedgerCache {
    char *given; /* folder; NULL: none */
    char *path;
    char *folder; /* of its own, to be removed; NULL when it was given */
    GMutex reading;
    gint damaged; /* atomic */
    const char *const *attach;
    sqlite3 *writer, *reader;
    sqlite3_stmt *made[STATEMENTS];
    FactsCall facts; /* too large for a stack */
    guint64 last;    /* taken since it was begun; 0: none */
};

/* --- opening ----------------------------------------------------------------------------------------------------------------------- */

static gboolean refuse(sqlite3 *db, const char *path, GError **error)
{
    g_set_error(error, LEDGER_ERROR, sqlite3_extended_errcode(db), "%s: %s", path, sqlite3_errmsg(db));
    return FALSE;
}

gboolean ledger_cache_weigh(LedgerCache *cache, int code)
{
    const int kind = code & 0xff;
    const gboolean damage = kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB || code == SQLITE_IOERR_SHORT_READ;
    if (damage) g_atomic_int_set(&cache->damaged, 1);
    return damage;
}

gboolean ledger_cache_is_damaged(const LedgerCache *cache)
{
    return g_atomic_int_get(&cache->damaged);
}

static gboolean run(LedgerCache *cache, const char *sql)
{
    const int code = sqlite3_exec(cache->writer, sql, NULL, NULL, NULL);
    if (code == SQLITE_OK) return TRUE;
    ledger_cache_weigh(cache, sqlite3_extended_errcode(cache->writer));
    g_warning("the ledger: %s", sqlite3_errmsg(cache->writer));
    return FALSE;
}

static gint64 number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    gint64 value = 0;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
        value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

static gboolean is_sound(sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    const gboolean sound = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &statement, NULL) == SQLITE_OK &&
                           sqlite3_step(statement) == SQLITE_ROW && g_strcmp0((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
    sqlite3_finalize(statement);
    return sound && number(db, "PRAGMA user_version") == VERSION;
}

static void close_connections(LedgerCache *cache)
{
    for (guint i = 0; i < STATEMENTS; i++) g_clear_pointer(&cache->made[i], sqlite3_finalize);
    g_clear_pointer(&cache->reader, sqlite3_close_v2);
    g_clear_pointer(&cache->writer, sqlite3_close_v2);
}

static void remove_files(const char *path)
{
    static const char *const parts[] = {"", "-wal", "-shm"};
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *name = g_strconcat(path, parts[i], NULL);
        g_remove(name);
    }
}

static gboolean connect_to(LedgerCache *cache, sqlite3 **db, GError **error)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(cache->path, db, flags, NULL) != SQLITE_OK) return refuse(*db, cache->path, error);
    sqlite3_busy_timeout(*db, BUSY_MS);
    /* What nobody finds again after a crash need not survive it. */
    g_autofree char *pragmas = g_strdup_printf("PRAGMA cache_size=-%d; PRAGMA journal_mode=WAL; PRAGMA synchronous=%s;"
                                               "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=%d",
                                               LEDGER_CACHE_KIB, cache->folder ? "OFF" : "NORMAL", LEDGER_MAPPED);
    return sqlite3_exec(*db, pragmas, NULL, NULL, NULL) == SQLITE_OK || refuse(*db, cache->path, error);
}

static gboolean prepare_all(LedgerCache *cache, GError **error)
{
    for (guint i = 0; i < STATEMENTS; i++) {
        if (sqlite3_prepare_v3(cache->writer, statements[i], -1, SQLITE_PREPARE_PERSISTENT, &cache->made[i], NULL) != SQLITE_OK)
            return refuse(cache->writer, cache->path, error);
    }
    return TRUE;
}

static gboolean create(LedgerCache *cache, GError **error)
{
    g_autofree char *sql = g_strdup_printf("BEGIN; %s PRAGMA user_version=%d; COMMIT", schema, VERSION);
    remove_files(cache->path);
    if (!connect_to(cache, &cache->writer, error)) return FALSE;
    return sqlite3_exec(cache->writer, sql, NULL, NULL, NULL) == SQLITE_OK || refuse(cache->writer, cache->path, error);
}

/* What is no ledger of ours is not worth a word more than that: it is read anew. */
static gboolean open_database(LedgerCache *cache, GError **error)
{
    const gboolean there = g_file_test(cache->path, G_FILE_TEST_EXISTS);
    g_autoptr(GError) cause = NULL;
    if (!there || !connect_to(cache, &cache->writer, &cause) || !is_sound(cache->writer)) {
        close_connections(cache);
        if (there) g_message("the ledger in %s is damaged or of another version: it is read anew", cache->path);
        if (!create(cache, error)) return FALSE;
    }
    return prepare_all(cache, error) && connect_to(cache, &cache->reader, error) && number(cache->reader, "SELECT count(*) FROM meta") >= 0;
}

static gboolean make_path(LedgerCache *cache, const char *folder, GError **error)
{
    if (!folder || !*folder) {
        folder = cache->folder = g_dir_make_tmp("livebooth-ledger-XXXXXX", error);
        if (!folder) return FALSE;
    } else if (g_mkdir_with_parents(folder, 0700) != 0) {
        g_set_error(error, LEDGER_ERROR, 0, "%s: the folder of the ledger cannot be made", folder);
        return FALSE;
    }
    cache->path = g_build_filename(folder, LEDGER_FILE, NULL);
    return TRUE;
}

static gboolean open_all(LedgerCache *cache, GError **error)
{
    g_clear_pointer(&cache->path, g_free);
    g_clear_pointer(&cache->folder, g_free);
    const gboolean opened = make_path(cache, cache->given, error) && open_database(cache, error);
    if (cache->folder) {
        /* The open connections keep the files; nobody else needs a name for them, and nothing is left when the desk is killed. */
        if (cache->path) remove_files(cache->path);
        g_rmdir(cache->folder);
    }
    if (!opened) close_connections(cache);
    return opened;
}

LedgerCache *ledger_cache_open(const char *folder, const char *const *attach, GError **error)
{
    LedgerCache *cache = g_new0(LedgerCache, 1);
    cache->attach = attach;
    cache->given = g_strdup(folder);
    g_mutex_init(&cache->reading);
    if (open_all(cache, error)) return cache;
    ledger_cache_close(cache);
    return NULL;
}

gboolean ledger_cache_check(LedgerCache *cache)
{
    if (!is_sound(cache->writer)) g_atomic_int_set(&cache->damaged, 1);
    return !ledger_cache_is_damaged(cache);
}

gboolean ledger_cache_renew(LedgerCache *cache, GError **error)
{
    ledger_cache_lock(cache);
    close_connections(cache);
    if (cache->given && *cache->given) remove_files(cache->path);
    const gboolean opened = open_all(cache, error);
    if (opened) g_atomic_int_set(&cache->damaged, 0);
    ledger_cache_unlock(cache);
    return opened;
}

void ledger_cache_lock(LedgerCache *cache)
{
    g_mutex_lock(&cache->reading);
}

void ledger_cache_unlock(LedgerCache *cache)
{
    g_mutex_unlock(&cache->reading);
}

void ledger_cache_close(LedgerCache *cache)
{
    if (!cache) return;
    close_connections(cache);
    g_mutex_clear(&cache->reading);
    g_free(cache->given);
    g_free(cache->path);
    g_free(cache->folder);
    g_free(cache);
}

sqlite3 *ledger_cache_reader(LedgerCache *cache)
{
    return cache->reader;
}

/* --- where the stream goes on ------------------------------------------------------------------------------------------------------ */

static gint64 counted(LedgerCache *cache, const char *sql)
{
    const gint64 value = number(cache->writer, sql);
    ledger_cache_weigh(cache, sqlite3_extended_errcode(cache->writer));
    return value;
}

static gint64 get_meta(LedgerCache *cache, const char *name)
{
    g_autofree char *sql = g_strdup_printf("SELECT number FROM meta WHERE name = '%s'", name);
    return counted(cache, sql);
}

static gboolean finish(LedgerCache *cache, sqlite3_stmt *statement)
{
    const int code = sqlite3_step(statement);
    if (code != SQLITE_DONE) ledger_cache_weigh(cache, code);
    sqlite3_reset(statement);
    return code == SQLITE_DONE;
}

static gboolean put_meta(LedgerCache *cache, const char *name, gint64 value)
{
    sqlite3_bind_text(cache->made[PUT_META], 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(cache->made[PUT_META], 2, value);
    return finish(cache, cache->made[PUT_META]);
}

gboolean ledger_cache_resume(LedgerCache *cache, gint64 created, guint64 landed, guint64 *ret_last, GError **error)
{
    *ret_last = (guint64)get_meta(cache, "last");
    if (get_meta(cache, "created") == created && *ret_last <= landed) return TRUE;
    gboolean well = run(cache, "BEGIN IMMEDIATE");
    for (guint i = 0; i < G_N_ELEMENTS(tables) && well; i++) {
        g_autofree char *sql = g_strdup_printf("DELETE FROM %s", tables[i]);
        well = run(cache, sql);
    }
    well = well && run(cache, "DELETE FROM label") && put_meta(cache, "created", created) && put_meta(cache, "last", 0) &&
           run(cache, "COMMIT");
    if (!well) {
        refuse(cache->writer, cache->path, error);
        ledger_cache_rollback(cache);
    }
    *ret_last = 0;
    return well;
}

gboolean ledger_cache_begin(LedgerCache *cache)
{
    cache->last = 0;
    return run(cache, "BEGIN IMMEDIATE");
}

gboolean ledger_cache_commit(LedgerCache *cache)
{
    if ((!cache->last || put_meta(cache, "last", (gint64)cache->last)) && run(cache, "COMMIT")) return TRUE;
    ledger_cache_rollback(cache);
    return FALSE;
}

void ledger_cache_rollback(LedgerCache *cache)
{
    if (cache->writer && !sqlite3_get_autocommit(cache->writer)) run(cache, "ROLLBACK");
}

/* --- records ----------------------------------------------------------------------------------------------------------------------- */

static void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

static void bind_numbers(sqlite3_stmt *statement, int from, const gint64 *numbers, int count)
{
    for (int i = 0; i < count; i++) sqlite3_bind_int64(statement, from + i, numbers[i]);
}

/* Runs an INSERT OR IGNORE. */
static LedgerTaken insert(LedgerCache *cache, int which)
{
    if (!finish(cache, cache->made[which])) return LEDGER_DISK_FAILURE;
    return sqlite3_changes(cache->writer) > 0 ? LEDGER_TAKEN : LEDGER_KNOWN;
}

static gboolean is_erased(LedgerCache *cache, const char *call)
{
    sqlite3_stmt *statement = cache->made[GET_ERASED];
    bind_text(statement, 1, call);
    const gboolean found = sqlite3_step(statement) == SQLITE_ROW;
    sqlite3_reset(statement);
    return found;
}

static LedgerTaken put_offers(LedgerCache *cache, const FactsCall *facts, gint64 landed, LedgerCounters *counters)
{
    sqlite3_stmt *statement = cache->made[PUT_OFFER];
    for (guint i = 0; i < facts->offer_count; i++) {
        const FactsOffer *offer = &facts->offers[i];
        bind_text(statement, 1, facts->id);
        bind_numbers(statement, 2,
                     (gint64[]){i, landed, facts->call.enqueued_utc, offer->gen, offer->offered_utc, offer->ended_utc, offer->result}, 7);
        bind_text(statement, 9, offer->booth);
        bind_text(statement, 10, facts->topic);
        bind_text(statement, 11, facts->lang);
        if (insert(cache, PUT_OFFER) == LEDGER_DISK_FAILURE) return LEDGER_DISK_FAILURE;
        counters->offers[offer->result]++;
    }
    return LEDGER_TAKEN;
}

static void count_wait(const KpiCall *call, LedgerCounters *counters)
{
    static const gint64 bounds[] = LEDGER_WAIT_BOUNDS;
    const gint64 waited_ms = kpi_is_answered(call) ? kpi_span(call->enqueued_utc, call->answered_utc) : -1;
    guint i = 0;
    G_STATIC_ASSERT(G_N_ELEMENTS(bounds) + 1 == LEDGER_WAITS);
    if (waited_ms < 0) return;
    while (i < G_N_ELEMENTS(bounds) && waited_ms > bounds[i] * 1000) i++;
    counters->answered++;
    counters->waits[i]++;
    counters->waited_ms += (guint64)waited_ms;
}

static KpiCause counted_cause(const KpiCall *call)
{
    return call->outcome == KPI_COMPLETED || call->outcome == KPI_CALLBACK ? KPI_UNKNOWN_CAUSE : call->cause;
}

static LedgerTaken take_call(LedgerCache *cache, const json_t *record, gint64 landed, LedgerCounters *counters)
{
    FactsCall *facts = &cache->facts;
    const KpiCall *call = &facts->call;
    if (!facts_call(record, facts)) return LEDGER_UNREADABLE;
    if (is_erased(cache, facts->id)) return LEDGER_ERASED;
    sqlite3_stmt *statement = cache->made[PUT_CALL];
    bind_text(statement, 1, facts->id);
    sqlite3_bind_int64(statement, 2, landed);
    bind_text(statement, 3, facts->topic);
    bind_text(statement, 4, facts->lang);
    bind_text(statement, 5, facts->booth);
    bind_numbers(statement, 6,
                 (gint64[]){call->outcome, call->cause, call->in_line, call->enqueued_utc, call->answered_utc, call->accepted_utc,
                            call->media_up_utc, call->ended_utc, call->promised, call->promise_p50_ms, call->promise_p90_ms},
                 11);
    const LedgerTaken taken = insert(cache, PUT_CALL);
    if (taken != LEDGER_TAKEN) return taken;
    counters->calls[call->outcome][counted_cause(call)]++;
    count_wait(call, counters);
    return put_offers(cache, facts, landed, counters);
}

/* A booth's store and region from then on, if they are others than before. */
static gboolean put_label(LedgerCache *cache, const FactsBooth *facts, gint64 since)
{
    sqlite3_stmt *known = cache->made[GET_LABEL], *statement = cache->made[PUT_LABEL];
    if (!facts->labelled) return TRUE;
    bind_text(known, 1, facts->booth);
    sqlite3_bind_int64(known, 2, since);
    const gboolean same = sqlite3_step(known) == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(known, 0), facts->store) == 0 &&
                          strcmp((const char *)sqlite3_column_text(known, 1), facts->region) == 0;
    sqlite3_reset(known);
    if (same) return TRUE;
    bind_text(statement, 1, facts->booth);
    sqlite3_bind_int64(statement, 2, since);
    bind_text(statement, 3, facts->store);
    bind_text(statement, 4, facts->region);
    return finish(cache, statement);
}

static LedgerTaken put_handled(LedgerCache *cache, const FactsBooth *facts, const json_t *record, gint64 at, gint64 landed)
{
    const KpiHandled *handled = &facts->handled;
    sqlite3_stmt *statement = cache->made[PUT_HANDLED];
    const json_t *told = json_object_get(record, "quality");
    g_autofree char *quality = json_is_object(told) ? json_dumps(told, JSON_COMPACT) : NULL;
    bind_text(statement, 1, facts->booth);
    bind_numbers(statement, 2, (gint64[]){facts->epoch, facts->seq, landed}, 3);
    bind_text(statement, 5, facts->call);
    bind_numbers(statement, 6, (gint64[]){facts->gen, at}, 2);
    bind_text(statement, 8, facts->topic);
    bind_text(statement, 9, facts->lang);
    bind_numbers(statement, 10,
                 (gint64[]){handled->talk_ms, handled->hold_ms, handled->wrapup_ms, handled->sale, handled->attached, handled->valued,
                            handled->value_minor},
                 7);
    bind_text(statement, 17, handled->currency);
    bind_text(statement, 18, facts->outcome);
    bind_text(statement, 19, facts->codec);
    bind_text(statement, 20, quality && strlen(quality) <= QUALITY_MAX ? quality : NULL);
    return insert(cache, PUT_HANDLED);
}

static LedgerTaken put_spent(LedgerCache *cache, const FactsBooth *facts, gint64 at, gint64 landed)
{
    const KpiTime *time = &facts->time;
    sqlite3_stmt *statement = cache->made[PUT_SPENT];
    bind_text(statement, 1, facts->booth);
    bind_numbers(statement, 2, (gint64[]){facts->epoch, facts->seq, landed, at}, 4);
    bind_text(statement, 6, facts->boot_id);
    bind_numbers(statement, 7,
                 (gint64[]){facts->mono, time->ready_ms, time->ringing_ms, time->connecting_ms, time->live_ms, time->wrapup_ms,
                            time->paused_ms, time->practice_ms, time->other_ms},
                 9);
    return insert(cache, PUT_SPENT);
}

static LedgerTaken take_booth(LedgerCache *cache, const json_t *record, gint64 landed, LedgerCounters *counters)
{
    FactsBooth facts;
    if (!facts_booth(record, cache->attach, &facts)) return LEDGER_UNREADABLE;
    const gint64 at = facts.utc > 0 ? facts.utc : landed;
    LedgerTaken taken = LEDGER_KNOWN;
    counters->booth_records++;
    if (facts.kind == FACTS_BOOTH_CALL && is_erased(cache, facts.call)) return LEDGER_ERASED;
    if (facts.kind != FACTS_BOOTH_REFUSED && !put_label(cache, &facts, at)) return LEDGER_DISK_FAILURE;
    if (facts.kind == FACTS_BOOTH_CALL) taken = put_handled(cache, &facts, record, at, landed);
    if (facts.kind == FACTS_BOOTH_CALL && taken == LEDGER_TAKEN) counters->handled++;
    if (facts.kind == FACTS_BOOTH_STATE) taken = put_spent(cache, &facts, at, landed);
    return taken;
}

static LedgerTaken take_rating(LedgerCache *cache, const json_t *record, gint64 landed, LedgerCounters *counters)
{
    FactsRating facts;
    sqlite3_stmt *statement = cache->made[PUT_RATING];
    if (!facts_rating(record, &facts)) return LEDGER_UNREADABLE;
    if (is_erased(cache, facts.call)) return LEDGER_ERASED;
    bind_text(statement, 1, facts.call);
    bind_numbers(statement, 2, (gint64[]){landed, facts.rating.stars, facts.rating.recommend}, 3);
    const LedgerTaken taken = insert(cache, PUT_RATING);
    if (taken == LEDGER_TAKEN) counters->ratings++;
    return taken;
}

static LedgerTaken take_erasure(LedgerCache *cache, const char *call, gint64 landed)
{
    static const char *const of_call[] = {"DELETE FROM call WHERE id = ?", "DELETE FROM offer WHERE call = ?",
                                          "DELETE FROM handled WHERE call = ?", "DELETE FROM rating WHERE call = ?"};
    bind_text(cache->made[PUT_ERASED], 1, call);
    sqlite3_bind_int64(cache->made[PUT_ERASED], 2, landed);
    const LedgerTaken taken = insert(cache, PUT_ERASED);
    for (guint i = 0; i < G_N_ELEMENTS(of_call) && taken == LEDGER_TAKEN; i++) {
        sqlite3_stmt *statement = NULL;
        gboolean well = sqlite3_prepare_v2(cache->writer, of_call[i], -1, &statement, NULL) == SQLITE_OK;
        if (well) bind_text(statement, 1, call);
        const int code = well ? sqlite3_step(statement) : SQLITE_ERROR;
        ledger_cache_weigh(cache, code);
        well = code == SQLITE_DONE;
        sqlite3_finalize(statement);
        if (!well) return LEDGER_DISK_FAILURE;
    }
    return taken;
}

LedgerTaken ledger_cache_take(LedgerCache *cache, const char *subject, const char *text, gsize length, guint64 seq, gint64 landed_utc,
                              LedgerCounters *counters)
{
    json_t *record = json_loadb(text, length, 0, NULL);
    LedgerTaken taken = LEDGER_KNOWN;
    if (!json_is_object(record))
        taken = LEDGER_UNREADABLE;
    else if (g_str_has_prefix(subject, "record.call."))
        taken = take_call(cache, record, landed_utc, counters);
    else if (g_str_has_prefix(subject, "record.booth."))
        taken = take_booth(cache, record, landed_utc, counters);
    else if (g_str_has_prefix(subject, "record.rating."))
        taken = take_rating(cache, record, landed_utc, counters);
    else if (g_str_has_prefix(subject, "record.erased."))
        taken = take_erasure(cache, subject + strlen("record.erased."), landed_utc);
    json_decref(record);
    if (taken == LEDGER_UNREADABLE) counters->refused++;
    cache->last = seq;
    if (taken == LEDGER_DISK_FAILURE) g_warning("the ledger: %s", sqlite3_errmsg(cache->writer));
    counters->last = seq;
    return taken;
}

/* --- keeping ----------------------------------------------------------------------------------------------------------------------- */

gboolean ledger_cache_retain(LedgerCache *cache, gint64 before_utc)
{
    gboolean well = ledger_cache_begin(cache);
    for (guint i = 0; i < G_N_ELEMENTS(tables) && well; i++) {
        g_autofree char *sql = g_strdup_printf("DELETE FROM %s WHERE landed < %" G_GINT64_FORMAT, tables[i], before_utc);
        well = run(cache, sql);
    }
    /* The last label before is what the booth still is. */
    g_autofree char *labels = g_strdup_printf("DELETE FROM label WHERE since < (SELECT max(since) FROM label AS newer WHERE"
                                              " newer.booth = label.booth AND newer.since <= %" G_GINT64_FORMAT ")",
                                              before_utc);
    if (well && run(cache, labels)) return ledger_cache_commit(cache);
    ledger_cache_rollback(cache);
    return FALSE;
}

static void count_waits(LedgerCache *cache, LedgerCounters *counters)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(cache->writer, "SELECT outcome, cause, in_line, enqueued, answered FROM call", -1, &statement, NULL) !=
        SQLITE_OK)
        return;
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        const KpiCall call = {
            .outcome = (KpiOutcome)CLAMP(sqlite3_column_int(statement, 0), 0, KPI_OUTCOMES - 1),
            .cause = (KpiCause)CLAMP(sqlite3_column_int(statement, 1), 0, KPI_CAUSES - 1),
            .in_line = sqlite3_column_int(statement, 2) != 0,
            .enqueued_utc = sqlite3_column_int64(statement, 3),
            .answered_utc = sqlite3_column_int64(statement, 4),
        };
        counters->calls[call.outcome][counted_cause(&call)]++;
        count_wait(&call, counters);
    }
    ledger_cache_weigh(cache, code);
    sqlite3_finalize(statement);
}

void ledger_cache_count(LedgerCache *cache, LedgerCounters *counters)
{
    sqlite3_stmt *statement = NULL;
    *counters = (LedgerCounters){.last = (guint64)get_meta(cache, "last")};
    count_waits(cache, counters);
    if (sqlite3_prepare_v2(cache->writer, "SELECT result, count(*) FROM offer GROUP BY result", -1, &statement, NULL) == SQLITE_OK) {
        while (sqlite3_step(statement) == SQLITE_ROW)
            counters->offers[CLAMP(sqlite3_column_int(statement, 0), 0, KPI_OFFER_RESULTS - 1)] +=
                (guint64)sqlite3_column_int64(statement, 1);
    }
    sqlite3_finalize(statement);
    counters->handled = (guint64)counted(cache, "SELECT count(*) FROM handled");
    counters->booth_records = counters->handled + (guint64)counted(cache, "SELECT count(*) FROM spent");
    counters->ratings = (guint64)counted(cache, "SELECT count(*) FROM rating");
}
