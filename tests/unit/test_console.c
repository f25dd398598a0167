/* Every screen of the console and the demo display, in every language and in one much longer, on every usual size: no word is cut, nothing
 * leaves its panel, what can be touched is large enough and apart, and every text and symbol has its contrast. */
#include "pictures/samples.h"
#include "studio/console.h"
#include "studio/demo.h"
#include "studio/draw.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SHARE         "app" /* of the source tree: app/text */
#define CONTRAST      4.5
#define CONTRAST_ICON 3.0
#define LONGER        0.25 /* the long language's words, beyond English */
#define NOW_MS        1000000000
#define METER_HEIGHT  14
#define METER_WIDTH   120

static const char *const languages[] = {"en", "nb", "sv", "da", "fi"};
static const struct {
    int width, height;
} sizes[] = {{1280, 800}, {1920, 1080}, {1280, 720}, {1920, 1200}, {1024, 768}};

static Fonts *fonts;
static char *long_share; /* has a language "xx" */

static char *lengthen(const char *text)
{
    GString *out = g_string_new(NULL);
    for (gboolean name = FALSE; *text;) {
        const char *start = text;
        while (*text && *text != ' ' && *text != '{' && *text != '}') text = g_utf8_next_char(text);
        glong letters = g_utf8_strlen(start, text - start);
        g_string_append_len(out, start, text - start);
        for (glong i = 0; !name && i < (glong)((double)letters * LONGER + 0.5); i++) g_string_append_c(out, "enas"[i % 4]);
        if (!*text) break;
        name = *text == '{';
        g_string_append_c(out, *text++);
    }
    return g_string_free(out, FALSE);
}

static json_t *lengthen_section(const json_t *section)
{
    json_t *longer = json_object();
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)section, key, value) {
        g_autofree char *text = lengthen(json_string_value(value));
        json_object_set_new(longer, key, json_string(text));
    }
    return longer;
}

static int set_up(void **state)
{
    (void)state;
    fonts = fonts_new();
    long_share = g_dir_make_tmp("livebooth-text-XXXXXX", NULL);
    g_autofree char *folder = g_build_filename(long_share, "text", NULL), *xx = g_build_filename(folder, "xx.json", NULL);
    g_autofree char *en = g_build_filename(folder, "en.json", NULL);
    g_mkdir(folder, 0700);
    json_t *english = json_load_file(SHARE "/text/en.json", 0, NULL);
    if (!english) return -1;
    json_t *longer = json_pack("{s:o, s:o}", "console", lengthen_section(json_object_get(english, "console")), "demo",
                               lengthen_section(json_object_get(english, "demo")));
    int failed = json_dump_file(english, en, 0) | json_dump_file(longer, xx, 0);
    json_decref(english);
    json_decref(longer);
    return failed;
}

static int tear_down(void **state)
{
    (void)state;
    static const char *const names[] = {"text/xx.json", "text/en.json", "text", ""};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(long_share, names[i], NULL);
        g_remove(path);
    }
    g_free(long_share);
    fonts_free(fonts);
    return 0;
}

static guint check_item(const char *where, const ScenePanel *panel, const SceneItem *item)
{
    guint faults = 0;
    if (item->kind == SCENE_TEXT && !item->foreign && !draw_text_fits(fonts, item)) {
        print_error("%s: \"%s\" does not fit into %.0f x %.0f\n", where, item->text, item->rect.w, item->rect.h);
        faults++;
    }
    gboolean words = item->kind == SCENE_TEXT && *item->text, symbol = item->kind == SCENE_ICON && item->icon != ICON_NONE;
    if ((words || symbol) && !rect_within(item->rect, panel->rect)) {
        print_error("%s: \"%s\" leaves its panel %s\n", where, words ? item->text : "symbol", panel->name);
        faults++;
    }
    double least = words ? CONTRAST : symbol ? CONTRAST_ICON : 0;
    if (theme_contrast(item->colour, item->on) < least) {
        print_error("%s: \"%s\" has a contrast of %.1f\n", where, words ? item->text : "symbol", theme_contrast(item->colour, item->on));
        faults++;
    }
    return faults;
}

static guint check_targets(const char *where, const Scene *scene)
{
    guint faults = 0;
    const Rect screen = {0, 0, scene->width, scene->height};
    for (guint i = 0; i < scene->targets->len; i++) {
        const SceneTarget *target = &g_array_index(scene->targets, SceneTarget, i);
        gboolean bad = target->rect.w < LAYOUT_TOUCH || target->rect.h < LAYOUT_TOUCH || !rect_within(target->rect, screen);
        for (guint k = 0; k < i; k++) bad |= rect_overlaps(target->rect, g_array_index(scene->targets, SceneTarget, k).rect);
        if (bad) {
            print_error("%s: %s is too small, outside or on another: %.0f x %.0f\n", where, target->id, target->rect.w, target->rect.h);
            faults++;
        }
    }
    return faults;
}

