/* A fleet of booths' links without calls: each says hello and sends its status as an agent does, every 10 s and when its state changes. */
#include "authority/authority.h"
#include "boothctl/simulate.h"
#include "boothctl/simulated_booth.h"

#include <glib-unix.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define HOUR_S        3600
#define NEXT_MS       2  /* between two links */
#define LINKING_MAX   12 /* at once; a desk ends handshakes that are too slow, and they share one processor here */
#define STORE_BOOTHS  3  /* in one store */
#define REGION_STORES 12

typedef struct {
    GMainLoop *loop;
    char **desks, *folder;
    const char *authority;
    GPtrArray *booths;
    BoothEvents events;
    SimulateSpan talk_ms;
    guint ready, failures, bad, count;
    gboolean told;
    GError *error;
} SimulatedFleet;

static const char *const regions[] = {"Oslo", "Vestland", "Trøndelag", "Stockholm", "Skåne", "Hovedstaden", "Jylland", "Uusimaa"};
static const char *const topics[] = {"tv", "computers", "phones", "appliances", "other"};

/* The number at the end of its id. */
static guint number_of(const char *booth)
{
    return (guint)g_ascii_strtoull(strrchr(booth, '-') + 1, NULL, 10);
}

static const char *state_of(guint number)
{
    static const char *const states[] = {"ready", "ready",   "live",   "ready", "paused",    "live",
                                         "ready", "ringing", "wrapup", "ready", "connecting"};
    /* One in so many is something else for a while. */
    return states[(number + (guint)(g_get_monotonic_time() / G_USEC_PER_SEC / (30 + number % 60))) % G_N_ELEMENTS(states)];
}

static json_t *problems_of(guint number)
{
    static const char *const names[] = {"camera_product_missing", "microphone_silent", "storage_full", "demo_missing"};
    json_t *list = json_array();
    if (number % 17 == 5)
        json_array_append_new(list, json_pack("{ss ss sI sb}", "name", names[number / 17 % 4], "severity", number % 2 ? "error" : "warning",
                                              "since_utc", (json_int_t)(g_get_real_time() / 1000 - number * 60000LL), "blocks_ready",
                                              number % 2));
    return list;
}

static json_t *device_of(const char *driver, const char *name)
{
    return json_pack("{ss ss sb si ss}", "driver", driver, "name", name, "ok", 1, "fps", 30, "problem", "");
}

static json_t *studio_of(void)
{
    return json_pack("{sb s{s{so so} so so so so s{si ss si si si si sf}}}", "up", 1, "health", "camera", "face",
                     device_of("libcamera", "UVC camera"), "product", device_of("libcamera", "UVC camera 2"), "microphone",
                     device_of("alsa", "USB speakerphone"), "speaker", device_of("alsa", "USB speakerphone"), "console",
                     device_of("sdl", "HDMI-A-1"), "demo", device_of("sdl", "HDMI-A-2"), "media", "pc", 1, "state", "none", "sent_fps", 30,
                     "sent_kbps", 1800, "received_fps", 30, "rtt_ms", 30, "loss", 0.001);
}

/* Nonsense from the first booths where that is asked for: what a desk has to bear. */
static json_t *nonsense(guint number)
{
    json_t *problems = json_array();
    switch (number % 3) {
    case 0: return json_pack("{ss si so}", "state", "dancing", "now_mono", -5, "problems", json_string("none"));
    case 1:
        for (guint i = 0; i < 1000; i++) json_array_append_new(problems, json_pack("{ss ss}", "name", "made_up", "severity", "terrible"));
        return json_pack("{ss so}", "state", "ready", "problems", problems);
    default:
        json_decref(problems);
        return json_pack("{ss so}", "state", "ready", "name", json_string(g_intern_string(g_strnfill(50000, 'x'))));
    }
}

static json_t *on_status(gpointer data, const char *booth)
{
    const SimulatedFleet *fleet = data;
    guint number = number_of(booth), store = (number - 1) / STORE_BOOTHS, region = store / REGION_STORES % G_N_ELEMENTS(regions);
    if (number <= fleet->bad) return nonsense(number);
    const char *state = state_of(number);
    gboolean in_call = strcmp(state, "live") == 0 || strcmp(state, "ringing") == 0 || strcmp(state, "connecting") == 0;
    g_autofree char *name = g_strdup_printf("Booth %u", (number - 1) % STORE_BOOTHS + 1),
                    *place = g_strdup_printf("%s %u", regions[region], store + 1);
    gint64 now = g_get_monotonic_time() / 1000;
    json_t *snapshot = json_pack(
        "{si ss ss ss ss ss sI ss sb so s{sb ss ss} so so s{si si} ss sf sI}", "v", 1, "booth", booth, "name", name, "store", place,
        "region", regions[region], "state", state, "since_mono", (json_int_t)(now - now % (30000 + number % 60 * 1000)), "pause_reason",
        strcmp(state, "paused") == 0 ? "lunch" : "", "ready_wanted", 1, "problems", problems_of(number), "link", "up", 1, "address",
        fleet->desks[0], "why", "", "call", in_call ? json_pack("{ss ss}", "topic", topics[number % 5], "lang", "nb") : json_null(),
        "studio", studio_of(), "records", "waiting", 0, "stored", (int)number, "version", number % 9 ? "1.4.2" : "1.4.1", "temperature_c",
        48.0 + number % 20, "now_mono", (json_int_t)now);
    return snapshot;
}

