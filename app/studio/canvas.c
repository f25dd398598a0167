#include "studio/canvas.h"

#include "studio/meter.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#define PANELS_MAX  24  /* textures kept; more than any screen has */
#define SEGMENT_GAP 3.0 /* of a meter */

typedef struct {
    const char *name;
    SDL_Texture *texture;
    int width, height;
    guint64 print;
    gboolean painted, used, changed;
} Sheet;

struct Canvas {
    SDL_Renderer *renderer;
    Fonts *fonts;
    gboolean keeps_picture;
    int width, height; /* pixels */
    double scale;
    Sheet sheets[PANELS_MAX];
    guint64 arrangement; /* where panels and pictures are */
    guint lit[METERS];
    gboolean level_changed[METERS];
    gboolean all, dirty;
};

Canvas *canvas_new(SDL_Renderer *renderer, Fonts *fonts, gboolean keeps_picture)
{
    Canvas *canvas = g_new0(Canvas, 1);
    canvas->renderer = renderer;
    canvas->fonts = fonts;
    canvas->keeps_picture = keeps_picture;
    canvas_invalidate(canvas);
    return canvas;
}

void canvas_free(Canvas *canvas)
{
    if (!canvas) return;
    for (guint i = 0; i < PANELS_MAX; i++) {
        if (canvas->sheets[i].texture) SDL_DestroyTexture(canvas->sheets[i].texture);
    }
    g_free(canvas);
}

void canvas_invalidate(Canvas *canvas)
{
    SDL_GetRendererOutputSize(canvas->renderer, &canvas->width, &canvas->height);
    canvas->scale = layout_scale(canvas->width, canvas->height);
    for (guint i = 0; i < PANELS_MAX; i++) canvas->sheets[i].painted = FALSE;
    canvas->all = canvas->dirty = TRUE;
}

void canvas_size(Canvas *canvas, double *width, double *height, double *scale)
{
    *scale = canvas->scale;
    *width = canvas->width / canvas->scale;
    *height = canvas->height / canvas->scale;
}

