/* damage: which pixels of a screen have to be painted again, as a few rectangles that do not overlap.
 *
 * A panel's items leave marks: what each looks like and where. Marks that are in both lists, in the same order, need no painting; the
 * places of all others do. Pure functions: any thread. */
#pragma once

#include <glib.h>
#include <SDL2/SDL_rect.h>

#define DAMAGE_RECTS 8 /* at most; further ones are joined with the one that grows least by it */

typedef struct {
    SDL_Rect rects[DAMAGE_RECTS];
    guint count;
} Damage;

typedef struct {
    guint64 print; /* equal prints look equal and are in the same place */
    SDL_Rect area;
} DamageMark;

/* An empty rectangle changes nothing. */
void damage_add(Damage *damage, SDL_Rect rect);
void damage_add_all(Damage *damage, const Damage *more);
gboolean damage_touches(const Damage *damage, const SDL_Rect *rect);
/* Adds where two lists of DamageMark, each in the order of painting, differ. */
void damage_compare(Damage *damage, const GArray *before, const GArray *after);
