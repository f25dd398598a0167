#include "desk/packed.h"

#include <gio/gio.h>
#include <string.h>

#define QUICK    1
#define THOROUGH 9

/* The weight behind a coding, ";q=0.5": only whether it is 0 matters. */
static gboolean is_excluded(const char *parameters)
{
    const char *weight = parameters ? strstr(parameters, "q=") : NULL;
    return weight && g_ascii_strtod(weight + 2, NULL) <= 0;
}

gboolean packed_is_wanted(const char *accept_encoding)
{
    gboolean all = FALSE;
    g_auto(GStrv) codings = g_strsplit(accept_encoding ? accept_encoding : "", ",", 32);
    for (char **coding = codings; *coding; coding++) {
        char *parameters = strchr(*coding, ';');
        if (parameters) *parameters++ = '\0';
        const char *name = g_strstrip(*coding);
        if (g_ascii_strcasecmp(name, "gzip") == 0) return !is_excluded(parameters);
        if (strcmp(name, "*") == 0) all = !is_excluded(parameters);
    }
    return all;
}

GBytes *packed_new(const void *text, gsize length, gboolean quick)
{
    g_autoptr(GZlibCompressor) compressor = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, quick ? QUICK : THOROUGH);
    g_autofree guint8 *room = g_malloc(length + 1);
    gsize taken = 0, put = 0, all_taken = 0, all_put = 0;
    GConverterResult result = G_CONVERTER_CONVERTED;
    while (result == G_CONVERTER_CONVERTED && all_put < length) {
        result = g_converter_convert(G_CONVERTER(compressor), (const guint8 *)text + all_taken, length - all_taken, room + all_put,
                                     length - all_put, G_CONVERTER_INPUT_AT_END, &taken, &put, NULL);
        if (result == G_CONVERTER_ERROR) return NULL;
        all_taken += taken;
        all_put += put;
    }
    if (result != G_CONVERTER_FINISHED) return NULL;
    return g_bytes_new(room, all_put);
}
