#define G_LOG_DOMAIN "desk"

#include "desk/store.h"

#include <string.h>

#include "desk/store_job.h"
#include "desk/watch.h"
#include "wire/wire.h"

#define WORKERS        4
#define JOBS_MAX       8192 /* queued; more fail at once as unresolved */
#define SIGNALS_MAX    2048
#define EVENTS_MAX     8192 /* that wait for the bus */
#define EVENT_RETRY_MS 300

typedef struct {
    enum { EVENT_DONE, EVENT_STARTED, EVENT_ENTRY, EVENT_COMPLETE, EVENT_RECORD, EVENT_MESSAGE, EVENT_OTHER } kind;
    StoreJob *job;
    void (*other)(gpointer data);
    gpointer data;
    guint view;
    guint64 revision;
    gint64 as_of, bus_utc;
    gboolean forget;
    char *subject, *text;
} Event;

typedef struct {
    enum { SIGNAL_SEND, SIGNAL_LISTEN, SIGNAL_UNLISTEN, SIGNAL_QUIT } kind;
    char *subject, *text;
} Signal;

struct Store {
    const StoreEvents *events;
    JetStreamEvents jetstream_events;
    WatchEvents watch_events;
    JetStream *jetstream;
    Watch *watch;
    GAsyncQueue *jobs, *told, *signals, *out;
    gint closing;  /* atomic */
    guint shown;   /* the view that store_dispatch() is at */
    guint pending; /* writes whose callback was not called yet */
    GThread *workers[WORKERS], *teller, *signaller;
};

static const StoreJob quit_job;

/* --- handing results to the desk's thread ------------------------------------------------------------------------------------------ */

static void event_push(Store *store, Event event)
{
    g_async_queue_push(store->out, g_memdup2(&event, sizeof event));
    store->events->wake(store->events->data);
}

static void job_free(StoreJob *job)
{
    g_free(job->subject);
    g_free(job->text);
    g_free(job->value);
    if (job->records) g_array_unref(job->records);
    g_free(job);
}

static void event_free(Event *event)
{
    if (event->job) job_free(event->job);
    g_free(event->subject);
    g_free(event->text);
    g_free(event);
}

static void job_submit_to(Store *store, GAsyncQueue *queue, gint most, StoreJob job)
{
    StoreJob *own = g_memdup2(&job, sizeof job);
    own->result.verdict = STORE_UNRESOLVED;
    store->pending++;
    if (g_async_queue_length(queue) < most)
        g_async_queue_push(queue, own);
    else
        event_push(store, (Event){.kind = EVENT_DONE, .job = own});
}

void store_submit(Store *store, StoreJob job)
{
    job_submit_to(store, store->jobs, JOBS_MAX, job);
}

static void event_hand_out(Store *store, Event *event)
{
    if (event->kind == EVENT_STARTED) store->shown = event->view;
    if ((event->kind == EVENT_ENTRY || event->kind == EVENT_COMPLETE) && event->view != store->shown) return;
    const StoreEvents *to = store->events;
    switch (event->kind) {
    case EVENT_DONE:
        store->pending--;
        event->job->result.value = event->job->value;
        if (event->job->done) event->job->done(event->job->data, &event->job->result);
        break;
    case EVENT_STARTED: to->view_started(to->data, event->forget); break;
    case EVENT_ENTRY: to->entry(to->data, event->subject, event->revision, event->text); break;
    case EVENT_COMPLETE: to->view_complete(to->data, event->revision, event->as_of, event->bus_utc); break;
    case EVENT_RECORD: to->record(to->data, event->subject, event->text, event->bus_utc); break;
    case EVENT_MESSAGE: to->message(to->data, event->subject, event->text); break;
    case EVENT_OTHER: event->other(event->data); break;
    }
}

void store_dispatch(Store *store)
{
    for (Event *event; (event = g_async_queue_try_pop(store->out));) {
        event_hand_out(store, event);
        event_free(event);
    }
}

void store_hand_over(Store *store, void (*taken)(gpointer data), gpointer data)
{
    event_push(store, (Event){.kind = EVENT_OTHER, .other = taken, .data = data});
}

gboolean store_is_idle(const Store *store)
{
    return store->pending == 0;
}

guint store_pending(const Store *store)
{
    return store->pending;
}

