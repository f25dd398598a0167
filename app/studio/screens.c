#include "studio/screens.h"

#include "alive/alive.h"
#include "bus/names.h"
#include "drivers/audio/audio.h"
#include "drivers/display/display.h"
#include "studio/canvas.h"
#include "studio/console.h"
#include "studio/demo.h"
#include "studio/field.h"
#include "studio/frame_code.h"
#include "studio/player.h"
#include "studio/scanner.h"
#include "studio/touch.h"
#include "text/price.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define CHAT_MAX        200  /* messages kept */
#define CHAT_TEXT_MAX   2000 /* characters of one */
#define CALL_TICK_MS    33   /* draws the own picture when the shopper sends none */
#define QUIET_TICK_MS   50   /* without a call */
#define SLOW_DRAW_MS    100  /* drawing that takes longer is done by the processor, and fills it */
#define QUIET_DRAW_MS   40   /* the same while nobody waits for it */
#define SLOW_DRAW_REST  3    /* then it has so many times as long to itself in between, */
#define IN_USE_REST     1    /* and so many while the advisor touches it, */
#define REST_MAX_MS     3000 /* but no longer than this */
#define INPUT_TICK_MS   12   /* looks for touches and keys in between, which SDL tells only who asks */
#define IN_USE_TICK_MS  4    /* and this often while there are some: a finger that pressed will let go */
#define IN_USE_US       (3 * G_USEC_PER_SEC)
#define OWN_IN_CALL_US  (G_USEC_PER_SEC / 12)
#define OWN_IDLE_US     (G_USEC_PER_SEC / 8)
#define LEVELS_US       (G_USEC_PER_SEC / 15)
#define EVENTS_PER_TICK 64
#define IDLE_SIDE_MAX   1920                     /* pixels */
#define NOTE_LATER_MS   400                      /* of quiet before what is being typed is noted */
#define WRONG_US        (3 * G_USEC_PER_SEC / 2) /* so long the demo display may not be read back as what it has to show */

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
    Field *message;
    Wrapup *wrapup;
    ServicePage service;
    guint note_later; /* source id: what was entered of the wrap-up is on its way */
    char *faults;     /* folder in which a test may unplug a simulated screen, or NULL */
    Shelf *shelf;
    Scanner scanner;
    SDL_Event held[SCANNER_DIGITS_MAX]; /* digits that may be of a bar code, and are shortcuts if not */
    guint held_count;
    gboolean dirty, shopper_visible, own_visible;
    Meter meters[METERS];
    Voice voices[METERS];
    gint64 second, own_taken, presented, used;
    guint tick, tick_ms, soon;
    gint64 drawn, draw_ms; /* when it was last looked whether there is something to draw, and how often it is */
    gint64 slow_ms;        /* what drawing takes, where that is long */
    gint64 rest_ms;        /* until it may be drawn again */
    Mailbox *shopper;
    const Config *config;
    Gallery *gallery;
    Mailbox *video;
    Player *player; /* made when the first video is shown */
    cairo_surface_t *idle;
    gboolean video_visible;
    guint32 demo_code; /* of what was drawn last on the demo display; 0: nothing */
    char *shown;       /* words that were read back from it, or NULL */
    gint64 shown_utc;  /* ms: since when they are */
    gint64 right_us;   /* monotonic: when it was last read back as it has to be */
    gint woken;        /* atomic: on_picture() is on its way */
};

static void set_tick(Screens *screens);

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

/* Lays the console's scene out; nothing is painted yet. */
static void lay_out_console(Screens *screens)
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
        .own_voice = screens->voices[METER_OWN],
        .shopper_voice = screens->voices[METER_SHOPPER],
        .chat = (const ChatLine *const *)screens->chat->pdata,
        .chat_count = screens->chat->len,
        .message = screens->message->text->str,
        .wrapup = screens->wrapup,
        .service = screens->service,
        .shelf = screens->shelf,
        .gallery = screens->gallery,
        .shop = screens->snapshot,
    };
    double width, height, scale;
    canvas_size(screens->canvases[DISPLAY_CONSOLE], &width, &height, &scale);
    console_build(&console, width, height);
}

