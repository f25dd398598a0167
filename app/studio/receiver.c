#include "studio/receiver.h"

#include "drivers/camera/camera_code.h"
#include "studio/echo.h"
#include "studio/meter.h"

#include <gst/app/gstappsink.h>
#include <gst/audio/audio.h>
#include <gst/video/video.h>
#include <string.h>

#define STEADY        (40 * GST_MSECOND) /* jumps of the shopper's sound below this are smoothed: the echo canceller needs steady times */
#define DECODING      (60 * GST_MSECOND) /* that, and a packet more, by which a lost one is mended; opusdec asks for 120 ms */
#define PEAK_INTERVAL (METER_INTERVAL_MS * GST_MSECOND)
#define AGE_MAX_MS    60000

struct Receiver {
    GstElement *webrtcbin;
    GstElement *video, *audio, *speaker; /* waiting for their pads */
    void (*picture)(void *data, GstSample *sample);
    void (*first_picture)(void *data);
    void *data;
    gint frames, age_ms; /* atomic */
};

/* --- on GStreamer's threads ------------------------------------------------------------------------------------------------------ */

static int picture_age(GstSample *sample)
{
    GstVideoInfo info;
    GstVideoFrame frame;
    guint64 utc_ms = 0;
    if (!gst_video_info_from_caps(&info, gst_sample_get_caps(sample))) return -1;
    if (!gst_video_frame_map(&frame, &info, gst_sample_get_buffer(sample), GST_MAP_READ)) return -1;
    gboolean has_code =
        camera_code_read(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0), GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0), info.width, info.height, &utc_ms);
    gst_video_frame_unmap(&frame);
    gint64 age = g_get_real_time() / 1000 - (gint64)utc_ms;
    return has_code && age >= 0 && age < AGE_MAX_MS ? (int)age : -1;
}

static GstFlowReturn take_picture(GstAppSink *sink, gpointer data)
{
    Receiver *receiver = data;
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
    if (!sample) return GST_FLOW_EOS;
    g_atomic_int_set(&receiver->age_ms, picture_age(sample));
    receiver->picture(receiver->data, sample);
    if (g_atomic_int_add(&receiver->frames, 1) == 0) receiver->first_picture(receiver->data);
    return GST_FLOW_OK;
}

static void on_pad_added(GstElement *webrtcbin, GstPad *pad, gpointer data)
{
    (void)webrtcbin;
    Receiver *receiver = data;
    if (GST_PAD_DIRECTION(pad) != GST_PAD_SRC) return;
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
    const char *media = caps ? gst_structure_get_string(gst_caps_get_structure(caps, 0), "media") : NULL;
    if (!media) return;
    GstElement *in = strcmp(media, "video") == 0 ? receiver->video : receiver->audio;
    if (in == receiver->audio && receiver->speaker) {
        gst_element_set_locked_state(receiver->speaker, FALSE);
        gst_element_sync_state_with_parent(receiver->speaker);
    }
    g_autoptr(GstPad) sink = gst_element_get_static_pad(in, "sink");
    if (!gst_pad_is_linked(sink)) gst_pad_link(pad, sink);
}

/* Shortens the delay that the decoder asks for to what our packets need. */
static GstPadProbeReturn shorten_delay(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    (void)data;
    GstQuery *query = GST_PAD_PROBE_INFO_QUERY(info);
    g_autoptr(GstElement) decoder = gst_pad_get_parent_element(pad);
    if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY || !decoder) return GST_PAD_PROBE_OK;
    GstClockTime own = 0, most = 0;
    gst_audio_decoder_get_latency(GST_AUDIO_DECODER(decoder), &own, &most);
    if (own <= DECODING) return GST_PAD_PROBE_OK;
    gboolean is_live = FALSE;
    GstClockTime least = 0;
    gst_query_parse_latency(query, &is_live, &least, &most);
    if (least >= own) gst_query_set_latency(query, is_live, least - own + DECODING, most);
    return GST_PAD_PROBE_OK;
}

/* --- building -------------------------------------------------------------------------------------------------------------------- */

