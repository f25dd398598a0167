#include "boothctl/simulate.h"
#include "boothctl/simulated_studio.h"

#include <glib-unix.h>
#include <stdio.h>

static gboolean on_end(gpointer data)
{
    g_main_loop_quit(data);
    return G_SOURCE_CONTINUE;
}

static void studio_free(gpointer data)
{
    simulated_studio_free(data);
}

static int run_studios(char **buses, const StudioHabits *habits)
{
    g_autoptr(GPtrArray) studios = g_ptr_array_new_with_free_func(studio_free);
    for (char **bus = buses; *bus; bus++) {
        g_autoptr(GError) error = NULL;
        SimulatedStudio *studio = simulated_studio_new(*bus, habits, &error);
        if (!studio) {
            g_printerr("boothctl simulate studio: %s: %s\n", *bus, error->message);
            return 1;
        }
        g_ptr_array_add(studios, studio);
    }
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    guint term = g_unix_signal_add(SIGTERM, on_end, loop), interrupt = g_unix_signal_add(SIGINT, on_end, loop);
    printf("%u studios\n", studios->len);
    fflush(stdout);
    g_main_loop_run(loop);
    g_source_remove(term);
    g_source_remove(interrupt);
    return 0;
}

int simulate_studio(int argc, char **argv)
{
    g_auto(GStrv) buses = NULL;
    StudioHabits habits = {0};
    g_autofree char *talk = g_strdup("200-2000"), *react = g_strdup("20-300");
    const GOptionEntry entries[] = {
        {"bus", 0, 0, G_OPTION_ARG_STRING_ARRAY, &buses, "D-Bus address of a booth; one studio for each", "ADDRESS"},
        {"advisor", 0, 0, G_OPTION_ARG_NONE, &habits.advisor, "also gets ready, accepts, hangs up and gives an outcome", NULL},
        {"talk", 0, 0, G_OPTION_ARG_STRING, &talk, "milliseconds until the advisor hangs up", "FROM-TO"},
        {"react", 0, 0, G_OPTION_ARG_STRING, &react, "milliseconds until another button is pressed", "FROM-TO"},
        {"decline", 0, 0, G_OPTION_ARG_DOUBLE, &habits.decline, "chance that a ring is declined", "0-1"},
        {"ignore", 0, 0, G_OPTION_ARG_DOUBLE, &habits.ignore, "chance that a ring is not answered", "0-1"},
        {0},
    };
    if (!simulate_options("studio", "Serves org.livebooth.Studio1 until SIGTERM; prints one line when all are there.", entries, argc, argv))
        return 2;
    if (!buses || !simulate_parse_span(talk, 600000, &habits.talk_ms) || !simulate_parse_span(react, 600000, &habits.react_ms)) {
        g_printerr("boothctl simulate studio: needs --bus ADDRESS, and milliseconds as FROM-TO\n");
        return 2;
    }
    return run_studios(buses, &habits);
}
