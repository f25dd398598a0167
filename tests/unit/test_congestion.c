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
    double needs_kbps; /* of the picture; 0: all that it may have */
    double jitter_ms;  /* each other report comes so late, and the next one as much early: a busy computer */
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
        double may = line->needs_kbps > 0 ? MIN(line->needs_kbps, line->congestion.kbps) : line->congestion.kbps;
        double span = REPORT_US / 1e6, sent = may * span;
        double room = line->queued_kbit + sent - line->kbps * span;
        double dropped = MAX(0, room - QUEUE_KBIT);
        double before_ms = line->queue_ms;
        line->queued_kbit = CLAMP(room, 0, QUEUE_KBIT);
        line->queue_ms = line->queued_kbit / line->kbps * 1000;
        guint packets = (guint)MAX(2, sent / 9.6);
        CongestionReport report = {.loss = MIN(1, line->loss + dropped / sent),
                                   .sent_kbps = may,
                                   .got_kbps = MIN(line->kbps, may) * (1 - line->loss),
                                   .delta_ms = (line->queue_ms - before_ms + (i % 2 ? -line->jitter_ms : line->jitter_ms)) / packets,
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
    assert_in_range(rate, 500, 1100);
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

/* The rate says nothing of the line then, and must not fall to what little arrives. */
static void a_quiet_picture_keeps_its_rate(void **state)
{
    (void)state;
    Line line;
    line_start(&line, 20000);
    line.needs_kbps = 110;
    assert_true(line_run(&line, 10) >= 1500);
    CongestionReport stall = {.sent_kbps = 110, .got_kbps = 60, .delta_ms = 15, .packets = 3};
    for (int i = 0; i < 5; i++) congestion_report(&line.congestion, line.now_us += REPORT_US, &stall);
    assert_true(line.congestion.kbps > 500);
    assert_true(line_run(&line, 6) >= 1000);
}

static void a_quiet_picture_comes_back_to_full_size(void **state)
{
    (void)state;
    Line line;
    line_start(&line, 20000);
    line.congestion.kbps = 150;
    line.needs_kbps = 100;
    CongestionPicture picture = congestion_picture((CongestionPicture){1, 30}, line_run(&line, 25), 30);
    assert_int_equal(picture.quarters, 4);
}

static void a_quiet_picture_on_a_still_narrower_line_is_cut(void **state)
{
    (void)state;
    Line line;
    line_start(&line, 20000);
    line.needs_kbps = 600;
    line_run(&line, 5);
    line.kbps = 300;
    assert_in_range(line_run(&line, 5), 120, 400);
}

static void a_busy_computer_is_no_full_line(void **state)
{
    (void)state;
    Line line;
    line_start(&line, 20000);
    line.jitter_ms = 60;
    assert_true(line_run(&line, 15) >= 1500);
}

static int hear_nothing(Line *line, double seconds)
{
    int rate = 0;
    for (int i = 0; i < (int)(seconds * 4); i++) rate = congestion_silence(&line->congestion, line->now_us += 250000);
    return rate;
}

static void silence_cuts(void **state)
{
    (void)state;
    Line line;
    line_start(&line, 20000);
    line_run(&line, 5);
    double before = line.congestion.kbps;
    assert_int_equal(hear_nothing(&line, 0.75), (int)before);
    assert_in_range(hear_nothing(&line, 0.75), 0.5 * before - 1, 0.5 * before + 1);
    assert_int_equal(hear_nothing(&line, 20), 120);
}

static void silence_while_this_computer_is_busy_cuts_nothing(void **state)
{
    (void)state;
    Line line;
    line_start(&line, 20000);
    line_run(&line, 5);
    int before = congestion_silence(&line.congestion, line.now_us += 100000);
    for (int i = 0; i < 5; i++) assert_int_equal(congestion_silence(&line.congestion, line.now_us += 1500000), before);
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
    } STEPS[] = {{2500, 4, 30}, {950, 4, 30}, {850, 3, 30}, {1000, 3, 30}, {1450, 4, 30}, {500, 3, 30}, {440, 2, 30}, {500, 2, 30},
                 {700, 3, 30},  {190, 1, 30}, {250, 1, 30}, {300, 2, 30},  {130, 1, 20},  {150, 1, 20}, {190, 1, 30}, {2000, 4, 30}};
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
        cmocka_unit_test(a_quiet_picture_keeps_its_rate),
        cmocka_unit_test(a_quiet_picture_comes_back_to_full_size),
        cmocka_unit_test(a_quiet_picture_on_a_still_narrower_line_is_cut),
        cmocka_unit_test(a_busy_computer_is_no_full_line),
        cmocka_unit_test(silence_cuts),
        cmocka_unit_test(silence_while_this_computer_is_busy_cuts_nothing),
        cmocka_unit_test(nothing_heard_yet_cuts_nothing),
        cmocka_unit_test(the_picture_follows_with_hysteresis),
    };
    return cmocka_run_group_tests_name("congestion", tests, NULL, NULL);
}
