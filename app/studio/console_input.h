/* console_input: what the advisor does on the console with touch, mouse, keyboard and bar code reader: buttons, the text fields and what
 * stands in them, the search for products, the wrap-up, the service pages.
 *
 * What is the console's own is done and kept here; the rest leaves through wish(). Main thread only. */
#pragma once

#include "studio/console_screen.h"

#include <SDL2/SDL.h>

typedef struct ConsoleInput ConsoleInput;

typedef struct {
    void (*wish)(void *data, const char *what, const char *argument); /* as in screens.h */
    void (*changed)(void *data);                                      /* the console has to be laid out anew */
    void (*lay_out)(void *data);                                      /* and now, because the focus goes to what is new on it */
    void (*uncovered)(void *data);                                    /* a window has to be painted again */
    void *data;
} ConsoleInputEvents;

/* Borrows screen and view, which is read as it then is. point: before the decimals of an amount, in the console's language. */
ConsoleInput *console_input_new(ConsoleScreen *screen, const View *view, char point, const ConsoleInputEvents *events);
void console_input_free(ConsoleInput *input); /* NULL is fine */

/* An event of SDL's that is none of the demo display's. Digits that may be a reader's are held back for a moment, */
void console_input_take(ConsoleInput *input, const SDL_Event *event);
/* and are keys after all when nothing follows them: to be called after the events that there were. */
void console_input_settle(ConsoleInput *input);

/* Puts in what was entered: message, wrap-up, service, shelf. Borrowed. */
void console_input_fill(const ConsoleInput *input, Console *console);
/* After the console was laid out. TRUE: what had the focus is gone, and it has to be laid out anew. */
gboolean console_input_drop_focus(ConsoleInput *input);

/* The view has changed; before: the state that it had. A wrap-up begins with what the agent has of it, and what was entered goes with its
 * end. */
void console_input_follow(ConsoleInput *input, ViewState before);
/* Another call, or none: what was entered for the last one goes. */
void console_input_forget(ConsoleInput *input);
/* As screens_set_products(). */
void console_input_set_products(ConsoleInput *input, const char *about, const json_t *list);
/* As screens_refuse_product(). FALSE: nothing is to be said of it. */
gboolean console_input_refuse_product(ConsoleInput *input, const char *what, const char *error);
