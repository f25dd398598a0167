#define G_LOG_DOMAIN "desk"

#include "desk/booth_record.h"
#include "desk/exchange_state.h"

#define BATCH_MAX 64 /* records that one write of the store may have */

/* One that waits for the bus. */
typedef struct {
    gint64 epoch, seq;
    char *text;
} Waiting;

static void waiting_free(gpointer data)
{
    Waiting *waiting = data;
    free(waiting->text);
    g_free(waiting);
}

static gboolean is_at_or_before(const Waiting *waiting, gint64 epoch, gint64 seq)
{
    return waiting->epoch < epoch || (waiting->epoch == epoch && waiting->seq <= seq);
}

/* Takes what has landed off the queue, and confirms the last of it: that is all before it too. */
static void confirm(Booth *booth, gint64 epoch, gint64 seq)
{
    gint64 done_epoch = 0, done_seq = 0;
    const Waiting *first;
    while ((first = g_queue_peek_head(&booth->records)) && is_at_or_before(first, epoch, seq)) {
        done_epoch = first->epoch;
        done_seq = first->seq;
        waiting_free(g_queue_pop_head(&booth->records));
    }
    if (!done_seq) return;
    peer_send(&booth->peer, json_pack("{s:s, s:I, s:I}", "t", "recorded", "epoch", (json_int_t)done_epoch, "seq", (json_int_t)done_seq));
}

static void on_appended(gpointer data, const StoreResult *result)
{
    g_autofree PeerErrand *errand = data;
    Booth *booth = (Booth *)peer_find(errand->exchange, errand->serial);
    if (!booth) return;
    booth->appending = FALSE;
    if (result->verdict != STORE_WON) {
        booth->record_revision = 0;
        booth->records_at = exchange_mono() + EXCHANGE_RETRY_MS;
        return;
    }
    const Waiting *first = g_queue_peek_head(&booth->records);
    /* It counts its epochs anew, and did not hear so from a welcome that could not know: its record has not landed. */
    if (!booth->stored_known && first && result->epoch > first->epoch) {
        booth_drop_records(booth);
        door_close(booth->peer.link, 4003, "which records landed is known now: say hello again");
        return;
    }
    booth->record_revision = result->revision;
    booth->stored_epoch = result->epoch;
    booth->stored_seq = result->seq;
    booth->stored_known = TRUE;
    confirm(booth, result->epoch, result->seq);
    booth_append(errand->exchange, booth);
}

/* One write at a time for each booth, in order. */
void booth_append(Exchange *exchange, Booth *booth)
{
    StoreRecord list[BATCH_MAX];
    guint count = 0;
    if (booth->appending || g_queue_is_empty(&booth->records)) return;
    if (booth->record_revision) confirm(booth, booth->stored_epoch, booth->stored_seq);
    if (exchange_mono() < booth->records_at) return;
    for (const GList *at = booth->records.head; at && count < BATCH_MAX; at = at->next) {
        const Waiting *waiting = at->data;
        /* An epoch of its own each: what follows a later one may be what a booth counts anew. */
        if (count && waiting->epoch < list[count - 1].epoch) break;
        list[count++] = (StoreRecord){waiting->epoch, waiting->seq, waiting->text};
    }
    if (!count) return;
    booth->appending = TRUE;
    store_append(exchange->store, booth->id, list, count, booth->record_revision, on_appended, peer_errand(exchange, &booth->peer));
}

static void take_one(Booth *booth, gint64 epoch, gint64 seq, const json_t *record)
{
    const char *why = NULL;
    Waiting *waiting = g_new0(Waiting, 1);
    waiting->epoch = epoch;
    waiting->seq = seq;
    waiting->text = booth_record_text(record, booth->id, epoch, seq, exchange_utc(), &why);
    if (why) g_warning("booth %s: its record %" G_GINT64_FORMAT "/%" G_GINT64_FORMAT " makes no sense (%s)", booth->id, epoch, seq, why);
    g_queue_push_tail(&booth->records, waiting);
}

/* Nothing of a message is taken when the key of one of its records is wrong. */
void booth_take_records(Exchange *exchange, Booth *booth, const json_t *message)
{
    const gint64 most = MAX(booth->epoch, booth->stored_epoch) + BOOTH_RECORD_EPOCHS;
    json_t *list = json_object_get(message, "list"), *only = json_object_get(message, "record"), *record;
    size_t i, count = list ? json_array_size(list) : 1;
    for (i = 0; i < count; i++) {
        const json_t *key = list ? json_array_get(list, i) : message;
        record = list ? json_array_get(list, i) : only;
        if (json_is_object(record) && booth_record_is_of(record, booth->id, wire_int(key, "epoch"), wire_int(key, "seq"), most)) continue;
        g_warning("booth %s: a record with a key that is not its own was refused", booth->id);
        peer_reject(&booth->peer, "bad_message", "record: booth, epoch or seq");
        return;
    }
    /* The agent sends again what was not confirmed. */
    if (g_queue_get_length(&booth->records) + count > EXCHANGE_RECORDS_MAX) return;
    for (i = 0; i < count; i++) {
        record = list ? json_array_get(list, i) : only;
        take_one(booth, wire_int(list ? record : message, "epoch"), wire_int(list ? record : message, "seq"), record);
    }
    booth_append(exchange, booth);
}

void booth_drop_records(Booth *booth)
{
    g_queue_clear_full(&booth->records, waiting_free);
}
