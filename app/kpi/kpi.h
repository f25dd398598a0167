/* kpi: the centre's key figures, computed in this one place, from facts. docs/kpi.md says what each one is, with its formula and source.
 *
 * A KpiTally takes the facts of a group of calls one by one, in any order, and makes the figures of them. Who feeds it sees to it that a
 * fact comes once. Pure: no clock, no file; one thread a tally. Memory: 8 bytes for each answered call (its wait and its time to picture,
 * of which percentiles are told), and some hundred bytes.
 *
 * Times are UTC milliseconds, 0: unknown; durations are milliseconds, -1: unknown. */
#pragma once

#include <glib.h>
#include <jansson.h>

#define KPI_SPAN_MAX_MS    (24 * 60 * 60 * G_GINT64_CONSTANT(1000)) /* longer is no wait and no talk, but a clock that jumped: unknown */
#define KPI_CURRENCIES_MAX 16                                       /* of one tally; order values in further ones are not told */
#define KPI_COVERED_LOW    0.85                                     /* a promise's 90th percentile should cover between this */
#define KPI_COVERED_HIGH   0.95                                     /* and this share of the waits */

typedef enum {
    KPI_COMPLETED,
    KPI_ABANDONED,
    KPI_MISSED,
    KPI_DROPPED,
    KPI_SETUP_FAILED,
    KPI_DECLINED,
    KPI_CALLBACK,
    KPI_OUTCOMES,
} KpiOutcome;

typedef enum {
    KPI_NO_STAFF,
    KPI_RING_NO_ANSWER,
    KPI_WRAP_UP_OVERRUN,
    KPI_DEVICE_FAULT,
    KPI_NETWORK,
    KPI_LEFT_BEFORE_PROMISE,
    KPI_LEFT_AFTER_PROMISE,
    KPI_UNKNOWN_CAUSE, /* none was given, or one that is not known */
    KPI_CAUSES,
} KpiCause;

typedef enum {
    KPI_OFFER_ACCEPTED, /* those that were lost later, too */
    KPI_OFFER_DECLINED,
    KPI_OFFER_RING_NO_ANSWER,
    KPI_OFFER_LINK_LOST,
    KPI_OFFER_LEASE_ENDED,
    KPI_OFFER_WITHDRAWN,
    KPI_OFFER_OPEN, /* of a record that should not have one */
    KPI_OFFER_RESULTS,
} KpiOfferResult;

/* The names of the protocol. */
const char *kpi_outcome_name(KpiOutcome outcome);
const char *kpi_cause_name(KpiCause cause); /* "unknown" for KPI_UNKNOWN_CAUSE */
const char *kpi_offer_name(KpiOfferResult result);

/* A call's end: its terminal record. */
typedef struct {
    KpiOutcome outcome;
    KpiCause cause;      /* of a call that was neither completed nor called back */
    gboolean in_line;    /* FALSE: a callback was asked for without standing in line */
    gint64 enqueued_utc; /* when the shopper asked */
    gint64 answered_utc; /* when an advisor accepted for the first time */
    gint64 accepted_utc; /* and for the last time, */
    gint64 media_up_utc; /* after which the shopper had a picture */
    gint64 ended_utc;
    gboolean promised;
    gint64 promise_p50_ms, promise_p90_ms;
} KpiCall;

/* What a booth says of a call that it took: its record with the result "accepted". Durations unknown: -1. A call that was lost and taken
 * again has several; then the last one (by gen) closes it, and alone says what came of the call. */
typedef struct {
    gboolean closing;
    gint64 talk_ms; /* from the first picture to the end, with what there was of hold */
    gint64 hold_ms; /* the advisor's microphone was muted */
    gint64 wrapup_ms;
    gboolean sale;     /* the advisor says that it was one; */
    gboolean attached; /* something was sold with it; */
    gboolean valued;   /* and the order's value is known: */
    gint64 value_minor;
    char currency[4]; /* ISO 4217 */
} KpiHandled;

/* How a booth's time was spent. */
typedef struct {
    gint64 ready_ms, ringing_ms, connecting_ms, live_ms, wrapup_ms, paused_ms, practice_ms, other_ms;
} KpiTime;

typedef struct {
    gint stars;     /* 1..5 */
    gint recommend; /* 0..10; -1: not answered */
} KpiRating;

/* From one time to another: -1 when either is unknown, or the clock must have jumped (KPI_SPAN_MAX_MS); 0 when it went a little back. */
gint64 kpi_span(gint64 from_utc, gint64 to_utc);
/* Whether the call was answered: an advisor took it, whatever became of it then. Every call in line is answered, missed or called back. */
gboolean kpi_is_answered(const KpiCall *call);
gboolean kpi_is_missed(const KpiCall *call);

typedef struct KpiTally KpiTally;

typedef struct {
    gint64 within_ms; /* the T of the service level */
    gint64 short_ms;  /* who leaves within it abandons shortly */
} KpiTerms;

KpiTally *kpi_tally_new(const KpiTerms *terms);
void kpi_tally_free(KpiTally *tally); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KpiTally, kpi_tally_free)

void kpi_add_call(KpiTally *tally, const KpiCall *call);
void kpi_add_offer(KpiTally *tally, KpiOfferResult result);
void kpi_add_handled(KpiTally *tally, const KpiHandled *handled);
void kpi_add_time(KpiTally *tally, const KpiTime *time);
void kpi_add_rating(KpiTally *tally, const KpiRating *rating);

/* All figures as one object (docs/kpi.md, "As JSON"). A share, a mean or a percentile of nothing is null; each has its n beside it. */
json_t *kpi_figures(KpiTally *tally) G_GNUC_WARN_UNUSED_RESULT;
