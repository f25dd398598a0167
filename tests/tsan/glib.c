/* For ThreadSanitizer alone: tells it of GLib's locks and queues, which it cannot see into because the distribution's GLib is not built
 * with it. Without this every hand-over between threads looks like a race. Stands in for GLib's functions in all programs of `make tsan`.
 */
#include <dlfcn.h>
#include <glib.h>
#include <pthread.h>
#include <sanitizer/tsan_interface.h>

void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreReadsEnd(const char *file, int line);
void AnnotateIgnoreWritesBegin(const char *file, int line);
void AnnotateIgnoreWritesEnd(const char *file, int line);

/* The real one. Looked up at the first use: other libraries' constructors come before ours. */
/* NOLINTBEGIN(bugprone-macro-parentheses): __typeof__ takes none */
#define REAL(name)                                                                                                                         \
    ({                                                                                                                                     \
        static __typeof__(&name) real_one;                                                                                                 \
        __typeof__(&name) found = __atomic_load_n(&real_one, __ATOMIC_ACQUIRE);                                                            \
        if (!found) {                                                                                                                      \
            *(void **)&found = dlsym(RTLD_NEXT, #name);                                                                                    \
            __atomic_store_n(&real_one, found, __ATOMIC_RELEASE);                                                                          \
        }                                                                                                                                  \
        found;                                                                                                                             \
    })
/* NOLINTEND(bugprone-macro-parentheses) */

void g_mutex_lock(GMutex *mutex)
{
    REAL(g_mutex_lock)(mutex);
    __tsan_acquire(mutex);
}

void g_mutex_unlock(GMutex *mutex)
{
    __tsan_release(mutex);
    REAL(g_mutex_unlock)(mutex);
}

void g_cond_wait(GCond *cond, GMutex *mutex)
{
    __tsan_release(mutex);
    REAL(g_cond_wait)(cond, mutex);
    __tsan_acquire(mutex);
}

gboolean g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end_time)
{
    __tsan_release(mutex);
    gboolean woken = REAL(g_cond_wait_until)(cond, mutex, end_time);
    __tsan_acquire(mutex);
    return woken;
}

/* The queue's own nodes go from thread to thread too, under a lock inside GLib. */
static void look_away(gboolean away)
{
    (away ? AnnotateIgnoreReadsBegin : AnnotateIgnoreReadsEnd)(__FILE__, __LINE__);
    (away ? AnnotateIgnoreWritesBegin : AnnotateIgnoreWritesEnd)(__FILE__, __LINE__);
}

void g_async_queue_push(GAsyncQueue *queue, gpointer data)
{
    __tsan_release(queue);
    look_away(TRUE);
    REAL(g_async_queue_push)(queue, data);
    look_away(FALSE);
}

void g_async_queue_push_front(GAsyncQueue *queue, gpointer data)
{
    __tsan_release(queue);
    look_away(TRUE);
    REAL(g_async_queue_push_front)(queue, data);
    look_away(FALSE);
}

static gpointer popped(GAsyncQueue *queue, gpointer data)
{
    look_away(FALSE);
    if (data) __tsan_acquire(queue);
    return data;
}

gpointer g_async_queue_pop(GAsyncQueue *queue)
{
    look_away(TRUE);
    return popped(queue, REAL(g_async_queue_pop)(queue));
}

gpointer g_async_queue_try_pop(GAsyncQueue *queue)
{
    look_away(TRUE);
    return popped(queue, REAL(g_async_queue_try_pop)(queue));
}

gpointer g_async_queue_timeout_pop(GAsyncQueue *queue, guint64 timeout)
{
    look_away(TRUE);
    return popped(queue, REAL(g_async_queue_timeout_pop)(queue, timeout));
}

/* What is left in it is freed here. */
void g_async_queue_unref(GAsyncQueue *queue)
{
    __tsan_acquire(queue);
    REAL(g_async_queue_unref)(queue);
}

static pthread_key_t worker_key;

static void end_worker(void *name)
{
    (void)name;
    look_away(FALSE);
}

static void make_worker_key(void)
{
    pthread_key_create(&worker_key, end_worker);
}

/* GLib's own workers, on which none of our code runs, name themselves when they start: what they do is not looked at. */
int pthread_setname_np(pthread_t thread, const char *name)
{
    static const char *const workers[] = {"gmain", "gdbus", "pool"};
    for (gsize i = 0; i < G_N_ELEMENTS(workers); i++) {
        static pthread_once_t once = PTHREAD_ONCE_INIT;
        if (!g_str_has_prefix(name, workers[i])) continue;
        pthread_once(&once, make_worker_key);
        pthread_setspecific(worker_key, workers[i]);
        look_away(TRUE);
    }
    return REAL(pthread_setname_np)(thread, name);
}
