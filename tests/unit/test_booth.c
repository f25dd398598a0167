/* The booth's state machine: every event in every state against a table, and the courses of calls that matter. */
#include "agent/booth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define OURS                                                                                                                               \
    {                                                                                                                                      \
        "c0123456789abcdef0123456789abcdef", 2, "0123456789abcdef0123456789abcdef"                                                         \
    }
#define OTHER                                                                                                                              \
    {                                                                                                                                      \
        "cfedcba9876543210fedcba9876543210", 5, "fedcba9876543210fedcba9876543210"                                                         \
    }
#define NOBODY                                                                                                                             \
    {                                                                                                                                      \
        "", 0, ""                                                                                                                          \
    }

static const BoothKey ours = OURS;

#define NOW 100000

/* A booth that is linked, has its studio, wants calls and has nothing in its way, in a state. */
static Booth at(BoothState state)
{
    Booth booth;
    booth_init(&booth, NOW);
    booth.state = state;
    booth.linked = booth.studio = booth.ready_wanted = TRUE;
    booth.blocked = FALSE;
    booth.parked = state == BOOTH_READY;
    booth.pc_last = 4;
    if (state == BOOTH_PAUSED) booth.ready_wanted = FALSE;
    if (state < BOOTH_RINGING) return booth;
    booth.call.key = ours;
    booth.call.pc = 4;
    booth.call.shopper_present = TRUE;
    booth.call.offered_mono = 1;
    booth.deadline_mono = state == BOOTH_LIVE ? 0 : NOW;
    if (state == BOOTH_RINGING) return booth;
    booth.call.accepted = TRUE;
    booth.call.accepted_mono = 2;
    booth.call.media = BOOTH_MEDIA_CONNECTING;
    if (state == BOOTH_CONNECTING) return booth;
    booth.call.media = BOOTH_MEDIA_UP;
    booth.call.media_up_mono = NOW - 5000;
    return booth;
}

static const char *const action_names[] = {"pull",    "unpull", "accept",   "decline", "ring_no_answer", "renew", "media_up", "end",
                                           "prepare", "start",  "rehearse", "stop",    "self_test",      "mute",  "camera",   "record"};

/* What became of it: "state action action…", or "refused". */
static char *outcome_of(Booth *booth, const BoothEvent *event)
{
    BoothActions actions;
    const Booth before = *booth;
    if (!booth_step(booth, event, &actions)) {
        assert_memory_equal(&before, booth, sizeof before);
        assert_int_equal(actions.count, 0);
        return g_strdup("refused");
    }
    GString *text = g_string_new(booth_state_name(booth->state));
    for (guint i = 0; i < actions.count; i++) g_string_append_printf(text, " %s", action_names[actions.list[i].kind]);
    return g_string_free(text, FALSE);
}

#define EVENT(KEY, ...)                                                                                                                    \
    {                                                                                                                                      \
        .mono = NOW, .key = KEY, __VA_ARGS__                                                                                               \
    }
#define WELCOME .ring_ms = 20000, .setup_ms = 20000, .wrapup_ms = 60000

typedef struct {
    const char *name;
    BoothEvent event;
    const char *expected[BOOTH_STATES]; /* starting, paused, ready, ringing, connecting, live, wrapup */
} Row;

static const BoothNote note = {"sale", "1001", 129900, "NOK", "tv soundbar"};

