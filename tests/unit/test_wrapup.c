/* What the advisor enters of a call: chosen, typed, taken back, noted, and found again after a restart. */
#include "studio/wrapup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void expect_note(const Wrapup *wrapup, const char *expected)
{
    g_autofree char *note = wrapup_note(wrapup);
    assert_string_equal(note, expected);
}

static void everything_is_entered(void **state)
{
    (void)state;
    const View view = {.currencies = {"NOK", "EUR", "ISK"}, .currency_count = 3};
    Wrapup *wrapup = wrapup_new(',');
    wrapup_load(wrapup, &view);
    expect_note(wrapup, "{\"outcome\":\"\",\"order\":\"\",\"value_minor\":0,\"currency\":\"\",\"tags\":[]}");
    static const struct {
        const char *what;
        gboolean value, did;
    } steps[] = {
        {"outcome sale", FALSE, TRUE}, {"outcome sale", FALSE, FALSE}, {"tag price", FALSE, TRUE}, {"tag delivery", FALSE, TRUE},
        {"tag price", FALSE, TRUE},    {"type 4", FALSE, TRUE},        {"type 7", FALSE, TRUE},    {"rub", FALSE, TRUE},
        {"type ,", TRUE, FALSE},       {"type 9", TRUE, TRUE},         {"type ,", TRUE, TRUE},     {"type 5", TRUE, TRUE},
        {"type x", TRUE, FALSE},       {"currency", FALSE, TRUE},      {"dance", FALSE, FALSE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++)
        assert_int_equal(wrapup_do(wrapup, &view, steps[i].value ? wrapup->value : wrapup->order, steps[i].what), steps[i].did);
    assert_true(wrapup->changed);
    assert_true(wrapup_has_tag(wrapup, "delivery") && !wrapup_has_tag(wrapup, "price"));
    expect_note(wrapup, "{\"outcome\":\"sale\",\"order\":\"4\",\"value_minor\":950,\"currency\":\"EUR\",\"tags\":[\"delivery\"]}");
    /* A currency without decimals takes none: no value rather than a wrong one. */
    wrapup_do(wrapup, &view, wrapup->order, "currency");
    expect_note(wrapup, "{\"outcome\":\"sale\",\"order\":\"4\",\"value_minor\":0,\"currency\":\"\",\"tags\":[\"delivery\"]}");
    wrapup_free(wrapup);
    wrapup_free(NULL);
}

static void what_was_noted_is_found_again(void **state)
{
    (void)state;
    static const char note[] =
        "{\"outcome\":\"reserved\",\"order\":\"A-1\",\"value_minor\":1299050,\"currency\":\"SEK\",\"tags\":[\"price\",\"x\"]}";
    json_t *noted = json_loads(note, 0, NULL),
           *strange = json_loads("{\"outcome\":7,\"currency\":\"NOK\",\"value_minor\":-5,\"tags\":[1]}", 0, NULL);
    const View view = {.note = noted, .currencies = {"NOK"}, .currency_count = 1}, other = {.note = strange}, none = {0};
    Wrapup *wrapup = wrapup_new(',');
    wrapup_load(wrapup, &view);
    expect_note(wrapup, note);
    assert_string_equal(wrapup->value->text->str, "12990,50");
    wrapup->point = '.';
    wrapup_load(wrapup, &view);
    expect_note(wrapup, note);
    assert_string_equal(wrapup->value->text->str, "12990.50");
    assert_false(wrapup_do(wrapup, &view, wrapup->order, "currency"));
    wrapup_load(wrapup, &other);
    expect_note(wrapup, "{\"outcome\":\"\",\"order\":\"\",\"value_minor\":0,\"currency\":\"NOK\",\"tags\":[]}");
    wrapup_load(wrapup, &none);
    expect_note(wrapup, "{\"outcome\":\"\",\"order\":\"\",\"value_minor\":0,\"currency\":\"\",\"tags\":[]}");
    wrapup_free(wrapup);
    json_decref(noted);
    json_decref(strange);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(everything_is_entered), cmocka_unit_test(what_was_noted_is_found_again)};
    return cmocka_run_group_tests_name("wrapup", tests, NULL, NULL);
}
