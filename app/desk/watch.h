/* watch: the view of the bucket of calls, kept up by an ordered subscription, and the terminal records as they come.
 *
 * A view begins with the last value of every key and goes on with each change, in order. Each second the desk's heartbeat is written into
 * the bucket; when it comes back, all that was acknowledged before it was written has been shown. A view that misses a message, or has not
 * shown the own heartbeat for WATCH_BLIND_MS, or whose connection was lost, is given up and a new one begun.
 *
 * Threads: one thread of its own writes heartbeats and begins views, and the library's threads deliver; the events come from all of them,
 * one at a time within one view. The functions may be called from any thread, but watch_stop() and watch_free() from the one that made it.
 */
#pragma once

#include "desk/jetstream.h"

#define WATCH_BEAT_MS  1000
#define WATCH_LOOK_MS  50 /* between two heartbeats, however often watch_look() is called */
#define WATCH_BLIND_MS 2000

typedef struct Watch Watch;

typedef struct {
    /* Views are numbered. What is told of an older one than the last begun is void. forget: the bucket is another one than before. */
    void (*started)(gpointer data, guint view, gboolean forget);
    /* text: the value, taken; NULL when purged. */
    void (*entry)(gpointer data, guint view, const char *key, guint64 revision, char *text);
    /* The own heartbeat, written at as_of (g_get_monotonic_time()): all keys below this revision were shown, and all records that landed
     * before the view began. bus_utc: when it landed, ms by the bus's clock. */
    void (*complete)(gpointer data, guint view, guint64 revision, gint64 as_of, gint64 bus_utc);
    /* A terminal record: the last some thousand, then each as it comes. text is taken. landed_utc: ms by the bus's clock. */
    void (*record)(gpointer data, const char *subject, char *text, gint64 landed_utc);
    gpointer data;
} WatchEvents;

/* instance: the desk's name, the key of its heartbeat; copied. events must outlive it. */
Watch *watch_new(const char *instance, const WatchEvents *events);
/* jetstream must stay until watch_stop(). */
void watch_start(Watch *watch, JetStream *jetstream);
/* No heartbeat and no new view any more. Events may still come until jetstream_close() says that there are none. NULL and twice are fine.
 */
void watch_stop(Watch *watch);
void watch_free(Watch *watch); /* stopped, and jetstream_close() was TRUE; NULL is fine */

/* The heartbeat's value from the next one on; "{}" until then. */
void watch_set_heartbeat(Watch *watch, const char *value);
/* Writes the heartbeat at once, or WATCH_LOOK_MS after the one before. */
void watch_look(Watch *watch);
/* The connection was lost and is back: begins a new view. */
void watch_renew(Watch *watch);
