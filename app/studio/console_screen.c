#include "studio/console_screen.h"

#include "studio/canvas.h"

#define OWN_IN_CALL_US (G_USEC_PER_SEC / 12) /* between two own pictures */
#define OWN_IDLE_US    (G_USEC_PER_SEC / 8)
#define LEVELS_US      (G_USEC_PER_SEC / 15)

struct ConsoleScreen {
    const Theme *theme;
    MeterReading (*level)(void *data, gboolean of_shopper);
    void *data;
    Canvas *canvas;
    Scene *scene;
    Picture *pictures[PICTURES]; /* that of the demo display is NULL */
    gboolean shopper_visible, own_visible;
    Meter meters[METERS];
    Voice voices[METERS];
    gint64 own_taken, presented; /* monotonic, µs */
};

ConsoleScreen *console_screen_new(const ConsoleScreenSettings *settings)
{
    ConsoleScreen *screen = g_new0(ConsoleScreen, 1);
    SDL_Renderer *renderer = display_renderer(settings->display, DISPLAY_CONSOLE);
    screen->theme = settings->theme;
    screen->level = settings->level;
    screen->data = settings->data;
    screen->canvas = canvas_new(renderer, settings->fonts, display_keeps_picture(settings->display, DISPLAY_CONSOLE));
    screen->scene = scene_new(settings->fonts);
    screen->pictures[PICTURE_OWN] = picture_new("advisor", renderer, settings->own);
    screen->pictures[PICTURE_SHOPPER] = picture_new("shopper", renderer, settings->shopper);
    return screen;
}

void console_screen_free(ConsoleScreen *screen)
{
    if (!screen) return;
    for (guint i = 0; i < PICTURES; i++) picture_free(screen->pictures[i]);
    canvas_free(screen->canvas);
    scene_free(screen->scene);
    g_free(screen);
}

Scene *console_screen_scene(const ConsoleScreen *screen)
{
    return screen->scene;
}

void console_screen_size(const ConsoleScreen *screen, double *width, double *height, double *scale)
{
    canvas_size(screen->canvas, width, height, scale);
}

/* --- what there is to see -------------------------------------------------------------------------------------------------------- */

static gboolean look_at_pictures(ConsoleScreen *screen, const View *view)
{
    gint64 now = g_get_monotonic_time();
    gboolean shopper = view_is_on_air(view) && picture_is_moving(screen->pictures[PICTURE_SHOPPER], now);
    gboolean own = picture_is_moving(screen->pictures[PICTURE_OWN], now);
    gboolean changed = shopper != screen->shopper_visible || own != screen->own_visible;
    if (!shopper) picture_forget(screen->pictures[PICTURE_SHOPPER]);
    if (!own) picture_forget(screen->pictures[PICTURE_OWN]);
    screen->shopper_visible = shopper;
    screen->own_visible = own;
    return changed;
}

/* What is sent while the microphone is muted is silence, and said in a word. */
static gboolean take_levels(ConsoleScreen *screen, const View *view)
{
    const gint64 now = g_get_monotonic_time();
    const gboolean wanted = screen->level && (view_is_on_air(view) || view->checking);
    gboolean changed = FALSE;
    for (guint i = 0; i < METERS; i++) {
        const MeterReading reading = wanted ? screen->level(screen->data, i == METER_SHOPPER) : (MeterReading){0};
        if (wanted) meter_take(&screen->meters[i], &reading);
        if (!wanted) screen->meters[i] = (Meter){0};
        const gboolean muted = wanted && i == METER_OWN && view->muted && view_is_on_air(view);
        const Voice voice = muted ? VOICE_MUTED : meter_voice(&screen->meters[i], now);
        changed |= voice != screen->voices[i];
        screen->voices[i] = voice;
        canvas_set_meter(screen->canvas, i, meter_lit(&screen->meters[i], now));
    }
    return changed;
}

gboolean console_screen_look(ConsoleScreen *screen, const View *view)
{
    const gboolean pictures_changed = look_at_pictures(screen, view);
    const gboolean voices_changed = take_levels(screen, view);
    return pictures_changed || voices_changed;
}

/* --- drawing --------------------------------------------------------------------------------------------------------------------- */

void console_screen_lay_out(ConsoleScreen *screen, const Console *shown)
{
    g_autoptr(GDateTime) wall = g_date_time_new_now_local();
    g_autofree char *clock = wall ? g_date_time_format(wall, "%H:%M") : g_strdup("");
    Console console = *shown;
    console.scene = screen->scene;
    console.theme = screen->theme;
    console.now_mono = g_get_monotonic_time() / 1000;
    console.clock = clock;
    console.shopper_visible = screen->shopper_visible;
    console.own_visible = screen->own_visible;
    console.own_voice = screen->voices[METER_OWN];
    console.shopper_voice = screen->voices[METER_SHOPPER];
    double width, height, scale;
    canvas_size(screen->canvas, &width, &height, &scale);
    console_build(&console, width, height);
}

void console_screen_paint(ConsoleScreen *screen)
{
    canvas_update(screen->canvas, screen->scene);
}

void console_screen_invalidate(ConsoleScreen *screen)
{
    canvas_invalidate(screen->canvas);
}

/* The shopper's picture at once; the own one, which nobody's answer waits for, less often. */
static void take_pictures(ConsoleScreen *screen, const View *view, gboolean renewed[PICTURES])
{
    SDL_Rect area;
    renewed[PICTURE_SHOPPER] =
        canvas_picture_area(screen->canvas, PICTURE_SHOPPER, &area) && picture_take(screen->pictures[PICTURE_SHOPPER], &area);
    gint64 now = g_get_monotonic_time(), pause = view_is_on_air(view) ? OWN_IN_CALL_US : OWN_IDLE_US;
    renewed[PICTURE_OWN] = now - screen->own_taken >= pause && canvas_picture_area(screen->canvas, PICTURE_OWN, &area) &&
                           picture_take(screen->pictures[PICTURE_OWN], &area);
    if (renewed[PICTURE_OWN]) screen->own_taken = now;
}

/* With the next picture, or soon by themselves. */
static gboolean levels_are_due(const ConsoleScreen *screen)
{
    return canvas_has_new_level(screen->canvas) && g_get_monotonic_time() - screen->presented >= LEVELS_US;
}

static void present(ConsoleScreen *screen, const gboolean renewed[PICTURES])
{
    canvas_present(screen->canvas, screen->pictures, renewed, screen->theme->stage);
    screen->presented = g_get_monotonic_time();
}

void console_screen_present(ConsoleScreen *screen, const View *view)
{
    gboolean renewed[PICTURES] = {FALSE};
    take_pictures(screen, view, renewed);
    if (canvas_is_dirty(screen->canvas) || renewed[PICTURE_SHOPPER] || renewed[PICTURE_OWN] || levels_are_due(screen))
        present(screen, renewed);
}

void console_screen_present_shopper(ConsoleScreen *screen, const View *view)
{
    gboolean renewed[PICTURES] = {FALSE};
    if (!view_is_on_air(view)) return;
    take_pictures(screen, view, renewed);
    if (renewed[PICTURE_SHOPPER]) present(screen, renewed);
}

gboolean console_screen_write(ConsoleScreen *screen, gboolean with_pictures, const char *path, GError **error)
{
    Picture *none[PICTURES] = {NULL};
    return canvas_write(screen->canvas, screen->scene, with_pictures ? screen->pictures : none, screen->theme->stage, path, error);
}
