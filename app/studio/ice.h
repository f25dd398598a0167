/* ice: which addresses and servers a call's connection may use, told to webrtcbin and to the libnice agent inside it. Main thread only,
 * before the offer is made. */
#pragma once

#include <gst/gst.h>

/* servers: JSON array, as for relays_parse(); what of it cannot be understood is logged and left out. relay_only: over TURN or not at all.
 * loopback: 127.0.0.1 is a candidate too. */
void ice_set_up(GstElement *webrtcbin, const char *servers, gboolean relay_only, gboolean loopback);
