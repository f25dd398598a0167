/* How long the screens rest after a drawing, by what it took and who looks. */
#include "studio/draw_rest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

typedef struct {
    gint64 took_ms;
    gboolean in_use, on_air;
    gint64 rest_ms; /* after the drawing's end */
} Drawing;

static void rests_after_slow_ones(void **state)
{
    (void)state;
    static const Drawing drawings[] = {
        {10, FALSE, FALSE, 0}, /* a card draws */
        {DRAW_REST_SLOW_QUIET_MS, FALSE, FALSE, 0},
        {50, FALSE, FALSE, 150}, /* nobody waits for it */
        {50, TRUE, FALSE, 0},
        {50, FALSE, TRUE, 0},
        {200, FALSE, TRUE, 600},
        {200, TRUE, TRUE, 200}, /* whoever touches it waits for the least */
        {5000, FALSE, FALSE, DRAW_REST_MAX_MS},
        {5000, TRUE, FALSE, DRAW_REST_MAX_MS},
    };
    for (guint i = 0; i < G_N_ELEMENTS(drawings); i++) {
        const Drawing *drawing = &drawings[i];
        DrawRest rest = {0};
        draw_rest_begin(&rest, 1000);
        const gint64 end = 1000 + drawing->took_ms;
        draw_rest_end(&rest, end, drawing->in_use, drawing->on_air);
        assert_int_equal(draw_rest_lasts(&rest, end), drawing->rest_ms > 0);
        assert_int_equal(draw_rest_lasts(&rest, end + drawing->rest_ms - 1), drawing->rest_ms > 0);
        assert_false(draw_rest_lasts(&rest, end + drawing->rest_ms));
        assert_int_equal(draw_rest_is_slow(&rest), drawing->took_ms > DRAW_REST_SLOW_MS);
    }
}

static void what_is_new_is_not_waited_for(void **state)
{
    (void)state;
    DrawRest rest = {0};
    assert_false(draw_rest_lasts(&rest, 0));
    draw_rest_begin(&rest, 0);
    draw_rest_end(&rest, 400, FALSE, FALSE);
    assert_true(draw_rest_lasts(&rest, 401));
    draw_rest_skip(&rest);
    assert_false(draw_rest_lasts(&rest, 401));
}

/* One slow drawing among quick ones is remembered for some, not for ever. */
static void forgets_slowly(void **state)
{
    (void)state;
    DrawRest rest = {0};
    gint64 now = 0;
    draw_rest_begin(&rest, now);
    draw_rest_end(&rest, now += 200, FALSE, TRUE);
    guint rested = 0;
    while (draw_rest_is_slow(&rest) && rested < 100) {
        draw_rest_begin(&rest, now += 5000);
        draw_rest_end(&rest, now += 10, FALSE, TRUE);
        rested++;
    }
    assert_in_range(rested, 2, 20);
    assert_false(draw_rest_lasts(&rest, now));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rests_after_slow_ones),
        cmocka_unit_test(what_is_new_is_not_waited_for),
        cmocka_unit_test(forgets_slowly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
