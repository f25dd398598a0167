/* theme: the colours of the screens by the part they play. A colour is 0xRRGGBB.
 *
 * Every pair "x" and "on_x" has a contrast of 4.5:1 or more (WCAG 2.2, AA); so have text, text_soft, accent, good, danger and warn on
 * background, surface and raised. Pure data: any thread. */
#pragma once

#include <glib.h>

typedef struct {
    const char *name;
    guint32 background, surface, raised, outline;
    guint32 text, text_soft;
    guint32 accent, good, danger, warn; /* as text and symbols on background, surface, raised */
    guint32 accent_fill, on_accent;     /* and as areas, with what stands on them */
    guint32 good_fill, on_good;
    guint32 danger_fill, on_danger;
    guint32 warn_fill, on_warn;
    guint32 stage, on_stage; /* behind pictures */
    guint32 focus;           /* ring around what the keyboard is on */
} Theme;

/* "dark" or "day"; NULL for another name. */
const Theme *theme_find(const char *name);

/* Contrast of two colours, 1 to 21, by WCAG's relative luminance. */
double theme_contrast(guint32 a, guint32 b);
/* The colour part of the way (0 to 1) from a to b. */
guint32 theme_mix(guint32 a, guint32 b, double part);
