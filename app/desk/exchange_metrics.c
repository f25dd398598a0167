/* What a desk states of itself, so that the sums over all desks are the centre's: of calls those whose shoppers it has, of booths those
 * that are linked to it. What nobody has any more, since its desk is dead, the janitor states. */
#include <string.h>
#include <unistd.h>

#include "desk/exchange_state.h"

#define BOOTHS_MAX 5000 /* that are named; links_max bounds them as well */

static const char *const booth_states[] = {"unknown", "starting", "paused", "ready", "ringing", "connecting", "live", "wrapup"};

static const char *const problem_names[] = {"camera_face_missing", "camera_face_frozen", "camera_product_missing", "camera_product_frozen",
                                            "microphone_missing",  "microphone_silent",  "microphone_spare",       "speaker_missing",
                                            "speaker_silent",      "console_missing",    "demo_missing",           "studio_down",
                                            "storage_full",        "storage_failing",    "desk_unreachable",       "statistics_backlog",
                                            "records_damaged",     "identity_twice",     "renewal_failing",        "certificate_expired",
                                            "certificate_foreign"};
#define PROBLEMS G_N_ELEMENTS(problem_names)
G_STATIC_ASSERT(PROBLEMS < 64);

static guint find_word(const char *word, const char *const *words, guint count)
{
    guint i = 0;
    while (i < count && strcmp(words[i], word) != 0) i++;
    return i;
}

void booth_note_status(Booth *booth, const json_t *snapshot)
{
    const json_t *problems = json_object_get(snapshot, "problems");
    guint state = find_word(wire_string(snapshot, "state"), booth_states, G_N_ELEMENTS(booth_states));
    booth->state = state < G_N_ELEMENTS(booth_states) ? state : 0;
    booth->problems = 0;
    for (size_t i = 0; i < json_array_size(problems); i++)
        booth->problems |= G_GUINT64_CONSTANT(1) << find_word(wire_string(json_array_get(problems, i), "name"), problem_names, PROBLEMS);
}

/* --- the line ---------------------------------------------------------------------------------------------------------------------------
 */

typedef struct {
    guint waiting;
    gint64 oldest_utc;
} Line;

static void count_calls(const Exchange *exchange, GHashTable *lines, guint states[CALL_DONE + 1])
{
    gint64 now = exchange_mono();
    gboolean janitor = exchange_is_janitor(exchange, now);
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, exchange->calls);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Call *call = ((const Entry *)value)->call;
        gboolean own = exchange_is_self(exchange, call->shopper_desk);
        if (!own && !(janitor && exchange_desk_is_dead(exchange, call->shopper_desk, now))) continue;
        states[call->state]++;
        Line *line = g_hash_table_lookup(lines, counts_topic(exchange->counts, call->topic));
        if (call->state != CALL_QUEUED || !line) continue;
        line->waiting++;
        if (!line->oldest_utc || call->enqueued_utc < line->oldest_utc) line->oldest_utc = call->enqueued_utc;
    }
}

static void write_lines(const Exchange *exchange, Metrics *metrics)
{
    g_autoptr(GHashTable) lines = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
    guint states[CALL_DONE + 1] = {0};
    const char *const *topics = exchange->settings->topics;
    for (const char *const *topic = topics; *topic; topic++) g_hash_table_insert(lines, (gpointer)*topic, g_new0(Line, 1));
    count_calls(exchange, lines, states);
    metrics_family(metrics, METRICS_GAUGE, "livebooth_queue_calls", "", "Shoppers who wait in line.");
    for (const char *const *topic = topics; *topic; topic++) {
        const Line *line = g_hash_table_lookup(lines, *topic);
        metrics_sample(metrics, (const MetricsLabel[]){{"topic", *topic}, {NULL, NULL}}, line->waiting);
    }
    metrics_family(metrics, METRICS_GAUGE, "livebooth_queue_oldest_wait_seconds", "seconds",
                   "How long the first in line has waited; 0: nobody waits. Take the maximum over desks.");
    for (const char *const *topic = topics; *topic; topic++) {
        const Line *line = g_hash_table_lookup(lines, *topic);
        gint64 waited = line->waiting ? MAX(exchange_utc() - line->oldest_utc, 0) : 0;
        metrics_sample(metrics, (const MetricsLabel[]){{"topic", *topic}, {NULL, NULL}}, (gdouble)waited / 1000);
    }
    metrics_family(metrics, METRICS_GAUGE, "livebooth_calls", "", "Calls by state.");
    for (CallState state = CALL_QUEUED; state <= CALL_DONE; state++)
        metrics_sample(metrics, (const MetricsLabel[]){{"state", call_state_name(state)}, {NULL, NULL}}, states[state]);
}

/* --- booths -----------------------------------------------------------------------------------------------------------------------------
 */

