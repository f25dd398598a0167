#include "boothctl/simulated_shopper.h"

#include "link/link.h"
#include "wire/wire.h"

#include <string.h>

#define PING_MS       5000
#define AGAIN_MS      500  /* after "unavailable" or "too_fast" */
#define NO_PICTURE_MS 5000 /* as long as the page waits for one, */
#define LOOK_MS       1000 /* and how often it looks */

struct SimulatedShopper {
    const ShopperHabits *habits;
    const ShopperEvents *events;
    LinkEvents link_events;
    Link *link;
    char *call, *key, *end, *cause;
    gint64 asked;
    guint gen, pc, seen_pc;
    guint resumed, pictures, errors;
    guint ping, again, impatience, picture, farewell, look; /* sources */
    gint64 connecting;                                      /* since when there should be a picture; 0: there should not */
    gboolean leaves, loses, hangs_up;
};

static void clear(guint *source)
{
    g_clear_handle_id(source, g_source_remove);
}

static void say(SimulatedShopper *shopper, json_t *message)
{
    g_autofree char *text = wire_encode(WIRE_SHOPPER_TO_DESK, message);
    link_send(shopper->link, text);
}

static gboolean on_ping(gpointer data)
{
    SimulatedShopper *shopper = data;
    if (link_is_up(shopper->link)) say(shopper, json_pack("{ss}", "t", "ping"));
    return G_SOURCE_CONTINUE;
}

static void ask_or_resume(SimulatedShopper *shopper)
{
    /* A link that came back asks at once, and what it had meant to say again before is said so. */
    clear(&shopper->again);
    if (shopper->call) {
        shopper->resumed++;
        say(shopper, json_pack("{ss ss ss}", "t", "resume", "call", shopper->call, "key", shopper->key));
        return;
    }
    if (!shopper->asked) shopper->asked = g_get_monotonic_time();
    say(shopper, json_pack("{ss ss ss sb s[ss]}", "t", "ask", "topic", shopper->habits->topic, "lang", shopper->habits->lang, "terms", 1,
                           "codecs", "H264", "VP8"));
}

static gboolean on_again(gpointer data)
{
    SimulatedShopper *shopper = data;
    shopper->again = 0;
    if (link_is_up(shopper->link)) ask_or_resume(shopper);
    return G_SOURCE_REMOVE;
}

static gboolean on_impatience(gpointer data)
{
    SimulatedShopper *shopper = data;
    shopper->impatience = 0;
    if (shopper->loses) {
        shopper->loses = FALSE;
        link_close(shopper->link, 1001, "lost");
    } else if (link_is_up(shopper->link)) {
        say(shopper, json_pack("{ss}", "t", "leave"));
    } else {
        shopper->impatience = g_timeout_add(AGAIN_MS, on_impatience, shopper);
    }
    return G_SOURCE_REMOVE;
}

static gboolean on_farewell(gpointer data)
{
    SimulatedShopper *shopper = data;
    shopper->farewell = 0;
    say(shopper, json_pack("{ss si}", "t", "hangup", "gen", (int)shopper->gen));
    return G_SOURCE_REMOVE;
}

static void say_media_up(SimulatedShopper *shopper)
{
    say(shopper, json_pack("{ss si si}", "t", "media_up", "gen", (int)shopper->gen, "pc", (int)shopper->seen_pc));
}

static gboolean on_picture(gpointer data)
{
    SimulatedShopper *shopper = data;
    shopper->picture = 0;
    if (shopper->seen_pc != shopper->pc) shopper->pictures++;
    shopper->seen_pc = shopper->pc;
    say_media_up(shopper);
    if (shopper->hangs_up && !shopper->farewell)
        shopper->farewell = g_timeout_add(simulate_pick(&shopper->habits->talk_ms), on_farewell, shopper);
    return G_SOURCE_REMOVE;
}

static gboolean on_look(gpointer data)
{
    SimulatedShopper *shopper = data;
    gboolean misses = !shopper->seen_pc && g_get_monotonic_time() - shopper->connecting >= NO_PICTURE_MS * G_TIME_SPAN_MILLISECOND;
    if (misses && link_is_up(shopper->link)) say(shopper, json_pack("{ss si}", "t", "no_picture", "gen", (int)shopper->gen));
    return G_SOURCE_CONTINUE;
}

/* What belonged to another offer of the call. */
static void forget_media(SimulatedShopper *shopper)
{
    clear(&shopper->picture);
    clear(&shopper->farewell);
    clear(&shopper->look);
    shopper->connecting = 0;
    shopper->pc = shopper->seen_pc = 0;
}

static void on_ringing(SimulatedShopper *shopper, const json_t *message)
{
    forget_media(shopper);
    shopper->gen = (guint)wire_int(message, "gen");
}

static void on_connecting(SimulatedShopper *shopper, const json_t *message)
{
    if (shopper->gen != (guint)wire_int(message, "gen")) on_ringing(shopper, message);
    /* A desk that died may have taken the word of the first picture with it. */
    if (shopper->seen_pc) say_media_up(shopper);
    if (shopper->connecting) return;
    shopper->connecting = g_get_monotonic_time();
    shopper->look = g_timeout_add(LOOK_MS, on_look, shopper);
}

