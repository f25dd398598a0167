/* refusal: an error that is one sentence for a person, from a check that ends with it: "return refusal_set(...)". Any thread. */
#pragma once

#include <glib.h>

/* Always FALSE. error: NULL is fine. The error's code is 0. */
gboolean refusal_set(GError **error, GQuark domain, const char *format, ...) G_GNUC_PRINTF(3, 4);
