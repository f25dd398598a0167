#include "studio/canvas.h"

#include "studio/damage.h"
#include "studio/meter.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#define SEGMENT_GAP 3.0 /* of a meter */

/* A panel as it was painted last. */
typedef struct {
    const char *name; /* static */
    Rect rect;
    SDL_Rect area;
    guint32 background;
    guint64 print;
    GArray *marks;        /* of DamageMark, one an item */
    SDL_Texture *texture; /* where the screen does not keep its picture */
} Sheet;

typedef struct {
    PictureKind kind;
    SDL_Rect area;
} Place;

struct Canvas {
    SDL_Renderer *renderer;
    Fonts *fonts;
    gboolean keeps_picture;
    int width, height; /* pixels */
    double scale;
    guint32 background;
    GArray *sheets, *places, *meters; /* of Sheet, in the order of painting, Place, SceneMeter */
    guint lit[METERS];
    gboolean level_changed[METERS];
    Damage damage; /* painted, and not shown yet */
    gboolean all;  /* nothing that is on the screen or in a texture counts */
};

static void sheet_clear(gpointer data)
{
    Sheet *sheet = data;
    if (sheet->texture) SDL_DestroyTexture(sheet->texture);
    if (sheet->marks) g_array_unref(sheet->marks);
}

static GArray *new_sheets(void)
{
    GArray *sheets = g_array_new(FALSE, TRUE, sizeof(Sheet));
    g_array_set_clear_func(sheets, sheet_clear);
    return sheets;
}

Canvas *canvas_new(SDL_Renderer *renderer, Fonts *fonts, gboolean keeps_picture)
{
    Canvas *canvas = g_new0(Canvas, 1);
    canvas->renderer = renderer;
    canvas->fonts = fonts;
    canvas->keeps_picture = keeps_picture;
    canvas->sheets = new_sheets();
    canvas->places = g_array_new(FALSE, TRUE, sizeof(Place));
    canvas->meters = g_array_new(FALSE, TRUE, sizeof(SceneMeter));
    canvas_invalidate(canvas);
    return canvas;
}

void canvas_free(Canvas *canvas)
{
    if (!canvas) return;
    g_array_unref(canvas->sheets);
    g_array_unref(canvas->places);
    g_array_unref(canvas->meters);
    g_free(canvas);
}

void canvas_invalidate(Canvas *canvas)
{
    SDL_GetRendererOutputSize(canvas->renderer, &canvas->width, &canvas->height);
    canvas->scale = layout_scale(canvas->width, canvas->height);
    canvas->all = TRUE;
}

void canvas_size(Canvas *canvas, double *width, double *height, double *scale)
{
    *scale = canvas->scale;
    *width = canvas->width / canvas->scale;
    *height = canvas->height / canvas->scale;
}

gboolean canvas_is_dirty(const Canvas *canvas)
{
    return canvas->all || canvas->damage.count > 0;
}

void canvas_set_meter(Canvas *canvas, MeterKind kind, guint lit)
{
    if (canvas->lit[kind] == lit) return;
    canvas->lit[kind] = lit;
    canvas->level_changed[kind] = TRUE;
}

gboolean canvas_has_new_level(const Canvas *canvas)
{
    for (guint i = 0; i < METERS; i++) {
        if (canvas->level_changed[i]) return TRUE;
    }
    return FALSE;
}

static SDL_Rect pixels(const Canvas *canvas, Rect rect)
{
    int x = (int)lround(rect.x * canvas->scale), y = (int)lround(rect.y * canvas->scale);
    int right = (int)lround((rect.x + rect.w) * canvas->scale), bottom = (int)lround((rect.y + rect.h) * canvas->scale);
    return (SDL_Rect){x, y, MAX(0, right - x), MAX(0, bottom - y)};
}

/* --- what changed
 * --------------------------------------------------------------------------------------------------------------------------- */

/* Whole pixels around what an item leaves on its panel, whose corner is a whole pixel. */
static SDL_Rect item_area(const Canvas *canvas, const ScenePanel *panel, const SDL_Rect *area, const SceneItem *item)
{
    const Rect extent = draw_extent(canvas->fonts, item);
    const double scale = canvas->scale, x = (extent.x - panel->rect.x) * scale, y = (extent.y - panel->rect.y) * scale;
    int left = (int)floor(x), top = (int)floor(y);
    SDL_Rect all = {area->x + left, area->y + top, (int)ceil(x + extent.w * scale) - left, (int)ceil(y + extent.h * scale) - top}, seen;
    return SDL_IntersectRect(&all, area, &seen) ? seen : (SDL_Rect){0};
}

