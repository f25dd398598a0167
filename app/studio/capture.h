/* capture: one camera, kept running: started, watched, and tried again every second when it is missing.
 *
 * Every frame is looked at (a sparse sample of its luma), so that a frozen camera is known within 3 s although its driver is content. */
#pragma once

#include "drivers/camera/camera.h"

#include <jansson.h>

typedef struct Capture Capture;

typedef struct {
    /* A frame, on the camera's thread; belongs to the caller. */
    void (*frame)(void *data, gboolean product, GstBuffer *frame);
    /* Main thread: what capture_health() says about ok or problem is different now. */
    void (*changed)(void *data, gboolean product);
    void *data;
} CaptureEvents;

/* driver NULL: no camera for this view is wanted. Main thread. */
Capture *capture_new(const CameraDriver *driver, const CameraWanted *wanted, const CaptureEvents *events);
void capture_free(Capture *capture); /* no frame() any more when it returns; NULL is fine */

gboolean capture_is_ok(const Capture *capture);
/* The health object of one camera; new reference. */
json_t *capture_health(const Capture *capture);
