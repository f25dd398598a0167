/* update: which bundles are taken, and an installation's whole course with a RAUC that is played here. And what leaves with a support
 * bundle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after those */
#include <cmocka.h>

#include "agent/machine.h"
#include "agent/update.h"
#include "agent/update_rules.h"
#include "patience.h"
#include "provision/redact.h"
#include "scratch.h"

#include <string.h>

#define RUNNING "20261122.1200-gaaa"
#define NEWER   "20261122.1300-gbbb"
#define BOARD   "livebooth-arm64"

static void compares_versions(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        int order;
    } cases[] = {{"1.2-x", "1.2-y", 0},
                 {"1.10", "1.9", 1},
                 {"20261122.1", "20261122", 1},
                 {"20261122.115959-g1", "20261122.120000-g0", -1},
                 {"", "0", 0}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        assert_int_equal(update_compare(cases[i].a, cases[i].b), cases[i].order);
        assert_int_equal(update_compare(cases[i].b, cases[i].a), -cases[i].order);
    }
}

static void objects(void **state)
{
    (void)state;
    static const struct {
        const char *version, *board, *why;
    } cases[] = {{NEWER, BOARD, NULL},
                 {NEWER, "toaster", "another kind of board"},
                 {"20261121.2359-gc", BOARD, "older"},
                 {RUNNING, BOARD, "runs already"}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *why = update_objection(cases[i].version, cases[i].board, RUNNING, BOARD);
        if (!cases[i].why)
            assert_null(why);
        else if (!why || !strstr(why, cases[i].why))
            fail_msg("\"%s\" does not say \"%s\"", why, cases[i].why);
    }
}

static void knows_sources(void **state)
{
    (void)state;
    static const char *const good[] = {"/run/a.raucb", "https://desk.example/b.raucb", "http://10.0.2.2:8080/updates/b.raucb"};
    static const char *const bad[] = {"", "a.raucb", "/run/a.img", "ftp://x/a.raucb", "/run/a\n.raucb", "file:///a.raucb"};
    for (guint i = 0; i < G_N_ELEMENTS(good); i++) assert_true(update_is_source(good[i]));
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) assert_false(update_is_source(bad[i]));
    g_autofree char *stem = g_strnfill(UPDATE_SOURCE_MAX, 'a'), *is_long = g_strconcat("/", stem, ".raucb", NULL);
    assert_false(update_is_source(is_long));
}

static void explains(void **state)
{
    (void)state;
    gboolean lasting = FALSE;
    g_autofree char *foreign = update_explain("signature verification failed: self-signed certificate", &lasting);
    assert_true(lasting && g_str_has_prefix(foreign, "this bundle is not signed with the key"));
    g_autofree char *away = update_explain("Failed to connect to 10.0.2.2 port 80", &lasting);
    assert_string_equal(away, "Failed to connect to 10.0.2.2 port 80");
    assert_false(lasting);
    g_autofree char *mapper =
        update_explain("Failed mounting bundle: Failed to open /dev/mapper/control: No such file or directory", &lasting);
    assert_false(lasting);
    assert_true(g_str_has_prefix(mapper, "Failed mounting"));
    g_autofree char *none = update_explain("Invalid bundle format: Failed to open bundle for reading: No such file or directory", &lasting);
    assert_true(lasting && g_str_has_prefix(none, "there is no such file"));
    g_autofree char *silent = update_explain("", &lasting);
    assert_string_equal(silent, "the installation ended without a reason");
}

static void redacts(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after;
    } cases[] = {
        {"password=tops3cret\nname=shop\n", "password=***\nname=shop\n"},
        {"\"token\":\"abc\",\"x\":1", "\"token\":\"***\",\"x\":1"},
        {"a\n-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----\nb", "a\n(a private key)\nb"},
        {"a -----BEGIN PRIVATE KEY-----\nMHcC", "a (a private key)"},
        {"ssh_key=ssh-ed25519 AAAAC3Nz it@shop", "ssh_key=ssh-ed25519 *** it@shop"},
        {"candidate:1 1 UDP 2015363327 192.0.2.7 5000 typ host", "candidate:1 1 UDP 2015363327 *** 5000 typ host"},
        {"nothing to hide", "nothing to hide"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *clean = redact(cases[i].before);
        assert_string_equal(clean, cases[i].after);
    }
}

/* --- with a RAUC ---------------------------------------------------------------------------------------------------------------------- */

