#include "studio/service.h"

#include "bus/agent1.h"
#include "bus/names.h"
#include "bus/studio1.h"
#include "journal/journal.h"
#include "studio/channel.h"
#include "studio/products.h"

#include <jansson.h>
#include <signal.h>
#include <string.h>

#define RETRY_S       1
#define HEALTH_MS     1000
#define ALERT_S       30
#define CALL_LIMIT_MS 3000 /* an answer of the agent to a wish */
#define ICE_MAX       16384
#define CODECS_MAX    8
#define PRACTICE      "practice" /* the session's name while the recorded shopper is there */

struct Service {
    const Config *config;
    Media *media;
    Screens *screens;
    MediaEvents media_events;
    ScreensEvents screens_events;
    GDBusConnection *bus;
    BusStudio1 *studio;
    BusAgent1 *agent;
    Channel *channel;
    Products *products;
    GCancellable *cancel;
    guint name, retry, health;
    char *call;
    guint gen, pc;
    gboolean muted;
    char *view;
    guint alert; /* source id: says again that somebody waits */
};

static void connect_bus(Service *service);
static void ask_agent(Service *service, const char *method, GVariant *arguments);

/* --- health and session -------------------------------------------------------------------------------------------------------------- */

static void publish_health(Service *service)
{
    if (!service->studio || !service->media) return;
    json_t *health = media_health(service->media);
    json_t *screens = service->screens ? screens_health(service->screens) : NULL;
    if (screens) json_object_update(health, screens);
    json_decref(screens);
    char *text = json_dumps(health, JSON_COMPACT);
    json_decref(health);
    bus_studio1_set_health(service->studio, text);
    g_dbus_interface_skeleton_flush(G_DBUS_INTERFACE_SKELETON(service->studio));
    free(text);
}

/* At once, so that nobody waits for the next second to know that a shopper's things are gone from it. */
static void publish_shown(void *data)
{
    Service *service = data;
    if (service->screens) publish_health(service);
}

static gboolean on_health_time(gpointer data)
{
    Service *service = data;
    publish_health(service);
    if (!*service->call && service->screens && screens_must_restart(service->screens)) {
        g_message("a screen was plugged in; starting anew to find it");
        raise(SIGTERM);
    }
    return G_SOURCE_CONTINUE;
}

static void set_session(Service *service, const char *call, guint gen, guint pc)
{
    journal_set_call(call);
    g_free(service->call);
    service->call = g_strdup(call);
    service->gen = gen;
    service->pc = pc;
    bus_studio1_set_session(service->studio, g_variant_new("(suu)", call, gen, pc));
    g_dbus_interface_skeleton_flush(G_DBUS_INTERFACE_SKELETON(service->studio));
}

/* --- from media and screens ------------------------------------------------------------------------------------------------------------
 */

static void on_local_signal(void *data, guint pc, json_t *signal)
{
    Service *service = data;
    if (!service->studio) return;
    char *text = json_dumps(signal, JSON_COMPACT);
    bus_studio1_emit_local_signal(service->studio, pc, text);
    free(text);
}

static void on_media_state(void *data, guint pc, const char *state)
{
    Service *service = data;
    if (service->studio) bus_studio1_emit_media_state(service->studio, pc, state);
}

static void on_shopper_picture(void *data, guint pc)
{
    Service *service = data;
    if (service->studio) bus_studio1_emit_shopper_picture(service->studio, pc);
}

static void on_message(void *data, guint pc, const char *text)
{
    Service *service = data;
    channel_take(service->channel, pc, text, g_get_monotonic_time());
}

static gboolean on_channel_send(void *data, const char *text, GError **error)
{
    Service *service = data;
    if (service->media) return media_send_chat(service->media, text, error);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED, "there is no media");
    return FALSE;
}

static void on_channel_chat(void *data, const char *text)
{
    Service *service = data;
    if (service->screens) screens_add_chat(service->screens, TRUE, text);
    if (service->studio) bus_studio1_emit_chat_received(service->studio, service->pc, text);
}

