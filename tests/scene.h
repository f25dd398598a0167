/* scene: what tests of the desk have booths and shoppers say to it, and the calls that come of that, at a centre of one desk or two. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "centre.h"
#include "wire/wire.h"

typedef struct {
    char *id, *key;
} Ticket;

typedef struct {
    char *id, *nonce;
    gint64 gen;
} Held;

static inline Ticket shopper_ask(Client *shopper, const char *topic)
{
    client_say(shopper, centre_ask(topic));
    json_t *queued = client_expect(shopper, "queued");
    Ticket ticket = {g_strdup(wire_string(queued, "call")), g_strdup(wire_string(queued, "key"))};
    json_decref(queued);
    return ticket;
}

static inline void shopper_resume(Client *shopper, const Ticket *ticket)
{
    client_say(shopper, json_pack("{s:s, s:s, s:s}", "t", "resume", "call", ticket->id, "key", ticket->key));
}

/* Until the desk has read all that was said. */
static inline void shopper_await_pong(Client *shopper)
{
    client_say(shopper, json_pack("{s:s}", "t", "ping"));
    json_decref(client_expect(shopper, "pong"));
}

static inline void booth_pull(Client *booth, int seq)
{
    client_say(booth, json_pack("{s:s, s:i}", "t", "pull", "seq", seq));
}

static inline Held booth_take_offer(Client *booth)
{
    json_t *offer = client_expect(booth, "offer");
    Held held = {g_strdup(wire_string(offer, "call")), g_strdup(wire_string(offer, "nonce")), wire_int(offer, "gen")};
    json_decref(offer);
    return held;
}

static inline json_t *booth_claim(const Held *held)
{
    return json_pack("{s:s, s:I, s:s}", "id", held->id, "gen", (json_int_t)held->gen, "nonce", held->nonce);
}

static inline void booth_prove(Client *booth, const char *type, const Held *held, const char *reason)
{
    json_t *message = json_pack("{s:s, s:s, s:I, s:s}", "t", type, "call", held->id, "gen", (json_int_t)held->gen, "nonce", held->nonce);
    if (reason) json_object_set_new(message, "reason", json_string(reason));
    client_say(booth, message);
}

static inline void scene_clear(Ticket *ticket, Held *held)
{
    if (ticket) g_free(ticket->id), g_free(ticket->key);
    if (held) g_free(held->id), g_free(held->nonce);
}

static inline void message_drop(json_t *message)
{
    assert_non_null(message);
    json_decref(message);
}

/* The one terminal record of a call. */
static inline void centre_expect_record(Centre *centre, const char *call, const char *outcome, const char *cause)
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
static inline int scene_open_patient(void **state)
{
    Centre *centre = centre_new("[queue]\nleave_s=30\n");
    centre_start_desk(centre, 0);
    *state = centre;
    return 0;
}

static inline int scene_open(void **state)
{
    Centre *centre = centre_new("[queue]\nring_s=5\nleave_s=5\n");
    centre_start_desk(centre, 0);
    *state = centre;
    return 0;
}

static inline int scene_open_two(void **state)
{
    scene_open(state);
    centre_start_desk(*state, 1);
    return 0;
}

static inline int scene_shut(void **state)
{
    centre_free(*state);
    return 0;
}

static inline void scene_accept(Client *booth, Client *shopper, const Held *held)
{
    message_drop(client_expect(shopper, "ringing"));
    booth_prove(booth, "accept", held, NULL);
    message_drop(client_expect(booth, "accepted"));
    message_drop(client_expect(shopper, "connecting"));
}

static inline void shopper_rate(Client *shopper, const Ticket *ticket)
{
    client_say(shopper,
               json_pack("{s:s, s:s, s:s, s:i, s:s}", "t", "rate", "call", ticket->id, "key", ticket->key, "stars", 5, "text", "fine"));
}

static inline json_t *booth_signal(const Held *held, const char *sdp)
{
    return json_pack("{s:s, s:s, s:I, s:i, s:s, s:s}", "t", "signal", "call", held->id, "gen", (json_int_t)held->gen, "pc", 1, "kind",
                     "offer", "sdp", sdp);
}

static inline json_t *shopper_signal(const Held *held)
{
    return json_pack("{s:s, s:I, s:i, s:s, s:s}", "t", "signal", "gen", (json_int_t)held->gen, "pc", 1, "kind", "answer", "sdp", "v=0\r\n");
}

/* Both directions, then media up. */
static inline void scene_connect(Client *booth, Client *shopper, const Held *held)
{
    client_say(booth, booth_signal(held, "v=0\r\n"));
    message_drop(client_expect(shopper, "signal"));
    client_say(shopper, shopper_signal(held));
    message_drop(client_expect(booth, "signal"));
    client_say(shopper, json_pack("{s:s, s:I, s:i}", "t", "media_up", "gen", (json_int_t)held->gen, "pc", 1));
    message_drop(client_expect(booth, "media_up"));
}

/* Booth b1 at desk 0, and a shopper whose call it has. */
typedef struct {
    Client *booth, *shopper;
    Ticket ticket;
    Held held;
} Scene;

static inline json_t *booth_record(int epoch, int seq, const char *call)
{
    return json_pack(
        "{s:i, s:s, s:i, s:i, s:s, s:s, s:s, s:i, s:i, s:s, s:s, s:i, s:s, s:s, s:b, s:i, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i,"
        " s:i}",
        "v", 2, "kind", "offer", "epoch", epoch, "seq", seq, "store", "", "region", "", "boot_id", "b", "made_mono", 9, "made_utc", 0,
        "clock", "unknown", "call", call, "gen", 1, "topic", "tv", "lang", "en", "before", 0, "waited_ms", 3, "result", "declined",
        "enqueued_mono", 2, "enqueued_utc", 0, "offered_mono", 5, "offered_utc", 0, "accepted_mono", 0, "accepted_utc", 0, "ended_mono", 9,
        "ended_utc", 0, "ring_ms", 4);
}

static inline json_t *booth_record_message(int epoch, int seq, const char *call)
{
    return json_pack("{s:s, s:i, s:i, s:o}", "t", "record", "epoch", epoch, "seq", seq, "record", booth_record(epoch, seq, call));
}

/* All up to this one; how many at a time is for the desk to say. */
static inline void booth_await_recorded(Client *booth, int seq)
{
    for (int landed = 0; landed < seq;) {
        json_t *recorded = client_expect(booth, "recorded");
        assert_true(wire_int(recorded, "seq") > landed && wire_int(recorded, "seq") <= seq);
        landed = (int)wire_int(recorded, "seq");
        message_drop(recorded);
    }
}

static inline Scene scene_begin_ring(Centre *centre, guint shopper_desk)
{
    Scene call = {.booth = centre_booth(centre, 0, "b1", 1, NULL, NULL), .shopper = centre_shopper(centre, shopper_desk)};
    booth_pull(call.booth, 1);
    call.ticket = shopper_ask(call.shopper, "tv");
    call.held = booth_take_offer(call.booth);
    return call;
}

static inline Scene scene_begin_call(Centre *centre, guint shopper_desk)
{
    Scene call = scene_begin_ring(centre, shopper_desk);
    scene_accept(call.booth, call.shopper, &call.held);
    return call;
}

static inline Scene scene_begin_talk(Centre *centre, guint shopper_desk)
{
    Scene call = scene_begin_call(centre, shopper_desk);
    scene_connect(call.booth, call.shopper, &call.held);
    return call;
}

static inline void scene_end(Scene *call)
{
    scene_clear(&call->ticket, &call->held);
    client_free(call->booth);
    client_free(call->shopper);
}
