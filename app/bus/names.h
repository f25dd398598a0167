/* names: where the agent and the studio are on the booth's bus. */
#pragma once

#define AGENT_NAME  "org.livebooth.Agent1"
#define AGENT_PATH  "/org/livebooth/Agent1"
#define STUDIO_NAME "org.livebooth.Studio1"
#define STUDIO_PATH "/org/livebooth/Studio1"
