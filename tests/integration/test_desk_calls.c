/* The desk and one call: what both ends say from the ring to the end, by the real program, a real nats-server and links as the agent's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after those */
#include <cmocka.h>

#include "centre.h"
#include "scene.h"

static void test_whole_call(void **state)
{
    Centre *centre = *state;
    Scene call = scene_begin_ring(centre, 0);
    assert_string_equal(call.held.id, call.ticket.id);
    assert_int_equal(call.held.gen, 1);
    scene_accept(call.booth, call.shopper, &call.held);
    scene_connect(call.booth, call.shopper, &call.held);
    booth_prove(call.booth, "renew", &call.held, NULL);
    booth_prove(call.booth, "end", &call.held, "hangup");
    json_t *ended = client_expect(call.shopper, "ended");
    assert_string_equal(wire_string(ended, "outcome"), "completed");
    message_drop(ended);
    message_drop(client_expect(call.booth, "ended"));
    shopper_rate(call.shopper, &call.ticket);
    message_drop(client_expect(call.shopper, "rated"));
    client_say(call.booth, booth_record_message(1, 1, call.ticket.id));
    message_drop(client_expect(call.booth, "recorded"));
    json_t *records = centre_records(centre, 0, call.ticket.id, 3);
    assert_int_equal(json_array_size(records), 3);
    json_decref(records);
    centre_expect_record(centre, call.ticket.id, "completed", "");
    scene_end(&call);
}

/* Only what a record says counts: the page may name what it likes. */
static void test_spoke_before(void **state)
{
    Centre *centre = *state;
    Scene call = scene_begin_talk(centre, 0);
    booth_prove(call.booth, "end", &call.held, "hangup");
    message_drop(client_expect(call.shopper, "ended"));
    message_drop(client_expect(call.booth, "ended"));
    centre_expect_record(centre, call.ticket.id, "completed", "");
    const char *named[] = {call.ticket.id, "c00000000000000000000000000000000"};
    for (int i = 0; i < 2; i++) {
        json_t *again = centre_ask("tv");
        json_object_set_new(again, "before", json_string(named[i]));
        booth_pull(call.booth, 2 + i);
        Client *back = centre_shopper(centre, 0);
        client_say(back, again);
        json_t *offer = client_expect(call.booth, "offer");
        assert_int_equal(wire_bool(offer, "before"), i == 0);
        Held next = {g_strdup(wire_string(offer, "call")), g_strdup(wire_string(offer, "nonce")), wire_int(offer, "gen")};
        booth_prove(call.booth, "decline", &next, NULL);
        json_decref(offer);
        client_say(back, json_pack("{s:s}", "t", "leave"));
        message_drop(client_expect(back, "ended"));
        g_free(next.id);
        g_free(next.nonce);
        client_free(back);
    }
    scene_end(&call);
}

/* That the booth's peer connection stands is no picture; only the shopper's page knows of one. */
static void test_no_picture_ever(void **state)
{
    Centre *centre = *state;
    Scene call = scene_begin_call(centre, 0);
    client_say(call.booth, json_pack("{s:s, s:s, s:I}", "t", "media_up", "call", call.held.id, "gen", (json_int_t)call.held.gen));
    booth_prove(call.booth, "end", &call.held, "hangup");
    json_t *ended = client_expect(call.shopper, "ended");
    assert_string_equal(wire_string(ended, "outcome"), "setup_failed");
    message_drop(ended);
    message_drop(client_expect(call.booth, "ended"));
    centre_expect_record(centre, call.ticket.id, "setup_failed", "network");
    scene_end(&call);
}

