#include "desk/news.h"

#include <string.h>

#define SOURCE "/livebooth/calls" /* the same from each desk: source and id are what consumers tell events apart by */

static const char *const kind_names[NEWS_KINDS] = {
    [NEWS_QUEUED] = "queued",
    [NEWS_OFFERED] = "offered",
    [NEWS_ACCEPTED] = "accepted",
    [NEWS_LIVE] = "live",
    [NEWS_CALLBACK_REQUESTED] = "callback_requested",
    [NEWS_ENDED] = "ended",
    [NEWS_RATED] = "rated",
};

const char *news_kind_name(NewsKind kind)
{
    return kind_names[kind];
}

/* --- what a value says ------------------------------------------------------------------------------------------------------------------
 */

static News *add(GArray *all, const Call *call, NewsKind kind, guint gen, gint64 time_utc)
{
    News news = {.kind = kind, .gen = gen, .time_utc = time_utc};
    g_strlcpy(news.call, call->id, sizeof news.call);
    g_strlcpy(news.topic, call->topic, sizeof news.topic);
    g_strlcpy(news.lang, call->lang, sizeof news.lang);
    g_array_append_val(all, news);
    return &g_array_index(all, News, all->len - 1);
}

static gboolean is_back_in_line(CallOfferResult result)
{
    return result != CALL_OFFER_OPEN && result != CALL_OFFER_ACCEPTED && result != CALL_OFFER_WITHDRAWN;
}

static gboolean was_lost(const Call *call)
{
    for (guint i = 0; i < call->offers->len; i++) {
        if (g_array_index(call->offers, CallOffer, i).result == CALL_OFFER_LOST) return TRUE;
    }
    return FALSE;
}

static void add_talk(GArray *all, const Call *call, const CallOffer *offer)
{
    News *news = add(all, call, NEWS_ACCEPTED, offer->gen, call->accepted_utc);
    g_strlcpy(news->booth, offer->booth, sizeof news->booth);
    news->answered = !was_lost(call);
    news->ms = MAX(call->accepted_utc - call->enqueued_utc, 0);
    if (!call->media_up_utc) return;
    news = add(all, call, NEWS_LIVE, offer->gen, call->media_up_utc);
    g_strlcpy(news->booth, offer->booth, sizeof news->booth);
    news->ms = MAX(call->media_up_utc - call->accepted_utc, 0);
}

static void add_end(GArray *all, const Call *call)
{
    if (strcmp(call->outcome, "callback") == 0) add(all, call, NEWS_CALLBACK_REQUESTED, call->gen, call->ended_utc);
    News *news = add(all, call, NEWS_ENDED, call->gen, call->ended_utc);
    g_strlcpy(news->booth, call->accepted_utc ? call->owner : "", sizeof news->booth);
    news->outcome = call->outcome;
    news->cause = call->cause;
    news->by = call->ended_by;
    news->answered = call->accepted_utc > 0;
    gint64 since = call->media_up_utc ? call->media_up_utc : call->accepted_utc ? call->accepted_utc : call->enqueued_utc;
    news->ms = MAX(call->ended_utc - since, 0);
}

/* Of an accept that was lost again the time is not kept: who did not see it then cannot tell it later. */
static GArray *all_of(const Call *call)
{
    GArray *all = g_array_new(FALSE, TRUE, sizeof(News));
    add(all, call, NEWS_QUEUED, 0, call->enqueued_utc);
    for (guint i = 0; i < call->offers->len; i++) {
        const CallOffer *offer = &g_array_index(call->offers, CallOffer, i);
        News *news = add(all, call, NEWS_OFFERED, offer->gen, offer->offered_utc);
        g_strlcpy(news->booth, offer->booth, sizeof news->booth);
        if (call->accepted_utc && offer->gen == call->gen) add_talk(all, call, offer);
        if (!is_back_in_line(offer->result)) continue;
        news = add(all, call, NEWS_QUEUED, offer->gen, offer->ended_utc);
        g_strlcpy(news->booth, offer->booth, sizeof news->booth);
        news->why = call_offer_result_name(offer->result);
    }
    if (call->state == CALL_DONE) add_end(all, call);
    return all;
}

