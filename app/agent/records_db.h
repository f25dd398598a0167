/* records_db: the file behind records.h: its tables, whether it is sound, and what can be saved of one that is not. For records.c. */
#pragma once

#include <glib.h>
#include <sqlite3.h>

/* Rows of kept. */
enum { KEPT_EPOCH = 1, KEPT_STATE = 2, KEPT_DROPPED = 3 };

/* Opens or makes it and reads all of it. NULL: the code of the error is SQLite's; records_db_is_damage() tells whether to set it aside. */
sqlite3 *records_db_open(const char *path, GError **error);
gboolean records_db_check(sqlite3 *db);
gboolean records_db_is_damage(int code);

/* The check sum of a row of record; in SQL record_sum(epoch, seq, body). */
gint64 records_db_sum(gint64 epoch, gint64 seq, const char *body);

/* Renames the file and what belongs to it, and removes those set aside before. The new name, to g_free(); NULL: it could not be done. */
char *records_db_set_aside(const char *path, GError **error);

/* Copies what can be read of the one set aside: records, of which those that may not have landed wait, and what is kept. Returns how many
 * records. */
guint records_db_salvage(const char *aside, sqlite3 *into);
