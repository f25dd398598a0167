/* packed: who takes gzip, and what it unpacks to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after those */
#include <cmocka.h>

#include <gio/gio.h>
#include <string.h>

#include "desk/packed.h"

static void who_takes_gzip(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        gboolean wanted;
    } table[] = {
        {NULL, FALSE},
        {"", FALSE},
        {"gzip", TRUE},
        {"gzip, deflate, br, zstd", TRUE},
        {"br;q=1.0, GZIP ; q=0.2", TRUE},
        {"deflate, br", FALSE},
        {"gzip;q=0", FALSE},
        {"gzip; q=0.000, *", FALSE},
        {"*", TRUE},
        {"identity, *;q=0", FALSE},
        {"gzipped, x gzip", FALSE},
        {",,;;q=,gzip;", TRUE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
        if (packed_is_wanted(table[i].header) != table[i].wanted) fail_msg("%s", table[i].header);
    }
}

static char *unpacked(GBytes *packed, gsize room, gsize *ret_length)
{
    g_autoptr(GZlibDecompressor) decompressor = g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP);
    g_autofree char *text = g_malloc(room);
    gsize length = 0, read = 0;
    const void *bytes = g_bytes_get_data(packed, &length);
    assert_int_equal(
        g_converter_convert(G_CONVERTER(decompressor), bytes, length, text, room, G_CONVERTER_INPUT_AT_END, &read, ret_length, NULL),
        G_CONVERTER_FINISHED);
    assert_int_equal(read, length);
    return g_steal_pointer(&text);
}

static void unpacks_to_the_same(void **state)
{
    (void)state;
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < 3000; i++) g_string_append_printf(text, "{\"booth\":\"booth-%04u\",\"state\":\"ready\"},", i);
    for (gboolean quick = FALSE; quick <= TRUE; quick++) {
        g_autoptr(GBytes) packed = packed_new(text->str, text->len, quick);
        assert_non_null(packed);
        assert_true(g_bytes_get_size(packed) < text->len / 5);
        gsize length = 0;
        g_autofree char *back = unpacked(packed, text->len + 1, &length);
        assert_int_equal(length, text->len);
        assert_memory_equal(back, text->str, length);
    }
}

static void what_does_not_become_smaller_is_not_packed(void **state)
{
    (void)state;
    guint8 noise[4096];
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    for (guint i = 0; i < sizeof noise; i++) noise[i] = (guint8)g_rand_int(rand);
    assert_null(packed_new(noise, sizeof noise, TRUE));
    assert_null(packed_new("short", 5, FALSE));
    assert_null(packed_new("", 0, TRUE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_takes_gzip),
        cmocka_unit_test(unpacks_to_the_same),
        cmocka_unit_test(what_does_not_become_smaller_is_not_packed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
