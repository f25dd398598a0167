#include "agent/bundle_maker.h"

#include <gio/gio.h>
#include <glib/gstdio.h>

struct BundleMaker {
    const Config *config;
    gsize bytes_max;
    void (*made)(gpointer data, GBytes *bundle, const char *why);
    gpointer data;
    char *path;
    GSubprocess *child; /* NULL: none */
    GCancellable *cancel;
    guint late; /* source */
    guint fail; /* source: it did not even start */
    char *why;  /* then */
};

static GBytes *read_bundle(const BundleMaker *maker, char **why)
{
    g_autoptr(GError) error = NULL;
    GStatBuf about;
    char *bytes = NULL;
    gsize length = 0;
    if (g_stat(maker->path, &about) != 0 || !about.st_size)
        *why = g_strdup("the bundle could not be made");
    else if ((gsize)about.st_size > maker->bytes_max)
        *why = g_strdup_printf("the bundle is too large for the link, %" G_GINT64_FORMAT " bytes: have it made on the card",
                               (gint64)about.st_size);
    else if (!g_file_get_contents(maker->path, &bytes, &length, &error))
        *why = g_strdup(error->message);
    return bytes ? g_bytes_new_take(bytes, length) : NULL;
}

static void on_ended(GObject *source, GAsyncResult *result, gpointer data)
{
    BundleMaker *maker = data;
    g_autoptr(GError) error = NULL;
    const gboolean done = g_subprocess_wait_check_finish(G_SUBPROCESS(source), result, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) return; /* maker is gone */
    g_autofree char *why = done ? NULL : g_strdup_printf("the bundle could not be made: %s", error->message);
    g_autoptr(GBytes) bundle = done ? read_bundle(maker, &why) : NULL;
    g_clear_handle_id(&maker->late, g_source_remove);
    g_clear_object(&maker->child);
    g_unlink(maker->path);
    maker->made(maker->data, bundle, why);
}

static gboolean on_late(gpointer data)
{
    BundleMaker *maker = data;
    maker->late = 0;
    g_subprocess_force_exit(maker->child);
    return G_SOURCE_REMOVE;
}

static gboolean on_fail(gpointer data)
{
    BundleMaker *maker = data;
    g_autofree char *why = g_steal_pointer(&maker->why);
    maker->fail = 0;
    maker->made(maker->data, NULL, why);
    return G_SOURCE_REMOVE;
}

void bundle_maker_start(BundleMaker *maker)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL), *folder = g_path_get_dirname(self ? self : "");
    g_autofree char *boothctl = g_build_filename(folder, "boothctl", NULL);
    g_return_if_fail(!maker->child && !maker->fail);
    g_unlink(maker->path);
    maker->child = g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_SILENCE, &error, boothctl, "--config", config_path(maker->config), "bundle",
                                    maker->path, NULL);
    if (!maker->child) {
        maker->why = g_strdup_printf("the bundle could not be made: %s", error->message);
        maker->fail = g_idle_add(on_fail, maker);
        return;
    }
    maker->late = g_timeout_add_seconds(BUNDLE_MAKER_LIMIT_S, on_late, maker);
    g_subprocess_wait_check_async(maker->child, maker->cancel, on_ended, maker);
}

BundleMaker *bundle_maker_new(const Config *config, gsize bytes_max, void (*made)(gpointer data, GBytes *bundle, const char *why),
                              gpointer data)
{
    BundleMaker *maker = g_new0(BundleMaker, 1);
    maker->config = config;
    maker->bytes_max = bytes_max;
    maker->made = made;
    maker->data = data;
    maker->path = g_build_filename(config_string(config, "booth", "state"), "support-bundle.tar.zst", NULL);
    maker->cancel = g_cancellable_new();
    return maker;
}

void bundle_maker_free(BundleMaker *maker)
{
    if (!maker) return;
    g_cancellable_cancel(maker->cancel);
    if (maker->child) g_subprocess_force_exit(maker->child);
    g_clear_object(&maker->child);
    g_clear_handle_id(&maker->late, g_source_remove);
    g_clear_handle_id(&maker->fail, g_source_remove);
    g_unlink(maker->path);
    g_object_unref(maker->cancel);
    g_free(maker->path);
    g_free(maker->why);
    g_free(maker);
}
