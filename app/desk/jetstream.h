/* jetstream: the desk's connection to nats-server, and the streams behind it.
 *
 * It reconnects for ever. What is sent while it is away fails at once instead of turning up later. The streams are made where they are
 * missing and checked where they are not. Whatever asks the server has JETSTREAM_WAIT_MS for it.
 *
 * Threads: all functions from any thread, but jetstream_open() and jetstream_close() from one, with no other at work then. */
#pragma once

#include <glib.h>
#include <nats/nats.h>

#define JETSTREAM_WAIT_MS        2000
#define JETSTREAM_CLOSE_MS       5000 /* for the library to come to rest */
#define JETSTREAM_RETENTION_DAYS 28
#define JETSTREAM_KEYS           "$KV.CALLS." /* before every key of KV_CALLS */
#define JETSTREAM_ENROLMENTS     "$KV.ENROL." /* before every key of KV_ENROL */

typedef struct JetStream JetStream;

typedef struct {
    const char *const *servers; /* nats://HOST:PORT */
    int replicas;
    guint start_timeout_ms; /* how long jetstream_open() waits for a server, and for its streams */
    guint retention_days;   /* of RECORDS, and of CONTACTS if it is less than 28; 0: JETSTREAM_RETENTION_DAYS */
} JetStreamSettings;

typedef struct {
    /* The connection was lost, or is back. From a thread of the library; perhaps before jetstream_open() has returned. */
    void (*changed)(gpointer data, gboolean connected);
    gpointer data;
} JetStreamEvents;

/* What the stream of calls was when it was looked at. */
typedef struct {
    gint64 created; /* tells it from another one under the same name */
    guint64 last;   /* sequence of its last message */
} JetStreamCalls;

#define JETSTREAM_ERROR (jetstream_error_quark())
GQuark jetstream_error_quark(void);

/* Connects, checks that the server's version is sound for the replica count, and provisions the streams. settings are copied, events must
 * outlive it. NULL with one sentence for a person. */
JetStream *jetstream_open(const JetStreamSettings *settings, const JetStreamEvents *events, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Says nothing any more, closes and frees. FALSE: the library did not come to rest and may still call; then this is not freed, and what the
 * library may call with has to stay as well. NULL is fine. */
gboolean jetstream_close(JetStream *jetstream);

gboolean jetstream_is_connected(const JetStream *jetstream);
natsConnection *jetstream_connection(const JetStream *jetstream); /* belongs to it, as the context does */
jsCtx *jetstream_context(const JetStream *jetstream);

/* Makes the streams that are missing, and checks that those there are fit. calls may be NULL. FALSE with one sentence. */
gboolean jetstream_provision(JetStream *jetstream, JetStreamCalls *calls, GError **error);
/* The last message of a subject, to destroy. NATS_NOT_FOUND when there is none. */
natsStatus jetstream_read_last(JetStream *jetstream, const char *stream, const char *subject, natsMsg **message);

/* The library calls for a while after a subscription was ended, and tells when that is over (natsSubscription_SetOnCompleteCB()). A
 * subscription is held until then: jetstream_close() waits for its release. */
void jetstream_hold(JetStream *jetstream);
void jetstream_release(JetStream *jetstream);
/* Ends a subscription, if there is one, and forgets it. */
void jetstream_unsubscribe(natsSubscription **subscription);

/* A message's payload, to g_free(). */
char *jetstream_text(natsMsg *message);
/* The number in a header; 0 without one. */
gint64 jetstream_header_number(natsMsg *message, const char *name);
/* Whether it is what a purge left of a key. */
gboolean jetstream_is_marker(natsMsg *message);

/* A connection without any of this, for a program that asks once; to natsConnection_Destroy(). */
natsStatus jetstream_dial(const char *const *servers, natsConnection **connection);
/* The same with a JetStream context whose answers are waited for JETSTREAM_WAIT_MS; to jsCtx_Destroy(), and first. FALSE: both are NULL. */
gboolean jetstream_dial_context(const char *const *servers, natsConnection **connection, jsCtx **js);
