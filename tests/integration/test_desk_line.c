/* The desk and the line: who waits, who is offered to whom, and what shoppers are told meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after those */
#include <cmocka.h>

#include "centre.h"
#include "patience.h"
#include "scene.h"

/* Waits until the shopper is told that the call is back in line; what was told of the line before does not count. Returns the place. */
static gint64 expect_requeued(Client *shopper)
{
    for (;;) {
        json_t *queued = client_expect(shopper, "queued");
        gboolean requeued = wire_bool(queued, "requeued");
        gint64 place = wire_int(queued, "place");
        message_drop(queued);
        if (requeued) return place;
    }
}

static void test_back_at_the_head(void **state)
{
    Centre *centre = *state;
    Client *booth = centre_booth(centre, 0, "b1", 1, NULL, NULL), *first = centre_shopper(centre, 0), *second = centre_shopper(centre, 0);
    Ticket one = shopper_ask(first, "tv"), two = shopper_ask(second, "tv");
    booth_pull(booth, 1);
    Held held = booth_take_offer(booth);
    assert_string_equal(held.id, one.id);
    booth_prove(booth, "ring_no_answer", &held, NULL);
    assert_int_equal(expect_requeued(first), 1);
    scene_clear(NULL, &held);
    booth_pull(booth, 2);
    held = booth_take_offer(booth);
    assert_string_equal(held.id, one.id);
    assert_int_equal(held.gen, 2);
    /* Its link goes: back at once, and the next booth gets it. */
    client_free(booth);
    booth = centre_booth(centre, 0, "b2", 1, NULL, NULL);
    booth_pull(booth, 1);
    scene_clear(NULL, &held);
    held = booth_take_offer(booth);
    assert_string_equal(held.id, one.id);
    assert_int_equal(held.gen, 3);
    client_say(first, json_pack("{s:s}", "t", "leave"));
    json_t *withdrawn = client_expect(booth, "withdrawn");
    assert_string_equal(wire_string(withdrawn, "why"), "left");
    message_drop(withdrawn);
    booth_pull(booth, 2);
    scene_clear(NULL, &held);
    held = booth_take_offer(booth);
    assert_string_equal(held.id, two.id);
    booth_prove(booth, "decline", &held, NULL);
    expect_requeued(second);
    client_say(second, json_pack("{s:s}", "t", "leave"));
    message_drop(client_expect(second, "ended"));
    centre_expect_record(centre, one.id, "abandoned", "left_before_promise");
    centre_expect_record(centre, two.id, "declined", "left_before_promise");
    scene_clear(&one, &held);
    scene_clear(&two, NULL);
    client_free(booth);
    client_free(first);
    client_free(second);
}

static void test_silent_agent_and_stale_words(void **state)
{
    Centre *centre = *state;
    Client *booth = centre_booth(centre, 0, "b1", 1, NULL, NULL), *shopper = centre_shopper(centre, 0);
    booth_pull(booth, 1);
    Ticket ticket = shopper_ask(shopper, "tv");
    Held held = booth_take_offer(booth);
    /* Neither accepts nor declines: the desk takes the call back by itself. */
    json_t *withdrawn = client_expect(booth, "withdrawn");
    assert_string_equal(wire_string(withdrawn, "why"), "ring_no_answer");
    message_drop(withdrawn);
    booth_prove(booth, "accept", &held, NULL);
    message_drop(client_expect(booth, "refused"));
    client_say(shopper, json_pack("{s:s, s:i}", "t", "hangup", "gen", 7));
    json_t *error = client_expect(shopper, "error");
    assert_string_equal(wire_string(error, "code"), "stale");
    message_drop(error);
    client_free(shopper);
    centre_expect_record(centre, ticket.id, "missed", "ring_no_answer");
    scene_clear(&ticket, &held);
    client_free(booth);
}

static void test_unpull(void **state)
{
    Centre *centre = *state;
    Client *booth = centre_booth(centre, 0, "b1", 1, NULL, NULL), *shopper = centre_shopper(centre, 0);
    booth_pull(booth, 4);
    client_say(booth, json_pack("{s:s, s:i}", "t", "unpull", "seq", 4));
    json_t *unpulled = client_expect(booth, "unpulled");
    assert_int_equal(wire_int(unpulled, "seq"), 4);
    message_drop(unpulled);
    Ticket ticket = shopper_ask(shopper, "tv");
    /* An offer would have been said before this answer. */
    Held nothing = {ticket.id, ticket.key, 1};
    booth_prove(booth, "accept", &nothing, NULL);
    message_drop(client_expect(booth, "refused"));
    assert_false(client_has(booth, "offer"));
    client_say(shopper, json_pack("{s:s}", "t", "leave"));
    message_drop(client_expect(shopper, "ended"));
    scene_clear(&ticket, NULL);
    client_free(booth);
    client_free(shopper);
}

