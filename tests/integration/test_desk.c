/* The desk as booths and shoppers meet it: the real program, a real nats-server, links as the agent's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after those */
#include <cmocka.h>

#include "centre.h"
#include "laggard.h"

typedef struct {
    char *id, *key;
} Ticket;

typedef struct {
    char *id, *nonce;
    gint64 gen;
} Held;

/* What a desk says of it. */
#define VIEW_COMPLETE "the view of the bucket is complete"
#define BLIND_MAX     20 /* deaths of the bus */

static Ticket ask(Client *shopper, const char *topic)
{
    client_say(shopper, centre_ask(topic));
    json_t *queued = client_expect(shopper, "queued");
    Ticket ticket = {g_strdup(wire_string(queued, "call")), g_strdup(wire_string(queued, "key"))};
    json_decref(queued);
    return ticket;
}

static void resume(Client *shopper, const Ticket *ticket)
{
    client_say(shopper, json_pack("{s:s, s:s, s:s}", "t", "resume", "call", ticket->id, "key", ticket->key));
}

/* Until the desk has read all that was said. */
static void await_pong(Client *shopper)
{
    client_say(shopper, json_pack("{s:s}", "t", "ping"));
    json_decref(client_expect(shopper, "pong"));
}

static void pull(Client *booth, int seq)
{
    client_say(booth, json_pack("{s:s, s:i}", "t", "pull", "seq", seq));
}

static Held take_offer(Client *booth)
{
    json_t *offer = client_expect(booth, "offer");
    Held held = {g_strdup(wire_string(offer, "call")), g_strdup(wire_string(offer, "nonce")), wire_int(offer, "gen")};
    json_decref(offer);
    return held;
}

static json_t *claim(const Held *held)
{
    return json_pack("{s:s, s:I, s:s}", "id", held->id, "gen", (json_int_t)held->gen, "nonce", held->nonce);
}

static void prove(Client *booth, const char *type, const Held *held, const char *reason)
{
    json_t *message = json_pack("{s:s, s:s, s:I, s:s}", "t", type, "call", held->id, "gen", (json_int_t)held->gen, "nonce", held->nonce);
    if (reason) json_object_set_new(message, "reason", json_string(reason));
    client_say(booth, message);
}

static void clear(Ticket *ticket, Held *held)
{
    if (ticket) g_free(ticket->id), g_free(ticket->key);
    if (held) g_free(held->id), g_free(held->nonce);
}

static void drop(json_t *message)
{
    assert_non_null(message);
    json_decref(message);
}

/* The one terminal record of a call. */
static void expect_record(Centre *centre, const char *call, const char *outcome, const char *cause)
{
    json_t *records = centre_records(centre, 0, call, 1);
    size_t terminal = 0;
    for (size_t i = 0; i < json_array_size(records); i++) {
        const json_t *record = json_array_get(records, i);
        if (!g_str_has_prefix(wire_string(record, "subject"), "record.call.")) continue;
        const json_t *value = json_object_get(record, "value");
        assert_string_equal(wire_string(value, "outcome"), outcome);
        assert_string_equal(wire_string(value, "cause"), cause);
        assert_null(json_object_get(value, "key_hash"));
        terminal++;
    }
    assert_int_equal(terminal, 1);
    json_decref(records);
}

/* Whose shoppers may be away for long. */
static int set_up_patient(void **state)
{
    Centre *centre = centre_new("[queue]\nleave_s=30\n");
    centre_start_desk(centre, 0);
    *state = centre;
    return 0;
}

static int set_up(void **state)
{
    Centre *centre = centre_new("[queue]\nring_s=5\nleave_s=5\n");
    centre_start_desk(centre, 0);
    *state = centre;
    return 0;
}

static int set_up_two(void **state)
{
    set_up(state);
    centre_start_desk(*state, 1);
    return 0;
}

static int tear_down(void **state)
{
    centre_free(*state);
    return 0;
}

static void accept_call(Client *booth, Client *shopper, const Held *held)
{
    drop(client_expect(shopper, "ringing"));
    prove(booth, "accept", held, NULL);
    drop(client_expect(booth, "accepted"));
    drop(client_expect(shopper, "connecting"));
}

static void rate(Client *shopper, const Ticket *ticket)
{
    client_say(shopper,
               json_pack("{s:s, s:s, s:s, s:i, s:s}", "t", "rate", "call", ticket->id, "key", ticket->key, "stars", 5, "text", "fine"));
}

static json_t *signal_from_booth(const Held *held, const char *sdp)
{
    return json_pack("{s:s, s:s, s:I, s:i, s:s, s:s}", "t", "signal", "call", held->id, "gen", (json_int_t)held->gen, "pc", 1, "kind",
                     "offer", "sdp", sdp);
}

