/* The desk when something fails: desks that die, the bus that dies, and a desk that hears of the calls late. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after those */
#include <cmocka.h>

#include "centre.h"
#include "laggard.h"
#include "scene.h"

/* What a desk says of it. */
#define VIEW_COMPLETE "the view of the bucket is complete"
#define BLIND_MAX     20 /* deaths of the bus */

/* A live call outlives its desk: both ends come to the next one, and the words between them pass again. */
static void test_desk_dies(void **state)
{
    Centre *centre = *state;
    Scene call = scene_begin_talk(centre, 0);
    centre_kill(&centre->desks[0].process, SIGKILL);
    client_free(call.booth);
    client_free(call.shopper);
    json_t *welcome;
    call.booth = centre_booth(centre, 1, "b1", 1, booth_claim(&call.held), &welcome);
    assert_string_equal(wire_string(welcome, "resume"), "kept");
    message_drop(welcome);
    centre_start_desk(centre, 0);
    call.shopper = centre_shopper(centre, 0);
    shopper_resume(call.shopper, &call.ticket);
    message_drop(client_expect(call.shopper, "connecting"));
    /* Now over the bus, from desk to desk. What is said before the shopper's desk listens is not kept; it listens when it has passed a
     * word. */
    client_say(call.shopper, shopper_signal(&call.held));
    message_drop(client_expect(call.booth, "signal"));
    client_say(call.booth, booth_signal(&call.held, "v=0\r\n"));
    message_drop(client_expect(call.shopper, "signal"));
    client_say(call.shopper, json_pack("{s:s, s:I}", "t", "hangup", "gen", (json_int_t)call.held.gen));
    message_drop(client_expect(call.booth, "ended"));
    message_drop(client_expect(call.shopper, "ended"));
    centre_expect_record(centre, call.ticket.id, "completed", "");
    scene_end(&call);
}

/* The word of the picture died with the shopper's desk, and the advisor has hung up before the page is back: they talked all the same. */
static void test_desk_dies_before_the_end(void **state)
{
    Centre *centre = *state;
    Scene call = scene_begin_call(centre, 1);
    centre_kill(&centre->desks[1].process, SIGKILL);
    client_free(call.shopper);
    booth_prove(call.booth, "end", &call.held, "hangup");
    call.shopper = centre_shopper(centre, 0);
    shopper_resume(call.shopper, &call.ticket);
    message_drop(client_expect(call.shopper, "connecting"));
    client_say(call.shopper, json_pack("{s:s, s:I, s:i}", "t", "media_up", "gen", (json_int_t)call.held.gen, "pc", 1));
    message_drop(client_expect(call.shopper, "ended"));
    message_drop(client_expect(call.booth, "ended"));
    centre_expect_record(centre, call.ticket.id, "completed", "");
    scene_end(&call);
}

/* Desk 1 hears of the calls late; all else it hears at once. */
static Laggard *start_laggard(Centre *centre)
{
    Laggard *laggard = laggard_new(centre->nats_port);
    centre->desks[1].bus_port = laggard->port;
    centre_start_desk(centre, 1);
    return laggard;
}

/* A page resumes at a desk whose view lags behind: it is not told that its call is unknown, but waits; so does what it says meanwhile. */
static void test_resume_at_a_laggard(void **state)
{
    Centre *centre = *state;
    Laggard *laggard = start_laggard(centre);
    Client *shopper = centre_shopper(centre, 0);
    laggard_set_lag(laggard, TRUE);
    Ticket ticket = shopper_ask(shopper, "tv"), nobody = {g_strdup("c0123456789abcdef0123456789abcdef"), g_strdup("key")};
    client_free(shopper);
    shopper = centre_shopper(centre, 1);
    Client *stranger = centre_shopper(centre, 1);
    shopper_resume(shopper, &ticket);
    shopper_resume(stranger, &nobody);
    shopper_await_pong(shopper);
    shopper_await_pong(stranger);
    assert_false(client_has(shopper, "error"));
    assert_false(client_has(stranger, "error"));
    client_say(shopper, json_pack("{s:s}", "t", "leave"));
    laggard_set_lag(laggard, FALSE);
    message_drop(client_expect(shopper, "queued"));
    message_drop(client_expect(shopper, "ended"));
    assert_false(client_has(shopper, "error"));
    json_t *error = client_expect(stranger, "error");
    assert_string_equal(wire_string(error, "code"), "unknown_call");
    message_drop(error);
    centre_expect_record(centre, ticket.id, "missed", "no_staff");
    scene_clear(&ticket, NULL);
    scene_clear(&nobody, NULL);
    client_free(shopper);
    client_free(stranger);
    centre_kill(&centre->desks[1].process, SIGTERM);
    laggard_free(laggard);
}

