#include "studio/screens.h"

#include "drivers/display/display.h"
#include "studio/canvas.h"
#include "studio/console.h"
#include "studio/demo.h"
#include "studio/field.h"
#include "studio/touch.h"

#include <gio/gio.h>
#include <string.h>

#define CHAT_MAX        200  /* messages kept */
#define CHAT_TEXT_MAX   2000 /* characters of one */
#define CALL_TICK_MS    33   /* draws the own picture when the shopper sends none */
#define INPUT_TICK_MS   20   /* looks for touches and keys */
#define QUIET_TICK_MS   50   /* neither */
#define OWN_IN_CALL_US  (G_USEC_PER_SEC / 12)
#define OWN_IDLE_US     (G_USEC_PER_SEC / 8)
#define EVENTS_PER_TICK 64

struct Screens {
    ScreensEvents events;
    const Theme *theme;
    Text *text;
    Fonts *fonts;
    Display *display;
    Canvas *canvases[DISPLAY_OUTPUTS];
    Scene *scenes[DISPLAY_OUTPUTS];
    Picture *pictures[PICTURES];
    char *name; /* of the booth, before the agent tells */
    json_t *snapshot;
    gboolean agent_gone;
    View view;
    GPtrArray *chat; /* of ChatLine */
    char *chat_call;
    Field *message, *order;
    gboolean dirty, shopper_visible, own_visible;
    gint64 second, own_taken;
    guint tick, tick_ms, soon;
    Mailbox *shopper;
    gint woken; /* atomic: on_picture() is on its way */
};

static gboolean on_tick(gpointer data);

static gint64 now_ms(void)
{
    return g_get_monotonic_time() / 1000;
}

static void chat_line_free(gpointer data)
{
    ChatLine *line = data;
    g_free(line->text);
    g_free(line);
}

static gboolean in_call(const Screens *screens)
{
    return screens->view.state == VIEW_CONNECTING || screens->view.state == VIEW_LIVE;
}

/* --- drawing -----------------------------------------------------------------------------------------------------------------------------
 */

static void keep_focus_honest(Screens *screens)
{
    Scene *scene = screens->scenes[DISPLAY_CONSOLE];
    const SceneTarget *focus = scene_target_named(scene, scene->focus);
    if (scene->focus[0] && (!focus || focus->disabled)) {
        touch_focus(scene, NULL);
        screens->dirty = TRUE;
    }
}

static void build_console(Screens *screens)
{
    g_autoptr(GDateTime) wall = g_date_time_new_now_local();
    g_autofree char *clock = wall ? g_date_time_format(wall, "%H:%M") : g_strdup("");
    const Console console = {
        .scene = screens->scenes[DISPLAY_CONSOLE],
        .theme = screens->theme,
        .text = screens->text,
        .view = &screens->view,
        .now_mono = now_ms(),
        .clock = clock,
        .shopper_visible = screens->shopper_visible,
        .own_visible = screens->own_visible,
        .chat = (const ChatLine *const *)screens->chat->pdata,
        .chat_count = screens->chat->len,
        .message = screens->message->text->str,
        .order = screens->order->text->str,
    };
    double width, height, scale;
    canvas_size(screens->canvases[DISPLAY_CONSOLE], &width, &height, &scale);
    console_build(&console, width, height);
    canvas_update(screens->canvases[DISPLAY_CONSOLE], console.scene);
}

static void build_demo(Screens *screens)
{
    Canvas *canvas = screens->canvases[DISPLAY_DEMO];
    if (!canvas) return;
    double width, height, scale;
    canvas_size(canvas, &width, &height, &scale);
    const char *name = *screens->view.store ? screens->view.store : screens->name;
    demo_build(screens->scenes[DISPLAY_DEMO], screens->theme, screens->text, name, in_call(screens), width, height);
    canvas_update(canvas, screens->scenes[DISPLAY_DEMO]);
}

static void build(Screens *screens)
{
    for (int again = 0; again < 2 && screens->dirty; again++) {
        screens->dirty = FALSE;
        build_console(screens);
        keep_focus_honest(screens);
    }
    build_demo(screens);
}

static void notice_pictures(Screens *screens)
{
    gint64 now = g_get_monotonic_time();
    gboolean shopper = in_call(screens) && picture_is_moving(screens->pictures[PICTURE_SHOPPER], now);
    gboolean own = picture_is_moving(screens->pictures[PICTURE_OWN], now);
    if (shopper != screens->shopper_visible || own != screens->own_visible) screens->dirty = TRUE;
    if (!shopper) picture_forget(screens->pictures[PICTURE_SHOPPER]);
    if (!own) picture_forget(screens->pictures[PICTURE_OWN]);
    screens->shopper_visible = shopper;
    screens->own_visible = own;
}

