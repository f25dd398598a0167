/* What booths say of themselves: a snapshot each, every 10 s and at once on change. It is looked at as text, since most of it is only
 * handed on; of one that says nothing new nothing is decoded. */
#include <string.h>

#include "desk/exchange_state.h"
#include "wire/plain.h"

#define SAME_SNAPSHOT_MS 15000 /* they come every 10 s: of those that say the same, every second one is written */

#define MESSAGE "{\"t\":\"status\",\"snapshot\":"

/* Its essence, which is new when one of these is; the last of them, with clocks, are what is judged here. */
static const char *const members[] = {"name",     "store",      "region",       "pause_reason", "call",     "practice",  "muted",
                                      "checks",   "checking",   "version",      "slot",         "update",   "catalogue", "state",
                                      "problems", "since_mono", "ready_wanted", "wrapup",       "now_mono", NULL};
#define MEMBERS (G_N_ELEMENTS(members) - 1)
#define STATE   13
#define CLOCKS  17

typedef struct {
    const char *text; /* all of it */
    gsize length;
    PlainSpan spans[MEMBERS];
} Snapshot;

/* --- writing ----------------------------------------------------------------------------------------------------------------------------
 */

static void write_snapshot(Exchange *exchange, Booth *booth);

static void on_snapshot(gpointer data, const StoreResult *result)
{
    g_autofree PeerErrand *errand = data;
    Booth *booth = (Booth *)peer_find(errand->exchange, errand->serial);
    if (!booth) return;
    booth->snapshotting = FALSE;
    if (result->verdict != STORE_WON) g_clear_pointer(&booth->essence, g_free);
    write_snapshot(errand->exchange, booth);
}

/* The newest wins: what came while one was being written follows it, and only the last of that. */
static void write_snapshot(Exchange *exchange, Booth *booth)
{
    if (booth->snapshotting || !booth->snapshot) return;
    g_autofree char *text = g_strdup_printf("{\"v\":1,\"desk\":\"%s\",\"received_utc\":%" G_GINT64_FORMAT ",\"snapshot\":%s}",
                                            exchange->settings->instance, exchange_utc(), booth->snapshot);
    g_clear_pointer(&booth->snapshot, g_free);
    booth->snapshotting = TRUE;
    store_snapshot(exchange->store, booth->id, text, on_snapshot, peer_errand(exchange, &booth->peer));
}

/* --- reading ----------------------------------------------------------------------------------------------------------------------------
 */

/* What of a snapshot is new when it changes, the rest being clocks and counters. */
static char *essence_of(const Snapshot *snapshot)
{
    GString *text = g_string_sized_new(512);
    for (guint i = 0; i < CLOCKS; i++) {
        if (snapshot->spans[i].at) g_string_append_len(text, snapshot->spans[i].at, (gssize)snapshot->spans[i].length);
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}

static gboolean is_in(const Snapshot *snapshot, const char *state)
{
    const PlainSpan *said = &snapshot->spans[STATE];
    return said->length == strlen(state) && memcmp(said->at, state, said->length) == 0;
}

static void judge(Exchange *exchange, Booth *booth, const Snapshot *snapshot)
{
    g_autoptr(GString) text = g_string_sized_new(256);
    plain_append(text, members + STATE, snapshot->spans + STATE, MEMBERS - STATE);
    json_t *judged = json_loadb(text->str, text->len, 0, NULL);
    booth->said_staffed = !is_in(snapshot, "\"paused\"") && !is_in(snapshot, "\"starting\"");
    booth_note_status(booth, judged);
    missed_note_status(exchange, booth, judged);
    booth->said_doing = booth->doing;
    json_decref(judged);
}

static void learn(Exchange *exchange, Booth *booth, const Snapshot *snapshot)
{
    g_autofree char *essence = essence_of(snapshot);
    const gint64 now = exchange_mono();
    const gboolean same = g_strcmp0(booth->essence, essence) == 0;
    /* How long a wrap-up lasts is told by the clocks. */
    if (!same || is_in(snapshot, "\"wrapup\"")) judge(exchange, booth, snapshot);
    booth->staffed = booth->said_staffed;
    booth->doing = booth->said_doing;
    if (same && now - booth->stored_at < SAME_SNAPSHOT_MS) return;
    g_free(booth->essence);
    booth->essence = g_steal_pointer(&essence);
    booth->stored_at = now;
    g_free(booth->snapshot);
    booth->snapshot = g_strndup(snapshot->text, snapshot->length);
    write_snapshot(exchange, booth);
}

gboolean status_take_text(Exchange *exchange, Booth *booth, const char *text, gsize length)
{
    const gsize head = strlen(MESSAGE);
    if (!booth->introduced || length <= head || length > WIRE_MESSAGE_MAX || memcmp(text, MESSAGE, head) != 0 || text[length - 1] != '}')
        return FALSE;
    Snapshot snapshot = {.text = text + head, .length = length - head - 1};
    if (!plain_find(snapshot.text, snapshot.length, members, snapshot.spans)) return FALSE;
    learn(exchange, booth, &snapshot);
    return TRUE;
}

void status_take(Exchange *exchange, Booth *booth, const json_t *message)
{
    const json_t *said = json_object_get(message, "snapshot");
    char *text = json_dumps(said, JSON_COMPACT), *pieces[MEMBERS];
    Snapshot snapshot = {.text = text, .length = strlen(text)};
    for (guint i = 0; i < MEMBERS; i++) {
        const json_t *member = json_object_get(said, members[i]);
        pieces[i] = member ? json_dumps(member, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
        snapshot.spans[i] = (PlainSpan){pieces[i], pieces[i] ? strlen(pieces[i]) : 0};
    }
    learn(exchange, booth, &snapshot);
    for (guint i = 0; i < MEMBERS; i++) free(pieces[i]);
    free(text);
}
