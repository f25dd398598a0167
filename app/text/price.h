/* price: an amount as a reader of a language expects it: "12 990 kr", "€1,299.95". Pure: any thread. */
#pragma once

#include <glib.h>

/* minor: in the smallest unit of the ISO 4217 currency. Whole amounts have no decimals. To g_free(). */
char *price_format(const char *language, gint64 minor, const char *currency) G_GNUC_WARN_UNUSED_RESULT;
/* What stands before the decimals: '.' or ','. */
char price_point(const char *language);
/* A number such as 4.5 with one decimal at most; to g_free(). */
char *price_number(const char *language, double value) G_GNUC_WARN_UNUSED_RESULT;
