/* draw: paints the panels of a scene with Cairo and Pango, and measures text. Main thread only. */
#pragma once

#include "studio/scene.h"

#include <cairo.h>

Fonts *fonts_new(void);
void fonts_free(Fonts *fonts);

/* Of one line, in design units. */
double draw_text_width(Fonts *fonts, TextStyle style, const char *text);
double draw_line_height(Fonts *fonts, TextStyle style);
/* Of text broken into lines of that width. */
double draw_text_height(Fonts *fonts, TextStyle style, const char *text, double width);
/* FALSE when a text item has to be cut, or a word of it is broken, to stay in its rect. */
gboolean draw_text_fits(Fonts *fonts, const SceneItem *item);

/* Where an item leaves pixels, or a little more than that. */
Rect draw_extent(Fonts *fonts, const SceneItem *item);
/* Paints what of a panel is in part, a rectangle of the screen, with the panel's corner at the origin; scale: pixels of a design unit. */
void draw_panel(Fonts *fonts, cairo_t *cr, const Scene *scene, const ScenePanel *panel, double scale, Rect part);
