/* saved: the booth's state as text, so that an agent that was killed goes on where it was.
 *
 * Pure. What a studio or a desk holds is not in it; a ringing call is not kept: it is the desk's again. */
#pragma once

#include "agent/booth.h"
#include "agent/tally.h"

#include <jansson.h>

/* card: the offer that the call in hand came from, or NULL. boot: this boot's id. To g_free(). */
char *saved_write(const Booth *booth, const Tally *tally, const json_t *card, const char *boot);

/* The id of the boot that text was written in, to g_free(); NULL: it makes no sense. */
char *saved_boot(const char *text);

/* Fills booth, which booth_init() was called on, tally (as it was saved) and *card (new reference or NULL). From another boot, a call in
 * hand is over: its media is gone; it is left as a wrap-up that ends at once. FALSE: the text makes no sense; booth is as it was. */
gboolean saved_read(const char *text, const char *boot, gint64 mono, Booth *booth, Tally *tally, json_t **card);