/* Too late to wait for: the page is to ask again, and what it says of the call meanwhile does not end it either. */
static void test_resume_in_vain(void **state)
{
    Centre *centre = *state;
    Laggard *laggard = start_laggard(centre);
    Client *shopper = centre_shopper(centre, 0);
    laggard_set_lag(laggard, TRUE);
    Ticket ticket = shopper_ask(shopper, "tv");
    client_free(shopper);
    shopper = centre_shopper(centre, 1);
    shopper_resume(shopper, &ticket);
    for (int i = 0; i < 2; i++) {
        json_t *error = client_expect(shopper, "error");
        assert_string_equal(wire_string(error, "code"), "unavailable");
        message_drop(error);
        if (i == 0) client_say(shopper, json_pack("{s:s, s:i}", "t", "no_picture", "gen", 1));
    }
    laggard_set_lag(laggard, FALSE);
    shopper_resume(shopper, &ticket);
    message_drop(client_expect(shopper, "queued"));
    assert_false(client_has(shopper, "error"));
    scene_clear(&ticket, NULL);
    client_free(shopper);
    centre_kill(&centre->desks[1].process, SIGTERM);
    laggard_free(laggard);
}

/* A booth that says that it holds a call is not told that the call is gone by a desk that has not heard of it yet. */
static void test_welcome_of_a_laggard(void **state)
{
    Centre *centre = *state;
    Laggard *laggard = start_laggard(centre);
    Client *booth = centre_booth(centre, 0, "b1", 1, NULL, NULL), *shopper = centre_shopper(centre, 0);
    laggard_set_lag(laggard, TRUE);
    booth_pull(booth, 1);
    Ticket ticket = shopper_ask(shopper, "tv");
    Held held = booth_take_offer(booth);
    scene_accept(booth, shopper, &held);
    Client *again = centre_booth_hello(centre, 1, "b1", 1, booth_claim(&held));
    centre_await(centre->desks[1].process, "booth b1 is linked", 1);
    client_free(booth);
    Client *page = centre_shopper(centre, 1);
    shopper_await_pong(page);
    assert_false(client_has(again, "welcome"));
    laggard_set_lag(laggard, FALSE);
    json_t *welcome = client_expect(again, "welcome");
    assert_string_equal(wire_string(welcome, "resume"), "kept");
    message_drop(welcome);
    scene_clear(&ticket, &held);
    client_free(again);
    client_free(page);
    client_free(shopper);
    centre_kill(&centre->desks[1].process, SIGTERM);
    laggard_free(laggard);
}

/* A call ends and is cleared away out of its shopper's desk's sight: the page is told how it ended all the same, by the record. */
static void test_end_out_of_sight(void **state)
{
    Centre *centre = *state;
    Laggard *laggard = start_laggard(centre);
    Scene call = scene_begin_talk(centre, 1);
    laggard_set_lag(laggard, TRUE);
    booth_prove(call.booth, "end", &call.held, "hangup");
    message_drop(client_expect(call.booth, "ended"));
    centre_expect_record(centre, call.ticket.id, "completed", "");
    laggard_lose_held(laggard);
    json_t *ended = client_expect(call.shopper, "ended");
    assert_string_equal(wire_string(ended, "outcome"), "completed");
    message_drop(ended);
    assert_false(client_has(call.shopper, "error"));
    centre_await(centre->desks[1].process, "ended out of sight", 1);
    scene_end(&call);
    centre_kill(&centre->desks[1].process, SIGTERM);
    laggard_free(laggard);
}

