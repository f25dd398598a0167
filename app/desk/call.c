#include "desk/call.h"

#include <string.h>

static const char *const state_names[] = {"queued", "offered", "live", "done", NULL};
static const char *const prio_names[] = {"lost", "callback", "normal", NULL};
static const char *const result_names[] = {"open",      "accepted", "declined", "ring_no_answer", "link_lost", "lease_ended",
                                           "withdrawn", "lost",     NULL};
static const char *const outcome_names[] = {"",         "completed", "abandoned", "missed", "dropped", "setup_failed",
                                            "declined", "callback",  NULL};
static const char *const cause_names[] = {
    "", "no_staff", "ring_no_answer", "wrap_up_overrun", "device_fault", "network", "left_before_promise", "left_after_promise", NULL};
static const char *const end_names[] = {"", "shopper", "booth", "desk", NULL};

const char *call_state_name(CallState state)
{
    return state_names[state];
}

const char *call_offer_result_name(CallOfferResult result)
{
    return result_names[result];
}

Call *call_new(const char *id, gint64 enqueued_utc)
{
    Call *call = g_new0(Call, 1);
    g_strlcpy(call->id, id, sizeof call->id);
    call->prio = CALL_PRIO_NORMAL;
    call->enqueued_utc = enqueued_utc;
    call->owner_name = g_strdup("");
    call->product = g_strdup("");
    call->product_title = g_strdup("");
    call->offers = g_array_new(FALSE, TRUE, sizeof(CallOffer));
    call->outcome = call->cause = call->ended_by = "";
    return call;
}

Call *call_copy(const Call *call)
{
    Call *copy = g_memdup2(call, sizeof *call);
    copy->owner_name = g_strdup(call->owner_name);
    copy->product = g_strdup(call->product);
    copy->product_title = g_strdup(call->product_title);
    copy->offers = g_array_copy(call->offers);
    return copy;
}

void call_free(Call *call)
{
    if (!call) return;
    g_free(call->owner_name);
    g_free(call->product);
    g_free(call->product_title);
    g_array_unref(call->offers);
    g_free(call);
}

/* --- the steps ------------------------------------------------------------------------------------------------------------------- */

gboolean call_is_held(const Call *call, const char *booth, guint gen, const char *nonce)
{
    return (call->state == CALL_OFFERED || call->state == CALL_LIVE) && call->gen == gen && strcmp(call->owner, booth) == 0 &&
           strcmp(call->nonce, nonce) == 0;
}

static CallOffer *last_offer(const Call *call)
{
    return call->offers->len ? &g_array_index(call->offers, CallOffer, call->offers->len - 1) : NULL;
}

static void end_offer(Call *call, CallOfferResult result, gint64 now_utc)
{
    CallOffer *offer = last_offer(call);
    if (!offer) return;
    offer->result = result;
    offer->ended_utc = now_utc;
}

void call_unanswered(const Call *call, gint64 now_utc, const char *missed, const char **ret_outcome, const char **ret_cause)
{
    gboolean overdue = call->promised && now_utc - call->enqueued_utc > call->promise_p90_ms;
    const char *left = overdue ? "left_after_promise" : "left_before_promise";
    *ret_outcome = "abandoned";
    *ret_cause = left;
    for (guint i = 0; i < call->offers->len; i++) {
        if (g_array_index(call->offers, CallOffer, i).result != CALL_OFFER_LOST) continue;
        *ret_outcome = "dropped";
        *ret_cause = "network";
        return;
    }
    const CallOffer *offer = last_offer(call);
    CallOfferResult last = offer ? offer->result : CALL_OFFER_OPEN;
    if (last == CALL_OFFER_RING_NO_ANSWER) {
        *ret_outcome = "missed";
        *ret_cause = "ring_no_answer";
    } else if (last == CALL_OFFER_DECLINED) {
        *ret_outcome = "declined";
    } else if (last == CALL_OFFER_LINK_LOST || last == CALL_OFFER_LEASE_ENDED) {
        *ret_outcome = "missed";
        *ret_cause = "network";
    } else if (missed && *missed) {
        *ret_outcome = "missed";
        *ret_cause = missed;
    }
}

