/* ledger_records: 100,000 made-up calls as the records that booths and desks write, with everything odd that happens: calls that were lost,
 * clocks that went back, records told twice, under another number, late, or never; older versions, refused ones, and nonsense. The same
 * every time. */
#pragma once

#include <glib.h>
#include <jansson.h>

#define RECORDS_BOOTHS 60
#define RECORDS_FROM   G_GINT64_CONSTANT(1774569600000) /* 2026-03-27T00:00Z, two days before the clocks change */
#define RECORDS_AGAIN  G_GINT64_CONSTANT(1792713600000) /* 2026-10-23T00:00Z, two days before they change back */
#define RECORDS_SPAN   (4 * 24 * 3600 * G_GINT64_CONSTANT(1000))

typedef void (*RecordsTake)(gpointer data, const char *subject, const char *text, gint64 landed_utc);

typedef struct {
    GRand *random;
    RecordsTake take;
    gpointer data;
    gint64 seq[RECORDS_BOOTHS], landed_utc;
    guint number, calls;
} Records;

static inline gint64 records_between(Records *records, gint64 from, gint64 to)
{
    return from + (gint64)(g_rand_double(records->random) * (double)(to - from));
}

static inline gboolean records_chance(Records *records, double of)
{
    return g_rand_double(records->random) < of;
}

static inline const char *records_one_of(Records *records, const char *const *words)
{
    return words[g_rand_int_range(records->random, 0, (gint32)g_strv_length((char **)words))];
}

#define RECORDS_ONE_OF(records, ...) records_one_of(records, (const char *const[]){__VA_ARGS__, NULL})

/* Now and then twice. */
static inline void records_tell(Records *records, const char *subject, json_t *value)
{
    g_autofree char *text = json_dumps(value, JSON_COMPACT);
    records->take(records->data, subject, text, records->landed_utc);
    if (records_chance(records, 0.01)) records->take(records->data, subject, text, ++records->landed_utc);
    records->landed_utc++;
    json_decref(value);
}

/* Booth 7 moves to another store on the way; booth 9 is old and has no labels; booth 11 has none of either. */
static inline void records_label(json_t *record, guint booth, gint64 at)
{
    if (booth == 9) return;
    const guint store = booth == 7 && at >= RECORDS_AGAIN ? 11 : booth / 5;
    g_autofree char *name = booth == 11 ? g_strdup("") : g_strdup_printf("Store %u, \"Å\"", store);
    g_autofree char *region = booth == 11 ? g_strdup("") : g_strdup_printf("Region %u", store / 3);
    json_object_set_new(record, "store", json_string(name));
    json_object_set_new(record, "region", json_string(region));
}

static inline void records_booth_tell(Records *records, guint booth, json_t *record)
{
    g_autofree char *name = g_strdup_printf("b%02u", booth), *subject = g_strconcat("record.booth.", name, NULL);
    json_object_set_new(record, "booth", json_string(name));
    json_object_set_new(record, "epoch", json_integer(3));
    json_object_set_new(record, "seq", json_integer(++records->seq[booth]));
    records_tell(records, subject, record);
}

typedef struct {
    char id[40];
    const char *topic, *lang;
    gint64 enqueued, accepted, media_up, ended;
    guint booth;
    guint gen;
} MadeCall;

static inline json_t *records_handled(Records *records, const MadeCall *call, guint gen, gint64 offered)
{
    const gboolean old = records_chance(records, 0.1);
    const char *outcome = RECORDS_ONE_OF(records, "sale", "sale", "reserved", "follow_up", "advice", "none");
    json_t *record = json_pack("{s:i, s:s, s:i, s:s, s:I, s:I, s:I, s:s, s:s, s:s, s:s}", "v", old ? 1 : 2, "call", call->id, "gen",
                               (int)gen, "result", "accepted", "offered_utc", (json_int_t)offered, "talk_ms",
                               (json_int_t)(records_chance(records, 0.01) ? KPI_SPAN_MAX_MS * 3 : records_between(records, 0, 900000)),
                               "wrapup_ms", (json_int_t)records_between(records, 0, 120000), "outcome", outcome, "order", "", "topic",
                               call->topic, "lang", call->lang);
    if (!old) {
        json_object_set_new(record, "kind", json_string("call"));
        json_object_set_new(record, "muted_ms", json_integer(records_between(records, 0, 60000)));
        json_object_set_new(record, "accessories", json_integer(records_chance(records, 0.2) ? 2 : 0));
        if (records_chance(records, 0.02)) json_object_set_new(record, "cut", json_true());
        records_label(record, call->booth, offered);
    }
    if (records_chance(records, 0.3))
        json_object_set_new(record, "tags", json_pack("[s]", RECORDS_ONE_OF(records, "delivery", "service_plan")));
    if (records_chance(records, 0.6)) {
        json_object_set_new(record, "value_minor", json_integer(records_between(records, 0, 5000000)));
        json_object_set_new(record, "currency", json_string(RECORDS_ONE_OF(records, "NOK", "NOK", "SEK", "EUR", "nonsense")));
    }
    return record;
}

