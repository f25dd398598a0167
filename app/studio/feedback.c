#include "studio/feedback.h"

#define TWCC_EVERY_MS 100 /* a browser's own pace; unasked, feedback goes out with every picture */

struct Feedback {
    void (*came)(void *data, gboolean is_first);
    void *data;
    GstElement *session;
    GMutex lock; /* what is below */
    CongestionReport report;
    gboolean is_new; /* not yet taken by the main thread */
};

Feedback *feedback_new(void (*came)(void *data, gboolean is_first), void *data)
{
    Feedback *feedback = g_new0(Feedback, 1);
    feedback->came = came;
    feedback->data = data;
    g_mutex_init(&feedback->lock);
    return feedback;
}

void feedback_free(Feedback *feedback)
{
    if (!feedback) return;
    gst_clear_object(&feedback->session);
    g_mutex_clear(&feedback->lock);
    g_free(feedback);
}

/* Reports that the main thread was too late for become one. Returns whether there was none. */
static gboolean add_report(Feedback *feedback, CongestionReport report)
{
    g_mutex_lock(&feedback->lock);
    gboolean is_first = !feedback->is_new;
    guint packets = feedback->report.packets + report.packets;
    if (!is_first && packets > 0) {
        double delta_ms = feedback->report.delta_ms * feedback->report.packets + report.delta_ms * report.packets;
        report.loss = (feedback->report.loss * feedback->report.packets + report.loss * report.packets) / packets;
        report.delta_ms = delta_ms / packets;
        report.packets = packets;
    }
    feedback->report = report;
    feedback->is_new = TRUE;
    g_mutex_unlock(&feedback->lock);
    return is_first;
}

static void on_twcc_stats(GstElement *session, GParamSpec *spec, gpointer data)
{
    (void)spec;
    Feedback *feedback = data;
    g_autoptr(GstStructure) stats = NULL;
    g_object_get(session, "twcc-stats", &stats, NULL);
    if (!stats) return;
    guint sent = 0, got = 0, packets = 0;
    gint64 delta = 0;
    double loss = 0;
    gst_structure_get(stats, "bitrate-sent", G_TYPE_UINT, &sent, "bitrate-recv", G_TYPE_UINT, &got, NULL);
    gst_structure_get(stats, "packets-sent", G_TYPE_UINT, &packets, "packet-loss-pct", G_TYPE_DOUBLE, &loss, NULL);
    gst_structure_get(stats, "avg-delta-of-delta", G_TYPE_INT64, &delta, NULL);
    CongestionReport report = {
        .loss = loss / 100, .sent_kbps = sent / 1000.0, .got_kbps = got / 1000.0, .delta_ms = (double)delta / 1e6, .packets = packets};
    feedback->came(feedback->data, add_report(feedback, report));
}

void feedback_watch(Feedback *feedback, GstElement *webrtcbin)
{
    g_autoptr(GstElement) rtpbin = gst_bin_get_by_name(GST_BIN(webrtcbin), "rtpbin");
    if (rtpbin) g_signal_emit_by_name(rtpbin, "get-session", 0, &feedback->session);
    if (!feedback->session) {
        g_warning("call: no RTP session, the bitrate stays as it is");
        return;
    }
    g_signal_connect(feedback->session, "notify::twcc-stats", G_CALLBACK(on_twcc_stats), feedback);
    g_autoptr(GObject) inner = NULL;
    g_object_get(feedback->session, "internal-session", &inner, NULL);
    if (inner && g_object_class_find_property(G_OBJECT_GET_CLASS(inner), "twcc-feedback-interval"))
        g_object_set(inner, "twcc-feedback-interval", (guint64)(TWCC_EVERY_MS * GST_MSECOND), NULL);
}

void feedback_stop(Feedback *feedback)
{
    if (feedback->session) g_signal_handlers_disconnect_by_data(feedback->session, feedback);
}

CongestionReport feedback_take(Feedback *feedback)
{
    g_mutex_lock(&feedback->lock);
    CongestionReport report = feedback->report;
    feedback->is_new = FALSE;
    g_mutex_unlock(&feedback->lock);
    return report;
}

double feedback_loss(Feedback *feedback)
{
    g_mutex_lock(&feedback->lock);
    double loss = feedback->report.loss;
    g_mutex_unlock(&feedback->lock);
    return loss;
}

/* The sender's view of the round trip, from the receiver reports on our streams: NTP short format, 65536 a second. */
int feedback_round_trip_ms(const Feedback *feedback)
{
    g_autoptr(GstStructure) stats = NULL;
    guint longest = 0;
    if (feedback->session) g_object_get(feedback->session, "stats", &stats, NULL);
    const GValue *value = stats ? gst_structure_get_value(stats, "source-stats") : NULL;
    G_GNUC_BEGIN_IGNORE_DEPRECATIONS
    GValueArray *sources = value ? g_value_get_boxed(value) : NULL;
    for (guint i = 0; sources && i < sources->n_values; i++) {
        const GstStructure *source = gst_value_get_structure(&sources->values[i]);
        guint round_trip = 0;
        if (source && gst_structure_get_uint(source, "rb-round-trip", &round_trip) && round_trip < 10 * 65536)
            longest = MAX(longest, round_trip);
    }
    G_GNUC_END_IGNORE_DEPRECATIONS
    return (int)(longest * G_GUINT64_CONSTANT(1000) / 65536);
}