void call_finish(Call *call, gint64 now_utc, const char *outcome, const char *cause, const char *by)
{
    if (call->state == CALL_OFFERED) end_offer(call, CALL_OFFER_WITHDRAWN, now_utc);
    call->state = CALL_DONE;
    call->ended_utc = now_utc;
    call->outcome = outcome;
    call->cause = cause;
    call->ended_by = by;
}

static void finish_unanswered(Call *call, const CallEvent *event, const char *by)
{
    const char *outcome, *cause;
    if (call->state == CALL_OFFERED) end_offer(call, CALL_OFFER_WITHDRAWN, event->now_utc);
    call_unanswered(call, event->now_utc, call->state == CALL_QUEUED ? event->missed : NULL, &outcome, &cause);
    call_finish(call, event->now_utc, outcome, cause, by);
}

static void finish_talk(Call *call, const CallEvent *event, const char *by)
{
    if (call->media_up_utc)
        call_finish(call, event->now_utc, "completed", "", by);
    else
        call_finish(call, event->now_utc, "setup_failed", "network", by);
}

/* Back in line with the time it was asked at, so at the head of those with its priority. */
static void requeue(Call *call, const CallEvent *event, CallOfferResult result, gboolean lost_by_us)
{
    end_offer(call, result, event->now_utc);
    call->state = CALL_QUEUED;
    call->owner[0] = call->owner_desk[0] = call->nonce[0] = '\0';
    g_free(call->owner_name);
    call->owner_name = g_strdup("");
    call->lease = 0;
    call->accepted_utc = call->media_up_utc = 0;
    if (lost_by_us) call->prio = CALL_PRIO_LOST;
}

static void offer_to(Call *call, const CallEvent *event)
{
    CallOffer offer = {.gen = ++call->gen, .offered_utc = event->now_utc, .result = CALL_OFFER_OPEN};
    g_strlcpy(offer.booth, event->booth, sizeof offer.booth);
    if (call->offers->len >= CALL_OFFERS_MAX) g_array_remove_index(call->offers, 0);
    g_array_append_val(call->offers, offer);
    call->state = CALL_OFFERED;
    call->lease = 1;
    g_strlcpy(call->owner, event->booth, sizeof call->owner);
    g_strlcpy(call->owner_desk, event->desk, sizeof call->owner_desk);
    g_strlcpy(call->nonce, event->nonce, sizeof call->nonce);
    g_free(call->owner_name);
    call->owner_name = g_strdup(event->booth_name ? event->booth_name : "");
}

static gboolean step_queued(Call *call, const CallEvent *event)
{
    switch (event->kind) {
    case CALL_OFFER: offer_to(call, event); return TRUE;
    case CALL_SHOPPER_ENDS:
    case CALL_SHOPPER_LEAVES: finish_unanswered(call, event, "shopper"); return TRUE;
    case CALL_SHOPPER_AWAY: finish_unanswered(call, event, "desk"); return TRUE;
    case CALL_CALL_BACK: call_finish(call, event->now_utc, "callback", "", "shopper"); return TRUE;
    default: return FALSE;
    }
}

static gboolean step_offered(Call *call, const CallEvent *event)
{
    switch (event->kind) {
    case CALL_ACCEPT:
        end_offer(call, CALL_OFFER_ACCEPTED, event->now_utc);
        if (last_offer(call)) last_offer(call)->accepted_utc = event->now_utc;
        call->state = CALL_LIVE;
        call->accepted_utc = event->now_utc;
        call->lease++;
        return TRUE;
    case CALL_DECLINE: requeue(call, event, CALL_OFFER_DECLINED, FALSE); return TRUE;
    case CALL_RING_NO_ANSWER: requeue(call, event, CALL_OFFER_RING_NO_ANSWER, FALSE); return TRUE;
    case CALL_LINK_LOST: requeue(call, event, CALL_OFFER_LINK_LOST, TRUE); return TRUE;
    case CALL_LEASE_ENDED: requeue(call, event, CALL_OFFER_LEASE_ENDED, TRUE); return TRUE;
    case CALL_SHOPPER_ENDS:
    case CALL_SHOPPER_LEAVES: finish_unanswered(call, event, "shopper"); return TRUE;
    case CALL_SHOPPER_AWAY: finish_unanswered(call, event, "desk"); return TRUE;
    case CALL_CALL_BACK: call_finish(call, event->now_utc, "callback", "", "shopper"); return TRUE;
    default: return FALSE;
    }
}

