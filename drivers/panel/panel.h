/* panel: the booth's buttons and lamps.
 *
 * A small table with a real driver (evdev and the kernel's LEDs) and a simulated one (a FIFO and a file), chosen by name and opened through
 * the same call. Buttons arrive on the thread-default main context of the opener; nothing polls. */
#pragma once

#include <glib.h>

typedef enum { PANEL_ANSWER, PANEL_READY, PANEL_HANGUP } PanelButton;
typedef enum { PANEL_RING, PANEL_ON_AIR, PANEL_LAMPS } PanelLamp;

typedef struct Panel Panel;

typedef struct {
    void (*pressed)(void *data, PanelButton button);
    void *data;
} PanelEvents;

typedef struct {
    const char *folder;     /* the state folder, for the simulated one */
    const char *device;     /* "auto" or a node under /dev/input */
    const char *ring_led;   /* "auto" (livebooth:ring) or a name under /sys/class/leds */
    const char *on_air_led; /* "auto" (livebooth:on-air) or such a name */
} PanelSettings;

typedef struct {
    const char *name;
    /* Is there anything for this driver on this computer? For "auto". */
    gboolean (*present)(const PanelSettings *settings);
    Panel *(*open)(const PanelSettings *settings, const PanelEvents *events, GError **error);
    void (*light)(Panel *panel, PanelLamp lamp, gboolean on);
    void (*close)(Panel *panel);
} PanelDriver;

struct Panel {
    const PanelDriver *driver;
    const PanelEvents *events;
};

/* Keys: KEY_PHONE or KEY_ENTER answer, KEY_PLAYPAUSE or KEY_SPACE ready, KEY_CANCEL or KEY_ESC hang up. "auto" takes the first input device
 * that has KEY_PHONE. */
extern const PanelDriver panel_evdev;
/* $STATE/panel is a FIFO that takes lines "press answer|ready|hangup"; $STATE/lamps reads "ring=0 on_air=0". */
extern const PanelDriver panel_sim;

#define PANEL_FIFO  "panel"
#define PANEL_LIGHT "lamps"

#define PANEL_ERROR (panel_error_quark())
GQuark panel_error_quark(void);

/* name: auto (evdev where there is a device, else sim), evdev or sim. events must outlive the panel. */
Panel *panel_open(const char *name, const PanelSettings *settings, const PanelEvents *events, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void panel_light(Panel *panel, PanelLamp lamp, gboolean on);
void panel_close(Panel *panel); /* lamps go out; NULL is fine */

gboolean panel_button_from_name(const char *name, PanelButton *button); /* answer, ready, hangup */
