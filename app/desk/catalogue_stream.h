/* catalogue_stream: the catalogue in JetStream: stream CATALOGUE with catalogue.chunk.<version>.<n>, and catalogue.head, which names the
 * version that counts.
 *
 * A version is whole before the head names it, and its chunks stay until the next head is written: who reads by the head reads a whole
 * catalogue, whenever an import dies. Everything here waits for the bus, each call for a few seconds at most. One thread, but for the
 * callback. */
#pragma once

#include "catalogue/manifest.h"

typedef struct CatalogueStream CatalogueStream;

/* NULL with a sentence when no nats-server answers. */
CatalogueStream *catalogue_stream_open(const char *const *servers, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void catalogue_stream_close(CatalogueStream *stream); /* NULL is fine */

/* Calls changed, on a thread of the bus library, whenever someone has written a head; until catalogue_stream_close(). FALSE: not now. */
gboolean catalogue_stream_follow(CatalogueStream *stream, void (*changed)(gpointer data), gpointer data);

typedef enum {
    CATALOGUE_UNKNOWN, /* the bus does not answer */
    CATALOGUE_NONE,    /* nothing was imported yet, or not that chunk */
    CATALOGUE_FOUND,
} CatalogueFound;

CatalogueFound catalogue_stream_head(CatalogueStream *stream, CatalogueManifest *head);
CatalogueFound catalogue_stream_chunk(CatalogueStream *stream, gint64 version, gint64 chunk, GBytes **ret_bytes);

/* Writes a version and its head, then removes the chunks of those before. Fills in manifest->version, bytes and sha256. Products that are
 * the same to the byte as those of the head keep its version: then only the feed's time is new. FALSE: the old version counts, and nothing
 * of this one is left to count. */
gboolean catalogue_stream_publish(CatalogueStream *stream, int replicas, GBytes *packed, CatalogueManifest *manifest, GError **error);
