/* scratch: a test's own folder, removed again with all that is in it. */
#pragma once

#include <glib.h>
#include <glib/gstdio.h>

static inline char *scratch_new(void)
{
    char *folder = g_dir_make_tmp("livebooth-test-XXXXXX", NULL);
    g_assert_nonnull(folder);
    return folder;
}

static inline void scratch_remove(const char *path)
{
    GDir *listing = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
    const char *name;
    while (listing && (name = g_dir_read_name(listing))) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        scratch_remove(inner);
    }
    if (listing) g_dir_close(listing);
    g_remove(path);
}

/* Writes text to folder/name; the path, to g_free(). */
static inline char *scratch_write(const char *folder, const char *name, const char *text)
{
    char *path = g_build_filename(folder, name, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    return path;
}
