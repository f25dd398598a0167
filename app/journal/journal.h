/* journal: what a program says of a call or a booth carries their ids as fields, LIVEBOOTH_CALL and LIVEBOOTH_BOOTH, so that one journalctl
 * finds every line about a call, in whichever program.
 *
 * Where stderr is systemd's journal, a line is an entry with these fields and GLib's own; elsewhere it is readable text, without them. Ids
 * alone are put here: no line and no field names a person. Any thread, after journal_open(). */
#pragma once

#include <glib.h>

/* For main(), before the first line. All lines go to stderr: the service manager keeps them. */
void journal_open(void);

/* What all further lines of the process are about, for programs that have one booth and one call at a time; "" or NULL: nothing. */
void journal_set_booth(const char *booth);
void journal_set_call(const char *call);

/* One line about a call, a booth, or both; "" or NULL: not about one. domain: as in G_LOG_DOMAIN. */
void journal_say(GLogLevelFlags level, const char *domain, const char *call, const char *booth, const char *format, ...)
    G_GNUC_PRINTF(5, 6);
