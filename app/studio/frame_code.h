/* frame_code: a number drawn along an edge of a screen in two shades that nobody notices, and read back from its pixels: proof that what is
 * on the screen is what was meant to be. Pure. */
#pragma once

#include "studio/scene.h"

#define FRAME_CODE_CELLS 36 /* two that say where it begins, 32 bits, two of parity */

/* A panel of its own over the bottom edge of a scene that has one; ends the scene's last panel. */
void frame_code_draw(Scene *scene, guint32 code, guint32 background, guint32 ink);
/* Where it is on a screen of that size in design units. */
Rect frame_code_rect(double width, double height);

/* Reads it from the 0x00RRGGBB pixels of that rectangle. FALSE: there is none. */
gboolean frame_code_read(const guint32 *pixels, int width, int height, guint32 background, guint32 ink, guint32 *ret_code);
/* The shades of a theme's colours. */
guint32 frame_code_ink(guint32 background, guint32 text);

/* The code of words: equal words, equal codes. */
guint32 frame_code_of(const char *words);
