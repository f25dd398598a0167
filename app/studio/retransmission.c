#include "studio/retransmission.h"

#include <string.h>

#define SHARE        6     /* one byte sent again for so many sent */
#define BYTES_MAX    14000 /* sent again at once */
#define PACKET_BYTES 1200
#define CALM_LOSS    0.1     /* below: a key frame gets through */
#define KEY_US       1000000 /* between two key frames because of packets that were not sent again */

struct Retransmission {
    GstElement *webrtcbin;
    gint64 key_us; /* when a key frame was last wanted */
    /* atomic */
    gint bytes;    /* that may be sent again */
    gint given_up; /* a packet was not sent again */
};

static void add(Retransmission *retransmission, gint bytes)
{
    gint old, new;
    do {
        old = g_atomic_int_get(&retransmission->bytes);
        new = CLAMP(old + bytes, 0, BYTES_MAX);
    } while (!g_atomic_int_compare_and_exchange(&retransmission->bytes, old, new));
}

static GstPadProbeReturn limit(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    (void)pad;
    Retransmission *retransmission = data;
    if (!gst_event_has_name(GST_PAD_PROBE_INFO_EVENT(info), "GstRTPRetransmissionRequest")) return GST_PAD_PROBE_OK;
    if (g_atomic_int_get(&retransmission->bytes) < PACKET_BYTES) {
        g_atomic_int_set(&retransmission->given_up, TRUE);
        return GST_PAD_PROBE_DROP;
    }
    add(retransmission, -PACKET_BYTES);
    return GST_PAD_PROBE_OK;
}

static void on_element_added(GstBin *bin, GstBin *inner, GstElement *element, gpointer data)
{
    (void)bin;
    (void)inner;
    GstElementFactory *factory = gst_element_get_factory(element);
    if (!factory || strcmp(GST_OBJECT_NAME(factory), "rtprtxsend") != 0) return;
    g_autoptr(GstPad) pad = gst_element_get_static_pad(element, "src");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, limit, data, NULL);
}

Retransmission *retransmission_new(GstElement *webrtcbin)
{
    Retransmission *retransmission = g_new0(Retransmission, 1);
    retransmission->webrtcbin = webrtcbin;
    g_signal_connect(webrtcbin, "deep-element-added", G_CALLBACK(on_element_added), retransmission);
    return retransmission;
}

void retransmission_free(Retransmission *retransmission)
{
    if (!retransmission) return;
    g_signal_handlers_disconnect_by_data(retransmission->webrtcbin, retransmission);
    g_free(retransmission);
}

void retransmission_earn(Retransmission *retransmission, gsize bytes)
{
    add(retransmission, (gint)bytes / SHARE);
}

gboolean retransmission_wants_key(Retransmission *retransmission, double loss)
{
    gint64 now = g_get_monotonic_time();
    if (loss > CALM_LOSS || now - retransmission->key_us < KEY_US) return FALSE;
    if (!g_atomic_int_compare_and_exchange(&retransmission->given_up, TRUE, FALSE)) return FALSE;
    retransmission->key_us = now;
    return TRUE;
}
