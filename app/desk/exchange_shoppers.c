#define G_LOG_DOMAIN "desk"

#include <string.h>

#include "desk/admit.h"
#include "desk/exchange_state.h"
#include "desk/token.h"

#define ASKERS_MAX 100000 /* households remembered */

static const char *const languages[] = {"en", "nb", "sv", "da", "fi", NULL};

typedef struct {
    gdouble tokens;
    gint64 filled;
} Asker;

/* What a write for a shopper comes back to; the page may be gone by then. */
typedef struct {
    Exchange *exchange;
    guint64 serial;
    Call *call;
    char *key, *text;
} Errand;

static Errand *errand_new(Shopper *shopper, Exchange *exchange)
{
    Errand *errand = g_new0(Errand, 1);
    errand->exchange = exchange;
    errand->serial = shopper->peer.serial;
    return errand;
}

static void errand_free(Errand *errand)
{
    call_free(errand->call);
    g_free(errand->key);
    g_free(errand->text);
    g_free(errand);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Errand, errand_free)

static Shopper *errand_shopper(const Errand *errand)
{
    return (Shopper *)peer_find(errand->exchange, errand->serial);
}

/* --- what the page is told
 * ------------------------------------------------------------------------------------------------------------------ */

static void send_hello(Exchange *exchange, Shopper *shopper)
{
    gint64 opens = 0;
    gboolean open = hours_open(exchange->settings->hours, exchange_utc(), &opens);
    json_t *topics = json_array(), *langs = json_array();
    for (const char *const *topic = exchange->settings->topics; *topic; topic++) {
        if (!exchange_topic_is_open(exchange, *topic)) continue;
        json_array_append_new(topics, json_pack("{s:s, s:b}", "id", *topic, "staff", exchange_has_staff(exchange, *topic, NULL)));
    }
    for (const char *const *lang = languages; *lang; lang++) json_array_append_new(langs, json_string(*lang));
    json_t *hello =
        json_pack("{s:s, s:b, s:b, s:o, s:o, s:I}", "t", "hello", "open", open, "staff", exchange_has_staff(exchange, NULL, NULL), "topics",
                  topics, "langs", langs, "leave_after_ms", (json_int_t)exchange->settings->leave_ms);
    if (!open && opens > 0) json_object_set_new(hello, "opens_utc", json_integer(opens));
    peer_send(&shopper->peer, hello);
}

static void send_queued(Shopper *shopper, gboolean requeued)
{
    Entry *entry = shopper->entry;
    Exchange *exchange = entry->exchange;
    gint64 p50 = 0, p90 = 0;
    guint at = MAX(queue_place(exchange->queue, entry->id), 1);
    gboolean known = wait_promise(exchange->wait, at, &p50, &p90);
    shopper->told_place = at;
    shopper->told_staff = exchange_has_staff(exchange, entry->call->topic, entry->call->lang);
    shopper->told_p50 = p50;
    shopper->told_p90 = p90;
    shopper->told_at = exchange_mono();
    json_t *wait = known ? json_pack("{s:I, s:I}", "p50_ms", (json_int_t)p50, "p90_ms", (json_int_t)p90) : json_null();
    peer_send(&shopper->peer, json_pack("{s:s, s:s, s:s, s:i, s:o, s:b, s:b}", "t", "queued", "call", entry->id, "key", shopper->key,
                                        "place", (int)at, "wait", wait, "requeued", requeued, "staff", shopper->told_staff));
}

void shopper_update(Shopper *shopper, gint64 now)
{
    Entry *entry = shopper->entry;
    if (!entry || entry->call->state != CALL_QUEUED) return;
    gint64 p50 = 0, p90 = 0;
    guint at = queue_place(entry->exchange->queue, entry->id);
    /* Far back it moves all the time, and nobody needs to know at once. */
    gint64 pause = at <= 20 ? 900 : 3000;
    if (now - shopper->told_at < pause) return;
    wait_promise(entry->exchange->wait, at, &p50, &p90);
    gboolean moved = at != shopper->told_place || p50 != shopper->told_p50 || p90 != shopper->told_p90 ||
                     exchange_has_staff(entry->exchange, entry->call->topic, entry->call->lang) != shopper->told_staff;
    if (moved) send_queued(shopper, FALSE);
}

static void send_connecting(Shopper *shopper)
{
    Entry *entry = shopper->entry;
    peer_send(&shopper->peer, json_pack("{s:s, s:s, s:i, s:s, s:o}", "t", "connecting", "call", entry->id, "gen", (int)entry->call->gen,
                                        "booth_name", entry->call->owner_name, "ice_servers",
                                        turn_ice_servers(entry->exchange->settings->turn, entry->id, exchange_utc())));
}

