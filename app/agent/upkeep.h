/* upkeep: the booth's own bus tells it to install an update, to make a support bundle, to start the machine again, to forget everything.
 *
 * Answers Update, Bundle, Restart and FactoryReset of org.livebooth.Agent1. All but the first are refused while a call rings, runs or is
 * wrapped up. Main context only. */
#pragma once

#include "agent/update.h"
#include "bus/agent1.h"

typedef struct Upkeep Upkeep;

/* bus and update must outlive it. changed: what upkeep_json() says. */
Upkeep *upkeep_new(BusAgent1 *bus, Update *update, void (*changed)(gpointer data), gpointer data);
void upkeep_free(Upkeep *upkeep); /* NULL is fine */

/* A call rings, runs or is wrapped up. */
void upkeep_set_busy(Upkeep *upkeep, gboolean busy);

/* For whoever else may ask: MACHINE_RESTART or MACHINE_RESET. FALSE with a sentence. */
gboolean upkeep_machine(Upkeep *upkeep, const char *wish, GError **error);

/* A support bundle onto the card's FAT partition; once it is being made another wish is the same one. FALSE with a sentence. */
gboolean upkeep_bundle(Upkeep *upkeep, GError **error);

/* The snapshot's "upkeep", a new reference: {"able","bundle","ending","stuck"}, see docs/protocol.md. */
json_t *upkeep_json(const Upkeep *upkeep);
