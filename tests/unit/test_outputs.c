/* Which connector is the console's: from a folder like /sys/class/drm. */
#include "drivers/display/outputs.h"
#include "scratch.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void put(const char *folder, const char *entry, const char *status, const char *id)
{
    g_autofree char *path = g_build_filename(folder, entry, NULL);
    g_autofree char *status_path = g_build_filename(path, "status", NULL);
    g_autofree char *id_path = g_build_filename(path, "connector_id", NULL);
    assert_int_equal(g_mkdir_with_parents(path, 0700), 0);
    assert_true(g_file_set_contents(status_path, status, -1, NULL));
    if (id) assert_true(g_file_set_contents(id_path, id, -1, NULL));
}

static void expect(const char *folder, const char *const *names)
{
    g_autoptr(GPtrArray) found = outputs_connected(folder);
    assert_int_equal(found->len, g_strv_length((char **)names));
    for (guint i = 0; i < found->len; i++) assert_string_equal(found->pdata[i], names[i]);
}

static void lists_those_with_a_screen_in_the_kernels_order(void **state)
{
    (void)state;
    g_autofree char *folder = scratch_new();
    expect(folder, (const char *const[]){NULL});
    expect("/nowhere/at/all", (const char *const[]){NULL});
    put(folder, "card0", "connected\n", NULL); /* a card, and no connector */
    put(folder, "renderD128-x", "connected\n", NULL);
    put(folder, "card1-HDMI-A-1", "disconnected\n", NULL);
    put(folder, "card1-Writeback-1", "unknown\n", NULL);
    expect(folder, (const char *const[]){NULL});
    put(folder, "card1-HDMI-A-2", "connected\n", NULL);
    put(folder, "card1-HDMI-A-1", "connected\n", NULL);
    put(folder, "card2-DP-1", "connected\n", NULL);
    expect(folder, (const char *const[]){"HDMI-A-1", "HDMI-A-2", NULL});
    put(folder, "card1-HDMI-A-1", "connected\n", "48\n");
    put(folder, "card1-HDMI-A-2", "connected\n", "33\n");
    expect(folder, (const char *const[]){"HDMI-A-2", "HDMI-A-1", NULL});
    assert_true(outputs_has(folder, "HDMI-A-1"));
    assert_true(outputs_has(folder, "DP-1"));
    assert_false(outputs_has(folder, "HDMI-A"));
    assert_false(outputs_has(folder, "Writeback-1"));
    scratch_remove(folder);
}

static void a_screen_never_takes_the_others_connector(void **state)
{
    (void)state;
    static const struct {
        const char *connected, *console, *demo;
        int is_console, is_demo;
    } cases[] = {
        {"", "auto", "auto", OUTPUTS_NONE, OUTPUTS_NONE},
        {"a", "auto", "auto", 0, OUTPUTS_NONE},
        {"a b", "auto", "auto", 0, 1},
        {"a b c", "auto", "auto", 0, 1},
        {"a b", "b", "auto", 1, 0},
        {"a b", "auto", "a", 1, 0},
        {"a b", "b", "a", 1, 0},
        {"a", "b", "auto", OUTPUTS_NONE, 0}, /* the console's is pulled: it must not be seen on the demo display */
        {"a", "auto", "a", OUTPUTS_NONE, 0},
        {"a", "a", "b", 0, OUTPUTS_NONE},
        {"a b", "c", "b", OUTPUTS_NONE, 1},
        {"a b", "a", "a", 0, OUTPUTS_NONE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        GPtrArray *connected = g_ptr_array_new_with_free_func(g_free);
        g_auto(GStrv) names = g_strsplit(cases[i].connected, " ", -1);
        for (guint k = 0; names[k]; k++) g_ptr_array_add(connected, g_strdup(names[k]));
        int console = 9, demo = 9;
        outputs_map(connected, cases[i].console, cases[i].demo, &console, &demo);
        if (console != cases[i].is_console || demo != cases[i].is_demo) fail_msg("case %u: %d, %d", i, console, demo);
        g_ptr_array_unref(connected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_those_with_a_screen_in_the_kernels_order),
        cmocka_unit_test(a_screen_never_takes_the_others_connector),
    };
    return cmocka_run_group_tests_name("outputs", tests, NULL, NULL);
}
