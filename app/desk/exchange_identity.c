/* That a booth is who it says, and is there once.
 *
 * A card that was copied makes two booths with one certificate. Two links of one name are either the same agent, whose first link is dead
 * (they have the same instance), or two processes. Of those one may just be gone and not missed yet, so it is waited for proof: an answered
 * ping tells that a process lived at a time, and two whose lives overlap are two booths. Then neither gets a call, at any desk, until ops
 * has released the name; that stands in the enrolment (enrolment.h), which every desk asks. */
#define G_LOG_DOMAIN "desk"

#include <string.h>

#include "desk/enrolment.h"
#include "desk/exchange_state.h"

#define ASK_MS            2000 /* between two looks at what is not settled */
#define ANNOUNCE_FIRST_MS 4000 /* after the hello */
#define ANNOUNCE_MS       10000
#define ELSEWHERE_US      (3 * G_USEC_PER_SEC) /* lives at two desks must overlap by more than a message may take between them */
#define CLOSE_REVOKED     4004

static void tell(Booth *booth, const char *state)
{
    peer_send(&booth->peer, json_pack("{s:s, s:s}", "t", "identity", "state", state));
}

gboolean identity_overlaps(const IdentityLife *one, const IdentityLife *other, gint64 margin)
{
    return MIN(one->proven, other->proven) - MAX(one->since, other->since) > margin;
}

static IdentityLife life_of(const Booth *booth)
{
    return (IdentityLife){MAX(booth->heard, booth->released), door_proven(booth->peer.link)};
}

static void signal_others(Exchange *exchange, const Booth *booth, json_t *message)
{
    g_autofree char *subject = g_strconcat("link.booth.", booth->id, NULL);
    json_object_set_new(message, "desk", json_string(exchange->settings->instance));
    g_autofree char *text = json_dumps(message, JSON_COMPACT);
    json_decref(message);
    store_signal(exchange->store, subject, text);
}

/* --- twice ------------------------------------------------------------------------------------------------------------------------------
 */

static void settle(Exchange *exchange, Booth *booth, gint64 now);

static void tell_held(Exchange *exchange, const char *id, const char *state)
{
    for (GList *at = exchange->held.head; at; at = at->next) {
        Booth *held = at->data;
        if (strcmp(held->id, id) == 0) tell(held, state);
    }
}

/* written: the bus knows it already. */
static void become_twice(Exchange *exchange, Booth *booth, const char *where, gboolean written)
{
    if (booth->identity != IDENTITY_TWICE) {
        g_warning("booth %s is there twice, %s: it gets no calls until its name is released", booth->id, where);
        booth->identity = IDENTITY_TWICE;
        booth->settle_at = 0;
        booth->twice_written = written;
        booth_part_from_line(exchange, booth);
        tell(booth, "twice");
        tell_held(exchange, booth->id, "twice");
        if (!written) signal_others(exchange, booth, json_pack("{s:s}", "t", "twice"));
    }
    booth->twice_written = booth->twice_written || written;
    /* At once: what is written late could undo a release. */
    if (!booth->twice_written && !booth->settling) settle(exchange, booth, exchange_mono());
}

static void become_good(Exchange *exchange, Booth *booth)
{
    const gboolean released = booth->identity == IDENTITY_TWICE;
    booth->identity = IDENTITY_GOOD;
    if (released) {
        g_message("booth %s is released", booth->id);
        booth->released = g_get_monotonic_time();
        booth->announce_at = 0;
        tell(booth, "good");
    }
    booth_match(exchange, booth);
}

static void on_twice_written(gpointer data, const StoreResult *result)
{
    g_autofree PeerErrand *errand = data;
    Booth *booth = (Booth *)peer_find(errand->exchange, errand->serial);
    if (!booth) return;
    booth->settling = FALSE;
    if (result->verdict == STORE_WON) booth->twice_written = TRUE;
    if (result->verdict == STORE_LOST) settle(errand->exchange, booth, exchange_mono());
}

