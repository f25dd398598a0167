#include "agent/catalogue_db.h"

#include <sqlite3.h>
#include <string.h>
#include <zstd.h>

#define BLOCK_BYTES_MAX      (CATALOGUE_DB_BLOCK * (CATALOGUE_PRODUCT_MAX + 1))
#define VOCABULARY_BYTES_MAX (64 * 1024 * 1024)

enum { GET_BLOCK, GET_ID, GET_CODE, GET_WORDS, GET_ACCESSORY, GET_BRAND, GET_VOCABULARY, GETS };
static const char *const gets_sql[GETS] = {
    [GET_BLOCK] = "SELECT body FROM block WHERE number = ?1",
    [GET_ID] = "SELECT row FROM product WHERE id = ?1",
    [GET_CODE] = "SELECT row FROM code WHERE number = ?1 ORDER BY row",
    [GET_WORDS] = "SELECT rowid FROM words WHERE words MATCH ?1 ORDER BY rowid",
    [GET_ACCESSORY] = "SELECT row FROM accessory WHERE branch = ?1 AND topic = ?2 ORDER BY row",
    [GET_BRAND] = "SELECT row FROM accessory WHERE branch = ?1 AND topic = ?2 AND brand = ?3 ORDER BY row",
    [GET_VOCABULARY] = "SELECT body FROM vocabulary",
};

struct CatalogueDb {
    sqlite3 *db;
    sqlite3_stmt *get[GETS];
    gboolean damaged;
    gint64 block_number; /* of block; -1: none */
    GBytes *block;
    CatalogueVocabulary *vocabulary;
};

GQuark catalogue_db_error_quark(void)
{
    return g_quark_from_static_string("livebooth-catalogue-db");
}

static void found_damage(CatalogueDb *db, const char *what)
{
    if (!db->damaged) g_warning("the catalogue on the disk is damaged: %s", what);
    db->damaged = TRUE;
}

static gboolean is_ours(CatalogueDb *db)
{
    sqlite3_stmt *statement = NULL;
    gboolean ours = sqlite3_prepare_v2(db->db,
                                       "SELECT 1 FROM pragma_application_id, pragma_user_version WHERE application_id = 1279411027 AND "
                                       "user_version = 1",
                                       -1, &statement, NULL) == SQLITE_OK &&
                    sqlite3_step(statement) == SQLITE_ROW;
    sqlite3_finalize(statement);
    return ours;
}

CatalogueDb *catalogue_db_open(const char *path, GError **error)
{
    CatalogueDb *db = g_new0(CatalogueDb, 1);
    g_autofree char *escaped = g_uri_escape_string(path, "/", FALSE), *uri = g_strdup_printf("file:%s?immutable=1", escaped);
    db->block_number = -1;
    gboolean well =
        sqlite3_open_v2(uri, &db->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK && is_ours(db);
    if (well) sqlite3_exec(db->db, "PRAGMA mmap_size=0; PRAGMA cache_size=-2000", NULL, NULL, NULL);
    for (int i = 0; well && i < GETS; i++)
        well = sqlite3_prepare_v3(db->db, gets_sql[i], -1, SQLITE_PREPARE_PERSISTENT, &db->get[i], NULL) == SQLITE_OK;
    if (well) return db;
    g_set_error(error, CATALOGUE_DB_ERROR, CATALOGUE_DB_FAILED, "%s: %s", path, sqlite3_errmsg(db->db));
    catalogue_db_close(db);
    return NULL;
}

void catalogue_db_close(CatalogueDb *db)
{
    if (!db) return;
    for (int i = 0; i < GETS; i++) sqlite3_finalize(db->get[i]);
    sqlite3_close(db->db);
    catalogue_vocabulary_free(db->vocabulary);
    g_clear_pointer(&db->block, g_bytes_unref);
    g_free(db);
}

gboolean catalogue_db_is_damaged(const CatalogueDb *db)
{
    return db->damaged;
}

void catalogue_db_rest(CatalogueDb *db)
{
    g_clear_pointer(&db->vocabulary, catalogue_vocabulary_free);
    g_clear_pointer(&db->block, g_bytes_unref);
    db->block_number = -1;
    sqlite3_db_release_memory(db->db);
}

/* The next row of a statement; FALSE: that was the last, or it cannot be read. */
static gboolean step(CatalogueDb *db, int get)
{
    const int state = sqlite3_step(db->get[get]);
    if (state == SQLITE_ROW) return TRUE;
    switch (state & 0xFF) {
    case SQLITE_DONE: break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR: found_damage(db, sqlite3_errmsg(db->db)); break;
    default: g_warning("the catalogue cannot be read: %s", sqlite3_errmsg(db->db));
    }
    return FALSE;
}

static void end(CatalogueDb *db, int get)
{
    sqlite3_reset(db->get[get]);
    sqlite3_clear_bindings(db->get[get]);
}

/* --- blocks
 * --------------------------------------------------------------------------------------------------------------------------------- */

/* Unpacks the blob of the row at hand; NULL: it is damaged. */
static GBytes *unpack(CatalogueDb *db, int get, gsize most)
{
    const void *packed = sqlite3_column_blob(db->get[get], 0);
    const gsize length = (gsize)sqlite3_column_bytes(db->get[get], 0);
    const unsigned long long size = packed ? ZSTD_getFrameContentSize(packed, length) : ZSTD_CONTENTSIZE_ERROR;
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > most) return NULL;
    guint8 *bytes = g_malloc(size ? size : 1);
    const gsize got = ZSTD_decompress(bytes, size, packed, length);
    if (!ZSTD_isError(got) && got == size) return g_bytes_new_take(bytes, size);
    g_free(bytes);
    return NULL;
}

