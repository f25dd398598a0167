/* admit: whether a WebSocket's handshake may pass the door, and who counts as one before its limits. Pure functions over header values
 * and addresses: any thread. */
#pragma once

#include <glib.h>

/* Whether a page of this origin may open a shopper's link. origin: the Origin header, NULL when there is none, which is no browser and
 * passes. host: the Host header or NULL; an origin with the same host and port passes, whatever its scheme, as a TLS terminator may stand
 * before the desk. origins: "scheme://host[:port]" each, or "*", NULL-terminated; may be NULL. */
gboolean admit_origin(const char *origin, const char *host, const char *const *origins);

/* Whom the limit on asks counts as one, of a peer's address: an IPv4 address itself, also one mapped into IPv6; of an IPv6 address its /64,
 * since a household has that many of its own; what is no address itself. To g_free(). */
char *admit_household(const char *address);

/* A shopper's address as logs may have it, without what tells one line from its neighbours': of IPv4 the last 8 bits, of IPv6 the last 80
 * are 0, so "192.0.2.0/24" and "2001:db8:1::/48"; what is no address itself. To g_free(). */
char *admit_neighbourhood(const char *address);

/* Whether the Sec-WebSocket-Protocol header (NULL: none) offers this subprotocol and no other. With several the WebSocket library chooses
 * one of its own, maybe another one than the path is for, whose rules were not applied. */
gboolean admit_subprotocol(const char *offered, const char *subprotocol);
