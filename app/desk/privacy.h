/* privacy: all that the centre has of one shopper, by a reference: told, exported, erased. Behind `desk export`, `desk erase` and the ops
 * page.
 *
 * Nobody is asked for a name, so a reference is one of these: a call's id; the reference that a shopper was given for being called back,
 * whole or as the page shows it (the first nine characters); the contact that was left, as it was written but for case, spaces and hyphens;
 * the order that the advisor noted. It leads to the calls, and those to all messages of RECORDS and CONTACTS that are of them.
 *
 * What is erased is overwritten on the bus's disk. One line of it stays in RECORDS, record.erased.<call>, without anything of the shopper:
 * it is the audit, it makes every ledger forget the call, and a record that comes later goes too.
 *
 * Each asks the bus anew over a connection of its own and reads the streams whole. Blocks, for some seconds at most without an answer: from
 * any thread but a desk's own. */
#pragma once

#include <glib.h>

#define PRIVACY_CALLS_MAX 1000 /* that one reference may lead to */

#define PRIVACY_ERROR (privacy_error_quark())
GQuark privacy_error_quark(void);
typedef enum {
    PRIVACY_ERROR_NOTHING,   /* is kept under that reference */
    PRIVACY_ERROR_REFERENCE, /* it is none, or leads to several shoppers */
    PRIVACY_ERROR_CHANGED,   /* there is not what was looked at */
    PRIVACY_ERROR_BUS,       /* it does not answer, or refuses */
} PrivacyError;

typedef struct {
    char **calls;                                         /* ids, in order */
    guint messages;                                       /* all of them: */
    guint call_records, booth_records, ratings, contacts; /* contacts: with the note that one was used */
    gint64 first_utc, last_utc;                           /* when they landed, ms */
} PrivacyFound;
void privacy_found_free(PrivacyFound *found); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PrivacyFound, privacy_found_free)

/* What there is. export: unless NULL, also as JSON, to g_free():
 * {"reference","exported_utc","messages":[{"stream","subject","time_utc","value"}]}. NULL with a sentence, also when there is nothing. */
PrivacyFound *privacy_look(const char *const *servers, const char *reference, char **export, GError **error);
/* Erases it all, and tells what it was. messages: what was looked at before, 0: however many there are; when they are not as many any more
 * nothing is erased. Again, it goes on where it was interrupted, by the call's id. */
PrivacyFound *privacy_erase(const char *const *servers, const char *reference, guint messages, GError **error);
