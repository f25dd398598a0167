#include "agent/update.h"

#include "agent/machine.h"
#include "agent/update_rules.h"

#include <glib/gstdio.h>
#include <string.h>

#define RAUC_NAME      "de.pengutronix.rauc"
#define RAUC_PATH      "/"
#define RAUC_INTERFACE "de.pengutronix.rauc.Installer"
#define LOOK_MS        2000  /* between two looks at how far RAUC is */
#define RESTART_MS     60000 /* before the machine is asked again to start anew */

typedef enum { NONE, CHECKING, INSTALLING, WAITING, INSTALLED, FAILED } State;

struct Update {
    GDBusConnection *bus;
    GCancellable *cancel;
    const UpdateEvents *events;
    char *file, *running;
    State state;
    char *source, *version, *why;
    int percent;
    guint tries;
    guint retry, look; /* source ids; retry: of the installation, then of the restart */
    guint completed;   /* subscription */
    gboolean busy, asked;
};

static const char *name_of(State state)
{
    static const char *const names[] = {"none", "checking", "installing", "waiting", "installed", "failed"};
    return names[state];
}

json_t *update_json(const Update *update)
{
    return json_pack("{s:s, s:s, s:s, s:i, s:s}", "state", name_of(update->state), "source", update->source, "version", update->version,
                     "percent", update->percent, "why", update->why);
}

static void set_text(char **slot, const char *text)
{
    char *own = g_strdup(text);
    g_free(*slot);
    *slot = own;
}

static void set_state(Update *update, State state, const char *why)
{
    if (update->state != state) g_message("update: %s%s%s", name_of(state), *why ? ": " : "", why);
    update->state = state;
    set_text(&update->why, why);
    if (state != INSTALLING) g_clear_handle_id(&update->look, g_source_remove);
    update->events->changed(update->events->data);
}

static void forget(Update *update)
{
    if (g_unlink(update->file) != 0 && g_file_test(update->file, G_FILE_TEST_EXISTS))
        g_warning("update: %s cannot be removed", update->file);
}

static void restart_when_free(Update *update);

static gboolean on_restart(gpointer data)
{
    Update *update = data;
    update->retry = 0;
    restart_when_free(update);
    return G_SOURCE_REMOVE;
}

/* It starts with the machine; a call is not ended for it. */
static void restart_when_free(Update *update)
{
    if (update->state != INSTALLED || update->busy || update->asked) return;
    g_autoptr(GError) error = NULL;
    update->asked = TRUE;
    if (machine_ask(MACHINE_RESTART, &error)) return;
    if (strcmp(update->why, error->message) != 0) set_state(update, INSTALLED, error->message);
    update->asked = FALSE;
    g_clear_handle_id(&update->retry, g_source_remove);
    update->retry = g_timeout_add(RESTART_MS, on_restart, update);
}

static void begin(Update *update);

static gboolean on_retry(gpointer data)
{
    Update *update = data;
    update->retry = 0;
    begin(update);
    return G_SOURCE_REMOVE;
}

static void fail(Update *update, const char *why, gboolean lasting)
{
    g_clear_handle_id(&update->retry, g_source_remove); /* one failure may be told twice */
    if (lasting || update->tries >= UPDATE_TRIES_MAX) {
        forget(update);
        set_state(update, FAILED, why);
        return;
    }
    guint wait = UPDATE_RETRY_MS << MIN(update->tries, 7);
    set_state(update, WAITING, why);
    update->retry = g_timeout_add(MIN(wait, UPDATE_RETRY_MAX), on_retry, update);
}

static void fail_with_words(Update *update, const char *words)
{
    gboolean lasting = FALSE;
    g_autofree char *why = update_explain(words, &lasting);
    fail(update, why, lasting);
}

/* NULL when cancelled, or when it failed, which was told then. */
static GVariant *answer_of(GObject *bus, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    GVariant *answer = g_dbus_connection_call_finish(G_DBUS_CONNECTION(bus), result, &error);
    if (answer || g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) return answer;
    if (g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
        g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER)) {
        fail(data, "this computer has no slots to install into", TRUE);
        return NULL;
    }
    g_dbus_error_strip_remote_error(error);
    fail_with_words(data, error->message);
    return NULL;
}

static void call_rauc(Update *update, const char *interface, const char *method, GVariant *arguments, const char *answer,
                      GAsyncReadyCallback done)
{
    g_dbus_connection_call(update->bus, RAUC_NAME, RAUC_PATH, interface, method, arguments, G_VARIANT_TYPE(answer), G_DBUS_CALL_FLAGS_NONE,
                           UPDATE_ANSWER_MS, update->cancel, done, update);
}

