#include "config/booth_keys.h"
#include "config/config.h"
#include "studio/media.h"
#include "studio/screens.h"
#include "studio/service.h"

#include <glib-unix.h>
#include <locale.h>
#include <stdio.h>

typedef struct {
    Mailbox *own, *shopper;
    Service *service;
    Screens *screens;
    Media *media;
} Studio;

/* Screens first: something is drawn while cameras and encoders start. */
static gboolean studio_open(Studio *studio, const Config *config, GError **error)
{
    studio->own = mailbox_new();
    studio->shopper = mailbox_new();
    studio->service = service_new(config);
    studio->screens = screens_new(config, studio->own, studio->shopper, service_screens_events(studio->service), error);
    if (!studio->screens) return FALSE;
    studio->media = media_new(config, studio->own, studio->shopper, service_media_events(studio->service), error);
    if (!studio->media) return FALSE;
    service_run(studio->service, studio->media, studio->screens);
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
    if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
        fprintf(stderr, "usage: studio [booth.conf]   (without a file: " BOOTH_CONFIG_FILE ")\n");
        return 2;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(Config) config = config_load(argc == 2 ? argv[1] : BOOTH_CONFIG_FILE, booth_keys, &error);
    if (!config) {
        fprintf(stderr, "studio: %s\n", error->message);
        return 2;
    }
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