static const Row rows[] = {
    {"started", EVENT(OURS, .kind = BOOTH_STARTED), {"ready pull", "paused", "ready", "ringing", "connecting", "live", "wrapup"}},
    {"wish ready",
     EVENT(OURS, .kind = BOOTH_WISH_READY),
     {"refused", "ready pull", "ready", "refused", "connecting", "live", "ready record pull"}},
    {"wish pause",
     EVENT(OURS, .kind = BOOTH_WISH_PAUSE, .text = "lunch"),
     {"refused", "paused", "paused unpull", "refused", "connecting", "live", "wrapup"}},
    {"wish accept",
     EVENT(OURS, .kind = BOOTH_WISH_ACCEPT),
     {"refused", "refused", "refused", "connecting accept", "refused", "refused", "refused"}},
    {"wish decline",
     EVENT(OURS, .kind = BOOTH_WISH_DECLINE),
     {"refused", "refused", "refused", "paused decline stop record", "refused", "refused", "refused"}},
    {"wish hang up",
     EVENT(OURS, .kind = BOOTH_WISH_HANGUP),
     {"refused", "refused", "refused", "paused decline stop record", "ready end stop record", "wrapup end stop", "refused"}},
    {"wish mute",
     EVENT(OURS, .kind = BOOTH_WISH_MUTE, .flag = TRUE),
     {"refused", "paused mute", "ready mute", "ringing mute", "connecting mute", "live mute", "wrapup mute"}},
    {"wish camera",
     EVENT(OURS, .kind = BOOTH_WISH_CAMERA, .number = BOOTH_PIP),
     {"refused", "paused camera", "ready camera", "ringing camera", "connecting camera", "live camera", "wrapup camera"}},
    {"wish outcome",
     EVENT(OURS, .kind = BOOTH_WISH_OUTCOME, .text = "sale"),
     {"refused", "refused", "refused", "refused", "refused", "refused", "ready record pull"}},
    {"wish outcome, none said",
     EVENT(OURS, .kind = BOOTH_WISH_OUTCOME),
     {"refused", "refused", "refused", "refused", "refused", "refused", "refused"}},
    {"wish note",
     EVENT(OURS, .kind = BOOTH_WISH_NOTE, .note = &note),
     {"refused", "refused", "refused", "refused", "refused", "refused", "wrapup"}},
    {"wish extend", EVENT(OURS, .kind = BOOTH_WISH_EXTEND), {"refused", "refused", "refused", "refused", "refused", "refused", "wrapup"}},
    {"wish check",
     EVENT(OURS, .kind = BOOTH_WISH_CHECK, .flag = TRUE),
     {"refused", "paused self_test", "refused", "refused", "refused", "refused", "refused"}},
    {"wish practice",
     EVENT(OURS, .kind = BOOTH_WISH_PRACTICE),
     {"refused", "ringing", "refused", "refused", "refused", "refused", "refused"}},
    {"link down",
     EVENT(OURS, .kind = BOOTH_LINK_DOWN),
     {"starting", "paused", "ready", "ready stop record", "connecting", "live", "wrapup"}},
    {"welcome none",
     EVENT(OURS, .kind = BOOTH_WELCOME, WELCOME),
     {"starting", "paused", "ready", "ringing", "ready stop record pull", "wrapup stop", "wrapup"}},
    {"welcome kept",
     EVENT(OURS, .kind = BOOTH_WELCOME, WELCOME, .number = BOOTH_RESUME_KEPT),
     {"starting", "paused", "ready", "ringing", "connecting", "live media_up", "wrapup"}},
    {"welcome gone",
     EVENT(OURS, .kind = BOOTH_WELCOME, WELCOME, .number = BOOTH_RESUME_GONE),
     {"starting", "paused", "ready", "ringing", "ready stop record pull", "wrapup stop", "wrapup"}},
    {"offer",
     EVENT(OTHER, .kind = BOOTH_OFFER, .ring_ms = 20000),
     {"starting decline", "paused decline", "ringing prepare", "ringing decline", "connecting decline", "live decline", "wrapup decline"}},
    {"unpulled", EVENT(OURS, .kind = BOOTH_UNPULLED), {"starting", "paused", "ready", "ringing", "connecting", "live", "wrapup"}},
    {"withdrawn left",
     EVENT(OURS, .kind = BOOTH_WITHDRAWN, .text = "left"),
     {"starting", "paused", "ready", "ready stop record pull", "ready stop record pull", "wrapup stop", "wrapup"}},
    {"withdrawn no answer",
     EVENT(OURS, .kind = BOOTH_WITHDRAWN, .text = "ring_no_answer"),
     {"starting", "paused", "ready", "paused stop record", "ready stop record pull", "wrapup stop", "wrapup"}},
    {"withdrawn other",
     EVENT(OTHER, .kind = BOOTH_WITHDRAWN, .text = "left"),
     {"starting", "paused", "ready", "ringing", "connecting", "live", "wrapup"}},
    {"accepted", EVENT(OURS, .kind = BOOTH_ACCEPTED), {"starting", "paused", "ready", "ringing", "connecting", "live", "wrapup"}},
    {"refused renew",
     EVENT(OURS, .kind = BOOTH_REFUSED, .text = "renew"),
     {"starting", "paused", "ready", "ringing", "ready stop record pull", "wrapup stop", "wrapup"}},
    {"refused end",
     EVENT(OURS, .kind = BOOTH_REFUSED, .text = "end"),
     {"starting", "paused", "ready", "ringing", "connecting", "live", "wrapup"}},
    {"ended",
     EVENT(OURS, .kind = BOOTH_ENDED),
     {"starting", "paused", "ready", "ready stop record pull", "ready stop record pull", "wrapup stop", "wrapup"}},
    {"ended other", EVENT(OTHER, .kind = BOOTH_ENDED), {"starting", "paused", "ready", "ringing", "connecting", "live", "wrapup"}},
    {"shopper away",
     EVENT(OURS, .kind = BOOTH_SHOPPER, .flag = FALSE),
     {"starting", "paused", "ready", "ringing", "connecting", "live", "wrapup"}},
    {"shopper back",
     EVENT(OURS, .kind = BOOTH_SHOPPER, .flag = TRUE),
     {"starting", "paused", "ready", "ringing", "connecting start", "live", "wrapup"}},
    {"seen", EVENT(OURS, .kind = BOOTH_SEEN), {"starting", "paused", "ready", "ringing", "live media_up", "live", "wrapup"}},
    {"no picture", EVENT(OURS, .kind = BOOTH_NO_PICTURE), {"starting", "paused", "ready", "ringing", "connecting", "live start", "wrapup"}},
    {"studio up, idle",
     EVENT(NOBODY, .kind = BOOTH_STUDIO_UP),
     {"starting mute camera", "paused mute camera", "ready mute camera", "ringing mute camera prepare", "connecting mute camera start",
      "live mute camera start", "wrapup mute camera"}},
    {"studio up, runs on",
     EVENT(OURS, .kind = BOOTH_STUDIO_UP, .number = 4, .media = BOOTH_MEDIA_UP),
     {"starting mute camera stop", "paused mute camera stop", "ready mute camera stop", "ringing mute camera prepare",
      "live mute camera media_up", "live mute camera", "wrapup mute camera stop"}},
    {"studio up, still connecting",
     EVENT(OURS, .kind = BOOTH_STUDIO_UP, .number = 4, .media = BOOTH_MEDIA_CONNECTING),
     {"starting mute camera stop", "paused mute camera stop", "ready mute camera stop", "ringing mute camera prepare",
      "connecting mute camera", "live mute camera", "wrapup mute camera stop"}},
    {"studio up, lost meanwhile",
     EVENT(OURS, .kind = BOOTH_STUDIO_UP, .number = 4, .media = BOOTH_MEDIA_LOST),
     {"starting mute camera stop", "paused mute camera stop", "ready mute camera stop", "ringing mute camera prepare",
      "connecting mute camera start", "live mute camera start", "wrapup mute camera stop"}},
    {"studio down", EVENT(OURS, .kind = BOOTH_STUDIO_DOWN), {"starting", "paused", "ready", "ringing", "connecting", "live", "wrapup"}},
    {"media up",
     EVENT(OURS, .kind = BOOTH_MEDIA_IS, .number = 4, .media = BOOTH_MEDIA_UP),
     {"starting", "paused", "ready", "ringing", "live media_up", "live", "wrapup"}},
    {"media lost",
     EVENT(OURS, .kind = BOOTH_MEDIA_IS, .number = 4, .media = BOOTH_MEDIA_LOST),
     {"starting", "paused", "ready", "ringing", "connecting start", "live start", "wrapup"}},
    {"media of an old pc",
     EVENT(OURS, .kind = BOOTH_MEDIA_IS, .number = 3, .media = BOOTH_MEDIA_LOST),
     {"starting", "paused", "ready", "ringing", "connecting", "live", "wrapup"}},
    {"shopper's picture",
     EVENT(OURS, .kind = BOOTH_SHOPPER_PICTURE, .number = 4),
     {"starting", "paused", "ready", "ringing", "connecting", "live", "wrapup"}},
    {"codec used",
     EVENT(OURS, .kind = BOOTH_CODEC_USED, .text = "VP8"),
     {"starting", "paused", "ready", "ringing", "connecting", "live", "wrapup"}},
    {"codec refused",
     EVENT(OURS, .kind = BOOTH_CODEC_REFUSED, .flag = TRUE),
     {"starting", "paused", "ready", "ringing", "connecting start", "live start", "wrapup"}},
    {"last codec refused",
     EVENT(OURS, .kind = BOOTH_CODEC_REFUSED),
     {"starting", "paused", "ready", "ringing", "ready end stop record", "wrapup end stop", "wrapup"}},
    {"blocked",
     EVENT(OURS, .kind = BOOTH_BLOCKED, .flag = TRUE),
     {"starting", "paused", "paused unpull", "ringing", "connecting", "live", "wrapup"}},
    {"unblocked", EVENT(OURS, .kind = BOOTH_BLOCKED), {"starting", "paused", "ready", "ringing", "connecting", "live", "wrapup"}},
    {"tick",
     EVENT(OURS, .kind = BOOTH_TICK),
     {"starting", "paused", "ready", "paused ring_no_answer stop record", "ready end stop record", "live", "ready record pull"}},
};

