#include "desk/fleet.h"

#include <string.h>

#include "wire/plain.h"
#include "wire/wire.h"

typedef struct {
    char *id;
    char *row;   /* JSON text, but for seen_utc, which is no change */
    char *value; /* as it was stored, read again when somebody asks; NULL: too large or not readable */
    char *region, *store, *name, *version, *why;
    json_t *problems;  /* as kept */
    const char *state; /* static text; what the booth says of itself */
    gboolean online;
    gint64 heard, since_utc, seen_utc, offline_utc;
    guint64 revision;
    char *topic;
    json_t *temperature;
    guint problem_count;
} Item;

struct Fleet {
    GHashTable *items;  /* id → Item */
    GPtrArray *ordered; /* of Item, by region, store, name, id; remade when dirty */
    gboolean unordered;
    guint64 revision;
};

static const char *const states[] = {"starting", "paused", "ready", "ringing", "connecting", "live", "wrapup", NULL};

static void item_free(gpointer data)
{
    Item *item = data;
    g_free(item->id);
    g_free(item->row);
    g_free(item->value);
    g_free(item->region);
    g_free(item->store);
    g_free(item->name);
    g_free(item->version);
    g_free(item->why);
    g_free(item->topic);
    json_decref(item->problems);
    json_decref(item->temperature);
    g_free(item);
}

Fleet *fleet_new(void)
{
    Fleet *fleet = g_new0(Fleet, 1);
    fleet->items = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, item_free);
    fleet->ordered = g_ptr_array_new();
    return fleet;
}

void fleet_free(Fleet *fleet)
{
    if (!fleet) return;
    g_ptr_array_unref(fleet->ordered);
    g_hash_table_unref(fleet->items);
    g_free(fleet);
}

/* --- reading a snapshot ------------------------------------------------------------------------------------------------------------- */

static char *cut_text(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));
    return text ? g_utf8_substring(text, 0, MIN(FLEET_TEXT_MAX, g_utf8_strlen(text, -1))) : g_strdup("");
}

static void set_text(char **slot, char *text, gboolean *differs)
{
    if (g_strcmp0(*slot, text) != 0) *differs = TRUE;
    g_free(*slot);
    *slot = text;
}

static const char *known_state(const char *word)
{
    for (guint i = 0; states[i]; i++) {
        if (strcmp(states[i], word) == 0) return states[i];
    }
    return "unknown";
}

static json_t *make_problem(const char *name, const char *severity, gint64 since_utc, gboolean blocks)
{
    return json_pack("{s:s, s:s, s:I, s:b}", "name", name, "severity", severity, "since_utc", (json_int_t)since_utc, "blocks_ready",
                     blocks);
}

static gboolean is_word(const char *text)
{
    gsize length = strlen(text);
    return length > 0 && length <= 64 && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") == length;
}

/* Those that are well-formed, as many as are shown; ret_count: all that are listed. */
static json_t *read_problems(const json_t *list, guint *ret_count)
{
    json_t *kept = json_array();
    *ret_count = (guint)json_array_size(list);
    for (size_t i = 0; i < json_array_size(list) && json_array_size(kept) < FLEET_PROBLEMS_MAX; i++) {
        const json_t *problem = json_array_get(list, i);
        const char *name = wire_string(problem, "name");
        gboolean error = strcmp(wire_string(problem, "severity"), "warning") != 0;
        if (is_word(name))
            json_array_append_new(
                kept, make_problem(name, error ? "error" : "warning", wire_int(problem, "since_utc"), wire_bool(problem, "blocks_ready")));
    }
    return kept;
}

static const char *worst_of(const Item *item)
{
    const char *worst = "";
    for (size_t i = 0; i < json_array_size(item->problems); i++) {
        if (strcmp(wire_string(json_array_get(item->problems, i), "severity"), "error") == 0) return "error";
        worst = "warning";
    }
    return worst;
}

/* Since when it is in its state, by the clock of whoever received the snapshot. */
static gint64 since_of(const json_t *snapshot, gint64 received_utc)
{
    gint64 age = wire_int(snapshot, "now_mono") - wire_int(snapshot, "since_mono");
    return age >= 0 && age < received_utc ? received_utc - age : received_utc;
}

static void set_json(json_t **slot, json_t *json, gboolean *differs)
{
    if (!json_equal(*slot, json)) *differs = TRUE;
    json_decref(*slot);
    *slot = json;
}

