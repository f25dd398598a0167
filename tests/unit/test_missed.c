/* missed: what a booth does, and what that makes the cause of a missed call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after those */
#include <cmocka.h>

#include "desk/missed.h"

#define NOW G_GINT64_CONSTANT(5000000)

static void first_rule_that_fits(void **state)
{
    (void)state;
    static const struct {
        guint free, busy, overrun, faulty, lost, place;
        const char *cause;
    } table[] = {
        {0, 0, 0, 0, 0, 1, "no_staff"},
        {0, 0, 0, 0, 0, 0, "no_staff"},
        {0, 1, 0, 0, 0, 1, ""},
        {1, 0, 0, 0, 0, 1, ""},
        {1, 0, 1, 1, 1, 1, ""},
        /* nobody else at work: each failure alone, then the first of several, wherever the call stood */
        {0, 0, 1, 0, 0, 1, "wrap_up_overrun"},
        {0, 0, 0, 1, 0, 1, "device_fault"},
        {0, 0, 0, 0, 1, 1, "network"},
        {0, 0, 1, 1, 1, 9, "wrap_up_overrun"},
        {0, 0, 0, 1, 1, 9, "device_fault"},
        {0, 0, 0, 0, 1, 9, "network"},
        {0, 0, 1, 0, 0, 0, "wrap_up_overrun"},
        /* others at work: as many calls as booths were held up */
        {0, 5, 2, 0, 0, 2, "wrap_up_overrun"},
        {0, 5, 2, 0, 0, 3, ""},
        {0, 5, 0, 2, 0, 2, "device_fault"},
        {0, 5, 0, 2, 0, 3, ""},
        {0, 5, 1, 1, 0, 1, "wrap_up_overrun"},
        {0, 5, 1, 1, 0, 2, "device_fault"},
        {0, 5, 1, 1, 0, 3, ""},
        {0, 0, 1, 1, 0, 2, "device_fault"},
        {0, 5, 1, 1, 0, 0, ""},
        /* who lost a link may be among those at work */
        {0, 5, 0, 0, 9, 1, ""},
    };
    for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
        const guint booths[MISSED_DOINGS] = {9, table[i].free, table[i].busy, table[i].overrun, table[i].faulty, table[i].lost};
        const char *cause = missed_cause(booths, table[i].place);
        if (!g_str_equal(cause, table[i].cause)) fail_msg("row %u: \"%s\"", i, cause);
    }
}

static json_t *parse(const char *text)
{
    json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    return json;
}

static void snapshot_says_what_it_does(void **state)
{
    (void)state;
    static const struct {
        const char *snapshot;
        MissedDoing doing;
    } table[] = {
        {"{'state':'starting','ready_wanted':true}", MISSED_ABSENT},
        {"{'state':'ready'}", MISSED_FREE},
        {"{'state':'ringing'}", MISSED_BUSY},
        {"{'state':'live'}", MISSED_BUSY},
        {"{'state':'wrapup'}", MISSED_BUSY},
        {"{'state':'of another time'}", MISSED_BUSY},
        {"{'state':'paused'}", MISSED_ABSENT},
        {"{'state':'paused','ready_wanted':false,'problems':[{'name':'camera_face_missing','blocks_ready':true}]}", MISSED_ABSENT},
        {"{'state':'paused','ready_wanted':true,'problems':[{'name':'camera_face_missing','blocks_ready':true}]}", MISSED_FAULTY},
        {"{'state':'paused','ready_wanted':true,'problems':[{'name':'desk_unreachable','blocks_ready':true},"
         "{'name':'studio_down','blocks_ready':true}]}",
         MISSED_FAULTY},
        {"{'state':'paused','ready_wanted':true,'problems':[{'name':'desk_unreachable','blocks_ready':true},"
         "{'name':'microphone_spare','blocks_ready':false}]}",
         MISSED_LOST},
        {"{'state':'paused','ready_wanted':true,'problems':'nonsense'}", MISSED_LOST},
    };
    for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *text = g_strdelimit(g_strdup(table[i].snapshot), "'", '"');
        json_t *snapshot = parse(text);
        MissedDoing doing = missed_doing(snapshot);
        if (doing != table[i].doing) fail_msg("%s: %d", text, (int)doing);
        json_decref(snapshot);
    }
}

static void wrapup_ends_as_configured(void **state)
{
    (void)state;
    static const struct {
        const char *snapshot;
        gint64 known, end;
    } table[] = {
        {"{'state':'ready','now_mono':9000}", NOW, 0},
        {"{'state':'wrapup','now_mono':9000,'since_mono':8000,'wrapup':{'until_mono':40000,'extended':false}}", 0, NOW + 31000},
        {"{'state':'wrapup','now_mono':9000,'since_mono':8000,'wrapup':{'until_mono':8500,'extended':false}}", 0, NOW - 500},
        /* more time was asked for: the end stays; if that was never seen, the desk's counts */
        {"{'state':'wrapup','now_mono':39000,'since_mono':8000,'wrapup':{'until_mono':100000,'extended':true}}", NOW + 1000, NOW + 1000},
        {"{'state':'wrapup','now_mono':39000,'since_mono':8000,'wrapup':{'until_mono':100000,'extended':true}}", 0, NOW + 29000},
        /* nonsense is not believed */
        {"{'state':'wrapup'}", 0, NOW + 60000},
        {"{'state':'wrapup','now_mono':-9223372036854775807,'since_mono':9223372036854775807,'wrapup':7}", 0, NOW + 60000},
        {"{'state':'wrapup','now_mono':1,'wrapup':{'until_mono':9007199254740992,'extended':false}}", 0, NOW + 86400000},
    };
    for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *text = g_strdelimit(g_strdup(table[i].snapshot), "'", '"');
        json_t *snapshot = parse(text);
        gint64 end = missed_wrapup_end(snapshot, table[i].known, 60000, NOW);
        if (end != table[i].end) fail_msg("row %u: %" G_GINT64_FORMAT, i, end - NOW);
        json_decref(snapshot);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_rule_that_fits),
        cmocka_unit_test(snapshot_says_what_it_does),
        cmocka_unit_test(wrapup_ends_as_configured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
