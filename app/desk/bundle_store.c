#define G_LOG_DOMAIN "desk"

#include "desk/bundle_store.h"

#include <jansson.h>
#include <string.h>

#include "desk/jetstream.h"
#include "wire/wire.h"

#define STREAM     "BUNDLES"
#define PART_BYTES (256 * 1024) /* in one message of the bus */
#define ATTEMPTS   5            /* of writing a list that another desk writes too */
#define DAY_MS     (24LL * 3600 * 1000)

struct BundleStore {
    char **servers;
    gint64 keep_ms;
    void (*wake)(gpointer data);
    gpointer wake_data;
    GThreadPool *pool; /* one thread */
    GAsyncQueue *done; /* of Job */
    /* of the thread */
    natsConnection *connection;
    jsCtx *js;
};

typedef struct Job Job;
struct Job {
    BundleVerdict (*run)(BundleStore *store, Job *job);
    char *booth, *id, *why, *desk;
    GBytes *bytes;
    BundleVerdict verdict;
    GBytes *answer;
    BundleDone done;
    gpointer data;
};

static void job_free(Job *job)
{
    g_free(job->booth);
    g_free(job->id);
    g_free(job->why);
    g_free(job->desk);
    g_bytes_unref(job->bytes);
    g_bytes_unref(job->answer);
    g_free(job);
}

/* --- the bus ----------------------------------------------------------------------------------------------------------------------------
 */

static void hang_up(BundleStore *store)
{
    jsCtx_Destroy(store->js);
    natsConnection_Destroy(store->connection);
    store->js = NULL;
    store->connection = NULL;
}

static gboolean call(BundleStore *store)
{
    if (store->js && natsConnection_Status(store->connection) == NATS_CONN_STATUS_CONNECTED) return TRUE;
    hang_up(store);
    return jetstream_dial_context((const char *const *)store->servers, &store->connection, &store->js);
}

static gboolean publish(BundleStore *store, const char *subject, const void *bytes, gsize length, jsPubOptions *options, jsErrCode *code)
{
    options->MaxWait = JETSTREAM_WAIT_MS;
    return js_Publish(NULL, store->js, subject, bytes, (int)length, options, code) == NATS_OK;
}

static char *part_subject(const char *booth, const char *id, const char *part)
{
    return g_strjoin(".", "bundle.part", booth, id, part, NULL);
}

static gboolean put_parts(BundleStore *store, const Job *job)
{
    gsize length = 0;
    const char *bytes = g_bytes_get_data(job->bytes, &length);
    for (gsize from = 0, n = 0; from < length; from += PART_BYTES, n++) {
        g_autofree char *part = g_strdup_printf("%" G_GSIZE_FORMAT, n), *subject = part_subject(job->booth, job->id, part);
        jsPubOptions options;
        jsPubOptions_Init(&options);
        if (!publish(store, subject, bytes + from, MIN(length - from, PART_BYTES), &options, NULL)) return FALSE;
    }
    return TRUE;
}

static void erase_parts(BundleStore *store, const char *booth, const char *id)
{
    g_autofree char *subject = part_subject(booth, id, ">");
    jsOptions options;
    jsOptions_Init(&options);
    options.Wait = JETSTREAM_WAIT_MS;
    options.Stream.Purge.Subject = subject;
    js_PurgeStream(store->js, STREAM, &options, NULL);
}

/* --- a booth's list: one value, the newest first, by compare-and-set ---------------------------------------------------------------------
 */

/* NULL: the bus does not tell. */
static json_t *read_list(BundleStore *store, const char *booth, guint64 *revision)
{
    g_autofree char *subject = g_strconcat("bundle.list.", booth, NULL);
    natsMsg *message = NULL;
    jsErrCode code = 0;
    jsOptions options;
    jsOptions_Init(&options);
    options.Wait = JETSTREAM_WAIT_MS;
    const natsStatus status = js_GetLastMsg(&message, store->js, STREAM, subject, &options, &code);
    *revision = 0;
    if (status == NATS_NOT_FOUND) return json_array();
    if (status != NATS_OK) return NULL;
    json_t *list = json_loadb(natsMsg_GetData(message), (size_t)natsMsg_GetDataLength(message), 0, NULL);
    *revision = natsMsg_GetSequence(message);
    natsMsg_Destroy(message);
    if (json_is_array(list)) return list;
    json_decref(list);
    return json_array();
}

