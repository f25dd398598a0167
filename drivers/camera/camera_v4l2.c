/* What the kernel gives without libcamera: a capture card, or its test camera vivid. "auto" never takes it: on the boards the raw sensor
 * and the coders are such devices too. */
#include "drivers/camera/camera.h"
#include "drivers/camera/camera_bin.h"

#include <string.h>

/* As its element would open it, whatever the device's own properties are called; to g_free(), NULL: it is no V4L2 one. */
static char *path_of(GstDevice *device)
{
    char *path = NULL;
    GstElement *element = gst_device_create_element(device, NULL);
    if (!element) return NULL;
    gst_object_ref_sink(element);
    if (g_object_class_find_property(G_OBJECT_GET_CLASS(element), "device")) g_object_get(element, "device", &path, NULL);
    gst_object_unref(element);
    return path;
}

/* The first one for the face, the second one for the product; to g_free(). */
static char *find_nth(guint wanted)
{
    g_autoptr(GstDeviceProvider) provider = gst_device_provider_factory_get_by_name("v4l2deviceprovider");
    GList *devices = provider ? gst_device_provider_get_devices(provider) : NULL;
    char *path = NULL;
    guint n = 0;
    for (GList *each = devices; each && !path; each = each->next) {
        if (gst_device_has_classes(each->data, "Video/Source") && n++ == wanted) path = path_of(each->data);
    }
    g_list_free_full(devices, gst_object_unref);
    return path;
}

static char *find(const char *view)
{
    return find_nth(strcmp(view, "product") == 0 ? 1 : 0);
}

static GstElement *new_source(const CameraWanted *wanted, GError **error)
{
    /* None was there when it was chosen: one may have been plugged in since. */
    g_autofree char *device = wanted->device ? g_strdup(wanted->device) : find(wanted->view);
    if (!device || !g_file_test(device, G_FILE_TEST_EXISTS)) {
        g_set_error(error, CAMERA_ERROR, 0, "no camera %s is connected", device ? device : "for this view");
        return NULL;
    }
    GstElement *camera = gst_element_factory_make("v4l2src", NULL);
    if (camera) g_object_set(camera, "device", device, NULL);
    return camera_bin_new(camera, wanted, TRUE, error);
}

const CameraDriver camera_v4l2 = {.name = "v4l2", .find = find, .new_source = new_source};
