/* catalogue_keeper: keeps the booth's catalogue: fetches what the desk has, builds it beside the one in use, and swaps it in.
 *
 * In FOLDER: current.json names the database in use and its hash, catalogue-*.db is that, download.part and download.json are what came of
 * a version so far. A download goes on where it was cut off, also after a restart. What is damaged, on the way or on the disk, is noticed
 * by its hash, thrown away and fetched again; until then, and while there is no desk, the last good one serves.
 *
 * Main context only; hashing and building are done on a thread of its own. */
#pragma once

#include "agent/catalogue_search.h"

typedef struct CatalogueKeeper CatalogueKeeper;

#define CATALOGUE_CHUNK_MS 10000  /* a chunk that did not come by then is asked for again */
#define CATALOGUE_RETRY_MS 600000 /* after so many failed attempts in a row, the next one */
#define CATALOGUE_TRIES    3
#define CATALOGUE_REST_MS  60000 /* not searched for so long: its memory is given back */

typedef struct {
    void (*get)(void *data, gint64 version, gint64 chunk); /* ask the desk */
    void (*changed)(void *data);                           /* catalogue_keeper_json() has */
    void *data;
} CatalogueKeeperEvents;

/* folder is made if need be; events must outlive the keeper. Always succeeds: without a disk there is no catalogue, and the booth works on.
 */
CatalogueKeeper *catalogue_keeper_new(const char *folder, const CatalogueKeeperEvents *events);
/* Waits for the thread, which stops within a second. NULL is fine. */
void catalogue_keeper_free(CatalogueKeeper *keeper);

/* From the desk: what there is; a chunk that was asked for (base64); a chunk that is not to be had just now. */
void catalogue_keeper_offer(CatalogueKeeper *keeper, const json_t *manifest);
void catalogue_keeper_chunk(CatalogueKeeper *keeper, gint64 version, gint64 chunk, const char *base64);
void catalogue_keeper_refused(CatalogueKeeper *keeper, gint64 version, gint64 chunk, const char *why);
/* The link ended: nothing that was asked for will come. */
void catalogue_keeper_cut_off(CatalogueKeeper *keeper);
/* While a call needs the line nothing is fetched. */
void catalogue_keeper_hold(CatalogueKeeper *keeper, gboolean hold);

/* Something to search, or NULL; valid until the main loop runs again. now_utc in ms. Say catalogue_keeper_searched() afterwards. */
const CatalogueView *catalogue_keeper_view(CatalogueKeeper *keeper, gint64 now_utc);
void catalogue_keeper_searched(CatalogueKeeper *keeper);

/* For the snapshot: {version, products, feed_utc, state}; state: none, ready, fetching, building, damaged. New reference. */
json_t *catalogue_keeper_json(const CatalogueKeeper *keeper);
