#include "agent/studio_proxy.h"

#include "bus/names.h"
#include "bus/studio1.h"

#include <string.h>

struct StudioProxy {
    BusStudio1 *bus;
    const StudioEvents *events;
    guint first; /* source id of the first look */
    GCancellable *picture_cancel;
    void (*picture_done)(void *data, const char *base64);
    void *picture_data;
};

static json_t *parse(const char *text)
{
    return text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
}

static void look(StudioProxy *studio)
{
    g_autofree char *owner = g_dbus_proxy_get_name_owner(G_DBUS_PROXY(studio->bus));
    if (!owner) {
        studio->events->down(studio->events->data);
        return;
    }
    BoothKey session = {0};
    guint pc = 0;
    GVariant *running = bus_studio1_get_session(studio->bus);
    if (running) {
        const char *id;
        g_variant_get(running, "(&suu)", &id, &session.gen, &pc);
        g_strlcpy(session.id, id, sizeof session.id);
    }
    json_t *health = parse(bus_studio1_get_health(studio->bus));
    studio->events->up(studio->events->data, &session, pc, health);
    json_decref(health);
}

static void on_owner(GObject *object, GParamSpec *spec, gpointer data)
{
    (void)object;
    (void)spec;
    StudioProxy *studio = data;
    if (studio->first) g_source_remove(studio->first);
    studio->first = 0;
    look(studio);
}

static gboolean on_first(gpointer data)
{
    StudioProxy *studio = data;
    studio->first = 0;
    look(studio);
    return G_SOURCE_REMOVE;
}

static void on_health(GObject *object, GParamSpec *spec, gpointer data)
{
    (void)spec;
    StudioProxy *studio = data;
    g_autofree char *owner = g_dbus_proxy_get_name_owner(G_DBUS_PROXY(object));
    if (!owner) return;
    json_t *health = parse(bus_studio1_get_health(studio->bus));
    studio->events->health(studio->events->data, health);
    json_decref(health);
}

static void on_local_signal(BusStudio1 *bus, guint pc, const char *signal, gpointer data)
{
    (void)bus;
    StudioProxy *studio = data;
    studio->events->signal(studio->events->data, pc, signal);
}

static void on_media_state(BusStudio1 *bus, guint pc, const char *state, gpointer data)
{
    (void)bus;
    StudioProxy *studio = data;
    studio->events->media(studio->events->data, pc, state);
}

static void on_shopper_picture(BusStudio1 *bus, guint pc, gpointer data)
{
    (void)bus;
    StudioProxy *studio = data;
    studio->events->picture(studio->events->data, pc);
}

StudioProxy *studio_proxy_new(GDBusConnection *connection, const StudioEvents *events, GError **error)
{
    BusStudio1 *bus = bus_studio1_proxy_new_sync(connection, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START, STUDIO_NAME, STUDIO_PATH, NULL, error);
    if (!bus) return NULL;
    StudioProxy *studio = g_new0(StudioProxy, 1);
    studio->bus = bus;
    studio->picture_cancel = g_cancellable_new();
    studio->events = events;
    g_dbus_proxy_set_default_timeout(G_DBUS_PROXY(bus), STUDIO_PROXY_CALL_MS);
    g_signal_connect(bus, "notify::g-name-owner", G_CALLBACK(on_owner), studio);
    g_signal_connect(bus, "notify::health", G_CALLBACK(on_health), studio);
    g_signal_connect(bus, "local-signal", G_CALLBACK(on_local_signal), studio);
    g_signal_connect(bus, "media-state", G_CALLBACK(on_media_state), studio);
    g_signal_connect(bus, "shopper-picture", G_CALLBACK(on_shopper_picture), studio);
    studio->first = g_idle_add(on_first, studio);
    return studio;
}

void studio_proxy_free(StudioProxy *studio)
{
    if (!studio) return;
    if (studio->first) g_source_remove(studio->first);
    g_signal_handlers_disconnect_by_data(studio->bus, studio);
    g_cancellable_cancel(studio->picture_cancel);
    g_object_unref(studio->picture_cancel);
    g_object_unref(studio->bus);
    g_free(studio);
}

/* The answer of any call; what is the method's name. */
static void on_answer(GObject *object, GAsyncResult *result, gpointer what)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) answer = g_dbus_proxy_call_finish(G_DBUS_PROXY(object), result, &error);
    if (!answer) g_warning("the studio did not do %s: %s", (const char *)what, error->message);
}

/* Takes the floating reference of arguments. */
static void call(StudioProxy *studio, const char *method, GVariant *arguments)
{
    g_autofree char *owner = g_dbus_proxy_get_name_owner(G_DBUS_PROXY(studio->bus));
    g_autoptr(GVariant) own = arguments ? g_variant_ref_sink(arguments) : NULL;
    if (owner)
        g_dbus_proxy_call(G_DBUS_PROXY(studio->bus), method, own, G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, on_answer, (gpointer)method);
}

static GVariant *session_arguments(const BoothCall *of, const json_t *codecs, const json_t *ice)
{
    GVariantBuilder names;
    g_variant_builder_init(&names, G_VARIANT_TYPE("as"));
    for (size_t i = 0; i < json_array_size(codecs); i++) g_variant_builder_add(&names, "s", json_string_value(json_array_get(codecs, i)));
    char *servers = ice ? json_dumps(ice, JSON_COMPACT) : NULL;
    GVariant *arguments = g_variant_new("(suuass)", of->key.id, of->key.gen, of->pc, &names, servers ? servers : "[]");
    free(servers);
    return arguments;
}

void studio_prepare(StudioProxy *studio, const BoothCall *of, const json_t *codecs, const json_t *ice)
{
    call(studio, "Prepare", session_arguments(of, codecs, ice));
}

void studio_start(StudioProxy *studio, const BoothCall *of, const json_t *codecs, const json_t *ice)
{
    call(studio, "Start", session_arguments(of, codecs, ice));
}

void studio_remote_signal(StudioProxy *studio, guint pc, const json_t *signal)
{
    char *text = json_dumps(signal, JSON_COMPACT);
    call(studio, "RemoteSignal", g_variant_new("(us)", pc, text));
    free(text);
}

void studio_rehearse(StudioProxy *studio, guint pc)
{
    call(studio, "Rehearse", g_variant_new("(u)", pc));
}

void studio_stop(StudioProxy *studio)
{
    call(studio, "Stop", NULL);
}

void studio_self_test(StudioProxy *studio)
{
    call(studio, "SelfTest", NULL);
}

void studio_quit(StudioProxy *studio)
{
    call(studio, "Quit", NULL);
}

static void on_console_picture(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *png = NULL;
    gboolean well = bus_studio1_call_console_picture_finish(BUS_STUDIO1(source), &png, result, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) return; /* the proxy is gone */
    StudioProxy *studio = data;
    if (!well) g_message("the studio gave no picture of its console: %s", error->message);
    studio->picture_done(studio->picture_data, well ? png : NULL);
}

void studio_console_picture(StudioProxy *studio, void (*done)(void *data, const char *base64), void *data)
{
    studio->picture_done = done;
    studio->picture_data = data;
    bus_studio1_call_console_picture(studio->bus, studio->picture_cancel, on_console_picture, studio);
}

void studio_set_mute(StudioProxy *studio, gboolean muted)
{
    call(studio, "SetMute", g_variant_new("(b)", muted));
}

void studio_set_camera(StudioProxy *studio, const char *view)
{
    call(studio, "SetCamera", g_variant_new("(s)", view));
}
