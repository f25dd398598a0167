#include "boothctl/simulate.h"
#include "boothctl/simulated_shopper.h"

#include <jansson.h>
#include <stdio.h>

typedef struct {
    GMainLoop *loop;
    ShopperHabits habits;
    ShopperEvents events;
    GPtrArray *shoppers; /* of SimulatedShopper, in the order of their coming */
    guint count, over_ms, left;
    GError *error;
} Crowd;

static void print_end(Crowd *crowd, guint number, const char *late)
{
    ShopperEnd end = simulated_shopper_end(g_ptr_array_index(crowd->shoppers, number));
    gint64 took = end.asked ? (g_get_monotonic_time() - end.asked) / 1000 : 0;
    json_t *line =
        json_pack("{si ss ss ss sI si si si}", "shopper", (int)number, "call", end.call, "end", late ? late : end.end, "cause", end.cause,
                  "took_ms", (json_int_t)took, "resumed", (int)end.resumed, "pictures", (int)end.pictures, "errors", (int)end.errors);
    char *text = json_dumps(line, JSON_COMPACT);
    puts(text);
    fflush(stdout);
    free(text);
    json_decref(line);
}

static void on_ended(gpointer data, SimulatedShopper *shopper)
{
    Crowd *crowd = data;
    guint number = 0;
    if (g_ptr_array_find(crowd->shoppers, shopper, &number)) print_end(crowd, number, NULL);
    if (--crowd->left == 0) g_main_loop_quit(crowd->loop);
}

static void on_called(gpointer data, SimulatedShopper *shopper, const char *call, gint64 asked)
{
    (void)shopper, (void)asked;
    if (!data) return;
    /* Told at once: the id of a call counts from here on, whatever becomes of this process. */
    printf("{\"called\":\"%s\"}\n", call);
    fflush(stdout);
}

static gboolean on_arrival(gpointer data)
{
    Crowd *crowd = data;
    SimulatedShopper *shopper = simulated_shopper_new(&crowd->habits, &crowd->events, &crowd->error);
    if (!shopper) {
        g_main_loop_quit(crowd->loop);
        return G_SOURCE_REMOVE;
    }
    g_ptr_array_add(crowd->shoppers, shopper);
    return G_SOURCE_REMOVE;
}

static gboolean on_time_up(gpointer data)
{
    g_main_loop_quit(data);
    return G_SOURCE_REMOVE;
}

static int run_crowd(Crowd *crowd, guint seconds)
{
    SimulateSpan arrival = {0, crowd->over_ms};
    crowd->left = crowd->count;
    for (guint i = 0; i < crowd->count; i++) g_timeout_add(simulate_pick(&arrival), on_arrival, crowd);
    g_timeout_add_seconds(seconds, on_time_up, crowd->loop);
    g_main_loop_run(crowd->loop);
    if (crowd->error) {
        g_printerr("boothctl simulate shoppers: %s\n", crowd->error->message);
        return 2;
    }
    for (guint i = 0; i < crowd->shoppers->len; i++) {
        if (!*simulated_shopper_end(g_ptr_array_index(crowd->shoppers, i)).end) print_end(crowd, i, "time_up");
    }
    return crowd->left == 0 ? 0 : 1;
}

static void shopper_free(gpointer data)
{
    simulated_shopper_free(data);
}

int simulate_shoppers(int argc, char **argv)
{
    g_auto(GStrv) desks = NULL;
    int count = 1, seconds = 120, over_ms = 0;
    double leave = 0, lose = 0, hang_up = 0;
    g_autofree char *talk = g_strdup("200-2000"), *patience = g_strdup("0-10000"), *topic = g_strdup("tv"), *lang = g_strdup("en");
    const GOptionEntry entries[] = {
        {"desk", 0, 0, G_OPTION_ARG_STRING_ARRAY, &desks, "where they go; several are tried in turn", "ws://HOST:PORT/ws/shopper"},
        {"count", 0, 0, G_OPTION_ARG_INT, &count, "how many", "N"},
        {"over", 0, 0, G_OPTION_ARG_INT, &over_ms, "milliseconds over which they arrive", "MS"},
        {"leave", 0, 0, G_OPTION_ARG_DOUBLE, &leave, "chance that one leaves while waiting", "0-1"},
        {"lose", 0, 0, G_OPTION_ARG_DOUBLE, &lose, "chance that a line breaks once", "0-1"},
        {"hang-up", 0, 0, G_OPTION_ARG_DOUBLE, &hang_up, "chance that one hangs up by itself", "0-1"},
        {"patience", 0, 0, G_OPTION_ARG_STRING, &patience, "milliseconds until one leaves or a line breaks", "FROM-TO"},
        {"talk", 0, 0, G_OPTION_ARG_STRING, &talk, "milliseconds until one hangs up", "FROM-TO"},
        {"topic", 0, 0, G_OPTION_ARG_STRING, &topic, "what they ask about", "TOPIC"},
        {"lang", 0, 0, G_OPTION_ARG_STRING, &lang, "that they speak", "LANG"},
        {"seconds", 0, 0, G_OPTION_ARG_INT, &seconds, "until it gives up", "S"},
        {0},
    };
    if (!simulate_options("shoppers", "Prints a line of JSON when a call's id is known and when a shopper's call is over.", entries, argc,
                          argv))
        return 2;
    Crowd crowd = {.count = (guint)count, .over_ms = (guint)over_ms};
    crowd.habits = (ShopperHabits){.desks = (const char *const *)desks,
                                   .topic = topic,
                                   .lang = lang,
                                   .leave = leave,
                                   .lose = lose,
                                   .hang_up = hang_up,
                                   .picture_ms = {10, 50}};
    if (!desks || count < 1 || count > 10000 || seconds < 1 || seconds > 86400 || over_ms < 0 ||
        !simulate_parse_span(talk, 600000, &crowd.habits.talk_ms) || !simulate_parse_span(patience, 600000, &crowd.habits.patience_ms)) {
        g_printerr("boothctl simulate shoppers: needs --desk, --count 1-10000, --seconds 1-86400, and milliseconds as FROM-TO\n");
        return 2;
    }
    simulate_raise_limits();
    crowd.events = (ShopperEvents){.called = on_called, .ended = on_ended, .data = &crowd};
    crowd.shoppers = g_ptr_array_new_with_free_func(shopper_free);
    crowd.loop = g_main_loop_new(NULL, FALSE);
    int status = run_crowd(&crowd, (guint)seconds);
    g_ptr_array_unref(crowd.shoppers);
    g_main_loop_unref(crowd.loop);
    g_clear_error(&crowd.error);
    return status;
}
