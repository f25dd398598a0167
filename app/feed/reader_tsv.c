#include "feed/reader.h"

#include <string.h>

#define COLUMNS_MAX 400
#define CELL_MAX    (256 * 1024) /* bytes of one cell; a quote that is never closed ends there */

struct FeedTsv {
    FeedRowDone done;
    gpointer data;
    FeedRow *row;
    GArray *columns; /* of FeedAttribute; empty before the header */
    GString *cell;
    guint column;
    guint line;
    gboolean headed;
    gboolean quoted, closed; /* in quotes; a quote came that may close them */
    gboolean fresh;          /* nothing of the cell came yet */
    gboolean any;            /* the row has something in it */
};

FeedTsv *feed_tsv_new(FeedRowDone done, gpointer data)
{
    FeedTsv *tsv = g_new0(FeedTsv, 1);
    tsv->done = done;
    tsv->data = data;
    tsv->row = feed_row_new(0);
    tsv->columns = g_array_new(FALSE, FALSE, sizeof(FeedAttribute));
    tsv->cell = g_string_new(NULL);
    tsv->line = tsv->row->line = 1;
    tsv->fresh = TRUE;
    return tsv;
}

void feed_tsv_free(FeedTsv *tsv)
{
    if (!tsv) return;
    feed_row_free(tsv->row);
    g_array_unref(tsv->columns);
    g_string_free(tsv->cell, TRUE);
    g_free(tsv);
}

/* --- one value
 * ---------------------------------------------------------------------------------------------------------------------------- */

/* Takes what stands up to an unquoted comma (or, in a group, a colon) from *at into part. What it stopped at: ',', ':' or 0. */
static char take_part(const char **at, const char *end, gboolean group, GString *part)
{
    gboolean quoted = FALSE;
    g_string_truncate(part, 0);
    for (const char *c = *at; c < end; c++) {
        if (*c == '\\' && c + 1 < end && strchr("\\,:\"", c[1])) {
            g_string_append_c(part, *++c);
        } else if (*c == '"') {
            quoted = !quoted;
        } else if (!quoted && (*c == ',' || (group && *c == ':'))) {
            *at = c + 1;
            return *c;
        } else {
            g_string_append_c(part, *c);
        }
    }
    *at = end;
    return '\0';
}

static void add_value(FeedRow *row, FeedAttribute attribute, const char *value, gsize length)
{
    FeedField *field = feed_row_add(row, attribute);
    if (field) feed_field_set(field, 0, value, length);
}

/* One group "a:b:c": a colon too many belongs to the last part. */
static char add_group(FeedRow *row, FeedAttribute attribute, const char **at, const char *end, GString *part)
{
    FeedField *field = feed_row_add(row, attribute);
    const guint parts = attribute == FEED_STORE_AVAILABILITY ? 2 : FEED_PARTS;
    for (guint i = 0;; i++) {
        char stopped = take_part(at, end, i + 1 < parts, part);
        if (field) feed_field_set(field, i, part->str, part->len);
        if (stopped != ':') return stopped;
    }
}

void feed_tsv_add(FeedRow *row, FeedAttribute attribute, const char *value, gsize length)
{
    if (length == 0) return;
    if (!feed_attribute_is_list(attribute)) {
        add_value(row, attribute, value, length);
        return;
    }
    g_autoptr(GString) part = g_string_new(NULL);
    gboolean group = feed_attribute_is_group(attribute);
    const char *at = value, *end = value + length;
    char stopped;
    do {
        if (group) {
            stopped = add_group(row, attribute, &at, end, part);
        } else {
            stopped = take_part(&at, end, FALSE, part);
            if (part->len) add_value(row, attribute, part->str, part->len);
        }
    } while (stopped == ',');
}

/* --- rows and cells
 * ------------------------------------------------------------------------------------------------------------------------ */

static gboolean end_header_cell(FeedTsv *tsv, GError **error)
{
    FeedAttribute attribute = feed_attribute_of(tsv->cell->str);
    if (tsv->columns->len >= COLUMNS_MAX) {
        g_set_error(error, FEED_ERROR, 0, "The header row has more than %d columns; is it tab-separated?", COLUMNS_MAX);
        return FALSE;
    }
    g_array_append_val(tsv->columns, attribute);
    return TRUE;
}

