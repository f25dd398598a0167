#include "agent/booth_state.h"

#include <string.h>

gboolean booth_key_is_practice(const BoothKey *key)
{
    return strcmp(key->id, BOOTH_PRACTICE) == 0;
}

gboolean booth_same_key(const BoothKey *a, const BoothKey *b)
{
    return a->id[0] && a->gen == b->gen && strcmp(a->id, b->id) == 0;
}

gboolean booth_in_call(const Booth *booth)
{
    return booth->state == BOOTH_CONNECTING || booth->state == BOOTH_LIVE;
}

const BoothKey *booth_held(const Booth *booth)
{
    if (booth_in_call(booth) && !booth_is_practice(booth)) return &booth->call.key;
    return booth->owed_end != BOOTH_END_NONE ? &booth->owed : NULL;
}

gboolean booth_is_practice(const Booth *booth)
{
    return booth->state >= BOOTH_RINGING && booth_key_is_practice(&booth->call.key);
}

const char *booth_state_name(BoothState state)
{
    static const char *const names[] = {"starting", "paused", "ready", "ringing", "connecting", "live", "wrapup"};
    return names[state];
}

const char *booth_media_name(BoothMedia media)
{
    static const char *const names[] = {"none", "connecting", "up", "lost"};
    return names[media];
}

static const char *const views[] = {"face", "product", "pip"};

const char *booth_view_name(BoothView view)
{
    return views[view];
}

gboolean booth_view_from_name(const char *name, BoothView *view)
{
    for (guint i = 0; i < G_N_ELEMENTS(views); i++) {
        if (strcmp(views[i], name) != 0) continue;
        *view = (BoothView)i;
        return TRUE;
    }
    return FALSE;
}

const char *booth_end_name(BoothEnd end)
{
    static const char *const names[] = {"", "hangup", "setup_failed", "media_lost"};
    return names[end];
}

gboolean booth_is_outcome(const char *text)
{
    static const char *const outcomes[] = {"sale", "reserved", "follow_up", "advice", "none", NULL};
    return g_strv_contains(outcomes, text);
}
