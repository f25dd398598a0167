#include "agent/catalogue_db.h"
#include "agent/catalogue_words.h"

#include "catalogue/gtin.h"
#include "catalogue/pack.h"
#include "catalogue/product_type.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <zstd.h>

#define LEVEL 9 /* of the blocks */

static const char schema[] =
    "PRAGMA page_size=4096; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-8000;"
    "PRAGMA application_id=1279411027; PRAGMA user_version=1;"
    "CREATE TABLE block (number INTEGER PRIMARY KEY, body BLOB NOT NULL);"
    "CREATE TABLE product (id TEXT PRIMARY KEY, row INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE code (number INTEGER, row INTEGER, PRIMARY KEY (number, row)) WITHOUT ROWID;"
    "CREATE TABLE accessory (branch TEXT, topic TEXT, row INTEGER, brand TEXT, PRIMARY KEY (branch, topic, row)) WITHOUT ROWID;"
    "CREATE TABLE vocabulary (body BLOB NOT NULL);"
    "CREATE VIRTUAL TABLE words USING fts5(name, code, more, content='', columnsize=0, detail=column, prefix='1 2 3',"
    " tokenize=\"unicode61 remove_diacritics 0\");"
    "CREATE VIRTUAL TABLE word USING fts5vocab('words', 'col');"
    "BEGIN;";

enum { PUT_BLOCK, PUT_PRODUCT, PUT_CODE, PUT_ACCESSORY, PUT_WORDS, PUTS };
static const char *const puts_sql[PUTS] = {
    [PUT_BLOCK] = "INSERT INTO block VALUES (?1, ?2)",
    [PUT_PRODUCT] = "INSERT INTO product VALUES (?1, ?2)",
    [PUT_CODE] = "INSERT INTO code VALUES (?1, ?2)",
    [PUT_ACCESSORY] = "INSERT INTO accessory VALUES (?1, ?2, ?3, ?4)",
    [PUT_WORDS] = "INSERT INTO words(rowid, name, code, more) VALUES (?1, ?2, ?3, ?4)",
};

typedef struct {
    sqlite3 *db;
    sqlite3_stmt *put[PUTS];
    ZSTD_CCtx *context;
    GString *block; /* lines that wait for it to be full */
    GString *name, *code, *more;
    gint64 blocks;
    gint *stop;
} Build;

static gboolean fail(Build *build, GError **error)
{
    g_set_error(error, CATALOGUE_DB_ERROR, CATALOGUE_DB_FAILED, "the catalogue's database cannot be written: %s",
                sqlite3_errmsg(build->db));
    return FALSE;
}

static gboolean run(Build *build, int put, GError **error)
{
    gboolean well = sqlite3_step(build->put[put]) == SQLITE_DONE;
    sqlite3_reset(build->put[put]);
    return well || fail(build, error);
}

static void bind_text(Build *build, int put, int place, const char *text)
{
    sqlite3_bind_text(build->put[put], place, text, -1, SQLITE_TRANSIENT);
}

static gboolean put_block(Build *build, GError **error)
{
    const gsize bound = ZSTD_compressBound(build->block->len);
    g_autofree guint8 *packed = g_malloc(bound);
    const gsize size = ZSTD_compress2(build->context, packed, bound, build->block->str, build->block->len);
    if (ZSTD_isError(size)) g_error("zstd: %s", ZSTD_getErrorName(size));
    sqlite3_bind_int64(build->put[PUT_BLOCK], 1, build->blocks++);
    sqlite3_bind_blob64(build->put[PUT_BLOCK], 2, packed, size, SQLITE_TRANSIENT);
    g_string_truncate(build->block, 0);
    return run(build, PUT_BLOCK, error);
}

static const char *text_of(const json_t *product, const char *member)
{
    const char *text = json_string_value(json_object_get(product, member));
    return text ? text : "";
}

/* What kind of thing it is counts like its name, but for accessories: whoever looks for a TV means none of its cables. */
static void index_kind(Build *build, const json_t *product)
{
    g_auto(GStrv) levels = product_type_levels(text_of(product, "type"));
    const guint depth = g_strv_length(levels);
    if (depth > 0 && product_type_accessory_level((const char *const *)levels) < 0) catalogue_words_index(levels[depth - 1], build->name);
}