/* What is older than it may be is not told any more; the bus forgets its parts by itself. */
static void leave_out_old(const BundleStore *store, json_t *list)
{
    const gint64 since = g_get_real_time() / 1000 - store->keep_ms;
    for (size_t i = json_array_size(list); i-- > 0;) {
        if (wire_int(json_array_get(list, i), "utc") < since) json_array_remove(list, i);
    }
}

static void cut_list(BundleStore *store, const char *booth, json_t *list)
{
    while (json_array_size(list) > BUNDLE_KEPT) {
        const size_t last = json_array_size(list) - 1;
        erase_parts(store, booth, wire_string(json_array_get(list, last), "id"));
        json_array_remove(list, last);
    }
}

static gboolean write_list(BundleStore *store, const char *booth, const json_t *list, guint64 revision, gboolean *lost)
{
    g_autofree char *subject = g_strconcat("bundle.list.", booth, NULL), *text = json_dumps(list, JSON_COMPACT);
    jsPubOptions options;
    jsErrCode code = 0;
    jsPubOptions_Init(&options);
    options.ExpectLastSubjectSeq = revision;
    options.ExpectNoMessage = revision == 0;
    const gboolean done = publish(store, subject, text, strlen(text), &options, &code);
    *lost = code == JSStreamWrongLastSequenceErr;
    return done;
}

static void leave_out(json_t *list, const char *id)
{
    for (size_t i = json_array_size(list); i-- > 0;) {
        if (strcmp(wire_string(json_array_get(list, i), "id"), id) == 0) json_array_remove(list, i);
    }
}

static json_t *entry_of(const Job *job)
{
    json_t *entry = json_pack("{s:s, s:I, s:I, s:s}", "id", job->id, "utc", (json_int_t)(g_get_real_time() / 1000), "bytes",
                              (json_int_t)(job->bytes ? g_bytes_get_size(job->bytes) : 0), "why", job->why ? job->why : "");
    if (job->desk) json_object_set_new(entry, "desk", json_string(job->desk));
    return entry;
}

static gboolean enter(BundleStore *store, const Job *job)
{
    gboolean done = FALSE, lost = TRUE;
    for (guint attempt = 0; attempt < ATTEMPTS && lost && !done; attempt++) {
        guint64 revision = 0;
        json_t *list = read_list(store, job->booth, &revision);
        if (!list) return FALSE;
        leave_out(list, job->id);
        json_array_insert_new(list, 0, entry_of(job));
        leave_out_old(store, list);
        cut_list(store, job->booth, list);
        done = write_list(store, job->booth, list, revision, &lost);
        json_decref(list);
    }
    return done;
}

/* --- what is wished ---------------------------------------------------------------------------------------------------------------------
 */

static BundleVerdict run_put(BundleStore *store, Job *job)
{
    if ((!job->bytes || put_parts(store, job)) && enter(store, job)) return BUNDLE_STORE_GOOD;
    if (job->bytes) erase_parts(store, job->booth, job->id);
    g_warning("the support bundle of booth %s could not be kept", job->booth);
    return BUNDLE_STORE_UNAVAILABLE;
}

static BundleVerdict run_list(BundleStore *store, Job *job)
{
    guint64 revision = 0;
    json_t *list = read_list(store, job->booth, &revision);
    if (!list) return BUNDLE_STORE_UNAVAILABLE;
    leave_out_old(store, list);
    char *text = json_dumps(list, JSON_COMPACT);
    json_decref(list);
    job->answer = g_bytes_new_with_free_func(text, strlen(text), free, text);
    return BUNDLE_STORE_GOOD;
}

static gint64 size_listed(const json_t *list, const char *id)
{
    size_t i;
    json_t *entry;
    json_array_foreach(list, i, entry) {
        if (strcmp(wire_string(entry, "id"), id) == 0) return wire_int(entry, "bytes");
    }
    return 0;
}

static BundleVerdict read_parts(BundleStore *store, const Job *job, gint64 size, GByteArray *bytes)
{
    jsOptions options;
    jsOptions_Init(&options);
    options.Wait = JETSTREAM_WAIT_MS;
    for (guint n = 0; bytes->len < size; n++) {
        g_autofree char *part = g_strdup_printf("%u", n), *subject = part_subject(job->booth, job->id, part);
        natsMsg *message = NULL;
        const natsStatus status = js_GetLastMsg(&message, store->js, STREAM, subject, &options, NULL);
        if (status != NATS_OK) return status == NATS_NOT_FOUND ? BUNDLE_STORE_NONE : BUNDLE_STORE_UNAVAILABLE;
        const guint length = (guint)natsMsg_GetDataLength(message);
        g_byte_array_append(bytes, (const guint8 *)natsMsg_GetData(message), length);
        natsMsg_Destroy(message);
        if (!length) return BUNDLE_STORE_NONE;
    }
    return bytes->len == size ? BUNDLE_STORE_GOOD : BUNDLE_STORE_NONE;
}

