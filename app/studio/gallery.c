#include "studio/gallery.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <libsoup/soup.h>
#include <string.h>

#define THREADS     2
#define READ_BYTES  16384
#define CONNECTIONS 4
#define SIDE_SMALL  128
#define SIDE_LARGE  1024
#define ENTRIES_MAX 256
#define PAPER_ALIKE 8 /* of 255 */

typedef struct {
    char *address;
    GallerySize size;
    GalleryState state;
    cairo_surface_t *picture;
    gint64 used, failed; /* µs */
} Entry;

struct Gallery {
    void (*changed)(void *data);
    void *data;
    GHashTable *entries; /* "size address" -> Entry */
    guint waiting;
    GThreadPool *pool;
    GCancellable *cancel;
    GAsyncQueue *done; /* of Job */
};

typedef struct {
    char *key, *address;
    int side;
    cairo_surface_t *picture;
} Job;

static const int sides[GALLERY_SIZES] = {SIDE_SMALL, SIDE_LARGE};

static void entry_free(gpointer data)
{
    Entry *entry = data;
    g_clear_pointer(&entry->picture, cairo_surface_destroy);
    g_free(entry->address);
    g_free(entry);
}

static void job_free(gpointer data)
{
    Job *job = data;
    g_clear_pointer(&job->picture, cairo_surface_destroy);
    g_free(job->key);
    g_free(job->address);
    g_free(job);
}

/* --- decoding ----------------------------------------------------------------------------------------------------------------------------
 */

static gboolean is_known_format(const guint8 *bytes, gsize length)
{
    return (length > 3 && memcmp(bytes, "\xff\xd8\xff", 3) == 0) || (length > 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0) ||
           (length > 6 && memcmp(bytes, "GIF8", 4) == 0) ||
           (length > 12 && memcmp(bytes, "RIFF", 4) == 0 && memcmp(bytes + 8, "WEBP", 4) == 0);
}

typedef struct {
    int side;
    gboolean too_large;
} Limits;

/* Before anything is unpacked. */
static void on_size(GdkPixbufLoader *loader, int width, int height, gpointer data)
{
    Limits *limits = data;
    if (width < 1 || height < 1 || (gint64)width * height > GALLERY_PIXELS_MAX) {
        limits->too_large = TRUE;
        gdk_pixbuf_loader_set_size(loader, 1, 1);
        return;
    }
    int longest = MAX(width, height);
    if (longest <= limits->side) return;
    gdk_pixbuf_loader_set_size(loader, MAX(1, width * limits->side / longest), MAX(1, height * limits->side / longest));
}

/* On white, as shops show what is transparent. */
static cairo_surface_t *surface_of(const GdkPixbuf *pixbuf)
{
    int width = gdk_pixbuf_get_width(pixbuf), height = gdk_pixbuf_get_height(pixbuf), channels = gdk_pixbuf_get_n_channels(pixbuf);
    gsize stride = (gsize)gdk_pixbuf_get_rowstride(pixbuf);
    const guint8 *from = gdk_pixbuf_read_pixels(pixbuf);
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
    if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) {
        cairo_surface_destroy(surface);
        return NULL;
    }
    cairo_surface_flush(surface);
    guint8 *to = cairo_image_surface_get_data(surface);
    gsize to_stride = (gsize)cairo_image_surface_get_stride(surface);
    for (int y = 0; y < height; y++) {
        const guint8 *pixel = from + (gsize)y * stride;
        guint32 *row = (guint32 *)(void *)(to + (gsize)y * to_stride);
        for (int x = 0; x < width; x++, pixel += channels) {
            guint alpha = channels == 4 ? pixel[3] : 255, rest = (255 - alpha) * 255;
            guint r = (pixel[0] * alpha + rest) / 255, g = (pixel[1] * alpha + rest) / 255, b = (pixel[2] * alpha + rest) / 255;
            row[x] = r << 16 | g << 8 | b;
        }
    }
    cairo_surface_mark_dirty(surface);
    return surface;
}

