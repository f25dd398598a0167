/* The one header that decides what /metrics says, and labels with bytes from anywhere. */
#include <stddef.h>
#include <stdint.h>

#include "desk/metrics.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    Metrics *metrics = metrics_new(metrics_is_open_wanted(text));
    metrics_family(metrics, METRICS_GAUGE, "fuzzed", "", "Of a label.");
    metrics_sample(metrics, (const MetricsLabel[]){{"label", text}, {NULL, NULL}}, 1);
    g_autofree char *all = metrics_end(metrics);
    if (!g_utf8_validate(all, -1, NULL)) __builtin_trap();
    return 0;
}