static void send_ended(Shopper *shopper, const char *call, const char *outcome, const char *cause)
{
    json_t *message = json_pack("{s:s, s:s, s:s}", "t", "ended", "call", call, "outcome", outcome);
    if (cause[0]) json_object_set_new(message, "cause", json_string(cause));
    peer_send(&shopper->peer, message);
}

void shopper_tell_ended(Shopper *shopper, const char *call, const EndedCall *ended)
{
    send_ended(shopper, call, ended->outcome, ended->cause);
}

static void send_reference(Exchange *exchange, Shopper *shopper, const char *call)
{
    g_autofree char *reference = token_reference(exchange->secret, call);
    peer_send(&shopper->peer, json_pack("{s:s, s:s}", "t", "called_back", "reference", reference));
}

void shopper_tell_standing(Shopper *shopper, gboolean requeued)
{
    const Call *call = shopper->entry->call;
    switch (call->state) {
    case CALL_QUEUED: send_queued(shopper, requeued); break;
    case CALL_OFFERED:
        peer_send(&shopper->peer, json_pack("{s:s, s:s, s:i}", "t", "ringing", "call", call->id, "gen", (int)call->gen));
        break;
    case CALL_LIVE: send_connecting(shopper); break;
    case CALL_DONE: send_ended(shopper, call->id, call->outcome, call->cause); break;
    }
}

void shopper_tell(Shopper *shopper, const Call *old)
{
    const Call *call = shopper->entry->call;
    gboolean moved = !old || old->state != call->state || old->gen != call->gen;
    if (!moved) return;
    /* Whoever just asked learns the key first, however far the call has come. */
    if (!old && call->state != CALL_QUEUED && call->state != CALL_DONE) send_queued(shopper, FALSE);
    if (call->state == CALL_DONE) {
        if (shopper->calling_back && strcmp(call->outcome, "callback") == 0) send_reference(shopper->entry->exchange, shopper, call->id);
        shopper->calling_back = FALSE;
    }
    shopper_tell_standing(shopper, old && old->state != CALL_QUEUED);
}

/* --- asking
 * ------------------------------------------------------------------------------------------------------------------------------------ */

static gboolean may_ask(Exchange *exchange, const char *address)
{
    gdouble burst = exchange->settings->asks_per_minute;
    gint64 now = exchange_mono();
    g_autofree char *household = admit_household(address);
    Asker *asker = g_hash_table_lookup(exchange->askers, household);
    if (!asker) {
        if (g_hash_table_size(exchange->askers) >= ASKERS_MAX) return FALSE;
        asker = g_new0(Asker, 1);
        *asker = (Asker){burst, now};
        g_hash_table_insert(exchange->askers, g_steal_pointer(&household), asker);
    }
    asker->tokens = MIN(burst, asker->tokens + (gdouble)(now - asker->filled) * burst / 60000);
    asker->filled = now;
    if (asker->tokens < 1) return FALSE;
    asker->tokens -= 1;
    return TRUE;
}

static gboolean is_rested(G_GNUC_UNUSED gpointer address, gpointer value, gpointer now)
{
    return *(gint64 *)now - ((Asker *)value)->filled > 60000;
}

void shopper_forget_address(Exchange *exchange, gint64 now)
{
    g_hash_table_foreach_remove(exchange->askers, is_rested, &now);
}

/* Why the shopper cannot get in line; NULL if nothing is in the way. */
static const char *find_obstacle(Exchange *exchange, Shopper *shopper, const json_t *message, const char **detail)
{
    *detail = NULL;
    if (!wire_bool(message, "terms")) {
        *detail = "the terms were not agreed to";
        return "bad_message";
    }
    if (!g_strv_contains(exchange->settings->topics, wire_string(message, "topic")) ||
        !g_strv_contains(languages, wire_string(message, "lang"))) {
        *detail = "unknown topic or language";
        return "bad_message";
    }
    if (shopper->entry || shopper->asking[0]) {
        *detail = "this page has a call already";
        return "bad_message";
    }
    if (!hours_open(exchange->settings->hours, exchange_utc(), NULL)) return "closed";
    if (!exchange_topic_is_open(exchange, wire_string(message, "topic"))) return "closed";
    if (!may_ask(exchange, shopper->peer.address)) return "too_fast";
    if (queue_length(exchange->queue) + g_hash_table_size(exchange->asking) >= exchange->settings->shoppers_max) return "full";
    if (!store_is_connected(exchange->store) || !exchange->ready) return "unavailable";
    return NULL;
}

