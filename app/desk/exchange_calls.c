#define G_LOG_DOMAIN "desk"

#include <string.h>

#include "desk/exchange_state.h"
#include "journal/journal.h"

#define INTENTS_MAX 32 /* that wait for one call; far more than both ends can mean in earnest */

typedef struct {
    Exchange *exchange;
    char id[34];
} Ticket;

static Ticket *ticket_new(Entry *entry)
{
    Ticket *ticket = g_new0(Ticket, 1);
    ticket->exchange = entry->exchange;
    g_strlcpy(ticket->id, entry->id, sizeof ticket->id);
    return ticket;
}

static void intent_free(Intent *intent)
{
    if (!intent) return;
    g_free(intent->booth_name);
    g_free(intent);
}

Entry *entry_find(Exchange *exchange, const char *id)
{
    return g_hash_table_lookup(exchange->calls, id);
}

/* What another desk tells this one's shopper, and is ahead of what the view shows here. */
typedef struct {
    guint gen;
    char *text;
} Early;

static void early_free(Early *early)
{
    g_free(early->text);
    g_free(early);
}

void entry_free(Entry *entry)
{
    g_queue_clear_full(&entry->early, (GDestroyNotify)early_free);
    g_queue_clear_full(&entry->intents, (GDestroyNotify)intent_free);
    intent_free(entry->writing);
    call_free(entry->written);
    call_free(entry->call);
    g_free(entry);
}

CallEvent entry_event(const Entry *entry, CallEventKind kind)
{
    CallEvent event = {.kind = kind, .now_utc = exchange_utc(), .gen = entry->call->gen};
    g_strlcpy(event.nonce, entry->call->nonce, sizeof event.nonce);
    g_strlcpy(event.booth, entry->call->owner, sizeof event.booth);
    g_strlcpy(event.desk, kind == CALL_SHOPPER_AWAY ? entry->call->shopper_desk : entry->exchange->settings->instance, sizeof event.desk);
    if (kind == CALL_SHOPPER_ENDS || kind == CALL_SHOPPER_LEAVES || kind == CALL_SHOPPER_AWAY)
        event.missed = missed_why(entry->exchange, entry->call);
    return event;
}

/* --- the ends of a call ------------------------------------------------------------------------------------------------------------------
 */

void entry_hear(Entry *entry, guint gen, const char *text)
{
    if (!entry->shopper) return;
    if (gen == entry->call->gen) {
        door_send(entry->shopper->peer.link, text);
    } else if (gen > entry->call->gen && entry->early.length < EXCHANGE_EARLY_MAX) {
        Early *early = g_new0(Early, 1);
        *early = (Early){.gen = gen, .text = g_strdup(text)};
        g_queue_push_tail(&entry->early, early);
    }
}

/* The view has caught up. */
static void tell_early(Entry *entry)
{
    for (const Early *first; (first = g_queue_peek_head(&entry->early)) && first->gen <= entry->call->gen;) {
        entry_hear(entry, first->gen, first->text);
        early_free(g_queue_pop_head(&entry->early));
    }
}

static void forget_wish(Entry *entry, CallEventKind kind)
{
    for (GList *at = entry->intents.head, *next; at; at = next) {
        next = at->next;
        Intent *intent = at->data;
        if (intent->event.kind != kind) continue;
        g_queue_delete_link(&entry->intents, at);
        intent_free(intent);
    }
}

static void tell_presence(Entry *entry)
{
    if (entry->call->state != CALL_OFFERED && entry->call->state != CALL_LIVE) return;
    entry_to_booth(entry, json_pack("{s:s, s:s, s:i, s:b}", "t", "shopper", "call", entry->id, "gen", (int)entry->call->gen, "present",
                                    entry->shopper != NULL));
}

void entry_set_shopper(Entry *entry, Shopper *shopper)
{
    if (entry->shopper == shopper) return;
    if (entry->shopper) entry->shopper->entry = NULL;
    entry->shopper = shopper;
    if (shopper) {
        shopper->entry = entry;
        entry->away_since = 0;
        forget_wish(entry, CALL_SHOPPER_AWAY);
    } else {
        entry->away_since = exchange_mono();
    }
    tell_presence(entry);
}

