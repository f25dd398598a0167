/* outputs: which connectors of a graphics card have a screen, from /sys/class/drm, and which of them is the console's. Any thread. */
#pragma once

#include <glib.h>

#define OUTPUTS_FOLDER "/sys/class/drm"
#define OUTPUTS_NONE   (-1)

/* Names of the connectors that have a screen now, such as HDMI-A-1, of the first card that has any: as SDL's KMSDRM lists its displays, in
 * the kernel's order, which are the numbers of the connectors where the kernel tells them, else the names. To g_ptr_array_unref(). */
GPtrArray *outputs_connected(const char *folder);
/* Whether that connector has a screen now, of whichever card. */
gboolean outputs_has(const char *folder, const char *name);

/* Which of the connected ones, by index, the console and the demo display get; OUTPUTS_NONE: none. wanted: a connector's name, which then
 * is the only one, or "auto": the first that is left. The one that is named is never taken by the other screen. */
void outputs_map(const GPtrArray *connected, const char *console_wanted, const char *demo_wanted, int *ret_console, int *ret_demo);
