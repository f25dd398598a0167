#include "boothctl/simulated_booth.h"

#include "link/link.h"
#include "wire/wire.h"

#include <string.h>

#define RENEW_MS  5000
#define STATUS_MS 10000

struct SimulatedBooth {
    char *id;
    Link *link;
    LinkEvents link_events;
    const BoothEvents *events;
    const SimulateSpan *talk_ms;
    char *call, *nonce;
    guint gen, seq;
    guint talk, renew, status; /* sources */
    gint64 epoch;
    gboolean told_ready;
};

static void say(SimulatedBooth *booth, json_t *message)
{
    g_autofree char *text = wire_encode(WIRE_BOOTH_TO_DESK, message);
    link_send(booth->link, text);
}

static json_t *about_call(const SimulatedBooth *booth, const char *type)
{
    return json_pack("{ss ss si ss}", "t", type, "call", booth->call, "gen", (int)booth->gen, "nonce", booth->nonce);
}

static void drop_call(SimulatedBooth *booth)
{
    g_clear_handle_id(&booth->talk, g_source_remove);
    g_clear_pointer(&booth->call, g_free);
    g_clear_pointer(&booth->nonce, g_free);
}

static gboolean on_status(gpointer data)
{
    SimulatedBooth *booth = data;
    if (link_is_up(booth->link))
        say(booth, json_pack("{ss so}", "t", "status", "snapshot", booth->events->status(booth->events->data, booth->id)));
    return G_SOURCE_CONTINUE;
}

/* As an agent does: at once, and then regularly. */
static void begin_status(SimulatedBooth *booth)
{
    on_status(booth);
    if (!booth->status) booth->status = g_timeout_add(STATUS_MS, on_status, booth);
    if (!booth->told_ready) booth->events->ready(booth->events->data, booth->id);
    booth->told_ready = TRUE;
}

static void pull(SimulatedBooth *booth)
{
    if (booth->events->status) {
        begin_status(booth);
        return;
    }
    say(booth, json_pack("{ss si}", "t", "pull", "seq", (int)++booth->seq));
    if (!booth->told_ready) booth->events->ready(booth->events->data, booth->id);
    booth->told_ready = TRUE;
}

static gboolean on_talked(gpointer data)
{
    SimulatedBooth *booth = data;
    booth->talk = 0;
    json_t *end = about_call(booth, "end");
    json_object_set_new(end, "reason", json_string("hangup"));
    say(booth, end);
    return G_SOURCE_REMOVE;
}

static gboolean on_renew(gpointer data)
{
    SimulatedBooth *booth = data;
    if (booth->call && link_is_up(booth->link)) say(booth, about_call(booth, "renew"));
    return G_SOURCE_CONTINUE;
}

static void on_offer(SimulatedBooth *booth, const json_t *message)
{
    drop_call(booth);
    booth->call = g_strdup(wire_string(message, "call"));
    booth->nonce = g_strdup(wire_string(message, "nonce"));
    booth->gen = (guint)wire_int(message, "gen");
    booth->events->offered(booth->events->data, booth->call, booth->gen, g_get_monotonic_time());
    say(booth, about_call(booth, "accept"));
}

static void on_accepted(SimulatedBooth *booth)
{
    booth->events->accepted(booth->events->data, booth->call, g_get_monotonic_time());
    say(booth, json_pack("{ss ss si si ss ss ss}", "t", "signal", "call", booth->call, "gen", (int)booth->gen, "pc", 1, "kind", "offer",
                         "sdp", "v=0\r\n", "codec", "H264"));
    booth->talk = g_timeout_add(simulate_pick(booth->talk_ms), on_talked, booth);
}

static void on_received(void *data, const char *text, gsize length)
{
    SimulatedBooth *booth = data;
    g_autoptr(GError) error = NULL;
    json_t *message = wire_decode(WIRE_DESK_TO_BOOTH, text, length, &error);
    if (!message) {
        g_printerr("%s: the desk said something strange: %s\n", booth->id, error->message);
        return;
    }
    const char *type = wire_type(message);
    gboolean mine = booth->call && strcmp(wire_string(message, "call"), booth->call) == 0;
    if (strcmp(type, "welcome") == 0) {
        pull(booth);
    } else if (strcmp(type, "offer") == 0) {
        on_offer(booth, message);
    } else if (strcmp(type, "accepted") == 0 && mine) {
        on_accepted(booth);
    } else if ((strcmp(type, "ended") == 0 || strcmp(type, "withdrawn") == 0 || strcmp(type, "refused") == 0) && mine) {
        drop_call(booth);
        pull(booth);
    } else if (strcmp(type, "error") == 0) {
        g_printerr("%s: error from the desk: %s %s\n", booth->id, wire_string(message, "code"), wire_string(message, "detail"));
    }
    json_decref(message);
}

static void on_up(void *data, const char *address)
{
    (void)address;
    SimulatedBooth *booth = data;
    drop_call(booth);
    say(booth, json_pack("{ss si ss ss ss ss s[s] s[sssss] sI ss}", "t", "hello", "v", 1, "booth", booth->id, "name", booth->id, "store",
                         "", "region", "", "topics", "*", "langs", "en", "nb", "sv", "da", "fi", "epoch", (json_int_t)booth->epoch,
                         "version", "simulated"));
}

static void on_down(void *data, gboolean was_up, int code, const char *why)
{
    (void)was_up, (void)code;
    SimulatedBooth *booth = data;
    drop_call(booth);
    booth->events->failed(booth->events->data, booth->id, why);
}

SimulatedBooth *simulated_booth_new(const char *id, const char *const *desks, const TransportIdentity *identity,
                                    const SimulateSpan *talk_ms, const BoothEvents *events, GError **error)
{
    SimulatedBooth *booth = g_new0(SimulatedBooth, 1);
    booth->id = g_strdup(id);
    booth->events = events;
    booth->talk_ms = talk_ms;
    booth->epoch = g_get_real_time() / G_TIME_SPAN_MILLISECOND;
    booth->link_events = (LinkEvents){.up = on_up, .received = on_received, .down = on_down, .data = booth};
    LinkSettings settings = {.addresses = desks, .subprotocol = WIRE_SUBPROTOCOL_BOOTH, .identity = identity};
    booth->link = link_new(&settings, &booth->link_events, error);
    booth->renew = g_timeout_add(RENEW_MS, on_renew, booth);
    if (booth->link) return booth;
    simulated_booth_free(booth);
    return NULL;
}

void simulated_booth_free(SimulatedBooth *booth)
{
    if (!booth) return;
    drop_call(booth);
    g_source_remove(booth->renew);
    g_clear_handle_id(&booth->status, g_source_remove);
    link_free(booth->link);
    g_free(booth->id);
    g_free(booth);
}
