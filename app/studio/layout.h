/* layout: rectangles and how they are divided. Lengths are design units: a screen is at least 1280 x 800 of them, whatever its pixels.
 *
 * Pure functions: any thread. */
#pragma once

#include <glib.h>

typedef struct {
    double x, y, w, h;
} Rect;

#define LAYOUT_WIDTH  1280.0 /* least width and height of a screen in design units */
#define LAYOUT_HEIGHT 800.0
#define LAYOUT_TOUCH  56.0 /* least side of what can be touched: at least 12 mm on a 15.6" panel of 1280x800 or 1920x1080 */
#define LAYOUT_GAP    16.0

/* Pixels of one design unit on a screen of width x height pixels: the largest at which both least lengths fit. */
double layout_scale(int width, int height);

Rect rect_inset(Rect rect, double dx, double dy);
/* Cuts a piece off an edge of rect, shrinks rect by it and the gap, and returns the piece; never more than there is. */
Rect rect_cut_top(Rect *rect, double height, double gap);
Rect rect_cut_bottom(Rect *rect, double height, double gap);
Rect rect_cut_left(Rect *rect, double width, double gap);
Rect rect_cut_right(Rect *rect, double width, double gap);
/* Cell index of count equal columns or rows. */
Rect rect_column(Rect rect, guint count, guint index, double gap);
Rect rect_row(Rect rect, guint count, guint index, double gap);
/* The largest rectangle of that aspect (width by height), centred in rect. */
Rect rect_fit(Rect rect, double aspect);
/* A width x height rectangle centred in rect. */
Rect rect_centre(Rect rect, double width, double height);
gboolean rect_contains(Rect rect, double x, double y);
gboolean rect_within(Rect inner, Rect outer);
gboolean rect_overlaps(Rect a, Rect b);