static void build_video(Receiver *receiver, const char *codec)
{
    const char *decoder = strcmp(codec, "VP8") == 0 ? "rtpvp8depay request-keyframe=true wait-for-keyframe=true ! vp8dec threads=1"
                                                    : "rtph264depay request-keyframe=true wait-for-keyframe=true ! h264parse ! openh264dec";
    g_autofree char *video = g_strdup_printf("%s ! appsink name=picture sync=false async=false max-buffers=1 drop=true", decoder);
    receiver->video = gst_parse_bin_from_description_full(video, TRUE, NULL, GST_PARSE_FLAG_NONE, NULL);
}

static void build_audio(Receiver *receiver, const ReceiverSettings *settings)
{
    g_autofree char *probe = settings->cancel_echo ? echo_probe(RECEIVER_PROBE) : NULL;
    g_autofree char *audio = g_strdup_printf(
        "rtpopusdepay ! opusdec name=decoder plc=true use-inband-fec=true tolerance=%" G_GUINT64_FORMAT " ! audioconvert ! audioresample ! "
        "audio/x-raw,format=S16LE,rate=48000,channels=1 ! %s%slevel name=received interval=500000000 ! "
        "level name=received-peak interval=%" G_GUINT64_FORMAT " ! queue max-size-time=200000000 leaky=downstream",
        (guint64)STEADY, probe ? probe : "", probe ? " ! " : "", PEAK_INTERVAL);
    receiver->audio = gst_parse_bin_from_description_full(audio, TRUE, NULL, GST_PARSE_FLAG_NONE, NULL);
    g_autoptr(GstElement) decoder = gst_bin_get_by_name(GST_BIN(receiver->audio), "decoder");
    g_autoptr(GstPad) decoded = gst_element_get_static_pad(decoder, "src");
    gst_pad_add_probe(decoded, GST_PAD_PROBE_TYPE_QUERY_UPSTREAM | GST_PAD_PROBE_TYPE_PULL, shorten_delay, NULL, NULL);
    if (settings->cancel_echo) echo_set_delay(GST_BIN(receiver->audio), RECEIVER_PROBE, settings->speaker_delay_ms);
}

Receiver *receiver_new(GstBin *pipeline, GstElement *webrtcbin, const ReceiverSettings *settings)
{
    Receiver *receiver = g_new0(Receiver, 1);
    receiver->webrtcbin = webrtcbin;
    receiver->picture = settings->picture;
    receiver->first_picture = settings->first_picture;
    receiver->data = settings->data;
    receiver->age_ms = -1;
    build_video(receiver, settings->codec);
    build_audio(receiver, settings);
    receiver->speaker = settings->speaker->new_speaker(settings->speaker_device);
    if (!receiver->speaker) receiver->speaker = gst_element_factory_make("fakesink", NULL);
    g_object_set(receiver->speaker, "async", FALSE, NULL);
    gst_element_set_locked_state(receiver->speaker, TRUE); /* the device may still be ringing */
    gst_bin_add_many(pipeline, receiver->video, receiver->audio, receiver->speaker, NULL);
    gst_element_link(receiver->audio, receiver->speaker);
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(receiver->video), "picture");
    GstAppSinkCallbacks callbacks = {.new_sample = take_picture};
    gst_app_sink_set_callbacks(GST_APP_SINK(sink), &callbacks, receiver, NULL);
    g_signal_connect(webrtcbin, "pad-added", G_CALLBACK(on_pad_added), receiver);
    return receiver;
}

void receiver_stop(Receiver *receiver)
{
    if (receiver->speaker) gst_element_set_locked_state(receiver->speaker, FALSE);
}

void receiver_free(Receiver *receiver)
{
    if (!receiver) return;
    g_signal_handlers_disconnect_by_data(receiver->webrtcbin, receiver);
    g_free(receiver);
}

gboolean receiver_is_speaker(const Receiver *receiver, GstObject *source)
{
    return receiver->speaker && gst_object_has_as_ancestor(source, GST_OBJECT(receiver->speaker));
}

guint receiver_frames(const Receiver *receiver)
{
    return (guint)g_atomic_int_get(&receiver->frames);
}

int receiver_age_ms(const Receiver *receiver)
{
    return g_atomic_int_get(&receiver->age_ms);
}
