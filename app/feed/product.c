#include "feed/product.h"

#include "catalogue/gtin.h"
#include "catalogue/manifest.h"
#include "catalogue/money.h"

#include <math.h>
#include <string.h>

#define ID_MAX         50 /* characters, as Google's specification has them */
#define TITLE_MAX      150
#define TEXT_MAX       5000
#define ADDRESS_MAX    2000
#define BRAND_MAX      70
#define TYPE_MAX       750
#define HIGHLIGHT_MAX  150
#define DETAIL_MAX     140
#define VALUE_MAX      1000
#define IMAGES_MAX     11 /* with the first */
#define HIGHLIGHTS_MAX 20
#define DETAILS_MAX    100
#define STORES_MAX     400
#define RELATED_MAX    30
#define RATINGS_MAX    1e9
#define PRODUCT_MAX    (CATALOGUE_PRODUCT_MAX - 2048) /* bytes; what is left is for the accessories' ids */

typedef struct {
    const FeedRow *row;
    FeedReport *report;
    const char *id;
    json_t *product;
    FeedProduct *out;
} Judge;

static gboolean refuse(const Judge *judge, FeedAttribute attribute, const char *why, const char *advice)
{
    feed_report_add(judge->report, TRUE, judge->row->line, judge->id, feed_attribute_name(attribute), why, advice);
    return FALSE;
}

static void leave_out(const Judge *judge, FeedAttribute attribute, const char *why, const char *advice)
{
    feed_report_add(judge->report, FALSE, judge->row->line, judge->id, feed_attribute_name(attribute), why, advice);
}

/* Ends trimmed, each run of space one blank. */
static char *squeeze(const char *text)
{
    GString *out = g_string_sized_new(strlen(text));
    for (; *text; text++) {
        if (!g_ascii_isspace(*text))
            g_string_append_c(out, *text);
        else if (out->len && out->str[out->len - 1] != ' ')
            g_string_append_c(out, ' ');
    }
    if (out->len && out->str[out->len - 1] == ' ') g_string_truncate(out, out->len - 1);
    return g_string_free(out, FALSE);
}

static gboolean has_bad_bytes(const char *text)
{
    return strstr(text, "\xEF\xBF\xBD") || !g_utf8_validate(text, -1, NULL);
}

/* Why a value cannot be taken; NULL when it can. */
static const char *why_not(const FeedField *field, const char *text, glong most, const char **advice)
{
    if (has_bad_bytes(text)) {
        *advice = "export the feed as UTF-8";
        return "it has bytes that are no UTF-8 text";
    }
    if (!field->cut && g_utf8_strlen(text, -1) <= most) return NULL;
    *advice = "shorten it to what Google's specification allows";
    return "it is too long";
}

/* Puts a text into the product. FALSE: the row is refused. Without a value *ret_text, which may be NULL, is left alone. */
static gboolean take_text(const Judge *judge, FeedAttribute attribute, const char *member, glong most, gboolean needed)
{
    const FeedField *field = feed_row_find(judge->row, attribute);
    g_autofree char *text = NULL;
    const char *advice = NULL;
    if (field) text = attribute == FEED_DESCRIPTION ? feed_plain_text(field->parts[0]) : squeeze(field->parts[0]);
    if (!text || !*text) return !needed || refuse(judge, attribute, "it is missing", "give every product this attribute");
    const char *why = why_not(field, text, most, &advice);
    if (why) return refuse(judge, attribute, why, advice);
    json_object_set_new(judge->product, member, json_string_nocheck(text));
    return TRUE;
}

/* --- addresses
 * ----------------------------------------------------------------------------------------------------------------------------- */

static gboolean is_address(const char *text)
{
    if (strlen(text) > ADDRESS_MAX || strpbrk(text, " \t\r\n\"<>\\^`{|}")) return FALSE;
    if (g_ascii_strncasecmp(text, "https://", 8) != 0 && g_ascii_strncasecmp(text, "http://", 7) != 0) return FALSE;
    g_autoptr(GUri) uri = g_uri_parse(text, G_URI_FLAGS_ENCODED | G_URI_FLAGS_PARSE_RELAXED, NULL);
    return uri && g_uri_get_host(uri) && *g_uri_get_host(uri) && !g_uri_get_userinfo(uri);
}

