/* records: what the booth must not forget, in one SQLite database (WAL, synchronous FULL): the records of its calls, the outbox of those
 * that have not reached the centre, and the state in which a killed agent goes on.
 *
 * A record, its outbox row and the state that follows from it commit in one transaction. A record's key is booth, epoch (grows with each
 * start of the agent) and seq. Bounded: RECORDS_KEPT records that landed, RECORDS_WAITING that did not. One thread; each call blocks for a
 * disk write. */
#pragma once

#include <glib.h>
#include <jansson.h>

typedef struct Records Records;

#define RECORDS_FILE    "records.sqlite" /* in the state folder */
#define RECORDS_KEPT    2000
#define RECORDS_WAITING 100000 /* beyond it the oldest are dropped, with a line in the log */

#define RECORDS_ERROR (records_error_quark())
GQuark records_error_quark(void);

/* Opens or makes the database in folder and begins a new epoch, at least epoch_min. A damaged one is set aside under another name (the log
 * says which) and a new one begun. NULL with a sentence when the folder cannot be written. */
Records *records_open(const char *folder, const char *booth, gint64 epoch_min, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void records_free(Records *records); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Records, records_free)

gint64 records_epoch(const Records *records);

/* Commits a record (without booth, epoch and seq, which are added; borrowed; NULL: none) and the state's text. FALSE: neither was written.
 */
gboolean records_commit(Records *records, const json_t *record, const char *state, GError **error);

/* The state of the last commit, to g_free(); NULL: none. */
char *records_state(Records *records);

/* The oldest record of the outbox, complete (new reference); NULL: it is empty. */
json_t *records_next(Records *records, gint64 *epoch, gint64 *seq);

/* The centre has every record up to this one. An epoch at or beyond our own means that the centre knows of a database that was lost here:
 * then nothing of ours has landed, and all that waits moves to a newer epoch. */
void records_landed(Records *records, gint64 epoch, gint64 seq);
void records_welcome(Records *records, gint64 epoch, gint64 seq);

/* Newest first, at most limit; new reference to an array. */
json_t *records_list(Records *records, guint limit);

gint64 records_waiting(Records *records); /* rows of the outbox */
gint64 records_stored(Records *records);  /* records in all */
