#include "studio/demo.h"

#include "studio/draw.h"
#include "studio/frame_code.h"
#include "text/price.h"

#include <string.h>

#define BRAND      "Livebooth"
#define EDGE       56.0
#define FOOT       56.0
#define CARD_ROUND 24.0
#define ROW        46.0

static const char *word(const Demo *demo, const char *key)
{
    return text_get(demo->text, "demo", key);
}

static const char *member(const json_t *product, const char *name)
{
    const char *text = json_string_value(json_object_get(product, name));
    return text ? text : "";
}

static const json_t *products_of(const Demo *demo)
{
    return json_object_get(demo->show, "products");
}

static const char *kind_of(const Demo *demo)
{
    const char *kind = json_string_value(json_object_get(demo->show, "kind"));
    return kind && json_array_size(products_of(demo)) ? kind : "idle";
}

/* --- parts ---------------------------------------------------------------------------------------------------------------------------- */

static void words(const Demo *demo, Rect rect, TextStyle style, TextAlign align, guint32 colour, guint32 on, guint lines, const char *text)
{
    scene_words(demo->scene, &(SceneItem){.rect = rect,
                                          .style = style,
                                          .align = align,
                                          .colour = colour,
                                          .on = on,
                                          .lines = lines,
                                          .top = lines > 1,
                                          .foreign = TRUE,
                                          .text = (char *)text});
}

/* A picture on paper, a quiet sign until it is there or when it does not come. */
static void picture(const Demo *demo, Rect rect, const char *address, GallerySize size)
{
    Scene *scene = demo->scene;
    const Theme *theme = demo->theme;
    GalleryState state = GALLERY_FAILED;
    cairo_surface_t *image = demo->gallery && *address ? gallery_get(demo->gallery, address, size, &state) : NULL;
    double inset = rect.w > 300 ? 20 : 8;
    if (image) {
        scene_box(scene, rect, MIN(CARD_ROUND, rect.h / 6), gallery_paper(image));
        scene_image(scene, image, rect_inset(rect, inset, inset), 12);
        return;
    }
    double icon = MIN(64, rect.h / 3);
    scene_box(scene, rect, MIN(CARD_ROUND, rect.h / 6), theme->surface);
    Rect block = rect_centre(rect, rect.w - 24, icon + 8 + (rect.h > 160 ? 26 : 0));
    scene_icon(scene, state == GALLERY_COMING ? ICON_DOTS : ICON_PRODUCT, rect_centre(rect_cut_top(&block, icon, 8), icon, icon),
               theme->text_soft, theme->surface);
    if (rect.h > 160 && state == GALLERY_FAILED)
        scene_text(scene, block, STYLE_LABEL, ALIGN_CENTRE, theme->text_soft, theme->surface, word(demo, "no_picture"));
}

static const char *image_at(const json_t *product, gsize index)
{
    const json_t *images = json_object_get(product, "images");
    const char *address = json_string_value(json_array_get(images, index < json_array_size(images) ? index : 0));
    return address ? address : "";
}

static void price(const Demo *demo, Rect rect, const json_t *product, TextStyle style, guint32 on)
{
    Scene *scene = demo->scene;
    const Theme *theme = demo->theme;
    const char *language = text_language(demo->text), *currency = member(product, "currency");
    const json_t *sale = json_object_get(product, "sale_price_minor"), *full = json_object_get(product, "price_minor");
    g_autofree char *now = price_format(language, json_integer_value(sale ? sale : full), currency);
    double width = MIN(draw_text_width(scene->fonts, style, now) + 2, rect.w);
    words(demo, rect_cut_left(&rect, width, 18), style, ALIGN_LEFT, theme->text, on, 1, now);
    if (!sale || json_integer_value(sale) >= json_integer_value(full)) return;
    g_autofree char *before = price_format(language, json_integer_value(full), currency);
    TextStyle small = style == STYLE_NUMBER ? STYLE_HEADING : STYLE_LABEL;
    width = draw_text_width(scene->fonts, small, before) + 2;
    if (width > rect.w) return;
    Rect old = rect_cut_left(&rect, width, 14);
    words(demo, old, small, ALIGN_LEFT, theme->text_soft, on, 1, before);
    scene_box(scene, (Rect){old.x - 2, old.y + old.h / 2, old.w + 2, 2}, 0, theme->text_soft);
    char percent[16];
    gint64 whole = MAX(json_integer_value(full), 1);
    g_snprintf(percent, sizeof percent, "−%d %%", (int)CLAMP(100 - json_integer_value(sale) * 100 / whole, 0, 99));
    width = draw_text_width(scene->fonts, STYLE_LABEL, percent) + 26;
    if (width > rect.w) return;
    Rect pill = rect_centre(rect_cut_left(&rect, width, 0), width, 34);
    scene_box(scene, pill, 17, theme->accent_fill);
    scene_text(scene, pill, STYLE_LABEL, ALIGN_CENTRE, theme->on_accent, theme->accent_fill, percent);
}

