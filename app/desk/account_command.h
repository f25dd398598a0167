/* account_command: "desk account add NAME --role ROLE", "account remove NAME" and "account list". */
#pragma once

#include <glib.h>

#include "config/config.h"

/* words: what follows "account". The password is asked for on a terminal, twice and unseen, or is the first line of the standard input.
 * FALSE with a sentence for a person. */
gboolean account_command(const Config *config, const char *const *words, const char *role, GError **error);
