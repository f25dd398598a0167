/* field: the text fields of the console: what was typed so far, bounded. Pure; main thread only. */
#pragma once

#include <glib.h>

#define FIELD_MESSAGE_MAX 500 /* characters */
#define FIELD_ORDER_MAX   40

#define FIELD_AMOUNT_MAX 12

typedef struct {
    GString *text;
    glong most;      /* characters */
    gboolean amount; /* takes figures and points alone */
} Field;

Field *field_new(glong most);
void field_free(Field *field); /* NULL is fine */

/* Adds what of typed fits; control characters and bytes that are not UTF-8 are left out. TRUE when something changed. */
gboolean field_type(Field *field, const char *typed);
/* Takes the last character away. */
gboolean field_rub_out(Field *field);
void field_clear(Field *field);

/* What stands in a field for amounts, in the smallest unit of a currency of so many decimals; a point or comma before three figures parts
 * thousands. FALSE: nothing, or more decimals than there are. */
gboolean field_amount(const Field *field, int decimals, gint64 *minor);
