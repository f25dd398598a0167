#include "agent/upkeep.h"

#include "agent/machine.h"
#include "bus/names.h"

struct Upkeep {
    BusAgent1 *bus;
    Update *update;
    gboolean busy;
};

void upkeep_set_busy(Upkeep *upkeep, gboolean busy)
{
    if (upkeep->busy == busy) return;
    upkeep->busy = busy;
    update_set_busy(upkeep->update, busy);
}

gboolean upkeep_machine(Upkeep *upkeep, const char *wish, GError **error)
{
    if (upkeep->busy) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_BUSY, "not while a call is in hand");
        return FALSE;
    }
    return machine_ask(wish, error);
}

static void answer(GDBusMethodInvocation *call, GError *error)
{
    gboolean is_value = error && g_error_matches(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    if (!error)
        g_dbus_method_invocation_return_value(call, NULL);
    else
        g_dbus_method_invocation_return_dbus_error(call, is_value ? BUS_BAD_VALUE : BUS_WRONG_STATE, error->message);
    g_clear_error(&error);
}

static gboolean on_update(BusAgent1 *bus, GDBusMethodInvocation *call, const char *source, gpointer data)
{
    (void)bus;
    const Upkeep *upkeep = data;
    GError *error = NULL;
    update_install(upkeep->update, source, &error);
    answer(call, error);
    return TRUE;
}

static gboolean on_restart(BusAgent1 *bus, GDBusMethodInvocation *call, gpointer data)
{
    (void)bus;
    GError *error = NULL;
    upkeep_machine(data, MACHINE_RESTART, &error);
    answer(call, error);
    return TRUE;
}

static gboolean on_factory_reset(BusAgent1 *bus, GDBusMethodInvocation *call, gpointer data)
{
    (void)bus;
    GError *error = NULL;
    upkeep_machine(data, MACHINE_RESET, &error);
    answer(call, error);
    return TRUE;
}

Upkeep *upkeep_new(BusAgent1 *bus, Update *update)
{
    Upkeep *upkeep = g_new0(Upkeep, 1);
    *upkeep = (Upkeep){bus, update, FALSE};
    g_signal_connect(bus, "handle-update", G_CALLBACK(on_update), upkeep);
    g_signal_connect(bus, "handle-restart", G_CALLBACK(on_restart), upkeep);
    g_signal_connect(bus, "handle-factory-reset", G_CALLBACK(on_factory_reset), upkeep);
    return upkeep;
}

void upkeep_free(Upkeep *upkeep)
{
    if (!upkeep) return;
    g_signal_handlers_disconnect_by_data(upkeep->bus, upkeep);
    g_free(upkeep);
}
