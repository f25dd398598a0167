#include "desk/figures.h"

#include <string.h>

#include "desk/ledger_config.h"
#include "kpi/calendar.h"

#define DAYS_MS (7 * 24 * 3600 * G_GINT64_CONSTANT(1000))

typedef struct {
    GMutex lock;
    GCond woken;
    gboolean wake;
    gboolean answered;
    LedgerVerdict verdict;
    char *text;
} Waiter;

typedef void (*PrintLine)(const char *text);

static gboolean refuse(GError **error, const char *what)
{
    g_set_error_literal(error, LEDGER_ERROR, 0, what);
    return FALSE;
}

/* --- asking ------------------------------------------------------------------------------------------------------------------------ */

static void on_wake(gpointer data)
{
    Waiter *waiter = data;
    g_mutex_lock(&waiter->lock);
    waiter->wake = TRUE;
    g_cond_signal(&waiter->woken);
    g_mutex_unlock(&waiter->lock);
}

static void on_figures(gpointer data, LedgerVerdict verdict, const char *text)
{
    Waiter *waiter = data;
    waiter->answered = TRUE;
    waiter->verdict = verdict;
    waiter->text = g_strdup(text);
}

static gboolean is_caught_up(Ledger *ledger)
{
    LedgerCounters counters;
    ledger_counters(ledger, &counters);
    return counters.caught_up;
}

/* FALSE: it took too long. */
static gboolean wait_for(Ledger *ledger, Waiter *waiter, gboolean answer)
{
    const gint64 until = g_get_monotonic_time() + FIGURES_WAIT_S * G_TIME_SPAN_SECOND;
    while (answer ? !waiter->answered : !is_caught_up(ledger)) {
        g_mutex_lock(&waiter->lock);
        gboolean in_time = TRUE;
        while (!waiter->wake && in_time) in_time = g_cond_wait_until(&waiter->woken, &waiter->lock, until);
        waiter->wake = FALSE;
        g_mutex_unlock(&waiter->lock);
        if (!in_time) return FALSE;
        ledger_dispatch(ledger);
    }
    return TRUE;
}

static gboolean read_by(const char *text, LedgerBy by[2], GError **error)
{
    by[0] = by[1] = LEDGER_BY_NONE;
    if (!text) return TRUE;
    g_auto(GStrv) names = g_strsplit(text, ",", 3);
    gboolean well = g_strv_length(names) <= 2;
    for (guint i = 0; well && names[i]; i++) well = ledger_by_read(names[i], &by[i]);
    return well || refuse(error, "--by: one of booth, store, region, topic, lang, hour and day, or two with a comma.");
}

static gboolean read_scope(const FiguresSettings *settings, const char *zone, LedgerScope *scope, GError **error)
{
    g_autoptr(Calendar) calendar = calendar_new(zone);
    if (!calendar) return refuse(error, "--timezone: a name such as Europe/Oslo or UTC.");
    *scope = (LedgerScope){
        .booth = settings->booth,
        .store = settings->store,
        .region = settings->region,
        .topic = settings->topic,
        .lang = settings->lang,
        .timezone = zone,
    };
    scope->to_utc = g_get_real_time() / 1000;
    if (settings->to && !calendar_read(calendar, settings->to, &scope->to_utc))
        return refuse(error, "--to: a day or a time, such as 2026-10-25 or 2026-10-25T14:30; it is the first that does not count.");
    scope->from_utc = MAX(scope->to_utc - DAYS_MS, 0);
    if (settings->from && !calendar_read(calendar, settings->from, &scope->from_utc))
        return refuse(error, "--from: a day or a time, such as 2026-10-25 or 2026-10-25T14:30.");
    return TRUE;
}

/* The answer, to json_decref(). */
static json_t *ask(const LedgerSettings *told, const LedgerScope *scope, const LedgerBy by[2], GError **error)
{
    Waiter waiter = {0};
    LedgerSettings settings = *told;
    json_t *answer = NULL;
    settings.folder = NULL; /* a desk may have it open */
    settings.wake = on_wake;
    settings.data = &waiter;
    Ledger *ledger = ledger_open(&settings, error);
    if (!ledger) return NULL;
    if (!wait_for(ledger, &waiter, FALSE)) {
        refuse(error, "The records could not be read from the bus: is a nats-server at [bus] servers, and has a desk run there?");
    } else {
        ledger_figures(ledger, scope, by[0], by[1], on_figures, &waiter);
        if (!wait_for(ledger, &waiter, TRUE))
            refuse(error, "The records took too long to count.");
        else if (waiter.verdict != LEDGER_GOOD)
            refuse(error, waiter.text);
        else
            answer = json_loads(waiter.text, 0, NULL);
    }
    ledger_close(ledger);
    g_free(waiter.text);
    return answer;
}

