/* products: what the console asks the agent of products: searching, showing, the basket. Main thread only. */
#pragma once

#include <gio/gio.h>
#include <jansson.h>

typedef struct Products Products;

typedef struct {
    /* Cards that answer a search or a question for accessories; query is what was asked with. Borrowed. */
    void (*found)(void *data, const char *query, const json_t *list);
    /* The agent did not take a wish: the bus's name of the error. */
    void (*refused)(void *data, const char *what, const char *error);
    void *data;
} ProductsEvents;

#define PRODUCTS_RESULTS 24

Products *products_new(const ProductsEvents *events); /* copied */
void products_free(Products *products);               /* NULL is fine; nothing is called any more */

/* NULL: there is no agent. */
void products_set_agent(Products *products, GDBusProxy *agent);

/* search WORDS, accessories ID, show KIND\nID[\nID…], show_next -1|1, show_hide, scan CODE, basket_add ID, basket_set ID\nQUANTITY. FALSE:
 * it is none of them. */
gboolean products_wish(Products *products, const char *what, const char *argument);
