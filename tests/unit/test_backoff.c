/* Full jitter: bounded by a ceiling that doubles up to a limit and starts anew. */
#include "link/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void the_ceiling_doubles_to_the_limit(void **unused)
{
    (void)unused;
    static const guint ceilings[] = {100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000};
    Backoff highest = {100, 5000, 0}, lowest = highest, middle = highest;
    for (guint i = 0; i < G_N_ELEMENTS(ceilings); i++) {
        guint high = backoff_next(&highest, 0.999999);
        assert_true(high <= ceilings[i] && high + 1 >= ceilings[i]);
        assert_int_equal(backoff_next(&lowest, 0), 0);
        assert_int_equal(backoff_next(&middle, 0.5), ceilings[i] / 2);
    }
}

static void it_starts_anew(void **unused)
{
    (void)unused;
    Backoff backoff = {100, 5000, 0};
    for (guint i = 0; i < 100000; i++) backoff_next(&backoff, 0.5);
    assert_int_equal(backoff_next(&backoff, 0.5), 2500);
    backoff_reset(&backoff);
    assert_int_equal(backoff_next(&backoff, 0.5), 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_ceiling_doubles_to_the_limit), cmocka_unit_test(it_starts_anew)};
    return cmocka_run_group_tests_name("backoff", tests, NULL, NULL);
}
