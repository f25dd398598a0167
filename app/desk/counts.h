/* counts: what this desk has counted of the calls since it started, for its metrics.
 *
 * It is fed with the news that this desk was the first to give to the bus. As the bus takes each piece once, from one desk, the sums over
 * all desks count every change of a call once. Pure, in memory; one thread. */
#pragma once

#include "desk/metrics.h"
#include "desk/news.h"

typedef struct Counts Counts;

/* topics: borrowed; a call of another one counts as topic "other". */
Counts *counts_new(const char *const *topics);
void counts_free(Counts *counts); /* NULL is fine */

void counts_add(Counts *counts, const News *news);
/* A piece of news that did not get to the bus, so that nobody counts it. */
void counts_lost(Counts *counts);

/* The label of a topic: itself, or "other". */
const char *counts_topic(const Counts *counts, const char *topic);
/* Its metric families. */
void counts_write(const Counts *counts, Metrics *metrics);
