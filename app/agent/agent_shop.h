/* agent_shop: the catalogue, as it comes from the desk, and the shop that is made from it. */
#pragma once

#include "agent/agent_state.h"

CatalogueKeeperEvents agent_catalogue_events(Agent *agent);
ShopEvents agent_shop_events(Agent *agent);

/* A message of the desk about the catalogue, borrowed; data: the agent. */
void agent_take_catalogue(void *data, const json_t *message);
gint64 agent_utc_of(void *data); /* agent_utc(); data: the agent */
