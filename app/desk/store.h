/* store: the desk's hold on JetStream, by the rules that keep one truth per call: it writes, and shows what the watch sees.
 *
 * Everything that waits for the bus runs on threads of the store; what it comes to is queued and handed out by store_dispatch() on the
 * thread that calls it, after StoreEvents.wake() said so. One thread calls all functions here.
 *
 * A write is a compare-and-set on the key's revision, and has three outcomes. Error 10071 is a lost race. Anything else but an
 * acknowledgement is ambiguous: the key is read back and its write mark compared; what cannot be resolved so counts as not won, and may all
 * the same turn up in the view later. */
#pragma once

#include <glib.h>

typedef struct Store Store;

typedef enum {
    STORE_UNRESOLVED, /* not known; the bus is away or slow */
    STORE_WON,        /* it is written */
    STORE_LOST,       /* someone else was first, or the key is gone; result->value is what stands there now */
} StoreVerdict;

typedef struct {
    StoreVerdict verdict;
    guint64 revision;  /* of what stands there now; 0 when not known */
    const char *value; /* of a lost race: what stands there now, NULL when the key is gone or was purged */
    gint64 epoch, seq; /* store_append(), store_last_record(): the last record that landed */
} StoreResult;

typedef struct {
    gint64 epoch, seq;
    const char *text;
} StoreRecord;

typedef void (*StoreDone)(gpointer data, const StoreResult *result);

typedef struct {
    /* Any thread: call store_dispatch() soon. */
    void (*wake)(gpointer data);
    /* The rest from store_dispatch(). A new view of the bucket begins; forget: the bucket is another one, nothing known of the old one
     * holds. */
    void (*view_started)(gpointer data, gboolean forget);
    /* A key and its value; NULL: purged. Revisions of one key may repeat, and after view_started() go back to one that is known. */
    void (*entry)(gpointer data, const char *key, guint64 revision, const char *value);
    /* All keys with a revision below this were shown since view_started(): others are gone. Again with every heartbeat of its own that the
     * store sees: all that was acknowledged before as_of, monotonic µs, was shown. So were the records that had landed when the view began.
     * bus_utc: when the heartbeat was stored, ms by the bus's clock. */
    void (*view_complete)(gpointer data, guint64 revision, gint64 as_of, gint64 bus_utc);
    /* A terminal record: the last some thousand, then each as it comes. landed_utc: when, ms by the bus's clock. */
    void (*record)(gpointer data, const char *subject, const char *value, gint64 landed_utc);
    /* Core NATS, see store_listen(). */
    void (*message)(gpointer data, const char *subject, const char *text);
    gpointer data;
} StoreEvents;

typedef struct {
    const char *const *servers; /* nats://HOST:PORT */
    int replicas;
    const char *instance;   /* this desk's name, the key of its heartbeat */
    guint start_timeout_ms; /* how long store_open() waits for the bus */
    guint retention_days;   /* as in JetStreamSettings */
} StoreSettings;

/* Connects, checks that the server's version is sound for the replica count, provisions the streams, and begins a first view. events
 * must outlive the store. NULL with one sentence for a person (jetstream.h). */
Store *store_open(const StoreSettings *settings, const StoreEvents *events, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Finishes what is queued (each within its time limit), then closes. Callbacks that were not dispatched are dropped. NULL is fine. */
void store_close(Store *store);
void store_dispatch(Store *store);
/* From any thread: what another thread than the store's has come to; store_dispatch() calls taken. */
void store_hand_over(Store *store, void (*taken)(gpointer data), gpointer data);
gboolean store_is_connected(const Store *store);
/* Whether every write has had its callback. */
gboolean store_is_idle(const Store *store);
guint store_pending(const Store *store); /* how many have not */

/* The value of the own heartbeat from the next second on. */
void store_set_heartbeat(Store *store, const char *value);
/* Writes the heartbeat very soon: for who waits for a view_complete() as of now. */
void store_look(Store *store);

/* Compare-and-set of a key of KV_CALLS ("call.<id>"). expected: the revision it replaces; 0: there must be no such key. */
void store_put(Store *store, const char *key, const char *value, guint64 expected, StoreDone done, gpointer data);
/* Lands the terminal record once, then purges the key if it is still at this revision. Won also when both were done before. */
void store_finish(Store *store, const char *call, const char *record, guint64 revision, StoreDone done, gpointer data);
/* Takes the marker that a purge left out of the stream. */
void store_forget(Store *store, const char *key, guint64 revision);
/* Publishes to a subject of RECORDS, CONTACTS or AUDIT that must have no message yet. */
void store_once(Store *store, const char *stream, const char *subject, const char *value, StoreDone done, gpointer data);
/* Lands booths' records once, in order: none that is there, or that a later one follows. expected: revision of the last one if known, else
 * 0. Won when one at least is there now; which was the last is in the result. list is copied. */
void store_append(Store *store, const char *booth, const StoreRecord *list, guint count, guint64 expected, StoreDone done, gpointer data);
/* Which record of the booth landed last: epoch and seq 0 when none did. */
void store_last_record(Store *store, const char *booth, StoreDone done, gpointer data);
/* Whether there is a terminal record of the call: STORE_WON with its text as value, STORE_LOST when there is none. */
void store_recorded(Store *store, const char *call, StoreDone done, gpointer data);
/* What the centre knows of a booth's enrolment (enrolment.h): STORE_WON with its text as value, STORE_LOST when there is nothing. */
void store_read_enrolment(Store *store, const char *booth, StoreDone done, gpointer data);
/* Compare-and-set of it, as store_put(). */
void store_put_enrolment(Store *store, const char *booth, const char *value, guint64 expected, StoreDone done, gpointer data);
/* The last snapshot of a booth; overwrites. */
void store_snapshot(Store *store, const char *booth, const char *value, StoreDone done, gpointer data);

/* Publishes an event to a subject of EVENTS unless there is one already. All in the order of the calls of this function, each tried until
 * the bus has it. Lost: it was there. Unresolved: too many wait, or the store is being closed. */
void store_tell(Store *store, const char *subject, const char *text, StoreDone done, gpointer data);

/* Core NATS: at most once, in order, to every desk that listens. Dropped while the bus is away. */
void store_signal(Store *store, const char *subject, const char *text);
void store_listen(Store *store, const char *subject);
void store_unlisten(Store *store, const char *subject);