static GVariant *property_of(GVariant *properties, const char *name, const char *type)
{
    return g_variant_lookup_value(properties, name, G_VARIANT_TYPE(type));
}

/* --- installing ---------------------------------------------------------------------------------------------------------------------- */

/* Once, though the signal and a look may both tell of it. */
static void end_failed(Update *update, GVariant *properties)
{
    if (update->state != INSTALLING) return;
    g_autoptr(GVariant) words = property_of(properties, "LastError", "s");
    fail_with_words(update, words ? g_variant_get_string(words, NULL) : "");
}

static void on_last_error(GObject *bus, GAsyncResult *result, gpointer data)
{
    g_autoptr(GVariant) answer = answer_of(bus, result, data);
    if (!answer) return;
    g_autoptr(GVariant) properties = g_variant_get_child_value(answer, 0);
    end_failed(data, properties);
}

static void on_completed(GDBusConnection *bus, const char *sender, const char *path, const char *interface, const char *signal,
                         GVariant *values, gpointer data)
{
    (void)bus, (void)sender, (void)path, (void)interface, (void)signal;
    Update *update = data;
    gint32 result = 1;
    if (update->state != INSTALLING || !g_variant_is_of_type(values, G_VARIANT_TYPE("(i)"))) return;
    g_variant_get(values, "(i)", &result);
    if (result != 0) {
        call_rauc(update, "org.freedesktop.DBus.Properties", "GetAll", g_variant_new("(s)", RAUC_INTERFACE), "(a{sv})", on_last_error);
        return;
    }
    forget(update);
    update->percent = 100;
    set_state(update, INSTALLED, "");
    restart_when_free(update);
}

static void on_how_far(GObject *bus, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) answer = g_dbus_connection_call_finish(G_DBUS_CONNECTION(bus), result, &error);
    if (!answer) return; /* the next look may tell */
    Update *update = data;
    g_autoptr(GVariant) properties = g_variant_get_child_value(answer, 0);
    g_autoptr(GVariant) progress = property_of(properties, "Progress", "(isi)"), operation = property_of(properties, "Operation", "s");
    gint32 percent = 0, depth = 0;
    g_autofree char *words = NULL;
    if (update->state != INSTALLING || !progress || !operation) return;
    g_variant_get(progress, "(isi)", &percent, &words, &depth);
    if (strcmp(g_variant_get_string(operation, NULL), "idle") == 0) {
        end_failed(update, properties); /* RAUC was started anew meanwhile, or its signal was missed */
    } else if (percent != update->percent) {
        update->percent = percent;
        update->events->changed(update->events->data);
    }
}

static gboolean on_look(gpointer data)
{
    Update *update = data;
    call_rauc(update, "org.freedesktop.DBus.Properties", "GetAll", g_variant_new("(s)", RAUC_INTERFACE), "(a{sv})", on_how_far);
    return G_SOURCE_CONTINUE;
}

static void on_started(GObject *bus, GAsyncResult *result, gpointer data)
{
    Update *update = data;
    g_autoptr(GVariant) answer = answer_of(bus, result, data);
    if (!answer) return;
    if (update->state == INSTALLING && !update->look) update->look = g_timeout_add(LOOK_MS, on_look, update);
}

static void install(Update *update)
{
    set_state(update, INSTALLING, "");
    GVariantBuilder none;
    g_variant_builder_init(&none, G_VARIANT_TYPE_VARDICT);
    call_rauc(update, RAUC_INTERFACE, "InstallBundle", g_variant_new("(sa{sv})", update->source, &none), "()", on_started);
}

/* --- looking into the bundle ------------------------------------------------------------------------------------------------------------
 */

typedef struct {
    const char *version, *compatible; /* of the bundle; belong to its description */
} Bundle;

static Bundle read_bundle(GVariant *description)
{
    Bundle bundle = {"", ""};
    g_autoptr(GVariant) wrapped = property_of(description, "update", "v"); /* a variant in a variant */
    g_autoptr(GVariant) update = wrapped ? g_variant_get_variant(wrapped) : NULL;
    if (!update || !g_variant_is_of_type(update, G_VARIANT_TYPE_VARDICT)) return bundle;
    g_variant_lookup(update, "version", "&s", &bundle.version);
    g_variant_lookup(update, "compatible", "&s", &bundle.compatible);
    return bundle;
}

/* A stick that stays plugged in offers what was installed from it anew with each start: no failure. */
static void rest(Update *update, const char *why)
{
    forget(update);
    set_state(update, NONE, why);
}

