/* bundle: what support needs to know of a booth, in one archive: logs, status, versions. No keys, no passwords, nothing of a shopper.
 *
 * Every part is written by a program of the system into a folder, with a time limit; what is not there on this computer is left out. */
#include "boothctl/commands.h"
#include "boothctl/control.h"
#include "provision/redact.h"

#include <glib/gstdio.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define PART_S   60                 /* for one part */
#define PART_MAX (16 * 1024 * 1024) /* bytes of one; the rest is cut off */

static const struct {
    const char *file;
    const char *command; /* the shell's; only of words written here */
} parts[] = {
    {"journal.txt", "journalctl --no-pager -o short-iso -n 20000 --no-hostname"},
    {"boots.txt", "journalctl --no-pager --list-boots"},
    {"kernel.txt", "journalctl --no-pager -k -b -o short-monotonic --no-hostname"},
    {"units.txt", "systemctl --no-pager --all list-units; systemctl --no-pager --failed"},
    {"start.txt", "systemd-analyze time; systemd-analyze --no-pager blame"},
    {"system.txt", "cat /etc/os-release; uname -a; uptime; free; cat /proc/cmdline"},
    {"storage.txt", "df -h; cat /proc/diskstats; findmnt"},
    {"devices.txt", "ls -l /dev/video* /dev/media* /dev/snd /dev/dri /dev/input 2>&1; cat /proc/asound/cards; cat /sys/class/drm/*/status"},
    {"network.txt", "networkctl --no-pager status --all; resolvectl --no-pager status; timedatectl timesync-status"},
    {"update.txt", "rauc status --detailed; cat /boot/firmware/config.txt"},
    {"packages.txt", "cat /usr/share/livebooth/packages"},
};

static gboolean write_part(const char *folder, const char *name, const char *text, GError **error)
{
    g_autofree char *path = g_build_filename(folder, name, NULL), *clean = redact(text);
    return g_file_set_contents(path, clean, (gssize)MIN(strlen(clean), PART_MAX), error);
}

static gboolean run_part(const char *folder, const char *name, const char *command, GError **error)
{
    g_autofree char *limited = g_strdup_printf("%d", PART_S), *said = NULL;
    const char *const words[] = {"timeout", limited, "sh", "-c", command, NULL};
    if (!g_spawn_sync(NULL, (char **)words, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &said, NULL, NULL, error))
        return FALSE;
    g_autofree char *text = g_utf8_make_valid(said, -1);
    return write_part(folder, name, text, error);
}

/* Without what the customer sees and buys, and without who the booth's call is with. */
static gboolean write_status(const char *folder, const char *config, GError **error)
{
    static const char *const private[] = {"show", "basket", "checkout", "call", "wrapup"};
    Control control;
    g_autofree char *kept = NULL;
    if (control_open_agent(&control, config)) {
        const char *text = bus_agent1_get_snapshot(control.agent);
        json_t *snapshot = text ? json_loads(text, 0, NULL) : NULL;
        for (guint i = 0; i < G_N_ELEMENTS(private); i++) json_object_del(snapshot, private[i]);
        char *dumped = json_dumps(snapshot, JSON_INDENT(1));
        kept = g_strdup(dumped);
        free(dumped);
        json_decref(snapshot);
    }
    control_close(&control);
    return write_part(folder, "status.json", kept ? kept : "the agent is not running\n", error);
}

static gboolean write_config(const char *folder, const char *config, GError **error)
{
    g_autofree char *text = NULL;
    if (!g_file_get_contents(config, &text, NULL, NULL)) text = g_strdup("");
    return write_part(folder, "booth.conf", text, error);
}

static gboolean pack(const char *folder, const char *file, GError **error)
{
    const char *const words[] = {"tar", "--zstd", "-C", folder, "-cf", file, ".", NULL};
    int status = 0;
    if (!g_spawn_sync(NULL, (char **)words, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, error)) return FALSE;
    return g_spawn_check_wait_status(status, error);
}

static void remove_folder(const char *folder)
{
    g_autoptr(GDir) listing = g_dir_open(folder, 0, NULL);
    for (const char *name; listing && (name = g_dir_read_name(listing));) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_unlink(path);
    }
    g_rmdir(folder);
}

static gboolean fill(const char *folder, const char *config, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
        if (!run_part(folder, parts[i].file, parts[i].command, error)) return FALSE;
    }
    return write_status(folder, config, error) && write_config(folder, config, error);
}

int command_bundle(const char *config, int argc, char **argv)
{
    if (argc != 2) return commands_usage("bundle FILE.tar.zst");
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("livebooth-bundle-XXXXXX", &error);
    gboolean done = folder && fill(folder, config, &error) && pack(folder, argv[1], &error);
    if (folder) remove_folder(folder);
    if (!done) fprintf(stderr, "boothctl: %s\n", error->message);
    return done ? 0 : 1;
}
