/* console: lays out what the advisor sees, for every state of the booth, as a scene.
 *
 * The frame is the same in every state: top bar, problems with what to do, the state's own area, and the waiting line at the bottom.
 * Keys: F1 ready, accept or done, F2 decline or more time, F3 mute, F4 F5 F6 face, product or both cameras, F7 write a message, F8 end the
 * call, F9 products; 1 to 5 choose a reason to pause or an outcome; Tab, Shift+Tab and Enter reach everything; Esc leaves a text field.
 * Draws nothing and keeps nothing. Main thread only. */
#pragma once

#include "studio/chat_log.h"
#include "studio/gallery.h"
#include "studio/meter.h"
#include "studio/scene.h"
#include "studio/shelf.h"
#include "studio/theme.h"
#include "studio/view.h"
#include "studio/wrapup.h"
#include "text/text.h"

/* What of the service pages is open, over the check of the booth. */
typedef enum { SERVICE_CLOSED, SERVICE_OPEN, SERVICE_CONFIRM } ServicePage;

typedef struct {
    Scene *scene;
    const Theme *theme;
    const Text *text;
    const View *view;
    gint64 now_mono;                       /* ms */
    const char *clock;                     /* wall clock as shown */
    gboolean shopper_visible, own_visible; /* their pictures are moving */
    Voice own_voice, shopper_voice;
    const ChatLine *const *chat; /* oldest first */
    guint chat_count;
    const char *message; /* what stands in the text field */
    const Wrapup *wrapup;
    ServicePage service;
    const Shelf *shelf; /* NULL: the booth has no products to look through */
    Gallery *gallery;   /* NULL: no pictures of products */
    const json_t *shop; /* the snapshot, for show and basket; may be NULL */
} Console;

#define CONSOLE_MESSAGE "message" /* ids of the text fields */
#define CONSOLE_ORDER   "order"
#define CONSOLE_VALUE   "value"
#define CONSOLE_QUERY   "query"
#define CONSOLE_SEND    "send" /* sends the message */

/* Fills console->scene for a screen of that size in design units. */
void console_build(const Console *console, double width, double height);
