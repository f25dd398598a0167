#define G_LOG_DOMAIN "desk"

#include "desk/store.h"

#include <gio/gio.h>
#include <jansson.h>
#include <nats/nats.h>
#include <stdlib.h>
#include <string.h>

#include "wire/wire.h"

#define WORKERS         4
#define JOBS_MAX        8192 /* queued; more fail at once as unresolved */
#define SIGNALS_MAX     2048
#define WRITE_WAIT_MS   1500
#define API_WAIT_MS     2000
#define BEAT_MS         1000
#define UNSOUND_MS      250 /* without a view, it is tried again */
#define CLOSE_WAIT_MS   5000
#define LOOK_GAP_MS     50   /* between two heartbeats, however many look */
#define BLIND_MS        2000 /* own heartbeat not seen for so long: the view is rebuilt */
#define HISTORY         5000 /* records read at the start */
#define MARK_HEADER     "Lb-Write"
#define AS_OF_HEADER    "Lb-As-Of" /* when the heartbeat was written, on its desk's monotonic clock */
#define SOUND_CLUSTER   "2.10.27"
#define CONTACT_MAX_AGE (28LL * 24 * 3600 * 1000000000)

typedef struct Job Job;
struct Job {
    void (*run)(Store *store, Job *job);
    const char *stream;
    char *subject, *text;
    guint64 expected;
    gint64 epoch, seq;
    StoreDone done;
    gpointer data;
    StoreResult result;
    char *value; /* behind result.value */
};

typedef struct {
    enum { EVENT_DONE, EVENT_STARTED, EVENT_ENTRY, EVENT_COMPLETE, EVENT_RECORD, EVENT_MESSAGE } kind;
    Job *job;
    guint view;
    guint64 revision;
    gint64 as_of;
    gboolean forget;
    char *subject, *text;
} Event;

typedef struct {
    enum { SIGNAL_SEND, SIGNAL_LISTEN, SIGNAL_UNLISTEN, SIGNAL_QUIT } kind;
    char *subject, *text;
} Signal;

struct Store {
    const StoreEvents *events;
    char **servers;
    char *instance, *beat_subject;
    int replicas;
    natsConnection *connection;
    jsCtx *js;
    GAsyncQueue *jobs, *signals, *out;
    guint shown; /* the view that store_dispatch() is at */
    GThread *workers[WORKERS], *signaller, *pulse;
    GMutex lock; /* guards what follows */
    GCond kick;
    char *heartbeat;
    gint64 beat_seen; /* monotonic µs */
    gboolean stopping, reconnected, look;
    gboolean torn;     /* the view misses something */
    guint outstanding; /* subscriptions and the connection: while there are any, the library may still call */
    int64_t created;   /* of the stream behind the current view */
    guint view;
    natsSubscription *watch, *follow;
    guint64 followed; /* stream sequence of the last record shown */
};

GQuark store_error_quark(void)
{
    return g_quark_from_static_string("livebooth-store");
}

static const Job quit_job;

/* The library calls from its own threads, also for a while after a subscription or the connection was closed; it tells when that is over.
 */
static void hold(Store *store)
{
    g_mutex_lock(&store->lock);
    store->outstanding++;
    g_mutex_unlock(&store->lock);
}

static void release(Store *store)
{
    g_mutex_lock(&store->lock);
    store->outstanding--;
    g_cond_broadcast(&store->kick);
    g_mutex_unlock(&store->lock);
}

static void on_complete(void *data)
{
    release(data);
}

/* --- handing results to the desk's thread ------------------------------------------------------------------------------------------ */

static void event_push(Store *store, Event event)
{
    g_async_queue_push(store->out, g_memdup2(&event, sizeof event));
    store->events->wake(store->events->data);
}

static void job_free(Job *job)
{
    g_free(job->subject);
    g_free(job->text);
    g_free(job->value);
    g_free(job);
}

static void event_free(Event *event)
{
    if (event->job) job_free(event->job);
    g_free(event->subject);
    g_free(event->text);
    g_free(event);
}

static void job_submit(Store *store, Job job)
{
    Job *own = g_memdup2(&job, sizeof job);
    own->result.verdict = STORE_UNRESOLVED;
    if (g_async_queue_length(store->jobs) < JOBS_MAX)
        g_async_queue_push(store->jobs, own);
    else
        event_push(store, (Event){.kind = EVENT_DONE, .job = own});
}

static void event_hand_out(Store *store, Event *event)
{
    if (event->kind == EVENT_STARTED) store->shown = event->view;
    if ((event->kind == EVENT_ENTRY || event->kind == EVENT_COMPLETE) && event->view != store->shown) return;
    const StoreEvents *to = store->events;
    switch (event->kind) {
    case EVENT_DONE:
        event->job->result.value = event->job->value;
        if (event->job->done) event->job->done(event->job->data, &event->job->result);
        break;
    case EVENT_STARTED: to->view_started(to->data, event->forget); break;
    case EVENT_ENTRY: to->entry(to->data, event->subject, event->revision, event->text); break;
    case EVENT_COMPLETE: to->view_complete(to->data, event->revision, event->as_of); break;
    case EVENT_RECORD: to->record(to->data, event->subject, event->text); break;
    case EVENT_MESSAGE: to->message(to->data, event->subject, event->text); break;
    }
}

