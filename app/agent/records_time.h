/* records_time: the UTC times of a record, from its monotonic ones. Pure. */
#pragma once

#include <glib.h>
#include <jansson.h>

/* Gives each X_mono its X_utc (0 stays 0), and clock: "known" or "later". */
void records_time_settle(json_t *record, gint64 offset, const char *clock);
/* Until the offset is known: clock is "waiting" and each X_utc 0. */
void records_time_wait(json_t *record);
/* It never will be: clock is "unknown", and what is known instead. */
void records_time_give_up(json_t *record, gint64 after_utc, gint64 before_utc);