static gboolean step_live(Call *call, const CallEvent *event)
{
    switch (event->kind) {
    case CALL_MEDIA_UP:
        if (call->media_up_utc) return FALSE;
        call->media_up_utc = event->now_utc;
        return TRUE;
    case CALL_BOOTH_ENDS: finish_talk(call, event, "booth"); return TRUE;
    case CALL_SHOPPER_ENDS: finish_talk(call, event, "shopper"); return TRUE;
    case CALL_SHOPPER_LEAVES:
        /* The page left the line before it heard that there was a call: nothing failed but the shopper's patience. */
        if (call->media_up_utc)
            finish_talk(call, event, "shopper");
        else
            finish_unanswered(call, event, "shopper");
        return TRUE;
    case CALL_SETUP_FAILED: call_finish(call, event->now_utc, "setup_failed", "network", "booth"); return TRUE;
    case CALL_MEDIA_LOST: call_finish(call, event->now_utc, "dropped", "network", "booth"); return TRUE;
    /* The lease of a live call only counts when nobody is left to speak for it: the exchange asks for this when the shopper is gone too. */
    case CALL_LEASE_ENDED: call_finish(call, event->now_utc, "dropped", "network", "desk"); return TRUE;
    case CALL_NO_PICTURE: requeue(call, event, CALL_OFFER_LOST, TRUE); return TRUE;
    default: return FALSE;
    }
}

/* Events of a booth carry its proof of holding the call; those about one offer carry its generation; those about a link that is gone the
 * desk that it was at, since both ends may have come back at another one meanwhile. */
static gboolean fits(const Call *call, const CallEvent *event)
{
    switch (event->kind) {
    case CALL_ACCEPT:
    case CALL_DECLINE:
    case CALL_RING_NO_ANSWER:
    case CALL_RENEW:
    case CALL_ADOPT:
    case CALL_BOOTH_ENDS:
    case CALL_SETUP_FAILED:
    case CALL_MEDIA_LOST: return call_is_held(call, event->booth, event->gen, event->nonce);
    case CALL_LINK_LOST: return call->gen == event->gen && strcmp(call->owner_desk, event->desk) == 0;
    case CALL_LEASE_ENDED:
    case CALL_NO_PICTURE:
    case CALL_MEDIA_UP: return call->gen == event->gen;
    case CALL_SHOPPER_AWAY: return strcmp(call->shopper_desk, event->desk) == 0;
    default: return TRUE;
    }
}

/* What may happen to a call in any state but done, and leaves the state alone. */
static gboolean step_any(Call *call, const CallEvent *event)
{
    switch (event->kind) {
    case CALL_RENEW: call->lease++; return TRUE;
    case CALL_ADOPT:
        call->lease++;
        g_strlcpy(call->owner_desk, event->desk, sizeof call->owner_desk);
        return TRUE;
    case CALL_MOVE:
        if (strcmp(call->shopper_desk, event->desk) == 0) return FALSE;
        g_strlcpy(call->shopper_desk, event->desk, sizeof call->shopper_desk);
        return TRUE;
    default: return FALSE;
    }
}

Call *call_step(const Call *call, const CallEvent *event)
{
    if (call->state == CALL_DONE || !fits(call, event)) return NULL;
    g_autoptr(Call) next = call_copy(call);
    gboolean changed = step_any(next, event);
    if (!changed && call->state == CALL_QUEUED)
        changed = step_queued(next, event);
    else if (!changed && call->state == CALL_OFFERED)
        changed = step_offered(next, event);
    else if (!changed)
        changed = step_live(next, event);
    return changed ? g_steal_pointer(&next) : NULL;
}

/* --- JSON ------------------------------------------------------------------------------------------------------------------------ */

