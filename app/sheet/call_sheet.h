/* call_sheet: booths' records of calls for people and their sheets: the same from one booth (boothctl calls) and of the fleet (desk calls),
 * the newest last.
 *
 * Pure; what it returns is to be freed with g_free(). Times are told by the clock on this computer's wall. */
#pragma once

#include <glib.h>
#include <jansson.h>

#define CALL_SHEET_NONE "no calls on record" /* what a table without a line says */

typedef enum { CALL_SHEET_TABLE, CALL_SHEET_CSV, CALL_SHEET_JSON } CallSheetForm;

/* "YYYY-MM-DD" or "YYYY-MM-DDTHH:MM", to ms since 1970; FALSE: it is neither. */
gboolean call_sheet_since(const char *text, gint64 *utc);
/* Whether a record is one of a call or an offer, made since then (0: ever); one whose time is not known is. */
gboolean call_sheet_wants(const json_t *record, gint64 since_utc);
/* The line above the records, NULL: there is none in this form. */
char *call_sheet_head(CallSheetForm form);
/* A record as one line, without its end (CSV: RFC 4180, the end is CR LF). */
char *call_sheet_row(CallSheetForm form, const json_t *record);
const char *call_sheet_end(CallSheetForm form); /* of a line */
