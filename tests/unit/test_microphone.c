/* Settings of microphones, and which of several is heard: simulated ones, told apart by the height of their tone. */
#include "drivers/audio/audio.h"
#include "patience.h"
#include "scratch.h"
#include "studio/microphone.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

typedef struct {
    char *folder;
    Microphone *microphone;
    gint crossings; /* of zero, in the newest loud block */
    gint blocks;
} Booth;

/* 440 Hz crosses zero 17 or 18 times in 20 ms, 660 Hz 26 or 27 times. */
static void hear(void *data, GstBuffer *block)
{
    Booth *booth = data;
    GstMapInfo map;
    assert_true(gst_buffer_map(block, &map, GST_MAP_READ));
    const gint16 *samples = (const gint16 *)(gpointer)map.data;
    gint crossings = 0, peak = 0;
    for (gsize i = 1; i < map.size / sizeof *samples; i++) {
        crossings += (samples[i - 1] < 0) != (samples[i] < 0);
        peak = MAX(peak, samples[i]);
    }
    gst_buffer_unmap(block, &map);
    if (peak > 1000) g_atomic_int_set(&booth->crossings, crossings);
    g_atomic_int_inc(&booth->blocks);
}

static void note_change(void *data)
{
    (void)data;
}

static void put(const Booth *booth, const char *name)
{
    g_autofree char *path = g_build_filename(booth->folder, "sim", name, NULL);
    assert_true(g_file_set_contents(path, "", 0, NULL));
}

static void take(const Booth *booth, const char *name)
{
    g_autofree char *path = g_build_filename(booth->folder, "sim", name, NULL);
    g_unlink(path);
}

static Booth *open_booth(const char *setting, const char *fault)
{
    Booth *booth = g_new0(Booth, 1);
    booth->folder = scratch_new();
    g_autofree char *sim = g_build_filename(booth->folder, "sim", NULL);
    assert_int_equal(g_mkdir(sim, 0700), 0);
    if (fault) put(booth, fault);
    MicrophoneSettings settings = {.setting = setting, .state = booth->folder, .block = hear, .changed = note_change, .data = booth};
    booth->microphone = microphone_new(&settings, NULL);
    assert_non_null(booth->microphone);
    return booth;
}

static void close_booth(Booth *booth)
{
    microphone_free(booth->microphone);
    scratch_remove(booth->folder);
    g_free(booth->folder);
    g_free(booth);
}

static gboolean wake(gpointer data)
{
    (void)data;
    return G_SOURCE_CONTINUE;
}

static gboolean is_so(const Booth *booth, const char *problem, gboolean second)
{
    json_t *health = microphone_health(booth->microphone);
    gboolean is_ok = strcmp(problem, "missing") != 0 && strcmp(problem, "silent") != 0;
    gboolean so = strcmp(json_string_value(json_object_get(health, "problem")), problem) == 0;
    if (so) assert_int_equal(json_is_true(json_object_get(health, "ok")), is_ok);
    json_decref(health);
    gint crossings = g_atomic_int_get(&((Booth *)booth)->crossings);
    return so && (!is_ok || (second ? crossings > 22 : crossings > 10 && crossings < 22));
}

/* Until the problem is that, and one of them is heard where one is ok. */
static void until(const Booth *booth, const char *problem, gboolean second)
{
    gint64 limit = g_get_monotonic_time() + PATIENCE_US;
    guint waker = g_timeout_add(20, wake, NULL);
    while (!is_so(booth, problem, second)) {
        if (g_get_monotonic_time() > limit) fail_msg("never \"%s\" with the %s one", problem, second ? "second" : "first");
        g_main_context_iteration(NULL, TRUE);
    }
    g_source_remove(waker);
}

static void another_one_takes_over_and_the_first_is_used_again(void **state)
{
    (void)state;
    Booth *booth = open_booth("sim:microphone;sim:microphone-2", NULL);
    until(booth, "", FALSE);
    put(booth, "microphone.unplugged");
    until(booth, "spare", TRUE);
    take(booth, "microphone.unplugged");
    until(booth, "", FALSE);
    close_booth(booth);
}

