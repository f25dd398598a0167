#include "desk/hours.h"

#include <stdio.h>
#include <string.h>

#define DAYS_AHEAD      366
#define CLOSED_DAYS_MAX 1000

typedef struct {
    int from, to; /* minutes since midnight; both 0 when closed */
} Day;

struct Hours {
    Day week[7]; /* Monday first */
    GTimeZone *zone;
    GArray *closed; /* of guint32, Julian days (GDate) */
};

static const char *const weekdays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

G_DEFINE_QUARK(livebooth - hours, hours_error)

static gboolean refuse(GError **error, const char *key, const char *value, const char *why)
{
    g_set_error(error, HOURS_ERROR, 0, "[hours] %s: \"%s\" %s", key, value, why);
    return FALSE;
}

/* "HH:MM" up to 24:00 as minutes, or -1. */
static int read_time(const char *text)
{
    if (!g_ascii_isdigit(text[0]) || !g_ascii_isdigit(text[1]) || text[2] != ':' || !g_ascii_isdigit(text[3]) || !g_ascii_isdigit(text[4]))
        return -1;
    int hour = (text[0] - '0') * 10 + text[1] - '0', minute = (text[3] - '0') * 10 + text[4] - '0';
    if (minute > 59 || hour * 60 + minute > 24 * 60) return -1;
    return hour * 60 + minute;
}

static gboolean read_day(Day *day, const char *key, const char *text, GError **error)
{
    if (strcmp(text, "closed") == 0) return TRUE;
    day->from = day->to = -1;
    if (strlen(text) == strlen("HH:MM-HH:MM") && text[5] == '-') {
        day->from = read_time(text);
        day->to = read_time(text + 6);
    }
    if (day->from < 0 || day->to < 0) return refuse(error, key, text, "is neither \"closed\" nor HH:MM-HH:MM");
    if (day->to <= day->from)
        return refuse(error, key, text,
                      "does not end after it begins; hours do not pass midnight: end the day at 24:00 and begin the next at 00:00");
    return TRUE;
}

static gboolean is_date_text(const char *text)
{
    static const char form[] = "dddd-dd-dd";
    for (guint i = 0; i < sizeof form; i++) {
        if (form[i] == 'd' ? !g_ascii_isdigit(text[i]) : text[i] != form[i]) return FALSE;
    }
    return TRUE;
}

static gboolean read_closed_days(Hours *hours, const char *const *days, GError **error)
{
    for (guint i = 0; days[i]; i++) {
        guint year = 0, month = 0, day = 0;
        gboolean read = is_date_text(days[i]) && sscanf(days[i], "%4u-%2u-%2u", &year, &month, &day) == 3;
        if (!read || !g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year))
            return refuse(error, "closed_days", days[i], "is no date: YYYY-MM-DD");
        if (i >= CLOSED_DAYS_MAX) return refuse(error, "closed_days", days[i], "is one too many: at most " G_STRINGIFY(CLOSED_DAYS_MAX));
        GDate date;
        g_date_clear(&date, 1);
        g_date_set_dmy(&date, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
        guint32 julian = g_date_get_julian(&date);
        g_array_append_val(hours->closed, julian);
    }
    return TRUE;
}

Hours *hours_new(const Config *config, GError **error)
{
    const char *week[7];
    for (guint i = 0; i < G_N_ELEMENTS(weekdays); i++) week[i] = config_string(config, "hours", weekdays[i]);
    return hours_new_words(week, config_string(config, "hours", "timezone"), config_list(config, "hours", "closed_days"), error);
}

Hours *hours_new_words(const char *const week[7], const char *zone, const char *const *closed_days, GError **error)
{
    g_autoptr(Hours) hours = g_new0(Hours, 1);
    hours->closed = g_array_new(FALSE, FALSE, sizeof(guint32));
    for (guint i = 0; i < G_N_ELEMENTS(weekdays); i++) {
        if (!read_day(&hours->week[i], weekdays[i], week[i], error)) return NULL;
    }
    hours->zone = *zone ? g_time_zone_new_identifier(zone) : NULL;
    if (!hours->zone) {
        refuse(error, "timezone", zone, "is no time zone of this computer: a name such as Europe/Oslo or UTC (package tzdata)");
        return NULL;
    }
    if (!read_closed_days(hours, closed_days, error)) return NULL;
    return g_steal_pointer(&hours);
}

void hours_free(Hours *hours)
{
    if (!hours) return;
    if (hours->zone) g_time_zone_unref(hours->zone);
    g_array_unref(hours->closed);
    g_free(hours);
}

static gboolean is_closed_day(const Hours *hours, const GDate *date)
{
    guint32 julian = g_date_get_julian(date);
    for (guint i = 0; i < hours->closed->len; i++) {
        if (g_array_index(hours->closed, guint32, i) == julian) return TRUE;
    }
    return FALSE;
}

/* The moment that a wall clock shows these minutes of this day; one that is skipped is the moment of the change. */
static gint64 moment(const Hours *hours, GDate date, int minutes)
{
    if (minutes == 24 * 60) {
        g_date_add_days(&date, 1);
        minutes = 0;
    }
    g_autoptr(GDateTime) time = g_date_time_new(hours->zone, g_date_get_year(&date), (gint)g_date_get_month(&date), g_date_get_day(&date),
                                                minutes / 60, minutes % 60, 0);
    return time ? g_date_time_to_unix(time) * 1000 : -1;
}

/* The opening of one day as [from, to) in UTC; FALSE when there is none. */
static gboolean day_opening(const Hours *hours, GDate date, gint64 *from, gint64 *to)
{
    const Day *day = &hours->week[g_date_get_weekday(&date) - G_DATE_MONDAY];
    if (day->to == 0 || is_closed_day(hours, &date)) return FALSE;
    *from = moment(hours, date, day->from);
    *to = moment(hours, date, day->to);
    return *to > *from;
}

gboolean hours_open(const Hours *hours, gint64 utc_ms, gint64 *ret_opens_utc)
{
    if (ret_opens_utc) *ret_opens_utc = -1;
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(utc_ms / 1000);
    if (!utc) return FALSE;
    g_autoptr(GDateTime) local = g_date_time_to_timezone(utc, hours->zone);
    int year, month, day;
    g_date_time_get_ymd(local, &year, &month, &day);
    GDate date;
    g_date_clear(&date, 1);
    g_date_set_dmy(&date, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
    for (guint ahead = 0; ahead <= DAYS_AHEAD; ahead++, g_date_add_days(&date, 1)) {
        gint64 from, to;
        if (!day_opening(hours, date, &from, &to) || to <= utc_ms) continue;
        gboolean open = from <= utc_ms;
        if (ret_opens_utc) *ret_opens_utc = open ? 0 : from;
        return open;
    }
    return FALSE;
}