gboolean store_is_connected(const Store *store)
{
    return jetstream_is_connected(store->jetstream);
}

JetStream *store_jetstream(const Store *store)
{
    return store->jetstream;
}

StoreJob store_job(void (*run)(Store *, StoreJob *), const char *stream, char *subject, const char *text, StoreDone done, gpointer data)
{
    return (StoreJob){.run = run, .stream = stream, .subject = subject, .text = g_strdup(text), .done = done, .data = data};
}

/* --- workers
 * ------------------------------------------------------------------------------------------------------------------------------ */

static gpointer work(gpointer data)
{
    Store *store = data;
    for (;;) {
        StoreJob *job = g_async_queue_pop(store->jobs);
        if (job == &quit_job) return NULL;
        job->run(store, job);
        event_push(store, (Event){.kind = EVENT_DONE, .job = job});
    }
}

/* --- events, one after the other --------------------------------------------------------------------------------------------------------
 */

/* Until the bus has it, from here or from another desk: the next one must not overtake it. */
static void run_event(Store *store, StoreJob *job)
{
    g_autofree char *mark = wire_new_secret();
    for (;;) {
        natsMsg *message = store_compose(job->subject, job->text, mark);
        natsMsgHeader_Set(message, "Content-Type", "application/cloudevents+json");
        store_compare_and_set(store, job, message, mark);
        g_clear_pointer(&job->value, g_free);
        if (job->result.verdict != STORE_UNRESOLVED || g_atomic_int_get(&store->closing)) return;
        g_usleep(EVENT_RETRY_MS * 1000);
    }
}

void store_tell(Store *store, const char *subject, const char *text, StoreDone done, gpointer data)
{
    job_submit_to(store, store->told, EVENTS_MAX, store_job(run_event, "EVENTS", g_strdup(subject), text, done, data));
}

static gpointer tell(gpointer data)
{
    Store *store = data;
    for (;;) {
        StoreJob *job = g_async_queue_pop(store->told);
        if (job == &quit_job) return NULL;
        if (!g_atomic_int_get(&store->closing)) job->run(store, job);
        event_push(store, (Event){.kind = EVENT_DONE, .job = job});
    }
}

/* --- core NATS between desks ------------------------------------------------------------------------------------------------------------
 */

static void on_message(G_GNUC_UNUSED natsConnection *connection, G_GNUC_UNUSED natsSubscription *subscription, natsMsg *message, void *data)
{
    event_push(data, (Event){.kind = EVENT_MESSAGE, .subject = g_strdup(natsMsg_GetSubject(message)), .text = jetstream_text(message)});
    natsMsg_Destroy(message);
}

static void listen_to(Store *store, GHashTable *subscriptions, const char *subject)
{
    natsSubscription *subscription = NULL;
    if (g_hash_table_contains(subscriptions, subject)) return;
    natsStatus status = natsConnection_Subscribe(&subscription, jetstream_connection(store->jetstream), subject, on_message, store);
    if (status == NATS_OK)
        g_hash_table_insert(subscriptions, g_strdup(subject), subscription);
    else
        g_warning("cannot listen to %s: %s", subject, natsStatus_GetText(status));
}

static void drop_subscription(gpointer subscription)
{
    natsSubscription_Unsubscribe(subscription);
    natsSubscription_Destroy(subscription);
}

static gpointer signal_in_order(gpointer data)
{
    Store *store = data;
    g_autoptr(GHashTable) subscriptions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, drop_subscription);
    for (gboolean quit = FALSE; !quit;) {
        Signal *signal = g_async_queue_pop(store->signals);
        switch (signal->kind) {
        case SIGNAL_SEND:
            if (store_is_connected(store))
                natsConnection_PublishString(jetstream_connection(store->jetstream), signal->subject, signal->text);
            break;
        case SIGNAL_LISTEN: listen_to(store, subscriptions, signal->subject); break;
        case SIGNAL_UNLISTEN: g_hash_table_remove(subscriptions, signal->subject); break;
        case SIGNAL_QUIT: quit = TRUE; break;
        }
        g_free(signal->subject);
        g_free(signal->text);
        g_free(signal);
    }
    return NULL;
}

static void signal_push(Store *store, Signal signal)
{
    g_async_queue_push(store->signals, g_memdup2(&signal, sizeof signal));
}

