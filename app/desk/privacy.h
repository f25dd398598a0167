/* privacy: `desk export` and `desk erase`: all that the centre has of one shopper, by a reference.
 *
 * Nobody is asked for a name, so a reference is one of these: a call's id; the reference that a shopper was given for being called back,
 * whole or as the page shows it (the first nine characters); the contact that was left, as it was written but for case, spaces and hyphens;
 * the order that the advisor noted. It leads to the calls, and those to all messages of RECORDS and CONTACTS that are of them.
 *
 * What is erased is overwritten on the bus's disk. One line of it stays in RECORDS, record.erased.<call>, without anything of the shopper:
 * it is the audit, it makes every ledger forget the call, and a record that comes later goes too. Blocks, for some seconds at most without
 * an answer; for the command line. */
#pragma once

#include <glib.h>

#define PRIVACY_CALLS_MAX 1000 /* that one reference may lead to */

#define PRIVACY_ERROR (privacy_error_quark())
GQuark privacy_error_quark(void);

/* Prints one JSON object: {"reference","exported_utc","messages":[{"stream","subject","time_utc","value"}]}. Nothing found is an error with
 * a sentence. */
gboolean privacy_export(const char *const *servers, const char *reference, void (*line)(const char *text), GError **error);
/* Erases, and prints a line for each call. Again, it goes on where it was interrupted, by the call's id. */
gboolean privacy_erase(const char *const *servers, const char *reference, void (*line)(const char *text), GError **error);
