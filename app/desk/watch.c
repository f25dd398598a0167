#define G_LOG_DOMAIN "desk"

#include "desk/watch.h"

#include <string.h>

#define UNSOUND_MS   250        /* without a view, it is tried again */
#define HISTORY      5000       /* records read at the start */
#define AS_OF_HEADER "Lb-As-Of" /* when the heartbeat was written, on its desk's monotonic clock */

struct Watch {
    const WatchEvents *events;
    char *beat_subject;
    JetStream *jetstream;
    GThread *pulse;
    natsSubscription *calls, *records; /* of the pulse thread */
    GMutex lock;                       /* guards what follows */
    GCond kick;
    char *heartbeat;
    gint64 beat_seen; /* monotonic µs */
    gboolean stopping, renew, look;
    gboolean torn;  /* the view misses something */
    gint64 created; /* of the stream behind the current view */
    guint view;
    guint64 followed; /* stream sequence of the last record shown */
    guint64 told;     /* records of the current view shown */
};

/* One view's subscription, to the calls or to the records. */
typedef struct {
    Watch *watch;
    guint number;
    guint64 delivered; /* messages of the consumer so far */
    guint64 start;     /* the last sequence before it: a heartbeat up to that one says nothing of what came after */
    gboolean torn;     /* it misses something, and what follows says nothing any more */
} View;

typedef struct {
    guint64 sequence;  /* in the stream */
    guint64 delivered; /* the consumer's count with this message */
    gint64 utc;        /* when it was stored, ms by the bus's clock */
} Place;

static gboolean find_place(natsMsg *message, Place *place)
{
    jsMsgMetaData *meta = NULL;
    if (natsMsg_GetMetaData(&meta, message) != NATS_OK) return FALSE;
    *place = (Place){meta->Sequence.Stream, meta->Sequence.Consumer, meta->Timestamp / 1000000};
    jsMsgMetaData_Destroy(meta);
    return TRUE;
}

/* A message got lost on the way: the view has a hole and is built anew. */
static void check_order(View *view, guint64 delivered)
{
    if (view->torn || delivered == ++view->delivered) return;
    Watch *watch = view->watch;
    view->torn = TRUE;
    g_mutex_lock(&watch->lock);
    if (view->number == watch->view) watch->torn = TRUE;
    g_cond_signal(&watch->kick);
    g_mutex_unlock(&watch->lock);
}

static void see_own_beat(View *view, natsMsg *message, const Place *at)
{
    Watch *watch = view->watch;
    g_mutex_lock(&watch->lock);
    if (view->number == watch->view) watch->beat_seen = g_get_monotonic_time();
    g_mutex_unlock(&watch->lock);
    if (at->sequence <= view->start) return;
    gint64 as_of = jetstream_header_number(message, AS_OF_HEADER);
    watch->events->complete(watch->events->data, view->number, at->sequence, as_of, at->utc);
}

static void on_entry(G_GNUC_UNUSED natsConnection *connection, G_GNUC_UNUSED natsSubscription *subscription, natsMsg *message, void *data)
{
    View *view = data;
    Watch *watch = view->watch;
    Place at;
    const char *subject = natsMsg_GetSubject(message);
    if (g_str_has_prefix(subject, JETSTREAM_KEYS) && find_place(message, &at)) {
        check_order(view, at.delivered);
        watch->events->entry(watch->events->data, view->number, subject + strlen(JETSTREAM_KEYS), at.sequence,
                             jetstream_is_marker(message) ? NULL : jetstream_text(message));
        if (strcmp(subject, watch->beat_subject) == 0 && !view->torn) see_own_beat(view, message, &at);
    }
    natsMsg_Destroy(message);
}

static void on_record(G_GNUC_UNUSED natsConnection *connection, G_GNUC_UNUSED natsSubscription *subscription, natsMsg *message, void *data)
{
    View *view = data;
    Watch *watch = view->watch;
    Place at;
    if (find_place(message, &at)) {
        watch->events->record(watch->events->data, natsMsg_GetSubject(message), jetstream_text(message), at.utc);
        g_mutex_lock(&watch->lock);
        watch->followed = MAX(watch->followed, at.sequence);
        if (view->number == watch->view) watch->told = at.delivered;
        g_cond_signal(&watch->kick);
        g_mutex_unlock(&watch->lock);
    }
    natsMsg_Destroy(message);
}