/* The address of a needed attribute, to g_free(); NULL: the row is refused. */
static char *take_address(const Judge *judge, FeedAttribute attribute)
{
    static const char advice[] = "give the whole address, https://… or http://…, at most 2000 characters, spaces as %20";
    const FeedField *field = feed_row_find(judge->row, attribute);
    g_autofree char *text = field ? squeeze(field->parts[0]) : NULL;
    if (!text || !*text)
        refuse(judge, attribute, "it is missing", "give every product this attribute");
    else if (has_bad_bytes(text) || field->cut || !is_address(text))
        refuse(judge, attribute, "it is no web address", advice);
    else
        return g_steal_pointer(&text);
    return NULL;
}

static void add_image(const Judge *judge, json_t *images, const char *from, gsize length)
{
    g_autofree char *piece = g_strndup(from, length), *text = squeeze(piece);
    if (!*text) return;
    if (has_bad_bytes(text) || !is_address(text))
        leave_out(judge, FEED_ADDITIONAL_IMAGE_LINK, "it is no web address", "give whole addresses, https://… or http://…");
    else if (json_array_size(images) < IMAGES_MAX)
        json_array_append_new(images, json_string_nocheck(text));
}

/* A comma ends an address where another one begins behind it; elsewhere it is part of it. */
static void add_images(const Judge *judge, json_t *images, const char *list)
{
    const char *from = list;
    for (const char *at = list; *at; at++) {
        const char *next = at + 1 + strspn(*at == ',' ? at + 1 : "", " \t\r\n");
        if (*at != ',' || (!g_str_has_prefix(next, "http://") && !g_str_has_prefix(next, "https://") && *next)) continue;
        add_image(judge, images, from, (gsize)(at - from));
        from = next;
    }
    add_image(judge, images, from, strlen(from));
}

static gboolean take_images(const Judge *judge)
{
    g_autofree char *first = take_address(judge, FEED_IMAGE_LINK);
    if (!first) return FALSE;
    json_t *images = json_array();
    json_array_append_new(images, json_string(first));
    for (guint i = 0; i < judge->row->fields->len; i++) {
        const FeedField *field = &g_array_index(judge->row->fields, FeedField, i);
        if (field->attribute == FEED_ADDITIONAL_IMAGE_LINK && field->parts[0]) add_images(judge, images, field->parts[0]);
    }
    json_object_set_new(judge->product, "images", images);
    return TRUE;
}

static void take_video(const Judge *judge)
{
    const FeedField *field = feed_row_find(judge->row, FEED_VIDEO_LINK);
    if (!field) return;
    g_autofree char *text = squeeze(field->parts[0]);
    if (has_bad_bytes(text) || !is_address(text))
        leave_out(judge, FEED_VIDEO_LINK, "it is no web address", "give the whole address of a video file, https://… or http://…");
    else
        json_object_set_new(judge->product, "video", json_string_nocheck(text));
}

/* --- price
 * ----------------------------------------------------------------------------------------------------------------------------------- */

static const char *price_fault(MoneyVerdict verdict, const char **advice)
{
    switch (verdict) {
    case MONEY_NO_CURRENCY: *advice = "write the currency behind it: 1299.00 NOK"; return "it has no currency";
    case MONEY_UNKNOWN_CURRENCY: *advice = "use a code of ISO 4217, such as NOK, SEK, DKK or EUR"; return "its currency is unknown";
    case MONEY_TOO_FINE: *advice = "give no more decimals than the currency has"; return "it has more decimals than its currency";
    case MONEY_NO_AMOUNT: *advice = "write 1299.00 NOK: no sign and nothing between thousands"; return "it is no amount";
    case MONEY_GOOD:
    default: return NULL;
    }
}

