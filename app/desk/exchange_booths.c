#define G_LOG_DOMAIN "desk"

#include <string.h>

#include "desk/exchange_state.h"
#include "journal/journal.h"

static Booth *errand_booth(const PeerErrand *errand)
{
    return (Booth *)peer_find(errand->exchange, errand->serial);
}

static void send_refused(Booth *booth, const char *call, guint gen, const char *what, const char *why)
{
    peer_send(&booth->peer,
              json_pack("{s:s, s:s, s:i, s:s, s:s}", "t", "refused", "call", call, "gen", (int)gen, "what", what, "why", why));
}

void booth_refuse(Exchange *exchange, const Intent *intent, const char *id)
{
    Booth *booth = g_hash_table_lookup(exchange->booths, intent->event.booth);
    if (booth && intent->what) send_refused(booth, id, intent->event.gen, intent->what, "stale");
}

/* --- what the booth is told of its call
 * ------------------------------------------------------------------------------------------------------ */

static void send_offer(Entry *entry, Booth *booth)
{
    const Call *call = entry->call;
    const ExchangeSettings *settings = entry->exchange->settings;
    json_t *codecs = json_array();
    for (guint i = 0; i < call->codec_count; i++) json_array_append_new(codecs, json_string(call->codecs[i]));
    json_t *offer = json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:I, s:o, s:I, s:o}", "t", "offer", "call", call->id, "gen", (int)call->gen,
                              "nonce", call->nonce, "topic", call->topic, "lang", call->lang, "waited_ms",
                              (json_int_t)MAX(exchange_utc() - call->enqueued_utc, 0), "codecs", codecs, "ring_ms",
                              (json_int_t)settings->ring_ms, "ice_servers", turn_ice_servers(settings->turn, call->id, exchange_utc()));
    json_object_set_new(offer, "wrapup_ms", json_integer(settings->wrapup_ms));
    if (call->before) json_object_set_new(offer, "before", json_true());
    if (call->product[0]) json_object_set_new(offer, "product", json_string(call->product));
    if (call->product_title[0]) json_object_set_new(offer, "product_title", json_string(call->product_title));
    peer_send(&booth->peer, offer);
}

static void send_withdrawn(Booth *booth, const char *call, guint gen, const char *why)
{
    peer_send(&booth->peer, json_pack("{s:s, s:s, s:i, s:s}", "t", "withdrawn", "call", call, "gen", (int)gen, "why", why));
}

static void unpark(Exchange *exchange, Booth *booth)
{
    if (booth->parked) g_queue_delete_link(&exchange->parked, booth->parked);
    booth->parked = NULL;
}

/* This desk has offered the call: to a booth that waits for it, or to one that is not here any more. */
static void take_offer(Entry *entry)
{
    Exchange *exchange = entry->exchange;
    Booth *booth = g_hash_table_lookup(exchange->booths, entry->call->owner);
    if (!booth || strcmp(booth->offering, entry->id) != 0) {
        CallEvent event = entry_event(entry, CALL_LINK_LOST);
        if (!entry_is_wanted(entry, CALL_LINK_LOST)) entry_wants(entry, &event, INTENT_DESK, "");
        return;
    }
    booth->offering[0] = '\0';
    booth->pulling = booth->unpull = FALSE;
    unpark(exchange, booth);
    entry_set_booth(entry, booth);
    send_offer(entry, booth);
}

static const char *why_withdrawn(const Call *call, guint gen)
{
    for (guint i = 0; i < call->offers->len; i++) {
        const CallOffer *offer = &g_array_index(call->offers, CallOffer, i);
        if (offer->gen == gen && offer->result == CALL_OFFER_RING_NO_ANSWER) return "ring_no_answer";
        if (offer->gen == gen && offer->result == CALL_OFFER_DECLINED) return NULL;
    }
    return "lease_ended";
}

/* The call has left the booth's hands. */
static void tell_parting(Entry *entry, Booth *booth, const Call *old)
{
    const Call *call = entry->call;
    const char *why = why_withdrawn(call, old->gen);
    if (call->state != CALL_DONE && why) send_withdrawn(booth, call->id, old->gen, why);
    if (call->state == CALL_DONE && old->state == CALL_OFFERED) send_withdrawn(booth, call->id, old->gen, "left");
    if (call->state == CALL_DONE && old->state == CALL_LIVE) {
        peer_send(&booth->peer, json_pack("{s:s, s:s, s:i, s:s, s:s}", "t", "ended", "call", call->id, "gen", (int)old->gen, "outcome",
                                          call->outcome, "by", call->ended_by));
    }
    entry_set_booth(entry, NULL);
}

