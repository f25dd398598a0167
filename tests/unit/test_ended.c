/* Ended calls are known by their key for ten minutes of the bus's time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after those */
#include <cmocka.h>

#include "desk/ended.h"

#define AT G_GINT64_CONSTANT(1700000000000)

static void test_is_known_for_its_time(void **state)
{
    (void)state;
    Ended *ended = ended_new();
    ended_note(ended, "c1", "hash", "dropped", "network", AT);
    const EndedCall *call = ended_find(ended, "c1", AT + ENDED_MS);
    assert_non_null(call);
    assert_string_equal(call->key_hash, "hash");
    assert_string_equal(call->outcome, "dropped");
    assert_string_equal(call->cause, "network");
    assert_null(ended_find(ended, "c1", AT + ENDED_MS + 1));
    assert_null(ended_find(ended, "c2", AT));
    /* The bus's clock may have been behind when it was noted. */
    assert_non_null(ended_find(ended, "c1", AT - ENDED_MS));
    ended_free(ended);
}

static void test_what_is_past_goes(void **state)
{
    (void)state;
    Ended *ended = ended_new();
    ended_note(ended, "c1", "hash", "completed", "", AT);
    ended_note(ended, "c2", "hash", "completed", "", AT + 1);
    ended_forget(ended, AT + ENDED_MS + 1);
    assert_null(ended_find(ended, "c1", AT));
    assert_non_null(ended_find(ended, "c2", AT));
    ended_free(ended);
}

static void test_said_again(void **state)
{
    (void)state;
    Ended *ended = ended_new();
    ended_note(ended, "c1", "hash", "completed", "", AT + 5);
    ended_note(ended, "c1", "", "dropped", "network", AT);
    const EndedCall *call = ended_find(ended, "c1", AT + ENDED_MS);
    assert_string_equal(call->key_hash, "hash");
    assert_string_equal(call->outcome, "dropped");
    assert_null(ended_find(ended, "c1", AT + ENDED_MS + 1));
    ended_note(ended, "c2", "", "callback", "", AT);
    assert_null(ended_find(ended, "c2", AT));
    ended_free(ended);
}

static void test_is_bounded(void **state)
{
    (void)state;
    Ended *ended = ended_new();
    for (int i = 0; i < ENDED_MAX + 1; i++) {
        g_autofree char *id = g_strdup_printf("c%d", i);
        ended_note(ended, id, "hash", "completed", "", AT);
    }
    g_autofree char *last = g_strdup_printf("c%d", ENDED_MAX);
    assert_null(ended_find(ended, last, AT));
    ended_note(ended, "c0", "hash", "dropped", "network", AT);
    assert_string_equal(ended_find(ended, "c0", AT)->outcome, "dropped");
    ended_free(ended);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_known_for_its_time),
        cmocka_unit_test(test_what_is_past_goes),
        cmocka_unit_test(test_said_again),
        cmocka_unit_test(test_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