static void every_event_in_every_state(void **unused)
{
    (void)unused;
    gboolean seen[BOOTH_EVENTS] = {FALSE};
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        seen[rows[i].event.kind] = TRUE;
        for (int state = 0; state < BOOTH_STATES; state++) {
            Booth booth = at((BoothState)state);
            g_autofree char *got = outcome_of(&booth, &rows[i].event);
            if (g_strcmp0(got, rows[i].expected[state]) != 0)
                fail_msg("%s in %s: \"%s\", not \"%s\"", rows[i].name, booth_state_name((BoothState)state), got, rows[i].expected[state]);
        }
    }
    for (int kind = 0; kind < BOOTH_EVENTS; kind++) assert_true(seen[kind]);
}

/* Takes an event at a time and compares what became of it. */
static void expect_at(Booth *booth, gint64 mono, BoothEvent event, const char *expected)
{
    event.mono = mono;
    g_autofree char *got = outcome_of(booth, &event);
    assert_string_equal(got, expected);
}

static void expect(Booth *booth, BoothEvent event, const char *expected)
{
    expect_at(booth, NOW, event, expected);
}

#define OF(...) ((BoothEvent){.key = OURS, __VA_ARGS__})

static void a_whole_call(void **unused)
{
    (void)unused;
    Booth booth = at(BOOTH_READY);
    expect_at(&booth, 1000, OF(.kind = BOOTH_OFFER, .ring_ms = 20000), "ringing prepare");
    assert_false(booth.parked);
    assert_int_equal(booth.call.ring_until_mono, 21000);
    assert_int_equal(booth_deadline(&booth), 6000);
    expect_at(&booth, 6000, OF(.kind = BOOTH_TICK), "ringing renew");
    expect_at(&booth, 7000, OF(.kind = BOOTH_WISH_ACCEPT), "connecting accept");
    expect_at(&booth, 7100, OF(.kind = BOOTH_ACCEPTED), "connecting start");
    expect_at(&booth, 7200, OF(.kind = BOOTH_MEDIA_IS, .number = booth.call.pc, .media = BOOTH_MEDIA_UP), "live media_up");
    expect_at(&booth, 7300, OF(.kind = BOOTH_SHOPPER_PICTURE, .number = booth.call.pc), "live");
    expect_at(&booth, 12100, OF(.kind = BOOTH_TICK), "live renew");
    expect_at(&booth, 17200, OF(.kind = BOOTH_ENDED), "wrapup stop");
    assert_int_equal(booth.call.talk_ms, 10000);
    assert_int_equal(booth_deadline(&booth), 77200);
    expect_at(&booth, 20200, OF(.kind = BOOTH_WISH_OUTCOME, .text = "sale", .text2 = "77"), "ready record pull");
    assert_string_equal(booth.call.result, "accepted");
    assert_string_equal(booth.call.note.outcome, "sale");
    assert_string_equal(booth.call.note.order, "77");
    assert_int_equal(booth.call.offered_mono, 1000);
    assert_int_equal(booth.call.accepted_mono, 7000);
    assert_int_equal(booth.call.media_up_mono, 7200);
    assert_int_equal(booth.call.shopper_picture_mono, 7300);
    assert_int_equal(booth.call.ended_mono, 17200);
    assert_int_equal(booth.call.ready_mono, 20200);
    assert_int_equal(booth.call.wrapup_ms, 3000);
}

