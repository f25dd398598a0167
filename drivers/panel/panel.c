#include "drivers/panel/panel.h"

#include <string.h>

GQuark panel_error_quark(void)
{
    return g_quark_from_static_string("livebooth-panel");
}

Panel *panel_open(const char *name, const PanelSettings *settings, const PanelEvents *events, GError **error)
{
    static const PanelDriver *const drivers[] = {&panel_evdev, &panel_sim};
    gboolean any = strcmp(name, "auto") == 0;
    for (guint i = 0; i < G_N_ELEMENTS(drivers); i++) {
        if (any ? drivers[i]->present(settings) : strcmp(drivers[i]->name, name) == 0) return drivers[i]->open(settings, events, error);
    }
    g_set_error(error, PANEL_ERROR, 0, "there is no panel driver \"%s\"; choose auto, evdev or sim", name);
    return NULL;
}

void panel_light(Panel *panel, PanelLamp lamp, gboolean on)
{
    panel->driver->light(panel, lamp, on);
}

void panel_close(Panel *panel)
{
    if (panel) panel->driver->close(panel);
}

gboolean panel_button_from_name(const char *name, PanelButton *button)
{
    static const char *const names[] = {"answer", "ready", "hangup"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(names[i], name) != 0) continue;
        *button = (PanelButton)i;
        return TRUE;
    }
    return FALSE;
}