void booth_tell_accepted(Entry *entry)
{
    if (!entry->booth || entry->call->state != CALL_LIVE) return;
    peer_send(&entry->booth->peer, json_pack("{s:s, s:s, s:i}", "t", "accepted", "call", entry->id, "gen", (int)entry->call->gen));
}

/* Its booth came to another desk, which has adopted the call; the link here just does not know yet that it is dead. */
static gboolean has_moved(const Entry *entry, const Call *old)
{
    gboolean from_here = exchange_is_self(entry->exchange, old->owner_desk);
    return from_here && !exchange_is_self(entry->exchange, entry->call->owner_desk) && !entry_is_wanted(entry, CALL_ADOPT);
}

void booth_tell(Entry *entry, const Call *old)
{
    const Call *call = entry->call;
    Booth *booth = entry->booth;
    gboolean with_booth = call->state == CALL_OFFERED || call->state == CALL_LIVE;
    if (booth && old) {
        gboolean kept = with_booth && old->gen == call->gen && strcmp(call->owner, booth->id) == 0;
        if (!kept)
            tell_parting(entry, booth, old);
        else if (has_moved(entry, old))
            entry_set_booth(entry, NULL);
        else if (old->state == CALL_OFFERED && call->state == CALL_LIVE)
            booth_tell_accepted(entry);
    }
    gboolean offered = call->state == CALL_OFFERED && (!old || old->state != CALL_OFFERED || old->gen != call->gen);
    if (offered && exchange_is_self(entry->exchange, call->owner_desk)) take_offer(entry);
    if (entry->booth && call->media_up_utc && old && !old->media_up_utc) {
        peer_send(&entry->booth->peer, json_pack("{s:s, s:s, s:i}", "t", "media_up", "call", call->id, "gen", (int)call->gen));
    }
}

/* --- pulls
 * ------------------------------------------------------------------------------------------------------------------------------------------
 */

/* Gives the booth the first call that fits, or parks its pull. */
void booth_match(Exchange *exchange, Booth *booth)
{
    if (!booth->pulling || booth->identity != IDENTITY_GOOD || booth->offering[0] || booth->entry) return;
    const char *id = NULL;
    gboolean able = exchange->ready && store_is_connected(exchange->store) && exchange_mono() >= booth->match_at;
    if (able) id = queue_first(exchange->queue, booth->skills);
    if (id) {
        unpark(exchange, booth);
        entry_offer(entry_find(exchange, id), booth);
    } else if (!booth->parked) {
        g_queue_push_tail(&exchange->parked, booth);
        booth->parked = exchange->parked.tail;
    }
}

void booth_match_parked(Exchange *exchange)
{
    if (queue_length(exchange->queue) == 0) return;
    for (GList *at = exchange->parked.head, *next; at; at = next) {
        next = at->next;
        booth_match(exchange, at->data);
    }
}

void booth_part_from_line(Exchange *exchange, Booth *booth)
{
    unpark(exchange, booth);
}

static void end_pull(Exchange *exchange, Booth *booth)
{
    unpark(exchange, booth);
    booth->pulling = booth->unpull = FALSE;
    peer_send(&booth->peer, json_pack("{s:s, s:I}", "t", "unpulled", "seq", (json_int_t)booth->pull_seq));
}

void booth_offer_failed(Exchange *exchange, const char *id, gboolean unresolved)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, exchange->booths);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Booth *booth = value;
        if (strcmp(booth->offering, id) != 0) continue;
        booth->offering[0] = '\0';
        if (unresolved) booth->match_at = exchange_mono() + EXCHANGE_RETRY_MS;
        if (booth->unpull)
            end_pull(exchange, booth);
        else
            booth_match(exchange, booth);
        return;
    }
}

static void take_pull(Exchange *exchange, Booth *booth, const json_t *message)
{
    booth->pull_seq = wire_int(message, "seq");
    booth->pulling = TRUE;
    booth->staffed = TRUE;
    missed_note_pull(exchange, booth);
    booth->unpull = FALSE;
    booth_match(exchange, booth);
}

static void take_unpull(Exchange *exchange, Booth *booth, const json_t *message)
{
    if (!booth->pulling || wire_int(message, "seq") != booth->pull_seq) return;
    if (booth->offering[0])
        booth->unpull = TRUE;
    else
        end_pull(exchange, booth);
}