static void on_ready(gpointer data, const char *booth)
{
    (void)booth;
    SimulatedFleet *fleet = data;
    if (++fleet->ready < fleet->count || fleet->told) return;
    fleet->told = TRUE;
    puts("linked");
    fflush(stdout);
}

static void on_failed(gpointer data, const char *booth, const char *why)
{
    SimulatedFleet *fleet = data;
    if (fleet->failures++ < 5) g_printerr("boothctl simulate fleet: %s: %s\n", booth, why);
}

static gboolean add_booth(SimulatedFleet *fleet, const char *authority, guint number)
{
    g_autofree char *id = g_strdup_printf("booth-%04u", number);
    g_autofree char *certificate = g_strdup_printf("%s/%s.crt", fleet->folder, id), *key = g_strdup_printf("%s/%s.key", fleet->folder, id);
    g_autofree char *root = g_build_filename(authority, AUTHORITY_CERTIFICATE, NULL);
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    if (!authority_issue_booth(authority, id, certificate, key, now - HOUR_S, now + 24 * HOUR_S, &fleet->error)) return FALSE;
    TransportIdentity identity = {
        .authority = g_intern_string(root), .certificate = g_intern_string(certificate), .key = g_intern_string(key)};
    SimulatedBooth *booth =
        simulated_booth_new(id, (const char *const *)fleet->desks, &identity, &fleet->talk_ms, &fleet->events, &fleet->error);
    if (booth) g_ptr_array_add(fleet->booths, booth);
    return booth != NULL;
}

static gboolean on_end(gpointer data)
{
    g_main_loop_quit(((SimulatedFleet *)data)->loop);
    return G_SOURCE_REMOVE;
}

/* A few at once: handshakes wait for each other, here and at the desk, which ends those that wait too long. */
static gboolean on_next(gpointer data)
{
    SimulatedFleet *fleet = data;
    if (fleet->booths->len >= fleet->ready + LINKING_MAX) return G_SOURCE_CONTINUE;
    if (!add_booth(fleet, fleet->authority, fleet->booths->len + 1)) g_main_loop_quit(fleet->loop);
    return !fleet->error && fleet->booths->len < fleet->count ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void booth_free(gpointer data)
{
    simulated_booth_free(data);
}

static void remove_folder(const SimulatedFleet *fleet)
{
    for (guint i = 1; fleet->folder && i <= fleet->count; i++) {
        static const char *const kinds[] = {"crt", "key"};
        for (guint k = 0; k < G_N_ELEMENTS(kinds); k++) {
            g_autofree char *path = g_strdup_printf("%s/booth-%04u.%s", fleet->folder, i, kinds[k]);
            g_unlink(path);
        }
    }
    if (fleet->folder) g_rmdir(fleet->folder);
}

static int run_fleet(SimulatedFleet *fleet, const char *authority, guint seconds)
{
    fleet->events = (BoothEvents){.ready = on_ready, .failed = on_failed, .status = on_status, .data = fleet};
    fleet->loop = g_main_loop_new(NULL, FALSE);
    fleet->booths = g_ptr_array_new_with_free_func(booth_free);
    fleet->folder = g_dir_make_tmp("livebooth-fleet.XXXXXX", &fleet->error);
    fleet->authority = authority;
    g_timeout_add(NEXT_MS, on_next, fleet);
    if (!fleet->error) {
        g_unix_signal_add(SIGTERM, on_end, fleet);
        g_unix_signal_add(SIGINT, on_end, fleet);
        g_timeout_add_seconds(seconds, on_end, fleet);
        g_main_loop_run(fleet->loop);
    }
    g_ptr_array_unref(fleet->booths);
    g_main_loop_unref(fleet->loop);
    remove_folder(fleet);
    if (fleet->error) g_printerr("boothctl simulate fleet: %s\n", fleet->error->message);
    return fleet->error ? 2 : 0;
}

int simulate_fleet(int argc, char **argv)
{
    SimulatedFleet fleet = {.talk_ms = {1000, 1000}};
    int booths = 200, seconds = 3600, bad = 0, status = 2;
    g_autofree char *authority = NULL;
    const GOptionEntry entries[] = {
        {"desk", 0, 0, G_OPTION_ARG_STRING_ARRAY, &fleet.desks, "where booths connect; several are tried in turn",
         "wss://HOST:PORT/ws/booth"},
        {"authority", 0, 0, G_OPTION_ARG_FILENAME, &authority, "folder of the authority; the booths' certificates are made from it",
         "FOLDER"},
        {"booths", 0, 0, G_OPTION_ARG_INT, &booths, "how many", "N"},
        {"bad", 0, 0, G_OPTION_ARG_INT, &bad, "the first so many send nonsense", "N"},
        {"seconds", 0, 0, G_OPTION_ARG_INT, &seconds, "until it ends", "S"},
        {0},
    };
    gboolean understood =
        simulate_options("fleet", "Booths that send their status and take no calls; says \"linked\" once all are.", entries, argc, argv);
    fleet.count = (guint)booths;
    fleet.bad = (guint)bad;
    if (understood && (!fleet.desks || !authority || booths < 1 || booths > 5000 || bad < 0 || seconds < 1)) {
        g_printerr("boothctl simulate fleet: needs --desk and --authority, 1-5000 booths\n");
    } else if (understood) {
        simulate_raise_limits();
        status = run_fleet(&fleet, authority, (guint)seconds);
    }
    g_strfreev(fleet.desks);
    g_free(fleet.folder);
    g_clear_error(&fleet.error);
    return status;
}
