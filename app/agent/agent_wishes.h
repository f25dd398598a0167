/* agent_wishes: what the advisor, boothctl and operations want: from the panel, the bus and the desk. */
#pragma once

#include "agent/agent_state.h"

PanelEvents agent_panel_events(Agent *agent);
ServiceEvents agent_service_events(Agent *agent);
RemoteEvents agent_remote_events(Agent *agent);
UpdateEvents agent_update_events(Agent *agent);