gboolean canvas_is_dirty(const Canvas *canvas)
{
    return canvas->dirty;
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

static Sheet *sheet_named(Canvas *canvas, const char *name)
{
    Sheet *unused = NULL;
    for (guint i = 0; i < PANELS_MAX; i++) {
        Sheet *sheet = &canvas->sheets[i];
        if (sheet->name && strcmp(sheet->name, name) == 0) return sheet;
        if (!sheet->name && !unused) unused = sheet;
    }
    return unused;
}

static void paint(Canvas *canvas, Sheet *sheet, const Scene *scene, const ScenePanel *panel)
{
    SDL_Rect area = pixels(canvas, panel->rect);
    if (sheet->texture && (sheet->width != area.w || sheet->height != area.h)) g_clear_pointer(&sheet->texture, SDL_DestroyTexture);
    if (!sheet->texture) {
        sheet->texture = SDL_CreateTexture(canvas->renderer, SDL_PIXELFORMAT_RGB888, SDL_TEXTUREACCESS_STREAMING, area.w, area.h);
        sheet->width = area.w;
        sheet->height = area.h;
    }
    void *bytes;
    int pitch;
    if (!sheet->texture || SDL_LockTexture(sheet->texture, NULL, &bytes, &pitch) != 0) return;
    cairo_surface_t *surface = cairo_image_surface_create_for_data(bytes, CAIRO_FORMAT_RGB24, area.w, area.h, pitch);
    cairo_t *cr = cairo_create(surface);
    draw_panel(canvas->fonts, cr, scene, panel, canvas->scale);
    cairo_destroy(cr);
    cairo_surface_finish(surface);
    cairo_surface_destroy(surface);
    SDL_UnlockTexture(sheet->texture);
    sheet->print = panel->print;
    sheet->painted = sheet->changed = TRUE;
    canvas->dirty = TRUE;
}

static guint64 mix(guint64 hash, const void *bytes, gsize length)
{
    const guint8 *at = bytes;
    for (gsize i = 0; i < length; i++) hash = (hash ^ at[i]) * 1099511628211ULL;
    return hash;
}

static guint64 arrangement_of(const Scene *scene)
{
    guint64 hash = 14695981039346656037ULL;
    for (guint i = 0; i < scene->panels->len; i++) {
        const ScenePanel *panel = &g_array_index(scene->panels, ScenePanel, i);
        hash = mix(mix(hash, panel->name, strlen(panel->name)), &panel->rect, sizeof panel->rect);
    }
    for (guint i = 0; i < scene->pictures->len; i++) {
        const ScenePicture *picture = &g_array_index(scene->pictures, ScenePicture, i);
        hash = mix(mix(hash, &picture->kind, sizeof picture->kind), &picture->rect, sizeof picture->rect);
    }
    for (guint i = 0; i < scene->meters->len; i++) {
        const SceneMeter *meter = &g_array_index(scene->meters, SceneMeter, i);
        hash = mix(mix(hash, &meter->kind, sizeof meter->kind), &meter->rect, sizeof meter->rect);
    }
    return mix(hash, &scene->background, sizeof scene->background);
}

void canvas_update(Canvas *canvas, const Scene *scene)
{
    for (guint i = 0; i < PANELS_MAX; i++) canvas->sheets[i].used = FALSE;
    for (guint i = 0; i < scene->panels->len; i++) {
        const ScenePanel *panel = &g_array_index(scene->panels, ScenePanel, i);
        Sheet *sheet = sheet_named(canvas, panel->name);
        if (!sheet) continue;
        if (!sheet->painted || sheet->print != panel->print || sheet->name == NULL) paint(canvas, sheet, scene, panel);
        sheet->name = panel->name;
        sheet->used = TRUE;
    }
    /* Panels of other screens go, and with them their memory. */
    for (guint i = 0; i < PANELS_MAX; i++) {
        if (canvas->sheets[i].used) continue;
        if (canvas->sheets[i].texture) SDL_DestroyTexture(canvas->sheets[i].texture);
        canvas->sheets[i] = (Sheet){0};
    }
    guint64 arrangement = arrangement_of(scene);
    if (arrangement != canvas->arrangement) canvas->all = canvas->dirty = TRUE;
    canvas->arrangement = arrangement;
}

static gboolean touches_earlier(const Scene *scene, guint index, const gboolean *drawn)
{
    for (guint i = 0; i < index; i++) {
        if (drawn[i] &&
            rect_overlaps(g_array_index(scene->panels, ScenePanel, i).rect, g_array_index(scene->panels, ScenePanel, index).rect))
            return TRUE;
    }
    return FALSE;
}

/* A panel was drawn where a picture or a meter is. */
static gboolean is_covered(const Scene *scene, Rect rect, const gboolean *drawn)
{
    for (guint i = 0; i < MIN(scene->panels->len, PANELS_MAX); i++) {
        if (drawn[i] && rect_overlaps(g_array_index(scene->panels, ScenePanel, i).rect, rect)) return TRUE;
    }
    return FALSE;
}

static void draw_meter(const Canvas *canvas, const SceneMeter *meter)
{
    const SDL_Rect whole = pixels(canvas, meter->rect);
    const int gap = MAX(1, (int)lround(SEGMENT_GAP * canvas->scale)), width = (whole.w + gap) / METER_SEGMENTS - gap;
    for (guint i = 0; i < METER_SEGMENTS; i++) {
        gboolean loud = i >= METER_SEGMENTS - METER_LOUD;
        guint32 colour = i >= canvas->lit[meter->kind] ? meter->dark : loud ? meter->loud : meter->lit;
        const SDL_Rect area = {whole.x + (int)i * (width + gap), whole.y, width, whole.h};
        SDL_SetRenderDrawColor(canvas->renderer, (colour >> 16) & 0xff, (colour >> 8) & 0xff, colour & 0xff, 255);
        SDL_RenderFillRect(canvas->renderer, &area);
    }
}

static void draw_meters(Canvas *canvas, const Scene *scene, const gboolean *drawn)
{
    for (guint i = 0; i < scene->meters->len; i++) {
        const SceneMeter *meter = &g_array_index(scene->meters, SceneMeter, i);
        if (canvas->level_changed[meter->kind] || is_covered(scene, meter->rect, drawn)) draw_meter(canvas, meter);
    }
    memset(canvas->level_changed, 0, sizeof canvas->level_changed);
}

static void draw_all(Canvas *canvas, const Scene *scene, Picture *const pictures[PICTURES], const gboolean renewed[PICTURES], guint32 stage)
{
    gboolean all = canvas->all || !canvas->keeps_picture, drawn[PANELS_MAX] = {FALSE};
    if (all) {
        SDL_SetRenderDrawColor(canvas->renderer, (scene->background >> 16) & 0xff, (scene->background >> 8) & 0xff,
                               scene->background & 0xff, 255);
        SDL_RenderClear(canvas->renderer);
    }
    for (guint i = 0; i < MIN(scene->panels->len, PANELS_MAX); i++) {
        const ScenePanel *panel = &g_array_index(scene->panels, ScenePanel, i);
        Sheet *sheet = sheet_named(canvas, panel->name);
        if (!sheet || !sheet->name) continue;
        drawn[i] = all || sheet->changed || touches_earlier(scene, i, drawn);
        if (drawn[i] && !sheet->texture) paint(canvas, sheet, scene, panel);
        if (!drawn[i] || !sheet->texture) continue;
        SDL_Rect area = pixels(canvas, panel->rect);
        SDL_RenderCopy(canvas->renderer, sheet->texture, NULL, &area);
        sheet->changed = FALSE;
    }
    for (guint i = 0; i < scene->pictures->len; i++) {
        const ScenePicture *place = &g_array_index(scene->pictures, ScenePicture, i);
        if (!pictures[place->kind] || (!renewed[place->kind] && !is_covered(scene, place->rect, drawn))) continue;
        SDL_Rect area = pixels(canvas, place->rect);
        picture_draw(pictures[place->kind], &area, stage);
    }
    draw_meters(canvas, scene, drawn);
}

/* Where what was drawn stays, textures are of use again only when everything moves, and then they are painted anew: 8 MB for two screens.
 */
static void drop_textures(Canvas *canvas)
{
    for (guint i = 0; canvas->keeps_picture && i < PANELS_MAX; i++) g_clear_pointer(&canvas->sheets[i].texture, SDL_DestroyTexture);
}

void canvas_present(Canvas *canvas, const Scene *scene, Picture *const pictures[PICTURES], const gboolean renewed[PICTURES], guint32 stage)
{
    draw_all(canvas, scene, pictures, renewed, stage);
    SDL_RenderPresent(canvas->renderer);
    canvas->all = canvas->dirty = FALSE;
    drop_textures(canvas);
}

gboolean canvas_picture_area(const Canvas *canvas, const Scene *scene, PictureKind kind, SDL_Rect *area)
{
    for (guint i = 0; i < scene->pictures->len; i++) {
        const ScenePicture *place = &g_array_index(scene->pictures, ScenePicture, i);
        if (place->kind != kind) continue;
        *area = pixels(canvas, place->rect);
        return area->w > 0 && area->h > 0;
    }
    return FALSE;
}

gboolean canvas_write(Canvas *canvas, const Scene *scene, Picture *const pictures[PICTURES], guint32 stage, const char *path,
                      GError **error)
{
    static const gboolean renewed[PICTURES] = {TRUE, TRUE, TRUE};
    canvas->all = TRUE;
    draw_all(canvas, scene, pictures, renewed, stage);
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, canvas->width, canvas->height);
    cairo_surface_flush(surface);
    int failed = SDL_RenderReadPixels(canvas->renderer, NULL, SDL_PIXELFORMAT_RGB888, cairo_image_surface_get_data(surface),
                                      cairo_image_surface_get_stride(surface));
    cairo_surface_mark_dirty(surface);
    SDL_RenderPresent(canvas->renderer);
    canvas->all = canvas->dirty = FALSE;
    drop_textures(canvas);
    cairo_status_t status = failed ? CAIRO_STATUS_READ_ERROR : cairo_surface_write_to_png(surface, path);
    cairo_surface_destroy(surface);
    if (status == CAIRO_STATUS_SUCCESS) return TRUE;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", path, failed ? SDL_GetError() : cairo_status_to_string(status));
    return FALSE;
}

guint32 *canvas_read(Canvas *canvas, const Scene *scene, Picture *const pictures[PICTURES], guint32 stage, Rect rect, int *ret_width,
                     int *ret_height)
{
    static const gboolean renewed[PICTURES] = {TRUE, TRUE, TRUE};
    SDL_Rect area = pixels(canvas, rect);
    if (area.w < 1 || area.h < 1) return NULL;
    if (!canvas->keeps_picture) {
        canvas->all = TRUE;
        draw_all(canvas, scene, pictures, renewed, stage);
    }
    guint32 *read = g_new(guint32, (gsize)area.w * (gsize)area.h);
    int failed = SDL_RenderReadPixels(canvas->renderer, &area, SDL_PIXELFORMAT_RGB888, read, area.w * (int)sizeof *read);
    if (!canvas->keeps_picture) {
        SDL_RenderPresent(canvas->renderer);
        canvas->all = canvas->dirty = FALSE;
    }
    if (failed) g_clear_pointer(&read, g_free);
    *ret_width = area.w;
    *ret_height = area.h;
    return read;
}