static gboolean put_words(Build *build, const json_t *product, gint64 row, GError **error)
{
    static const char *const names[] = {"title", "brand", "mpn"};
    const json_t *value;
    size_t i;
    g_string_truncate(build->name, 0);
    g_string_truncate(build->code, 0);
    g_string_truncate(build->more, 0);
    for (guint n = 0; n < G_N_ELEMENTS(names); n++) catalogue_words_index(text_of(product, names[n]), build->name);
    index_kind(build, product);
    catalogue_words_index(text_of(product, "id"), build->code);
    catalogue_words_index(text_of(product, "gtin"), build->code);
    catalogue_words_index(text_of(product, "type"), build->more);
    json_array_foreach(json_object_get(product, "details"), i, value) catalogue_words_index(text_of(value, "value"), build->more);
    json_array_foreach(json_object_get(product, "highlights"), i, value) catalogue_words_index(json_string_value(value), build->more);
    sqlite3_bind_int64(build->put[PUT_WORDS], 1, row);
    bind_text(build, PUT_WORDS, 2, build->name->str);
    bind_text(build, PUT_WORDS, 3, build->code->str);
    bind_text(build, PUT_WORDS, 4, build->more->str);
    return run(build, PUT_WORDS, error);
}

/* "tv & audio > accessories > headphones": branch "tv & audio", topic "headphones". */
static gboolean put_accessory(Build *build, const json_t *product, gint64 row, GError **error)
{
    g_auto(GStrv) levels = product_type_levels(text_of(product, "type"));
    const int level = product_type_accessory_level((const char *const *)levels);
    if (level < 0) return TRUE;
    g_autofree char *topic = g_strdup(levels[level + 1] ? levels[level + 1] : "");
    g_autofree char *brand = g_utf8_strdown(text_of(product, "brand"), -1);
    g_clear_pointer(&levels[level], g_free);
    g_autofree char *branch = g_strjoinv(">", levels);
    for (int i = level + 1; topic[0] && levels[i]; i++) g_clear_pointer(&levels[i], g_free);
    bind_text(build, PUT_ACCESSORY, 1, branch);
    bind_text(build, PUT_ACCESSORY, 2, topic);
    sqlite3_bind_int64(build->put[PUT_ACCESSORY], 3, row);
    bind_text(build, PUT_ACCESSORY, 4, brand);
    return run(build, PUT_ACCESSORY, error);
}

static gboolean put_keys(Build *build, const json_t *product, gint64 row, GError **error)
{
    gint64 number = 0;
    bind_text(build, PUT_PRODUCT, 1, text_of(product, "id"));
    sqlite3_bind_int64(build->put[PUT_PRODUCT], 2, row);
    if (!run(build, PUT_PRODUCT, error)) return FALSE;
    if (!gtin_read(text_of(product, "gtin"), &number)) return TRUE;
    sqlite3_bind_int64(build->put[PUT_CODE], 1, number);
    sqlite3_bind_int64(build->put[PUT_CODE], 2, row);
    return run(build, PUT_CODE, error);
}

static gboolean on_line(gpointer data, const char *line, gsize length, gint64 row, GError **error)
{
    Build *build = data;
    if (g_atomic_int_get(build->stop)) {
        g_set_error(error, CATALOGUE_DB_ERROR, CATALOGUE_DB_STOPPED, "stopped");
        return FALSE;
    }
    const char *id = "", *title, *type, *brand;
    json_t *product = json_loadb(line, length, 0, NULL);
    if (json_unpack(product, "{s:s, s:s, s:s, s:s}", "id", &id, "title", &title, "type", &type, "brand", &brand) != 0 || !*id) {
        json_decref(product);
        g_set_error(error, CATALOGUE_DB_ERROR, CATALOGUE_DB_FAILED, "product %" G_GINT64_FORMAT " of the catalogue is none", row);
        return FALSE;
    }
    gboolean well =
        put_keys(build, product, row, error) && put_words(build, product, row, error) && put_accessory(build, product, row, error);
    json_decref(product);
    g_string_append_len(build->block, line, (gssize)length);
    g_string_append_c(build->block, '\n');
    return well && (row % CATALOGUE_DB_BLOCK != 0 || put_block(build, error));
}

/* Numbers of products are no words to be meant by another one. */
static gboolean is_spoken(const char *word)
{
    const gsize length = strlen(word);
    return length > 1 && length <= CATALOGUE_WORD_MAX && !(length >= 8 && strspn(word, "0123456789") == length);
}

