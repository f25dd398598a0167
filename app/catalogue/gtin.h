/* gtin: trade item numbers as they stand under a bar code: EAN-8 (GTIN-8), UPC-A (GTIN-12), EAN-13 (GTIN-13) and GTIN-14.
 *
 * The shorter ones are the longer ones without leading zeros, so that a number says the same however it is written: UPC-A 036000291452 and
 * EAN-13 0036000291452 are one product. Pure functions: any thread. */
#pragma once

#include <glib.h>

/* Reads text: 8, 12, 13 or 14 digits, spaces and hyphens between them allowed, check digit right. ret_number, which may be NULL, gets the
 * number, leading zeros gone. FALSE when it is none. */
gboolean gtin_read(const char *text, gint64 *ret_number);

/* Whether text has nothing but such digits, as many as a trade item number may have: then a wrong one is a misprint, and no other text. */
gboolean gtin_is_shaped(const char *text);
