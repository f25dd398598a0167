/* network_probe: whether this computer has a way out: a default route, as the kernel lists them in /proc/net/route and
 * /proc/net/ipv6_route.
 */
#pragma once

#include <glib.h>

gboolean network_probe(void); /* looks now; microseconds */
/* The texts of the two files; either may be NULL. Pure. */
gboolean network_has_route(const char *route, const char *ipv6_route);
