/* agent: the booth's session agent. Composition root. */
#include "agent/agent.h"
#include "alive/alive.h"
#include "config/booth_keys.h"
#include "journal/journal.h"

#include <glib-unix.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    GMainLoop *loop;
    gboolean failed;
} Life;

static gboolean on_signal(gpointer data)
{
    Life *life = data;
    g_main_loop_quit(life->loop);
    return G_SOURCE_CONTINUE;
}

static void on_lost(gpointer data)
{
    Life *life = data;
    g_warning("the bus is gone, or another agent has its name; ending");
    life->failed = TRUE;
    g_main_loop_quit(life->loop);
}

static GDBusConnection *open_bus(const char *address, GError **error)
{
    GDBusConnection *bus;
    if (strcmp(address, "system") == 0)
        bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, error);
    else if (strcmp(address, "session") == 0)
        bus = g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, error);
    else
        bus = g_dbus_connection_new_for_address_sync(
            address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL, NULL, error);
    if (bus)
        g_dbus_connection_set_exit_on_close(bus, FALSE);
    else
        g_prefix_error(error, "the D-Bus at \"%s\" cannot be reached: ", address);
    return bus;
}

static gboolean run(const char *path, GError **error)
{
    g_autoptr(Config) config = config_load(path, booth_keys, error);
    if (!config) return FALSE;
    journal_set_booth(config_string(config, "booth", "id"));
    const char *folder = config_string(config, "booth", "state");
    if (g_mkdir_with_parents(folder, 0700) != 0) {
        g_set_error(error, CONFIG_ERROR, 0, "the state folder %s cannot be made", folder);
        return FALSE;
    }
    g_autoptr(GDBusConnection) bus = open_bus(config_string(config, "booth", "bus"), error);
    if (!bus) return FALSE;
    Life life = {g_main_loop_new(NULL, FALSE), FALSE};
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is a fault to tell, not to die of */
    guint term = g_unix_signal_add(SIGTERM, on_signal, &life);
    guint interrupt = g_unix_signal_add(SIGINT, on_signal, &life);
    Agent *agent = agent_new(config, bus, on_lost, &life, error);
    guint alive = alive_watch_loop();
    if (agent) g_main_loop_run(life.loop);
    gboolean went_well = agent && !life.failed;
    agent_free(agent);
    g_source_remove(alive);
    g_source_remove(term);
    g_source_remove(interrupt);
    g_main_loop_unref(life.loop);
    if (agent && life.failed)
        g_set_error(error, CONFIG_ERROR, 0, "the bus at \"%s\" was lost, or another agent runs on it",
                    config_string(config, "booth", "bus"));
    return went_well;
}

int main(int argc, char **argv)
{
    g_autofree char *path = NULL;
    gboolean version = FALSE;
    const GOptionEntry entries[] = {
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, &path, "settings (" BOOTH_CONFIG_FILE ")", "FILE"},
        {"version", 0, 0, G_OPTION_ARG_NONE, &version, "say the version", NULL},
        {0},
    };
    g_autoptr(GOptionContext) options = g_option_context_new("- session agent of a booth");
    g_option_context_add_main_entries(options, entries, NULL);
    g_autoptr(GError) error = NULL;
    if (!g_option_context_parse(options, &argc, &argv, &error) || argc > 1) {
        fprintf(stderr, "agent: %s\n", error ? error->message : "there are no arguments but options");
        return 2;
    }
    if (version) {
        puts(LIVEBOOTH_VERSION);
        return 0;
    }
    journal_open();
    if (run(path ? path : BOOTH_CONFIG_FILE, &error)) return 0;
    fprintf(stderr, "agent: %s\n", error->message);
    return 1;
}