static json_t *signal_from_shopper(const Held *held)
{
    return json_pack("{s:s, s:I, s:i, s:s, s:s}", "t", "signal", "gen", (json_int_t)held->gen, "pc", 1, "kind", "answer", "sdp", "v=0\r\n");
}

/* Both directions, then media up. */
static void talk(Client *booth, Client *shopper, const Held *held)
{
    client_say(booth, signal_from_booth(held, "v=0\r\n"));
    drop(client_expect(shopper, "signal"));
    client_say(shopper, signal_from_shopper(held));
    drop(client_expect(booth, "signal"));
    client_say(shopper, json_pack("{s:s, s:I, s:i}", "t", "media_up", "gen", (json_int_t)held->gen, "pc", 1));
    drop(client_expect(booth, "media_up"));
}

/* Booth b1 at desk 0, and a shopper whose call it has. */
typedef struct {
    Client *booth, *shopper;
    Ticket ticket;
    Held held;
} Scene;

static json_t *booth_record(int epoch, int seq, const char *call)
{
    return json_pack(
        "{s:i, s:s, s:i, s:i, s:s, s:s, s:s, s:i, s:i, s:s, s:s, s:i, s:s, s:s, s:b, s:i, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i,"
        " s:i}",
        "v", 2, "kind", "offer", "epoch", epoch, "seq", seq, "store", "", "region", "", "boot_id", "b", "made_mono", 9, "made_utc", 0,
        "clock", "unknown", "call", call, "gen", 1, "topic", "tv", "lang", "en", "before", 0, "waited_ms", 3, "result", "declined",
        "enqueued_mono", 2, "enqueued_utc", 0, "offered_mono", 5, "offered_utc", 0, "accepted_mono", 0, "accepted_utc", 0, "ended_mono", 9,
        "ended_utc", 0, "ring_ms", 4);
}

static json_t *record_message(int epoch, int seq, const char *call)
{
    return json_pack("{s:s, s:i, s:i, s:o}", "t", "record", "epoch", epoch, "seq", seq, "record", booth_record(epoch, seq, call));
}

/* All up to this one; how many at a time is for the desk to say. */
static void await_recorded(Client *booth, int seq)
{
    for (int landed = 0; landed < seq;) {
        json_t *recorded = client_expect(booth, "recorded");
        assert_true(wire_int(recorded, "seq") > landed && wire_int(recorded, "seq") <= seq);
        landed = (int)wire_int(recorded, "seq");
        drop(recorded);
    }
}

static Scene begin_ring(Centre *centre, guint shopper_desk)
{
    Scene call = {.booth = centre_booth(centre, 0, "b1", 1, NULL, NULL), .shopper = centre_shopper(centre, shopper_desk)};
    pull(call.booth, 1);
    call.ticket = ask(call.shopper, "tv");
    call.held = take_offer(call.booth);
    return call;
}

static Scene begin_call(Centre *centre, guint shopper_desk)
{
    Scene call = begin_ring(centre, shopper_desk);
    accept_call(call.booth, call.shopper, &call.held);
    return call;
}

static Scene begin_talk(Centre *centre, guint shopper_desk)
{
    Scene call = begin_call(centre, shopper_desk);
    talk(call.booth, call.shopper, &call.held);
    return call;
}

static void end_scene(Scene *call)
{
    clear(&call->ticket, &call->held);
    client_free(call->booth);
    client_free(call->shopper);
}

static void test_whole_call(void **state)
{
    Centre *centre = *state;
    Scene call = begin_ring(centre, 0);
    assert_string_equal(call.held.id, call.ticket.id);
    assert_int_equal(call.held.gen, 1);
    accept_call(call.booth, call.shopper, &call.held);
    talk(call.booth, call.shopper, &call.held);
    prove(call.booth, "renew", &call.held, NULL);
    prove(call.booth, "end", &call.held, "hangup");
    json_t *ended = client_expect(call.shopper, "ended");
    assert_string_equal(wire_string(ended, "outcome"), "completed");
    drop(ended);
    drop(client_expect(call.booth, "ended"));
    rate(call.shopper, &call.ticket);
    drop(client_expect(call.shopper, "rated"));
    client_say(call.booth, record_message(1, 1, call.ticket.id));
    drop(client_expect(call.booth, "recorded"));
    json_t *records = centre_records(centre, 0, call.ticket.id, 3);
    assert_int_equal(json_array_size(records), 3);
    json_decref(records);
    expect_record(centre, call.ticket.id, "completed", "");
    end_scene(&call);
}

