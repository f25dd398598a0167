#include "desk/fleet_calls.h"

#include "desk/history.h"

typedef struct {
    CallSheetForm form;
    gint64 since_utc;
    void (*print)(const char *text);
    gboolean any;
} Sheet;

static void print_line(const Sheet *sheet, char *line)
{
    if (!line) return;
    sheet->print(line);
    sheet->print(call_sheet_end(sheet->form));
    g_free(line);
}

static void on_record(gpointer data, const char *subject, gint64 landed_utc, json_t *value)
{
    (void)subject, (void)landed_utc;
    Sheet *sheet = data;
    if (!call_sheet_wants(value, sheet->since_utc)) return;
    if (sheet->form == CALL_SHEET_TABLE && !sheet->any) print_line(sheet, call_sheet_head(sheet->form));
    sheet->any = TRUE;
    print_line(sheet, call_sheet_row(sheet->form, value));
}

gboolean fleet_calls_print(const char *const *servers, CallSheetForm form, gint64 since_utc, void (*print)(const char *text),
                           GError **error)
{
    Sheet sheet = {form, since_utc, print, FALSE};
    if (form != CALL_SHEET_TABLE) print_line(&sheet, call_sheet_head(form));
    if (!history_each(servers, "record.booth.>", on_record, &sheet, error)) return FALSE;
    if (form == CALL_SHEET_TABLE && !sheet.any) print(CALL_SHEET_NONE "\n");
    return TRUE;
}
