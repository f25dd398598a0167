/* pack: the catalogue as it travels: one JSON object a product, one a line, compressed with zstd.
 *
 * Any thread, one at a time. */
#pragma once

#include <glib.h>

typedef struct PackWriter PackWriter;

PackWriter *pack_writer_new(void);
void pack_writer_free(PackWriter *writer); /* NULL is fine */
/* line: JSON text without a line break. */
void pack_writer_add(PackWriter *writer, const char *line, gsize length);
/* The packed bytes; nothing can be added any more. */
GBytes *pack_writer_end(PackWriter *writer);

/* A line without its end, NUL-terminated; number counts from 1. FALSE with an error stops the reading. */
typedef gboolean (*PackLine)(gpointer data, const char *line, gsize length, gint64 number, GError **error);

/* Unpacks a file line by line. Bounded: at most CATALOGUE_PRODUCTS_MAX lines of CATALOGUE_PRODUCT_MAX bytes each, and 8 MB of the
 * decompressor's memory, whatever the file says. FALSE with a CATALOGUE_ERROR when it is damaged, cut off, or line() said so. */
gboolean pack_read(const char *path, PackLine line, gpointer data, gint64 *ret_lines, GError **error);
