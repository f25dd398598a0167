/* sold: what became of products in a call, counted for its record: how many were shown, how many went into the basket, what is in it.
 *
 * Pure. Main context. */
#pragma once

#include "agent/booth.h"

#include <jansson.h>

#define SOLD_IDS_MAX 200 /* further products are not counted */

typedef struct Sold Sold;

Sold *sold_new(void);
void sold_free(Sold *sold); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sold, sold_free)

void sold_clear(Sold *sold);
/* What show_json() tells. */
void sold_show(Sold *sold, const json_t *shown);
/* product: as the catalogue has it, which says whether it is an accessory (product_type.h). */
void sold_add(Sold *sold, const json_t *product);

/* The counts of the call so far; basket is what basket_json() tells. */
void sold_count(const Sold *sold, const json_t *basket, BoothSold *counts);

/* For an agent that is started in the call: a new reference, and taking it up; what makes no sense is left out. */
json_t *sold_save(const Sold *sold);
void sold_restore(Sold *sold, const json_t *saved);
