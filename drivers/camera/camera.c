#include "drivers/camera/camera.h"

#include <string.h>

G_DEFINE_QUARK(livebooth - camera - error, camera_error)

/* "auto" asks the first AUTO of them, in this order. */
static const CameraDriver *const DRIVERS[] = {&camera_libcamera, &camera_sim, &camera_v4l2};
enum { AUTO = 2 };

static gboolean choose_any(const char *view, const CameraDriver **driver, char **device)
{
    for (guint i = 0; i < AUTO; i++) {
        *device = DRIVERS[i]->find(view);
        *driver = DRIVERS[i];
        if (*device) return TRUE;
    }
    return FALSE;
}

gboolean camera_choose(const char *setting, const char *view, const CameraDriver **driver, char **device, GError **error)
{
    *driver = NULL;
    *device = NULL;
    if (strcmp(setting, "none") == 0) return TRUE;
    if (strcmp(setting, "auto") == 0 && choose_any(view, driver, device)) return TRUE;
    const char *colon = strchr(setting, ':');
    size_t length = colon ? (size_t)(colon - setting) : strlen(setting);
    for (guint i = 0; i < G_N_ELEMENTS(DRIVERS); i++) {
        const char *name = DRIVERS[i]->name;
        if (strlen(name) != length || memcmp(name, setting, length) != 0) continue;
        *driver = DRIVERS[i];
        *device = colon ? g_strdup(colon + 1) : DRIVERS[i]->find(view);
        return TRUE;
    }
    g_set_error(error, CAMERA_ERROR, 0, "[camera] %s = %s: write auto, libcamera, libcamera:NAME, v4l2, v4l2:/dev/video0, sim or none",
                view, setting);
    return FALSE;
}
