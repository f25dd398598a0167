/* Hours and days by a place's clocks, over the days on which they change. */
#include "kpi/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define HOUR_MS G_GINT64_CONSTANT(3600000)

static gint64 read_utc(const char *text)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, NULL);
    assert_non_null(time);
    return g_date_time_to_unix(time) * 1000;
}

/* The hours of a day in order, without a gap; how many there are. */
static guint walk_day(Calendar *calendar, const char *in_it, const char *begins)
{
    const gint64 start = calendar_start(calendar, CALENDAR_DAY, read_utc(in_it)), end = calendar_next(calendar, CALENDAR_DAY, start);
    assert_int_equal(start, read_utc(begins));
    guint hours = 0;
    gint64 next = 0;
    for (gint64 at = start; at < end; at = next, hours++) {
        next = calendar_next(calendar, CALENDAR_HOUR, at);
        assert_int_equal(calendar_start(calendar, CALENDAR_HOUR, at), at);
        assert_int_equal(calendar_start(calendar, CALENDAR_HOUR, next - 1), at);
        assert_int_equal(calendar_start(calendar, CALENDAR_DAY, next - 1), start);
        assert_true(next > at && next - at <= HOUR_MS);
    }
    assert_int_equal(next, end);
    return hours;
}

typedef struct {
    const char *zone, *in_it, *begins;
    guint hours;
    gint64 length_ms;
} DayCase;

static const DayCase days[] = {
    {"Europe/Oslo", "2026-06-01T12:00:00Z", "2026-05-31T22:00:00Z", 24, 24 * HOUR_MS},
    {"Europe/Oslo", "2026-03-29T20:00:00Z", "2026-03-28T23:00:00Z", 23, 23 * HOUR_MS},
    {"Europe/Oslo", "2026-03-28T23:00:00Z", "2026-03-28T23:00:00Z", 23, 23 * HOUR_MS},
    {"Europe/Oslo", "2026-10-25T22:59:59Z", "2026-10-24T22:00:00Z", 25, 25 * HOUR_MS},
    {"Europe/Oslo", "2026-10-25T01:00:00Z", "2026-10-24T22:00:00Z", 25, 25 * HOUR_MS},
    {"Europe/Helsinki", "2026-10-25T12:00:00Z", "2026-10-24T21:00:00Z", 25, 25 * HOUR_MS},
    {"UTC", "2026-10-25T12:00:00Z", "2026-10-25T00:00:00Z", 24, 24 * HOUR_MS},
    {"Asia/Kathmandu", "2026-10-25T12:00:00Z", "2026-10-24T18:15:00Z", 24, 24 * HOUR_MS},
    /* midnight is skipped, or comes twice; of past years, whose clocks no government changes any more */
    {"Asia/Beirut", "2018-03-25T12:00:00Z", "2018-03-24T22:00:00Z", 23, 23 * HOUR_MS},
    {"America/Havana", "2018-11-04T12:00:00Z", "2018-11-04T04:00:00Z", 25, 25 * HOUR_MS},
    {"America/Havana", "2018-11-04T04:30:00Z", "2018-11-04T04:00:00Z", 25, 25 * HOUR_MS},
    {"America/Sao_Paulo", "2018-11-04T12:00:00Z", "2018-11-04T03:00:00Z", 23, 23 * HOUR_MS},
    {"America/Sao_Paulo", "2018-02-18T02:30:00Z", "2018-02-17T02:00:00Z", 25, 25 * HOUR_MS},
    /* half an hour */
    {"Australia/Lord_Howe", "2026-04-05T05:00:00Z", "2026-04-04T13:00:00Z", 25, 49 * HOUR_MS / 2},
    {"Australia/Lord_Howe", "2026-10-04T05:00:00Z", "2026-10-03T13:30:00Z", 24, 47 * HOUR_MS / 2},
};

static void days_have_the_hours_that_clocks_show(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(days); i++) {
        g_autoptr(Calendar) calendar = calendar_new(days[i].zone);
        assert_non_null(calendar);
        print_message("%s %s\n", days[i].zone, days[i].in_it);
        const gint64 start = calendar_start(calendar, CALENDAR_DAY, read_utc(days[i].in_it));
        assert_int_equal(calendar_next(calendar, CALENDAR_DAY, start) - start, days[i].length_ms);
        assert_int_equal(walk_day(calendar, days[i].in_it, days[i].begins), days[i].hours);
    }
}

static void hours_that_come_twice_have_two_names(void **state)
{
    (void)state;
    g_autoptr(Calendar) calendar = calendar_new("Europe/Oslo");
    g_autofree char *first =
        calendar_name(calendar, CALENDAR_HOUR, calendar_start(calendar, CALENDAR_HOUR, read_utc("2026-10-25T00:30:00Z")));
    g_autofree char *again =
        calendar_name(calendar, CALENDAR_HOUR, calendar_start(calendar, CALENDAR_HOUR, read_utc("2026-10-25T01:30:00Z")));
    g_autofree char *day = calendar_name(calendar, CALENDAR_DAY, calendar_start(calendar, CALENDAR_DAY, read_utc("2026-10-25T01:30:00Z")));
    assert_string_equal(first, "2026-10-25T02:00+02:00");
    assert_string_equal(again, "2026-10-25T02:00+01:00");
    assert_string_equal(day, "2026-10-25");
}

static void times_are_read_by_the_places_clocks(void **state)
{
    (void)state;
    static const struct {
        const char *text, *utc;
    } cases[] = {
        {"2026-06-01", "2026-05-31T22:00:00Z"},
        {"2026-12-01T08:30", "2026-12-01T07:30:00Z"},
        {"2026-12-01T08:30:15", "2026-12-01T07:30:15Z"},
        {"2026-12-01T08:30Z", "2026-12-01T08:30:00Z"},
        {"2026-12-01T08:30+05:00", "2026-12-01T03:30:00Z"},
        {"2026-12-01T08:30:00Z", "2026-12-01T08:30:00Z"},
        {"", NULL},
        {"2026", NULL},
        {"2026-13-01", NULL},
        {"2026-12-01T25:00", NULL},
        {"tomorrow at noon", NULL},
        {"1815-06-18", NULL},
    };
    g_autoptr(Calendar) calendar = calendar_new("Europe/Oslo");
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        gint64 utc = 0;
        print_message("%s\n", cases[i].text);
        assert_int_equal(calendar_read(calendar, cases[i].text, &utc), cases[i].utc != NULL);
        if (cases[i].utc) assert_int_equal(utc, read_utc(cases[i].utc));
    }
    assert_null(calendar_new("Europe/Atlantis"));
    assert_null(calendar_new(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_have_the_hours_that_clocks_show),
        cmocka_unit_test(hours_that_come_twice_have_two_names),
        cmocka_unit_test(times_are_read_by_the_places_clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
