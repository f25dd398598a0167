/* agent_watch: what nobody tells by itself: storage, temperature, the clock, who waits, how time was spent. */
#pragma once

#include "agent/agent_state.h"

/* Looks now and then from here on, until agent_free(). */
void agent_watch(Agent *agent);
void agent_look_at_clock(Agent *agent);
