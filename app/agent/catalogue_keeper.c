#include "agent/catalogue_keeper.h"

#include "agent/catalogue_files.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <malloc.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NICE 10 /* of the thread: calls come first */

typedef enum { WORK_CHECK, WORK_BUILD } WorkKind;

/* What the thread is given, and what came of it. */
typedef struct {
    CatalogueKeeper *keeper;
    WorkKind kind;
    CatalogueCurrent current; /* checked, or built */
    gboolean done, torn;      /* torn: the bytes are not those that they should be */
    GError *error;
} Work;

struct CatalogueKeeper {
    char *folder;
    const CatalogueKeeperEvents *events;
    CatalogueDb *db;
    CatalogueView view;
    CatalogueCurrent current; /* of db */
    gboolean has_current, damaged, fetching, held, asked;
    CatalogueManifest wanted; /* while has_wanted: the desk's last word */
    gboolean has_wanted;
    gint64 next; /* chunk */
    guint failures;
    guint late, again, rest; /* source ids */
    GThread *thread;
    Work *work; /* while there is a thread */
    guint finished;
    gint stop;
};

static void stop_source(guint *id)
{
    if (*id) g_source_remove(*id);
    *id = 0;
}

static void changed(CatalogueKeeper *keeper)
{
    keeper->events->changed(keeper->events->data);
}

static void go_on(CatalogueKeeper *keeper);

/* --- the thread
 * -------------------------------------------------------------------------------------------------------------------------------- */

static void check_current(Work *work)
{
    char sha256[65];
    gint64 bytes = 0;
    g_autofree char *path = g_build_filename(work->keeper->folder, work->current.file, NULL);
    work->done = catalogue_files_hash(path, &work->keeper->stop, sha256, &bytes);
    if (g_atomic_int_get(&work->keeper->stop)) return;
    work->torn = !work->done || strcmp(sha256, work->current.sha256) != 0;
}

static gboolean is_whole(Work *work, const char *pack)
{
    char sha256[65];
    gint64 bytes = 0;
    if (!catalogue_files_hash(pack, &work->keeper->stop, sha256, &bytes)) return FALSE;
    work->torn = strcmp(sha256, work->current.manifest.sha256) != 0;
    if (work->torn) g_set_error(&work->error, CATALOGUE_ERROR, 0, "what was fetched is damaged");
    return !work->torn;
}

static void build(Work *work)
{
    CatalogueCurrent *current = &work->current;
    CatalogueKeeper *keeper = work->keeper;
    g_snprintf(current->file, sizeof current->file, "catalogue-%" G_GINT64_FORMAT "-%08x.db", current->manifest.version, g_random_int());
    g_autofree char *pack = g_build_filename(keeper->folder, CATALOGUE_FILE_PACK, NULL);
    g_autofree char *path = g_build_filename(keeper->folder, current->file, NULL);
    if (!is_whole(work, pack)) return;
    work->done = catalogue_db_build(pack, path, &current->manifest, &keeper->stop, &work->error) &&
                 catalogue_files_hash(path, &keeper->stop, current->sha256, &current->bytes) && catalogue_files_sync(path) &&
                 catalogue_files_write_current(keeper->folder, current, &work->error);
    if (!work->done) g_unlink(path);
}

static gboolean on_finished(gpointer data);

static gpointer work_on(gpointer data)
{
    Work *work = data;
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE);
    if (work->kind == WORK_CHECK)
        check_current(work);
    else
        build(work);
    g_idle_add_full(G_PRIORITY_DEFAULT, on_finished, work, NULL);
    return NULL;
}

static void start(CatalogueKeeper *keeper, WorkKind kind)
{
    keeper->work = g_new0(Work, 1);
    *keeper->work = (Work){.keeper = keeper, .kind = kind, .current = keeper->current};
    if (kind == WORK_BUILD) keeper->work->current.manifest = keeper->wanted;
    keeper->thread = g_thread_new("catalogue", work_on, keeper->work);
}

/* --- what serves
 * -------------------------------------------------------------------------------------------------------------------------------- */

static gboolean is_current(const CatalogueKeeper *keeper, const CatalogueManifest *manifest)
{
    return keeper->has_current && strcmp(keeper->current.manifest.sha256, manifest->sha256) == 0;
}

static gboolean open_current(CatalogueKeeper *keeper)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(keeper->folder, keeper->current.file, NULL);
    catalogue_db_close(keeper->db);
    keeper->db = catalogue_db_open(path, &error);
    keeper->has_current = keeper->db != NULL;
    if (!keeper->db) g_warning("the catalogue cannot be used: %s", error->message);
    return keeper->has_current;
}

/* What is damaged is gone at once: a wrong price is worse than none. */
static void drop_current(CatalogueKeeper *keeper)
{
    g_message("the catalogue is damaged; it is fetched again");
    g_autofree char *path = g_build_filename(keeper->folder, keeper->current.file, NULL);
    g_clear_pointer(&keeper->db, catalogue_db_close);
    keeper->has_current = FALSE;
    keeper->damaged = TRUE;
    g_unlink(path);
    changed(keeper);
    go_on(keeper);
}

