/* agent: the session agent: brings the state machine together with the desk, the studio, the records, the panel and the bus.
 *
 * Every event goes through one function: step the machine, write down what must not be forgotten, then act. Main context only. */
#pragma once

#include "config/config.h"

#include <gio/gio.h>

typedef struct Agent Agent;

#define AGENT_STATUS_MS     10000              /* a status at least so often */
#define AGENT_STATUS_MIN    200                /* and never two closer */
#define AGENT_GRACE_MS      2000               /* a desk or studio may be away for so long before it is a problem */
#define AGENT_LOOK_MS       1000               /* between two looks at storage and at who waits */
#define AGENT_CHECK_MS      3600000            /* the records are read whole so often, to see whether they are sound */
#define AGENT_STORAGE_MIN   (32 * 1024 * 1024) /* bytes free; below it no call is taken */
#define AGENT_UNWRITTEN_MAX 64                 /* records kept in memory while the disk refuses */

/* Starts on config and bus, which must outlive it. lost is called once when the agent cannot go on: another one has the name, or the bus is
 * gone. */
Agent *agent_new(const Config *config, GDBusConnection *bus, void (*lost)(gpointer data), gpointer data,
                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
void agent_free(Agent *agent); /* NULL is fine; a call in hand is not ended: the next agent goes on with it */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Agent, agent_free)
