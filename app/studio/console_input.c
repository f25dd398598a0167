#include "studio/console_input.h"

#include "bus/names.h"
#include "studio/field.h"
#include "studio/scanner.h"
#include "studio/touch.h"

#include <string.h>

#define NOTE_LATER_MS 400 /* of quiet before what is being typed is noted */

struct ConsoleInput {
    ConsoleInputEvents events;
    ConsoleScreen *screen;
    Scene *scene; /* the screen's */
    const View *view;
    Field *message;
    Wrapup *wrapup;
    guint note_later; /* source id: what was entered of the wrap-up is on its way */
    ServicePage service;
    Shelf *shelf;
    Scanner scanner;
    SDL_Event held[SCANNER_DIGITS_MAX]; /* digits that may be of a bar code, and are shortcuts if not */
    guint held_count;
};

static Field *focused_field(ConsoleInput *input)
{
    if (strcmp(input->scene->focus, CONSOLE_QUERY) == 0) return input->shelf->query;
    if (strcmp(input->scene->focus, CONSOLE_VALUE) == 0) return input->wrapup->value;
    return input->view->state == VIEW_WRAPUP ? input->wrapup->order : input->message;
}

static void wish(ConsoleInput *input, const char *what, const char *argument)
{
    input->events.wish(input->events.data, what, argument);
}

static void change(ConsoleInput *input)
{
    input->events.changed(input->events.data);
}

static void send_message(ConsoleInput *input)
{
    g_autofree char *text = g_strstrip(g_strdup(input->message->text->str));
    field_clear(input->message);
    change(input);
    if (*text) wish(input, "chat", text);
}

/* --- the wrap-up ----------------------------------------------------------------------------------------------------------------- */

static gboolean on_note_later(gpointer data)
{
    ConsoleInput *input = data;
    input->note_later = 0;
    input->wrapup->changed = FALSE;
    g_autofree char *note = wrapup_note(input->wrapup);
    wish(input, "note", note);
    return G_SOURCE_REMOVE;
}

/* Tells the agent soon: should the time run out, or a program end, it has what was entered. */
static void note_soon(ConsoleInput *input)
{
    change(input);
    if (!input->wrapup->changed) return;
    g_clear_handle_id(&input->note_later, g_source_remove);
    input->note_later = g_timeout_add(NOTE_LATER_MS, on_note_later, input);
}

/* After a sale the caret stands where its number goes: a reader may be used at once. */
static void use_wrapup(ConsoleInput *input, const char *what)
{
    if (!wrapup_do(input->wrapup, input->view, focused_field(input), what)) return;
    note_soon(input);
    gboolean ordered = strcmp(what, "outcome sale") == 0 || strcmp(what, "outcome reserved") == 0;
    if (ordered && !input->wrapup->order->text->len) touch_focus(input->scene, scene_target_named(input->scene, CONSOLE_ORDER));
}

static void finish_wrapup(ConsoleInput *input)
{
    g_clear_handle_id(&input->note_later, g_source_remove);
    g_autofree char *note = wrapup_note(input->wrapup);
    wish(input, "done", note);
}

/* --- products and service -------------------------------------------------------------------------------------------------------- */

static void search(ConsoleInput *input)
{
    const char *words = shelf_search(input->shelf);
    change(input);
    if (words) wish(input, "search", words);
}

/* The panel's own buttons. It opens with the caret where words go. */
static void use_shelf(ConsoleInput *input, const char *what)
{
    if (shelf_do(input->shelf, what)) change(input);
    if (strcmp(what, "open") != 0) return;
    input->events.lay_out(input->events.data);
    touch_focus(input->scene, scene_target_named(input->scene, CONSOLE_QUERY));
    change(input);
}

/* Its pages are the console's own; what they do is the agent's. */
static void use_service(ConsoleInput *input, const char *what)
{
    change(input);
    if (strcmp(what, "open") == 0 || strcmp(what, "confirm") == 0)
        input->service = strcmp(what, "open") == 0 ? SERVICE_OPEN : SERVICE_CONFIRM;
    else if (strcmp(what, "close") == 0)
        input->service = SERVICE_CLOSED;
    else
        wish(input, what, "");
}

/* Enter in the search shows what fits best. */
static void show_first(ConsoleInput *input)
{
    const char *id = json_string_value(json_object_get(json_array_get(input->shelf->list, 0), "id"));
    g_autofree char *argument = g_strdup_printf("product\n%s", id ? id : "");
    wish(input, "show", argument);
}

/* --- buttons and fields ---------------------------------------------------------------------------------------------------------- */

static void on_activate(void *data, const SceneTarget *target)
{
    ConsoleInput *input = data;
    if (strcmp(target->id, CONSOLE_SEND) == 0) {
        send_message(input);
        return;
    }
    if (!target->wish) return;
    if (strcmp(target->wish, "shelf") == 0) {
        use_shelf(input, target->argument);
        return;
    }
    if (strcmp(target->wish, "service") == 0)
        use_service(input, target->argument);
    else if (strcmp(target->wish, "wrapup") == 0)
        use_wrapup(input, target->argument);
    else if (strcmp(target->wish, "done") == 0)
        finish_wrapup(input);
    else
        wish(input, target->wish, target->argument);
}

static void on_typed(void *data, const char *text)
{
    ConsoleInput *input = data;
    if (!field_type(focused_field(input), text)) return;
    if (focused_field(input) == input->shelf->query) search(input);
    if (input->view->state == VIEW_WRAPUP) input->wrapup->changed = TRUE, note_soon(input);
}

