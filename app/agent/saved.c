#include "agent/saved.h"

#include <string.h>

static json_t *pack_key(const BoothKey *key)
{
    return json_pack("{s:s, s:i, s:s}", "id", key->id, "gen", (int)key->gen, "nonce", key->nonce);
}

/* The times and counts of a call, for both ways. */
static const struct {
    const char *name;
    gsize at;
} numbers[] = {
    {"accepted_mono", G_STRUCT_OFFSET(BoothCall, accepted_mono)},
    {"media_up_mono", G_STRUCT_OFFSET(BoothCall, media_up_mono)},
    {"ended_mono", G_STRUCT_OFFSET(BoothCall, ended_mono)},
    {"offered_mono", G_STRUCT_OFFSET(BoothCall, offered_mono)},
    {"shopper_picture_mono", G_STRUCT_OFFSET(BoothCall, shopper_picture_mono)},
    {"talk_ms", G_STRUCT_OFFSET(BoothCall, talk_ms)},
    {"muted_ms", G_STRUCT_OFFSET(BoothCall, muted_ms)},
    {"muted_mono", G_STRUCT_OFFSET(BoothCall, muted_mono)},
    {"shown", G_STRUCT_OFFSET(BoothCall, sold.shown)},
    {"added", G_STRUCT_OFFSET(BoothCall, sold.added)},
    {"items", G_STRUCT_OFFSET(BoothCall, sold.items)},
    {"accessories", G_STRUCT_OFFSET(BoothCall, sold.accessories)},
    {"basket_minor", G_STRUCT_OFFSET(BoothCall, sold.basket_minor)},
};

static json_t *pack_call(const BoothCall *call)
{
    json_t *object = json_pack("{s:o, s:b, s:b, s:i, s:s, s:s, s:s}", "key", pack_key(&call->key), "accepted", call->accepted, "up",
                               call->media == BOOTH_MEDIA_UP, "pc", (int)call->pc, "codec", call->codec, "cut_boot", call->cut_boot,
                               "basket_currency", call->sold.currency);
    for (guint i = 0; i < G_N_ELEMENTS(numbers); i++)
        json_object_set_new(object, numbers[i].name, json_integer(G_STRUCT_MEMBER(gint64, call, numbers[i].at)));
    return object;
}

static const struct {
    const char *name;
    gsize at, size;
} words[] = {
    {"outcome", G_STRUCT_OFFSET(BoothNote, outcome), sizeof((BoothNote *)NULL)->outcome},
    {"order", G_STRUCT_OFFSET(BoothNote, order), sizeof((BoothNote *)NULL)->order},
    {"currency", G_STRUCT_OFFSET(BoothNote, currency), sizeof((BoothNote *)NULL)->currency},
    {"tags", G_STRUCT_OFFSET(BoothNote, tags), sizeof((BoothNote *)NULL)->tags},
};

static json_t *pack_note(const BoothNote *note)
{
    json_t *object = json_pack("{s:I}", "value_minor", (json_int_t)note->value_minor);
    for (guint i = 0; i < G_N_ELEMENTS(words); i++)
        json_object_set_new(object, words[i].name, json_string((const char *)note + words[i].at));
    return object;
}

/* An older state has none. */
static void take_note(const json_t *object, BoothNote *note)
{
    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        const char *word = json_string_value(json_object_get(object, words[i].name));
        g_strlcpy((char *)note + words[i].at, word ? word : "", words[i].size);
    }
    note->value_minor = json_integer_value(json_object_get(object, "value_minor"));
}

static gboolean is_kept(BoothState state)
{
    return state == BOOTH_CONNECTING || state == BOOTH_LIVE || state == BOOTH_WRAPUP;
}

char *saved_write(const Booth *booth, const Tally *tally, const json_t *card, const char *boot)
{
    gboolean kept = is_kept(booth->state) && !booth_is_practice(booth);
    json_t *state =
        json_pack("{s:s, s:s, s:b, s:s, s:b, s:i, s:i, s:o, s:i, s:I, s:I, s:I}", "boot", boot, "state",
                  kept ? booth_state_name(booth->state) : "", "ready_wanted", booth->ready_wanted, "pause_reason", booth->pause_reason,
                  "muted", booth->muted, "view", (int)booth->view, "pc_last", (int)booth->pc_last, "owed", pack_key(&booth->owed),
                  "owed_end", (int)booth->owed_end, "deadline_mono", (json_int_t)(kept ? booth->deadline_mono : 0), "since_mono",
                  (json_int_t)(kept ? booth->since_mono : 0), "wrapup_ms", (json_int_t)booth->wrapup_ms);
    json_object_set_new(state, "tally", tally_save(tally));
    if (kept) {
        json_object_set_new(state, "call", pack_call(&booth->call));
        json_object_set_new(state, "note", pack_note(&booth->call.note));
        json_object_set_new(state, "extended", json_boolean(booth->extended));
        if (card) json_object_set(state, "card", (json_t *)card);
    }
    char *text = json_dumps(state, JSON_COMPACT);
    json_decref(state);
    char *copy = g_strdup(text);
    free(text);
    return copy;
}

static gboolean take_key(json_t *object, BoothKey *key)
{
    const char *id, *nonce;
    int gen;
    if (json_unpack(object, "{s:s, s:i, s:s}", "id", &id, "gen", &gen, "nonce", &nonce) != 0) return FALSE;
    g_strlcpy(key->id, id, sizeof key->id);
    g_strlcpy(key->nonce, nonce, sizeof key->nonce);
    key->gen = (guint)gen;
    return TRUE;
}

