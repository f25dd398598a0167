/* The booth's state survives being written and read, and makes sense after another boot. */
#include "agent/saved.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char id[] = "c0123456789abcdef0123456789abcdef";
static const Tally counted = {.from = 100, .at = 400, .state = BOOTH_READY, .ms = {[BOOTH_READY] = 300}};
static Tally tally; /* as it was read */

static Booth sample(BoothState state)
{
    Booth booth;
    booth_init(&booth, 1000);
    booth.state = state;
    booth.since_mono = 5000;
    booth.ready_wanted = TRUE;
    booth.muted = TRUE;
    booth.view = BOOTH_PIP;
    booth.pc_last = 7;
    booth.deadline_mono = state == BOOTH_WRAPUP ? 90000 : 0;
    booth.call = (BoothCall){.accepted = TRUE,
                             .pc = 7,
                             .media = BOOTH_MEDIA_UP,
                             .accepted_mono = 2,
                             .media_up_mono = 3,
                             .ended_mono = 4,
                             .offered_mono = 1,
                             .muted_ms = 6,
                             .sold = {.shown = 2, .items = 3, .currency = "NOK"},

                             .shopper_picture_mono = 8,

                             .talk_ms = 10,
                             .codec = "VP8"};
    g_strlcpy(booth.call.key.id, id, sizeof booth.call.key.id);
    g_strlcpy(booth.call.key.nonce, "0123456789abcdef0123456789abcdef", sizeof booth.call.key.nonce);
    booth.call.key.gen = 3;
    return booth;
}

static void kept_states_come_back(void **unused)
{
    (void)unused;
    static const BoothState kept[] = {BOOTH_CONNECTING, BOOTH_LIVE, BOOTH_WRAPUP};
    json_t *card = json_pack("{s:s}", "topic", "tv");
    for (guint i = 0; i < G_N_ELEMENTS(kept); i++) {
        Booth before = sample(kept[i]), after;
        json_t *read = NULL;
        g_autofree char *text = saved_write(&before, &counted, card, "boot");
        assert_non_null(text);
        booth_init(&after, 1000);
        assert_true(saved_read(text, "boot", 8000, &after, &tally, &read));
        assert_int_equal(after.state, kept[i]);
        assert_int_equal(after.deadline_mono, before.deadline_mono);
        assert_int_equal(after.since_mono, 5000);
        assert_int_equal(after.view, BOOTH_PIP);
        assert_true(after.muted && after.ready_wanted && after.call.accepted);
        assert_string_equal(after.call.key.id, id);
        assert_string_equal(after.call.key.nonce, before.call.key.nonce);
        assert_int_equal(after.call.key.gen, 3);
        assert_int_equal(after.call.pc, 7);
        assert_int_equal(after.pc_last, 7);
        assert_int_equal(after.call.accepted_mono, 2);
        assert_int_equal(after.call.media_up_mono, 3);
        assert_int_equal(after.call.ended_mono, 4);
        assert_int_equal(after.call.offered_mono, 1);
        assert_int_equal(after.call.shopper_picture_mono, 8);
        assert_int_equal(after.call.muted_ms, 6);
        assert_int_equal(after.call.sold.items, 3);
        assert_string_equal(after.call.sold.currency, "NOK");
        assert_memory_equal(&tally, &counted, sizeof tally);
        assert_int_equal(after.call.talk_ms, 10);
        assert_string_equal(after.call.codec, "VP8");
        assert_int_equal(after.call.media, BOOTH_MEDIA_UP);
        assert_true(json_equal(read, card));
        json_decref(read);
    }
    json_decref(card);
}

/* Killed while it made a connection anew: whether that one still comes up is the studio's to say. */
static void a_lost_picture_stays_lost(void **unused)
{
    (void)unused;
    Booth before = sample(BOOTH_LIVE), after;
    json_t *card = NULL;
    before.call.media = BOOTH_MEDIA_LOST;
    g_autofree char *text = saved_write(&before, &counted, NULL, "boot");
    booth_init(&after, 1000);
    assert_true(saved_read(text, "boot", 8000, &after, &tally, &card));
    assert_int_equal(after.call.media, BOOTH_MEDIA_LOST);
    before.state = BOOTH_CONNECTING;
    g_autofree char *connecting = saved_write(&before, &counted, NULL, "boot");
    assert_true(saved_read(connecting, "boot", 8000, &after, &tally, &card));
    assert_int_equal(after.call.media, BOOTH_MEDIA_CONNECTING);
}

static void other_states_start_anew(void **unused)
{
    (void)unused;
    static const BoothState others[] = {BOOTH_STARTING, BOOTH_PAUSED, BOOTH_READY, BOOTH_RINGING};
    for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
        Booth before = sample(others[i]), after;
        json_t *card = NULL;
        g_autofree char *text = saved_write(&before, &counted, NULL, "boot");
        booth_init(&after, 1000);
        assert_true(saved_read(text, "boot", 8000, &after, &tally, &card));
        assert_int_equal(after.state, BOOTH_STARTING);
        assert_string_equal(after.call.key.id, "");
        assert_true(after.ready_wanted);
        assert_null(card);
    }
}

static void after_another_boot_a_call_is_over(void **unused)
{
    (void)unused;
    Booth before = sample(BOOTH_LIVE), after;
    json_t *card = NULL;
    g_autofree char *text = saved_write(&before, &counted, NULL, "boot");
    booth_init(&after, 1000);
    assert_true(saved_read(text, "another", 50, &after, &tally, &card));
    assert_int_equal(after.state, BOOTH_WRAPUP);
    assert_int_equal(after.deadline_mono, 50);
    assert_string_equal(after.call.cut_boot, "boot");
    assert_int_equal(after.call.ended_mono, before.call.media_up_mono);
    assert_int_equal(after.owed_end, BOOTH_END_MEDIA_LOST);
    assert_string_equal(after.owed.id, id);
}

static void what_is_owed_is_kept(void **unused)
{
    (void)unused;
    Booth before = sample(BOOTH_PAUSED), after;
    json_t *card = NULL;
    before.owed = before.call.key;
    before.owed_end = BOOTH_END_HANGUP;
    g_autofree char *text = saved_write(&before, &counted, NULL, "boot");
    booth_init(&after, 1000);
    assert_true(saved_read(text, "boot", 50, &after, &tally, &card));
    assert_int_equal(after.owed_end, BOOTH_END_HANGUP);
    assert_string_equal(after.owed.id, id);
}

static void nonsense_changes_nothing(void **unused)
{
    (void)unused;
    static const char *const bad[] = {"", "{}", "[]", "{\"boot\":1}", "nonsense"};
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        Booth booth, same;
        json_t *card = NULL;
        booth_init(&booth, 1000);
        same = booth;
        assert_false(saved_read(bad[i], "boot", 1, &booth, &tally, &card));
        assert_memory_equal(&booth, &same, sizeof booth);
        assert_null(card);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept_states_come_back),   cmocka_unit_test(a_lost_picture_stays_lost),
        cmocka_unit_test(other_states_start_anew), cmocka_unit_test(after_another_boot_a_call_is_over),
        cmocka_unit_test(what_is_owed_is_kept),    cmocka_unit_test(nonsense_changes_nothing),
    };
    return cmocka_run_group_tests_name("saved", tests, NULL, NULL);
}
