#include "boothctl/control.h"

#include "bus/names.h"
#include "config/booth_keys.h"

#include <stdio.h>
#include <string.h>

gboolean control_read(Control *control, const char *config)
{
    g_autoptr(GError) error = NULL;
    memset(control, 0, sizeof *control);
    control->config = config_load(config, booth_keys, &error);
    if (!control->config) fprintf(stderr, "boothctl: %s\n", error->message);
    return control->config != NULL;
}

static gboolean open_bus(Control *control)
{
    const char *address = config_string(control->config, "booth", "bus");
    g_autoptr(GError) error = NULL;
    if (strcmp(address, "system") == 0)
        control->bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, &error);
    else if (strcmp(address, "session") == 0)
        control->bus = g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, &error);
    else
        control->bus = g_dbus_connection_new_for_address_sync(
            address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL, NULL, &error);
    if (!control->bus) fprintf(stderr, "boothctl: the booth is not running: its D-Bus at \"%s\" cannot be reached\n", address);
    return control->bus != NULL;
}

static gboolean is_there(gpointer proxy, const char *what)
{
    g_autofree char *owner = proxy ? g_dbus_proxy_get_name_owner(proxy) : NULL;
    if (!owner) {
        fprintf(stderr, "boothctl: the %s is not running\n", what);
        return FALSE;
    }
    g_dbus_proxy_set_default_timeout(proxy, CONTROL_CALL_MS);
    return TRUE;
}

gboolean control_open_agent(Control *control, const char *config)
{
    if (!control_read(control, config) || !open_bus(control)) return FALSE;
    control->agent = bus_agent1_proxy_new_sync(control->bus, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START, AGENT_NAME, AGENT_PATH, NULL, NULL);
    return is_there(control->agent, "agent");
}

gboolean control_open_studio(Control *control, const char *config)
{
    if (!control_read(control, config) || !open_bus(control)) return FALSE;
    control->studio = bus_studio1_proxy_new_sync(control->bus, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START, STUDIO_NAME, STUDIO_PATH, NULL, NULL);
    return is_there(control->studio, "studio");
}

void control_close(Control *control)
{
    g_clear_object(&control->agent);
    g_clear_object(&control->studio);
    g_clear_object(&control->bus);
    config_free(control->config);
    control->config = NULL;
}

int control_failed(GError *error)
{
    g_dbus_error_strip_remote_error(error);
    fprintf(stderr, "boothctl: %s\n", error->message);
    g_error_free(error);
    return 1;
}

int control_tell(const char *config, const char *method, GVariant *arguments)
{
    g_autoptr(GVariant) own = arguments ? g_variant_ref_sink(arguments) : NULL;
    Control control;
    int status = 1;
    if (control_open_agent(&control, config)) {
        GError *error = NULL;
        g_autoptr(GVariant) answer =
            g_dbus_proxy_call_sync(G_DBUS_PROXY(control.agent), method, own, G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
        status = answer ? 0 : control_failed(error);
    }
    control_close(&control);
    return status;
}
