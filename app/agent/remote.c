#include "agent/remote.h"

#include "agent/bundle_maker.h"
#include "agent/machine.h"
#include "wire/wire.h"

#include <string.h>

#define CHUNK_MS 500 /* between two: 120 kB/s, which the link takes; its queue has room for four */

struct Remote {
    const Config *config;
    StudioProxy *studio;
    Update *update;
    Upkeep *upkeep;
    const RemoteEvents *events;
    char *text; /* of the notice; NULL: none */
    gint64 text_until, picture_until;
    guint later;   /* source: the notice ends */
    char *picture; /* id of the command that waits for the studio; NULL: none */
    BundleMaker *maker;
    char *bundle; /* id of the command whose bundle is being made; NULL: none is */
    struct {
        const char *type; /* of its messages */
        char *id;         /* of its command */
        GBytes *bytes;    /* NULL: nothing is being sent */
        guint next;       /* chunk */
        guint later;      /* source: its turn */
    } sent;
};

static gint64 mono_ms(void)
{
    return g_get_monotonic_time() / 1000;
}

static void answer(const Remote *remote, const char *id, gboolean ok, const char *text)
{
    g_autofree char *told = g_utf8_make_valid(text, -1); /* another program's words may be of any length */
    *g_utf8_offset_to_pointer(told, MIN(g_utf8_strlen(told, -1), REMOTE_TEXT_MAX)) = '\0';
    g_message("ops: %s%s%s", ok ? "done" : "refused", *told ? ": " : "", told);
    remote->events->send(remote->events->data, json_pack("{s:s, s:s, s:b, s:s}", "t", "done", "id", id, "ok", ok, "text", told));
}

static gboolean has_call(const Remote *remote)
{
    BoothState state = remote->events->state(remote->events->data);
    return state >= BOOTH_RINGING && state <= BOOTH_WRAPUP;
}

/* --- the notice ------------------------------------------------------------------------------------------------------------------------
 */

static void arm(Remote *remote);

static gboolean on_later(gpointer data)
{
    Remote *remote = data;
    remote->later = 0;
    if (remote->text && remote->text_until <= mono_ms()) g_clear_pointer(&remote->text, g_free);
    if (remote->picture_until <= mono_ms()) remote->picture_until = 0;
    remote->events->changed(remote->events->data);
    arm(remote);
    return G_SOURCE_REMOVE;
}

static void arm(Remote *remote)
{
    gint64 until = remote->picture_until ? remote->picture_until : remote->text ? remote->text_until : 0;
    g_clear_handle_id(&remote->later, g_source_remove);
    if (until) remote->later = g_timeout_add((guint)MAX(until - mono_ms(), 0) + 1, on_later, remote);
}

json_t *remote_notice(const Remote *remote)
{
    if (remote->picture_until)
        return json_pack("{s:s, s:s, s:I}", "kind", "picture", "text", "", "until_mono", (json_int_t)remote->picture_until);
    if (!remote->text) return json_null();
    return json_pack("{s:s, s:s, s:I}", "kind", "text", "text", remote->text, "until_mono", (json_int_t)remote->text_until);
}

static void take_notice(Remote *remote, const char *id, const json_t *command)
{
    const char *text = wire_string(command, "text");
    gint64 minutes = CLAMP(wire_int(command, "minutes"), 1, 480);
    if (!*text || g_utf8_strlen(text, -1) > REMOTE_TEXT_MAX) {
        answer(remote, id, FALSE, "a notice has 1 to 200 characters");
        return;
    }
    g_free(remote->text);
    remote->text = g_strdup(text);
    remote->text_until = mono_ms() + minutes * 60000;
    arm(remote);
    remote->events->changed(remote->events->data);
    answer(remote, id, TRUE, "");
}

/* --- what is sent in chunks: a picture, a bundle ---------------------------------------------------------------------------------------
 */

static void end_sending(Remote *remote)
{
    g_clear_handle_id(&remote->sent.later, g_source_remove);
    g_clear_pointer(&remote->sent.id, g_free);
    g_clear_pointer(&remote->sent.bytes, g_bytes_unref);
}

