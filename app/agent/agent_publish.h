/* agent_publish: tells the booth's state to the studio, boothctl and the desk. */
#pragma once

#include "agent/agent_state.h"
#include "agent/checks.h"

/* What the checks are made from; what it borrows is the agent's. */
ChecksParts agent_checks(const Agent *agent);

/* The snapshot on the bus is made anew in a moment, however often this is called. for_desk: more than a level or a counter changed. */
void agent_changed(Agent *agent, gboolean for_desk);
/* Whoever asks for the snapshot next finds what was just done in it. */
void agent_publish_now(Agent *agent);