/* Only what a record says counts: the page may name what it likes. */
static void test_spoke_before(void **state)
{
    Centre *centre = *state;
    Scene call = begin_talk(centre, 0);
    prove(call.booth, "end", &call.held, "hangup");
    drop(client_expect(call.shopper, "ended"));
    drop(client_expect(call.booth, "ended"));
    expect_record(centre, call.ticket.id, "completed", "");
    const char *named[] = {call.ticket.id, "c00000000000000000000000000000000"};
    for (int i = 0; i < 2; i++) {
        json_t *again = centre_ask("tv");
        json_object_set_new(again, "before", json_string(named[i]));
        pull(call.booth, 2 + i);
        Client *back = centre_shopper(centre, 0);
        client_say(back, again);
        json_t *offer = client_expect(call.booth, "offer");
        assert_int_equal(wire_bool(offer, "before"), i == 0);
        Held next = {g_strdup(wire_string(offer, "call")), g_strdup(wire_string(offer, "nonce")), wire_int(offer, "gen")};
        prove(call.booth, "decline", &next, NULL);
        json_decref(offer);
        client_say(back, json_pack("{s:s}", "t", "leave"));
        drop(client_expect(back, "ended"));
        g_free(next.id);
        g_free(next.nonce);
        client_free(back);
    }
    end_scene(&call);
}

/* That the booth's peer connection stands is no picture; only the shopper's page knows of one. */
static void test_no_picture_ever(void **state)
{
    Centre *centre = *state;
    Scene call = begin_call(centre, 0);
    client_say(call.booth, json_pack("{s:s, s:s, s:I}", "t", "media_up", "call", call.held.id, "gen", (json_int_t)call.held.gen));
    prove(call.booth, "end", &call.held, "hangup");
    json_t *ended = client_expect(call.shopper, "ended");
    assert_string_equal(wire_string(ended, "outcome"), "setup_failed");
    drop(ended);
    drop(client_expect(call.booth, "ended"));
    expect_record(centre, call.ticket.id, "setup_failed", "network");
    end_scene(&call);
}

/* The page left the line before it heard that the advisor had accepted. */
static void test_leave_crosses_accept(void **state)
{
    Centre *centre = *state;
    Scene call = begin_call(centre, 0);
    client_say(call.shopper, json_pack("{s:s}", "t", "leave"));
    drop(client_expect(call.shopper, "ended"));
    json_t *ended = client_expect(call.booth, "ended");
    assert_string_equal(wire_string(ended, "outcome"), "abandoned");
    drop(ended);
    expect_record(centre, call.ticket.id, "abandoned", "left_before_promise");
    end_scene(&call);
}

/* Whoever does not know whether its accept was heard says it again and is answered again. */
static void test_accept_again(void **state)
{
    Centre *centre = *state;
    Scene call = begin_ring(centre, 0);
    prove(call.booth, "accept", &call.held, NULL);
    drop(client_expect(call.booth, "accepted"));
    client_free(call.booth);
    json_t *welcome;
    call.booth = centre_booth(centre, 0, "b1", 2, claim(&call.held), &welcome);
    assert_string_equal(wire_string(welcome, "resume"), "kept");
    drop(welcome);
    prove(call.booth, "accept", &call.held, NULL);
    drop(client_expect(call.booth, "accepted"));
    prove(call.booth, "end", &call.held, "hangup");
    drop(client_expect(call.booth, "ended"));
    end_scene(&call);
}

static void say_no_picture(Client *shopper, const Held *held)
{
    client_say(shopper, json_pack("{s:s, s:I}", "t", "no_picture", "gen", (json_int_t)held->gen));
}

/* The page was reloaded: the booth hears that there is no picture. Once it has given the call up, it goes back in line. */
static void test_no_picture(void **state)
{
    Centre *centre = *state;
    Scene call = begin_talk(centre, 0);
    say_no_picture(call.shopper, &call.held);
    drop(client_expect(call.booth, "no_picture"));
    client_free(call.shopper);
    prove(call.booth, "end", &call.held, "media_lost");
    call.shopper = centre_shopper(centre, 0);
    resume(call.shopper, &call.ticket);
    drop(client_expect(call.shopper, "connecting"));
    say_no_picture(call.shopper, &call.held);
    json_t *queued = client_expect(call.shopper, "queued");
    assert_true(wire_bool(queued, "requeued"));
    drop(queued);
    drop(client_expect(call.booth, "withdrawn"));
    pull(call.booth, 2);
    clear(NULL, &call.held);
    call.held = take_offer(call.booth);
    assert_string_equal(call.held.id, call.ticket.id);
    assert_int_equal(call.held.gen, 2);
    end_scene(&call);
}

/* One that grows beyond the limit on its way must not cost the booth its link. */
static void test_long_signal(void **state)
{
    Centre *centre = *state;
    Scene call = begin_call(centre, 0);
    g_autoptr(GString) sdp = g_string_new("v=0");
    while (sdp->len < 32735) g_string_append_c(sdp, '\n'); /* two bytes each in JSON */
    json_t *signal = signal_from_shopper(&call.held);
    json_object_set_new(signal, "sdp", json_string(sdp->str));
    client_say(call.shopper, signal);
    json_t *error = client_expect(call.shopper, "error");
    assert_string_equal(wire_string(error, "code"), "bad_message");
    drop(error);
    talk(call.booth, call.shopper, &call.held);
    end_scene(&call);
}

