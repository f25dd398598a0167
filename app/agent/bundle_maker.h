/* bundle_maker: a support bundle made by `boothctl bundle`, which stands beside the agent's program, and read into memory.
 *
 * It is made in [booth] state and deleted as soon as it was read. Main context only. */
#pragma once

#include "config/config.h"

#define BUNDLE_MAKER_LIMIT_S 600

typedef struct BundleMaker BundleMaker;

/* made: once for each start. bundle NULL: why, a sentence. config must outlive it. */
BundleMaker *bundle_maker_new(const Config *config, gsize bytes_max, void (*made)(gpointer data, GBytes *bundle, const char *why),
                              gpointer data);
/* Ends what is being made, without a word. NULL is fine. */
void bundle_maker_free(BundleMaker *maker);
/* Nothing must be under way. made() is never called from inside. */
void bundle_maker_start(BundleMaker *maker);
