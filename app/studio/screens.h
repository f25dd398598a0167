/* screens: the console and the product-demo display, SDL2 windows driven from the main context; texts and shapes with Pango and Cairo.
 *
 * Draws the last snapshot that it was given and nothing else; what the advisor touches leaves through wish(). Opens both screens, says when
 * they are drawn and hands them what there is to show: how is console_screen.h's and demo_screen.h's, what the advisor does on the console
 * is console_input.h's. Main thread only; the writer of the shopper's mailbox wakes it from a thread of its own. */
#pragma once

#include "config/config.h"
#include "studio/mailbox.h"
#include "studio/meter.h"

#include <jansson.h>

typedef struct Screens Screens;

typedef struct {
    /* What the advisor wants, in the words of boothctl: ready, pause REASON, accept, decline, hangup, mute on|off, camera face|product|pip,
     * extend, practice, check on|off, bundle, restart, reset, note JSON (the arguments of the agent's Note), done JSON (the same, and the
     * wrap-up is over), chat TEXT, and those of products.h. argument may be "". */
    void (*wish)(void *data, const char *what, const char *argument);
    /* How loud the advisor, or the shopper, was last; may be NULL. Asked at every picture of a call and of the checks. */
    MeterReading (*level)(void *data, gboolean of_shopper);
    /* The demo display was drawn with something else on it: screens_health() reads it back and tells. */
    void (*shown)(void *data);
    void *data;
} ScreensEvents;

/* Opens the windows through the display driver named in config ([display]; "auto": a real screen where there is one, else offscreen) and
 * draws the first frame before it returns. NULL with a sentence for a person. */
Screens *screens_new(const Config *config, Mailbox *own_picture, Mailbox *shopper_picture, const ScreensEvents *events,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
void screens_free(Screens *screens);

/* The agent's snapshot (docs/protocol.md); NULL: the agent is not there. Borrowed. */
void screens_set_snapshot(Screens *screens, const json_t *snapshot);
void screens_add_chat(Screens *screens, gboolean from_shopper, const char *text); /* forgotten when the call ends */

/* What the agent answered to a search, or to a question for the accessories of a product (about: its id); borrowed. */
void screens_set_products(Screens *screens, const char *about, const json_t *list);
/* The agent did not take one of the wishes of products.h; error: the bus's name of it. */
void screens_refuse_product(Screens *screens, const char *what, const char *error);

/* folder: a simulated screen is unplugged as long as the file sim/console.unplugged or sim/demo.unplugged is in it. */
void screens_simulate_faults(Screens *screens, const char *folder);

/* Draws now what has changed, in place of within the next moments: after a session ended no picture of the shopper is left on any screen
 * when this returns. */
void screens_refresh(Screens *screens);

/* TRUE while an accepted call or a ring needs the speaker's ring tone: derived from the snapshot. */
gboolean screens_rings(const Screens *screens);

/* A screen was plugged in that only a new start of the program finds. */
gboolean screens_must_restart(const Screens *screens);

/* console and demo of the health object; new reference. The demo display is not ok either when for DEMO_SCREEN_WRONG_US it was not
 * read back as what it has to show. */
json_t *screens_health(Screens *screens);

/* Reads back what a screen ("console" or "demo") shows and writes it as PNG. */
gboolean screens_screenshot(Screens *screens, const char *screen, const char *path, GError **error);
/* The same of the console as base64, with no camera's picture in it, the shopper's and the own one being left out; to g_free(). */
char *screens_console_png(Screens *screens, GError **error);