static const char interface[] = "<node><interface name='de.pengutronix.rauc.Installer'>"
                                "<method name='InspectBundle'><arg type='s' direction='in'/><arg type='a{sv}' direction='in'/>"
                                "<arg type='a{sv}' direction='out'/></method>"
                                "<method name='InstallBundle'><arg type='s' direction='in'/><arg type='a{sv}' direction='in'/></method>"
                                "<property name='Compatible' type='s' access='read'/><property name='Operation' type='s' access='read'/>"
                                "<property name='LastError' type='s' access='read'/><property name='Progress' type='(isi)' access='read'/>"
                                "<signal name='Completed'><arg type='i'/></signal></interface></node>";

static struct {
    GTestDBus *daemon;
    GDBusConnection *bus, *own; /* RAUC's, and the booth's */
    GDBusNodeInfo *node;
    char *folder;
    const char *version, *last_error;
    guint inspected, installed;
    Update *update;
    UpdateEvents events;
} place;

static void answer_method(GDBusConnection *bus, const char *sender, const char *path, const char *of, const char *method,
                          GVariant *arguments, GDBusMethodInvocation *call, gpointer data)
{
    (void)bus, (void)sender, (void)path, (void)of, (void)arguments, (void)data;
    if (strcmp(method, "InstallBundle") == 0) {
        place.installed++;
        g_dbus_method_invocation_return_value(call, NULL);
        return;
    }
    place.inspected++;
    if (!place.version) {
        g_dbus_method_invocation_return_dbus_error(call, "org.gtk.GDBus.UnmappedGError.Quark", place.last_error);
        return;
    }
    GVariantDict update;
    g_variant_dict_init(&update, NULL);
    g_variant_dict_insert(&update, "version", "s", place.version);
    g_variant_dict_insert(&update, "compatible", "s", BOARD);
    GVariantDict all;
    g_variant_dict_init(&all, NULL);
    g_variant_dict_insert_value(&all, "update", g_variant_new_variant(g_variant_dict_end(&update)));
    g_dbus_method_invocation_return_value(call, g_variant_new("(@a{sv})", g_variant_dict_end(&all)));
}

static GVariant *tell_property(GDBusConnection *bus, const char *sender, const char *path, const char *of, const char *name, GError **error,
                               gpointer data)
{
    (void)bus, (void)sender, (void)path, (void)of, (void)error, (void)data;
    if (strcmp(name, "Compatible") == 0) return g_variant_new_string(BOARD);
    if (strcmp(name, "Operation") == 0) return g_variant_new_string("installing");
    if (strcmp(name, "LastError") == 0) return g_variant_new_string(place.last_error);
    return g_variant_new("(isi)", 40, "copying", 1);
}

static GDBusConnection *connect_bus(void)
{
    GDBusConnection *bus = g_dbus_connection_new_for_address_sync(
        g_test_dbus_get_bus_address(place.daemon),
        G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL, NULL, NULL);
    assert_non_null(bus);
    return bus;
}

static void ignore(void *data)
{
    (void)data;
}