static void say_bundle_failed(const Remote *remote, const char *id, const char *why)
{
    g_message("ops: no support bundle: %s", why);
    remote->events->send(remote->events->data, json_pack("{s:s, s:s, s:s}", "t", "bundle_failed", "id", id, "text", why));
}

static void send_chunk(Remote *remote)
{
    gsize length = 0;
    const guchar *bytes = g_bytes_get_data(remote->sent.bytes, &length);
    const gsize from = (gsize)remote->sent.next * REMOTE_CHUNK_BYTES;
    const int chunks = (int)((length + REMOTE_CHUNK_BYTES - 1) / REMOTE_CHUNK_BYTES);
    g_autofree char *data = g_base64_encode(bytes + from, MIN(length - from, REMOTE_CHUNK_BYTES));
    remote->events->send(remote->events->data, json_pack("{s:s, s:s, s:i, s:i, s:s}", "t", remote->sent.type, "id", remote->sent.id,
                                                         "chunk", (int)remote->sent.next, "chunks", chunks, "data", data));
    remote->sent.next++;
}

static gboolean on_chunk(gpointer data)
{
    Remote *remote = data;
    const gboolean more = (gsize)remote->sent.next * REMOTE_CHUNK_BYTES < g_bytes_get_size(remote->sent.bytes);
    if (more && !has_call(remote) && remote->events->linked(remote->events->data)) {
        send_chunk(remote);
        return G_SOURCE_CONTINUE;
    }
    if (more && strcmp(remote->sent.type, "bundle") == 0)
        say_bundle_failed(remote, remote->sent.id, "a call came, or the line was cut; ask again");
    remote->sent.later = 0;
    end_sending(remote);
    return G_SOURCE_REMOVE;
}

/* All at once would be more than the link lets wait. */
static void send_in_chunks(Remote *remote, const char *type, const char *id, GBytes *bytes)
{
    end_sending(remote);
    remote->sent.type = type;
    remote->sent.id = g_strdup(id);
    remote->sent.bytes = g_bytes_ref(bytes);
    remote->sent.next = 0;
    send_chunk(remote);
    remote->sent.later = g_timeout_add(CHUNK_MS, on_chunk, remote);
}

static gboolean is_sending(const Remote *remote)
{
    return remote->picture || remote->bundle || remote->sent.bytes;
}

/* --- the console's picture -------------------------------------------------------------------------------------------------------------
 */

static void on_picture(void *data, const char *base64)
{
    Remote *remote = data;
    g_autofree char *id = g_steal_pointer(&remote->picture);
    gsize length = 0;
    guchar *png = base64 ? g_base64_decode(base64, &length) : NULL;
    g_autoptr(GBytes) bytes = g_bytes_new_take(png, length);
    if (has_call(remote)) {
        answer(remote, id, FALSE, "a call came meanwhile");
    } else if (!length || length > REMOTE_PICTURE_BYTES) {
        answer(remote, id, FALSE, "the studio has no picture of its console");
    } else {
        answer(remote, id, TRUE, "");
        send_in_chunks(remote, "picture", id, bytes);
    }
}

static void take_picture(Remote *remote, const char *id)
{
    const gboolean other = is_sending(remote);
    if (has_call(remote) || other) {
        answer(remote, id, FALSE, other ? "another picture or bundle is on its way" : "not while a call is in hand");
        return;
    }
    remote->picture = g_strdup(id);
    remote->picture_until = mono_ms() + REMOTE_PICTURE_MS;
    arm(remote);
    remote->events->changed(remote->events->data);
    studio_console_picture(remote->studio, on_picture, remote);
}

/* --- the support bundle ----------------------------------------------------------------------------------------------------------------
 */

