/* entry: the text fields of the console: what was typed so far, bounded. Pure; main thread only. */
#pragma once

#include <glib.h>

#define ENTRY_MESSAGE_MAX 500 /* characters */
#define ENTRY_ORDER_MAX   40

typedef struct {
    GString *text;
    glong most; /* characters */
} Entry;

Entry *entry_new(glong most);
void entry_free(Entry *entry); /* NULL is fine */

/* Adds what of typed fits; control characters and bytes that are not UTF-8 are left out. TRUE when something changed. */
gboolean entry_type(Entry *entry, const char *typed);
/* Takes the last character away. */
gboolean entry_rub_out(Entry *entry);
void entry_clear(Entry *entry);
