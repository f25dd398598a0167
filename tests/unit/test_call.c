/* The life of a call: every event in every state, what a call comes to, and its value there and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "desk/call.h"

#define ID       "c00000000000000000000000000000001"
#define ENQUEUED 1000000
#define NOW      1005000

static CallEvent event_of(CallEventKind kind, guint gen)
{
    CallEvent event = {.kind = kind, .now_utc = NOW, .gen = gen, .booth_name = "Booth One"};
    strcpy(event.booth, "b1");
    strcpy(event.nonce, "n1");
    g_strlcpy(event.desk, kind == CALL_SHOPPER_AWAY ? "d0" : "d1", sizeof event.desk);
    return event;
}

static Call *stepped(Call *call, CallEventKind kind, guint gen)
{
    CallEvent event = event_of(kind, gen);
    Call *next = call_step(call, &event);
    assert_non_null(next);
    call_free(call);
    return next;
}

static Call *queued(void)
{
    Call *call = call_new(ID, ENQUEUED);
    strcpy(call->topic, "tv");
    strcpy(call->lang, "nb");
    strcpy(call->shopper_desk, "d0");
    return call;
}

static Call *in_state(CallState state)
{
    Call *call = queued();
    if (state >= CALL_OFFERED) call = stepped(call, CALL_OFFER, 0);
    if (state >= CALL_LIVE) call = stepped(call, CALL_ACCEPT, 1);
    if (state == CALL_DONE) call = stepped(call, CALL_BOOTH_ENDS, 1);
    return call;
}

#define NO (-1)
/* clang-format off */
/* What each event makes of a call in each state; NO: refused. */
static const int table[CALL_EVENTS][4] = {
    /*                        queued        offered       live         done */
    [CALL_OFFER] =          {CALL_OFFERED, NO,           NO,          NO},
    [CALL_ACCEPT] =         {NO,           CALL_LIVE,    NO,          NO},
    [CALL_DECLINE] =        {NO,           CALL_QUEUED,  NO,          NO},
    [CALL_RING_NO_ANSWER] = {NO,           CALL_QUEUED,  NO,          NO},
    [CALL_RENEW] =          {NO,           CALL_OFFERED, CALL_LIVE,   NO},
    [CALL_ADOPT] =          {NO,           CALL_OFFERED, CALL_LIVE,   NO},
    [CALL_BOOTH_ENDS] =     {NO,           NO,           CALL_DONE,   NO},
    [CALL_SETUP_FAILED] =   {NO,           NO,           CALL_DONE,   NO},
    [CALL_MEDIA_LOST] =     {NO,           NO,           CALL_DONE,   NO},
    [CALL_LINK_LOST] =      {NO,           CALL_QUEUED,  NO,          NO},
    [CALL_LEASE_ENDED] =    {NO,           CALL_QUEUED,  CALL_DONE,   NO},
    [CALL_NO_PICTURE] =     {NO,           NO,           CALL_QUEUED, NO},
    [CALL_MEDIA_UP] =       {NO,           NO,           CALL_LIVE,   NO},
    [CALL_SHOPPER_ENDS] =   {CALL_DONE,    CALL_DONE,    CALL_DONE,   NO},
    [CALL_SHOPPER_LEAVES] = {CALL_DONE,    CALL_DONE,    CALL_DONE,   NO},
    [CALL_SHOPPER_AWAY] =   {CALL_DONE,    CALL_DONE,    NO,          NO},
    [CALL_CALL_BACK] =      {CALL_DONE,    CALL_DONE,    NO,          NO},
    [CALL_MOVE] =           {CALL_QUEUED,  CALL_OFFERED, CALL_LIVE,   NO},
};
/* clang-format on */

