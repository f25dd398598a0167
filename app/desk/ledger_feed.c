#define G_LOG_DOMAIN "desk"

#include "desk/ledger_feed.h"

#include <string.h>

#include "desk/jetstream.h"

#define STREAM       "RECORDS"
#define POLL_MS      250     /* how soon it notices that it should stop */
#define RETRY_MS     1000    /* after the bus or the disk failed */
#define BATCH        1000    /* records of one transaction, */
#define GATHER_US    50000   /* and how long one waits for more */
#define CHECK_US     5000000 /* so often it asks the stream whether something was left out */
#define RETENTION_US (600 * G_GINT64_CONSTANT(1000000))
#define SOUND_US     (3600 * G_GINT64_CONSTANT(1000000)) /* so often the file is read whole */
#define DAY_MS       (24 * 3600 * G_GINT64_CONSTANT(1000))

struct LedgerFeed {
    LedgerFeedSettings settings;
    GThread *thread;
    GMutex lock; /* guards what follows */
    GCond stop;
    gboolean stopping;
    LedgerCounters counters;
    /* of the thread */
    natsConnection *connection;
    jsCtx *js;
    natsSubscription *subscription;
    LedgerCounters fresh;            /* as of the records taken but not committed */
    guint pending;                   /* of them */
    gint64 begun;                    /* when the first of these came, monotonic µs */
    guint64 last;                    /* taken */
    gint64 checked, retained, sound; /* monotonic µs */
    gboolean said;
};

static gboolean is_stopping(LedgerFeed *feed)
{
    g_mutex_lock(&feed->lock);
    const gboolean stopping = feed->stopping;
    g_mutex_unlock(&feed->lock);
    return stopping;
}

static void publish(LedgerFeed *feed, gboolean caught_up, guint64 behind)
{
    g_mutex_lock(&feed->lock);
    const gboolean news = caught_up && !feed->counters.caught_up;
    feed->counters = feed->fresh;
    feed->counters.caught_up = caught_up;
    feed->counters.behind = behind;
    g_mutex_unlock(&feed->lock);
    if (news) feed->settings.changed(feed->settings.data);
}

static void pause_for(LedgerFeed *feed, gint64 ms)
{
    const gint64 until = g_get_monotonic_time() + ms * 1000;
    g_mutex_lock(&feed->lock);
    while (!feed->stopping && g_cond_wait_until(&feed->stop, &feed->lock, until)) continue;
    g_mutex_unlock(&feed->lock);
}

/* --- the bus ----------------------------------------------------------------------------------------------------------------------- */

static void hang_up(LedgerFeed *feed)
{
    jetstream_unsubscribe(&feed->subscription);
    jsCtx_Destroy(feed->js);
    natsConnection_Destroy(feed->connection);
    feed->js = NULL;
    feed->connection = NULL;
}

static gboolean dial(LedgerFeed *feed)
{
    return feed->connection || jetstream_dial_context(feed->settings.servers, &feed->connection, &feed->js);
}

static natsStatus subscribe_after(LedgerFeed *feed, guint64 last)
{
    jsSubOptions options;
    jsErrCode code = 0;
    jsSubOptions_Init(&options);
    options.Ordered = true;
    options.Stream = STREAM;
    options.Config.DeliverPolicy = js_DeliverByStartSequence;
    options.Config.OptStartSeq = last + 1;
    return js_SubscribeSync(&feed->subscription, feed->js, "record.>", NULL, &options, &code);
}

/* Whether nothing waits in the stream for the subscription. */
static gboolean has_all(LedgerFeed *feed, gboolean *ret_all)
{
    jsConsumerInfo *info = NULL;
    jsErrCode code = 0;
    if (natsSubscription_GetConsumerInfo(&info, feed->subscription, NULL, &code) != NATS_OK) return FALSE;
    *ret_all = info->NumPending == 0 && info->Delivered.Stream <= feed->last;
    jsConsumerInfo_Destroy(info);
    return TRUE;
}

static gboolean follow(LedgerFeed *feed)
{
    g_autoptr(GError) error = NULL;
    jsStreamInfo *info = NULL;
    jsErrCode code = 0;
    gboolean all = FALSE;
    if (!dial(feed) || js_GetStreamInfo(&info, feed->js, STREAM, NULL, &code) != NATS_OK) return FALSE;
    const gint64 created = info->Created;
    const guint64 landed = info->State.LastSeq;
    jsStreamInfo_Destroy(info);
    if (!ledger_cache_resume(feed->settings.cache, created, landed, &feed->last, &error)) {
        if (!feed->said) g_warning("the ledger: %s", error->message);
        feed->said = TRUE;
        return FALSE;
    }
    ledger_cache_count(feed->settings.cache, &feed->fresh);
    feed->pending = 0;
    if (subscribe_after(feed, feed->last) != NATS_OK || !has_all(feed, &all)) return FALSE;
    publish(feed, all, all ? 0 : landed - feed->last);
    feed->checked = g_get_monotonic_time();
    feed->said = FALSE;
    return TRUE;
}

/* --- records ----------------------------------------------------------------------------------------------------------------------- */

/* A record that came after its call was erased: the stream should not keep it either. */
static void erase_late(LedgerFeed *feed, guint64 seq)
{
    jsErrCode code = 0;
    if (js_EraseMsg(feed->js, STREAM, seq, NULL, &code) != NATS_OK)
        g_warning("a record of a call that was erased cannot be taken out of the stream: sequence %" G_GUINT64_FORMAT, seq);
}