void store_dispatch(Store *store)
{
    for (Event *event; (event = g_async_queue_try_pop(store->out));) {
        event_hand_out(store, event);
        event_free(event);
    }
}

gboolean store_is_connected(const Store *store)
{
    return natsConnection_Status(store->connection) == NATS_CONN_STATUS_CONNECTED;
}

/* --- reading and compare-and-set, on a worker --------------------------------------------------------------------------------------- */

/* The last message of a subject. NATS_NOT_FOUND when there is none. */
static natsStatus read_last(Store *store, const char *stream, const char *subject, natsMsg **message)
{
    jsOptions options;
    jsErrCode code = 0;
    jsOptions_Init(&options);
    options.Wait = API_WAIT_MS;
    natsStatus status = js_GetLastMsg(message, store->js, stream, subject, &options, &code);
    return code == JSNoMessageFoundErr ? NATS_NOT_FOUND : status;
}

static gboolean is_marker(natsMsg *message)
{
    const char *operation = NULL;
    return natsMsgHeader_Get(message, "KV-Operation", &operation) == NATS_OK;
}

static char *message_text(natsMsg *message)
{
    return g_strndup(natsMsg_GetData(message), (gsize)natsMsg_GetDataLength(message));
}

/* Not acknowledged, or a lost race: what stands at the key now, and is it ours? */
static void resolve(Store *store, Job *job, const char *mark, gboolean raced)
{
    natsMsg *message = NULL;
    job->result.verdict = raced ? STORE_LOST : STORE_UNRESOLVED;
    if (!store_is_connected(store)) return;
    natsStatus status = read_last(store, job->stream, job->subject, &message);
    if (status == NATS_NOT_FOUND && job->expected) job->result.verdict = STORE_LOST;
    if (status != NATS_OK) {
        /* A lost race whose winner cannot be read is for the view to tell. */
        if (raced && status != NATS_NOT_FOUND) job->result.verdict = STORE_UNRESOLVED;
        return;
    }
    const char *written = NULL;
    job->result.revision = natsMsg_GetSequence(message);
    if (natsMsgHeader_Get(message, MARK_HEADER, &written) == NATS_OK && strcmp(written, mark) == 0)
        job->result.verdict = STORE_WON;
    else if (job->result.revision != job->expected)
        job->result.verdict = STORE_LOST;
    if (job->result.verdict == STORE_LOST && !is_marker(message)) job->value = message_text(message);
    natsMsg_Destroy(message);
}

static natsMsg *compose(const char *subject, const char *text, const char *mark)
{
    natsMsg *message = NULL;
    if (natsMsg_Create(&message, subject, NULL, text, (int)strlen(text)) != NATS_OK) g_error("out of memory");
    natsMsgHeader_Set(message, MARK_HEADER, mark);
    return message;
}

/* Publishes message, which it frees; expected 0: the subject must be empty. */
static void compare_and_set(Store *store, Job *job, natsMsg *message, const char *mark)
{
    jsPubOptions options;
    jsPubAck *ack = NULL;
    jsErrCode code = 0;
    jsPubOptions_Init(&options);
    options.MaxWait = WRITE_WAIT_MS;
    options.ExpectStream = job->stream;
    options.ExpectLastSubjectSeq = job->expected;
    options.ExpectNoMessage = job->expected == 0;
    natsStatus status = store_is_connected(store) ? js_PublishMsg(&ack, store->js, message, &options, &code) : NATS_CONNECTION_DISCONNECTED;
    if (status == NATS_OK) {
        job->result.verdict = STORE_WON;
        job->result.revision = ack->Sequence;
    } else {
        resolve(store, job, mark, code == JSStreamWrongLastSequenceErr);
    }
    jsPubAck_Destroy(ack);
    natsMsg_Destroy(message);
}

static void run_put(Store *store, Job *job)
{
    g_autofree char *mark = wire_new_secret();
    compare_and_set(store, job, compose(job->subject, job->text, mark), mark);
}

static Job make_job(void (*run)(Store *, Job *), const char *stream, char *subject, const char *text, StoreDone done, gpointer data)
{
    return (Job){.run = run, .stream = stream, .subject = subject, .text = g_strdup(text), .done = done, .data = data};
}

void store_put(Store *store, const char *key, const char *value, guint64 expected, StoreDone done, gpointer data)
{
    Job job = make_job(run_put, "KV_CALLS", g_strconcat("$KV.CALLS.", key, NULL), value, done, data);
    job.expected = expected;
    job_submit(store, job);
}

void store_once(Store *store, const char *stream, const char *subject, const char *value, StoreDone done, gpointer data)
{
    const char *own = strcmp(stream, "CONTACTS") == 0 ? "CONTACTS" : "RECORDS";
    job_submit(store, make_job(run_put, own, g_strdup(subject), value, done, data));
}

