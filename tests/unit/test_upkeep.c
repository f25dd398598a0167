/* upkeep: what the advisor may ask of the machine, and what becomes of it: the image's own scripts play the machine's part. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after those */
#include <cmocka.h>

#include "agent/machine.h"
#include "agent/upkeep.h"
#include "patience.h"
#include "scratch.h"

#include <glib/gstdio.h>
#include <string.h>

#define SCRIPTS "rootfs/overlay/usr/lib/livebooth"

static struct {
    GTestDBus *daemon;
    GDBusConnection *bus;
    char *folder, *card, *tools;
    BusAgent1 *agent;
    Update *update;
    UpdateEvents events;
    Upkeep *upkeep;
    guint changes;
} place;

static void ignore(gpointer data)
{
    (void)data;
}

static void on_changed(gpointer data)
{
    (void)data;
    place.changes++;
}

static char *make_folder(const char *name)
{
    char *path = g_build_filename(place.folder, name, NULL);
    assert_int_equal(g_mkdir(path, 0700), 0);
    return path;
}

static void write_tool(const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(place.tools, name, NULL);
    assert_true(g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0700, NULL));
}

static int set_up(void **state)
{
    (void)state;
    place.folder = scratch_new();
    place.card = make_folder("card");
    place.tools = make_folder("tools");
    write_tool("mount", "#!/bin/sh\n");
    g_autofree char *path = g_strconcat(place.tools, ":", g_getenv("PATH"), NULL);
    g_setenv("PATH", path, TRUE);
    g_setenv("CARD", place.card, TRUE);
    g_setenv("RUN", place.folder, TRUE);
    g_setenv("AGENT", place.folder, TRUE);
    place.daemon = g_test_dbus_new(G_TEST_DBUS_NONE);
    g_test_dbus_up(place.daemon);
    place.bus = g_dbus_connection_new_for_address_sync(
        g_test_dbus_get_bus_address(place.daemon),
        G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL, NULL, NULL);
    place.events.changed = ignore;
    return place.bus ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    g_dbus_connection_close_sync(place.bus, NULL, NULL);
    g_object_unref(place.bus);
    g_test_dbus_down(place.daemon);
    g_object_unref(place.daemon);
    scratch_remove(place.folder);
    g_free(place.folder);
    g_free(place.card);
    g_free(place.tools);
    return 0;
}

static void begin(void)
{
    g_setenv("RUNTIME_DIRECTORY", place.folder, TRUE);
    place.changes = 0;
    place.agent = bus_agent1_skeleton_new();
    place.update = update_new(place.bus, place.folder, "1", &place.events);
    place.upkeep = upkeep_new(place.agent, place.update, on_changed, NULL);
}

static void end(void)
{
    upkeep_free(place.upkeep);
    update_free(place.update);
    g_object_unref(place.agent);
    const char *const wishes[] = {MACHINE_BUNDLE, MACHINE_FAILED, MACHINE_RESTART, MACHINE_RESET};
    for (guint i = 0; i < G_N_ELEMENTS(wishes); i++) machine_forget(wishes[i]);
}

static char *told(const char *member)
{
    json_t *all = upkeep_json(place.upkeep);
    char *text = g_strdup(json_string_value(json_object_get(all, member)));
    json_decref(all);
    return text;
}

static void expect(const char *member, const char *wanted)
{
    g_autofree char *is = told(member);
    assert_string_equal(is, wanted);
}

static gboolean on_patience(gpointer data)
{
    *(gboolean *)data = TRUE;
    return G_SOURCE_REMOVE;
}

static void await_change(guint changes)
{
    gboolean late = FALSE;
    const guint patience = g_timeout_add_seconds(PATIENCE_S, on_patience, &late);
    while (place.changes < changes && !late) g_main_context_iteration(NULL, TRUE);
    if (!late) g_source_remove(patience);
    assert_int_equal(place.changes, changes);
}

/* As livebooth-bundle.service does. */
static void make_bundle(const char *boothctl)
{
    int status = -1;
    write_tool("boothctl", boothctl);
    g_spawn_command_line_sync(SCRIPTS "/bundle", NULL, NULL, &status, NULL);
    g_setenv("SERVICE_RESULT", status == 0 ? "success" : "exit-code", TRUE);
    assert_true(g_spawn_command_line_sync(SCRIPTS "/bundle-end", NULL, NULL, &status, NULL) && status == 0);
}

static gboolean is_on_card(const char *name)
{
    g_autofree char *path = g_build_filename(place.card, name, NULL);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void a_bundle_gets_onto_the_card(void **state)
{
    (void)state;
    begin();
    g_autofree char *asked = g_build_filename(place.card, "support-bundle.txt", NULL);
    assert_true(g_file_set_contents(asked, "", 0, NULL));
    assert_true(upkeep_bundle(place.upkeep, NULL));
    expect("bundle", "making");
    assert_true(upkeep_bundle(place.upkeep, NULL)); /* impatience changes nothing */
    assert_int_equal(place.changes, 1);
    make_bundle("#!/bin/sh\necho logs >\"$4\"\n");
    await_change(2);
    expect("bundle", "done");
    assert_true(is_on_card("support-bundle.tar.zst"));
    assert_false(is_on_card("support-bundle.part") || is_on_card("support-bundle.txt"));
    end();
}

static void a_bundle_that_fails_is_told_and_may_be_asked_for_again(void **state)
{
    (void)state;
    begin();
    for (guint turn = 0; turn < 2; turn++) {
        assert_true(upkeep_bundle(place.upkeep, NULL));
        expect("bundle", "making");
        make_bundle("#!/bin/sh\nexit 1\n");
        await_change(2 * turn + 2);
        expect("bundle", "failed");
    }
    end();
}

static void nothing_in_a_call(void **state)
{
    (void)state;
    const char *const wishes[] = {MACHINE_RESTART, MACHINE_RESET};
    begin();
    upkeep_set_busy(place.upkeep, TRUE);
    g_autoptr(GError) error = NULL;
    assert_false(upkeep_bundle(place.upkeep, &error));
    assert_non_null(strstr(error->message, "call"));
    assert_false(machine_has_wish(MACHINE_BUNDLE));
    for (guint i = 0; i < G_N_ELEMENTS(wishes); i++) {
        assert_false(upkeep_machine(place.upkeep, wishes[i], NULL));
        assert_false(machine_has_wish(wishes[i]));
    }
    expect("ending", "none");
    upkeep_set_busy(place.upkeep, FALSE);
    assert_true(upkeep_machine(place.upkeep, MACHINE_RESET, NULL));
    assert_true(machine_has_wish(MACHINE_RESET));
    expect("ending", "reset");
    end();
}

static void elsewhere_it_is_not_possible(void **state)
{
    (void)state;
    begin();
    g_unsetenv("RUNTIME_DIRECTORY");
    assert_false(machine_is_able());
    assert_false(upkeep_bundle(place.upkeep, NULL));
    assert_false(upkeep_machine(place.upkeep, MACHINE_RESET, NULL));
    expect("bundle", "none");
    expect("ending", "none");
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bundle_gets_onto_the_card),
        cmocka_unit_test(a_bundle_that_fails_is_told_and_may_be_asked_for_again),
        cmocka_unit_test(nothing_in_a_call),
        cmocka_unit_test(elsewhere_it_is_not_possible),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
