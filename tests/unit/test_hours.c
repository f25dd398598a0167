/* hours: which moments are open, and when it opens next, over changes of clocks and odd settings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after those */
#include <cmocka.h>

#include "desk/hours.h"
#include "scratch.h"

static const ConfigKey keys[] = {
    {"hours", "mon", CONFIG_STRING, "00:00-24:00", 0, 0, ""}, {"hours", "tue", CONFIG_STRING, "00:00-24:00", 0, 0, ""},
    {"hours", "wed", CONFIG_STRING, "00:00-24:00", 0, 0, ""}, {"hours", "thu", CONFIG_STRING, "00:00-24:00", 0, 0, ""},
    {"hours", "fri", CONFIG_STRING, "00:00-24:00", 0, 0, ""}, {"hours", "sat", CONFIG_STRING, "00:00-24:00", 0, 0, ""},
    {"hours", "sun", CONFIG_STRING, "00:00-24:00", 0, 0, ""}, {"hours", "timezone", CONFIG_STRING, "Europe/Oslo", 0, 0, ""},
    {"hours", "closed_days", CONFIG_LIST, "", 0, 0, ""},      {NULL, NULL, CONFIG_STRING, NULL, 0, 0, NULL},
};

static Hours *hours_of(const char *text, GError **error)
{
    g_autofree char *folder = scratch_new();
    g_autofree char *whole = g_strconcat("[hours]\n", text, NULL);
    g_autofree char *path = scratch_write(folder, "desk.conf", whole);
    g_autoptr(Config) config = config_load(path, keys, error);
    scratch_remove(folder);
    assert_non_null(config);
    return hours_new(config, error);
}

static gint64 utc(const char *text)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, NULL);
    assert_non_null(time);
    return g_date_time_to_unix(time) * 1000;
}

#define SHOP  "mon=09:00-17:00\ntue=09:00-17:00\nwed=09:00-17:00\nthu=09:00-20:00\nfri=09:00-17:00\nsat=10:00-16:00\nsun=closed\n"
#define NIGHT "mon=closed\ntue=closed\nwed=closed\nthu=closed\nfri=closed\nsat=22:00-24:00\nsun=00:00-02:30\n"
#define GAP   "mon=closed\ntue=closed\nwed=closed\nthu=closed\nfri=closed\nsat=closed\nsun=02:15-02:45\n"
#define NEVER "mon=closed\ntue=closed\nwed=closed\nthu=closed\nfri=closed\nsat=closed\nsun=closed\n"