/* A meter is tall enough to be read from a chair, tells lit segments from dark ones, and is on one panel and no button. */
static guint check_meters(const char *where, const Scene *scene)
{
    guint faults = 0;
    for (guint i = 0; i < scene->meters->len; i++) {
        const SceneMeter *meter = &g_array_index(scene->meters, SceneMeter, i);
        guint panels = 0;
        gboolean bad = meter->rect.h < METER_HEIGHT || meter->rect.w < METER_WIDTH;
        for (guint k = 0; k < scene->panels->len; k++) panels += rect_within(meter->rect, g_array_index(scene->panels, ScenePanel, k).rect);
        for (guint k = 0; k < scene->targets->len; k++)
            bad |= rect_overlaps(meter->rect, g_array_index(scene->targets, SceneTarget, k).rect);
        bad |= theme_contrast(meter->lit, meter->on) < CONTRAST_ICON || theme_contrast(meter->loud, meter->on) < CONTRAST_ICON ||
               theme_contrast(meter->lit, meter->dark) < CONTRAST_ICON;
        if (!bad && panels == 1) continue;
        print_error("%s: meter %u is too small, pale, or not on one panel: %.0f x %.0f\n", where, meter->kind, meter->rect.w,
                    meter->rect.h);
        faults++;
    }
    return faults;
}

static guint check_scene(const char *where, const Scene *scene)
{
    guint faults = check_targets(where, scene) + check_meters(where, scene);
    const Rect screen = {0, 0, scene->width, scene->height};
    for (guint i = 0; i < scene->panels->len; i++) {
        const ScenePanel *panel = &g_array_index(scene->panels, ScenePanel, i);
        if (!rect_within(panel->rect, screen)) {
            print_error("%s: panel %s leaves the screen\n", where, panel->name);
            faults++;
        }
        for (guint k = 0; k < panel->count; k++)
            faults += check_item(where, panel, &g_array_index(scene->items, SceneItem, panel->first + k));
    }
    return faults;
}

static void build_sample(Scene *scene, const Theme *theme, const Text *text, const Sample *sample, Voice voice, double width, double height)
{
    static const ChatLine first = {TRUE, (char *)"Does it fit?"}, second = {FALSE, (char *)"Yes."};
    const ChatLine *chat[] = {&first, &second};
    json_t *snapshot = sample_snapshot(sample, NOW_MS);
    View view;
    view_read(&view, snapshot, sample->agent_gone);
    Wrapup *wrapup = wrapup_new(',');
    wrapup_load(wrapup, &view);
    const Console console = {
        .scene = scene,
        .theme = theme,
        .text = text,
        .view = &view,
        .now_mono = NOW_MS,
        .clock = "20:48",
        .shopper_visible = sample->shopper,
        .own_visible = sample->own,
        .own_voice = voice,
        .shopper_voice = voice,
        .chat = chat,
        .chat_count = sample->chat ? 2 : 0,
        .message = "",
        .wrapup = wrapup,
        .service = sample->service,
    };
    console_build(&console, width, height);
    wrapup_free(wrapup);
    json_decref(snapshot);
}

static void have_no_demo(json_t *snapshot)
{
    size_t i;
    json_t *check;
    json_array_foreach(json_object_get(snapshot, "checks"), i, check) {
        if (g_str_equal(json_string_value(json_object_get(check, "name")), "demo"))
            json_object_set_new(check, "state", json_string("unused"));
    }
}

/* Every way in which a product may be had, in the list and of what is shown. */
static json_t *load_shop(void)
{
    static const char *const ways[] = {"in_stock", "out_of_stock", "preorder", "backorder"};
    json_t *shop = json_load_file("tests/pictures/shop.json", 0, NULL), *list = json_object_get(shop, "list");
    assert_non_null(shop);
    for (gsize i = 0; i < json_array_size(list); i++) {
        json_t *card = json_array_get(list, i);
        json_object_set_new(card, "availability", json_string(ways[i % G_N_ELEMENTS(ways)]));
        json_object_set_new(card, "in_store", json_integer(i % 3 ? 12 : 0));
        json_object_set_new(card, "price_minor", json_integer(12999000));
    }
    json_t *shown = json_array_get(json_object_get(json_object_get(shop, "product"), "products"), 0);
    json_object_set_new(shown, "availability", json_string("out_of_stock"));
    json_object_set_new(shown, "in_store", json_integer(0));
    return shop;
}

