/* console_parts: what the console's screens are put together from. For console*.c alone. Main thread only. */
#pragma once

#include "studio/console.h"

#define CARD_RADIUS  18.0
#define CARD_PADDING 24.0
#define RIGHT_COLUMN 392.0 /* width of the column with the own picture */

typedef struct {
    const char *id;
    const char *label;
    const char *note; /* smaller words below the label, or NULL */
    Icon icon;
    gboolean icon_above; /* in place of beside the label */
    const char *keycap;  /* as printed on the keyboard */
    int key;             /* SDL keycode */
    const char *wish, *argument;
    guint32 fill, on;
    guint32 line; /* SCENE_NO_COLOUR for none */
    TextStyle style;
    gboolean selected; /* of a choice: marked with a tick and a line, not by colour alone */
    gboolean disabled;
    gboolean keeps_focus; /* see SceneTarget */
} Button;

/* A text of the catalogue's section "console". */
const char *console_text(const Console *console, const char *key);
/* What stands for an id: the text prefix_id, else the id itself. */
const char *console_word(const Console *console, const char *prefix, const char *id);
/* A duration in words (rounded: 40 s, 3 min) or as a clock (2:05, 1:02:05); to g_free(). */
char *console_duration(const Console *console, gint64 ms);
char *console_clock(gint64 ms);

/* Starts a panel that is a rounded card; returns the room inside its padding. */
Rect console_card(const Console *console, const char *name, Rect rect);
/* A plain button of the theme, to change and hand to console_button(). */
Button console_plain_button(const Console *console, const char *id, const char *label);
void console_button(const Console *console, Rect rect, const Button *button);
/* A text field; what does not fit is cut at the front, so that the caret stays in sight. */
void console_field(const Console *console, Rect rect, const char *id, const char *text, const char *hint, int key, const char *keycap);
/* The small outlined name of a key, right-aligned in rect; returns its width. */
double console_keycap(const Console *console, Rect rect, const char *keycap, guint32 colour, guint32 on);
/* A symbol in a filled circle. */
void console_badge(const Console *console, Icon icon, Rect rect, guint32 fill, guint32 on);
/* A level meter, or in its place the word that says more: a row on a panel of that colour. */
void console_meter(const Console *console, Rect row, MeterKind kind, guint32 on);

/* A placeholder where a picture would be. */
void console_placeholder(const Console *console, Rect rect, Icon icon, const char *title, const char *line);

/* Nothing but a symbol and what it means. */
void console_message(const Console *console, Rect area, Icon icon, const char *title, const char *line);

/* The states' own areas. */
void console_boot(const Console *console, Rect area);
void console_gone(const Console *console, Rect area);
void console_checks(const Console *console, Rect area); /* console_checks.c: starting, and on request */
/* One line of it, on a card. */
void console_check_row(const Console *console, Rect row, ViewDevice device);
/* console_service.c: what is done to the booth itself, and that it starts again. */
void console_service(const Console *console, Rect area);
void console_ending(const Console *console, Rect area);
void console_paused(const Console *console, Rect area);
void console_ready(const Console *console, Rect area);
void console_ringing(const Console *console, Rect area);
void console_call(const Console *console, Rect area);
void console_wrapup(const Console *console, Rect area); /* console_wrapup.c */
/* A service level as a coloured symbol with its number: what stands in rect, at its left; returns the width that it took. */
double console_level(const Console *console, Rect rect, TextStyle style, const ViewService *service, guint32 on);

/* console_products.c. Whether the advisor looks through products now, and what they then see in place of the stage or the state's card. */
gboolean console_has_products(const Console *console);
/* Whether this is a state in which that makes sense. */
gboolean console_may_have_products(const Console *console);
void console_products(const Console *console, Rect rect);
/* The button that opens it (F9). */
void console_products_button(const Console *console, Rect rect, gboolean icon_above);
/* The column with the own picture and the devices, of starting, paused, ready and ringing. */
void console_own_column(const Console *console, Rect rect, gboolean devices);
