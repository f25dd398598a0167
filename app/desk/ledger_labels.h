/* ledger_labels: which store and region a booth was of, and when, as its records said. One thread. */
#pragma once

#include <glib.h>
#include <sqlite3.h>

typedef struct LedgerLabels LedgerLabels;

typedef struct {
    gint64 since; /* UTC ms */
    const char *store, *region;
} LedgerLabel;

/* Reads them all. NULL when the database cannot be read; ret_code is what SQLite says, SQLITE_DONE when all went well. */
LedgerLabels *ledger_labels_new(sqlite3 *db, int *ret_code) G_GNUC_WARN_UNUSED_RESULT;
void ledger_labels_free(LedgerLabels *labels); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LedgerLabels, ledger_labels_free)

/* At that time, or else the first that is known; "" for both when none is. Belongs to labels. */
const LedgerLabel *ledger_labels_find(const LedgerLabels *labels, const char *booth, gint64 utc);
