#include "studio/screens.h"

#include "alive/alive.h"
#include "drivers/display/display.h"
#include "studio/chat_log.h"
#include "studio/console_input.h"
#include "studio/console_screen.h"
#include "studio/demo_screen.h"
#include "studio/draw_rest.h"
#include "text/price.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define CALL_TICK_MS    33 /* draws the own picture when the shopper sends none */
#define QUIET_TICK_MS   50 /* without a call */
#define INPUT_TICK_MS   12 /* looks for touches and keys in between, which SDL tells only who asks */
#define IN_USE_TICK_MS  4  /* and this often while there are some: a finger that pressed will let go */
#define IN_USE_US       (3 * G_USEC_PER_SEC)
#define EVENTS_PER_TICK 64

struct Screens {
    ScreensEvents events;
    const Config *config;
    const Theme *theme;
    Text *text;
    Fonts *fonts;
    Gallery *gallery;
    Display *display;
    ConsoleScreen *console;
    ConsoleInput *input;
    DemoScreen *demo;
    char *name; /* of the booth, before the agent tells */
    json_t *snapshot;
    gboolean agent_gone;
    View view;
    ChatLog *chat;
    char *chat_call;
    char *faults; /* folder in which a test may unplug a simulated screen, or NULL */
    gboolean dirty;
    gint64 second, used;
    guint tick, tick_ms, soon;
    gint64 draw_ms; /* how often it is looked whether there is something to draw */
    DrawRest rest;
    Mailbox *shopper;
    gint woken; /* atomic: on_picture() is on its way */
};

static void set_tick(Screens *screens);

static gint64 now_ms(void)
{
    return g_get_monotonic_time() / 1000;
}

/* --- drawing --------------------------------------------------------------------------------------------------------------------- */

static void lay_out_console(Screens *screens)
{
    Console console = {
        .text = screens->text,
        .view = &screens->view,
        .chat = (const ChatLine *const *)screens->chat->pdata,
        .chat_count = screens->chat->len,
        .gallery = screens->gallery,
        .shop = screens->snapshot,
    };
    console_input_fill(screens->input, &console);
    console_screen_lay_out(screens->console, &console);
}

static void build(Screens *screens)
{
    for (int again = 0; again < 2 && screens->dirty; again++) {
        screens->dirty = FALSE;
        lay_out_console(screens);
        screens->dirty |= console_input_drop_focus(screens->input);
    }
    console_screen_paint(screens->console);
    demo_screen_paint(screens->demo);
}

static gboolean is_in_use(const Screens *screens)
{
    return screens->used && g_get_monotonic_time() - screens->used < IN_USE_US;
}

static gboolean is_resting(const Screens *screens)
{
    return draw_rest_lasts(&screens->rest, now_ms());
}

/* The shopper's picture does not wait until panels are painted. */
static void draw(Screens *screens)
{
    draw_rest_begin(&screens->rest, now_ms());
    screens->dirty |= console_screen_look(screens->console, &screens->view);
    screens->dirty |= demo_screen_look(screens->demo);
    if (now_ms() / 1000 != screens->second) screens->dirty = TRUE;
    screens->second = now_ms() / 1000;
    if (screens->dirty) {
        if (!draw_rest_is_slow(&screens->rest)) console_screen_present_shopper(screens->console, &screens->view);
        build(screens);
    }
    console_screen_present(screens->console, &screens->view);
    demo_screen_present(screens->demo);
    alive_beat(); /* what was to be shown is shown */
    draw_rest_end(&screens->rest, now_ms(), is_in_use(screens), view_is_on_air(&screens->view));
}

/* --- what the advisor does ------------------------------------------------------------------------------------------------------- */

static void on_wish(void *data, const char *what, const char *argument)
{
    Screens *screens = data;
    if (screens->events.wish) screens->events.wish(screens->events.data, what, argument);
}

static void on_changed(void *data)
{
    Screens *screens = data;
    screens->dirty = TRUE;
}

static void on_lay_out(void *data)
{
    lay_out_console(data);
}

static void on_uncovered(void *data)
{
    Screens *screens = data;
    console_screen_invalidate(screens->console);
    demo_screen_invalidate(screens->demo);
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
    SDL_Window *window = display_window(screens->display, DISPLAY_CONSOLE), *demo = display_window(screens->display, DISPLAY_DEMO);
    SDL_Event event;
    for (int i = 0; i < EVENTS_PER_TICK && SDL_PollEvent(&event); i++) {
        if (demo && window_of(&event) == SDL_GetWindowID(demo) && demo != window) continue;
        screens->used = g_get_monotonic_time();
        console_input_take(screens->input, &event);
    }
    console_input_settle(screens->input);
    set_tick(screens);
}

