#include "drivers/sensors/sensors.h"

#include <string.h>

GQuark sensors_error_quark(void)
{
    return g_quark_from_static_string("livebooth-sensors");
}

Sensors *sensors_open(const char *name, const char *folder, GError **error)
{
    static const SensorsDriver *const drivers[] = {&sensors_linux, &sensors_sim};
    if (strcmp(name, "auto") == 0) name = sensors_linux.name;
    for (guint i = 0; i < G_N_ELEMENTS(drivers); i++) {
        if (strcmp(drivers[i]->name, name) == 0) return drivers[i]->open(folder, error);
    }
    g_set_error(error, SENSORS_ERROR, 0, "there is no sensors driver \"%s\"; choose auto, linux or sim", name);
    return NULL;
}

void sensors_close(Sensors *sensors)
{
    if (sensors) sensors->driver->close(sensors);
}

gboolean sensors_temperature(Sensors *sensors, int *millidegrees)
{
    return sensors->driver->temperature(sensors, millidegrees);
}

gboolean sensors_clock(Sensors *sensors)
{
    return sensors->driver->clock(sensors);
}

gboolean sensors_storage(Sensors *sensors, guint64 *free_bytes)
{
    return sensors->driver->storage(sensors, free_bytes);
}
