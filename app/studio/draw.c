#include "studio/draw.h"

#include <math.h>
#include <pango/pangocairo.h>
#include <string.h>

#define FAMILIES "Inter, Noto Sans, DejaVu Sans"
#define MEASURES 512 /* kept: about twice what a screen asks for; a power of two */
#define SPILL    3.0 /* of a glyph, beyond its line */
#define TALL     1.3 /* a line in another script's font */

/* Of a text in a style, broken at a width or not: measuring takes longer than everything else when a screen is laid out. */
typedef struct {
    guint64 print; /* 0: none */
    float length;
} Measure;

struct Fonts {
    PangoFontMap *map;
    PangoContext *context;
    PangoFontDescription *styles[STYLES];
    double line_heights[STYLES];
    Measure measures[MEASURES];
};

static const struct {
    double size;
    PangoWeight weight;
    gboolean figures; /* of even width */
} looks[STYLES] = {
    [STYLE_HUGE] = {76, PANGO_WEIGHT_SEMIBOLD, FALSE},   [STYLE_NUMBER] = {50, PANGO_WEIGHT_SEMIBOLD, FALSE},
    [STYLE_TITLE] = {34, PANGO_WEIGHT_SEMIBOLD, FALSE},  [STYLE_HEADING] = {22, PANGO_WEIGHT_SEMIBOLD, FALSE},
    [STYLE_BODY] = {18, PANGO_WEIGHT_NORMAL, FALSE},     [STYLE_LABEL] = {17, PANGO_WEIGHT_MEDIUM, FALSE},
    [STYLE_SMALL] = {15, PANGO_WEIGHT_MEDIUM, FALSE},    [STYLE_KEYCAP] = {13, PANGO_WEIGHT_SEMIBOLD, FALSE},
    [STYLE_BUTTON] = {19, PANGO_WEIGHT_SEMIBOLD, FALSE}, [STYLE_BUTTON_BIG] = {28, PANGO_WEIGHT_SEMIBOLD, FALSE},
    [STYLE_CLOCK] = {20, PANGO_WEIGHT_SEMIBOLD, TRUE},
};

static PangoLayout *new_layout(Fonts *fonts, TextStyle style, const char *text)
{
    PangoLayout *layout = pango_layout_new(fonts->context);
    pango_layout_set_font_description(layout, fonts->styles[style]);
    pango_layout_set_text(layout, text ? text : "", -1);
    if (looks[style].figures) {
        g_autoptr(PangoAttrList) attributes = pango_attr_list_new();
        pango_attr_list_insert(attributes, pango_attr_font_features_new("tnum=1"));
        pango_layout_set_attributes(layout, attributes);
    }
    return layout;
}

Fonts *fonts_new(void)
{
    Fonts *fonts = g_new0(Fonts, 1);
    fonts->map = pango_cairo_font_map_new();
    pango_cairo_font_map_set_resolution(PANGO_CAIRO_FONT_MAP(fonts->map), 72);
    fonts->context = pango_font_map_create_context(fonts->map);
    /* Lengths must not depend on the scale, so that what fits on one screen fits on all. */
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    pango_cairo_context_set_font_options(fonts->context, options);
    cairo_font_options_destroy(options);
    pango_context_set_round_glyph_positions(fonts->context, FALSE);
    for (guint i = 0; i < STYLES; i++) {
        fonts->styles[i] = pango_font_description_new();
        pango_font_description_set_family(fonts->styles[i], FAMILIES);
        pango_font_description_set_weight(fonts->styles[i], looks[i].weight);
        pango_font_description_set_absolute_size(fonts->styles[i], looks[i].size * PANGO_SCALE);
    }
    return fonts;
}

void fonts_free(Fonts *fonts)
{
    if (!fonts) return;
    for (guint i = 0; i < STYLES; i++) pango_font_description_free(fonts->styles[i]);
    g_object_unref(fonts->context);
    g_object_unref(fonts->map);
    g_free(fonts);
}

