#include "agent/service.h"

#include "bus/agent1.h"
#include "bus/names.h"

#include <string.h>

struct Service {
    BusAgent1 *bus;
    const ServiceEvents *events;
    guint name;
};

/* TRUE: the caller still has to be told that it went well. */
static gboolean did(Service *service, GDBusMethodInvocation *call, BoothEvent wish)
{
    if (service->events->wish(service->events->data, &wish)) return TRUE;
    g_dbus_method_invocation_return_dbus_error(call, BUS_WRONG_STATE, "the booth is in no state for that");
    return FALSE;
}

static gboolean on_ready(BusAgent1 *bus, GDBusMethodInvocation *call, gpointer data)
{
    if (did(data, call, (BoothEvent){.kind = BOOTH_WISH_READY})) bus_agent1_complete_ready(bus, call);
    return TRUE;
}

static gboolean is_word(const char *text, gsize max)
{
    gsize length = strlen(text);
    if (length > max) return FALSE;
    for (const char *at = text; *at; at++) {
        if (!g_ascii_isalnum(*at) && !strchr("_-.", *at)) return FALSE;
    }
    return TRUE;
}

static gboolean on_pause(BusAgent1 *bus, GDBusMethodInvocation *call, const char *reason, gpointer data)
{
    if (!is_word(reason, 31))
        g_dbus_method_invocation_return_dbus_error(call, BUS_BAD_VALUE, "a reason is a word such as break");
    else if (did(data, call, (BoothEvent){.kind = BOOTH_WISH_PAUSE, .text = reason}))
        bus_agent1_complete_pause(bus, call);
    return TRUE;
}

static gboolean on_accept(BusAgent1 *bus, GDBusMethodInvocation *call, gpointer data)
{
    if (did(data, call, (BoothEvent){.kind = BOOTH_WISH_ACCEPT})) bus_agent1_complete_accept(bus, call);
    return TRUE;
}

static gboolean on_decline(BusAgent1 *bus, GDBusMethodInvocation *call, gpointer data)
{
    if (did(data, call, (BoothEvent){.kind = BOOTH_WISH_DECLINE})) bus_agent1_complete_decline(bus, call);
    return TRUE;
}

static gboolean on_hang_up(BusAgent1 *bus, GDBusMethodInvocation *call, gpointer data)
{
    if (did(data, call, (BoothEvent){.kind = BOOTH_WISH_HANGUP})) bus_agent1_complete_hang_up(bus, call);
    return TRUE;
}

static gboolean on_mute(BusAgent1 *bus, GDBusMethodInvocation *call, gboolean muted, gpointer data)
{
    if (did(data, call, (BoothEvent){.kind = BOOTH_WISH_MUTE, .flag = muted})) bus_agent1_complete_mute(bus, call);
    return TRUE;
}

static gboolean on_camera(BusAgent1 *bus, GDBusMethodInvocation *call, const char *name, gpointer data)
{
    BoothView view;
    if (!booth_view_from_name(name, &view))
        g_dbus_method_invocation_return_dbus_error(call, BUS_BAD_VALUE, "a view is face, product or pip");
    else if (did(data, call, (BoothEvent){.kind = BOOTH_WISH_CAMERA, .number = view}))
        bus_agent1_complete_camera(bus, call);
    return TRUE;
}

static gboolean on_outcome(BusAgent1 *bus, GDBusMethodInvocation *call, const char *outcome, const char *order, gpointer data)
{
    if (*outcome && !booth_is_outcome(outcome))
        g_dbus_method_invocation_return_dbus_error(call, BUS_BAD_VALUE, "an outcome is sale, reserved, follow_up, advice or none");
    else if (strlen(order) > 63)
        g_dbus_method_invocation_return_dbus_error(call, BUS_BAD_VALUE, "an order number has at most 63 bytes");
    else if (did(data, call, (BoothEvent){.kind = BOOTH_WISH_OUTCOME, .text = outcome, .text2 = order}))
        bus_agent1_complete_outcome(bus, call);
    return TRUE;
}