static void a_pause_that_crosses_an_offer_gives_it_back(void **unused)
{
    (void)unused;
    Booth booth = at(BOOTH_READY);
    expect(&booth, OF(.kind = BOOTH_WISH_PAUSE, .text = "lunch"), "paused unpull");
    expect(&booth, OF(.kind = BOOTH_OFFER), "paused decline");
    assert_string_equal(booth.pause_reason, "lunch");
    expect(&booth, OF(.kind = BOOTH_UNPULLED), "paused");
    gint64 seq = booth.pull_seq;
    expect(&booth, OF(.kind = BOOTH_WISH_READY), "ready pull");
    assert_int_equal(booth.pull_seq, seq + 1);
}

static void an_unanswered_ring_pauses(void **unused)
{
    (void)unused;
    Booth booth = at(BOOTH_RINGING);
    expect(&booth, OF(.kind = BOOTH_TICK), "paused ring_no_answer stop record");
    assert_string_equal(booth.pause_reason, "ring_no_answer");
    assert_string_equal(booth.call.result, "ring_no_answer");
    assert_false(booth.ready_wanted);
}

static void an_accept_that_comes_too_late(void **unused)
{
    (void)unused;
    Booth booth = at(BOOTH_RINGING);
    expect(&booth, OF(.kind = BOOTH_WISH_ACCEPT), "connecting accept");
    expect(&booth, OF(.kind = BOOTH_REFUSED, .text = "accept"), "ready stop record pull");
    assert_string_equal(booth.call.result, "withdrawn");
}