static Measure *find_measure(Fonts *fonts, TextStyle style, const char *text, double width)
{
    guint64 hash = 14695981039346656037ULL ^ style;
    guint8 bytes[sizeof width];
    memcpy(bytes, &width, sizeof width);
    for (gsize i = 0; i < sizeof bytes; i++) hash = (hash ^ bytes[i]) * 1099511628211ULL;
    for (const char *at = text; at && *at; at++) hash = (hash ^ (guint8)*at) * 1099511628211ULL;
    Measure *measure = &fonts->measures[(hash ^ hash >> 32) & (MEASURES - 1)];
    if (measure->print != hash) *measure = (Measure){.print = hash, .length = -1};
    return measure;
}

static double measure_width(Fonts *fonts, TextStyle style, const char *text)
{
    g_autoptr(PangoLayout) layout = new_layout(fonts, style, text);
    int width;
    pango_layout_get_size(layout, &width, NULL);
    return (double)width / PANGO_SCALE;
}

static double measure_height(Fonts *fonts, TextStyle style, const char *text, double width)
{
    g_autoptr(PangoLayout) layout = new_layout(fonts, style, text);
    pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    int height;
    pango_layout_get_size(layout, NULL, &height);
    return (double)height / PANGO_SCALE;
}

double draw_text_width(Fonts *fonts, TextStyle style, const char *text)
{
    Measure *measure = find_measure(fonts, style, text, 0);
    if (measure->length < 0) measure->length = (float)measure_width(fonts, style, text);
    return measure->length;
}

double draw_text_height(Fonts *fonts, TextStyle style, const char *text, double width)
{
    Measure *measure = find_measure(fonts, style, text, width);
    if (measure->length < 0) measure->length = (float)measure_height(fonts, style, text, width);
    return measure->length;
}

double draw_line_height(Fonts *fonts, TextStyle style)
{
    if (fonts->line_heights[style] <= 0) fonts->line_heights[style] = draw_text_height(fonts, style, "Åg", 1000);
    return fonts->line_heights[style];
}

gboolean draw_text_fits(Fonts *fonts, const SceneItem *item)
{
    g_autoptr(PangoLayout) layout = new_layout(fonts, item->style, item->text);
    if (item->lines > 1) pango_layout_set_width(layout, (int)(item->rect.w * PANGO_SCALE));
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD);
    int width, height;
    pango_layout_get_size(layout, &width, &height);
    return (double)width / PANGO_SCALE <= item->rect.w + 0.5 && (double)height / PANGO_SCALE <= item->rect.h + 0.5 &&
           pango_layout_get_line_count(layout) <= (int)item->lines;
}

static void set_colour(cairo_t *cr, guint32 colour)
{
    cairo_set_source_rgb(cr, ((colour >> 16) & 0xff) / 255.0, ((colour >> 8) & 0xff) / 255.0, (colour & 0xff) / 255.0);
}

static void rounded_path(cairo_t *cr, Rect r, double radius)
{
    radius = MIN(radius, MIN(r.w, r.h) / 2);
    cairo_new_sub_path(cr);
    cairo_arc(cr, r.x + r.w - radius, r.y + radius, radius, -G_PI_2, 0);
    cairo_arc(cr, r.x + r.w - radius, r.y + r.h - radius, radius, 0, G_PI_2);
    cairo_arc(cr, r.x + radius, r.y + r.h - radius, radius, G_PI_2, G_PI);
    cairo_arc(cr, r.x + radius, r.y + radius, radius, G_PI, 3 * G_PI_2);
    cairo_close_path(cr);
}

static void draw_box(cairo_t *cr, const SceneItem *item)
{
    if (item->rect.w <= 0 || item->rect.h <= 0) return;
    gboolean framed = item->line != SCENE_NO_COLOUR;
    double half = framed ? item->line_width / 2 : 0;
    rounded_path(cr, rect_inset(item->rect, half, half), item->radius);
    if (item->colour != SCENE_NO_COLOUR) {
        set_colour(cr, item->colour);
        cairo_fill_preserve(cr);
    }
    if (framed) {
        set_colour(cr, item->line);
        cairo_set_line_width(cr, item->line_width);
        cairo_stroke(cr);
    }
    cairo_new_path(cr);
}

