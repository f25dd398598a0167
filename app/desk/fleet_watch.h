/* fleet_watch: shows a desk the last snapshot of every booth and the audit trail, and both as they go on, from streams KV_BOOTHS and AUDIT.
 *
 * A thread of its own with its own connection reads both in order; when either is interrupted it begins anew, so that events may come
 * again. What it read is handed out by fleet_watch_dispatch() on the thread that calls it, after wake() said so. */
#pragma once

#include <glib.h>

#define FLEET_WATCH_TRAIL 1000 /* entries of the trail that are shown from before */

typedef struct FleetWatch FleetWatch;

typedef struct {
    void (*wake)(gpointer data); /* any thread */
    /* value: of the key; NULL: it was purged. stored_utc: when it was stored, ms by the bus's clock. */
    void (*booth)(gpointer data, const char *booth, const char *value, gint64 stored_utc);
    /* entry NULL: the stream is another one than before, and none of its entries was told yet. */
    void (*audit)(gpointer data, guint64 sequence, const char *entry);
    gpointer data;
} FleetWatchEvents;

/* events must outlive it; servers are copied. The bus may be away: it is waited for. */
FleetWatch *fleet_watch_open(const char *const *servers, const FleetWatchEvents *events);
void fleet_watch_close(FleetWatch *watch); /* NULL is fine; takes a second at most while the bus is there */
void fleet_watch_dispatch(FleetWatch *watch);