/* offline: those that no desk has, stated by one of them. */
static void write_booths(const Exchange *exchange, Metrics *metrics, guint offline)
{
    guint states[G_N_ELEMENTS(booth_states)] = {0}, problems[PROBLEMS + 1] = {0}, named = 0;
    GHashTableIter iter;
    gpointer value;
    metrics_family(metrics, METRICS_GAUGE, "livebooth_booth_up", "", "1 for each booth that is linked to this desk.");
    g_hash_table_iter_init(&iter, exchange->booths);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Booth *booth = value;
        states[booth->state]++;
        for (guint i = 0; i <= PROBLEMS; i++) problems[i] += booth->problems >> i & 1;
        if (named++ < BOOTHS_MAX) metrics_sample(metrics, (const MetricsLabel[]){{"booth", booth->id}, {NULL, NULL}}, 1);
    }
    metrics_family(metrics, METRICS_GAUGE, "livebooth_booths", "",
                   "Booths by state: those linked to this desk; offline, by the janitor alone, those that no desk has heard of late.");
    for (guint i = 0; i < G_N_ELEMENTS(booth_states); i++)
        metrics_sample(metrics, (const MetricsLabel[]){{"state", booth_states[i]}, {NULL, NULL}}, states[i]);
    metrics_sample(metrics, (const MetricsLabel[]){{"state", "offline"}, {NULL, NULL}}, offline);
    metrics_family(metrics, METRICS_GAUGE, "livebooth_booth_problems", "", "Linked booths that have a problem, by its name.");
    for (guint i = 0; i <= PROBLEMS; i++)
        metrics_sample(metrics, (const MetricsLabel[]){{"problem", i < PROBLEMS ? problem_names[i] : "other"}, {NULL, NULL}}, problems[i]);
    metrics_family(metrics, METRICS_GAUGE, "livebooth_booths_waiting", "", "Linked booths that wait for a call.");
    metrics_sample(metrics, NULL, g_queue_get_length((GQueue *)&exchange->parked));
}

/* --- the desk and its process -----------------------------------------------------------------------------------------------------------
 */

static void write_gauge(Metrics *metrics, const char *name, const char *unit, const char *help, gdouble value)
{
    metrics_family(metrics, METRICS_GAUGE, name, unit, help);
    metrics_sample(metrics, NULL, value);
}

static void write_desk(const Exchange *exchange, Metrics *metrics)
{
    guint pages = g_hash_table_size(exchange->peers) - MIN(g_hash_table_size(exchange->booths), g_hash_table_size(exchange->peers));
    const MetricsLabel about[] = {{"instance_name", exchange->settings->instance}, {"version", LIVEBOOTH_VERSION}, {NULL, NULL}};
    metrics_family(metrics, METRICS_INFO, "livebooth_desk", "", "The desk's name on the bus and its version.");
    metrics_sample(metrics, about, 1);
    write_gauge(metrics, "livebooth_bus_connected", "", "Whether the desk has a nats-server.", store_is_connected(exchange->store));
    write_gauge(metrics, "livebooth_view_whole", "", "Whether the desk's view of the calls is complete and up to date.",
                exchange->whole && store_is_connected(exchange->store));
    write_gauge(metrics, "livebooth_view_age_seconds", "seconds", "Since the desk last saw its own heartbeat on the bus.",
                (gdouble)(exchange_mono() - exchange->sighted) / 1000);
    write_gauge(metrics, "livebooth_store_pending", "", "Writes that wait for the bus.", store_pending(exchange->store));
    write_gauge(metrics, "livebooth_shopper_links", "", "Shoppers' pages that are linked.", pages);
    write_gauge(metrics, "livebooth_janitor", "", "Whether this desk tidies for all: one does.",
                exchange_is_janitor(exchange, exchange_mono()));
}

/* Fields of /proc/self/stat after the name, which may hold anything: proc(5). */
static void write_process(Metrics *metrics)
{
    g_autofree char *text = NULL;
    guint64 user = 0, kernel = 0, started = 0;
    gint64 pages = 0;
    const char *rest = g_file_get_contents("/proc/self/stat", &text, NULL, NULL) ? strrchr(text, ')') : NULL;
    if (!rest) return;
    g_auto(GStrv) fields = g_strsplit(rest + 2, " ", -1); /* from the third on */
    if (g_strv_length(fields) < 22) return;
    user = g_ascii_strtoull(fields[11], NULL, 10);
    kernel = g_ascii_strtoull(fields[12], NULL, 10);
    started = g_ascii_strtoull(fields[19], NULL, 10);
    pages = g_ascii_strtoll(fields[21], NULL, 10);
    gdouble ticks = (gdouble)sysconf(_SC_CLK_TCK), up = (gdouble)g_get_monotonic_time() / G_USEC_PER_SEC;
    metrics_family(metrics, METRICS_COUNTER, "process_cpu_seconds", "seconds", "Processor time of the desk.");
    metrics_sample(metrics, NULL, (gdouble)(user + kernel) / ticks);
    write_gauge(metrics, "process_resident_memory_bytes", "bytes", "Memory of the desk.", (gdouble)(pages * sysconf(_SC_PAGESIZE)));
    write_gauge(metrics, "process_start_time_seconds", "seconds", "When the desk was started, since 1970.",
                (gdouble)g_get_real_time() / G_USEC_PER_SEC - (up - (gdouble)started / ticks));
}

char *exchange_metrics(Exchange *exchange, gboolean open, guint offline)
{
    Metrics *metrics = metrics_new(open);
    write_desk(exchange, metrics);
    write_lines(exchange, metrics);
    write_booths(exchange, metrics, exchange_is_janitor(exchange, exchange_mono()) ? offline : 0);
    counts_write(exchange->counts, metrics);
    write_process(metrics);
    return metrics_end(metrics);
}