static void fact(const Demo *demo, Rect rect, Icon icon, guint32 colour, guint32 on, TextStyle style, const char *text)
{
    double size = style == STYLE_HEADING ? 26 : 20;
    scene_icon(demo->scene, icon, rect_centre(rect_cut_left(&rect, size, 12), size, size), colour, on);
    scene_text(demo->scene, rect, style, ALIGN_LEFT, demo->theme->text, on, text);
}

/* Rating, online, in this store: as many lines as there are; cuts them off rect. */
static void facts(const Demo *demo, Rect *rect, const json_t *product, TextStyle style, double line, guint32 on)
{
    static const struct {
        const char *availability;
        Icon icon;
    } online[] = {{"in_stock", ICON_CHECK}, {"out_of_stock", ICON_CROSS}, {"preorder", ICON_CALENDAR}, {"backorder", ICON_CLOCK}};
    const Theme *theme = demo->theme;
    const json_t *rating = json_object_get(product, "rating"), *store = json_object_get(product, "in_store");
    if (rating) {
        g_autofree char *value = price_number(text_language(demo->text), json_number_value(rating));
        char count[24];
        g_snprintf(count, sizeof count, "%" JSON_INTEGER_FORMAT, json_integer_value(json_object_get(product, "ratings")));
        g_autofree char *text = text_format(demo->text, "demo", "rating_of", "rating", value, "n", count, NULL);
        fact(demo, rect_cut_top(rect, line, 0), ICON_STAR, theme->warn, on, style, text);
    }
    for (guint i = 0; i < G_N_ELEMENTS(online); i++) {
        if (strcmp(member(product, "availability"), online[i].availability) != 0) continue;
        fact(demo, rect_cut_top(rect, line, 0), online[i].icon, i == 0 ? theme->good : theme->text_soft, on, style,
             word(demo, online[i].availability));
    }
    if (!store) return;
    char count[24];
    gboolean has = json_integer_value(store) > 0;
    g_snprintf(count, sizeof count, "%" JSON_INTEGER_FORMAT, json_integer_value(store));
    g_autofree char *text = text_format(demo->text, "demo", has ? "store_has" : "store_has_none", "n", count, NULL);
    fact(demo, rect_cut_top(rect, line, 0), ICON_STORE, has ? theme->good : theme->text_soft, on, style, text);
    if (has) fact(demo, rect_cut_top(rect, line, 0), ICON_BOOKMARK, theme->good, on, style, word(demo, "collect"));
}

/* The store on the left, the feed's time on the right. */
static void foot(const Demo *demo, Rect rect, const json_t *product)
{
    const Theme *theme = demo->theme;
    const json_t *feed = json_object_get(product, "feed_utc");
    g_autoptr(GDateTime) time = feed ? g_date_time_new_from_unix_local(json_integer_value(feed) / 1000) : NULL;
    g_autofree char *when = time ? g_date_time_format(time, "%-d.%-m.%Y %H:%M") : NULL;
    g_autofree char *text = when ? text_format(demo->text, "demo", "price_as_of", "time", when, NULL) : NULL;
    rect = rect_inset(rect, EDGE, 0);
    if (text)
        words(demo, rect_cut_right(&rect, draw_text_width(demo->scene->fonts, STYLE_BODY, text) + 2, 24), STYLE_BODY, ALIGN_RIGHT,
              theme->text_soft, theme->background, 1, text);
    words(demo, rect, STYLE_BODY, ALIGN_LEFT, theme->text_soft, theme->background, 1, demo->name);
}

/* --- what is shown ----------------------------------------------------------------------------------------------------------------------
 */

static void highlights(const Demo *demo, Rect rect, const json_t *product)
{
    const Theme *theme = demo->theme;
    const json_t *list = json_object_get(product, "highlights");
    for (gsize i = 0; i < json_array_size(list) && rect.h >= 34; i++) {
        Rect line = rect_cut_top(&rect, 34, 0);
        scene_box(demo->scene, rect_centre(rect_cut_left(&line, 8, 14), 8, 8), 4, theme->accent);
        words(demo, line, STYLE_HEADING, ALIGN_LEFT, theme->text_soft, theme->background, 1, json_string_value(json_array_get(list, i)));
    }
}