static gboolean commit(LedgerFeed *feed, guint64 behind)
{
    if (feed->pending && !ledger_cache_commit(feed->settings.cache)) return FALSE;
    feed->pending = 0;
    publish(feed, behind == 0, behind);
    return TRUE;
}

static gboolean take(LedgerFeed *feed, natsMsg *message)
{
    jsMsgMetaData *meta = NULL;
    if (natsMsg_GetMetaData(&meta, message) != NATS_OK) return FALSE;
    const guint64 seq = meta->Sequence.Stream, behind = meta->NumPending;
    const gint64 landed_utc = meta->Timestamp / 1000000;
    jsMsgMetaData_Destroy(meta);
    if (!feed->pending && !ledger_cache_begin(feed->settings.cache)) return FALSE;
    if (!feed->pending++) feed->begun = g_get_monotonic_time();
    const LedgerTaken taken = ledger_cache_take(feed->settings.cache, natsMsg_GetSubject(message), natsMsg_GetData(message),
                                                (gsize)natsMsg_GetDataLength(message), seq, landed_utc, &feed->fresh);
    feed->last = seq;
    if (taken == LEDGER_DISK_FAILURE) return FALSE;
    if (taken == LEDGER_ERASED) erase_late(feed, seq);
    const gboolean gathering = behind > 0 || g_get_monotonic_time() - feed->begun < GATHER_US;
    return (gathering && feed->pending < BATCH) || commit(feed, behind);
}

/* FALSE: the subscription is of no use any more. Heartbeats tell the library of what was lost; this is for what that misses. */
static gboolean check(LedgerFeed *feed)
{
    gboolean all = FALSE;
    if (g_get_monotonic_time() - feed->checked < CHECK_US) return TRUE;
    feed->checked = g_get_monotonic_time();
    if (!has_all(feed, &all)) return FALSE;
    if (all) publish(feed, TRUE, 0);
    return all;
}

static void retain(LedgerFeed *feed)
{
    const gint64 now = g_get_monotonic_time();
    if (feed->pending || (feed->retained && now - feed->retained < RETENTION_US)) return;
    feed->retained = now;
    const gint64 before_utc = g_get_real_time() / 1000 - feed->settings.retention_days * DAY_MS;
    if (!ledger_cache_retain(feed->settings.cache, before_utc)) g_warning("the ledger cannot forget what is old");
}

/* What the stream has is not lost: the files are made anew and all of it is read again. */
static gboolean mend(LedgerFeed *feed)
{
    g_autoptr(GError) error = NULL;
    if (!ledger_cache_is_damaged(feed->settings.cache)) return TRUE;
    if (!ledger_cache_renew(feed->settings.cache, &error)) {
        if (!feed->said) g_warning("the ledger is damaged and cannot be made anew: %s", error->message);
        feed->said = TRUE;
        return FALSE;
    }
    g_warning("the ledger was damaged: all records are read anew");
    feed->fresh = (LedgerCounters){0};
    publish(feed, FALSE, 0);
    return TRUE;
}

/* Damage where nothing has looked yet. */
static gboolean is_sound_still(LedgerFeed *feed)
{
    const gint64 now = g_get_monotonic_time();
    if (ledger_cache_is_damaged(feed->settings.cache)) return FALSE;
    if (!feed->sound) feed->sound = now;
    if (feed->pending || now - feed->sound < SOUND_US) return TRUE;
    feed->sound = now;
    return ledger_cache_check(feed->settings.cache);
}

static gboolean read_some(LedgerFeed *feed)
{
    natsMsg *message = NULL;
    const natsStatus status = natsSubscription_NextMsg(&message, feed->subscription, feed->pending ? GATHER_US / 1000 : POLL_MS);
    const gboolean well =
        status == NATS_OK ? take(feed, message) : status == NATS_TIMEOUT && (!feed->pending || commit(feed, 0)) && check(feed);
    natsMsg_Destroy(message);
    return well;
}

static gpointer feed_on(gpointer data)
{
    LedgerFeed *feed = data;
    while (!is_stopping(feed)) {
        if (mend(feed) && follow(feed)) {
            while (!is_stopping(feed) && read_some(feed) && is_sound_still(feed)) retain(feed);
        }
        ledger_cache_rollback(feed->settings.cache);
        hang_up(feed);
        if (!is_stopping(feed)) pause_for(feed, RETRY_MS);
    }
    return NULL;
}

LedgerFeed *ledger_feed_start(const LedgerFeedSettings *settings)
{
    LedgerFeed *feed = g_new0(LedgerFeed, 1);
    feed->settings = *settings;
    g_mutex_init(&feed->lock);
    g_cond_init(&feed->stop);
    feed->thread = g_thread_new("ledger-feed", feed_on, feed);
    return feed;
}

void ledger_feed_stop(LedgerFeed *feed)
{
    if (!feed) return;
    g_mutex_lock(&feed->lock);
    feed->stopping = TRUE;
    g_cond_signal(&feed->stop);
    g_mutex_unlock(&feed->lock);
    g_thread_join(feed->thread);
    g_mutex_clear(&feed->lock);
    g_cond_clear(&feed->stop);
    g_free(feed);
}

void ledger_feed_counters(LedgerFeed *feed, LedgerCounters *ret_counters)
{
    g_mutex_lock(&feed->lock);
    *ret_counters = feed->counters;
    g_mutex_unlock(&feed->lock);
}
