/* manifest: what a version of the catalogue is, as the centre says it and the booth remembers it; and the bounds that both keep.
 *
 * Pure functions: any thread. */
#pragma once

#include <glib.h>
#include <jansson.h>

#define CATALOGUE_CHUNK_BYTES  45000              /* as base64 in a message it stays under WIRE_MESSAGE_MAX */
#define CATALOGUE_BYTES_MAX    (64 * 1024 * 1024) /* packed */
#define CATALOGUE_PRODUCTS_MAX 300000
#define CATALOGUE_PRODUCT_MAX  14336 /* bytes of one product as JSON: four of them fit into a message */

typedef struct {
    gint64 version;  /* grows with every catalogue that differs */
    gint64 bytes;    /* packed */
    char sha256[65]; /* of the packed bytes, lower-case hex */
    gint64 products; /* how many */
    gint64 feed_utc; /* when the feed was written, ms since 1970 */
} CatalogueManifest;

#define CATALOGUE_ERROR (catalogue_error_quark())
GQuark catalogue_error_quark(void);

/* Reads the members of value, and checks that they are within bounds. */
gboolean catalogue_manifest_read(const json_t *value, CatalogueManifest *manifest, GError **error);
/* A new object with those members. */
json_t *catalogue_manifest_json(const CatalogueManifest *manifest);

gint64 catalogue_manifest_chunks(const CatalogueManifest *manifest);
/* Bytes of a chunk: all are full but the last. chunk: 0 to chunks - 1. */
gsize catalogue_manifest_chunk_bytes(const CatalogueManifest *manifest, gint64 chunk);
