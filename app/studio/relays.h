/* relays: the ICE servers of a call, read from the JSON array of RTCIceServer objects that the desk hands out, in the form that webrtcbin
 * wants.
 *
 * Pure; what cannot be understood is left out, and counts as such. */
#pragma once

#include <glib.h>

#define RELAYS_MAX 8 /* further servers are left out */

typedef struct {
    char *stun;      /* "stun://HOST:PORT" or NULL: the first one */
    GPtrArray *turn; /* of "turn(s)://USER:PASSWORD@HOST:PORT?transport=udp|tcp" */
    guint left_out;
} Relays;

/* json: the array, or "" for none. Never NULL; to relays_free(). */
Relays *relays_parse(const char *json);
void relays_free(Relays *relays);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Relays, relays_free)
