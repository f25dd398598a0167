#include "drivers/display/display.h"

#include <string.h>

#define DRM_CLASS "/sys/class/drm"

struct Display {
    const DisplayDriver *driver;
    SDL_Window *windows[DISPLAY_OUTPUTS];
    SDL_Renderer *renderers[DISPLAY_OUTPUTS];
    char *names[DISPLAY_OUTPUTS];
    gboolean keeps_picture[DISPLAY_OUTPUTS];
    guint screens; /* that were connected when it was opened */
};

GQuark display_error_quark(void)
{
    return g_quark_from_static_string("livebooth-display");
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of the connectors that have a screen, such as HDMI-A-1, sorted; to unref. */
static GPtrArray *connected_outputs(void)
{
    GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) folder = g_dir_open(DRM_CLASS, 0, NULL);
    for (const char *entry; folder && (entry = g_dir_read_name(folder));) {
        const char *dash = strchr(entry, '-');
        g_autofree char *path = g_build_filename(DRM_CLASS, entry, "status", NULL);
        g_autofree char *status = NULL;
        if (!dash || !g_file_get_contents(path, &status, NULL, NULL)) continue;
        if (strcmp(g_strchomp(status), "connected") == 0) g_ptr_array_add(found, g_strdup(dash + 1));
    }
    g_ptr_array_sort(found, compare_names);
    return found;
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
    g_autoptr(GPtrArray) outputs = connected_outputs();
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
    if (driver->whole_output && (int)output >= SDL_GetNumVideoDisplays()) {
        g_set_error(error, DISPLAY_ERROR, 0, "there is no screen %u", output + 1);
        return FALSE;
    }
    int at = driver->whole_output ? (int)SDL_WINDOWPOS_UNDEFINED_DISPLAY(output) : (int)SDL_WINDOWPOS_UNDEFINED;
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

static void name_outputs(Display *display)
{
    g_autoptr(GPtrArray) outputs = display->driver->whole_output ? connected_outputs() : NULL;
    display->screens = outputs ? outputs->len : 0;
    for (guint i = 0; i < DISPLAY_OUTPUTS; i++)
        display->names[i] = g_strdup(outputs && i < outputs->len ? g_ptr_array_index(outputs, i) : display->driver->name);
}

static Display *open_driver(const DisplayDriver *driver, const DisplayWanted *wanted, GError **error)
{
    if (!start_sdl(driver, error)) return NULL;
    Display *display = g_new0(Display, 1);
    display->driver = driver;
    name_outputs(display);
    if (!open_output(display, DISPLAY_CONSOLE, &wanted[DISPLAY_CONSOLE], error)) {
        display_close(display);
        return NULL;
    }
    g_autoptr(GError) why = NULL;
    if (!open_output(display, DISPLAY_DEMO, &wanted[DISPLAY_DEMO], &why)) g_message("the demo display stays dark: %s", why->message);
    return display;
}

Display *display_open(const char *name, const DisplayWanted wanted[DISPLAY_OUTPUTS], GError **error)
{
    gboolean automatic = strcmp(name, "auto") == 0;
    for (const DisplayDriver *driver = drivers; driver->name; driver++) {
        if (automatic ? driver->is_there && !driver->is_there() : strcmp(driver->name, name) != 0) continue;
        g_autoptr(GError) why = NULL;
        Display *display = open_driver(driver, wanted, &why);
        if (display) return display;
        if (!automatic) {
            g_propagate_error(error, g_steal_pointer(&why));
            return NULL;
        }
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

gboolean display_is_connected(const Display *display, DisplayOutput output, const char *folder)
{
    static const char *const names[DISPLAY_OUTPUTS] = {"console", "demo"};
    if (display->driver->whole_output) {
        g_autoptr(GPtrArray) outputs = connected_outputs();
        return g_ptr_array_find_with_equal_func(outputs, display->names[output], g_str_equal, NULL);
    }
    if (display->driver->has_input || !folder) return TRUE;
    g_autofree char *unplugged = g_strdup_printf("%s/sim/%s.unplugged", folder, names[output]);
    return !g_file_test(unplugged, G_FILE_TEST_EXISTS);
}

gboolean display_has_new_screen(const Display *display)
{
    if (!display->driver->whole_output || display->renderers[DISPLAY_DEMO]) return FALSE;
    g_autoptr(GPtrArray) outputs = connected_outputs();
    return outputs->len > display->screens;
}

gboolean display_keeps_picture(const Display *display, DisplayOutput output)
{
    return display->keeps_picture[output];
}

gboolean display_has_input(const Display *display)
{
    return display->driver->has_input;
}