static void run_finish(Store *store, Job *job)
{
    g_autofree char *mark = wire_new_secret();
    Job landed = {.stream = "RECORDS", .subject = g_strconcat("record.", job->subject, NULL), .text = job->text};
    compare_and_set(store, &landed, compose(landed.subject, job->text, mark), mark);
    g_free(landed.subject);
    g_free(landed.value);
    if (landed.result.verdict == STORE_UNRESOLVED) return;
    g_autofree char *subject = g_strconcat("$KV.CALLS.", job->subject, NULL);
    Job purge = {.stream = "KV_CALLS", .subject = subject, .expected = job->expected};
    natsMsg *marker = compose(subject, "", mark);
    natsMsgHeader_Set(marker, "KV-Operation", "PURGE");
    natsMsgHeader_Set(marker, "Nats-Rollup", "sub");
    compare_and_set(store, &purge, marker, mark);
    g_free(purge.value);
    /* Who else purged it was just as right. */
    job->result.verdict = purge.result.verdict == STORE_LOST ? STORE_WON : purge.result.verdict;
    job->result.revision = purge.result.revision;
}

void store_finish(Store *store, const char *call, const char *record, guint64 revision, StoreDone done, gpointer data)
{
    g_return_if_fail(revision > 0);
    Job job = make_job(run_finish, "KV_CALLS", g_strconcat("call.", call, NULL), record, done, data);
    job.expected = revision;
    job_submit(store, job);
}

static void run_forget(Store *store, Job *job)
{
    jsOptions options;
    jsErrCode code = 0;
    jsOptions_Init(&options);
    options.Wait = API_WAIT_MS;
    options.Stream.Purge.Subject = job->subject;
    options.Stream.Purge.Sequence = job->expected + 1;
    if (js_PurgeStream(store->js, "KV_CALLS", &options, &code) == NATS_OK) job->result.verdict = STORE_WON;
}

void store_forget(Store *store, const char *key, guint64 revision)
{
    Job job = make_job(run_forget, "KV_CALLS", g_strconcat("$KV.CALLS.", key, NULL), NULL, NULL, NULL);
    job.expected = revision;
    job_submit(store, job);
}

/* --- booths' records and snapshots ---------------------------------------------------------------------------------------------------- */

static gint64 header_number(natsMsg *message, const char *name)
{
    const char *text = NULL;
    return natsMsgHeader_Get(message, name, &text) == NATS_OK ? g_ascii_strtoll(text, NULL, 10) : 0;
}

/* Puts the last landed record into the result; FALSE when that cannot be known now. */
static gboolean find_last_record(Store *store, Job *job)
{
    natsMsg *message = NULL;
    natsStatus status = store_is_connected(store) ? read_last(store, job->stream, job->subject, &message) : NATS_CONNECTION_DISCONNECTED;
    job->result.revision = 0;
    job->result.epoch = job->result.seq = 0;
    if (status == NATS_OK) {
        job->result.revision = natsMsg_GetSequence(message);
        job->result.epoch = header_number(message, "Lb-Epoch");
        job->result.seq = header_number(message, "Lb-Seq");
    }
    natsMsg_Destroy(message);
    return status == NATS_OK || status == NATS_NOT_FOUND;
}

static gboolean has_landed(const Job *job)
{
    return job->result.epoch > job->epoch || (job->result.epoch == job->epoch && job->result.seq >= job->seq);
}

static void run_append(Store *store, Job *job)
{
    for (int attempt = 0; attempt < 3; attempt++) {
        if (attempt || !job->expected) {
            if (!find_last_record(store, job)) break;
            job->expected = job->result.revision;
            if (job->expected && has_landed(job)) {
                job->result.verdict = STORE_WON;
                return;
            }
        }
        g_autofree char *mark = wire_new_secret();
        g_autofree char *epoch = g_strdup_printf("%" G_GINT64_FORMAT, job->epoch), *seq = g_strdup_printf("%" G_GINT64_FORMAT, job->seq);
        natsMsg *message = compose(job->subject, job->text, mark);
        natsMsgHeader_Set(message, "Lb-Epoch", epoch);
        natsMsgHeader_Set(message, "Lb-Seq", seq);
        compare_and_set(store, job, message, mark);
        if (job->result.verdict == STORE_WON) {
            job->result.epoch = job->epoch;
            job->result.seq = job->seq;
            return;
        }
        g_clear_pointer(&job->value, g_free);
        if (job->result.verdict == STORE_UNRESOLVED) break;
    }
    job->result.verdict = STORE_UNRESOLVED;
}

void store_append(Store *store, const char *booth, gint64 epoch, gint64 seq, const char *value, guint64 expected, StoreDone done,
                  gpointer data)
{
    Job job = make_job(run_append, "RECORDS", g_strconcat("record.booth.", booth, NULL), value, done, data);
    job.epoch = epoch;
    job.seq = seq;
    job.expected = expected;
    job_submit(store, job);
}

static void run_last_record(Store *store, Job *job)
{
    job->result.verdict = find_last_record(store, job) ? STORE_WON : STORE_UNRESOLVED;
}

void store_last_record(Store *store, const char *booth, StoreDone done, gpointer data)
{
    job_submit(store, make_job(run_last_record, "RECORDS", g_strconcat("record.booth.", booth, NULL), NULL, done, data));
}

static void run_snapshot(Store *store, Job *job)
{
    jsPubOptions options;
    jsErrCode code = 0;
    jsPubOptions_Init(&options);
    options.MaxWait = WRITE_WAIT_MS;
    if (!store_is_connected(store)) return;
    if (js_Publish(NULL, store->js, job->subject, job->text, (int)strlen(job->text), &options, &code) == NATS_OK)
        job->result.verdict = STORE_WON;
}

