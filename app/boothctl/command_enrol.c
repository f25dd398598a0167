/* enrol: what the centre does is done by the desk's program, which knows the bus; this one only calls it, from the same folder. */
#include "boothctl/commands.h"
#include "config/booth_keys.h"

#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int command_enrol(const char *config, int argc, char **argv)
{
    char self[4096] = "";
    const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    g_autofree char *folder = length > 0 ? g_path_get_dirname(self) : g_strdup(".");
    g_autofree char *desk = g_build_filename(folder, "desk", NULL);
    g_autoptr(GPtrArray) args = g_ptr_array_new();
    g_ptr_array_add(args, desk);
    g_ptr_array_add(args, (gpointer) "enrol");
    if (strcmp(config, BOOTH_CONFIG_FILE) != 0) {
        g_ptr_array_add(args, (gpointer) "--config");
        g_ptr_array_add(args, (gpointer)config);
    }
    for (int i = 1; i < argc; i++) g_ptr_array_add(args, argv[i]);
    g_ptr_array_add(args, NULL);
    fflush(NULL);
    execv(desk, (char **)args->pdata);
    fprintf(stderr, "boothctl: enrolment is for the centre, where the desk is installed; %s cannot be started: %s\n", desk,
            g_strerror(errno));
    return 1;
}
