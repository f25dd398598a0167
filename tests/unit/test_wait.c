/* wait: when a promise is made, from which samples, and what it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after those */
#include <cmocka.h>

#include "desk/wait.h"

#define NOW G_GINT64_CONSTANT(1700000000000)

static void says_nothing_without_history(void **state)
{
    (void)state;
    g_autoptr(Wait) wait = wait_new();
    gint64 p50 = 1, p90 = 1;
    assert_false(wait_promise(wait, 1, &p50, &p90));
    for (gint64 i = 0; i < WAIT_SAMPLES_MIN - 1; i++) wait_add(wait, 1, 1000, NOW + i);
    assert_false(wait_promise(wait, 1, &p50, &p90));
    assert_int_equal(p50, 0);
    assert_int_equal(p90, 0);
    wait_add(wait, 1, 1000, NOW);
    assert_true(wait_promise(wait, 1, &p50, &p90));
    assert_false(wait_promise(wait, 0, &p50, &p90));
    wait_free(NULL);
}

static void takes_the_nearest_rank(void **state)
{
    (void)state;
    static const struct {
        guint count;
        gint64 p50, p90;
    } table[] = {{5, 3, 5}, {6, 3, 6}, {9, 5, 9}, {10, 5, 9}, {11, 6, 10}, {20, 10, 18}, {100, 50, 90}, {101, 51, 91}, {200, 100, 180}};
    for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(Wait) wait = wait_new();
        /* 1..count in an order that is not sorted */
        for (guint k = 0; k < table[i].count; k++) wait_add(wait, 2, (gint64)(k * 7 % table[i].count) + 1, NOW);
        gint64 p50, p90;
        if (table[i].count % 7 == 0) fail_msg("row %u does not visit every value", i);
        assert_true(wait_promise(wait, 2, &p50, &p90));
        assert_int_equal(p50, table[i].p50);
        assert_int_equal(p90, table[i].p90);
    }
}

static void files_by_place(void **state)
{
    (void)state;
    static const guint first[] = {1, 2, 3, 5, 9, 17, 33, 65, 129, 257, 513, 1025};
    for (guint i = 0; i < G_N_ELEMENTS(first); i++) {
        guint last = i + 1 < G_N_ELEMENTS(first) ? first[i + 1] - 1 : G_MAXUINT;
        g_autoptr(Wait) wait = wait_new();
        for (guint k = 0; k < WAIT_SAMPLES_MIN; k++) wait_add(wait, k % 2 ? first[i] : last, 1000, NOW);
        gint64 p50, p90;
        assert_true(wait_promise(wait, first[i], &p50, &p90));
        assert_true(wait_promise(wait, last, &p50, &p90));
        assert_false(wait_promise(wait, first[i] - 1, &p50, &p90));
        if (last != G_MAXUINT) assert_false(wait_promise(wait, last + 1, &p50, &p90));
    }
}

static void forgets_what_is_old(void **state)
{
    (void)state;
    g_autoptr(Wait) wait = wait_new();
    gint64 p50, p90;
    for (guint i = 0; i < 10; i++) wait_add(wait, 1, 60000, NOW);
    wait_add(wait, 40, 5, NOW + WAIT_AGE_MAX_MS);
    assert_true(wait_promise(wait, 1, &p50, &p90));
    wait_add(wait, 40, 5, NOW + WAIT_AGE_MAX_MS + 1);
    assert_false(wait_promise(wait, 1, &p50, &p90));
    /* a sample that comes late and is old changes nothing */
    for (guint i = 0; i < 10; i++) wait_add(wait, 1, 60000, NOW);
    assert_false(wait_promise(wait, 1, &p50, &p90));
}

static void keeps_a_bounded_number(void **state)
{
    (void)state;
    g_autoptr(Wait) wait = wait_new();
    gint64 p50, p90;
    for (gint64 i = 0; i < WAIT_SAMPLES_MAX; i++) wait_add(wait, 1, 1000, NOW + i);
    for (gint64 i = 0; i < WAIT_SAMPLES_MAX; i++) wait_add(wait, 1, 9000, NOW + 1000 + i);
    assert_true(wait_promise(wait, 1, &p50, &p90));
    assert_int_equal(p50, 9000);
    for (gint64 i = 0; i < WAIT_SAMPLES_MAX; i++) wait_add(wait, 1, 1, NOW);
    assert_true(wait_promise(wait, 1, &p50, &p90));
    assert_int_equal(p50, 9000);
}

static void ignores_nonsense(void **state)
{
    (void)state;
    g_autoptr(Wait) wait = wait_new();
    gint64 p50, p90;
    for (guint i = 0; i < 10; i++) {
        wait_add(wait, 0, 1000, NOW);
        wait_add(wait, 1, -1, NOW);
    }
    assert_false(wait_promise(wait, 1, &p50, &p90));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_nothing_without_history), cmocka_unit_test(takes_the_nearest_rank), cmocka_unit_test(files_by_place),
        cmocka_unit_test(forgets_what_is_old),          cmocka_unit_test(keeps_a_bounded_number), cmocka_unit_test(ignores_nonsense)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
