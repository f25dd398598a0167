/* feedback: what the shopper's end reports of the packets that it got: transport-wide feedback, about ten times a second, and the round
 * trip of its receiver reports. What follows from it for the rate is congestion.h's.
 *
 * Reports come on GStreamer's threads and are taken on the main thread; those that it is too late for become one. */
#pragma once

#include "studio/congestion.h"

#include <gst/gst.h>

typedef struct Feedback Feedback;

#define FEEDBACK_TWCC_URI "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

/* came is called for each report, on a thread of GStreamer's; is_first: all before it were taken. Main thread. */
Feedback *feedback_new(void (*came)(void *data, gboolean is_first), void *data);
/* Main thread; after the pipeline was stopped. NULL is fine. */
void feedback_free(Feedback *feedback);

/* Begins, once webrtcbin has made its offer and with it the RTP session. Main thread. */
void feedback_watch(Feedback *feedback, GstElement *webrtcbin);
/* Before the pipeline is stopped: no further came(). Main thread. */
void feedback_stop(Feedback *feedback);

/* The report to be taken now. Main thread. */
CongestionReport feedback_take(Feedback *feedback);
/* The loss of the last report, 0 to 1. Any thread. */
double feedback_loss(Feedback *feedback);
/* Of the last receiver reports, ms; 0: not known. Main thread. */
int feedback_round_trip_ms(const Feedback *feedback);
