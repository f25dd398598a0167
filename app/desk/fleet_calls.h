/* fleet_calls: `desk calls`: what all booths have on record of calls and offers, as `boothctl calls` tells it of one. */
#pragma once

#include "sheet/call_sheet.h"

#include <glib.h>

/* In the order in which they landed, those made since then (UTC in ms; 0: all), each line with its end. Blocks, some seconds at most
 * without an answer. FALSE with one sentence when the bus cannot be read. */
gboolean fleet_calls_print(const char *const *servers, CallSheetForm form, gint64 since_utc, void (*print)(const char *text),
                           GError **error);