static void on_asked(gpointer data, const StoreResult *result)
{
    g_autoptr(Errand) errand = data;
    Shopper *shopper = errand_shopper(errand);
    gboolean waits = shopper && strcmp(shopper->asking, errand->call->id) == 0;
    if (result->verdict == STORE_WON) {
        g_autofree char *id = g_strdup(errand->call->id);
        entry_learn(errand->exchange, id, g_steal_pointer(&errand->call), result->revision);
    } else if (waits) {
        /* If it landed all the same, nobody is there for it and it leaves the line by itself. */
        g_hash_table_remove(errand->exchange->asking, shopper->asking);
        shopper->asking[0] = '\0';
        peer_error(&shopper->peer, "unavailable", NULL);
    }
}

/* Takes errand. */
static void put_in_line(Errand *errand)
{
    Exchange *exchange = errand->exchange;
    Call *call = errand->call;
    call->place_at_ask = queue_next_place(exchange->queue, call->prio);
    call->promised = wait_promise(exchange->wait, call->place_at_ask, &call->promise_p50_ms, &call->promise_p90_ms);
    json_t *value = call_to_json(call);
    g_autofree char *text = json_dumps(value, JSON_COMPACT), *key = g_strconcat("call.", call->id, NULL);
    json_decref(value);
    store_put(exchange->store, key, text, 0, on_asked, errand);
}

static void on_reference_used(gpointer data, const StoreResult *result)
{
    Errand *errand = data;
    if (result->verdict == STORE_WON) errand->call->prio = CALL_PRIO_CALLBACK;
    put_in_line(errand);
}

/* Takes errand, whose text is what the shopper's callback reference stands for, or NULL. */
static void use_reference(Errand *errand)
{
    if (!errand->text) {
        put_in_line(errand);
        return;
    }
    g_autofree char *subject = g_strdup_printf("contact.%s.used", errand->text);
    store_once(errand->exchange->store, "CONTACTS", subject, "{}", on_reference_used, errand);
}

/* The page may name any call; that they spoke is what the record says. */
static void on_before(gpointer data, const StoreResult *result)
{
    Errand *errand = data;
    json_t *record = result->verdict == STORE_WON && result->value ? json_loads(result->value, 0, NULL) : NULL;
    errand->call->before = wire_int(record, "media_up_utc") > 0;
    json_decref(record);
    use_reference(errand);
}

static Call *compose_call(Exchange *exchange, const json_t *message, const char *key)
{
    g_autofree char *id = wire_new_call_id(), *hash = token_hash(key);
    Call *call = call_new(id, queue_stamp(exchange->queue, exchange_utc()));
    g_strlcpy(call->topic, wire_string(message, "topic"), sizeof call->topic);
    g_strlcpy(call->lang, wire_string(message, "lang"), sizeof call->lang);
    g_strlcpy(call->shopper_desk, exchange->settings->instance, sizeof call->shopper_desk);
    g_strlcpy(call->key_hash, hash, sizeof call->key_hash);
    g_free(call->product);
    g_free(call->product_title);
    call->product = g_strdup(wire_string(message, "product"));
    call->product_title = g_strdup(wire_string(message, "product_title"));
    const json_t *codecs = json_object_get(message, "codecs");
    for (size_t i = 0; i < json_array_size(codecs) && i < CALL_CODECS_MAX; i++) {
        g_strlcpy(call->codecs[i], json_string_value(json_array_get(codecs, i)), sizeof call->codecs[i]);
        call->codec_count++;
    }
    return call;
}

static void take_ask(Exchange *exchange, Shopper *shopper, const json_t *message)
{
    const char *detail;
    const char *obstacle = find_obstacle(exchange, shopper, message, &detail);
    if (obstacle) {
        peer_error(&shopper->peer, obstacle, detail);
        return;
    }
    g_free(shopper->key);
    shopper->key = wire_new_secret();
    shopper->unsure = FALSE;
    Errand *errand = errand_new(shopper, exchange);
    errand->call = compose_call(exchange, message, shopper->key);
    g_strlcpy(shopper->asking, errand->call->id, sizeof shopper->asking);
    g_hash_table_insert(exchange->asking, g_strdup(shopper->asking), shopper);
    errand->text = exchange->secret ? token_check(exchange->secret, wire_string(message, "callback")) : NULL;
    const char *before = wire_string(message, "before");
    if (*before)
        store_recorded(exchange->store, before, on_before, errand);
    else
        use_reference(errand);
}