/* --- hello
 * ----------------------------------------------------------------------------------------------------------------------------------------
 */

/* The call that the agent says it holds: "kept" if it does. */
static const char *resume_call(Exchange *exchange, Booth *booth)
{
    const char *id = NULL, *nonce = NULL;
    json_int_t gen = 0;
    if (!booth->claim) return "none";
    if (json_unpack(booth->claim, "{s:s, s:I, s:s}", "id", &id, "gen", &gen, "nonce", &nonce) < 0) return "gone";
    Entry *entry = entry_find(exchange, id);
    if (!entry || !call_is_held(entry->call, booth->id, (guint)gen, nonce) || (entry->booth && entry->booth != booth)) return "gone";
    entry_set_booth(entry, booth);
    CallEvent event = entry_event(entry, CALL_ADOPT);
    if (!entry_is_wanted(entry, CALL_ADOPT)) entry_wants(entry, &event, INTENT_DESK, "");
    return "kept";
}

/* A booth that links anew says all that it holds. A call that rings there for a desk that died comes back at once, without waiting for its
 * lease. */
static void give_back_others(Exchange *exchange, const Booth *booth)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, exchange->calls);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Entry *entry = value;
        if (entry->call->state != CALL_OFFERED || entry->booth || strcmp(entry->call->owner, booth->id) != 0) continue;
        CallEvent event = entry_event(entry, CALL_LINK_LOST);
        g_strlcpy(event.desk, entry->call->owner_desk, sizeof event.desk);
        if (!entry_is_wanted(entry, CALL_LINK_LOST) && !entry_is_wanted(entry, CALL_ACCEPT)) entry_wants(entry, &event, INTENT_DESK, "");
    }
}

static void send_welcome(Exchange *exchange, Booth *booth)
{
    const ExchangeSettings *settings = exchange->settings;
    const char *resume = resume_call(exchange, booth);
    booth->welcomed = TRUE;
    give_back_others(exchange, booth);
    peer_send(&booth->peer, json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:s, s:{s:I, s:I}}", "t", "welcome", "desk", settings->instance,
                                      "now_utc", (json_int_t)exchange_utc(), "ring_ms", (json_int_t)settings->ring_ms, "wrapup_ms",
                                      (json_int_t)settings->wrapup_ms, "setup_ms", (json_int_t)settings->setup_ms, "resume", resume,
                                      "stored", "epoch", (json_int_t)booth->stored_epoch, "seq", (json_int_t)booth->stored_seq));
    if (booth->entry) {
        peer_send(&booth->peer, json_pack("{s:s, s:s, s:i, s:b}", "t", "shopper", "call", booth->entry->id, "gen",
                                          (int)booth->entry->call->gen, "present", booth->entry->away_since == 0));
    }
    if (exchange->queue_told) door_send(booth->peer.link, exchange->queue_told);
    catalogue_tell(exchange, booth);
}

static gboolean holds_claim(const Exchange *exchange, const Booth *booth)
{
    const char *id = NULL, *nonce = NULL;
    json_int_t gen = 0;
    if (json_unpack(booth->claim, "{s:s, s:I, s:s}", "id", &id, "gen", &gen, "nonce", &nonce) < 0) return FALSE;
    const Entry *entry = g_hash_table_lookup(exchange->calls, id);
    return entry && call_is_held(entry->call, booth->id, (guint)gen, nonce);
}

/* That a call is gone can only be said when all is seen that was written before the booth said hello: till then the welcome waits. */
static void greet(Exchange *exchange, Booth *booth)
{
    booth->unwelcomed = booth->claim && !exchange_has_seen(exchange, booth->heard) && !holds_claim(exchange, booth);
    if (!booth->unwelcomed) send_welcome(exchange, booth);
}

void booth_greet_waiting(Exchange *exchange)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, exchange->booths);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        if (((Booth *)value)->unwelcomed) greet(exchange, value);
    }
}

static void on_last_record(gpointer data, const StoreResult *result)
{
    g_autofree PeerErrand *errand = data;
    Booth *booth = errand_booth(errand);
    if (!booth) return;
    if (result->verdict == STORE_WON) {
        booth->stored_known = TRUE;
        booth->record_revision = result->revision;
        booth->stored_epoch = result->epoch;
        booth->stored_seq = result->seq;
    }
    greet(errand->exchange, booth);
    if (booth->unwelcomed) store_look(errand->exchange->store);
}