/* "2026-02-24T13:00+0100": seconds may be left out. 0: no time. */
static gint64 read_time(const char *text)
{
    gint year, month, day, hour = 0, minute = 0, second = 0, read = 0;
    if (sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &read) < 3) return 0;
    text += read;
    if (*text == 'T' && sscanf(text, "T%2d:%2d%n", &hour, &minute, &read) == 2) text += read;
    if (*text == ':' && sscanf(text, ":%2d%n", &second, &read) == 1) text += read;
    if (strspn(text, "+-:Z0123456789") != strlen(text)) return 0;
    g_autoptr(GTimeZone) zone = *text ? g_time_zone_new_identifier(text) : g_time_zone_new_utc();
    g_autoptr(GDateTime) time = zone ? g_date_time_new(zone, year, month, day, hour, minute, second) : NULL;
    return time ? g_date_time_to_unix(time) * 1000 : 0;
}

static gboolean take_sale_dates(const Judge *judge)
{
    const FeedField *field = feed_row_find(judge->row, FEED_SALE_PRICE_EFFECTIVE_DATE);
    if (!field) return TRUE;
    g_autofree char *text = squeeze(field->parts[0]);
    g_auto(GStrv) ends = g_strsplit(text, "/", 3);
    gint64 from = 0, until = 0;
    if (g_strv_length(ends) == 2) {
        from = read_time(g_strstrip(ends[0]));
        until = read_time(g_strstrip(ends[1]));
    }
    if (!from || until <= from) return FALSE;
    json_object_set_new(judge->product, "sale_from_utc", json_integer(from));
    json_object_set_new(judge->product, "sale_until_utc", json_integer(until));
    return TRUE;
}

static void take_sale_price(const Judge *judge, gint64 price, const char *price_currency)
{
    const FeedField *field = feed_row_find(judge->row, FEED_SALE_PRICE);
    if (!field) return;
    gint64 minor = 0;
    char currency[4];
    const char *advice = NULL, *why = price_fault(money_read(field->parts[0], &minor, currency), &advice);
    if (why) {
        leave_out(judge, FEED_SALE_PRICE, why, advice);
    } else if (strcmp(currency, price_currency) != 0) {
        leave_out(judge, FEED_SALE_PRICE, "its currency is not the price's", "give both in one currency");
    } else if (minor > price || minor == 0) {
        leave_out(judge, FEED_SALE_PRICE, "it is not below the price", "give the usual price as price, the lower one as sale_price");
    } else if (minor < price) {
        if (!take_sale_dates(judge)) {
            leave_out(judge, FEED_SALE_PRICE, "sale_price_effective_date is no period",
                      "write 2026-02-24T13:00+0100/2026-02-28T23:59+0100, or leave it out");
            return;
        }
        json_object_set_new(judge->product, "sale_price_minor", json_integer(minor));
    }
}

static gboolean take_price(const Judge *judge)
{
    const FeedField *field = feed_row_find(judge->row, FEED_PRICE);
    gint64 minor = 0;
    char currency[4];
    if (!field) return refuse(judge, FEED_PRICE, "it is missing", "give every product this attribute");
    const char *advice = NULL, *why = price_fault(money_read(field->parts[0], &minor, currency), &advice);
    if (why) return refuse(judge, FEED_PRICE, why, advice);
    json_object_set_new(judge->product, "price_minor", json_integer(minor));
    json_object_set_new(judge->product, "currency", json_string(currency));
    take_sale_price(judge, minor, currency);
    return TRUE;
}

/* --- words and numbers
 * ---------------------------------------------------------------------------------------------------------------------- */

/* A value in lower case with underscores: "In stock" is "in_stock". */
static char *take_word(const FeedField *field)
{
    g_autofree char *text = squeeze(field->parts[0]);
    char *word = g_ascii_strdown(text, -1);
    return g_strdelimit(word, " -", '_');
}