void entry_set_booth(Entry *entry, Booth *booth)
{
    if (entry->booth == booth) return;
    Booth *before = entry->booth;
    entry->booth = booth;
    entry->unlinked_since = booth ? 0 : exchange_mono();
    if (booth && booth->entry) booth->entry->booth = NULL;
    if (booth) booth->entry = entry;
    if (!before) return;
    before->entry = NULL;
    booth_match(entry->exchange, before);
}

void entry_to_shopper(Entry *entry, json_t *message)
{
    if (entry->shopper) {
        peer_send(&entry->shopper->peer, message);
        return;
    }
    g_autofree char *text = wire_encode(WIRE_DESK_TO_SHOPPER, message);
    g_autofree char *subject = g_strconcat("sig.shopper.", entry->id, NULL);
    if (!exchange_is_self(entry->exchange, entry->call->shopper_desk)) store_signal(entry->exchange->store, subject, text);
}

void entry_to_booth(Entry *entry, json_t *message)
{
    if (entry->booth) {
        peer_send(&entry->booth->peer, message);
        return;
    }
    g_autofree char *text = wire_encode(WIRE_DESK_TO_BOOTH, message);
    g_autofree char *subject = g_strconcat("sig.booth.", entry->call->owner, NULL);
    gboolean elsewhere = entry->call->owner[0] && !exchange_is_self(entry->exchange, entry->call->owner_desk);
    if (elsewhere) store_signal(entry->exchange->store, subject, text);
}

/* --- what is known of a call
 * ---------------------------------------------------------------------------------------------------------------- */

static void on_finished(gpointer data, const StoreResult *result)
{
    g_autofree Ticket *ticket = data;
    Entry *entry = entry_find(ticket->exchange, ticket->id);
    if (!entry) return;
    entry->finishing = FALSE;
    entry->finish_at = exchange_mono() + EXCHANGE_RETRY_MS;
    if (result->verdict == STORE_WON) entry_gone(entry);
}

static void finish(Entry *entry)
{
    if (entry->finishing) return;
    json_t *value = call_to_record(entry->call);
    g_autofree char *text = json_dumps(value, JSON_COMPACT);
    json_decref(value);
    entry->finishing = TRUE;
    store_finish(entry->exchange->store, entry->id, text, entry->revision, on_finished, ticket_new(entry));
}

static void mark_times(Entry *entry, const Call *old, gint64 now)
{
    const Call *call = entry->call;
    gboolean moved = !old || old->state != call->state || old->gen != call->gen;
    if (moved || old->lease != call->lease) entry->lease_seen = now;
    if (moved && call->state == CALL_OFFERED) entry->offered_seen = now;
    if (call->state == CALL_LIVE && moved && !entry->booth) entry->unlinked_since = now;
    if (moved && call->state != CALL_LIVE) entry->media_lost = FALSE;
    if (moved) entry->hangup_at = 0;
}

static void place(Entry *entry, const Call *old)
{
    Queue *queue = entry->exchange->queue;
    gboolean waits = entry->call->state == CALL_QUEUED;
    if (!waits)
        queue_remove(queue, entry->id);
    else if (!old || old->state != CALL_QUEUED || old->prio != entry->call->prio)
        queue_put(queue, entry->call);
    if (waits) queue_hold(queue, entry->id, entry->offering);
}

/* The call's value has changed: everything that follows from it. */
static void apply(Entry *entry, Call *call, guint64 revision)
{
    Exchange *exchange = entry->exchange;
    g_autoptr(Call) old = entry->call;
    gint64 now = exchange_mono();
    entry->call = call;
    entry->revision = revision;
    entry->view = exchange->view;
    mark_times(entry, old, now);
    place(entry, old);
    news_tell_change(exchange, old, call);
    Shopper *asker = g_hash_table_lookup(exchange->asking, entry->id);
    gboolean asked = asker != NULL;
    if (asked) {
        g_hash_table_remove(exchange->asking, entry->id);
        asker->asking[0] = '\0';
        entry_set_shopper(entry, asker);
    }
    /* An answer counts when it is given; what was never answered counts by its record. */
    if (call->state == CALL_LIVE && call->accepted_utc)
        service_level_add(exchange->level, entry->id, call->topic, call->accepted_utc - call->enqueued_utc, call->accepted_utc,
                          exchange_utc());
    if (entry->shopper) shopper_tell(entry->shopper, asked ? NULL : old);
    tell_early(entry);
    booth_tell(entry, old);
    if (call->state == CALL_DONE) {
        ended_note(exchange->ended, call->id, call->key_hash, call->outcome, call->cause, exchange_bus_utc(exchange));
        entry->finish_at = now + EXCHANGE_LEFTOVER_MS;
        if (entry->shopper) entry_set_shopper(entry, NULL);
    }
    if (call->state == CALL_QUEUED && (!old || old->state != CALL_QUEUED)) entry_match(entry);
}