static BundleVerdict run_get(BundleStore *store, Job *job)
{
    guint64 revision = 0;
    json_t *list = read_list(store, job->booth, &revision);
    if (!list) return BUNDLE_STORE_UNAVAILABLE;
    leave_out_old(store, list);
    const gint64 size = size_listed(list, job->id);
    json_decref(list);
    if (size <= 0) return BUNDLE_STORE_NONE;
    GByteArray *bytes = g_byte_array_new();
    const BundleVerdict verdict = read_parts(store, job, size, bytes);
    job->answer = g_byte_array_free_to_bytes(bytes);
    return verdict;
}

/* --- the thread -------------------------------------------------------------------------------------------------------------------------
 */

static void run(gpointer data, gpointer user_data)
{
    Job *job = data;
    BundleStore *store = user_data;
    job->verdict = call(store) ? job->run(store, job) : BUNDLE_STORE_UNAVAILABLE;
    g_async_queue_push(store->done, job);
    store->wake(store->wake_data);
}

static void submit(BundleStore *store, Job *job)
{
    if (g_thread_pool_unprocessed(store->pool) < BUNDLE_WAITING) {
        g_thread_pool_push(store->pool, job, NULL);
        return;
    }
    job->verdict = BUNDLE_STORE_UNAVAILABLE;
    g_async_queue_push(store->done, job);
    store->wake(store->wake_data);
}

static Job *job_new(BundleVerdict (*how)(BundleStore *store, Job *job), const char *booth, const char *id, BundleDone done, gpointer data)
{
    Job *job = g_new0(Job, 1);
    *job = (Job){.run = how, .booth = g_strdup(booth), .id = g_strdup(id), .done = done, .data = data};
    return job;
}

void bundle_store_put(BundleStore *store, const char *booth, const char *id, GBytes *bytes, const char *why, BundleDone done, gpointer data)
{
    Job *job = job_new(run_put, booth, id, done, data);
    job->bytes = bytes ? g_bytes_ref(bytes) : NULL;
    job->why = g_strdup(why);
    submit(store, job);
}

void bundle_store_await(BundleStore *store, const char *booth, const char *id, const char *desk)
{
    Job *job = job_new(run_put, booth, id, NULL, NULL);
    job->desk = g_strdup(desk);
    submit(store, job);
}

void bundle_store_list(BundleStore *store, const char *booth, BundleDone done, gpointer data)
{
    submit(store, job_new(run_list, booth, NULL, done, data));
}

void bundle_store_get(BundleStore *store, const char *booth, const char *id, BundleDone done, gpointer data)
{
    submit(store, job_new(run_get, booth, id, done, data));
}

void bundle_store_dispatch(BundleStore *store)
{
    for (Job *job; (job = g_async_queue_try_pop(store->done));) {
        if (job->done) job->done(job->data, job->verdict, job->verdict == BUNDLE_STORE_GOOD ? job->answer : NULL);
        job_free(job);
    }
}

BundleStore *bundle_store_new(const char *const *servers, guint retention_days, void (*wake)(gpointer data), gpointer data)
{
    BundleStore *store = g_new0(BundleStore, 1);
    store->servers = g_strdupv((char **)servers);
    store->keep_ms = (gint64)MIN(retention_days ? retention_days : JETSTREAM_RETENTION_DAYS, JETSTREAM_RETENTION_DAYS) * DAY_MS;
    store->wake = wake;
    store->wake_data = data;
    store->done = g_async_queue_new();
    store->pool = g_thread_pool_new(run, store, 1, FALSE, NULL);
    return store;
}

void bundle_store_free(BundleStore *store)
{
    if (!store) return;
    g_thread_pool_free(store->pool, FALSE, TRUE);
    bundle_store_dispatch(store);
    hang_up(store);
    g_async_queue_unref(store->done);
    g_strfreev(store->servers);
    g_free(store);
}
