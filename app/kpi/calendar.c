#include "kpi/calendar.h"

#include <stdio.h>
#include <string.h>

#define MINUTE_MS (60 * 1000)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * G_GINT64_CONSTANT(3600000))
#define SEARCH_MS (2 * DAY_MS) /* no local day is as long */
#define UTC_MAX   (200 * 366 * DAY_MS)

struct Calendar {
    GTimeZone *zone;
    /* The last answer for each unit: facts come mostly in the order of their times. */
    struct {
        gint64 start, next;
    } last[2];
};

Calendar *calendar_new(const char *zone_name)
{
    GTimeZone *zone = zone_name && *zone_name ? g_time_zone_new_identifier(zone_name) : NULL;
    if (!zone) return NULL;
    Calendar *calendar = g_new0(Calendar, 1);
    calendar->zone = zone;
    return calendar;
}

void calendar_free(Calendar *calendar)
{
    if (!calendar) return;
    g_time_zone_unref(calendar->zone);
    g_free(calendar);
}

/* Milliseconds by which the place's clocks are ahead of UTC. */
static gint64 offset_at(Calendar *calendar, gint64 utc)
{
    const int interval = g_time_zone_find_interval(calendar->zone, G_TIME_TYPE_UNIVERSAL, utc >= 0 ? utc / 1000 : (utc - 999) / 1000);
    return interval < 0 ? 0 : g_time_zone_get_offset(calendar->zone, interval) * G_GINT64_CONSTANT(1000);
}

static gint64 floor_to(gint64 value, gint64 unit)
{
    return value - ((value % unit) + unit) % unit;
}

/* What the clocks show, as hours or days counted from 1970. */
static gint64 shown_at(Calendar *calendar, CalendarUnit unit, gint64 utc)
{
    return floor_to(utc + offset_at(calendar, utc), unit == CALENDAR_DAY ? DAY_MS : HOUR_MS);
}

/* The change of the clocks in (from, to], by halving; 0 when the offset is the same at both. Two within a day do not happen. */
static gint64 change_between(Calendar *calendar, gint64 from, gint64 to)
{
    const gint64 before = offset_at(calendar, from);
    if (offset_at(calendar, to) == before) return 0;
    while (to - from > 1) {
        const gint64 middle = from + (to - from) / 2;
        if (offset_at(calendar, middle) == before)
            from = middle;
        else
            to = middle;
    }
    return to;
}

/* A change of the clocks begins an hour. A day goes through it, unless it skips midnight. */
static gint64 find_start(Calendar *calendar, CalendarUnit unit, gint64 utc)
{
    const gint64 shown = shown_at(calendar, unit, utc), start = shown - offset_at(calendar, utc);
    const gint64 change = change_between(calendar, start - 1, utc);
    if (!change) return start;
    if (unit == CALENDAR_HOUR || shown_at(calendar, unit, change - 1) != shown) return change;
    return shown - offset_at(calendar, change - 1);
}

static gint64 find_next(Calendar *calendar, CalendarUnit unit, gint64 start)
{
    /* Where the start of what is then is another one: that moment is within two lengths. */
    gint64 low = start, high = start + (unit == CALENDAR_DAY ? SEARCH_MS : 2 * HOUR_MS + 1);
    while (high - low > 1) {
        const gint64 middle = low + (high - low) / 2;
        if (find_start(calendar, unit, middle) <= start)
            low = middle;
        else
            high = middle;
    }
    return high;
}

static void find(Calendar *calendar, CalendarUnit unit, gint64 utc)
{
    utc = CLAMP(utc, 0, UTC_MAX);
    if (utc >= calendar->last[unit].start && utc < calendar->last[unit].next) return;
    calendar->last[unit].start = find_start(calendar, unit, utc);
    calendar->last[unit].next = find_next(calendar, unit, calendar->last[unit].start);
}

gint64 calendar_start(Calendar *calendar, CalendarUnit unit, gint64 utc)
{
    find(calendar, unit, utc);
    return calendar->last[unit].start;
}

gint64 calendar_next(Calendar *calendar, CalendarUnit unit, gint64 utc)
{
    find(calendar, unit, utc);
    return calendar->last[unit].next;
}

char *calendar_name(Calendar *calendar, CalendarUnit unit, gint64 start_utc)
{
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(start_utc / 1000);
    g_autoptr(GDateTime) local = g_date_time_to_timezone(utc, calendar->zone);
    return g_date_time_format(local, unit == CALENDAR_DAY ? "%Y-%m-%d" : "%Y-%m-%dT%H:%M%:z");
}

gboolean calendar_read(Calendar *calendar, const char *text, gint64 *ret_utc)
{
    const gsize length = strlen(text);
    g_autofree char *whole = length == strlen("2026-10-25")                           ? g_strconcat(text, "T00:00:00", NULL)
                             : length == strlen("2026-10-25T14:30")                   ? g_strconcat(text, ":00", NULL)
                             : length > strlen("2026-10-25T14:30") && text[16] != ':' ? g_strdup_printf("%.16s:00%s", text, text + 16)
                                                                                      : g_strdup(text);
    if (length < strlen("2026-10-25")) return FALSE;
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(whole, calendar->zone);
    if (!time || g_date_time_get_year(time) < 1970 || g_date_time_get_year(time) > 2150) return FALSE;
    *ret_utc = g_date_time_to_unix(time) * 1000 + g_date_time_get_microsecond(time) / 1000;
    return TRUE;
}