/* Waits until the shopper is told that the call is back in line; what was told of the line before does not count. Returns the place. */
static gint64 expect_requeued(Client *shopper)
{
    for (;;) {
        json_t *queued = client_expect(shopper, "queued");
        gboolean requeued = wire_bool(queued, "requeued");
        gint64 place = wire_int(queued, "place");
        drop(queued);
        if (requeued) return place;
    }
}

static void test_back_at_the_head(void **state)
{
    Centre *centre = *state;
    Client *booth = centre_booth(centre, 0, "b1", 1, NULL, NULL), *first = centre_shopper(centre, 0), *second = centre_shopper(centre, 0);
    Ticket one = ask(first, "tv"), two = ask(second, "tv");
    pull(booth, 1);
    Held held = take_offer(booth);
    assert_string_equal(held.id, one.id);
    prove(booth, "ring_no_answer", &held, NULL);
    assert_int_equal(expect_requeued(first), 1);
    clear(NULL, &held);
    pull(booth, 2);
    held = take_offer(booth);
    assert_string_equal(held.id, one.id);
    assert_int_equal(held.gen, 2);
    /* Its link goes: back at once, and the next booth gets it. */
    client_free(booth);
    booth = centre_booth(centre, 0, "b2", 1, NULL, NULL);
    pull(booth, 1);
    clear(NULL, &held);
    held = take_offer(booth);
    assert_string_equal(held.id, one.id);
    assert_int_equal(held.gen, 3);
    client_say(first, json_pack("{s:s}", "t", "leave"));
    json_t *withdrawn = client_expect(booth, "withdrawn");
    assert_string_equal(wire_string(withdrawn, "why"), "left");
    drop(withdrawn);
    pull(booth, 2);
    clear(NULL, &held);
    held = take_offer(booth);
    assert_string_equal(held.id, two.id);
    prove(booth, "decline", &held, NULL);
    expect_requeued(second);
    client_say(second, json_pack("{s:s}", "t", "leave"));
    drop(client_expect(second, "ended"));
    expect_record(centre, one.id, "abandoned", "left_before_promise");
    expect_record(centre, two.id, "declined", "left_before_promise");
    clear(&one, &held);
    clear(&two, NULL);
    client_free(booth);
    client_free(first);
    client_free(second);
}

static void test_silent_agent_and_stale_words(void **state)
{
    Centre *centre = *state;
    Client *booth = centre_booth(centre, 0, "b1", 1, NULL, NULL), *shopper = centre_shopper(centre, 0);
    pull(booth, 1);
    Ticket ticket = ask(shopper, "tv");
    Held held = take_offer(booth);
    /* Neither accepts nor declines: the desk takes the call back by itself. */
    json_t *withdrawn = client_expect(booth, "withdrawn");
    assert_string_equal(wire_string(withdrawn, "why"), "ring_no_answer");
    drop(withdrawn);
    prove(booth, "accept", &held, NULL);
    drop(client_expect(booth, "refused"));
    client_say(shopper, json_pack("{s:s, s:i}", "t", "hangup", "gen", 7));
    json_t *error = client_expect(shopper, "error");
    assert_string_equal(wire_string(error, "code"), "stale");
    drop(error);
    client_free(shopper);
    expect_record(centre, ticket.id, "missed", "ring_no_answer");
    clear(&ticket, &held);
    client_free(booth);
}

static void test_unpull(void **state)
{
    Centre *centre = *state;
    Client *booth = centre_booth(centre, 0, "b1", 1, NULL, NULL), *shopper = centre_shopper(centre, 0);
    pull(booth, 4);
    client_say(booth, json_pack("{s:s, s:i}", "t", "unpull", "seq", 4));
    json_t *unpulled = client_expect(booth, "unpulled");
    assert_int_equal(wire_int(unpulled, "seq"), 4);
    drop(unpulled);
    Ticket ticket = ask(shopper, "tv");
    /* An offer would have been said before this answer. */
    Held nothing = {ticket.id, ticket.key, 1};
    prove(booth, "accept", &nothing, NULL);
    drop(client_expect(booth, "refused"));
    assert_false(client_has(booth, "offer"));
    client_say(shopper, json_pack("{s:s}", "t", "leave"));
    drop(client_expect(shopper, "ended"));
    clear(&ticket, NULL);
    client_free(booth);
    client_free(shopper);
}

