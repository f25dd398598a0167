/* enrol_office: "desk enrol": makes booths' one-time tokens and their booth.txt, lists enrolments, revokes them, and decides on identities
 * that were seen twice. Asks the bus once, blocking; beside running desks. */
#pragma once

#include "config/config.h"

/* argv[0] is "enrol". keys: of desk.conf. The exit status: 0 done, 1 not done (one sentence on stderr says why; nothing was changed unless
 * it says so), 2 not understood. */
int enrol_office_run(int argc, char **argv, const ConfigKey *keys);
