/* metrics, counts, news: the text that is scraped, what counts, and what the world is told of a call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after those */
#include <cmocka.h>

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "desk/counts.h"
#include "wire/wire.h"

static const char *const topics[] = {"tv", "phones", NULL};

static char *write_example(gboolean open)
{
    static const gdouble bounds[] = {0.5, 2};
    MetricsHistogram histogram = {0};
    Metrics *metrics = metrics_new(open);
    metrics_family(metrics, METRICS_INFO, "a_desk", "", "About.");
    metrics_sample(metrics, (const MetricsLabel[]){{"version", "1"}, {NULL, NULL}}, 1);
    metrics_family(metrics, METRICS_COUNTER, "a_time_seconds", "seconds", "Time.");
    metrics_sample(metrics, NULL, 1234567890.5);
    metrics_family(metrics, METRICS_GAUGE, "a_gauge", "", "Gauge.");
    metrics_sample(metrics, (const MetricsLabel[]){{"x", "\"\\\n"}, {"y", "\xff"}, {NULL, NULL}}, NAN);
    metrics_family(metrics, METRICS_HISTOGRAM, "a_wait_seconds", "seconds", "Wait.");
    const gdouble values[] = {0.5, 0.6, 3, -1, NAN};
    for (guint i = 0; i < G_N_ELEMENTS(values); i++) metrics_observe(&histogram, bounds, 2, values[i]);
    metrics_histogram(metrics, (const MetricsLabel[]){{"t", "v"}, {NULL, NULL}}, &histogram, bounds, 2);
    return metrics_end(metrics);
}

static void writes_both_formats(void **state)
{
    (void)state;
    g_autofree char *open = write_example(TRUE), *plain = write_example(FALSE);
    static const char samples[] = "a_gauge{x=\"\\\"\\\\\\n\",y=\"\xef\xbf\xbd\"} 0\n";
    static const char buckets[] = "a_wait_seconds_bucket{t=\"v\",le=\"0.5\"} 3\na_wait_seconds_bucket{t=\"v\",le=\"2.0\"} 4\n"
                                  "a_wait_seconds_bucket{t=\"v\",le=\"+Inf\"} 5\na_wait_seconds_count{t=\"v\"} 5\n"
                                  "a_wait_seconds_sum{t=\"v\"} 4.1\n";
    assert_non_null(strstr(open, "# HELP a_desk About.\n# TYPE a_desk info\na_desk_info{version=\"1\"} 1\n"));
    assert_non_null(strstr(open, "# TYPE a_time_seconds counter\n# UNIT a_time_seconds seconds\na_time_seconds_total 1234567890.5\n"));
    assert_non_null(strstr(open, samples));
    assert_non_null(strstr(open, buckets));
    assert_true(g_str_has_suffix(open, "# EOF\n"));
    assert_non_null(strstr(plain, "# TYPE a_desk_info gauge\na_desk_info{version=\"1\"} 1\n"));
    assert_non_null(strstr(plain, "# TYPE a_time_seconds_total counter\na_time_seconds_total 1234567890.5\n"));
    assert_non_null(strstr(plain, samples));
    assert_non_null(strstr(plain, buckets));
    assert_null(strstr(plain, "# EOF"));
    assert_null(strstr(plain, "# UNIT"));
}