static Sheet new_sheet(const Canvas *canvas, const Scene *scene, const ScenePanel *panel)
{
    Sheet sheet = {.name = panel->name, .rect = panel->rect, .area = pixels(canvas, panel->rect), .background = panel->background};
    sheet.print = panel->print;
    sheet.marks = g_array_sized_new(FALSE, FALSE, sizeof(DamageMark), panel->count);
    for (guint i = 0; i < panel->count; i++) {
        const SceneItem *item = &g_array_index(scene->items, SceneItem, panel->first + i);
        DamageMark mark = {item->print, item_area(canvas, panel, &sheet.area, item)};
        g_array_append_val(sheet.marks, mark);
    }
    return sheet;
}

static gboolean is_same_rect(Rect a, Rect b)
{
    return a.x == b.x && a.y == b.y && a.w == b.w && a.h == b.h;
}

static Sheet *sheet_named(const GArray *sheets, const char *name)
{
    for (guint i = 0; i < sheets->len; i++) {
        Sheet *sheet = &g_array_index(sheets, Sheet, i);
        if (strcmp(sheet->name, name) == 0) return sheet;
    }
    return NULL;
}

static gboolean is_in_place(const Sheet *a, const Sheet *b)
{
    return is_same_rect(a->rect, b->rect) && a->background == b->background;
}

/* Takes the panels over; what they had of a texture goes on with them. */
static void follow_panels(Canvas *canvas, const Scene *scene, Damage *damage)
{
    GArray *before = canvas->sheets;
    canvas->sheets = new_sheets();
    for (guint i = 0; i < scene->panels->len; i++) {
        Sheet sheet = new_sheet(canvas, scene, &g_array_index(scene->panels, ScenePanel, i));
        Sheet *old = sheet_named(before, sheet.name);
        if (old && !canvas->all && is_in_place(old, &sheet)) {
            if (old->print != sheet.print) damage_compare(damage, old->marks, sheet.marks);
            sheet.texture = g_steal_pointer(&old->texture);
            old->area.w = 0;
        } else {
            damage_add(damage, sheet.area);
        }
        g_array_append_val(canvas->sheets, sheet);
    }
    for (guint i = 0; i < before->len; i++) damage_add(damage, g_array_index(before, Sheet, i).area);
    g_array_unref(before);
}

static gboolean are_same_places(const GArray *some, const GArray *others)
{
    return some->len == others->len && (!some->len || memcmp(some->data, others->data, some->len * sizeof(Place)) == 0);
}

static void follow_pictures(Canvas *canvas, const Scene *scene, Damage *damage)
{
    GArray *places = g_array_new(FALSE, TRUE, sizeof(Place));
    for (guint i = 0; i < scene->pictures->len; i++) {
        const ScenePicture *picture = &g_array_index(scene->pictures, ScenePicture, i);
        Place place = {picture->kind, pixels(canvas, picture->rect)};
        g_array_append_val(places, place);
    }
    if (!are_same_places(places, canvas->places)) {
        for (guint i = 0; i < canvas->places->len; i++) damage_add(damage, g_array_index(canvas->places, Place, i).area);
        for (guint i = 0; i < places->len; i++) damage_add(damage, g_array_index(places, Place, i).area);
    }
    g_array_unref(canvas->places);
    canvas->places = places;
}

static gboolean meters_are_alike(const SceneMeter *a, const SceneMeter *b)
{
    return a->kind == b->kind && is_same_rect(a->rect, b->rect) && a->lit == b->lit && a->loud == b->loud && a->dark == b->dark;
}

static void follow_meters(Canvas *canvas, const Scene *scene, Damage *damage)
{
    const GArray *now = scene->meters;
    GArray *before = canvas->meters;
    gboolean is_same = now->len == before->len;
    for (guint i = 0; is_same && i < now->len; i++)
        is_same = meters_are_alike(&g_array_index(now, SceneMeter, i), &g_array_index(before, SceneMeter, i));
    if (is_same) return;
    for (guint i = 0; i < before->len; i++) damage_add(damage, pixels(canvas, g_array_index(before, SceneMeter, i).rect));
    for (guint i = 0; i < now->len; i++) damage_add(damage, pixels(canvas, g_array_index(now, SceneMeter, i).rect));
    g_array_set_size(before, 0);
    g_array_append_vals(before, now->data, now->len);
}

/* --- painting
 * ------------------------------------------------------------------------------------------------------------------------------- */