static void on_queued(SimulatedShopper *shopper, const json_t *message)
{
    forget_media(shopper);
    if (shopper->call) return;
    shopper->call = g_strdup(wire_string(message, "call"));
    shopper->key = g_strdup(wire_string(message, "key"));
    if (shopper->leaves || shopper->loses)
        shopper->impatience = g_timeout_add(simulate_pick(&shopper->habits->patience_ms), on_impatience, shopper);
    if (shopper->events->called) shopper->events->called(shopper->events->data, shopper, shopper->call, shopper->asked);
}

static void on_signal(SimulatedShopper *shopper, const json_t *message)
{
    gboolean newer = (guint)wire_int(message, "gen") == shopper->gen && (guint)wire_int(message, "pc") > shopper->pc;
    if (strcmp(wire_string(message, "kind"), "offer") != 0 || !shopper->connecting || !newer) return;
    shopper->pc = (guint)wire_int(message, "pc");
    say(shopper,
        json_pack("{ss si si ss ss}", "t", "signal", "gen", (int)shopper->gen, "pc", (int)shopper->pc, "kind", "answer", "sdp", "v=0\r\n"));
    clear(&shopper->picture);
    shopper->picture = g_timeout_add(simulate_pick(&shopper->habits->picture_ms), on_picture, shopper);
}

static void finish(SimulatedShopper *shopper, const char *end, const char *cause)
{
    if (shopper->end) return;
    shopper->end = g_strdup(end);
    shopper->cause = g_strdup(cause);
    clear(&shopper->again);
    clear(&shopper->impatience);
    forget_media(shopper);
    shopper->events->ended(shopper->events->data, shopper);
}

static void on_error(SimulatedShopper *shopper, const json_t *message)
{
    const char *code = wire_string(message, "code");
    if (strcmp(code, "unavailable") == 0 || strcmp(code, "too_fast") == 0) {
        if (!shopper->again) shopper->again = g_timeout_add(AGAIN_MS, on_again, shopper);
    } else if (strcmp(code, "unknown_call") == 0) {
        finish(shopper, "unknown", "");
    } else if (strcmp(code, "stale") != 0) {
        shopper->errors++;
        if (!shopper->call) finish(shopper, code, "");
    }
}

static void on_received(void *data, const char *text, gsize length)
{
    SimulatedShopper *shopper = data;
    g_autoptr(GError) error = NULL;
    json_t *message = wire_decode(WIRE_DESK_TO_SHOPPER, text, length, &error);
    if (!message) {
        shopper->errors++;
        g_printerr("shopper: the desk said something strange: %s\n", error->message);
        return;
    }
    const char *type = wire_type(message);
    if (shopper->end) {
        /* What comes after the end is of no interest. */
    } else if (strcmp(type, "queued") == 0) {
        on_queued(shopper, message);
    } else if (strcmp(type, "ringing") == 0) {
        on_ringing(shopper, message);
    } else if (strcmp(type, "connecting") == 0) {
        on_connecting(shopper, message);
    } else if (strcmp(type, "signal") == 0) {
        on_signal(shopper, message);
    } else if (strcmp(type, "ended") == 0) {
        finish(shopper, wire_string(message, "outcome"), wire_string(message, "cause"));
    } else if (strcmp(type, "error") == 0) {
        on_error(shopper, message);
    }
    json_decref(message);
}

static void on_up(void *data, const char *address)
{
    (void)address;
    SimulatedShopper *shopper = data;
    if (!shopper->end) ask_or_resume(shopper);
}

static void on_down(void *data, gboolean was_up, int code, const char *why)
{
    (void)data, (void)was_up, (void)code, (void)why; /* the link comes back by itself, and the call is resumed then */
}

SimulatedShopper *simulated_shopper_new(const ShopperHabits *habits, const ShopperEvents *events, GError **error)
{
    SimulatedShopper *shopper = g_new0(SimulatedShopper, 1);
    shopper->habits = habits;
    shopper->events = events;
    shopper->leaves = simulate_chance(habits->leave);
    shopper->loses = !shopper->leaves && simulate_chance(habits->lose);
    shopper->hangs_up = simulate_chance(habits->hang_up);
    shopper->link_events = (LinkEvents){.up = on_up, .received = on_received, .down = on_down, .data = shopper};
    LinkSettings settings = {.addresses = habits->desks, .subprotocol = WIRE_SUBPROTOCOL_SHOPPER};
    shopper->link = link_new(&settings, &shopper->link_events, error);
    if (!shopper->link) {
        g_free(shopper);
        return NULL;
    }
    shopper->ping = g_timeout_add(PING_MS, on_ping, shopper);
    return shopper;
}

void simulated_shopper_free(SimulatedShopper *shopper)
{
    if (!shopper) return;
    clear(&shopper->ping);
    clear(&shopper->again);
    clear(&shopper->impatience);
    forget_media(shopper);
    link_free(shopper->link);
    g_free(shopper->call);
    g_free(shopper->key);
    g_free(shopper->end);
    g_free(shopper->cause);
    g_free(shopper);
}

ShopperEnd simulated_shopper_end(const SimulatedShopper *shopper)
{
    return (ShopperEnd){
        .call = shopper->call ? shopper->call : "",
        .end = shopper->end ? shopper->end : "",
        .cause = shopper->cause ? shopper->cause : "",
        .asked = shopper->asked,
        .resumed = shopper->resumed,
        .pictures = shopper->pictures,
        .errors = shopper->errors,
    };
}
