#include "sheet/call_sheet.h"

#include <string.h>

static const char *const columns[] = {
    "booth",   "store",    "region",  "epoch",       "seq",          "kind",         "clock",     "call",        "gen",
    "topic",   "lang",     "result",  "offered_utc", "accepted_utc", "media_up_utc", "ended_utc", "ready_utc",   "waited_ms",
    "ring_ms", "setup_ms", "talk_ms", "muted_ms",    "wrapup_ms",    "outcome",      "order",     "value_minor", "currency",
    "tags",    "shown",    "added",   "items",       "accessories",  "basket_minor", "codec",
};

static const char *text_of(const json_t *record, const char *name)
{
    const char *text = json_string_value(json_object_get(record, name));
    return text ? text : "";
}

static json_int_t number_of(const json_t *record, const char *name)
{
    return json_integer_value(json_object_get(record, name));
}

gboolean call_sheet_since(const char *text, gint64 *utc)
{
    g_autoptr(GTimeZone) here = g_time_zone_new_local();
    g_autofree char *whole = g_strconcat(text, strlen(text) == strlen("YYYY-MM-DD") ? "T00:00:00" : ":00", NULL);
    g_autoptr(GDateTime) when = g_date_time_new_from_iso8601(whole, here);
    if (when) *utc = g_date_time_to_unix(when) * 1000;
    return when != NULL;
}

gboolean call_sheet_wants(const json_t *record, gint64 since_utc)
{
    const char *kind = text_of(record, "kind");
    const json_int_t made = number_of(record, "made_utc");
    return (strcmp(kind, "call") == 0 || strcmp(kind, "offer") == 0) && (!since_utc || !made || made >= since_utc);
}

static char *time_text(json_int_t utc)
{
    g_autoptr(GDateTime) when = utc ? g_date_time_new_from_unix_local(utc / 1000) : NULL;
    return when ? g_date_time_format(when, "%Y-%m-%dT%H:%M:%S%z") : g_strdup("");
}

/* A cell that begins like a formula would be one in a spreadsheet. */
static void put_text(GString *line, const char *text)
{
    g_string_append_c(line, '"');
    if (*text && strchr("=+-@\t\r", *text)) g_string_append_c(line, '\'');
    for (; *text; text++) {
        if (*text == '"') g_string_append_c(line, '"');
        g_string_append_c(line, *text);
    }
    g_string_append_c(line, '"');
}

static void put_cell(GString *line, const char *name, const json_t *value)
{
    if (g_str_has_suffix(name, "_utc")) {
        g_autofree char *when = time_text(json_integer_value(value));
        g_string_append(line, when);
    } else if (json_is_integer(value)) {
        g_string_append_printf(line, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_string(value)) {
        put_text(line, json_string_value(value));
    } else if (json_is_array(value)) {
        g_autoptr(GString) words = g_string_new(NULL);
        for (size_t i = 0; i < json_array_size(value); i++) {
            const char *word = json_string_value(json_array_get(value, i));
            g_string_append_printf(words, "%s%s", i ? " " : "", word ? word : "");
        }
        put_text(line, words->str);
    }
}

static char *csv_row(const json_t *record)
{
    GString *line = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(columns); i++) {
        if (i) g_string_append_c(line, ',');
        if (record)
            put_cell(line, columns[i], json_object_get(record, columns[i]));
        else
            g_string_append(line, columns[i]);
    }
    return g_string_free(line, FALSE);
}

static char *table_line(const char *when, const char *booth, const char *result, const char *outcome, const char *talk, const char *call)
{
    return g_strdup_printf("%-24s  %-12s %-15s %-9s %7s  %s", *when ? when : "-", booth, result, *outcome ? outcome : "-", talk, call);
}

static char *table_row(const json_t *record)
{
    g_autofree char *when = time_text(number_of(record, "offered_utc"));
    g_autofree char *talk = g_strdup_printf("%" JSON_INTEGER_FORMAT " s", number_of(record, "talk_ms") / 1000);
    return table_line(when, text_of(record, "booth"), text_of(record, "result"), text_of(record, "outcome"), talk, text_of(record, "call"));
}

char *call_sheet_head(CallSheetForm form)
{
    if (form == CALL_SHEET_TABLE) return table_line("offered", "booth", "result", "outcome", "talk", "call");
    return form == CALL_SHEET_CSV ? csv_row(NULL) : NULL;
}

char *call_sheet_row(CallSheetForm form, const json_t *record)
{
    if (form == CALL_SHEET_TABLE) return table_row(record);
    if (form == CALL_SHEET_CSV) return csv_row(record);
    char *text = json_dumps(record, JSON_COMPACT), *copy = g_strdup(text);
    free(text);
    return copy;
}

const char *call_sheet_end(CallSheetForm form)
{
    return form == CALL_SHEET_CSV ? "\r\n" : "\n";
}