/* *moved: it stands elsewhere in lists; *changed: its row may be another one. */
static void read_snapshot(Item *item, const json_t *snapshot, gint64 received_utc, gboolean *moved, gboolean *changed)
{
    const json_t *call = json_object_get(snapshot, "call"), *temperature = json_object_get(snapshot, "temperature_c");
    set_text(&item->name, cut_text(snapshot, "name"), moved);
    set_text(&item->store, cut_text(snapshot, "store"), moved);
    set_text(&item->region, cut_text(snapshot, "region"), moved);
    *changed |= *moved;
    set_text(&item->version, cut_text(snapshot, "version"), changed);
    set_text(&item->why, cut_text(snapshot, "pause_reason"), changed);
    set_text(&item->topic, cut_text(call, "topic"), changed);
    const char *state = known_state(wire_string(snapshot, "state"));
    *changed |= state != item->state;
    item->state = state;
    gint64 since = since_of(snapshot, received_utc);
    /* A second more or less is a clock's, not the booth's. */
    if (ABS(since - item->since_utc) > 2000) {
        *changed = TRUE;
        item->since_utc = since;
    }
    const guint count = item->problem_count;
    json_t *problems = read_problems(json_object_get(snapshot, "problems"), &item->problem_count);
    *changed |= count != item->problem_count;
    if (item->problem_count > json_array_size(problems))
        json_array_append_new(problems, make_problem("problems_many", "warning", received_utc, FALSE));
    if (strcmp(item->state, "unknown") == 0)
        json_array_append_new(problems, make_problem("status_unreadable", "error", received_utc, FALSE));
    set_json(&item->problems, problems, changed);
    double degrees = json_number_value(temperature);
    set_json(&item->temperature,
             json_is_number(temperature) && degrees > -100 && degrees < 200 ? json_integer((json_int_t)degrees) : json_null(), changed);
}

/* --- rows --------------------------------------------------------------------------------------------------------------------------- */

/* All that it said, and what is said of it here. */
static guint count_problems(const Item *item)
{
    return MAX(item->problem_count, (guint)json_array_size(item->problems));
}

static json_t *problem_names(const Item *item)
{
    json_t *names = json_array();
    for (size_t i = 0; i < json_array_size(item->problems); i++)
        json_array_append(names, json_object_get(json_array_get(item->problems, i), "name"));
    return names;
}

static char *row_text(const Item *item)
{
    json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:i, s:s, s:O, s:o}", "booth", item->id, "name", item->name,
                            "store", item->store, "region", item->region, "state", item->online ? item->state : "offline", "since_utc",
                            (json_int_t)(item->online ? item->since_utc : item->offline_utc), "pause_reason", item->why, "topic",
                            item->topic, "worst", worst_of(item), "problem_count", (int)count_problems(item), "version", item->version,
                            "temperature_c", item->temperature, "problems", problem_names(item));
    char *text = json_dumps(row, JSON_COMPACT);
    json_decref(row);
    return text;
}

static void row_changed(Fleet *fleet, Item *item)
{
    char *row = row_text(item);
    if (g_strcmp0(row, item->row) == 0) {
        free(row);
        return;
    }
    free(item->row);
    item->row = row;
    item->revision = ++fleet->revision;
}

static void append_row(const Item *item, GString *text)
{
    g_string_append_len(text, item->row, (gssize)strlen(item->row) - 1);
    g_string_append_printf(text, ",\"seen_utc\":%" G_GINT64_FORMAT "}", item->seen_utc);
}

static Item *get_item(Fleet *fleet, const char *booth)
{
    Item *item = g_hash_table_lookup(fleet->items, booth);
    if (item || g_hash_table_size(fleet->items) >= FLEET_BOOTHS_MAX) return item;
    item = g_new0(Item, 1);
    item->id = g_strdup(booth);
    item->problems = json_array();
    item->temperature = json_null();
    item->state = "unknown";
    gboolean ignored = FALSE;
    set_text(&item->name, g_strdup(""), &ignored);
    set_text(&item->store, g_strdup(""), &ignored);
    set_text(&item->region, g_strdup(""), &ignored);
    set_text(&item->version, g_strdup(""), &ignored);
    set_text(&item->why, g_strdup(""), &ignored);
    set_text(&item->topic, g_strdup(""), &ignored);
    g_hash_table_insert(fleet->items, item->id, item);
    fleet->unordered = TRUE;
    return item;
}

static void keep_value(Item *item, const char *value, gboolean readable)
{
    gboolean fits = strlen(value) <= FLEET_SNAPSHOT_MAX;
    g_free(item->value);
    item->value = readable && fits ? g_strdup(value) : NULL;
    if (fits || !readable) return;
    json_array_append_new(item->problems, make_problem("status_too_long", "warning", item->seen_utc, FALSE));
}

