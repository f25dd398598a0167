#include "agent/tally.h"

#include <string.h>

static const char *name_of(int state)
{
    if (state == TALLY_PRACTICE) return "practice";
    return booth_state_name((BoothState)state);
}

void tally_start(Tally *tally, gint64 mono)
{
    *tally = (Tally){.from = mono, .at = mono, .state = BOOTH_STARTING};
}

static void add_pause(Tally *tally, const char *reason, gint64 ms)
{
    guint at = 0;
    while (at < TALLY_REASONS_MAX - 1 && tally->paused[at].ms && strcmp(tally->paused[at].reason, reason) != 0) at++;
    gboolean is_other = at == TALLY_REASONS_MAX - 1;
    g_strlcpy(tally->paused[at].reason, is_other ? "other" : reason, sizeof tally->paused[at].reason);
    tally->paused[at].ms += ms;
}

static void add(Tally *tally, int state, gint64 mono)
{
    const gint64 ms = mono - tally->at;
    if (ms <= 0) return;
    tally->ms[state] += ms;
    if (state == BOOTH_PAUSED) add_pause(tally, tally->reason, ms);
    tally->at = mono;
}

static int kind_of(const Booth *booth)
{
    return booth_is_practice(booth) ? TALLY_PRACTICE : (int)booth->state;
}

static const char *reason_of(const Booth *booth)
{
    return booth->state == BOOTH_PAUSED ? booth->pause_reason : "";
}

gboolean tally_is_behind(const Tally *tally, const Booth *booth, gint64 mono)
{
    return mono - tally->at >= TALLY_SAVE_MS || tally->state != kind_of(booth) || strcmp(tally->reason, reason_of(booth)) != 0;
}

void tally_count(Tally *tally, const Booth *booth, gint64 mono)
{
    add(tally, tally->state, mono);
    tally->state = kind_of(booth);
    g_strlcpy(tally->reason, reason_of(booth), sizeof tally->reason);
}

gint64 tally_due(const Tally *tally, gint64 offset_utc)
{
    const gint64 into = (tally->from + offset_utc) % TALLY_SPAN_MS;
    return tally->from + TALLY_SPAN_MS - (into > 0 ? into : 0);
}

static json_t *reasons_json(const Tally *tally)
{
    json_t *reasons = json_object();
    for (guint i = 0; i < TALLY_REASONS_MAX; i++) {
        if (tally->paused[i].ms) json_object_set_new(reasons, tally->paused[i].reason, json_integer(tally->paused[i].ms));
    }
    return reasons;
}

static json_t *states_json(const Tally *tally)
{
    json_t *states = json_object();
    for (int state = 0; state < TALLY_STATES; state++) {
        if (tally->ms[state]) json_object_set_new(states, name_of(state), json_integer(tally->ms[state]));
    }
    return states;
}

json_t *tally_take(Tally *tally)
{
    if (tally->at <= tally->from) return NULL;
    json_t *record = json_pack("{s:s, s:I, s:I, s:o, s:o}", "kind", "state", "from_mono", (json_int_t)tally->from, "to_mono",
                               (json_int_t)tally->at, "ms", states_json(tally), "paused_ms", reasons_json(tally));
    Tally next = {.from = tally->at, .at = tally->at, .state = tally->state};
    memcpy(next.reason, tally->reason, sizeof next.reason);
    *tally = next;
    return record;
}

/* --- saving -----------------------------------------------------------------------------------------------------------------------------
 */

json_t *tally_save(const Tally *tally)
{
    return json_pack("{s:I, s:I, s:s, s:s, s:o, s:o}", "from", (json_int_t)tally->from, "at", (json_int_t)tally->at, "state",
                     name_of(tally->state), "reason", tally->reason, "ms", states_json(tally), "paused_ms", reasons_json(tally));
}

static int state_of(const char *name)
{
    for (int state = 0; state < TALLY_STATES; state++) {
        if (strcmp(name_of(state), name) == 0) return state;
    }
    return -1;
}

static gboolean take_counts(Tally *tally, json_t *states, json_t *reasons)
{
    const char *name;
    json_t *value;
    gint64 sum = 0;
    json_object_foreach(states, name, value) {
        const int state = state_of(name);
        if (state < 0 || json_integer_value(value) < 0 || json_integer_value(value) > tally->at - tally->from) return FALSE;
        sum += tally->ms[state] = json_integer_value(value);
    }
    json_object_foreach(reasons, name, value) add_pause(tally, name, MAX(json_integer_value(value), 0));
    return sum == tally->at - tally->from;
}

gboolean tally_restore(Tally *tally, const json_t *saved)
{
    json_int_t from, at;
    const char *state, *reason;
    json_t *states, *reasons;
    Tally read = {0};
    if (json_unpack((json_t *)saved, "{s:I, s:I, s:s, s:s, s:o, s:o}", "from", &from, "at", &at, "state", &state, "reason", &reason, "ms",
                    &states, "paused_ms", &reasons) != 0)
        return FALSE;
    read.from = from;
    read.at = at;
    read.state = state_of(state);
    g_strlcpy(read.reason, reason, sizeof read.reason);
    if (from < 0 || at < from || read.state < 0 || !take_counts(&read, states, reasons)) return FALSE;
    *tally = read;
    return TRUE;
}

gboolean tally_resume(Tally *tally, gint64 mono)
{
    gboolean goes_on = mono >= tally->at && mono - tally->at <= TALLY_GAP_MS;
    if (goes_on) add(tally, tally->state, mono);
    return goes_on;
}