/* What is said of a call that the page does not have. */
static void refuse_of_call(Shopper *shopper)
{
    peer_error(&shopper->peer, shopper->unsure ? "unavailable" : "unknown_call", NULL);
}

/* --- in a call
 * ---------------------------------------------------------------------------------------------------------------------------------- */

static void take_signal(Shopper *shopper, const json_t *message)
{
    const char *kind = wire_string(message, "kind");
    gboolean answer = strcmp(kind, "answer") == 0;
    gboolean right =
        answer ? g_str_has_prefix(wire_string(message, "sdp"), "v=0") : strcmp(kind, "candidate") == 0 || strcmp(kind, "refused") == 0;
    if (!right) {
        peer_error(&shopper->peer, "bad_message", answer ? "the answer is no SDP" : "unknown kind of signal");
        return;
    }
    json_t *onward = json_copy((json_t *)message);
    json_object_set_new(onward, "call", json_string(shopper->entry->id));
    /* The call's id makes it longer, and a booth ends a link whose messages are over-long. */
    if (json_dumpb(onward, NULL, 0, JSON_COMPACT) > WIRE_MESSAGE_MAX) {
        json_decref(onward);
        peer_error(&shopper->peer, "bad_message", "the signal is too long");
        return;
    }
    entry_to_booth(shopper->entry, onward);
}

/* Whether no booth is there any more to give the shopper a picture: not linked, silent, or it has given the call up. */
static gboolean is_forsaken(const Entry *entry, gint64 now)
{
    gboolean silent = now - entry->lease_seen > EXCHANGE_SILENT_MS;
    if (entry->booth) return entry->media_lost || silent;
    return exchange_is_self(entry->exchange, entry->call->owner_desk) ? now - entry->unlinked_since > EXCHANGE_UNLINKED_MS : silent;
}

static void take_no_picture(Shopper *shopper)
{
    Entry *entry = shopper->entry;
    Exchange *exchange = entry->exchange;
    if (!is_forsaken(entry, exchange_mono())) {
        entry_to_booth(entry, json_pack("{s:s, s:s, s:i}", "t", "no_picture", "call", entry->id, "gen", (int)entry->call->gen));
        return;
    }
    CallEvent event = entry_event(entry, CALL_NO_PICTURE);
    if (exchange->whole && !entry_is_wanted(entry, CALL_NO_PICTURE)) entry_wants(entry, &event, INTENT_SHOPPER, "no_picture");
}

/* The page wants no call after all, while it is being put in line: it leaves the line like any page that went away. */
static void disown_ask(Exchange *exchange, Shopper *shopper)
{
    g_hash_table_remove(exchange->asking, shopper->asking);
    shopper->asking[0] = '\0';
}

static void take_end(Shopper *shopper, CallEventKind kind)
{
    CallEvent event = entry_event(shopper->entry, kind);
    if (!entry_is_wanted(shopper->entry, kind)) entry_wants(shopper->entry, &event, INTENT_SHOPPER, "");
}

/* --- after, or instead of, a call
 * ------------------------------------------------------------------------------------------------------------------ */

static void on_contact_without_call(gpointer data, const StoreResult *result)
{
    g_autoptr(Errand) errand = data;
    Shopper *shopper = errand_shopper(errand);
    News news = news_of_callback(errand->call);
    if (result->verdict != STORE_UNRESOLVED) news_tell(errand->exchange, &news);
    if (!shopper) return;
    if (result->verdict == STORE_UNRESOLVED)
        peer_error(&shopper->peer, "unavailable", NULL);
    else
        send_reference(errand->exchange, shopper, errand->call->id);
}

static void on_contact(gpointer data, const StoreResult *result)
{
    g_autoptr(Errand) errand = data;
    Shopper *shopper = errand_shopper(errand);
    if (result->verdict == STORE_UNRESOLVED) {
        if (shopper) peer_error(&shopper->peer, "unavailable", NULL);
        return;
    }
    Entry *entry = entry_find(errand->exchange, errand->call->id);
    if (entry) {
        CallEvent event = entry_event(entry, CALL_CALL_BACK);
        if (shopper) shopper->calling_back = TRUE;
        entry_wants(entry, &event, INTENT_SHOPPER, "callback");
    } else if (errand->call->state == CALL_DONE) {
        json_t *record = call_to_record(errand->call);
        g_autofree char *text = json_dumps(record, JSON_COMPACT), *subject = g_strconcat("record.call.", errand->call->id, NULL);
        json_decref(record);
        Exchange *exchange = errand->exchange;
        store_once(exchange->store, "RECORDS", subject, text, on_contact_without_call, g_steal_pointer(&errand));
    }
}

