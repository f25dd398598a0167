/* boothctl: the command line of a booth and of a desk. One row a command. */
#include "boothctl/commands.h"
#include "boothctl/simulate.h"
#include "config/booth_keys.h"

#include <stdio.h>
#include <string.h>

static int simulate(const char *config, int argc, char **argv)
{
    (void)config;
    return command_simulate(argc, argv);
}

static const struct {
    const char *name;
    int (*run)(const char *config, int argc, char **argv);
    const char *arguments;
    const char *help;
} commands[] = {
    {"status", command_status, "[--json]", "the booth's state"},
    {"ready", command_wish, "", "take calls"},
    {"pause", command_wish, "[REASON]", "take no more calls"},
    {"accept", command_wish, "", "answer what rings"},
    {"decline", command_wish, "", "give it back to the line"},
    {"mute", command_wish, "on|off", "the microphone"},
    {"camera", command_wish, "face|product|pip", "what the shopper sees"},
    {"hangup", command_wish, "", "end the call"},
    {"extend", command_wish, "", "more time to wrap up, once"},
    {"practice", command_wish, "", "a call with a recorded shopper, from a pause"},
    {"check", command_check, "[off]", "show the booth's checks, test its speaker"},
    {"note", command_note, "[--outcome NAME] ...", "of the call: --order N, --value MINOR --currency CODE, --tags A,B"},
    {"outcome", command_outcome, "NAME [[--order] N]", "sale, reserved, follow_up, advice or none: ends the wrap-up"},
    {"chat", command_chat, "TEXT", "to the shopper"},
    {"screenshot", command_screenshot, "FILE [--screen S]", "PNG of the console or the demo display"},
    {"calls", command_calls, "[--since DAY] ...", "on record, newest first: --since YYYY-MM-DD[THH:MM], --csv, --json"},
    {"stats", command_stats, "[--json]", "what waits to be sent to the centre"},
    {"products", command_products, "search WORDS|show ID", "of the catalogue; also accessories ID, and show BARCODE"},
    {"show", command_show, "product ID ...", "on the demo display and to the shopper: product, compare, gallery, video, next, hide"},
    {"scan", command_scan, "BARCODE", "shows that product"},
    {"basket", command_basket, "add|set|remove ID [N]", "of the call"},
    {"wait", command_wait, "STATE [--timeout S]", "until the booth is in a state"},
    {"panel", command_panel, "press BUTTON", "on the simulated panel: answer, ready, hangup"},
    {"authority", command_authority, "init|desk|booth ...", "certificates for trials"},
    {"update", command_update, "status|install SOURCE", "slots and versions; installs a bundle: a URL or a file"},
    {"restart", command_machine, "", "the whole booth, when no call is in hand"},
    {"factory-reset", command_machine, "--yes", "forgets everything that the booth has become, and restarts"},
    {"bundle", command_bundle, "FILE.tar.zst", "for support: logs, status, versions; no secrets"},
    {"provision", command_provision, "[ROOT]", "what booth.txt says becomes what this booth runs on"},
    {"enrol", command_enrol, "--csv FILE ...", "at the centre: booths' tokens and certificates; --help tells more"},
    {"simulate", simulate, "WHAT ...", "stand-ins and load"},
};

static void print_help(FILE *out)
{
    fputs("usage: boothctl [--config FILE] COMMAND ...\n", out);
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++)
        fprintf(out, "  %-13s %-21s %s\n", commands[i].name, commands[i].arguments, commands[i].help);
    fputs("FILE is " BOOTH_CONFIG_FILE " if not given.\n", out);
}

int main(int argc, char **argv)
{
    const char *config = BOOTH_CONFIG_FILE;
    int first = 1;
    if (argc > 2 && (strcmp(argv[1], "--config") == 0 || strcmp(argv[1], "-c") == 0)) {
        config = argv[2];
        first = 3;
    }
    const char *name = argc > first ? argv[first] : "";
    if (strcmp(name, "--help") == 0 || strcmp(name, "help") == 0) {
        print_help(stdout);
        return 0;
    }
    if (strcmp(name, "--version") == 0) {
        puts(LIVEBOOTH_VERSION);
        return 0;
    }
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (strcmp(commands[i].name, name) == 0) return commands[i].run(config, argc - first, argv + first);
    }
    print_help(stderr);
    return 2;
}
