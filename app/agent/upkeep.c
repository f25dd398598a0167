#include "agent/upkeep.h"

#include "agent/machine.h"
#include "bus/names.h"

#define LOOK_MS          500
#define BUNDLE_LIMIT_MS  (11 * 60 * 1000) /* the unit's own limit is a minute less */
#define RESTART_LIMIT_MS (3 * 60 * 1000)

typedef enum { BUNDLE_NONE, BUNDLE_MAKING, BUNDLE_DONE, BUNDLE_FAILED } BundleState;

struct Upkeep {
    BusAgent1 *bus;
    Update *update;
    void (*changed)(gpointer data);
    gpointer data;
    gboolean busy;
    BundleState bundle;
    const char *ending;         /* MACHINE_RESTART or MACHINE_RESET: it was asked for; NULL */
    gboolean stuck;             /* it was, and the machine runs on */
    gint64 bundle_us, ended_us; /* when they were asked for */
    guint look;
};

void upkeep_set_busy(Upkeep *upkeep, gboolean busy)
{
    if (upkeep->busy == busy) return;
    upkeep->busy = busy;
    update_set_busy(upkeep->update, busy);
}

static gboolean is_late(gint64 since_us, gint64 limit_ms)
{
    return g_get_monotonic_time() - since_us > limit_ms * 1000;
}

/* Whether it has come to an end. */
static gboolean look_at_bundle(Upkeep *upkeep)
{
    if (upkeep->bundle != BUNDLE_MAKING) return FALSE;
    gboolean failed = machine_has_wish(MACHINE_FAILED) || is_late(upkeep->bundle_us, BUNDLE_LIMIT_MS);
    if (!failed && machine_has_wish(MACHINE_BUNDLE)) return FALSE;
    if (failed)
        g_warning("the support bundle could not be made");
    else
        g_message("the support bundle is on the card");
    upkeep->bundle = failed ? BUNDLE_FAILED : BUNDLE_DONE;
    return TRUE;
}

static gboolean look_at_ending(Upkeep *upkeep)
{
    if (!upkeep->ending || !is_late(upkeep->ended_us, RESTART_LIMIT_MS)) return FALSE;
    g_warning("the machine was to start again and did not");
    upkeep->ending = NULL;
    upkeep->stuck = TRUE;
    return TRUE;
}

static gboolean on_look(gpointer data)
{
    Upkeep *upkeep = data;
    gboolean differs = look_at_bundle(upkeep);
    differs |= look_at_ending(upkeep);
    gboolean waits = upkeep->bundle == BUNDLE_MAKING || upkeep->ending;
    if (!waits) upkeep->look = 0;
    if (differs) upkeep->changed(upkeep->data);
    return waits ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void follow(Upkeep *upkeep)
{
    if (!upkeep->look) upkeep->look = g_timeout_add(LOOK_MS, on_look, upkeep);
    upkeep->changed(upkeep->data);
}

static gboolean may(const Upkeep *upkeep, GError **error)
{
    if (!upkeep->busy) return TRUE;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_BUSY, "not while a call is in hand");
    return FALSE;
}

gboolean upkeep_machine(Upkeep *upkeep, const char *wish, GError **error)
{
    if (!may(upkeep, error) || !machine_ask(wish, error)) return FALSE;
    upkeep->ending = wish;
    upkeep->stuck = FALSE;
    upkeep->ended_us = g_get_monotonic_time();
    follow(upkeep);
    return TRUE;
}

gboolean upkeep_bundle(Upkeep *upkeep, GError **error)
{
    if (upkeep->bundle == BUNDLE_MAKING) return TRUE;
    machine_forget(MACHINE_FAILED);
    if (!may(upkeep, error) || !machine_ask(MACHINE_BUNDLE, error)) return FALSE;
    upkeep->bundle = BUNDLE_MAKING;
    upkeep->bundle_us = g_get_monotonic_time();
    follow(upkeep);
    return TRUE;
}

json_t *upkeep_json(const Upkeep *upkeep)
{
    static const char *const bundles[] = {"none", "making", "done", "failed"};
    return json_pack("{s:b, s:s, s:s, s:b}", "able", machine_is_able(), "bundle", bundles[upkeep->bundle], "ending",
                     upkeep->ending ? upkeep->ending : "none", "stuck", upkeep->stuck);
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

static gboolean on_bundle(BusAgent1 *bus, GDBusMethodInvocation *call, gpointer data)
{
    (void)bus;
    GError *error = NULL;
    upkeep_bundle(data, &error);
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

Upkeep *upkeep_new(BusAgent1 *bus, Update *update, void (*changed)(gpointer data), gpointer data)
{
    Upkeep *upkeep = g_new0(Upkeep, 1);
    *upkeep = (Upkeep){.bus = bus, .update = update, .changed = changed, .data = data};
    g_signal_connect(bus, "handle-bundle", G_CALLBACK(on_bundle), upkeep);
    g_signal_connect(bus, "handle-update", G_CALLBACK(on_update), upkeep);
    g_signal_connect(bus, "handle-restart", G_CALLBACK(on_restart), upkeep);
    g_signal_connect(bus, "handle-factory-reset", G_CALLBACK(on_factory_reset), upkeep);
    return upkeep;
}

void upkeep_free(Upkeep *upkeep)
{
    if (!upkeep) return;
    g_signal_handlers_disconnect_by_data(upkeep->bus, upkeep);
    g_clear_handle_id(&upkeep->look, g_source_remove);
    g_free(upkeep);
}
