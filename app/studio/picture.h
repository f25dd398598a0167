/* picture: the moving picture of a mailbox as an SDL texture. Main thread only.
 *
 * With G_MESSAGES_DEBUG=picture-age in the environment it logs how old the pictures were when they had become the texture, 30 a line,
 * where a picture carries the time at which it was made (drivers/camera/camera_code.h). */
#pragma once

#include "studio/mailbox.h"

#include <SDL2/SDL.h>

typedef struct Picture Picture;

#define PICTURE_FRESH_US                                                                                                                   \
    (2 * G_USEC_PER_SEC) /* after that long without a new one a picture counts as gone: a frozen face is never shown                       \
                          */

/* name: whose picture it is, for the log; static. mailbox may be NULL: never a picture. Borrows both. */
Picture *picture_new(const char *name, SDL_Renderer *renderer, Mailbox *mailbox);
void picture_free(Picture *picture); /* NULL is fine */

/* TRUE when a picture came within PICTURE_FRESH_US. now: g_get_monotonic_time(). */
gboolean picture_is_moving(Picture *picture, gint64 now);
/* Takes the newest picture, if there is one not taken before, to be drawn into area, which is not empty: a software renderer's is scaled to
 * the size that it is drawn at. */
gboolean picture_take(Picture *picture, const SDL_Rect *area);
/* Draws it as large as fits into area, the bars around it in colour (0xRRGGBB). Nothing before the first picture_take(). */
void picture_draw(Picture *picture, const SDL_Rect *area, guint32 colour);
/* Forgets the texture's content. */
void picture_forget(Picture *picture);
