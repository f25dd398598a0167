#include "feed/report.h"

static void fault_clear(gpointer data)
{
    FeedFault *fault = data;
    g_free(fault->id);
    g_free(fault->why);
}

FeedReport *feed_report_new(void)
{
    FeedReport *report = g_new0(FeedReport, 1);
    report->faults = g_array_new(FALSE, FALSE, sizeof(FeedFault));
    g_array_set_clear_func(report->faults, fault_clear);
    return report;
}

void feed_report_free(FeedReport *report)
{
    if (!report) return;
    g_array_unref(report->faults);
    g_free(report);
}

/* A feed's own text must not steer a terminal or break a row of the report. */
static char *plain(const char *text)
{
    char *copy = g_utf8_make_valid(text, -1);
    for (char *at = copy; *at; at++) {
        if ((guchar)*at < 0x20 || *at == 0x7F) *at = ' ';
    }
    return copy;
}

void feed_report_add(FeedReport *report, gboolean refused, guint line, const char *id, const char *attribute, const char *why,
                     const char *advice)
{
    report->refused += refused ? 1 : 0;
    report->warnings += refused ? 0 : 1;
    if (report->faults->len >= FEED_FAULTS_MAX) {
        report->surplus++;
        return;
    }
    FeedFault fault = {refused, line, plain(id), attribute, plain(why), advice};
    g_array_append_val(report->faults, fault);
}

/* Text to so many characters, for a column. */
static void print_cell(FILE *out, const char *text, glong width)
{
    glong length = g_utf8_strlen(text, -1);
    if (length <= width) {
        fprintf(out, "%s%*s  ", text, (int)(width - length), "");
        return;
    }
    g_autofree char *cut = g_utf8_substring(text, 0, width - 1);
    fprintf(out, "%s…  ", cut);
}

static void print_row(FILE *out, const char *line, const char *id, const char *attribute, const char *why, const char *advice)
{
    fprintf(out, "  %7s  ", line);
    print_cell(out, id, 20);
    print_cell(out, attribute, 22);
    print_cell(out, why, 48);
    fprintf(out, "%s\n", advice);
}

void feed_report_print(const FeedReport *report, FILE *out, guint most)
{
    guint shown = 0;
    for (guint i = 0; i < report->faults->len && shown < most; i++) {
        const FeedFault *fault = &g_array_index(report->faults, FeedFault, i);
        if (!fault->refused) continue;
        if (shown++ == 0) print_row(out, "line", "id", "attribute", "why it was refused", "what to do");
        g_autofree char *line = g_strdup_printf("%u", fault->line);
        print_row(out, line, fault->id, fault->attribute, fault->why, fault->advice);
    }
    if (report->refused > shown) fprintf(out, "  and %u more\n", report->refused - shown);
}

gboolean feed_report_write(const FeedReport *report, const char *path, GError **error)
{
    g_autoptr(GString) text = g_string_new("what\tline\tid\tattribute\twhy\tadvice\n");
    for (guint i = 0; i < report->faults->len; i++) {
        const FeedFault *fault = &g_array_index(report->faults, FeedFault, i);
        g_string_append_printf(text, "%s\t%u\t%s\t%s\t%s\t%s\n", fault->refused ? "refused" : "left out", fault->line, fault->id,
                               fault->attribute, fault->why, fault->advice);
    }
    if (report->surplus) g_string_append_printf(text, "more\t\t\t\t%u further ones are not listed\t\n", report->surplus);
    return g_file_set_contents(path, text->str, (gssize)text->len, error);
}