/* --- time ------------------------------------------------------------------------------------------------------------------------ */

static gboolean on_tick(gpointer data)
{
    Screens *screens = data;
    handle_events(screens);
    const gint64 since_ms = now_ms() - screens->rest.drawn_ms;
    const gboolean is_due = since_ms > screens->draw_ms - screens->tick_ms; /* the next tick would be late */
    if (!is_resting(screens) && (screens->dirty || is_due)) draw(screens);
    return G_SOURCE_CONTINUE;
}

static void set_tick(Screens *screens)
{
    screens->draw_ms = view_is_on_air(&screens->view) || demo_screen_has_video(screens->demo) ? CALL_TICK_MS : QUIET_TICK_MS;
    const guint input_ms = is_in_use(screens) ? IN_USE_TICK_MS : INPUT_TICK_MS;
    guint ms = display_has_input(screens->display) ? input_ms : (guint)screens->draw_ms;
    if (ms == screens->tick_ms) return;
    g_clear_handle_id(&screens->tick, g_source_remove);
    screens->tick = g_timeout_add(ms, on_tick, screens);
    screens->tick_ms = ms;
}

static gboolean on_picture(gpointer data)
{
    Screens *screens = data;
    g_atomic_int_set(&screens->woken, FALSE);
    if (!view_is_on_air(&screens->view)) return G_SOURCE_REMOVE;
    handle_events(screens); /* seen with this picture, and not with the next */
    if (!is_resting(screens)) draw(screens);
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
    if (!is_resting(screens)) draw(screens);
    return G_SOURCE_REMOVE;
}

static void draw_soon(Screens *screens)
{
    screens->dirty = TRUE;
    if (!screens->soon) screens->soon = g_idle_add(on_soon, screens);
}

static void on_gallery(void *data)
{
    draw_soon(data);
}

/* --- life ------------------------------------------------------------------------------------------------------------------------ */

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
    DisplayWanted wanted[DISPLAY_OUTPUTS] = {
        {.title = "Livebooth", .connector = config_string(config, "display", "console_output")},
        {.title = "Livebooth demo", .connector = config_string(config, "display", "demo_output")},
    };
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

static void show_on_demo(Screens *screens)
{
    const json_t *show = screens->agent_gone ? NULL : json_object_get(screens->snapshot, "show");
    demo_screen_set(screens->demo, show, *screens->view.store ? screens->view.store : screens->name, view_is_on_air(&screens->view));
}

static void fill_screens(Screens *screens, Mailbox *own_picture, Mailbox *shopper_picture)
{
    screens->fonts = fonts_new();
    const ConsoleScreenSettings console = {.display = screens->display,
                                           .fonts = screens->fonts,
                                           .theme = screens->theme,
                                           .own = own_picture,
                                           .shopper = shopper_picture,
                                           .level = screens->events.level,
                                           .data = screens->events.data};
    const ConsoleInputEvents events = {
        .wish = on_wish, .changed = on_changed, .lay_out = on_lay_out, .uncovered = on_uncovered, .data = screens};
    const DemoScreenSettings demo = {.config = screens->config,
                                     .display = screens->display,
                                     .fonts = screens->fonts,
                                     .theme = screens->theme,
                                     .text = screens->text,
                                     .gallery = screens->gallery,
                                     .shown = screens->events.shown,
                                     .data = screens->events.data};
    screens->console = console_screen_new(&console);
    screens->input = console_input_new(screens->console, &screens->view, price_point(text_language(screens->text)), &events);
    screens->demo = demo_screen_new(&demo);
    show_on_demo(screens);
    SDL_StopTextInput();
}

Screens *screens_new(const Config *config, Mailbox *own_picture, Mailbox *shopper_picture, const ScreensEvents *events, GError **error)
{
    Screens *screens = g_new0(Screens, 1);
    if (events) screens->events = *events;
    const char *store = config_string(config, "booth", "store");
    screens->name = g_strdup(*store ? store : config_string(config, "booth", "name"));
    screens->config = config;
    screens->gallery = gallery_new(on_gallery, screens);
    screens->chat = chat_log_new();
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
    console_input_free(screens->input);
    demo_screen_free(screens->demo);
    console_screen_free(screens->console);
    gallery_free(screens->gallery);
    display_close(screens->display);
    fonts_free(screens->fonts);
    text_free(screens->text);
    json_decref(screens->snapshot);
    chat_log_free(screens->chat);
    g_free(screens->faults);
    g_free(screens->chat_call);
    g_free(screens->name);
    g_free(screens);
}

