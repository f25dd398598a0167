/* catalogue_files: the files of the booth's catalogue: what current.json and download.json say, and hashing. Pure but for the disk; any
 * thread. */
#pragma once

#include "catalogue/manifest.h"

/* The database in use. */
typedef struct {
    CatalogueManifest manifest;
    char file[64]; /* its name in the folder */
    gint64 bytes;
    char sha256[65];
} CatalogueCurrent;

#define CATALOGUE_FILE_PACK "download.part"

gboolean catalogue_files_read_current(const char *folder, CatalogueCurrent *current);
/* In one step, and on the disk when it returns. */
gboolean catalogue_files_write_current(const char *folder, const CatalogueCurrent *current, GError **error);
/* Removes every file of the catalogue but those that current, which may be NULL, and a download need. */
void catalogue_files_tidy(const char *folder, const CatalogueCurrent *current, gboolean keep_download);

/* How many chunks of this version lie in download.part whole; 0 when it is of another one. Cuts off what is not whole. */
gint64 catalogue_files_resume(const char *folder, const CatalogueManifest *manifest);
/* An empty download.part for this version. */
gboolean catalogue_files_begin(const char *folder, const CatalogueManifest *manifest, GError **error);
gboolean catalogue_files_append(const char *folder, const guint8 *bytes, gsize length, GError **error);

/* The SHA-256 of a file as hex; stops when *stop (atomic) is set. FALSE: it cannot be read, or was stopped. */
gboolean catalogue_files_hash(const char *path, gint *stop, char sha256[65], gint64 *ret_bytes);
/* The file's bytes are on the disk when it returns. */
gboolean catalogue_files_sync(const char *path);