void entry_learn(Exchange *exchange, const char *id, Call *call, guint64 revision)
{
    Entry *entry = entry_find(exchange, id);
    if (entry && revision <= entry->revision) {
        entry->view = exchange->view;
        call_free(call);
        return;
    }
    if (!entry) {
        entry = g_new0(Entry, 1);
        entry->exchange = exchange;
        g_strlcpy(entry->id, id, sizeof entry->id);
        g_queue_init(&entry->intents);
        entry->away_since = exchange_is_self(exchange, call->shopper_desk) ? exchange_mono() : 0;
        entry->unlinked_since = exchange_mono();
        g_hash_table_insert(exchange->calls, entry->id, entry);
    }
    apply(entry, call, revision);
    entry_pump(entry);
}

/* It ended while this desk could not see; how, its record may have told. */
static void end_out_of_sight(Entry *entry)
{
    const EndedCall *ended = ended_find(entry->exchange->ended, entry->id, exchange_bus_utc(entry->exchange));
    journal_say(G_LOG_LEVEL_INFO, G_LOG_DOMAIN, entry->id, NULL, "%s ended out of sight, %s", entry->id,
                ended ? ended->outcome : "nobody knows how");
    if (entry->shopper && ended) shopper_tell_ended(entry->shopper, entry->id, ended);
    if (entry->shopper && !ended) peer_error(&entry->shopper->peer, "unknown_call", "the call has ended");
    if (entry->booth) {
        peer_send(&entry->booth->peer, json_pack("{s:s, s:s, s:i, s:s, s:s}", "t", "ended", "call", entry->id, "gen", (int)entry->call->gen,
                                                 "outcome", ended ? ended->outcome : "dropped", "by", "desk"));
    }
    entry->call->state = CALL_DONE;
}

void entry_gone(Entry *entry)
{
    Exchange *exchange = entry->exchange;
    if (entry->offering) booth_offer_failed(exchange, entry->id, FALSE);
    queue_remove(exchange->queue, entry->id);
    if (entry->call->state != CALL_DONE) end_out_of_sight(entry);
    entry_set_shopper(entry, NULL);
    entry_set_booth(entry, NULL);
    g_hash_table_remove(exchange->calls, entry->id);
}

/* --- what shall become of it
 * ------------------------------------------------------------------------------------------------------------------ */

/* A wish about an older offer is none: it will be dropped. */
static gboolean is_wish(const Entry *entry, const Intent *intent, CallEventKind kind)
{
    return intent->event.kind == kind && intent->event.gen == entry->call->gen;
}

gboolean entry_is_wanted(const Entry *entry, CallEventKind kind)
{
    if (entry->writing && is_wish(entry, entry->writing, kind)) return TRUE;
    for (const GList *at = entry->intents.head; at; at = at->next) {
        if (is_wish(entry, at->data, kind)) return TRUE;
    }
    return FALSE;
}

static Intent *want(Entry *entry, const CallEvent *event, IntentOrigin from, const char *what)
{
    if (g_queue_get_length(&entry->intents) >= INTENTS_MAX) {
        g_warning("%s: too much waits to be written, an event was dropped", entry->id);
        return NULL;
    }
    Intent *intent = g_new0(Intent, 1);
    intent->event = *event;
    intent->from = from;
    intent->what = what;
    g_queue_push_tail(&entry->intents, intent);
    return intent;
}

void entry_wants(Entry *entry, const CallEvent *event, IntentOrigin from, const char *what)
{
    if (want(entry, event, from, what)) entry_pump(entry);
}

/* An own earlier write may have landed without an answer: then the call is already what was wanted. */
static gboolean is_fulfilled(const Call *call, const CallEvent *event)
{
    if (call->state == CALL_DONE) return TRUE;
    if (event->kind == CALL_ACCEPT) return call->state == CALL_LIVE && call_is_held(call, event->booth, event->gen, event->nonce);
    for (guint i = 0; i < call->offers->len; i++) {
        const CallOffer *offer = &g_array_index(call->offers, CallOffer, i);
        if (offer->gen != event->gen) continue;
        if (event->kind == CALL_DECLINE) return offer->result == CALL_OFFER_DECLINED;
        if (event->kind == CALL_RING_NO_ANSWER) return offer->result == CALL_OFFER_RING_NO_ANSWER;
    }
    return FALSE;
}

