#include "drivers/camera/camera.h"

#include <string.h>

/* Names of the cameras that libcamera sees now, in its order; to g_strfreev(). */
static char **list_cameras(void)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GstDeviceProvider) provider = gst_device_provider_factory_get_by_name("libcameraprovider");
    GList *devices = provider ? gst_device_provider_get_devices(provider) : NULL;
    for (GList *each = devices; each; each = each->next) g_ptr_array_add(names, gst_device_get_display_name(each->data));
    g_list_free_full(devices, gst_object_unref);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

/* The first camera shows the face, the second one the product; to g_free(). */
static char *choose(char **names, const char *view)
{
    guint wanted = strcmp(view, "product") == 0 ? 1 : 0;
    return wanted < g_strv_length(names) ? g_strdup(names[wanted]) : NULL;
}

static char *find(const char *view)
{
    g_auto(GStrv) names = list_cameras();
    return choose(names, view);
}

static void link_decoded(GstElement *decoder, GstPad *pad, gpointer converter)
{
    (void)decoder;
    g_autoptr(GstPad) sink = gst_element_get_static_pad(converter, "sink");
    if (!gst_pad_is_linked(sink)) gst_pad_link(pad, sink);
}

/* A USB camera gives 720p30 as JPEG or as raw pictures: decodebin takes either. */
static GstElement *build_bin(const CameraWanted *wanted, const char *device, GError **error)
{
    GstElement *camera = gst_element_factory_make("libcamerasrc", NULL);
    GstElement *decoder = gst_element_factory_make("decodebin", NULL);
    /* Pictures that are too many are dropped before they are converted. */
    g_autofree char *text = g_strdup_printf("videorate drop-only=true max-rate=%d ! videoconvert ! videoscale ! "
                                            "capsfilter caps=video/x-raw,format=I420,width=%d,height=%d,pixel-aspect-ratio=1/1",
                                            wanted->fps, wanted->width, wanted->height);
    GstElement *rest = gst_parse_bin_from_description_full(text, TRUE, NULL, GST_PARSE_FLAG_NO_SINGLE_ELEMENT_BINS, NULL);
    if (!camera || !decoder || !rest) {
        gst_clear_object(&camera);
        gst_clear_object(&decoder);
        gst_clear_object(&rest);
        g_set_error(error, CAMERA_ERROR, 0, "GStreamer's libcamera, decodebin or video conversion elements are not installed");
        return NULL;
    }
    g_object_set(camera, "camera-name", device, NULL);
    GstElement *bin = gst_bin_new(NULL);
    gst_bin_add_many(GST_BIN(bin), camera, decoder, rest, NULL);
    g_autofree char *size = g_strdup_printf("video/x-raw,width=%d,height=%d; image/jpeg,width=%d,height=%d", wanted->width, wanted->height,
                                            wanted->width, wanted->height);
    g_autoptr(GstCaps) caps = gst_caps_from_string(size);
    gst_element_link_filtered(camera, decoder, caps);
    g_signal_connect_object(decoder, "pad-added", G_CALLBACK(link_decoded), rest, 0);
    g_autoptr(GstPad) out = gst_element_get_static_pad(rest, "src");
    gst_element_add_pad(bin, gst_ghost_pad_new("src", out));
    return bin;
}

static GstElement *new_source(const CameraWanted *wanted, GError **error)
{
    /* None was there when it was chosen: one may have been plugged in since. */
    g_auto(GStrv) names = list_cameras();
    g_autofree char *device = wanted->device ? g_strdup(wanted->device) : choose(names, wanted->view);
    if (!device || !g_strv_contains((const char *const *)names, device)) {
        g_set_error(error, CAMERA_ERROR, 0, "no camera %s is connected", device ? device : "for this view");
        return NULL;
    }
    return build_bin(wanted, device, error);
}

const CameraDriver camera_libcamera = {.name = "libcamera", .find = find, .new_source = new_source};
