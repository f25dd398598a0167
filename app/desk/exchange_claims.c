#define G_LOG_DOMAIN "desk"

#include <string.h>

#include "desk/exchange_state.h"
#include "desk/token.h"

/* Whether it may be that this desk just has not been told yet how the call stands: the view does not show all that had been written when
 * the page spoke, or the call was purged and its record is still on the way. */
static gboolean may_hear_more(const Exchange *exchange, const char *id, gint64 heard)
{
    return !exchange_has_seen(exchange, heard) || g_hash_table_contains(exchange->markers, id);
}

/* --- resume ----------------------------------------------------------------------------------------------------------------------------
 */

static void take_over(Exchange *exchange, Shopper *shopper, Entry *entry, const char *key)
{
    /* The newest page of a shopper is the one: a second tab takes over. */
    if (entry->shopper && entry->shopper != shopper) door_close(entry->shopper->peer.link, 4001, "the call was taken over by another page");
    g_free(shopper->key);
    shopper->key = g_strdup(key);
    entry_set_shopper(entry, shopper);
    shopper_tell_standing(shopper, FALSE);
    CallEvent event = entry_event(entry, CALL_MOVE);
    if (!exchange_is_self(exchange, entry->call->shopper_desk) && !entry_is_wanted(entry, CALL_MOVE))
        entry_wants(entry, &event, INTENT_SHOPPER, "resume");
}

static gboolean answer_resume(Exchange *exchange, Shopper *shopper, const json_t *message, gint64 heard)
{
    const char *id = wire_string(message, "call"), *key = wire_string(message, "key");
    Entry *entry = entry_find(exchange, id);
    const EndedCall *ended = ended_find(exchange->ended, id, exchange_bus_utc(exchange));
    if (shopper->asking[0] || (shopper->entry && shopper->entry != entry)) {
        peer_error(&shopper->peer, "bad_message", "this page has a call already");
    } else if (entry && entry->call->state != CALL_DONE && token_is_key(key, entry->call->key_hash)) {
        take_over(exchange, shopper, entry, key);
    } else if (ended && token_is_key(key, ended->key_hash)) {
        shopper_tell_ended(shopper, id, ended);
    } else if (!entry && !ended && may_hear_more(exchange, id, heard)) {
        return FALSE;
    } else {
        g_info("a page resumes %s, which is %s", id, entry || ended ? "another's" : "unknown");
        peer_error(&shopper->peer, "unknown_call", NULL);
    }
    shopper->unsure = FALSE;
    return TRUE;
}

/* --- rate ------------------------------------------------------------------------------------------------------------------------------
 */

typedef struct {
    PeerErrand *from;
    char call[34];
    guint stars;
    gint recommend; /* -1: not said */
} Rating;

/* The first rating counts: of another one that came before, what that one says is told. */
static void tell_rating(const Rating *rating, const StoreResult *result)
{
    json_t *stored = result->verdict == STORE_LOST && result->value ? json_loads(result->value, 0, NULL) : NULL;
    const json_t *said = json_object_get(stored, "recommend");
    gint recommend = said ? (gint)json_integer_value(said) : -1;
    News news = news_of_rating(rating->call, stored ? (guint)wire_int(stored, "stars") : rating->stars,
                               stored ? recommend : rating->recommend, exchange_utc());
    news_tell(rating->from->exchange, &news);
    json_decref(stored);
}

static void on_rated(gpointer data, const StoreResult *result)
{
    g_autofree Rating *rating = data;
    g_autofree PeerErrand *errand = rating->from;
    if (result->verdict != STORE_UNRESOLVED) tell_rating(rating, result);
    Peer *peer = peer_find(errand->exchange, errand->serial);
    if (!peer) return;
    if (result->verdict == STORE_UNRESOLVED)
        peer_error(peer, "unavailable", NULL);
    else
        peer_send(peer, json_pack("{s:s}", "t", "rated"));
}

