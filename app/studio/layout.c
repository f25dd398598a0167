#include "studio/layout.h"

#define EPSILON 0.01 /* design units: sums of doubles */

double layout_scale(int width, int height)
{
    return MIN(width / LAYOUT_WIDTH, height / LAYOUT_HEIGHT);
}

Rect rect_inset(Rect rect, double dx, double dy)
{
    return (Rect){rect.x + dx, rect.y + dy, MAX(0, rect.w - 2 * dx), MAX(0, rect.h - 2 * dy)};
}

Rect rect_cut_top(Rect *rect, double height, double gap)
{
    Rect piece = {rect->x, rect->y, rect->w, MIN(height, rect->h)};
    double taken = MIN(rect->h, height + gap);
    rect->y += taken;
    rect->h -= taken;
    return piece;
}

Rect rect_cut_bottom(Rect *rect, double height, double gap)
{
    double own = MIN(height, rect->h);
    Rect piece = {rect->x, rect->y + rect->h - own, rect->w, own};
    rect->h -= MIN(rect->h, height + gap);
    return piece;
}

Rect rect_cut_left(Rect *rect, double width, double gap)
{
    Rect piece = {rect->x, rect->y, MIN(width, rect->w), rect->h};
    double taken = MIN(rect->w, width + gap);
    rect->x += taken;
    rect->w -= taken;
    return piece;
}

Rect rect_cut_right(Rect *rect, double width, double gap)
{
    double own = MIN(width, rect->w);
    Rect piece = {rect->x + rect->w - own, rect->y, own, rect->h};
    rect->w -= MIN(rect->w, width + gap);
    return piece;
}

Rect rect_column(Rect rect, guint count, guint index, double gap)
{
    double w = (rect.w - gap * (count - 1)) / count;
    return (Rect){rect.x + index * (w + gap), rect.y, w, rect.h};
}

Rect rect_row(Rect rect, guint count, guint index, double gap)
{
    double h = (rect.h - gap * (count - 1)) / count;
    return (Rect){rect.x, rect.y + index * (h + gap), rect.w, h};
}

Rect rect_centre(Rect rect, double width, double height)
{
    return (Rect){rect.x + (rect.w - width) / 2, rect.y + (rect.h - height) / 2, width, height};
}

Rect rect_fit(Rect rect, double aspect)
{
    if (rect.w <= 0 || rect.h <= 0 || aspect <= 0) return rect_centre(rect, 0, 0);
    return rect.w / rect.h > aspect ? rect_centre(rect, rect.h * aspect, rect.h) : rect_centre(rect, rect.w, rect.w / aspect);
}

gboolean rect_contains(Rect rect, double x, double y)
{
    return x >= rect.x && y >= rect.y && x < rect.x + rect.w && y < rect.y + rect.h;
}

gboolean rect_within(Rect inner, Rect outer)
{
    return inner.x >= outer.x - EPSILON && inner.y >= outer.y - EPSILON && inner.x + inner.w <= outer.x + outer.w + EPSILON &&
           inner.y + inner.h <= outer.y + outer.h + EPSILON;
}

gboolean rect_overlaps(Rect a, Rect b)
{
    return a.x + EPSILON < b.x + b.w && b.x + EPSILON < a.x + a.w && a.y + EPSILON < b.y + b.h && b.y + EPSILON < a.y + a.h;
}
