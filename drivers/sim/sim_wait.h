/* sim_wait: how a simulated source waits for the time of its next buffer, and is woken when it shall stop.
 *
 * Part of a GstPushSrc: wait in its streaming thread, the rest from its unlock and unlock_stop. The element's object lock guards it. */
#pragma once

#include <gst/gst.h>

typedef struct {
    GstClockID id; /* NULL: nobody waits */
    gboolean unlocking;
} SimWait;

/* Until the clock says time. GST_FLOW_FLUSHING: it shall stop. */
GstFlowReturn sim_wait_until(SimWait *wait, GstElement *element, GstClock *clock, GstClockTime time);
void sim_wait_unlock(SimWait *wait, GstElement *element);
void sim_wait_unlock_stop(SimWait *wait, GstElement *element);