static gboolean load_block(CatalogueDb *db, gint64 number)
{
    if (db->block && db->block_number == number) return TRUE;
    g_clear_pointer(&db->block, g_bytes_unref);
    sqlite3_bind_int64(db->get[GET_BLOCK], 1, number);
    if (step(db, GET_BLOCK)) {
        db->block = unpack(db, GET_BLOCK, BLOCK_BYTES_MAX);
        if (!db->block) found_damage(db, "a block cannot be unpacked");
    }
    end(db, GET_BLOCK);
    db->block_number = number;
    return db->block != NULL;
}

json_t *catalogue_db_row(CatalogueDb *db, gint64 row)
{
    if (row < 1 || !load_block(db, (row - 1) / CATALOGUE_DB_BLOCK)) return NULL;
    gsize left;
    const char *at = g_bytes_get_data(db->block, &left);
    for (gint64 skip = (row - 1) % CATALOGUE_DB_BLOCK;; skip--) {
        const char *line_end = left ? memchr(at, '\n', left) : NULL;
        if (!line_end) return NULL;
        if (skip == 0) {
            json_t *product = json_loadb(at, (gsize)(line_end - at), 0, NULL);
            if (!product) found_damage(db, "a product is no JSON");
            return product;
        }
        left -= (gsize)(line_end + 1 - at);
        at = line_end + 1;
    }
}

/* --- rows
 * ------------------------------------------------------------------------------------------------------------------------------------ */

static gboolean has_row(const GArray *rows, gint64 row)
{
    for (guint i = 0; i < rows->len; i++) {
        if (g_array_index(rows, gint64, i) == row) return TRUE;
    }
    return FALSE;
}

static void collect(CatalogueDb *db, int get, guint most, GArray *rows)
{
    while (rows->len < most && step(db, get)) {
        const gint64 row = sqlite3_column_int64(db->get[get], 0);
        if (!has_row(rows, row)) g_array_append_val(rows, row);
    }
    end(db, get);
}

gint64 catalogue_db_find_id(CatalogueDb *db, const char *id)
{
    sqlite3_bind_text(db->get[GET_ID], 1, id, -1, SQLITE_STATIC);
    const gint64 row = step(db, GET_ID) ? sqlite3_column_int64(db->get[GET_ID], 0) : 0;
    end(db, GET_ID);
    return row;
}

void catalogue_db_find_code(CatalogueDb *db, gint64 number, guint most, GArray *rows)
{
    sqlite3_bind_int64(db->get[GET_CODE], 1, number);
    collect(db, GET_CODE, most, rows);
}

void catalogue_db_match(CatalogueDb *db, const char *expression, guint most, GArray *rows)
{
    if (rows->len >= most) return;
    sqlite3_bind_text(db->get[GET_WORDS], 1, expression, -1, SQLITE_STATIC);
    collect(db, GET_WORDS, most, rows);
}

void catalogue_db_accessories(CatalogueDb *db, const char *branch, const char *topic, const char *brand, guint most, GArray *rows)
{
    const int get = brand ? GET_BRAND : GET_ACCESSORY;
    sqlite3_bind_text(db->get[get], 1, branch, -1, SQLITE_STATIC);
    sqlite3_bind_text(db->get[get], 2, topic, -1, SQLITE_STATIC);
    if (brand) sqlite3_bind_text(db->get[get], 3, brand, -1, SQLITE_STATIC);
    collect(db, get, most, rows);
}

const CatalogueVocabulary *catalogue_db_vocabulary(CatalogueDb *db)
{
    if (db->vocabulary) return db->vocabulary;
    g_autoptr(GBytes) bytes = step(db, GET_VOCABULARY) ? unpack(db, GET_VOCABULARY, VOCABULARY_BYTES_MAX) : NULL;
    end(db, GET_VOCABULARY);
    if (bytes) db->vocabulary = catalogue_vocabulary_new(bytes);
    if (!db->vocabulary) found_damage(db, "its vocabulary cannot be read");
    return db->vocabulary;
}
