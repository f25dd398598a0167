#include "agent/catalogue_search.h"

#include "agent/catalogue_words.h"
#include "catalogue/gtin.h"
#include "catalogue/product_type.h"

#include <string.h>

#define ENOUGH    3 /* results of one word that make guessing needless */
#define MEANT_MAX 6 /* words that one may have been meant as */

/* --- products as they are shown
 * --------------------------------------------------------------------------------------------------------------- */

static gint64 number_of(const json_t *product, const char *member)
{
    return json_integer_value(json_object_get(product, member));
}

/* The sale counts while it lasts; the booth's screens need not know when. */
static void settle_sale(json_t *product, gint64 now)
{
    const gint64 from = number_of(product, "sale_from_utc"), until = number_of(product, "sale_until_utc");
    if (until && (now < from || now >= until)) json_object_del(product, "sale_price_minor");
    json_object_del(product, "sale_from_utc");
    json_object_del(product, "sale_until_utc");
}

json_t *catalogue_in_store(const json_t *product, const char *store)
{
    const json_t *stores = json_object_get(product, "stores");
    if (!json_is_object(stores) || !store || !*store) return NULL;
    return json_integer(json_integer_value(json_object_get(stores, store)));
}

static json_t *read_product(const CatalogueView *view, gint64 row)
{
    json_t *product = row ? catalogue_db_row(view->db, row) : NULL;
    if (!product) return NULL;
    settle_sale(product, view->now_utc);
    if (!json_object_get(product, "accessories")) json_object_set_new(product, "accessories", json_array());
    json_object_set_new(product, "feed_utc", json_integer(view->feed_utc));
    json_t *here = catalogue_in_store(product, view->store);
    if (here) json_object_set_new(product, "in_store", here);
    return product;
}

static json_t *make_card(json_t *product)
{
    static const char *const heavy[] = {"description", "details", "highlights", "accessories", "stores", "video"};
    for (guint i = 0; i < G_N_ELEMENTS(heavy); i++) json_object_del(product, heavy[i]);
    json_t *images = json_object_get(product, "images");
    while (json_array_size(images) > 1) json_array_remove(images, json_array_size(images) - 1);
    return product;
}

static json_t *cards(const CatalogueView *view, const GArray *rows, guint limit)
{
    json_t *list = json_array();
    for (guint i = 0; i < rows->len && i < limit; i++) {
        json_t *product = read_product(view, g_array_index(rows, gint64, i));
        if (product) json_array_append_new(list, make_card(product));
    }
    return list;
}

/* --- words
 * -------------------------------------------------------------------------------------------------------------------------------------- */

static void append_word(GString *expression, const char *word, gboolean prefix)
{
    g_string_append_printf(expression, "\"%s\"%s", word, prefix ? "*" : "");
}

/* All words, whole but for the last prefixes of them; columns: a filter of FTS5, or "". */
static char *all_of(const GPtrArray *words, const char *columns, guint prefixes)
{
    GString *expression = g_string_new(columns);
    g_string_append_c(expression, '(');
    for (guint i = 0; i < words->len; i++) {
        if (i > 0) g_string_append(expression, " AND ");
        append_word(expression, g_ptr_array_index(words, i), i + prefixes >= words->len);
    }
    g_string_append_c(expression, ')');
    return g_string_free(expression, FALSE);
}

static void match(const CatalogueView *view, guint limit, GArray *rows, char *expression)
{
    catalogue_db_match(view->db, expression, limit, rows);
    g_free(expression);
}

#define NAMES "{name code} : "

/* As it is written: the words themselves in the name first, then as beginnings, then anywhere. */
static void match_strictly(const CatalogueView *view, const GPtrArray *words, guint limit, GArray *rows)
{
    match(view, limit, rows, all_of(words, NAMES, 0));
    match(view, limit, rows, all_of(words, NAMES, 1));
    match(view, limit, rows, all_of(words, NAMES, words->len));
    match(view, limit, rows, all_of(words, "", words->len));
}

/* Each word, or one that it may have been meant as. */
static char *all_meant(const CatalogueVocabulary *vocabulary, const GPtrArray *words, const char *columns)
{
    GString *expression = g_string_new(columns);
    g_string_append_c(expression, '(');
    for (guint i = 0; i < words->len; i++) {
        g_autoptr(GPtrArray) meant = catalogue_vocabulary_near(vocabulary, g_ptr_array_index(words, i), MEANT_MAX);
        g_string_append(expression, i > 0 ? " AND (" : "(");
        append_word(expression, g_ptr_array_index(words, i), TRUE);
        for (guint other = 0; other < meant->len; other++) {
            g_string_append(expression, " OR ");
            append_word(expression, g_ptr_array_index(meant, other), TRUE);
        }
        g_string_append_c(expression, ')');
    }
    g_string_append_c(expression, ')');
    return g_string_free(expression, FALSE);
}

/* A copy of words with two neighbours as one: "play station". */
static GPtrArray *with_joined(const GPtrArray *words, guint at)
{
    GPtrArray *joined = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < words->len; i++) {
        const char *word = g_ptr_array_index(words, i);
        g_ptr_array_add(joined, i == at ? g_strconcat(word, g_ptr_array_index(words, i + 1), NULL) : g_strdup(word));
        if (i == at) i++;
    }
    return joined;
}