/* The shopper's picture at once; the own one, which nobody's answer waits for, less often. */
static void take_pictures(Screens *screens, gboolean renewed[PICTURES])
{
    Canvas *canvas = screens->canvases[DISPLAY_CONSOLE];
    const Scene *scene = screens->scenes[DISPLAY_CONSOLE];
    SDL_Rect area;
    renewed[PICTURE_SHOPPER] =
        canvas_picture_area(canvas, scene, PICTURE_SHOPPER, &area) && picture_take(screens->pictures[PICTURE_SHOPPER], &area);
    gint64 now = g_get_monotonic_time(), pause = in_call(screens) ? OWN_IN_CALL_US : OWN_IDLE_US;
    renewed[PICTURE_OWN] = now - screens->own_taken >= pause && canvas_picture_area(canvas, scene, PICTURE_OWN, &area) &&
                           picture_take(screens->pictures[PICTURE_OWN], &area);
    if (renewed[PICTURE_OWN]) screens->own_taken = now;
}

static void draw(Screens *screens)
{
    static const gboolean none[PICTURES] = {FALSE};
    gboolean renewed[PICTURES] = {FALSE};
    notice_pictures(screens);
    if (now_ms() / 1000 != screens->second) screens->dirty = TRUE;
    screens->second = now_ms() / 1000;
    if (screens->dirty) build(screens);
    take_pictures(screens, renewed);
    Canvas *console = screens->canvases[DISPLAY_CONSOLE], *demo = screens->canvases[DISPLAY_DEMO];
    if (canvas_is_dirty(console) || renewed[PICTURE_SHOPPER] || renewed[PICTURE_OWN])
        canvas_present(console, screens->scenes[DISPLAY_CONSOLE], screens->pictures, renewed, screens->theme->stage);
    if (demo && canvas_is_dirty(demo)) canvas_present(demo, screens->scenes[DISPLAY_DEMO], screens->pictures, none, screens->theme->stage);
}

/* --- what the advisor does ---------------------------------------------------------------------------------------------------------------
 */

static Field *focused_field(Screens *screens)
{
    return strcmp(screens->scenes[DISPLAY_CONSOLE]->focus, CONSOLE_ORDER) == 0 ? screens->order : screens->message;
}

static void wish(Screens *screens, const char *what, const char *argument)
{
    if (screens->events.wish) screens->events.wish(screens->events.data, what, argument);
}

static void send_message(Screens *screens)
{
    g_autofree char *text = g_strstrip(g_strdup(screens->message->text->str));
    field_clear(screens->message);
    screens->dirty = TRUE;
    if (*text) wish(screens, "chat", text);
}

static void on_activate(void *data, const SceneTarget *target)
{
    Screens *screens = data;
    if (strcmp(target->id, CONSOLE_SEND) == 0) {
        send_message(screens);
        return;
    }
    if (!target->wish) return;
    g_autofree char *order = g_strstrip(g_strdup(screens->order->text->str));
    g_autofree char *both = strcmp(target->wish, "outcome") == 0 && *order ? g_strdup_printf("%s %s", target->argument, order) : NULL;
    wish(screens, target->wish, both ? both : target->argument);
}

static void on_typed(void *data, const char *text)
{
    Screens *screens = data;
    field_type(focused_field(screens), text);
}

static void on_rubbed_out(void *data)
{
    Screens *screens = data;
    field_rub_out(focused_field(screens));
}

static void on_submit(void *data)
{
    Screens *screens = data;
    if (focused_field(screens) == screens->message)
        send_message(screens);
    else
        touch_focus(screens->scenes[DISPLAY_CONSOLE], NULL);
}

static void on_uncovered(void *data)
{
    Screens *screens = data;
    for (guint i = 0; i < DISPLAY_OUTPUTS; i++) {
        if (screens->canvases[i]) canvas_invalidate(screens->canvases[i]);
    }
    screens->dirty = TRUE;
}

static Uint32 window_of(const SDL_Event *event)
{
    switch (event->type) {
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP: return event->button.windowID;
    case SDL_FINGERDOWN:
    case SDL_FINGERUP: return event->tfinger.windowID;
    default: return 0;
    }
}

static void handle_events(Screens *screens)
{
    const TouchEvents events = {on_activate, on_typed, on_rubbed_out, on_submit, on_uncovered, screens};
    SDL_Window *window = display_window(screens->display, DISPLAY_CONSOLE), *demo = display_window(screens->display, DISPLAY_DEMO);
    double width, height, scale;
    canvas_size(screens->canvases[DISPLAY_CONSOLE], &width, &height, &scale);
    SDL_Event event;
    for (int i = 0; i < EVENTS_PER_TICK && SDL_PollEvent(&event); i++) {
        if (demo && window_of(&event) == SDL_GetWindowID(demo) && demo != window) continue;
        if (touch_handle(screens->scenes[DISPLAY_CONSOLE], &event, scale, (int)(width * scale), (int)(height * scale), &events))
            screens->dirty = TRUE;
    }
}

