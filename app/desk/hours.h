/* hours: when the centre takes calls. Opening hours by weekday in one IANA time zone, with days that are closed altogether.
 *
 * Times are UTC milliseconds since 1970. A day's hours are local wall-clock times, so they follow daylight saving; a time that a change of
 * clocks skips counts as the moment of the change. Hours do not pass midnight: 24:00 ends a day. Read-only after hours_new(): any thread.
 */
#pragma once

#include <glib.h>

#include "config/config.h"

typedef struct Hours Hours;

#define HOURS_ERROR (hours_error_quark())
GQuark hours_error_quark(void);

/* Reads [hours] mon … sun ("closed" or "HH:MM-HH:MM"), timezone and closed_days ("YYYY-MM-DD;…"). NULL with one sentence for a person that
 * names the key when a value cannot be read, the zone is not installed, or the end is not after the start. */
Hours *hours_new(const Config *config, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same from words: week of Monday to Sunday, closed_days NULL-terminated. */
Hours *hours_new_words(const char *const week[7], const char *timezone, const char *const *closed_days, GError **error);
void hours_free(Hours *hours); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Hours, hours_free)

/* Whether calls are taken at utc_ms. ret_opens_utc (may be NULL): 0 while open, else when it opens next, -1 if not within the next 366
 * days. */
gboolean hours_open(const Hours *hours, gint64 utc_ms, gint64 *ret_opens_utc);
