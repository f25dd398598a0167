/* product: judges one row of a feed and makes of it the product that booths know (docs/catalogue.md lists the members).
 *
 * One thread. */
#pragma once

#include "feed/report.h"
#include "feed/row.h"

#include <jansson.h>

/* What a product says of another one, in the feed's order but the needed ones first. */
typedef struct {
    gboolean by_gtin;
    gint64 gtin;
    char *id; /* when not by_gtin */
} FeedRelated;

typedef struct {
    json_t *json;
    char *text;      /* of json, as it is packed; to free() */
    GArray *related; /* of FeedRelated: what goes with it; NULL: nothing said */
} FeedProduct;

#define FEED_JSON_FORMAT (JSON_COMPACT | JSON_REAL_PRECISION(3))

/* FALSE: it is refused, which stands in report; ret is then empty. Attributes that are wrong but not needed are left out and reported. */
gboolean feed_product_judge(const FeedRow *row, FeedReport *report, FeedProduct *ret);
void feed_product_clear(FeedProduct *product);

/* Plain text of a description that may have HTML in it: tags gone, lists and paragraphs as lines, entities as characters. To g_free(). */
char *feed_plain_text(const char *html);
