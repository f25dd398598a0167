#include "studio/congestion.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define REPORT_US  100000
#define CEILING    2500
#define QUEUE_KBIT 100.0 /* that the line's router holds: 100 ms at 1 Mbit/s */

/* A line: what it carries, what it loses at random, and a queue that overflows. */
typedef struct {
    double kbps, loss;
    double queued_kbit, queue_ms;
    gint64 now_us;
    Congestion congestion;
} Line;

static void line_start(Line *line, double kbps)
{
    *line = (Line){.kbps = kbps, .now_us = 1};
    congestion_start(&line->congestion, 120, 1500, CEILING);
}

static int line_run(Line *line, double seconds)
{
    int rate = (int)line->congestion.kbps;
    for (int i = 0; i < (int)(seconds * 1e6 / REPORT_US); i++) {
        double span = REPORT_US / 1e6, sent = line->congestion.kbps * span;
        double room = line->queued_kbit + sent - line->kbps * span;
        double dropped = MAX(0, room - QUEUE_KBIT);
        double before_ms = line->queue_ms;
        line->queued_kbit = CLAMP(room, 0, QUEUE_KBIT);
        line->queue_ms = line->queued_kbit / line->kbps * 1000;
        guint packets = (guint)MAX(2, sent / 9.6);
        CongestionReport report = {.loss = MIN(1, line->loss + dropped / sent),
                                   .sent_kbps = line->congestion.kbps,
                                   .got_kbps = MIN(line->kbps, line->congestion.kbps) * (1 - line->loss),
                                   .delta_ms = (line->queue_ms - before_ms) / packets,
                                   .packets = packets};
        line->now_us += REPORT_US;
        rate = congestion_report(&line->congestion, line->now_us, &report);
    }
    return rate;
}

static void a_good_line_is_filled(void **state)
{
    (void)state;
    Line line;
    line_start(&line, 20000);
    assert_int_equal(line_run(&line, 15), CEILING);
}

static void a_narrow_line_is_found_and_left(void **state)
{
    (void)state;
    Line line;
    line_start(&line, 20000);
    line_run(&line, 10);
    line.kbps = 1000;
    int rate = line_run(&line, 3);
    assert_in_range(rate, 500, 1050);
    for (int i = 0; i < 20; i++) assert_in_range(line_run(&line, 1), 450, 1250);
    assert_true(line.queue_ms < 101);
    line.kbps = 20000;
    assert_int_equal(line_run(&line, 15), CEILING);
}

static void a_bad_line_is_borne(void **state)
{
    (void)state;
    Line line;
    line_start(&line, 20000);
    line.loss = 0.03;
    assert_int_equal(line_run(&line, 15), CEILING);
}

static void a_bad_and_narrow_line_keeps_going(void **state)
{
    (void)state;
    Line line;
    line_start(&line, 20000);
    line_run(&line, 5);
    line.kbps = 1000;
    line.loss = 0.03;
    line_run(&line, 3);
    for (int i = 0; i < 20; i++) assert_in_range(line_run(&line, 1), 450, 1250);
    line.kbps = 20000;
    line.loss = 0;
    assert_int_equal(line_run(&line, 15), CEILING);
}

static void silence_cuts(void **state)
{
    (void)state;
    Line line;
    line_start(&line, 20000);
    line_run(&line, 5);
    assert_int_equal(congestion_silence(&line.congestion, line.now_us + 100000), (int)line.congestion.kbps);
    double before = line.congestion.kbps;
    assert_true(congestion_silence(&line.congestion, line.now_us + 600000) <= before / 2 + 1);
    for (int i = 1; i < 40; i++) congestion_silence(&line.congestion, line.now_us + 600000 + i * 500000);
    assert_int_equal((int)line.congestion.kbps, 120);
}

static void nothing_heard_yet_cuts_nothing(void **state)
{
    (void)state;
    Congestion congestion;
    congestion_start(&congestion, 120, 1500, CEILING);
    assert_int_equal(congestion_silence(&congestion, 100000000), 1500);
}

static void the_picture_follows_with_hysteresis(void **state)
{
    (void)state;
    static const struct {
        double kbps;
        int quarters, fps;
    } STEPS[] = {{2500, 4, 30}, {950, 4, 30}, {850, 3, 30}, {1000, 3, 30}, {1200, 4, 30}, {500, 3, 30}, {440, 2, 30},
                 {500, 2, 30},  {700, 3, 30}, {150, 2, 15}, {200, 2, 15},  {250, 2, 30},  {2000, 4, 30}};
    CongestionPicture picture = {4, 30};
    for (guint i = 0; i < G_N_ELEMENTS(STEPS); i++) {
        picture = congestion_picture(picture, STEPS[i].kbps, 30);
        assert_int_equal(picture.quarters, STEPS[i].quarters);
        assert_int_equal(picture.fps, STEPS[i].fps);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_line_is_filled),
        cmocka_unit_test(a_narrow_line_is_found_and_left),
        cmocka_unit_test(a_bad_line_is_borne),
        cmocka_unit_test(a_bad_and_narrow_line_keeps_going),
        cmocka_unit_test(silence_cuts),
        cmocka_unit_test(nothing_heard_yet_cuts_nothing),
        cmocka_unit_test(the_picture_follows_with_hysteresis),
    };
    return cmocka_run_group_tests_name("congestion", tests, NULL, NULL);
}