static gboolean put_vocabulary(Build *build, GError **error)
{
    sqlite3_stmt *words = NULL, *put = NULL;
    CatalogueVocabularyWriter *writer = catalogue_vocabulary_writer_new();
    int state =
        sqlite3_prepare_v2(build->db, "SELECT term, sum(doc) FROM word WHERE col <> 'code' GROUP BY term ORDER BY term", -1, &words, NULL);
    while (state == SQLITE_OK || state == SQLITE_ROW) {
        state = sqlite3_step(words);
        const char *term = state == SQLITE_ROW ? (const char *)sqlite3_column_text(words, 0) : NULL;
        if (term && is_spoken(term)) catalogue_vocabulary_writer_add(writer, term, sqlite3_column_int64(words, 1));
    }
    sqlite3_finalize(words);
    g_autoptr(GBytes) bytes = catalogue_vocabulary_writer_end(writer);
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);
    const gsize bound = ZSTD_compressBound(size);
    g_autofree guint8 *packed = g_malloc(bound);
    const gsize length = ZSTD_compress2(build->context, packed, bound, data, size);
    if (state != SQLITE_DONE || ZSTD_isError(length)) return fail(build, error);
    gboolean well = sqlite3_prepare_v2(build->db, "INSERT INTO vocabulary VALUES (?1)", -1, &put, NULL) == SQLITE_OK &&
                    sqlite3_bind_blob64(put, 1, packed, length, SQLITE_STATIC) == SQLITE_OK && sqlite3_step(put) == SQLITE_DONE;
    sqlite3_finalize(put);
    return well || fail(build, error);
}

static gboolean execute(Build *build, const char *sql, GError **error)
{
    return sqlite3_exec(build->db, sql, NULL, NULL, NULL) == SQLITE_OK || fail(build, error);
}

static gboolean begin(Build *build, const char *path, GError **error)
{
    if (sqlite3_open_v2(path, &build->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return fail(build, error);
    if (!execute(build, schema, error)) return FALSE;
    for (int i = 0; i < PUTS; i++) {
        if (sqlite3_prepare_v2(build->db, puts_sql[i], -1, &build->put[i], NULL) != SQLITE_OK) return fail(build, error);
    }
    return TRUE;
}

static gboolean finish(Build *build, gint64 lines, const CatalogueManifest *manifest, GError **error)
{
    if (lines != manifest->products) {
        g_set_error(error, CATALOGUE_DB_ERROR, CATALOGUE_DB_FAILED,
                    "the catalogue has %" G_GINT64_FORMAT " products, not %" G_GINT64_FORMAT, lines, manifest->products);
        return FALSE;
    }
    if (build->block->len && !put_block(build, error)) return FALSE;
    /* One segment a word: nothing is added any more, so each search looks in one place. */
    if (!execute(build, "INSERT INTO words(words) VALUES ('optimize')", error) || !put_vocabulary(build, error)) return FALSE;
    return execute(build, "COMMIT", error);
}

gboolean catalogue_db_build(const char *pack, const char *path, const CatalogueManifest *manifest, gint *stop, GError **error)
{
    Build build = {.stop = stop,
                   .context = ZSTD_createCCtx(),
                   .block = g_string_new(NULL),
                   .name = g_string_new(NULL),
                   .code = g_string_new(NULL),
                   .more = g_string_new(NULL)};
    gint64 lines = 0;
    if (!build.context) g_error("out of memory");
    ZSTD_CCtx_setParameter(build.context, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setParameter(build.context, ZSTD_c_checksumFlag, 1);
    g_unlink(path);
    gboolean well = begin(&build, path, error) && pack_read(pack, on_line, &build, &lines, error) && finish(&build, lines, manifest, error);
    for (int i = 0; i < PUTS; i++) sqlite3_finalize(build.put[i]);
    if (sqlite3_close(build.db) != SQLITE_OK) g_warning("the catalogue's database was not closed");
    ZSTD_freeCCtx(build.context);
    g_string_free(build.block, TRUE);
    g_string_free(build.name, TRUE);
    g_string_free(build.code, TRUE);
    g_string_free(build.more, TRUE);
    if (!well) g_unlink(path);
    return well;
}