static gboolean take_call(json_t *object, BoothCall *call)
{
    json_t *key;
    const char *codec, *cut_boot, *currency;
    int accepted, up, pc;
    if (json_unpack(object, "{s:o, s:b, s:b, s:i, s:s, s:s, s:s}", "key", &key, "accepted", &accepted, "up", &up, "pc", &pc, "codec",
                    &codec, "cut_boot", &cut_boot, "basket_currency", &currency) != 0 ||
        !take_key(key, &call->key))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(numbers); i++) {
        const json_t *number = json_object_get(object, numbers[i].name);
        if (!json_is_integer(number)) return FALSE;
        G_STRUCT_MEMBER(gint64, call, numbers[i].at) = json_integer_value(number);
    }
    call->accepted = accepted;
    g_strlcpy(call->codec, codec, sizeof call->codec);
    g_strlcpy(call->cut_boot, cut_boot, sizeof call->cut_boot);
    g_strlcpy(call->sold.currency, currency, sizeof call->sold.currency);
    call->media = up ? BOOTH_MEDIA_UP : BOOTH_MEDIA_CONNECTING;
    call->pc = (guint)pc;
    call->shopper_present = TRUE;
    call->result = "accepted";
    return TRUE;
}

static BoothState state_of(const char *name)
{
    for (int state = 0; state < BOOTH_STATES; state++) {
        if (strcmp(booth_state_name((BoothState)state), name) == 0) return (BoothState)state;
    }
    return BOOTH_STARTING;
}

/* After another boot nothing runs on. What the call has of times is of the old one, and none is added. */
static void forget_boot(Booth *booth, const char *boot, gint64 mono)
{
    BoothCall *call = &booth->call;
    if (!call->cut_boot[0]) g_strlcpy(call->cut_boot, boot, sizeof call->cut_boot);
    if (booth->state != BOOTH_WRAPUP) {
        booth->owed = call->key;
        booth->owed_end = BOOTH_END_MEDIA_LOST;
        call->ended_mono = call->media_up_mono ? call->media_up_mono : call->accepted_mono;
        call->muted_mono = 0;
        booth->state = BOOTH_WRAPUP;
    }
    booth->call.media = BOOTH_MEDIA_NONE;
    booth->since_mono = mono;
    booth->deadline_mono = mono;
}

char *saved_boot(const char *text)
{
    json_t *saved = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    char *boot = g_strdup(json_string_value(json_object_get(saved, "boot")));
    json_decref(saved);
    return boot;
}

gboolean saved_read(const char *text, const char *boot, gint64 mono, Booth *booth, Tally *tally, json_t **card)
{
    json_t *saved = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    Booth fresh = *booth;
    const char *then = "", *state = "", *reason = "";
    json_t *owed = NULL, *call = NULL, *from = NULL, *counted = NULL;
    int wanted = 0, muted = 0, view = 0, pc_last = 0, owed_end = 0;
    json_int_t deadline = 0, since = 0, wrapup_ms = 0;
    *card = NULL;
    gboolean read =
        saved && json_unpack(saved, "{s:s, s:s, s:b, s:s, s:b, s:i, s:i, s:o, s:i, s:I, s:I, s:I, s?o, s?o, s?o}", "boot", &then, "state",
                             &state, "ready_wanted", &wanted, "pause_reason", &reason, "muted", &muted, "view", &view, "pc_last", &pc_last,
                             "owed", &owed, "owed_end", &owed_end, "deadline_mono", &deadline, "since_mono", &since, "wrapup_ms",
                             &wrapup_ms, "call", &call, "card", &from, "tally", &counted) == 0;
    read = read && view >= BOOTH_FACE && view <= BOOTH_PIP && owed_end >= BOOTH_END_NONE && owed_end <= BOOTH_END_MEDIA_LOST &&
           take_key(owed, &fresh.owed);
    if (read) {
        fresh.ready_wanted = wanted;
        g_strlcpy(fresh.pause_reason, reason, sizeof fresh.pause_reason);
        fresh.muted = muted;
        fresh.view = (BoothView)view;
        fresh.pc_last = (guint)pc_last;
        fresh.owed_end = (BoothEnd)owed_end;
        fresh.wrapup_ms = wrapup_ms;
    }
    if (read && is_kept(state_of(state))) {
        read = call && take_call(call, &fresh.call);
        take_note(json_object_get(saved, "note"), &fresh.call.note);
        fresh.extended = json_is_true(json_object_get(saved, "extended"));
        fresh.state = state_of(state);
        fresh.since_mono = since;
        fresh.deadline_mono = deadline;
        /* A connection that was being made anew may never come up: lost until the studio says otherwise. */
        if (fresh.state == BOOTH_LIVE && fresh.call.media != BOOTH_MEDIA_UP) fresh.call.media = BOOTH_MEDIA_LOST;
        if (fresh.state != BOOTH_WRAPUP && fresh.call.accepted) fresh.renew_mono = mono + BOOTH_RENEW_MS;
        if (strcmp(then, boot) != 0) forget_boot(&fresh, then, mono);
    }
    if (read) {
        *booth = fresh;
        *card = json_incref(from);
        if (counted) tally_restore(tally, counted);
    }
    json_decref(saved);
    return read;
}