static gboolean says(const GArray *all, const News *news)
{
    for (guint i = 0; i < all->len; i++) {
        const News *said = &g_array_index(all, News, i);
        if (said->kind == news->kind && said->gen == news->gen) return TRUE;
    }
    return FALSE;
}

GArray *news_of_change(const Call *old, const Call *call)
{
    GArray *all = all_of(call);
    if (!old) return all;
    g_autoptr(GArray) before = all_of(old);
    for (guint i = all->len; i-- > 0;) {
        if (says(before, &g_array_index(all, News, i))) g_array_remove_index(all, i);
    }
    return all;
}

News news_of_callback(const Call *call)
{
    g_autoptr(GArray) one = g_array_new(FALSE, TRUE, sizeof(News));
    return *add(one, call, NEWS_CALLBACK_REQUESTED, call->gen, call->ended_utc);
}

News news_of_rating(const char *call, guint stars, gint recommend, gint64 now_utc)
{
    News news = {.kind = NEWS_RATED, .time_utc = now_utc, .stars = stars, .recommend = recommend};
    g_strlcpy(news.call, call, sizeof news.call);
    return news;
}

/* --- as CloudEvents ---------------------------------------------------------------------------------------------------------------------
 */

char *news_id(const News *news)
{
    return g_strdup_printf("%s.%s.%u", news->call, kind_names[news->kind], news->gen);
}

char *news_subject(const News *news)
{
    return g_strdup_printf(NEWS_SUBJECTS "call.%s.%s.%u", kind_names[news->kind], news->call, news->gen);
}

static void set_text(json_t *into, const char *member, const char *text)
{
    if (text && *text) json_object_set_new(into, member, json_string(text));
}

static void set_ms(json_t *into, const char *member, gint64 ms)
{
    json_object_set_new(into, member, json_integer(ms));
}

static json_t *make_data(const News *news)
{
    json_t *data = json_pack("{s:s, s:i}", "call", news->call, "gen", (int)news->gen);
    set_text(data, "topic", news->topic);
    set_text(data, "lang", news->lang);
    set_text(data, "booth", news->booth);
    set_text(data, "why", news->why);
    set_text(data, "outcome", news->outcome);
    set_text(data, "cause", news->cause);
    set_text(data, "ended_by", news->by);
    switch (news->kind) {
    case NEWS_ACCEPTED: set_ms(data, "waited_ms", news->ms); break;
    case NEWS_LIVE: set_ms(data, "to_picture_ms", news->ms); break;
    case NEWS_ENDED: set_ms(data, news->answered ? "talk_ms" : "waited_ms", news->ms); break;
    case NEWS_RATED:
        json_object_set_new(data, "stars", json_integer(news->stars));
        if (news->recommend >= 0) json_object_set_new(data, "recommend", json_integer(news->recommend));
        break;
    default: break;
    }
    return data;
}

char *news_text(const News *news)
{
    g_autofree char *id = news_id(news), *type = g_strconcat("org.livebooth.call.", kind_names[news->kind], NULL);
    json_t *event = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "specversion", "1.0", "id", id, "source", SOURCE, "type", type,
                              "subject", news->call, "datacontenttype", "application/json", "data", make_data(news));
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(news->time_utc / 1000);
    if (time) {
        g_autofree char *second = g_date_time_format(time, "%Y-%m-%dT%H:%M:%S");
        json_object_set_new(event, "time", json_sprintf("%s.%03dZ", second, (int)(news->time_utc % 1000)));
    }
    char *text = json_dumps(event, JSON_COMPACT);
    json_decref(event);
    return text;
}
