#include "agent/storage_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define BLOCK 4096

/* Shared by the main context and the thread; the last of the two frees it. */
typedef struct {
    gint references;
    char *path;
    GMutex lock; /* of the rest */
    GCond woken;
    gboolean ended;
    guint64 rounds;
    StorageState state;
} Shared;

struct StorageProbe {
    Shared *shared;
    void (*told)(void *data, StorageState state);
    void *data;
    StorageState state;
    guint64 rounds;
    gint64 answered_us;
    guint timer;
};

static void shared_unref(Shared *shared)
{
    if (!g_atomic_int_dec_and_test(&shared->references)) return;
    g_mutex_clear(&shared->lock);
    g_cond_clear(&shared->woken);
    g_free(shared->path);
    g_free(shared);
}

static StorageState verdict(int fault)
{
    if (fault == 0) return STORAGE_FINE;
    return fault == ENOSPC || fault == EDQUOT ? STORAGE_FULL : STORAGE_FAILING;
}

static int write_block(const char *path, guint64 round)
{
    guint8 block[BLOCK];
    memset(block, (int)(round & 0xff), sizeof block);
    gboolean sync = round % STORAGE_PROBE_SYNC == 0;
    /* ext4 writes a file that was truncated out when it is closed ("auto_da_alloc"): 500 MB a day, when done each second. */
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (sync ? O_TRUNC : 0), 0600);
    if (file < 0) return errno;
    ssize_t written = write(file, block, sizeof block);
    int fault = written == BLOCK ? 0 : written < 0 ? errno : ENOSPC;
    if (!fault && sync && fdatasync(file) != 0) fault = errno;
    if (close(file) != 0 && !fault) fault = errno;
    return fault;
}

static gpointer run(gpointer data)
{
    Shared *shared = data;
    g_mutex_lock(&shared->lock);
    while (!shared->ended) {
        guint64 round = shared->rounds;
        g_mutex_unlock(&shared->lock);
        StorageState state = verdict(write_block(shared->path, round));
        g_mutex_lock(&shared->lock);
        shared->state = state;
        shared->rounds++;
        gint64 until = g_get_monotonic_time() + STORAGE_PROBE_MS * G_TIME_SPAN_MILLISECOND;
        while (!shared->ended && g_cond_wait_until(&shared->woken, &shared->lock, until)) continue;
    }
    g_mutex_unlock(&shared->lock);
    shared_unref(shared);
    return NULL;
}

static gboolean on_time(gpointer data)
{
    StorageProbe *probe = data;
    gint64 now = g_get_monotonic_time();
    g_mutex_lock(&probe->shared->lock);
    StorageState state = probe->shared->state;
    guint64 rounds = probe->shared->rounds;
    g_mutex_unlock(&probe->shared->lock);
    if (rounds != probe->rounds)
        probe->answered_us = now;
    else if (now - probe->answered_us > STORAGE_PROBE_LIMIT_MS * G_TIME_SPAN_MILLISECOND)
        state = STORAGE_FAILING;
    probe->rounds = rounds;
    if (state == probe->state) return G_SOURCE_CONTINUE;
    probe->state = state;
    probe->told(probe->data, state);
    return G_SOURCE_CONTINUE;
}

StorageProbe *storage_probe_new(const char *folder, void (*told)(void *data, StorageState state), void *data)
{
    StorageProbe *probe = g_new0(StorageProbe, 1);
    probe->shared = g_new0(Shared, 1);
    probe->shared->references = 2;
    probe->shared->path = g_build_filename(folder, STORAGE_PROBE_FILE, NULL);
    g_mutex_init(&probe->shared->lock);
    g_cond_init(&probe->shared->woken);
    probe->told = told;
    probe->data = data;
    probe->answered_us = g_get_monotonic_time();
    probe->timer = g_timeout_add(STORAGE_PROBE_MS / 4, on_time, probe);
    g_thread_unref(g_thread_new("storage-probe", run, probe->shared));
    return probe;
}

void storage_probe_free(StorageProbe *probe)
{
    if (!probe) return;
    g_source_remove(probe->timer);
    g_mutex_lock(&probe->shared->lock);
    probe->shared->ended = TRUE;
    g_cond_signal(&probe->shared->woken);
    g_mutex_unlock(&probe->shared->lock);
    shared_unref(probe->shared);
    g_free(probe);
}