/* Parts a link from its call without a word to the call: the hello of the new link says whether it is kept. */
static void replace_link(Exchange *exchange, Booth *before)
{
    g_hash_table_remove(exchange->booths, before->id);
    before->introduced = FALSE;
    before->pulling = FALSE;
    before->offering[0] = '\0';
    unpark(exchange, before);
    if (before->entry) entry_set_booth(before->entry, NULL);
    door_close(before->peer.link, 4001, "replaced by a newer link of the same booth");
}

static gboolean is_welcome(Exchange *exchange, Booth *booth, json_t *message)
{
    const char *id = wire_string(message, "booth");
    Booth *before = g_hash_table_lookup(exchange->booths, id);
    if (wire_int(message, "v") != 1 || strcmp(id, booth->id) != 0 || booth->introduced || booth->hello) {
        g_warning("booth %s at %s: its hello is for booth %s, version %" G_GINT64_FORMAT, booth->id, booth->peer.address, id,
                  wire_int(message, "v"));
        peer_error(&booth->peer, "bad_message", "hello: once, v 1, and the booth of the certificate");
        door_close(booth->peer.link, 1008, "hello");
        return FALSE;
    }
    if (!before) return TRUE;
    if (strcmp(wire_string(message, "instance"), before->instance) != 0) {
        identity_hold(exchange, booth, message);
        return FALSE;
    }
    if (wire_int(message, "epoch") < before->epoch) {
        door_close(booth->peer.link, 4002, "a newer start of this booth's agent is linked");
        return FALSE;
    }
    replace_link(exchange, before);
    return TRUE;
}

static char **take_words(const json_t *list)
{
    GPtrArray *words = g_ptr_array_new();
    for (size_t i = 0; i < json_array_size(list); i++) g_ptr_array_add(words, g_strdup(json_string_value(json_array_get(list, i))));
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(words, FALSE);
}

void booth_use_topics(Exchange *exchange, Booth *booth)
{
    const char *const *set = rules_booth_topics(exchange->rules, booth->id);
    g_strfreev(booth->topics);
    booth->topics = g_strdupv(set ? (char **)set : booth->own_topics);
    booth->skills = queue_skills(exchange->queue, (const char *const *)booth->topics, (const char *const *)booth->langs);
}

void booth_take_hello(Exchange *exchange, Booth *booth, json_t *message)
{
    if (!is_welcome(exchange, booth, message)) return;
    g_autofree char *subject = g_strconcat("sig.booth.", booth->id, NULL);
    booth->name = g_strdup(wire_string(message, "name"));
    booth->own_topics = take_words(json_object_get(message, "topics"));
    booth->langs = take_words(json_object_get(message, "langs"));
    booth_use_topics(exchange, booth);
    booth->epoch = wire_int(message, "epoch");
    booth->claim = json_incref(json_object_get(message, "call"));
    booth->heard = g_get_monotonic_time();
    booth->introduced = TRUE;
    g_hash_table_insert(exchange->booths, booth->id, booth);
    store_listen(exchange->store, subject);
    journal_say(G_LOG_LEVEL_MESSAGE, G_LOG_DOMAIN, NULL, booth->id, "booth %s is linked from %s, version %s", booth->id,
                booth->peer.address, wire_string(message, "version"));
    identity_begin(exchange, booth, message);
    store_last_record(exchange->store, booth->id, on_last_record, peer_errand(exchange, &booth->peer));
}

/* --- in a call
 * ------------------------------------------------------------------------------------------------------------------------------------- */

/* What a booth says of the call that it holds, with its proof. */
static void take_proven(Exchange *exchange, Booth *booth, const json_t *message, CallEventKind kind)
{
    const char *what = wire_type(message), *id = wire_string(message, "call");
    Entry *entry = entry_find(exchange, id);
    guint gen = (guint)wire_int(message, "gen");
    if (!entry || !call_is_held(entry->call, booth->id, gen, wire_string(message, "nonce"))) {
        send_refused(booth, id, gen, what, entry ? "stale" : "gone");
        return;
    }
    CallEvent event = entry_event(entry, kind);
    /* Retried for as long as it takes; what is wanted once need not be wanted twice. */
    if (entry_is_wanted(entry, kind)) return;
    if (kind == CALL_MEDIA_LOST && !entry_shopper_is_away(entry, exchange_mono())) {
        entry->media_lost = TRUE;
        entry->media_lost_event = event;
        return;
    }
    if (kind == CALL_BOOTH_ENDS && entry->call->state == CALL_LIVE && !entry->call->media_up_utc && !entry->shopper) {
        /* It talked, perhaps, and the word of the picture died with the page's desk: the page says it again when it is back. */
        entry->hangup_event = event;
        if (!entry->hangup_at) entry->hangup_at = exchange_mono() + EXCHANGE_WORD_MS;
        return;
    }
    entry_wants(entry, &event, INTENT_BOOTH,
                kind == CALL_RENEW     ? "renew"
                : kind == CALL_ACCEPT  ? "accept"
                : kind == CALL_DECLINE ? "decline"
                                       : "end");
}