static gboolean take_availability(const Judge *judge)
{
    static const char *const known[] = {"in_stock", "out_of_stock", "preorder", "backorder", NULL};
    const FeedField *field = feed_row_find(judge->row, FEED_AVAILABILITY);
    if (!field) return refuse(judge, FEED_AVAILABILITY, "it is missing", "give every product this attribute");
    g_autofree char *word = take_word(field);
    if (!g_strv_contains(known, word))
        return refuse(judge, FEED_AVAILABILITY, "it is an unknown word", "use in_stock, out_of_stock, preorder or backorder");
    json_object_set_new(judge->product, "availability", json_string(word));
    return TRUE;
}

static void take_condition(const Judge *judge)
{
    const FeedField *field = feed_row_find(judge->row, FEED_CONDITION);
    if (!field) return;
    g_autofree char *word = take_word(field);
    if (strcmp(word, "refurbished") == 0 || strcmp(word, "used") == 0)
        json_object_set_new(judge->product, "condition", json_string(word));
    else if (strcmp(word, "new") != 0)
        leave_out(judge, FEED_CONDITION, "it is an unknown word", "use new, refurbished or used");
}

static gboolean take_gtin(const Judge *judge)
{
    const FeedField *field = feed_row_find(judge->row, FEED_GTIN);
    json_object_set_new(judge->product, "gtin", json_string(""));
    if (!field) return TRUE;
    g_autofree char *text = squeeze(field->parts[0]);
    if (gtin_read(text, NULL)) {
        g_autoptr(GString) digits = g_string_new(NULL);
        for (const char *at = text; *at; at++) {
            if (g_ascii_isdigit(*at)) g_string_append_c(digits, *at);
        }
        json_object_set_new(judge->product, "gtin", json_string(digits->str));
        return TRUE;
    }
    if (gtin_is_shaped(text))
        return refuse(judge, FEED_GTIN, "its check digit is wrong",
                      "compare it with the bar code on the package; leave it out when there is none");
    return refuse(judge, FEED_GTIN, "it is no GTIN", "give the 8, 12, 13 or 14 digits under the bar code, or leave it out");
}

static void take_rating(const Judge *judge)
{
    const FeedField *field = feed_row_find(judge->row, FEED_RATING), *count = feed_row_find(judge->row, FEED_RATING_COUNT);
    if (!field) return;
    g_autofree char *text = squeeze(field->parts[0]), *many = count ? squeeze(count->parts[0]) : NULL;
    char *end = NULL, *many_end = NULL;
    const double rating = g_ascii_strtod(g_strdelimit(text, ",", '.'), &end);
    if (end == text || *end || !isfinite(rating) || rating < 0 || rating > 5) {
        leave_out(judge, FEED_RATING, "it is no number from 0 to 5", "give the average of the ratings, such as 4.5");
        return;
    }
    const double ratings = many ? g_ascii_strtod(many, &many_end) : 0;
    gboolean counted = many && many_end != many && !*many_end && ratings >= 0 && ratings <= RATINGS_MAX;
    if (many && !counted) leave_out(judge, FEED_RATING_COUNT, "it is no whole number", "give the number of ratings, such as 123");
    if (counted && ratings < 1) return; /* nobody has rated it */
    json_object_set_new(judge->product, "rating", json_real(round(rating * 10) / 10));
    if (counted) json_object_set_new(judge->product, "ratings", json_integer((json_int_t)ratings));
}

/* --- lists
 * ----------------------------------------------------------------------------------------------------------------------------------- */

static char *part_text(const FeedField *field, guint part)
{
    return squeeze(field->parts[part] ? field->parts[part] : "");
}

static gboolean fits(const char *text, glong most)
{
    return !has_bad_bytes(text) && g_utf8_strlen(text, -1) <= most;
}

static void add_detail(json_t *details, const char *section, const char *name, const char *value)
{
    json_t *detail = json_object();
    json_object_set_new_nocheck(detail, "section", json_string_nocheck(section));
    json_object_set_new_nocheck(detail, "name", json_string_nocheck(name));
    json_object_set_new_nocheck(detail, "value", json_string_nocheck(value));
    json_array_append_new(details, detail);
}

