/* agent_step: every event goes through one function: step the machine, write down what must not be forgotten, then act. */
#pragma once

#include "agent/agent_state.h"

/* Fills in the event's time. FALSE: a wish that does not fit the state. */
gboolean agent_step(Agent *agent, BoothEvent *event);
/* Sets the timer for the machine's next deadline. */
void agent_arm(Agent *agent);
/* Lamps: ring is steady while it rings, blinking while somebody waits too long. */
void agent_light(Agent *agent);

/* A call rings, runs or is wrapped up. */
gboolean agent_is_busy(const Agent *agent);
/* With another certificate, as soon as no call is disturbed. */
void agent_relink_when_idle(Agent *agent);

/* The problems keep the booth from being ready; until the studio was there once, nothing is known. */
gboolean agent_is_blocked(const Agent *agent);
/* Tells the machine when that began or ceased. */
void agent_weigh_problems(Agent *agent);
/* Leaves starting when everything was looked at, or the time for that is over; at once when the agent only came back. */
void agent_start_when_checked(Agent *agent);
