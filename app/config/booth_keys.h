/* booth_keys: every key of booth.conf (docs/configuration.md). One file serves the agent, the studio and boothctl, so they share one list.
 */
#pragma once

#include "config/config.h"

extern const ConfigKey booth_keys[]; /* for config_load() */

#define BOOTH_CONFIG_FILE "/etc/livebooth/booth.conf" /* where it stands on a board */
