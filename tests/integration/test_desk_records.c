/* The desk and what is on record: booths' records land once, and any desk knows by them how a call ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after those */
#include <cmocka.h>

#include "centre.h"
#include "patience.h"
#include "scene.h"

static void test_records_land_once(void **state)
{
    Centre *centre = *state;
    json_t *welcome;
    Client *booth = centre_booth(centre, 0, "b7", 1, NULL, &welcome);
    assert_int_equal(wire_int(json_object_get(welcome, "stored"), "seq"), 0);
    message_drop(welcome);
    for (int round = 0; round < 2; round++) {
        for (int seq = 1; seq <= 5; seq++) {
            client_say(booth, booth_record_message(1, seq, "cX"));
        }
        booth_await_recorded(booth, 5);
    }
    client_free(booth);
    booth = centre_booth(centre, 0, "b7", 2, NULL, &welcome);
    assert_int_equal(wire_int(json_object_get(welcome, "stored"), "epoch"), 1);
    assert_int_equal(wire_int(json_object_get(welcome, "stored"), "seq"), 5);
    message_drop(welcome);
    json_t *records = centre_records(centre, 0, "cX", 5);
    assert_int_equal(json_array_size(records), 5);
    json_decref(records);
    client_free(booth);
}

/* What is nonsense in one booth's records is contained: it blocks neither that booth nor another one. */
static void test_nonsense_on_record(void **state)
{
    Centre *centre = *state;
    Client *booth = centre_booth(centre, 0, "b9", 1, NULL, NULL), *other = centre_booth(centre, 0, "b10", 1, NULL, NULL);
    json_t *list = json_array();
    for (int seq = 1; seq <= 60; seq++) json_array_append_new(list, booth_record(1, seq, "cZ"));
    json_object_set_new(json_array_get(list, 9), "kind", json_string("nonsense"));
    json_object_set_new(json_array_get(list, 19), "ring_ms", json_integer(-5));
    json_object_set_new(json_array_get(list, 29), "clock", json_string("known"));
    json_object_set_new(json_array_get(list, 29), "made_utc", json_integer(G_GINT64_CONSTANT(9000000000000)));
    client_say(booth, json_pack("{s:s, s:O}", "t", "records", "list", list));
    booth_await_recorded(booth, 60);
    json_t *records = centre_records(centre, 0, "cZ", 58);
    assert_int_equal(json_array_size(records), 58); /* two are refused: they name no call */
    const json_t *timeless = json_object_get(json_array_get(records, 27), "value");
    assert_string_equal(wire_string(timeless, "clock"), "unknown");
    assert_int_equal(wire_int(timeless, "made_utc"), 0);
    assert_true(wire_int(timeless, "before_utc") > 0);
    json_decref(records);
    client_say(other, booth_record_message(1, 1, "cZ"));
    message_drop(client_expect(other, "recorded"));
    json_object_set_new(json_array_get(list, 1), "booth", json_string("b10"));
    client_say(booth, json_pack("{s:s, s:O}", "t", "records", "list", list));
    message_drop(client_expect(booth, "error"));
    client_say(booth, booth_record_message(1000, 1, "cZ"));
    message_drop(client_expect(booth, "error"));
    json_decref(list);
    client_free(booth);
    client_free(other);
}

/* Any desk knows by the record who may come back to an ended call: one that was not there, and the same one after a new start. */
static void test_ended_is_known_everywhere(void **state)
{
    Centre *centre = *state;
    Client *booth = centre_booth(centre, 0, "b1", 1, NULL, NULL), *shopper = centre_shopper(centre, 0);
    booth_pull(booth, 1);
    Ticket ticket = shopper_ask(shopper, "tv"), forged = {ticket.id, ticket.id};
    Held held = booth_take_offer(booth);
    scene_accept(booth, shopper, &held);
    scene_connect(booth, shopper, &held);
    booth_prove(booth, "end", &held, "hangup");
    message_drop(client_expect(shopper, "ended"));
    centre_expect_record(centre, ticket.id, "completed", "");
    client_free(booth);
    client_free(shopper);
    centre_kill(&centre->desks[0].process, SIGTERM);
    for (guint desk = 2; desk-- > 0;) {
        centre_start_desk(centre, desk);
        shopper = centre_shopper(centre, desk);
        shopper_resume(shopper, &forged);
        message_drop(client_expect(shopper, "error"));
        shopper_rate(shopper, &forged);
        message_drop(client_expect(shopper, "error"));
        shopper_resume(shopper, &ticket);
        json_t *ended = client_expect(shopper, "ended");
        assert_string_equal(wire_string(ended, "outcome"), "completed");
        message_drop(ended);
        shopper_rate(shopper, &ticket);
        message_drop(client_expect(shopper, "rated"));
        assert_false(client_has(shopper, "error"));
        client_free(shopper);
    }
    scene_clear(&ticket, &held);
}

/* A booth whose database was lost counts anew; while the bus is away nobody can tell it. What it sends then must not count as landed. */
static void test_lost_database(void **state)
{
    Centre *centre = *state;
    json_t *welcome;
    Client *booth = centre_booth(centre, 0, "b8", 7, NULL, NULL);
    client_say(booth, booth_record_message(7, 3, "cX"));
    message_drop(client_expect(booth, "recorded"));
    client_free(booth);
    centre_kill(&centre->nats, SIGKILL);
    booth = centre_booth(centre, 0, "b8", 1, NULL, &welcome);
    assert_int_equal(wire_int(json_object_get(welcome, "stored"), "epoch"), 0);
    message_drop(welcome);
    client_say(booth, booth_record_message(1, 1, "cY"));
    centre_start_nats(centre);
    assert_true(client_run(booth, client_is_down, NULL, PATIENCE_MS));
    assert_int_equal(booth->code, 4003);
    assert_false(client_has(booth, "recorded"));
    client_free(booth);
    booth = centre_booth(centre, 0, "b8", 1, NULL, &welcome);
    assert_int_equal(wire_int(json_object_get(welcome, "stored"), "epoch"), 7);
    message_drop(welcome);
    client_free(booth);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_records_land_once, scene_open, scene_shut),
        cmocka_unit_test_setup_teardown(test_nonsense_on_record, scene_open, scene_shut),
        cmocka_unit_test_setup_teardown(test_ended_is_known_everywhere, scene_open, scene_shut),
        cmocka_unit_test_setup_teardown(test_lost_database, scene_open, scene_shut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
