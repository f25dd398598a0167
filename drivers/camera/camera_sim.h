/* camera_sim: a camera that is made of arithmetic, for developers, tests and training.
 *
 * A still background with the view's name, a disc that swings from side to side, and the time as a code (camera_code.h). Only the band in
 * which something moves is painted anew for each frame: 720p at 30 frames a second costs well under a hundredth of a core.
 *
 * Files in STATE/sim, looked for four times a second, make it misbehave: camera-VIEW.unplugged (an error, as if the cable was drawn) and
 * camera-VIEW.frozen (frames keep coming and never change). */
#pragma once

#include "drivers/camera/camera.h"

/* The same source as the driver's, for tests that want it without the choice. */
GstElement *camera_sim_new(const CameraWanted *wanted);
