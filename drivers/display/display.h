/* display: the booth's two screens, opened through one of several drivers.
 *
 * A driver is an entry of the table in display.c, chosen by name; "auto" takes the first whose screen is there and ends with offscreen,
 * which needs none. Where each screen is a whole output, its connector says which (outputs.h); where there are windows in place of outputs,
 * both are windows. With the driver named and no screen for the console, a stand-in that nobody sees is drawn, and both count as missing:
 * the booth goes on and says why it takes no calls. Main thread only; one Display at a time, because SDL keeps its state in the process. */
#pragma once

#include <glib.h>
#include <SDL2/SDL.h>

typedef enum { DISPLAY_CONSOLE, DISPLAY_DEMO, DISPLAY_OUTPUTS } DisplayOutput;

typedef struct {
    int width, height; /* pixels of a window; an output has its own */
    const char *title;
    const char *connector; /* its name, "auto", or, of the demo, "none": the booth has no such screen */
} DisplayWanted;

typedef struct {
    const char *name;
    const char *sdl_name;
    gboolean (*is_there)(void); /* NULL: always */
    gboolean whole_output;      /* covers the output, and each screen needs one */
    gboolean accelerated;
    gboolean has_input;
} DisplayDriver;

typedef struct Display Display;

#define DISPLAY_ERROR (display_error_quark())
GQuark display_error_quark(void);

/* The drivers, ended by one without a name, in the order in which "auto" asks them. */
const DisplayDriver *display_drivers(void);

/* Opens the windows; the console must open; a demo that is missing or that the booth has not leaves display_renderer()
 * NULL. NULL with a sentence for a person. */
Display *display_open(const char *driver, const DisplayWanted wanted[DISPLAY_OUTPUTS], GError **error) G_GNUC_WARN_UNUSED_RESULT;
void display_close(Display *display); /* NULL is fine */

/* All belong to the display. */
SDL_Renderer *display_renderer(const Display *display, DisplayOutput output);
SDL_Window *display_window(const Display *display, DisplayOutput output);
/* A connector such as HDMI-A-1, or the driver's name. */
const char *display_name(const Display *display, DisplayOutput output);
/* Whether a screen is plugged in now: its connector's status; the offscreen driver's are unless the file sim/console.unplugged or
 * sim/demo.unplugged is in folder (NULL: they are). */
gboolean display_is_connected(Display *display, DisplayOutput output, const char *folder);
/* A screen came that was not there when the display was opened, or one that display_is_connected() missed came back: SDL lists screens and
 * sets their modes at its start alone, so it has to be opened anew. */
gboolean display_has_new_screen(const Display *display);
/* TRUE when what was drawn stays in place from frame to frame, so that only changes need to be drawn. */
gboolean display_keeps_picture(const Display *display, DisplayOutput output);
gboolean display_has_input(const Display *display);
