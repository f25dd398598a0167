/* retransmission: how many lost packets of the picture are sent again when the shopper's browser asks for them (NACK, RFC 4585; sent as in
 * RFC 4588).
 *
 * A full line loses most of what is sent, and a browser asks for each lost packet again and again: answered without measure, that alone
 * keeps the line full. So what is sent earns what may be sent again, and what was not sent again is made good with a key frame. */
#pragma once

#include <gst/gst.h>

typedef struct Retransmission Retransmission;

/* Watches webrtcbin, which it borrows, for the element that sends again: its requests come on GStreamer's threads. Main thread, before
 * the offer is made. */
Retransmission *retransmission_new(GstElement *webrtcbin);
/* Main thread; after the pipeline was stopped, before webrtcbin goes. NULL is fine. */
void retransmission_free(Retransmission *retransmission);

/* So many bytes of pictures are sent now. Any thread; never waits. */
void retransmission_earn(Retransmission *retransmission, gsize bytes);

/* TRUE: packets were given up and the line has calmed down, so that a key frame gets through and is wanted; once for those packets. loss: 0
 * to 1, as last reported. A browser waits 3 s for what it misses before it asks for one. Main thread. */
gboolean retransmission_wants_key(Retransmission *retransmission, double loss);
