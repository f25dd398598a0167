/* canvas: a scene on an SDL renderer. Only what changed of a scene is painted again (damage.h): where a software renderer keeps what was
 * drawn, onto the screen, and no more than that goes to its window; else into a texture for each panel, which the graphics processor puts
 * together. Main thread only. */
#pragma once

#include "studio/draw.h"
#include "studio/picture.h"
#include "studio/scene.h"

typedef struct Canvas Canvas;

/* keeps_picture: what was drawn stays from frame to frame. Borrows renderer and fonts. */
Canvas *canvas_new(SDL_Renderer *renderer, Fonts *fonts, gboolean keeps_picture);
void canvas_free(Canvas *canvas); /* NULL is fine */

/* The screen's size in design units, and pixels of one of them. */
void canvas_size(Canvas *canvas, double *width, double *height, double *scale);

/* Paints what of scene is another than at the last update; canvas_present() shows it. */
void canvas_update(Canvas *canvas, const Scene *scene);
/* Everything has to be drawn again (a window was uncovered, a texture was lost). */
void canvas_invalidate(Canvas *canvas);
/* TRUE when canvas_present() would change the screen. */
gboolean canvas_is_dirty(const Canvas *canvas);

/* How many segments of that meter are lit; drawn with the next canvas_present(). */
void canvas_set_meter(Canvas *canvas, MeterKind kind, guint lit);
/* TRUE when canvas_present() would change a meter. */
gboolean canvas_has_new_level(const Canvas *canvas);

/* Draws pictures and meters and shows what changed. pictures[kind] may be NULL; renewed[kind]: it has a new picture. stage: 0xRRGGBB
 * around pictures. */
void canvas_present(Canvas *canvas, Picture *const pictures[PICTURES], const gboolean renewed[PICTURES], guint32 stage);
/* The pixels that a picture of that kind covers; FALSE when the scene has none. */
gboolean canvas_picture_area(const Canvas *canvas, PictureKind kind, SDL_Rect *area);

/* Reads back what the screen shows in rect, as 0x00RRGGBB to g_free(); NULL: it cannot be read. Where what was drawn does not stay, it is
 * drawn anew for that. */
guint32 *canvas_read(Canvas *canvas, Picture *const pictures[PICTURES], guint32 stage, Rect rect, int *ret_width, int *ret_height);

/* Draws all of scene, reads it back and writes a PNG. */
gboolean canvas_write(Canvas *canvas, const Scene *scene, Picture *const pictures[PICTURES], guint32 stage, const char *path,
                      GError **error);
