#include "studio/encoder.h"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>
#include <string.h>

struct Encoder {
    EncoderSettings settings;
    GstElement *pipeline;
    GstElement *source;
    GstElement *element; /* x264enc or vp8enc */
    GstElement *size;    /* capsfilter */
    int quarters;
};

typedef struct {
    const char *codec, *encoder, *decoder, *caps, *description;
} Codec;

/* One thread a codec: a call has one picture to encode, and threads cost more than they bring at 720p. */
static const Codec CODECS[] = {
    {"H264", "x264enc", "openh264dec", "video/x-h264,stream-format=byte-stream,alignment=au,profile=constrained-baseline",
     "x264enc name=encoder speed-preset=ultrafast tune=zerolatency threads=1 key-int-max=1200 bframes=0 aud=false byte-stream=true "
     "vbv-buf-capacity=300 option-string=\"scenecut=0\""},
    {"VP8", "vp8enc", "vp8dec", "video/x-vp8",
     "vp8enc name=encoder deadline=1 cpu-used=-12 threads=1 end-usage=cbr lag-in-frames=0 keyframe-max-dist=1200 error-resilient=default "
     "static-threshold=100 buffer-size=400 buffer-initial-size=200 buffer-optimal-size=250 max-intra-bitrate=600 undershoot=95 "
     "min-quantizer=4 max-quantizer=56"},
};

static const Codec *find_codec(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(CODECS); i++)
        if (strcmp(CODECS[i].codec, name) == 0) return &CODECS[i];
    return NULL;
}

static gboolean has_factory(const char *name)
{
    g_autoptr(GstElementFactory) factory = gst_element_factory_find(name);
    return factory != NULL;
}

gboolean encoder_has(const char *codec)
{
    const Codec *found = find_codec(codec);
    return found && has_factory(found->encoder) && has_factory(found->decoder);
}

const char *encoder_caps(const char *codec)
{
    const Codec *found = find_codec(codec);
    return found ? found->caps : NULL;
}

const char *encoder_codec(const Encoder *encoder)
{
    return encoder->settings.codec;
}

/* x264enc moves its times by a thousand hours and says so in its segment alone: out go running times. */
static GstSample *with_running_time(GstSample *sample)
{
    GstBuffer *frame = gst_sample_get_buffer(sample);
    g_autoptr(GstBuffer) out = gst_buffer_copy(frame);
    GST_BUFFER_PTS(out) = gst_segment_to_running_time(gst_sample_get_segment(sample), GST_FORMAT_TIME, GST_BUFFER_PTS(frame));
    GST_BUFFER_DTS(out) = GST_CLOCK_TIME_NONE;
    return gst_sample_new(out, gst_sample_get_caps(sample), NULL, NULL);
}

static GstFlowReturn take_encoded(GstAppSink *sink, gpointer data)
{
    Encoder *encoder = data;
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
    if (!sample) return GST_FLOW_EOS;
    g_autoptr(GstSample) encoded = with_running_time(sample);
    encoder->settings.output(encoder->settings.data, encoded);
    return GST_FLOW_OK;
}

static void set_size(Encoder *encoder)
{
    const EncoderSettings *settings = &encoder->settings;
    g_autoptr(GstCaps) caps = gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "I420", "width", G_TYPE_INT,
                                                  GST_ROUND_UP_2(settings->width * encoder->quarters / 4), "height", G_TYPE_INT,
                                                  GST_ROUND_UP_2(settings->height * encoder->quarters / 4), NULL);
    g_object_set(encoder->size, "caps", caps, NULL);
}

static void configure_source(Encoder *encoder)
{
    const EncoderSettings *settings = &encoder->settings;
    g_autoptr(GstCaps) caps =
        gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "I420", "width", G_TYPE_INT, settings->width, "height", G_TYPE_INT,
                            settings->height, "framerate", GST_TYPE_FRACTION, settings->fps, 1, "pixel-aspect-ratio", GST_TYPE_FRACTION, 1,
                            1, "interlace-mode", G_TYPE_STRING, "progressive", "colorimetry", G_TYPE_STRING, "bt709", NULL);
    g_object_set(encoder->source, "caps", caps, "format", GST_FORMAT_TIME, "is-live", TRUE, "max-buffers", (guint64)2, "max-bytes",
                 (guint64)0, "max-time", (guint64)0, "leaky-type", GST_APP_LEAKY_TYPE_DOWNSTREAM, NULL);
}

static gboolean build(Encoder *encoder, const Codec *codec, GError **error)
{
    g_autofree char *text =
        g_strdup_printf("appsrc name=source ! videoscale method=bilinear add-borders=false ! capsfilter name=size ! %s ! %s ! "
                        "appsink name=sink sync=false async=false",
                        codec->description, codec->caps);
    encoder->pipeline = gst_parse_launch_full(text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
    if (!encoder->pipeline) return FALSE;
    encoder->source = gst_bin_get_by_name(GST_BIN(encoder->pipeline), "source");
    encoder->element = gst_bin_get_by_name(GST_BIN(encoder->pipeline), "encoder");
    encoder->size = gst_bin_get_by_name(GST_BIN(encoder->pipeline), "size");
    configure_source(encoder);
    set_size(encoder);
    encoder_set_kbps(encoder, encoder->settings.kbps);
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(encoder->pipeline), "sink");
    GstAppSinkCallbacks callbacks = {.new_sample = take_encoded};
    gst_app_sink_set_callbacks(GST_APP_SINK(sink), &callbacks, encoder, NULL);
    return TRUE;
}

Encoder *encoder_new(const EncoderSettings *settings, GError **error)
{
    const Codec *codec = find_codec(settings->codec);
    if (!codec || !encoder_has(settings->codec)) {
        g_set_error(error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN, "GStreamer has no %s encoder", settings->codec);
        return NULL;
    }
    Encoder *encoder = g_new0(Encoder, 1);
    encoder->settings = *settings;
    encoder->settings.codec = codec->codec;
    encoder->quarters = 4;
    if (!build(encoder, codec, error)) {
        encoder_free(encoder);
        return NULL;
    }
    gst_element_set_state(encoder->pipeline, GST_STATE_PLAYING);
    return encoder;
}

void encoder_free(Encoder *encoder)
{
    if (!encoder) return;
    if (encoder->pipeline) gst_element_set_state(encoder->pipeline, GST_STATE_NULL);
    gst_clear_object(&encoder->source);
    gst_clear_object(&encoder->element);
    gst_clear_object(&encoder->size);
    gst_clear_object(&encoder->pipeline);
    g_free(encoder);
}

void encoder_push(Encoder *encoder, GstBuffer *frame)
{
    gst_app_src_push_buffer(GST_APP_SRC(encoder->source), gst_buffer_ref(frame));
}

void encoder_force_key(Encoder *encoder)
{
    GstEvent *event = gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(encoder->element, "src");
    gst_pad_send_event(pad, event);
}

void encoder_set_kbps(Encoder *encoder, int kbps)
{
    if (strcmp(encoder->settings.codec, "VP8") == 0)
        g_object_set(encoder->element, "target-bitrate", kbps * 1000, NULL);
    else
        g_object_set(encoder->element, "bitrate", (guint)kbps, NULL);
}

void encoder_set_quarters(Encoder *encoder, int quarters)
{
    if (encoder->quarters == quarters) return;
    encoder->quarters = quarters;
    set_size(encoder);
}
