#include "drivers/display/display.h"

#include "drivers/display/outputs.h"

#include <string.h>

struct Display {
    const DisplayDriver *driver;
    SDL_Window *windows[DISPLAY_OUTPUTS];
    SDL_Renderer *renderers[DISPLAY_OUTPUTS];
    char *names[DISPLAY_OUTPUTS], *connectors[DISPLAY_OUTPUTS]; /* connectors: as wanted */
    int indices[DISPLAY_OUTPUTS];                               /* of SDL's displays; OUTPUTS_NONE: its screen is not there */
    gboolean keeps_picture[DISPLAY_OUTPUTS];
    gboolean was_lost[DISPLAY_OUTPUTS]; /* pulled since it was opened */
    gboolean is_stand_in;               /* for outputs that are not there */
};

GQuark display_error_quark(void)
{
    return g_quark_from_static_string("livebooth-display");
}

static gboolean wayland_is_there(void)
{
    return g_getenv("WAYLAND_DISPLAY") != NULL;
}

static gboolean x11_is_there(void)
{
    return g_getenv("DISPLAY") != NULL;
}

static gboolean output_is_there(void)
{
    g_autoptr(GPtrArray) outputs = outputs_connected(OUTPUTS_FOLDER);
    return outputs->len > 0;
}

static const DisplayDriver drivers[] = {
    {.name = "wayland", .sdl_name = "wayland", .is_there = wayland_is_there, .accelerated = TRUE, .has_input = TRUE},
    {.name = "x11", .sdl_name = "x11", .is_there = x11_is_there, .accelerated = TRUE, .has_input = TRUE},
    {.name = "kmsdrm", .sdl_name = "KMSDRM", .is_there = output_is_there, .whole_output = TRUE, .accelerated = TRUE, .has_input = TRUE},
    {.name = "offscreen", .sdl_name = "offscreen"},
    {.name = NULL},
};

const DisplayDriver *display_drivers(void)
{
    return drivers;
}

void display_close(Display *display)
{
    if (!display) return;
    for (guint i = 0; i < DISPLAY_OUTPUTS; i++) {
        if (display->renderers[i]) SDL_DestroyRenderer(display->renderers[i]);
        if (display->windows[i]) SDL_DestroyWindow(display->windows[i]);
        g_free(display->names[i]);
        g_free(display->connectors[i]);
    }
    SDL_QuitSubSystem(SDL_INIT_VIDEO);
    g_free(display);
}

static gboolean start_sdl(const DisplayDriver *driver, GError **error)
{
    /* With it SDL draws a software frame buffer through software OpenGL, at six times the cost. */
    if (!driver->accelerated) SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
    SDL_SetHint(SDL_HINT_TOUCH_MOUSE_EVENTS, "0");
    SDL_SetHint(SDL_HINT_MOUSE_TOUCH_EVENTS, "0");
    SDL_SetHint(SDL_HINT_VIDEO_MINIMIZE_ON_FOCUS_LOSS, "0");
    SDL_SetHint(SDL_HINT_RENDER_SCALE_QUALITY, driver->accelerated ? "linear" : "nearest");
    SDL_SetHintWithPriority(SDL_HINT_VIDEODRIVER, driver->sdl_name, SDL_HINT_OVERRIDE);
    if (SDL_InitSubSystem(SDL_INIT_VIDEO) == 0) return TRUE;
    g_set_error(error, DISPLAY_ERROR, 0, "the display driver %s does not start: %s", driver->name, SDL_GetError());
    return FALSE;
}

static gboolean open_output(Display *display, DisplayOutput output, const DisplayWanted *wanted, GError **error)
{
    const DisplayDriver *driver = display->driver;
    int index = display->indices[output];
    if (driver->whole_output && (index == OUTPUTS_NONE || index >= SDL_GetNumVideoDisplays())) {
        g_set_error(error, DISPLAY_ERROR, 0, "it has no screen");
        return FALSE;
    }
    int at = driver->whole_output ? (int)SDL_WINDOWPOS_UNDEFINED_DISPLAY((unsigned)index) : (int)SDL_WINDOWPOS_UNDEFINED;
    Uint32 flags = driver->whole_output ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0;
    display->windows[output] = SDL_CreateWindow(wanted->title, at, at, wanted->width, wanted->height, flags);
    if (!display->windows[output]) {
        g_set_error(error, DISPLAY_ERROR, 0, "no window on %s: %s", driver->name, SDL_GetError());
        return FALSE;
    }
    if (driver->accelerated) display->renderers[output] = SDL_CreateRenderer(display->windows[output], -1, SDL_RENDERER_ACCELERATED);
    if (!display->renderers[output]) display->renderers[output] = SDL_CreateRenderer(display->windows[output], -1, SDL_RENDERER_SOFTWARE);
    if (!display->renderers[output]) {
        g_set_error(error, DISPLAY_ERROR, 0, "no renderer on %s: %s", driver->name, SDL_GetError());
        return FALSE;
    }
    SDL_RendererInfo info;
    display->keeps_picture[output] = SDL_GetRendererInfo(display->renderers[output], &info) == 0 && (info.flags & SDL_RENDERER_SOFTWARE);
    return TRUE;
}