static void on_rubbed_out(void *data)
{
    ConsoleInput *input = data;
    if (!field_rub_out(focused_field(input))) return;
    if (focused_field(input) == input->shelf->query) search(input);
    if (input->view->state == VIEW_WRAPUP) input->wrapup->changed = TRUE, note_soon(input);
}

static void on_submit(void *data)
{
    ConsoleInput *input = data;
    if (focused_field(input) == input->message)
        send_message(input);
    else if (focused_field(input) == input->wrapup->order)
        touch_focus(input->scene, scene_target_named(input->scene, CONSOLE_VALUE));
    else if (focused_field(input) == input->shelf->query && json_array_size(input->shelf->list))
        show_first(input);
    else
        touch_focus(input->scene, NULL);
}

static void on_uncovered(void *data)
{
    ConsoleInput *input = data;
    input->events.uncovered(input->events.data);
}

/* --- the bar code reader --------------------------------------------------------------------------------------------------------- */

static const SceneTarget *focused_target(ConsoleInput *input)
{
    const SceneTarget *focus = scene_target_named(input->scene, input->scene->focus);
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
static void take_scan(ConsoleInput *input)
{
    const char *digits = input->scanner.digits;
    if (focused_target(input)) {
        for (gsize i = 0; i < strlen(digits); i++) field_rub_out(focused_field(input));
        if (focused_field(input) == input->shelf->query) search(input);
    }
    input->held_count = 0;
    input->shelf->notice = NULL;
    input->shelf->open = TRUE;
    change(input);
    wish(input, "scan", digits);
}

static void give(ConsoleInput *input, const SDL_Event *event)
{
    const TouchEvents events = {on_activate, on_typed, on_rubbed_out, on_submit, on_uncovered, input};
    double width, height, scale;
    console_screen_size(input->screen, &width, &height, &scale);
    if (touch_handle(input->scene, event, scale, (int)(width * scale), (int)(height * scale), &events)) change(input);
}

static void release_held(ConsoleInput *input)
{
    guint count = input->held_count;
    input->held_count = 0;
    for (guint i = 0; i < count; i++) give(input, &input->held[i]);
}

/* TRUE: the key was a reader's, or may be. In the wrap-up's fields a reader types order numbers. */
static gboolean is_scanned(ConsoleInput *input, const SDL_Event *event)
{
    if (event->type != SDL_KEYDOWN) return FALSE;
    const SceneTarget *field = focused_target(input);
    char key = scanner_key(&event->key);
    if (scanner_take(&input->scanner, key, event->key.timestamp) && !(field && input->view->state == VIEW_WRAPUP)) {
        take_scan(input);
        return TRUE;
    }
    gboolean held = !field && g_ascii_isdigit(key) && input->held_count < G_N_ELEMENTS(input->held);
    if (held)
        input->held[input->held_count++] = *event;
    else
        release_held(input);
    return held;
}

void console_input_take(ConsoleInput *input, const SDL_Event *event)
{
    if (!is_scanned(input, event)) give(input, event);
}

void console_input_settle(ConsoleInput *input)
{
    if (input->held_count && !scanner_waits(&input->scanner, SDL_GetTicks())) release_held(input);
}

/* --- the outside ----------------------------------------------------------------------------------------------------------------- */

ConsoleInput *console_input_new(ConsoleScreen *screen, const View *view, char point, const ConsoleInputEvents *events)
{
    ConsoleInput *input = g_new0(ConsoleInput, 1);
    input->events = *events;
    input->screen = screen;
    input->scene = console_screen_scene(screen);
    input->view = view;
    input->message = field_new(FIELD_MESSAGE_MAX);
    input->wrapup = wrapup_new(point);
    input->shelf = shelf_new();
    return input;
}

void console_input_free(ConsoleInput *input)
{
    if (!input) return;
    g_clear_handle_id(&input->note_later, g_source_remove);
    field_free(input->message);
    wrapup_free(input->wrapup);
    shelf_free(input->shelf);
    g_free(input);
}

void console_input_fill(const ConsoleInput *input, Console *console)
{
    console->message = input->message->text->str;
    console->wrapup = input->wrapup;
    console->service = input->service;
    console->shelf = input->shelf;
}

gboolean console_input_drop_focus(ConsoleInput *input)
{
    Scene *scene = input->scene;
    const SceneTarget *focus = scene_target_named(scene, scene->focus);
    if (!scene->focus[0] || (focus && !focus->disabled)) return FALSE;
    touch_focus(scene, NULL);
    return TRUE;
}

void console_input_follow(ConsoleInput *input, ViewState before)
{
    if (!input->view->checking) input->service = SERVICE_CLOSED;
    if ((before == VIEW_WRAPUP) == (input->view->state == VIEW_WRAPUP)) return;
    g_clear_handle_id(&input->note_later, g_source_remove);
    wrapup_load(input->wrapup, input->view);
}

void console_input_forget(ConsoleInput *input)
{
    field_clear(input->message);
    shelf_clear(input->shelf);
}

void console_input_set_products(ConsoleInput *input, const char *about, const json_t *list)
{
    shelf_take(input->shelf, about, list);
}

gboolean console_input_refuse_product(ConsoleInput *input, const char *what, const char *error)
{
    if (strcmp(what, "search") == 0 && strcmp(error, BUS_NOT_FOUND) == 0) return FALSE;
    input->shelf->notice = strcmp(error, BUS_NOT_FOUND) == 0 ? "products_unknown" : "products_failed";
    return TRUE;
}
