#include "studio/damage.h"

static gint64 pixels_of(const SDL_Rect *rect)
{
    return (gint64)rect->w * rect->h;
}

static gint64 growth(const SDL_Rect *rect, const SDL_Rect *by)
{
    SDL_Rect both;
    SDL_UnionRect(rect, by, &both);
    return pixels_of(&both) - pixels_of(rect) - pixels_of(by);
}

/* The one to join with: what overlaps, or when the list is full what costs least; count for none. */
static guint partner(const Damage *damage, const SDL_Rect *rect)
{
    guint best = damage->count;
    for (guint i = 0; i < damage->count; i++) {
        if (SDL_HasIntersection(&damage->rects[i], rect)) return i;
        if (damage->count < DAMAGE_RECTS) continue;
        if (best == damage->count || growth(&damage->rects[i], rect) < growth(&damage->rects[best], rect)) best = i;
    }
    return best;
}

void damage_add(Damage *damage, SDL_Rect rect)
{
    if (rect.w <= 0 || rect.h <= 0) return;
    for (guint at = partner(damage, &rect); at < damage->count; at = partner(damage, &rect)) {
        SDL_UnionRect(&damage->rects[at], &rect, &rect);
        damage->rects[at] = damage->rects[--damage->count];
    }
    damage->rects[damage->count++] = rect;
}

void damage_add_all(Damage *damage, const Damage *more)
{
    for (guint i = 0; i < more->count; i++) damage_add(damage, more->rects[i]);
}

gboolean damage_touches(const Damage *damage, const SDL_Rect *rect)
{
    for (guint i = 0; i < damage->count; i++) {
        if (SDL_HasIntersection(&damage->rects[i], rect)) return TRUE;
    }
    return FALSE;
}

static const DamageMark *mark_at(const GArray *marks, guint index)
{
    return &g_array_index(marks, DamageMark, index);
}

/* Each mark is matched with the first alike that comes later than the last match, so what is matched keeps its order. */
void damage_compare(Damage *damage, const GArray *before, const GArray *after)
{
    guint next = 0;
    for (guint i = 0; i < after->len; i++) {
        guint same = next;
        while (same < before->len && mark_at(before, same)->print != mark_at(after, i)->print) same++;
        if (same == before->len) {
            damage_add(damage, mark_at(after, i)->area);
            continue;
        }
        for (; next < same; next++) damage_add(damage, mark_at(before, next)->area);
        next = same + 1;
    }
    for (; next < before->len; next++) damage_add(damage, mark_at(before, next)->area);
}
