/* demo_screen: the product-demo display: its scene painted, a product's video on it, and proof, read back from its pixels, that it shows
 * what it has to. What it shows is laid out by demo.h. A booth without such a screen, or with one that is missing, has it all the same, and
 * nothing is drawn. Main thread only; the video comes through a mailbox from the player's threads. */
#pragma once

#include "config/config.h"
#include "drivers/display/display.h"
#include "studio/demo.h"
#include "studio/draw.h"

typedef struct DemoScreen DemoScreen;

#define DEMO_SCREEN_WRONG_US (3 * G_USEC_PER_SEC / 2) /* so long it may not be read back as what it has to show */

typedef struct {
    const Config *config; /* of [demo] and of the speaker */
    const Display *display;
    Fonts *fonts;
    const Theme *theme;
    const Text *text;
    Gallery *gallery;
    /* It was drawn with something else on it: demo_screen_read() reads it back and tells. May be NULL. */
    void (*shown)(void *data);
    void *data;
} DemoScreenSettings;

/* Borrows all that settings has. */
DemoScreen *demo_screen_new(const DemoScreenSettings *settings);
void demo_screen_free(DemoScreen *screen); /* no video and no sound of it any more when it returns; NULL is fine */

/* What to show from now on; a video of it begins, or ends, at once. show: of the snapshot; NULL, or what is no object: nothing. store: the
 * store's name. Both are borrowed until the next call, or demo_screen_free(). on_air: as of view_is_on_air(). */
void demo_screen_set(DemoScreen *screen, const json_t *show, const char *store, gboolean on_air);
/* A video is to be shown. */
gboolean demo_screen_has_video(const DemoScreen *screen);

/* Looks at the video. TRUE: its picture began or ended, so that everything has to be laid out anew. */
gboolean demo_screen_look(DemoScreen *screen);
/* Lays out and paints; demo_screen_present() shows it. */
void demo_screen_paint(DemoScreen *screen);
/* Everything has to be painted again. */
void demo_screen_invalidate(DemoScreen *screen);
/* Shows what changed. */
void demo_screen_present(DemoScreen *screen);

/* There is a screen to draw on, plugged in or not. */
gboolean demo_screen_is_there(const DemoScreen *screen);
/* Reads back what it shows and writes it as PNG; there must be a screen. */
gboolean demo_screen_write(DemoScreen *screen, const char *path, GError **error);
/* Reads back what it shows: shows of demo in the health object (docs/protocol.md); new reference. */
json_t *demo_screen_read(DemoScreen *screen);
/* FALSE: for longer than DEMO_SCREEN_WRONG_US, and grace_us more, demo_screen_read() has not read what has to be there. */
gboolean demo_screen_is_right(const DemoScreen *screen, gint64 grace_us);
