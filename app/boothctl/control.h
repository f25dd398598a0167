/* control: the way to a booth's agent and studio over D-Bus, for commands that do one thing and end.
 *
 * Blocking; every call has CONTROL_CALL_MS. Failures are said on stderr, in one sentence. */
#pragma once

#include "config/config.h"

#include "bus/agent1.h"
#include "bus/studio1.h"

#define CONTROL_CALL_MS 10000

typedef struct {
    Config *config;
    GDBusConnection *bus;
    BusAgent1 *agent;
    BusStudio1 *studio;
} Control;

/* Reads config alone. FALSE was said on stderr; either way to control_close(). */
gboolean control_read(Control *control, const char *config);
/* And the way to the agent, which must be running; or to the studio. */
gboolean control_open_agent(Control *control, const char *config);
gboolean control_open_studio(Control *control, const char *config);
void control_close(Control *control);

/* Calls one method of the agent that answers nothing. Takes the floating reference of arguments, which may be NULL. Returns the exit
 * status. */
int control_tell(const char *config, const char *method, GVariant *arguments);

/* Says on stderr why a call failed, without D-Bus' own words. Returns 1. */
int control_failed(GError *error);
