#include "studio/sender.h"

#include "studio/encoder.h"
#include "studio/feedback.h"
#include "studio/meter.h"
#include "studio/pacer.h"
#include "studio/playout_delay.h"
#include "studio/retransmission.h"
#include "studio/sound.h"

#include <gst/app/gstappsrc.h>
#include <gst/rtp/gstrtpbasepayload.h>
#include <gst/rtp/gstrtphdrext.h>
#include <gst/video/video.h>
#define GST_USE_UNSTABLE_API
#include <gst/webrtc/webrtc.h>
#include <string.h>

#define VIDEO_PT        96
#define AUDIO_PT        111
#define PEAK_INTERVAL   (METER_INTERVAL_MS * GST_MSECOND)
#define TWCC_ID         1
#define PLAYOUT_ID      2
#define PLAYOUT_MOST_MS 40 /* pictures that come at once are shown one after the other for so long; none is held back before */

enum { GATE_CLOSED, GATE_KEY, GATE_OPEN }; /* until connected; until the first key frame; open */

struct Sender {
    GstBin *pipeline;
    GstElement *webrtcbin;
    GstElement *video, *audio, *mute;
    Pacer *pacer;
    Retransmission *retransmission;
    void (*key_wanted)(void *data);
    void *data;
    gint gate, frames, bytes; /* atomic */
};

/* --- building -------------------------------------------------------------------------------------------------------------------- */

static gboolean is_vp8(const char *codec)
{
    return strcmp(codec, "VP8") == 0;
}

char *sender_description(const char *webrtcbin, const char *codec, const char *canceller)
{
    const char *payloader = is_vp8(codec) ? "rtpvp8pay name=videopay picture-id-mode=15-bit mtu=1200"
                                          : "rtph264pay name=videopay aggregate-mode=zero-latency config-interval=-1 mtu=1200";
    return g_strdup_printf(
        "appsrc name=video format=time is-live=true max-buffers=30 max-bytes=0 leaky-type=downstream ! %s pt=%d ! %s.sink_0 "
        "appsrc name=audio format=time is-live=true max-buffers=2 max-bytes=0 leaky-type=downstream ! %s%s"
        "volume name=mute ! level name=sent interval=500000000 ! level name=sent-peak interval=%" G_GUINT64_FORMAT " ! "
        "opusenc audio-type=voice bitrate=40000 frame-size=20 complexity=3 inband-fec=true packet-loss-percentage=5 ! "
        "rtpopuspay name=audiopay pt=%d ! %s.sink_1",
        payloader, VIDEO_PT, webrtcbin, canceller ? canceller : "", canceller ? " ! " : "", PEAK_INTERVAL, AUDIO_PT, webrtcbin);
}

static GstCaps *codec_preference(gboolean is_video, const char *codec)
{
    if (!is_video)
        return gst_caps_from_string(
            "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,encoding-params=(string)2,payload=111,"
            "minptime=(string)10,useinbandfec=(string)1");
    if (is_vp8(codec)) return gst_caps_from_string("application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000,payload=96");
    return gst_caps_from_string("application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload=96,packetization-mode=(string)1,"
                                "level-asymmetry-allowed=(string)1");
}

static void set_up_transceiver(const Sender *sender, gint index, const char *codec)
{
    GstWebRTCRTPTransceiver *transceiver = NULL;
    g_signal_emit_by_name(sender->webrtcbin, "get-transceiver", index, &transceiver);
    if (!transceiver) return;
    g_autoptr(GstCaps) caps = codec_preference(index == 0, codec);
    /* Told in the offer, so that the browser knows which stream a retransmission belongs to. */
    guint ssrc = g_random_int_range(1, G_MAXINT32);
    g_autoptr(GstElement) payloader = gst_bin_get_by_name(sender->pipeline, index == 0 ? "videopay" : "audiopay");
    g_object_set(payloader, "ssrc", ssrc, NULL);
    gst_caps_set_simple(caps, "extmap-1", G_TYPE_STRING, FEEDBACK_TWCC_URI, "ssrc", G_TYPE_UINT, ssrc, NULL);
    if (index == 0) gst_caps_set_simple(caps, "extmap-2", G_TYPE_STRING, PLAYOUT_DELAY_URI, NULL);
    g_object_set(transceiver, "codec-preferences", caps, "direction", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDRECV, NULL);
    if (index == 0) g_object_set(transceiver, "do-nack", TRUE, NULL); /* on sound it makes Chromium refuse the offer */
    gst_object_unref(transceiver);
}

/* Takes the reference to extension, which may be NULL. */
static void add_extension(const Sender *sender, const char *payloader, GstRTPHeaderExtension *extension)
{
    g_autoptr(GstElement) pay = gst_bin_get_by_name(sender->pipeline, payloader);
    if (!extension) return;
    g_signal_emit_by_name(pay, "add-extension", extension);
    gst_object_unref(extension);
}

