/* tally: what this desk has counted of the calls since it started, for its metrics.
 *
 * It is fed with the news that this desk was the first to give to the bus. As the bus takes each piece once, from one desk, the sums over
 * all desks count every change of a call once. Pure, in memory; one thread. */
#pragma once

#include "desk/metrics.h"
#include "desk/news.h"

typedef struct Tally Tally;

/* topics: borrowed; a call of another one counts as topic "other". */
Tally *tally_new(const char *const *topics);
void tally_free(Tally *tally); /* NULL is fine */

void tally_add(Tally *tally, const News *news);
/* A piece of news that did not get to the bus, so that nobody counts it. */
void tally_lost(Tally *tally);

/* The label of a topic: itself, or "other". */
const char *tally_topic(const Tally *tally, const char *topic);
/* Its metric families. */
void tally_write(const Tally *tally, Metrics *metrics);
