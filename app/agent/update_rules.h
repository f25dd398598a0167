/* update_rules: which update bundle a booth takes, and what a failed installation means. Pure functions. */
#pragma once

#include <glib.h>

#define UPDATE_SOURCE_MAX 2048 /* bytes */

/* Compares versions such as 20261122.125500-gabc1234 by their numbers before the first "-"; what is no number counts as 0. <0, 0, >0. */
int update_compare(const char *a, const char *b);

/* Why a bundle is not taken, to g_free(); NULL: it is. The versions are of the bundle and of what runs now; the names of the kind of board,
 * by RAUC's "compatible". */
char *update_objection(const char *version, const char *compatible, const char *running, const char *board);

/* Whether text names a bundle: an absolute path, or an http or https URL, that ends in .raucb; at most UPDATE_SOURCE_MAX bytes. */
gboolean update_is_source(const char *text);
gboolean update_is_remote(const char *source);

/* RAUC's own words about a failure, as a sentence for a person, to g_free(). lasting: trying again is of no use. */
char *update_explain(const char *words, gboolean *lasting);