static void an_accept_whose_answer_was_lost_goes_on(void **unused)
{
    (void)unused;
    Booth booth = at(BOOTH_RINGING);
    expect(&booth, OF(.kind = BOOTH_WISH_ACCEPT), "connecting accept");
    expect(&booth, OF(.kind = BOOTH_LINK_DOWN), "connecting");
    assert_ptr_equal(booth_held(&booth), &booth.call.key);
    /* It may as well be that the accept itself was lost: then the call still rings at the desk. */
    expect(&booth, OF(.kind = BOOTH_WELCOME, WELCOME, .number = BOOTH_RESUME_KEPT), "connecting accept");
    expect(&booth, OF(.kind = BOOTH_ACCEPTED), "connecting start");
    expect(&booth, OF(.kind = BOOTH_ACCEPTED), "connecting");
}

/* Signals may be lost with any link; as long as both ends are there the call must not fail for that. */
static void a_set_up_that_lost_a_link_starts_anew(void **unused)
{
    (void)unused;
    Booth booth = at(BOOTH_CONNECTING);
    booth.setup_ms = 20000;
    booth.deadline_mono = 20000;
    expect_at(&booth, 1000, OF(.kind = BOOTH_LINK_DOWN), "connecting");
    assert_int_equal(booth_deadline(&booth), 1000 + BOOTH_CUT_OFF_MS);
    expect_at(&booth, 19000, OF(.kind = BOOTH_WELCOME, WELCOME, .number = BOOTH_RESUME_KEPT), "connecting");
    expect_at(&booth, 19000, OF(.kind = BOOTH_SHOPPER, .flag = TRUE), "connecting start");
    assert_int_equal(booth.deadline_mono, 39000);
    assert_int_equal(booth.call.pc, 5);
    expect_at(&booth, 20000, OF(.kind = BOOTH_SHOPPER, .flag = FALSE), "connecting");
    assert_int_equal(booth_deadline(&booth), 20000 + BOOTH_AWAY_MS);
    expect_at(&booth, 21000, OF(.kind = BOOTH_SHOPPER, .flag = TRUE), "connecting start");
    assert_int_equal(booth.deadline_mono, 41000);
    expect_at(&booth, 21000 + BOOTH_REMAKE_MS, OF(.kind = BOOTH_TICK), "connecting start");
    assert_int_equal(booth.call.pc, 7);
    expect_at(&booth, 30000, OF(.kind = BOOTH_MEDIA_IS, .number = 7, .media = BOOTH_MEDIA_UP), "live media_up");
}

/* Without a link nothing can be said of the shopper, who may well be there: the desk decides. */
static void a_set_up_that_is_cut_off_is_given_back(void **unused)
{
    (void)unused;
    Booth booth = at(BOOTH_CONNECTING);
    expect_at(&booth, 1000, OF(.kind = BOOTH_LINK_DOWN), "connecting");
    expect_at(&booth, 1000 + BOOTH_CUT_OFF_MS, OF(.kind = BOOTH_TICK), "paused stop record");
    assert_int_equal(booth.owed_end, BOOTH_END_MEDIA_LOST);
    booth = at(BOOTH_CONNECTING);
    expect_at(&booth, 1000, OF(.kind = BOOTH_SHOPPER, .flag = FALSE), "connecting");
    expect_at(&booth, 1000 + BOOTH_AWAY_MS, OF(.kind = BOOTH_TICK), "ready end stop record");
    assert_int_equal(booth.owed_end, BOOTH_END_SETUP_FAILED);
}

static void a_live_call_survives_the_link(void **unused)
{
    (void)unused;
    Booth booth = at(BOOTH_LIVE);
    expect(&booth, OF(.kind = BOOTH_LINK_DOWN), "live");
    assert_int_equal(booth_deadline(&booth), 0);
    expect(&booth, OF(.kind = BOOTH_WELCOME, WELCOME, .number = BOOTH_RESUME_KEPT), "live media_up");
    expect(&booth, OF(.kind = BOOTH_LINK_DOWN), "live");
    expect(&booth, OF(.kind = BOOTH_WELCOME, WELCOME, .number = BOOTH_RESUME_GONE), "wrapup stop");
    assert_null(booth_held(&booth));
}

static void a_hang_up_without_a_link_is_told_later(void **unused)
{
    (void)unused;
    Booth booth = at(BOOTH_LIVE);
    expect(&booth, OF(.kind = BOOTH_LINK_DOWN), "live");
    expect(&booth, OF(.kind = BOOTH_WISH_HANGUP), "wrapup stop");
    assert_string_equal(booth_held(&booth)->id, ours.id);
    expect(&booth, OF(.kind = BOOTH_WELCOME, WELCOME, .number = BOOTH_RESUME_KEPT), "wrapup end");
    assert_int_equal(booth.owed_end, BOOTH_END_HANGUP);
    expect(&booth, OF(.kind = BOOTH_ENDED), "wrapup");
    assert_null(booth_held(&booth));
}

