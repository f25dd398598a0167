/* records: what the booth must not forget, in one SQLite database (WAL, synchronous FULL): the records of docs/protocol.md ("The booth's
 * record"), the outbox of those that have not reached the centre, and the state in which a killed agent goes on.
 *
 * A record, its outbox row and the state that follows from it commit in one transaction. A record's key is booth, epoch (grows with each
 * start of the agent) and seq. Each has a check sum: what comes out is what went in.
 *
 * Times: a record is committed with the monotonic times of its boot; its UTC times are added here, as soon as the offset of that boot is
 * known (records_clock()). Until then it is not given to the centre.
 *
 * Bounded: at most RECORDS_KEPT records that landed, and RECORDS_BYTES_MAX on the disk, of a damaged database that was set aside again as
 * much. When that is spent the oldest that landed go first; if none is left the oldest that wait, with a line in the log and a count that
 * stays (records_dropped()).
 *
 * A damaged database is noticed when it is opened (every page and every record is read), by records_check(), or by a statement that fails.
 * It is set aside, what can be read of it is taken over with its keys, and a new epoch begins. One thread; each call blocks for a disk
 * write. */
#pragma once

#include <glib.h>
#include <jansson.h>

typedef struct Records Records;

#define RECORDS_FILE      "records.sqlite" /* in the state folder */
#define RECORDS_EPOCH     "records.epoch"  /* beside it: the last epoch, should the database be lost */
#define RECORDS_KEPT      2000
#define RECORDS_BYTES_MAX (64 * 1024 * 1024)
#define RECORDS_ALARM     6000 /* as many waiting are a problem (statistics_backlog): a month of a busy booth; the disk has room for ten */

#define RECORDS_ERROR (records_error_quark())
GQuark records_error_quark(void);

/* Opens or makes the database in folder and begins a new epoch, at least epoch_min. NULL with a sentence when the folder cannot be
 * written. */
Records *records_open(const char *folder, const char *booth, gint64 epoch_min, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void records_free(Records *records); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Records, records_free)

gint64 records_epoch(const Records *records);

/* The offset of UTC in the boot of that id, in ms, or that it is not known. Records that wait for it get their times; those of earlier
 * boots that never knew theirs are marked so. To be called before the first commit, and whenever it becomes known or steps. */
void records_clock(Records *records, const char *boot, gboolean known, gint64 offset);

/* Commits a list of records (each with boot_id and its _mono times; key and _utc are added; borrowed; NULL: none) and the state's text.
 * FALSE: nothing was written. */
gboolean records_commit(Records *records, const json_t *list, const char *state, GError **error);

/* The state of the last commit, to g_free(); NULL: none. */
char *records_state(Records *records);

/* What waits for the centre after this key, in order, complete: at most most records and, but for the first, bytes of text. A new reference
 * to an array; empty: nothing more waits. */
json_t *records_batch(Records *records, gint64 epoch, gint64 seq, guint most, gsize bytes);

/* The centre has every record up to this one. An epoch at or beyond our own means that the centre knows of a database that was lost here:
 * then nothing of ours has landed, and all that waits moves to a newer epoch. */
void records_landed(Records *records, gint64 epoch, gint64 seq);
void records_welcome(Records *records, gint64 epoch, gint64 seq);

/* Those before this key (0, 0: all), newest first, at most limit; new reference to an array. */
json_t *records_list(Records *records, guint limit, gint64 epoch, gint64 seq);

/* Reads all of it. What is damaged is dealt with as said above. TRUE: it was sound. */
gboolean records_check(Records *records);

gint64 records_waiting(const Records *records);        /* rows of the outbox */
gint64 records_stored(const Records *records);         /* records in all */
gint64 records_dropped(const Records *records);        /* ever, without having landed */
gboolean records_were_damaged(const Records *records); /* since they were opened: a damaged database was set aside */
/* When the oldest that waits was made, UTC in ms; 0: none waits, or its time is not known. And the size of the files. */
gint64 records_oldest_utc(Records *records);
gint64 records_bytes(const Records *records);