static void take_callback(Exchange *exchange, Shopper *shopper, const json_t *message)
{
    const char *contact = wire_string(message, "contact");
    const char *wrong = strspn(contact, " \t") == strlen(contact)                    ? "no contact was given"
                        : shopper->asking[0]                                         ? "the call is being put in line"
                        : shopper->entry && shopper->entry->call->state == CALL_LIVE ? "the call is live"
                                                                                     : NULL;
    if (wrong) {
        peer_error(&shopper->peer, "bad_message", wrong);
        return;
    }
    gboolean available = exchange->secret && store_is_connected(exchange->store);
    if (!available || !may_ask(exchange, shopper->peer.address)) {
        peer_error(&shopper->peer, available ? "too_fast" : "unavailable", NULL);
        return;
    }
    Errand *errand = errand_new(shopper, exchange);
    g_autofree char *id = shopper->entry ? g_strdup(shopper->entry->id) : wire_new_call_id();
    errand->call = shopper->entry ? call_copy(shopper->entry->call) : call_new(id, exchange_utc());
    if (!shopper->entry) call_finish(errand->call, exchange_utc(), "callback", "", "shopper");
    json_t *value =
        json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:I}", "v", 1, "call", id, "contact", contact, "when", wire_string(message, "when"),
                  "topic", errand->call->topic, "lang", errand->call->lang, "asked_utc", (json_int_t)exchange_utc());
    g_autofree char *text = json_dumps(value, JSON_COMPACT), *subject = g_strconcat("contact.", id, NULL);
    json_decref(value);
    store_once(exchange->store, "CONTACTS", subject, text, on_contact, errand);
}

/* --- messages
 * -------------------------------------------------------------------------------------------------------------------------------------- */

/* Messages of a call with a generation: only for the one that is live. */
static void take_of_call(Shopper *shopper, const char *type, const json_t *message)
{
    Entry *entry = shopper->entry;
    if (!entry) {
        refuse_of_call(shopper);
    } else if ((guint)wire_int(message, "gen") != entry->call->gen || entry->call->state == CALL_QUEUED) {
        peer_error(&shopper->peer, "stale", type);
    } else if (strcmp(type, "hangup") == 0) {
        take_end(shopper, CALL_SHOPPER_ENDS);
    } else if (entry->call->state != CALL_LIVE) {
        peer_error(&shopper->peer, "stale", type);
    } else if (strcmp(type, "signal") == 0) {
        take_signal(shopper, message);
    } else if (strcmp(type, "no_picture") == 0) {
        take_no_picture(shopper);
    } else {
        CallEvent event = entry_event(entry, CALL_MEDIA_UP);
        if (!entry->call->media_up_utc && !entry_is_wanted(entry, CALL_MEDIA_UP)) entry_wants(entry, &event, INTENT_SHOPPER, "media_up");
    }
}

void shopper_received(Exchange *exchange, Shopper *shopper, json_t *message)
{
    const char *type = wire_type(message);
    if (strcmp(type, "ping") == 0)
        peer_send(&shopper->peer, json_pack("{s:s}", "t", "pong"));
    else if (shopper->claim)
        claim_keep_word(shopper, message);
    else if (strcmp(type, "ask") == 0)
        take_ask(exchange, shopper, message);
    else if (strcmp(type, "resume") == 0 || strcmp(type, "rate") == 0)
        claim_take(exchange, shopper, message);
    else if (strcmp(type, "callback") == 0)
        take_callback(exchange, shopper, message);
    else if (strcmp(type, "leave") != 0)
        take_of_call(shopper, type, message);
    else if (shopper->entry)
        take_end(shopper, CALL_SHOPPER_LEAVES);
    else if (shopper->asking[0])
        disown_ask(exchange, shopper);
    else
        refuse_of_call(shopper);
}

void shopper_opened(Exchange *exchange, DoorLink *link, const char *address)
{
    Shopper *shopper = g_new0(Shopper, 1);
    peer_open(exchange, &shopper->peer, DOOR_SHOPPER, link, address);
    g_queue_init(&shopper->words);
    send_hello(exchange, shopper);
}

void shopper_closed(Exchange *exchange, Shopper *shopper)
{
    claim_drop(exchange, shopper);
    if (shopper->asking[0]) disown_ask(exchange, shopper);
    if (shopper->entry) entry_set_shopper(shopper->entry, NULL);
    peer_close(exchange, &shopper->peer);
    g_free(shopper->key);
    g_free(shopper);
}
