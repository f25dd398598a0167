#include "desk/metrics.h"

#include <math.h>
#include <string.h>

#define BOUNDS_MAX (G_N_ELEMENTS(((MetricsHistogram *)0)->counts) - 1)

struct Metrics {
    GString *text;
    gboolean open;
    MetricsType type;
    const char *name;
};

/* --- which of the two formats -----------------------------------------------------------------------------------------------------------
 */

/* The quality (RFC 9110 section 12.4.2) that a header gives a media type; -1 where it does not name it. */
static gdouble quality_of(const char *accept, const char *type)
{
    g_auto(GStrv) ranges = g_strsplit(accept, ",", 64);
    for (char **range = ranges; *range; range++) {
        g_auto(GStrv) parts = g_strsplit(g_strstrip(*range), ";", 16);
        if (!parts[0] || g_ascii_strcasecmp(g_strstrip(parts[0]), type) != 0) continue;
        for (char **part = parts + 1; *part; part++) {
            if (g_ascii_strncasecmp(g_strstrip(*part), "q=", 2) == 0) return g_ascii_strtod(*part + 2, NULL);
        }
        return 1;
    }
    return -1;
}

gboolean metrics_is_open_wanted(const char *accept)
{
    if (!accept) return FALSE;
    gdouble open = quality_of(accept, "application/openmetrics-text");
    return open > 0 && open >= quality_of(accept, "text/plain");
}

/* --- the text ---------------------------------------------------------------------------------------------------------------------------
 */

Metrics *metrics_new(gboolean open)
{
    Metrics *metrics = g_new0(Metrics, 1);
    metrics->text = g_string_sized_new(16384);
    metrics->open = open;
    return metrics;
}

char *metrics_end(Metrics *metrics)
{
    if (metrics->open) g_string_append(metrics->text, "# EOF\n");
    char *text = g_string_free(metrics->text, FALSE);
    g_free(metrics);
    return text;
}

static const char *suffix_of(MetricsType type)
{
    return type == METRICS_COUNTER ? "_total" : type == METRICS_INFO ? "_info" : "";
}

void metrics_family(Metrics *metrics, MetricsType type, const char *name, const char *unit, const char *help)
{
    static const char *const types[] = {"counter", "gauge", "histogram", "info"};
    g_assert(!*unit || g_str_has_suffix(name, unit));
    /* The older format names a counter with its suffix, and has no infos. */
    const char *suffix = metrics->open ? "" : suffix_of(type), *word = types[type];
    if (!metrics->open && type == METRICS_INFO) word = types[METRICS_GAUGE];
    metrics->type = type;
    metrics->name = name;
    g_string_append_printf(metrics->text, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, suffix, help, name, suffix, word);
    if (metrics->open && *unit) g_string_append_printf(metrics->text, "# UNIT %s %s\n", name, unit);
}

static void append_label(GString *text, const char *name, const char *value, gboolean first)
{
    g_autofree char *valid = g_utf8_make_valid(value, -1);
    g_string_append_printf(text, "%s%s=\"", first ? "{" : ",", name);
    for (const char *at = valid; *at; at++) {
        if (*at == '\n')
            g_string_append(text, "\\n");
        else if (*at == '\\' || *at == '"')
            g_string_append_printf(text, "\\%c", *at);
        else
            g_string_append_c(text, *at);
    }
    g_string_append_c(text, '"');
}

/* bound: of a bucket, or NULL. */
static void append_sample(Metrics *metrics, const char *suffix, const MetricsLabel *labels, const char *bound, gdouble value)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    gboolean first = TRUE;
    g_string_append_printf(metrics->text, "%s%s", metrics->name, suffix);
    for (const MetricsLabel *label = labels; label && label->name; label++, first = FALSE)
        append_label(metrics->text, label->name, label->value, first);
    if (bound) append_label(metrics->text, "le", bound, first);
    if (bound || !first) g_string_append_c(metrics->text, '}');
    g_string_append_printf(metrics->text, " %s\n", g_ascii_formatd(number, sizeof number, "%.15g", value));
}

void metrics_sample(Metrics *metrics, const MetricsLabel *labels, gdouble value)
{
    g_assert(metrics->type != METRICS_HISTOGRAM);
    append_sample(metrics, suffix_of(metrics->type), labels, NULL, isfinite(value) ? value : 0);
}

void metrics_observe(MetricsHistogram *histogram, const gdouble *bounds, guint count, gdouble value)
{
    g_assert(count <= BOUNDS_MAX);
    gdouble sane = isfinite(value) && value > 0 ? value : 0;
    guint bucket = 0;
    while (bucket < count && sane > bounds[bucket]) bucket++;
    histogram->counts[bucket]++;
    histogram->sum += sane;
}

void metrics_histogram(Metrics *metrics, const MetricsLabel *labels, const MetricsHistogram *histogram, const gdouble *bounds, guint count)
{
    g_assert(metrics->type == METRICS_HISTOGRAM && count <= BOUNDS_MAX);
    guint64 below = 0;
    for (guint i = 0; i < count; i++) {
        char bound[G_ASCII_DTOSTR_BUF_SIZE];
        below += histogram->counts[i];
        /* As a float: "1.0" and "1" are two series to a reader that compares text (section 5.3.4). */
        g_ascii_formatd(bound, sizeof bound, bounds[i] == floor(bounds[i]) ? "%.1f" : "%.15g", bounds[i]);
        append_sample(metrics, "_bucket", labels, bound, (gdouble)below);
    }
    below += histogram->counts[count];
    append_sample(metrics, "_bucket", labels, "+Inf", (gdouble)below);
    append_sample(metrics, "_count", labels, NULL, (gdouble)below);
    append_sample(metrics, "_sum", labels, NULL, histogram->sum);
}
