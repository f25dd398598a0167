#include "drivers/panel/panel.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MAX_BYTES 256

typedef struct {
    Panel base;
    char *fifo;
    char *light;
    int fd;
    GSource *source;
    GString *line;
    gboolean on[PANEL_LAMPS];
} Sim;

static gboolean sim_present(const PanelSettings *settings)
{
    (void)settings;
    return TRUE;
}

static void take_line(Sim *sim)
{
    PanelButton button;
    if (g_str_has_prefix(sim->line->str, "press ") && panel_button_from_name(sim->line->str + strlen("press "), &button))
        sim->base.events->pressed(sim->base.events->data, button);
    else if (sim->line->len)
        g_warning("%s takes lines \"press answer|ready|hangup\"; a line was ignored", sim->fifo);
    g_string_truncate(sim->line, 0);
}

static gboolean on_readable(int fd, GIOCondition condition, gpointer data)
{
    (void)condition;
    Sim *sim = data;
    char bytes[256];
    ssize_t got = read(fd, bytes, sizeof bytes);
    for (ssize_t i = 0; i < got; i++) {
        if (bytes[i] == '\n')
            take_line(sim);
        else if (sim->line->len < LINE_MAX_BYTES)
            g_string_append_c(sim->line, bytes[i]);
    }
    return G_SOURCE_CONTINUE;
}

/* In one piece, but without waiting for the disk: a ringing call would wait with it. */
static void write_lamps(const Sim *sim)
{
    g_autofree char *text = g_strdup_printf("ring=%d on_air=%d\n", sim->on[PANEL_RING], sim->on[PANEL_ON_AIR]);
    g_autofree char *part = g_strconcat(sim->light, ".part", NULL);
    g_autoptr(GError) error = NULL;
    if (!g_file_set_contents_full(part, text, -1, G_FILE_SET_CONTENTS_NONE, 0644, &error))
        g_warning("%s", error->message);
    else if (g_rename(part, sim->light) != 0)
        g_warning("%s: %s", sim->light, g_strerror(errno));
}

static void sim_close(Panel *panel)
{
    Sim *sim = (Sim *)panel;
    if (sim->source) {
        g_source_destroy(sim->source);
        g_source_unref(sim->source);
        memset(sim->on, 0, sizeof sim->on);
        write_lamps(sim);
    }
    if (sim->fd >= 0) close(sim->fd);
    g_string_free(sim->line, TRUE);
    g_free(sim->fifo);
    g_free(sim->light);
    g_free(sim);
}

/* Opened for reading and writing, so that it does not end when the last writer goes. */
static gboolean open_fifo(Sim *sim, GError **error)
{
    struct stat state;
    if (lstat(sim->fifo, &state) == 0 && !S_ISFIFO(state.st_mode)) {
        g_set_error(error, PANEL_ERROR, 0, "%s is in the way of the simulated panel's FIFO; remove it", sim->fifo);
        return FALSE;
    }
    if (mkfifo(sim->fifo, 0600) != 0 && errno != EEXIST) {
        g_set_error(error, PANEL_ERROR, 0, "%s cannot be made: %s", sim->fifo, g_strerror(errno));
        return FALSE;
    }
    sim->fd = open(sim->fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    if (sim->fd >= 0) return TRUE;
    g_set_error(error, PANEL_ERROR, 0, "%s cannot be opened: %s", sim->fifo, g_strerror(errno));
    return FALSE;
}

static Panel *sim_open(const PanelSettings *settings, const PanelEvents *events, GError **error)
{
    Sim *sim = g_new0(Sim, 1);
    sim->base = (Panel){&panel_sim, events};
    sim->fifo = g_build_filename(settings->folder, PANEL_FIFO, NULL);
    sim->light = g_build_filename(settings->folder, PANEL_LIGHT, NULL);
    sim->line = g_string_new(NULL);
    sim->fd = -1;
    if (!open_fifo(sim, error)) {
        sim_close(&sim->base);
        return NULL;
    }
    sim->source = g_unix_fd_source_new(sim->fd, G_IO_IN);
    g_source_set_callback(sim->source, G_SOURCE_FUNC(on_readable), sim, NULL);
    g_source_attach(sim->source, g_main_context_get_thread_default());
    write_lamps(sim);
    return &sim->base;
}

static void sim_light(Panel *panel, PanelLamp lamp, gboolean on)
{
    Sim *sim = (Sim *)panel;
    if (sim->on[lamp] == on) return;
    sim->on[lamp] = on;
    write_lamps(sim);
}

const PanelDriver panel_sim = {
    .name = "sim",
    .present = sim_present,
    .open = sim_open,
    .light = sim_light,
    .close = sim_close,
};
