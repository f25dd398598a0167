/* pages: what is read into memory, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after those */
#include <cmocka.h>

#include <unistd.h>

#include "desk/admit.h"
#include "desk/pages.h"
#include "scratch.h"

static void finds_what_is_there(void **state)
{
    (void)state;
    g_autofree char *web = scratch_new(), *text = scratch_new(), *inner = g_build_filename(web, "img", NULL),
                    *link = g_build_filename(web, "link", NULL);
    assert_int_equal(g_mkdir(inner, 0755), 0);
    g_free(scratch_write(web, "index.html", "home"));
    g_free(scratch_write(web, "empty.js", ""));
    g_free(scratch_write(web, ".secret", "x"));
    g_free(scratch_write(inner, "a.svg", "<svg/>"));
    g_free(scratch_write(text, "nb.json", "{}"));
    assert_int_equal(symlink("/etc/hostname", link), 0);
    g_autoptr(GError) error = NULL;
    g_autoptr(Pages) pages = pages_load(web, text, &error);
    if (!pages) fail_msg("%s", error->message);
    static const struct {
        const char *path, *type;
        gboolean shared;
    } table[] = {
        {"/", "text/html; charset=utf-8", FALSE},
        {"/index.html", "text/html; charset=utf-8", FALSE},
        {"/empty.js", "text/javascript; charset=utf-8", TRUE},
        {"/img/a.svg", "image/svg+xml", TRUE},
        {"/text/nb.json", "application/json", TRUE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
        const Page *page = pages_find(pages, table[i].path);
        assert_non_null(page);
        if (!page) return;
        assert_string_equal(page->type, table[i].type);
        assert_int_equal(page->shared, table[i].shared);
        assert_true(pages_unchanged(page, page->etag));
        assert_false(pages_unchanged(page, NULL));
    }
    static const char *const missing[] = {"",      "/ops",           "/img",       "/img/",        "/.secret",
                                          "/link", "/../etc/passwd", "index.html", "//index.html", "/nb.json"};
    for (guint i = 0; i < G_N_ELEMENTS(missing); i++) assert_null(pages_find(pages, missing[i]));
    scratch_remove(web);
    scratch_remove(text);
}

static void keeps_to_the_bounds(void **state)
{
    (void)state;
    g_autofree char *web = scratch_new(), *large = g_strnfill(PAGES_FILE_MAX + 1, 'x');
    g_free(scratch_write(web, "large.js", large));
    g_autoptr(GError) error = NULL;
    assert_null(pages_load(web, NULL, &error));
    assert_non_null(strstr(error->message, "large.js is too large"));
    scratch_remove(web);
    g_clear_error(&error);
    assert_null(pages_load("/nowhere", NULL, &error));
    assert_non_null(strstr(error->message, "/nowhere"));
    pages_free(NULL);
}

static void admits_origins(void **state)
{
    (void)state;
    static const char *const shops[] = {"https://shop.example", NULL}, *const any[] = {"*", NULL};
    static const struct {
        const char *origin, *host;
        const char *const *origins;
        gboolean admitted;
    } table[] = {
        {NULL, "desk", NULL, TRUE},
        {"http://desk", "desk", NULL, TRUE},
        {"https://DESK:8443", "desk:8443", NULL, TRUE},
        {"https://desk", "desk:8443", NULL, FALSE},
        {"https://desk", NULL, NULL, FALSE},
        {"https://", "", NULL, FALSE},
        {"null", "null", NULL, FALSE},
        {"file://desk", "desk", NULL, FALSE},
        {"https://shop.example", "desk", shops, TRUE},
        {"HTTPS://SHOP.example", "desk", shops, TRUE},
        {"http://shop.example", "desk", shops, FALSE},
        {"https://shop.example.evil", "desk", shops, FALSE},
        {"", "desk", shops, FALSE},
        {"https://evil.example", "desk", any, TRUE},
        {"null", "desk", any, TRUE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
        if (admit_origin(table[i].origin, table[i].host, table[i].origins) != table[i].admitted) fail_msg("row %u", i);
    }
    assert_false(admit_subprotocol("a, b", "b"));
    assert_true(admit_subprotocol("b", "b"));
    assert_false(admit_subprotocol("bb, B", "b"));
    assert_false(admit_subprotocol("", "b"));
    assert_false(admit_subprotocol(NULL, "b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(finds_what_is_there), cmocka_unit_test(keeps_to_the_bounds),
                                       cmocka_unit_test(admits_origins)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
