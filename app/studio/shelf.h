/* shelf: what the advisor looks through: words to search with, what they found, what is picked to be compared. Pure. Main thread only. */
#pragma once

#include "studio/field.h"

#include <jansson.h>

#define SHELF_PICKED_MAX 4
#define SHELF_QUERY_MAX  80 /* characters */

typedef enum { SHELF_FOUND, SHELF_ACCESSORIES, SHELF_BASKET } ShelfPage;

typedef struct {
    gboolean open;
    ShelfPage page;
    Field *query;
    gboolean answered;  /* list answers a question */
    json_t *list;       /* of cards */
    guint first;        /* of list on the screen */
    GPtrArray *picked;  /* ids, in the order in which they were picked */
    const char *notice; /* name of a console's text, or NULL; static */
} Shelf;

Shelf *shelf_new(void);
void shelf_free(Shelf *shelf); /* NULL is fine */
/* Everything of a call goes, and the panel is closed. */
void shelf_clear(Shelf *shelf);

/* open, close, found, basket, pick ID, first N: what the panel's own buttons say. FALSE: nothing changed. */
gboolean shelf_do(Shelf *shelf, const char *what);
/* The words have changed. NULL: there is nothing to search for; else what to ask. */
const char *shelf_search(Shelf *shelf);
/* The answer to a search, or, about being a product's id, its accessories. */
void shelf_take(Shelf *shelf, const char *about, const json_t *list);
gboolean shelf_is_picked(const Shelf *shelf, const char *id);
