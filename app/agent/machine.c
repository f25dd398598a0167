#include "agent/machine.h"

gboolean machine_ask(const char *wish, GError **error)
{
    const char *folder = g_getenv("RUNTIME_DIRECTORY");
    if (!folder || !*folder) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "this computer is no booth from an image: start it again by hand");
        return FALSE;
    }
    g_autofree char *path = g_build_filename(folder, wish, NULL);
    return g_file_set_contents(path, "", 0, error);
}

char *machine_slot(const char *command_line)
{
    g_auto(GStrv) words = g_strsplit_set(command_line, " \n", -1);
    for (char **word = words; *word; word++) {
        if (g_str_has_prefix(*word, "rauc.slot=") && (*word)[10]) return g_strndup(*word + 10, 16);
    }
    return NULL;
}
