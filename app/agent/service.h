/* service: org.livebooth.Agent1 on the bus: wishes come in, the snapshot goes out.
 *
 * Main context only. Changes of the snapshot are merged by the bus library: one signal a turn of the main loop. */
#pragma once

#include "agent/note.h"
#include "bus/agent1.h"

#include <gio/gio.h>

typedef struct Service Service;

typedef struct {
    /* A wish of booth.h, times not filled in. FALSE: it does not fit the state. */
    gboolean (*wish)(void *data, BoothEvent *wish);
    /* Reads what was noted of a call; FALSE with a sentence when it is refused. */
    gboolean (*note)(void *data, const NoteWords *words, BoothNote *note, GError **error);
    /* The newest records before that key, (0, 0) all, as JSON text, to free(). */
    char *(*calls)(void *data, guint limit, gint64 epoch, gint64 seq);
    void (*name_lost)(void *data); /* another agent runs on this bus, or the bus is gone */
    void *data;
} ServiceEvents;

#define SERVICE_CALLS_MAX 500

Service *service_new(GDBusConnection *bus, const ServiceEvents *events, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void service_free(Service *service); /* NULL is fine */

/* The skeleton of org.livebooth.Agent1, for those who answer some of its methods themselves. */
BusAgent1 *service_bus(Service *service);

void service_set_snapshot(Service *service, const char *snapshot);
