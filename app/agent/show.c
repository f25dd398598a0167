#include "agent/show.h"

#include "agent/catalogue_search.h"

#include <string.h>

#define IMAGES_MAX      8
#define DETAILS_MAX     40
#define HIGHLIGHTS_MAX  8
#define DESCRIPTION_MAX 1200 /* bytes, as all that follow */
#define WORDS_MAX       200
#define ADDRESS_MAX     2000

struct Show {
    char kind[12]; /* "": nothing */
    json_t *products;
    gsize index;
};

G_DEFINE_QUARK(show - error - quark, show_error)

Show *show_new(void)
{
    Show *show = g_new0(Show, 1);
    show->products = json_array();
    return show;
}

void show_free(Show *show)
{
    if (!show) return;
    json_decref(show->products);
    g_free(show);
}

/* --- cutting ------------------------------------------------------------------------------------------------------------------------- */

/* At most max bytes, never in the middle of a character. */
static json_t *cut(const json_t *text, gsize max)
{
    const char *from = json_string_value(text);
    gsize length = strlen(from);
    if (length <= max) return json_string(from);
    const char *end = g_utf8_find_prev_char(from, from + max - 2);
    g_autofree char *short_text = g_strdup_printf("%.*s…", end ? (int)(end - from) : 0, from);
    return json_string(short_text);
}

static void put_text(json_t *to, const json_t *from, const char *member, gsize max)
{
    const json_t *text = json_object_get(from, member);
    if (json_is_string(text)) json_object_set_new(to, member, cut(text, max));
}

/* An address that is cut leads nowhere: it is left out. */
static gboolean is_address(const json_t *value)
{
    const char *text = json_string_value(value);
    return text && strlen(text) <= ADDRESS_MAX && (g_str_has_prefix(text, "https://") || g_str_has_prefix(text, "http://"));
}

static json_t *trim_images(const json_t *images)
{
    json_t *list = json_array();
    for (gsize i = 0; i < json_array_size(images) && json_array_size(list) < IMAGES_MAX; i++) {
        if (is_address(json_array_get(images, i))) json_array_append(list, json_array_get(images, i));
    }
    return list;
}

static json_t *trim_details(const json_t *details)
{
    json_t *list = json_array();
    for (gsize i = 0; i < json_array_size(details) && json_array_size(list) < DETAILS_MAX; i++) {
        const json_t *from = json_array_get(details, i);
        if (!json_is_string(json_object_get(from, "name")) || !json_is_string(json_object_get(from, "value"))) continue;
        json_t *detail = json_object();
        put_text(detail, from, "section", WORDS_MAX / 2);
        put_text(detail, from, "name", WORDS_MAX / 2);
        put_text(detail, from, "value", WORDS_MAX);
        json_array_append_new(list, detail);
    }
    return list;
}

static json_t *trim_highlights(const json_t *highlights)
{
    json_t *list = json_array();
    for (gsize i = 0; i < json_array_size(highlights) && json_array_size(list) < HIGHLIGHTS_MAX; i++) {
        const json_t *text = json_array_get(highlights, i);
        if (json_is_string(text)) json_array_append_new(list, cut(text, WORDS_MAX));
    }
    return list;
}

json_t *show_trim(const json_t *product, const char *store)
{
    static const char *const words[] = {"id", "title", "currency", "availability", "gtin", "brand", "mpn", "type"};
    static const char *const plain[] = {"price_minor", "sale_price_minor", "rating", "ratings", "feed_utc"};
    static const char *const addresses[] = {"link", "video"};
    json_t *to = json_object();
    for (guint i = 0; i < G_N_ELEMENTS(words); i++) put_text(to, product, words[i], WORDS_MAX);
    for (guint i = 0; i < G_N_ELEMENTS(plain); i++) {
        json_t *value = json_object_get(product, plain[i]);
        if (json_is_number(value)) json_object_set(to, plain[i], value);
    }
    for (guint i = 0; i < G_N_ELEMENTS(addresses); i++) {
        json_t *value = json_object_get(product, addresses[i]);
        if (is_address(value)) json_object_set(to, addresses[i], value);
    }
    put_text(to, product, "description", DESCRIPTION_MAX);
    json_object_set_new(to, "images", trim_images(json_object_get(product, "images")));
    json_object_set_new(to, "details", trim_details(json_object_get(product, "details")));
    json_object_set_new(to, "highlights", trim_highlights(json_object_get(product, "highlights")));
    json_t *here = catalogue_in_store(product, store);
    if (here) json_object_set_new(to, "in_store", here);
    return to;
}

/* --- showing ------------------------------------------------------------------------------------------------------------------------- */