/* What a screen that is not there is called in the health: its connector, where that is known. */
static void find_outputs(Display *display, const DisplayWanted *wanted)
{
    g_autoptr(GPtrArray) outputs = outputs_connected(OUTPUTS_FOLDER);
    int *at = display->indices;
    outputs_map(outputs, wanted[DISPLAY_CONSOLE].connector, wanted[DISPLAY_DEMO].connector, &at[DISPLAY_CONSOLE], &at[DISPLAY_DEMO]);
    for (guint i = 0; i < DISPLAY_OUTPUTS; i++) {
        gboolean is_named = display->is_stand_in && strcmp(wanted[i].connector, "auto") != 0;
        const char *output = at[i] != OUTPUTS_NONE ? g_ptr_array_index(outputs, (guint)at[i]) : NULL;
        display->connectors[i] = g_strdup(wanted[i].connector);
        const char *none = display->is_stand_in ? "none" : display->driver->name;
        display->names[i] = g_strdup(display->driver->whole_output && output ? output : is_named ? wanted[i].connector : none);
    }
}

static Display *open_driver(const DisplayDriver *driver, gboolean is_stand_in, const DisplayWanted *wanted, GError **error)
{
    if (!start_sdl(driver, error)) return NULL;
    Display *display = g_new0(Display, 1);
    display->driver = driver;
    display->is_stand_in = is_stand_in;
    find_outputs(display, wanted);
    if (!open_output(display, DISPLAY_CONSOLE, &wanted[DISPLAY_CONSOLE], error)) {
        display_close(display);
        return NULL;
    }
    g_autoptr(GError) why = NULL;
    if (strcmp(wanted[DISPLAY_DEMO].connector, "none") == 0) return display;
    if (!open_output(display, DISPLAY_DEMO, &wanted[DISPLAY_DEMO], &why)) g_message("the demo display stays dark: %s", why->message);
    return display;
}

static const DisplayDriver *driver_named(const char *name)
{
    for (const DisplayDriver *driver = drivers; driver->name; driver++) {
        if (strcmp(driver->name, name) == 0) return driver;
    }
    return NULL;
}

static gboolean console_has_output(const DisplayWanted *wanted)
{
    int console = OUTPUTS_NONE, demo = OUTPUTS_NONE;
    g_autoptr(GPtrArray) outputs = outputs_connected(OUTPUTS_FOLDER);
    outputs_map(outputs, wanted[DISPLAY_CONSOLE].connector, wanted[DISPLAY_DEMO].connector, &console, &demo);
    return console != OUTPUTS_NONE;
}

static Display *open_named(const DisplayDriver *driver, const DisplayWanted *wanted, GError **error)
{
    if (!driver->whole_output || console_has_output(wanted)) return open_driver(driver, FALSE, wanted, error);
    g_message("the console has no screen; waiting for one");
    return open_driver(driver_named("offscreen"), TRUE, wanted, error);
}

Display *display_open(const char *name, const DisplayWanted wanted[DISPLAY_OUTPUTS], GError **error)
{
    const DisplayDriver *named = driver_named(name);
    if (named) return open_named(named, wanted, error);
    for (const DisplayDriver *driver = strcmp(name, "auto") == 0 ? drivers : NULL; driver && driver->name; driver++) {
        if (driver->is_there && !driver->is_there()) continue;
        g_autoptr(GError) why = NULL;
        Display *display = open_driver(driver, FALSE, wanted, &why);
        if (display) return display;
        g_message("%s; trying the next one", why->message);
    }
    g_set_error(error, DISPLAY_ERROR, 0, "[display] driver: \"%s\" is none of auto, kmsdrm, x11, wayland, offscreen, or no screen opens",
                name);
    return NULL;
}

SDL_Renderer *display_renderer(const Display *display, DisplayOutput output)
{
    return display->renderers[output];
}

SDL_Window *display_window(const Display *display, DisplayOutput output)
{
    return display->windows[output];
}

const char *display_name(const Display *display, DisplayOutput output)
{
    return display->names[output];
}

gboolean display_is_connected(Display *display, DisplayOutput output, const char *folder)
{
    static const char *const names[DISPLAY_OUTPUTS] = {"console", "demo"};
    if (display->is_stand_in) return FALSE;
    if (display->driver->whole_output) {
        gboolean is_there = outputs_has(OUTPUTS_FOLDER, display->names[output]);
        display->was_lost[output] |= !is_there;
        return is_there;
    }
    if (display->driver->has_input || !folder) return TRUE;
    g_autofree char *unplugged = g_strdup_printf("%s/sim/%s.unplugged", folder, names[output]);
    return !g_file_test(unplugged, G_FILE_TEST_EXISTS);
}

gboolean display_has_new_screen(const Display *display)
{
    const DisplayWanted wanted[DISPLAY_OUTPUTS] = {{.connector = display->connectors[DISPLAY_CONSOLE]},
                                                   {.connector = display->connectors[DISPLAY_DEMO]}};
    if (display->is_stand_in) return console_has_output(wanted);
    if (!display->driver->whole_output) return FALSE;
    for (guint i = 0; i < DISPLAY_OUTPUTS; i++) {
        if (display->renderers[i] && display->was_lost[i] && outputs_has(OUTPUTS_FOLDER, display->names[i])) return TRUE;
    }
    if (display->renderers[DISPLAY_DEMO]) return FALSE;
    int console = OUTPUTS_NONE, demo = OUTPUTS_NONE;
    g_autoptr(GPtrArray) outputs = outputs_connected(OUTPUTS_FOLDER);
    outputs_map(outputs, display->names[DISPLAY_CONSOLE], wanted[DISPLAY_DEMO].connector, &console, &demo);
    return demo != OUTPUTS_NONE;
}

gboolean display_keeps_picture(const Display *display, DisplayOutput output)
{
    return display->keeps_picture[output];
}

gboolean display_has_input(const Display *display)
{
    return display->driver->has_input;
}