static void on_made(gpointer data, GBytes *bundle, const char *why)
{
    Remote *remote = data;
    g_autofree char *id = g_steal_pointer(&remote->bundle);
    if (!bundle)
        say_bundle_failed(remote, id, why);
    else if (has_call(remote))
        say_bundle_failed(remote, id, "a call came meanwhile; ask again");
    else if (!remote->events->linked(remote->events->data))
        g_message("ops: the support bundle is made, and nobody is there to take it");
    else
        send_in_chunks(remote, "bundle", id, bundle);
}

static void take_bundle(Remote *remote, const char *id)
{
    const gboolean other = is_sending(remote);
    if (has_call(remote) || other) {
        answer(remote, id, FALSE, other ? "another picture or bundle is on its way" : "not while a call is in hand");
        return;
    }
    answer(remote, id, TRUE, "");
    remote->bundle = g_strdup(id);
    if (!remote->maker) remote->maker = bundle_maker_new(remote->config, REMOTE_BUNDLE_BYTES, on_made, remote);
    bundle_maker_start(remote->maker);
}

/* --- the rest --------------------------------------------------------------------------------------------------------------------------
 */

static void wish(Remote *remote, const char *id, BoothEvent event)
{
    gboolean ok = remote->events->wish(remote->events->data, &event);
    answer(remote, id, ok, ok ? "" : "that does not fit the booth's state");
}

/* What it finds is in the snapshot's checks and problems. */
static void take_self_test(Remote *remote, const char *id)
{
    gboolean busy = has_call(remote);
    if (!busy) studio_self_test(remote->studio);
    answer(remote, id, !busy, busy ? "not while a call is in hand" : "");
}

static void take_restart_studio(Remote *remote, const char *id)
{
    gboolean busy = has_call(remote);
    if (!busy) studio_quit(remote->studio);
    answer(remote, id, !busy, busy ? "not while a call is in hand" : "");
}

static void take_machine(Remote *remote, const char *id, const json_t *command)
{
    g_autoptr(GError) error = NULL;
    gboolean update = strcmp(wire_string(command, "what"), "update") == 0, ok = FALSE;
    if (remote->update && remote->upkeep)
        ok = update ? update_install(remote->update, wire_string(command, "text"), &error)
                    : upkeep_machine(remote->upkeep, MACHINE_RESTART, &error);
    answer(remote, id, ok, ok ? "" : error ? error->message : "this computer has no means for it");
}

void remote_take(Remote *remote, const json_t *command)
{
    const char *id = wire_string(command, "id"), *what = wire_string(command, "what");
    g_message("ops ask for %s", what);
    if (strcmp(what, "pause") == 0)
        wish(remote, id, (BoothEvent){.kind = BOOTH_WISH_PAUSE, .text = "ops"});
    else if (strcmp(what, "resume") == 0)
        wish(remote, id, (BoothEvent){.kind = BOOTH_WISH_READY});
    else if (strcmp(what, "self_test") == 0)
        take_self_test(remote, id);
    else if (strcmp(what, "notice") == 0)
        take_notice(remote, id, command);
    else if (strcmp(what, "picture") == 0)
        take_picture(remote, id);
    else if (strcmp(what, "restart_studio") == 0)
        take_restart_studio(remote, id);
    else if (strcmp(what, "restart_booth") == 0 || strcmp(what, "update") == 0)
        take_machine(remote, id, command);
    else if (strcmp(what, "support_bundle") == 0)
        take_bundle(remote, id);
    else
        answer(remote, id, FALSE, "this booth does not know that command");
}

Remote *remote_new(const Config *config, StudioProxy *studio, Update *update, Upkeep *upkeep, const RemoteEvents *events)
{
    Remote *remote = g_new0(Remote, 1);
    remote->config = config;
    remote->studio = studio;
    remote->update = update;
    remote->upkeep = upkeep;
    remote->events = events;
    return remote;
}

void remote_free(Remote *remote)
{
    if (!remote) return;
    g_clear_handle_id(&remote->later, g_source_remove);
    bundle_maker_free(remote->maker);
    end_sending(remote);
    g_free(remote->text);
    g_free(remote->picture);
    g_free(remote->bundle);
    g_free(remote);
}
