#include "kpi/facts.h"

#include <string.h>

/* --- members ----------------------------------------------------------------------------------------------------------------------- */

static const char *text_of(const json_t *record, const char *member)
{
    const char *text = json_string_value(json_object_get(record, member));
    return text ? text : "";
}

/* FALSE when it does not fit. */
static gboolean take_word(const json_t *record, const char *member, char *into, gsize size)
{
    return g_strlcpy(into, text_of(record, member), size) < size;
}

static void take_label(const json_t *record, const char *member, char *into)
{
    const char *text = text_of(record, member);
    gsize length = strlen(text);
    if (length > FACTS_LABEL_MAX) length = (gsize)(g_utf8_find_prev_char(text, text + FACTS_LABEL_MAX + 1) - text);
    memcpy(into, text, length);
    into[length] = '\0';
}

/* A number in [0, most]; otherwise fallback. */
static gint64 number_of(const json_t *record, const char *member, gint64 most, gint64 fallback)
{
    const json_t *value = json_object_get(record, member);
    const gint64 number = json_is_integer(value) ? json_integer_value(value) : -1;
    return number >= 0 && number <= most ? number : fallback;
}

static gint64 time_of(const json_t *record, const char *member)
{
    return number_of(record, member, FACTS_UTC_MAX, 0);
}

static gint64 span_of(const json_t *record, const char *member)
{
    return number_of(record, member, KPI_SPAN_MAX_MS, -1);
}

static gboolean is_call_id(const char *text)
{
    return strlen(text) == 33 && text[0] == 'c' && strspn(text + 1, "0123456789abcdef") == 32;
}

static gboolean is_booth_id(const char *text)
{
    const gsize length = strlen(text);
    return length > 0 && length <= FACTS_ID_MAX && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

static gboolean take_call_id(const json_t *record, const char *member, char *into, gsize size)
{
    return is_call_id(text_of(record, member)) && take_word(record, member, into, size);
}

static gboolean take_booth_id(const json_t *record, const char *member, char *into, gsize size)
{
    return is_booth_id(text_of(record, member)) && take_word(record, member, into, size);
}

/* --- a call's end ------------------------------------------------------------------------------------------------------------------ */

static gboolean take_outcome(const json_t *record, KpiCall *call)
{
    const char *outcome = text_of(record, "outcome"), *cause = text_of(record, "cause");
    guint i = 0;
    while (i < KPI_OUTCOMES && strcmp(outcome, kpi_outcome_name(i)) != 0) i++;
    if (i == KPI_OUTCOMES) return FALSE;
    call->outcome = i;
    call->cause = KPI_UNKNOWN_CAUSE;
    for (guint j = 0; j < KPI_UNKNOWN_CAUSE; j++) {
        if (strcmp(cause, kpi_cause_name(j)) == 0) call->cause = j;
    }
    return TRUE;
}

static KpiOfferResult offer_result(const char *name)
{
    if (strcmp(name, "lost") == 0) return KPI_OFFER_ACCEPTED;
    for (guint i = 0; i < KPI_OFFER_RESULTS; i++) {
        if (strcmp(name, kpi_offer_name(i)) == 0) return i;
    }
    return KPI_OFFER_OPEN;
}

/* accepted_utc of an offer is when the booth took it; desks before it was there tell the last one's alone, as the call's. */
static void take_offer(const json_t *item, FactsCall *facts)
{
    FactsOffer *offer = &facts->offers[facts->offer_count];
    if (facts->offer_count == FACTS_OFFERS_MAX || !take_booth_id(item, "booth", offer->booth, sizeof offer->booth)) return;
    offer->gen = number_of(item, "gen", G_MAXINT32, 0);
    offer->offered_utc = time_of(item, "offered_utc");
    offer->ended_utc = time_of(item, "ended_utc");
    offer->result = offer_result(text_of(item, "result"));
    facts->offer_count++;
    if (offer->result != KPI_OFFER_ACCEPTED) return;
    const gint64 accepted_utc = time_of(item, "accepted_utc");
    g_strlcpy(facts->booth, offer->booth, sizeof facts->booth);
    if (accepted_utc && (!facts->call.answered_utc || accepted_utc < facts->call.answered_utc)) facts->call.answered_utc = accepted_utc;
}

static void take_promise(const json_t *record, KpiCall *call)
{
    const json_t *promise = json_object_get(record, "promise");
    call->promise_p50_ms = number_of(promise, "p50_ms", KPI_SPAN_MAX_MS, -1);
    call->promise_p90_ms = number_of(promise, "p90_ms", KPI_SPAN_MAX_MS, -1);
    call->promised = call->promise_p50_ms >= 0 && call->promise_p90_ms >= call->promise_p50_ms;
    if (!call->promised) call->promise_p50_ms = call->promise_p90_ms = 0;
}

gboolean facts_call(const json_t *record, FactsCall *ret_call)
{
    memset(ret_call, 0, sizeof *ret_call);
    KpiCall *call = &ret_call->call;
    if (!take_call_id(record, "id", ret_call->id, sizeof ret_call->id) || !take_outcome(record, call) ||
        !take_word(record, "topic", ret_call->topic, sizeof ret_call->topic) ||
        !take_word(record, "lang", ret_call->lang, sizeof ret_call->lang))
        return FALSE;
    call->enqueued_utc = time_of(record, "enqueued_utc");
    call->accepted_utc = time_of(record, "accepted_utc");
    call->media_up_utc = time_of(record, "media_up_utc");
    call->ended_utc = time_of(record, "ended_utc");
    call->in_line = call->outcome != KPI_CALLBACK || number_of(record, "place_at_ask", G_MAXINT32, 0) > 0;
    take_promise(record, call);
    const json_t *offers = json_object_get(record, "offers");
    for (size_t i = 0; i < json_array_size(offers); i++) take_offer(json_array_get(offers, i), ret_call);
    if (!call->answered_utc) call->answered_utc = call->accepted_utc;
    if (!kpi_is_answered(call)) ret_call->booth[0] = '\0';
    return call->enqueued_utc > 0;
}

/* --- a booth's record -------------------------------------------------------------------------------------------------------------- */

static gboolean has_tag(const json_t *record, const char *const *attach)
{
    const json_t *tags = json_object_get(record, "tags");
    for (size_t i = 0; i < json_array_size(tags); i++) {
        const char *tag = json_string_value(json_array_get(tags, i));
        if (tag && attach && g_strv_contains(attach, tag)) return TRUE;
    }
    return FALSE;
}

static gboolean is_currency(const char *text)
{
    return strlen(text) == 3 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3;
}

static gboolean take_handled(const json_t *record, const char *const *attach, FactsBooth *booth)
{
    KpiHandled *handled = &booth->handled;
    if (!take_call_id(record, "call", booth->call, sizeof booth->call)) return FALSE;
    booth->gen = number_of(record, "gen", G_MAXINT32, 0);
    const gboolean cut = json_is_true(json_object_get(record, "cut"));
    handled->talk_ms = cut ? -1 : span_of(record, "talk_ms");
    handled->hold_ms = span_of(record, "muted_ms");
    handled->wrapup_ms = cut ? -1 : span_of(record, "wrapup_ms");
    const char *outcome = text_of(record, "outcome"), *currency = text_of(record, "currency");
    const gint64 value = number_of(record, "value_minor", G_GINT64_CONSTANT(1000000000000), -1);
    handled->sale = strcmp(outcome, "sale") == 0;
    handled->attached = number_of(record, "accessories", G_MAXINT32, 0) > 0 || has_tag(record, attach);
    handled->valued = value >= 0 && is_currency(currency);
    handled->value_minor = handled->valued ? value : 0;
    g_strlcpy(handled->currency, handled->valued ? currency : "", sizeof handled->currency);
    g_strlcpy(booth->outcome, outcome, sizeof booth->outcome);
    g_strlcpy(booth->codec, text_of(record, "codec"), sizeof booth->codec);
    booth->utc = time_of(record, "offered_utc");
    booth->mono = number_of(record, "offered_mono", FACTS_UTC_MAX, 0);
    return take_word(record, "topic", booth->topic, sizeof booth->topic) && take_word(record, "lang", booth->lang, sizeof booth->lang);
}

static gboolean take_time(const json_t *record, FactsBooth *booth)
{
    const json_t *ms = json_object_get(record, "ms");
    KpiTime *time = &booth->time;
    const struct {
        const char *state;
        gint64 *into;
    } states[] = {
        {"ready", &time->ready_ms},       {"ringing", &time->ringing_ms}, {"connecting", &time->connecting_ms},
        {"live", &time->live_ms},         {"wrapup", &time->wrapup_ms},   {"paused", &time->paused_ms},
        {"practice", &time->practice_ms}, {"starting", &time->other_ms},  {"away", &time->other_ms},
    };
    if (!json_is_object(ms)) return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(states); i++) *states[i].into += number_of(ms, states[i].state, KPI_SPAN_MAX_MS, 0);
    booth->utc = time_of(record, "from_utc");
    booth->mono = number_of(record, "from_mono", FACTS_UTC_MAX, 0);
    return TRUE;
}