static void on_twice_read(gpointer data, const StoreResult *result)
{
    g_autofree PeerErrand *errand = data;
    Exchange *exchange = errand->exchange;
    Booth *booth = (Booth *)peer_find(exchange, errand->serial);
    if (!booth) return;
    g_autoptr(Enrolment) enrolment = result->verdict == STORE_WON ? enrolment_parse(result->value) : NULL;
    if (result->verdict == STORE_LOST) enrolment = enrolment_new(booth->id);
    booth->settling = FALSE;
    if (!enrolment) return;
    booth->twice_written = enrolment->twice_utc != 0;
    if (booth->twice_written) return;
    enrolment->twice_utc = exchange_utc();
    g_autofree char *text = enrolment_format(enrolment);
    booth->settling = TRUE;
    store_put_enrolment(exchange->store, booth->id, text, result->revision, on_twice_written, peer_errand(exchange, &booth->peer));
}

/* --- what the centre knows of it --------------------------------------------------------------------------------------------------------
 */

static void on_noted(gpointer data, const StoreResult *result)
{
    g_autofree char *id = data;
    if (result->verdict == STORE_WON) g_message("booth %s has come with its new certificate: the one before is good no more", id);
}

static void note_key(Exchange *exchange, const Booth *booth, Enrolment *enrolment, guint64 revision)
{
    if (!enrolment || !enrolment_seen(enrolment, booth->key)) return;
    g_autofree char *text = enrolment_format(enrolment);
    store_put_enrolment(exchange->store, booth->id, text, revision, on_noted, g_strdup(booth->id)); /* lost: the next link does it */
}

static void on_known(gpointer data, const StoreResult *result)
{
    g_autofree PeerErrand *errand = data;
    Exchange *exchange = errand->exchange;
    Booth *booth = (Booth *)peer_find(exchange, errand->serial);
    if (!booth) return;
    g_autoptr(Enrolment) enrolment = result->verdict == STORE_WON ? enrolment_parse(result->value) : NULL;
    booth->settling = FALSE;
    if (!enrolment && result->verdict != STORE_LOST) {
        if (result->verdict == STORE_WON) g_warning("what the bus has of booth %s makes no sense", booth->id);
        return;
    }
    if (!enrolment_admits(enrolment, booth->key)) {
        g_message("booth %s comes with a certificate that is good no more", booth->id);
        door_close(booth->peer.link, CLOSE_REVOKED, "the certificate was revoked or replaced");
        return;
    }
    if (enrolment && enrolment->twice_utc)
        become_twice(exchange, booth, "as the bus knows", TRUE);
    else if (booth->identity == IDENTITY_UNKNOWN || booth->twice_written)
        become_good(exchange, booth);
    note_key(exchange, booth, enrolment, result->revision);
}

static void settle(Exchange *exchange, Booth *booth, gint64 now)
{
    const gboolean untold = booth->identity == IDENTITY_TWICE && !booth->twice_written;
    booth->settling = TRUE;
    booth->settle_at = now + ASK_MS;
    store_read_enrolment(exchange->store, booth->id, untold ? on_twice_read : on_known, peer_errand(exchange, &booth->peer));
}

/* Ops have decided meanwhile. Who asks already is asked again when that is through. */
static void look_again(Exchange *exchange, Booth *booth)
{
    if (booth->identity == IDENTITY_GOOD || !booth->settling)
        settle(exchange, booth, exchange_mono());
    else
        booth->settle_at = 0;
}

void exchange_decided(Exchange *exchange, const char *id)
{
    g_autofree char *subject = g_strconcat("link.booth.", id, NULL);
    g_autofree char *text = g_strdup_printf("{\"t\":\"decided\",\"desk\":\"%s\"}", exchange->settings->instance);
    Booth *booth = g_hash_table_lookup(exchange->booths, id);
    if (booth) look_again(exchange, booth);
    store_signal(exchange->store, subject, text);
}

/* --- links ------------------------------------------------------------------------------------------------------------------------------
 */