cairo_surface_t *gallery_decode(const guint8 *bytes, gsize length, int side)
{
    if (!is_known_format(bytes, length)) return NULL;
    Limits limits = {.side = side};
    g_autoptr(GdkPixbufLoader) loader = gdk_pixbuf_loader_new();
    g_signal_connect(loader, "size-prepared", G_CALLBACK(on_size), &limits);
    gboolean written = TRUE;
    for (gsize at = 0; at < length && written && !limits.too_large; at += READ_BYTES)
        written = gdk_pixbuf_loader_write(loader, bytes + at, MIN(READ_BYTES, length - at), NULL);
    gboolean closed = gdk_pixbuf_loader_close(loader, NULL);
    GdkPixbuf *pixbuf = gdk_pixbuf_loader_get_pixbuf(loader);
    if (!written || !closed || limits.too_large || !pixbuf) return NULL;
    g_autoptr(GdkPixbuf) upright = gdk_pixbuf_apply_embedded_orientation(pixbuf);
    return surface_of(upright ? upright : pixbuf);
}

/* --- fetching, on the threads
 * ------------------------------------------------------------------------------------------------------------- */

static GByteArray *read_all(GInputStream *stream, GCancellable *cancel, gint64 until)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    guint8 block[READ_BYTES];
    for (;;) {
        gssize got = g_input_stream_read(stream, block, sizeof block, cancel, NULL);
        if (got == 0) return g_steal_pointer(&bytes);
        if (got < 0 || bytes->len + (gsize)got > GALLERY_BYTES_MAX || g_get_monotonic_time() > until) return NULL;
        g_byte_array_append(bytes, block, (guint)got);
    }
}

static cairo_surface_t *fetch(SoupSession *session, const Job *job, GCancellable *cancel)
{
    g_autoptr(SoupMessage) message = soup_message_new("GET", job->address);
    g_autoptr(GError) error = NULL;
    gint64 until = g_get_monotonic_time() + GALLERY_FETCH_S * G_USEC_PER_SEC;
    if (!message) return NULL;
    soup_message_headers_append(soup_message_get_request_headers(message), "Accept", "image/jpeg, image/png, image/webp, image/gif");
    g_autoptr(GInputStream) stream = soup_session_send(session, message, cancel, &error);
    if (!stream || soup_message_get_status(message) != SOUP_STATUS_OK) {
        g_message("picture %s: %s", job->address, error ? error->message : soup_message_get_reason_phrase(message));
        return NULL;
    }
    if (soup_message_headers_get_content_length(soup_message_get_response_headers(message)) > GALLERY_BYTES_MAX) return NULL;
    g_autoptr(GByteArray) bytes = read_all(stream, cancel, until);
    cairo_surface_t *picture = bytes ? gallery_decode(bytes->data, bytes->len, job->side) : NULL;
    if (!picture) g_message("picture %s: no picture, too large or too slow", job->address);
    return picture;
}

static gboolean on_done(gpointer data);

static void run(gpointer data, gpointer shared)
{
    static GPrivate own = G_PRIVATE_INIT(g_object_unref);
    Job *job = data;
    Gallery *gallery = shared;
    SoupSession *session = g_private_get(&own);
    if (!session) {
        /* Without a proxy, as the booth's link to the desk: what looks for one (libproxy) would run scripts in this process. */
        session = soup_session_new_with_options("timeout", GALLERY_FETCH_S / 2, "proxy-resolver", NULL, "max-conns", CONNECTIONS,
                                                "user-agent", "livebooth", NULL);
        g_private_set(&own, session);
    }
    if (!g_cancellable_is_cancelled(gallery->cancel)) job->picture = fetch(session, job, gallery->cancel);
    g_async_queue_push(gallery->done, job);
    g_idle_add_full(G_PRIORITY_DEFAULT, on_done, gallery, NULL);
}

/* --- keeping
 * -------------------------------------------------------------------------------------------------------------------------------- */

static gsize bytes_of(cairo_surface_t *picture)
{
    return picture ? (gsize)cairo_image_surface_get_stride(picture) * (gsize)cairo_image_surface_get_height(picture) : 0;
}

/* What was not looked at for longest goes first. */
static void make_room(Gallery *gallery)
{
    for (;;) {
        gsize kept = 0;
        GHashTableIter iter;
        gpointer key, value, oldest_key = NULL;
        gint64 oldest = G_MAXINT64;
        g_hash_table_iter_init(&iter, gallery->entries);
        while (g_hash_table_iter_next(&iter, &key, &value)) {
            const Entry *entry = value;
            kept += bytes_of(entry->picture);
            if (entry->state == GALLERY_COMING || entry->used >= oldest) continue;
            oldest = entry->used;
            oldest_key = key;
        }
        if (!oldest_key || (kept <= GALLERY_KEPT_MAX && g_hash_table_size(gallery->entries) <= ENTRIES_MAX)) return;
        g_hash_table_remove(gallery->entries, oldest_key);
    }
}