static cairo_surface_t *paint_part(const Canvas *canvas, const Scene *scene, const ScenePanel *panel, const Sheet *sheet,
                                   const SDL_Rect *part)
{
    const double scale = canvas->scale;
    const int x = part->x - sheet->area.x, y = part->y - sheet->area.y;
    const Rect seen = {panel->rect.x + x / scale, panel->rect.y + y / scale, part->w / scale, part->h / scale};
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, part->w, part->h);
    cairo_t *cr = cairo_create(surface);
    cairo_translate(cr, -x, -y);
    draw_panel(canvas->fonts, cr, scene, panel, scale, seen);
    cairo_destroy(cr);
    cairo_surface_flush(surface);
    return surface;
}

static SDL_Texture *new_texture(const Canvas *canvas, int width, int height)
{
    return SDL_CreateTexture(canvas->renderer, SDL_PIXELFORMAT_RGB888, SDL_TEXTUREACCESS_STATIC, width, height);
}

/* Onto the screen where that keeps it, else into the panel's texture. */
static void paint(const Canvas *canvas, const Scene *scene, const ScenePanel *panel, Sheet *sheet, const SDL_Rect *part)
{
    if (!canvas->keeps_picture && !sheet->texture) sheet->texture = new_texture(canvas, sheet->area.w, sheet->area.h);
    SDL_Texture *texture = canvas->keeps_picture ? new_texture(canvas, part->w, part->h) : sheet->texture;
    if (!texture) return;
    const SDL_Rect place = {part->x - sheet->area.x, part->y - sheet->area.y, part->w, part->h};
    cairo_surface_t *surface = paint_part(canvas, scene, panel, sheet, part);
    SDL_UpdateTexture(texture, canvas->keeps_picture ? NULL : &place, cairo_image_surface_get_data(surface),
                      cairo_image_surface_get_stride(surface));
    cairo_surface_destroy(surface);
    if (!canvas->keeps_picture) return;
    SDL_RenderCopy(canvas->renderer, texture, NULL, part);
    SDL_DestroyTexture(texture);
}

static void fill(const Canvas *canvas, const SDL_Rect *area, guint32 colour)
{
    SDL_SetRenderDrawColor(canvas->renderer, (colour >> 16) & 0xff, (colour >> 8) & 0xff, colour & 0xff, 255);
    SDL_RenderFillRect(canvas->renderer, area);
}

static void paint_damage(Canvas *canvas, const Scene *scene, const Damage *damage)
{
    for (guint i = 0; i < damage->count; i++) {
        if (canvas->keeps_picture) fill(canvas, &damage->rects[i], canvas->background);
        for (guint k = 0; k < canvas->sheets->len; k++) {
            Sheet *sheet = &g_array_index(canvas->sheets, Sheet, k);
            SDL_Rect part;
            if (!SDL_IntersectRect(&sheet->area, &damage->rects[i], &part)) continue;
            paint(canvas, scene, &g_array_index(scene->panels, ScenePanel, k), sheet, &part);
        }
    }
}

void canvas_update(Canvas *canvas, const Scene *scene)
{
    Damage damage = {0};
    canvas->all |= canvas->background != scene->background;
    canvas->background = scene->background;
    follow_panels(canvas, scene, &damage);
    follow_pictures(canvas, scene, &damage);
    follow_meters(canvas, scene, &damage);
    if (canvas->all) damage_add(&damage, (SDL_Rect){0, 0, canvas->width, canvas->height});
    canvas->all = FALSE;
    paint_damage(canvas, scene, &damage);
    damage_add_all(&canvas->damage, &damage);
}

/* --- showing
 * -------------------------------------------------------------------------------------------------------------------------------- */

static void draw_meter(const Canvas *canvas, const SceneMeter *meter, const SDL_Rect *whole)
{
    const int gap = MAX(1, (int)lround(SEGMENT_GAP * canvas->scale)), width = (whole->w + gap) / METER_SEGMENTS - gap;
    for (guint i = 0; i < METER_SEGMENTS; i++) {
        gboolean loud = i >= METER_SEGMENTS - METER_LOUD;
        const SDL_Rect area = {whole->x + (int)i * (width + gap), whole->y, width, whole->h};
        fill(canvas, &area, i >= canvas->lit[meter->kind] ? meter->dark : loud ? meter->loud : meter->lit);
    }
}

static void draw_meters(Canvas *canvas, gboolean all)
{
    for (guint i = 0; i < canvas->meters->len; i++) {
        const SceneMeter *meter = &g_array_index(canvas->meters, SceneMeter, i);
        const SDL_Rect area = pixels(canvas, meter->rect);
        if (!all && !canvas->level_changed[meter->kind] && !damage_touches(&canvas->damage, &area)) continue;
        draw_meter(canvas, meter, &area);
        damage_add(&canvas->damage, area);
    }
    memset(canvas->level_changed, 0, sizeof canvas->level_changed);
}

