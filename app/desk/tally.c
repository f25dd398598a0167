#include "desk/tally.h"

#include <string.h>

#define TOPICS_MAX 63 /* 62 and "other" */
#define OTHER      "other"

static const gdouble wait_bounds[] = {2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600};
static const gdouble picture_bounds[] = {0.25, 0.5, 1, 1.5, 2, 3, 5, 10, 20};
static const gdouble talk_bounds[] = {30, 60, 120, 300, 600, 900, 1800, 3600, 7200};

/* Every way that a call may end; what is none of them counts as the last one. */
static const struct {
    const char *outcome, *cause;
} ends[] = {
    {"completed", ""},
    {"callback", ""},
    {"abandoned", "left_before_promise"},
    {"abandoned", "left_after_promise"},
    {"declined", "left_before_promise"},
    {"declined", "left_after_promise"},
    {"missed", "no_staff"},
    {"missed", "ring_no_answer"},
    {"missed", "network"},
    {"missed", "wrap_up_overrun"},
    {"missed", "device_fault"},
    {"dropped", "network"},
    {"setup_failed", "network"},
    {"other", ""},
};

static const char *const reasons[] = {"declined", "ring_no_answer", "link_lost", "lease_ended", "lost"};

typedef struct {
    guint64 queued, offers, answered, callbacks;
    guint64 ended[G_N_ELEMENTS(ends)];
    MetricsHistogram wait;
} Counts;

struct Tally {
    const char *const *topics;
    guint topic_count;
    Counts counts[TOPICS_MAX];
    guint64 returned[G_N_ELEMENTS(reasons)], ratings[5], lost;
    MetricsHistogram picture, talk;
};

Tally *tally_new(const char *const *topics)
{
    Tally *tally = g_new0(Tally, 1);
    tally->topics = topics;
    tally->topic_count = MIN(g_strv_length((char **)topics), TOPICS_MAX - 1);
    return tally;
}

void tally_free(Tally *tally)
{
    g_free(tally);
}

/* --- counting ---------------------------------------------------------------------------------------------------------------------------
 */

static guint find_topic(const Tally *tally, const char *topic)
{
    guint i = 0;
    while (i < tally->topic_count && strcmp(tally->topics[i], topic) != 0) i++;
    return i;
}

const char *tally_topic(const Tally *tally, const char *topic)
{
    guint found = find_topic(tally, topic);
    return found < tally->topic_count ? tally->topics[found] : OTHER;
}

static void add_end(Tally *tally, Counts *counts, const News *news)
{
    guint i = 0;
    while (i < G_N_ELEMENTS(ends) - 1 && (strcmp(ends[i].outcome, news->outcome) != 0 || strcmp(ends[i].cause, news->cause) != 0)) i++;
    counts->ended[i]++;
    if (strcmp(news->outcome, "completed") == 0)
        metrics_observe(&tally->talk, talk_bounds, G_N_ELEMENTS(talk_bounds), (gdouble)news->ms / 1000);
}

static void add_return(Tally *tally, const char *why)
{
    for (guint i = 0; i < G_N_ELEMENTS(reasons); i++) tally->returned[i] += strcmp(reasons[i], why) == 0;
}

void tally_add(Tally *tally, const News *news)
{
    Counts *counts = &tally->counts[find_topic(tally, news->topic)];
    switch (news->kind) {
    case NEWS_QUEUED:
        if (news->why)
            add_return(tally, news->why);
        else
            counts->queued++;
        break;
    case NEWS_OFFERED: counts->offers++; break;
    case NEWS_ACCEPTED:
        if (!news->answered) break; /* found again after it was lost: it had been answered before */
        counts->answered++;
        metrics_observe(&counts->wait, wait_bounds, G_N_ELEMENTS(wait_bounds), (gdouble)news->ms / 1000);
        break;
    case NEWS_LIVE: metrics_observe(&tally->picture, picture_bounds, G_N_ELEMENTS(picture_bounds), (gdouble)news->ms / 1000); break;
    case NEWS_CALLBACK_REQUESTED: counts->callbacks++; break;
    case NEWS_ENDED: add_end(tally, counts, news); break;
    case NEWS_RATED:
        if (news->stars >= 1 && news->stars <= 5) tally->ratings[news->stars - 1]++;
        break;
    default: break;
    }
}