static void test_every_state_and_event(void **state)
{
    (void)state;
    for (int from = CALL_QUEUED; from <= CALL_DONE; from++) {
        for (int kind = 0; kind < CALL_EVENTS; kind++) {
            g_autoptr(Call) call = in_state((CallState)from);
            CallEvent event = event_of((CallEventKind)kind, call->gen);
            g_autoptr(Call) next = call_step(call, &event);
            int became = next ? (int)next->state : NO;
            if (became != table[kind][from]) fail_msg("event %d in state %d made %d, not %d", kind, from, became, table[kind][from]);
            if (!next || next->state != CALL_DONE) continue;
            gboolean good = strcmp(next->outcome, "completed") == 0 || strcmp(next->outcome, "callback") == 0;
            assert_true(next->outcome[0] != '\0');
            assert_int_equal(next->cause[0] == '\0', good);
            assert_int_equal(next->ended_utc, NOW);
        }
    }
}

/* Whoever does not hold this generation, this nonce, this call changes nothing. */
static void test_stale_is_refused(void **state)
{
    (void)state;
    static const CallEventKind proven[] = {CALL_ACCEPT, CALL_DECLINE,    CALL_RING_NO_ANSWER, CALL_RENEW,
                                           CALL_ADOPT,  CALL_BOOTH_ENDS, CALL_SETUP_FAILED,   CALL_MEDIA_LOST};
    for (int from = CALL_OFFERED; from <= CALL_LIVE; from++) {
        for (gsize i = 0; i < G_N_ELEMENTS(proven); i++) {
            g_autoptr(Call) call = in_state((CallState)from);
            CallEvent older = event_of(proven[i], call->gen - 1), other = event_of(proven[i], call->gen), forged = other;
            strcpy(other.booth, "b2");
            strcpy(forged.nonce, "n2");
            assert_null(call_step(call, &older));
            assert_null(call_step(call, &other));
            assert_null(call_step(call, &forged));
        }
    }
}

/* What a desk concluded from a link of its own does not count once that end has come back at another desk. */
static void test_moved_meanwhile(void **state)
{
    (void)state;
    CallEvent adopt = event_of(CALL_ADOPT, 1), lost = event_of(CALL_LINK_LOST, 1);
    strcpy(adopt.desk, "d2");
    g_autoptr(Call) offered = in_state(CALL_OFFERED);
    g_autoptr(Call) adopted = call_step(offered, &adopt);
    assert_null(call_step(adopted, &lost));
    CallEvent move = event_of(CALL_MOVE, 0), away = event_of(CALL_SHOPPER_AWAY, 0);
    g_autoptr(Call) waiting = in_state(CALL_QUEUED);
    g_autoptr(Call) moved = call_step(waiting, &move);
    assert_null(call_step(moved, &away));
}

static void test_back_at_the_head(void **state)
{
    (void)state;
    g_autoptr(Call) call = stepped(in_state(CALL_OFFERED), CALL_RING_NO_ANSWER, 1);
    assert_int_equal(call->enqueued_utc, ENQUEUED);
    assert_int_equal(call->prio, CALL_PRIO_NORMAL);
    assert_string_equal(call->owner, "");
    assert_string_equal(call->nonce, "");
    call = stepped(g_steal_pointer(&call), CALL_OFFER, 1);
    assert_int_equal(call->gen, 2);
    assert_int_equal(call->offers->len, 2);
    call = stepped(g_steal_pointer(&call), CALL_LINK_LOST, 2);
    assert_int_equal(call->prio, CALL_PRIO_LOST);
    assert_int_equal(call->enqueued_utc, ENQUEUED);
}

static void test_talk(void **state)
{
    (void)state;
    g_autoptr(Call) call = in_state(CALL_LIVE);
    assert_int_equal(call->accepted_utc, NOW);
    call = stepped(g_steal_pointer(&call), CALL_MEDIA_UP, 1);
    CallEvent again = event_of(CALL_MEDIA_UP, 1);
    assert_null(call_step(call, &again));
    call = stepped(g_steal_pointer(&call), CALL_SHOPPER_ENDS, 1);
    assert_string_equal(call->outcome, "completed");
    assert_string_equal(call->ended_by, "shopper");
    g_autoptr(Call) dark = stepped(in_state(CALL_LIVE), CALL_BOOTH_ENDS, 1);
    assert_string_equal(dark->outcome, "setup_failed");
    assert_string_equal(dark->cause, "network");
}

