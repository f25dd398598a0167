#define G_LOG_DOMAIN "desk"

#include "desk/catalogue_store.h"

#include <string.h>

#include "desk/catalogue_stream.h"

#define POLL_MS  15000    /* the head is read so often even if nobody says that it changed */
#define AWAY_MS  1000     /* or so often while it is not known */
#define KEEP_US  60000000 /* chunks that nobody asked for so long are dropped */
#define JOBS_MAX 20000

typedef struct {
    enum { JOB_READ, JOB_LOOK, JOB_QUIT, JOB_HEAD } kind;
    gint64 version, chunk;
    CatalogueReadDone done;
    gpointer data;
    CatalogueRead verdict;
    char *base64;
    CatalogueManifest head;
} Job;

struct CatalogueStore {
    char **servers;
    void (*wake)(gpointer data);
    gpointer data;
    GAsyncQueue *jobs, *out;
    GThread *thread;
    gboolean has_head;
    CatalogueManifest head; /* as dispatched */
    /* of the thread */
    CatalogueStream *stream;
    gboolean known, found, said;
    CatalogueManifest seen;
    char **chunks; /* base64, of seen; NULL where not read */
    gint64 chunk_count, asked;
};

static void job_free(gpointer data)
{
    Job *job = data;
    g_free(job->base64);
    g_free(job);
}

static void put(GAsyncQueue *queue, Job job)
{
    g_async_queue_push(queue, g_memdup2(&job, sizeof job));
}

static void hand_over(CatalogueStore *store, Job *job)
{
    g_async_queue_push(store->out, job);
    store->wake(store->data);
}

/* --- the thread
 * ------------------------------------------------------------------------------------------------------------------------------ */

static void on_changed(gpointer data)
{
    put(((CatalogueStore *)data)->jobs, (Job){.kind = JOB_LOOK});
}

static void drop_chunks(CatalogueStore *store)
{
    for (gint64 i = 0; i < store->chunk_count; i++) g_free(store->chunks[i]);
    g_clear_pointer(&store->chunks, g_free);
    store->chunk_count = 0;
}

static void connect_stream(CatalogueStore *store)
{
    g_autoptr(GError) error = NULL;
    if (store->stream) return;
    store->stream = catalogue_stream_open((const char *const *)store->servers, &error);
    if (!store->stream && !store->said) g_warning("the catalogue: %s", error->message);
    store->said = !store->stream;
    if (store->stream && !catalogue_stream_follow(store->stream, on_changed, store))
        g_clear_pointer(&store->stream, catalogue_stream_close);
}

static gboolean is_same(const CatalogueManifest *a, const CatalogueManifest *b)
{
    return a->version == b->version && a->feed_utc == b->feed_utc && strcmp(a->sha256, b->sha256) == 0;
}

static void look(CatalogueStore *store)
{
    CatalogueManifest head;
    connect_stream(store);
    CatalogueFound found = store->stream ? catalogue_stream_head(store->stream, &head) : CATALOGUE_UNKNOWN;
    store->known = found != CATALOGUE_UNKNOWN;
    if (found != CATALOGUE_FOUND || (store->found && is_same(&head, &store->seen))) return;
    if (!store->found || head.version != store->seen.version) drop_chunks(store);
    store->found = TRUE;
    store->seen = head;
    hand_over(store, g_memdup2(&(Job){.kind = JOB_HEAD, .head = head}, sizeof(Job)));
}

static CatalogueRead read_chunk(CatalogueStore *store, gint64 chunk)
{
    g_autoptr(GBytes) bytes = NULL;
    if (!store->stream) return CATALOGUE_READ_UNAVAILABLE;
    switch (catalogue_stream_chunk(store->stream, store->seen.version, chunk, &bytes)) {
    case CATALOGUE_NONE: return CATALOGUE_READ_STALE;
    case CATALOGUE_FOUND: break;
    case CATALOGUE_UNKNOWN:
    default: return CATALOGUE_READ_UNAVAILABLE;
    }
    gsize length = 0;
    const guchar *data = g_bytes_get_data(bytes, &length);
    if (length != catalogue_manifest_chunk_bytes(&store->seen, chunk)) return CATALOGUE_READ_STALE;
    store->chunks[chunk] = g_base64_encode(data, length);
    return CATALOGUE_READ_GOOD;
}

