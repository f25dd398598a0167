/* ledger_query: the answers to the ledger's queries (desk/ledger.h), from its database. On the reading thread; waits for the disk. */
#pragma once

#include <jansson.h>
#include <sqlite3.h>

#include "desk/ledger.h"
#include "kpi/calendar.h"

typedef struct {
    sqlite3 *db;
    const KpiTerms *terms;
    Calendar *calendar;
    const char *timezone; /* the calendar's */
    gint64 now_utc;
    LedgerScope scope; /* but for its time zone */
} LedgerQuery;

/* NULL with a LEDGER_ERROR: a sentence. */
json_t *ledger_query_figures(const LedgerQuery *query, LedgerBy by, LedgerBy then_by, GError **error) G_GNUC_WARN_UNUSED_RESULT;
json_t *ledger_query_calls(const LedgerQuery *query, gint64 before_utc, guint limit, GError **error) G_GNUC_WARN_UNUSED_RESULT;
