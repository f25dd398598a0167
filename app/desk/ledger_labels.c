#include "desk/ledger_labels.h"

struct LedgerLabels {
    GHashTable *booths;    /* name → GArray of LedgerLabel, by time */
    GStringChunk *strings; /* stores and regions repeat */
};

static void unref_array(gpointer data)
{
    g_array_unref(data);
}

LedgerLabels *ledger_labels_new(sqlite3 *db, int *ret_code)
{
    static const char select[] = "SELECT booth, since, store, region FROM label ORDER BY booth, since";
    sqlite3_stmt *statement = NULL;
    *ret_code = sqlite3_prepare_v2(db, select, -1, &statement, NULL);
    if (*ret_code != SQLITE_OK) return NULL;
    LedgerLabels *labels = g_new0(LedgerLabels, 1);
    labels->booths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, unref_array);
    labels->strings = g_string_chunk_new(4096);
    while ((*ret_code = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *booth = (const char *)sqlite3_column_text(statement, 0);
        GArray *found = g_hash_table_lookup(labels->booths, booth);
        const LedgerLabel label = {
            .since = sqlite3_column_int64(statement, 1),
            .store = g_string_chunk_insert_const(labels->strings, (const char *)sqlite3_column_text(statement, 2)),
            .region = g_string_chunk_insert_const(labels->strings, (const char *)sqlite3_column_text(statement, 3)),
        };
        if (!found) {
            found = g_array_new(FALSE, FALSE, sizeof(LedgerLabel));
            g_hash_table_insert(labels->booths, g_strdup(booth), found);
        }
        g_array_append_val(found, label);
    }
    sqlite3_finalize(statement);
    if (*ret_code != SQLITE_DONE) g_clear_pointer(&labels, ledger_labels_free);
    return labels;
}

void ledger_labels_free(LedgerLabels *labels)
{
    if (!labels) return;
    g_hash_table_unref(labels->booths);
    g_string_chunk_free(labels->strings);
    g_free(labels);
}

const LedgerLabel *ledger_labels_find(const LedgerLabels *labels, const char *booth, gint64 utc)
{
    static const LedgerLabel none = {0, "", ""};
    const GArray *found = *booth ? g_hash_table_lookup(labels->booths, booth) : NULL;
    if (!found) return &none;
    guint at = found->len;
    while (at > 1 && g_array_index(found, LedgerLabel, at - 1).since > utc) at--;
    return &g_array_index(found, LedgerLabel, at - 1);
}