static void negotiates(void **state)
{
    (void)state;
    static const struct {
        const char *accept;
        gboolean open;
    } table[] = {
        {NULL, FALSE},
        {"", FALSE},
        {"*/*", FALSE},
        {"text/plain", FALSE},
        {"application/openmetrics-text", TRUE},
        /* What Prometheus 2.42 sends. */
        {"application/openmetrics-text; version=1.0.0,application/openmetrics-text; "
         "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
         TRUE},
        {"text/plain, application/openmetrics-text;q=0.5", FALSE},
        {"text/plain;q=0.2 , application/OpenMetrics-Text ; q=0.5", TRUE},
        {"application/openmetrics-text;q=0", FALSE},
        {"application/openmetrics-text;q=", FALSE},
        {";;,,;q=1", FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(table); i++) assert_int_equal(metrics_is_open_wanted(table[i].accept), table[i].open);
}

/* --- news -------------------------------------------------------------------------------------------------------------------------------
 */

static CallEvent event_of(const Call *call, CallEventKind kind, gint64 now)
{
    CallEvent event = {.kind = kind, .now_utc = now, .gen = call->gen};
    g_strlcpy(event.nonce, kind == CALL_OFFER ? "n" : call->nonce, sizeof event.nonce);
    g_strlcpy(event.booth, kind == CALL_OFFER ? "b1" : call->owner, sizeof event.booth);
    g_strlcpy(event.desk, "d1", sizeof event.desk);
    return event;
}

/* Goes on with the call and appends "kind.gen " of all news, which are counted as well. */
static void go_on(Call **call, CallEventKind kind, gint64 now, Counts *counts, GString *said)
{
    CallEvent event = event_of(*call, kind, now);
    Call *next = call_step(*call, &event);
    assert_non_null(next);
    g_autoptr(GArray) all = news_of_change(*call, next);
    for (guint i = 0; i < all->len; i++) {
        const News *news = &g_array_index(all, News, i);
        g_string_append_printf(said, "%s.%u ", news_kind_name(news->kind), news->gen);
        counts_add(counts, news);
    }
    call_free(*call);
    *call = next;
}

static Call *begin(Counts *counts, gint64 now)
{
    Call *call = call_new("c0123456789abcdef0123456789abcdef", now);
    g_strlcpy(call->topic, "tv", sizeof call->topic);
    g_strlcpy(call->lang, "nb", sizeof call->lang);
    g_autoptr(GArray) all = news_of_change(NULL, call);
    assert_int_equal(all->len, 1);
    counts_add(counts, &g_array_index(all, News, 0));
    return call;
}

static char *text_of(Counts *counts)
{
    Metrics *metrics = metrics_new(TRUE);
    counts_write(counts, metrics);
    return metrics_end(metrics);
}

static void assert_line(const char *text, const char *line)
{
    if (!strstr(text, line)) fail_msg("no %s in %s", line, text);
}

/* Not answered, then lost while live, then found again by another booth, and ended: each change is told once, and counts once. */
static void tells_a_long_call(void **state)
{
    (void)state;
    Counts *counts = counts_new(topics);
    g_autoptr(GString) said = g_string_new(NULL);
    Call *call = begin(counts, 1000000);
    go_on(&call, CALL_OFFER, 1001000, counts, said);
    go_on(&call, CALL_RENEW, 1002000, counts, said);
    go_on(&call, CALL_RING_NO_ANSWER, 1003000, counts, said);
    go_on(&call, CALL_OFFER, 1004000, counts, said);
    go_on(&call, CALL_ACCEPT, 1005000, counts, said);
    go_on(&call, CALL_MEDIA_UP, 1005800, counts, said);
    go_on(&call, CALL_NO_PICTURE, 1009000, counts, said);
    go_on(&call, CALL_OFFER, 1010000, counts, said);
    go_on(&call, CALL_ACCEPT, 1011000, counts, said);
    go_on(&call, CALL_MEDIA_UP, 1012000, counts, said);
    go_on(&call, CALL_BOOTH_ENDS, 1112000, counts, said);
    assert_string_equal(said->str, "offered.1 queued.1 offered.2 accepted.2 live.2 queued.2 offered.3 accepted.3 live.3 ended.3 ");
    /* Who sees nothing but the end tells all that the value still knows, in the same order. */
    g_autoptr(GArray) all = news_of_change(NULL, call);
    g_string_truncate(said, 0);
    for (guint i = 0; i < all->len; i++)
        g_string_append_printf(said, "%s.%u ", news_kind_name(g_array_index(all, News, i).kind), g_array_index(all, News, i).gen);
    assert_string_equal(said->str, "queued.0 offered.1 queued.1 offered.2 queued.2 offered.3 accepted.3 live.3 ended.3 ");
    g_autofree char *text = text_of(counts);
    assert_line(text, "livebooth_calls_queued_total{topic=\"tv\"} 1\n");
    assert_line(text, "livebooth_offers_total{topic=\"tv\"} 3\n");
    assert_line(text, "livebooth_calls_answered_total{topic=\"tv\"} 1\n");
    assert_line(text, "livebooth_calls_answered_total{topic=\"phones\"} 0\n");
    assert_line(text, "livebooth_offers_returned_total{reason=\"ring_no_answer\"} 1\n");
    assert_line(text, "livebooth_offers_returned_total{reason=\"lost\"} 1\n");
    assert_line(text, "livebooth_calls_ended_total{topic=\"tv\",outcome=\"completed\",cause=\"\"} 1\n");
    assert_line(text, "livebooth_wait_seconds_sum{topic=\"tv\"} 5\n");
    assert_line(text, "livebooth_time_to_picture_seconds_count 2\n");
    assert_line(text, "livebooth_time_to_picture_seconds_sum 1.8\n");
    assert_line(text, "livebooth_talk_seconds_sum 100\n");
    call_free(call);
    counts_free(counts);
}

static void is_not_spoiled_by_nonsense(void **state)
{
    (void)state;
    Counts *counts = counts_new(topics);
    g_autoptr(GString) said = g_string_new(NULL);
    Call *call = begin(counts, 1000000);
    g_strlcpy(call->topic, "no such topic", sizeof call->topic);
    go_on(&call, CALL_OFFER, 1001000, counts, said);
    go_on(&call, CALL_ACCEPT, 5, counts, said); /* a desk whose clock is wrong */
    go_on(&call, CALL_MEDIA_UP, G_MAXINT64, counts, said);
    go_on(&call, CALL_SHOPPER_ENDS, 1, counts, said);
    g_autoptr(GArray) all = news_of_change(NULL, call);
    for (guint i = 0; i < all->len; i++) {
        g_autofree char *text = news_text(&g_array_index(all, News, i));
        json_t *event = json_loads(text, 0, NULL);
        assert_non_null(event);
        json_decref(event);
    }
    News rating = news_of_rating(call->id, 77, -1, 5), ended = {.kind = NEWS_ENDED, .outcome = "odd", .cause = "odd", .by = ""};
    counts_add(counts, &rating);
    counts_add(counts, &ended);
    g_autofree char *text = text_of(counts);
    assert_line(text, "livebooth_offers_total{topic=\"other\"} 1\n");
    assert_line(text, "livebooth_calls_ended_total{topic=\"other\",outcome=\"other\",cause=\"\"} 1\n");
    assert_line(text, "livebooth_wait_seconds_sum{topic=\"other\"} 0\n");
    assert_line(text, "livebooth_talk_seconds_sum 0\n");
    assert_null(strstr(text, "such"));
    assert_null(strstr(text, "odd"));
    call_free(call);
    counts_free(counts);
}

static void is_a_cloud_event(void **state)
{
    (void)state;
    Counts *counts = counts_new(topics);
    g_autoptr(GString) said = g_string_new(NULL);
    Call *call = begin(counts, 1700000000123);
    g_free(call->product_title);
    call->product_title = g_strdup("for Ola");
    go_on(&call, CALL_OFFER, 1700000001000, counts, said);
    go_on(&call, CALL_ACCEPT, 1700000002500, counts, said);
    g_autoptr(GArray) all = news_of_change(NULL, call);
    const News *accepted = &g_array_index(all, News, all->len - 1);
    g_autofree char *subject = news_subject(accepted), *text = news_text(accepted);
    assert_string_equal(subject, "livebooth.events.call.accepted.c0123456789abcdef0123456789abcdef.1");
    assert_string_equal(text,
                        "{\"specversion\":\"1.0\",\"id\":\"c0123456789abcdef0123456789abcdef.accepted.1\",\"source\":\"/livebooth/calls\","
                        "\"type\":\"org.livebooth.call.accepted\",\"subject\":\"c0123456789abcdef0123456789abcdef\","
                        "\"datacontenttype\":\"application/json\",\"data\":{\"call\":\"c0123456789abcdef0123456789abcdef\",\"gen\":1,"
                        "\"topic\":\"tv\",\"lang\":\"nb\",\"booth\":\"b1\",\"waited_ms\":2377},\"time\":\"2023-11-14T22:13:22.500Z\"}");
    /* A shopper who is called back: the request comes before the end. */
    g_string_truncate(said, 0);
    Call *other = begin(counts, 1700000000000);
    go_on(&other, CALL_CALL_BACK, 1700000009000, counts, said);
    assert_string_equal(said->str, "callback_requested.0 ended.0 ");
    call_free(call);
    call_free(other);
    counts_free(counts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_both_formats),        cmocka_unit_test(negotiates),       cmocka_unit_test(tells_a_long_call),
        cmocka_unit_test(is_not_spoiled_by_nonsense), cmocka_unit_test(is_a_cloud_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