/* The page left the line before it heard that the advisor had accepted. */
static void test_leave_crosses_accept(void **state)
{
    Centre *centre = *state;
    Scene call = scene_begin_call(centre, 0);
    client_say(call.shopper, json_pack("{s:s}", "t", "leave"));
    message_drop(client_expect(call.shopper, "ended"));
    json_t *ended = client_expect(call.booth, "ended");
    assert_string_equal(wire_string(ended, "outcome"), "abandoned");
    message_drop(ended);
    centre_expect_record(centre, call.ticket.id, "abandoned", "left_before_promise");
    scene_end(&call);
}

/* Whoever does not know whether its accept was heard says it again and is answered again. */
static void test_accept_again(void **state)
{
    Centre *centre = *state;
    Scene call = scene_begin_ring(centre, 0);
    booth_prove(call.booth, "accept", &call.held, NULL);
    message_drop(client_expect(call.booth, "accepted"));
    client_free(call.booth);
    json_t *welcome;
    call.booth = centre_booth(centre, 0, "b1", 2, booth_claim(&call.held), &welcome);
    assert_string_equal(wire_string(welcome, "resume"), "kept");
    message_drop(welcome);
    booth_prove(call.booth, "accept", &call.held, NULL);
    message_drop(client_expect(call.booth, "accepted"));
    booth_prove(call.booth, "end", &call.held, "hangup");
    message_drop(client_expect(call.booth, "ended"));
    scene_end(&call);
}

static void say_no_picture(Client *shopper, const Held *held)
{
    client_say(shopper, json_pack("{s:s, s:I}", "t", "no_picture", "gen", (json_int_t)held->gen));
}

/* The page was reloaded: the booth hears that there is no picture. Once it has given the call up, it goes back in line. */
static void test_no_picture(void **state)
{
    Centre *centre = *state;
    Scene call = scene_begin_talk(centre, 0);
    say_no_picture(call.shopper, &call.held);
    message_drop(client_expect(call.booth, "no_picture"));
    client_free(call.shopper);
    booth_prove(call.booth, "end", &call.held, "media_lost");
    call.shopper = centre_shopper(centre, 0);
    shopper_resume(call.shopper, &call.ticket);
    message_drop(client_expect(call.shopper, "connecting"));
    say_no_picture(call.shopper, &call.held);
    json_t *queued = client_expect(call.shopper, "queued");
    assert_true(wire_bool(queued, "requeued"));
    message_drop(queued);
    message_drop(client_expect(call.booth, "withdrawn"));
    booth_pull(call.booth, 2);
    scene_clear(NULL, &call.held);
    call.held = booth_take_offer(call.booth);
    assert_string_equal(call.held.id, call.ticket.id);
    assert_int_equal(call.held.gen, 2);
    scene_end(&call);
}

/* One that grows beyond the limit on its way must not cost the booth its link. */
static void test_long_signal(void **state)
{
    Centre *centre = *state;
    Scene call = scene_begin_call(centre, 0);
    g_autoptr(GString) sdp = g_string_new("v=0");
    while (sdp->len < 32735) g_string_append_c(sdp, '\n'); /* two bytes each in JSON */
    json_t *signal = shopper_signal(&call.held);
    json_object_set_new(signal, "sdp", json_string(sdp->str));
    client_say(call.shopper, signal);
    json_t *error = client_expect(call.shopper, "error");
    assert_string_equal(wire_string(error, "code"), "bad_message");
    message_drop(error);
    scene_connect(call.booth, call.shopper, &call.held);
    scene_end(&call);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_whole_call, scene_open, scene_shut),
        cmocka_unit_test_setup_teardown(test_spoke_before, scene_open, scene_shut),
        cmocka_unit_test_setup_teardown(test_no_picture_ever, scene_open, scene_shut),
        cmocka_unit_test_setup_teardown(test_leave_crosses_accept, scene_open, scene_shut),
        cmocka_unit_test_setup_teardown(test_accept_again, scene_open, scene_shut),
        cmocka_unit_test_setup_teardown(test_no_picture, scene_open, scene_shut),
        cmocka_unit_test_setup_teardown(test_long_signal, scene_open, scene_shut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