static void build_product(const Demo *demo, Rect area)
{
    const Theme *theme = demo->theme;
    const json_t *product = json_array_get(products_of(demo), 0);
    gsize index = (gsize)json_integer_value(json_object_get(demo->show, "index"));
    Rect left = rect_cut_left(&area, MIN(area.w * 0.5, area.h), 56);
    picture(demo, left, image_at(product, index), GALLERY_LARGE);
    const char *title = member(product, "title"), *brand = member(product, "brand");
    double line = draw_line_height(demo->scene->fonts, STYLE_TITLE);
    double height = MIN(3 * line, draw_text_height(demo->scene->fonts, STYLE_TITLE, title, area.w));
    rect_cut_top(&area, MAX(0, area.h * 0.06), 0);
    if (*brand) words(demo, rect_cut_top(&area, 30, 8), STYLE_HEADING, ALIGN_LEFT, theme->accent, theme->background, 1, brand);
    words(demo, rect_cut_top(&area, height + 2, 22), STYLE_TITLE, ALIGN_LEFT, theme->text, theme->background, 3, title);
    price(demo, rect_cut_top(&area, 66, 20), product, STYLE_NUMBER, theme->background);
    facts(demo, &area, product, STYLE_HEADING, 42, theme->background);
    rect_cut_top(&area, 18, 0);
    highlights(demo, area, product);
}

static void build_gallery(const Demo *demo, Rect area)
{
    const Theme *theme = demo->theme;
    const json_t *product = json_array_get(products_of(demo), 0);
    gsize index = (gsize)json_integer_value(json_object_get(demo->show, "index")),
          count = json_array_size(json_object_get(product, "images"));
    Rect caption = rect_cut_bottom(&area, 56, 16);
    Rect strip = count > 1 ? rect_cut_right(&area, 132, 20) : (Rect){0};
    picture(demo, area, image_at(product, index), GALLERY_LARGE);
    for (gsize i = 0; count > 1 && i < count && strip.h >= 96; i++) {
        Rect small = rect_cut_top(&strip, MIN(132, strip.h), 12);
        picture(demo, rect_inset(small, 4, 4), image_at(product, i), GALLERY_SMALL);
        if (i == index) scene_frame(demo->scene, small, CARD_ROUND, SCENE_NO_COLOUR, theme->accent, 4);
    }
    char at[16], of[16];
    g_snprintf(at, sizeof at, "%d", (int)index + 1);
    g_snprintf(of, sizeof of, "%d", (int)count);
    g_autofree char *number = text_format(demo->text, "demo", "picture_of", "index", at, "count", of, NULL);
    if (count > 1)
        words(demo, rect_cut_right(&caption, draw_text_width(demo->scene->fonts, STYLE_HEADING, number) + 2, 24), STYLE_HEADING,
              ALIGN_RIGHT, theme->text_soft, theme->background, 1, number);
    words(demo, caption, STYLE_TITLE, ALIGN_LEFT, theme->text, theme->background, 1, member(product, "title"));
}

static void build_video(const Demo *demo, Rect area)
{
    const Theme *theme = demo->theme;
    const json_t *product = json_array_get(products_of(demo), 0);
    Rect caption = rect_cut_bottom(&area, 56, 16), line = caption;
    double width = MIN(460, caption.w * 0.4);
    price(demo, rect_cut_right(&line, width, 24), product, STYLE_HEADING, theme->background);
    words(demo, line, STYLE_TITLE, ALIGN_LEFT, theme->text, theme->background, 1, member(product, "title"));
    if (demo->video) {
        scene_box(demo->scene, area, 0, theme->stage);
        scene_picture(demo->scene, PICTURE_VIDEO, area);
    } else {
        picture(demo, area, image_at(product, 0), GALLERY_LARGE);
    }
}

/* --- side by side ------------------------------------------------------------------------------------------------------------------------
 */

static const char *detail_of(const json_t *product, const char *name)
{
    const json_t *details = json_object_get(product, "details");
    for (gsize i = 0; i < json_array_size(details); i++) {
        if (strcmp(member(json_array_get(details, i), "name"), name) == 0) return member(json_array_get(details, i), "value");
    }
    return "";
}

static gboolean differs(const json_t *products, const char *name)
{
    for (gsize i = 1; i < json_array_size(products); i++) {
        if (strcmp(detail_of(json_array_get(products, i), name), detail_of(json_array_get(products, 0), name)) != 0) return TRUE;
    }
    return FALSE;
}

