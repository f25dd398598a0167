#include "boothctl/simulated_studio.h"

#include "bus/agent1.h"
#include "bus/names.h"
#include "bus/studio1.h"
#include "wire/wire.h"

#include <string.h>

#define LOOK_MS  50   /* the advisor looks at the console */
#define AGAIN_MS 1000 /* a button that was pressed in vain is pressed anew */

struct SimulatedStudio {
    const StudioHabits *habits;
    GDBusConnection *bus;
    BusStudio1 *skeleton;
    BusAgent1 *agent;
    guint name, look, pc;
    char *seen; /* the situation, "state call gen", that the next button belongs to */
    gint64 press_at;
    gboolean declines, ignores;
};

static void set_media(SimulatedStudio *studio, const char *state)
{
    gboolean connected = strcmp(state, "connected") == 0;
    json_t *device = json_pack("{ss ss sb si ss}", "driver", "sim", "name", "simulated", "ok", 1, "fps", 30, "problem", "");
    json_t *screen = json_pack("{ss ss sb ss}", "driver", "sdl", "name", "offscreen", "ok", 1, "problem", "");
    json_t *sound = json_pack("{ss ss sb si ss}", "driver", "sim", "name", "simulated", "ok", 1, "level_db", -40, "problem", "");
    json_t *media = json_pack("{si ss ss si si si si si si si si si sf si ss}", "pc", (int)studio->pc, "state", state, "codec", "H264",
                              "sent_fps", connected ? 30 : 0, "sent_kbps", 0, "sent_width", 1280, "sent_height", 720, "received_fps",
                              connected ? 30 : 0, "received_frames", connected ? 1 : 0, "audio_sent_db", -20, "audio_received_db", -20,
                              "rtt_ms", 1, "loss", 0.0, "received_age_ms", -1, "codec_refused", "");
    json_t *health = json_pack("{s{sO sO} sO sO sO sO so}", "camera", "face", device, "product", device, "microphone", sound, "speaker",
                               sound, "console", screen, "demo", screen, "media", media);
    char *text = json_dumps(health, JSON_COMPACT);
    bus_studio1_set_health(studio->skeleton, text);
    free(text);
    json_decref(health);
    json_decref(device);
    json_decref(screen);
    json_decref(sound);
}

static void set_session(SimulatedStudio *studio, const char *call, guint gen, guint pc, const char *state)
{
    studio->pc = pc;
    bus_studio1_set_session(studio->skeleton, g_variant_new("(suu)", call, gen, pc));
    set_media(studio, state);
}

static gboolean on_prepare(BusStudio1 *skeleton, GDBusMethodInvocation *invocation, const char *call, guint gen, guint pc,
                           const char *const *codecs, const char *ice, gpointer data)
{
    (void)codecs, (void)ice;
    set_session(data, call, gen, pc, "new");
    bus_studio1_complete_prepare(skeleton, invocation);
    return TRUE;
}

static gboolean on_start(BusStudio1 *skeleton, GDBusMethodInvocation *invocation, const char *call, guint gen, guint pc,
                         const char *const *codecs, const char *ice, gpointer data)
{
    (void)codecs, (void)ice;
    set_session(data, call, gen, pc, "connecting");
    bus_studio1_complete_start(skeleton, invocation);
    bus_studio1_emit_media_state(skeleton, pc, "connecting");
    bus_studio1_emit_local_signal(skeleton, pc, "{\"kind\":\"offer\",\"sdp\":\"v=0\\r\\n\",\"codec\":\"H264\"}");
    return TRUE;
}

static gboolean on_remote_signal(BusStudio1 *skeleton, GDBusMethodInvocation *invocation, guint pc, const char *signal, gpointer data)
{
    SimulatedStudio *studio = data;
    bus_studio1_complete_remote_signal(skeleton, invocation);
    if (pc != studio->pc || !strstr(signal, "\"answer\"")) return TRUE;
    set_media(studio, "connected");
    bus_studio1_emit_media_state(skeleton, pc, "connected");
    bus_studio1_emit_shopper_picture(skeleton, pc);
    return TRUE;
}

static gboolean on_stop(BusStudio1 *skeleton, GDBusMethodInvocation *invocation, gpointer data)
{
    set_session(data, "", 0, 0, "none");
    bus_studio1_complete_stop(skeleton, invocation);
    return TRUE;
}

static gboolean on_set_mute(BusStudio1 *skeleton, GDBusMethodInvocation *invocation, gboolean muted, gpointer data)
{
    (void)muted, (void)data;
    bus_studio1_complete_set_mute(skeleton, invocation);
    return TRUE;
}

static gboolean on_set_camera(BusStudio1 *skeleton, GDBusMethodInvocation *invocation, const char *view, gpointer data)
{
    (void)view, (void)data;
    bus_studio1_complete_set_camera(skeleton, invocation);
    return TRUE;
}

