#include "studio/relays.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void servers_become_addresses(void **state)
{
    (void)state;
    g_autoptr(Relays) relays = relays_parse("[{\"urls\":\"stun:stun.example:3478\"},{\"urls\":[\"turn:relay.example:3478?transport=udp\","
                                            "\"turns:relay.example:5349\"],\"username\":\"17:b/1\",\"credential\":\"a+b=@\"}]");
    assert_string_equal(relays->stun, "stun://stun.example:3478");
    assert_int_equal(relays->turn->len, 2);
    assert_string_equal(relays->turn->pdata[0], "turn://17%3Ab%2F1:a%2Bb%3D%40@relay.example:3478?transport=udp");
    assert_string_equal(relays->turn->pdata[1], "turns://17%3Ab%2F1:a%2Bb%3D%40@relay.example:5349");
    assert_int_equal(relays->left_out, 0);
}

static void what_makes_no_sense_is_left_out(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        guint left_out;
    } CASES[] = {
        {"", 0},
        {"[]", 0},
        {"{", 1},
        {"{\"urls\":\"stun:a\"}", 1},
        {"[{\"urls\":\"http://a\"}]", 1},
        {"[{\"urls\":\"turn:a:1\"}]", 1},
        {"[{\"urls\":\"turn:a@b:1\",\"username\":\"u\",\"credential\":\"p\"}]", 1},
        {"[{\"urls\":[1,null,\"\"]}]", 3},
        {"[7,\"a\",null]", 0},
    };
    for (guint i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autoptr(Relays) relays = relays_parse(CASES[i].json);
        assert_null(relays->stun);
        assert_int_equal(relays->turn->len, 0);
        assert_int_equal(relays->left_out, CASES[i].left_out);
    }
    g_autoptr(Relays) none = relays_parse(NULL);
    assert_int_equal(none->left_out, 0);
}

static void their_number_is_bounded(void **state)
{
    (void)state;
    g_autoptr(GString) json = g_string_new("[");
    for (int i = 0; i < 20; i++)
        g_string_append_printf(json, "%s{\"urls\":\"turn:r%d:3478\",\"username\":\"u\",\"credential\":\"p\"}", i ? "," : "", i);
    g_string_append(json, "]");
    g_autoptr(Relays) relays = relays_parse(json->str);
    assert_int_equal(relays->turn->len, RELAYS_MAX);
    assert_int_equal(relays->left_out, 20 - RELAYS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servers_become_addresses),
        cmocka_unit_test(what_makes_no_sense_is_left_out),
        cmocka_unit_test(their_number_is_bounded),
    };
    return cmocka_run_group_tests_name("relays", tests, NULL, NULL);
}
