#define G_LOG_DOMAIN "desk"

#include "desk/fleet_watch.h"

#include <string.h>

#include "desk/jetstream.h"

#define KEYS        "$KV.BOOTHS."
#define POLL_MS     100
#define GATHER_MS   50    /* what comes meanwhile is taken together: statuses are told once a second */
#define AGAIN_MS    1000  /* after an interruption */
#define BATCH       500   /* messages of one stream before the other one is looked at */
#define WAITING_MAX 20000 /* events that wait for dispatch; then the bus waits */

typedef struct {
    gboolean is_booth;
    char *name, *text;
    guint64 sequence;
    gint64 stored_utc;
} Event;

struct FleetWatch {
    const FleetWatchEvents *events;
    char **servers;
    GAsyncQueue *out;
    GThread *thread;
    gint stopping; /* atomic */
    /* of the thread */
    natsConnection *connection;
    jsCtx *context;
    natsSubscription *booths, *trail;
    gint64 trail_created; /* when AUDIT was, ns since 1970; 0: it was not seen yet */
};

static void event_free(gpointer data)
{
    Event *event = data;
    g_free(event->name);
    g_free(event->text);
    g_free(event);
}

static gboolean is_stopping(const FleetWatch *watch)
{
    return g_atomic_int_get(&watch->stopping);
}

static void rest(const FleetWatch *watch, guint ms)
{
    for (guint waited = 0; waited < ms && !is_stopping(watch); waited += POLL_MS) g_usleep(POLL_MS * 1000);
}

/* Its sequences begin anew when it was made anew. */
static void look_whether_other(FleetWatch *watch, gint64 created)
{
    const Event event = {.is_booth = FALSE};
    if (watch->trail_created && watch->trail_created != created) g_async_queue_push(watch->out, g_memdup2(&event, sizeof event));
    watch->trail_created = created;
}

static natsSubscription *follow(FleetWatch *watch, const char *stream, const char *subject, gboolean last_per_subject)
{
    jsSubOptions options;
    natsSubscription *subscription = NULL;
    jsStreamInfo *info = NULL;
    jsSubOptions_Init(&options);
    options.Stream = stream;
    options.Ordered = true;
    options.Config.DeliverPolicy = last_per_subject ? js_DeliverLastPerSubject : js_DeliverByStartSequence;
    if (!last_per_subject) {
        if (js_GetStreamInfo(&info, watch->context, stream, NULL, NULL) != NATS_OK) return NULL;
        guint64 last = info->State.LastSeq;
        look_whether_other(watch, info->Created);
        options.Config.OptStartSeq = last > FLEET_WATCH_TRAIL ? last - FLEET_WATCH_TRAIL : 1;
        jsStreamInfo_Destroy(info);
    }
    if (js_SubscribeSync(&subscription, watch->context, subject, NULL, &options, NULL) != NATS_OK) return NULL;
    natsSubscription_SetPendingLimits(subscription, -1, -1);
    return subscription;
}

static gboolean connect_streams(FleetWatch *watch)
{
    jsOptions options;
    jsOptions_Init(&options);
    options.Wait = JETSTREAM_WAIT_MS;
    if (!watch->connection && jetstream_dial((const char *const *)watch->servers, &watch->connection) != NATS_OK) return FALSE;
    if (!watch->context && natsConnection_JetStream(&watch->context, watch->connection, &options) != NATS_OK) return FALSE;
    if (!watch->booths) watch->booths = follow(watch, "KV_BOOTHS", KEYS ">", TRUE);
    if (!watch->trail) watch->trail = follow(watch, "AUDIT", "audit.>", FALSE);
    return watch->booths && watch->trail;
}

static void take(FleetWatch *watch, natsMsg *message, gboolean is_booth)
{
    jsMsgMetaData *about = NULL;
    const char *subject = natsMsg_GetSubject(message);
    Event event = {.is_booth = is_booth, .name = g_strdup(is_booth ? subject + strlen(KEYS) : subject)};
    if (natsMsg_GetMetaData(&about, message) == NATS_OK) {
        event.sequence = about->Sequence.Stream;
        event.stored_utc = about->Timestamp / 1000000;
        jsMsgMetaData_Destroy(about);
    }
    if (!is_booth || !jetstream_is_marker(message)) event.text = jetstream_text(message);
    g_async_queue_push(watch->out, g_memdup2(&event, sizeof event));
    natsMsg_Destroy(message);
}

/* What is there, or nothing after a while. FALSE: it is interrupted. */
static gboolean drain(FleetWatch *watch, natsSubscription *subscription, gboolean is_booth, gint64 wait_ms)
{
    natsStatus status = NATS_OK;
    guint taken = 0;
    for (; taken < BATCH && g_async_queue_length(watch->out) < WAITING_MAX; taken++) {
        natsMsg *message = NULL;
        status = natsSubscription_NextMsg(&message, subscription, taken ? 0 : wait_ms);
        if (status != NATS_OK) break;
        take(watch, message, is_booth);
    }
    if (taken) watch->events->wake(watch->events->data);
    if (!taken && g_async_queue_length(watch->out) >= WAITING_MAX) rest(watch, POLL_MS);
    return status == NATS_OK || status == NATS_TIMEOUT;
}

static void *watch_streams(gpointer data)
{
    FleetWatch *watch = data;
    gboolean said = FALSE;
    while (!is_stopping(watch)) {
        gboolean well = connect_streams(watch) && drain(watch, watch->booths, TRUE, POLL_MS) && drain(watch, watch->trail, FALSE, 0);
        if (well) g_usleep(GATHER_MS * 1000);
        if (!well) {
            jetstream_unsubscribe(&watch->booths);
            jetstream_unsubscribe(&watch->trail);
            if (!said) g_message("the booths' statuses cannot be followed just now; it is tried again");
            rest(watch, AGAIN_MS);
        }
        said = !well;
    }
    jetstream_unsubscribe(&watch->booths);
    jetstream_unsubscribe(&watch->trail);
    jsCtx_Destroy(watch->context);
    natsConnection_Destroy(watch->connection);
    return NULL;
}

FleetWatch *fleet_watch_open(const char *const *servers, const FleetWatchEvents *events)
{
    FleetWatch *watch = g_new0(FleetWatch, 1);
    watch->events = events;
    watch->servers = g_strdupv((char **)servers);
    watch->out = g_async_queue_new_full(event_free);
    watch->thread = g_thread_new("fleet", watch_streams, watch);
    return watch;
}

void fleet_watch_close(FleetWatch *watch)
{
    if (!watch) return;
    g_atomic_int_set(&watch->stopping, 1);
    g_thread_join(watch->thread);
    g_async_queue_unref(watch->out);
    g_strfreev(watch->servers);
    g_free(watch);
}

void fleet_watch_dispatch(FleetWatch *watch)
{
    const FleetWatchEvents *events = watch->events;
    for (Event *event; (event = g_async_queue_try_pop(watch->out));) {
        if (event->is_booth)
            events->booth(events->data, event->name, event->text, event->stored_utc);
        else
            events->audit(events->data, event->sequence, event->text);
        event_free(event);
    }
}