/* --- time --------------------------------------------------------------------------------------------------------------------------------
 */

static void set_tick(Screens *screens)
{
    guint ms = in_call(screens) ? CALL_TICK_MS : display_has_input(screens->display) ? INPUT_TICK_MS : QUIET_TICK_MS;
    if (ms == screens->tick_ms) return;
    g_clear_handle_id(&screens->tick, g_source_remove);
    screens->tick = g_timeout_add(ms, on_tick, screens);
    screens->tick_ms = ms;
}

static gboolean on_tick(gpointer data)
{
    Screens *screens = data;
    handle_events(screens);
    draw(screens);
    return G_SOURCE_CONTINUE;
}

static gboolean on_picture(gpointer data)
{
    Screens *screens = data;
    g_atomic_int_set(&screens->woken, FALSE);
    if (in_call(screens)) draw(screens);
    return G_SOURCE_REMOVE;
}

/* On the writer's thread: the shopper's picture is drawn when it comes and not at the next tick. */
static void wake(gpointer data)
{
    Screens *screens = data;
    if (g_atomic_int_compare_and_exchange(&screens->woken, FALSE, TRUE)) g_idle_add_full(G_PRIORITY_DEFAULT, on_picture, screens, NULL);
}

static gboolean on_soon(gpointer data)
{
    Screens *screens = data;
    screens->soon = 0;
    draw(screens);
    return G_SOURCE_REMOVE;
}

static void draw_soon(Screens *screens)
{
    screens->dirty = TRUE;
    if (!screens->soon) screens->soon = g_idle_add(on_soon, screens);
}

/* --- the outside -------------------------------------------------------------------------------------------------------------------------
 */

static gboolean read_size(const Config *config, const char *key, DisplayWanted *wanted, GError **error)
{
    const char *size = config_string(config, "display", key);
    char end;
    if (sscanf(size, "%5dx%5d%c", &wanted->width, &wanted->height, &end) == 2 && wanted->width >= 320 && wanted->height >= 200 &&
        wanted->width <= 7680 && wanted->height <= 4320)
        return TRUE;
    g_set_error(error, DISPLAY_ERROR, 0, "[display] %s: \"%s\" is no size such as 1280x800", key, size);
    return FALSE;
}

static gboolean open_screens(Screens *screens, const Config *config, GError **error)
{
    DisplayWanted wanted[DISPLAY_OUTPUTS] = {{.title = "Livebooth"}, {.title = "Livebooth demo"}};
    if (!read_size(config, "console_size", &wanted[DISPLAY_CONSOLE], error)) return FALSE;
    if (!read_size(config, "demo_size", &wanted[DISPLAY_DEMO], error)) return FALSE;
    const char *theme = config_string(config, "display", "theme");
    screens->theme = theme_find(theme);
    if (!screens->theme) {
        g_set_error(error, DISPLAY_ERROR, 0, "[display] theme: \"%s\" is neither dark nor day", theme);
        return FALSE;
    }
    screens->text = text_load(config_string(config, "booth", "share"), config_string(config, "booth", "language"), error);
    if (!screens->text) return FALSE;
    screens->display = display_open(config_string(config, "display", "driver"), wanted, error);
    return screens->display != NULL;
}

static void fill_screens(Screens *screens, Mailbox *own_picture, Mailbox *shopper_picture)
{
    screens->fonts = fonts_new();
    for (guint i = 0; i < DISPLAY_OUTPUTS; i++) {
        SDL_Renderer *renderer = display_renderer(screens->display, i);
        if (!renderer) continue;
        screens->canvases[i] = canvas_new(renderer, screens->fonts, display_keeps_picture(screens->display, i));
        screens->scenes[i] = scene_new(screens->fonts);
    }
    SDL_Renderer *console = display_renderer(screens->display, DISPLAY_CONSOLE);
    screens->pictures[PICTURE_OWN] = picture_new("advisor", console, own_picture);
    screens->pictures[PICTURE_SHOPPER] = picture_new("shopper", console, shopper_picture);
    SDL_StopTextInput();
}

