/* update, restart, factory-reset: the agent does them; the slots are told by RAUC. */
#include "boothctl/commands.h"
#include "boothctl/control.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define RAUC_NAME      "de.pengutronix.rauc"
#define RAUC_INTERFACE "de.pengutronix.rauc.Installer"

static const char *text_in(GVariant *slot, const char *name)
{
    const char *text = "";
    g_variant_lookup(slot, name, "&s", &text);
    return text;
}

/* Of the slots only the roots are named to the boot loader. */
static void print_slot(GVariant *slot)
{
    const char *letter = text_in(slot, "bootname");
    gboolean is_booted = strcmp(text_in(slot, "state"), "booted") == 0;
    if (!*letter) return;
    g_autofree char *running = is_booted ? g_get_os_info("IMAGE_VERSION") : NULL;
    const char *written = text_in(slot, "bundle.version");
    printf("%-8s %s, %s, %s\n", is_booted ? "booted" : "other", letter, running ? running : (*written ? written : "as it was delivered"),
           *text_in(slot, "boot-status") ? text_in(slot, "boot-status") : "not tried");
}

static gboolean print_slots(GDBusConnection *bus)
{
    g_autoptr(GVariant) answer =
        g_dbus_connection_call_sync(bus, RAUC_NAME, "/", RAUC_INTERFACE, "GetSlotStatus", NULL, G_VARIANT_TYPE("(a(sa{sv}))"),
                                    G_DBUS_CALL_FLAGS_NONE, CONTROL_CALL_MS, NULL, NULL);
    if (!answer) return FALSE;
    g_autoptr(GVariant) slots = g_variant_get_child_value(answer, 0);
    for (gsize i = 0; i < g_variant_n_children(slots); i++) {
        g_autoptr(GVariant) pair = g_variant_get_child_value(slots, i), slot = g_variant_get_child_value(pair, 1);
        print_slot(slot);
    }
    return TRUE;
}

static void print_next(GDBusConnection *bus)
{
    g_autoptr(GVariant) answer = g_dbus_connection_call_sync(bus, RAUC_NAME, "/", RAUC_INTERFACE, "GetPrimary", NULL, G_VARIANT_TYPE("(s)"),
                                                             G_DBUS_CALL_FLAGS_NONE, CONTROL_CALL_MS, NULL, NULL);
    const char *slot = "";
    if (!answer) return;
    g_variant_get(answer, "(&s)", &slot);
    printf("next     %s\n", g_str_has_suffix(slot, ".1") ? "B" : "A");
}

/* RAUC tells nothing of its slots while it installs: what the agent knows of the booted one. */
static void print_booted(const json_t *snapshot)
{
    const char *letter = json_string_value(json_object_get(snapshot, "slot"));
    const char *version = json_string_value(json_object_get(snapshot, "version"));
    if (letter && *letter)
        printf("booted   %s, %s\n", letter, version ? version : "");
    else
        puts("booted   this computer has no slots");
}

static void print_update(const json_t *update)
{
    const char *state = json_string_value(json_object_get(update, "state")), *why = json_string_value(json_object_get(update, "why"));
    const char *source = json_string_value(json_object_get(update, "source")),
               *version = json_string_value(json_object_get(update, "version"));
    if (!state || !why || !source || !version) return;
    printf("update   %s", state);
    if (strcmp(state, "installing") == 0) printf(" %d %%", (int)json_integer_value(json_object_get(update, "percent")));
    printf("%s%s%s%s%s%s\n", *version ? ", " : "", version, *source ? ", " : "", source, *why ? ": " : "", why);
}

static int show(const Control *control)
{
    const char *text = bus_agent1_get_snapshot(control->agent);
    json_t *snapshot = text ? json_loads(text, 0, NULL) : NULL;
    if (print_slots(control->bus))
        print_next(control->bus);
    else
        print_booted(snapshot);
    print_update(json_object_get(snapshot, "update"));
    json_decref(snapshot);
    return 0;
}

int command_update(const char *config, int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "install") == 0) {
        g_autofree char *source = strstr(argv[2], "://") ? g_strdup(argv[2]) : g_canonicalize_filename(argv[2], NULL);
        return control_tell(config, "Update", g_variant_new("(s)", source));
    }
    if (argc != 2 || strcmp(argv[1], "status") != 0) return commands_usage("update status | install URL|FILE");
    Control control;
    int status = control_open_agent(&control, config) ? show(&control) : 1;
    control_close(&control);
    return status;
}

int command_machine(const char *config, int argc, char **argv)
{
    gboolean resets = strcmp(argv[0], "factory-reset") == 0;
    if (resets && (argc != 2 || strcmp(argv[1], "--yes") != 0)) return commands_usage("factory-reset --yes");
    if (!resets && argc != 1) return commands_usage("restart");
    return control_tell(config, resets ? "FactoryReset" : "Restart", NULL);
}
