/* pages: the files that the desk serves, read into memory once at start.
 *
 * A request is a look-up by path, so no path can leave the folders, no disk is waited for and no descriptor is held. Hidden files and
 * symbolic links are passed over. Read-only after pages_load(): any thread. */
#pragma once

#include <glib.h>

#define PAGES_FILE_MAX  (4 * 1024 * 1024)  /* bytes of one file */
#define PAGES_TOTAL_MAX (32 * 1024 * 1024) /* bytes of all */

typedef struct Pages Pages;

typedef struct {
    GBytes *content;
    GBytes *packed;    /* the same as gzip; NULL: that is not smaller, or no text */
    const char *type;  /* Content-Type */
    char *etag;        /* quoted, strong: a digest of the content */
    char *packed_etag; /* of what is packed */
    gboolean shared;   /* other origins may read it: scripts, styles and texts that a web shop's page loads */
} Page;

#define PAGES_ERROR (pages_error_quark())
GQuark pages_error_quark(void);

/* Reads web_folder to "/..." and text_folder to "/text/...", folders in them too. NULL with one sentence for a person when a folder or file
 * cannot be read, or is larger than the bounds above. */
Pages *pages_load(const char *web_folder, const char *text_folder, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void pages_free(Pages *pages); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pages, pages_free)

/* The page at path, decoded and without its query: "/" is index.html, "/ops" is ops.html. NULL: there is none. Belongs to pages. */
const Page *pages_find(const Pages *pages, const char *path);

/* Whether an If-None-Match header (NULL: none) names this page's content. */
gboolean pages_unchanged(const Page *page, const char *if_none_match);