static void take_end(Exchange *exchange, Booth *booth, const json_t *message)
{
    const char *reason = wire_string(message, "reason");
    if (strcmp(reason, "hangup") == 0)
        take_proven(exchange, booth, message, CALL_BOOTH_ENDS);
    else if (strcmp(reason, "setup_failed") == 0)
        take_proven(exchange, booth, message, CALL_SETUP_FAILED);
    else if (strcmp(reason, "media_lost") == 0)
        take_proven(exchange, booth, message, CALL_MEDIA_LOST);
    else
        peer_error(&booth->peer, "bad_message", "unknown reason");
}

static void take_of_call(Exchange *exchange, Booth *booth, const json_t *message)
{
    const char *what = wire_type(message), *id = wire_string(message, "call");
    Entry *entry = entry_find(exchange, id);
    guint gen = (guint)wire_int(message, "gen");
    if (!entry || entry->call->state != CALL_LIVE || entry->call->gen != gen || strcmp(entry->call->owner, booth->id) != 0) {
        send_refused(booth, id, gen, what, entry ? "stale" : "gone");
        return;
    }
    /* That the peer connection stands changes nothing here: whether there is a picture is the shopper's page's to say. */
    if (strcmp(what, "media_up") == 0) {
        journal_say(G_LOG_LEVEL_INFO, G_LOG_DOMAIN, id, booth->id, "%s is connected with booth %s", id, booth->id);
        return;
    }
    json_t *onward = json_copy((json_t *)message);
    json_object_del(onward, "call");
    entry_to_shopper(entry, onward);
}

/* --- messages
 * -------------------------------------------------------------------------------------------------------------------------------------- */

void booth_received(Exchange *exchange, Booth *booth, json_t *message)
{
    const char *type = wire_type(message);
    if (strcmp(type, "hello") == 0)
        booth_take_hello(exchange, booth, message);
    else if (!booth->introduced)
        peer_error(&booth->peer, "bad_message", "hello comes first");
    else if (strcmp(type, "pull") == 0)
        take_pull(exchange, booth, message);
    else if (strcmp(type, "unpull") == 0)
        take_unpull(exchange, booth, message);
    else if (strcmp(type, "accept") == 0)
        take_proven(exchange, booth, message, CALL_ACCEPT);
    else if (strcmp(type, "decline") == 0)
        take_proven(exchange, booth, message, CALL_DECLINE);
    else if (strcmp(type, "ring_no_answer") == 0)
        take_proven(exchange, booth, message, CALL_RING_NO_ANSWER);
    else if (strcmp(type, "renew") == 0)
        take_proven(exchange, booth, message, CALL_RENEW);
    else if (strcmp(type, "end") == 0)
        take_end(exchange, booth, message);
    else if (strcmp(type, "record") == 0 || strcmp(type, "records") == 0)
        booth_take_records(exchange, booth, message);
    else if (strcmp(type, "status") == 0)
        status_take(exchange, booth, message);
    else if (strcmp(type, "done") == 0 || strcmp(type, "picture") == 0 || strcmp(type, "bundle") == 0 || strcmp(type, "bundle_failed") == 0)
        booth_told_ops(exchange, booth, message);
    else if (strcmp(type, "catalogue_get") == 0)
        catalogue_take_get(exchange, booth, message);
    else
        take_of_call(exchange, booth, message);
}

void booth_opened(Exchange *exchange, DoorLink *link, const char *identity, const char *address)
{
    Booth *booth = g_new0(Booth, 1);
    peer_open(exchange, &booth->peer, DOOR_BOOTH, link, address);
    booth->id = g_strdup(identity);
    g_queue_init(&booth->records);
}

