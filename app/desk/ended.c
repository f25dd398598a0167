#include "desk/ended.h"

struct Ended {
    GHashTable *calls; /* id → EndedCall */
};

Ended *ended_new(void)
{
    Ended *ended = g_new0(Ended, 1);
    ended->calls = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return ended;
}

void ended_free(Ended *ended)
{
    if (!ended) return;
    g_hash_table_unref(ended->calls);
    g_free(ended);
}

void ended_note(Ended *ended, const char *id, const char *key_hash, const char *outcome, const char *cause, gint64 at)
{
    EndedCall *call = g_hash_table_lookup(ended->calls, id);
    if (!call) {
        if (!key_hash[0] || g_hash_table_size(ended->calls) >= ENDED_MAX) return;
        call = g_new0(EndedCall, 1);
        g_hash_table_insert(ended->calls, g_strdup(id), call);
    }
    if (key_hash[0]) g_strlcpy(call->key_hash, key_hash, sizeof call->key_hash);
    g_strlcpy(call->outcome, outcome, sizeof call->outcome);
    g_strlcpy(call->cause, cause, sizeof call->cause);
    call->at = at;
}

static gboolean is_past(const EndedCall *call, gint64 now)
{
    return now - call->at > ENDED_MS;
}

const EndedCall *ended_find(const Ended *ended, const char *id, gint64 now)
{
    const EndedCall *call = g_hash_table_lookup(ended->calls, id);
    return call && !is_past(call, now) ? call : NULL;
}

static gboolean is_forgotten(G_GNUC_UNUSED gpointer id, gpointer call, gpointer now)
{
    return is_past(call, *(gint64 *)now);
}

void ended_forget(Ended *ended, gint64 now)
{
    g_hash_table_foreach_remove(ended->calls, is_forgotten, &now);
}