static Demo demo_of(const Screens *screens)
{
    const json_t *show = json_object_get(screens->snapshot, "show");
    return (Demo){
        .scene = screens->scenes[DISPLAY_DEMO],
        .theme = screens->theme,
        .text = screens->text,
        .name = *screens->view.store ? screens->view.store : screens->name,
        .brand = config_string(screens->config, "demo", "brand"),
        .idle = screens->idle,
        .on_air = in_call(screens),
        .show = json_is_object(show) && !screens->agent_gone ? show : NULL,
        .gallery = screens->gallery,
        .video = screens->video_visible,
    };
}

static void build_demo(Screens *screens)
{
    Canvas *canvas = screens->canvases[DISPLAY_DEMO];
    if (!canvas) return;
    double width, height, scale;
    canvas_size(canvas, &width, &height, &scale);
    const Demo demo = demo_of(screens);
    demo_build(&demo, width, height);
    canvas_update(canvas, screens->scenes[DISPLAY_DEMO]);
}

/* After what was built is on the screen. */
static void tell_shown(Screens *screens)
{
    const Demo demo = demo_of(screens);
    g_autofree char *words = demo_words(&demo);
    guint32 code = frame_code_of(words);
    if (code == screens->demo_code) return;
    screens->demo_code = code;
    if (screens->events.shown) screens->events.shown(screens->events.data);
}

/* The address of the video that is shown, or NULL. */
static const char *video_wanted(const Screens *screens)
{
    const json_t *show = json_object_get(screens->snapshot, "show");
    if (!screens->canvases[DISPLAY_DEMO] || screens->agent_gone) return NULL;
    if (g_strcmp0(json_string_value(json_object_get(show, "kind")), "video") != 0) return NULL;
    return json_string_value(json_object_get(json_array_get(json_object_get(show, "products"), 0), "video"));
}

static void run_video(Screens *screens)
{
    const char *address = video_wanted(screens);
    if (address && !screens->player) {
        const AudioDriver *speaker = NULL;
        g_autofree char *device = NULL;
        g_autoptr(GError) error = NULL;
        if (!audio_choose(config_string(screens->config, "audio", "speaker"), TRUE, &speaker, &device, &error))
            g_message("video: %s", error->message);
        screens->player = player_new(speaker, device, screens->video);
    }
    if (screens->player) player_play(screens->player, address);
}

static void build(Screens *screens)
{
    for (int again = 0; again < 2 && screens->dirty; again++) {
        screens->dirty = FALSE;
        lay_out_console(screens);
        keep_focus_honest(screens);
    }
    canvas_update(screens->canvases[DISPLAY_CONSOLE], screens->scenes[DISPLAY_CONSOLE]);
    build_demo(screens);
}

static void notice_pictures(Screens *screens)
{
    gint64 now = g_get_monotonic_time();
    gboolean shopper = in_call(screens) && picture_is_moving(screens->pictures[PICTURE_SHOPPER], now);
    gboolean own = picture_is_moving(screens->pictures[PICTURE_OWN], now);
    gboolean video = screens->pictures[PICTURE_VIDEO] && video_wanted(screens) && picture_is_moving(screens->pictures[PICTURE_VIDEO], now);
    if (video != screens->video_visible) screens->dirty = TRUE;
    if (!video && screens->pictures[PICTURE_VIDEO]) picture_forget(screens->pictures[PICTURE_VIDEO]);
    screens->video_visible = video;
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
    SDL_Rect area;
    renewed[PICTURE_SHOPPER] =
        canvas_picture_area(canvas, PICTURE_SHOPPER, &area) && picture_take(screens->pictures[PICTURE_SHOPPER], &area);
    gint64 now = g_get_monotonic_time(), pause = in_call(screens) ? OWN_IN_CALL_US : OWN_IDLE_US;
    renewed[PICTURE_OWN] = now - screens->own_taken >= pause && canvas_picture_area(canvas, PICTURE_OWN, &area) &&
                           picture_take(screens->pictures[PICTURE_OWN], &area);
    if (renewed[PICTURE_OWN]) screens->own_taken = now;
}

