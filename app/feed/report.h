/* report: what was refused of a feed and why, for the person who has to put it right.
 *
 * One thread. */
#pragma once

#include <glib.h>
#include <stdio.h>

#define FEED_FAULTS_MAX 20000 /* written down; further ones are counted alone */

typedef struct {
    gboolean refused; /* the product; else only this attribute was left out */
    guint line;
    char *id;
    const char *attribute; /* "" for the whole row */
    char *why;
    const char *advice; /* what to do */
} FeedFault;

typedef struct {
    GArray *faults;          /* of FeedFault */
    guint refused, warnings; /* rows refused, attributes left out */
    guint surplus;           /* faults not written down */
} FeedReport;

FeedReport *feed_report_new(void);
void feed_report_free(FeedReport *report); /* NULL is fine */

/* id, why: copied; attribute, advice: static text. refused counts a row, so it is said once a row. */
void feed_report_add(FeedReport *report, gboolean refused, guint line, const char *id, const char *attribute, const char *why,
                     const char *advice);

/* The first rows refused, at most so many, as a table for a terminal. */
void feed_report_print(const FeedReport *report, FILE *out, guint most);
/* All that was written down, tab-separated with a header row. FALSE: the file cannot be written. */
gboolean feed_report_write(const FeedReport *report, const char *path, GError **error);