void identity_begin(Exchange *exchange, Booth *booth, const json_t *hello)
{
    g_autofree char *subject = g_strconcat("link.booth.", booth->id, NULL), *key = door_key(booth->peer.link);
    g_free(booth->instance);
    booth->instance = g_strdup(wire_string(hello, "instance"));
    booth->key = g_strdup(key ? key : "");
    booth->identity = IDENTITY_UNKNOWN;
    booth->announce_at = exchange_mono() + ANNOUNCE_FIRST_MS;
    store_listen(exchange->store, subject);
    settle(exchange, booth, exchange_mono());
}

void identity_end(Exchange *exchange, Booth *booth)
{
    g_autofree char *subject = g_strconcat("link.booth.", booth->id, NULL);
    if (booth->introduced) store_unlisten(exchange->store, subject);
    if (booth->hello) g_queue_remove(&exchange->held, booth);
    json_decref(booth->hello);
    g_free(booth->instance);
    g_free(booth->key);
}

void identity_hold(Exchange *exchange, Booth *booth, json_t *hello)
{
    const Booth *before = g_hash_table_lookup(exchange->booths, booth->id);
    g_message("booth %s links from %s while it is linked from %s", booth->id, booth->peer.address, before->peer.address);
    booth->hello = json_incref(hello);
    booth->heard = g_get_monotonic_time();
    g_queue_push_tail(&exchange->held, booth);
    if (before->identity == IDENTITY_TWICE) tell(booth, "twice");
}

static void announce(Exchange *exchange, Booth *booth, gint64 now)
{
    const gint64 at = g_get_monotonic_time();
    const IdentityLife life = life_of(booth);
    booth->announce_at = now + ANNOUNCE_MS;
    if (!life.proven || !*booth->instance || g_hash_table_size(exchange->desks) < 2) return; /* nobody else is there to hear it */
    signal_others(exchange, booth,
                  json_pack("{s:s, s:s, s:I, s:I}", "t", "here", "instance", booth->instance, "since_us", (json_int_t)(at - life.since),
                            "proven_us", (json_int_t)(at - life.proven)));
}

void identity_heard(Exchange *exchange, const char *id, const char *text)
{
    Booth *booth = g_hash_table_lookup(exchange->booths, id);
    json_t *message = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    const gboolean other = booth && message && !exchange_is_self(exchange, wire_string(message, "desk"));
    if (other && strcmp(wire_type(message), "twice") == 0) {
        become_twice(exchange, booth, "as another desk has seen", FALSE);
    } else if (other && strcmp(wire_type(message), "decided") == 0) {
        look_again(exchange, booth);
    } else if (other && strcmp(wire_type(message), "here") == 0 && strcmp(wire_string(message, "instance"), booth->instance) != 0) {
        const gint64 now = g_get_monotonic_time();
        const IdentityLife here = life_of(booth), there = {now - wire_int(message, "since_us"), now - wire_int(message, "proven_us")};
        if (identity_overlaps(&here, &there, ELSEWHERE_US)) become_twice(exchange, booth, "here and at another desk", FALSE);
    }
    json_decref(message);
}

static void weigh_held(Exchange *exchange, Booth *held)
{
    Booth *before = g_hash_table_lookup(exchange->booths, held->id);
    if (!before) {
        json_t *hello = g_steal_pointer(&held->hello);
        g_queue_remove(&exchange->held, held);
        booth_take_hello(exchange, held, hello);
        json_decref(hello);
        return;
    }
    const IdentityLife here = life_of(before), there = life_of(held);
    if (before->identity != IDENTITY_TWICE && identity_overlaps(&here, &there, 0))
        become_twice(exchange, before, "linked from two places", FALSE);
}

void identity_sweep_held(Exchange *exchange)
{
    for (GList *at = exchange->held.head, *next; at; at = next) {
        next = at->next;
        weigh_held(exchange, at->data);
    }
}

void identity_sweep(Exchange *exchange, Booth *booth, gint64 now)
{
    if (now >= booth->announce_at) announce(exchange, booth, now);
    if (booth->identity != IDENTITY_GOOD && !booth->settling && now >= booth->settle_at) settle(exchange, booth, now);
}