static gboolean on_note(BusAgent1 *bus, GDBusMethodInvocation *call, const char *outcome, const char *order, gint64 value_minor,
                        const char *currency, const char *const *tags, gpointer data)
{
    Service *service = data;
    BoothNote note;
    g_autoptr(GError) error = NULL;
    const NoteWords words = {outcome, order, value_minor, currency, tags};
    if (!service->events->note(service->events->data, &words, &note, &error))
        g_dbus_method_invocation_return_dbus_error(call, BUS_BAD_VALUE, error->message);
    else if (did(service, call, (BoothEvent){.kind = BOOTH_WISH_NOTE, .note = &note}))
        bus_agent1_complete_note(bus, call);
    return TRUE;
}

static gboolean on_extend_wrapup(BusAgent1 *bus, GDBusMethodInvocation *call, gpointer data)
{
    if (did(data, call, (BoothEvent){.kind = BOOTH_WISH_EXTEND})) bus_agent1_complete_extend_wrapup(bus, call);
    return TRUE;
}

static gboolean on_practice(BusAgent1 *bus, GDBusMethodInvocation *call, gpointer data)
{
    if (did(data, call, (BoothEvent){.kind = BOOTH_WISH_PRACTICE})) bus_agent1_complete_practice(bus, call);
    return TRUE;
}

static gboolean on_check(BusAgent1 *bus, GDBusMethodInvocation *call, gboolean open, gpointer data)
{
    if (did(data, call, (BoothEvent){.kind = BOOTH_WISH_CHECK, .flag = open})) bus_agent1_complete_check(bus, call);
    return TRUE;
}

static gboolean on_calls(BusAgent1 *bus, GDBusMethodInvocation *call, guint limit, gint64 epoch, gint64 seq, gpointer data)
{
    Service *service = data;
    char *calls = service->events->calls(service->events->data, MIN(limit, SERVICE_CALLS_MAX), epoch, seq);
    bus_agent1_complete_calls(bus, call, calls);
    free(calls);
    return TRUE;
}

static void on_name_lost(GDBusConnection *connection, const char *name, gpointer data)
{
    (void)connection;
    (void)name;
    Service *service = data;
    service->events->name_lost(service->events->data);
}

Service *service_new(GDBusConnection *connection, const ServiceEvents *events, GError **error)
{
    static const struct {
        const char *signal;
        GCallback callback;
    } handlers[] = {
        {"handle-ready", G_CALLBACK(on_ready)},
        {"handle-pause", G_CALLBACK(on_pause)},
        {"handle-accept", G_CALLBACK(on_accept)},
        {"handle-decline", G_CALLBACK(on_decline)},
        {"handle-hang-up", G_CALLBACK(on_hang_up)},
        {"handle-mute", G_CALLBACK(on_mute)},
        {"handle-camera", G_CALLBACK(on_camera)},
        {"handle-outcome", G_CALLBACK(on_outcome)},
        {"handle-calls", G_CALLBACK(on_calls)},
        {"handle-note", G_CALLBACK(on_note)},
        {"handle-extend-wrapup", G_CALLBACK(on_extend_wrapup)},
        {"handle-practice", G_CALLBACK(on_practice)},
        {"handle-check", G_CALLBACK(on_check)},
    };
    Service *service = g_new0(Service, 1);
    service->bus = bus_agent1_skeleton_new();
    service->events = events;
    for (guint i = 0; i < G_N_ELEMENTS(handlers); i++) g_signal_connect(service->bus, handlers[i].signal, handlers[i].callback, service);
    if (!g_dbus_interface_skeleton_export(G_DBUS_INTERFACE_SKELETON(service->bus), connection, AGENT_PATH, error)) {
        service_free(service);
        return NULL;
    }
    service->name =
        g_bus_own_name_on_connection(connection, AGENT_NAME, G_BUS_NAME_OWNER_FLAGS_DO_NOT_QUEUE, NULL, on_name_lost, service, NULL);
    return service;
}

void service_free(Service *service)
{
    if (!service) return;
    if (service->name) g_bus_unown_name(service->name);
    g_dbus_interface_skeleton_unexport(G_DBUS_INTERFACE_SKELETON(service->bus));
    g_object_unref(service->bus);
    g_free(service);
}

BusAgent1 *service_bus(Service *service)
{
    return service->bus;
}

void service_set_snapshot(Service *service, const char *snapshot)
{
    bus_agent1_set_snapshot(service->bus, snapshot);
}
