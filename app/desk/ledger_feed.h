/* ledger_feed: the thread that reads the stream RECORDS into the ledger's database, on a NATS connection of its own, and forgets what is
 * too old. It goes on where the database ends, as long as it takes until the bus is there. */
#pragma once

#include "desk/ledger_cache.h"

typedef struct LedgerFeed LedgerFeed;

typedef struct {
    const char *const *servers;
    guint retention_days;
    LedgerCache *cache;
    /* From the thread: it is caught up for the first time, or again. */
    void (*changed)(gpointer data);
    gpointer data;
} LedgerFeedSettings;

/* All of settings must outlive it. */
LedgerFeed *ledger_feed_start(const LedgerFeedSettings *settings);
void ledger_feed_stop(LedgerFeed *feed); /* waits for it, some seconds at most when the bus is away; NULL is fine */

/* Any thread. */
void ledger_feed_counters(LedgerFeed *feed, LedgerCounters *ret_counters);