void store_snapshot(Store *store, const char *booth, const char *value, StoreDone done, gpointer data)
{
    job_submit(store, make_job(run_snapshot, "KV_BOOTHS", g_strconcat("$KV.BOOTHS.", booth, NULL), value, done, data));
}

static gpointer work(gpointer data)
{
    Store *store = data;
    for (;;) {
        Job *job = g_async_queue_pop(store->jobs);
        if (job == &quit_job) return NULL;
        job->run(store, job);
        event_push(store, (Event){.kind = EVENT_DONE, .job = job});
    }
}

/* --- core NATS between desks ------------------------------------------------------------------------------------------------------------
 */

static void on_message(G_GNUC_UNUSED natsConnection *connection, G_GNUC_UNUSED natsSubscription *subscription, natsMsg *message, void *data)
{
    event_push(data, (Event){.kind = EVENT_MESSAGE, .subject = g_strdup(natsMsg_GetSubject(message)), .text = message_text(message)});
    natsMsg_Destroy(message);
}

static void listen_to(Store *store, GHashTable *subscriptions, const char *subject)
{
    natsSubscription *subscription = NULL;
    if (g_hash_table_contains(subscriptions, subject)) return;
    natsStatus status = natsConnection_Subscribe(&subscription, store->connection, subject, on_message, store);
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
            if (store_is_connected(store)) natsConnection_PublishString(store->connection, signal->subject, signal->text);
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

/* --- streams
 * ------------------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    const char *name, *subject;
    gint64 per_subject, max_age;
    gboolean rollup;
} StreamPlan;

static const StreamPlan plans[] = {
    {"KV_CALLS", "$KV.CALLS.>", 8, 0, TRUE},
    {"KV_BOOTHS", "$KV.BOOTHS.>", 1, 0, TRUE},
    {"RECORDS", "record.>", -1, 0, FALSE},
    {"CONTACTS", "contact.>", -1, CONTACT_MAX_AGE, FALSE},
};

static gboolean stream_error(GError **error, const char *name, const char *what)
{
    g_set_error(error, STORE_ERROR, 0, "stream %s cannot be used: %s.", name, what);
    return FALSE;
}

/* Makes the stream, or checks that the one there is fit: direct reads would be stale on replicas. */
static gboolean provision(Store *store, const StreamPlan *plan, int64_t *ret_created, guint64 *ret_last, GError **error)
{
    jsStreamConfig config;
    jsOptions options;
    jsStreamInfo *info = NULL;
    jsErrCode code = 0;
    jsOptions_Init(&options);
    options.Wait = API_WAIT_MS;
    jsStreamConfig_Init(&config);
    config.Name = plan->name;
    config.Subjects = (const char *[]){plan->subject};
    config.SubjectsLen = 1;
    config.Storage = js_FileStorage;
    config.Discard = js_DiscardNew;
    config.MaxMsgsPerSubject = plan->per_subject;
    config.MaxAge = plan->max_age;
    config.Replicas = store->replicas;
    config.AllowRollup = plan->rollup;
    config.DenyDelete = true;
    natsStatus status = js_AddStream(&info, store->js, &config, &options, &code);
    if (code == JSStreamNameExistErr) status = js_GetStreamInfo(&info, store->js, plan->name, &options, &code);
    if (status != NATS_OK) return stream_error(error, plan->name, natsStatus_GetText(status));
    gboolean fit = !info->Config->AllowDirect && info->Config->Storage == js_FileStorage && info->Config->AllowRollup == plan->rollup;
    gboolean same_replicas = info->Config->Replicas == store->replicas;
    if (ret_created) *ret_created = info->Created;
    if (ret_last) *ret_last = info->State.LastSeq;
    jsStreamInfo_Destroy(info);
    if (!fit) return stream_error(error, plan->name, "it was made with other settings; remove it, or use another nats-server");
    if (!same_replicas) return stream_error(error, plan->name, "it has another number of replicas than [bus] replicas says");
    return TRUE;
}

/* ret_created, ret_last: of the stream of calls; may be NULL. */
static gboolean provision_all(Store *store, int64_t *ret_created, guint64 *ret_last, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(plans); i++) {
        if (!provision(store, &plans[i], i == 0 ? ret_created : NULL, i == 0 ? ret_last : NULL, error)) return FALSE;
    }
    return TRUE;
}

/* --- the view
 * ------------------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Store *store;
    guint view;
    guint64 delivered; /* messages of the consumer so far */
    guint64 start;     /* the last sequence before it: a heartbeat up to that one says nothing of what came after */
    gboolean torn;     /* it misses something, and what follows says nothing any more */
} Watch;

/* delivered: the consumer's count with this message; may be NULL. */
static gboolean stream_sequence(natsMsg *message, guint64 *sequence, guint64 *delivered)
{
    jsMsgMetaData *meta = NULL;
    if (natsMsg_GetMetaData(&meta, message) != NATS_OK) return FALSE;
    *sequence = meta->Sequence.Stream;
    if (delivered) *delivered = meta->Sequence.Consumer;
    jsMsgMetaData_Destroy(meta);
    return TRUE;
}

/* A message got lost on the way: the view has a hole and is built anew. */
static void check_order(Watch *watch, guint64 delivered)
{
    if (watch->torn || delivered == ++watch->delivered) return;
    Store *store = watch->store;
    watch->torn = TRUE;
    g_mutex_lock(&store->lock);
    if (watch->view == store->view) store->torn = TRUE;
    g_cond_signal(&store->kick);
    g_mutex_unlock(&store->lock);
}

