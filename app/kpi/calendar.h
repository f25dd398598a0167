/* calendar: hours and days as a place's clocks show them, for figures by hour and by day.
 *
 * When the clocks change a day has 23 or 25 hours: one is left out, or two have the same number and differ in their offset. Where they
 * change by half an hour, one of the hours is as short. Times are UTC milliseconds; those of before 1970 and after 2170 count as that. One
 * thread at a time. */
#pragma once

#include <glib.h>

typedef struct Calendar Calendar;

typedef enum { CALENDAR_HOUR, CALENDAR_DAY } CalendarUnit;

/* NULL when this computer knows no time zone of that name (IANA). */
Calendar *calendar_new(const char *zone_name);
void calendar_free(Calendar *calendar); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Calendar, calendar_free)

/* When the hour or day that utc is in began, and when the next one begins. */
gint64 calendar_start(Calendar *calendar, CalendarUnit unit, gint64 utc);
gint64 calendar_next(Calendar *calendar, CalendarUnit unit, gint64 utc);
/* "2026-10-25", "2026-10-25T02:00+02:00"; of a time that calendar_start() told; to g_free(). */
char *calendar_name(Calendar *calendar, CalendarUnit unit, gint64 start_utc);
/* "2026-10-25", "2026-10-25T14:30" by the place's clocks, or either with an offset or Z. FALSE when it is none of them. */
gboolean calendar_read(Calendar *calendar, const char *text, gint64 *ret_utc);
