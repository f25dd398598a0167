#include "kpi/kpi.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    gint64 n, sum;
} Mean;

typedef struct {
    char code[4];
    Mean value;
} Currency;

struct KpiTally {
    KpiTerms terms;
    gint64 outcomes[KPI_OUTCOMES], causes[KPI_CAUSES], offers[KPI_OFFER_RESULTS];
    gint64 in_line, short_abandoned, callbacks_in_line;
    gint64 timely, timed; /* of the service level */
    gint64 promised, early, inside, late, left_late;
    GArray *waits, *pictures; /* of guint32, ms */
    Mean talk, hold, wrapup, handle;
    gint64 handled, closed, sales, attached;
    Currency currencies[KPI_CURRENCIES_MAX];
    guint currency_count;
    gint64 uncounted_values;
    KpiTime time;
    gint64 ratings, stars, satisfied, rateable;
    gint64 recommends, promoters, detractors;
};

static const char *const outcome_names[] = {"completed", "abandoned", "missed", "dropped", "setup_failed", "declined", "callback"};
static const char *const cause_names[] = {"no_staff", "ring_no_answer",      "wrap_up_overrun",    "device_fault",
                                          "network",  "left_before_promise", "left_after_promise", "unknown"};
static const char *const offer_names[] = {"accepted", "declined", "ring_no_answer", "link_lost", "lease_ended", "withdrawn", "open"};

G_STATIC_ASSERT(G_N_ELEMENTS(outcome_names) == KPI_OUTCOMES);
G_STATIC_ASSERT(G_N_ELEMENTS(cause_names) == KPI_CAUSES);
G_STATIC_ASSERT(G_N_ELEMENTS(offer_names) == KPI_OFFER_RESULTS);

const char *kpi_outcome_name(KpiOutcome outcome)
{
    return outcome_names[outcome];
}

const char *kpi_cause_name(KpiCause cause)
{
    return cause_names[cause];
}

const char *kpi_offer_name(KpiOfferResult result)
{
    return offer_names[result];
}

gint64 kpi_span(gint64 from_utc, gint64 to_utc)
{
    if (from_utc <= 0 || to_utc <= 0) return -1;
    if (to_utc - from_utc > KPI_SPAN_MAX_MS || from_utc - to_utc > KPI_SPAN_MAX_MS) return -1;
    return MAX(to_utc - from_utc, 0);
}

gboolean kpi_is_answered(const KpiCall *call)
{
    return call->in_line && (call->outcome == KPI_COMPLETED || call->outcome == KPI_DROPPED || call->outcome == KPI_SETUP_FAILED);
}

gboolean kpi_is_missed(const KpiCall *call)
{
    return call->in_line && call->outcome != KPI_CALLBACK && !kpi_is_answered(call);
}

KpiTally *kpi_tally_new(const KpiTerms *terms)
{
    KpiTally *tally = g_new0(KpiTally, 1);
    tally->terms = *terms;
    tally->waits = g_array_new(FALSE, FALSE, sizeof(guint32));
    tally->pictures = g_array_new(FALSE, FALSE, sizeof(guint32));
    return tally;
}

void kpi_tally_free(KpiTally *tally)
{
    if (!tally) return;
    g_array_unref(tally->waits);
    g_array_unref(tally->pictures);
    g_free(tally);
}

/* --- facts ------------------------------------------------------------------------------------------------------------------------- */

static void add_span(GArray *spans, gint64 ms)
{
    guint32 span = (guint32)ms;
    if (ms >= 0) g_array_append_val(spans, span);
}

static void mean_add(Mean *mean, gint64 ms)
{
    if (ms < 0 || ms > KPI_SPAN_MAX_MS) return;
    mean->n++;
    mean->sum += ms;
}

/* Who leaves after the promised time has waited longer than promised; who leaves before says nothing of the promise. */
static void add_promise(KpiTally *tally, const KpiCall *call, gint64 waited_ms)
{
    if (!call->promised) return;
    tally->promised++;
    if (waited_ms < 0) return;
    if (!kpi_is_answered(call))
        tally->left_late += waited_ms > call->promise_p90_ms;
    else if (waited_ms > call->promise_p90_ms)
        tally->late++;
    else if (waited_ms < call->promise_p50_ms)
        tally->early++;
    else
        tally->inside++;
}

