/* calls and stats: what the booth has on record, and what of it is not at the centre yet. */
#include "boothctl/commands.h"
#include "boothctl/control.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 100 /* calls, when no time is named */
#define PAGE      500

typedef enum { FORM_TABLE, FORM_CSV, FORM_JSON } Form;

typedef struct {
    Form form;
    gint64 since_utc; /* 0: none was named */
} Wanted;

static const char usage[] = "calls [--since YYYY-MM-DD[THH:MM]] [--csv|--json]";

static const char *text_of(const json_t *record, const char *name)
{
    const char *text = json_string_value(json_object_get(record, name));
    return text ? text : "";
}

static json_int_t number_of(const json_t *record, const char *name)
{
    return json_integer_value(json_object_get(record, name));
}

/* A day or a minute by the clock on this wall. */
static gboolean take_since(const char *text, gint64 *utc)
{
    g_autoptr(GTimeZone) here = g_time_zone_new_local();
    g_autofree char *whole = g_strconcat(text, strlen(text) == 10 ? "T00:00:00" : ":00", NULL);
    g_autoptr(GDateTime) when = g_date_time_new_from_iso8601(whole, here);
    if (when) *utc = g_date_time_to_unix(when) * 1000;
    return when != NULL;
}

static gboolean take_wanted(int argc, char **argv, Wanted *wanted)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            wanted->form = FORM_JSON;
        else if (strcmp(argv[i], "--csv") == 0)
            wanted->form = FORM_CSV;
        else if (strcmp(argv[i], "--since") != 0 || ++i >= argc || !take_since(argv[i], &wanted->since_utc))
            return FALSE;
    }
    return TRUE;
}

static char *time_text(json_int_t utc)
{
    g_autoptr(GDateTime) when = utc ? g_date_time_new_from_unix_local(utc / 1000) : NULL;
    return when ? g_date_time_format(when, "%Y-%m-%dT%H:%M:%S%z") : g_strdup("");
}

static void print_row(const json_t *record)
{
    g_autofree char *when = time_text(number_of(record, "offered_utc"));
    const char *outcome = text_of(record, "outcome");
    printf("%-24s  %-15s %-9s %5" JSON_INTEGER_FORMAT " s  %s\n", *when ? when : "-", text_of(record, "result"), *outcome ? outcome : "-",
           number_of(record, "talk_ms") / 1000, text_of(record, "call"));
}

/* --- CSV (RFC 4180) --------------------------------------------------------------------------------------------------------------------
 */

static const char *const columns[] = {
    "epoch",        "seq",          "kind",        "clock",     "call",      "gen",     "topic",    "lang",    "result",      "offered_utc",
    "accepted_utc", "media_up_utc", "ended_utc",   "ready_utc", "waited_ms", "ring_ms", "setup_ms", "talk_ms", "muted_ms",    "wrapup_ms",
    "outcome",      "order",        "value_minor", "currency",  "tags",      "shown",   "added",    "items",   "accessories", "codec",
};

/* A cell that begins like a formula would be one in a spreadsheet. */
static void print_text(const char *text)
{
    putchar('"');
    if (*text && strchr("=+-@", *text)) putchar('\'');
    for (; *text; text++) {
        if (*text == '"') putchar('"');
        putchar(*text);
    }
    putchar('"');
}

static void print_cell(const char *name, const json_t *value)
{
    if (g_str_has_suffix(name, "_utc")) {
        g_autofree char *when = time_text(json_integer_value(value));
        fputs(when, stdout);
    } else if (json_is_integer(value)) {
        printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_string(value)) {
        print_text(json_string_value(value));
    } else if (json_is_array(value)) {
        GString *words = g_string_new(NULL);
        for (size_t i = 0; i < json_array_size(value); i++)
            g_string_append_printf(words, "%s%s", i ? " " : "", json_string_value(json_array_get(value, i)));
        print_text(words->str);
        g_string_free(words, TRUE);
    }
}

static void print_csv_head(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(columns); i++) printf("%s%s", i ? "," : "", columns[i]);
    fputs("\r\n", stdout);
}

static void print_csv_row(const json_t *record)
{
    for (guint i = 0; i < G_N_ELEMENTS(columns); i++) {
        if (i) putchar(',');
        print_cell(columns[i], json_object_get(record, columns[i]));
    }
    fputs("\r\n", stdout);
}

