#include "drivers/camera/camera.h"
#include "drivers/camera/camera_bin.h"

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

static GstElement *new_source(const CameraWanted *wanted, GError **error)
{
    /* None was there when it was chosen: one may have been plugged in since. */
    g_auto(GStrv) names = list_cameras();
    g_autofree char *device = wanted->device ? g_strdup(wanted->device) : choose(names, wanted->view);
    if (!device || !g_strv_contains((const char *const *)names, device)) {
        g_set_error(error, CAMERA_ERROR, 0, "no camera %s is connected", device ? device : "for this view");
        return NULL;
    }
    GstElement *camera = gst_element_factory_make("libcamerasrc", NULL);
    if (camera) g_object_set(camera, "camera-name", device, NULL);
    return camera_bin_new(camera, wanted, FALSE, error);
}

const CameraDriver camera_libcamera = {.name = "libcamera", .find = find, .new_source = new_source};
