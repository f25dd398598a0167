#include "catalogue/manifest.h"

#include <string.h>

GQuark catalogue_error_quark(void)
{
    return g_quark_from_static_string("livebooth-catalogue");
}

static gboolean take_number(const json_t *value, const char *name, gint64 least, gint64 most, gint64 *ret, GError **error)
{
    const json_t *number = json_object_get(value, name);
    *ret = json_integer_value(number);
    if (json_is_integer(number) && *ret >= least && *ret <= most) return TRUE;
    g_set_error(error, CATALOGUE_ERROR, 0, "the catalogue's \"%s\" is missing or out of bounds", name);
    return FALSE;
}

gboolean catalogue_manifest_read(const json_t *value, CatalogueManifest *manifest, GError **error)
{
    memset(manifest, 0, sizeof *manifest);
    if (!take_number(value, "version", 1, G_MAXINT64, &manifest->version, error)) return FALSE;
    if (!take_number(value, "bytes", 1, CATALOGUE_BYTES_MAX, &manifest->bytes, error)) return FALSE;
    if (!take_number(value, "products", 1, CATALOGUE_PRODUCTS_MAX, &manifest->products, error)) return FALSE;
    if (!take_number(value, "feed_utc", 0, G_MAXINT64, &manifest->feed_utc, error)) return FALSE;
    const char *hash = json_string_value(json_object_get(value, "sha256"));
    if (!hash || strlen(hash) != 64 || strspn(hash, "0123456789abcdef") != 64) {
        g_set_error(error, CATALOGUE_ERROR, 0, "the catalogue's \"sha256\" is missing or no hash");
        return FALSE;
    }
    memcpy(manifest->sha256, hash, sizeof manifest->sha256);
    return TRUE;
}

json_t *catalogue_manifest_json(const CatalogueManifest *manifest)
{
    return json_pack("{s:I, s:I, s:s, s:I, s:I}", "version", (json_int_t)manifest->version, "bytes", (json_int_t)manifest->bytes, "sha256",
                     manifest->sha256, "products", (json_int_t)manifest->products, "feed_utc", (json_int_t)manifest->feed_utc);
}

gint64 catalogue_manifest_chunks(const CatalogueManifest *manifest)
{
    return (manifest->bytes + CATALOGUE_CHUNK_BYTES - 1) / CATALOGUE_CHUNK_BYTES;
}

gsize catalogue_manifest_chunk_bytes(const CatalogueManifest *manifest, gint64 chunk)
{
    return (gsize)MIN(manifest->bytes - chunk * CATALOGUE_CHUNK_BYTES, CATALOGUE_CHUNK_BYTES);
}