static gboolean is_listed(const GPtrArray *names, const char *name)
{
    return g_ptr_array_find_with_equal_func((GPtrArray *)names, name, g_str_equal, NULL);
}

/* Names of details, those in which the products differ first. */
static GPtrArray *detail_names(const json_t *products)
{
    GPtrArray *names = g_ptr_array_new();
    for (int pass = 0; pass < 2; pass++) {
        for (gsize i = 0; i < json_array_size(products); i++) {
            const json_t *details = json_object_get(json_array_get(products, i), "details");
            for (gsize k = 0; k < json_array_size(details); k++) {
                const char *name = member(json_array_get(details, k), "name");
                if (differs(products, name) == (pass == 0) && !is_listed(names, name)) g_ptr_array_add(names, (char *)name);
            }
        }
    }
    return names;
}

static void compare_row(const Demo *demo, Rect row, double first, const char *name)
{
    Scene *scene = demo->scene;
    const Theme *theme = demo->theme;
    const json_t *products = products_of(demo);
    gboolean marked = differs(products, name);
    guint32 fill = marked ? theme_mix(theme->surface, theme->accent, 0.14) : theme->surface;
    scene_box(scene, row, 10, fill);
    Rect label = rect_inset(rect_cut_left(&row, first, 24), 16, 0);
    if (marked) {
        scene_icon(scene, ICON_COMPARE, rect_centre(rect_cut_left(&label, 20, 10), 20, 20), theme->accent, fill);
    }
    words(demo, label, STYLE_LABEL, ALIGN_LEFT, theme->text_soft, fill, 1, name);
    for (guint i = 0; i < json_array_size(products); i++) {
        const char *value = detail_of(json_array_get(products, i), name);
        words(demo, rect_column(row, (guint)json_array_size(products), i, 24), marked ? STYLE_BUTTON : STYLE_BODY, ALIGN_LEFT, theme->text,
              fill, 1, *value ? value : "–");
    }
}

/* Lines that the longest title takes, two at most: prices stand in a row. */
static double titles_height(const Demo *demo, const json_t *products, double width)
{
    double height = 0;
    for (gsize i = 0; i < json_array_size(products); i++)
        height = MAX(height, draw_text_height(demo->scene->fonts, STYLE_HEADING, member(json_array_get(products, i), "title"), width));
    return MIN(height, 2 * draw_line_height(demo->scene->fonts, STYLE_HEADING)) + 4;
}

static void compare_head(const Demo *demo, Rect rect, const json_t *product, double picture_height, double title_height)
{
    const Theme *theme = demo->theme;
    picture(demo, rect_cut_top(&rect, picture_height, 14), image_at(product, 0), GALLERY_LARGE);
    words(demo, rect_cut_top(&rect, title_height, 6), STYLE_HEADING, ALIGN_LEFT, theme->text, theme->background, 2,
          member(product, "title"));
    price(demo, rect_cut_top(&rect, 44, 4), product, STYLE_BUTTON_BIG, theme->background);
    facts(demo, &rect, product, STYLE_LABEL, 28, theme->background);
}

static void build_compare(const Demo *demo, Rect area)
{
    const Theme *theme = demo->theme;
    const json_t *products = products_of(demo);
    guint count = (guint)json_array_size(products);
    double first = 236, pictures = area.h * 0.26;
    g_autoptr(GPtrArray) names = detail_names(products);
    double width = (area.w - first - 24 - 24 * (count - 1)) / count, titles = titles_height(demo, products, width);
    double head_height = pictures + 14 + titles + 6 + 48 + 4 * 28 + 12;
    Rect head = rect_cut_top(&area, head_height, 8), legend = rect_cut_left(&head, first, 24);
    for (guint i = 0; i < count; i++) compare_head(demo, rect_column(head, count, i, 24), json_array_get(products, i), pictures, titles);
    Rect mark = rect_inset(rect_cut_bottom(&legend, 34, 0), 16, 0);
    scene_icon(demo->scene, ICON_COMPARE, rect_centre(rect_cut_left(&mark, 20, 10), 20, 20), theme->accent, theme->background);
    scene_text(demo->scene, mark, STYLE_LABEL, ALIGN_LEFT, theme->text_soft, theme->background, word(demo, "differs"));
    for (guint i = 0; i < names->len && area.h >= ROW - 4; i++)
        compare_row(demo, rect_cut_top(&area, ROW - 4, 4), first, g_ptr_array_index(names, i));
}

