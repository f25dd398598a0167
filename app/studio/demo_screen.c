#include "studio/demo_screen.h"

#include "drivers/audio/audio.h"
#include "studio/canvas.h"
#include "studio/frame_code.h"
#include "studio/player.h"

#define IDLE_SIDE_MAX 1920 /* pixels */

struct DemoScreen {
    const Config *config;
    const Theme *theme;
    const Text *text;
    Gallery *gallery;
    void (*shown)(void *data);
    void *data;
    Canvas *canvas; /* NULL, as scene: there is no screen */
    Scene *scene;
    Picture *pictures[PICTURES]; /* of the video alone, if there is a screen */
    cairo_surface_t *idle;
    Mailbox *video;
    Player *player; /* made when the first video is shown */
    gboolean video_visible;
    const json_t *show;
    const char *store;
    gboolean on_air;
    guint32 code;     /* of what was drawn last; 0: nothing */
    char *words;      /* that were read back from it, or NULL */
    gint64 words_utc; /* ms: since when they are */
    gint64 right_us;  /* monotonic: when it was last read back as it has to be */
};

/* --- life ------------------------------------------------------------------------------------------------------------------------ */

/* What is no picture is said in the log, and the own one is shown. */
static cairo_surface_t *read_idle_picture(const char *path)
{
    g_autofree char *bytes = NULL;
    gsize length = 0;
    g_autoptr(GError) error = NULL;
    if (!*path) return NULL;
    if (!g_file_get_contents(path, &bytes, &length, &error)) {
        g_warning("[demo] picture: %s", error->message);
        return NULL;
    }
    cairo_surface_t *picture = gallery_decode((const guint8 *)bytes, length, IDLE_SIDE_MAX);
    if (!picture) g_warning("[demo] picture: %s is no JPEG, PNG or WebP", path);
    return picture;
}

DemoScreen *demo_screen_new(const DemoScreenSettings *settings)
{
    DemoScreen *screen = g_new0(DemoScreen, 1);
    screen->config = settings->config;
    screen->theme = settings->theme;
    screen->text = settings->text;
    screen->gallery = settings->gallery;
    screen->shown = settings->shown;
    screen->data = settings->data;
    screen->store = "";
    screen->video = mailbox_new();
    screen->idle = read_idle_picture(config_string(screen->config, "demo", "picture"));
    SDL_Renderer *renderer = display_renderer(settings->display, DISPLAY_DEMO);
    if (!renderer) return screen;
    screen->canvas = canvas_new(renderer, settings->fonts, display_keeps_picture(settings->display, DISPLAY_DEMO));
    screen->scene = scene_new(settings->fonts);
    screen->pictures[PICTURE_VIDEO] = picture_new("video", renderer, screen->video);
    return screen;
}

void demo_screen_free(DemoScreen *screen)
{
    if (!screen) return;
    player_free(screen->player);
    for (guint i = 0; i < PICTURES; i++) picture_free(screen->pictures[i]);
    mailbox_free(screen->video);
    canvas_free(screen->canvas);
    scene_free(screen->scene);
    g_clear_pointer(&screen->idle, cairo_surface_destroy);
    g_free(screen->words);
    g_free(screen);
}

gboolean demo_screen_is_there(const DemoScreen *screen)
{
    return screen->canvas != NULL;
}

/* --- what to show ---------------------------------------------------------------------------------------------------------------- */

static Demo demo_of(const DemoScreen *screen)
{
    return (Demo){
        .scene = screen->scene,
        .theme = screen->theme,
        .text = screen->text,
        .name = screen->store,
        .brand = config_string(screen->config, "demo", "brand"),
        .idle = screen->idle,
        .on_air = screen->on_air,
        .show = json_is_object(screen->show) ? screen->show : NULL,
        .gallery = screen->gallery,
        .video = screen->video_visible,
    };
}

/* The address of the video that is shown, or NULL. */
static const char *video_wanted(const DemoScreen *screen)
{
    if (!screen->canvas) return NULL;
    if (g_strcmp0(json_string_value(json_object_get(screen->show, "kind")), "video") != 0) return NULL;
    return json_string_value(json_object_get(json_array_get(json_object_get(screen->show, "products"), 0), "video"));
}

static void run_video(DemoScreen *screen)
{
    const char *address = video_wanted(screen);
    if (address && !screen->player) {
        const AudioDriver *speaker = NULL;
        g_autofree char *device = NULL;
        g_autoptr(GError) error = NULL;
        if (!audio_choose(config_string(screen->config, "audio", "speaker"), TRUE, &speaker, &device, &error))
            g_message("video: %s", error->message);
        screen->player = player_new(speaker, device, screen->video);
    }
    if (screen->player) player_play(screen->player, address);
}