static void on_channel_basket(void *data, const char *id, guint quantity, gboolean add)
{
    Service *service = data;
    if (add)
        ask_agent(service, "BasketAdd", g_variant_new("(su)", id, quantity));
    else if (quantity)
        ask_agent(service, "BasketSet", g_variant_new("(su)", id, quantity));
    else
        ask_agent(service, "BasketRemove", g_variant_new("(s)", id));
}

static void on_products_found(void *data, const char *query, const json_t *list)
{
    Service *service = data;
    if (service->screens) screens_set_products(service->screens, query, list);
}

static void on_products_refused(void *data, const char *what, const char *error)
{
    Service *service = data;
    if (service->screens) screens_refuse_product(service->screens, what, error);
}

static void on_health_changed(void *data)
{
    publish_health(data);
}

static void on_wish_answered(GObject *object, GAsyncResult *result, gpointer what)
{
    g_autofree char *name = what;
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply = g_dbus_proxy_call_finish(G_DBUS_PROXY(object), result, &error);
    if (!reply && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        g_message("the agent did not take %s: %s", name, error->message);
}

static void ask_agent(Service *service, const char *method, GVariant *arguments)
{
    if (!service->agent) {
        g_message("no agent to take %s", method);
        if (arguments) g_variant_unref(g_variant_ref_sink(arguments));
        return;
    }
    g_dbus_proxy_call(G_DBUS_PROXY(service->agent), method, arguments, G_DBUS_CALL_FLAGS_NO_AUTO_START, CALL_LIMIT_MS, service->cancel,
                      on_wish_answered, g_strdup(method));
}

/* Note takes all that was entered; the wrap-up ends with the outcome in it. */
static void ask_note(Service *service, const char *text, gboolean done)
{
    json_t *note = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *tags = NULL;
    const char *outcome, *order, *currency;
    json_int_t value;
    if (json_unpack(note, "{s:s, s:s, s:I, s:s, s:o}", "outcome", &outcome, "order", &order, "value_minor", &value, "currency", &currency,
                    "tags", &tags) == 0) {
        GVariantBuilder words;
        g_variant_builder_init(&words, G_VARIANT_TYPE("as"));
        for (size_t i = 0; i < json_array_size(tags); i++) g_variant_builder_add(&words, "s", json_string_value(json_array_get(tags, i)));
        ask_agent(service, "Note", g_variant_new("(ssxsas)", outcome, order, (gint64)value, currency, &words));
        if (done) ask_agent(service, "Outcome", g_variant_new("(ss)", outcome, ""));
    }
    json_decref(note);
}

static void send_chat(Service *service, const char *text)
{
    g_autoptr(GError) error = NULL;
    if (!service->media) return;
    if (strcmp(service->call, PRACTICE) == 0) {
        screens_add_chat(service->screens, FALSE, text);
        return;
    }
    if (channel_say(service->channel, text, &error))
        screens_add_chat(service->screens, FALSE, text);
    else
        g_message("chat: %s", error->message);
}

static void on_wish(void *data, const char *what, const char *argument)
{
    static const struct {
        const char *what, *method;
    } PLAIN[] = {{"ready", "Ready"},   {"accept", "Accept"},       {"decline", "Decline"},
                 {"hangup", "HangUp"}, {"extend", "ExtendWrapup"}, {"practice", "Practice"},
                 {"bundle", "Bundle"}, {"restart", "Restart"},     {"reset", "FactoryReset"}};
    Service *service = data;
    for (guint i = 0; i < G_N_ELEMENTS(PLAIN); i++)
        if (strcmp(what, PLAIN[i].what) == 0) ask_agent(service, PLAIN[i].method, NULL);
    if (strcmp(what, "pause") == 0) ask_agent(service, "Pause", g_variant_new("(s)", argument));
    if (strcmp(what, "mute") == 0) ask_agent(service, "Mute", g_variant_new("(b)", strcmp(argument, "on") == 0));
    if (strcmp(what, "camera") == 0) ask_agent(service, "Camera", g_variant_new("(s)", argument));
    if (strcmp(what, "check") == 0) ask_agent(service, "Check", g_variant_new("(b)", strcmp(argument, "on") == 0));
    if (strcmp(what, "note") == 0 || strcmp(what, "done") == 0) ask_note(service, argument, strcmp(what, "done") == 0);
    if (strcmp(what, "chat") == 0) send_chat(service, argument);
    products_wish(service->products, what, argument);
}

/* --- the agent -------------------------------------------------------------------------------------------------------------------------
 */

/* What the agent says of mute and camera is so, whichever of the two was started anew. */
static void mirror(Service *service, const json_t *snapshot)
{
    const char *view = json_string_value(json_object_get(snapshot, "camera"));
    const json_t *muted = json_object_get(snapshot, "muted");
    if (view && g_strcmp0(view, service->view) != 0 && media_set_camera(service->media, view, NULL)) {
        g_free(service->view);
        service->view = g_strdup(view);
    }
    if (json_is_boolean(muted) && json_is_true(muted) != service->muted) {
        service->muted = json_is_true(muted);
        media_set_mute(service->media, service->muted);
    }
}

static gboolean on_alert_time(gpointer data)
{
    Service *service = data;
    if (service->media) media_alert(service->media);
    return G_SOURCE_CONTINUE;
}

/* Heard in the room whatever the microphone's mute says: that is for the shopper. */
static void follow_alert(Service *service, const json_t *snapshot)
{
    gboolean alert = json_is_true(json_object_get(json_object_get(snapshot, "queue"), "alert"));
    if (!alert) g_clear_handle_id(&service->alert, g_source_remove);
    if (!alert || service->alert || !service->media) return;
    g_message("somebody waits too long: two tones every %d s", ALERT_S);
    media_alert(service->media);
    service->alert = g_timeout_add_seconds(ALERT_S, on_alert_time, service);
}

static void take_snapshot(Service *service)
{
    g_autofree char *owner = service->agent ? g_dbus_proxy_get_name_owner(G_DBUS_PROXY(service->agent)) : NULL;
    const char *text = owner ? bus_agent1_get_snapshot(service->agent) : NULL;
    json_t *snapshot = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
    if (service->screens) {
        screens_set_snapshot(service->screens, snapshot);
        if (service->media) media_ring(service->media, screens_rings(service->screens));
    }
    if (snapshot && service->media) mirror(service, snapshot);
    follow_alert(service, snapshot);
    products_set_agent(service->products, owner ? G_DBUS_PROXY(service->agent) : NULL);
    channel_set_snapshot(service->channel, snapshot);
    json_decref(snapshot);
}

static void on_agent_changed(GObject *object, GParamSpec *spec, gpointer data)
{
    (void)object;
    (void)spec;
    take_snapshot(data);
}

static void on_agent_found(GObject *object, GAsyncResult *result, gpointer data)
{
    (void)object;
    g_autoptr(GError) error = NULL;
    BusAgent1 *agent = bus_agent1_proxy_new_finish(result, &error);
    if (!agent) {
        if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) g_warning("the agent cannot be followed: %s", error->message);
        return;
    }
    Service *service = data;
    service->agent = agent;
    g_signal_connect(agent, "notify::snapshot", G_CALLBACK(on_agent_changed), service);
    g_signal_connect(agent, "notify::g-name-owner", G_CALLBACK(on_agent_changed), service);
    take_snapshot(service);
}

