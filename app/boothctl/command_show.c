#include "boothctl/commands.h"
#include "boothctl/control.h"

#include <string.h>

static gboolean are_words(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (!g_utf8_validate(argv[i], -1, NULL)) return FALSE;
    }
    return TRUE;
}

int command_show(const char *config, int argc, char **argv)
{
    static const char usage[] = "show product|gallery|video ID | compare ID ID [ID ID] | next | previous | hide";
    const char *what = argc > 1 ? argv[1] : "";
    if (!are_words(argc, argv)) return commands_usage(usage);
    if (strcmp(what, "hide") == 0 && argc == 2) return control_tell(config, "ShowHide", g_variant_new("()"));
    if (strcmp(what, "next") == 0 && argc == 2) return control_tell(config, "ShowNext", g_variant_new("(i)", 1));
    if (strcmp(what, "previous") == 0 && argc == 2) return control_tell(config, "ShowNext", g_variant_new("(i)", -1));
    if (argc < 3) return commands_usage(usage);
    return control_tell(config, "Show", g_variant_new("(s^as)", what, argv + 2));
}

int command_scan(const char *config, int argc, char **argv)
{
    if (argc != 2 || !are_words(argc, argv)) return commands_usage("scan BARCODE");
    return control_tell(config, "Scan", g_variant_new("(s)", argv[1]));
}

int command_basket(const char *config, int argc, char **argv)
{
    static const char usage[] = "basket add ID [QUANTITY] | set ID QUANTITY | remove ID";
    const char *what = argc > 1 ? argv[1] : "";
    guint64 quantity = 1;
    if (!are_words(argc, argv) || argc < 3 || argc > 4) return commands_usage(usage);
    if (argc == 4 && !g_ascii_string_to_unsigned(argv[3], 10, 1, 99, &quantity, NULL)) return commands_usage(usage);
    if (strcmp(what, "add") == 0) return control_tell(config, "BasketAdd", g_variant_new("(su)", argv[2], (guint)quantity));
    if (strcmp(what, "set") == 0 && argc == 4) return control_tell(config, "BasketSet", g_variant_new("(su)", argv[2], (guint)quantity));
    if (strcmp(what, "remove") == 0 && argc == 3) return control_tell(config, "BasketRemove", g_variant_new("(s)", argv[2]));
    return commands_usage(usage);
}