/* --- a sheet ----------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    GPtrArray *names;   /* of the columns, in order */
    GHashTable *values; /* name → text, of one row */
} Row;

static char *text_of(const json_t *value)
{
    if (json_is_string(value)) return g_strdup(json_string_value(value));
    if (json_is_null(value) || !value) return g_strdup("");
    return json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
}

static void flatten(Row *row, const char *prefix, const json_t *value)
{
    const char *member;
    json_t *inner;
    size_t i;
    if (json_is_object(value)) {
        json_object_foreach((json_t *)value, member, inner) {
            g_autofree char *name = *prefix ? g_strconcat(prefix, ".", member, NULL) : g_strdup(member);
            if (strcmp(member, "currency") != 0) flatten(row, name, inner);
        }
    } else if (json_is_array(value)) {
        json_array_foreach(value, i, inner) {
            g_autofree char *name = g_strconcat(prefix, ".", json_string_value(json_object_get(inner, "currency")), NULL);
            flatten(row, name, inner);
        }
    } else {
        if (row->names) g_ptr_array_add(row->names, g_strdup(prefix));
        g_hash_table_insert(row->values, g_strdup(prefix), text_of(value));
    }
}

/* RFC 4180; what a sheet would take for a formula gets an apostrophe. */
static void add_cell(GString *text, const char *value)
{
    const gboolean formula = strchr("=+-@\t", value[0]) && value[0] && !g_ascii_isdigit(value[1]);
    if (text->len) g_string_append_c(text, ',');
    if (!formula && !strpbrk(value, ",\"\r\n")) {
        g_string_append(text, value);
        return;
    }
    g_string_append(text, formula ? "\"'" : "\"");
    for (const char *at = value; *at; at++) {
        if (*at == '"') g_string_append_c(text, '"');
        g_string_append_c(text, *at);
    }
    g_string_append_c(text, '"');
}

static void print_row(const char *keys, const GPtrArray *names, const json_t *figures, PrintLine line)
{
    Row row = {NULL, g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free)};
    g_autoptr(GString) text = g_string_new(keys);
    flatten(&row, "", figures);
    for (guint i = 0; i < names->len; i++) {
        const char *value = g_hash_table_lookup(row.values, g_ptr_array_index(names, i));
        add_cell(text, value ? value : "");
    }
    line(text->str);
    g_hash_table_unref(row.values);
}

/* The total knows every column that a group has. */
static void print_sheet(const json_t *answer, PrintLine line)
{
    const json_t *total = json_object_get(answer, "total"), *by = json_object_get(answer, "by");
    Row row = {g_ptr_array_new_with_free_func(g_free), g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free)};
    g_autoptr(GString) head = g_string_new(NULL), blank = g_string_new(NULL);
    json_t *value;
    size_t i;
    flatten(&row, "", total);
    json_array_foreach(by, i, value) {
        add_cell(head, json_string_value(value));
        add_cell(blank, "total");
    }
    for (guint j = 0; j < row.names->len; j++) add_cell(head, g_ptr_array_index(row.names, j));
    line(head->str);
    json_array_foreach(json_object_get(answer, "groups"), i, value) {
        g_autoptr(GString) keys = g_string_new(NULL);
        json_t *key;
        size_t j;
        json_array_foreach(json_object_get(value, "key"), j, key) {
            /* An empty first cell must still have its comma. */
            if (j == 0 && !*json_string_value(key))
                g_string_append(keys, "\"\"");
            else
                add_cell(keys, json_string_value(key));
        }
        print_row(keys->str, row.names, json_object_get(value, "figures"), line);
    }
    print_row(blank->str, row.names, total, line);
    g_ptr_array_unref(row.names);
    g_hash_table_unref(row.values);
}

