/* packed: texts as gzip (RFC 1952) for those who take it: a tenth of the bytes of a list, on a line that may be slow. Pure; any thread. */
#pragma once

#include <glib.h>

/* Whether an Accept-Encoding header (NULL or "": none) takes gzip: names it, or all by "*", and not with a weight of 0. */
gboolean packed_is_wanted(const char *accept_encoding);

/* The text packed, in well under 10 ms a megabyte when quick, else as small as it gets; NULL: it would not become smaller. New reference.
 */
GBytes *packed_new(const void *text, gsize length, gboolean quick);
