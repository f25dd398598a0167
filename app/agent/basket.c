#include "agent/basket.h"

#include <string.h>

struct Basket {
    json_t *lines;
};

Basket *basket_new(void)
{
    Basket *basket = g_new0(Basket, 1);
    basket->lines = json_array();
    return basket;
}

void basket_free(Basket *basket)
{
    if (!basket) return;
    json_decref(basket->lines);
    g_free(basket);
}

static const char *id_of(const json_t *line)
{
    const char *id = json_string_value(json_object_get(line, "id"));
    return id ? id : "";
}

static gboolean find_line(const Basket *basket, const char *id, gsize *index)
{
    for (*index = 0; *index < json_array_size(basket->lines); (*index)++) {
        if (strcmp(id_of(json_array_get(basket->lines, *index)), id) == 0) return TRUE;
    }
    return FALSE;
}

static void copy_member(json_t *to, const json_t *from, const char *member)
{
    json_t *value = json_object_get(from, member);
    if (value) json_object_set(to, member, value);
}

static json_t *line_of(const json_t *product, guint quantity)
{
    const json_t *sale = json_object_get(product, "sale_price_minor");
    json_t *price = json_object_get(product, sale ? "sale_price_minor" : "price_minor");
    json_t *image = json_array_get(json_object_get(product, "images"), 0), *line = json_object();
    if (!json_is_integer(price) || !json_is_string(json_object_get(product, "currency"))) {
        json_decref(line);
        return NULL;
    }
    copy_member(line, product, "id");
    copy_member(line, product, "title");
    copy_member(line, product, "currency");
    copy_member(line, product, "feed_utc");
    json_object_set(line, "price", price);
    json_object_set_new(line, "quantity", json_integer(quantity));
    if (json_is_string(image)) json_object_set(line, "image", image);
    return line;
}

const char *basket_put(Basket *basket, const json_t *product, guint quantity)
{
    gsize index;
    if (quantity < 1 || quantity > BASKET_QUANTITY_MAX) return "a quantity is 1 to 99";
    json_t *line = line_of(product, quantity);
    if (!line) return "that product has no price";
    const json_t *first = json_array_get(basket->lines, 0);
    const char *why = NULL;
    if (find_line(basket, id_of(line), &index)) {
        json_array_set(basket->lines, index, line);
    } else if (json_array_size(basket->lines) >= BASKET_LINES_MAX) {
        why = "the basket is full";
    } else if (first && !json_equal(json_object_get(first, "currency"), json_object_get(line, "currency"))) {
        why = "the basket has another currency";
    } else {
        json_array_append(basket->lines, line);
    }
    json_decref(line);
    return why;
}

guint basket_quantity(const Basket *basket, const char *id)
{
    gsize index;
    if (!find_line(basket, id, &index)) return 0;
    return (guint)json_integer_value(json_object_get(json_array_get(basket->lines, index), "quantity"));
}

gboolean basket_remove(Basket *basket, const char *id)
{
    gsize index;
    return find_line(basket, id, &index) && json_array_remove(basket->lines, index) == 0;
}

gboolean basket_clear(Basket *basket)
{
    gboolean had = json_array_size(basket->lines) > 0;
    json_decref(basket->lines);
    basket->lines = json_array();
    return had;
}

gboolean basket_renew(Basket *basket, json_t *(*find)(void *data, const char *id), void *data)
{
    json_t *before = basket->lines;
    basket->lines = json_array();
    for (gsize i = 0; i < json_array_size(before); i++) {
        const json_t *line = json_array_get(before, i);
        json_t *product = find(data, id_of(line));
        if (product) basket_put(basket, product, (guint)json_integer_value(json_object_get(line, "quantity")));
        json_decref(product);
    }
    gboolean changed = !json_equal(before, basket->lines);
    json_decref(before);
    return changed;
}

json_t *basket_json(const Basket *basket)
{
    return json_deep_copy(basket->lines);
}

static gboolean makes_sense(const json_t *line)
{
    const json_t *quantity = json_object_get(line, "quantity");
    return json_is_string(json_object_get(line, "id")) && json_is_string(json_object_get(line, "title")) &&
           json_is_string(json_object_get(line, "currency")) && json_is_integer(json_object_get(line, "price")) &&
           json_integer_value(quantity) >= 1 && json_integer_value(quantity) <= BASKET_QUANTITY_MAX;
}

void basket_restore(Basket *basket, const json_t *told)
{
    basket_clear(basket);
    for (gsize i = 0; i < json_array_size(told) && json_array_size(basket->lines) < BASKET_LINES_MAX; i++) {
        json_t *line = json_array_get(told, i);
        if (makes_sense(line)) json_array_append(basket->lines, line);
    }
}

/* --- check-out ------------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    const Basket *basket;
    const char *call, *booth;
} Filling;

static void append_escaped(GString *to, const char *text)
{
    g_string_append_uri_escaped(to, text, NULL, FALSE);
}

static gboolean append_placeholder(GString *to, const char *name, gsize length, const Filling *filling)
{
    gboolean items = length == 5 && strncmp(name, "items", length) == 0, ids = length == 3 && strncmp(name, "ids", length) == 0;
    if (length == 4 && strncmp(name, "call", length) == 0) {
        append_escaped(to, filling->call);
        return TRUE;
    }
    if (length == 5 && strncmp(name, "booth", length) == 0) {
        append_escaped(to, filling->booth);
        return TRUE;
    }
    if (!items && !ids) return FALSE;
    for (gsize i = 0, written = 0; i < json_array_size(filling->basket->lines); i++) {
        const json_t *line = json_array_get(filling->basket->lines, i);
        json_int_t quantity = json_integer_value(json_object_get(line, "quantity"));
        for (json_int_t piece = 0; piece < (ids ? quantity : 1); piece++) {
            if (written++) g_string_append_c(to, ',');
            append_escaped(to, id_of(line));
        }
        if (items) g_string_append_printf(to, ":%" JSON_INTEGER_FORMAT, quantity);
    }
    return TRUE;
}

/* NULL: a placeholder is not known. */
static char *fill(const char *template, const Filling *filling)
{
    g_autoptr(GString) link = g_string_new(NULL);
    for (const char *at = template; *at;) {
        gsize plain = strcspn(at, "{}");
        g_string_append_len(link, at, (gssize)plain);
        at += plain;
        if (!*at) break;
        const char *end = *at == '{' ? strpbrk(at + 1, "{}") : NULL;
        if (!end || *end != '}' || !append_placeholder(link, at + 1, (gsize)(end - at - 1), filling)) return NULL;
        at = end + 1;
    }
    return g_string_free(g_steal_pointer(&link), FALSE);
}

char *basket_checkout(const Basket *basket, const char *template, const char *call, const char *booth)
{
    if (!*template || json_array_size(basket->lines) == 0) return NULL;
    g_autofree char *link = fill(template, &(Filling){basket, call, booth});
    return link && strlen(link) <= BASKET_LINK_MAX ? g_steal_pointer(&link) : NULL;
}

gboolean basket_is_template(const char *template)
{
    g_autoptr(Basket) none = basket_new();
    g_autofree char *link = fill(template, &(Filling){none, "", ""});
    gboolean web = g_str_has_prefix(template, "https://") || g_str_has_prefix(template, "http://");
    return link && web && !strpbrk(template, " \t\r\n\"<>\\") && (strstr(template, "{items}") || strstr(template, "{ids}")) &&
           g_uri_is_valid(link, G_URI_FLAGS_NONE, NULL);
}
