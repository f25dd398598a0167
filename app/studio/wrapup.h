/* wrapup: what the advisor has entered of a call that is being wrapped up, until the agent has all of it. Pure. Main thread only. */
#pragma once

#include "studio/field.h"
#include "studio/view.h"

typedef struct {
    char outcome[16]; /* "" not chosen yet */
    Field *order, *value;
    char currency[4];
    char point;                    /* before the decimals of the value, in the console's language */
    char *tags[VIEW_TAGS_MAX + 1]; /* chosen ones, ended by NULL */
    gboolean changed;              /* since it was told */
} Wrapup;

Wrapup *wrapup_new(char point);
void wrapup_free(Wrapup *wrapup); /* NULL is fine */

/* A wrap-up begins, or the studio comes back to one: what the agent has noted. */
void wrapup_load(Wrapup *wrapup, const View *view);

/* outcome NAME, tag NAME (on or off), currency (the next one of view's), type TEXT and rub into field (order or value). FALSE: nothing
 * changed. */
gboolean wrapup_do(Wrapup *wrapup, const View *view, Field *field, const char *what);
gboolean wrapup_has_tag(const Wrapup *wrapup, const char *tag);
/* The value that was entered; FALSE: none, or none that makes sense. */
gboolean wrapup_value(const Wrapup *wrapup, gint64 *minor);
/* All of it as JSON for the agent's Note, to g_free(). */
char *wrapup_note(const Wrapup *wrapup);
