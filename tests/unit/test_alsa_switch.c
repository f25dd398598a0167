/* A microphone's switch and volume in an ALSA mixer, through alsa-lib's own simple mixer and its events, on a mixer that is no card's
 * (tests/alsa/ctl.c). */
#include "drivers/audio/alsa_switch.h"
#include "patience.h"
#include "scratch.h"

#include <alsa/asoundlib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MIXERS                                                                                                                             \
    "ctl_type.livebooth_test { lib \"%s/tests/alsa/ctl.so\" }\n"                                                                           \
    "ctl.headset { type livebooth_test controls [ \"Mic Capture Switch\" \"Mic Capture Volume\" \"Mic Playback Switch\" ] }\n"             \
    "ctl.codec { type livebooth_test controls [ \"Capture Switch\" \"Front Mic Capture Switch\" \"Line Capture Switch\" ] }\n"             \
    "ctl.webcam { type livebooth_test audible yes controls [ \"Webcam Capture Volume\" ] }\n"                                              \
    "ctl.two { type livebooth_test controls [ \"Mic A Capture Switch\" \"Mic B Capture Switch\" ] }\n"                                     \
    "ctl.speaker { type livebooth_test controls [ \"PCM Playback Switch\" \"Auto Gain Control\" ] }\n"

static char *folder;
static guint changes;

static int set_up(void **state)
{
    (void)state;
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *unit = g_path_get_dirname(self);
    g_autofree char *tests = g_path_get_dirname(unit);
    g_autofree char *build = g_path_get_dirname(tests);
    g_autofree char *text = g_strdup_printf(MIXERS, build);
    folder = scratch_new();
    g_autofree char *path = scratch_write(folder, "alsa.conf", text);
    g_setenv("ALSA_CONFIG_PATH", path, TRUE);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    snd_config_update_free_global();
    scratch_remove(folder);
    g_free(folder);
    return 0;
}

static void on_change(void *data)
{
    (void)data;
    changes++;
}

/* As alsamixer does it, through a handle of its own. */
static void turn(const char *mixer, const char *control, long to)
{
    snd_ctl_t *handle = NULL;
    assert_int_equal(snd_ctl_open(&handle, mixer, 0), 0);
    snd_ctl_elem_value_t *value;
    snd_ctl_elem_value_alloca(&value);
    snd_ctl_elem_value_set_interface(value, SND_CTL_ELEM_IFACE_MIXER);
    snd_ctl_elem_value_set_name(value, control);
    for (unsigned i = 0; i < 2; i++) snd_ctl_elem_value_set_integer(value, i, to);
    assert_true(snd_ctl_elem_write(handle, value) >= 0);
    snd_ctl_close(handle);
}

static gboolean wake(gpointer data)
{
    (void)data;
    return G_SOURCE_CONTINUE;
}

static void until(const AudioSwitch *capture, gboolean is_off)
{
    gint64 limit = g_get_monotonic_time() + PATIENCE_US;
    guint waker = g_timeout_add(20, wake, NULL);
    while (capture->is_off != is_off && g_get_monotonic_time() < limit) g_main_context_iteration(NULL, TRUE);
    g_source_remove(waker);
    assert_int_equal(capture->is_off, is_off);
}

/* All events that were made so far are taken. */
static void settle(void)
{
    while (g_main_context_iteration(NULL, FALSE)) continue;
}

static void switch_and_volume_of_a_headset(void **state)
{
    (void)state;
    changes = 0;
    AudioSwitch *capture = alsa_switch_new("headset", on_change, NULL);
    assert_non_null(capture);
    assert_false(capture->is_off);
    turn("headset", "Mic Capture Switch", 0);
    until(capture, TRUE);
    turn("headset", "Mic Playback Switch", 0);
    turn("headset", "Mic Capture Switch", 1);
    until(capture, FALSE);
    turn("headset", "Mic Capture Volume", 0);
    until(capture, TRUE);
    assert_int_equal(changes, 3);
    audio_switch_free(capture);
    capture = alsa_switch_new("headset", on_change, NULL);
    assert_true(capture->is_off); /* from the beginning */
    turn("headset", "Mic Capture Volume", 1);
    until(capture, FALSE);
    audio_switch_free(capture);
}

static void of_several_inputs_the_master_decides(void **state)
{
    (void)state;
    AudioSwitch *capture = alsa_switch_new("codec", on_change, NULL);
    turn("codec", "Line Capture Switch", 0);
    settle();
    assert_false(capture->is_off); /* nobody listens to it */
    turn("codec", "Capture Switch", 0);
    until(capture, TRUE);
    turn("codec", "Capture Switch", 1);
    until(capture, FALSE);
    audio_switch_free(capture);
    capture = alsa_switch_new("two", on_change, NULL);
    turn("two", "Mic A Capture Switch", 0);
    settle();
    assert_false(capture->is_off);
    turn("two", "Mic B Capture Switch", 0);
    until(capture, TRUE);
    audio_switch_free(capture);
}

static void the_lowest_volume_that_is_heard_is_not_off(void **state)
{
    (void)state;
    AudioSwitch *capture = alsa_switch_new("webcam", on_change, NULL);
    assert_non_null(capture);
    turn("webcam", "Webcam Capture Volume", 0);
    settle();
    assert_false(capture->is_off);
    audio_switch_free(capture);
}

static void what_has_no_such_control_has_no_switch(void **state)
{
    (void)state;
    assert_null(alsa_switch_new("speaker", on_change, NULL));
    assert_null(alsa_switch_new("no-such-mixer", on_change, NULL));
    assert_null(audio_alsa.new_switch("plughw:CARD=None,DEV=0", "/", on_change, NULL));
    audio_switch_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(switch_and_volume_of_a_headset),
        cmocka_unit_test(of_several_inputs_the_master_decides),
        cmocka_unit_test(the_lowest_volume_that_is_heard_is_not_off),
        cmocka_unit_test(what_has_no_such_control_has_no_switch),
    };
    return cmocka_run_group_tests_name("alsa_switch", tests, set_up, tear_down);
}
