#include "agent/sold.h"

#include "catalogue/product_type.h"

enum { SHOWN, ADDED, ACCESSORY, SETS };

struct Sold {
    GHashTable *ids[SETS];
};

static const char *const names[SETS] = {"shown", "added", "accessories"};

Sold *sold_new(void)
{
    Sold *sold = g_new0(Sold, 1);
    for (guint set = 0; set < SETS; set++) sold->ids[set] = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return sold;
}

void sold_free(Sold *sold)
{
    if (!sold) return;
    for (guint set = 0; set < SETS; set++) g_hash_table_unref(sold->ids[set]);
    g_free(sold);
}

void sold_clear(Sold *sold)
{
    for (guint set = 0; set < SETS; set++) g_hash_table_remove_all(sold->ids[set]);
}

static void put(Sold *sold, guint set, const json_t *id)
{
    if (json_is_string(id) && g_hash_table_size(sold->ids[set]) < SOLD_IDS_MAX)
        g_hash_table_add(sold->ids[set], g_strdup(json_string_value(id)));
}

void sold_show(Sold *sold, const json_t *shown)
{
    gsize i;
    const json_t *product;
    json_array_foreach(json_object_get(shown, "products"), i, product) put(sold, SHOWN, json_object_get(product, "id"));
}

static gboolean is_accessory(const json_t *product)
{
    const char *type = json_string_value(json_object_get(product, "type"));
    g_auto(GStrv) levels = type ? product_type_levels(type) : NULL;
    return levels && product_type_accessory_level((const char *const *)levels) >= 0;
}

void sold_add(Sold *sold, const json_t *product)
{
    put(sold, ADDED, json_object_get(product, "id"));
    if (is_accessory(product)) put(sold, ACCESSORY, json_object_get(product, "id"));
}

void sold_count(const Sold *sold, const json_t *basket, BoothSold *counts)
{
    *counts = (BoothSold){.shown = g_hash_table_size(sold->ids[SHOWN]), .added = g_hash_table_size(sold->ids[ADDED])};
    gsize i;
    const json_t *line;
    json_array_foreach(basket, i, line) {
        const char *id = json_string_value(json_object_get(line, "id")), *currency = json_string_value(json_object_get(line, "currency"));
        const gint64 quantity = json_integer_value(json_object_get(line, "quantity"));
        counts->items += quantity;
        if (id && g_hash_table_contains(sold->ids[ACCESSORY], id)) counts->accessories += quantity;
        counts->basket_minor += quantity * json_integer_value(json_object_get(line, "price"));
        g_strlcpy(counts->currency, currency ? currency : "", sizeof counts->currency);
    }
}

json_t *sold_save(const Sold *sold)
{
    json_t *saved = json_object();
    for (guint set = 0; set < SETS; set++) {
        json_t *list = json_array();
        g_autoptr(GList) ids = g_list_sort(g_hash_table_get_keys(sold->ids[set]), (GCompareFunc)g_strcmp0);
        for (const GList *at = ids; at; at = at->next) json_array_append_new(list, json_string(at->data));
        json_object_set_new(saved, names[set], list);
    }
    return saved;
}

void sold_restore(Sold *sold, const json_t *saved)
{
    sold_clear(sold);
    for (guint set = 0; set < SETS; set++) {
        gsize i;
        const json_t *id;
        json_array_foreach(json_object_get(saved, names[set]), i, id) put(sold, set, id);
    }
}
