/* agent_studio: what comes from the studio: that it is there, its health, and the media of a call. */
#pragma once

#include "agent/agent_state.h"

StudioEvents agent_studio_events(Agent *agent);