void tally_lost(Tally *tally)
{
    tally->lost++;
}

/* --- the families -----------------------------------------------------------------------------------------------------------------------
 */

static void write_by_topic(const Tally *tally, Metrics *metrics, const char *name, const char *help, gsize member)
{
    metrics_family(metrics, METRICS_COUNTER, name, "", help);
    for (guint i = 0; i <= tally->topic_count; i++) {
        const MetricsLabel labels[] = {{"topic", i < tally->topic_count ? tally->topics[i] : OTHER}, {NULL, NULL}};
        metrics_sample(metrics, labels, (gdouble)G_STRUCT_MEMBER(guint64, &tally->counts[i], member));
    }
}

static void write_ends(const Tally *tally, Metrics *metrics)
{
    metrics_family(metrics, METRICS_COUNTER, "livebooth_calls_ended", "", "Calls that ended, by what they came to.");
    for (guint i = 0; i <= tally->topic_count; i++) {
        for (guint k = 0; k < G_N_ELEMENTS(ends); k++) {
            const MetricsLabel labels[] = {{"topic", i < tally->topic_count ? tally->topics[i] : OTHER},
                                           {"outcome", ends[k].outcome},
                                           {"cause", ends[k].cause},
                                           {NULL, NULL}};
            metrics_sample(metrics, labels, (gdouble)tally->counts[i].ended[k]);
        }
    }
}

static void write_waits(const Tally *tally, Metrics *metrics)
{
    metrics_family(metrics, METRICS_HISTOGRAM, "livebooth_wait_seconds", "seconds", "From asking to the advisor's answer.");
    for (guint i = 0; i <= tally->topic_count; i++) {
        const MetricsLabel labels[] = {{"topic", i < tally->topic_count ? tally->topics[i] : OTHER}, {NULL, NULL}};
        metrics_histogram(metrics, labels, &tally->counts[i].wait, wait_bounds, G_N_ELEMENTS(wait_bounds));
    }
}

void tally_write(const Tally *tally, Metrics *metrics)
{
    write_by_topic(tally, metrics, "livebooth_calls_queued", "Calls that came into the line.", G_STRUCT_OFFSET(Counts, queued));
    write_by_topic(tally, metrics, "livebooth_offers", "Offers of calls to booths.", G_STRUCT_OFFSET(Counts, offers));
    write_by_topic(tally, metrics, "livebooth_calls_answered", "Calls that an advisor answered.", G_STRUCT_OFFSET(Counts, answered));
    write_by_topic(tally, metrics, "livebooth_callbacks_requested", "Shoppers who asked to be called back.",
                   G_STRUCT_OFFSET(Counts, callbacks));
    write_ends(tally, metrics);
    metrics_family(metrics, METRICS_COUNTER, "livebooth_offers_returned", "", "Offers, or answered calls, that came back into the line.");
    for (guint i = 0; i < G_N_ELEMENTS(reasons); i++)
        metrics_sample(metrics, (const MetricsLabel[]){{"reason", reasons[i]}, {NULL, NULL}}, (gdouble)tally->returned[i]);
    write_waits(tally, metrics);
    metrics_family(metrics, METRICS_HISTOGRAM, "livebooth_time_to_picture_seconds", "seconds",
                   "From the advisor's answer to the shopper's first picture.");
    metrics_histogram(metrics, NULL, &tally->picture, picture_bounds, G_N_ELEMENTS(picture_bounds));
    metrics_family(metrics, METRICS_HISTOGRAM, "livebooth_talk_seconds", "seconds",
                   "From the first picture to the end of a completed call.");
    metrics_histogram(metrics, NULL, &tally->talk, talk_bounds, G_N_ELEMENTS(talk_bounds));
    metrics_family(metrics, METRICS_COUNTER, "livebooth_ratings", "", "Ratings of calls by their shoppers.");
    for (guint i = 0; i < G_N_ELEMENTS(tally->ratings); i++) {
        const char stars[] = {(char)('1' + i), '\0'};
        metrics_sample(metrics, (const MetricsLabel[]){{"stars", stars}, {NULL, NULL}}, (gdouble)tally->ratings[i]);
    }
    metrics_family(metrics, METRICS_COUNTER, "livebooth_events_lost", "",
                   "Events of calls that never got to the bus, and are not counted here.");
    metrics_sample(metrics, NULL, (gdouble)tally->lost);
}
