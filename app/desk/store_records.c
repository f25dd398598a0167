/* Booths' records, each once and in order. The first one of a list is written by compare-and-set on the booth's subject. The others follow
 * without waiting for each other, each on the condition that what was written last in the whole stream is the very message before it: it
 * carries the mark of that one. So none can land without the one before, and none twice. When somebody else's record comes between, the
 * server refuses the rest, and it goes on as from the beginning. */
#define G_LOG_DOMAIN "desk"

#include <string.h>

#include "desk/store_job.h"
#include "wire/wire.h"

#define EPOCH_HEADER       "Lb-Epoch"
#define SEQ_HEADER         "Lb-Seq"
#define ID_HEADER          "Nats-Msg-Id"
#define EXPECTED_ID_HEADER "Nats-Expected-Last-Msg-Id"
#define EXPECTED_HEADER    "Nats-Expected-Stream"
#define BURSTS_MAX         3 /* attempts of one job: then somebody else writes all the time */

/* Bursts of two jobs would break each other. */
static GMutex one_burst;

/* Puts the last landed record into the result; FALSE when that cannot be known now. */
static gboolean find_last_record(Store *store, StoreJob *job)
{
    natsMsg *message = NULL;
    const natsStatus status = store_read_last(store, job, &message);
    job->result.revision = 0;
    job->result.epoch = job->result.seq = 0;
    if (status == NATS_OK) {
        job->result.revision = natsMsg_GetSequence(message);
        job->result.epoch = jetstream_header_number(message, EPOCH_HEADER);
        job->result.seq = jetstream_header_number(message, SEQ_HEADER);
    }
    natsMsg_Destroy(message);
    return status == NATS_OK || status == NATS_NOT_FOUND;
}

static gboolean has_landed(const StoreJob *job, const StoreRecord *record)
{
    return job->result.epoch > record->epoch || (job->result.epoch == record->epoch && job->result.seq >= record->seq);
}

static natsMsg *compose_record(const StoreJob *job, const StoreRecord *record, const char *mark)
{
    g_autofree char *epoch = g_strdup_printf("%" G_GINT64_FORMAT, record->epoch), *seq = g_strdup_printf("%" G_GINT64_FORMAT, record->seq);
    natsMsg *message = store_compose(job->subject, record->text, mark);
    natsMsgHeader_Set(message, EPOCH_HEADER, epoch);
    natsMsgHeader_Set(message, SEQ_HEADER, seq);
    natsMsgHeader_Set(message, ID_HEADER, mark);
    return message;
}

/* The mark of what was written, to g_free(). NULL: it had landed before, or that is not known; the verdict says which. */
static char *append(Store *store, StoreJob *job, const StoreRecord *record)
{
    for (int attempt = 0; attempt < 3; attempt++) {
        if (attempt || !job->expected) {
            if (!find_last_record(store, job)) break;
            job->expected = job->result.revision;
            if (job->expected && has_landed(job, record)) {
                job->result.verdict = STORE_WON;
                return NULL;
            }
        }
        g_autofree char *mark = wire_new_secret();
        store_compare_and_set(store, job, compose_record(job, record, mark), mark);
        g_clear_pointer(&job->value, g_free);
        if (job->result.verdict == STORE_WON) {
            job->result.epoch = record->epoch;
            job->result.seq = record->seq;
            return g_steal_pointer(&mark);
        }
        if (job->result.verdict == STORE_UNRESOLVED) break;
    }
    job->result.verdict = STORE_UNRESOLVED;
    return NULL;
}

static natsStatus publish_last(Store *store, const StoreJob *job, natsMsg *message, guint64 *ret_revision)
{
    jsPubOptions options;
    jsPubAck *ack = NULL;
    jsPubOptions_Init(&options);
    options.MaxWait = STORE_WRITE_WAIT_MS;
    options.ExpectStream = job->stream;
    const natsStatus status = js_PublishMsg(&ack, jetstream_context(store_jetstream(store)), message, &options, NULL);
    if (status == NATS_OK) *ret_revision = ack->Sequence;
    jsPubAck_Destroy(ack);
    return status;
}

/* All from there on, behind the one with this mark. That the last one landed says that all did. FALSE: some of the first may have. */
static gboolean burst(Store *store, StoreJob *job, guint from, const char *mark)
{
    const guint count = job->records->len;
    natsStatus status = store_is_connected(store) ? NATS_OK : NATS_CONNECTION_DISCONNECTED;
    g_autofree char *before = g_strdup(mark);
    guint64 revision = 0;
    for (guint i = from; i < count && status == NATS_OK; i++) {
        char *own = wire_new_secret();
        natsMsg *message = compose_record(job, &g_array_index(job->records, StoreRecord, i), own);
        natsMsgHeader_Set(message, EXPECTED_ID_HEADER, before);
        natsMsgHeader_Set(message, EXPECTED_HEADER, job->stream);
        status = i + 1 < count ? natsConnection_PublishMsg(jetstream_connection(store_jetstream(store)), message)
                               : publish_last(store, job, message, &revision);
        natsMsg_Destroy(message);
        g_free(before);
        before = own;
    }
    if (status != NATS_OK) return FALSE;
    const StoreRecord *last = &g_array_index(job->records, StoreRecord, count - 1);
    job->result = (StoreResult){.verdict = STORE_WON, .revision = revision, .epoch = last->epoch, .seq = last->seq};
    return TRUE;
}

static gboolean burst_alone(Store *store, StoreJob *job, guint from, const char *mark)
{
    g_mutex_lock(&one_burst);
    const gboolean landed = burst(store, job, from, mark);
    g_mutex_unlock(&one_burst);
    return landed;
}

static void run_append(Store *store, StoreJob *job)
{
    const guint count = job->records->len;
    StoreResult landed = {0};
    guint bursts = 0;
    for (guint i = 0; i < count; i++) {
        const StoreRecord *record = &g_array_index(job->records, StoreRecord, i);
        if (landed.verdict == STORE_WON && has_landed(job, record)) continue;
        g_autofree char *mark = append(store, job, record);
        if (job->result.verdict != STORE_WON) break;
        landed = job->result;
        job->expected = landed.revision;
        if (mark && i + 1 < count && bursts++ < BURSTS_MAX && burst_alone(store, job, i + 1, mark)) {
            landed = job->result;
            break;
        }
    }
    job->result = landed;
}

static void record_clear(gpointer record)
{
    g_free((char *)((StoreRecord *)record)->text);
}

void store_append(Store *store, const char *booth, const StoreRecord *list, guint count, guint64 expected, StoreDone done, gpointer data)
{
    StoreJob job = store_job(run_append, "RECORDS", g_strconcat("record.booth.", booth, NULL), NULL, done, data);
    job.records = g_array_new(FALSE, FALSE, sizeof *list);
    g_array_set_clear_func(job.records, record_clear);
    for (guint i = 0; i < count; i++) {
        const StoreRecord record = {list[i].epoch, list[i].seq, g_strdup(list[i].text)};
        g_array_append_val(job.records, record);
    }
    job.expected = expected;
    store_submit(store, job);
}

static void run_last_record(Store *store, StoreJob *job)
{
    job->result.verdict = find_last_record(store, job) ? STORE_WON : STORE_UNRESOLVED;
}

void store_last_record(Store *store, const char *booth, StoreDone done, gpointer data)
{
    store_submit(store, store_job(run_last_record, "RECORDS", g_strconcat("record.booth.", booth, NULL), NULL, done, data));
}