static json_t *offers_to_json(const Call *call)
{
    json_t *offers = json_array();
    for (guint i = 0; i < call->offers->len; i++) {
        const CallOffer *offer = &g_array_index(call->offers, CallOffer, i);
        json_array_append_new(offers,
                              json_pack("{s:s, s:i, s:I, s:I, s:I, s:s}", "booth", offer->booth, "gen", (int)offer->gen, "offered_utc",
                                        (json_int_t)offer->offered_utc, "accepted_utc", (json_int_t)offer->accepted_utc, "ended_utc",
                                        (json_int_t)offer->ended_utc, "result", result_names[offer->result]));
    }
    return offers;
}

json_t *call_to_record(const Call *call)
{
    json_t *codecs = json_array();
    for (guint i = 0; i < call->codec_count; i++) json_array_append_new(codecs, json_string(call->codecs[i]));
    json_t *promise = call->promised
                          ? json_pack("{s:I, s:I}", "p50_ms", (json_int_t)call->promise_p50_ms, "p90_ms", (json_int_t)call->promise_p90_ms)
                          : json_null();
    return json_pack("{s:i, s:s, s:s, s:i, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:o, s:o, s:i, s:o, s:I, s:I, s:I, s:s, s:s, s:s, s:s}", "v",
                     1, "id", call->id, "state", state_names[call->state], "gen", (int)call->gen, "owner", call->owner, "prio",
                     prio_names[call->prio], "enqueued_utc", (json_int_t)call->enqueued_utc, "topic", call->topic, "lang", call->lang,
                     "product", call->product, "product_title", call->product_title, "codecs", codecs, "promise", promise, "place_at_ask",
                     (int)call->place_at_ask, "offers", offers_to_json(call), "accepted_utc", (json_int_t)call->accepted_utc,
                     "media_up_utc", (json_int_t)call->media_up_utc, "ended_utc", (json_int_t)call->ended_utc, "outcome", call->outcome,
                     "cause", call->cause, "ended_by", call->ended_by, "key_hash", call->key_hash);
}

json_t *call_to_json(const Call *call)
{
    json_t *value = call_to_record(call);
    json_object_set_new(value, "before", json_boolean(call->before));
    json_object_set_new(value, "nonce", json_string(call->nonce));
    json_object_set_new(value, "owner_name", json_string(call->owner_name));
    json_object_set_new(value, "owner_desk", json_string(call->owner_desk));
    json_object_set_new(value, "lease", json_integer((json_int_t)call->lease));
    json_object_set_new(value, "shopper_desk", json_string(call->shopper_desk));
    return value;
}

static gboolean take_text(const json_t *value, const char *member, char *into, size_t size)
{
    const char *text = json_string_value(json_object_get(value, member));
    return text && g_strlcpy(into, text, size) < size;
}

static gboolean take_name(const json_t *value, const char *member, const char *const *names, guint *into)
{
    const char *text = json_string_value(json_object_get(value, member));
    for (guint i = 0; text && names[i]; i++) {
        if (strcmp(names[i], text) != 0) continue;
        *into = i;
        return TRUE;
    }
    return FALSE;
}

static gboolean take_static(const json_t *value, const char *member, const char *const *names, const char **into)
{
    guint index;
    if (!take_name(value, member, names, &index)) return FALSE;
    *into = names[index];
    return TRUE;
}

static gboolean take_long_text(const json_t *value, const char *member, char **into)
{
    const char *text = json_string_value(json_object_get(value, member));
    if (!text || strlen(text) > 4096) return FALSE;
    g_free(*into);
    *into = g_strdup(text);
    return TRUE;
}

static gboolean take_codecs(const json_t *value, Call *call)
{
    const json_t *codecs = json_object_get(value, "codecs");
    if (!json_is_array(codecs) || json_array_size(codecs) > CALL_CODECS_MAX) return FALSE;
    for (size_t i = 0; i < json_array_size(codecs); i++) {
        const char *codec = json_string_value(json_array_get(codecs, i));
        if (!codec || g_strlcpy(call->codecs[i], codec, sizeof call->codecs[i]) >= sizeof call->codecs[i]) return FALSE;
    }
    call->codec_count = (guint)json_array_size(codecs);
    return TRUE;
}