static void swap_in(CatalogueKeeper *keeper, const CatalogueCurrent *built)
{
    keeper->current = *built;
    keeper->failures = 0;
    if (!open_current(keeper)) {
        drop_current(keeper);
        return;
    }
    keeper->damaged = FALSE;
    catalogue_files_tidy(keeper->folder, &keeper->current, FALSE);
    g_message("catalogue %" G_GINT64_FORMAT ": %" G_GINT64_FORMAT " products", built->manifest.version, built->manifest.products);
}

static gboolean on_again(gpointer data)
{
    CatalogueKeeper *keeper = data;
    keeper->again = 0;
    keeper->failures = 0;
    go_on(keeper);
    return G_SOURCE_REMOVE;
}

static void failed(CatalogueKeeper *keeper, const char *why)
{
    g_warning("the catalogue cannot be renewed: %s", why);
    keeper->fetching = FALSE;
    if (++keeper->failures >= CATALOGUE_TRIES && !keeper->again) keeper->again = g_timeout_add(CATALOGUE_RETRY_MS, on_again, keeper);
}

static void end_build(CatalogueKeeper *keeper, Work *work)
{
    if (work->done) {
        swap_in(keeper, &work->current);
        return;
    }
    /* Another attempt begins with nothing, whatever it was. */
    catalogue_files_tidy(keeper->folder, keeper->has_current ? &keeper->current : NULL, FALSE);
    failed(keeper, work->error ? work->error->message : "the disk cannot be read");
}

static gboolean on_finished(gpointer data)
{
    Work *work = data;
    CatalogueKeeper *keeper = work->keeper;
    g_thread_join(g_steal_pointer(&keeper->thread));
    keeper->work = NULL;
    gboolean mine = keeper->has_current && strcmp(work->current.file, keeper->current.file) == 0;
    if (work->kind == WORK_BUILD)
        end_build(keeper, work);
    else if (work->torn && mine)
        drop_current(keeper);
    g_clear_error(&work->error);
    g_free(work);
    malloc_trim(0); /* building took some ten megabytes */
    changed(keeper);
    go_on(keeper);
    return G_SOURCE_REMOVE;
}

/* --- fetching
 * ----------------------------------------------------------------------------------------------------------------------------------- */

static gboolean on_late(gpointer data)
{
    CatalogueKeeper *keeper = data;
    keeper->late = 0;
    keeper->asked = FALSE;
    go_on(keeper);
    return G_SOURCE_REMOVE;
}

static void ask(CatalogueKeeper *keeper)
{
    keeper->asked = TRUE;
    stop_source(&keeper->late);
    keeper->late = g_timeout_add(CATALOGUE_CHUNK_MS, on_late, keeper);
    keeper->events->get(keeper->events->data, keeper->wanted.version, keeper->next);
}

static gboolean begin(CatalogueKeeper *keeper)
{
    g_autoptr(GError) error = NULL;
    keeper->next = catalogue_files_resume(keeper->folder, &keeper->wanted);
    if (keeper->next == 0 && !catalogue_files_begin(keeper->folder, &keeper->wanted, &error)) {
        failed(keeper, error->message);
        return FALSE;
    }
    if (keeper->next > 0) g_message("the catalogue's download goes on at chunk %" G_GINT64_FORMAT, keeper->next);
    keeper->fetching = TRUE;
    changed(keeper);
    return TRUE;
}

/* Whatever is to be done next, if anything; called whenever something has changed. */
static void go_on(CatalogueKeeper *keeper)
{
    if (!keeper->has_wanted || keeper->asked || keeper->held || keeper->failures >= CATALOGUE_TRIES) return;
    if (is_current(keeper, &keeper->wanted) || (keeper->work && keeper->work->kind == WORK_BUILD)) return;
    if (!keeper->fetching && !begin(keeper)) return;
    if (keeper->next < catalogue_manifest_chunks(&keeper->wanted)) {
        ask(keeper);
        return;
    }
    if (keeper->work) return; /* the other one comes first */
    keeper->fetching = FALSE;
    start(keeper, WORK_BUILD);
    changed(keeper);
}

/* The same products with a newer time, or under another number: no need to fetch them. */
static void renew_current(CatalogueKeeper *keeper, const CatalogueManifest *manifest)
{
    g_autoptr(GError) error = NULL;
    /* What is being built writes current.json too. */
    if (keeper->work && keeper->work->kind == WORK_BUILD) return;
    if (keeper->current.manifest.version == manifest->version && keeper->current.manifest.feed_utc == manifest->feed_utc) return;
    keeper->current.manifest = *manifest;
    if (!catalogue_files_write_current(keeper->folder, &keeper->current, &error)) g_warning("%s", error->message);
    changed(keeper);
}

void catalogue_keeper_offer(CatalogueKeeper *keeper, const json_t *manifest)
{
    CatalogueManifest offered;
    g_autoptr(GError) error = NULL;
    if (!catalogue_manifest_read(manifest, &offered, &error)) {
        g_warning("the desk's catalogue is refused: %s", error->message);
        return;
    }
    if (!keeper->has_wanted || offered.version != keeper->wanted.version) {
        keeper->fetching = keeper->asked = FALSE;
        keeper->failures = 0;
        stop_source(&keeper->late);
    }
    keeper->wanted = offered;
    keeper->has_wanted = TRUE;
    if (is_current(keeper, &offered)) renew_current(keeper, &offered);
    go_on(keeper);
}

