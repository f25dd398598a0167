/* near: which of some words was probably meant by one that is none of them. Pure; any thread. */
#pragma once

#include <glib.h>

#define NEAR_WORD_MAX 64 /* characters; longer ones are near to nothing */

/* Letters to be added, left out, changed or swapped with their neighbour (optimal string alignment) to make b of a, upper and lower case
 * being the same; at most limit + 1 is said. Both UTF-8. */
guint near_distance(const char *a, const char *b, guint limit);

/* Whether b, with one letter wrong in a short word or two in one of more than six, was probably meant by a. */
gboolean near_is(const char *a, const char *b);