/* --- methods of Studio1 ----------------------------------------------------------------------------------------------------------------
 */

#define BAD_ARGUMENT "org.livebooth.Error.BadArgument"

static gboolean refuse(GDBusMethodInvocation *invocation, const char *name, const char *why)
{
    g_dbus_method_invocation_return_dbus_error(invocation, name, why);
    return TRUE;
}

static gboolean is_acceptable(const char *const *codecs, const char *ice)
{
    return g_strv_length((char **)codecs) <= CODECS_MAX && strlen(ice) <= ICE_MAX;
}

static gboolean on_prepare(BusStudio1 *studio, GDBusMethodInvocation *invocation, const char *call, guint gen, guint pc,
                           const char *const *codecs, const char *ice, Service *service)
{
    if (!service->media || !is_acceptable(codecs, ice)) return refuse(invocation, BAD_ARGUMENT, "too many codecs, or too many ICE servers");
    bus_studio1_complete_prepare(studio, invocation);
    media_prepare(service->media, pc, codecs, ice);
    set_session(service, call, gen, pc);
    return TRUE;
}

static gboolean on_start(BusStudio1 *studio, GDBusMethodInvocation *invocation, const char *call, guint gen, guint pc,
                         const char *const *codecs, const char *ice, Service *service)
{
    g_autoptr(GError) error = NULL;
    if (!service->media || !is_acceptable(codecs, ice)) return refuse(invocation, BAD_ARGUMENT, "too many codecs, or too many ICE servers");
    set_session(service, call, gen, pc);
    if (!media_start(service->media, pc, codecs, ice, &error)) {
        set_session(service, "", 0, 0);
        return refuse(invocation, BUS_WRONG_STATE, error->message);
    }
    bus_studio1_complete_start(studio, invocation);
    return TRUE;
}

