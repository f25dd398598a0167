/* store_job: one write or question of the store on its way to the bus and back, for the store's own files: store.c (threads and callbacks),
 * store_writes.c (compare-and-set), store_records.c (booths' records). */
#pragma once

#include <nats/nats.h>

#include "desk/jetstream.h"
#include "desk/store.h"

#define STORE_WRITE_WAIT_MS 1500

typedef struct StoreJob StoreJob;
struct StoreJob {
    void (*run)(Store *store, StoreJob *job); /* on a worker; leaves its outcome in result */
    const char *stream;
    char *subject, *text; /* owned */
    guint64 expected;
    GArray *records; /* of StoreRecord, or NULL; owned */
    StoreDone done;
    gpointer data;
    StoreResult result;
    char *value; /* behind result.value; owned */
};

/* --- for the desk's thread */
/* subject: taken over. text: copied, may be NULL. */
StoreJob store_job(void (*run)(Store *, StoreJob *), const char *stream, char *subject, const char *text, StoreDone done, gpointer data);
void store_submit(Store *store, StoreJob job);

/* --- for workers */
JetStream *store_jetstream(const Store *store);
/* A message with the mark by which its writer knows it again. */
natsMsg *store_compose(const char *subject, const char *text, const char *mark);
/* Publishes message, which it frees, to the job's stream if the subject's last one is that with the sequence job->expected; 0: if there is
 * none. The verdict, the revision and what stands there after a lost race go into the job. */
void store_compare_and_set(Store *store, StoreJob *job, natsMsg *message, const char *mark);
/* store_once() and store_put() as a job. */
void store_run_put(Store *store, StoreJob *job);
/* The last message of the job's subject; NATS_CONNECTION_DISCONNECTED while the bus is away. */
natsStatus store_read_last(Store *store, const StoreJob *job, natsMsg **message);
