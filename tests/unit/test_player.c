/* The demo display's video: it plays from a shop's server and again from the beginning, and is gone at once when it is stopped. */
#include "patience.h"
#include "pictures/shop.h"
#include "studio/player.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CLIP                                                                                                                               \
    "videotestsrc num-buffers=12 ! video/x-raw,width=160,height=120,framerate=12/1 ! vp8enc deadline=1 ! webmmux name=mux ! filesink "     \
    "location=%s/clip.webm  audiotestsrc num-buffers=40 ! vorbisenc ! mux."

static char *folder;
static SampleShop *shop;

static int set_up(void **state)
{
    (void)state;
    gst_init(NULL, NULL);
    folder = g_dir_make_tmp("livebooth-player-XXXXXX", NULL);
    g_autofree char *words = g_strdup_printf(CLIP, folder);
    g_autoptr(GstElement) pipeline = gst_parse_launch(words, NULL);
    if (!pipeline) return -1;
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    GstMessage *end = gst_bus_timed_pop_filtered(bus, PATIENCE_S * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    gboolean made = end && GST_MESSAGE_TYPE(end) == GST_MESSAGE_EOS;
    if (end) gst_message_unref(end);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    shop = sample_shop_new(folder, "tests/pictures/shop.json");
    return made ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    sample_shop_free(shop);
    g_autofree char *clip = g_build_filename(folder, "clip.webm", NULL);
    g_remove(clip);
    g_rmdir(folder);
    g_free(folder);
    return 0;
}

static gboolean on_time(gpointer data)
{
    (void)data;
    return G_SOURCE_CONTINUE;
}

/* Pictures that came until there were so many, or the time was over. */
static guint count_pictures(Mailbox *mailbox, guint wanted, gint64 wait_us)
{
    guint count = 0, timer = g_timeout_add(5, on_time, NULL);
    for (gint64 until = g_get_monotonic_time() + wait_us; count < wanted && g_get_monotonic_time() < until;) {
        g_main_context_iteration(NULL, TRUE);
        GstSample *sample = mailbox_fetch(mailbox);
        if (!sample) continue;
        count++;
        gst_sample_unref(sample);
    }
    g_source_remove(timer);
    return count;
}

static GstElement *new_broken_speaker(const char *device)
{
    (void)device;
    GstElement *sink = gst_element_factory_make("filesink", NULL);
    g_object_set(sink, "location", "/nowhere/at/all", NULL); /* an error as from a device that is busy */
    return sink;
}

static void it_plays_without_a_speaker_that_fails(void **state)
{
    (void)state;
    const AudioDriver broken = {.name = "broken", .new_speaker = new_broken_speaker};
    Mailbox *mailbox = mailbox_new();
    Player *player = player_new(&broken, NULL, mailbox);
    g_autofree char *address = g_strconcat(shop->address, "/clip.webm", NULL);
    player_play(player, address);
    assert_int_equal(count_pictures(mailbox, 6, PATIENCE_US), 6);
    player_free(player);
    mailbox_free(mailbox);
}

static void it_plays_round_and_round_and_stops_at_once(void **state)
{
    (void)state;
    Mailbox *mailbox = mailbox_new();
    Player *player = player_new(NULL, NULL, mailbox);
    g_autofree char *address = g_strconcat(shop->address, "/clip.webm", NULL);
    player_play(player, address);
    assert_int_equal(count_pictures(mailbox, 20, PATIENCE_US), 20); /* the clip has 12 */
    player_play(player, address);
    assert_true(mailbox_has_picture(mailbox));
    player_play(player, NULL);
    assert_false(mailbox_has_picture(mailbox));
    assert_int_equal(count_pictures(mailbox, 1, G_USEC_PER_SEC / 5), 0);
    player_play(player, address);
    assert_int_equal(count_pictures(mailbox, 1, PATIENCE_US), 1);
    player_free(player);
    mailbox_free(mailbox);
}

static void what_is_no_video_is_no_picture(void **state)
{
    (void)state;
    Mailbox *mailbox = mailbox_new();
    Player *player = player_new(NULL, NULL, mailbox);
    g_autofree char *none = g_strconcat(shop->address, "/none.webm", NULL), *clip = g_strdup_printf("file://%s/clip.webm", folder);
    const char *const addresses[] = {none, clip, "http://127.0.0.1:1/x.webm", NULL};
    for (gsize i = 0; i < G_N_ELEMENTS(addresses); i++) {
        player_play(player, addresses[i]);
        assert_int_equal(count_pictures(mailbox, 1, G_USEC_PER_SEC / 2), 0);
    }
    player_free(player);
    mailbox_free(mailbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_plays_without_a_speaker_that_fails),
        cmocka_unit_test(it_plays_round_and_round_and_stops_at_once),
        cmocka_unit_test(what_is_no_video_is_no_picture),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