/* The panel of products in every state that it has, and what the demo display then shows. */
static guint check_products(const char *where, Scene *scene, const Theme *theme, const Text *text, double width, double height)
{
    json_t *shop = load_shop();
    guint faults = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(samples); i++) {
        if (!g_str_equal(samples[i].name, "ready") && !g_str_equal(samples[i].name, "live") && !g_str_equal(samples[i].name, "live_muted"))
            continue;
        for (int turn = 0; turn < 5; turn++) {
            json_t *snapshot = sample_snapshot(&samples[i], NOW_MS), *show = json_object_get(shop, turn % 2 ? "product" : "compare");
            if (turn) json_object_set(snapshot, "show", show);
            if (turn > 1) json_object_set(snapshot, "basket", json_object_get(shop, "basket"));
            if (turn == 1 || turn == 3) have_no_demo(snapshot);
            View view;
            view_read(&view, snapshot, FALSE);
            Shelf *shelf = shelf_new();
            if (turn != 2) shelf_do(shelf, "open");
            field_type(shelf->query, "fjell");
            if (turn) shelf_take(shelf, "fjell", json_object_get(shop, "list"));
            if (turn > 2) shelf_do(shelf, "basket");
            if (turn > 3) shelf->notice = "products_unknown";
            const Console console = {.scene = scene,
                                     .theme = theme,
                                     .text = text,
                                     .view = &view,
                                     .now_mono = NOW_MS,
                                     .clock = "20:48",
                                     .shopper_visible = TRUE,
                                     .message = "",
                                     .shelf = shelf,
                                     .shop = snapshot};
            console_build(&console, width, height);
            faults += check_scene(where, scene);
            demo_build(&(Demo){.scene = scene, .theme = theme, .text = text, .name = "Oslo City", .brand = "", .show = show}, width,
                       height);
            faults += check_scene(where, scene);
            shelf_free(shelf);
            json_decref(snapshot);
        }
    }
    json_decref(shop);
    return faults;
}

static guint check_language(const char *share, const char *language, const char *theme_name)
{
    g_autoptr(Text) text = text_load(share, language, NULL);
    assert_non_null(text);
    const Theme *theme = theme_find(theme_name);
    Scene *scene = scene_new(fonts);
    guint faults = 0;
    for (gsize s = 0; s < G_N_ELEMENTS(sizes); s++) {
        double scale = layout_scale(sizes[s].width, sizes[s].height), width = sizes[s].width / scale, height = sizes[s].height / scale;
        for (gsize i = 0; i < G_N_ELEMENTS(samples); i++) {
            g_autofree char *where =
                g_strdup_printf("%s %s %dx%d %s", samples[i].name, language, sizes[s].width, sizes[s].height, theme_name);
            for (Voice voice = VOICE_HEARD; voice <= (samples[i].shopper ? VOICE_MUTED : VOICE_HEARD); voice++) {
                build_sample(scene, theme, text, &samples[i], voice, width, height);
                faults += check_scene(where, scene);
            }
        }
        g_autofree char *products = g_strdup_printf("products %s %dx%d %s", language, sizes[s].width, sizes[s].height, theme_name);
        faults += check_products(products, scene, theme, text, width, height);
        for (int on_air = 0; on_air < 2; on_air++) {
            demo_build(&(Demo){.scene = scene, .theme = theme, .text = text, .name = "Oslo City", .brand = "", .on_air = on_air}, width,
                       height);
            faults += check_scene(language, scene);
        }
    }
    scene_free(scene);
    return faults;
}

static void every_language_fits(void **state)
{
    (void)state;
    guint faults = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(languages); i++) faults += check_language(SHARE, languages[i], "dark");
    assert_int_equal(faults, 0);
}

static void a_longer_language_fits(void **state)
{
    (void)state;
    assert_int_equal(check_language(long_share, "xx", "dark"), 0);
}

static void the_day_theme_has_contrast(void **state)
{
    (void)state;
    assert_int_equal(check_language(SHARE, "en", "day"), 0);
}

