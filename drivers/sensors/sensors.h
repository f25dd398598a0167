/* sensors: what the computer of the booth says of itself: temperature and free storage.
 *
 * A small table with a real driver and a simulated one, chosen by name. Blocking for a few microseconds; one thread. */
#pragma once

#include <glib.h>

typedef struct Sensors Sensors;

typedef struct {
    const char *name;
    /* folder: the state folder. NULL with error when the driver cannot work here. */
    Sensors *(*open)(const char *folder, GError **error);
    /* The hottest thermal zone in thousandths of a degree Celsius; FALSE when there is none. */
    gboolean (*temperature)(Sensors *sensors, int *millidegrees);
    /* Bytes that may still be written in the state folder; FALSE when that cannot be told. */
    gboolean (*storage)(Sensors *sensors, guint64 *free_bytes);
    gboolean (*clock)(Sensors *sensors); /* the wall clock is kept right by the network */
    void (*close)(Sensors *sensors);
} SensorsDriver;

struct Sensors {
    const SensorsDriver *driver;
    char *folder;
};

extern const SensorsDriver sensors_linux;
/* Reads the file sensors in the state folder, if there is one: lines "temperature MILLIDEGREES", "free BYTES" and "clock 0|1". Else 45
 * degrees, 1 GiB and 1. */
extern const SensorsDriver sensors_sim;

#define SENSORS_ERROR (sensors_error_quark())
GQuark sensors_error_quark(void);

/* name: auto (linux), linux or sim. */
Sensors *sensors_open(const char *name, const char *folder, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean sensors_temperature(Sensors *sensors, int *millidegrees); /* as in the driver */
gboolean sensors_storage(Sensors *sensors, guint64 *free_bytes);
gboolean sensors_clock(Sensors *sensors);
void sensors_close(Sensors *sensors); /* NULL is fine */
