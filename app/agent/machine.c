#include "agent/machine.h"

#include <glib/gstdio.h>

static char *path_of(const char *wish)
{
    const char *folder = g_getenv("RUNTIME_DIRECTORY");
    return folder && *folder ? g_build_filename(folder, wish, NULL) : NULL;
}

gboolean machine_is_able(void)
{
    g_autofree char *path = path_of("");
    return path != NULL;
}

gboolean machine_has_wish(const char *wish)
{
    g_autofree char *path = path_of(wish);
    return path && g_file_test(path, G_FILE_TEST_EXISTS);
}

void machine_forget(const char *wish)
{
    g_autofree char *path = path_of(wish);
    if (path) g_unlink(path);
}

gboolean machine_ask(const char *wish, GError **error)
{
    g_autofree char *path = path_of(wish);
    if (!path) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "this computer is no booth from an image: start it again by hand");
        return FALSE;
    }
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
