/* console_screen: the advisor's screen: its scene painted, the shopper's and the own picture and the level meters on it. What it shows is
 * laid out by console.h; what the advisor does on it is console_input.h's. Main thread only: pictures come through their mailboxes. */
#pragma once

#include "drivers/display/display.h"
#include "studio/console.h"
#include "studio/draw.h"
#include "studio/mailbox.h"

typedef struct ConsoleScreen ConsoleScreen;

typedef struct {
    const Display *display;
    Fonts *fonts;
    const Theme *theme;
    Mailbox *own, *shopper; /* either may be NULL */
    /* How loud the advisor, or the shopper, was last; may be NULL. Asked at every picture of a call and of the checks. */
    MeterReading (*level)(void *data, gboolean of_shopper);
    void *data;
} ConsoleScreenSettings;

/* Borrows all that settings has. */
ConsoleScreen *console_screen_new(const ConsoleScreenSettings *settings);
void console_screen_free(ConsoleScreen *screen); /* NULL is fine */

/* As it was laid out last; belongs to the screen. */
Scene *console_screen_scene(const ConsoleScreen *screen);
/* As canvas_size(). */
void console_screen_size(const ConsoleScreen *screen, double *width, double *height, double *scale);

/* Looks at pictures and levels. TRUE: one began or ended, or a voice is another, so that it has to be laid out anew. */
gboolean console_screen_look(ConsoleScreen *screen, const View *view);
/* Lays the scene out; nothing is painted yet. Of shown, the scene, the theme, the times, what is visible and the voices are the screen's
 * own and are put in. */
void console_screen_lay_out(ConsoleScreen *screen, const Console *shown);
/* Paints what changed of the scene; console_screen_present() shows it. */
void console_screen_paint(ConsoleScreen *screen);
/* Everything has to be painted again. */
void console_screen_invalidate(ConsoleScreen *screen);

/* Shows what changed. */
void console_screen_present(ConsoleScreen *screen, const View *view);
/* The shopper's picture at once, if there is a new one, while panels wait to be painted. */
void console_screen_present_shopper(ConsoleScreen *screen, const View *view);

/* Reads back what it shows and writes it as PNG. with_pictures FALSE: no camera's picture is in it. */
gboolean console_screen_write(ConsoleScreen *screen, gboolean with_pictures, const char *path, GError **error);
