/* scanner: tells a bar code reader, which types like a keyboard, from a person. Pure.
 *
 * A reader types the digits of a trade item number, each within SCANNER_GAP_MS of the one before, and then Enter. */
#pragma once

#include <glib.h>

#define SCANNER_GAP_MS     50
#define SCANNER_DIGITS_MAX 14
#define SCANNER_ENTER      '\n'

typedef struct {
    char digits[SCANNER_DIGITS_MAX + 1];
    guint count; /* of digits in a row, also of more than a number has */
    gint64 last; /* ms */
} Scanner;

/* A key at a time in ms: a digit, SCANNER_ENTER, or 0 for any other. TRUE: this ended a trade item number, which stands in digits until the
 * next key. */
gboolean scanner_take(Scanner *scanner, char key, gint64 time);
/* Whether digits may be the beginning of one still. */
gboolean scanner_waits(const Scanner *scanner, gint64 time);
