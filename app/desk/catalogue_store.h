/* catalogue_store: what a serving desk has at hand of the catalogue: the head, always; chunks, while booths ask for them.
 *
 * A thread of its own waits for the bus; what comes of it is handed out by catalogue_store_dispatch() on the thread that calls it, after
 * wake() said so. All other functions are for that thread too. */
#pragma once

#include "catalogue/manifest.h"

typedef struct CatalogueStore CatalogueStore;

typedef enum {
    CATALOGUE_READ_GOOD,
    CATALOGUE_READ_STALE,       /* that version does not count any more, or has no such chunk */
    CATALOGUE_READ_UNAVAILABLE, /* the bus is away, or too much is asked just now */
} CatalogueRead;

/* base64: of the chunk, when it is good. */
typedef void (*CatalogueReadDone)(gpointer data, CatalogueRead verdict, gint64 version, gint64 chunk, const char *base64);

/* servers are copied. wake: from any thread. */
CatalogueStore *catalogue_store_open(const char *const *servers, void (*wake)(gpointer data), gpointer data);
/* Calls what is left of the done()s: as they were read, or unavailable. NULL is fine. */
void catalogue_store_close(CatalogueStore *store);

/* TRUE: the head is another one than before. */
gboolean catalogue_store_dispatch(CatalogueStore *store);
/* NULL: there is none, as far as is known. */
const CatalogueManifest *catalogue_store_head(const CatalogueStore *store);
/* done is called once, from catalogue_store_dispatch(). */
void catalogue_store_read(CatalogueStore *store, gint64 version, gint64 chunk, CatalogueReadDone done, gpointer data);