static void draw_pictures(Canvas *canvas, Picture *const pictures[PICTURES], const gboolean renewed[PICTURES], guint32 stage, gboolean all)
{
    for (guint i = 0; i < canvas->places->len; i++) {
        const Place *place = &g_array_index(canvas->places, Place, i);
        if (!pictures[place->kind]) continue;
        if (!all && !renewed[place->kind] && !damage_touches(&canvas->damage, &place->area)) continue;
        picture_draw(pictures[place->kind], &place->area, stage);
        damage_add(&canvas->damage, place->area);
    }
}

/* Where nothing stays, everything is put together anew; that is a graphics processor's work. */
static void draw(Canvas *canvas, Picture *const pictures[PICTURES], const gboolean renewed[PICTURES], guint32 stage)
{
    const gboolean all = !canvas->keeps_picture;
    if (all) fill(canvas, NULL, canvas->background);
    for (guint i = 0; all && i < canvas->sheets->len; i++) {
        const Sheet *sheet = &g_array_index(canvas->sheets, Sheet, i);
        if (sheet->texture) SDL_RenderCopy(canvas->renderer, sheet->texture, NULL, &sheet->area);
    }
    draw_pictures(canvas, pictures, renewed, stage, all);
    draw_meters(canvas, all);
}

/* Without a graphics processor only what changed goes to the window: the whole of it takes longer than all drawing. */
static void show(Canvas *canvas)
{
    gboolean shown = FALSE;
    if (canvas->keeps_picture && SDL_RenderFlush(canvas->renderer) == 0)
        shown = SDL_UpdateWindowSurfaceRects(SDL_RenderGetWindow(canvas->renderer), canvas->damage.rects, (int)canvas->damage.count) == 0;
    if (!shown) SDL_RenderPresent(canvas->renderer);
    canvas->damage.count = 0;
}

void canvas_present(Canvas *canvas, Picture *const pictures[PICTURES], const gboolean renewed[PICTURES], guint32 stage)
{
    draw(canvas, pictures, renewed, stage);
    show(canvas);
}

gboolean canvas_picture_area(const Canvas *canvas, PictureKind kind, SDL_Rect *area)
{
    for (guint i = 0; i < canvas->places->len; i++) {
        const Place *place = &g_array_index(canvas->places, Place, i);
        if (place->kind != kind) continue;
        *area = place->area;
        return area->w > 0 && area->h > 0;
    }
    return FALSE;
}

gboolean canvas_write(Canvas *canvas, const Scene *scene, Picture *const pictures[PICTURES], guint32 stage, const char *path,
                      GError **error)
{
    static const gboolean renewed[PICTURES] = {TRUE, TRUE, TRUE};
    canvas->all = TRUE;
    canvas_update(canvas, scene);
    draw(canvas, pictures, renewed, stage);
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, canvas->width, canvas->height);
    cairo_surface_flush(surface);
    int failed = SDL_RenderReadPixels(canvas->renderer, NULL, SDL_PIXELFORMAT_RGB888, cairo_image_surface_get_data(surface),
                                      cairo_image_surface_get_stride(surface));
    cairo_surface_mark_dirty(surface);
    show(canvas);
    cairo_status_t status = failed ? CAIRO_STATUS_READ_ERROR : cairo_surface_write_to_png(surface, path);
    cairo_surface_destroy(surface);
    if (status == CAIRO_STATUS_SUCCESS) return TRUE;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", path, failed ? SDL_GetError() : cairo_status_to_string(status));
    return FALSE;
}

guint32 *canvas_read(Canvas *canvas, Picture *const pictures[PICTURES], guint32 stage, Rect rect, int *ret_width, int *ret_height)
{
    static const gboolean renewed[PICTURES] = {TRUE, TRUE, TRUE};
    SDL_Rect area = pixels(canvas, rect);
    if (area.w < 1 || area.h < 1) return NULL;
    if (!canvas->keeps_picture) draw(canvas, pictures, renewed, stage);
    guint32 *read = g_new(guint32, (gsize)area.w * (gsize)area.h);
    int failed = SDL_RenderReadPixels(canvas->renderer, &area, SDL_PIXELFORMAT_RGB888, read, area.w * (int)sizeof *read);
    if (!canvas->keeps_picture) show(canvas);
    if (failed) g_clear_pointer(&read, g_free);
    *ret_width = area.w;
    *ret_height = area.h;
    return read;
}
