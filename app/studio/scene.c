#include "studio/scene.h"

#include "studio/draw.h"

#include <string.h>

#define FNV_START 14695981039346656037ULL
#define FNV_PRIME 1099511628211ULL

static const cairo_user_data_key_t image_key;

static void item_clear(gpointer data)
{
    SceneItem *item = data;
    g_clear_pointer(&item->text, g_free);
    g_clear_pointer(&item->image, cairo_surface_destroy);
}

Scene *scene_new(Fonts *fonts)
{
    Scene *scene = g_new0(Scene, 1);
    scene->fonts = fonts;
    scene->strings = g_string_chunk_new(512);
    scene->items = g_array_new(FALSE, TRUE, sizeof(SceneItem));
    g_array_set_clear_func(scene->items, item_clear);
    scene->panels = g_array_new(FALSE, TRUE, sizeof(ScenePanel));
    scene->targets = g_array_new(FALSE, TRUE, sizeof(SceneTarget));
    scene->pictures = g_array_new(FALSE, TRUE, sizeof(ScenePicture));
    scene->meters = g_array_new(FALSE, TRUE, sizeof(SceneMeter));
    return scene;
}

void scene_free(Scene *scene)
{
    if (!scene) return;
    g_string_chunk_free(scene->strings);
    g_array_unref(scene->items);
    g_array_unref(scene->panels);
    g_array_unref(scene->targets);
    g_array_unref(scene->pictures);
    g_array_unref(scene->meters);
    g_free(scene);
}

void scene_clear(Scene *scene, double width, double height, guint32 background)
{
    g_string_chunk_clear(scene->strings);
    g_array_set_size(scene->items, 0);
    g_array_set_size(scene->panels, 0);
    g_array_set_size(scene->targets, 0);
    g_array_set_size(scene->pictures, 0);
    g_array_set_size(scene->meters, 0);
    scene->width = width;
    scene->height = height;
    scene->background = background;
}

static guint64 hash_bytes(guint64 hash, const void *bytes, gsize length)
{
    const guint8 *at = bytes;
    for (gsize i = 0; i < length; i++) hash = (hash ^ at[i]) * FNV_PRIME;
    return hash;
}

static guint64 print_of(const SceneItem *item)
{
    const double lengths[] = {item->rect.x, item->rect.y, item->rect.w, item->rect.h, item->radius, item->line_width, item->part};
    const guint32 words[] = {item->kind,  item->colour, item->line,  item->on,  item->icon,
                             item->style, item->align,  item->lines, item->top, item->foreign};
    guint64 hash = hash_bytes(hash_bytes(FNV_START, lengths, sizeof lengths), words, sizeof words);
    return item->text ? hash_bytes(hash, item->text, strlen(item->text) + 1) : hash;
}

void scene_end(Scene *scene)
{
    if (!scene->panels->len) return;
    ScenePanel *panel = &g_array_index(scene->panels, ScenePanel, scene->panels->len - 1);
    panel->count = scene->items->len - panel->first;
    guint64 hash = hash_bytes(hash_bytes(FNV_START, &panel->rect, sizeof panel->rect), &panel->background, sizeof panel->background);
    for (guint i = 0; i < panel->count; i++) {
        SceneItem *item = &g_array_index(scene->items, SceneItem, panel->first + i);
        item->print = print_of(item);
        hash = hash_bytes(hash, &item->print, sizeof item->print);
    }
    panel->print = hash;
}

void scene_panel(Scene *scene, const char *name, Rect rect, guint32 background)
{
    scene_end(scene);
    ScenePanel panel = {.name = name, .rect = rect, .background = background, .first = scene->items->len};
    g_array_append_val(scene->panels, panel);
}

static void add(Scene *scene, SceneItem item)
{
    item.text = g_strdup(item.text);
    g_array_append_val(scene->items, item);
}

void scene_box(Scene *scene, Rect rect, double radius, guint32 fill)
{
    add(scene, (SceneItem){.kind = SCENE_BOX, .rect = rect, .radius = radius, .colour = fill, .line = SCENE_NO_COLOUR});
}

void scene_frame(Scene *scene, Rect rect, double radius, guint32 fill, guint32 line, double line_width)
{
    add(scene, (SceneItem){.kind = SCENE_BOX, .rect = rect, .radius = radius, .colour = fill, .line = line, .line_width = line_width});
}