/* What is sent while the microphone is muted is silence, and said in a word. */
static void take_levels(Screens *screens)
{
    const gint64 now = g_get_monotonic_time();
    const gboolean wanted = screens->events.level && (in_call(screens) || screens->view.checking);
    for (guint i = 0; i < METERS; i++) {
        const MeterReading reading = wanted ? screens->events.level(screens->events.data, i == METER_SHOPPER) : (MeterReading){0};
        if (wanted) meter_take(&screens->meters[i], &reading);
        if (!wanted) screens->meters[i] = (Meter){0};
        const gboolean muted = wanted && i == METER_OWN && screens->view.muted && in_call(screens);
        const Voice voice = muted ? VOICE_MUTED : meter_voice(&screens->meters[i], now);
        screens->dirty |= voice != screens->voices[i];
        screens->voices[i] = voice;
        canvas_set_meter(screens->canvases[DISPLAY_CONSOLE], i, meter_lit(&screens->meters[i], now));
    }
}

/* With the next picture, or soon by themselves. */
static gboolean levels_are_due(const Screens *screens)
{
    return canvas_has_new_level(screens->canvases[DISPLAY_CONSOLE]) && g_get_monotonic_time() - screens->presented >= LEVELS_US;
}

static void present_console(Screens *screens, const gboolean renewed[PICTURES])
{
    canvas_present(screens->canvases[DISPLAY_CONSOLE], screens->pictures, renewed, screens->theme->stage);
    screens->presented = g_get_monotonic_time();
}

/* The shopper's picture does not wait until panels are painted. */
static void show_shopper_first(Screens *screens)
{
    gboolean renewed[PICTURES] = {FALSE};
    if (!in_call(screens)) return;
    take_pictures(screens, renewed);
    if (renewed[PICTURE_SHOPPER]) present_console(screens, renewed);
}

static gboolean is_in_use(const Screens *screens)
{
    return screens->used && g_get_monotonic_time() - screens->used < IN_USE_US;
}

/* Where the processor draws, all else in this loop waits for it: the call's own messages too. It may draw in the background, so that only
 * the next picture has to wait: what one took is forgotten slowly. */
static void set_rest(Screens *screens, gint64 took_ms)
{
    const gboolean in_use = is_in_use(screens);
    const gint64 limit_ms = in_use || in_call(screens) ? SLOW_DRAW_MS : QUIET_DRAW_MS;
    screens->slow_ms = MAX(took_ms, screens->slow_ms * 7 / 8);
    const gint64 rest_ms = MIN(screens->slow_ms * (in_use ? IN_USE_REST : SLOW_DRAW_REST), REST_MAX_MS);
    screens->rest_ms = screens->slow_ms > limit_ms ? took_ms + rest_ms : 0;
}

static gboolean is_resting(const Screens *screens)
{
    return now_ms() - screens->drawn < screens->rest_ms;
}

static void draw(Screens *screens)
{
    gboolean renewed[PICTURES] = {FALSE};
    screens->drawn = now_ms();
    notice_pictures(screens);
    take_levels(screens);
    if (now_ms() / 1000 != screens->second) screens->dirty = TRUE;
    screens->second = now_ms() / 1000;
    if (screens->dirty) {
        if (screens->slow_ms <= SLOW_DRAW_MS) show_shopper_first(screens);
        build(screens);
    }
    take_pictures(screens, renewed);
    Canvas *console = screens->canvases[DISPLAY_CONSOLE], *demo = screens->canvases[DISPLAY_DEMO];
    if (canvas_is_dirty(console) || renewed[PICTURE_SHOPPER] || renewed[PICTURE_OWN] || levels_are_due(screens))
        present_console(screens, renewed);
    SDL_Rect area;
    renewed[PICTURE_VIDEO] =
        screens->video_visible && canvas_picture_area(demo, PICTURE_VIDEO, &area) && picture_take(screens->pictures[PICTURE_VIDEO], &area);
    if (demo && (canvas_is_dirty(demo) || renewed[PICTURE_VIDEO])) canvas_present(demo, screens->pictures, renewed, screens->theme->stage);
    if (demo) tell_shown(screens);
    alive_beat(); /* what was to be shown is shown */
    set_rest(screens, now_ms() - screens->drawn);
}

/* --- what the advisor does ---------------------------------------------------------------------------------------------------------------
 */