void demo_screen_set(DemoScreen *screen, const json_t *show, const char *store, gboolean on_air)
{
    screen->show = show;
    screen->store = store;
    screen->on_air = on_air;
    run_video(screen);
}

gboolean demo_screen_has_video(const DemoScreen *screen)
{
    return video_wanted(screen) != NULL;
}

/* --- drawing --------------------------------------------------------------------------------------------------------------------- */

gboolean demo_screen_look(DemoScreen *screen)
{
    Picture *picture = screen->pictures[PICTURE_VIDEO];
    gboolean video = picture && video_wanted(screen) && picture_is_moving(picture, g_get_monotonic_time());
    gboolean changed = video != screen->video_visible;
    if (!video && picture) picture_forget(picture);
    screen->video_visible = video;
    return changed;
}

void demo_screen_paint(DemoScreen *screen)
{
    if (!screen->canvas) return;
    double width, height, scale;
    canvas_size(screen->canvas, &width, &height, &scale);
    const Demo demo = demo_of(screen);
    demo_build(&demo, width, height);
    canvas_update(screen->canvas, screen->scene);
}

void demo_screen_invalidate(DemoScreen *screen)
{
    if (screen->canvas) canvas_invalidate(screen->canvas);
}

/* After what was painted is on the screen. */
static void tell_shown(DemoScreen *screen)
{
    const Demo demo = demo_of(screen);
    g_autofree char *words = demo_words(&demo);
    guint32 code = frame_code_of(words);
    if (code == screen->code) return;
    screen->code = code;
    if (screen->shown) screen->shown(screen->data);
}

void demo_screen_present(DemoScreen *screen)
{
    if (!screen->canvas) return;
    SDL_Rect area;
    gboolean renewed[PICTURES] = {FALSE};
    renewed[PICTURE_VIDEO] = screen->video_visible && canvas_picture_area(screen->canvas, PICTURE_VIDEO, &area) &&
                             picture_take(screen->pictures[PICTURE_VIDEO], &area);
    if (canvas_is_dirty(screen->canvas) || renewed[PICTURE_VIDEO])
        canvas_present(screen->canvas, screen->pictures, renewed, screen->theme->stage);
    tell_shown(screen);
}

gboolean demo_screen_write(DemoScreen *screen, const char *path, GError **error)
{
    return canvas_write(screen->canvas, screen->scene, screen->pictures, screen->theme->stage, path, error);
}

/* --- reading back ---------------------------------------------------------------------------------------------------------------- */

/* Remembers since when it is read back as what it has to show. */
static void note_words(DemoScreen *screen, const char *words, gboolean ok)
{
    if (ok) screen->right_us = g_get_monotonic_time();
    if (ok && g_strcmp0(words, screen->words) == 0) return;
    g_free(screen->words);
    screen->words = ok ? g_strdup(words) : NULL;
    screen->words_utc = ok ? g_get_real_time() / 1000 : 0;
}

json_t *demo_screen_read(DemoScreen *screen)
{
    const Demo demo = demo_of(screen);
    g_autofree char *words = demo_words(&demo);
    g_auto(GStrv) lines = g_strsplit(words, "\n", -1);
    int width = 0, height = 0;
    guint32 code = 0, ground = screen->theme->background, ink = frame_code_ink(ground, screen->theme->text);
    g_autofree guint32 *pixels = screen->canvas ? canvas_read(screen->canvas, screen->pictures, screen->theme->stage,
                                                              frame_code_rect(screen->scene->width, screen->scene->height), &width, &height)
                                                : NULL;
    gboolean ok = pixels && frame_code_read(pixels, width, height, ground, ink, &code) && code == frame_code_of(words);
    note_words(screen, words, ok);
    json_t *ids = json_array();
    for (guint i = 1; lines[0] && lines[i] && lines[i][0] != '#'; i++) json_array_append_new(ids, json_string(lines[i]));
    return json_pack("{s:s, s:o, s:b, s:I}", "kind", lines[0] ? lines[0] : "idle", "ids", ids, "ok", ok, "since_utc",
                     (json_int_t)screen->words_utc);
}

gboolean demo_screen_is_right(const DemoScreen *screen, gint64 grace_us)
{
    return g_get_monotonic_time() - screen->right_us <= DEMO_SCREEN_WRONG_US + grace_us;
}
