/* screens_config: the settings that the studio's screens read, with defaults for tests and pictures. */
#pragma once

#include "config/config.h"

static const ConfigKey screens_keys[] = {
    {"booth", "share", CONFIG_STRING, "app", 0, 0, "folder with text/"},
    {"booth", "language", CONFIG_STRING, "en", 0, 0, "of the console"},
    {"booth", "name", CONFIG_STRING, "Booth 3", 0, 0, ""},
    {"booth", "store", CONFIG_STRING, "", 0, 0, ""},
    {"display", "driver", CONFIG_STRING, "offscreen", 0, 0, ""},
    {"display", "console_output", CONFIG_STRING, "auto", 0, 0, ""},
    {"display", "demo_output", CONFIG_STRING, "auto", 0, 0, ""},
    {"display", "console_size", CONFIG_STRING, "1280x800", 0, 0, ""},
    {"display", "demo_size", CONFIG_STRING, "1280x720", 0, 0, ""},
    {"display", "theme", CONFIG_STRING, "dark", 0, 0, ""},
    {"demo", "brand", CONFIG_STRING, "", 0, 0, ""},
    {"demo", "picture", CONFIG_STRING, "", 0, 0, ""},
    {NULL, NULL, 0, NULL, 0, 0, NULL},
};