static void without_any_it_is_missing_until_one_is_there(void **state)
{
    (void)state;
    Booth *booth = open_booth("sim:microphone; sim:microphone-2;", "microphone-2.unplugged");
    until(booth, "", FALSE);
    put(booth, "microphone.unplugged");
    until(booth, "missing", FALSE);
    take(booth, "microphone-2.unplugged");
    until(booth, "spare", TRUE);
    put(booth, "microphone-2.unplugged");
    until(booth, "missing", TRUE);
    take(booth, "microphone.unplugged");
    until(booth, "", FALSE);
    close_booth(booth);
}

static void silence_is_told_and_changes_nothing(void **state)
{
    (void)state;
    Booth *booth = open_booth("sim:microphone;sim:microphone-2", NULL);
    until(booth, "", FALSE);
    put(booth, "microphone.silent");
    until(booth, "silent", FALSE);
    take(booth, "microphone.silent");
    until(booth, "", FALSE);
    close_booth(booth);
}

static void one_that_is_switched_off_in_its_mixer_counts_as_silent(void **state)
{
    (void)state;
    Booth *booth = open_booth("sim:microphone;sim:microphone-2", "microphone.muted");
    until(booth, "silent", FALSE);
    take(booth, "microphone.muted");
    until(booth, "", FALSE);
    put(booth, "microphone.muted");
    until(booth, "silent", FALSE);
    put(booth, "microphone.unplugged"); /* the other one is heard, and its switch is on */
    until(booth, "spare", TRUE);
    take(booth, "microphone.unplugged");
    until(booth, "silent", TRUE);
    close_booth(booth);
}

static void one_that_is_missing_from_the_start_is_found_later(void **state)
{
    (void)state;
    Booth *booth = open_booth("sim", "microphone.unplugged");
    until(booth, "missing", FALSE);
    assert_int_equal(g_atomic_int_get(&booth->blocks), 0);
    take(booth, "microphone.unplugged");
    until(booth, "", FALSE);
    assert_false(microphone_has_echo(booth->microphone));
    put(booth, "room");
    assert_true(microphone_has_echo(booth->microphone));
    close_booth(booth);
}

static void a_setting_names_several_in_their_order(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) list = audio_list("sim:b; alsa:hw:CARD=Mic,0;sim:a;sim:b", FALSE, NULL);
    static const char *const names[] = {"b", "hw:CARD=Mic,0", "a"};
    assert_int_equal(list->len, G_N_ELEMENTS(names));
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) assert_string_equal(((const AudioDevice *)list->pdata[i])->device, names[i]);
    static const char *const wrong[] = {"", "tin", "sim;tin:can", "simulated", ":x"};
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(audio_list(wrong[i], FALSE, &error));
        assert_non_null(strstr(error->message, "[audio] microphone"));
        MicrophoneSettings settings = {.setting = wrong[i], .state = "/", .block = hear, .changed = note_change};
        assert_null(microphone_new(&settings, NULL));
    }
    g_autofree char *settled = audio_settle("alsa:x;auto", FALSE);
    assert_true(g_str_has_prefix(settled, "alsa:x;") && !strstr(settled, "auto"));
    const AudioDriver *driver = NULL;
    g_autofree char *device = NULL;
    assert_true(audio_choose("sim", TRUE, &driver, &device, NULL));
    assert_string_equal(device, "speaker");
    assert_ptr_equal(driver, &audio_sim);
    microphone_free(NULL);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_setting_names_several_in_their_order),
        cmocka_unit_test(another_one_takes_over_and_the_first_is_used_again),
        cmocka_unit_test(without_any_it_is_missing_until_one_is_there),
        cmocka_unit_test(silence_is_told_and_changes_nothing),
        cmocka_unit_test(one_that_is_switched_off_in_its_mixer_counts_as_silent),
        cmocka_unit_test(one_that_is_missing_from_the_start_is_found_later),
    };
    return cmocka_run_group_tests_name("microphone", tests, NULL, NULL);
}