/* The other word for the same end, in line and while it rings. */
static void check_leave_is_end(const Call *call, const CallEvent *event, const Call *end)
{
    CallEvent leave = *event;
    leave.kind = CALL_SHOPPER_LEAVES;
    g_autoptr(Call) left = call_step(call, &leave);
    assert_string_equal(left->outcome, end->outcome);
    assert_string_equal(left->cause, end->cause);
}

static void check_left(Call *call, gint64 now, const char *missed, const char *outcome, const char *cause)
{
    CallEvent event = event_of(CALL_SHOPPER_ENDS, call->gen);
    event.now_utc = now;
    event.missed = missed;
    g_autoptr(Call) end = call_step(call, &event);
    assert_string_equal(end->outcome, outcome);
    assert_string_equal(end->cause, cause);
    check_leave_is_end(call, &event, end);
    call_free(call);
}

static Call *promised(gint64 p90)
{
    Call *call = queued();
    call->promised = TRUE;
    call->promise_p90_ms = p90;
    return call;
}

static void test_why_it_was_not_answered(void **state)
{
    (void)state;
    check_left(queued(), NOW, NULL, "abandoned", "left_before_promise");
    check_left(promised(6000), NOW, NULL, "abandoned", "left_before_promise");
    check_left(promised(4000), NOW, NULL, "abandoned", "left_after_promise");
    check_left(queued(), NOW, "", "abandoned", "left_before_promise");
    check_left(queued(), NOW, "no_staff", "missed", "no_staff");
    check_left(promised(4000), NOW, "wrap_up_overrun", "missed", "wrap_up_overrun");
    check_left(stepped(in_state(CALL_OFFERED), CALL_RING_NO_ANSWER, 1), NOW, "device_fault", "missed", "ring_no_answer");
    check_left(in_state(CALL_OFFERED), NOW, "no_staff", "abandoned", "left_before_promise");
    check_left(stepped(in_state(CALL_OFFERED), CALL_RING_NO_ANSWER, 1), NOW, "no_staff", "missed", "ring_no_answer");
    check_left(stepped(in_state(CALL_OFFERED), CALL_DECLINE, 1), NOW, NULL, "declined", "left_before_promise");
    check_left(stepped(in_state(CALL_OFFERED), CALL_LINK_LOST, 1), NOW, NULL, "missed", "network");
    check_left(stepped(in_state(CALL_OFFERED), CALL_LEASE_ENDED, 1), NOW, NULL, "missed", "network");
    check_left(stepped(in_state(CALL_LIVE), CALL_NO_PICTURE, 1), NOW, NULL, "dropped", "network");
}

/* The advisor has accepted; the page that left the line did not hear of it. Had it hung up, it would have known. */
static void test_leave_crosses_accept(void **state)
{
    (void)state;
    static const struct {
        CallEventKind kind;
        gboolean picture, promised, lost_before;
        const char *outcome, *cause;
    } rows[] = {
        {CALL_SHOPPER_LEAVES, FALSE, FALSE, FALSE, "abandoned", "left_before_promise"},
        {CALL_SHOPPER_LEAVES, FALSE, TRUE, FALSE, "abandoned", "left_after_promise"},
        {CALL_SHOPPER_LEAVES, FALSE, FALSE, TRUE, "dropped", "network"},
        {CALL_SHOPPER_LEAVES, TRUE, FALSE, FALSE, "completed", ""},
        {CALL_SHOPPER_ENDS, FALSE, FALSE, FALSE, "setup_failed", "network"},
        {CALL_SHOPPER_ENDS, TRUE, FALSE, FALSE, "completed", ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Call) call = in_state(CALL_LIVE);
        if (rows[i].lost_before) {
            call = stepped(g_steal_pointer(&call), CALL_NO_PICTURE, 1);
            call = stepped(g_steal_pointer(&call), CALL_OFFER, 1);
            call = stepped(g_steal_pointer(&call), CALL_ACCEPT, 2);
        }
        call->promised = rows[i].promised;
        if (rows[i].picture) call = stepped(g_steal_pointer(&call), CALL_MEDIA_UP, call->gen);
        CallEvent event = event_of(rows[i].kind, 0);
        event.missed = "no_staff"; /* the one advisor is in this call */
        g_autoptr(Call) end = call_step(call, &event);
        assert_string_equal(end->outcome, rows[i].outcome);
        assert_string_equal(end->cause, rows[i].cause);
        assert_string_equal(end->ended_by, "shopper");
        assert_int_equal(g_array_index(end->offers, CallOffer, end->offers->len - 1).result, CALL_OFFER_ACCEPTED);
    }
}

