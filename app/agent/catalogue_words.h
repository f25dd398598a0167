/* catalogue_words: text as words that compare: lower case, accents gone, æ as ae, ø as o; letters and digits alone. So "Blå høyttaler" is
 * found as "bla hoyttaler", with the keys that an advisor has.
 *
 * Pure functions: any thread. */
#pragma once

#include <glib.h>

#define CATALOGUE_WORD_MAX  40 /* bytes of a word; longer ones are cut */
#define CATALOGUE_WORDS_MAX 8  /* of a query */

/* Appends the words of text to out, a blank before each. For the index a model name counts in the ways that people say it: "WH-1000XM5" is
 * wh, 1000xm5, wh1000xm5 and xm5. */
void catalogue_words_index(const char *text, GString *out);

/* The words of a query in order, at most CATALOGUE_WORDS_MAX; a GPtrArray of char * that frees them. */
GPtrArray *catalogue_words_query(const char *text);
