#include "catalogue/pack.h"

#include "catalogue/manifest.h"

#include <stdio.h>
#include <string.h>
#include <zstd.h>

#define LEVEL      7
#define WINDOW_LOG 21 /* 2 MiB: what a booth keeps in memory while it unpacks */

struct PackWriter {
    ZSTD_CCtx *context;
    GByteArray *packed;
    guint8 *buffer;
};

PackWriter *pack_writer_new(void)
{
    PackWriter *writer = g_new0(PackWriter, 1);
    writer->context = ZSTD_createCCtx();
    if (!writer->context) g_error("out of memory");
    ZSTD_CCtx_setParameter(writer->context, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setParameter(writer->context, ZSTD_c_windowLog, WINDOW_LOG);
    ZSTD_CCtx_setParameter(writer->context, ZSTD_c_checksumFlag, 1);
    writer->packed = g_byte_array_new();
    writer->buffer = g_malloc(ZSTD_CStreamOutSize());
    return writer;
}

void pack_writer_free(PackWriter *writer)
{
    if (!writer) return;
    ZSTD_freeCCtx(writer->context);
    if (writer->packed) g_byte_array_unref(writer->packed);
    g_free(writer->buffer);
    g_free(writer);
}

static void compress(PackWriter *writer, const char *text, gsize length, ZSTD_EndDirective how)
{
    ZSTD_inBuffer in = {text, length, 0};
    size_t left;
    do {
        ZSTD_outBuffer out = {writer->buffer, ZSTD_CStreamOutSize(), 0};
        left = ZSTD_compressStream2(writer->context, &out, &in, how);
        if (ZSTD_isError(left)) g_error("zstd: %s", ZSTD_getErrorName(left));
        g_byte_array_append(writer->packed, writer->buffer, (guint)out.pos);
    } while (in.pos < in.size || (how == ZSTD_e_end && left > 0));
}

void pack_writer_add(PackWriter *writer, const char *line, gsize length)
{
    compress(writer, line, length, ZSTD_e_continue);
    compress(writer, "\n", 1, ZSTD_e_continue);
}

GBytes *pack_writer_end(PackWriter *writer)
{
    compress(writer, "", 0, ZSTD_e_end);
    return g_byte_array_free_to_bytes(g_steal_pointer(&writer->packed));
}

/* --- reading -----------------------------------------------------------------------------------------------------------------------------
 */

typedef struct {
    PackLine line;
    gpointer data;
    GString *rest; /* of a line that is not complete yet */
    gint64 lines;
} Lines;

static gboolean refuse(GError **error, const char *why)
{
    g_set_error(error, CATALOGUE_ERROR, 0, "the packed catalogue is damaged: %s", why);
    return FALSE;
}

static gboolean hand_out(Lines *lines, GError **error)
{
    if (++lines->lines > CATALOGUE_PRODUCTS_MAX) return refuse(error, "too many products");
    gboolean well = lines->line(lines->data, lines->rest->str, lines->rest->len, lines->lines, error);
    g_string_truncate(lines->rest, 0);
    return well;
}

static gboolean take_bytes(Lines *lines, const char *bytes, gsize length, GError **error)
{
    while (length > 0) {
        const char *end = memchr(bytes, '\n', length);
        gsize piece = end ? (gsize)(end - bytes) : length;
        if (lines->rest->len + piece > CATALOGUE_PRODUCT_MAX) return refuse(error, "a product is too long");
        g_string_append_len(lines->rest, bytes, (gssize)piece);
        if (end && !hand_out(lines, error)) return FALSE;
        bytes += piece + (end ? 1 : 0);
        length -= piece + (end ? 1 : 0);
    }
    return TRUE;
}

/* state: what zstd said last; 0 is the end of a frame. */
static gboolean unpack_piece(ZSTD_DCtx *context, ZSTD_inBuffer *in, char *out_bytes, Lines *lines, size_t *state, GError **error)
{
    for (gboolean full = FALSE; in->pos < in->size || full;) {
        ZSTD_outBuffer out = {out_bytes, ZSTD_DStreamOutSize(), 0};
        *state = ZSTD_decompressStream(context, &out, in);
        if (ZSTD_isError(*state)) return refuse(error, ZSTD_getErrorName(*state));
        if (!take_bytes(lines, out_bytes, out.pos, error)) return FALSE;
        full = out.pos == out.size && *state != 0;
    }
    return TRUE;
}

static gboolean unpack(FILE *file, Lines *lines, GError **error)
{
    ZSTD_DCtx *context = ZSTD_createDCtx();
    if (!context) g_error("out of memory");
    ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, WINDOW_LOG);
    const gsize in_size = ZSTD_DStreamInSize();
    g_autofree char *in_bytes = g_malloc(in_size), *out_bytes = g_malloc(ZSTD_DStreamOutSize());
    size_t state = 1, got;
    gboolean well = TRUE;
    while (well && (got = fread(in_bytes, 1, in_size, file)) > 0) {
        ZSTD_inBuffer in = {in_bytes, got, 0};
        well = unpack_piece(context, &in, out_bytes, lines, &state, error);
    }
    ZSTD_freeDCtx(context);
    if (well && ferror(file)) return refuse(error, "it cannot be read");
    if (well && (state != 0 || lines->rest->len > 0)) return refuse(error, "it is cut off");
    return well;
}

gboolean pack_read(const char *path, PackLine line, gpointer data, gint64 *ret_lines, GError **error)
{
    FILE *file = fopen(path, "rbe");
    if (!file) return refuse(error, "it cannot be opened");
    Lines lines = {line, data, g_string_new(NULL), 0};
    gboolean well = unpack(file, &lines, error);
    fclose(file);
    g_string_free(lines.rest, TRUE);
    if (ret_lines) *ret_lines = lines.lines;
    return well;
}