static Field *focused_field(Screens *screens)
{
    if (strcmp(screens->scenes[DISPLAY_CONSOLE]->focus, CONSOLE_QUERY) == 0) return screens->shelf->query;
    if (strcmp(screens->scenes[DISPLAY_CONSOLE]->focus, CONSOLE_VALUE) == 0) return screens->wrapup->value;
    return screens->view.state == VIEW_WRAPUP ? screens->wrapup->order : screens->message;
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

/* --- the wrap-up */

static gboolean on_note_later(gpointer data)
{
    Screens *screens = data;
    screens->note_later = 0;
    screens->wrapup->changed = FALSE;
    g_autofree char *note = wrapup_note(screens->wrapup);
    wish(screens, "note", note);
    return G_SOURCE_REMOVE;
}

/* Tells the agent soon: should the time run out, or a program end, it has what was entered. */
static void note_soon(Screens *screens)
{
    screens->dirty = TRUE;
    if (!screens->wrapup->changed) return;
    g_clear_handle_id(&screens->note_later, g_source_remove);
    screens->note_later = g_timeout_add(NOTE_LATER_MS, on_note_later, screens);
}

/* After a sale the caret stands where its number goes: a reader may be used at once. */
static void use_wrapup(Screens *screens, const char *what)
{
    Scene *scene = screens->scenes[DISPLAY_CONSOLE];
    if (!wrapup_do(screens->wrapup, &screens->view, focused_field(screens), what)) return;
    note_soon(screens);
    gboolean ordered = strcmp(what, "outcome sale") == 0 || strcmp(what, "outcome reserved") == 0;
    if (ordered && !screens->wrapup->order->text->len) touch_focus(scene, scene_target_named(scene, CONSOLE_ORDER));
}

static void finish_wrapup(Screens *screens)
{
    g_clear_handle_id(&screens->note_later, g_source_remove);
    g_autofree char *note = wrapup_note(screens->wrapup);
    wish(screens, "done", note);
}

static void search(Screens *screens)
{
    const char *words = shelf_search(screens->shelf);
    screens->dirty = TRUE;
    if (words) wish(screens, "search", words);
}

/* The panel's own buttons. It opens with the caret where words go. */
static void use_shelf(Screens *screens, const char *what)
{
    Scene *scene = screens->scenes[DISPLAY_CONSOLE];
    screens->dirty |= shelf_do(screens->shelf, what);
    if (strcmp(what, "open") != 0) return;
    lay_out_console(screens);
    touch_focus(scene, scene_target_named(scene, CONSOLE_QUERY));
    screens->dirty = TRUE;
}

/* Its pages are the console's own; what they do is the agent's. */
static void use_service(Screens *screens, const char *what)
{
    screens->dirty = TRUE;
    if (strcmp(what, "open") == 0 || strcmp(what, "confirm") == 0)
        screens->service = strcmp(what, "open") == 0 ? SERVICE_OPEN : SERVICE_CONFIRM;
    else if (strcmp(what, "close") == 0)
        screens->service = SERVICE_CLOSED;
    else
        wish(screens, what, "");
}

static void on_activate(void *data, const SceneTarget *target)
{
    Screens *screens = data;
    if (strcmp(target->id, CONSOLE_SEND) == 0) {
        send_message(screens);
        return;
    }
    if (!target->wish) return;
    if (strcmp(target->wish, "shelf") == 0) {
        use_shelf(screens, target->argument);
        return;
    }
    if (strcmp(target->wish, "service") == 0)
        use_service(screens, target->argument);
    else if (strcmp(target->wish, "wrapup") == 0)
        use_wrapup(screens, target->argument);
    else if (strcmp(target->wish, "done") == 0)
        finish_wrapup(screens);
    else
        wish(screens, target->wish, target->argument);
}

static void on_typed(void *data, const char *text)
{
    Screens *screens = data;
    if (!field_type(focused_field(screens), text)) return;
    if (focused_field(screens) == screens->shelf->query) search(screens);
    if (screens->view.state == VIEW_WRAPUP) screens->wrapup->changed = TRUE, note_soon(screens);
}

static void on_rubbed_out(void *data)
{
    Screens *screens = data;
    if (!field_rub_out(focused_field(screens))) return;
    if (focused_field(screens) == screens->shelf->query) search(screens);
    if (screens->view.state == VIEW_WRAPUP) screens->wrapup->changed = TRUE, note_soon(screens);
}

/* Enter in the search shows what fits best. */
static void show_first(Screens *screens)
{
    const char *id = json_string_value(json_object_get(json_array_get(screens->shelf->list, 0), "id"));
    g_autofree char *argument = g_strdup_printf("product\n%s", id ? id : "");
    wish(screens, "show", argument);
}

static void on_submit(void *data)
{
    Screens *screens = data;
    Scene *scene = screens->scenes[DISPLAY_CONSOLE];
    if (focused_field(screens) == screens->message)
        send_message(screens);
    else if (focused_field(screens) == screens->wrapup->order)
        touch_focus(scene, scene_target_named(scene, CONSOLE_VALUE));
    else if (focused_field(screens) == screens->shelf->query && json_array_size(screens->shelf->list))
        show_first(screens);
    else
        touch_focus(scene, NULL);
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

/* --- the bar code reader -----------------------------------------------------------------------------------------------------------------
 */

static const SceneTarget *focused_target(Screens *screens)
{
    Scene *scene = screens->scenes[DISPLAY_CONSOLE];
    const SceneTarget *focus = scene_target_named(scene, scene->focus);
    return focus && focus->field ? focus : NULL;
}

static char scanner_key(const SDL_KeyboardEvent *event)
{
    SDL_Keycode key = event->keysym.sym;
    if (event->repeat || (event->keysym.mod & (KMOD_CTRL | KMOD_ALT | KMOD_GUI))) return 0;
    if (key == SDLK_RETURN || key == SDLK_KP_ENTER) return SCANNER_ENTER;
    if (key >= SDLK_0 && key <= SDLK_9) return (char)('0' + (key - SDLK_0));
    if (key == SDLK_KP_0) return '0';
    if (key >= SDLK_KP_1 && key <= SDLK_KP_9) return (char)('1' + (key - SDLK_KP_1));
    return 0;
}

/* What the reader typed into a field, it did not mean for it. */
static void take_scan(Screens *screens)
{
    const char *digits = screens->scanner.digits;
    if (focused_target(screens)) {
        for (gsize i = 0; i < strlen(digits); i++) field_rub_out(focused_field(screens));
        if (focused_field(screens) == screens->shelf->query) search(screens);
    }
    screens->held_count = 0;
    screens->shelf->notice = NULL;
    screens->shelf->open = TRUE;
    screens->dirty = TRUE;
    wish(screens, "scan", digits);
}

static void give(Screens *screens, const SDL_Event *event)
{
    const TouchEvents events = {on_activate, on_typed, on_rubbed_out, on_submit, on_uncovered, screens};
    double width, height, scale;
    canvas_size(screens->canvases[DISPLAY_CONSOLE], &width, &height, &scale);
    if (touch_handle(screens->scenes[DISPLAY_CONSOLE], event, scale, (int)(width * scale), (int)(height * scale), &events))
        screens->dirty = TRUE;
}

static void release_held(Screens *screens)
{
    guint count = screens->held_count;
    screens->held_count = 0;
    for (guint i = 0; i < count; i++) give(screens, &screens->held[i]);
}

/* TRUE: the key was a reader's, or may be. In the wrap-up's fields a reader types order numbers. */
static gboolean is_scanned(Screens *screens, const SDL_Event *event)
{
    if (event->type != SDL_KEYDOWN) return FALSE;
    const SceneTarget *field = focused_target(screens);
    char key = scanner_key(&event->key);
    if (scanner_take(&screens->scanner, key, event->key.timestamp) && !(field && screens->view.state == VIEW_WRAPUP)) {
        take_scan(screens);
        return TRUE;
    }
    gboolean held = !field && g_ascii_isdigit(key) && screens->held_count < G_N_ELEMENTS(screens->held);
    if (held)
        screens->held[screens->held_count++] = *event;
    else
        release_held(screens);
    return held;
}

static void handle_events(Screens *screens)
{
    SDL_Window *window = display_window(screens->display, DISPLAY_CONSOLE), *demo = display_window(screens->display, DISPLAY_DEMO);
    SDL_Event event;
    for (int i = 0; i < EVENTS_PER_TICK && SDL_PollEvent(&event); i++) {
        if (demo && window_of(&event) == SDL_GetWindowID(demo) && demo != window) continue;
        screens->used = g_get_monotonic_time();
        if (!is_scanned(screens, &event)) give(screens, &event);
    }
    if (screens->held_count && !scanner_waits(&screens->scanner, SDL_GetTicks())) release_held(screens);
    set_tick(screens);
}

/* --- time --------------------------------------------------------------------------------------------------------------------------------
 */

static gboolean on_tick(gpointer data)
{
    Screens *screens = data;
    handle_events(screens);
    const gint64 since_ms = now_ms() - screens->drawn;
    const gboolean is_due = since_ms > screens->draw_ms - screens->tick_ms; /* the next tick would be late */
    if (!is_resting(screens) && (screens->dirty || is_due)) draw(screens);
    return G_SOURCE_CONTINUE;
}

static void set_tick(Screens *screens)
{
    screens->draw_ms = in_call(screens) || video_wanted(screens) ? CALL_TICK_MS : QUIET_TICK_MS;
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
    if (!in_call(screens)) return G_SOURCE_REMOVE;
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
    screens->wrapup = wrapup_new(price_point(text_language(screens->text)));
    screens->display = display_open(config_string(config, "display", "driver"), wanted, error);
    return screens->display != NULL;
}

static void on_gallery(void *data)
{
    draw_soon(data);
}

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
    SDL_Renderer *demo = display_renderer(screens->display, DISPLAY_DEMO);
    if (demo) screens->pictures[PICTURE_VIDEO] = picture_new("video", demo, screens->video);
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
    screens->video = mailbox_new();
    screens->idle = read_idle_picture(config_string(config, "demo", "picture"));
    screens->chat = g_ptr_array_new_with_free_func(chat_line_free);
    screens->message = field_new(FIELD_MESSAGE_MAX);
    screens->shelf = shelf_new();
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
    g_clear_handle_id(&screens->note_later, g_source_remove);
    g_idle_remove_by_data(screens); /* on_picture() */
    g_clear_handle_id(&screens->tick, g_source_remove);
    player_free(screens->player);
    for (guint i = 0; i < PICTURES; i++) picture_free(screens->pictures[i]);
    mailbox_free(screens->video);
    gallery_free(screens->gallery);
    for (guint i = 0; i < DISPLAY_OUTPUTS; i++) {
        canvas_free(screens->canvases[i]);
        scene_free(screens->scenes[i]);
    }
    g_clear_pointer(&screens->idle, cairo_surface_destroy);
    display_close(screens->display);
    fonts_free(screens->fonts);
    text_free(screens->text);
    json_decref(screens->snapshot);
    g_ptr_array_unref(screens->chat);
    field_free(screens->message);
    wrapup_free(screens->wrapup);
    g_free(screens->faults);
    g_free(screens->shown);
    shelf_free(screens->shelf);
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
        shelf_clear(screens->shelf);
        g_free(screens->chat_call);
        screens->chat_call = g_strdup(call);
    }
}

