#define G_LOG_DOMAIN "desk"

#include <string.h>

#include "desk/store_job.h"
#include "wire/wire.h"

#define MARK_HEADER "Lb-Write"

/* --- compare-and-set ------------------------------------------------------------------------------------------------------------------ */

natsStatus store_read_last(Store *store, const StoreJob *job, natsMsg **message)
{
    if (!store_is_connected(store)) return NATS_CONNECTION_DISCONNECTED;
    return jetstream_read_last(store_jetstream(store), job->stream, job->subject, message);
}

/* Not acknowledged, or a lost race: what stands at the key now, and is it ours? */
static void resolve(Store *store, StoreJob *job, const char *mark, gboolean raced)
{
    natsMsg *message = NULL;
    job->result.verdict = raced ? STORE_LOST : STORE_UNRESOLVED;
    if (!store_is_connected(store)) return;
    natsStatus status = jetstream_read_last(store_jetstream(store), job->stream, job->subject, &message);
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
    if (job->result.verdict == STORE_LOST && !jetstream_is_marker(message)) job->value = jetstream_text(message);
    natsMsg_Destroy(message);
}

natsMsg *store_compose(const char *subject, const char *text, const char *mark)
{
    natsMsg *message = NULL;
    if (natsMsg_Create(&message, subject, NULL, text, (int)strlen(text)) != NATS_OK) g_error("out of memory");
    natsMsgHeader_Set(message, MARK_HEADER, mark);
    return message;
}

void store_compare_and_set(Store *store, StoreJob *job, natsMsg *message, const char *mark)
{
    jsPubOptions options;
    jsPubAck *ack = NULL;
    jsErrCode code = 0;
    jsPubOptions_Init(&options);
    options.MaxWait = STORE_WRITE_WAIT_MS;
    options.ExpectStream = job->stream;
    options.ExpectLastSubjectSeq = job->expected;
    options.ExpectNoMessage = job->expected == 0;
    natsStatus status = store_is_connected(store) ? js_PublishMsg(&ack, jetstream_context(store_jetstream(store)), message, &options, &code)
                                                  : NATS_CONNECTION_DISCONNECTED;
    if (status == NATS_OK) {
        job->result.verdict = STORE_WON;
        job->result.revision = ack->Sequence;
    } else {
        resolve(store, job, mark, code == JSStreamWrongLastSequenceErr);
    }
    jsPubAck_Destroy(ack);
    natsMsg_Destroy(message);
}

void store_run_put(Store *store, StoreJob *job)
{
    g_autofree char *mark = wire_new_secret();
    store_compare_and_set(store, job, store_compose(job->subject, job->text, mark), mark);
}

void store_put(Store *store, const char *key, const char *value, guint64 expected, StoreDone done, gpointer data)
{
    StoreJob job = store_job(store_run_put, "KV_CALLS", g_strconcat(JETSTREAM_KEYS, key, NULL), value, done, data);
    job.expected = expected;
    store_submit(store, job);
}

void store_once(Store *store, const char *stream, const char *subject, const char *value, StoreDone done, gpointer data)
{
    store_submit(store, store_job(store_run_put, g_intern_string(stream), g_strdup(subject), value, done, data));
}

static void run_finish(Store *store, StoreJob *job)
{
    g_autofree char *mark = wire_new_secret();
    StoreJob landed = {.stream = "RECORDS", .subject = g_strconcat("record.", job->subject, NULL), .text = job->text};
    store_compare_and_set(store, &landed, store_compose(landed.subject, job->text, mark), mark);
    g_free(landed.subject);
    g_free(landed.value);
    if (landed.result.verdict == STORE_UNRESOLVED) return;
    g_autofree char *subject = g_strconcat(JETSTREAM_KEYS, job->subject, NULL);
    StoreJob purge = {.stream = "KV_CALLS", .subject = subject, .expected = job->expected};
    natsMsg *marker = store_compose(subject, "", mark);
    natsMsgHeader_Set(marker, "KV-Operation", "PURGE");
    natsMsgHeader_Set(marker, "Nats-Rollup", "sub");
    store_compare_and_set(store, &purge, marker, mark);
    g_free(purge.value);
    /* Who else purged it was just as right. */
    job->result.verdict = purge.result.verdict == STORE_LOST ? STORE_WON : purge.result.verdict;
    job->result.revision = purge.result.revision;
}

void store_finish(Store *store, const char *call, const char *record, guint64 revision, StoreDone done, gpointer data)
{
    g_return_if_fail(revision > 0);
    StoreJob job = store_job(run_finish, "KV_CALLS", g_strconcat("call.", call, NULL), record, done, data);
    job.expected = revision;
    store_submit(store, job);
}

static void run_forget(Store *store, StoreJob *job)
{
    jsOptions options;
    jsErrCode code = 0;
    jsOptions_Init(&options);
    options.Wait = JETSTREAM_WAIT_MS;
    options.Stream.Purge.Subject = job->subject;
    options.Stream.Purge.Sequence = job->expected + 1;
    if (js_PurgeStream(jetstream_context(store_jetstream(store)), "KV_CALLS", &options, &code) == NATS_OK) job->result.verdict = STORE_WON;
}

void store_forget(Store *store, const char *key, guint64 revision)
{
    StoreJob job = store_job(run_forget, "KV_CALLS", g_strconcat(JETSTREAM_KEYS, key, NULL), NULL, NULL, NULL);
    job.expected = revision;
    store_submit(store, job);
}

/* --- single values ----------------------------------------------------------------------------------------------------------------------
 */

static void run_recorded(Store *store, StoreJob *job)
{
    natsMsg *message = NULL;
    const natsStatus status = store_read_last(store, job, &message);
    if (status == NATS_OK) {
        job->value = jetstream_text(message);
        job->result.revision = natsMsg_GetSequence(message);
    }
    job->result.verdict = status == NATS_OK ? STORE_WON : status == NATS_NOT_FOUND ? STORE_LOST : STORE_UNRESOLVED;
    natsMsg_Destroy(message);
}

void store_recorded(Store *store, const char *call, StoreDone done, gpointer data)
{
    store_submit(store, store_job(run_recorded, "RECORDS", g_strconcat("record.call.", call, NULL), NULL, done, data));
}

void store_read_enrolment(Store *store, const char *booth, StoreDone done, gpointer data)
{
    store_submit(store, store_job(run_recorded, "KV_ENROL", g_strconcat(JETSTREAM_ENROLMENTS, booth, NULL), NULL, done, data));
}

void store_put_enrolment(Store *store, const char *booth, const char *value, guint64 expected, StoreDone done, gpointer data)
{
    StoreJob job = store_job(store_run_put, "KV_ENROL", g_strconcat(JETSTREAM_ENROLMENTS, booth, NULL), value, done, data);
    job.expected = expected;
    store_submit(store, job);
}

static void run_snapshot(Store *store, StoreJob *job)
{
    jsPubOptions options;
    jsErrCode code = 0;
    jsPubOptions_Init(&options);
    options.MaxWait = STORE_WRITE_WAIT_MS;
    if (!store_is_connected(store)) return;
    if (js_Publish(NULL, jetstream_context(store_jetstream(store)), job->subject, job->text, (int)strlen(job->text), &options, &code) ==
        NATS_OK)
        job->result.verdict = STORE_WON;
}

void store_snapshot(Store *store, const char *booth, const char *value, StoreDone done, gpointer data)
{
    store_submit(store, store_job(run_snapshot, "KV_BOOTHS", g_strconcat("$KV.BOOTHS.", booth, NULL), value, done, data));
}
