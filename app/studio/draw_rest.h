/* draw_rest: how long the screens leave the processor to all else between two drawings, where it is the processor that draws and that takes
 * long: everything in the main loop waits for it, the call's own messages too. It may draw in the background, so that only the next picture
 * has to wait. Pure; times are monotonic, ms. */
#pragma once

#include <glib.h>

#define DRAW_REST_SLOW_MS       100  /* drawing that takes longer fills the processor */
#define DRAW_REST_SLOW_QUIET_MS 40   /* the same while nobody waits for it */
#define DRAW_REST_TIMES         3    /* then it has so many times as long to itself in between, */
#define DRAW_REST_TIMES_IN_USE  1    /* and so many while the advisor touches it, */
#define DRAW_REST_MAX_MS        3000 /* but no longer than this */

/* All zero: nothing was drawn yet. */
typedef struct {
    gint64 drawn_ms; /* when drawing last began */
    gint64 slow_ms;  /* what it takes, where that is long; what one took is forgotten slowly */
    gint64 rest_ms;  /* so long after drawn_ms nothing is drawn; 0: at once */
} DrawRest;

void draw_rest_begin(DrawRest *rest, gint64 now_ms);
/* in_use: the advisor touches the console; on_air: as of view_is_on_air(). */
void draw_rest_end(DrawRest *rest, gint64 now_ms, gboolean in_use, gboolean on_air);
/* What is new now is not waited for. */
void draw_rest_skip(DrawRest *rest);

/* Nothing is drawn yet. */
gboolean draw_rest_lasts(const DrawRest *rest, gint64 now_ms);
/* One drawing takes so long that two for one change are too many. */
gboolean draw_rest_is_slow(const DrawRest *rest);