/* There is room for one: a call that were taken meanwhile would make it forgotten, and its shopper be left alone. */
static void no_call_comes_before_the_last_end_is_known(void **unused)
{
    (void)unused;
    Booth booth = at(BOOTH_LIVE);
    expect_at(&booth, 1000, OF(.kind = BOOTH_WISH_HANGUP), "wrapup end stop");
    expect_at(&booth, 2000, OF(.kind = BOOTH_WISH_OUTCOME, .text = "sale"), "ready record");
    assert_int_equal(booth_deadline(&booth), 1000 + BOOTH_RENEW_MS);
    expect_at(&booth, 1000 + BOOTH_RENEW_MS, OF(.kind = BOOTH_TICK), "ready end");
    expect_at(&booth, 7000, OF(.kind = BOOTH_LINK_DOWN), "ready");
    expect_at(&booth, 8000, OF(.kind = BOOTH_WELCOME, WELCOME, .number = BOOTH_RESUME_KEPT), "ready end");
    expect_at(&booth, 9000, OF(.kind = BOOTH_ENDED), "ready pull");
    assert_int_equal(booth_deadline(&booth), 0);
    booth = at(BOOTH_CONNECTING);
    expect(&booth, OF(.kind = BOOTH_WISH_HANGUP), "ready end stop record");
    expect(&booth, OF(.kind = BOOTH_REFUSED, .text = "end"), "ready pull");
    booth = at(BOOTH_CONNECTING);
    expect(&booth, OF(.kind = BOOTH_WISH_HANGUP), "ready end stop record");
    expect(&booth, OF(.kind = BOOTH_WITHDRAWN, .text = "lease_ended"), "ready pull");
}

static void lost_media_is_made_anew(void **unused)
{
    (void)unused;
    Booth booth = at(BOOTH_LIVE);
    expect_at(&booth, 1000, OF(.kind = BOOTH_MEDIA_IS, .number = 4, .media = BOOTH_MEDIA_LOST), "live start");
    assert_int_equal(booth.call.pc, 5);
    assert_int_equal(booth_deadline(&booth), 1000 + BOOTH_REMAKE_MS);
    expect_at(&booth, 1000 + BOOTH_REMAKE_MS, OF(.kind = BOOTH_TICK), "live start");
    assert_int_equal(booth.call.pc, 6);
    expect_at(&booth, 9500, OF(.kind = BOOTH_MEDIA_IS, .number = 6, .media = BOOTH_MEDIA_UP), "live");
    assert_int_equal(booth_deadline(&booth), 0);
}

static void a_page_without_a_picture_gets_more_time_each_time(void **unused)
{
    (void)unused;
    Booth booth = at(BOOTH_LIVE);
    gint64 now = NOW;
    expect_at(&booth, now, OF(.kind = BOOTH_NO_PICTURE), "live start");
    for (guint i = 1; i <= 6; i++) {
        gint64 pause = (gint64)BOOTH_REMAKE_MIN << MIN(i, BOOTH_ASKED_MAX);
        booth.call.media = BOOTH_MEDIA_UP;
        expect_at(&booth, now + pause - 1, OF(.kind = BOOTH_NO_PICTURE), "live");
        expect_at(&booth, now + pause, OF(.kind = BOOTH_NO_PICTURE), "live start");
        now += pause;
    }
}

static void media_gone_and_shopper_away_is_the_end(void **unused)
{
    (void)unused;
    Booth booth = at(BOOTH_LIVE);
    expect_at(&booth, 1000, OF(.kind = BOOTH_SHOPPER, .flag = FALSE), "live");
    assert_int_equal(booth_deadline(&booth), 0);
    expect_at(&booth, 2000, OF(.kind = BOOTH_MEDIA_IS, .number = 4, .media = BOOTH_MEDIA_LOST), "live");
    assert_int_equal(booth_deadline(&booth), 2000 + BOOTH_AWAY_MS);
    expect_at(&booth, 5000, OF(.kind = BOOTH_SHOPPER, .flag = TRUE), "live start");
    expect_at(&booth, 6000, OF(.kind = BOOTH_SHOPPER, .flag = FALSE), "live");
    expect_at(&booth, 6000 + BOOTH_AWAY_MS, OF(.kind = BOOTH_TICK), "wrapup end stop");
    assert_int_equal(booth.owed_end, BOOTH_END_MEDIA_LOST);
}

static void a_restarted_studio_gets_a_new_offer(void **unused)
{
    (void)unused;
    Booth booth = at(BOOTH_LIVE);
    booth.muted = TRUE;
    expect(&booth, OF(.kind = BOOTH_STUDIO_DOWN), "live");
    expect(&booth, (BoothEvent){.kind = BOOTH_STUDIO_UP}, "live mute camera start");
    assert_int_equal(booth.call.pc, 5);
}