/* How many products a kind takes; FALSE: it is none. */
static gboolean counts_of(const char *kind, gsize *least, gsize *most)
{
    static const struct {
        const char *kind;
        gsize least, most;
    } kinds[] = {{"product", 1, 1}, {"compare", 2, SHOW_COMPARED_MAX}, {"gallery", 1, 1}, {"video", 1, 1}};
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (strcmp(kind, kinds[i].kind) != 0) continue;
        *least = kinds[i].least;
        *most = kinds[i].most;
        return TRUE;
    }
    return FALSE;
}

static gboolean refuse(GError **error, int code, const char *why)
{
    g_set_error_literal(error, SHOW_ERROR, code, why);
    return FALSE;
}

static gboolean is_repeated(const char *const *ids, gsize index)
{
    for (gsize i = 0; i < index; i++) {
        if (strcmp(ids[i], ids[index]) == 0) return TRUE;
    }
    return FALSE;
}

static json_t *collect(const ShowSource *source, const char *const *ids)
{
    json_t *products = json_array();
    for (gsize i = 0; ids[i]; i++) {
        json_t *whole = is_repeated(ids, i) ? NULL : source->find(source->data, ids[i]);
        if (!whole) {
            json_decref(products);
            return NULL;
        }
        json_array_append_new(products, show_trim(whole, source->store));
        json_decref(whole);
    }
    return products;
}

static void use(Show *show, const char *kind, json_t *products, gsize index)
{
    g_strlcpy(show->kind, kind, sizeof show->kind);
    json_decref(show->products);
    show->products = products;
    show->index = index;
}

static gboolean has_video(const json_t *products)
{
    return json_is_string(json_object_get(json_array_get(products, 0), "video"));
}

gboolean show_set(Show *show, const ShowSource *source, const char *kind, const char *const *ids, GError **error)
{
    gsize least, most, count = g_strv_length((char **)ids);
    if (!counts_of(kind, &least, &most)) return refuse(error, SHOW_BAD_VALUE, "what is shown is a product, compare, gallery or video");
    if (count < least || count > most)
        return refuse(error, SHOW_BAD_VALUE, most == 1 ? "that shows one product" : "two to four products are compared");
    json_t *products = collect(source, ids);
    if (!products) return refuse(error, SHOW_NOT_FOUND, "the catalogue has no such product, or one was named twice");
    if (strcmp(kind, "video") == 0 && !has_video(products)) {
        json_decref(products);
        return refuse(error, SHOW_NOT_FOUND, "that product has no video");
    }
    use(show, kind, products, 0);
    return TRUE;
}

gboolean show_turn(Show *show, int step)
{
    gsize count = json_array_size(json_object_get(json_array_get(show->products, 0), "images"));
    if ((strcmp(show->kind, "product") != 0 && strcmp(show->kind, "gallery") != 0) || count < 2) return FALSE;
    show->index = (show->index + (step < 0 ? count - 1 : 1)) % count;
    return TRUE;
}

gboolean show_clear(Show *show)
{
    if (!show->kind[0]) return FALSE;
    use(show, "", json_array(), 0);
    return TRUE;
}

gboolean show_renew(Show *show, const ShowSource *source)
{
    json_t *now = json_array();
    for (gsize i = 0; i < json_array_size(show->products); i++) {
        const json_t *before = json_array_get(show->products, i);
        json_t *whole = source->find(source->data, json_string_value(json_object_get(before, "id")));
        if (whole) json_array_append_new(now, show_trim(whole, source->store));
        json_decref(whole);
    }
    gsize least = 0, most = 0, left = json_array_size(now);
    counts_of(show->kind, &least, &most);
    const char *kind = left >= least ? show->kind : left ? "product" : "";
    if (strcmp(kind, "video") == 0 && !has_video(now)) kind = "product";
    g_autofree char *kept = g_strdup(kind);
    gboolean changed = !json_equal(now, show->products) || strcmp(kept, show->kind) != 0;
    gsize images = json_array_size(json_object_get(json_array_get(now, 0), "images"));
    use(show, kept, now, show->index < images ? show->index : 0);
    return changed;
}

json_t *show_json(const Show *show)
{
    if (!show->kind[0]) return json_null();
    return json_pack("{s:s, s:O, s:I}", "kind", show->kind, "products", show->products, "index", (json_int_t)show->index);
}

void show_restore(Show *show, const json_t *told)
{
    const char *kind = json_string_value(json_object_get(told, "kind"));
    json_t *products = json_object_get(told, "products");
    json_int_t index = json_integer_value(json_object_get(told, "index"));
    gsize least, most, count = json_array_size(products);
    if (!kind || !counts_of(kind, &least, &most) || count < least || count > most || index < 0) return;
    for (gsize i = 0; i < count; i++) {
        if (!json_is_string(json_object_get(json_array_get(products, i), "id"))) return;
    }
    gsize images = json_array_size(json_object_get(json_array_get(products, 0), "images"));
    use(show, kind, json_incref(products), (gsize)index < images ? (gsize)index : 0);
}
