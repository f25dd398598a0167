/* camera_code: a time written into a picture as black and white blocks, so that the far end can measure how old a picture is.
 *
 * A grid of 32 x 2 square blocks. The side of a block is an 80th of the picture's width (16 pixels at 1280); the grid's left top corner
 * is two blocks from the left and two blocks from the top. Read row by row, left to right, most significant bit first, white is 1:
 *
 *     8 bits   0xA7, marks the code
 *     48 bits  CLOCK_REALTIME in milliseconds when the picture was made
 *     8 bits   sum of the six bytes before, modulo 256
 *
 * It survives scaling by the encoder: read the middle of a block, at width / 80 of whatever size the decoded picture has.
 * Pure functions. Luma only; video range (16 black, 235 white). */
#pragma once

#include <glib.h>

#define CAMERA_CODE_COLUMNS   32
#define CAMERA_CODE_ROWS      2
#define CAMERA_CODE_MARK      0xA7
#define CAMERA_CODE_PER_WIDTH 80 /* blocks in the width of a picture */
#define CAMERA_CODE_LEFT      2  /* blocks */
#define CAMERA_CODE_TOP       2  /* blocks */

/* Writes utc_ms into the luma plane; does nothing in a picture narrower than 160 or lower than a quarter of its width. */
void camera_code_draw(guint8 *luma, int stride, int width, int height, guint64 utc_ms);

/* TRUE with utc_ms when the picture carries an intact code. */
gboolean camera_code_read(const guint8 *luma, int stride, int width, int height, guint64 *utc_ms);
