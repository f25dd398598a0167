/* names: where the agent and the studio are on the booth's bus, and what their methods may answer instead of an answer. */
#pragma once

#define AGENT_NAME  "org.livebooth.Agent1"
#define AGENT_PATH  "/org/livebooth/Agent1"
#define STUDIO_NAME "org.livebooth.Studio1"
#define STUDIO_PATH "/org/livebooth/Studio1"

#define BUS_WRONG_STATE "org.livebooth.Error.WrongState" /* does not fit the state; nothing was changed */
#define BUS_BAD_VALUE   "org.livebooth.Error.BadValue"
#define BUS_NOT_FOUND   "org.livebooth.Error.NotFound"