/* Words with digits taken apart where digits and letters meet: "iphone15" is "iphone", "15". NULL: there is nothing to take apart. */
static GPtrArray *with_split(const GPtrArray *words)
{
    GPtrArray *split = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < words->len; i++) {
        const char *from = g_ptr_array_index(words, i);
        for (const char *at = from; *at; at++) {
            if (at[1] && (!g_ascii_isdigit(at[0]) == !g_ascii_isdigit(at[1]))) continue;
            g_ptr_array_add(split, g_strndup(from, (gsize)(at + 1 - from)));
            from = at + 1;
        }
    }
    if (split->len > words->len && split->len <= CATALOGUE_WORDS_MAX) return split;
    g_ptr_array_unref(split);
    return NULL;
}

static void match_otherwise(const CatalogueView *view, const GPtrArray *words, guint limit, GArray *rows)
{
    for (guint i = 0; i + 1 < words->len && rows->len < ENOUGH; i++) {
        g_autoptr(GPtrArray) joined = with_joined(words, i);
        match(view, limit, rows, all_of(joined, NAMES, joined->len));
    }
    g_autoptr(GPtrArray) split = rows->len < ENOUGH ? with_split(words) : NULL;
    if (split) match(view, limit, rows, all_of(split, NAMES, split->len));
}

static void match_meant(const CatalogueView *view, const GPtrArray *words, guint limit, GArray *rows)
{
    const CatalogueVocabulary *vocabulary = catalogue_db_vocabulary(view->db);
    if (!vocabulary) return;
    match(view, limit, rows, all_meant(vocabulary, words, NAMES));
    if (rows->len == 0) match(view, limit, rows, all_meant(vocabulary, words, ""));
}

json_t *catalogue_search(const CatalogueView *view, const char *query, guint limit)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_autofree char *bounded = g_strndup(query, CATALOGUE_QUERY_MAX), *text = g_utf8_make_valid(bounded, -1);
    gint64 number = 0;
    limit = CLAMP(limit, 1, CATALOGUE_RESULTS_MAX);
    if (gtin_read(text, &number)) catalogue_db_find_code(view->db, number, limit, rows);
    g_autoptr(GPtrArray) words = catalogue_words_query(text);
    if (words->len > 0 && rows->len == 0) {
        match_strictly(view, words, limit, rows);
        /* Several words that all fit something are hardly a mistake; one word may be, by chance. */
        const guint enough = words->len > 1 ? 1 : ENOUGH;
        if (rows->len < enough) match_otherwise(view, words, limit, rows);
        if (rows->len < enough) match_meant(view, words, limit, rows);
    }
    return cards(view, rows, limit);
}

/* --- one product, and what goes with it
 * ---------------------------------------------------------------------------------------------------------- */

json_t *catalogue_by_id(const CatalogueView *view, const char *id)
{
    return read_product(view, catalogue_db_find_id(view->db, id));
}

/* Of several with one number, a new one and an available one come first: that is the order of the rows. */
json_t *catalogue_by_code(const CatalogueView *view, gint64 number)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(gint64));
    catalogue_db_find_code(view->db, number, 1, rows);
    return rows->len ? read_product(view, g_array_index(rows, gint64, 0)) : NULL;
}

static void append_row(GArray *rows, gint64 row, gint64 but)
{
    if (!row || row == but) return;
    for (guint i = 0; i < rows->len; i++) {
        if (g_array_index(rows, gint64, i) == row) return;
    }
    g_array_append_val(rows, row);
}

/* One branch of types: accessories for a level of the product's type below it, then those for all of the branch. */
static void add_branch(const CatalogueView *view, char **levels, guint depth, const char *brand, guint most, GArray *rows)
{
    GString *branch = g_string_new(NULL);
    for (guint i = 0; i < depth; i++) g_string_append_printf(branch, "%s%s", i > 0 ? ">" : "", levels[i]);
    for (guint i = depth; levels[i]; i++) catalogue_db_accessories(view->db, branch->str, levels[i], brand, most, rows);
    if (depth > 0) catalogue_db_accessories(view->db, branch->str, "", brand, most, rows);
    g_string_free(branch, TRUE);
}

static void add_by_type(const CatalogueView *view, const json_t *product, guint most, GArray *rows)
{
    g_auto(GStrv) levels = product_type_levels(json_string_value(json_object_get(product, "type")));
    g_autofree char *brand = g_utf8_strdown(json_string_value(json_object_get(product, "brand")), -1);
    if (product_type_accessory_level((const char *const *)levels) >= 0) return;
    const guint depth = g_strv_length(levels);
    for (guint above = depth + 1; above-- > 0 && rows->len < most;) {
        if (*brand) add_branch(view, levels, above, brand, most, rows);
        add_branch(view, levels, above, NULL, most, rows);
    }
}

json_t *catalogue_accessories(const CatalogueView *view, const char *id, guint limit)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(gint64));
    const gint64 own = catalogue_db_find_id(view->db, id);
    json_t *product = own ? catalogue_db_row(view->db, own) : NULL;
    size_t i;
    const json_t *other;
    if (!product) return NULL;
    limit = CLAMP(limit, 1, CATALOGUE_RESULTS_MAX);
    json_array_foreach(json_object_get(product, "accessories"), i, other)
        append_row(rows, catalogue_db_find_id(view->db, json_string_value(other)), own);
    if (rows->len < limit) add_by_type(view, product, limit, rows);
    json_decref(product);
    return cards(view, rows, limit);
}