static gboolean take_offers(const json_t *value, Call *call)
{
    const json_t *offers = json_object_get(value, "offers");
    if (!json_is_array(offers) || json_array_size(offers) > CALL_OFFERS_MAX) return FALSE;
    for (size_t i = 0; i < json_array_size(offers); i++) {
        const json_t *item = json_array_get(offers, i);
        CallOffer offer = {0};
        guint result;
        json_int_t offered, ended;
        int gen;
        if (!take_text(item, "booth", offer.booth, sizeof offer.booth) || !take_name(item, "result", result_names, &result)) return FALSE;
        if (json_unpack((json_t *)item, "{s:i, s:I, s:I}", "gen", &gen, "offered_utc", &offered, "ended_utc", &ended) < 0) return FALSE;
        offer.gen = (guint)gen;
        offer.offered_utc = offered;
        offer.ended_utc = ended;
        offer.accepted_utc = json_integer_value(json_object_get(item, "accepted_utc")); /* one written by an older desk has none */
        offer.result = (CallOfferResult)result;
        g_array_append_val(call->offers, offer);
    }
    return TRUE;
}

static gboolean take_numbers(const json_t *value, Call *call)
{
    json_int_t lease, enqueued, accepted, media_up, ended, p50, p90;
    int gen, place;
    if (json_unpack((json_t *)value, "{s:i, s:I, s:I, s:I, s:I, s:I, s:i}", "gen", &gen, "lease", &lease, "enqueued_utc", &enqueued,
                    "accepted_utc", &accepted, "media_up_utc", &media_up, "ended_utc", &ended, "place_at_ask", &place) < 0 ||
        gen < 0 || place < 0) {
        return FALSE;
    }
    const json_t *promise = json_object_get(value, "promise");
    call->promised = json_is_object(promise);
    if (call->promised && json_unpack((json_t *)promise, "{s:I, s:I}", "p50_ms", &p50, "p90_ms", &p90) < 0) return FALSE;
    if (call->promised) {
        call->promise_p50_ms = p50;
        call->promise_p90_ms = p90;
    }
    call->gen = (guint)gen;
    call->place_at_ask = (guint)place;
    call->lease = (guint64)lease;
    call->enqueued_utc = enqueued;
    call->accepted_utc = accepted;
    call->media_up_utc = media_up;
    call->ended_utc = ended;
    return TRUE;
}

Call *call_from_json(const json_t *value)
{
    g_autoptr(Call) call = call_new("", 0);
    guint state, prio;
    if (!take_text(value, "id", call->id, sizeof call->id) || !take_name(value, "state", state_names, &state) ||
        !take_name(value, "prio", prio_names, &prio) || !take_numbers(value, call) ||
        !take_text(value, "nonce", call->nonce, sizeof call->nonce) || !take_text(value, "owner", call->owner, sizeof call->owner) ||
        !take_text(value, "owner_desk", call->owner_desk, sizeof call->owner_desk) ||
        !take_text(value, "topic", call->topic, sizeof call->topic) || !take_text(value, "lang", call->lang, sizeof call->lang) ||
        !take_text(value, "shopper_desk", call->shopper_desk, sizeof call->shopper_desk) ||
        !take_text(value, "key_hash", call->key_hash, sizeof call->key_hash) || !take_long_text(value, "owner_name", &call->owner_name) ||
        !take_long_text(value, "product", &call->product) || !take_long_text(value, "product_title", &call->product_title) ||
        !take_codecs(value, call) || !take_offers(value, call) || !take_static(value, "outcome", outcome_names, &call->outcome) ||
        !take_static(value, "cause", cause_names, &call->cause) || !take_static(value, "ended_by", end_names, &call->ended_by)) {
        return NULL;
    }
    call->state = (CallState)state;
    call->prio = (CallPrio)prio;
    const json_t *before = json_object_get(value, "before"); /* one written by an older desk has none */
    if (before && !json_is_boolean(before)) return NULL;
    call->before = json_is_true(before);
    return g_steal_pointer(&call);
}