static void drop_intent(Entry *entry, Intent *intent, gboolean unresolved)
{
    if (intent->event.kind == CALL_OFFER) {
        entry->offering = FALSE;
        queue_hold(entry->exchange->queue, entry->id, FALSE);
        booth_offer_failed(entry->exchange, entry->id, unresolved);
    } else if (intent->from == INTENT_BOOTH && !unresolved && !is_fulfilled(entry->call, &intent->event)) {
        booth_refuse(entry->exchange, intent, entry->id);
    } else if (intent->event.kind == CALL_ACCEPT && !unresolved) {
        booth_tell_accepted(entry);
    }
    intent_free(intent);
}

static void on_put(gpointer data, const StoreResult *result);

/* Writes the first wish that fits; one write at a time for each call. */
void entry_pump(Entry *entry)
{
    while (!entry->writing && !g_queue_is_empty(&entry->intents) && exchange_mono() >= entry->retry_at) {
        Intent *intent = g_queue_pop_head(&entry->intents);
        intent->event.booth_name = intent->booth_name;
        Call *next = call_step(entry->call, &intent->event);
        if (!next) {
            drop_intent(entry, intent, FALSE);
            continue;
        }
        json_t *value = call_to_json(next);
        g_autofree char *text = json_dumps(value, JSON_COMPACT), *key = g_strconcat("call.", entry->id, NULL);
        json_decref(value);
        entry->writing = intent;
        entry->written = next;
        store_put(entry->exchange->store, key, text, entry->revision, on_put, ticket_new(entry));
    }
}

static void on_won(Entry *entry, Intent *intent, Call *written, guint64 revision)
{
    if (intent->event.kind == CALL_OFFER) {
        entry->offering = FALSE;
        /* The view may have been quicker, and show it back in line already. */
        queue_hold(entry->exchange->queue, entry->id, FALSE);
    }
    if (revision > entry->revision)
        apply(entry, written, revision);
    else
        call_free(written);
    /* Nor does the booth wait for this offer any longer, if it did not get it. */
    if (intent->event.kind == CALL_OFFER && !entry_is_wanted(entry, CALL_OFFER)) booth_offer_failed(entry->exchange, entry->id, FALSE);
    intent_free(intent);
    if (entry->call->state == CALL_DONE) finish(entry);
}

/* Learns from a lost race what stands there now. FALSE: nothing does, and the entry is gone. */
static gboolean learn_from_loss(Entry *entry, const StoreResult *result)
{
    if (!result->value) {
        entry_gone(entry);
        return FALSE;
    }
    json_t *value = json_loads(result->value, 0, NULL);
    Call *call = value ? call_from_json(value) : NULL;
    json_decref(value);
    if (!call) entry->retry_at = exchange_mono() + EXCHANGE_RETRY_MS;
    if (call && result->revision > entry->revision)
        apply(entry, call, result->revision);
    else
        call_free(call);
    return TRUE;
}

static void on_put(gpointer data, const StoreResult *result)
{
    g_autofree Ticket *ticket = data;
    Entry *entry = entry_find(ticket->exchange, ticket->id);
    if (!entry || !entry->writing) return;
    Intent *intent = g_steal_pointer(&entry->writing);
    Call *written = g_steal_pointer(&entry->written);
    if (result->verdict == STORE_WON) {
        on_won(entry, intent, written, result->revision);
        entry_pump(entry);
        return;
    }
    call_free(written);
    gboolean lost = result->verdict == STORE_LOST;
    /* An offer is not worth another try: the line offers again. Nor is an unresolved renewal: the agent renews again. */
    gboolean once = intent->event.kind == CALL_OFFER || (intent->event.kind == CALL_RENEW && !lost);
    if (!once) g_queue_push_head(&entry->intents, intent);
    if (entry->shopper) forget_wish(entry, CALL_SHOPPER_AWAY);
    if (lost && !learn_from_loss(entry, result)) {
        if (once) intent_free(intent);
        return;
    }
    if (once) drop_intent(entry, intent, !lost);
    if (!lost) entry->retry_at = exchange_mono() + EXCHANGE_RETRY_MS;
    entry_pump(entry);
}