/* While it rings the desk dies: another desk puts the call back, and its own booth gets it. */
static void test_desk_dies_ringing(void **state)
{
    Centre *centre = *state;
    Client *booth = centre_booth(centre, 0, "b1", 1, NULL, NULL), *shopper = centre_shopper(centre, 1);
    booth_pull(booth, 1);
    Ticket ticket = shopper_ask(shopper, "tv");
    Held held = booth_take_offer(booth);
    message_drop(client_expect(shopper, "ringing"));
    centre_kill(&centre->desks[0].process, SIGKILL);
    client_free(booth);
    booth = centre_booth(centre, 1, "b1", 2, NULL, NULL);
    booth_pull(booth, 1);
    /* Long before the lease ends: the booth does not say that it still rings. */
    json_t *queued = client_expect(shopper, "queued");
    assert_true(wire_bool(queued, "requeued"));
    message_drop(queued);
    scene_clear(NULL, &held);
    held = booth_take_offer(booth);
    assert_string_equal(held.id, ticket.id);
    client_free(shopper);
    scene_clear(&ticket, &held);
    client_free(booth);
}

/* The bus is away: words between both ends pass, a new shopper is told, and the end of a call is not lost. */
static void test_bus_dies(void **state)
{
    Centre *centre = *state;
    Scene call = scene_begin_talk(centre, 0);
    centre_kill(&centre->nats, SIGKILL);
    client_say(call.booth, booth_signal(&call.held, "v=0\r\n"));
    message_drop(client_expect(call.shopper, "signal"));
    Client *other = centre_shopper(centre, 0);
    client_say(other, centre_ask("tv"));
    json_t *error = client_expect(other, "error");
    assert_string_equal(wire_string(error, "code"), "unavailable");
    message_drop(error);
    booth_prove(call.booth, "end", &call.held, "hangup");
    client_say(call.shopper, json_pack("{s:s, s:I}", "t", "hangup", "gen", (json_int_t)call.held.gen));
    shopper_await_pong(call.shopper);
    assert_false(client_has(call.shopper, "ended"));
    centre_start_nats(centre);
    message_drop(client_expect(call.shopper, "ended"));
    message_drop(client_expect(call.booth, "ended"));
    centre_expect_record(centre, call.ticket.id, "completed", "");
    /* And it serves again. */
    booth_pull(call.booth, 2);
    scene_clear(&call.ticket, &call.held);
    call.ticket = shopper_ask(other, "phones");
    call.held = booth_take_offer(call.booth);
    assert_string_equal(call.held.id, call.ticket.id);
    scene_end(&call);
    client_free(other);
}

/* The bus dies over and over: each time everyone is given back the time that nobody saw, and no more. A desk and its shopper that are gone
 * are found out all the same, while the bus goes on dying. */
static void test_often_blind(void **state)
{
    Centre *centre = *state;
    Client *shopper = centre_shopper(centre, 0);
    Ticket ticket = shopper_ask(shopper, "tv");
    centre_kill(&centre->desks[0].process, SIGKILL);
    client_free(shopper);
    json_t *records = NULL;
    for (int i = 0; i < BLIND_MAX && json_array_size(records) == 0; i++) {
        guint views = centre_count(centre->desks[1].process, VIEW_COMPLETE);
        centre_kill(&centre->nats, SIGKILL);
        centre_start_nats(centre);
        centre_await(centre->desks[1].process, VIEW_COMPLETE, views + 1);
        assert_true(centre_await_messages(centre, "$KV.CALLS.desk.>", TRUE, NULL, NULL, 3));
        json_decref(records);
        records = centre_records(centre, 1, ticket.id, 0);
    }
    assert_int_equal(json_array_size(records), 1);
    json_decref(records);
    scene_clear(&ticket, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_desk_dies, scene_open_two, scene_shut),
        cmocka_unit_test_setup_teardown(test_desk_dies_before_the_end, scene_open_two, scene_shut),
        cmocka_unit_test_setup_teardown(test_resume_at_a_laggard, scene_open_patient, scene_shut),
        cmocka_unit_test_setup_teardown(test_resume_in_vain, scene_open_patient, scene_shut),
        cmocka_unit_test_setup_teardown(test_welcome_of_a_laggard, scene_open_patient, scene_shut),
        cmocka_unit_test_setup_teardown(test_end_out_of_sight, scene_open_patient, scene_shut),
        cmocka_unit_test_setup_teardown(test_desk_dies_ringing, scene_open_two, scene_shut),
        cmocka_unit_test_setup_teardown(test_bus_dies, scene_open, scene_shut),
        cmocka_unit_test_setup_teardown(test_often_blind, scene_open_two, scene_shut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