static void see_own_beat(Watch *watch, natsMsg *message, guint64 revision)
{
    Store *store = watch->store;
    g_mutex_lock(&store->lock);
    if (watch->view == store->view) store->beat_seen = g_get_monotonic_time();
    g_mutex_unlock(&store->lock);
    if (revision <= watch->start) return;
    event_push(store,
               (Event){.kind = EVENT_COMPLETE, .view = watch->view, .revision = revision, .as_of = header_number(message, AS_OF_HEADER)});
}

static void on_entry(G_GNUC_UNUSED natsConnection *connection, G_GNUC_UNUSED natsSubscription *subscription, natsMsg *message, void *data)
{
    Watch *watch = data;
    Store *store = watch->store;
    guint64 revision, delivered;
    const char *subject = natsMsg_GetSubject(message);
    if (g_str_has_prefix(subject, "$KV.CALLS.") && stream_sequence(message, &revision, &delivered)) {
        check_order(watch, delivered);
        event_push(store, (Event){.kind = EVENT_ENTRY,
                                  .view = watch->view,
                                  .revision = revision,
                                  .subject = g_strdup(subject + strlen("$KV.CALLS.")),
                                  .text = is_marker(message) ? NULL : message_text(message)});
        if (strcmp(subject, store->beat_subject) == 0 && !watch->torn) see_own_beat(watch, message, revision);
    }
    natsMsg_Destroy(message);
}

static void on_record(G_GNUC_UNUSED natsConnection *connection, G_GNUC_UNUSED natsSubscription *subscription, natsMsg *message, void *data)
{
    Store *store = data;
    guint64 sequence;
    if (stream_sequence(message, &sequence, NULL)) {
        g_mutex_lock(&store->lock);
        store->followed = MAX(store->followed, sequence);
        g_mutex_unlock(&store->lock);
        event_push(store, (Event){.kind = EVENT_RECORD, .subject = g_strdup(natsMsg_GetSubject(message)), .text = message_text(message)});
    }
    natsMsg_Destroy(message);
}

/* An ordered consumer in all but name. The library's own kind renews itself on a thread of the library, which frees the consumer's name
 * while natsSubscription_Unsubscribe() still reads it (3.4.1): here whoever finds a gap, or no heartbeat of its own, subscribes anew. */
static natsStatus subscribe_in_order(Store *store, natsSubscription **subscription, const char *stream, const char *subject, guint64 from,
                                     natsMsgHandler handler, void *data)
{
    jsSubOptions options;
    jsErrCode code = 0;
    jsSubOptions_Init(&options);
    options.Stream = stream;
    options.Config.AckPolicy = js_AckNone;
    options.Config.MaxDeliver = 1;
    options.Config.FlowControl = true;
    options.Config.MemoryStorage = true;
    options.Config.Replicas = 1;
    options.Config.DeliverPolicy = from ? js_DeliverByStartSequence : js_DeliverLastPerSubject;
    options.Config.OptStartSeq = from;
    options.Config.FilterSubject = subject;
    options.Config.Heartbeat = 500LL * 1000000;
    natsStatus status = js_Subscribe(subscription, store->js, subject, handler, data, NULL, &options, &code);
    if (status == NATS_OK) natsSubscription_SetPendingLimits(*subscription, -1, -1);
    return status;
}

static void end_subscription(natsSubscription **subscription)
{
    if (!*subscription) return;
    natsSubscription_Unsubscribe(*subscription);
    natsSubscription_Destroy(*subscription);
    *subscription = NULL;
}

static void on_watch_complete(void *data)
{
    Watch *watch = data;
    release(watch->store);
    g_free(watch);
}

static guint64 history_start(Store *store)
{
    jsStreamInfo *info = NULL;
    jsErrCode code = 0;
    guint64 from = 0;
    if (js_GetStreamInfo(&info, store->js, "RECORDS", NULL, &code) == NATS_OK) {
        guint64 last = info->State.LastSeq;
        from = last > HISTORY ? last - HISTORY : 1;
        /* Another stream under the old name starts over. */
        if (store->followed && store->followed <= last) from = MAX(from, store->followed + 1);
    }
    jsStreamInfo_Destroy(info);
    return from;
}

/* On the pulse thread. The old view is dropped first: its keys stay known until the new one is complete. */
static gboolean build_view(Store *store)
{
    g_autoptr(GError) error = NULL;
    int64_t created = 0;
    guint64 last = 0;
    end_subscription(&store->watch);
    end_subscription(&store->follow);
    if (!provision_all(store, &created, &last, &error)) {
        g_info("%s", error->message);
        return FALSE;
    }
    g_mutex_lock(&store->lock);
    Watch *watch = g_new0(Watch, 1);
    *watch = (Watch){.store = store, .view = ++store->view, .start = last};
    gboolean forget = store->created && store->created != created;
    store->created = created;
    store->beat_seen = g_get_monotonic_time();
    g_mutex_unlock(&store->lock);
    event_push(store, (Event){.kind = EVENT_STARTED, .view = watch->view, .forget = forget});
    if (subscribe_in_order(store, &store->watch, "KV_CALLS", "$KV.CALLS.>", 0, on_entry, watch) != NATS_OK) {
        g_free(watch);
        return FALSE;
    }
    hold(store);
    natsSubscription_SetOnCompleteCB(store->watch, on_watch_complete, watch);
    guint64 from = history_start(store);
    if (!from || subscribe_in_order(store, &store->follow, "RECORDS", "record.call.>", from, on_record, store) != NATS_OK) return FALSE;
    hold(store);
    natsSubscription_SetOnCompleteCB(store->follow, on_complete, store);
    return TRUE;
}