/* --- matching
 * ---------------------------------------------------------------------------------------------------------------------------------- */

void entry_offer(Entry *entry, Booth *booth)
{
    CallEvent event = entry_event(entry, CALL_OFFER);
    g_autofree char *nonce = wire_new_secret();
    g_strlcpy(event.booth, booth->id, sizeof event.booth);
    g_strlcpy(event.nonce, nonce, sizeof event.nonce);
    Intent *intent = want(entry, &event, INTENT_DESK, "offer");
    if (!intent) return;
    intent->booth_name = g_strdup(booth->name);
    g_strlcpy(booth->offering, entry->id, sizeof booth->offering);
    entry->offering = TRUE;
    queue_hold(entry->exchange->queue, entry->id, TRUE);
    entry_pump(entry);
}

/* A call has come into the line: the booth that waits longest with the skills gets it, unless one before it in line fits too; then that
 * booth would not be waiting. */
void entry_match(Entry *entry)
{
    Exchange *exchange = entry->exchange;
    for (GList *at = exchange->parked.head; at; at = at->next) {
        Booth *booth = at->data;
        if (!queue_fits(exchange->queue, booth->skills, entry->call->topic, entry->call->lang)) continue;
        booth_match(exchange, booth);
        return;
    }
}

/* --- timers
 * ------------------------------------------------------------------------------------------------------------------------------------ */

gboolean entry_shopper_is_away(const Entry *entry, gint64 now)
{
    return entry->away_since && now - entry->away_since >= entry->exchange->settings->leave_ms;
}

/* Who watches over the shopper: the desk that had the page last; when that one is dead, every other. */
static void watch_shopper(Entry *entry, gint64 now)
{
    Exchange *exchange = entry->exchange;
    if (entry->shopper) return;
    gboolean own = exchange_is_self(exchange, entry->call->shopper_desk);
    if (!own && !exchange_desk_is_dead(exchange, entry->call->shopper_desk, now))
        entry->away_since = 0;
    else if (!entry->away_since)
        entry->away_since = now;
}

static void wish_once(Entry *entry, CallEventKind kind)
{
    CallEvent event = entry_event(entry, kind);
    if (!entry_is_wanted(entry, kind)) entry_wants(entry, &event, INTENT_DESK, "");
}

static void sweep_offered(Entry *entry, gint64 now)
{
    gboolean own = exchange_is_self(entry->exchange, entry->call->owner_desk);
    gint64 ring_ms = entry->exchange->settings->ring_ms + EXCHANGE_RING_GRACE_MS;
    if (entry_is_wanted(entry, CALL_ACCEPT)) return;
    if (own && now - entry->offered_seen > ring_ms)
        wish_once(entry, CALL_RING_NO_ANSWER);
    else if (own && !entry->booth)
        wish_once(entry, CALL_LINK_LOST);
    else if (now - entry->lease_seen > EXCHANGE_LEASE_MS)
        wish_once(entry, CALL_LEASE_ENDED);
}

static void sweep_live(Entry *entry, gint64 now)
{
    if (entry->hangup_at && (entry->call->media_up_utc || now >= entry->hangup_at)) {
        entry->hangup_at = 0;
        entry_wants(entry, &entry->hangup_event, INTENT_BOOTH, "end");
    }
    if (!entry_shopper_is_away(entry, now)) return;
    if (entry->media_lost) {
        entry->media_lost = FALSE;
        entry_wants(entry, &entry->media_lost_event, INTENT_BOOTH, "end");
    } else if (!entry->booth && now - entry->lease_seen > EXCHANGE_LEASE_MS) {
        wish_once(entry, CALL_LEASE_ENDED);
    }
}

void entry_sweep(Entry *entry, gint64 now)
{
    if (entry->call->state == CALL_DONE) {
        if (now >= entry->finish_at) finish(entry);
        return;
    }
    if (entry->exchange->whole) {
        watch_shopper(entry, now);
        if (entry->call->state != CALL_LIVE && entry_shopper_is_away(entry, now)) wish_once(entry, CALL_SHOPPER_AWAY);
        if (entry->call->state == CALL_OFFERED) sweep_offered(entry, now);
        if (entry->call->state == CALL_LIVE) sweep_live(entry, now);
    }
    entry_pump(entry);
}