/* --- a table ----------------------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *head, *path;
    enum { NUMBER, PERCENT, SECONDS, SCORE } kind;
} columns[] = {
    {"offered", "offered", NUMBER},
    {"answered", "answered", NUMBER},
    {"missed", "missed.n", NUMBER},
    {"abandoned", "abandoned", NUMBER},
    {"RNA", "offers.ring_no_answer_rate", PERCENT},
    {"service", "service_level.share", PERCENT},
    {"ASA", "answer_ms.mean", SECONDS},
    {"picture", "picture_ms.mean", SECONDS},
    {"AHT", "handling.aht_ms", SECONDS},
    {"occupancy", "occupancy.share", PERCENT},
    {"conversion", "conversion.share", PERCENT},
    {"attach", "attach.share", PERCENT},
    {"CSAT", "csat.share", PERCENT},
    {"n", "csat.n", NUMBER},
    {"NPS", "nps.score", SCORE},
    {"n", "nps.n", NUMBER},
    {"promise", "promise.covered_share", PERCENT},
    {"n", "promise.n", NUMBER},
};

static const json_t *find(const json_t *figures, const char *path)
{
    g_auto(GStrv) steps = g_strsplit(path, ".", -1);
    for (guint i = 0; steps[i]; i++) figures = json_object_get(figures, steps[i]);
    return figures;
}

static void add_column(GString *text, const char *cell, gsize width)
{
    g_string_append_printf(text, " %*s", (int)width, cell);
}

static void print_line_of(const char *name, const json_t *figures, PrintLine line)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_append_printf(text, "%-32s", name);
    for (gsize i = 0; i < G_N_ELEMENTS(columns); i++) {
        const json_t *value = find(figures, columns[i].path);
        const double number = json_number_value(value);
        g_autofree char *cell = !value || json_is_null(value) ? g_strdup("-")
                                : columns[i].kind == PERCENT  ? g_strdup_printf("%.1f%%", number * 100)
                                : columns[i].kind == SECONDS  ? g_strdup_printf("%.1fs", number / 1000)
                                : columns[i].kind == SCORE    ? g_strdup_printf("%+.0f", number)
                                                              : g_strdup_printf("%.0f", number);
        add_column(text, cell, MAX(strlen(columns[i].head), 6));
    }
    line(text->str);
}

static void print_missed(const json_t *total, PrintLine line)
{
    const char *cause;
    json_t *n;
    g_autoptr(GString) text = g_string_new("missed by cause:");
    json_object_foreach(json_object_get(json_object_get(total, "missed"), "causes"), cause, n) {
        if (json_integer_value(n)) g_string_append_printf(text, " %s %" JSON_INTEGER_FORMAT, cause, json_integer_value(n));
    }
    line(text->str);
}

static void print_table(const json_t *answer, PrintLine line)
{
    const json_t *total = json_object_get(answer, "total");
    g_autoptr(GString) head = g_string_new(NULL);
    json_t *group;
    size_t i;
    g_string_append_printf(head, "%-32s", "");
    for (gsize j = 0; j < G_N_ELEMENTS(columns); j++) add_column(head, columns[j].head, MAX(strlen(columns[j].head), 6));
    line(head->str);
    json_array_foreach(json_object_get(answer, "groups"), i, group) {
        const json_t *key = json_object_get(group, "key");
        const char *first = json_string_value(json_array_get(key, 0)), *second = json_string_value(json_array_get(key, 1));
        g_autofree char *name = second ? g_strconcat(first, " ", second, NULL) : g_strdup(*first ? first : "-");
        print_line_of(name, json_object_get(group, "figures"), line);
    }
    print_line_of("total", total, line);
    print_missed(total, line);
}

gboolean figures_print(const Config *config, const FiguresSettings *settings, PrintLine line, GError **error)
{
    LedgerSettings ledger;
    LedgerScope scope;
    LedgerBy by[2];
    ledger_config_read(config, &ledger);
    if (settings->json && settings->csv) return refuse(error, "--json or --csv, not both.");
    if (!read_by(settings->by, by, error) ||
        !read_scope(settings, settings->timezone ? settings->timezone : ledger.timezone, &scope, error))
        return FALSE;
    json_t *answer = ask(&ledger, &scope, by, error);
    if (!answer) return FALSE;
    if (settings->json) {
        g_autofree char *text = json_dumps(answer, JSON_INDENT(1));
        line(text);
    } else if (settings->csv) {
        print_sheet(answer, line);
    } else {
        print_table(answer, line);
    }
    json_decref(answer);
    return TRUE;
}