static void beat(Store *store)
{
    jsPubOptions options;
    jsErrCode code = 0;
    natsMsg *message = NULL;
    jsPubOptions_Init(&options);
    options.MaxWait = BEAT_MS;
    g_mutex_lock(&store->lock);
    g_autofree char *value = g_strdup(store->heartbeat);
    g_mutex_unlock(&store->lock);
    g_autofree char *as_of = g_strdup_printf("%" G_GINT64_FORMAT, g_get_monotonic_time());
    if (natsMsg_Create(&message, store->beat_subject, NULL, value, (int)strlen(value)) != NATS_OK) g_error("out of memory");
    natsMsgHeader_Set(message, AS_OF_HEADER, as_of);
    js_PublishMsg(NULL, store->js, message, &options, &code);
    natsMsg_Destroy(message);
}

/* Until the next heartbeat is due, or sooner when something has happened; with the lock held. */
static void wait_for_beat(Store *store, gboolean sound)
{
    gint64 since = g_get_monotonic_time();
    while (!store->stopping && !store->reconnected && !store->torn) {
        gint64 pause_ms = !sound ? UNSOUND_MS : store->look ? LOOK_GAP_MS : BEAT_MS;
        if (!g_cond_wait_until(&store->kick, &store->lock, since + pause_ms * 1000)) return;
    }
}

static gpointer pulsate(gpointer data)
{
    Store *store = data;
    gboolean sound = FALSE;
    g_mutex_lock(&store->lock);
    while (!store->stopping) {
        gboolean blind = g_get_monotonic_time() - store->beat_seen > BLIND_MS * 1000;
        gboolean rebuild = blind || !sound || store->reconnected || store->torn;
        store->reconnected = store->torn = store->look = FALSE;
        g_mutex_unlock(&store->lock);
        if (store_is_connected(store)) {
            if (rebuild && sound) g_info("the view of the bucket is built anew");
            if (rebuild) sound = build_view(store);
            beat(store);
        }
        g_mutex_lock(&store->lock);
        wait_for_beat(store, sound);
    }
    g_mutex_unlock(&store->lock);
    return NULL;
}

void store_look(Store *store)
{
    g_mutex_lock(&store->lock);
    store->look = TRUE;
    g_cond_broadcast(&store->kick);
    g_mutex_unlock(&store->lock);
}

void store_set_heartbeat(Store *store, const char *value)
{
    g_mutex_lock(&store->lock);
    g_free(store->heartbeat);
    store->heartbeat = g_strdup(value);
    g_mutex_unlock(&store->lock);
}

/* --- opening and closing
 * ---------------------------------------------------------------------------------------------------------------------- */

static void on_disconnected(G_GNUC_UNUSED natsConnection *connection, void *data)
{
    Store *store = data;
    g_mutex_lock(&store->lock);
    gboolean stopping = store->stopping;
    g_mutex_unlock(&store->lock);
    if (stopping) return;
    g_warning("the bus is away");
    store->events->wake(store->events->data);
}

static void on_reconnected(G_GNUC_UNUSED natsConnection *connection, void *data)
{
    Store *store = data;
    g_message("the bus is back");
    g_mutex_lock(&store->lock);
    store->reconnected = TRUE;
    g_cond_signal(&store->kick);
    g_mutex_unlock(&store->lock);
    store->events->wake(store->events->data);
}

static void on_closed(G_GNUC_UNUSED natsConnection *connection, void *data)
{
    release(data);
}

static void on_bus_error(G_GNUC_UNUSED natsConnection *connection, G_GNUC_UNUSED natsSubscription *subscription, natsStatus status,
                         G_GNUC_UNUSED void *data)
{
    /* Missed heartbeats of a consumer come here on every lost connection; the pulse finds out by itself. */
    g_debug("bus: %s", natsStatus_GetText(status));
}

static natsOptions *connection_options(const char *const *servers, Store *store)
{
    natsOptions *options = NULL;
    if (natsOptions_Create(&options) != NATS_OK) g_error("out of memory");
    natsStatus status = natsOptions_SetServers(options, (const char **)servers, (int)g_strv_length((char **)servers));
    if (status == NATS_OK) status = natsOptions_SetName(options, "livebooth desk");
    if (status == NATS_OK) status = natsOptions_SetTimeout(options, 2000);
    if (status == NATS_OK) status = natsOptions_SetMaxReconnect(options, -1);
    if (status == NATS_OK) status = natsOptions_SetReconnectWait(options, 100);
    if (status == NATS_OK) status = natsOptions_SetReconnectJitter(options, 200, 200);
    if (status == NATS_OK) status = natsOptions_SetPingInterval(options, 2000);
    if (status == NATS_OK) status = natsOptions_SetMaxPingsOut(options, 2);
    if (status == NATS_OK) status = natsOptions_SetReconnectBufSize(options, 0);
    if (status == NATS_OK) status = natsOptions_UseGlobalMessageDelivery(options, true);
    if (status == NATS_OK) status = natsOptions_SetFailRequestsOnDisconnect(options, true);
    if (status == NATS_OK && store) status = natsOptions_SetDisconnectedCB(options, on_disconnected, store);
    if (status == NATS_OK && store) status = natsOptions_SetReconnectedCB(options, on_reconnected, store);
    if (status == NATS_OK && store) status = natsOptions_SetClosedCB(options, on_closed, store);
    if (status == NATS_OK && store) status = natsOptions_SetErrorHandler(options, on_bus_error, store);
    if (status == NATS_OK) return options;
    natsOptions_Destroy(options);
    return NULL;
}

