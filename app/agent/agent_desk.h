/* agent_desk: what comes from the desk and from the certificate office. */
#pragma once

#include "agent/agent_state.h"

DeskEvents agent_desk_events(Agent *agent);
EnrolEvents agent_enrol_events(Agent *agent);

/* A desk that is not there soon is a problem. */
void agent_await_desk(Agent *agent);
/* The offer of the call in hand; a reference of its own. */
void agent_take_card(Agent *agent, const json_t *card);
/* Whether somebody waits too long whom this booth could help. */
void agent_watch_line(Agent *agent);
