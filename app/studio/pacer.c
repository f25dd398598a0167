#include "studio/pacer.h"

#define LEAST_WAIT_US 1000 /* shorter ones are not worth a wake-up */

struct Pacer {
    GstPad *pad;
    gulong probe;
    gint kbps; /* atomic */
    PacerBucket bucket;
    gboolean is_inside; /* the packets of a list come through the same probe */
    GMutex lock;
    GCond wake;
    gboolean is_stopped;
};

gint64 pacer_bucket_take(PacerBucket *bucket, int kbps, gsize bytes, gint64 now_us)
{
    double bytes_per_us = kbps / 8000.0;
    if (bucket->filled_us)
        bucket->bytes += (double)(now_us - bucket->filled_us) * bytes_per_us;
    else
        bucket->bytes = PACER_BURST_BYTES;
    bucket->filled_us = now_us;
    bucket->bytes = MIN(bucket->bytes, PACER_BURST_BYTES) - (double)bytes;
    return bucket->bytes < 0 ? (gint64)(-bucket->bytes / bytes_per_us) : 0;
}

/* Returns FALSE when there is no more waiting. */
static gboolean hold(Pacer *pacer, gint64 until_us)
{
    g_mutex_lock(&pacer->lock);
    while (!pacer->is_stopped && g_cond_wait_until(&pacer->wake, &pacer->lock, until_us)) {
    }
    gboolean goes_on = !pacer->is_stopped;
    g_mutex_unlock(&pacer->lock);
    return goes_on;
}

static GstFlowReturn push_slowly(Pacer *pacer, GstBufferList *packets, int kbps)
{
    GstFlowReturn flow = GST_FLOW_OK;
    gboolean holds = TRUE;
    gint64 latest = g_get_monotonic_time() + PACER_HOLD_MS_MAX * 1000;
    for (guint i = 0; i < gst_buffer_list_length(packets) && flow == GST_FLOW_OK; i++) {
        GstBuffer *packet = gst_buffer_list_get(packets, i);
        gint64 now = g_get_monotonic_time();
        gint64 wait = pacer_bucket_take(&pacer->bucket, kbps, gst_buffer_get_size(packet), now);
        if (holds && wait >= LEAST_WAIT_US && now < latest) holds = hold(pacer, MIN(now + wait, latest));
        flow = gst_pad_push(pacer->pad, gst_buffer_ref(packet));
    }
    return flow;
}

static GstPadProbeReturn pace(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    (void)pad;
    Pacer *pacer = data;
    int kbps = g_atomic_int_get(&pacer->kbps);
    if (pacer->is_inside) return GST_PAD_PROBE_OK;
    if (kbps == 0) {
        pacer->bucket = (PacerBucket){0};
        return GST_PAD_PROBE_OK;
    }
    if (!(GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER_LIST)) {
        pacer_bucket_take(&pacer->bucket, kbps, gst_buffer_get_size(GST_PAD_PROBE_INFO_BUFFER(info)), g_get_monotonic_time());
        return GST_PAD_PROBE_OK;
    }
    GstBufferList *packets = GST_PAD_PROBE_INFO_BUFFER_LIST(info);
    pacer->is_inside = TRUE;
    GST_PAD_PROBE_INFO_FLOW_RETURN(info) = push_slowly(pacer, packets, kbps);
    pacer->is_inside = FALSE;
    gst_buffer_list_unref(packets);
    GST_PAD_PROBE_INFO_DATA(info) = NULL;
    return GST_PAD_PROBE_HANDLED;
}

Pacer *pacer_new(GstPad *pad)
{
    Pacer *pacer = g_new0(Pacer, 1);
    g_mutex_init(&pacer->lock);
    g_cond_init(&pacer->wake);
    pacer->pad = gst_object_ref(pad);
    pacer->probe = gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, pace, pacer, NULL);
    return pacer;
}

void pacer_set_kbps(Pacer *pacer, int kbps)
{
    g_atomic_int_set(&pacer->kbps, kbps);
}

void pacer_stop(Pacer *pacer)
{
    g_mutex_lock(&pacer->lock);
    pacer->is_stopped = TRUE;
    g_cond_broadcast(&pacer->wake);
    g_mutex_unlock(&pacer->lock);
}

void pacer_free(Pacer *pacer)
{
    if (!pacer) return;
    gst_pad_remove_probe(pacer->pad, pacer->probe);
    gst_object_unref(pacer->pad);
    g_cond_clear(&pacer->wake);
    g_mutex_clear(&pacer->lock);
    g_free(pacer);
}
