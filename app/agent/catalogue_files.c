#include "agent/catalogue_files.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define CURRENT    "current.json"
#define DOWNLOAD   "download.json"
#define HASH_BYTES (256 * 1024)

static json_t *read_json(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    return json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
}

static gboolean write_json(const char *folder, const char *name, json_t *value, GError **error)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    char *text = json_dumps(value, JSON_COMPACT);
    gboolean well = g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, error);
    json_decref(value);
    free(text);
    return well;
}

static gboolean take_string(const json_t *value, const char *member, char *to, gsize size)
{
    const char *text = json_string_value(json_object_get(value, member));
    return text && *text && g_strlcpy(to, text, size) < size;
}

gboolean catalogue_files_read_current(const char *folder, CatalogueCurrent *current)
{
    json_t *value = read_json(folder, CURRENT);
    gboolean well = value && catalogue_manifest_read(json_object_get(value, "manifest"), &current->manifest, NULL) &&
                    take_string(value, "file", current->file, sizeof current->file) && !strchr(current->file, '/') &&
                    take_string(value, "sha256", current->sha256, sizeof current->sha256);
    current->bytes = json_integer_value(json_object_get(value, "bytes"));
    json_decref(value);
    return well;
}

gboolean catalogue_files_write_current(const char *folder, const CatalogueCurrent *current, GError **error)
{
    json_t *value = json_pack("{s:s, s:I, s:s, s:o}", "file", current->file, "bytes", (json_int_t)current->bytes, "sha256", current->sha256,
                              "manifest", catalogue_manifest_json(&current->manifest));
    return write_json(folder, CURRENT, value, error);
}

void catalogue_files_tidy(const char *folder, const CatalogueCurrent *current, gboolean keep_download)
{
    g_autoptr(GDir) listing = g_dir_open(folder, 0, NULL);
    for (const char *name; listing && (name = g_dir_read_name(listing));) {
        gboolean download = strcmp(name, DOWNLOAD) == 0 || strcmp(name, CATALOGUE_FILE_PACK) == 0;
        gboolean used = current && (strcmp(name, current->file) == 0 || strcmp(name, CURRENT) == 0);
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (!used && !(download && keep_download)) g_unlink(path);
    }
}

gint64 catalogue_files_resume(const char *folder, const CatalogueManifest *manifest)
{
    CatalogueManifest begun;
    GStatBuf status;
    g_autofree char *path = g_build_filename(folder, CATALOGUE_FILE_PACK, NULL);
    json_t *value = read_json(folder, DOWNLOAD);
    gboolean same = value && catalogue_manifest_read(value, &begun, NULL) && strcmp(begun.sha256, manifest->sha256) == 0 &&
                    begun.bytes == manifest->bytes;
    json_decref(value);
    if (!same || g_stat(path, &status) != 0) return 0;
    if (status.st_size == manifest->bytes) return catalogue_manifest_chunks(manifest);
    const gint64 chunks = MIN(status.st_size / CATALOGUE_CHUNK_BYTES, catalogue_manifest_chunks(manifest) - 1);
    return truncate(path, chunks * CATALOGUE_CHUNK_BYTES) == 0 ? chunks : 0;
}

static gboolean disk_error(const char *path, GError **error)
{
    g_set_error(error, CATALOGUE_ERROR, 0, "%s cannot be written: %s", path, g_strerror(errno));
    return FALSE;
}

gboolean catalogue_files_begin(const char *folder, const CatalogueManifest *manifest, GError **error)
{
    g_autofree char *path = g_build_filename(folder, CATALOGUE_FILE_PACK, NULL);
    const int fd = g_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return disk_error(path, error);
    close(fd);
    return write_json(folder, DOWNLOAD, catalogue_manifest_json(manifest), error);
}

gboolean catalogue_files_append(const char *folder, const guint8 *bytes, gsize length, GError **error)
{
    g_autofree char *path = g_build_filename(folder, CATALOGUE_FILE_PACK, NULL);
    const int fd = g_open(path, O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) return disk_error(path, error);
    const gssize written = write(fd, bytes, length);
    if (written >= 0 && (gsize)written < length) errno = ENOSPC;
    gboolean well = (written >= 0 && (gsize)written == length) || disk_error(path, error);
    close(fd);
    return well;
}

gboolean catalogue_files_hash(const char *path, gint *stop, char sha256[65], gint64 *ret_bytes)
{
    const int fd = g_open(path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) return FALSE;
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree guint8 *bytes = g_malloc(HASH_BYTES);
    gssize got;
    *ret_bytes = 0;
    while ((got = read(fd, bytes, HASH_BYTES)) > 0 && !g_atomic_int_get(stop)) {
        g_checksum_update(sum, bytes, got);
        *ret_bytes += got;
    }
    /* Nothing of it is needed in the page cache: what is searched is read again, a page at a time. */
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    close(fd);
    g_strlcpy(sha256, g_checksum_get_string(sum), 65);
    return got == 0 && !g_atomic_int_get(stop);
}

gboolean catalogue_files_sync(const char *path)
{
    const int fd = g_open(path, O_RDONLY | O_CLOEXEC, 0);
    gboolean well = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) close(fd);
    return well;
}