/* What the advisor does in a situation: the button of that state. */
static void press(SimulatedStudio *studio, const char *state)
{
    if (strcmp(state, "paused") == 0) {
        bus_agent1_call_ready(studio->agent, NULL, NULL, NULL);
    } else if (strcmp(state, "ringing") == 0) {
        if (studio->declines)
            bus_agent1_call_decline(studio->agent, NULL, NULL, NULL);
        else if (!studio->ignores)
            bus_agent1_call_accept(studio->agent, NULL, NULL, NULL);
    } else if (strcmp(state, "live") == 0) {
        bus_agent1_call_hang_up(studio->agent, NULL, NULL, NULL);
    } else if (strcmp(state, "wrapup") == 0) {
        bus_agent1_call_outcome(studio->agent, "advice", "", NULL, NULL, NULL);
    }
}

static void look_at(SimulatedStudio *studio, const json_t *snapshot)
{
    const char *state = wire_string(snapshot, "state");
    const json_t *call = json_object_get(snapshot, "call");
    g_autofree char *situation = g_strdup_printf("%s %s %d", state, wire_string(call, "id"), (int)wire_int(call, "gen"));
    gint64 now = g_get_monotonic_time();
    if (g_strcmp0(situation, studio->seen) != 0) {
        g_free(studio->seen);
        studio->seen = g_steal_pointer(&situation);
        studio->declines = simulate_chance(studio->habits->decline);
        studio->ignores = simulate_chance(studio->habits->ignore);
        const SimulateSpan *span = strcmp(state, "live") == 0 ? &studio->habits->talk_ms : &studio->habits->react_ms;
        studio->press_at = now + (gint64)simulate_pick(span) * 1000;
    }
    if (now >= studio->press_at) {
        studio->press_at = now + AGAIN_MS * G_TIME_SPAN_MILLISECOND;
        press(studio, state);
    }
}

static gboolean on_look(gpointer data)
{
    SimulatedStudio *studio = data;
    const char *text = studio->agent ? bus_agent1_get_snapshot(studio->agent) : NULL;
    json_t *snapshot = text ? json_loads(text, 0, NULL) : NULL;
    if (snapshot) look_at(studio, snapshot);
    json_decref(snapshot);
    return G_SOURCE_CONTINUE;
}

static gboolean serve(SimulatedStudio *studio, GError **error)
{
    const struct {
        const char *signal;
        GCallback handler;
    } handlers[] = {
        {"handle-prepare", G_CALLBACK(on_prepare)},
        {"handle-start", G_CALLBACK(on_start)},
        {"handle-remote-signal", G_CALLBACK(on_remote_signal)},
        {"handle-stop", G_CALLBACK(on_stop)},
        {"handle-set-mute", G_CALLBACK(on_set_mute)},
        {"handle-set-camera", G_CALLBACK(on_set_camera)},
    };
    studio->skeleton = bus_studio1_skeleton_new();
    for (gsize i = 0; i < G_N_ELEMENTS(handlers); i++) g_signal_connect(studio->skeleton, handlers[i].signal, handlers[i].handler, studio);
    set_session(studio, "", 0, 0, "none");
    if (!g_dbus_interface_skeleton_export(G_DBUS_INTERFACE_SKELETON(studio->skeleton), studio->bus, STUDIO_PATH, error)) return FALSE;
    studio->name = g_bus_own_name_on_connection(studio->bus, STUDIO_NAME, G_BUS_NAME_OWNER_FLAGS_NONE, NULL, NULL, NULL, NULL);
    return TRUE;
}

SimulatedStudio *simulated_studio_new(const char *bus, const StudioHabits *habits, GError **error)
{
    SimulatedStudio *studio = g_new0(SimulatedStudio, 1);
    studio->habits = habits;
    studio->bus = g_dbus_connection_new_for_address_sync(
        bus, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL, NULL, error);
    gboolean well = studio->bus && serve(studio, error);
    if (well && habits->advisor) {
        /* The agent may come later and go in between; its proxy follows. */
        studio->agent = bus_agent1_proxy_new_sync(studio->bus, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START, AGENT_NAME, AGENT_PATH, NULL, error);
        studio->look = g_timeout_add(LOOK_MS, on_look, studio);
        well = studio->agent != NULL;
    }
    if (well) return studio;
    simulated_studio_free(studio);
    return NULL;
}

void simulated_studio_free(SimulatedStudio *studio)
{
    if (!studio) return;
    if (studio->look) g_source_remove(studio->look);
    if (studio->name) g_bus_unown_name(studio->name);
    if (studio->skeleton) g_dbus_interface_skeleton_unexport(G_DBUS_INTERFACE_SKELETON(studio->skeleton));
    g_clear_object(&studio->agent);
    g_clear_object(&studio->skeleton);
    g_clear_object(&studio->bus);
    g_free(studio->seen);
    g_free(studio);
}