/* The library does not tell the server's version, but the first line that a server sends does. */
static char *server_version(const char *url)
{
    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_socket_client_set_timeout(client, 2);
    g_socket_client_set_enable_proxy(client, FALSE);
    g_autoptr(GSocketConnection) connection = g_socket_client_connect_to_uri(client, url, 4222, NULL, NULL);
    if (!connection) return NULL;
    g_autoptr(GDataInputStream) input = g_data_input_stream_new(g_io_stream_get_input_stream(G_IO_STREAM(connection)));
    g_autofree char *line = g_data_input_stream_read_line(input, NULL, NULL, NULL);
    if (!line || !g_str_has_prefix(line, "INFO ")) return NULL;
    json_t *info = json_loads(line + strlen("INFO "), 0, NULL);
    char *version = g_strdup(json_string_value(json_object_get(info, "version")));
    json_decref(info);
    return version;
}

static gboolean version_at_least(const char *version, const char *least)
{
    guint have[3] = {0}, want[3] = {0};
    if (sscanf(version, "%u.%u.%u", &have[0], &have[1], &have[2]) != 3) return FALSE;
    if (sscanf(least, "%u.%u.%u", &want[0], &want[1], &want[2]) != 3) return FALSE;
    for (int i = 0; i < 3; i++) {
        if (have[i] != want[i]) return have[i] > want[i];
    }
    return TRUE;
}

static gboolean check_version(Store *store, GError **error)
{
    char url[256] = "";
    natsConnection_GetConnectedUrl(store->connection, url, sizeof url);
    g_autofree char *version = server_version(url);
    if (!version) {
        g_set_error(error, STORE_ERROR, 0, "nats-server at %s did not tell its version.", url);
        return FALSE;
    }
    if (store->replicas > 1 && !version_at_least(version, SOUND_CLUSTER)) {
        g_set_error(error, STORE_ERROR, 0,
                    "nats-server %s at %s loses compare-and-set races as a cluster: with [bus] replicas=%d it must be " SOUND_CLUSTER
                    " or newer; update it, or run one server with replicas=1.",
                    version, url, store->replicas);
        return FALSE;
    }
    g_info("nats-server %s at %s", version, url);
    return TRUE;
}

static gboolean connect_bus(Store *store, gint64 deadline, GError **error)
{
    g_autofree char *names = g_strjoinv(" ", store->servers);
    natsOptions *options = connection_options((const char *const *)store->servers, store);
    if (!options) {
        g_set_error(error, STORE_ERROR, 0, "[bus] servers=%s: not addresses of the form nats://HOST:PORT.", names);
        return FALSE;
    }
    gboolean said = FALSE;
    natsStatus status;
    while ((status = natsConnection_Connect(&store->connection, options)) != NATS_OK && g_get_monotonic_time() < deadline) {
        if (!said) g_message("waiting for nats-server at %s", names);
        said = TRUE;
        g_usleep(100 * 1000);
    }
    natsOptions_Destroy(options);
    if (status == NATS_OK) hold(store);
    if (status != NATS_OK) {
        g_set_error(error, STORE_ERROR, 0, "No nats-server answers at %s (%s): start one with JetStream (-js), or correct [bus] servers.",
                    names, natsStatus_GetText(status));
    }
    return status == NATS_OK;
}

/* JetStream may need a moment after the server's port is open. */
static gboolean prepare_streams(Store *store, gint64 deadline, GError **error)
{
    jsOptions options;
    jsOptions_Init(&options);
    options.Wait = API_WAIT_MS;
    if (natsConnection_JetStream(&store->js, store->connection, &options) != NATS_OK) {
        return stream_error(error, "KV_CALLS", "the nats-server has no JetStream; start it with -js");
    }
    for (;;) {
        g_autoptr(GError) failure = NULL;
        if (provision_all(store, &store->created, NULL, &failure)) return TRUE;
        if (g_get_monotonic_time() >= deadline) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        g_usleep(100 * 1000);
    }
}

