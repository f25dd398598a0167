/* What products need on the console: the panel's state, the bar code reader, prices in words, the code on the demo display, pictures. */
#include "patience.h"
#include "pictures/shop.h"
#include "studio/demo.h"
#include "studio/draw.h"
#include "studio/frame_code.h"
#include "studio/scanner.h"
#include "studio/shelf.h"
#include "text/price.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A letter a key: digits, E for Enter, others; a dot is a pause that no reader makes. */
static const char *scan(const char *keys, gint64 gap)
{
    static Scanner scanner;
    gint64 time = 1000;
    scanner = (Scanner){0};
    for (; *keys; keys++) {
        time += *keys == '.' ? SCANNER_GAP_MS + 1 : gap;
        if (*keys == '.') continue;
        char key = '\0';
        if (*keys == 'E') key = SCANNER_ENTER;
        if (g_ascii_isdigit(*keys)) key = *keys;
        if (scanner_take(&scanner, key, time)) return scanner.digits;
    }
    return NULL;
}

static void a_reader_is_told_from_a_person(void **state)
{
    (void)state;
    static const struct {
        const char *keys;
        gint64 gap;
        const char *read;
    } cases[] = {
        {"0036000291452E", 5, "0036000291452"},
        {"036000291452E", 50, "036000291452"},
        {"7090400079198E", 1, "7090400079198"},
        {"x7090400079198E", 1, "7090400079198"},
        {"12.7090400079198E", 1, "7090400079198"},
        {"7090400079198E", 51, NULL},
        {"70904000.79198E", 1, NULL},
        {"7090400079198.E", 1, NULL},
        {"7090400079197E", 1, NULL},
        {"709040x0079198E", 1, NULL},
        {"00000000007090400079198E", 1, NULL},
        {"1234E", 1, NULL},
        {"E", 1, NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *read = scan(cases[i].keys, cases[i].gap);
        if (cases[i].read)
            assert_string_equal(read, cases[i].read);
        else
            assert_null(read);
    }
}

static void the_panel_keeps_what_was_found(void **state)
{
    (void)state;
    Shelf *shelf = shelf_new();
    json_t *list = json_pack("[{s:s},{s:s}]", "id", "A", "id", "B");
    assert_true(shelf_do(shelf, "open"));
    assert_null(shelf_search(shelf));
    field_type(shelf->query, "  tv");
    assert_string_equal(shelf_search(shelf), "tv");
    shelf_take(shelf, "tv", list);
    assert_int_equal(shelf->page, SHELF_FOUND);
    shelf_take(shelf, "A", list);
    assert_int_equal(shelf->page, SHELF_ACCESSORIES);
    assert_true(shelf_do(shelf, "first 1"));
    assert_false(shelf_do(shelf, "first 2"));
    assert_false(shelf_do(shelf, "nonsense"));
    static const char *const picks[] = {"pick A", "pick B", "pick C", "pick D"};
    for (gsize i = 0; i < G_N_ELEMENTS(picks); i++) assert_true(shelf_do(shelf, picks[i]));
    assert_false(shelf_do(shelf, "pick E"));
    assert_true(shelf_do(shelf, "pick B"));
    assert_false(shelf_is_picked(shelf, "B"));
    shelf_clear(shelf);
    assert_false(shelf->open || shelf->picked->len || json_array_size(shelf->list) || *shelf->query->text->str);
    json_decref(list);
    shelf_free(shelf);
}

static void prices_are_written_as_the_language_does(void **state)
{
    (void)state;
    static const struct {
        const char *language;
        gint64 minor;
        const char *currency, *text;
    } cases[] = {
        {"nb", 1499000, "NOK", "14\u00a0990\u00a0kr"},
        {"nb", 1499050, "NOK", "14\u00a0990,50\u00a0kr"},
        {"en", 1499000, "NOK", "NOK\u00a014,990"},
        {"en", 5, "EUR", "€0.05"},
        {"da", 123456789, "DKK", "1.234.567,89\u00a0kr."},
        {"sv", 99900, "SEK", "999\u00a0kr"},
        {"fi", 129900, "EUR", "1\u00a0299\u00a0€"},
        {"fi", 1500, "JPY", "1\u00a0500\u00a0JPY"},
        {"sv", 0, "NOK", "0\u00a0NOK"},
        {"en", 1234, "KWD", "KWD\u00a01.234"},
        {"nb", -50, "NOK", "-0,50\u00a0kr"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = price_format(cases[i].language, cases[i].minor, cases[i].currency);
        assert_string_equal(text, cases[i].text);
    }
    g_autofree char *half = price_number("nb", 4.5), *whole = price_number("en", 4.04);
    assert_string_equal(half, "4,5");
    assert_string_equal(whole, "4");
}

/* Draws a demo display and gives the pixels of its code. */
static guint32 *draw_code(Fonts *fonts, const Theme *theme, const Text *text, const json_t *show, double scale, int *width, int *height)
{
    Scene *scene = scene_new(fonts);
    demo_build(&(Demo){.scene = scene, .theme = theme, .text = text, .name = "", .brand = "", .show = show}, 1280, 800);
    const ScenePanel *panel = &g_array_index(scene->panels, ScenePanel, scene->panels->len - 1);
    *width = (int)(panel->rect.w * scale);
    *height = (int)(panel->rect.h * scale);
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, *width, *height);
    cairo_t *cr = cairo_create(surface);
    draw_panel(fonts, cr, scene, panel, scale, panel->rect);
    cairo_destroy(cr);
    cairo_surface_flush(surface);
    guint32 *pixels = g_new(guint32, (gsize)*width * (gsize)*height);
    for (int y = 0; y < *height; y++)
        memcpy(pixels + (gsize)y * (gsize)*width, cairo_image_surface_get_data(surface) + y * cairo_image_surface_get_stride(surface),
               (gsize)*width * sizeof *pixels);
    cairo_surface_destroy(surface);
    scene_free(scene);
    return pixels;
}

static void what_is_shown_is_read_back(void **state)
{
    (void)state;
    static const double scales[] = {0.9, 1, 1.35, 1.5};
    Fonts *fonts = fonts_new();
    g_autoptr(Text) text = text_load("app", "en", NULL);
    json_t *shop = json_load_file("tests/pictures/shop.json", 0, NULL);
    static const char *const themes[] = {"dark", "day"}, *const kinds[] = {"product", "compare", "nothing"};
    for (gsize i = 0; i < G_N_ELEMENTS(scales) * 6; i++) {
        const Theme *theme = theme_find(themes[i % 2]);
        const json_t *show = json_object_get(shop, kinds[i / 2 % 3]);
        guint32 ink = frame_code_ink(theme->background, theme->text), code = 0;
        int width, height;
        g_autofree char *words = demo_words(&(Demo){.show = show});
        g_autofree guint32 *pixels = draw_code(fonts, theme, text, show, scales[i / 6], &width, &height);
        assert_true(frame_code_read(pixels, width, height, theme->background, ink, &code));
        assert_int_equal(code, frame_code_of(words));
        pixels[(gsize)(height / 2) * (gsize)width + (gsize)(20.5 * width / FRAME_CODE_CELLS)] ^= 0xffffff; /* another picture over it */
        assert_false(frame_code_read(pixels, width, height, theme->background, ink, &code));
        memset(pixels, 0, (gsize)width * (gsize)height * sizeof *pixels);
        assert_false(frame_code_read(pixels, width, height, theme->background, ink, &code));
    }
    json_decref(shop);
    fonts_free(fonts);
}

static void on_changed(void *data)
{
    (*(guint *)data)++;
}

static GalleryState fetch(Gallery *gallery, const char *address)
{
    GalleryState state = GALLERY_COMING;
    for (gint64 until = g_get_monotonic_time() + PATIENCE_US; g_get_monotonic_time() < until;) {
        cairo_surface_t *picture = gallery_get(gallery, address, GALLERY_SMALL, &state);
        assert_int_equal(picture != NULL, state == GALLERY_THERE);
        if (picture) assert_true(cairo_image_surface_get_width(picture) <= 128);
        if (state != GALLERY_COMING) return state;
        g_main_context_iteration(NULL, TRUE);
    }
    return state;
}

static void pictures_come_from_the_shop(void **state)
{
    (void)state;
    SampleShop *shop = sample_shop_new("app/desk/web/demo", "tests/pictures/shop.json");
    guint changes = 0;
    Gallery *gallery = gallery_new(on_changed, &changes);
    static const struct {
        const char *path;
        GalleryState state;
    } cases[] = {{"/tv-black.png", GALLERY_THERE}, {"/none.png", GALLERY_FAILED}, {"/../demo.txt", GALLERY_FAILED}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *address = g_strconcat(shop->address, cases[i].path, NULL);
        assert_int_equal(fetch(gallery, address), cases[i].state);
    }
    assert_int_equal(changes, 3);
    assert_int_equal(fetch(gallery, "file:///etc/passwd"), GALLERY_FAILED);
    assert_int_equal(fetch(gallery, "http://127.0.0.1:1/x.png"), GALLERY_FAILED);
    g_autofree char *last = g_strconcat(shop->address, "/tv-silver.png", NULL);
    gallery_get(gallery, last, GALLERY_LARGE, NULL); /* under way when the gallery goes */
    gallery_free(gallery);
    sample_shop_free(shop);
}

static void hostile_pictures_are_none(void **state)
{
    (void)state;
    g_autofree char *bytes = NULL;
    gsize length = 0;
    assert_true(g_file_get_contents("app/desk/web/demo/tv-black.png", &bytes, &length, NULL));
    cairo_surface_t *whole = gallery_decode((const guint8 *)bytes, length, 64);
    assert_non_null(whole);
    assert_int_equal(cairo_image_surface_get_width(whole), 64);
    cairo_surface_destroy(whole);
    assert_null(gallery_decode((const guint8 *)bytes, 24, 64));
    assert_null(gallery_decode((const guint8 *)"<svg/>", 6, 64));
    assert_null(gallery_decode((const guint8 *)"", 0, 64));
    /* A PNG whose header says 60000 x 60000. */
    static const guint8 sides[8] = {0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60};
    memcpy(bytes + 16, sides, sizeof sides);
    assert_null(gallery_decode((const guint8 *)bytes, length, 64));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reader_is_told_from_a_person),
        cmocka_unit_test(the_panel_keeps_what_was_found),
        cmocka_unit_test(prices_are_written_as_the_language_does),
        cmocka_unit_test(what_is_shown_is_read_back),
        cmocka_unit_test(pictures_come_from_the_shop),
        cmocka_unit_test(hostile_pictures_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