/* An ordered consumer in all but name. The library's own kind renews itself on a thread of the library, which frees the consumer's name
 * while natsSubscription_Unsubscribe() still reads it (3.4.1): here whoever finds a gap, or no heartbeat of its own, subscribes anew. */
static natsStatus subscribe_in_order(Watch *watch, natsSubscription **subscription, const char *stream, const char *subject, guint64 from,
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
    natsStatus status = js_Subscribe(subscription, jetstream_context(watch->jetstream), subject, handler, data, NULL, &options, &code);
    if (status == NATS_OK) natsSubscription_SetPendingLimits(*subscription, -1, -1);
    return status;
}

static void on_view_over(void *data)
{
    View *view = data;
    jetstream_release(view->watch->jetstream);
    g_free(view);
}

static guint64 history_start(Watch *watch)
{
    jsStreamInfo *info = NULL;
    jsErrCode code = 0;
    guint64 from = 0;
    if (js_GetStreamInfo(&info, jetstream_context(watch->jetstream), "RECORDS", NULL, &code) == NATS_OK) {
        guint64 last = info->State.LastSeq;
        from = last > HISTORY ? last - HISTORY : 1;
        /* Another stream under the old name starts over. */
        if (watch->followed && watch->followed <= last) from = MAX(from, watch->followed + 1);
    }
    jsStreamInfo_Destroy(info);
    return from;
}

static gboolean follow_calls(Watch *watch, const JetStreamCalls *calls)
{
    View *view = g_new0(View, 1);
    g_mutex_lock(&watch->lock);
    *view = (View){.watch = watch, .number = ++watch->view, .start = calls->last};
    gboolean forget = watch->created && watch->created != calls->created;
    watch->created = calls->created;
    watch->beat_seen = g_get_monotonic_time();
    g_mutex_unlock(&watch->lock);
    watch->events->started(watch->events->data, view->number, forget);
    if (subscribe_in_order(watch, &watch->calls, "KV_CALLS", JETSTREAM_KEYS ">", 0, on_entry, view) != NATS_OK) {
        g_free(view);
        return FALSE;
    }
    jetstream_hold(watch->jetstream);
    natsSubscription_SetOnCompleteCB(watch->calls, on_view_over, view);
    return TRUE;
}

/* Until all records are shown that had landed when the view began: the heartbeat that completes the view is written after them. */
static gboolean await_records(Watch *watch)
{
    jsConsumerInfo *info = NULL;
    jsErrCode code = 0;
    gint64 until = g_get_monotonic_time() + WATCH_BEAT_MS * 1000;
    if (natsSubscription_GetConsumerInfo(&info, watch->records, NULL, &code) != NATS_OK) return FALSE;
    guint64 landed = info->Delivered.Consumer + info->NumPending;
    jsConsumerInfo_Destroy(info);
    g_mutex_lock(&watch->lock);
    while (!watch->stopping && watch->told < landed && g_cond_wait_until(&watch->kick, &watch->lock, until)) continue;
    gboolean shown = watch->told >= landed;
    g_mutex_unlock(&watch->lock);
    return shown;
}

static gboolean follow_records(Watch *watch)
{
    guint64 from = history_start(watch);
    if (!from) return FALSE;
    View *view = g_new0(View, 1);
    g_mutex_lock(&watch->lock);
    *view = (View){.watch = watch, .number = watch->view};
    watch->told = 0;
    g_mutex_unlock(&watch->lock);
    if (subscribe_in_order(watch, &watch->records, "RECORDS", "record.call.>", from, on_record, view) != NATS_OK) {
        g_free(view);
        return FALSE;
    }
    jetstream_hold(watch->jetstream);
    natsSubscription_SetOnCompleteCB(watch->records, on_view_over, view);
    return await_records(watch);
}

/* On the pulse thread. The old view is dropped first: its keys stay known until the new one is complete. */
static gboolean build_view(Watch *watch)
{
    g_autoptr(GError) error = NULL;
    JetStreamCalls calls;
    jetstream_unsubscribe(&watch->calls);
    jetstream_unsubscribe(&watch->records);
    if (!jetstream_provision(watch->jetstream, &calls, &error)) {
        g_info("%s", error->message);
        return FALSE;
    }
    return follow_calls(watch, &calls) && follow_records(watch);
}