/* As json_loads() would, but for what rows do not show of the snapshot. NULL: it is to be read as a whole. */
static json_t *decode_shown(const char *value)
{
    static const char *const shown[] = {"name",  "store",      "region",   "version",  "pause_reason",  "call",
                                        "state", "since_mono", "now_mono", "problems", "temperature_c", NULL};
    static const char snapshot[] = "\"snapshot\":";
    PlainSpan spans[G_N_ELEMENTS(shown) - 1];
    const char *at = strstr(value, snapshot);
    const gsize length = strlen(value);
    if (!at || value[length - 1] != '}') return NULL;
    at += strlen(snapshot);
    if (!plain_find(at, (gsize)(value + length - 1 - at), shown, spans)) return NULL;
    g_autoptr(GString) text = g_string_sized_new(512);
    g_string_append_len(text, value, at - value);
    plain_append(text, shown, spans, G_N_ELEMENTS(spans));
    g_string_append_c(text, '}');
    return json_loadb(text->str, text->len, 0, NULL);
}

gboolean fleet_learn(Fleet *fleet, const char *booth, const char *value, gint64 age_ms, gint64 now_mono)
{
    if (!wire_is_booth_id(booth)) return FALSE;
    if (!value) {
        fleet->unordered |= g_hash_table_remove(fleet->items, booth);
        return TRUE;
    }
    Item *item = get_item(fleet, booth);
    if (!item) return FALSE;
    json_t *json = decode_shown(value);
    if (json_object_size(json_object_get(json, "snapshot")) == 0) {
        json_decref(json);
        json = json_loads(value, 0, NULL);
    }
    const json_t *snapshot = json_object_get(json, "snapshot");
    gboolean readable = json_is_object(snapshot) && json_object_size(snapshot) > 0;
    if (!readable) snapshot = NULL;
    item->seen_utc = wire_int(json, "received_utc");
    item->heard = now_mono - MAX(age_ms, 0);
    const gboolean online = now_mono - item->heard < FLEET_OFFLINE_MS;
    gboolean moved = FALSE, changed = !item->row || !online || !item->online;
    item->online = online;
    if (!online) item->offline_utc = item->seen_utc;
    read_snapshot(item, snapshot, item->seen_utc, &moved, &changed);
    fleet->unordered |= moved;
    keep_value(item, value, readable);
    if (changed) row_changed(fleet, item);
    json_decref(json);
    return readable;
}

void fleet_sweep(Fleet *fleet, gint64 now_mono)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, fleet->items);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Item *item = value;
        if (!item->online || now_mono - item->heard < FLEET_OFFLINE_MS) continue;
        item->online = FALSE;
        item->offline_utc = item->seen_utc;
        row_changed(fleet, item);
    }
}

/* --- telling ------------------------------------------------------------------------------------------------------------------------ */

guint fleet_size(const Fleet *fleet)
{
    return g_hash_table_size(fleet->items);
}

guint64 fleet_revision(const Fleet *fleet)
{
    return fleet->revision;
}

gboolean fleet_knows(const Fleet *fleet, const char *booth)
{
    return g_hash_table_contains(fleet->items, booth);
}

gboolean fleet_is_online(const Fleet *fleet, const char *booth)
{
    const Item *item = g_hash_table_lookup(fleet->items, booth);
    return item && item->online;
}

json_t *fleet_counts(const Fleet *fleet)
{
    json_t *counts = json_object();
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, fleet->items);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Item *item = value;
        const char *state = item->online ? item->state : "offline";
        json_object_set_new(counts, state, json_integer(wire_int(counts, state) + 1));
    }
    return counts;
}

static int compare_items(gconstpointer a, gconstpointer b)
{
    const Item *one = *(const Item *const *)a, *other = *(const Item *const *)b;
    int order = strcmp(one->region, other->region);
    if (!order) order = strcmp(one->store, other->store);
    if (!order) order = strcmp(one->name, other->name);
    return order ? order : strcmp(one->id, other->id);
}

static GPtrArray *ordered_items(const Fleet *fleet)
{
    Fleet *own = (Fleet *)fleet;
    if (!own->unordered) return own->ordered;
    g_ptr_array_set_size(own->ordered, 0);
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, own->items);
    while (g_hash_table_iter_next(&iter, NULL, &value)) g_ptr_array_add(own->ordered, value);
    g_ptr_array_sort(own->ordered, compare_items);
    own->unordered = FALSE;
    return own->ordered;
}

guint fleet_append_rows(const Fleet *fleet, guint64 after, GString *text)
{
    const GPtrArray *items = ordered_items(fleet);
    guint count = 0;
    for (guint i = 0; i < items->len; i++) {
        const Item *item = items->pdata[i];
        if (item->revision <= after) continue;
        if (count++) g_string_append_c(text, ',');
        append_row(item, text);
    }
    return count;
}

