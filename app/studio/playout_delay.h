/* playout_delay: the RTP header extension by which a sender tells a browser how long it may hold pictures back to smooth them out.
 *
 * http://www.webrtc.org/experiments/rtp-hdrext/playout-delay: three bytes, 12 bits each for the least and the most delay in units of 10 ms.
 * Least 0 makes Chromium and its kin show each picture as soon as it is decoded; others do not agree to the extension and lose nothing. */
#pragma once

#include <gst/rtp/gstrtphdrext.h>

#define PLAYOUT_DELAY_URI "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"

/* For a payloader's add-extension; id as in the offer. most_ms: at most 40950. New reference. */
GstRTPHeaderExtension *playout_delay_new(guint id, guint most_ms);
