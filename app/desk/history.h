/* history: the records at the centre, for a person to read. */
#pragma once

#include <glib.h>

/* Prints records as JSON lines, {"subject","time_utc","value"}: all of them, or (call) the terminal record, the booths' records and the
 * rating of one call. On a connection of its own; blocks, some seconds at most without an answer. FALSE with one sentence when the bus
 * cannot be read. */
gboolean history_print(const char *const *servers, const char *call, void (*line)(const char *text), GError **error);