/* --- the outside ----------------------------------------------------------------------------------------------------------------- */

/* Words belong to one call; another call, or none, must not see them. */
static void forget_words(Screens *screens)
{
    const char *call = view_is_on_air(&screens->view) ? screens->view.call_id : "";
    if (g_strcmp0(call, screens->chat_call) == 0) return;
    chat_log_clear(screens->chat);
    console_input_forget(screens->input);
    g_free(screens->chat_call);
    screens->chat_call = g_strdup(call);
}

void screens_set_snapshot(Screens *screens, const json_t *snapshot)
{
    if (snapshot) {
        json_decref(screens->snapshot);
        screens->snapshot = json_deep_copy(snapshot);
    }
    const ViewState before = screens->view.state;
    screens->agent_gone = !snapshot;
    view_read(&screens->view, screens->snapshot, screens->agent_gone);
    if (snapshot) forget_words(screens);
    console_input_follow(screens->input, before);
    show_on_demo(screens);
    set_tick(screens);
    if (screens->view.state != before) draw_rest_skip(&screens->rest); /* a call that rings is not waited for */
    draw_soon(screens);
}

void screens_add_chat(Screens *screens, gboolean from_shopper, const char *text)
{
    if (chat_log_add(screens->chat, from_shopper, text)) draw_soon(screens);
}

void screens_set_products(Screens *screens, const char *about, const json_t *list)
{
    console_input_set_products(screens->input, about, list);
    draw_soon(screens);
}

void screens_refuse_product(Screens *screens, const char *what, const char *error)
{
    if (console_input_refuse_product(screens->input, what, error)) draw_soon(screens);
}

void screens_simulate_faults(Screens *screens, const char *folder)
{
    g_free(screens->faults);
    screens->faults = g_strdup(folder);
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

gboolean screens_must_restart(const Screens *screens)
{
    return display_has_new_screen(screens->display);
}

static json_t *output_health(const Screens *screens, DisplayOutput output, gboolean is_right, const char *missing)
{
    gboolean is_drawn = output == DISPLAY_CONSOLE || demo_screen_is_there(screens->demo);
    gboolean is_there = is_drawn && display_is_connected(screens->display, output, screens->faults);
    gboolean ok = is_there && is_right;
    const char *problem = is_there ? "demo_wrong" : missing;
    return json_pack("{s:s, s:s, s:b, s:s}", "driver", "sdl", "name", display_name(screens->display, output), "ok", ok, "problem",
                     ok ? "" : problem);
}

static json_t *demo_health(Screens *screens)
{
    if (strcmp(config_string(screens->config, "display", "demo_output"), "none") == 0)
        return json_pack("{s:s, s:s, s:b, s:s}", "driver", "none", "name", "", "ok", TRUE, "problem", "");
    json_t *shows = demo_screen_read(screens->demo);
    const gint64 not_yet_ms = screens->rest.rest_ms + screens->rest.slow_ms; /* before what is new can be read back */
    gboolean is_right = demo_screen_is_right(screens->demo, not_yet_ms * G_TIME_SPAN_MILLISECOND);
    json_t *demo = output_health(screens, DISPLAY_DEMO, is_right, "demo_missing");
    json_object_set_new(demo, "shows", shows);
    return demo;
}

json_t *screens_health(Screens *screens)
{
    if (screens->dirty && !is_resting(screens)) draw(screens);
    return json_pack("{s:o, s:o}", "console", output_health(screens, DISPLAY_CONSOLE, TRUE, "console_missing"), "demo",
                     demo_health(screens));
}

gboolean screens_screenshot(Screens *screens, const char *screen, const char *path, GError **error)
{
    gboolean demo = strcmp(screen, "demo") == 0;
    if (!demo && strcmp(screen, "console") != 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "there is no screen \"%s\": console or demo", screen);
        return FALSE;
    }
    if (demo && !demo_screen_is_there(screens->demo)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED, "the demo display is not connected");
        return FALSE;
    }
    screens_refresh(screens);
    return demo ? demo_screen_write(screens->demo, path, error) : console_screen_write(screens->console, TRUE, path, error);
}

char *screens_console_png(Screens *screens, GError **error)
{
    g_autofree char *path = NULL, *png = NULL;
    gsize length = 0;
    int file = g_file_open_tmp("livebooth-console-XXXXXX.png", &path, error);
    if (file < 0) return NULL;
    close(file);
    screens_refresh(screens);
    gboolean written = console_screen_write(screens->console, FALSE, path, error) && g_file_get_contents(path, &png, &length, error);
    g_unlink(path);
    return written ? g_base64_encode((const guchar *)png, length) : NULL;
}