static gboolean on_remote_signal(BusStudio1 *studio, GDBusMethodInvocation *invocation, guint pc, const char *signal, Service *service)
{
    bus_studio1_complete_remote_signal(studio, invocation);
    if (service->media) media_remote_signal(service->media, pc, signal);
    return TRUE;
}

static gboolean on_rehearse(BusStudio1 *studio, GDBusMethodInvocation *invocation, guint pc, Service *service)
{
    if (!service->media) return refuse(invocation, BUS_WRONG_STATE, "cameras and sound are still starting");
    bus_studio1_complete_rehearse(studio, invocation);
    media_rehearse(service->media, pc);
    set_session(service, PRACTICE, 0, pc);
    return TRUE;
}

static gboolean on_self_test(BusStudio1 *studio, GDBusMethodInvocation *invocation, Service *service)
{
    if (service->media) media_self_test(service->media);
    bus_studio1_complete_self_test(studio, invocation);
    return TRUE;
}

static gboolean on_stop(BusStudio1 *studio, GDBusMethodInvocation *invocation, Service *service)
{
    if (service->media) media_stop(service->media);
    channel_reset(service->channel);
    if (service->screens) screens_refresh(service->screens);
    set_session(service, "", 0, 0);
    publish_health(service);
    bus_studio1_complete_stop(studio, invocation);
    return TRUE;
}

static gboolean on_set_mute(BusStudio1 *studio, GDBusMethodInvocation *invocation, gboolean muted, Service *service)
{
    service->muted = muted;
    if (service->media) media_set_mute(service->media, muted);
    bus_studio1_complete_set_mute(studio, invocation);
    return TRUE;
}

static gboolean on_set_camera(BusStudio1 *studio, GDBusMethodInvocation *invocation, const char *view, Service *service)
{
    g_autoptr(GError) error = NULL;
    if (service->media && !media_set_camera(service->media, view, &error)) return refuse(invocation, BAD_ARGUMENT, error->message);
    g_free(service->view);
    service->view = g_strdup(view);
    bus_studio1_complete_set_camera(studio, invocation);
    return TRUE;
}

static gboolean on_send_chat(BusStudio1 *studio, GDBusMethodInvocation *invocation, const char *text, Service *service)
{
    g_autoptr(GError) error = NULL;
    if (service->media && !channel_say(service->channel, text, &error)) return refuse(invocation, BUS_WRONG_STATE, error->message);
    if (service->screens) screens_add_chat(service->screens, FALSE, text);
    bus_studio1_complete_send_chat(studio, invocation);
    return TRUE;
}

static gboolean on_screenshot(BusStudio1 *studio, GDBusMethodInvocation *invocation, const char *screen, const char *path, Service *service)
{
    g_autoptr(GError) error = NULL;
    if (!service->screens) return refuse(invocation, BUS_WRONG_STATE, "there is no screen");
    if (!screens_screenshot(service->screens, screen, path, &error)) return refuse(invocation, BAD_ARGUMENT, error->message);
    bus_studio1_complete_screenshot(studio, invocation);
    return TRUE;
}