static void weigh(Update *update, GVariant *description, const char *board)
{
    const Bundle bundle = read_bundle(description);
    set_text(&update->version, bundle.version);
    g_autofree char *objection = update_objection(bundle.version, bundle.compatible, update->running, board);
    if (!objection)
        install(update);
    else if (strcmp(bundle.compatible, board) == 0 && update_compare(bundle.version, update->running) == 0)
        rest(update, objection);
    else
        fail(update, objection, TRUE);
}

typedef struct {
    Update *update;
    GVariant *description;
} Look;

static void on_board(GObject *bus, GAsyncResult *result, gpointer data)
{
    g_autofree Look *look = data;
    g_autoptr(GVariant) description = look->description;
    g_autoptr(GVariant) answer = answer_of(bus, result, look->update);
    if (!answer) return;
    g_autoptr(GVariant) value = NULL;
    g_variant_get(answer, "(v)", &value);
    weigh(look->update, description, g_variant_is_of_type(value, G_VARIANT_TYPE_STRING) ? g_variant_get_string(value, NULL) : "");
}

static void on_inspected(GObject *bus, GAsyncResult *result, gpointer data)
{
    Update *update = data;
    g_autoptr(GVariant) answer = answer_of(bus, result, data);
    if (!answer) return;
    Look *look = g_new0(Look, 1);
    *look = (Look){update, g_variant_get_child_value(answer, 0)};
    g_dbus_connection_call(update->bus, RAUC_NAME, RAUC_PATH, "org.freedesktop.DBus.Properties", "Get",
                           g_variant_new("(ss)", RAUC_INTERFACE, "Compatible"), G_VARIANT_TYPE("(v)"), G_DBUS_CALL_FLAGS_NONE,
                           UPDATE_ANSWER_MS, update->cancel, on_board, look);
}

static void begin(Update *update)
{
    update->tries++;
    update->percent = 0;
    set_state(update, CHECKING, "");
    GVariantBuilder none;
    g_variant_builder_init(&none, G_VARIANT_TYPE_VARDICT);
    call_rauc(update, RAUC_INTERFACE, "InspectBundle", g_variant_new("(sa{sv})", update->source, &none), "(a{sv})", on_inspected);
}

gboolean update_install(Update *update, const char *source, GError **error)
{
    if (!update_is_source(source)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "an update is an absolute path or an http or https URL that ends in .raucb");
        return FALSE;
    }
    if (update->state == CHECKING || update->state == INSTALLING || update->state == INSTALLED) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_BUSY, "%s is being installed", update->source);
        return FALSE;
    }
    if (!g_file_set_contents_full(update->file, source, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, error))
        return FALSE;
    g_clear_handle_id(&update->retry, g_source_remove);
    set_text(&update->source, source);
    set_text(&update->version, "");
    update->tries = 0;
    begin(update);
    return TRUE;
}

void update_set_busy(Update *update, gboolean busy)
{
    update->busy = busy;
    restart_when_free(update);
}

static void go_on(Update *update)
{
    g_autofree char *source = NULL;
    gsize length = 0;
    if (!g_file_get_contents(update->file, &source, &length, NULL)) return;
    if (length != strlen(source) || !update_is_source(source)) {
        forget(update);
        return;
    }
    set_text(&update->source, source);
    begin(update);
}

Update *update_new(GDBusConnection *bus, const char *folder, const char *running, const UpdateEvents *events)
{
    Update *update = g_new0(Update, 1);
    update->bus = bus;
    update->events = events;
    update->cancel = g_cancellable_new();
    update->file = g_build_filename(folder, UPDATE_FILE, NULL);
    update->running = g_strdup(running);
    update->source = g_strdup("");
    update->version = g_strdup("");
    update->why = g_strdup("");
    update->completed = g_dbus_connection_signal_subscribe(bus, RAUC_NAME, RAUC_INTERFACE, "Completed", RAUC_PATH, NULL,
                                                           G_DBUS_SIGNAL_FLAGS_NONE, on_completed, update, NULL);
    go_on(update);
    return update;
}

void update_free(Update *update)
{
    if (!update) return;
    g_dbus_connection_signal_unsubscribe(update->bus, update->completed);
    g_cancellable_cancel(update->cancel);
    g_object_unref(update->cancel);
    g_clear_handle_id(&update->retry, g_source_remove);
    g_clear_handle_id(&update->look, g_source_remove);
    g_free(update->file);
    g_free(update->running);
    g_free(update->source);
    g_free(update->version);
    g_free(update->why);
    g_free(update);
}
