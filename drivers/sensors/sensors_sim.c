#include "drivers/sensors/sensors.h"

#include <string.h>

static Sensors *sim_open(const char *folder, GError **error)
{
    (void)error;
    Sensors *sensors = g_new0(Sensors, 1);
    sensors->driver = &sensors_sim;
    sensors->folder = g_strdup(folder);
    return sensors;
}

static gint64 sim_value(const Sensors *sensors, const char *name, gint64 fallback)
{
    g_autofree char *path = g_build_filename(sensors->folder, "sensors", NULL);
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL)) return fallback;
    g_auto(GStrv) lines = g_strsplit(text, "\n", 16);
    for (guint i = 0; lines[i]; i++) {
        gsize length = strlen(name);
        if (strncmp(lines[i], name, length) == 0 && lines[i][length] == ' ') return g_ascii_strtoll(lines[i] + length, NULL, 10);
    }
    return fallback;
}

static gboolean sim_temperature(Sensors *sensors, int *millidegrees)
{
    *millidegrees = (int)sim_value(sensors, "temperature", 45000);
    return TRUE;
}

static gboolean sim_storage(Sensors *sensors, guint64 *free_bytes)
{
    *free_bytes = (guint64)sim_value(sensors, "free", 1 << 30);
    return TRUE;
}

static gboolean sim_clock(Sensors *sensors)
{
    return sim_value(sensors, "clock", 1) != 0;
}

static void sim_close(Sensors *sensors)
{
    g_free(sensors->folder);
    g_free(sensors);
}

const SensorsDriver sensors_sim = {
    .name = "sim",
    .open = sim_open,
    .temperature = sim_temperature,
    .storage = sim_storage,
    .clock = sim_clock,
    .close = sim_close,
};