/* --- nothing
 * --------------------------------------------------------------------------------------------------------------------------------- */

static void build_idle(const Demo *demo, Rect screen)
{
    Scene *scene = demo->scene;
    const Theme *theme = demo->theme;
    if (demo->idle) {
        scene_image(scene, demo->idle, screen, 0);
        return;
    }
    /* Wide, quiet circles that meet behind the mark. */
    for (int i = 4; i > 0; i--) {
        double size = 220.0 + 210.0 * i;
        scene_box(scene, rect_centre(screen, size, size), size / 2, theme_mix(theme->background, theme->accent_fill, 0.05 * (5 - i)));
    }
    guint32 centre = theme_mix(theme->background, theme->accent_fill, 0.20);
    const char *line = word(demo, demo->on_air ? "live_line" : "idle_line");
    Rect block = rect_centre(screen, screen.w - 160, 112 + 28 + 96 + 12 + 44);
    Rect badge = rect_centre(rect_cut_top(&block, 112, 28), 112, 112);
    scene_box(scene, badge, 30, theme->accent_fill);
    scene_icon(scene, ICON_BRAND, rect_centre(badge, 64, 64), theme->on_accent, theme->accent_fill);
    words(demo, rect_cut_top(&block, 96, 12), STYLE_HUGE, ALIGN_CENTRE, theme->text, centre, 1, *demo->brand ? demo->brand : BRAND);
    scene_text(scene, block, STYLE_BUTTON_BIG, ALIGN_CENTRE, theme->text, centre, line);
    Rect bottom = {80, screen.h - 88, screen.w - 160, 40};
    if (*demo->name) words(demo, bottom, STYLE_HEADING, ALIGN_CENTRE, theme->text_soft, theme->background, 1, demo->name);
}

static void on_air_pill(const Demo *demo, Rect corner)
{
    Scene *scene = demo->scene;
    const Theme *theme = demo->theme;
    const char *label = word(demo, "live_title");
    double width = draw_text_width(scene->fonts, STYLE_BUTTON_BIG, label) + 1 + 24 + 14 + 48;
    Rect pill = {corner.x + corner.w - width, corner.y, width, 60};
    scene_box(scene, pill, 30, theme->danger_fill);
    Rect inner = rect_inset(pill, 24, 0);
    scene_icon(scene, ICON_CAMERA, rect_centre(rect_cut_left(&inner, 24, 14), 24, 24), theme->on_danger, theme->danger_fill);
    scene_text(scene, inner, STYLE_BUTTON_BIG, ALIGN_LEFT, theme->on_danger, theme->danger_fill, label);
}

void demo_build(const Demo *demo, double width, double height)
{
    static const struct {
        const char *kind;
        void (*build)(const Demo *demo, Rect area);
    } kinds[] = {{"product", build_product}, {"compare", build_compare}, {"gallery", build_gallery}, {"video", build_video}};
    const Theme *theme = demo->theme;
    const char *kind = kind_of(demo);
    Rect screen = {0, 0, width, height};
    scene_clear(demo->scene, width, height, theme->background);
    screen.h = frame_code_rect(width, height).y;
    scene_panel(demo->scene, "demo", screen, theme->background);
    if (strcmp(kind, "idle") == 0) {
        build_idle(demo, screen);
        if (demo->on_air) on_air_pill(demo, (Rect){64, 56, width - 128, 60});
    } else {
        Rect area = {EDGE, 44, width - 2 * EDGE, height - 44 - FOOT - 8};
        for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
            if (strcmp(kind, kinds[i].kind) == 0) kinds[i].build(demo, area);
        foot(demo, (Rect){0, height - FOOT, width, FOOT - 8}, json_array_get(products_of(demo), 0));
    }
    scene_end(demo->scene);
    g_autofree char *shown = demo_words(demo);
    frame_code_draw(demo->scene, frame_code_of(shown), theme->background, frame_code_ink(theme->background, theme->text));
}

char *demo_words(const Demo *demo)
{
    const char *kind = kind_of(demo);
    GString *shown = g_string_new(kind);
    if (strcmp(kind, "idle") == 0) return g_string_free(shown, FALSE);
    for (gsize i = 0; i < json_array_size(products_of(demo)); i++)
        g_string_append_printf(shown, "\n%s", member(json_array_get(products_of(demo), i), "id"));
    g_string_append_printf(shown, "\n#%d", (int)json_integer_value(json_object_get(demo->show, "index")));
    return g_string_free(shown, FALSE);
}
