/* The line: its order, who gets whom, places and counts; and that it stays right and quick with a thousand calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "desk/queue.h"

static const char *const topics[] = {"tv", "phones", "other", NULL};
static const char *const langs[] = {"en", "nb", NULL};
static const char *const all[] = {"*", NULL};

static Queue *line(void)
{
    return queue_new(topics, langs);
}

static void put(Queue *queue, const char *id, CallPrio prio, gint64 enqueued, const char *topic, const char *lang)
{
    g_autoptr(Call) call = call_new(id, enqueued);
    call->prio = prio;
    g_strlcpy(call->topic, topic, sizeof call->topic);
    g_strlcpy(call->lang, lang, sizeof call->lang);
    queue_put(queue, call);
}

static void test_order(void **state)
{
    (void)state;
    Queue *queue = line();
    QueueSkills skills = queue_skills(queue, all, langs);
    put(queue, "c4", CALL_PRIO_NORMAL, 10, "tv", "en");
    put(queue, "c3", CALL_PRIO_NORMAL, 5, "tv", "en");
    put(queue, "c2", CALL_PRIO_CALLBACK, 90, "tv", "en");
    put(queue, "c1", CALL_PRIO_LOST, 99, "tv", "en");
    put(queue, "c5", CALL_PRIO_NORMAL, 10, "tv", "en");
    static const char *const order[] = {"c1", "c2", "c3", "c4", "c5"};
    for (guint i = 0; i < 5; i++) assert_int_equal(queue_place(queue, order[i]), i + 1);
    assert_int_equal(queue_next_place(queue, CALL_PRIO_CALLBACK), 3);
    assert_int_equal(queue_next_place(queue, CALL_PRIO_NORMAL), 6);
    assert_int_equal(queue_oldest_utc(queue), 5);
    for (guint i = 0; i < 5; i++) {
        assert_string_equal(queue_first(queue, skills), order[i]);
        queue_remove(queue, order[i]);
    }
    assert_null(queue_first(queue, skills));
    assert_int_equal(queue_oldest_utc(queue), 0);
    assert_int_equal(queue_place(queue, "c1"), 0);
    queue_free(queue);
}

static void test_skills(void **state)
{
    (void)state;
    Queue *queue = line();
    static const char *const tv[] = {"tv", NULL}, *const nb[] = {"nb", NULL};
    QueueSkills narrow = queue_skills(queue, tv, nb), wide = queue_skills(queue, all, langs);
    put(queue, "c1", CALL_PRIO_NORMAL, 1, "phones", "nb");
    put(queue, "c2", CALL_PRIO_NORMAL, 2, "tv", "en");
    put(queue, "c3", CALL_PRIO_NORMAL, 3, "tv", "nb");
    put(queue, "c4", CALL_PRIO_NORMAL, 4, "boats", "nb");
    assert_string_equal(queue_first(queue, narrow), "c3");
    assert_string_equal(queue_first(queue, wide), "c1");
    /* A topic that only another desk knows is for booths that take everything. */
    assert_true(queue_fits(queue, wide, "boats", "nb"));
    assert_false(queue_fits(queue, narrow, "boats", "nb"));
    assert_false(queue_fits(queue, wide, "tv", "fi"));
    assert_int_equal(queue_length(queue), 4);
    assert_int_equal(queue_length_of(queue, "tv"), 2);
    assert_int_equal(queue_length_of(queue, "phones"), 1);
    queue_free(queue);
}

static void test_held(void **state)
{
    (void)state;
    Queue *queue = line();
    QueueSkills skills = queue_skills(queue, all, langs);
    put(queue, "c1", CALL_PRIO_NORMAL, 1, "tv", "en");
    put(queue, "c2", CALL_PRIO_NORMAL, 2, "tv", "en");
    queue_hold(queue, "c1", TRUE);
    assert_string_equal(queue_first(queue, skills), "c2");
    assert_int_equal(queue_place(queue, "c2"), 2);
    queue_hold(queue, "c1", FALSE);
    assert_string_equal(queue_first(queue, skills), "c1");
    queue_hold(queue, "unknown", TRUE);
    queue_remove(queue, "unknown");
    assert_true(queue_has(queue, "c1"));
    queue_free(queue);
}

static void test_moves(void **state)
{
    (void)state;
    Queue *queue = line();
    put(queue, "c1", CALL_PRIO_NORMAL, 1, "tv", "en");
    put(queue, "c2", CALL_PRIO_NORMAL, 2, "tv", "en");
    put(queue, "c2", CALL_PRIO_LOST, 2, "tv", "en");
    assert_int_equal(queue_length(queue), 2);
    assert_int_equal(queue_place(queue, "c2"), 1);
    assert_int_equal(queue_oldest_utc(queue), 1);
    queue_free(queue);
}

/* Against the plain definition, with random calls. */
static void test_a_thousand(void **state)
{
    (void)state;
    enum { CALLS = 1000 };
    Queue *queue = line();
    QueueSkills skills = queue_skills(queue, all, langs);
    for (int i = 0; i < CALLS; i++) {
        g_autofree char *id = g_strdup_printf("c%04d", i);
        put(queue, id, (CallPrio)(i * 7 % 3), i * 7919 % 500, topics[i % 3], langs[i % 2]);
    }
    gint64 last_time = -1;
    guint last_prio = 0;
    g_autofree char *last_id = g_strdup("");
    for (int i = 0; i < CALLS; i++) {
        g_autofree char *id = g_strdup(queue_first(queue, skills));
        int n = atoi(id + 1);
        guint prio = (guint)(n * 7 % 3);
        gint64 time = n * 7919 % 500;
        gboolean after = prio > last_prio || (prio == last_prio && (time > last_time || (time == last_time && strcmp(id, last_id) > 0)));
        assert_true(after);
        assert_int_equal(queue_place(queue, id), 1);
        queue_remove(queue, id);
        last_prio = prio;
        last_time = time;
        g_free(last_id);
        last_id = g_steal_pointer(&id);
    }
    assert_int_equal(queue_length(queue), 0);
    queue_free(queue);
}

/* Two of one millisecond stand in the order they came in; a clock that was set back is believed. */
static void test_stamps(void **state)
{
    (void)state;
    static const struct {
        gint64 now, stamp;
    } table[] = {{5000, 5000}, {5000, 5001}, {5000, 5002}, {5001, 5003}, {5010, 5010}, {4500, 5011}, {4000, 4000}, {9000, 9000}};
    Queue *queue = line();
    for (guint i = 0; i < G_N_ELEMENTS(table); i++) assert_int_equal(queue_stamp(queue, table[i].now), table[i].stamp);
    queue_free(queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order), cmocka_unit_test(test_skills),     cmocka_unit_test(test_held),
        cmocka_unit_test(test_moves), cmocka_unit_test(test_a_thousand), cmocka_unit_test(test_stamps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