static void take_detail(const Judge *judge, const FeedField *field, json_t *details)
{
    g_autofree char *section = part_text(field, 0), *name = part_text(field, 1), *value = part_text(field, 2);
    if (!*name || !*value)
        leave_out(judge, FEED_PRODUCT_DETAIL, "its name or its value is missing", "write section:name:value; the section may be empty");
    else if (field->cut || !fits(section, DETAIL_MAX) || !fits(name, DETAIL_MAX) || !fits(value, VALUE_MAX))
        leave_out(judge, FEED_PRODUCT_DETAIL, "it is too long or no UTF-8 text", "at most 140 characters of name, 1000 of value");
    else if (json_array_size(details) < DETAILS_MAX)
        add_detail(details, section, name, value);
}

static void take_highlight(const Judge *judge, const FeedField *field, json_t *highlights)
{
    g_autofree char *text = part_text(field, 0);
    if (field->cut || !fits(text, HIGHLIGHT_MAX))
        leave_out(judge, FEED_PRODUCT_HIGHLIGHT, "it is too long or no UTF-8 text", "at most 150 characters");
    else if (*text && json_array_size(highlights) < HIGHLIGHTS_MAX)
        json_array_append_new(highlights, json_string_nocheck(text));
}

static void take_store(const Judge *judge, const FeedField *field, json_t *stores)
{
    g_autofree char *code = part_text(field, 0), *quantity = part_text(field, 1);
    char *end = NULL;
    gint64 count = g_ascii_strtoll(quantity, &end, 10);
    if (!*code || !fits(code, BRAND_MAX) || end == quantity || *end || count < 0 || count > 1000000)
        leave_out(judge, FEED_STORE_AVAILABILITY, "it is no store with a quantity", "write store:quantity, such as oslo:3");
    else if (json_object_size(stores) < STORES_MAX)
        json_object_set_new(stores, code, json_integer(count));
}

/* How near to the product the relation is; -1: it is none of an accessory's. */
static int related_rank(const char *relation)
{
    static const char *const ranks[] = {"required_part", "accessory", "often_bought_with", "part_of_set"};
    g_autofree char *word = g_ascii_strdown(relation, -1);
    for (guint i = 0; i < G_N_ELEMENTS(ranks); i++) {
        if (strcmp(ranks[i], g_strdelimit(word, " -", '_')) == 0) return (int)i;
    }
    return -1;
}

static void take_related(const Judge *judge, const FeedField *field)
{
    g_autofree char *type = part_text(field, 1), *identifier = part_text(field, 2);
    FeedRelated related = {.by_gtin = g_ascii_strcasecmp(type, "gtin") == 0};
    gboolean known = related.by_gtin ? gtin_read(identifier, &related.gtin) : g_ascii_strcasecmp(type, "id") == 0;
    if (!known || !*identifier || !fits(identifier, ID_MAX)) {
        leave_out(judge, FEED_RELATED_PRODUCT, "it names no product", "write accessory:id:THE-ID or accessory:gtin:THE-GTIN");
        return;
    }
    FeedProduct *out = judge->out;
    if (!out->related) out->related = g_array_new(FALSE, FALSE, sizeof(FeedRelated));
    if (out->related->len >= RELATED_MAX) return;
    if (!related.by_gtin) related.id = g_strdup(identifier);
    g_array_append_val(out->related, related);
}

static void take_all_related(const Judge *judge)
{
    for (int rank = 0; rank < 4; rank++) {
        for (guint i = 0; i < judge->row->fields->len; i++) {
            const FeedField *field = &g_array_index(judge->row->fields, FeedField, i);
            if (field->attribute != FEED_RELATED_PRODUCT) continue;
            g_autofree char *relation = part_text(field, 0);
            if (related_rank(relation) == rank) take_related(judge, field);
        }
    }
}

