/* alive: tells systemd that the program is ready and makes progress (sd_notify's protocol).
 *
 * Where systemd has not asked for it (no NOTIFY_SOCKET), nothing happens. A beat is sent where something was really done: a frame shown, a
 * turn of the main loop; when beats stop for the unit's WatchdogSec, systemd starts the program again. Main thread only. */
#pragma once

#include <glib.h>

void alive_ready(void); /* the unit's start is done */
void alive_beat(void);  /* cheap: sends at most four a WatchdogSec */
/* Beats with every turn of the default main context that has nothing more urgent to do; the source's id. */
guint alive_watch_loop(void);