static int set_up(void **state)
{
    (void)state;
    static const GDBusInterfaceVTable table = {.method_call = answer_method, .get_property = tell_property};
    place.folder = scratch_new();
    g_setenv("RUNTIME_DIRECTORY", place.folder, TRUE);
    place.daemon = g_test_dbus_new(G_TEST_DBUS_NONE);
    g_test_dbus_up(place.daemon);
    place.bus = connect_bus();
    place.own = connect_bus();
    place.node = g_dbus_node_info_new_for_xml(interface, NULL);
    assert_true(g_dbus_connection_register_object(place.bus, "/", place.node->interfaces[0], &table, NULL, NULL, NULL) > 0);
    g_autoptr(GVariant) owned =
        g_dbus_connection_call_sync(place.bus, "org.freedesktop.DBus", "/", "org.freedesktop.DBus", "RequestName",
                                    g_variant_new("(su)", "de.pengutronix.rauc", 0), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
    assert_non_null(owned);
    place.events.changed = ignore;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    g_dbus_node_info_unref(place.node);
    g_dbus_connection_close_sync(place.bus, NULL, NULL);
    g_dbus_connection_close_sync(place.own, NULL, NULL);
    g_object_unref(place.bus);
    g_object_unref(place.own);
    g_test_dbus_down(place.daemon);
    g_object_unref(place.daemon);
    scratch_remove(place.folder);
    g_free(place.folder);
    return 0;
}

static void begin(const char *version, const char *last_error)
{
    place.version = version;
    place.last_error = last_error;
    place.inspected = place.installed = 0;
    place.update = update_new(place.own, place.folder, RUNNING, &place.events);
}

static void end(void)
{
    update_free(place.update);
    while (g_main_context_iteration(NULL, FALSE)) continue;
}

static gboolean is_state(const char *wanted)
{
    json_t *now = update_json(place.update);
    gboolean is = strcmp(json_string_value(json_object_get(now, "state")), wanted) == 0;
    json_decref(now);
    return is;
}

static gboolean wake(gpointer data)
{
    (void)data;
    return G_SOURCE_CONTINUE;
}

static void expect(const char *wanted)
{
    gint64 until = g_get_monotonic_time() + PATIENCE_US;
    guint waker = g_timeout_add(200, wake, NULL);
    while (!is_state(wanted) && g_get_monotonic_time() < until) g_main_context_iteration(NULL, TRUE);
    g_source_remove(waker);
    if (!is_state(wanted)) fail_msg("the update is not %s", wanted);
}

static gboolean has(const char *name)
{
    g_autofree char *path = g_build_filename(place.folder, name, NULL);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void complete(int result)
{
    expect("installing");
    assert_true(g_dbus_connection_emit_signal(place.bus, NULL, "/", "de.pengutronix.rauc.Installer", "Completed",
                                              g_variant_new("(i)", result), NULL));
}

static void restarts_after_the_call(void **state)
{
    (void)state;
    begin(NEWER, "");
    update_set_busy(place.update, TRUE);
    assert_true(update_install(place.update, "/run/new.raucb", NULL));
    assert_true(has(UPDATE_FILE));
    g_autoptr(GError) error = NULL;
    assert_false(update_install(place.update, "/run/other.raucb", &error));
    complete(0);
    expect("installed");
    assert_false(has(UPDATE_FILE));
    assert_false(has(MACHINE_RESTART));
    update_set_busy(place.update, FALSE);
    assert_true(has(MACHINE_RESTART));
    end();
}

static void asks_again_for_a_restart_that_was_refused(void **state)
{
    (void)state;
    g_autofree char *wish = g_build_filename(place.folder, MACHINE_RESTART, NULL);
    g_remove(wish);
    begin(NEWER, "");
    assert_true(update_install(place.update, "/run/new.raucb", NULL));
    g_unsetenv("RUNTIME_DIRECTORY");
    complete(0);
    expect("installed");
    g_setenv("RUNTIME_DIRECTORY", place.folder, TRUE);
    assert_false(has(MACHINE_RESTART));
    update_set_busy(place.update, FALSE);
    assert_true(has(MACHINE_RESTART));
    end();
}

static void goes_on_after_a_cut(void **state)
{
    (void)state;
    begin(NEWER, "");
    assert_true(update_install(place.update, "/run/new.raucb", NULL));
    expect("installing");
    end(); /* as if the power was cut */
    begin(NEWER, "");
    complete(0);
    expect("installed");
    end();
}

static void tries_again_or_not(void **state)
{
    (void)state;
    static const struct {
        const char *version, *last_error, *wanted;
        guint installed;
    } cases[] = {
        {"20200101.0-g0", "", "failed", 0},
        {NULL, "signature verification failed", "failed", 0},
        {NULL, "Failed to connect", "waiting", 0},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        begin(cases[i].version, cases[i].last_error);
        assert_true(update_install(place.update, "https://desk.example/new.raucb", NULL));
        expect(cases[i].wanted);
        assert_int_equal(has(UPDATE_FILE), strcmp(cases[i].wanted, "waiting") == 0);
        assert_int_equal(place.installed, cases[i].installed);
        end();
    }
}

static void fails_in_the_middle(void **state)
{
    (void)state;
    g_autofree char *file = g_build_filename(place.folder, UPDATE_FILE, NULL);
    g_remove(file);
    begin(NEWER, "No space left on device");
    assert_true(update_install(place.update, "/run/new.raucb", NULL));
    complete(1);
    expect("failed");
    end();
}

static void the_slot_is_what_the_boot_script_said(void **state)
{
    (void)state;
    g_autofree char *slot = machine_slot("root=PARTUUID=1 rauc.slot=B quiet\n");
    assert_string_equal(slot, "B");
    assert_null(machine_slot("root=/dev/sda1 rauc.slot="));
    assert_null(machine_slot(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_slot_is_what_the_boot_script_said),
        cmocka_unit_test(compares_versions),
        cmocka_unit_test(objects),
        cmocka_unit_test(knows_sources),
        cmocka_unit_test(explains),
        cmocka_unit_test(redacts),
        cmocka_unit_test(restarts_after_the_call),
        cmocka_unit_test(asks_again_for_a_restart_that_was_refused),
        cmocka_unit_test(goes_on_after_a_cut),
        cmocka_unit_test(tries_again_or_not),
        cmocka_unit_test(fails_in_the_middle),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