static gboolean end_cell(FeedTsv *tsv, GError **error)
{
    gboolean well = TRUE;
    if (!tsv->headed) {
        well = end_header_cell(tsv, error);
    } else if (tsv->column < tsv->columns->len) {
        FeedAttribute attribute = g_array_index(tsv->columns, FeedAttribute, tsv->column);
        if (attribute < FEED_ATTRIBUTES) feed_tsv_add(tsv->row, attribute, tsv->cell->str, tsv->cell->len);
    }
    tsv->column++;
    g_string_truncate(tsv->cell, 0);
    tsv->fresh = TRUE;
    tsv->quoted = tsv->closed = FALSE;
    return well;
}

static gboolean check_header(FeedTsv *tsv, GError **error)
{
    static const FeedAttribute needed[] = {FEED_ID, FEED_TITLE, FEED_PRICE};
    for (guint i = 0; i < G_N_ELEMENTS(needed); i++) {
        gboolean found = FALSE;
        for (guint column = 0; column < tsv->columns->len; column++)
            found |= g_array_index(tsv->columns, FeedAttribute, column) == needed[i];
        if (found) continue;
        g_set_error(error, FEED_ERROR, 0,
                    "The first row names no column \"%s\": it must be the header row, with the attributes' names and tabs between them.",
                    feed_attribute_name(needed[i]));
        return FALSE;
    }
    return TRUE;
}

static gboolean end_row(FeedTsv *tsv, GError **error)
{
    if (!end_cell(tsv, error)) return FALSE;
    if (tsv->any && !tsv->headed) {
        if (!check_header(tsv, error)) return FALSE;
        tsv->headed = TRUE;
    } else if (tsv->any) {
        tsv->done(tsv->data, tsv->row);
    } else if (!tsv->headed) {
        g_array_set_size(tsv->columns, 0);
    }
    tsv->column = 0;
    tsv->any = FALSE;
    feed_row_reset(tsv->row, tsv->line);
    return TRUE;
}

static gboolean take(FeedTsv *tsv, char c, GError **error)
{
    if (c == '"' && tsv->fresh) {
        tsv->quoted = tsv->any = TRUE;
        tsv->fresh = FALSE;
        return TRUE;
    }
    if (c == '"' && tsv->quoted) {
        if (tsv->closed) g_string_append_c(tsv->cell, '"');
        tsv->closed = !tsv->closed;
        return TRUE;
    }
    gboolean bare = !tsv->quoted || tsv->closed;
    if (c == '\t' && bare) return end_cell(tsv, error);
    if (c == '\n' && bare) return end_row(tsv, error);
    if (c == '\r' && bare) return TRUE;
    tsv->fresh = FALSE;
    tsv->any |= c != ' ';
    g_string_append_c(tsv->cell, c);
    if (tsv->cell->len < CELL_MAX) return TRUE;
    g_set_error(error, FEED_ERROR, 0, "The feed cannot be read past line %u: a value there has no end; a quotation mark is not closed.",
                tsv->row->line);
    return FALSE;
}

gboolean feed_tsv_push(FeedTsv *tsv, const char *bytes, gsize length, GError **error)
{
    for (gsize i = 0; i < length; i++) {
        if (bytes[i] == '\n') tsv->line++;
        if (!take(tsv, bytes[i], error)) return FALSE;
    }
    return TRUE;
}

gboolean feed_tsv_end(FeedTsv *tsv, GError **error)
{
    if (tsv->quoted && !tsv->closed) {
        g_set_error(error, FEED_ERROR, 0, "The feed ends inside a quoted value that begins in the row of line %u.", tsv->row->line);
        return FALSE;
    }
    if ((tsv->any || tsv->column) && !end_row(tsv, error)) return FALSE;
    if (!tsv->headed) g_set_error(error, FEED_ERROR, 0, "The feed is empty.");
    return tsv->headed;
}