void store_signal(Store *store, const char *subject, const char *text)
{
    if (g_async_queue_length(store->signals) >= SIGNALS_MAX) {
        g_warning("too many signals wait for the bus: one to %s was dropped", subject);
        return;
    }
    signal_push(store, (Signal){.kind = SIGNAL_SEND, .subject = g_strdup(subject), .text = g_strdup(text)});
}

void store_listen(Store *store, const char *subject)
{
    signal_push(store, (Signal){.kind = SIGNAL_LISTEN, .subject = g_strdup(subject)});
}

void store_unlisten(Store *store, const char *subject)
{
    signal_push(store, (Signal){.kind = SIGNAL_UNLISTEN, .subject = g_strdup(subject)});
}

/* --- the view ---------------------------------------------------------------------------------------------------------------------------
 */

static void on_started(gpointer data, guint view, gboolean forget)
{
    event_push(data, (Event){.kind = EVENT_STARTED, .view = view, .forget = forget});
}

static void on_entry(gpointer data, guint view, const char *key, guint64 revision, char *text)
{
    event_push(data, (Event){.kind = EVENT_ENTRY, .view = view, .revision = revision, .subject = g_strdup(key), .text = text});
}

static void on_complete(gpointer data, guint view, guint64 revision, gint64 as_of, gint64 bus_utc)
{
    event_push(data, (Event){.kind = EVENT_COMPLETE, .view = view, .revision = revision, .as_of = as_of, .bus_utc = bus_utc});
}

static void on_record(gpointer data, const char *subject, char *text, gint64 landed_utc)
{
    event_push(data, (Event){.kind = EVENT_RECORD, .subject = g_strdup(subject), .text = text, .bus_utc = landed_utc});
}

void store_set_heartbeat(Store *store, const char *value)
{
    watch_set_heartbeat(store->watch, value);
}

void store_look(Store *store)
{
    watch_look(store->watch);
}

/* --- opening and closing ----------------------------------------------------------------------------------------------------------------
 */

static void on_changed(gpointer data, gboolean connected)
{
    Store *store = data;
    if (connected) watch_renew(store->watch);
    store->events->wake(store->events->data);
}

Store *store_open(const StoreSettings *settings, const StoreEvents *events, GError **error)
{
    Store *store = g_new0(Store, 1);
    const JetStreamSettings bus = {settings->servers, settings->replicas, settings->start_timeout_ms, settings->retention_days};
    store->events = events;
    store->jetstream_events = (JetStreamEvents){on_changed, store};
    store->watch_events = (WatchEvents){on_started, on_entry, on_complete, on_record, store};
    store->jobs = g_async_queue_new();
    store->told = g_async_queue_new();
    store->signals = g_async_queue_new();
    store->out = g_async_queue_new_full((GDestroyNotify)event_free);
    store->watch = watch_new(settings->instance, &store->watch_events);
    store->jetstream = jetstream_open(&bus, &store->jetstream_events, error);
    if (!store->jetstream) {
        store_close(store);
        return NULL;
    }
    for (int i = 0; i < WORKERS; i++) store->workers[i] = g_thread_new("store", work, store);
    store->teller = g_thread_new("events", tell, store);
    store->signaller = g_thread_new("signals", signal_in_order, store);
    watch_start(store->watch, store->jetstream);
    return store;
}

static void stop_threads(Store *store)
{
    watch_stop(store->watch);
    if (!store->signaller) return;
    g_atomic_int_set(&store->closing, 1);
    for (int i = 0; i < WORKERS; i++) g_async_queue_push(store->jobs, (gpointer)&quit_job);
    for (int i = 0; i < WORKERS; i++) g_thread_join(store->workers[i]);
    g_async_queue_push(store->told, (gpointer)&quit_job);
    g_thread_join(store->teller);
    signal_push(store, (Signal){.kind = SIGNAL_QUIT});
    g_thread_join(store->signaller);
}

void store_close(Store *store)
{
    if (!store) return;
    stop_threads(store);
    if (!jetstream_close(store->jetstream)) {
        g_warning("the bus library did not come to rest; its memory is left to it");
        return;
    }
    watch_free(store->watch);
    g_async_queue_unref(store->jobs);
    g_async_queue_unref(store->told);
    g_async_queue_unref(store->signals);
    g_async_queue_unref(store->out);
    g_free(store);
}
