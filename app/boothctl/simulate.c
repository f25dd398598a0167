#include "boothctl/simulate.h"

#include <string.h>
#include <sys/resource.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *what;
} simulations[] = {
    {"load", simulate_load, "booths and shoppers against a desk, measured"},
    {"fleet", simulate_fleet, "booths that send their status and take no calls"},
    {"studio", simulate_studio, "a studio without media on each bus"},
    {"shoppers", simulate_shoppers, "shoppers without a browser"},
};

int command_simulate(int argc, char **argv)
{
    for (gsize i = 0; argc > 1 && i < G_N_ELEMENTS(simulations); i++) {
        if (strcmp(argv[1], simulations[i].name) == 0) return simulations[i].run(argc - 1, argv + 1);
    }
    g_printerr("boothctl simulate: choose what, and see its --help:\n");
    for (gsize i = 0; i < G_N_ELEMENTS(simulations); i++) g_printerr("  %-10s %s\n", simulations[i].name, simulations[i].what);
    return 2;
}

gboolean simulate_parse_span(const char *text, guint limit, SimulateSpan *span)
{
    g_auto(GStrv) ends = g_strsplit(text, "-", 3);
    guint count = g_strv_length(ends);
    guint64 from = 0, to = 0;
    if (count < 1 || count > 2) return FALSE;
    if (!g_ascii_string_to_unsigned(ends[0], 10, 0, limit, &from, NULL)) return FALSE;
    if (!g_ascii_string_to_unsigned(ends[count - 1], 10, from, limit, &to, NULL)) return FALSE;
    *span = (SimulateSpan){(guint)from, (guint)to};
    return TRUE;
}

guint simulate_pick(const SimulateSpan *span)
{
    return span->from + (guint)(g_random_double() * ((double)(span->to - span->from) + 1));
}

gboolean simulate_chance(double chance)
{
    return g_random_double() < chance;
}

gboolean simulate_options(const char *command, const char *what, const GOptionEntry *entries, int argc, char **argv)
{
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;
    g_option_context_set_summary(context, what);
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        g_printerr("boothctl simulate %s: %s\n", command, error->message);
        return FALSE;
    }
    if (argc > 1) g_printerr("boothctl simulate %s: what is \"%s\"? See --help.\n", command, argv[1]);
    return argc == 1;
}

void simulate_raise_limits(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}