static GstRTPHeaderExtension *twcc_new(void)
{
    GstRTPHeaderExtension *extension = gst_rtp_header_extension_create_from_uri(FEEDBACK_TWCC_URI);
    if (extension) gst_rtp_header_extension_set_id(extension, TWCC_ID);
    return extension;
}

/* A key frame that the shopper asks for comes up the pad as an event. */
static GstPadProbeReturn hear_upstream(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    (void)pad;
    Sender *sender = data;
    if (gst_video_event_is_force_key_unit(GST_PAD_PROBE_INFO_EVENT(info))) sender->key_wanted(sender->data);
    return GST_PAD_PROBE_OK;
}

static void find_parts(Sender *sender, const char *codec)
{
    sender->video = gst_bin_get_by_name(sender->pipeline, "video");
    sender->audio = gst_bin_get_by_name(sender->pipeline, "audio");
    sender->mute = gst_bin_get_by_name(sender->pipeline, "mute");
    g_autoptr(GstCaps) video = gst_caps_from_string(encoder_caps(codec));
    g_autoptr(GstCaps) audio = gst_caps_from_string(SOUND_CAPS);
    g_object_set(sender->video, "caps", video, NULL);
    g_object_set(sender->audio, "caps", audio, NULL);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(sender->video, "src");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, hear_upstream, sender, NULL);
    g_autoptr(GstElement) payloader = gst_bin_get_by_name(sender->pipeline, "videopay");
    g_autoptr(GstPad) packets = gst_element_get_static_pad(payloader, "src");
    sender->pacer = pacer_new(packets);
}

Sender *sender_new(GstBin *pipeline, GstElement *webrtcbin, const SenderSettings *settings)
{
    Sender *sender = g_new0(Sender, 1);
    sender->pipeline = pipeline;
    sender->webrtcbin = webrtcbin;
    sender->key_wanted = settings->key_wanted;
    sender->data = settings->data;
    find_parts(sender, settings->codec);
    sender_set_mute(sender, settings->muted);
    sender->retransmission = retransmission_new(webrtcbin);
    set_up_transceiver(sender, 0, settings->codec);
    set_up_transceiver(sender, 1, settings->codec);
    add_extension(sender, "videopay", twcc_new());
    add_extension(sender, "audiopay", twcc_new());
    add_extension(sender, "videopay", playout_delay_new(PLAYOUT_ID, PLAYOUT_MOST_MS));
    return sender;
}

void sender_stop(Sender *sender)
{
    pacer_stop(sender->pacer);
}

void sender_free(Sender *sender)
{
    if (!sender) return;
    retransmission_free(sender->retransmission);
    pacer_free(sender->pacer);
    gst_clear_object(&sender->video);
    gst_clear_object(&sender->audio);
    gst_clear_object(&sender->mute);
    g_free(sender);
}

/* --- running --------------------------------------------------------------------------------------------------------------------- */

void sender_open(Sender *sender)
{
    g_atomic_int_compare_and_exchange(&sender->gate, GATE_CLOSED, GATE_KEY);
    sender->key_wanted(sender->data);
}

void sender_push_video(Sender *sender, GstSample *sample)
{
    GstBuffer *frame = gst_sample_get_buffer(sample);
    gint gate = g_atomic_int_get(&sender->gate);
    if (gate == GATE_CLOSED || !frame) return;
    if (gate == GATE_KEY) {
        if (GST_BUFFER_FLAG_IS_SET(frame, GST_BUFFER_FLAG_DELTA_UNIT)) return;
        g_atomic_int_set(&sender->gate, GATE_OPEN);
    }
    g_atomic_int_inc(&sender->frames);
    g_atomic_int_add(&sender->bytes, (gint)gst_buffer_get_size(frame));
    retransmission_earn(sender->retransmission, gst_buffer_get_size(frame));
    gst_app_src_push_sample(GST_APP_SRC(sender->video), sample);
}

void sender_push_audio(Sender *sender, GstBuffer *block)
{
    if (g_atomic_int_get(&sender->gate) != GATE_CLOSED) gst_app_src_push_buffer(GST_APP_SRC(sender->audio), gst_buffer_ref(block));
}

void sender_set_mute(Sender *sender, gboolean muted)
{
    g_object_set(sender->mute, "mute", muted, NULL);
}

void sender_set_pace(Sender *sender, int kbps)
{
    pacer_set_kbps(sender->pacer, kbps);
}

void sender_take_loss(Sender *sender, double loss)
{
    if (retransmission_wants_key(sender->retransmission, loss)) sender->key_wanted(sender->data);
}

void sender_count(const Sender *sender, guint *ret_frames, guint *ret_bytes)
{
    *ret_frames = (guint)g_atomic_int_get(&sender->frames);
    *ret_bytes = (guint)g_atomic_int_get(&sender->bytes);
}
