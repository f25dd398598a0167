/* catalogue_db: one version of the catalogue on the booth's disk: a SQLite file that is built once and never changed.
 *
 * Products lie in compressed blocks in the order of the pack, which is that of what is shown first; row numbers count from 1. Reading is
 * for one thread at a time, without memory mapping: a disk that fails is an error here and no crash. */
#pragma once

#include "agent/catalogue_vocabulary.h"
#include "catalogue/manifest.h"

#include <jansson.h>

typedef struct CatalogueDb CatalogueDb;

#define CATALOGUE_DB_ERROR (catalogue_db_error_quark())
GQuark catalogue_db_error_quark(void);
enum { CATALOGUE_DB_FAILED, CATALOGUE_DB_STOPPED };

/* Builds path from the packed file. Looks at *stop (atomic) now and then and gives up when it is set. A file that is not finished is
 * removed. Any thread; a few seconds for 50,000 products. */
gboolean catalogue_db_build(const char *pack, const char *path, const CatalogueManifest *manifest, gint *stop, GError **error);

/* NULL: it is none of ours, or damaged. */
CatalogueDb *catalogue_db_open(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void catalogue_db_close(CatalogueDb *db); /* NULL is fine */

/* Whether reading has ever come upon damage since it was opened: then what it says is not to be trusted, and it is to be fetched anew. */
gboolean catalogue_db_is_damaged(const CatalogueDb *db);
/* Drops what it holds in memory for speed. */
void catalogue_db_rest(CatalogueDb *db);

/* A product as it was packed, a new reference; NULL: there is none. */
json_t *catalogue_db_row(CatalogueDb *db, gint64 row);
gint64 catalogue_db_find_id(CatalogueDb *db, const char *id); /* 0: none */
/* Rows of the products with a trade item number, appended; at most most of them. */
void catalogue_db_find_code(CatalogueDb *db, gint64 number, guint most, GArray *rows);
/* Rows that match an expression of FTS5 in order, appended where they are not in rows yet, until it has most. Columns: name, code, more. */
void catalogue_db_match(CatalogueDb *db, const char *expression, guint most, GArray *rows);
/* Accessories of a branch of product types ("tv & audio") for a topic (a level of the type, or ""), those of brand alone unless it is NULL.
 */
void catalogue_db_accessories(CatalogueDb *db, const char *branch, const char *topic, const char *brand, guint most, GArray *rows);
/* Belongs to the db, valid until catalogue_db_rest(). NULL: it cannot be read. */
const CatalogueVocabulary *catalogue_db_vocabulary(CatalogueDb *db);

#define CATALOGUE_DB_BLOCK 16 /* products in one */
