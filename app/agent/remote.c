#include "agent/remote.h"

#include "agent/machine.h"
#include "wire/wire.h"

#include <string.h>

#define CHUNK_MS 500 /* between two: 120 kB/s, which the link takes; its queue has room for four */

struct Remote {
    StudioProxy *studio;
    Update *update;
    Upkeep *upkeep;
    const RemoteEvents *events;
    char *text; /* of the notice; NULL: none */
    gint64 text_until, picture_until;
    guint later;   /* source: the notice ends */
    char *picture; /* id of the command that waits for the studio; NULL: none */
    struct {
        char *id;    /* of its command */
        guchar *png; /* NULL: none is being sent */
        gsize length;
        guint next;  /* chunk */
        guint later; /* source: its turn */
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

/* --- the console's picture -------------------------------------------------------------------------------------------------------------
 */

static void end_picture(Remote *remote)
{
    g_clear_handle_id(&remote->sent.later, g_source_remove);
    g_clear_pointer(&remote->sent.id, g_free);
    g_clear_pointer(&remote->sent.png, g_free);
}

static void send_chunk(Remote *remote)
{
    const gsize length = remote->sent.length, from = (gsize)remote->sent.next * REMOTE_CHUNK_BYTES;
    const int chunks = (int)((length + REMOTE_CHUNK_BYTES - 1) / REMOTE_CHUNK_BYTES);
    g_autofree char *data = g_base64_encode(remote->sent.png + from, MIN(length - from, REMOTE_CHUNK_BYTES));
    remote->events->send(remote->events->data, json_pack("{s:s, s:s, s:i, s:i, s:s}", "t", "picture", "id", remote->sent.id, "chunk",
                                                         (int)remote->sent.next, "chunks", chunks, "data", data));
    remote->sent.next++;
}

static gboolean on_chunk(gpointer data)
{
    Remote *remote = data;
    const gboolean more = (gsize)remote->sent.next * REMOTE_CHUNK_BYTES < remote->sent.length;
    if (more && !has_call(remote) && remote->events->linked(remote->events->data)) {
        send_chunk(remote);
        return G_SOURCE_CONTINUE;
    }
    remote->sent.later = 0;
    end_picture(remote);
    return G_SOURCE_REMOVE;
}

/* Takes id and png. All at once would be more than the link lets wait. */
static void send_picture(Remote *remote, char *id, guchar *png, gsize length)
{
    end_picture(remote);
    answer(remote, id, TRUE, "");
    remote->sent.id = id;
    remote->sent.png = png;
    remote->sent.length = length;
    remote->sent.next = 0;
    send_chunk(remote);
    remote->sent.later = g_timeout_add(CHUNK_MS, on_chunk, remote);
}

static void on_picture(void *data, const char *base64)
{
    Remote *remote = data;
    g_autofree char *id = g_steal_pointer(&remote->picture);
    gsize length = 0;
    g_autofree guchar *png = base64 ? g_base64_decode(base64, &length) : NULL;
    if (has_call(remote))
        answer(remote, id, FALSE, "a call came meanwhile");
    else if (!length || length > REMOTE_PICTURE_BYTES)
        answer(remote, id, FALSE, "the studio has no picture of its console");
    else
        send_picture(remote, g_steal_pointer(&id), g_steal_pointer(&png), length);
}

static void take_picture(Remote *remote, const char *id)
{
    const gboolean other = remote->picture || remote->sent.png;
    if (has_call(remote) || other) {
        answer(remote, id, FALSE, other ? "another picture is being made" : "not while a call is in hand");
        return;
    }
    remote->picture = g_strdup(id);
    remote->picture_until = mono_ms() + REMOTE_PICTURE_MS;
    arm(remote);
    remote->events->changed(remote->events->data);
    studio_console_picture(remote->studio, on_picture, remote);
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
        answer(remote, id, FALSE, "a bundle is not sent over the link: run boothctl bundle FILE on the booth");
    else
        answer(remote, id, FALSE, "this booth does not know that command");
}

Remote *remote_new(StudioProxy *studio, Update *update, Upkeep *upkeep, const RemoteEvents *events)
{
    Remote *remote = g_new0(Remote, 1);
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
    end_picture(remote);
    g_free(remote->text);
    g_free(remote->picture);
    g_free(remote);
}