static gboolean on_console_picture(BusStudio1 *studio, GDBusMethodInvocation *invocation, Service *service)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *png = service->screens ? screens_console_png(service->screens, &error) : NULL;
    if (!png) return refuse(invocation, BUS_WRONG_STATE, error ? error->message : "there is no screen");
    bus_studio1_complete_console_picture(studio, invocation, png);
    return TRUE;
}

/* As if the system asked: everything is put in order before the end. */
static gboolean on_quit(BusStudio1 *studio, GDBusMethodInvocation *invocation, Service *service)
{
    (void)service;
    bus_studio1_complete_quit(studio, invocation);
    g_dbus_connection_flush_sync(g_dbus_method_invocation_get_connection(invocation), NULL, NULL);
    kill(getpid(), SIGTERM);
    return TRUE;
}

static const struct {
    const char *signal;
    GCallback handler;
} METHODS[] = {
    {"handle-prepare", G_CALLBACK(on_prepare)},
    {"handle-start", G_CALLBACK(on_start)},
    {"handle-remote-signal", G_CALLBACK(on_remote_signal)},
    {"handle-rehearse", G_CALLBACK(on_rehearse)},
    {"handle-self-test", G_CALLBACK(on_self_test)},
    {"handle-stop", G_CALLBACK(on_stop)},
    {"handle-set-mute", G_CALLBACK(on_set_mute)},
    {"handle-set-camera", G_CALLBACK(on_set_camera)},
    {"handle-send-chat", G_CALLBACK(on_send_chat)},
    {"handle-screenshot", G_CALLBACK(on_screenshot)},
    {"handle-console-picture", G_CALLBACK(on_console_picture)},
    {"handle-quit", G_CALLBACK(on_quit)},
};

/* --- the bus
 * ------------------------------------------------------------------------------------------------------------------------------ */

static void disconnect_bus(Service *service)
{
    if (service->cancel) g_cancellable_cancel(service->cancel);
    g_clear_object(&service->cancel);
    g_clear_handle_id(&service->name, g_bus_unown_name);
    if (service->studio) g_dbus_interface_skeleton_unexport(G_DBUS_INTERFACE_SKELETON(service->studio));
    g_clear_object(&service->studio);
    if (service->agent) g_signal_handlers_disconnect_by_data(service->agent, service);
    g_clear_object(&service->agent);
    if (service->bus) g_signal_handlers_disconnect_by_data(service->bus, service);
    g_clear_object(&service->bus);
}

static gboolean on_retry(gpointer data)
{
    Service *service = data;
    service->retry = 0;
    connect_bus(service);
    return G_SOURCE_REMOVE;
}

static void retry_later(Service *service)
{
    if (!service->retry) service->retry = g_timeout_add_seconds(RETRY_S, on_retry, service);
}

static void on_bus_closed(GDBusConnection *bus, gboolean vanished, GError *error, gpointer data)
{
    (void)bus;
    (void)vanished;
    g_message("the bus is gone%s%s", error ? ": " : "", error ? error->message : "");
    disconnect_bus(data);
    take_snapshot(data);
    retry_later(data);
}

static void on_name_lost(GDBusConnection *bus, const char *name, gpointer data)
{
    (void)data;
    if (bus) g_warning("%s belongs to another program: is a second studio running?", name);
}

