#include "authority/authority.h"
#include "boothctl/simulate.h"
#include "boothctl/simulated_booth.h"
#include "boothctl/simulated_shopper.h"

#include <glib/gstdio.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>

#define HOUR_S 3600

typedef struct {
    gint64 asked, offered; /* µs, monotonic; 0 while not known */
} CallTimes;

typedef struct {
    GMainLoop *loop;
    char **booth_desks, **shopper_desks;
    char *folder; /* of the booths' certificates; removed at the end */
    GPtrArray *booths, *shoppers, *texts;
    GArray *waits;     /* of double: request to offer, ms */
    GHashTable *calls; /* id → CallTimes */
    ShopperHabits habits;
    ShopperEvents shopper_events;
    BoothEvents booth_events;
    SimulateSpan talk_ms;
    guint ready, booth_failures, claims, completed, other_ends, shopper_count;
    double rate;
    gint64 last_claim, began;
    gboolean arriving;
    GError *error;
} Load;

static CallTimes *times_of(Load *load, const char *call)
{
    CallTimes *times = g_hash_table_lookup(load->calls, call);
    if (times) return times;
    times = g_new0(CallTimes, 1);
    g_hash_table_insert(load->calls, g_strdup(call), times);
    return times;
}

/* Booth and shopper learn of a call in either order. */
static void measure(Load *load, const CallTimes *times)
{
    if (!times->asked || !times->offered) return;
    double wait = (double)(times->offered - times->asked) / 1000;
    g_array_append_val(load->waits, wait);
}

static void on_called(gpointer data, SimulatedShopper *shopper, const char *call, gint64 asked)
{
    (void)shopper;
    Load *load = data;
    CallTimes *times = times_of(load, call);
    times->asked = asked;
    measure(load, times);
}

static void on_offered(gpointer data, const char *call, guint gen, gint64 at)
{
    Load *load = data;
    CallTimes *times = times_of(load, call);
    if (gen != 1 || times->offered) return;
    times->offered = at;
    measure(load, times);
}

static void on_accepted(gpointer data, const char *call, gint64 at)
{
    (void)call;
    Load *load = data;
    load->claims++;
    load->last_claim = at;
}

static void on_ended(gpointer data, SimulatedShopper *shopper)
{
    Load *load = data;
    if (g_strcmp0(simulated_shopper_end(shopper).end, "completed") == 0)
        load->completed++;
    else
        load->other_ends++;
    if (load->completed + load->other_ends == load->shopper_count) g_main_loop_quit(load->loop);
}

