#include "feed/row.h"

#include <string.h>

typedef struct {
    const char *name;
    gboolean list;
    const char *parts[FEED_PARTS]; /* of a group */
} Kind;

static const Kind kinds[FEED_ATTRIBUTES] = {
    [FEED_ID] = {"id", FALSE, {NULL}},
    [FEED_TITLE] = {"title", FALSE, {NULL}},
    [FEED_DESCRIPTION] = {"description", FALSE, {NULL}},
    [FEED_LINK] = {"link", FALSE, {NULL}},
    [FEED_IMAGE_LINK] = {"image_link", FALSE, {NULL}},
    [FEED_ADDITIONAL_IMAGE_LINK] = {"additional_image_link", FALSE, {NULL}}, /* its commas are told from those in an address */
    [FEED_AVAILABILITY] = {"availability", FALSE, {NULL}},
    [FEED_PRICE] = {"price", FALSE, {NULL}},
    [FEED_SALE_PRICE] = {"sale_price", FALSE, {NULL}},
    [FEED_SALE_PRICE_EFFECTIVE_DATE] = {"sale_price_effective_date", FALSE, {NULL}},
    [FEED_GTIN] = {"gtin", FALSE, {NULL}},
    [FEED_MPN] = {"mpn", FALSE, {NULL}},
    [FEED_BRAND] = {"brand", FALSE, {NULL}},
    [FEED_CONDITION] = {"condition", FALSE, {NULL}},
    [FEED_PRODUCT_TYPE] = {"product_type", FALSE, {NULL}},
    [FEED_GOOGLE_PRODUCT_CATEGORY] = {"google_product_category", FALSE, {NULL}},
    [FEED_PRODUCT_DETAIL] = {"product_detail", TRUE, {"section_name", "attribute_name", "attribute_value"}},
    [FEED_PRODUCT_HIGHLIGHT] = {"product_highlight", TRUE, {NULL}},
    [FEED_ITEM_GROUP_ID] = {"item_group_id", FALSE, {NULL}},
    [FEED_RELATED_PRODUCT] = {"related_product", TRUE, {"relationship_type", "identifier_type", "identifier"}},
    [FEED_VIDEO_LINK] = {"video_link", FALSE, {NULL}},
    [FEED_RATING] = {"product_rating", FALSE, {NULL}},
    [FEED_RATING_COUNT] = {"product_review_count", FALSE, {NULL}},
    [FEED_STORE_AVAILABILITY] = {"store_availability", TRUE, {"store_code", "quantity", NULL}},
};

static const struct {
    const char *name;
    FeedAttribute attribute;
} aliases[] = {
    {"product_review_average", FEED_RATING},
    {"average_rating", FEED_RATING},
    {"rating", FEED_RATING},
    {"review_count", FEED_RATING_COUNT},
    {"number_of_reviews", FEED_RATING_COUNT},
    {"rating_count", FEED_RATING_COUNT},
    {"number_of_ratings", FEED_RATING_COUNT},
    {"ean", FEED_GTIN},
    {"upc", FEED_GTIN},
};

/* Lower case, "g:" gone, what stands in brackets gone, underscores for what may stand between words. */
static void plain_name(const char *name, char *plain, gsize size)
{
    gsize length = 0;
    while (*name == ' ') name++;
    if (g_ascii_strncasecmp(name, "g:", 2) == 0) name += 2;
    for (; *name && *name != '(' && *name != '[' && length + 1 < size; name++) {
        const char lower = g_ascii_tolower(*name);
        plain[length++] = lower;
        if (lower == ' ' || lower == '-') plain[length - 1] = '_';
    }
    while (length > 0 && plain[length - 1] == '_') length--;
    plain[length] = '\0';
}

FeedAttribute feed_attribute_of(const char *name)
{
    char plain[64];
    plain_name(name, plain, sizeof plain);
    for (FeedAttribute i = 0; i < FEED_ATTRIBUTES; i++) {
        if (strcmp(kinds[i].name, plain) == 0) return i;
    }
    for (guint i = 0; i < G_N_ELEMENTS(aliases); i++) {
        if (strcmp(aliases[i].name, plain) == 0) return aliases[i].attribute;
    }
    return FEED_ATTRIBUTES;
}

const char *feed_attribute_name(FeedAttribute attribute)
{
    return attribute < FEED_ATTRIBUTES ? kinds[attribute].name : "";
}

gboolean feed_attribute_is_group(FeedAttribute attribute)
{
    return attribute < FEED_ATTRIBUTES && kinds[attribute].parts[0];
}

gboolean feed_attribute_is_list(FeedAttribute attribute)
{
    return attribute < FEED_ATTRIBUTES && kinds[attribute].list;
}

int feed_attribute_part(FeedAttribute attribute, const char *name)
{
    char plain[64];
    plain_name(name, plain, sizeof plain);
    for (int i = 0; attribute < FEED_ATTRIBUTES && i < FEED_PARTS && kinds[attribute].parts[i]; i++) {
        if (strcmp(kinds[attribute].parts[i], plain) == 0) return i;
    }
    return -1;
}

static void field_clear(gpointer data)
{
    FeedField *field = data;
    for (guint i = 0; i < FEED_PARTS; i++) g_free(field->parts[i]);
}

FeedRow *feed_row_new(guint line)
{
    FeedRow *row = g_new0(FeedRow, 1);
    row->line = line;
    row->fields = g_array_new(FALSE, TRUE, sizeof(FeedField));
    g_array_set_clear_func(row->fields, field_clear);
    return row;
}

void feed_row_free(FeedRow *row)
{
    if (!row) return;
    g_array_unref(row->fields);
    g_free(row);
}

FeedRow *feed_row_steal(FeedRow *row)
{
    FeedRow *own = feed_row_new(row->line);
    GArray *fields = own->fields;
    own->fields = row->fields;
    own->surplus = row->surplus;
    row->fields = fields;
    row->surplus = 0;
    return own;
}

void feed_row_reset(FeedRow *row, guint line)
{
    g_array_set_size(row->fields, 0);
    row->line = line;
    row->surplus = 0;
}

FeedField *feed_row_add(FeedRow *row, FeedAttribute attribute)
{
    if (row->fields->len >= FEED_FIELDS_MAX) {
        row->surplus++;
        return NULL;
    }
    FeedField field = {.attribute = attribute};
    g_array_append_val(row->fields, field);
    return &g_array_index(row->fields, FeedField, row->fields->len - 1);
}

void feed_field_set(FeedField *field, guint part, const char *value, gsize length)
{
    if (length > FEED_VALUE_MAX) {
        field->cut = TRUE;
        length = FEED_VALUE_MAX;
    }
    g_free(field->parts[part]);
    field->parts[part] = g_strndup(value, length);
}

const FeedField *feed_row_find(const FeedRow *row, FeedAttribute attribute)
{
    for (guint i = 0; i < row->fields->len; i++) {
        const FeedField *field = &g_array_index(row->fields, FeedField, i);
        if (field->attribute == attribute && field->parts[0] && field->parts[0][0]) return field;
    }
    return NULL;
}
