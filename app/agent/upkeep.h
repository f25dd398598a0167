/* upkeep: the booth's own bus tells it to install an update, to start the machine again, to forget everything.
 *
 * Answers Update, Restart and FactoryReset of org.livebooth.Agent1. A restart and a reset are refused while a call rings, runs or is
 * wrapped up. Main context only. */
#pragma once

#include "agent/update.h"
#include "bus/agent1.h"

typedef struct Upkeep Upkeep;

/* All must outlive it. */
Upkeep *upkeep_new(BusAgent1 *bus, Update *update);
void upkeep_free(Upkeep *upkeep); /* NULL is fine */

/* A call rings, runs or is wrapped up. */
void upkeep_set_busy(Upkeep *upkeep, gboolean busy);

/* For whoever else may ask: MACHINE_RESTART or MACHINE_RESET. FALSE with a sentence. */
gboolean upkeep_machine(Upkeep *upkeep, const char *wish, GError **error);