/* --- reading ---------------------------------------------------------------------------------------------------------------------------
 */

static gboolean is_wanted(const json_t *record, const Wanted *wanted)
{
    const json_int_t made = number_of(record, "made_utc");
    /* One of an older agent says no kind. */
    return strcmp(text_of(record, "kind"), "state") != 0 && (!wanted->since_utc || !made || made >= wanted->since_utc);
}

/* Newest first, until there are no more or a whole page is older than wanted. */
static json_t *read_calls(Control *control, const Wanted *wanted, GError **error)
{
    json_t *calls = json_array(), *record;
    json_int_t epoch = 0, seq = 0;
    for (gboolean more = TRUE; more;) {
        g_autofree char *text = NULL;
        if (!bus_agent1_call_calls_sync(control->agent, PAGE, epoch, seq, &text, NULL, error)) {
            json_decref(calls);
            return NULL;
        }
        json_t *page = json_loads(text, 0, NULL);
        size_t i, before = json_array_size(calls);
        json_array_foreach(page, i, record) {
            epoch = number_of(record, "epoch");
            seq = number_of(record, "seq");
            if (is_wanted(record, wanted) && (wanted->since_utc || json_array_size(calls) < SHOWN_MAX)) json_array_append(calls, record);
        }
        more = json_array_size(page) == PAGE && (wanted->since_utc ? json_array_size(calls) > before : json_array_size(calls) < SHOWN_MAX);
        json_decref(page);
    }
    return calls;
}

static void print_calls(const json_t *calls, Form form)
{
    if (form == FORM_JSON) {
        json_dumpf(calls, stdout, JSON_COMPACT);
        putchar('\n');
        return;
    }
    if (form == FORM_CSV) print_csv_head();
    for (size_t i = 0; i < json_array_size(calls); i++) {
        if (form == FORM_CSV)
            print_csv_row(json_array_get(calls, i));
        else
            print_row(json_array_get(calls, i));
    }
}

int command_calls(const char *config, int argc, char **argv)
{
    Wanted wanted = {0};
    if (!take_wanted(argc, argv, &wanted)) return commands_usage(usage);
    Control control;
    int status = 1;
    if (control_open_agent(&control, config)) {
        GError *error = NULL;
        json_t *calls = read_calls(&control, &wanted, &error);
        if (calls) print_calls(calls, wanted.form);
        status = calls ? 0 : control_failed(error);
        json_decref(calls);
    }
    control_close(&control);
    return status;
}

/* --- stats -----------------------------------------------------------------------------------------------------------------------------
 */

static void print_stats(const json_t *records)
{
    g_autofree char *oldest = time_text(number_of(records, "oldest_utc"));
    printf("waiting  %" JSON_INTEGER_FORMAT " not at the centre yet%s%s\n", number_of(records, "waiting"),
           *oldest ? ", the oldest of " : "", oldest);
    printf("stored   %" JSON_INTEGER_FORMAT " in %" JSON_INTEGER_FORMAT " kB\n", number_of(records, "stored"),
           number_of(records, "bytes") / 1024);
    printf("dropped  %" JSON_INTEGER_FORMAT " ever, for want of space\n", number_of(records, "dropped"));
    printf("clock    %s\n", json_is_true(json_object_get(records, "clock")) ? "known" : "not known yet: times are added when it is");
}

int command_stats(const char *config, int argc, char **argv)
{
    gboolean as_json = argc == 2 && strcmp(argv[1], "--json") == 0;
    if (argc > 1 && !as_json) return commands_usage("stats [--json]");
    Control control;
    int status = 1;
    if (control_open_agent(&control, config)) {
        const char *text = bus_agent1_get_snapshot(control.agent);
        json_t *snapshot = text ? json_loads(text, 0, NULL) : NULL;
        json_t *records = json_object_get(snapshot, "records");
        if (records && as_json) {
            json_dumpf(records, stdout, JSON_COMPACT);
            putchar('\n');
        }
        if (records && !as_json) print_stats(records);
        status = records ? 0 : 1;
        json_decref(snapshot);
    }
    control_close(&control);
    return status;
}
