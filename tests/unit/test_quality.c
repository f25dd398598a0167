/* How a call went, from what the studio says of it. */
#include "agent/quality.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void count(Quality *quality, const char *call, const char *state, double rtt, double loss, int height)
{
    BoothKey key = {.gen = 1};
    g_strlcpy(key.id, call, sizeof key.id);
    json_t *health = json_pack("{s:{s:s, s:f, s:f, s:i, s:f, s:f, s:i}}", "media", "state", state, "rtt_ms", rtt, "loss", loss, "sent_kbps",
                               1000, "sent_fps", 30.0, "received_fps", 29.0, "sent_height", height);
    quality_count(quality, &key, health);
    json_decref(health);
}

static json_t *of(const Quality *quality, const char *call)
{
    BoothKey key = {.gen = 1};
    g_strlcpy(key.id, call, sizeof key.id);
    return quality_of_call(quality, &key);
}

static double member(const json_t *object, const char *name)
{
    return json_number_value(json_object_get(object, name));
}

static void means_and_worst_of_the_connected_samples(void **state)
{
    (void)state;
    Quality quality = {0};
    count(&quality, "c1", "connecting", 900, 1, 100);
    count(&quality, "c1", "connected", 20, 0, 720);
    count(&quality, "c1", "connected", 40, 0.05, 360);
    json_t *told = of(&quality, "c1");
    assert_int_equal(member(told, "samples"), 2);
    assert_true(member(told, "rtt_ms") == 30 && member(told, "rtt_max_ms") == 40);
    assert_true(member(told, "loss") == 0.025 && member(told, "loss_max") == 0.05);
    assert_true(member(told, "sent_kbps") == 1000 && member(told, "sent_fps") == 30 && member(told, "received_fps") == 29);
    assert_int_equal(member(told, "sent_height_min"), 360);
    json_decref(told);
}

static void another_call_begins_anew(void **state)
{
    (void)state;
    Quality quality = {0};
    assert_null(of(&quality, "c1"));
    count(&quality, "c1", "connected", 20, 0, 720);
    assert_null(of(&quality, "c2"));
    count(&quality, "c2", "connected", 60, 0, 720);
    assert_null(of(&quality, "c1"));
    json_t *told = of(&quality, "c2");
    assert_true(member(told, "samples") == 1 && member(told, "rtt_max_ms") == 60);
    json_decref(told);
}

static void absurd_numbers_are_bounded(void **state)
{
    (void)state;
    Quality quality = {0};
    count(&quality, "c1", "connected", -5, 7, -1);
    json_t *told = of(&quality, "c1");
    assert_true(member(told, "rtt_ms") == 0 && member(told, "loss") == 1 && member(told, "sent_height_min") == 0);
    json_decref(told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(means_and_worst_of_the_connected_samples),
        cmocka_unit_test(another_call_begins_anew),
        cmocka_unit_test(absurd_numbers_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