void kpi_add_call(KpiTally *tally, const KpiCall *call)
{
    tally->outcomes[call->outcome]++;
    if (!call->in_line) return;
    const gboolean answered = kpi_is_answered(call), missed = kpi_is_missed(call);
    const gint64 waited_ms = kpi_span(call->enqueued_utc, answered ? call->answered_utc : call->ended_utc);
    tally->in_line++;
    if (!answered && !missed) {
        tally->callbacks_in_line++;
        return;
    }
    if (missed) tally->causes[call->cause]++;
    if (answered) {
        add_span(tally->waits, waited_ms);
        add_span(tally->pictures, kpi_span(call->accepted_utc, call->media_up_utc));
    }
    if (call->outcome == KPI_ABANDONED && waited_ms >= 0 && waited_ms <= tally->terms.short_ms) tally->short_abandoned++;
    if (waited_ms >= 0) tally->timed++;
    if (waited_ms >= 0 && waited_ms <= tally->terms.within_ms) tally->timely++;
    if (call->outcome == KPI_COMPLETED || call->outcome == KPI_DROPPED) tally->rateable++;
    add_promise(tally, call, waited_ms);
}

void kpi_add_offer(KpiTally *tally, KpiOfferResult result)
{
    tally->offers[result]++;
}

static void add_value(KpiTally *tally, const KpiHandled *handled)
{
    guint i = 0;
    while (i < tally->currency_count && strcmp(tally->currencies[i].code, handled->currency) != 0) i++;
    if (i == KPI_CURRENCIES_MAX) {
        tally->uncounted_values++;
        return;
    }
    if (i == tally->currency_count) {
        g_strlcpy(tally->currencies[i].code, handled->currency, sizeof tally->currencies[i].code);
        tally->currency_count++;
    }
    tally->currencies[i].value.n++;
    tally->currencies[i].value.sum += handled->value_minor;
}

void kpi_add_handled(KpiTally *tally, const KpiHandled *handled)
{
    const gint64 hold = handled->hold_ms < 0 ? 0 : MIN(handled->hold_ms, handled->talk_ms);
    tally->handled++;
    if (handled->talk_ms >= 0 && handled->wrapup_ms >= 0 && handled->talk_ms <= KPI_SPAN_MAX_MS && handled->wrapup_ms <= KPI_SPAN_MAX_MS) {
        mean_add(&tally->talk, handled->talk_ms - hold);
        mean_add(&tally->hold, hold);
        mean_add(&tally->wrapup, handled->wrapup_ms);
        tally->handle.n++;
        tally->handle.sum += handled->talk_ms + handled->wrapup_ms;
    }
    if (!handled->closing) return;
    tally->closed++;
    if (!handled->sale) return;
    tally->sales++;
    if (handled->attached) tally->attached++;
    if (handled->valued) add_value(tally, handled);
}

void kpi_add_time(KpiTally *tally, const KpiTime *time)
{
    tally->time.ready_ms += time->ready_ms;
    tally->time.ringing_ms += time->ringing_ms;
    tally->time.connecting_ms += time->connecting_ms;
    tally->time.live_ms += time->live_ms;
    tally->time.wrapup_ms += time->wrapup_ms;
    tally->time.paused_ms += time->paused_ms;
    tally->time.practice_ms += time->practice_ms;
    tally->time.other_ms += time->other_ms;
}

void kpi_add_rating(KpiTally *tally, const KpiRating *rating)
{
    tally->ratings++;
    tally->stars += rating->stars;
    if (rating->stars >= 4) tally->satisfied++;
    if (rating->recommend < 0) return;
    tally->recommends++;
    if (rating->recommend >= 9) tally->promoters++;
    if (rating->recommend <= 6) tally->detractors++;
}

/* --- figures ----------------------------------------------------------------------------------------------------------------------- */

static json_t *share(gint64 part, gint64 of)
{
    return of > 0 ? json_real((double)part / (double)of) : json_null();
}

static void put(json_t *object, const char *member, gint64 value)
{
    json_object_set_new(object, member, json_integer(value));
}

static int compare(const void *a, const void *b)
{
    const guint32 left = *(const guint32 *)a, right = *(const guint32 *)b;
    return left < right ? -1 : left > right;
}

