/* catalogue_search: what an advisor asks the catalogue: words as they are typed, a bar code, what goes with a product.
 *
 * Products come as the booth shows them: with the feed's time, what its store has (in_store), and with a sale price only while the sale
 * lasts. The thread of the db. */
#pragma once

#include "agent/catalogue_db.h"

#define CATALOGUE_RESULTS_MAX 50
#define CATALOGUE_QUERY_MAX   200 /* bytes; what follows is not looked at */

typedef struct {
    CatalogueDb *db;
    gint64 feed_utc; /* of the version */
    gint64 now_utc;
    const char *store; /* whose stock is told; NULL or "": nobody's */
} CatalogueView;

/* How many of a product the store has, a new integer; NULL: the feed says nothing of stores, or there is no store to ask for. */
json_t *catalogue_in_store(const json_t *product, const char *store);

/* The products that fit best, as an array of cards: without description, details and highlights, and with the first picture alone. Every
 * word may be a beginning; a number may be a bar code. Mistakes are forgiven when too little fits as it is written. */
json_t *catalogue_search(const CatalogueView *view, const char *query, guint limit);

/* The whole product, a new reference; NULL: there is none. */
json_t *catalogue_by_id(const CatalogueView *view, const char *id);
json_t *catalogue_by_code(const CatalogueView *view, gint64 number);

/* Cards of what goes with it: what the feed says, then accessories of the same branch of product types, those of its brand first. NULL:
 * there is no such product. */
json_t *catalogue_accessories(const CatalogueView *view, const char *id, guint limit);
