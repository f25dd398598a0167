/* Who may pass the door, and who counts as one before its limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after those */
#include <cmocka.h>

#include "desk/admit.h"

static void test_origin(void **state)
{
    (void)state;
    static const char *const listed[] = {"https://shop.example", NULL}, *const any[] = {"*", NULL};
    assert_true(admit_origin(NULL, "desk.example", NULL));
    assert_true(admit_origin("https://desk.example", "desk.example", NULL));
    assert_true(admit_origin("http://desk.example:8080", "desk.example:8080", NULL));
    assert_false(admit_origin("http://desk.example:8081", "desk.example:8080", NULL));
    assert_false(admit_origin("https://shop.example", "desk.example", NULL));
    assert_true(admit_origin("https://SHOP.example", "desk.example", listed));
    assert_false(admit_origin("https://shop.example.evil.example", "desk.example", listed));
    assert_true(admit_origin("null", "desk.example", any));
    assert_false(admit_origin("null", "desk.example", listed));
    assert_false(admit_origin("https://", "", NULL));
}

static void test_subprotocol(void **state)
{
    (void)state;
    assert_true(admit_subprotocol(" livebooth.shopper.v1", "livebooth.shopper.v1"));
    assert_false(admit_subprotocol("a, livebooth.shopper.v1", "livebooth.shopper.v1"));
    assert_false(admit_subprotocol("livebooth.shopper.v10", "livebooth.shopper.v1"));
    assert_false(admit_subprotocol(NULL, "livebooth.shopper.v1"));
}

static void test_household(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"192.0.2.7", "192.0.2.7"},
        {"::ffff:192.0.2.7", "192.0.2.7"},
        {"2001:db8:1:2::1", "2001:db8:1:2::"},
        {"2001:DB8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::"},
        {"2001:db8:1:3::1", "2001:db8:1:3::"},
        {"::1", "::"},
        {"fe80::1%eth0", "fe80::"},
        {"fe80::2%eth0", "fe80::"},
        {"", ""},
        {"unknown", "unknown"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *household = admit_household(rows[i][0]);
        assert_string_equal(household, rows[i][1]);
    }
}

static void test_neighbourhood(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"192.0.2.7", "192.0.2.0/24"},
        {"::ffff:192.0.2.7", "192.0.2.0/24"},
        {"2001:db8:1:2::1", "2001:db8:1::/48"},
        {"fe80::1%eth0", "fe80::/48"},
        {"", ""},
        {"no address", "no address"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *neighbourhood = admit_neighbourhood(rows[i][0]);
        assert_string_equal(neighbourhood, rows[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_origin),
        cmocka_unit_test(test_subprotocol),
        cmocka_unit_test(test_household),
        cmocka_unit_test(test_neighbourhood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
