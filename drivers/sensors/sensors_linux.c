#include "drivers/sensors/sensors.h"

#include <sys/statvfs.h>
#include <sys/timex.h>

#define ZONES_MAX 16

static Sensors *linux_open(const char *folder, GError **error)
{
    (void)error;
    Sensors *sensors = g_new0(Sensors, 1);
    sensors->driver = &sensors_linux;
    sensors->folder = g_strdup(folder);
    return sensors;
}

static gboolean linux_temperature(Sensors *sensors, int *millidegrees)
{
    (void)sensors;
    gboolean found = FALSE;
    for (int zone = 0; zone < ZONES_MAX; zone++) {
        char path[64];
        g_snprintf(path, sizeof path, "/sys/class/thermal/thermal_zone%d/temp", zone);
        g_autofree char *text = NULL;
        if (!g_file_get_contents(path, &text, NULL, NULL)) break;
        int here = (int)g_ascii_strtoll(text, NULL, 10);
        if (!found || here > *millidegrees) *millidegrees = here;
        found = TRUE;
    }
    return found;
}

static gboolean linux_storage(Sensors *sensors, guint64 *free_bytes)
{
    struct statvfs state;
    if (statvfs(sensors->folder, &state) != 0) return FALSE;
    *free_bytes = (guint64)state.f_bavail * state.f_frsize;
    return TRUE;
}

static gboolean linux_clock(Sensors *sensors)
{
    (void)sensors;
    struct timex state = {0};
    return adjtimex(&state) != TIME_ERROR;
}

static void linux_close(Sensors *sensors)
{
    g_free(sensors->folder);
    g_free(sensors);
}

const SensorsDriver sensors_linux = {
    .name = "linux",
    .open = linux_open,
    .temperature = linux_temperature,
    .storage = linux_storage,
    .clock = linux_clock,
    .close = linux_close,
};