static void no_picture_ever_is_no_conversation(void **unused)
{
    (void)unused;
    Booth booth = at(BOOTH_CONNECTING);
    expect(&booth, OF(.kind = BOOTH_TICK), "ready end stop record");
    assert_int_equal(booth.owed_end, BOOTH_END_SETUP_FAILED);
    assert_string_equal(booth.call.note.outcome, "none");
    assert_int_equal(booth.call.media_up_mono, 0);
}

static void problems_come_and_go(void **unused)
{
    (void)unused;
    Booth booth = at(BOOTH_READY);
    expect(&booth, (BoothEvent){.kind = BOOTH_BLOCKED, .flag = TRUE}, "paused unpull");
    assert_string_equal(booth.pause_reason, "problem");
    expect(&booth, (BoothEvent){.kind = BOOTH_BLOCKED}, "ready pull");
    assert_string_equal(booth.pause_reason, "");
    expect(&booth, (BoothEvent){.kind = BOOTH_LINK_DOWN}, "ready");
    expect(&booth, (BoothEvent){.kind = BOOTH_WELCOME, WELCOME}, "ready pull");
}

static void a_mute_ends_with_the_call(void **unused)
{
    (void)unused;
    Booth booth = at(BOOTH_LIVE);
    expect(&booth, (BoothEvent){.kind = BOOTH_WISH_MUTE, .flag = TRUE}, "live mute");
    expect(&booth, OF(.kind = BOOTH_WISH_HANGUP), "wrapup end stop mute");
    assert_false(booth.muted);
}

static void what_was_noted_counts_when_time_runs_out(void **unused)
{
    (void)unused;
    Booth booth = at(BOOTH_WRAPUP);
    expect(&booth, OF(.kind = BOOTH_WISH_NOTE, .note = &note), "wrapup");
    expect(&booth, OF(.kind = BOOTH_TICK), "ready record pull");
    assert_string_equal(booth.call.note.outcome, "sale");
    assert_string_equal(booth.call.note.order, "1001");
    assert_int_equal(booth.call.note.value_minor, 129900);
    assert_string_equal(booth.call.note.tags, "tv soundbar");
    booth = at(BOOTH_WRAPUP);
    expect(&booth, OF(.kind = BOOTH_WISH_NOTE, .note = &note), "wrapup");
    expect(&booth, OF(.kind = BOOTH_WISH_OUTCOME), "ready record pull");
    assert_string_equal(booth.call.note.outcome, "sale");
    booth = at(BOOTH_WRAPUP);
    expect(&booth, OF(.kind = BOOTH_WISH_NOTE, .note = &note), "wrapup");
    expect(&booth, OF(.kind = BOOTH_WISH_OUTCOME, .text = "reserved"), "ready record pull");
    assert_string_equal(booth.call.note.outcome, "reserved");
    assert_string_equal(booth.call.note.order, "1001");
}

static void looking_at_the_checks_ends_with_the_pause(void **unused)
{
    (void)unused;
    Booth booth = at(BOOTH_PAUSED);
    expect(&booth, (BoothEvent){.kind = BOOTH_WISH_CHECK, .flag = TRUE}, "paused self_test");
    expect(&booth, (BoothEvent){.kind = BOOTH_BLOCKED, .flag = TRUE}, "paused");
    assert_true(booth.checking);
    expect(&booth, (BoothEvent){.kind = BOOTH_WISH_CHECK}, "paused");
    assert_false(booth.checking);
    expect(&booth, (BoothEvent){.kind = BOOTH_WISH_CHECK, .flag = TRUE}, "paused self_test");
    expect(&booth, (BoothEvent){.kind = BOOTH_WISH_PRACTICE}, "ringing");
    assert_false(booth.checking);
}

static void a_wrapup_is_extended_once(void **unused)
{
    (void)unused;
    Booth booth = at(BOOTH_WRAPUP);
    booth.extend_ms = 30000;
    expect(&booth, OF(.kind = BOOTH_WISH_EXTEND), "wrapup");
    assert_int_equal(booth_deadline(&booth), NOW + 30000);
    expect(&booth, OF(.kind = BOOTH_WISH_EXTEND), "refused");
    expect_at(&booth, NOW + 30000, OF(.kind = BOOTH_TICK), "ready record pull");
    booth = at(BOOTH_LIVE);
    expect(&booth, OF(.kind = BOOTH_ENDED), "wrapup stop");
    assert_false(booth.extended);
}

