#include "drivers/panel/panel.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <libevdev/libevdev.h>
#include <string.h>
#include <unistd.h>

#define DEVICES_MAX 32

typedef struct {
    Panel base;
    char *path;
    char *led[PANEL_LAMPS]; /* its brightness file */
    struct libevdev *device;
    int fd;
    GSource *source;
} Evdev;

/* Opens path; the descriptor, or -1 when it is no device with a key of ours. any: KEY_PHONE alone counts. */
static int try_device(const char *path, gboolean any, struct libevdev **device)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return -1;
    if (libevdev_new_from_fd(fd, device) == 0) {
        if (!any || libevdev_has_event_code(*device, EV_KEY, KEY_PHONE)) return fd;
        libevdev_free(*device);
    }
    *device = NULL;
    close(fd);
    return -1;
}

static int find_device(const char *wanted, struct libevdev **device, char **path)
{
    if (strcmp(wanted, "auto") != 0) {
        *path = g_strdup(wanted);
        return try_device(wanted, FALSE, device);
    }
    for (int i = 0; i < DEVICES_MAX; i++) {
        g_autofree char *candidate = g_strdup_printf("/dev/input/event%d", i);
        int fd = try_device(candidate, TRUE, device);
        if (fd < 0) continue;
        *path = g_steal_pointer(&candidate);
        return fd;
    }
    return -1;
}

static gboolean evdev_present(const PanelSettings *settings)
{
    struct libevdev *device = NULL;
    g_autofree char *path = NULL;
    int fd = find_device(settings->device, &device, &path);
    if (fd < 0) return FALSE;
    libevdev_free(device);
    close(fd);
    return TRUE;
}

static gboolean button_of(guint code, PanelButton *button)
{
    switch (code) {
    case KEY_PHONE:
    case KEY_ENTER: *button = PANEL_ANSWER; return TRUE;
    case KEY_PLAYPAUSE:
    case KEY_SPACE: *button = PANEL_READY; return TRUE;
    case KEY_CANCEL:
    case KEY_ESC: *button = PANEL_HANGUP; return TRUE;
    default: return FALSE;
    }
}

/* When events were dropped the device is read again; a press among the lost ones is not made up. */
static gboolean on_input(int fd, GIOCondition condition, gpointer data)
{
    (void)fd;
    (void)condition;
    Evdev *evdev = data;
    struct input_event event;
    int code;
    guint flags = LIBEVDEV_READ_FLAG_NORMAL;
    while ((code = libevdev_next_event(evdev->device, flags, &event)) >= 0) {
        PanelButton button;
        gboolean synced = code == LIBEVDEV_READ_STATUS_SYNC;
        flags = synced ? LIBEVDEV_READ_FLAG_SYNC : LIBEVDEV_READ_FLAG_NORMAL;
        if (synced || event.type != EV_KEY || event.value != 1 || !button_of(event.code, &button)) continue;
        evdev->base.events->pressed(evdev->base.events->data, button);
    }
    if (code == -EAGAIN) return G_SOURCE_CONTINUE;
    g_warning("the panel %s is gone: %s", evdev->path, g_strerror(-code));
    return G_SOURCE_REMOVE;
}

static char *led_file(const char *name, const char *fallback)
{
    return g_build_filename("/sys/class/leds", strcmp(name, "auto") == 0 ? fallback : name, "brightness", NULL);
}

static void evdev_light(Panel *panel, PanelLamp lamp, gboolean on)
{
    const Evdev *evdev = (Evdev *)panel;
    int fd = open(evdev->led[lamp], O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    const char *value = on ? "255" : "0";
    if (write(fd, value, strlen(value)) < 0) g_warning("%s: %s", evdev->led[lamp], g_strerror(errno));
    close(fd);
}

static void evdev_close(Panel *panel)
{
    Evdev *evdev = (Evdev *)panel;
    for (int lamp = 0; lamp < PANEL_LAMPS; lamp++) {
        evdev_light(panel, (PanelLamp)lamp, FALSE);
        g_free(evdev->led[lamp]);
    }
    g_source_destroy(evdev->source);
    g_source_unref(evdev->source);
    libevdev_free(evdev->device);
    close(evdev->fd);
    g_free(evdev->path);
    g_free(evdev);
}

static Panel *evdev_open(const PanelSettings *settings, const PanelEvents *events, GError **error)
{
    struct libevdev *device = NULL;
    g_autofree char *path = NULL;
    int fd = find_device(settings->device, &device, &path);
    if (fd < 0) {
        g_set_error(error, PANEL_ERROR, 0, "there is no panel at %s; set [panel] driver = sim to do without", path ? path : "/dev/input");
        return NULL;
    }
    Evdev *evdev = g_new0(Evdev, 1);
    evdev->base = (Panel){&panel_evdev, events};
    evdev->path = g_steal_pointer(&path);
    evdev->device = device;
    evdev->fd = fd;
    evdev->led[PANEL_RING] = led_file(settings->ring_led, "livebooth:ring");
    evdev->led[PANEL_ON_AIR] = led_file(settings->on_air_led, "livebooth:on-air");
    evdev->source = g_unix_fd_source_new(fd, G_IO_IN);
    g_source_set_callback(evdev->source, G_SOURCE_FUNC(on_input), evdev, NULL);
    g_source_attach(evdev->source, g_main_context_get_thread_default());
    return &evdev->base;
}

const PanelDriver panel_evdev = {
    .name = "evdev",
    .present = evdev_present,
    .open = evdev_open,
    .light = evdev_light,
    .close = evdev_close,
};
