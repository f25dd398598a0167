/* calls and stats: what the booth has on record, and what of it is not at the centre yet. */
#include "boothctl/commands.h"
#include "boothctl/control.h"
#include "sheet/call_sheet.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 100 /* calls, when no time is named */
#define PAGE      500

typedef struct {
    CallSheetForm form;
    gint64 since_utc; /* 0: none was named */
} Wanted;

static const char usage[] = "calls [--since YYYY-MM-DD[THH:MM]] [--csv|--json]";

static json_int_t number_of(const json_t *record, const char *name)
{
    return json_integer_value(json_object_get(record, name));
}

static gboolean take_wanted(int argc, char **argv, Wanted *wanted)
{
    for (int i = 1; i < argc; i++) {
        const gboolean is_form = strcmp(argv[i], "--json") == 0 || strcmp(argv[i], "--csv") == 0;
        if (is_form && wanted->form != CALL_SHEET_TABLE) return FALSE;
        if (strcmp(argv[i], "--json") == 0)
            wanted->form = CALL_SHEET_JSON;
        else if (strcmp(argv[i], "--csv") == 0)
            wanted->form = CALL_SHEET_CSV;
        else if (strcmp(argv[i], "--since") != 0 || ++i >= argc || !call_sheet_since(argv[i], &wanted->since_utc))
            return FALSE;
    }
    return TRUE;
}

/* --- reading ---------------------------------------------------------------------------------------------------------------------------
 */

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
            if (call_sheet_wants(record, wanted->since_utc) && (wanted->since_utc || json_array_size(calls) < SHOWN_MAX))
                json_array_append(calls, record);
        }
        more = json_array_size(page) == PAGE && (wanted->since_utc ? json_array_size(calls) > before : json_array_size(calls) < SHOWN_MAX);
        json_decref(page);
    }
    return calls;
}

static void print_line(CallSheetForm form, char *line)
{
    if (line) printf("%s%s", line, call_sheet_end(form));
    g_free(line);
}

/* calls: the newest first. */
static void print_calls(const json_t *calls, CallSheetForm form)
{
    if (form == CALL_SHEET_TABLE && json_array_size(calls) == 0)
        puts(CALL_SHEET_NONE);
    else
        print_line(form, call_sheet_head(form));
    for (size_t i = json_array_size(calls); i > 0; i--) print_line(form, call_sheet_row(form, json_array_get(calls, i - 1)));
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
    const json_int_t utc = number_of(records, "oldest_utc");
    g_autoptr(GDateTime) when = utc ? g_date_time_new_from_unix_local(utc / 1000) : NULL;
    g_autofree char *oldest = when ? g_date_time_format(when, "%Y-%m-%d %H:%M") : g_strdup("");
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
