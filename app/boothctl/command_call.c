#include "boothctl/commands.h"
#include "boothctl/control.h"

#include <string.h>

int command_wish(const char *config, int argc, char **argv)
{
    static const struct {
        const char *name;
        const char *method;
    } plain[] = {{"ready", "Ready"},   {"accept", "Accept"},       {"decline", "Decline"},
                 {"hangup", "HangUp"}, {"extend", "ExtendWrapup"}, {"practice", "Practice"}};
    for (guint i = 0; i < G_N_ELEMENTS(plain); i++) {
        if (strcmp(plain[i].name, argv[0]) == 0) return argc == 1 ? control_tell(config, plain[i].method, NULL) : commands_usage(argv[0]);
    }
    if (strcmp(argv[0], "pause") == 0)
        return argc <= 2 ? control_tell(config, "Pause", g_variant_new("(s)", argc == 2 ? argv[1] : "")) : commands_usage("pause [REASON]");
    if (strcmp(argv[0], "mute") == 0) {
        gboolean on = argc == 2 && strcmp(argv[1], "on") == 0;
        if (argc != 2 || (!on && strcmp(argv[1], "off") != 0)) return commands_usage("mute on|off");
        return control_tell(config, "Mute", g_variant_new("(b)", on));
    }
    return argc == 2 ? control_tell(config, "Camera", g_variant_new("(s)", argv[1])) : commands_usage("camera face|product|pip");
}

int command_check(const char *config, int argc, char **argv)
{
    gboolean off = argc == 2 && strcmp(argv[1], "off") == 0;
    if (argc > 2 || (argc == 2 && !off)) return commands_usage("check [off]");
    return control_tell(config, "Check", g_variant_new("(b)", !off));
}

static const char *word_after(int argc, char **argv, const char *name)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], name) == 0) return argv[i + 1];
    }
    return "";
}

/* note [--outcome NAME] [--order NUMBER] [--value MINOR --currency CODE] [--tags A,B] */
int command_note(const char *config, int argc, char **argv)
{
    static const char *const names[] = {"--outcome", "--order", "--value", "--currency", "--tags", NULL};
    gboolean fine = argc % 2 == 1;
    for (int i = 1; fine && i < argc; i += 2) fine = g_strv_contains(names, argv[i]) && g_utf8_validate(argv[i + 1], -1, NULL);
    gint64 value = 0;
    const char *number = word_after(argc, argv, "--value");
    fine = fine && (!*number || g_ascii_string_to_signed(number, 10, 0, G_MAXINT64, &value, NULL));
    if (!fine) return commands_usage("note [--outcome NAME] [--order NUMBER] [--value MINOR --currency CODE] [--tags A,B]");
    const char *list = word_after(argc, argv, "--tags");
    g_auto(GStrv) tags = g_strsplit(list, ",", -1);
    return control_tell(config, "Note",
                        g_variant_new("(ssxs^as)", word_after(argc, argv, "--outcome"), word_after(argc, argv, "--order"), value,
                                      word_after(argc, argv, "--currency"), tags));
}

int command_outcome(const char *config, int argc, char **argv)
{
    gboolean named = argc == 4 && strcmp(argv[2], "--order") == 0;
    if (argc != 2 && argc != 3 && !named) return commands_usage("outcome sale|reserved|follow_up|advice|none [[--order] NUMBER]");
    const char *order = argc == 2 ? "" : argv[argc - 1];
    if (!g_utf8_validate(order, -1, NULL) || !g_utf8_validate(argv[1], -1, NULL))
        return commands_usage("outcome NAME [[--order] NUMBER], in UTF-8");
    return control_tell(config, "Outcome", g_variant_new("(ss)", argv[1], order));
}
