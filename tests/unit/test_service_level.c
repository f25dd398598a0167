/* The service level of the last hour: what counts, what counts once, and what is over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "desk/service_level.h"

#define NOW  G_GINT64_CONSTANT(1700000000000)
#define T    20000
#define SPAN SERVICE_LEVEL_SPAN_MS

static const char *const topics[] = {"tv", "phones", NULL};

static void expect(ServiceLevel *level, const char *topic, gint64 now, guint n, guint good)
{
    guint has_n, has_good;
    service_level_count(level, topic, now, &has_n, &has_good);
    assert_int_equal(has_n, n);
    assert_int_equal(has_good, good);
}

static void calls_count_by_topic_and_time(void **state)
{
    (void)state;
    ServiceLevel *level = service_level_new(topics, T);
    expect(level, NULL, NOW, 0, 0);
    service_level_add(level, "c1", "tv", 5000, NOW - 1000, NOW);
    service_level_add(level, "c2", "tv", T, NOW - 2000, NOW);
    service_level_add(level, "c3", "phones", T + 1, NOW - SPAN + 1, NOW);
    service_level_add(level, "c4", "bikes", 0, NOW, NOW);
    service_level_add(level, "c5", "tv", 0, NOW - SPAN, NOW);
    expect(level, NULL, NOW, 4, 3);
    expect(level, "tv", NOW, 2, 2);
    expect(level, "phones", NOW, 1, 0);
    expect(level, "bikes", NOW, 0, 0);
    expect(level, NULL, NOW + 1, 3, 3);
    expect(level, NULL, NOW + SPAN - 1000, 1, 1);
    expect(level, NULL, NOW + SPAN, 0, 0);
    service_level_free(level);
}

static void a_call_counts_once_as_first_told(void **state)
{
    (void)state;
    ServiceLevel *level = service_level_new(topics, T);
    service_level_add(level, "c1", "tv", 5000, NOW, NOW);
    service_level_add(level, "c1", "tv", 90000, NOW + 60000, NOW + 60000);
    expect(level, "tv", NOW + 60000, 1, 1);
    expect(level, "tv", NOW + SPAN, 0, 0);
    service_level_free(level);
    service_level_free(NULL);
}

static void only_so_many_are_kept(void **state)
{
    (void)state;
    ServiceLevel *level = service_level_new(topics, T);
    for (guint i = 0; i < SERVICE_LEVEL_MAX + 10; i++) {
        g_autofree char *id = g_strdup_printf("c%u", i);
        service_level_add(level, id, "tv", i < 10 ? T + 1 : 0, NOW + i, NOW + i);
    }
    expect(level, "tv", NOW + SERVICE_LEVEL_MAX, SERVICE_LEVEL_MAX, SERVICE_LEVEL_MAX);
    service_level_free(level);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_count_by_topic_and_time),
        cmocka_unit_test(a_call_counts_once_as_first_told),
        cmocka_unit_test(only_so_many_are_kept),
    };
    return cmocka_run_group_tests_name("service_level", tests, NULL, NULL);
}
