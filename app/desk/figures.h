/* figures: `desk figures`: the key figures of docs/kpi.md for a person, a sheet or a program. Reads the whole stream of records, on a
 * connection of its own, and blocks until it has, or FIGURES_WAIT_S are over. For the command line. */
#pragma once

#include "config/config.h"

#define FIGURES_WAIT_S 120

typedef struct {
    char *from, *to; /* as calendar_read() takes them; NULL: the last 7 days, until now */
    char *by;        /* what ledger_by_read() knows, two with a comma; NULL: none */
    char *timezone;  /* NULL: that of [hours] */
    char *booth, *store, *region, *topic, *lang;
    gboolean json, csv; /* otherwise a table of the most important ones */
} FiguresSettings;

/* FALSE with one sentence. */
gboolean figures_print(const Config *config, const FiguresSettings *settings, void (*line)(const char *text), GError **error);