void catalogue_keeper_chunk(CatalogueKeeper *keeper, gint64 version, gint64 chunk, const char *base64)
{
    if (!keeper->fetching || !keeper->asked || version != keeper->wanted.version || chunk != keeper->next) return;
    gsize length = 0;
    g_autofree guchar *bytes = g_base64_decode(base64, &length);
    g_autoptr(GError) error = NULL;
    keeper->asked = FALSE;
    stop_source(&keeper->late);
    if (length != catalogue_manifest_chunk_bytes(&keeper->wanted, chunk))
        failed(keeper, "a chunk has the wrong size");
    else if (!catalogue_files_append(keeper->folder, bytes, length, &error))
        failed(keeper, error->message);
    else
        keeper->next++;
    go_on(keeper);
}

void catalogue_keeper_refused(CatalogueKeeper *keeper, gint64 version, gint64 chunk, const char *why)
{
    if (!keeper->asked || version != keeper->wanted.version || chunk != keeper->next) return;
    /* Of a stale version the desk tells the newer one by itself; the rest is asked for again when it is late. */
    if (strcmp(why, "stale") != 0) return;
    keeper->asked = keeper->fetching = keeper->has_wanted = FALSE;
    stop_source(&keeper->late);
    changed(keeper);
}

void catalogue_keeper_cut_off(CatalogueKeeper *keeper)
{
    keeper->asked = keeper->fetching = keeper->has_wanted = FALSE;
    stop_source(&keeper->late);
}

void catalogue_keeper_hold(CatalogueKeeper *keeper, gboolean hold)
{
    if (keeper->held == hold) return;
    keeper->held = hold;
    go_on(keeper);
}

/* --- the whole
 * ------------------------------------------------------------------------------------------------------------------------------------ */

CatalogueKeeper *catalogue_keeper_new(const char *folder, const CatalogueKeeperEvents *events)
{
    CatalogueKeeper *keeper = g_new0(CatalogueKeeper, 1);
    keeper->folder = g_strdup(folder);
    keeper->events = events;
    if (g_mkdir_with_parents(folder, 0700) != 0) g_warning("%s cannot be made: %s", folder, g_strerror(errno));
    /* What was dropped just before the agent ended is damaged still. */
    keeper->damaged = catalogue_files_read_current(folder, &keeper->current) && !open_current(keeper);
    if (keeper->has_current) start(keeper, WORK_CHECK);
    catalogue_files_tidy(folder, keeper->has_current ? &keeper->current : NULL, TRUE);
    return keeper;
}

void catalogue_keeper_free(CatalogueKeeper *keeper)
{
    if (!keeper) return;
    g_atomic_int_set(&keeper->stop, 1);
    if (keeper->thread) {
        g_thread_join(keeper->thread);
        g_idle_remove_by_data(keeper->work);
        g_clear_error(&keeper->work->error);
        g_free(keeper->work);
    }
    stop_source(&keeper->late);
    stop_source(&keeper->again);
    stop_source(&keeper->rest);
    catalogue_db_close(keeper->db);
    g_free(keeper->folder);
    g_free(keeper);
}

const CatalogueView *catalogue_keeper_view(CatalogueKeeper *keeper, gint64 now_utc)
{
    if (!keeper->db) return NULL;
    keeper->view = (CatalogueView){.db = keeper->db, .feed_utc = keeper->current.manifest.feed_utc, .now_utc = now_utc};
    return &keeper->view;
}

static gboolean on_rest(gpointer data)
{
    CatalogueKeeper *keeper = data;
    keeper->rest = 0;
    if (keeper->db) catalogue_db_rest(keeper->db);
    malloc_trim(0);
    return G_SOURCE_REMOVE;
}

void catalogue_keeper_searched(CatalogueKeeper *keeper)
{
    if (keeper->db && catalogue_db_is_damaged(keeper->db)) {
        drop_current(keeper);
        return;
    }
    stop_source(&keeper->rest);
    keeper->rest = g_timeout_add(CATALOGUE_REST_MS, on_rest, keeper);
}

static const char *state_of(const CatalogueKeeper *keeper)
{
    if (keeper->work && keeper->work->kind == WORK_BUILD) return "building";
    if (keeper->fetching) return "fetching";
    if (keeper->has_current) return "ready";
    return keeper->damaged ? "damaged" : "none";
}

json_t *catalogue_keeper_json(const CatalogueKeeper *keeper)
{
    const CatalogueManifest none = {0}, *manifest = keeper->has_current ? &keeper->current.manifest : &none;
    return json_pack("{s:I, s:I, s:I, s:s}", "version", (json_int_t)manifest->version, "products", (json_int_t)manifest->products,
                     "feed_utc", (json_int_t)manifest->feed_utc, "state", state_of(keeper));
}
