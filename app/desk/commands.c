#include "desk/commands.h"

#include <stdio.h>
#include <string.h>

#include "desk/figures.h"
#include "desk/fleet_calls.h"
#include "desk/history.h"
#include "desk/privacy.h"

static char *call, *reference, *since;
static FiguresSettings figures;

static const GOptionEntry options[] = {
    {"call", 0, 0, G_OPTION_ARG_STRING, &call, "records: of one call", "ID"},
    {"from", 0, 0, G_OPTION_ARG_STRING, &figures.from, "figures: from this day or time on (default: 7 days before the end)", "TIME"},
    {"to", 0, 0, G_OPTION_ARG_STRING, &figures.to, "figures: before this day or time (default: now)", "TIME"},
    {"by", 0, 0, G_OPTION_ARG_STRING, &figures.by, "figures: booth, store, region, topic, lang, hour or day; or two of them", "A,B"},
    {"timezone", 0, 0, G_OPTION_ARG_STRING, &figures.timezone, "figures: of days and hours (default: [hours] timezone)", "ZONE"},
    {"booth", 0, 0, G_OPTION_ARG_STRING, &figures.booth, "figures: of one booth", "ID"},
    {"store", 0, 0, G_OPTION_ARG_STRING, &figures.store, "figures: of one store", "NAME"},
    {"region", 0, 0, G_OPTION_ARG_STRING, &figures.region, "figures: of one region", "NAME"},
    {"topic", 0, 0, G_OPTION_ARG_STRING, &figures.topic, "figures: of one topic", "WORD"},
    {"lang", 0, 0, G_OPTION_ARG_STRING, &figures.lang, "figures: of one language", "WORD"},
    {"json", 0, 0, G_OPTION_ARG_NONE, &figures.json, "figures, calls: all of them, as JSON", NULL},
    {"csv", 0, 0, G_OPTION_ARG_NONE, &figures.csv, "figures, calls: all of them, as a sheet", NULL},
    {"since", 0, 0, G_OPTION_ARG_STRING, &since, "calls: since this day or minute: YYYY-MM-DD[THH:MM]", "TIME"},
    {"reference", 0, 0, G_OPTION_ARG_STRING, &reference, "export, erase: a call's id, a callback's reference, a contact, an order", "X"},
    G_OPTION_ENTRY_NULL,
};

GOptionGroup *commands_options(void)
{
    GOptionGroup *group =
        g_option_group_new("records", "Records, figures, export and erase:", "Options of records, figures, export, erase", NULL, NULL);
    g_option_group_add_entries(group, options);
    return group;
}

static gboolean has_figures_options(void)
{
    return figures.from || figures.to || figures.by || figures.timezone || figures.booth || figures.store || figures.region ||
           figures.topic || figures.lang;
}

gboolean commands_know(const char *command)
{
    const gboolean of_records = strcmp(command, "records") == 0, of_figures = strcmp(command, "figures") == 0;
    const gboolean of_shopper = strcmp(command, "export") == 0 || strcmp(command, "erase") == 0, of_calls = strcmp(command, "calls") == 0;
    const gboolean has_form = figures.json || figures.csv;
    return (of_records || of_figures || of_shopper || of_calls) && (!call || of_records) && (!has_figures_options() || of_figures) &&
           (!has_form || of_figures || of_calls) && !(figures.json && figures.csv) && (!since || of_calls) &&
           (reference != NULL) == of_shopper;
}

static void print_line(const char *text)
{
    puts(text);
}

static void print_text(const char *text)
{
    fputs(text, stdout);
}

static gboolean print_calls(const char *const *servers, GError **error)
{
    gint64 since_utc = 0;
    if (since && !call_sheet_since(since, &since_utc)) {
        g_set_error(error, CONFIG_ERROR, 0, "--since %s is no YYYY-MM-DD or YYYY-MM-DDTHH:MM.", since);
        return FALSE;
    }
    const CallSheetForm form = figures.json ? CALL_SHEET_JSON : figures.csv ? CALL_SHEET_CSV : CALL_SHEET_TABLE;
    return fleet_calls_print(servers, form, since_utc, print_text, error);
}

static gboolean print_shopper(const char *const *servers, gboolean erase, GError **error)
{
    g_autofree char *export = NULL;
    g_autoptr(PrivacyFound) found = erase ? privacy_erase(servers, reference, 0, error) : privacy_look(servers, reference, &export, error);
    if (export) puts(export);
    for (char **gone = erase && found ? found->calls : NULL; gone && *gone; gone++) printf("%s erased\n", *gone);
    return found != NULL;
}

gboolean commands_run(const Config *config, const char *command, GError **error)
{
    const char *const *servers = config_list(config, "bus", "servers");
    if (strcmp(command, "figures") == 0) return figures_print(config, &figures, print_line, error);
    if (strcmp(command, "calls") == 0) return print_calls(servers, error);
    if (strcmp(command, "export") == 0) return print_shopper(servers, FALSE, error);
    if (strcmp(command, "erase") == 0) return print_shopper(servers, TRUE, error);
    return history_print(servers, call, print_line, error);
}
