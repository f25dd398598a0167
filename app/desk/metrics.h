/* metrics: the text that Prometheus and its kin read, as OpenMetrics 1.0 (its section numbers below) or as Prometheus' own older format
 * 0.0.4 for those that do not ask for it.
 *
 * A family is begun, then its samples follow. Names and units are the program's own and checked by assertions; labels' values may come from
 * anywhere and are escaped (section 3.1.2). Pure; one thread. */
#pragma once

#include <glib.h>

#define METRICS_TYPE_OPEN  "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define METRICS_TYPE_PLAIN "text/plain; version=0.0.4; charset=utf-8"

typedef enum { METRICS_COUNTER, METRICS_GAUGE, METRICS_HISTOGRAM, METRICS_INFO } MetricsType;

typedef struct Metrics Metrics;

typedef struct {
    const char *name, *value; /* value: made valid UTF-8 when it is not */
} MetricsLabel;

/* Counts of values by upper bounds (section 5.3: buckets are cumulative when written). */
typedef struct {
    guint64 counts[16]; /* as many as bounds, and one beyond the last */
    gdouble sum;
} MetricsHistogram;

/* Whether an Accept header (NULL: none) prefers OpenMetrics: names it with a quality that is not below that of text/plain. */
gboolean metrics_is_open_wanted(const char *accept);

Metrics *metrics_new(gboolean open);
/* The whole text, "# EOF" included when it is OpenMetrics; frees metrics. To g_free(). */
char *metrics_end(Metrics *metrics) G_GNUC_WARN_UNUSED_RESULT;

/* name: without _total or _info, and ending in _UNIT when there is one; unit may be "". Static or to outlive the samples. */
void metrics_family(Metrics *metrics, MetricsType type, const char *name, const char *unit, const char *help);
/* One sample of the family that was begun last. labels: ends with a NULL name; or NULL. */
void metrics_sample(Metrics *metrics, const MetricsLabel *labels, gdouble value);
/* bounds: ascending, at most 15. */
void metrics_histogram(Metrics *metrics, const MetricsLabel *labels, const MetricsHistogram *histogram, const gdouble *bounds, guint count);
/* Counts a value; what is negative or no number counts as 0. */
void metrics_observe(MetricsHistogram *histogram, const gdouble *bounds, guint count, gdouble value);