/* The smallest one that at least percent of them do not exceed. */
static json_t *nearest_rank(const GArray *sorted, gint64 percent)
{
    if (!sorted->len) return json_null();
    return json_integer(g_array_index(sorted, guint32, (guint)((sorted->len * percent + 99) / 100) - 1));
}

static json_t *spans(GArray *spans_ms)
{
    json_t *told = json_object();
    gint64 sum = 0;
    if (spans_ms->len) qsort(spans_ms->data, spans_ms->len, sizeof(guint32), compare);
    for (guint i = 0; i < spans_ms->len; i++) sum += g_array_index(spans_ms, guint32, i);
    put(told, "n", spans_ms->len);
    json_object_set_new(told, "mean", share(sum, spans_ms->len));
    json_object_set_new(told, "p50", nearest_rank(spans_ms, 50));
    json_object_set_new(told, "p90", nearest_rank(spans_ms, 90));
    json_object_set_new(told, "max", nearest_rank(spans_ms, 100));
    return told;
}

static gint64 missed(const KpiTally *tally)
{
    gint64 sum = 0;
    for (guint i = 0; i < KPI_CAUSES; i++) sum += tally->causes[i];
    return sum;
}

static void tell_calls(const KpiTally *tally, json_t *figures)
{
    static const KpiOutcome told[] = {KPI_COMPLETED, KPI_DROPPED, KPI_SETUP_FAILED, KPI_ABANDONED, KPI_DECLINED};
    const gint64 n_missed = missed(tally);
    json_t *causes = json_object(), *level = json_object();
    for (guint i = 0; i < KPI_CAUSES; i++) put(causes, cause_names[i], tally->causes[i]);
    put(figures, "offered", tally->in_line);
    put(figures, "answered", tally->in_line - n_missed - tally->callbacks_in_line);
    json_object_set_new(figures, "missed", json_pack("{s:I, s:o}", "n", (json_int_t)n_missed, "causes", causes));
    json_object_set_new(figures, "callbacks",
                        json_pack("{s:I, s:I}", "from_line", (json_int_t)tally->callbacks_in_line, "without_call",
                                  (json_int_t)(tally->outcomes[KPI_CALLBACK] - tally->callbacks_in_line)));
    for (guint i = 0; i < G_N_ELEMENTS(told); i++) put(figures, outcome_names[told[i]], tally->outcomes[told[i]]);
    put(figures, "short_abandoned", tally->short_abandoned);
    json_object_set_new(figures, "abandon_rate", share(tally->outcomes[KPI_ABANDONED], tally->in_line));
    put(level, "within_ms", tally->terms.within_ms);
    put(level, "good", tally->timely);
    put(level, "n", tally->timed);
    json_object_set_new(level, "share", share(tally->timely, tally->timed));
    json_object_set_new(figures, "service_level", level);
}

static json_t *tell_offers(const KpiTally *tally)
{
    json_t *offers = json_object();
    gint64 sum = 0;
    for (guint i = 0; i < KPI_OFFER_RESULTS; i++) sum += tally->offers[i];
    put(offers, "n", sum);
    for (guint i = 0; i < KPI_OFFER_RESULTS; i++) put(offers, offer_names[i], tally->offers[i]);
    json_object_set_new(offers, "ring_no_answer_rate", share(tally->offers[KPI_OFFER_RING_NO_ANSWER], sum));
    return offers;
}

static json_t *tell_handling(const KpiTally *tally)
{
    json_t *handling = json_object();
    put(handling, "handled", tally->handled);
    put(handling, "n", tally->handle.n);
    json_object_set_new(handling, "talk_ms", share(tally->talk.sum, tally->talk.n));
    json_object_set_new(handling, "hold_ms", share(tally->hold.sum, tally->hold.n));
    json_object_set_new(handling, "wrapup_ms", share(tally->wrapup.sum, tally->wrapup.n));
    json_object_set_new(handling, "aht_ms", share(tally->handle.sum, tally->handle.n));
    return handling;
}