static inline json_t *records_offer(guint booth, guint gen, gint64 offered, gint64 accepted, gint64 ended, const char *result)
{
    g_autofree char *name = g_strdup_printf("b%02u", booth);
    json_t *offer = json_pack("{s:s, s:i, s:I, s:I, s:s}", "booth", name, "gen", (int)gen, "offered_utc", (json_int_t)offered, "ended_utc",
                              (json_int_t)ended, "result", result);
    if (accepted) json_object_set_new(offer, "accepted_utc", json_integer(accepted));
    return offer;
}

/* The offers of a call that came to outcome; the booths' records of those that were accepted. */
static inline json_t *records_offers(Records *records, MadeCall *call, const char *outcome)
{
    json_t *offers = json_array();
    const gboolean answered = strstr("completed dropped setup_failed", outcome) != NULL;
    gint64 at = call->enqueued + records_between(records, -500, 90000);
    while (records_chance(records, 0.2)) {
        const guint booth = (guint)g_rand_int_range(records->random, 0, RECORDS_BOOTHS);
        const char *result = RECORDS_ONE_OF(records, "ring_no_answer", "declined", "link_lost", "lease_ended", "withdrawn", "open", "odd");
        json_array_append_new(offers, records_offer(booth, ++call->gen, at, 0, at + 20000, result));
        at += records_between(records, 100, 30000);
    }
    /* A call that left before the page heard that it was answered is none that was. */
    while (answered || records_chance(records, 0.02)) {
        const gint64 accepted = at + records_between(records, 0, 15000);
        const gboolean lost = records_chance(records, 0.04), old = records_chance(records, 0.05);
        call->booth = (guint)g_rand_int_range(records->random, 0, RECORDS_BOOTHS);
        json_array_append_new(offers,
                              records_offer(call->booth, ++call->gen, at, old ? 0 : accepted, accepted, lost ? "lost" : "accepted"));
        if (!records_chance(records, 0.03)) {
            records_booth_tell(records, call->booth, records_handled(records, call, call->gen, at));
            /* Once more, under another number: its booth's database was lost. */
            if (records_chance(records, 0.01)) records_booth_tell(records, call->booth, records_handled(records, call, call->gen, at));
        }
        call->accepted = accepted;
        call->media_up = strcmp(outcome, "setup_failed") == 0 ? 0 : accepted + records_between(records, 100, 3000);
        at = accepted + records_between(records, 1000, 60000);
        if (!lost) break;
        if (strcmp(outcome, "dropped") == 0) call->accepted = call->media_up = 0;
        if (strcmp(outcome, "dropped") == 0) break;
    }
    call->ended = at + records_between(records, 0, 600000);
    return offers;
}

static inline void records_rate(Records *records, const MadeCall *call)
{
    g_autofree char *subject = g_strconcat("record.rating.", call->id, NULL);
    json_t *rating = json_pack("{s:s, s:i, s:s}", "call", call->id, "stars", (int)g_rand_int_range(records->random, 0, 7), "text", "fine");
    if (records_chance(records, 0.6)) json_object_set_new(rating, "recommend", json_integer(g_rand_int_range(records->random, -1, 12)));
    records_tell(records, subject, rating);
}