void booth_closed(Exchange *exchange, Booth *booth)
{
    Entry *entry = booth->entry;
    booth->pulling = FALSE;
    unpark(exchange, booth);
    identity_end(exchange, booth);
    missed_note_closed(exchange, booth);
    if (booth->introduced) {
        g_autofree char *subject = g_strconcat("sig.booth.", booth->id, NULL);
        g_hash_table_remove(exchange->booths, booth->id);
        store_unlisten(exchange->store, subject);
        journal_say(G_LOG_LEVEL_MESSAGE, G_LOG_DOMAIN, NULL, booth->id, "booth %s is gone", booth->id);
    }
    if (entry) {
        entry_set_booth(entry, NULL);
        CallEvent event = entry_event(entry, CALL_LINK_LOST);
        /* At once back in line; a live call stays with the booth, whose pictures may well run on. */
        if (entry->call->state == CALL_OFFERED && !entry_is_wanted(entry, CALL_ACCEPT)) entry_wants(entry, &event, INTENT_DESK, "");
    }
    peer_close(exchange, &booth->peer);
    booth_drop_records(booth);
    g_free(booth->snapshot);
    g_free(booth->essence);
    json_decref(booth->claim);
    g_strfreev(booth->own_topics);
    g_strfreev(booth->topics);
    g_strfreev(booth->langs);
    g_free(booth->id);
    g_free(booth->name);
    g_free(booth);
}

void booth_sweep(Exchange *exchange, Booth *booth)
{
    if (booth->unwelcomed) greet(exchange, booth);
    booth_match(exchange, booth);
    booth_append(exchange, booth);
}

static json_t *line_part(Exchange *exchange, const char *topic, guint waiting, gint64 oldest, gint64 now)
{
    guint n, good;
    service_level_count(exchange->level, topic, now, &n, &good);
    return json_pack("{s:i, s:I, s:i, s:i}", "waiting", (int)waiting, "oldest_ms", (json_int_t)(oldest ? MAX(now - oldest, 0) : 0), "n",
                     (int)n, "good", (int)good);
}

/* A greater age alone is no change: the agent can count. */
static gboolean is_same_part(const json_t *before, const json_t *now)
{
    static const char *const counts[] = {"waiting", "n", "good"};
    for (guint i = 0; i < G_N_ELEMENTS(counts); i++) {
        if (wire_int(before, counts[i]) != wire_int(now, counts[i])) return FALSE;
    }
    return wire_int(now, "oldest_ms") >= wire_int(before, "oldest_ms");
}

static gboolean is_same_line(const json_t *before, const json_t *now)
{
    const char *topic;
    json_t *part;
    if (!is_same_part(before, now) || !is_same_part(json_object_get(before, "service"), json_object_get(now, "service"))) return FALSE;
    json_object_foreach(json_object_get(now, "topics"), topic, part) {
        if (!is_same_part(json_object_get(json_object_get(before, "topics"), topic), part)) return FALSE;
    }
    return TRUE;
}

json_t *booth_line(Exchange *exchange)
{
    json_t *topics = json_object();
    gint64 oldest = queue_oldest_utc(exchange->queue), now = exchange_utc();
    for (const char *const *topic = exchange->settings->topics; *topic; topic++) {
        json_object_set_new(
            topics, *topic,
            line_part(exchange, *topic, queue_length_of(exchange->queue, *topic), queue_oldest_of(exchange->queue, *topic), now));
    }
    guint n, good;
    service_level_count(exchange->level, NULL, now, &n, &good);
    json_t *service = json_pack("{s:I, s:i, s:i}", "within_ms", (json_int_t)exchange->settings->service_ms, "n", (int)n, "good", (int)good);
    return json_pack("{s:s, s:i, s:I, s:o, s:o}", "t", "queue", "waiting", (int)queue_length(exchange->queue), "oldest_ms",
                     (json_int_t)(oldest ? MAX(now - oldest, 0) : 0), "topics", topics, "service", service);
}

void booth_tell_queue(Exchange *exchange)
{
    json_t *message = booth_line(exchange);
    json_t *before = exchange->queue_told ? json_loads(exchange->queue_told, 0, NULL) : NULL;
    gboolean same = before && is_same_line(before, message);
    json_decref(before);
    g_free(exchange->queue_told);
    exchange->queue_told = wire_encode(WIRE_DESK_TO_BOOTH, message);
    if (same) return;
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, exchange->booths);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Booth *booth = value;
        if (booth->welcomed) door_send(booth->peer.link, exchange->queue_told);
    }
}