static void beat(Watch *watch)
{
    jsPubOptions options;
    jsErrCode code = 0;
    natsMsg *message = NULL;
    jsPubOptions_Init(&options);
    options.MaxWait = WATCH_BEAT_MS;
    g_mutex_lock(&watch->lock);
    g_autofree char *value = g_strdup(watch->heartbeat);
    g_mutex_unlock(&watch->lock);
    g_autofree char *as_of = g_strdup_printf("%" G_GINT64_FORMAT, g_get_monotonic_time());
    if (natsMsg_Create(&message, watch->beat_subject, NULL, value, (int)strlen(value)) != NATS_OK) g_error("out of memory");
    natsMsgHeader_Set(message, AS_OF_HEADER, as_of);
    js_PublishMsg(NULL, jetstream_context(watch->jetstream), message, &options, &code);
    natsMsg_Destroy(message);
}

/* Until the next heartbeat is due, or sooner when something has happened; with the lock held. */
static void wait_for_beat(Watch *watch, gboolean sound)
{
    gint64 since = g_get_monotonic_time();
    while (!watch->stopping && !watch->renew && !watch->torn) {
        gint64 pause_ms = !sound ? UNSOUND_MS : watch->look ? WATCH_LOOK_MS : WATCH_BEAT_MS;
        if (!g_cond_wait_until(&watch->kick, &watch->lock, since + pause_ms * 1000)) return;
    }
}

static gpointer pulsate(gpointer data)
{
    Watch *watch = data;
    gboolean sound = FALSE;
    g_mutex_lock(&watch->lock);
    while (!watch->stopping) {
        gboolean blind = g_get_monotonic_time() - watch->beat_seen > WATCH_BLIND_MS * 1000;
        gboolean rebuild = blind || !sound || watch->renew || watch->torn;
        watch->renew = watch->torn = watch->look = FALSE;
        g_mutex_unlock(&watch->lock);
        if (jetstream_is_connected(watch->jetstream)) {
            if (rebuild && sound) g_info("the view of the bucket is built anew");
            if (rebuild) sound = build_view(watch);
            beat(watch);
        }
        g_mutex_lock(&watch->lock);
        wait_for_beat(watch, sound);
    }
    g_mutex_unlock(&watch->lock);
    return NULL;
}

static void kick(Watch *watch, gboolean *flag)
{
    g_mutex_lock(&watch->lock);
    *flag = TRUE;
    g_cond_signal(&watch->kick);
    g_mutex_unlock(&watch->lock);
}

void watch_look(Watch *watch)
{
    kick(watch, &watch->look);
}

void watch_renew(Watch *watch)
{
    kick(watch, &watch->renew);
}

void watch_set_heartbeat(Watch *watch, const char *value)
{
    g_mutex_lock(&watch->lock);
    g_free(watch->heartbeat);
    watch->heartbeat = g_strdup(value);
    g_mutex_unlock(&watch->lock);
}

Watch *watch_new(const char *instance, const WatchEvents *events)
{
    Watch *watch = g_new0(Watch, 1);
    watch->events = events;
    watch->beat_subject = g_strconcat(JETSTREAM_KEYS "desk.", instance, NULL);
    watch->heartbeat = g_strdup("{}");
    g_mutex_init(&watch->lock);
    g_cond_init(&watch->kick);
    return watch;
}

void watch_start(Watch *watch, JetStream *jetstream)
{
    watch->jetstream = jetstream;
    watch->pulse = g_thread_new("pulse", pulsate, watch);
}

void watch_stop(Watch *watch)
{
    if (!watch || !watch->pulse) return;
    kick(watch, &watch->stopping);
    g_thread_join(g_steal_pointer(&watch->pulse));
    jetstream_unsubscribe(&watch->calls);
    jetstream_unsubscribe(&watch->records);
}

void watch_free(Watch *watch)
{
    if (!watch) return;
    g_mutex_clear(&watch->lock);
    g_cond_clear(&watch->kick);
    g_free(watch->beat_subject);
    g_free(watch->heartbeat);
    g_free(watch);
}