/* Waits until the shopper in line is told that an advisor is there, or is not. */
static void expect_staff(Client *shopper, gboolean staff)
{
    for (gboolean told = !staff; told != staff;) {
        json_t *queued = client_expect(shopper, "queued");
        told = wire_bool(queued, "staff");
        drop(queued);
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
    drop(client_expect(shopper, "ended"));
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
    prove(booth, "accept", &none, NULL);
    drop(client_expect(booth, "refused"));
}

static void leave_missed(Client *shopper, const char *cause)
{
    client_say(shopper, json_pack("{s:s}", "t", "leave"));
    json_t *ended = client_expect(shopper, "ended");
    assert_string_equal(wire_string(ended, "outcome"), "missed");
    assert_string_equal(wire_string(ended, "cause"), cause);
    drop(ended);
    client_free(shopper);
}

/* The booth is at one desk, and the first shopper is at another one. */
static void test_why_nobody_came(void **state)
{
    Centre *centre = *state;
    Client *booth = centre_booth(centre, 0, "b1", 1, NULL, NULL), *shopper = centre_shopper(centre, 1), *second;
    say_status(booth, json_pack("{s:s, s:i, s:i, s:{s:i, s:b}}", "state", "wrapup", "since_mono", 1000, "now_mono", 1000000, "wrapup",
                                "until_mono", 1010000, "extended", 1));
    Ticket ticket = ask(shopper, "tv"), other;
    expect_staff(shopper, TRUE);
    leave_missed(shopper, "wrap_up_overrun");
    expect_record(centre, ticket.id, "missed", "wrap_up_overrun");
    clear(&ticket, NULL);

    say_status(booth, json_pack("{s:s, s:b, s:[{s:s, s:b}]}", "state", "paused", "ready_wanted", 1, "problems", "name",
                                "camera_face_missing", "blocks_ready", 1));
    shopper = centre_shopper(centre, 0);
    ticket = ask(shopper, "tv");
    leave_missed(shopper, "device_fault");
    clear(&ticket, NULL);

    /* The second in line, whom it was never offered. */
    shopper = centre_shopper(centre, 0);
    second = centre_shopper(centre, 0);
    ticket = ask(shopper, "tv");
    other = ask(second, "tv");
    pull(booth, 1);
    drop(client_expect(shopper, "ringing"));
    client_free(booth);
    drop(client_expect(shopper, "queued"));
    leave_missed(second, "network");
    leave_missed(shopper, "network");
    clear(&ticket, NULL);
    clear(&other, NULL);
}

static void test_shopper_comes_back_or_not(void **state)
{
    Centre *centre = *state;
    Client *shopper = centre_shopper(centre, 0), *again;
    Ticket ticket = ask(shopper, "tv");
    client_free(shopper);
    shopper = centre_shopper(centre, 0);
    client_say(shopper, json_pack("{s:s, s:s, s:s}", "t", "resume", "call", ticket.id, "key", "wrong"));
    json_t *error = client_expect(shopper, "error");
    assert_string_equal(wire_string(error, "code"), "unknown_call");
    drop(error);
    resume(shopper, &ticket);
    drop(client_expect(shopper, "queued"));
    /* A second tab takes over; the first is told by its close code. */
    again = centre_shopper(centre, 0);
    resume(again, &ticket);
    drop(client_expect(again, "queued"));
    assert_true(client_run(shopper, client_is_down, NULL, PATIENCE_MS));
    assert_int_equal(shopper->code, 4001);
    client_free(again);
    expect_record(centre, ticket.id, "missed", "no_staff");
    clear(&ticket, NULL);
    client_free(shopper);
}

static void test_bad_messages(void **state)
{
    Client *shopper = centre_shopper(*state, 0);
    link_send(shopper->link, "{\"t\":\"ask\"}");
    drop(client_expect(shopper, "error"));
    link_send(shopper->link, "nonsense");
    drop(client_expect(shopper, "error"));
    client_say(shopper, json_pack("{s:s}", "t", "ping"));
    drop(client_expect(shopper, "pong"));
    link_send(shopper->link, "{\"t\":\"unheard\"}");
    assert_true(client_run(shopper, client_is_down, NULL, PATIENCE_MS));
    assert_int_equal(shopper->code, 1008);
    client_free(shopper);
}

static void test_call_back(void **state)
{
    Centre *centre = *state;
    Client *shopper = centre_shopper(centre, 0), *other = centre_shopper(centre, 0);
    Ticket ticket = ask(shopper, "tv");
    client_say(shopper, json_pack("{s:s, s:s}", "t", "callback", "contact", "+47 12345678"));
    json_t *reference = client_expect(shopper, "called_back");
    json_t *ended = client_expect(shopper, "ended");
    assert_string_equal(wire_string(ended, "outcome"), "callback");
    drop(ended);
    /* Later: ahead of who waits already, once. */
    Ticket waiting = ask(other, "tv");
    json_t *back = centre_ask("tv");
    json_object_set_new(back, "callback", json_string(wire_string(reference, "reference")));
    client_say(shopper, back);
    json_t *queued = client_expect(shopper, "queued");
    assert_int_equal(wire_int(queued, "place"), 1);
    drop(queued);
    expect_record(centre, ticket.id, "callback", "");
    drop(reference);
    clear(&ticket, NULL);
    clear(&waiting, NULL);
    client_free(shopper);
    client_free(other);
}

static void test_records_land_once(void **state)
{
    Centre *centre = *state;
    json_t *welcome;
    Client *booth = centre_booth(centre, 0, "b7", 1, NULL, &welcome);
    assert_int_equal(wire_int(json_object_get(welcome, "stored"), "seq"), 0);
    drop(welcome);
    for (int round = 0; round < 2; round++) {
        for (int seq = 1; seq <= 5; seq++) {
            client_say(booth, record_message(1, seq, "cX"));
        }
        await_recorded(booth, 5);
    }
    client_free(booth);
    booth = centre_booth(centre, 0, "b7", 2, NULL, &welcome);
    assert_int_equal(wire_int(json_object_get(welcome, "stored"), "epoch"), 1);
    assert_int_equal(wire_int(json_object_get(welcome, "stored"), "seq"), 5);
    drop(welcome);
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
    await_recorded(booth, 60);
    json_t *records = centre_records(centre, 0, "cZ", 58);
    assert_int_equal(json_array_size(records), 58); /* two are refused: they name no call */
    const json_t *timeless = json_object_get(json_array_get(records, 27), "value");
    assert_string_equal(wire_string(timeless, "clock"), "unknown");
    assert_int_equal(wire_int(timeless, "made_utc"), 0);
    assert_true(wire_int(timeless, "before_utc") > 0);
    json_decref(records);
    client_say(other, record_message(1, 1, "cZ"));
    drop(client_expect(other, "recorded"));
    json_object_set_new(json_array_get(list, 1), "booth", json_string("b10"));
    client_say(booth, json_pack("{s:s, s:O}", "t", "records", "list", list));
    drop(client_expect(booth, "error"));
    client_say(booth, record_message(1000, 1, "cZ"));
    drop(client_expect(booth, "error"));
    json_decref(list);
    client_free(booth);
    client_free(other);
}

/* Any desk knows by the record who may come back to an ended call: one that was not there, and the same one after a new start. */
static void test_ended_is_known_everywhere(void **state)
{
    Centre *centre = *state;
    Client *booth = centre_booth(centre, 0, "b1", 1, NULL, NULL), *shopper = centre_shopper(centre, 0);
    pull(booth, 1);
    Ticket ticket = ask(shopper, "tv"), forged = {ticket.id, ticket.id};
    Held held = take_offer(booth);
    accept_call(booth, shopper, &held);
    talk(booth, shopper, &held);
    prove(booth, "end", &held, "hangup");
    drop(client_expect(shopper, "ended"));
    expect_record(centre, ticket.id, "completed", "");
    client_free(booth);
    client_free(shopper);
    centre_kill(&centre->desks[0].process, SIGTERM);
    for (guint desk = 2; desk-- > 0;) {
        centre_start_desk(centre, desk);
        shopper = centre_shopper(centre, desk);
        resume(shopper, &forged);
        drop(client_expect(shopper, "error"));
        rate(shopper, &forged);
        drop(client_expect(shopper, "error"));
        resume(shopper, &ticket);
        json_t *ended = client_expect(shopper, "ended");
        assert_string_equal(wire_string(ended, "outcome"), "completed");
        drop(ended);
        rate(shopper, &ticket);
        drop(client_expect(shopper, "rated"));
        assert_false(client_has(shopper, "error"));
        client_free(shopper);
    }
    clear(&ticket, &held);
}

/* A live call outlives its desk: both ends come to the next one, and the words between them pass again. */
static void test_desk_dies(void **state)
{
    Centre *centre = *state;
    Scene call = begin_talk(centre, 0);
    centre_kill(&centre->desks[0].process, SIGKILL);
    client_free(call.booth);
    client_free(call.shopper);
    json_t *welcome;
    call.booth = centre_booth(centre, 1, "b1", 1, claim(&call.held), &welcome);
    assert_string_equal(wire_string(welcome, "resume"), "kept");
    drop(welcome);
    centre_start_desk(centre, 0);
    call.shopper = centre_shopper(centre, 0);
    resume(call.shopper, &call.ticket);
    drop(client_expect(call.shopper, "connecting"));
    /* Now over the bus, from desk to desk. What is said before the shopper's desk listens is not kept; it listens when it has passed a
     * word. */
    client_say(call.shopper, signal_from_shopper(&call.held));
    drop(client_expect(call.booth, "signal"));
    client_say(call.booth, signal_from_booth(&call.held, "v=0\r\n"));
    drop(client_expect(call.shopper, "signal"));
    client_say(call.shopper, json_pack("{s:s, s:I}", "t", "hangup", "gen", (json_int_t)call.held.gen));
    drop(client_expect(call.booth, "ended"));
    drop(client_expect(call.shopper, "ended"));
    expect_record(centre, call.ticket.id, "completed", "");
    end_scene(&call);
}

/* The word of the picture died with the shopper's desk, and the advisor has hung up before the page is back: they talked all the same. */
static void test_desk_dies_before_the_end(void **state)
{
    Centre *centre = *state;
    Scene call = begin_call(centre, 1);
    centre_kill(&centre->desks[1].process, SIGKILL);
    client_free(call.shopper);
    prove(call.booth, "end", &call.held, "hangup");
    call.shopper = centre_shopper(centre, 0);
    resume(call.shopper, &call.ticket);
    drop(client_expect(call.shopper, "connecting"));
    client_say(call.shopper, json_pack("{s:s, s:I, s:i}", "t", "media_up", "gen", (json_int_t)call.held.gen, "pc", 1));
    drop(client_expect(call.shopper, "ended"));
    drop(client_expect(call.booth, "ended"));
    expect_record(centre, call.ticket.id, "completed", "");
    end_scene(&call);
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
    Ticket ticket = ask(shopper, "tv"), nobody = {g_strdup("c0123456789abcdef0123456789abcdef"), g_strdup("key")};
    client_free(shopper);
    shopper = centre_shopper(centre, 1);
    Client *stranger = centre_shopper(centre, 1);
    resume(shopper, &ticket);
    resume(stranger, &nobody);
    await_pong(shopper);
    await_pong(stranger);
    assert_false(client_has(shopper, "error"));
    assert_false(client_has(stranger, "error"));
    client_say(shopper, json_pack("{s:s}", "t", "leave"));
    laggard_set_lag(laggard, FALSE);
    drop(client_expect(shopper, "queued"));
    drop(client_expect(shopper, "ended"));
    assert_false(client_has(shopper, "error"));
    json_t *error = client_expect(stranger, "error");
    assert_string_equal(wire_string(error, "code"), "unknown_call");
    drop(error);
    expect_record(centre, ticket.id, "missed", "no_staff");
    clear(&ticket, NULL);
    clear(&nobody, NULL);
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
    Ticket ticket = ask(shopper, "tv");
    client_free(shopper);
    shopper = centre_shopper(centre, 1);
    resume(shopper, &ticket);
    for (int i = 0; i < 2; i++) {
        json_t *error = client_expect(shopper, "error");
        assert_string_equal(wire_string(error, "code"), "unavailable");
        drop(error);
        if (i == 0) client_say(shopper, json_pack("{s:s, s:i}", "t", "no_picture", "gen", 1));
    }
    laggard_set_lag(laggard, FALSE);
    resume(shopper, &ticket);
    drop(client_expect(shopper, "queued"));
    assert_false(client_has(shopper, "error"));
    clear(&ticket, NULL);
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
    pull(booth, 1);
    Ticket ticket = ask(shopper, "tv");
    Held held = take_offer(booth);
    accept_call(booth, shopper, &held);
    Client *again = centre_booth_hello(centre, 1, "b1", 1, claim(&held));
    centre_await(centre->desks[1].process, "booth b1 is linked", 1);
    client_free(booth);
    Client *page = centre_shopper(centre, 1);
    await_pong(page);
    assert_false(client_has(again, "welcome"));
    laggard_set_lag(laggard, FALSE);
    json_t *welcome = client_expect(again, "welcome");
    assert_string_equal(wire_string(welcome, "resume"), "kept");
    drop(welcome);
    clear(&ticket, &held);
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
    Scene call = begin_talk(centre, 1);
    laggard_set_lag(laggard, TRUE);
    prove(call.booth, "end", &call.held, "hangup");
    drop(client_expect(call.booth, "ended"));
    expect_record(centre, call.ticket.id, "completed", "");
    laggard_lose_held(laggard);
    json_t *ended = client_expect(call.shopper, "ended");
    assert_string_equal(wire_string(ended, "outcome"), "completed");
    drop(ended);
    assert_false(client_has(call.shopper, "error"));
    centre_await(centre->desks[1].process, "ended out of sight", 1);
    end_scene(&call);
    centre_kill(&centre->desks[1].process, SIGTERM);
    laggard_free(laggard);
}

/* While it rings the desk dies: another desk puts the call back, and its own booth gets it. */
static void test_desk_dies_ringing(void **state)
{
    Centre *centre = *state;
    Client *booth = centre_booth(centre, 0, "b1", 1, NULL, NULL), *shopper = centre_shopper(centre, 1);
    pull(booth, 1);
    Ticket ticket = ask(shopper, "tv");
    Held held = take_offer(booth);
    drop(client_expect(shopper, "ringing"));
    centre_kill(&centre->desks[0].process, SIGKILL);
    client_free(booth);
    booth = centre_booth(centre, 1, "b1", 2, NULL, NULL);
    pull(booth, 1);
    /* Long before the lease ends: the booth does not say that it still rings. */
    json_t *queued = client_expect(shopper, "queued");
    assert_true(wire_bool(queued, "requeued"));
    drop(queued);
    clear(NULL, &held);
    held = take_offer(booth);
    assert_string_equal(held.id, ticket.id);
    client_free(shopper);
    clear(&ticket, &held);
    client_free(booth);
}

/* The bus is away: words between both ends pass, a new shopper is told, and the end of a call is not lost. */
static void test_bus_dies(void **state)
{
    Centre *centre = *state;
    Scene call = begin_talk(centre, 0);
    centre_kill(&centre->nats, SIGKILL);
    client_say(call.booth, signal_from_booth(&call.held, "v=0\r\n"));
    drop(client_expect(call.shopper, "signal"));
    Client *other = centre_shopper(centre, 0);
    client_say(other, centre_ask("tv"));
    json_t *error = client_expect(other, "error");
    assert_string_equal(wire_string(error, "code"), "unavailable");
    drop(error);
    prove(call.booth, "end", &call.held, "hangup");
    client_say(call.shopper, json_pack("{s:s, s:I}", "t", "hangup", "gen", (json_int_t)call.held.gen));
    await_pong(call.shopper);
    assert_false(client_has(call.shopper, "ended"));
    centre_start_nats(centre);
    drop(client_expect(call.shopper, "ended"));
    drop(client_expect(call.booth, "ended"));
    expect_record(centre, call.ticket.id, "completed", "");
    /* And it serves again. */
    pull(call.booth, 2);
    clear(&call.ticket, &call.held);
    call.ticket = ask(other, "phones");
    call.held = take_offer(call.booth);
    assert_string_equal(call.held.id, call.ticket.id);
    end_scene(&call);
    client_free(other);
}

/* The bus dies over and over: each time everyone is given back the time that nobody saw, and no more. A desk and its shopper that are gone
 * are found out all the same, while the bus goes on dying. */
static void test_often_blind(void **state)
{
    Centre *centre = *state;
    Client *shopper = centre_shopper(centre, 0);
    Ticket ticket = ask(shopper, "tv");
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
    clear(&ticket, NULL);
}

/* A booth whose database was lost counts anew; while the bus is away nobody can tell it. What it sends then must not count as landed. */
static void test_lost_database(void **state)
{
    Centre *centre = *state;
    json_t *welcome;
    Client *booth = centre_booth(centre, 0, "b8", 7, NULL, NULL);
    client_say(booth, record_message(7, 3, "cX"));
    drop(client_expect(booth, "recorded"));
    client_free(booth);
    centre_kill(&centre->nats, SIGKILL);
    booth = centre_booth(centre, 0, "b8", 1, NULL, &welcome);
    assert_int_equal(wire_int(json_object_get(welcome, "stored"), "epoch"), 0);
    drop(welcome);
    client_say(booth, record_message(1, 1, "cY"));
    centre_start_nats(centre);
    assert_true(client_run(booth, client_is_down, NULL, PATIENCE_MS));
    assert_int_equal(booth->code, 4003);
    assert_false(client_has(booth, "recorded"));
    client_free(booth);
    booth = centre_booth(centre, 0, "b8", 1, NULL, &welcome);
    assert_int_equal(wire_int(json_object_get(welcome, "stored"), "epoch"), 7);
    drop(welcome);
    client_free(booth);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_whole_call, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_spoke_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_picture_ever, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_leave_crosses_accept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_accept_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_picture, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_long_signal, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_back_at_the_head, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_silent_agent_and_stale_words, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unpull, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_staff_is_who_is_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_why_nobody_came, set_up_two, tear_down),
        cmocka_unit_test_setup_teardown(test_shopper_comes_back_or_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_messages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_call_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_records_land_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nonsense_on_record, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ended_is_known_everywhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_desk_dies, set_up_two, tear_down),
        cmocka_unit_test_setup_teardown(test_desk_dies_before_the_end, set_up_two, tear_down),
        cmocka_unit_test_setup_teardown(test_resume_at_a_laggard, set_up_patient, tear_down),
        cmocka_unit_test_setup_teardown(test_resume_in_vain, set_up_patient, tear_down),
        cmocka_unit_test_setup_teardown(test_welcome_of_a_laggard, set_up_patient, tear_down),
        cmocka_unit_test_setup_teardown(test_end_out_of_sight, set_up_patient, tear_down),
        cmocka_unit_test_setup_teardown(test_desk_dies_ringing, set_up_two, tear_down),
        cmocka_unit_test_setup_teardown(test_bus_dies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_often_blind, set_up_two, tear_down),
        cmocka_unit_test_setup_teardown(test_lost_database, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
