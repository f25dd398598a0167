#include "desk/counts.h"

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
} TopicCounts;

struct Counts {
    const char *const *topics;
    guint topic_count;
    TopicCounts by_topic[TOPICS_MAX];
    guint64 returned[G_N_ELEMENTS(reasons)], ratings[5], lost;
    MetricsHistogram picture, talk;
};

Counts *counts_new(const char *const *topics)
{
    Counts *counts = g_new0(Counts, 1);
    counts->topics = topics;
    counts->topic_count = MIN(g_strv_length((char **)topics), TOPICS_MAX - 1);
    return counts;
}

void counts_free(Counts *counts)
{
    g_free(counts);
}

/* --- counting ---------------------------------------------------------------------------------------------------------------------------
 */

static guint find_topic(const Counts *counts, const char *topic)
{
    guint i = 0;
    while (i < counts->topic_count && strcmp(counts->topics[i], topic) != 0) i++;
    return i;
}

const char *counts_topic(const Counts *counts, const char *topic)
{
    guint found = find_topic(counts, topic);
    return found < counts->topic_count ? counts->topics[found] : OTHER;
}

static void add_end(Counts *counts, TopicCounts *own, const News *news)
{
    guint i = 0;
    while (i < G_N_ELEMENTS(ends) - 1 && (strcmp(ends[i].outcome, news->outcome) != 0 || strcmp(ends[i].cause, news->cause) != 0)) i++;
    own->ended[i]++;
    if (strcmp(news->outcome, "completed") == 0)
        metrics_observe(&counts->talk, talk_bounds, G_N_ELEMENTS(talk_bounds), (gdouble)news->ms / 1000);
}

static void add_return(Counts *counts, const char *why)
{
    for (guint i = 0; i < G_N_ELEMENTS(reasons); i++) counts->returned[i] += strcmp(reasons[i], why) == 0;
}

void counts_add(Counts *counts, const News *news)
{
    TopicCounts *own = &counts->by_topic[find_topic(counts, news->topic)];
    switch (news->kind) {
    case NEWS_QUEUED:
        if (news->why)
            add_return(counts, news->why);
        else
            own->queued++;
        break;
    case NEWS_OFFERED: own->offers++; break;
    case NEWS_ACCEPTED:
        if (!news->answered) break; /* found again after it was lost: it had been answered before */
        own->answered++;
        metrics_observe(&own->wait, wait_bounds, G_N_ELEMENTS(wait_bounds), (gdouble)news->ms / 1000);
        break;
    case NEWS_LIVE: metrics_observe(&counts->picture, picture_bounds, G_N_ELEMENTS(picture_bounds), (gdouble)news->ms / 1000); break;
    case NEWS_CALLBACK_REQUESTED: own->callbacks++; break;
    case NEWS_ENDED: add_end(counts, own, news); break;
    case NEWS_RATED:
        if (news->stars >= 1 && news->stars <= 5) counts->ratings[news->stars - 1]++;
        break;
    default: break;
    }
}

void counts_lost(Counts *counts)
{
    counts->lost++;
}

/* --- the families -----------------------------------------------------------------------------------------------------------------------
 */

static void write_by_topic(const Counts *counts, Metrics *metrics, const char *name, const char *help, gsize member)
{
    metrics_family(metrics, METRICS_COUNTER, name, "", help);
    for (guint i = 0; i <= counts->topic_count; i++) {
        const MetricsLabel labels[] = {{"topic", i < counts->topic_count ? counts->topics[i] : OTHER}, {NULL, NULL}};
        metrics_sample(metrics, labels, (gdouble)G_STRUCT_MEMBER(guint64, &counts->by_topic[i], member));
    }
}

static void write_ends(const Counts *counts, Metrics *metrics)
{
    metrics_family(metrics, METRICS_COUNTER, "livebooth_calls_ended", "", "Calls that ended, by what they came to.");
    for (guint i = 0; i <= counts->topic_count; i++) {
        for (guint k = 0; k < G_N_ELEMENTS(ends); k++) {
            const MetricsLabel labels[] = {{"topic", i < counts->topic_count ? counts->topics[i] : OTHER},
                                           {"outcome", ends[k].outcome},
                                           {"cause", ends[k].cause},
                                           {NULL, NULL}};
            metrics_sample(metrics, labels, (gdouble)counts->by_topic[i].ended[k]);
        }
    }
}

static void write_waits(const Counts *counts, Metrics *metrics)
{
    metrics_family(metrics, METRICS_HISTOGRAM, "livebooth_wait_seconds", "seconds", "From asking to the advisor's answer.");
    for (guint i = 0; i <= counts->topic_count; i++) {
        const MetricsLabel labels[] = {{"topic", i < counts->topic_count ? counts->topics[i] : OTHER}, {NULL, NULL}};
        metrics_histogram(metrics, labels, &counts->by_topic[i].wait, wait_bounds, G_N_ELEMENTS(wait_bounds));
    }
}

void counts_write(const Counts *counts, Metrics *metrics)
{
    write_by_topic(counts, metrics, "livebooth_calls_queued", "Calls that came into the line.", G_STRUCT_OFFSET(TopicCounts, queued));
    write_by_topic(counts, metrics, "livebooth_offers", "Offers of calls to booths.", G_STRUCT_OFFSET(TopicCounts, offers));
    write_by_topic(counts, metrics, "livebooth_calls_answered", "Calls that an advisor answered.", G_STRUCT_OFFSET(TopicCounts, answered));
    write_by_topic(counts, metrics, "livebooth_callbacks_requested", "Shoppers who asked to be called back.",
                   G_STRUCT_OFFSET(TopicCounts, callbacks));
    write_ends(counts, metrics);
    metrics_family(metrics, METRICS_COUNTER, "livebooth_offers_returned", "", "Offers, or answered calls, that came back into the line.");
    for (guint i = 0; i < G_N_ELEMENTS(reasons); i++)
        metrics_sample(metrics, (const MetricsLabel[]){{"reason", reasons[i]}, {NULL, NULL}}, (gdouble)counts->returned[i]);
    write_waits(counts, metrics);
    metrics_family(metrics, METRICS_HISTOGRAM, "livebooth_time_to_picture_seconds", "seconds",
                   "From the advisor's answer to the shopper's first picture.");
    metrics_histogram(metrics, NULL, &counts->picture, picture_bounds, G_N_ELEMENTS(picture_bounds));
    metrics_family(metrics, METRICS_HISTOGRAM, "livebooth_talk_seconds", "seconds",
                   "From the first picture to the end of a completed call.");
    metrics_histogram(metrics, NULL, &counts->talk, talk_bounds, G_N_ELEMENTS(talk_bounds));
    metrics_family(metrics, METRICS_COUNTER, "livebooth_ratings", "", "Ratings of calls by their shoppers.");
    for (guint i = 0; i < G_N_ELEMENTS(counts->ratings); i++) {
        const char stars[] = {(char)('1' + i), '\0'};
        metrics_sample(metrics, (const MetricsLabel[]){{"stars", stars}, {NULL, NULL}}, (gdouble)counts->ratings[i]);
    }
    metrics_family(metrics, METRICS_COUNTER, "livebooth_events_lost", "",
                   "Events of calls that never got to the bus, and are not counted here.");
    metrics_sample(metrics, NULL, (gdouble)counts->lost);
}
