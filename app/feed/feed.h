/* feed: a retailer's product feed, from its bytes to the packed catalogue, and the report of what was refused.
 *
 * Reading and judging go on side by side, the judging on a thread of its own between feed_new() and feed_end().
 *
 * Everything or nothing: a feed that is broken as a whole, that has no product left, or too many refused ones, gives no catalogue. To be
 * called by one thread; holds every product as text, about 1 KiB each. */
#pragma once

#include "feed/reader.h"
#include "feed/report.h"

#include <jansson.h>

typedef struct Feed Feed;

Feed *feed_new(FeedFormat format);
void feed_free(Feed *feed); /* NULL is fine */

/* The next bytes. FALSE with a sentence: the feed cannot be read. What it was so far is known after feed_end() or feed_read_file(). */
gboolean feed_push(Feed *feed, const char *bytes, gsize length, GError **error);
/* The end. refused_max: percent of the rows. FALSE with a sentence: nothing may be made of it; the report says why. */
gboolean feed_end(Feed *feed, guint refused_max, GError **error);

/* Reads a file whole: push and end. */
gboolean feed_read_file(Feed *feed, const char *path, guint refused_max, GError **error);

guint feed_rows(const Feed *feed);
guint feed_products(const Feed *feed);
const FeedReport *feed_report(const Feed *feed);
gint64 feed_written_utc(const Feed *feed); /* 0: it does not say */

/* After feed_end(): what pack.h describes. Available ones come first, in each half accessories last, then by the number of ratings: the
 * order in which a booth shows what fits a search equally well. */
GBytes *feed_pack(Feed *feed);
