/* commands: what `desk COMMAND` does beside serving with the records: records, calls, figures, export and erase. */
#pragma once

#include "config/config.h"

/* Option groups for the command line; they write into what commands_run() reads. Belongs to the program. */
GOptionGroup *commands_options(void);
/* Whether it is one of them, and the options that were given are its own. */
gboolean commands_know(const char *command);
/* FALSE with one sentence. */
gboolean commands_run(const Config *config, const char *command, GError **error);