Store *store_open(const StoreSettings *settings, const StoreEvents *events, GError **error)
{
    Store *store = g_new0(Store, 1);
    gint64 deadline = g_get_monotonic_time() + (gint64)settings->start_timeout_ms * 1000;
    store->events = events;
    store->servers = g_strdupv((char **)settings->servers);
    store->instance = g_strdup(settings->instance);
    store->beat_subject = g_strconcat("$KV.CALLS.desk.", settings->instance, NULL);
    store->replicas = settings->replicas;
    store->heartbeat = g_strdup("{}");
    store->jobs = g_async_queue_new();
    store->signals = g_async_queue_new();
    store->out = g_async_queue_new_full((GDestroyNotify)event_free);
    g_mutex_init(&store->lock);
    g_cond_init(&store->kick);
    if (!connect_bus(store, deadline, error) || !check_version(store, error) || !prepare_streams(store, deadline, error)) {
        store_close(store);
        return NULL;
    }
    for (int i = 0; i < WORKERS; i++) store->workers[i] = g_thread_new("store", work, store);
    store->signaller = g_thread_new("signals", signal_in_order, store);
    store->pulse = g_thread_new("pulse", pulsate, store);
    return store;
}

static void stop_threads(Store *store)
{
    g_mutex_lock(&store->lock);
    store->stopping = TRUE;
    g_cond_signal(&store->kick);
    g_mutex_unlock(&store->lock);
    if (!store->pulse) return;
    g_thread_join(store->pulse);
    for (int i = 0; i < WORKERS; i++) g_async_queue_push(store->jobs, (gpointer)&quit_job);
    for (int i = 0; i < WORKERS; i++) g_thread_join(store->workers[i]);
    signal_push(store, (Signal){.kind = SIGNAL_QUIT});
    g_thread_join(store->signaller);
}

static gboolean is_quiet(Store *store)
{
    gint64 until = g_get_monotonic_time() + CLOSE_WAIT_MS * 1000LL;
    g_mutex_lock(&store->lock);
    while (store->outstanding && g_cond_wait_until(&store->kick, &store->lock, until)) continue;
    gboolean quiet = store->outstanding == 0;
    g_mutex_unlock(&store->lock);
    return quiet;
}

void store_close(Store *store)
{
    if (!store) return;
    stop_threads(store);
    end_subscription(&store->watch);
    end_subscription(&store->follow);
    natsConnection_Close(store->connection);
    jsCtx_Destroy(store->js);
    natsConnection_Destroy(store->connection);
    if (!is_quiet(store)) {
        g_warning("the bus library did not come to rest; its memory is left to it");
        return;
    }
    g_async_queue_unref(store->jobs);
    g_async_queue_unref(store->signals);
    g_async_queue_unref(store->out);
    g_mutex_clear(&store->lock);
    g_cond_clear(&store->kick);
    g_strfreev(store->servers);
    g_free(store->instance);
    g_free(store->beat_subject);
    g_free(store->heartbeat);
    g_free(store);
}

/* --- reading records from the command line
 * -------------------------------------------------------------------------------------------------- */

static void print_record(natsMsg *message, gint64 timestamp, const char *call, void (*line)(const char *))
{
    const char *subject = natsMsg_GetSubject(message);
    json_t *value = json_loadb(natsMsg_GetData(message), (size_t)natsMsg_GetDataLength(message), 0, NULL);
    const char *of = json_string_value(json_object_get(value, "call"));
    gboolean wanted = !call || g_str_has_suffix(subject, call) || (of && strcmp(of, call) == 0);
    if (value && wanted) {
        json_t *out = json_pack("{s:s, s:I, s:O}", "subject", subject, "time_utc", (json_int_t)(timestamp / 1000000), "value", value);
        g_autofree char *text = json_dumps(out, JSON_COMPACT);
        line(text);
        json_decref(out);
    }
    json_decref(value);
}

static natsStatus print_records(jsCtx *js, const char *call, void (*line)(const char *))
{
    natsSubscription *subscription = NULL;
    jsSubOptions options;
    jsStreamInfo *info = NULL;
    jsErrCode code = 0;
    jsSubOptions_Init(&options);
    options.Ordered = true;
    options.Stream = "RECORDS";
    natsStatus status = js_GetStreamInfo(&info, js, "RECORDS", NULL, &code);
    guint64 left = status == NATS_OK ? info->State.Msgs : 0;
    jsStreamInfo_Destroy(info);
    if (status != NATS_OK || !left) return status;
    status = js_SubscribeSync(&subscription, js, "record.>", NULL, &options, &code);
    while (status == NATS_OK && left) {
        natsMsg *message = NULL;
        jsMsgMetaData *meta = NULL;
        status = natsSubscription_NextMsg(&message, subscription, 5000);
        if (status == NATS_OK) status = natsMsg_GetMetaData(&meta, message);
        if (status == NATS_OK) {
            print_record(message, meta->Timestamp, call, line);
            left = meta->NumPending;
        }
        jsMsgMetaData_Destroy(meta);
        natsMsg_Destroy(message);
    }
    end_subscription(&subscription);
    return status;
}

gboolean store_records(const char *const *servers, const char *call, void (*line)(const char *text), GError **error)
{
    natsConnection *connection = NULL;
    jsCtx *js = NULL;
    natsOptions *options = connection_options(servers, NULL);
    natsStatus status = options ? natsConnection_Connect(&connection, options) : NATS_INVALID_ARG;
    if (status == NATS_OK) status = natsConnection_JetStream(&js, connection, NULL);
    if (status == NATS_OK) status = print_records(js, call, line);
    jsCtx_Destroy(js);
    natsConnection_Destroy(connection);
    natsOptions_Destroy(options);
    if (status != NATS_OK) g_set_error(error, STORE_ERROR, 0, "The records cannot be read from the bus: %s.", natsStatus_GetText(status));
    return status == NATS_OK;
}
