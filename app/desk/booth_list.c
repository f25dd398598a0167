#include "desk/booth_list.h"

#include <glib/gstdio.h>
#include <string.h>

#include "provision/provision.h"

GQuark booth_list_error_quark(void)
{
    return g_quark_from_static_string("livebooth-booth-list");
}

G_GNUC_PRINTF(3, 4) static gboolean refuse(GError **error, guint line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(error, BOOTH_LIST_ERROR, 0, "line %u: %s", line, what);
    return FALSE;
}

/* --- CSV --------------------------------------------------------------------------------------------------------------------------------
 */

typedef struct {
    const char *at;
    guint line;
    char separator;
} Reader;

/* Of the first line: what stands most often in it, outside quotes. */
static char find_separator(const char *text)
{
    static const char candidates[] = ",;\t";
    guint best = 0;
    char found = ',';
    for (const char *candidate = candidates; *candidate; candidate++) {
        guint count = 0;
        gboolean quoted = FALSE;
        for (const char *at = text; *at && (quoted || *at != '\n'); at++) {
            if (*at == '"') quoted = !quoted;
            count += !quoted && *at == *candidate;
        }
        if (count > best) found = *candidate;
        best = MAX(best, count);
    }
    return found;
}

static char *read_quoted(Reader *reader, GError **error)
{
    const guint began = reader->line;
    g_autoptr(GString) field = g_string_new(NULL);
    for (reader->at++;; reader->at++) {
        if (!*reader->at) {
            refuse(error, began, "a quote is opened and never closed");
            return NULL;
        }
        if (*reader->at == '\n') reader->line++;
        if (*reader->at == '"' && *++reader->at != '"') break;
        g_string_append_c(field, *reader->at);
    }
    if (*reader->at && !strchr("\r\n", *reader->at) && *reader->at != reader->separator) {
        refuse(error, reader->line, "there is something behind a closing quote");
        return NULL;
    }
    return g_string_free(g_steal_pointer(&field), FALSE);
}

static char *read_field(Reader *reader, GError **error)
{
    if (*reader->at == '"') return read_quoted(reader, error);
    const char stops[] = {reader->separator, '\r', '\n', '\0'};
    const gsize length = strcspn(reader->at, stops);
    char *field = g_strstrip(g_strndup(reader->at, length));
    reader->at += length;
    return field;
}

/* One row, and past its end. */
static char **read_row(Reader *reader, GError **error)
{
    g_autoptr(GStrvBuilder) row = g_strv_builder_new();
    for (;;) {
        g_autofree char *field = read_field(reader, error);
        if (!field) return NULL;
        g_strv_builder_add(row, field);
        if (*reader->at != reader->separator) break;
        reader->at++;
    }
    if (*reader->at == '\r') reader->at++;
    if (*reader->at == '\n') {
        reader->at++;
        reader->line++;
    }
    return g_strv_builder_end(row);
}

static gboolean is_empty(char **row)
{
    for (; *row; row++) {
        if (**row) return FALSE;
    }
    return TRUE;
}

GPtrArray *booth_list_split(const char *text, gsize length, GArray **lines, GError **error)
{
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    g_autoptr(GArray) where = g_array_new(FALSE, FALSE, sizeof(guint));
    if (length > BOOTH_LIST_MAX || strlen(text) != length || !g_utf8_validate(text, -1, NULL)) {
        refuse(error, 1, length > BOOTH_LIST_MAX ? "the list is too long" : "the list is not UTF-8 text; save it as CSV UTF-8");
        return NULL;
    }
    if (g_str_has_prefix(text, "\xef\xbb\xbf")) text += 3; /* the mark that spreadsheets put first */
    Reader reader = {text, 1, find_separator(text)};
    while (*reader.at) {
        const guint line = reader.line;
        char **row = read_row(&reader, error);
        if (!row) return NULL;
        if (is_empty(row)) {
            g_strfreev(row);
            continue;
        }
        g_ptr_array_add(rows, row);
        g_array_append_val(where, line);
    }
    *lines = g_steal_pointer(&where);
    return g_steal_pointer(&rows);
}

/* --- booths -----------------------------------------------------------------------------------------------------------------------------
 */

typedef struct {
    char *group, *key;
} Column;

static void column_clear(gpointer data)
{
    Column *column = data;
    g_free(column->group);
    g_free(column->key);
}

