#include "alive/alive.h"
#include "config/booth_keys.h"
#include "config/config.h"
#include "journal/journal.h"
#include "studio/media.h"
#include "studio/screens.h"
#include "studio/service.h"

#include <glib-unix.h>
#include <locale.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/prctl.h>

#define PICTURE_BYTES 1000000

typedef struct {
    Mailbox *own, *shopper;
    Service *service;
    Screens *screens;
    Media *media;
} Studio;

/* Screens first: something is drawn before GStreamer looks for its plugins, and while cameras and encoders start. */
static gboolean studio_open(Studio *studio, const Config *config, GError **error)
{
    gint64 began = g_get_monotonic_time();
    studio->own = mailbox_new();
    studio->shopper = mailbox_new();
    studio->service = service_new(config);
    studio->screens = screens_new(config, studio->own, studio->shopper, service_screens_events(studio->service), error);
    if (!studio->screens) return FALSE;
    g_message("first frame after %d ms", (int)((g_get_monotonic_time() - began) / 1000));
    alive_ready();
    media_warm_up();
    screens_simulate_faults(studio->screens, config_string(config, "booth", "state"));
    studio->media = media_new(config, studio->own, studio->shopper, service_media_events(studio->service), error);
    if (!studio->media) return FALSE;
    service_run(studio->service, studio->media, studio->screens);
    malloc_trim(0); /* what was needed to find fonts and plugins */
    return TRUE;
}

static void studio_close(Studio *studio)
{
    service_free(studio->service);
    media_free(studio->media);
    screens_free(studio->screens);
    mailbox_free(studio->own);
    mailbox_free(studio->shopper);
}

static gboolean on_end(gpointer loop)
{
    g_main_loop_quit(loop);
    return G_SOURCE_CONTINUE;
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    mallopt(M_ARENA_MAX, 2);                  /* each streaming thread would otherwise keep what it freed to itself */
    mallopt(M_MMAP_THRESHOLD, PICTURE_BYTES); /* pictures are given back whole and leave no holes */
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);    /* x264 asks for huge pages and touches the first bytes of some */
    g_autofree char *path = NULL;
    gboolean list_plugins = FALSE;
    const GOptionEntry options[] = {
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, &path, "settings (" BOOTH_CONFIG_FILE ")", "FILE"},
        {"list-plugins", 0, 0, G_OPTION_ARG_NONE, &list_plugins, "write the list of GStreamer's plugins (GST_REGISTRY) and end", NULL},
        {0},
    };
    g_autoptr(GOptionContext) context = g_option_context_new("- a booth's pictures and sound");
    g_autoptr(GError) error = NULL;
    g_option_context_add_main_entries(context, options, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error) || argc > 1) {
        fprintf(stderr, "studio: %s\n", error ? error->message : "takes only options; see --help");
        return 2;
    }
    if (list_plugins) {
        if (media_list_plugins(&error)) return 0;
        fprintf(stderr, "studio: %s\n", error->message);
        return 1;
    }
    g_autoptr(Config) config = config_load(path ? path : BOOTH_CONFIG_FILE, booth_keys, &error);
    if (!config) {
        fprintf(stderr, "studio: %s\n", error->message);
        return 2;
    }
    journal_open();
    journal_set_booth(config_string(config, "booth", "id"));
    Studio studio = {0};
    gboolean is_open = studio_open(&studio, config, &error);
    if (is_open) {
        g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
        g_unix_signal_add(SIGTERM, on_end, loop);
        g_unix_signal_add(SIGINT, on_end, loop);
        g_main_loop_run(loop);
    } else {
        fprintf(stderr, "studio: %s\n", error->message);
    }
    studio_close(&studio);
    return is_open ? 0 : 1;
}