static void answer(CatalogueStore *store, Job *job)
{
    store->asked = g_get_monotonic_time();
    if (!store->found || job->version != store->seen.version) look(store);
    job->verdict = store->known ? CATALOGUE_READ_STALE : CATALOGUE_READ_UNAVAILABLE;
    if (store->found && job->version == store->seen.version && job->chunk < catalogue_manifest_chunks(&store->seen)) {
        if (!store->chunks) {
            store->chunk_count = catalogue_manifest_chunks(&store->seen);
            store->chunks = g_new0(char *, (gsize)store->chunk_count);
        }
        job->verdict = store->chunks[job->chunk] ? CATALOGUE_READ_GOOD : read_chunk(store, job->chunk);
        job->base64 = job->verdict == CATALOGUE_READ_GOOD ? g_strdup(store->chunks[job->chunk]) : NULL;
        /* Either the head has just changed, or a chunk is missing: then asking again at once helps nobody. */
        if (job->verdict == CATALOGUE_READ_STALE) look(store);
        if (job->verdict == CATALOGUE_READ_STALE && store->seen.version == job->version) job->verdict = CATALOGUE_READ_UNAVAILABLE;
    }
    hand_over(store, job);
}

static gpointer serve(gpointer data)
{
    CatalogueStore *store = data;
    look(store);
    for (;;) {
        Job *job = g_async_queue_timeout_pop(store->jobs, (store->known ? POLL_MS : AWAY_MS) * 1000);
        const gboolean quit = job && job->kind == JOB_QUIT;
        if (job && job->kind == JOB_READ) {
            answer(store, job);
            continue;
        }
        if (job) job_free(job);
        if (quit) break;
        look(store);
        if (store->chunks && g_get_monotonic_time() - store->asked > KEEP_US) drop_chunks(store);
    }
    drop_chunks(store);
    catalogue_stream_close(store->stream);
    return NULL;
}

/* --- the desk's thread
 * ----------------------------------------------------------------------------------------------------------------------- */

CatalogueStore *catalogue_store_open(const char *const *servers, void (*wake)(gpointer data), gpointer data)
{
    CatalogueStore *store = g_new0(CatalogueStore, 1);
    store->servers = g_strdupv((char **)servers);
    store->wake = wake;
    store->data = data;
    store->jobs = g_async_queue_new_full(job_free);
    store->out = g_async_queue_new_full(job_free);
    store->thread = g_thread_new("catalogue", serve, store);
    return store;
}

void catalogue_store_close(CatalogueStore *store)
{
    if (!store) return;
    g_async_queue_push_front(store->jobs, g_memdup2(&(Job){.kind = JOB_QUIT}, sizeof(Job)));
    g_thread_join(store->thread);
    for (Job *job; (job = g_async_queue_try_pop(store->jobs));) g_async_queue_push(store->out, job);
    catalogue_store_dispatch(store);
    g_async_queue_unref(store->jobs);
    g_async_queue_unref(store->out);
    g_strfreev(store->servers);
    g_free(store);
}

gboolean catalogue_store_dispatch(CatalogueStore *store)
{
    gboolean changed = FALSE;
    for (Job *job; (job = g_async_queue_try_pop(store->out));) {
        if (job->kind == JOB_HEAD) {
            store->head = job->head;
            store->has_head = changed = TRUE;
        } else if (job->kind == JOB_READ) {
            job->done(job->data, job->verdict, job->version, job->chunk, job->base64);
        }
        job_free(job);
    }
    return changed;
}

const CatalogueManifest *catalogue_store_head(const CatalogueStore *store)
{
    return store->has_head ? &store->head : NULL;
}

void catalogue_store_read(CatalogueStore *store, gint64 version, gint64 chunk, CatalogueReadDone done, gpointer data)
{
    Job job = {.kind = JOB_READ, .version = version, .chunk = chunk, .done = done, .data = data, .verdict = CATALOGUE_READ_UNAVAILABLE};
    if (g_async_queue_length(store->jobs) < JOBS_MAX)
        put(store->jobs, job);
    else
        hand_over(store, g_memdup2(&job, sizeof job));
}