void scene_icon(Scene *scene, Icon icon, Rect rect, guint32 colour, guint32 on)
{
    add(scene, (SceneItem){.kind = SCENE_ICON, .rect = rect, .icon = icon, .colour = colour, .on = on});
}

void scene_ring(Scene *scene, Rect rect, double line_width, guint32 colour, guint32 track, double part)
{
    add(scene, (SceneItem){
                   .kind = SCENE_RING, .rect = rect, .line_width = line_width, .colour = colour, .line = track, .part = CLAMP(part, 0, 1)});
}

/* What tells one image from another: addresses are used again. */
static guint image_print(cairo_surface_t *image)
{
    static guint last;
    guint print = GPOINTER_TO_UINT(cairo_surface_get_user_data(image, &image_key));
    if (print) return print;
    cairo_surface_set_user_data(image, &image_key, GUINT_TO_POINTER(++last), NULL);
    return last;
}

void scene_image(Scene *scene, cairo_surface_t *image, Rect rect, double radius)
{
    if (!image) return;
    add(scene,
        (SceneItem){
            .kind = SCENE_IMAGE, .rect = rect, .radius = radius, .line = image_print(image), .image = cairo_surface_reference(image)});
}

void scene_words(Scene *scene, const SceneItem *item)
{
    SceneItem copy = *item;
    copy.kind = SCENE_TEXT;
    copy.lines = MAX(copy.lines, 1);
    add(scene, copy);
}

void scene_text(Scene *scene, Rect rect, TextStyle style, TextAlign align, guint32 colour, guint32 on, const char *text)
{
    scene_words(scene, &(SceneItem){.rect = rect, .style = style, .align = align, .colour = colour, .on = on, .text = (char *)text});
}

void scene_paragraph(Scene *scene, Rect rect, TextStyle style, guint32 colour, guint32 on, const char *text)
{
    guint lines = (guint)MAX(1, rect.h / draw_line_height(scene->fonts, style));
    scene_words(scene,
                &(SceneItem){.rect = rect, .style = style, .colour = colour, .on = on, .text = (char *)text, .lines = lines, .top = TRUE});
}

void scene_picture(Scene *scene, PictureKind kind, Rect rect)
{
    ScenePicture picture = {kind, rect};
    g_array_append_val(scene->pictures, picture);
}

void scene_meter(Scene *scene, const SceneMeter *meter)
{
    g_array_append_vals(scene->meters, meter, 1);
}

SceneTarget *scene_target(Scene *scene, const char *id, Rect rect)
{
    SceneTarget target = {.rect = rect, .argument = ""};
    g_strlcpy(target.id, id, sizeof target.id);
    g_array_append_val(scene->targets, target);
    return &g_array_index(scene->targets, SceneTarget, scene->targets->len - 1);
}

const char *scene_string(Scene *scene, const char *text)
{
    return g_string_chunk_insert(scene->strings, text);
}

const SceneTarget *scene_target_at(const Scene *scene, double x, double y)
{
    for (guint i = 0; i < scene->targets->len; i++) {
        const SceneTarget *target = &g_array_index(scene->targets, SceneTarget, i);
        if (!target->disabled && rect_contains(target->rect, x, y)) return target;
    }
    return NULL;
}

const SceneTarget *scene_target_named(const Scene *scene, const char *id)
{
    for (guint i = 0; i < scene->targets->len; i++) {
        const SceneTarget *target = &g_array_index(scene->targets, SceneTarget, i);
        if (strcmp(target->id, id) == 0) return target;
    }
    return NULL;
}

const SceneTarget *scene_target_for_key(const Scene *scene, int key)
{
    for (guint i = 0; key && i < scene->targets->len; i++) {
        const SceneTarget *target = &g_array_index(scene->targets, SceneTarget, i);
        if (!target->disabled && target->key == key) return target;
    }
    return NULL;
}

const SceneTarget *scene_next_target(const Scene *scene, int step)
{
    gint count = (gint)scene->targets->len, from = step > 0 ? -1 : count;
    for (gint i = 0; i < count; i++) {
        if (strcmp(g_array_index(scene->targets, SceneTarget, i).id, scene->focus) == 0) from = i;
    }
    for (gint i = 1; i <= count; i++) {
        gint at = (((from + i * step) % count) + count) % count;
        if (from == count && step < 0) at = count - i;
        const SceneTarget *target = &g_array_index(scene->targets, SceneTarget, at);
        if (!target->disabled) return target;
    }
    return NULL;
}