static gboolean on_arrivals(gpointer data)
{
    Load *load = data;
    double due = (double)(g_get_monotonic_time() - load->began) / G_USEC_PER_SEC * load->rate;
    while (load->shoppers->len < load->shopper_count && load->shoppers->len < due) {
        SimulatedShopper *shopper = simulated_shopper_new(&load->habits, &load->shopper_events, &load->error);
        if (!shopper) {
            g_main_loop_quit(load->loop);
            return G_SOURCE_REMOVE;
        }
        g_ptr_array_add(load->shoppers, shopper);
    }
    return load->shoppers->len < load->shopper_count ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void on_ready(gpointer data, const char *booth)
{
    (void)booth;
    Load *load = data;
    if (++load->ready < load->booths->len || load->arriving) return;
    load->arriving = TRUE;
    load->began = g_get_monotonic_time();
    g_timeout_add(1, on_arrivals, load);
}

static void on_failed(gpointer data, const char *booth, const char *why)
{
    Load *load = data;
    if (load->booth_failures++ < 5) g_printerr("boothctl simulate load: %s: %s\n", booth, why);
}

static const char *keep(Load *load, char *text)
{
    g_ptr_array_add(load->texts, text);
    return text;
}

static gboolean add_booth(Load *load, const char *authority, guint number, GError **error)
{
    g_autofree char *id = g_strdup_printf("load-%u", number);
    g_autofree char *certificate = g_strdup_printf("%s/%s.crt", load->folder, id);
    g_autofree char *key = g_strdup_printf("%s/%s.key", load->folder, id);
    g_autofree char *root = g_build_filename(authority, AUTHORITY_CERTIFICATE, NULL);
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    keep(load, g_strdup(certificate));
    keep(load, g_strdup(key));
    if (!authority_issue_booth(authority, id, certificate, key, now - HOUR_S, now + 24 * HOUR_S, error)) return FALSE;
    TransportIdentity identity = {.authority = root, .certificate = certificate, .key = key};
    SimulatedBooth *booth =
        simulated_booth_new(id, (const char *const *)load->booth_desks, &identity, &load->talk_ms, &load->booth_events, error);
    if (!booth) return FALSE;
    g_ptr_array_add(load->booths, booth);
    return TRUE;
}

static int compare_doubles(gconstpointer a, gconstpointer b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double percentile(const GArray *sorted, double part)
{
    if (!sorted->len) return NAN;
    guint rank = (guint)ceil(part * sorted->len);
    return g_array_index(sorted, double, rank ? rank - 1 : 0);
}

static double rounded(double ms)
{
    return round(ms * 100) / 100;
}

static void print_result(Load *load, gboolean as_json)
{
    g_array_sort(load->waits, compare_doubles);
    double seconds = (double)(load->last_claim - load->began) / G_USEC_PER_SEC;
    double claims_per_s = seconds > 0 ? load->claims / seconds : 0;
    double p50 = percentile(load->waits, 0.5), p95 = percentile(load->waits, 0.95), p99 = percentile(load->waits, 0.99);
    if (!as_json) {
        printf("%u booths, %u shoppers: %u claims, %.1f/s; asked to offered p50 %.1f, p95 %.1f, p99 %.1f ms; %u completed, %u ended "
               "otherwise\n",
               load->booths->len, load->shopper_count, load->claims, claims_per_s, p50, p95, p99, load->completed, load->other_ends);
        return;
    }
    json_t *result =
        json_pack("{si si si sf si si si s{sf sf sf sf}}", "booths", (int)load->booths->len, "shoppers", (int)load->shopper_count, "claims",
                  (int)load->claims, "claims_per_s", rounded(claims_per_s), "completed", (int)load->completed, "other_ends",
                  (int)load->other_ends, "booth_failures", (int)load->booth_failures, "request_to_offer_ms", "p50", rounded(p50), "p95",
                  rounded(p95), "p99", rounded(p99), "max", rounded(percentile(load->waits, 1)));
    char *text = result ? json_dumps(result, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
    puts(text ? text : "{\"claims\":0}"); /* no call was offered: there are no percentiles */
    free(text);
    json_decref(result);
}

static gboolean on_time_up(gpointer data)
{
    Load *load = data;
    if (!load->arriving) g_set_error(&load->error, G_OPTION_ERROR, 0, "only %u of %u booths came up", load->ready, load->booths->len);
    g_main_loop_quit(load->loop);
    return G_SOURCE_REMOVE;
}

static int run_load(Load *load, const char *authority, guint booths, guint seconds, gboolean as_json)
{
    for (guint i = 1; i <= booths && !load->error; i++) add_booth(load, authority, i, &load->error);
    if (!load->error) {
        g_timeout_add_seconds(seconds, on_time_up, load);
        g_main_loop_run(load->loop);
    }
    if (load->error) {
        g_printerr("boothctl simulate load: %s\n", load->error->message);
        return 2;
    }
    print_result(load, as_json);
    return load->completed == load->shopper_count ? 0 : 1;
}

static void shopper_free(gpointer data)
{
    simulated_shopper_free(data);
}

static void booth_free(gpointer data)
{
    simulated_booth_free(data);
}

static void load_init(Load *load)
{
    load->loop = g_main_loop_new(NULL, FALSE);
    load->booths = g_ptr_array_new_with_free_func(booth_free);
    load->shoppers = g_ptr_array_new_with_free_func(shopper_free);
    load->texts = g_ptr_array_new_with_free_func(g_free);
    load->waits = g_array_new(FALSE, FALSE, sizeof(double));
    load->calls = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    load->habits = (ShopperHabits){.desks = (const char *const *)load->shopper_desks, .topic = "tv", .lang = "en", .picture_ms = {10, 50}};
    load->shopper_events = (ShopperEvents){.called = on_called, .ended = on_ended, .data = load};
    load->booth_events =
        (BoothEvents){.ready = on_ready, .offered = on_offered, .accepted = on_accepted, .failed = on_failed, .data = load};
}

static void load_clear(Load *load)
{
    g_ptr_array_unref(load->shoppers);
    g_ptr_array_unref(load->booths);
    for (guint i = 0; i < load->texts->len; i++) g_unlink(g_ptr_array_index(load->texts, i));
    if (load->folder) g_rmdir(load->folder);
    g_ptr_array_unref(load->texts);
    g_array_unref(load->waits);
    g_hash_table_unref(load->calls);
    g_main_loop_unref(load->loop);
    g_strfreev(load->booth_desks);
    g_strfreev(load->shopper_desks);
    g_free(load->folder);
    g_clear_error(&load->error);
}

int simulate_load(int argc, char **argv)
{
    Load load = {.rate = 150};
    int booths = 200, shoppers = 1000, seconds = 120;
    gboolean as_json = FALSE;
    g_autofree char *authority = NULL, *talk = g_strdup("100-500");
    const GOptionEntry entries[] = {
        {"desk", 0, 0, G_OPTION_ARG_STRING_ARRAY, &load.booth_desks, "where booths connect; several are tried in turn",
         "wss://HOST:PORT/ws/booth"},
        {"door", 0, 0, G_OPTION_ARG_STRING_ARRAY, &load.shopper_desks, "where shoppers connect", "ws://HOST:PORT/ws/shopper"},
        {"authority", 0, 0, G_OPTION_ARG_FILENAME, &authority, "folder of the authority; the booths' certificates are made from it",
         "FOLDER"},
        {"booths", 0, 0, G_OPTION_ARG_INT, &booths, "how many", "N"},
        {"shoppers", 0, 0, G_OPTION_ARG_INT, &shoppers, "how many", "N"},
        {"rate", 0, 0, G_OPTION_ARG_DOUBLE, &load.rate, "shoppers a second", "R"},
        {"talk", 0, 0, G_OPTION_ARG_STRING, &talk, "milliseconds of a call", "FROM-TO"},
        {"seconds", 0, 0, G_OPTION_ARG_INT, &seconds, "until it gives up", "S"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "the result as JSON", NULL},
        {0},
    };
    int status = 2;
    gboolean understood =
        simulate_options("load", "Measures from a shopper's asking to a booth's offer, and calls accepted a second.", entries, argc, argv);
    load_init(&load);
    load.shopper_count = (guint)shoppers;
    if (understood &&
        (!load.booth_desks || !load.shopper_desks || !authority || booths < 1 || booths > 5000 || shoppers < 1 || shoppers > 20000 ||
         !(load.rate > 0) || seconds < 1 || seconds > 3600 || !simulate_parse_span(talk, 600000, &load.talk_ms))) {
        g_printerr("boothctl simulate load: needs --desk, --door and --authority, 1-5000 booths, 1-20000 shoppers, a rate above 0, 1-3600 "
                   "seconds\n");
    } else if (understood) {
        simulate_raise_limits();
        load.folder = g_dir_make_tmp("livebooth-load.XXXXXX", &load.error);
        status = run_load(&load, authority, (guint)booths, (guint)seconds, as_json);
    }
    load_clear(&load);
    return status;
}
