#include "desk/pages.h"

#include <glib/gstdio.h>
#include <string.h>

#include "desk/packed.h"

struct Pages {
    GHashTable *by_path; /* char *: Page * */
    gsize total;
};

G_DEFINE_QUARK(livebooth - pages, pages_error)

static const struct {
    const char *suffix;
    const char *type;
    gboolean shared;
} types[] = {
    {".html", "text/html; charset=utf-8", FALSE},
    {".js", "text/javascript; charset=utf-8", TRUE},
    {".mjs", "text/javascript; charset=utf-8", TRUE},
    {".css", "text/css; charset=utf-8", TRUE},
    {".json", "application/json", FALSE},
    {".webmanifest", "application/manifest+json", FALSE},
    {".svg", "image/svg+xml", TRUE},
    {".png", "image/png", TRUE},
    {".jpg", "image/jpeg", TRUE},
    {".jpeg", "image/jpeg", TRUE},
    {".webp", "image/webp", TRUE},
    {".ico", "image/x-icon", FALSE},
    {".woff2", "font/woff2", TRUE},
    {".mp3", "audio/mpeg", TRUE},
    {".ogg", "audio/ogg", TRUE},
    {".wav", "audio/wav", TRUE},
    {".txt", "text/plain; charset=utf-8", FALSE},
    {"", "application/octet-stream", FALSE},
};

static void page_free(gpointer data)
{
    Page *page = data;
    g_bytes_unref(page->content);
    g_clear_pointer(&page->packed, g_bytes_unref);
    g_free(page->etag);
    g_free(page->packed_etag);
    g_free(page);
}

void pages_free(Pages *pages)
{
    if (!pages) return;
    g_hash_table_unref(pages->by_path);
    g_free(pages);
}

static gboolean is_text(const char *type)
{
    static const char *const kinds[] = {"text/", "application/json", "application/manifest+json", "image/svg+xml"};
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (g_str_has_prefix(type, kinds[i])) return TRUE;
    }
    return FALSE;
}

static void add_page(Pages *pages, const char *path, GBytes *content)
{
    guint kind = 0;
    while (!g_str_has_suffix(path, types[kind].suffix)) kind++;
    Page *page = g_new0(Page, 1);
    page->content = g_bytes_ref(content);
    page->type = types[kind].type;
    page->shared = types[kind].shared || g_str_has_prefix(path, "/text/");
    g_autofree char *digest = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, content);
    digest[32] = '\0';
    page->etag = g_strdup_printf("\"%s\"", digest);
    page->packed_etag = g_strdup_printf("\"%s-gzip\"", digest);
    gsize length = 0;
    const void *text = g_bytes_get_data(content, &length);
    if (is_text(page->type)) page->packed = packed_new(text, length, FALSE);
    g_hash_table_replace(pages->by_path, g_strdup(path), page);
}

static gboolean read_file(Pages *pages, const char *path, const char *file, gsize size, GError **error)
{
    if (size > PAGES_FILE_MAX || pages->total + size > PAGES_TOTAL_MAX) {
        g_set_error(error, PAGES_ERROR, 0, "%s is too large to serve: a file may have %d MiB, all together %d MiB", file,
                    PAGES_FILE_MAX >> 20, PAGES_TOTAL_MAX >> 20);
        return FALSE;
    }
    g_autoptr(GError) cause = NULL;
    g_autofree char *text = NULL;
    gsize length = 0;
    if (!g_file_get_contents(file, &text, &length, &cause)) {
        g_set_error(error, PAGES_ERROR, 0, "a page cannot be read: %s", cause->message);
        return FALSE;
    }
    pages->total += length;
    g_autoptr(GBytes) content = g_bytes_new_take(g_steal_pointer(&text), length);
    add_page(pages, path, content);
    return TRUE;
}

static gboolean read_folder(Pages *pages, const char *prefix, const char *folder, guint depth, GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autoptr(GDir) listing = g_dir_open(folder, 0, &cause);
    if (!listing) {
        g_set_error(error, PAGES_ERROR, 0, "the folder of pages cannot be read: %s", cause->message);
        return FALSE;
    }
    const char *name;
    while ((name = g_dir_read_name(listing))) {
        if (*name == '.') continue;
        g_autofree char *file = g_build_filename(folder, name, NULL);
        g_autofree char *path = g_strconcat(prefix, name, NULL);
        GStatBuf status;
        if (g_lstat(file, &status) != 0) continue;
        if (S_ISDIR(status.st_mode) && depth > 0) {
            g_autofree char *inner = g_strconcat(path, "/", NULL);
            if (!read_folder(pages, inner, file, depth - 1, error)) return FALSE;
        } else if (S_ISREG(status.st_mode) && !read_file(pages, path, file, (gsize)status.st_size, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

Pages *pages_load(const char *web_folder, const char *text_folder, GError **error)
{
    g_autoptr(Pages) pages = g_new0(Pages, 1);
    pages->by_path = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, page_free);
    if (!read_folder(pages, "/", web_folder, 4, error)) return NULL;
    if (text_folder && !read_folder(pages, "/text/", text_folder, 4, error)) return NULL;
    return g_steal_pointer(&pages);
}

const Page *pages_find(const Pages *pages, const char *path)
{
    if (strcmp(path, "/") == 0) path = "/index.html";
    if (strcmp(path, "/ops") == 0) path = "/ops.html";
    return g_hash_table_lookup(pages->by_path, path);
}

gboolean pages_unchanged(const Page *page, const char *if_none_match)
{
    if (!if_none_match) return FALSE;
    g_auto(GStrv) tags = g_strsplit(if_none_match, ",", -1);
    for (char **tag = tags; *tag; tag++) {
        const char *bare = g_strstrip(*tag);
        if (strcmp(bare, "*") == 0) return TRUE;
        if (g_str_has_prefix(bare, "W/")) bare += 2;
        if (strcmp(bare, page->etag) == 0 || strcmp(bare, page->packed_etag) == 0) return TRUE;
    }
    return FALSE;
}