static const char *problem_names[] = {
    "camera_face_missing",   "camera_face_frozen", "camera_product_missing",
    "camera_product_frozen", "microphone_missing", "microphone_silent",
    "speaker_missing",       "speaker_silent",     "console_missing",
    "demo_missing",          "studio_down",        "storage_full",
    "storage_failing",       "desk_unreachable",   "certificate_expired",
    "certificate_foreign",   "renewal_failing",    "token_used",
    "token_expired",         "token_foreign",      "enrolment_refused",
    "enrolment_missing",     "identity_twice",     "booth_txt_wrong",
    "network_missing",       "statistics_backlog", "records_damaged",
    "microphone_spare",
};

static void every_problem_fits_its_banner(void **state)
{
    (void)state;
    guint faults = 0;
    Scene *scene = scene_new(fonts);
    for (gsize l = 0; l <= G_N_ELEMENTS(languages); l++) {
        gboolean longer = l == G_N_ELEMENTS(languages);
        g_autoptr(Text) text = text_load(longer ? long_share : SHARE, longer ? "xx" : languages[l], NULL);
        for (gsize i = 0; i < G_N_ELEMENTS(problem_names); i++) {
            g_autofree char *json = g_strdup_printf("{" SAMPLE_HEAD SAMPLE_LINK SAMPLE_LINE "\"state\":\"ready\",\"problems\":["
                                                    "{\"name\":\"%s\",\"severity\":\"error\"},{\"name\":\"%s\"},{\"name\":\"x\"}]}",
                                                    problem_names[i], problem_names[i]);
            const Sample sample = {.name = problem_names[i], .json = json};
            build_sample(scene, theme_find("dark"), text, &sample, VOICE_HEARD, LAYOUT_WIDTH, LAYOUT_HEIGHT);
            faults += check_scene(problem_names[i], scene);
        }
    }
    scene_free(scene);
    assert_int_equal(faults, 0);
}

static void keys_reach_everything(void **state)
{
    (void)state;
    g_autoptr(Text) text = text_load(SHARE, "en", NULL);
    Scene *scene = scene_new(fonts);
    for (gsize i = 0; i < G_N_ELEMENTS(samples); i++) {
        build_sample(scene, theme_find("dark"), text, &samples[i], VOICE_HEARD, LAYOUT_WIDTH, LAYOUT_HEIGHT);
        scene->focus[0] = '\0';
        guint reached = 0, enabled = 0;
        for (guint k = 0; k < scene->targets->len; k++) {
            const SceneTarget *target = &g_array_index(scene->targets, SceneTarget, k);
            enabled += !target->disabled;
            if (target->disabled) continue;
            const SceneTarget *next = scene_next_target(scene, 1);
            assert_non_null(next);
            reached += next == target;
            g_strlcpy(scene->focus, next->id, sizeof scene->focus);
            if (target->key) assert_ptr_equal(scene_target_for_key(scene, target->key), target);
        }
        assert_int_equal(reached, enabled);
        if (samples[i].agent_gone) assert_int_equal(enabled, 0);
    }
    scene_free(scene);
}

static void a_panel_changes_only_with_what_it_shows(void **state)
{
    (void)state;
    g_autoptr(Text) text = text_load(SHARE, "en", NULL);
    Scene *one = scene_new(fonts), *two = scene_new(fonts);
    for (gsize i = 0; i < G_N_ELEMENTS(samples); i++) {
        build_sample(one, theme_find("dark"), text, &samples[i], VOICE_HEARD, LAYOUT_WIDTH, LAYOUT_HEIGHT);
        build_sample(two, theme_find("dark"), text, &samples[i], VOICE_HEARD, LAYOUT_WIDTH, LAYOUT_HEIGHT);
        assert_int_equal(one->panels->len, two->panels->len);
        for (guint k = 0; k < one->panels->len; k++)
            assert_int_equal(g_array_index(one->panels, ScenePanel, k).print, g_array_index(two->panels, ScenePanel, k).print);
    }
    build_sample(two, theme_find("day"), text, &samples[0], VOICE_HEARD, LAYOUT_WIDTH, LAYOUT_HEIGHT);
    build_sample(one, theme_find("dark"), text, &samples[0], VOICE_HEARD, LAYOUT_WIDTH, LAYOUT_HEIGHT);
    assert_int_not_equal(g_array_index(one->panels, ScenePanel, 0).print, g_array_index(two->panels, ScenePanel, 0).print);
    scene_free(one);
    scene_free(two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_language_fits),        cmocka_unit_test(a_longer_language_fits),
        cmocka_unit_test(the_day_theme_has_contrast), cmocka_unit_test(every_problem_fits_its_banner),
        cmocka_unit_test(keys_reach_everything),      cmocka_unit_test(a_panel_changes_only_with_what_it_shows),
    };
    return cmocka_run_group_tests_name("console", tests, set_up, tear_down);
}