static gboolean is_name(const char *text)
{
    return *text && text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

static gboolean read_columns(GArray *columns, char **head, guint line, GError **error)
{
    for (char **name = head; *name; name++) {
        const char *dot = strchr(*name, '.');
        Column column = {dot ? g_strndup(*name, (gsize)(dot - *name)) : g_strdup("booth"), g_strdup(dot ? dot + 1 : *name)};
        gboolean twice = FALSE;
        for (guint i = 0; i < columns->len; i++) {
            const Column *other = &g_array_index(columns, Column, i);
            twice = twice || (strcmp(other->group, column.group) == 0 && strcmp(other->key, column.key) == 0);
        }
        g_array_append_val(columns, column);
        if (!is_name(column.group) || !is_name(column.key))
            return refuse(error, line, "\"%s\" is no name of a key; the first line names keys of booth.txt, such as id or network.address",
                          *name);
        if (twice) return refuse(error, line, "there are two columns \"%s\"", *name);
        if (strcmp(column.group, "enrolment") == 0) return refuse(error, line, "\"%s\" is not for a list: tokens are made here", *name);
    }
    return TRUE;
}

void booth_plan_free(BoothPlan *plan)
{
    if (!plan) return;
    g_free(plan->id);
    g_free(plan->name);
    g_free(plan->store);
    g_free(plan->region);
    g_free(plan->text);
    g_free(plan);
}

static void set_key(BoothPlan *plan, const char *group, const char *key, const char *value)
{
    char *with = provision_fill(plan->text, group, key, value);
    g_free(plan->text);
    plan->text = with;
}

static gboolean take_fields(BoothPlan *plan, const GArray *columns, char **row, GError **error)
{
    const struct {
        const char *key;
        char **slot;
    } told[] = {{"id", &plan->id}, {"name", &plan->name}, {"store", &plan->store}, {"region", &plan->region}};
    for (guint i = 0; i < columns->len; i++) {
        const Column *column = &g_array_index(columns, Column, i);
        if (!*row[i]) continue;
        if (strpbrk(row[i], "\r\n")) return refuse(error, plan->line, "\"%s\" goes over more than one line", column->key);
        set_key(plan, column->group, column->key, row[i]);
        for (guint k = 0; k < G_N_ELEMENTS(told) && strcmp(column->group, "booth") == 0; k++) {
            if (strcmp(column->key, told[k].key) != 0) continue;
            g_free(*told[k].slot);
            *told[k].slot = g_strdup(row[i]);
        }
    }
    return TRUE;
}

/* As the booth will read it. */
static gboolean check_plan(const BoothPlan *plan, const char *path, GError **error)
{
    g_autoptr(GError) cause = NULL;
    if (!g_file_set_contents(path, plan->text, -1, error)) return FALSE;
    g_autoptr(Provision) provision = provision_read(path, "", &cause);
    if (provision) return TRUE;
    const char *what = strstr(cause->message, ": ");
    return refuse(error, plan->line, "%s", what ? what + 2 : cause->message);
}

static BoothPlan *read_plan(const GArray *columns, char **row, guint line, const BoothListSettings *settings, const char *path,
                            GError **error)
{
    BoothPlan *plan = g_new0(BoothPlan, 1);
    *plan = (BoothPlan){g_strdup(""), g_strdup(""), g_strdup(""), g_strdup(""), g_strdup(settings->template), line};
    gboolean fine = g_strv_length(row) == columns->len ||
                    refuse(error, line, "it has %u fields, and the first line names %u", g_strv_length(row), columns->len);
    if (*settings->desks) set_key(plan, "desk", "address", settings->desks);
    set_key(plan, "enrolment", "authority", settings->authority);
    fine = fine && take_fields(plan, columns, row, error) && check_plan(plan, path, error);
    if (fine) return plan;
    booth_plan_free(plan);
    return NULL;
}

/* All that is wrong, a line each, as far as somebody reads on. */
typedef struct {
    GString *text;
    guint count;
} Mistakes;

static void note_mistake(Mistakes *mistakes, const char *what)
{
    if (mistakes->count++ < BOOTH_LIST_MISTAKES) g_string_append_printf(mistakes->text, "%s%s", mistakes->text->len ? "\n" : "", what);
}

/* Its text is gone then. */
static gboolean are_none(Mistakes *mistakes, GError **error)
{
    if (mistakes->count > BOOTH_LIST_MISTAKES)
        g_string_append_printf(mistakes->text, "\nand %u more", mistakes->count - BOOTH_LIST_MISTAKES);
    if (mistakes->count) g_set_error_literal(error, BOOTH_LIST_ERROR, 0, mistakes->text->str);
    g_string_free(mistakes->text, TRUE);
    return !mistakes->count;
}

static gboolean read_plans(GPtrArray *plans, GPtrArray *rows, GArray *lines, const BoothListSettings *settings, const char *path,
                           GError **error)
{
    g_autoptr(GArray) columns = g_array_new(FALSE, FALSE, sizeof(Column));
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    g_array_set_clear_func(columns, column_clear);
    if (rows->len < 2) return refuse(error, 1, "there is no booth in the list; its first line names the keys");
    if (rows->len > BOOTH_LIST_BOOTHS_MAX) return refuse(error, 1, "the list has more than %d booths", BOOTH_LIST_BOOTHS_MAX);
    if (!read_columns(columns, rows->pdata[0], g_array_index(lines, guint, 0), error)) return FALSE;
    Mistakes mistakes = {g_string_new(NULL), 0};
    for (guint i = 1; i < rows->len; i++) {
        g_autoptr(GError) mistake = NULL;
        BoothPlan *plan = read_plan(columns, rows->pdata[i], g_array_index(lines, guint, i), settings, path, &mistake);
        const BoothPlan *before = plan ? g_hash_table_lookup(seen, plan->id) : NULL;
        if (before) refuse(&mistake, plan->line, "booth %s is in line %u already", plan->id, before->line);
        if (plan) g_ptr_array_add(plans, plan);
        if (plan && !before) g_hash_table_insert(seen, plan->id, plan);
        if (mistake) note_mistake(&mistakes, mistake->message);
    }
    return are_none(&mistakes, error);
}

GPtrArray *booth_list_read(const char *text, gsize length, const BoothListSettings *settings, GError **error)
{
    g_autoptr(GPtrArray) plans = g_ptr_array_new_with_free_func((GDestroyNotify)booth_plan_free);
    g_autoptr(GArray) lines = NULL;
    g_autoptr(GPtrArray) rows = booth_list_split(text, length, &lines, error);
    g_autofree char *folder = rows ? g_dir_make_tmp("livebooth-XXXXXX", error) : NULL;
    if (!folder) return NULL;
    g_autofree char *path = g_build_filename(folder, "booth.txt", NULL);
    const gboolean fine = read_plans(plans, rows, lines, settings, path, error);
    g_unlink(path);
    g_rmdir(folder);
    return fine ? g_steal_pointer(&plans) : NULL;
}
