/* history: the records at the centre, for a person to read. */
#pragma once

#include <glib.h>
#include <jansson.h>

/* Each record whose subject fits, in the order in which they landed (landed_utc: ms by the bus's clock); value is borrowed and may be
 * changed. On a connection of its own; blocks, some seconds at most without an answer. FALSE with one sentence when the bus cannot be read.
 */
gboolean history_each(const char *const *servers, const char *subject,
                      void (*record)(gpointer data, const char *subject, gint64 landed_utc, json_t *value), gpointer data, GError **error);

/* Prints records as JSON lines, {"subject","time_utc","value"}: all of them, or (call) the terminal record, the booths' records and the
 * rating of one call. Otherwise as above. */
gboolean history_print(const char *const *servers, const char *call, void (*line)(const char *text), GError **error);