static void test_value_there_and_back(void **state)
{
    (void)state;
    for (int from = CALL_QUEUED; from <= CALL_DONE; from++) {
        g_autoptr(Call) call = in_state((CallState)from);
        call->promised = from % 2;
        call->promise_p50_ms = from % 2 ? 5 : 0;
        strcpy(call->codecs[0], "VP8");
        call->codec_count = 1;
        json_t *value = call_to_json(call);
        assert_non_null(value);
        g_autoptr(Call) back = call_from_json(value);
        assert_non_null(back);
        json_t *again = call_to_json(back);
        assert_true(json_equal(value, again));
        json_decref(again);
        json_decref(value);
    }
}

static void test_foreign_values(void **state)
{
    (void)state;
    g_autoptr(Call) call = in_state(CALL_LIVE);
    json_t *value = call_to_json(call);
    const char *member;
    json_t *ignored;
    json_object_foreach(value, member, ignored) {
        if (strcmp(member, "v") == 0) continue;
        json_t *broken = json_deep_copy(value);
        json_object_set_new(broken, member, json_real(0.5));
        g_autoptr(Call) back = call_from_json(broken);
        /* A promise that is no object is none. */
        if (back && strcmp(member, "promise") != 0) fail_msg("took a wrong \"%s\"", member);
        json_decref(broken);
    }
    json_decref(value);
}

static void test_record_keeps_no_secret(void **state)
{
    (void)state;
    static const char *const secret[] = {"nonce", "lease", "shopper_desk", "owner_desk", "owner_name"};
    g_autoptr(Call) call = in_state(CALL_DONE);
    json_t *record = call_to_record(call);
    for (gsize i = 0; i < G_N_ELEMENTS(secret); i++) assert_null(json_object_get(record, secret[i]));
    assert_string_equal(json_string_value(json_object_get(record, "key_hash")), "");
    assert_non_null(json_object_get(record, "offers"));
    json_decref(record);
}

static void test_offers_are_bounded(void **state)
{
    (void)state;
    g_autoptr(Call) call = queued();
    for (guint i = 1; i <= CALL_OFFERS_MAX + 20; i++) {
        call = stepped(g_steal_pointer(&call), CALL_OFFER, 0);
        call = stepped(g_steal_pointer(&call), CALL_DECLINE, i);
    }
    assert_int_equal(call->offers->len, CALL_OFFERS_MAX);
    assert_int_equal(call->gen, CALL_OFFERS_MAX + 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_state_and_event),
        cmocka_unit_test(test_stale_is_refused),
        cmocka_unit_test(test_moved_meanwhile),
        cmocka_unit_test(test_back_at_the_head),
        cmocka_unit_test(test_talk),
        cmocka_unit_test(test_why_it_was_not_answered),
        cmocka_unit_test(test_leave_crosses_accept),
        cmocka_unit_test(test_value_there_and_back),
        cmocka_unit_test(test_foreign_values),
        cmocka_unit_test(test_record_keeps_no_secret),
        cmocka_unit_test(test_offers_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