/* As RFC 4180 has it; what a spreadsheet would take for a formula begins with an apostrophe. */
static void append_cell(GString *text, const char *cell, gboolean last)
{
    g_string_append_c(text, '"');
    if (*cell && strchr("=+-@\t\r", *cell)) g_string_append_c(text, '\'');
    for (; *cell; cell++) {
        if (*cell == '"') g_string_append_c(text, '"');
        g_string_append_c(text, *cell);
    }
    g_string_append(text, last ? "\"\r\n" : "\",");
}

static char *utc_text(gint64 utc_ms)
{
    g_autoptr(GDateTime) time = utc_ms > 0 ? g_date_time_new_from_unix_utc(utc_ms / 1000) : NULL;
    return time ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ") : g_strdup("");
}

static char *problem_words(const Item *item)
{
    GString *names = g_string_new(NULL);
    for (size_t p = 0; p < json_array_size(item->problems); p++)
        g_string_append_printf(names, "%s%s", p ? " " : "", wire_string(json_array_get(item->problems, p), "name"));
    return g_string_free(names, FALSE);
}

/* What is the matter now; of a booth that is offline nothing else is known. */
static const char *present_problems(const Item *item, const char *problems)
{
    return item->online ? problems : "booth_offline";
}

static gboolean has_words(const Item *item, const char *words, const char *problems)
{
    g_autofree char *all = g_strjoin(" ", item->id, item->name, item->store, item->region, item->version, problems, NULL);
    g_autofree char *low = g_utf8_strdown(all, -1), *wanted = g_utf8_strdown(words, -1);
    g_auto(GStrv) list = g_strsplit_set(wanted, " \t\n", 32);
    for (char **word = list; *word; word++) {
        if (!strstr(low, *word)) return FALSE;
    }
    return TRUE;
}

static gboolean is_wanted(const char *wanted, const char *value)
{
    return !wanted || !*wanted || strcmp(wanted, value) == 0;
}

static gboolean passes(const Item *item, const FleetFilter *filter, const char *problems)
{
    const char *state = item->online ? item->state : "offline";
    const gboolean bad = count_problems(item) > 0 || !item->online || strcmp(state, "unknown") == 0;
    return is_wanted(filter->region, item->region) && is_wanted(filter->store, item->store) && is_wanted(filter->state, state) &&
           (bad || !filter->bad) && (!filter->words || has_words(item, filter->words, problems));
}

void fleet_append_csv(const Fleet *fleet, const FleetFilter *filter, GString *text)
{
    const GPtrArray *items = ordered_items(fleet);
    g_string_append(text, "booth,name,store,region,state,pause_reason,since_utc,seen_utc,problems,version,last_known_problems\r\n");
    for (guint i = 0; i < items->len; i++) {
        const Item *item = items->pdata[i];
        g_autofree char *problems = problem_words(item);
        if (!passes(item, filter, problems)) continue;
        g_autofree char *since = utc_text(item->online ? item->since_utc : item->offline_utc), *seen = utc_text(item->seen_utc);
        const char *cells[] = {item->id,
                               item->name,
                               item->store,
                               item->region,
                               item->online ? item->state : "offline",
                               item->online ? item->why : "",
                               since,
                               seen,
                               present_problems(item, problems),
                               item->version,
                               item->online ? "" : problems};
        for (guint c = 0; c < G_N_ELEMENTS(cells); c++) append_cell(text, cells[c], c + 1 == G_N_ELEMENTS(cells));
    }
}

char *fleet_booth(const Fleet *fleet, const char *booth)
{
    const Item *item = g_hash_table_lookup(fleet->items, booth);
    if (!item) return NULL;
    json_t *value = item->value ? json_loads(item->value, 0, NULL) : NULL;
    char *problems = json_dumps(item->problems, JSON_COMPACT);
    char *snapshot = value ? json_dumps(json_object_get(value, "snapshot"), JSON_COMPACT) : NULL;
    GString *text = g_string_new("{\"row\":");
    append_row(item, text);
    g_string_append_printf(text, ",\"problems\":%s,\"snapshot\":%s}", problems, snapshot ? snapshot : "null");
    json_decref(value);
    free(snapshot);
    free(problems);
    return g_string_free(text, FALSE);
}

void fleet_each(const Fleet *fleet, const char *region, const char *store, const char *booth,
                void (*visit)(gpointer data, const char *booth), gpointer data)
{
    const GPtrArray *items = ordered_items(fleet);
    for (guint i = 0; i < items->len; i++) {
        const Item *item = items->pdata[i];
        gboolean fits = (!region || !*region || strcmp(region, item->region) == 0) &&
                        (!store || !*store || strcmp(store, item->store) == 0) && (!booth || !*booth || strcmp(booth, item->id) == 0);
        if (fits) visit(data, item->id);
    }
}