/* Waits until the shopper in line is told that an advisor is there, or is not. */
static void expect_staff(Client *shopper, gboolean staff)
{
    for (gboolean told = !staff; told != staff;) {
        json_t *queued = client_expect(shopper, "queued");
        told = wire_bool(queued, "staff");
        message_drop(queued);
    }
}

static void test_staff_is_who_is_there(void **state)
{
    Centre *centre = *state;
    Client *booth = centre_booth(centre, 0, "b1", 1, NULL, NULL);
    Client *shopper = centre_shopper(centre, 0);
    /* The booth speaks English and Norwegian; nobody has Finnish, and its advisor is not there yet. */
    client_say(shopper, json_pack("{s:s, s:s, s:s, s:b, s:[s]}", "t", "ask", "topic", "tv", "lang", "fi", "terms", 1, "codecs", "VP8"));
    expect_staff(shopper, FALSE);
    client_say(shopper, json_pack("{s:s}", "t", "leave"));
    message_drop(client_expect(shopper, "ended"));
    client_free(shopper);

    shopper = centre_shopper(centre, 0);
    client_say(booth, json_pack("{s:s, s:{s:s}}", "t", "status", "snapshot", "state", "paused"));
    client_say(shopper, json_pack("{s:s, s:s, s:s, s:b, s:[s]}", "t", "ask", "topic", "tv", "lang", "nb", "terms", 1, "codecs", "VP8"));
    expect_staff(shopper, FALSE);
    client_say(booth, json_pack("{s:s, s:{s:s}}", "t", "status", "snapshot", "state", "wrapup"));
    expect_staff(shopper, TRUE);
    client_say(booth, json_pack("{s:s, s:{s:s}}", "t", "status", "snapshot", "state", "paused"));
    expect_staff(shopper, FALSE);
    client_free(shopper);
    client_free(booth);
}

/* And until the desk has read it. */
static void say_status(Client *booth, json_t *snapshot)
{
    Held none = {(char *)"c0123456789abcdef0123456789abcdef", (char *)"n", 1};
    client_say(booth, json_pack("{s:s, s:o}", "t", "status", "snapshot", snapshot));
    booth_prove(booth, "accept", &none, NULL);
    message_drop(client_expect(booth, "refused"));
}

static void leave_missed(Client *shopper, const char *cause)
{
    client_say(shopper, json_pack("{s:s}", "t", "leave"));
    json_t *ended = client_expect(shopper, "ended");
    assert_string_equal(wire_string(ended, "outcome"), "missed");
    assert_string_equal(wire_string(ended, "cause"), cause);
    message_drop(ended);
    client_free(shopper);
}

/* The booth is at one desk, and the first shopper is at another one. */
static void test_why_nobody_came(void **state)
{
    Centre *centre = *state;
    Client *booth = centre_booth(centre, 0, "b1", 1, NULL, NULL), *shopper = centre_shopper(centre, 1), *second;
    say_status(booth, json_pack("{s:s, s:i, s:i, s:{s:i, s:b}}", "state", "wrapup", "since_mono", 1000, "now_mono", 1000000, "wrapup",
                                "until_mono", 1010000, "extended", 1));
    Ticket ticket = shopper_ask(shopper, "tv"), other;
    expect_staff(shopper, TRUE);
    leave_missed(shopper, "wrap_up_overrun");
    centre_expect_record(centre, ticket.id, "missed", "wrap_up_overrun");
    scene_clear(&ticket, NULL);

    say_status(booth, json_pack("{s:s, s:b, s:[{s:s, s:b}]}", "state", "paused", "ready_wanted", 1, "problems", "name",
                                "camera_face_missing", "blocks_ready", 1));
    shopper = centre_shopper(centre, 0);
    ticket = shopper_ask(shopper, "tv");
    leave_missed(shopper, "device_fault");
    scene_clear(&ticket, NULL);

    /* The second in line, whom it was never offered. */
    shopper = centre_shopper(centre, 0);
    second = centre_shopper(centre, 0);
    ticket = shopper_ask(shopper, "tv");
    other = shopper_ask(second, "tv");
    booth_pull(booth, 1);
    message_drop(client_expect(shopper, "ringing"));
    client_free(booth);
    message_drop(client_expect(shopper, "queued"));
    leave_missed(second, "network");
    leave_missed(shopper, "network");
    scene_clear(&ticket, NULL);
    scene_clear(&other, NULL);
}

