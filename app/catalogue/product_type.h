/* product_type: the retailer's own categories, "TV & Audio > Headphones > Accessories", and which of them hold accessories.
 *
 * Pure functions: any thread. */
#pragma once

#include <glib.h>

#define PRODUCT_TYPE_LEVELS 8 /* further ones are one with the last */

/* The levels without the space around them, in lower case; a NULL-terminated list to g_strfreev(). */
char **product_type_levels(const char *type);

/* The level, counted from 0, that says that these are accessories, in English, Norwegian, Danish, Swedish or Finnish; -1 when none does. */
int product_type_accessory_level(const char *const *levels);
