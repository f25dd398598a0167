/* Level meters: what lights how many segments, how they fall, and what is said in words. */
#include "studio/meter.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define START  G_GINT64_CONSTANT(5000000)
#define STEP   ((gint64)METER_INTERVAL_MS * 1000)
#define SECOND G_USEC_PER_SEC

/* So many readings of the same peak, one after the other; the time of the last one. */
static gint64 hear(Meter *meter, gint64 from_us, int count, double peak_db)
{
    gint64 at = from_us;
    for (int i = 0; i < count; i++) {
        at = from_us + i * STEP;
        meter_take(meter, &(MeterReading){peak_db, at});
    }
    return at;
}

static void a_level_lights_segments(void **state)
{
    (void)state;
    static const struct {
        double db;
        guint lit;
    } cases[] = {{-INFINITY, 0}, {NAN, 0}, {-100, 0}, {-48.01, 0}, {-48, 1}, {-44.01, 1}, {-44, 2},
                 {-20, 8},       {-8, 11}, {-4, 12},  {-1, 12},    {0, 12},  {6, 12},     {INFINITY, 12}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) assert_int_equal(meter_segments(cases[i].db), cases[i].lit);
}

static void it_rises_at_once_and_falls_slowly(void **state)
{
    (void)state;
    Meter meter = {0};
    assert_int_equal(meter_lit(&meter, START), 0);
    gint64 at = hear(&meter, START, 1, -60);
    assert_int_equal(meter_lit(&meter, at), 0);
    at = hear(&meter, at + STEP, 1, -4);
    assert_int_equal(meter_lit(&meter, at), METER_SEGMENTS);
    assert_int_equal(meter_lit(&meter, at + SECOND / 2), METER_SEGMENTS - 4); /* 15 dB */
    meter_take(&meter, &(MeterReading){-60, at + SECOND / 2});
    assert_int_equal(meter_lit(&meter, at + SECOND / 2), METER_SEGMENTS - 4);
    meter_take(&meter, &(MeterReading){0, at + SECOND / 4}); /* older than what it has */
    assert_int_equal(meter_lit(&meter, at + SECOND / 2), METER_SEGMENTS - 4);
}

static void words_say_the_rest(void **state)
{
    (void)state;
    Meter meter = {0};
    assert_int_equal(meter_voice(&meter, START), VOICE_UNKNOWN);
    gint64 at = hear(&meter, START, 5, -30);
    assert_int_equal(meter_voice(&meter, at), VOICE_HEARD);
    at = hear(&meter, at + STEP, METER_CLIPS - 1, 0);
    at = hear(&meter, at + STEP, 1, -20);
    assert_int_equal(meter_voice(&meter, at), VOICE_HEARD); /* a knock */
    at = hear(&meter, at + STEP, METER_CLIPS, 0);
    assert_int_equal(meter_voice(&meter, at), VOICE_LOUD);
    gint64 clipped = at;
    at = hear(&meter, at + STEP, (int)(METER_CLIP_US / STEP) - 1, -30);
    assert_int_equal(meter_voice(&meter, at), VOICE_LOUD);
    at = hear(&meter, clipped + METER_CLIP_US, 1, -30);
    assert_int_equal(meter_voice(&meter, at), VOICE_HEARD);
    gint64 sounded = at;
    at = hear(&meter, at + STEP, (int)(METER_SILENT_US / STEP), -100);
    assert_true(at >= sounded + METER_SILENT_US - STEP);
    at = hear(&meter, sounded + METER_SILENT_US, 1, -100);
    assert_int_equal(meter_voice(&meter, at), VOICE_SILENT);
    at = hear(&meter, at + STEP, 1, -70); /* a room's noise is sound */
    assert_int_equal(meter_voice(&meter, at), VOICE_HEARD);
}

static void what_stops_says_nothing(void **state)
{
    (void)state;
    Meter meter = {0};
    gint64 at = hear(&meter, START, METER_CLIPS, 0);
    assert_int_equal(meter_voice(&meter, at + METER_STALE_US - 1), VOICE_LOUD);
    assert_int_equal(meter_voice(&meter, at + METER_STALE_US), VOICE_UNKNOWN);
    assert_int_equal(meter_lit(&meter, at + METER_STALE_US), 0);
    at = hear(&meter, at + 10 * SECOND, 1, -100); /* another one begins anew */
    assert_int_equal(meter_voice(&meter, at), VOICE_HEARD);
    assert_int_equal(meter_lit(&meter, at), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_level_lights_segments),
        cmocka_unit_test(it_rises_at_once_and_falls_slowly),
        cmocka_unit_test(words_say_the_rest),
        cmocka_unit_test(what_stops_says_nothing),
    };
    return cmocka_run_group_tests_name("meter", tests, NULL, NULL);
}