/* Records of version 1 have no kind. */
static FactsBoothKind kind_of(const json_t *record)
{
    const char *kind = text_of(record, "kind");
    if (strcmp(kind, "state") == 0) return FACTS_BOOTH_STATE;
    if (strcmp(kind, "refused") == 0) return FACTS_BOOTH_REFUSED;
    return strcmp(text_of(record, "result"), "accepted") == 0 ? FACTS_BOOTH_CALL : FACTS_BOOTH_OFFER;
}

gboolean facts_booth(const json_t *record, const char *const *attach, FactsBooth *ret_booth)
{
    memset(ret_booth, 0, sizeof *ret_booth);
    if (!take_booth_id(record, "booth", ret_booth->booth, sizeof ret_booth->booth)) return FALSE;
    ret_booth->epoch = number_of(record, "epoch", G_MAXINT64, -1);
    ret_booth->seq = number_of(record, "seq", G_MAXINT64, -1);
    if (ret_booth->epoch < 0 || ret_booth->seq < 0) return FALSE;
    ret_booth->kind = kind_of(record);
    if (ret_booth->kind == FACTS_BOOTH_REFUSED) return TRUE;
    ret_booth->labelled = json_is_string(json_object_get(record, "store")) && json_is_string(json_object_get(record, "region"));
    take_label(record, "store", ret_booth->store);
    take_label(record, "region", ret_booth->region);
    g_strlcpy(ret_booth->boot_id, text_of(record, "boot_id"), sizeof ret_booth->boot_id);
    ret_booth->utc = time_of(record, "offered_utc");
    if (ret_booth->kind == FACTS_BOOTH_CALL) return take_handled(record, attach, ret_booth);
    return ret_booth->kind == FACTS_BOOTH_OFFER || take_time(record, ret_booth);
}

/* --- a rating ---------------------------------------------------------------------------------------------------------------------- */

gboolean facts_rating(const json_t *record, FactsRating *ret_rating)
{
    memset(ret_rating, 0, sizeof *ret_rating);
    const gint64 stars = number_of(record, "stars", 5, 0);
    ret_rating->rating.stars = (gint)stars;
    ret_rating->rating.recommend = (gint)number_of(record, "recommend", 10, -1);
    return stars >= 1 && take_call_id(record, "call", ret_rating->call, sizeof ret_rating->call);
}
