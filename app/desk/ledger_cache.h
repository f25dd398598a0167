/* ledger_cache: the ledger's database (desk/ledger.h): what the records of the stream say, in tables, each record once.
 *
 * One connection writes, one reads; both are opened and closed together, and each is for one thread. Without a folder the files have no
 * name any more once they are open. Everything here waits for the disk. */
#pragma once

#include <glib.h>
#include <sqlite3.h>

#include "desk/ledger.h"

#define LEDGER_FILE      "ledger.sqlite" /* in the folder */
#define LEDGER_CACHE_KIB 8192            /* of memory for pages, for each connection */
#define LEDGER_MAPPED    268435456       /* bytes of the file that are read through the system's page cache alone */

typedef struct LedgerCache LedgerCache;

/* folder: NULL or "" for none. attach: borrowed. What cannot be read, or is of another version, is thrown away. NULL with a sentence. */
LedgerCache *ledger_cache_open(const char *folder, const char *const *attach, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void ledger_cache_close(LedgerCache *cache); /* NULL is fine */

/* Of one query: nothing is renewed meanwhile. reader: belongs to it; NULL when it could not be renewed. */
void ledger_cache_lock(LedgerCache *cache);
void ledger_cache_unlock(LedgerCache *cache);
sqlite3 *ledger_cache_reader(LedgerCache *cache);
/* Any thread: what SQLite said of a statement that failed; weighed, whether it tells of damage. Returns whether. */
gboolean ledger_cache_weigh(LedgerCache *cache, int code);
gboolean ledger_cache_is_damaged(const LedgerCache *cache); /* some statement told so since the files were made */

/* From here on for the writing thread. */

/* The sequence after which the stream goes on: all that was taken is forgotten first when it came from another stream than the one that
 * was made at created and has landed so many. */
gboolean ledger_cache_resume(LedgerCache *cache, gint64 created, guint64 landed, guint64 *ret_last, GError **error);

typedef enum {
    LEDGER_TAKEN,
    LEDGER_KNOWN,        /* it was there, or says nothing that is counted */
    LEDGER_UNREADABLE,   /* it is no record */
    LEDGER_ERASED,       /* of a call that was erased: it should not be in the stream */
    LEDGER_DISK_FAILURE, /* nothing of what was not committed holds */
} LedgerTaken;

/* Within ledger_cache_begin() and ledger_cache_commit(). counters grows with what is new. */
LedgerTaken ledger_cache_take(LedgerCache *cache, const char *subject, const char *text, gsize length, guint64 seq, gint64 landed_utc,
                              LedgerCounters *counters);
gboolean ledger_cache_begin(LedgerCache *cache);
gboolean ledger_cache_commit(LedgerCache *cache);
void ledger_cache_rollback(LedgerCache *cache);

/* Reads the whole file. FALSE: it is damaged. */
gboolean ledger_cache_check(LedgerCache *cache);
/* Throws the files away and makes new ones, empty: all is to be read anew. Waits for the query under way. */
gboolean ledger_cache_renew(LedgerCache *cache, GError **error);
/* Forgets what landed before. FALSE: not now. */
gboolean ledger_cache_retain(LedgerCache *cache, gint64 before_utc);
/* Counts what is there. */
void ledger_cache_count(LedgerCache *cache, LedgerCounters *counters);
