/* camera: where the booth's pictures come from.
 *
 * A driver makes a GStreamer element with one source pad "src" of raw I420 video for a named view (face, product). It never retries by
 * itself: when its camera is not there or goes away it posts an error on the bus, and whoever owns the pipeline makes a new one later. Main
 * thread only, once gst_init() was called. */
#pragma once

#include <gst/gst.h>

typedef struct {
    const char *view;   /* face or product */
    const char *device; /* the driver's name of a camera */
    const char *state;  /* the booth's state folder */
    int width, height;  /* pixels */
    int fps;
} CameraWanted;

typedef struct {
    const char *name;
    /* The device for the view when none was named, to g_free(); NULL: this driver has none for it just now. */
    char *(*find)(const char *view);
    /* A floating reference, or NULL with a sentence that says what is missing. The strings of wanted are copied. */
    GstElement *(*new_source)(const CameraWanted *wanted, GError **error);
} CameraDriver;

extern const CameraDriver camera_libcamera;
extern const CameraDriver camera_v4l2;
extern const CameraDriver camera_sim;

#define CAMERA_ERROR (camera_error_quark())
GQuark camera_error_quark(void);

/* Reads a setting of booth.conf: "auto" (libcamera, else simulated), "DRIVER", "DRIVER:DEVICE" or "none". On
 * success device is to g_free(); the driver is NULL for "none". FALSE with a sentence for a person when the setting names no driver. */
gboolean camera_choose(const char *setting, const char *view, const CameraDriver **driver, char **device, GError **error);
