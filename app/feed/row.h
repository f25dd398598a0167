/* row: one item of a product feed as it was written: its attributes by the names of Google's product data specification, not yet judged.
 *
 * One thread. */
#pragma once

#include <glib.h>

#define FEED_PARTS      3           /* of an attribute that is a group */
#define FEED_VALUE_MAX  (16 * 1024) /* bytes kept of one value; a longer one is marked */
#define FEED_FIELDS_MAX 600         /* of one row; further ones are counted alone */

typedef enum {
    FEED_ID,
    FEED_TITLE,
    FEED_DESCRIPTION,
    FEED_LINK,
    FEED_IMAGE_LINK,
    FEED_ADDITIONAL_IMAGE_LINK,
    FEED_AVAILABILITY,
    FEED_PRICE,
    FEED_SALE_PRICE,
    FEED_SALE_PRICE_EFFECTIVE_DATE,
    FEED_GTIN,
    FEED_MPN,
    FEED_BRAND,
    FEED_CONDITION,
    FEED_PRODUCT_TYPE,
    FEED_GOOGLE_PRODUCT_CATEGORY,
    FEED_PRODUCT_DETAIL,
    FEED_PRODUCT_HIGHLIGHT,
    FEED_ITEM_GROUP_ID,
    FEED_RELATED_PRODUCT,
    FEED_VIDEO_LINK,
    FEED_RATING,
    FEED_RATING_COUNT,
    FEED_STORE_AVAILABILITY,
    FEED_ATTRIBUTES, /* how many; also: none of these */
} FeedAttribute;

typedef struct {
    FeedAttribute attribute;
    gboolean cut;            /* longer than FEED_VALUE_MAX */
    char *parts[FEED_PARTS]; /* of a plain attribute the first; of a group what was given, else NULL */
} FeedField;

typedef struct {
    guint line;     /* where it begins, from 1 */
    GArray *fields; /* of FeedField, in order */
    guint surplus;  /* beyond FEED_FIELDS_MAX */
} FeedRow;

FeedRow *feed_row_new(guint line);
void feed_row_free(FeedRow *row); /* NULL is fine */
/* What it has, as a new row; it is empty then. */
FeedRow *feed_row_steal(FeedRow *row);
/* Empties it for the next item. */
void feed_row_reset(FeedRow *row, guint line);

/* Adds an empty field; valid until the next one is added. NULL: the row is full. */
FeedField *feed_row_add(FeedRow *row, FeedAttribute attribute);
/* Sets a part (copied) of length bytes. */
void feed_field_set(FeedField *field, guint part, const char *value, gsize length);
/* The first field of an attribute that is not empty; NULL when there is none. */
const FeedField *feed_row_find(const FeedRow *row, FeedAttribute attribute);

/* The attribute of a name as a shop may write it: "g:image_link", "image link", "Image_Link", "product_detail(section_name:...)". */
FeedAttribute feed_attribute_of(const char *name);
const char *feed_attribute_name(FeedAttribute attribute);
/* Whether it is a group, and which part of it a name is; -1: none. */
gboolean feed_attribute_is_group(FeedAttribute attribute);
int feed_attribute_part(FeedAttribute attribute, const char *name);
/* Whether one value may hold several in tab-separated form, with commas between. */
gboolean feed_attribute_is_list(FeedAttribute attribute);
