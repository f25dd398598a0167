#include "drivers/camera/camera_bin.h"

static void link_decoded(GstElement *decoder, GstPad *pad, gpointer converter)
{
    (void)decoder;
    g_autoptr(GstPad) sink = gst_element_get_static_pad(converter, "sink");
    if (!gst_pad_is_linked(sink)) gst_pad_link(pad, sink);
}

/* Pictures that are too many are dropped before they are converted. */
static GstElement *new_converter(const CameraWanted *wanted)
{
    g_autofree char *text = g_strdup_printf("videorate drop-only=true max-rate=%d ! videoconvert ! videoscale ! "
                                            "capsfilter caps=video/x-raw,format=I420,width=%d,height=%d,pixel-aspect-ratio=1/1",
                                            wanted->fps, wanted->width, wanted->height);
    return gst_parse_bin_from_description_full(text, TRUE, NULL, GST_PARSE_FLAG_NO_SINGLE_ELEMENT_BINS, NULL);
}

static GstCaps *new_caps(const CameraWanted *wanted, gboolean asks_rate)
{
    g_autofree char *rate = asks_rate ? g_strdup_printf(",framerate=[1/1,%d/1]", wanted->fps) : g_strdup("");
    g_autofree char *text = g_strdup_printf("video/x-raw,width=%d,height=%d%s; image/jpeg,width=%d,height=%d%s", wanted->width,
                                            wanted->height, rate, wanted->width, wanted->height, rate);
    return gst_caps_from_string(text);
}

/* A USB camera gives 720p30 as JPEG or as raw pictures: decodebin takes either. */
GstElement *camera_bin_new(GstElement *camera, const CameraWanted *wanted, gboolean asks_rate, GError **error)
{
    GstElement *decoder = gst_element_factory_make("decodebin", NULL), *rest = new_converter(wanted);
    if (!camera || !decoder || !rest) {
        gst_clear_object(&camera);
        gst_clear_object(&decoder);
        gst_clear_object(&rest);
        g_set_error(error, CAMERA_ERROR, 0, "GStreamer's camera, decodebin or video conversion elements are not installed");
        return NULL;
    }
    GstElement *bin = gst_bin_new(NULL);
    gst_bin_add_many(GST_BIN(bin), camera, decoder, rest, NULL);
    g_autoptr(GstCaps) caps = new_caps(wanted, asks_rate);
    gst_element_link_filtered(camera, decoder, caps);
    g_signal_connect_object(decoder, "pad-added", G_CALLBACK(link_decoded), rest, 0);
    g_autoptr(GstPad) out = gst_element_get_static_pad(rest, "src");
    gst_element_add_pad(bin, gst_ghost_pad_new("src", out));
    return bin;
}
