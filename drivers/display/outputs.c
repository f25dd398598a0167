#include "drivers/display/outputs.h"

#include <string.h>

typedef struct {
    char *card, *name;
    gint64 id; /* 0: the kernel does not tell */
} Output;

static void output_free(gpointer data)
{
    Output *output = data;
    g_free(output->card);
    g_free(output->name);
    g_free(output);
}

static char *read_word(const char *folder, const char *entry, const char *file)
{
    g_autofree char *path = g_build_filename(folder, entry, file, NULL);
    char *word = NULL;
    return g_file_get_contents(path, &word, NULL, NULL) ? g_strchomp(word) : NULL;
}

/* entry: cardN-CONNECTOR. NULL: it is something else, or has no screen. */
static Output *read_output(const char *folder, const char *entry)
{
    const char *dash = strchr(entry, '-');
    g_autofree char *status = dash && g_str_has_prefix(entry, "card") ? read_word(folder, entry, "status") : NULL;
    if (g_strcmp0(status, "connected") != 0) return NULL;
    g_autofree char *id = read_word(folder, entry, "connector_id");
    Output *output = g_new0(Output, 1);
    output->card = g_strndup(entry, (gsize)(dash - entry));
    output->name = g_strdup(dash + 1);
    output->id = id ? g_ascii_strtoll(id, NULL, 10) : 0;
    return output;
}

static gint compare(gconstpointer a, gconstpointer b)
{
    const Output *one = *(Output *const *)a, *other = *(Output *const *)b;
    int order = strcmp(one->card, other->card);
    if (order == 0 && one->id != other->id) order = one->id < other->id ? -1 : 1;
    return order != 0 ? order : strcmp(one->name, other->name);
}

GPtrArray *outputs_connected(const char *folder)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(output_free);
    g_autoptr(GDir) listing = g_dir_open(folder, 0, NULL);
    for (const char *entry; listing && (entry = g_dir_read_name(listing));) {
        Output *output = read_output(folder, entry);
        if (output) g_ptr_array_add(found, output);
    }
    g_ptr_array_sort(found, compare);
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < found->len; i++) {
        const Output *output = found->pdata[i], *first = found->pdata[0];
        if (strcmp(output->card, first->card) == 0) g_ptr_array_add(names, g_strdup(output->name));
    }
    return names;
}

gboolean outputs_has(const char *folder, const char *name)
{
    gboolean has = FALSE;
    g_autoptr(GDir) listing = g_dir_open(folder, 0, NULL);
    for (const char *entry; !has && listing && (entry = g_dir_read_name(listing));) {
        Output *output = read_output(folder, entry);
        has = output && strcmp(output->name, name) == 0;
        if (output) output_free(output);
    }
    return has;
}

static gboolean is_auto(const char *wanted)
{
    return strcmp(wanted, "auto") == 0;
}

static int choose(const GPtrArray *connected, const char *wanted, const char *of_other, int taken)
{
    for (int i = 0; i < (int)connected->len; i++) {
        const char *name = connected->pdata[i];
        if (i != taken && (is_auto(wanted) ? strcmp(name, of_other) != 0 : strcmp(name, wanted) == 0)) return i;
    }
    return OUTPUTS_NONE;
}

void outputs_map(const GPtrArray *connected, const char *console_wanted, const char *demo_wanted, int *ret_console, int *ret_demo)
{
    *ret_console = choose(connected, console_wanted, demo_wanted, OUTPUTS_NONE);
    *ret_demo = choose(connected, demo_wanted, console_wanted, *ret_console);
}