static json_t *tell_occupancy(const KpiTally *tally)
{
    const KpiTime *time = &tally->time;
    const gint64 busy = time->connecting_ms + time->live_ms + time->wrapup_ms, free_ms = time->ready_ms + time->ringing_ms;
    json_t *occupancy = json_object();
    put(occupancy, "busy_ms", busy);
    put(occupancy, "available_ms", free_ms);
    put(occupancy, "paused_ms", time->paused_ms);
    put(occupancy, "practice_ms", time->practice_ms);
    put(occupancy, "other_ms", time->other_ms);
    json_object_set_new(occupancy, "share", share(busy, busy + free_ms));
    return occupancy;
}

static int by_code(const void *a, const void *b)
{
    return strcmp(((const Currency *)a)->code, ((const Currency *)b)->code);
}

static void tell_sales(KpiTally *tally, json_t *figures)
{
    json_t *values = json_array();
    qsort(tally->currencies, tally->currency_count, sizeof *tally->currencies, by_code);
    for (guint i = 0; i < tally->currency_count; i++) {
        const Currency *one = &tally->currencies[i];
        json_array_append_new(values, json_pack("{s:s, s:I, s:I, s:o}", "currency", one->code, "n", (json_int_t)one->value.n, "sum_minor",
                                                (json_int_t)one->value.sum, "mean_minor", share(one->value.sum, one->value.n)));
    }
    json_object_set_new(figures, "conversion",
                        json_pack("{s:I, s:I, s:o}", "sales", (json_int_t)tally->sales, "n", (json_int_t)tally->closed, "share",
                                  share(tally->sales, tally->closed)));
    json_object_set_new(figures, "order_value", values);
    put(figures, "order_values_left_out", tally->uncounted_values);
    json_object_set_new(figures, "attach",
                        json_pack("{s:I, s:I, s:o}", "attached", (json_int_t)tally->attached, "n", (json_int_t)tally->sales, "share",
                                  share(tally->attached, tally->sales)));
}

static void tell_ratings(const KpiTally *tally, json_t *figures)
{
    json_t *csat = json_object(), *nps = json_object();
    put(csat, "n", tally->ratings);
    put(csat, "satisfied", tally->satisfied);
    json_object_set_new(csat, "share", share(tally->satisfied, tally->ratings));
    json_object_set_new(csat, "mean_stars", share(tally->stars, tally->ratings));
    put(csat, "asked", tally->rateable);
    json_object_set_new(csat, "response_rate", share(tally->ratings, tally->rateable));
    put(nps, "n", tally->recommends);
    put(nps, "promoters", tally->promoters);
    put(nps, "passives", tally->recommends - tally->promoters - tally->detractors);
    put(nps, "detractors", tally->detractors);
    json_object_set_new(nps, "score", share(100 * (tally->promoters - tally->detractors), tally->recommends));
    put(nps, "asked", tally->rateable);
    json_object_set_new(nps, "response_rate", share(tally->recommends, tally->rateable));
    json_object_set_new(figures, "csat", csat);
    json_object_set_new(figures, "nps", nps);
}

static json_t *tell_promise(const KpiTally *tally)
{
    const gint64 n = tally->early + tally->inside + tally->late + tally->left_late, covered = tally->early + tally->inside;
    json_t *promise = json_object();
    put(promise, "promised", tally->promised);
    put(promise, "n", n);
    put(promise, "early", tally->early);
    put(promise, "inside", tally->inside);
    put(promise, "late", tally->late);
    put(promise, "left_late", tally->left_late);
    json_object_set_new(promise, "inside_share", share(tally->inside, n));
    json_object_set_new(promise, "covered_share", share(covered, n));
    const double covered_share = n ? (double)covered / (double)n : 0;
    json_object_set_new(promise, "on_target",
                        n ? json_boolean(covered_share >= KPI_COVERED_LOW && covered_share <= KPI_COVERED_HIGH) : json_null());
    return promise;
}

json_t *kpi_figures(KpiTally *tally)
{
    json_t *figures = json_object();
    tell_calls(tally, figures);
    json_object_set_new(figures, "answer_ms", spans(tally->waits));
    json_object_set_new(figures, "picture_ms", spans(tally->pictures));
    json_object_set_new(figures, "offers", tell_offers(tally));
    json_object_set_new(figures, "handling", tell_handling(tally));
    json_object_set_new(figures, "occupancy", tell_occupancy(tally));
    tell_sales(tally, figures);
    tell_ratings(tally, figures);
    json_object_set_new(figures, "promise", tell_promise(tally));
    return figures;
}
