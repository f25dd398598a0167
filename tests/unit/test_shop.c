/* What is shown and what is in the basket: who is taken and who refused, what a new catalogue does, the check-out link. */
#include "agent/basket.h"
#include "agent/show.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static json_t *shelf; /* id -> product */

static json_t *find(void *data, const char *id)
{
    (void)data;
    json_t *product = json_object_get(shelf, id);
    return product ? json_incref(product) : NULL;
}

static const ShowSource source = {find, "oslo", NULL};

static int set_up(void **state)
{
    (void)state;
    shelf = json_pack("{s:{s:s,s:s,s:i,s:i,s:s,s:[s,s,s],s:{s:i,s:i},s:[{s:s,s:s}]}, s:{s:s,s:s,s:i,s:s,s:s,s:{s:i}}, "
                      "s:{s:s,s:s,s:i,s:s}, s:{s:s,s:s,s:i,s:s}, s:{s:s,s:s,s:i,s:s}}",
                      "A", "id", "A", "title", "Television", "price_minor", 1499000, "sale_price_minor", 1299000, "currency", "NOK",
                      "images", "https://s.example/1.png", "ftp://s.example/2.png", "https://s.example/3.png", "stores", "oslo", 4,
                      "bergen", 2, "details", "name", "Panel", "value", "OLED", "B", "id", "B", "title", "Bar", "price_minor", 399000,
                      "currency", "NOK", "video", "https://s.example/b.mp4", "stores", "bergen", 1, "C", "id", "C", "title", "Cable",
                      "price_minor", 9900, "currency", "NOK", "D", "id", "D", "title", "Dock", "price_minor", 4900, "currency", "EUR",
                      "E e/1&2", "id", "E e/1&2", "title", "Odd", "price_minor", 100, "currency", "NOK");
    return shelf ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    json_decref(shelf);
    return 0;
}

static void what_may_be_shown(void **state)
{
    (void)state;
    static const struct {
        const char *kind;
        const char *ids[6];
        int refused; /* -1: it is taken */
    } cases[] = {
        {"product", {"A"}, -1},
        {"gallery", {"A"}, -1},
        {"video", {"B"}, -1},
        {"compare", {"A", "B"}, -1},
        {"compare", {"A", "B", "C", "D"}, -1},
        {"product", {NULL}, SHOW_BAD_VALUE},
        {"product", {"A", "B"}, SHOW_BAD_VALUE},
        {"compare", {"A"}, SHOW_BAD_VALUE},
        {"compare", {"A", "B", "C", "D", "E e/1&2"}, SHOW_BAD_VALUE},
        {"compare", {"A", "A"}, SHOW_NOT_FOUND},
        {"compare", {"A", "X"}, SHOW_NOT_FOUND},
        {"product", {"X"}, SHOW_NOT_FOUND},
        {"video", {"A"}, SHOW_NOT_FOUND},
        {"poster", {"A"}, SHOW_BAD_VALUE},
        {"", {"A"}, SHOW_BAD_VALUE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Show *show = show_new();
        g_autoptr(GError) error = NULL;
        gboolean taken = show_set(show, &source, cases[i].kind, cases[i].ids, &error);
        assert_int_equal(taken, cases[i].refused < 0);
        if (!taken) assert_int_equal(error->code, cases[i].refused);
        json_t *told = show_json(show);
        assert_int_equal(json_is_null(told), !taken);
        json_decref(told);
        show_free(show);
    }
}

static gsize shown_count(const Show *show, const char **kind)
{
    json_t *told = show_json(show);
    gsize count = json_array_size(json_object_get(told, "products"));
    const char *is = json_string_value(json_object_get(told, "kind"));
    *kind = g_intern_string(is ? is : "");
    json_decref(told);
    return count;
}

static void a_new_catalogue_takes_away(void **state)
{
    (void)state;
    const char *kind;
    Show *show = show_new();
    assert_true(show_set(show, &source, "compare", (const char *[]){"A", "B", "C", NULL}, NULL));
    assert_false(show_renew(show, &source));
    json_t *b = json_incref(json_object_get(shelf, "B"));
    json_object_del(shelf, "B");
    assert_true(show_renew(show, &source));
    assert_int_equal(shown_count(show, &kind), 2);
    assert_string_equal(kind, "compare");
    json_t *c = json_incref(json_object_get(shelf, "C"));
    json_object_del(shelf, "C");
    assert_true(show_renew(show, &source));
    assert_int_equal(shown_count(show, &kind), 1);
    assert_string_equal(kind, "product");
    json_object_set_new(json_object_get(shelf, "A"), "price_minor", json_integer(1));
    assert_true(show_renew(show, &source));
    json_object_set_new(json_object_get(shelf, "A"), "price_minor", json_integer(1499000));
    json_object_set_new(shelf, "B", b);
    json_object_set_new(shelf, "C", c);
    assert_true(show_clear(show));
    assert_false(show_clear(show));
    show_free(show);
}

static void pictures_turn_and_survive(void **state)
{
    (void)state;
    Show *show = show_new(), *next = show_new();
    assert_false(show_turn(show, 1));
    assert_true(show_set(show, &source, "gallery", (const char *[]){"A", NULL}, NULL));
    assert_true(show_turn(show, 1));
    json_t *told = show_json(show);
    assert_int_equal(json_integer_value(json_object_get(told, "index")), 1);
    const json_t *product = json_array_get(json_object_get(told, "products"), 0);
    assert_int_equal(json_array_size(json_object_get(product, "images")), 2); /* ftp is none */
    assert_int_equal(json_integer_value(json_object_get(product, "in_store")), 4);
    show_restore(next, told);
    json_t *again = show_json(next);
    assert_true(json_equal(told, again));
    json_decref(again);
    json_decref(told);
    assert_true(show_turn(show, 1));
    assert_true(show_turn(show, -1));
    static const char *const senseless[] = {"null", "{}", "{\"kind\":\"product\",\"products\":[],\"index\":0}",
                                            "{\"kind\":\"product\",\"products\":[{}],\"index\":0}",
                                            "{\"kind\":\"product\",\"products\":[{\"id\":\"A\"}],\"index\":-1}"};
    show_clear(next);
    for (gsize i = 0; i < G_N_ELEMENTS(senseless); i++) {
        json_t *bad = json_loads(senseless[i], JSON_DECODE_ANY, NULL);
        show_restore(next, bad);
        json_decref(bad);
        assert_false(show_clear(next));
    }
    show_free(show);
    show_free(next);
}

static void the_basket_has_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        guint quantity;
        gboolean taken;
        guint has;
    } steps[] = {{"A", 1, TRUE, 1}, {"A", 3, TRUE, 3},  {"A", 0, FALSE, 3}, {"A", 100, FALSE, 3},
                 {"B", 2, TRUE, 2}, {"D", 1, FALSE, 0}, {"C", 99, TRUE, 99}};
    g_autoptr(Basket) basket = basket_new();
    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
        assert_int_equal(basket_put(basket, json_object_get(shelf, steps[i].id), steps[i].quantity) == NULL, steps[i].taken);
        assert_int_equal(basket_quantity(basket, steps[i].id), steps[i].has);
    }
    json_t *told = basket_json(basket);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(told, 0), "price")), 1299000); /* the sale's */
    json_decref(told);
    assert_true(basket_remove(basket, "B"));
    assert_false(basket_remove(basket, "B"));
    for (guint i = 0; i < BASKET_LINES_MAX + 5; i++) {
        char id[16];
        g_snprintf(id, sizeof id, "P%u", i);
        json_t *product = json_pack("{s:s,s:s,s:i,s:s}", "id", id, "title", "x", "price_minor", 1, "currency", "NOK");
        basket_put(basket, product, 1);
        json_decref(product);
    }
    told = basket_json(basket);
    assert_int_equal(json_array_size(told), BASKET_LINES_MAX);
    g_autoptr(Basket) next = basket_new();
    basket_restore(next, told);
    json_t *again = basket_json(next);
    assert_true(json_equal(told, again));
    json_decref(again);
    json_decref(told);
    assert_true(basket_renew(basket, find, NULL)); /* the catalogue has A and C alone of these */
    told = basket_json(basket);
    assert_int_equal(json_array_size(told), 2);
    json_decref(told);
}