Screens *screens_new(const Config *config, Mailbox *own_picture, Mailbox *shopper_picture, const ScreensEvents *events, GError **error)
{
    Screens *screens = g_new0(Screens, 1);
    if (events) screens->events = *events;
    const char *store = config_string(config, "booth", "store");
    screens->name = g_strdup(*store ? store : config_string(config, "booth", "name"));
    screens->chat = g_ptr_array_new_with_free_func(chat_line_free);
    screens->message = field_new(FIELD_MESSAGE_MAX);
    screens->order = field_new(FIELD_ORDER_MAX);
    view_read(&screens->view, NULL, FALSE);
    if (!open_screens(screens, config, error)) {
        screens_free(screens);
        return NULL;
    }
    fill_screens(screens, own_picture, shopper_picture);
    screens->shopper = shopper_picture;
    if (shopper_picture) mailbox_set_wake(shopper_picture, wake, screens);
    screens->dirty = TRUE;
    draw(screens);
    set_tick(screens);
    return screens;
}

void screens_free(Screens *screens)
{
    if (!screens) return;
    if (screens->shopper) mailbox_set_wake(screens->shopper, NULL, NULL);
    g_clear_handle_id(&screens->soon, g_source_remove);
    g_idle_remove_by_data(screens); /* on_picture() */
    g_clear_handle_id(&screens->tick, g_source_remove);
    for (guint i = 0; i < PICTURES; i++) picture_free(screens->pictures[i]);
    for (guint i = 0; i < DISPLAY_OUTPUTS; i++) {
        canvas_free(screens->canvases[i]);
        scene_free(screens->scenes[i]);
    }
    display_close(screens->display);
    fonts_free(screens->fonts);
    text_free(screens->text);
    json_decref(screens->snapshot);
    g_ptr_array_unref(screens->chat);
    field_free(screens->message);
    field_free(screens->order);
    g_free(screens->chat_call);
    g_free(screens->name);
    g_free(screens);
}

/* Words belong to one call; another call, or none, must not see them. */
static void forget_words(Screens *screens)
{
    const char *call = in_call(screens) ? screens->view.call_id : "";
    if (g_strcmp0(call, screens->chat_call) != 0) {
        g_ptr_array_set_size(screens->chat, 0);
        field_clear(screens->message);
        g_free(screens->chat_call);
        screens->chat_call = g_strdup(call);
    }
    if (screens->view.state != VIEW_WRAPUP) field_clear(screens->order);
}

void screens_set_snapshot(Screens *screens, const json_t *snapshot)
{
    if (snapshot) {
        json_decref(screens->snapshot);
        screens->snapshot = json_deep_copy(snapshot);
    }
    screens->agent_gone = !snapshot;
    view_read(&screens->view, screens->snapshot, screens->agent_gone);
    if (snapshot) forget_words(screens);
    set_tick(screens);
    draw_soon(screens);
}

void screens_add_chat(Screens *screens, gboolean from_shopper, const char *text)
{
    if (!g_utf8_validate(text, -1, NULL)) return;
    if (screens->chat->len == CHAT_MAX) g_ptr_array_remove_index(screens->chat, 0);
    ChatLine *line = g_new0(ChatLine, 1);
    line->from_shopper = from_shopper;
    line->text = g_utf8_substring(text, 0, MIN(CHAT_TEXT_MAX, g_utf8_strlen(text, -1)));
    g_ptr_array_add(screens->chat, line);
    draw_soon(screens);
}

void screens_refresh(Screens *screens)
{
    screens->dirty = TRUE;
    draw(screens);
}

gboolean screens_rings(const Screens *screens)
{
    return screens->view.state == VIEW_RINGING && !screens->agent_gone;
}

static json_t *output_health(const Screens *screens, DisplayOutput output, const char *problem)
{
    gboolean ok = screens->canvases[output] != NULL;
    return json_pack("{s:s, s:s, s:b, s:s}", "driver", "sdl", "name", display_name(screens->display, output), "ok", ok, "problem",
                     ok ? "" : problem);
}

json_t *screens_health(Screens *screens)
{
    return json_pack("{s:o, s:o}", "console", output_health(screens, DISPLAY_CONSOLE, "console_missing"), "demo",
                     output_health(screens, DISPLAY_DEMO, "demo_missing"));
}

gboolean screens_screenshot(Screens *screens, const char *screen, const char *path, GError **error)
{
    gboolean demo = strcmp(screen, "demo") == 0;
    if (!demo && strcmp(screen, "console") != 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "there is no screen \"%s\": console or demo", screen);
        return FALSE;
    }
    DisplayOutput output = demo ? DISPLAY_DEMO : DISPLAY_CONSOLE;
    if (!screens->canvases[output]) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED, "the demo display is not connected");
        return FALSE;
    }
    screens_refresh(screens);
    return canvas_write(screens->canvases[output], screens->scenes[output], screens->pictures, screens->theme->stage, path, error);
}