static void export_studio(Service *service)
{
    g_autoptr(GError) error = NULL;
    service->studio = bus_studio1_skeleton_new();
    for (guint i = 0; i < G_N_ELEMENTS(METHODS); i++) g_signal_connect(service->studio, METHODS[i].signal, METHODS[i].handler, service);
    bus_studio1_set_session(service->studio, g_variant_new("(suu)", service->call, service->gen, service->pc));
    publish_health(service);
    if (!g_dbus_interface_skeleton_export(G_DBUS_INTERFACE_SKELETON(service->studio), service->bus, STUDIO_PATH, &error))
        g_warning("%s cannot be offered: %s", STUDIO_PATH, error->message);
    service->name =
        g_bus_own_name_on_connection(service->bus, STUDIO_NAME, G_BUS_NAME_OWNER_FLAGS_ALLOW_REPLACEMENT | G_BUS_NAME_OWNER_FLAGS_REPLACE,
                                     NULL, on_name_lost, service, NULL);
}

static void use_bus(Service *service, GDBusConnection *bus)
{
    service->bus = bus;
    g_dbus_connection_set_exit_on_close(bus, FALSE);
    g_signal_connect(bus, "closed", G_CALLBACK(on_bus_closed), service);
    export_studio(service);
    bus_agent1_proxy_new(bus, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START, AGENT_NAME, AGENT_PATH, service->cancel, on_agent_found, service);
}

static void on_connected(GObject *object, GAsyncResult *result, gpointer data)
{
    (void)object;
    g_autoptr(GError) error = NULL;
    GDBusConnection *bus = g_dbus_connection_new_for_address_finish(result, &error);
    if (bus) {
        use_bus(data, bus);
    } else if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        g_message("the bus is not there: %s", error->message);
        retry_later(data);
    }
}

/* A connection of its own instead of the shared one: that one cannot be opened again after it closed. */
static void connect_bus(Service *service)
{
    const char *wanted = config_string(service->config, "booth", "bus");
    g_autoptr(GError) error = NULL;
    g_autofree char *address = NULL;
    if (strcmp(wanted, "system") == 0 || strcmp(wanted, "session") == 0)
        address = g_dbus_address_get_for_bus_sync(strcmp(wanted, "system") == 0 ? G_BUS_TYPE_SYSTEM : G_BUS_TYPE_SESSION, NULL, &error);
    else
        address = g_strdup(wanted);
    g_clear_object(&service->cancel);
    service->cancel = g_cancellable_new();
    if (!address) {
        g_message("the bus is not there: %s", error->message);
        retry_later(service);
        return;
    }
    g_dbus_connection_new_for_address(address,
                                      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL,
                                      service->cancel, on_connected, service);
}

/* --- life
 * --------------------------------------------------------------------------------------------------------------------------------- */

static MeterReading on_level(void *data, gboolean of_shopper)
{
    Service *service = data;
    return service->media ? media_level(service->media, of_shopper) : (MeterReading){0};
}

Service *service_new(const Config *config)
{
    Service *service = g_new0(Service, 1);
    service->config = config;
    service->call = g_strdup("");
    service->channel = channel_new(&(ChannelEvents){on_channel_send, on_channel_chat, on_channel_basket, service});
    service->products = products_new(&(ProductsEvents){on_products_found, on_products_refused, service});
    service->media_events = (MediaEvents){.local_signal = on_local_signal,
                                          .state = on_media_state,
                                          .shopper_picture = on_shopper_picture,
                                          .chat = on_message,
                                          .health_changed = on_health_changed,
                                          .data = service};
    service->screens_events = (ScreensEvents){.wish = on_wish, .level = on_level, .shown = publish_shown, .data = service};
    return service;
}

const MediaEvents *service_media_events(Service *service)
{
    return &service->media_events;
}

const ScreensEvents *service_screens_events(Service *service)
{
    return &service->screens_events;
}

void service_run(Service *service, Media *media, Screens *screens)
{
    service->media = media;
    service->screens = screens;
    service->health = g_timeout_add(HEALTH_MS, on_health_time, service);
    connect_bus(service);
}

void service_free(Service *service)
{
    if (!service) return;
    g_clear_handle_id(&service->health, g_source_remove);
    g_clear_handle_id(&service->alert, g_source_remove);
    g_clear_handle_id(&service->retry, g_source_remove);
    disconnect_bus(service);
    channel_free(service->channel);
    products_free(service->products);
    g_free(service->call);
    g_free(service->view);
    g_free(service);
}