static void draw_ring(cairo_t *cr, const SceneItem *item)
{
    double cx = item->rect.x + item->rect.w / 2, cy = item->rect.y + item->rect.h / 2;
    double radius = (MIN(item->rect.w, item->rect.h) - item->line_width) / 2;
    cairo_set_line_width(cr, item->line_width);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    set_colour(cr, item->line);
    cairo_new_path(cr);
    cairo_arc(cr, cx, cy, radius, 0, 2 * G_PI);
    cairo_stroke(cr);
    if (item->part <= 0) return;
    set_colour(cr, item->colour);
    cairo_arc(cr, cx, cy, radius, -G_PI_2, -G_PI_2 + 2 * G_PI * item->part);
    cairo_stroke(cr);
}

static void draw_image(cairo_t *cr, const SceneItem *item)
{
    int width = cairo_image_surface_get_width(item->image), height = cairo_image_surface_get_height(item->image);
    if (width <= 0 || height <= 0) return;
    Rect place = rect_fit(item->rect, (double)width / height);
    cairo_save(cr);
    rounded_path(cr, place, item->radius);
    cairo_clip(cr);
    cairo_translate(cr, place.x, place.y);
    cairo_scale(cr, place.w / width, place.h / height);
    cairo_set_source_surface(cr, item->image, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(cr), CAIRO_FILTER_GOOD);
    cairo_paint(cr);
    cairo_restore(cr);
    cairo_new_path(cr);
}

static void draw_text(Fonts *fonts, cairo_t *cr, const SceneItem *item)
{
    static const PangoAlignment alignments[] = {PANGO_ALIGN_LEFT, PANGO_ALIGN_CENTER, PANGO_ALIGN_RIGHT};
    g_autoptr(PangoLayout) layout = new_layout(fonts, item->style, item->text);
    pango_layout_set_width(layout, (int)ceil(item->rect.w * PANGO_SCALE));
    pango_layout_set_height(layout, -(int)item->lines);
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
    pango_layout_set_alignment(layout, alignments[item->align]);
    int height;
    pango_layout_get_size(layout, NULL, &height);
    double spare = item->rect.h - (double)height / PANGO_SCALE;
    set_colour(cr, item->colour);
    cairo_move_to(cr, item->rect.x, item->rect.y + (item->top ? 0 : spare / 2));
    pango_cairo_show_layout(cr, layout);
    cairo_new_path(cr);
}

static void draw_item(Fonts *fonts, cairo_t *cr, const SceneItem *item)
{
    switch (item->kind) {
    case SCENE_BOX: draw_box(cr, item); break;
    case SCENE_RING: draw_ring(cr, item); break;
    case SCENE_TEXT: draw_text(fonts, cr, item); break;
    case SCENE_IMAGE: draw_image(cr, item); break;
    case SCENE_ICON:
        set_colour(cr, item->colour);
        icon_draw(cr, item->icon, item->rect.x, item->rect.y, item->rect.w);
        break;
    }
}

Rect draw_extent(Fonts *fonts, const SceneItem *item)
{
    if (item->kind != SCENE_TEXT) return rect_inset(item->rect, -1, -1);
    const double line = draw_line_height(fonts, item->style) * TALL;
    const double wide = MAX(0, line - item->rect.w), tall = MAX(0, item->lines * line - item->rect.h); /* three dots stand at least */
    return rect_inset(item->rect, -SPILL - wide, -SPILL - tall);
}

void draw_panel(Fonts *fonts, cairo_t *cr, const Scene *scene, const ScenePanel *panel, double scale, Rect part)
{
    set_colour(cr, panel->background);
    cairo_paint(cr);
    cairo_scale(cr, scale, scale);
    cairo_translate(cr, -panel->rect.x, -panel->rect.y);
    for (guint i = 0; i < panel->count; i++) {
        const SceneItem *item = &g_array_index(scene->items, SceneItem, panel->first + i);
        if (rect_overlaps(draw_extent(fonts, item), part)) draw_item(fonts, cr, item);
    }
}
