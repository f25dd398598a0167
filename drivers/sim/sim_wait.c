#include "drivers/sim/sim_wait.h"

GstFlowReturn sim_wait_until(SimWait *wait, GstElement *element, GstClock *clock, GstClockTime time)
{
    GST_OBJECT_LOCK(element);
    if (wait->unlocking) {
        GST_OBJECT_UNLOCK(element);
        return GST_FLOW_FLUSHING;
    }
    wait->id = gst_clock_new_single_shot_id(clock, time);
    GST_OBJECT_UNLOCK(element);
    GstClockReturn waited = gst_clock_id_wait(wait->id, NULL);
    GST_OBJECT_LOCK(element);
    gst_clock_id_unref(wait->id);
    wait->id = NULL;
    GST_OBJECT_UNLOCK(element);
    return waited == GST_CLOCK_UNSCHEDULED ? GST_FLOW_FLUSHING : GST_FLOW_OK;
}

void sim_wait_unlock(SimWait *wait, GstElement *element)
{
    GST_OBJECT_LOCK(element);
    wait->unlocking = TRUE;
    if (wait->id) gst_clock_id_unschedule(wait->id);
    GST_OBJECT_UNLOCK(element);
}

void sim_wait_unlock_stop(SimWait *wait, GstElement *element)
{
    GST_OBJECT_LOCK(element);
    wait->unlocking = FALSE;
    GST_OBJECT_UNLOCK(element);
}