static gboolean on_done(gpointer data)
{
    Gallery *gallery = data;
    for (Job *job = g_async_queue_try_pop(gallery->done); job; job = g_async_queue_try_pop(gallery->done)) {
        Entry *entry = g_hash_table_lookup(gallery->entries, job->key);
        gallery->waiting--;
        if (entry) {
            entry->picture = g_steal_pointer(&job->picture);
            entry->state = entry->picture ? GALLERY_THERE : GALLERY_FAILED;
            entry->failed = g_get_monotonic_time();
        }
        job_free(job);
    }
    make_room(gallery);
    gallery->changed(gallery->data);
    return G_SOURCE_REMOVE;
}

static gboolean is_web_address(const char *address)
{
    return g_str_has_prefix(address, "https://") || g_str_has_prefix(address, "http://");
}

static void start_fetch(Gallery *gallery, const char *key, Entry *entry)
{
    Job *job = g_new0(Job, 1);
    *job = (Job){.key = g_strdup(key), .address = g_strdup(entry->address), .side = sides[entry->size]};
    entry->state = GALLERY_COMING;
    gallery->waiting++;
    g_thread_pool_push(gallery->pool, job, NULL);
}

cairo_surface_t *gallery_get(Gallery *gallery, const char *address, GallerySize size, GalleryState *ret_state)
{
    GalleryState ignored, *state = ret_state ? ret_state : &ignored;
    *state = GALLERY_FAILED;
    if (!address || !is_web_address(address)) return NULL;
    g_autofree char *key = g_strdup_printf("%d %s", (int)size, address);
    Entry *entry = g_hash_table_lookup(gallery->entries, key);
    gint64 now = g_get_monotonic_time();
    gboolean again = entry && entry->state == GALLERY_FAILED && now - entry->failed > GALLERY_AGAIN_S * G_USEC_PER_SEC;
    if ((!entry || again) && gallery->waiting >= GALLERY_WAITING_MAX) return NULL;
    if (!entry) {
        entry = g_new0(Entry, 1);
        entry->address = g_strdup(address);
        entry->size = size;
        g_hash_table_insert(gallery->entries, g_strdup(key), entry);
        again = TRUE;
    }
    if (again) start_fetch(gallery, key, entry);
    entry->used = now;
    *state = entry->state;
    return entry->picture;
}

Gallery *gallery_new(void (*changed)(void *data), void *data)
{
    Gallery *gallery = g_new0(Gallery, 1);
    gallery->changed = changed;
    gallery->data = data;
    gallery->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
    gallery->cancel = g_cancellable_new();
    gallery->done = g_async_queue_new_full(job_free);
    gallery->pool = g_thread_pool_new(run, gallery, THREADS, FALSE, NULL);
    return gallery;
}

void gallery_free(Gallery *gallery)
{
    if (!gallery) return;
    g_cancellable_cancel(gallery->cancel);
    g_thread_pool_free(gallery->pool, FALSE, TRUE);
    while (g_idle_remove_by_data(gallery)) continue;
    g_async_queue_unref(gallery->done);
    g_hash_table_unref(gallery->entries);
    g_object_unref(gallery->cancel);
    g_free(gallery);
}

guint32 gallery_paper(cairo_surface_t *picture)
{
    int width = cairo_image_surface_get_width(picture), height = cairo_image_surface_get_height(picture);
    const guint8 *data = cairo_image_surface_get_data(picture);
    gsize stride = (gsize)cairo_image_surface_get_stride(picture);
    guint32 corners[4];
    for (guint i = 0; i < 4; i++) {
        gsize x = i % 2 ? (gsize)width - 1 : 0, y = i / 2 ? (gsize)height - 1 : 0;
        memcpy(&corners[i], data + y * stride + x * sizeof *corners, sizeof *corners);
        corners[i] &= 0xffffff;
        for (int shift = 0; shift <= 16; shift += 8) {
            if (ABS((int)((corners[i] >> shift) & 0xff) - (int)((corners[0] >> shift) & 0xff)) > PAPER_ALIKE) return 0xffffff;
        }
    }
    return corners[0];
}
