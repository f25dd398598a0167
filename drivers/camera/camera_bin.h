/* camera_bin: a device's own source element, made into what a camera driver gives. */
#pragma once

#include "drivers/camera/camera.h"

/* A floating bin with one pad "src" of I420 of the wanted size, at most of the wanted rate, out of camera, which it takes. It asks the
 * camera for just that size, raw or as JPEG. With camera NULL, or without the elements to convert: NULL with a sentence. */
GstElement *camera_bin_new(GstElement *camera, const CameraWanted *wanted, gboolean asks_rate, GError **error);
