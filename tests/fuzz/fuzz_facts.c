/* Records as booths and shoppers had them written: each is taken as any of the three kinds, and what is taken is counted. */
#include <stddef.h>
#include <stdint.h>

#include "kpi/facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const attach[] = {"service_plan", NULL};
    static const KpiTerms terms = {.within_ms = 20000, .short_ms = 5000};
    static FactsCall call;
    FactsBooth booth;
    FactsRating rating;
    json_t *record = json_loadb((const char *)data, size, 0, NULL);
    g_autoptr(KpiTally) tally = kpi_tally_new(&terms);
    if (facts_call(record, &call)) kpi_add_call(tally, &call.call);
    if (facts_booth(record, attach, &booth)) {
        kpi_add_handled(tally, &booth.handled);
        kpi_add_time(tally, &booth.time);
    }
    if (facts_rating(record, &rating)) kpi_add_rating(tally, &rating.rating);
    json_t *figures = kpi_figures(tally);
    json_decref(figures);
    json_decref(record);
    return 0;
}