static void test_shopper_comes_back_or_not(void **state)
{
    Centre *centre = *state;
    Client *shopper = centre_shopper(centre, 0), *again;
    Ticket ticket = shopper_ask(shopper, "tv");
    client_free(shopper);
    shopper = centre_shopper(centre, 0);
    client_say(shopper, json_pack("{s:s, s:s, s:s}", "t", "resume", "call", ticket.id, "key", "wrong"));
    json_t *error = client_expect(shopper, "error");
    assert_string_equal(wire_string(error, "code"), "unknown_call");
    message_drop(error);
    shopper_resume(shopper, &ticket);
    message_drop(client_expect(shopper, "queued"));
    /* A second tab takes over; the first is told by its close code. */
    again = centre_shopper(centre, 0);
    shopper_resume(again, &ticket);
    message_drop(client_expect(again, "queued"));
    assert_true(client_run(shopper, client_is_down, NULL, PATIENCE_MS));
    assert_int_equal(shopper->code, 4001);
    client_free(again);
    centre_expect_record(centre, ticket.id, "missed", "no_staff");
    scene_clear(&ticket, NULL);
    client_free(shopper);
}

static void test_bad_messages(void **state)
{
    Client *shopper = centre_shopper(*state, 0);
    link_send(shopper->link, "{\"t\":\"ask\"}");
    message_drop(client_expect(shopper, "error"));
    link_send(shopper->link, "nonsense");
    message_drop(client_expect(shopper, "error"));
    client_say(shopper, json_pack("{s:s}", "t", "ping"));
    message_drop(client_expect(shopper, "pong"));
    link_send(shopper->link, "{\"t\":\"unheard\"}");
    assert_true(client_run(shopper, client_is_down, NULL, PATIENCE_MS));
    assert_int_equal(shopper->code, 1008);
    client_free(shopper);
}

static void test_call_back(void **state)
{
    Centre *centre = *state;
    Client *shopper = centre_shopper(centre, 0), *other = centre_shopper(centre, 0);
    Ticket ticket = shopper_ask(shopper, "tv");
    client_say(shopper, json_pack("{s:s, s:s}", "t", "callback", "contact", "+47 12345678"));
    json_t *reference = client_expect(shopper, "called_back");
    json_t *ended = client_expect(shopper, "ended");
    assert_string_equal(wire_string(ended, "outcome"), "callback");
    message_drop(ended);
    /* Later: ahead of who waits already, once. */
    Ticket waiting = shopper_ask(other, "tv");
    json_t *back = centre_ask("tv");
    json_object_set_new(back, "callback", json_string(wire_string(reference, "reference")));
    client_say(shopper, back);
    json_t *queued = client_expect(shopper, "queued");
    assert_int_equal(wire_int(queued, "place"), 1);
    message_drop(queued);
    centre_expect_record(centre, ticket.id, "callback", "");
    message_drop(reference);
    scene_clear(&ticket, NULL);
    scene_clear(&waiting, NULL);
    client_free(shopper);
    client_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_back_at_the_head, scene_open, scene_shut),
        cmocka_unit_test_setup_teardown(test_silent_agent_and_stale_words, scene_open, scene_shut),
        cmocka_unit_test_setup_teardown(test_unpull, scene_open, scene_shut),
        cmocka_unit_test_setup_teardown(test_staff_is_who_is_there, scene_open, scene_shut),
        cmocka_unit_test_setup_teardown(test_why_nobody_came, scene_open_two, scene_shut),
        cmocka_unit_test_setup_teardown(test_shopper_comes_back_or_not, scene_open, scene_shut),
        cmocka_unit_test_setup_teardown(test_bad_messages, scene_open, scene_shut),
        cmocka_unit_test_setup_teardown(test_call_back, scene_open, scene_shut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