static inline void records_call(Records *records)
{
    static const char *const topics[] = {"tv", "computers", "phones", "appliances", "other", NULL};
    static const char *const langs[] = {"nb", "sv", "da", "fi", "en", NULL};
    static const char *const outcomes[] = {"completed", "completed", "completed", "completed",    "completed", "completed", "abandoned",
                                           "abandoned", "missed",    "dropped",   "setup_failed", "declined",  "callback",  NULL};
    MadeCall call = {.topic = records_one_of(records, topics), .lang = records_one_of(records, langs)};
    const char *outcome = records_one_of(records, outcomes);
    g_snprintf(call.id, sizeof call.id, "c%032x", ++records->number);
    const guint half = records->calls / 2, of_half = (records->number - 1) % half;
    call.enqueued =
        (records->number <= half ? RECORDS_FROM : RECORDS_AGAIN) + RECORDS_SPAN / half * of_half + records_between(records, 0, 60000);
    json_t *offers = records_offers(records, &call, outcome);
    if (records_chance(records, 0.01)) call.ended = call.accepted = call.enqueued + 40 * KPI_SPAN_MAX_MS;
    if (records_chance(records, 0.03)) call.ended = call.enqueued + records_between(records, -2000, 8000);
    const char *cause = strstr("completed callback", outcome)
                            ? ""
                            : RECORDS_ONE_OF(records, "no_staff", "ring_no_answer", "wrap_up_overrun", "device_fault", "network",
                                             "left_before_promise", "left_after_promise", "", "bad weather");
    const gint64 p50 = records_between(records, 1000, 60000);
    json_t *promise = records_chance(records, 0.7)
                          ? json_pack("{s:I, s:I}", "p50_ms", (json_int_t)p50, "p90_ms", (json_int_t)records_between(records, p50, 120000))
                          : json_null();
    const gboolean stood = strcmp(outcome, "callback") != 0 || records_chance(records, 0.5);
    json_t *record = json_pack("{s:i, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:s, s:s, s:o, s:i, s:o}", "v", 1, "id", call.id, "topic",
                               call.topic, "lang", call.lang, "enqueued_utc", (json_int_t)call.enqueued, "accepted_utc",
                               (json_int_t)call.accepted, "media_up_utc", (json_int_t)call.media_up, "ended_utc", (json_int_t)call.ended,
                               "outcome", outcome, "cause", cause, "promise", promise, "place_at_ask", stood ? 2 : 0, "offers", offers);
    g_autofree char *subject = g_strconcat("record.call.", call.id, NULL);
    /* The end of some is not known (any more). */
    if (records_chance(records, 0.01))
        json_decref(record);
    else
        records_tell(records, subject, record);
    if (records_chance(records, 0.25)) records_rate(records, &call);
}

static inline void records_state(Records *records, guint booth, gint64 from)
{
    g_autofree char *boot = g_strdup_printf("boot %u", booth);
    json_t *record =
        json_pack("{s:i, s:s, s:s, s:I, s:I, s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I}}", "v", 2, "kind", "state", "boot_id", boot, "from_mono",
                  (json_int_t)from - RECORDS_FROM + 1, "from_utc", (json_int_t)(records_chance(records, 0.01) ? 0 : from), "ms", "ready",
                  (json_int_t)records_between(records, 0, 400000), "paused", (json_int_t)records_between(records, 0, 90000), "ringing",
                  (json_int_t)records_between(records, 0, 20000), "connecting", (json_int_t)records_between(records, 0, 5000), "live",
                  (json_int_t)records_between(records, 0, 300000), "wrapup", (json_int_t)records_between(records, 0, 60000), "practice",
                  (json_int_t)records_between(records, 0, 9000));
    records_label(record, booth, from);
    records_booth_tell(records, booth, record);
}

static inline void records_states(Records *records, gint64 from)
{
    for (guint booth = 0; booth < RECORDS_BOOTHS; booth++) {
        for (gint64 at = from; at < from + RECORDS_SPAN; at += 3600000) records_state(records, booth, at);
    }
}

/* Tells them all; landed_utc of the first one is a little after the last call. */
static inline void records_make(guint calls, RecordsTake take, gpointer data)
{
    Records records = {.random = g_rand_new_with_seed(20261122),
                       .take = take,
                       .data = data,
                       .landed_utc = RECORDS_AGAIN + RECORDS_SPAN + 60000,
                       .calls = calls};
    records_states(&records, RECORDS_FROM);
    for (guint i = 0; i < calls; i++) {
        if (i == calls / 2) records_states(&records, RECORDS_AGAIN);
        records_call(&records);
        if (i % 1000 != 7) continue;
        take(data, "record.call.c00", "{\"id\":\"c00\"}", records.landed_utc);
        take(data, "record.booth.b01", "not even JSON", records.landed_utc);
        take(data, "record.rating.x", "{\"stars\":3}", records.landed_utc);
        records_booth_tell(&records, 1, json_pack("{s:i, s:s, s:s}", "v", 2, "kind", "refused", "why", "test"));
        records_booth_tell(&records, 1,
                           json_pack("{s:i, s:s, s:s, s:s, s:I}", "v", 2, "kind", "offer", "result", "declined", "call",
                                     "c00000000000000000000000000000001", "offered_utc", (json_int_t)RECORDS_FROM));
    }
    g_rand_free(records.random);
}