static void store_rating(Exchange *exchange, Shopper *shopper, const json_t *message)
{
    const char *id = wire_string(message, "call");
    json_t *value =
        json_pack("{s:s, s:I, s:s}", "call", id, "stars", (json_int_t)wire_int(message, "stars"), "text", wire_string(message, "text"));
    json_t *recommend = json_object_get(message, "recommend");
    if (recommend) json_object_set(value, "recommend", recommend);
    g_autofree char *text = json_dumps(value, JSON_COMPACT), *subject = g_strconcat("record.rating.", id, NULL);
    json_decref(value);
    Rating rating = {.from = peer_errand(exchange, &shopper->peer), .stars = (guint)wire_int(message, "stars"), .recommend = -1};
    if (recommend) rating.recommend = (gint)json_integer_value(recommend);
    g_strlcpy(rating.call, id, sizeof rating.call);
    store_once(exchange->store, "RECORDS", subject, text, on_rated, g_memdup2(&rating, sizeof rating));
}

static gboolean answer_rate(Exchange *exchange, Shopper *shopper, const json_t *message, gint64 heard)
{
    const char *id = wire_string(message, "call");
    const EndedCall *ended = ended_find(exchange->ended, id, exchange_bus_utc(exchange));
    const gint64 stars = wire_int(message, "stars"), recommend = wire_int(message, "recommend");
    if (!ended && may_hear_more(exchange, id, heard)) return FALSE;
    if (!ended || !token_is_key(wire_string(message, "key"), ended->key_hash))
        peer_error(&shopper->peer, "unknown_call", NULL);
    else if (stars < 1 || stars > 5)
        peer_error(&shopper->peer, "bad_message", "stars are 1 to 5");
    else if (recommend < 0 || recommend > 10)
        peer_error(&shopper->peer, "bad_message", "recommend is 0 to 10");
    else
        store_rating(exchange, shopper, message);
    return TRUE;
}

/* --- claims that wait -------------------------------------------------------------------------------------------------------------------
 */

/* heard: when the page said it, monotonic µs. FALSE: there is no answer yet. */
static gboolean answer(Exchange *exchange, Shopper *shopper, const json_t *message, gint64 heard)
{
    gboolean rates = strcmp(wire_type(message), "rate") == 0;
    return rates ? answer_rate(exchange, shopper, message, heard) : answer_resume(exchange, shopper, message, heard);
}

void claim_drop(Exchange *exchange, Shopper *shopper)
{
    if (shopper->claiming) g_queue_delete_link(&exchange->claiming, shopper->claiming);
    shopper->claiming = NULL;
    g_clear_pointer(&shopper->claim, json_decref);
    g_queue_clear_full(&shopper->words, (GDestroyNotify)json_decref);
}

void claim_take(Exchange *exchange, Shopper *shopper, json_t *message)
{
    gint64 now = g_get_monotonic_time();
    if (answer(exchange, shopper, message, now)) return;
    shopper->claim = json_incref(message);
    shopper->claim_heard = now;
    g_queue_push_tail(&exchange->claiming, shopper);
    shopper->claiming = exchange->claiming.tail;
    store_look(exchange->store);
}

/* It counts once the claim is answered, as it would have if the answer had come at once. */
void claim_keep_word(Shopper *shopper, json_t *message)
{
    if (g_queue_get_length(&shopper->words) < EXCHANGE_WORDS_MAX)
        g_queue_push_tail(&shopper->words, json_incref(message));
    else
        peer_error(&shopper->peer, "too_fast", "too much was said before the answer about the call");
}

/* In vain: what the desk cannot see just now the page is to ask for again; a record that does not come is none. */
static void give_up(Exchange *exchange, Shopper *shopper)
{
    gboolean seen = exchange_has_seen(exchange, shopper->claim_heard);
    g_info("a page claims %s, which is not in sight", wire_string(shopper->claim, "call"));
    shopper->unsure = !seen && strcmp(wire_type(shopper->claim), "resume") == 0;
    peer_error(&shopper->peer, seen ? "unknown_call" : "unavailable", NULL);
}

void claim_answer_waiting(Exchange *exchange)
{
    gint64 now = g_get_monotonic_time();
    for (GList *at = exchange->claiming.head, *next; at; at = next) {
        Shopper *shopper = at->data;
        next = at->next;
        GQueue words = G_QUEUE_INIT;
        if (answer(exchange, shopper, shopper->claim, shopper->claim_heard)) {
            words = shopper->words;
            g_queue_init(&shopper->words);
        } else if (now - shopper->claim_heard > EXCHANGE_CLAIM_MS * 1000LL) {
            give_up(exchange, shopper);
        } else {
            continue;
        }
        claim_drop(exchange, shopper);
        for (json_t *word; (word = g_queue_pop_head(&words)); json_decref(word)) shopper_received(exchange, shopper, word);
    }
}