static void check_out_links(void **state)
{
    (void)state;
    static const struct {
        const char *template, *link;
    } cases[] = {
        {"https://s.example/cart?items={items}", "https://s.example/cart?items=A:2,E%20e%2F1%262:1"},
        {"https://s.example/add/{ids}?c={call}&b={booth}", "https://s.example/add/A,A,E%20e%2F1%262?c=c12&b=booth-1"},
        {"", NULL},
        {"https://s.example/{basket}", NULL},
        {"https://s.example/{items", NULL},
        {"https://s.example/items}", NULL},
    };
    static const struct {
        const char *template;
        gboolean good;
    } templates[] = {{"https://s.example/cart?items={items}", TRUE},
                     {"http://s/{ids}", TRUE},
                     {"https://s.example/cart", FALSE},
                     {"javascript:alert({items})", FALSE},
                     {"https://s/{items}{x}", FALSE},
                     {"https://s/{items} x", FALSE},
                     {"", FALSE},
                     {"{items}", FALSE}};
    g_autoptr(Basket) basket = basket_new();
    assert_null(basket_checkout(basket, cases[0].template, "c12", "booth-1"));
    basket_put(basket, json_object_get(shelf, "A"), 2);
    basket_put(basket, json_object_get(shelf, "E e/1&2"), 1);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *link = basket_checkout(basket, cases[i].template, "c12", "booth-1");
        if (cases[i].link)
            assert_string_equal(link, cases[i].link);
        else
            assert_null(link);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(templates); i++) assert_int_equal(basket_is_template(templates[i].template), templates[i].good);
}

static void long_texts_are_cut(void **state)
{
    (void)state;
    GString *text = g_string_new(NULL);
    for (int i = 0; i < 3000; i++) g_string_append(text, "å");
    json_t *product = json_pack("{s:s,s:s,s:s,s:s}", "id", "L", "title", text->str, "description", text->str, "link", "javascript:x");
    json_t *trimmed = show_trim(product, "oslo");
    assert_true(strlen(json_string_value(json_object_get(trimmed, "title"))) <= 203);
    assert_true(g_utf8_validate(json_string_value(json_object_get(trimmed, "title")), -1, NULL));
    assert_null(json_object_get(trimmed, "link"));
    json_decref(product);
    json_decref(trimmed);
    g_string_free(text, TRUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_be_shown),         cmocka_unit_test(a_new_catalogue_takes_away),
        cmocka_unit_test(pictures_turn_and_survive), cmocka_unit_test(the_basket_has_bounds),
        cmocka_unit_test(check_out_links),           cmocka_unit_test(long_texts_are_cut),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
