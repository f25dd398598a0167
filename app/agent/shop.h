/* shop: products in the booth's hands: what is shown and what is in the basket, and the methods of org.livebooth.Agent1 that change them.
 *
 * Nothing of a customer outlives the call: both are emptied when it ends, and what was shown is put away when it rings. Main context only.
 */
#pragma once

#include "agent/booth.h"
#include "agent/catalogue_keeper.h"
#include "bus/agent1.h"
#include "config/config.h"

typedef struct Shop Shop;

typedef struct {
    gint64 (*utc)(void *data);   /* the booth's time in ms */
    void (*changed)(void *data); /* shop_tell() would tell something else: publish and write down */
    void *data;
} ShopEvents;

/* All must outlive it. NULL: [shop] checkout is no template. */
Shop *shop_new(const Config *config, BusAgent1 *bus, CatalogueKeeper *keeper, const ShopEvents *events, GError **error);
void shop_free(Shop *shop); /* NULL is fine */

/* After each step of the booth. */
void shop_follow(Shop *shop, const Booth *booth);
/* The catalogue may be another one. */
void shop_renew(Shop *shop);

/* show, basket and checkout of the snapshot. */
void shop_tell(const Shop *shop, json_t *snapshot);
/* What the record of the call says of them; before the step that may end it. */
void shop_count(const Shop *shop, BoothSold *counts);
/* What the next agent needs to go on, NULL: nothing; new reference. And taking it up, before the first shop_follow(). */
json_t *shop_save(const Shop *shop);
void shop_restore(Shop *shop, const json_t *saved);
