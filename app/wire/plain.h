/* plain: those members of a JSON object that matter, found in its text, without a tree of the rest.
 *
 * A desk reads some hundred statuses of 1 to 2 KB a second, most of whose members it only hands on. Plain is what our programs write of
 * them: one object, without white space, nested 16 deep at most, with 128 names in it that are open at once and that hold neither escapes
 * nor the same name twice in one object, whole numbers of 18 digits at most, exponents of two, texts without \u. All of a text is looked
 * at; what is plain is taken by json_loadb() with JSON_REJECT_DUPLICATES as well, and means the same (tests/fuzz/fuzz_plain.c). What is not
 * plain may be sound all the same: whoever asks has to read it as JSON then. Pure functions: any thread. */
#pragma once

#include <glib.h>
#include <jansson.h>

/* A member's value as it stands in the text, which it borrows; NULL and 0: the object has no such member. */
typedef struct {
    const char *at;
    gsize length;
} PlainSpan;

/* Finds the members of the object that text (length bytes, need not be NUL-terminated) is. names ends with NULL, spans has one for each.
 * FALSE: it is not plain, and spans are void. */
gboolean plain_find(const char *text, gsize length, const char *const *names, PlainSpan *spans);

/* Appends an object of the first count of names and spans, but for those that are not there: "{…}". */
void plain_append(GString *text, const char *const *names, const PlainSpan *spans, guint count);