static void take_lists(const Judge *judge)
{
    json_t *details = json_array(), *highlights = json_array(), *stores = json_object();
    for (guint i = 0; i < judge->row->fields->len; i++) {
        const FeedField *field = &g_array_index(judge->row->fields, FeedField, i);
        if (field->attribute == FEED_PRODUCT_DETAIL) take_detail(judge, field, details);
        if (field->attribute == FEED_PRODUCT_HIGHLIGHT) take_highlight(judge, field, highlights);
        if (field->attribute == FEED_STORE_AVAILABILITY) take_store(judge, field, stores);
    }
    json_object_set_new(judge->product, "details", details);
    json_object_set_new(judge->product, "highlights", highlights);
    if (json_object_size(stores) > 0) json_object_set(judge->product, "stores", stores);
    json_decref(stores);
    take_all_related(judge);
}

/* --- the row
 * --------------------------------------------------------------------------------------------------------------------------------- */

/* The type in the retailer's own words; Google's category only where there is none, and not as a bare number. */
static void take_type(const Judge *judge)
{
    const FeedField *field = feed_row_find(judge->row, FEED_PRODUCT_TYPE);
    const FeedField *other = feed_row_find(judge->row, FEED_GOOGLE_PRODUCT_CATEGORY);
    if (!field && other && !g_ascii_isdigit(other->parts[0][0])) field = other;
    g_autofree char *text = field ? squeeze(field->parts[0]) : g_strdup("");
    if (field && !fits(text, TYPE_MAX)) {
        leave_out(judge, field->attribute, "it is too long or no UTF-8 text", "at most 750 characters");
        *text = '\0';
    }
    json_object_set_new(judge->product, "type", json_string_nocheck(text));
}

static gboolean take_identity(const Judge *judge)
{
    if (!take_text(judge, FEED_ID, "id", ID_MAX, TRUE) || !take_text(judge, FEED_TITLE, "title", TITLE_MAX, TRUE)) return FALSE;
    if (!take_text(judge, FEED_DESCRIPTION, "description", TEXT_MAX, TRUE)) return FALSE;
    g_autofree char *link = take_address(judge, FEED_LINK);
    if (!link) return FALSE;
    json_object_set_new(judge->product, "link", json_string(link));
    return take_images(judge);
}

static gboolean take_names(const Judge *judge)
{
    json_object_set_new(judge->product, "brand", json_string(""));
    json_object_set_new(judge->product, "mpn", json_string(""));
    return take_gtin(judge) && take_text(judge, FEED_BRAND, "brand", BRAND_MAX, FALSE) &&
           take_text(judge, FEED_MPN, "mpn", BRAND_MAX, FALSE) && take_text(judge, FEED_ITEM_GROUP_ID, "group", ID_MAX, FALSE);
}

static gboolean write_text(const Judge *judge)
{
    judge->out->text = json_dumps(judge->product, FEED_JSON_FORMAT);
    return strlen(judge->out->text) <= PRODUCT_MAX ||
           refuse(judge, FEED_ATTRIBUTES, "it is more than 12 KiB altogether", "shorten the description or the details");
}

gboolean feed_product_judge(const FeedRow *row, FeedReport *report, FeedProduct *ret)
{
    const FeedField *field = feed_row_find(row, FEED_ID);
    g_autofree char *id = field ? squeeze(field->parts[0]) : g_strdup("");
    *ret = (FeedProduct){.json = json_object()};
    const Judge judge = {row, report, id, ret->json, ret};
    gboolean well = take_identity(&judge) && take_price(&judge) && take_availability(&judge) && take_names(&judge);
    if (well) {
        take_condition(&judge);
        take_type(&judge);
        take_rating(&judge);
        take_video(&judge);
        take_lists(&judge);
        if (row->surplus) leave_out(&judge, FEED_ATTRIBUTES, "it has more than 600 attributes", "the first 600 are read");
        well = write_text(&judge);
    }
    if (!well) feed_product_clear(ret);
    return well;
}

void feed_product_clear(FeedProduct *product)
{
    json_decref(product->json);
    free(product->text);
    for (guint i = 0; product->related && i < product->related->len; i++) g_free(g_array_index(product->related, FeedRelated, i).id);
    if (product->related) g_array_unref(product->related);
    *product = (FeedProduct){0};
}