/* Everything that a call has, and not one word to the desk or into the records. */
static void a_practice_call_stays_in_the_booth(void **unused)
{
    (void)unused;
    Booth booth = at(BOOTH_PAUSED);
    g_strlcpy(booth.pause_reason, "training", sizeof booth.pause_reason);
    expect_at(&booth, 1000, (BoothEvent){.kind = BOOTH_WISH_PRACTICE}, "ringing");
    assert_true(booth_is_practice(&booth));
    expect_at(&booth, 2000, (BoothEvent){.kind = BOOTH_WISH_ACCEPT}, "connecting rehearse");
    assert_null(booth_held(&booth));
    expect_at(&booth, 2100, (BoothEvent){.kind = BOOTH_MEDIA_IS, .number = booth.call.pc, .media = BOOTH_MEDIA_UP}, "live");
    assert_int_equal(booth_deadline(&booth), 0);
    expect_at(&booth, 3000, (BoothEvent){.kind = BOOTH_LINK_DOWN}, "live");
    assert_int_equal(booth_deadline(&booth), 0);
    expect_at(&booth, 4000, (BoothEvent){.kind = BOOTH_WELCOME, WELCOME}, "live");
    expect_at(&booth, 4500, OF(.kind = BOOTH_OFFER), "live decline");
    expect_at(&booth, 5000, (BoothEvent){.kind = BOOTH_WISH_HANGUP}, "wrapup stop");
    expect_at(&booth, 6000, (BoothEvent){.kind = BOOTH_WISH_OUTCOME, .text = "sale"}, "paused");
    assert_string_equal(booth.pause_reason, "training");
    assert_false(booth_is_practice(&booth));
    expect_at(&booth, 7000, (BoothEvent){.kind = BOOTH_WISH_READY}, "ready pull");
}

static void practice_ends_like_a_call_or_with_the_studio(void **unused)
{
    (void)unused;
    static const struct {
        BoothEvent first, second;
        const char *expected;
    } ends[] = {
        {{.kind = BOOTH_WISH_DECLINE}, {0}, "paused stop"},
        {{.kind = BOOTH_TICK}, {0}, "paused stop"},
        {{.kind = BOOTH_WISH_ACCEPT}, {.kind = BOOTH_STUDIO_DOWN}, "paused stop"},
        {{.kind = BOOTH_WISH_ACCEPT}, {.kind = BOOTH_STUDIO_UP}, "paused mute camera stop"},
        {{.kind = BOOTH_WISH_ACCEPT}, {.kind = BOOTH_WISH_HANGUP}, "paused stop"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
        Booth booth = at(BOOTH_PAUSED);
        expect_at(&booth, 1000, (BoothEvent){.kind = BOOTH_WISH_PRACTICE}, "ringing");
        gint64 late = 1000 + booth.ring_ms;
        if (ends[i].first.kind == BOOTH_WISH_ACCEPT) {
            expect_at(&booth, 2000, ends[i].first, "connecting rehearse");
            expect_at(&booth, 2500, ends[i].second, ends[i].expected);
        } else {
            expect_at(&booth, late, ends[i].first, ends[i].expected);
        }
        assert_string_equal(booth.pause_reason, "");
        assert_int_equal(booth.owed_end, BOOTH_END_NONE);
    }
    Booth booth = at(BOOTH_PAUSED);
    booth.studio = FALSE;
    expect(&booth, (BoothEvent){.kind = BOOTH_WISH_PRACTICE}, "refused");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_in_every_state),
        cmocka_unit_test(a_whole_call),
        cmocka_unit_test(a_pause_that_crosses_an_offer_gives_it_back),
        cmocka_unit_test(an_unanswered_ring_pauses),
        cmocka_unit_test(an_accept_that_comes_too_late),
        cmocka_unit_test(an_accept_whose_answer_was_lost_goes_on),
        cmocka_unit_test(a_set_up_that_lost_a_link_starts_anew),
        cmocka_unit_test(a_set_up_that_is_cut_off_is_given_back),
        cmocka_unit_test(a_live_call_survives_the_link),
        cmocka_unit_test(a_hang_up_without_a_link_is_told_later),
        cmocka_unit_test(no_call_comes_before_the_last_end_is_known),
        cmocka_unit_test(lost_media_is_made_anew),
        cmocka_unit_test(a_page_without_a_picture_gets_more_time_each_time),
        cmocka_unit_test(media_gone_and_shopper_away_is_the_end),
        cmocka_unit_test(a_restarted_studio_gets_a_new_offer),
        cmocka_unit_test(no_picture_ever_is_no_conversation),
        cmocka_unit_test(problems_come_and_go),
        cmocka_unit_test(a_mute_ends_with_the_call),
        cmocka_unit_test(what_was_noted_counts_when_time_runs_out),
        cmocka_unit_test(a_wrapup_is_extended_once),
        cmocka_unit_test(looking_at_the_checks_ends_with_the_pause),
        cmocka_unit_test(a_practice_call_stays_in_the_booth),
        cmocka_unit_test(practice_ends_like_a_call_or_with_the_studio),
    };
    return cmocka_run_group_tests_name("booth", tests, NULL, NULL);
}