static const struct {
    const char *settings;
    const char *at;
    gboolean open;
    const char *opens; /* NULL: 0 while open, -1 while not */
} table[] = {
    {"", "2026-11-22T00:00:00Z", TRUE, NULL},
    {"", "2026-03-29T01:30:00Z", TRUE, NULL},
    /* winter: Oslo is UTC+1 */
    {SHOP, "2026-01-14T07:59:59Z", FALSE, "2026-01-14T08:00:00Z"},
    {SHOP, "2026-01-14T08:00:00Z", TRUE, NULL},
    {SHOP, "2026-01-14T15:59:59Z", TRUE, NULL},
    {SHOP, "2026-01-14T16:00:00Z", FALSE, "2026-01-15T08:00:00Z"},
    {SHOP, "2026-01-15T18:59:59Z", TRUE, NULL},
    /* summer: UTC+2 */
    {SHOP, "2026-07-15T06:59:59Z", FALSE, "2026-07-15T07:00:00Z"},
    {SHOP, "2026-07-15T07:00:00Z", TRUE, NULL},
    /* over the closed Sunday on which the clocks change: the same wall time, another UTC */
    {SHOP, "2026-03-28T15:00:00Z", FALSE, "2026-03-30T07:00:00Z"},
    {SHOP, "2026-10-24T14:00:00Z", FALSE, "2026-10-26T08:00:00Z"},
    /* the day is local: late Saturday in UTC is Sunday in Oslo */
    {SHOP, "2026-07-18T22:30:00Z", FALSE, "2026-07-20T07:00:00Z"},
    /* 24:00 and 00:00 meet without a gap; 02:30 on the day that has no 02:30 is the change itself */
    {NIGHT, "2026-03-28T22:59:59Z", TRUE, NULL},
    {NIGHT, "2026-03-28T23:00:00Z", TRUE, NULL},
    {NIGHT, "2026-03-29T00:59:59Z", TRUE, NULL},
    {NIGHT, "2026-03-29T01:00:00Z", FALSE, "2026-04-04T20:00:00Z"},
    /* the hour that comes twice: open until 02:30 of standard time */
    {NIGHT, "2026-10-25T00:45:00Z", TRUE, NULL},
    {NIGHT, "2026-10-25T01:29:59Z", TRUE, NULL},
    {NIGHT, "2026-10-25T01:30:00Z", FALSE, "2026-10-31T21:00:00Z"},
    /* hours that the change skips whole do not take place */
    {GAP, "2026-03-28T12:00:00Z", FALSE, "2026-04-05T00:15:00Z"},
    {GAP, "2026-03-22T01:20:00Z", TRUE, NULL},
    /* days off */
    {SHOP "closed_days=2026-12-24;2026-12-25\n", "2026-12-23T17:00:00Z", FALSE, "2026-12-26T09:00:00Z"},
    {SHOP "closed_days=2026-12-24\n", "2026-12-24T10:00:00Z", FALSE, "2026-12-25T08:00:00Z"},
    {"closed_days=2024-02-29\n", "2024-02-29T12:00:00Z", FALSE, "2024-02-29T23:00:00Z"},
    /* other zones */
    {SHOP "timezone=UTC\n", "2026-07-15T08:59:59Z", FALSE, "2026-07-15T09:00:00Z"},
    {SHOP "timezone=Pacific/Auckland\n", "2026-01-13T20:00:00Z", TRUE, NULL},
    {NEVER, "2026-01-14T08:00:00Z", FALSE, NULL},
};

static void opens_when_it_should(void **state)
{
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Hours) hours = hours_of(table[i].settings, &error);
        if (!hours) fail_msg("row %u: %s", i, error->message);
        gint64 opens = 42, expected = table[i].opens ? utc(table[i].opens) : table[i].open ? 0 : -1;
        gboolean open = hours_open(hours, utc(table[i].at), &opens);
        if (open != table[i].open || opens != expected)
            fail_msg("row %u, %s: %s, next %" G_GINT64_FORMAT " and not %" G_GINT64_FORMAT, i, table[i].at, open ? "open" : "closed", opens,
                     expected);
        assert_int_equal(hours_open(hours, utc(table[i].at), NULL), table[i].open);
    }
}

static void refuses_what_it_cannot_read(void **state)
{
    (void)state;
    static const struct {
        const char *settings, *key;
    } bad[] = {
        {"mon=9-17\n", "mon"},
        {"tue=09:00-25:00\n", "tue"},
        {"wed=09:60-10:00\n", "wed"},
        {"thu=22:00-02:00\n", "midnight"},
        {"fri=09:00-09:00\n", "fri"},
        {"sat=\n", "sat"},
        {"sun=Closed\n", "sun"},
        {"mon=09:00-17:00 \xc3\xa5\n", "mon"},
        {"mon=24:00-24:00\n", "mon"},
        {"mon=00:00-24:01\n", "mon"},
        {"timezone=Europe/Olso\n", "timezone"},
        {"timezone=\n", "timezone"},
        {"closed_days=24.12.2026\n", "closed_days"},
        {"closed_days=2026-02-29\n", "closed_days"},
        {"closed_days=2026-1-1-1\n", "closed_days"},
        {"closed_days=-026-01-01\n", "closed_days"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Hours) hours = hours_of(bad[i].settings, &error);
        if (hours) fail_msg("row %u was taken", i);
        if (!strstr(error->message, bad[i].key)) fail_msg("row %u does not name %s: %s", i, bad[i].key, error->message);
    }
    hours_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(opens_when_it_should), cmocka_unit_test(refuses_what_it_cannot_read)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