/* A wrap-up begins with what the agent has of it, and what was entered goes with its end. */
static void follow_wrapup(Screens *screens, ViewState before)
{
    if ((before == VIEW_WRAPUP) == (screens->view.state == VIEW_WRAPUP)) return;
    g_clear_handle_id(&screens->note_later, g_source_remove);
    wrapup_load(screens->wrapup, &screens->view);
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
    if (!screens->view.checking) screens->service = SERVICE_CLOSED;
    follow_wrapup(screens, before);
    run_video(screens);
    set_tick(screens);
    if (screens->view.state != before) screens->rest_ms = 0; /* a call that rings is not waited for */
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

void screens_set_products(Screens *screens, const char *about, const json_t *list)
{
    shelf_take(screens->shelf, about, list);
    draw_soon(screens);
}

void screens_refuse_product(Screens *screens, const char *what, const char *error)
{
    if (strcmp(what, "search") == 0 && strcmp(error, BUS_NOT_FOUND) == 0) return;
    screens->shelf->notice = strcmp(error, BUS_NOT_FOUND) == 0 ? "products_unknown" : "products_failed";
    draw_soon(screens);
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
    gboolean is_there = screens->canvases[output] && display_is_connected(screens->display, output, screens->faults);
    gboolean ok = is_there && is_right;
    const char *problem = is_there ? "demo_wrong" : missing;
    return json_pack("{s:s, s:s, s:b, s:s}", "driver", "sdl", "name", display_name(screens->display, output), "ok", ok, "problem",
                     ok ? "" : problem);
}

/* Remembers since when the demo display is read back as what it has to show. */
static void note_shown(Screens *screens, const char *words, gboolean ok)
{
    if (ok) screens->right_us = g_get_monotonic_time();
    if (ok && g_strcmp0(words, screens->shown) == 0) return;
    g_free(screens->shown);
    screens->shown = ok ? g_strdup(words) : NULL;
    screens->shown_utc = ok ? g_get_real_time() / 1000 : 0;
}

/* What the demo display shows, by what is read back from it. */
static json_t *demo_shows(Screens *screens)
{
    Canvas *canvas = screens->canvases[DISPLAY_DEMO];
    const Scene *scene = screens->scenes[DISPLAY_DEMO];
    const Demo demo = demo_of(screens);
    g_autofree char *words = demo_words(&demo);
    g_auto(GStrv) lines = g_strsplit(words, "\n", -1);
    int width = 0, height = 0;
    guint32 code = 0, ground = screens->theme->background, ink = frame_code_ink(ground, screens->theme->text);
    g_autofree guint32 *pixels = canvas ? canvas_read(canvas, screens->pictures, screens->theme->stage,
                                                      frame_code_rect(scene->width, scene->height), &width, &height)
                                        : NULL;
    gboolean ok = pixels && frame_code_read(pixels, width, height, ground, ink, &code) && code == frame_code_of(words);
    note_shown(screens, words, ok);
    json_t *ids = json_array();
    for (guint i = 1; lines[0] && lines[i] && lines[i][0] != '#'; i++) json_array_append_new(ids, json_string(lines[i]));
    return json_pack("{s:s, s:o, s:b, s:I}", "kind", lines[0] ? lines[0] : "idle", "ids", ids, "ok", ok, "since_utc",
                     (json_int_t)screens->shown_utc);
}

static json_t *demo_health(Screens *screens)
{
    if (strcmp(config_string(screens->config, "display", "demo_output"), "none") == 0)
        return json_pack("{s:s, s:s, s:b, s:s}", "driver", "none", "name", "", "ok", TRUE, "problem", "");
    json_t *shows = demo_shows(screens);
    const gint64 not_yet_us = (screens->rest_ms + screens->slow_ms) * G_TIME_SPAN_MILLISECOND; /* before what is new can be read back */
    gboolean is_right = g_get_monotonic_time() - screens->right_us <= WRONG_US + not_yet_us;
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
    DisplayOutput output = demo ? DISPLAY_DEMO : DISPLAY_CONSOLE;
    if (!screens->canvases[output]) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED, "the demo display is not connected");
        return FALSE;
    }
    screens_refresh(screens);
    return canvas_write(screens->canvases[output], screens->scenes[output], screens->pictures, screens->theme->stage, path, error);
}

char *screens_console_png(Screens *screens, GError **error)
{
    Picture *none[PICTURES] = {NULL};
    g_autofree char *path = NULL, *png = NULL;
    gsize length = 0;
    if (!screens->canvases[DISPLAY_CONSOLE]) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED, "the console is not connected");
        return NULL;
    }
    int file = g_file_open_tmp("livebooth-console-XXXXXX.png", &path, error);
    if (file < 0) return NULL;
    close(file);
    screens_refresh(screens);
    gboolean written =
        canvas_write(screens->canvases[DISPLAY_CONSOLE], screens->scenes[DISPLAY_CONSOLE], none, screens->theme->stage, path, error) &&
        g_file_get_contents(path, &png, &length, error);
    g_unlink(path);
    return written ? g_base64_encode((const guchar *)png, length) : NULL;
}
