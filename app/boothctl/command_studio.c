#include "boothctl/commands.h"
#include "boothctl/control.h"

#include <string.h>

int command_screenshot(const char *config, int argc, char **argv)
{
    gboolean named = argc == 4 && strcmp(argv[2], "--screen") == 0 && (strcmp(argv[3], "console") == 0 || strcmp(argv[3], "demo") == 0);
    if (argc != 2 && !named) return commands_usage("screenshot FILE [--screen console|demo]");
    g_autofree char *path = g_canonicalize_filename(argv[1], NULL);
    Control control;
    int status = 1;
    if (control_open_studio(&control, config)) {
        GError *error = NULL;
        status =
            bus_studio1_call_screenshot_sync(control.studio, named ? argv[3] : "console", path, NULL, &error) ? 0 : control_failed(error);
    }
    control_close(&control);
    return status;
}

int command_chat(const char *config, int argc, char **argv)
{
    if (argc != 2 || !g_utf8_validate(argv[1], -1, NULL)) return commands_usage("chat TEXT");
    Control control;
    int status = 1;
    if (control_open_studio(&control, config)) {
        GError *error = NULL;
        status = bus_studio1_call_send_chat_sync(control.studio, argv[1], NULL, &error) ? 0 : control_failed(error);
    }
    control_close(&control);
    return status;
}
