/* What records are made of and how they go up: the clock, the quarter hours, the counts of products, the outbox. */
#include "agent/booth_clock.h"
#include "agent/record.h"
#include "agent/sold.h"
#include "agent/upload.h"
#include "config/booth_keys.h"
#include "desk/booth_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "scratch.h"

#define YEAR_2026 G_GINT64_CONSTANT(1767225600000)

/* --- the clock ------------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    const char *what;
    gint64 mono, real, told; /* told 0: the desk said nothing */
    gboolean synchronised;
    gboolean changed, known;
    gint64 offset; /* afterwards */
} ClockRow;

static void the_clock_is_known_once_and_steps_when_it_must(void **state)
{
    (void)state;
    static const ClockRow rows[] = {
        {"a guess at the start", 1000, 5000, 0, FALSE, TRUE, FALSE, 4000},
        {"nothing new", 2000, 6000, 0, FALSE, FALSE, FALSE, 4000},
        {"the desk tells", 3000, 7000, YEAR_2026, FALSE, TRUE, TRUE, YEAR_2026 - 3000},
        {"the system's clock jumps and is nobody's", 4000, 99000, 0, FALSE, FALSE, TRUE, YEAR_2026 - 3000},
        {"the network sets it, a second off the desk's", 5000, YEAR_2026 + 3000, 0, TRUE, TRUE, TRUE, YEAR_2026 - 2000},
        {"slewing is no step", 6000, YEAR_2026 + 4100, 0, TRUE, FALSE, TRUE, YEAR_2026 - 2000},
        {"the network goes: the desk's goes on", 7000, YEAR_2026 + 5000, 0, FALSE, TRUE, TRUE, YEAR_2026 - 3000},
        {"set by the network an hour off: the desk is right", 8000, YEAR_2026 + 3605000, 0, TRUE, FALSE, TRUE, YEAR_2026 - 3000},
        {"and says so again", 9000, YEAR_2026 + 3606000, YEAR_2026 + 6200, TRUE, FALSE, TRUE, YEAR_2026 - 3000},
        {"a desk of another time", 10000, 0, YEAR_2026 + 60000, FALSE, TRUE, TRUE, YEAR_2026 + 50000},
    };
    BoothClock clock = {0};
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const ClockRow *row = &rows[i];
        gboolean changed = row->told ? booth_clock_told(&clock, row->mono, row->told, row->real, row->synchronised)
                                     : booth_clock_look(&clock, row->mono, row->real, row->synchronised);
        if (changed == row->changed && clock.known == row->known && clock.offset == row->offset) continue;
        fail_msg("%s: changed %d, known %d, offset %" G_GINT64_FORMAT, row->what, changed, clock.known, clock.offset);
    }
}

/* --- quarter hours -------------------------------------------------------------------------------------------------------------------- */

static void time_adds_up_by_quarter_hours(void **state)
{
    (void)state;
    Booth booth;
    Tally tally;
    booth_init(&booth, 0);
    tally_start(&tally, 1000);
    assert_int_equal(tally_due(&tally, 0), TALLY_SPAN_MS);
    assert_int_equal(tally_due(&tally, TALLY_SPAN_MS - 3000), 3000);
    booth.state = BOOTH_READY;
    assert_true(tally_is_behind(&tally, &booth, 2000));
    tally_count(&tally, &booth, 2000);
    assert_false(tally_is_behind(&tally, &booth, 2000 + TALLY_SAVE_MS - 1));
    assert_true(tally_is_behind(&tally, &booth, 2000 + TALLY_SAVE_MS));
    booth.state = BOOTH_PAUSED;
    gint64 now = 5000;
    for (int i = 0; i < 20; i++) {
        g_snprintf(booth.pause_reason, sizeof booth.pause_reason, "reason-%d", i);
        tally_count(&tally, &booth, now);
        now += 10;
    }
    g_strlcpy(booth.call.key.id, BOOTH_PRACTICE, sizeof booth.call.key.id);
    booth.state = BOOTH_LIVE;
    tally_count(&tally, &booth, now);
    tally_count(&tally, &booth, now + 500);
    tally_count(&tally, &booth, now - 9000); /* never backwards */
    json_t *saved = tally_save(&tally);
    Tally again = {0};
    assert_true(tally_restore(&again, saved));
    json_t *same = tally_save(&again);
    assert_true(json_equal(same, saved));
    json_decref(same);
    json_object_set_new(json_object_get(saved, "ms"), "ready", json_integer(1));
    assert_false(tally_restore(&again, saved));
    json_decref(saved);
    json_t *record = tally_take(&tally), *paused = json_object_get(record, "paused_ms"), *ms = json_object_get(record, "ms"), *value;
    const char *name;
    gint64 sum = 0, pauses = 0;
    json_object_foreach(ms, name, value) sum += json_integer_value(value);
    json_object_foreach(paused, name, value) pauses += json_integer_value(value);
    assert_int_equal(sum, now + 500 - 1000);
    assert_int_equal(pauses, 200);
    assert_int_equal(json_object_size(paused), TALLY_REASONS_MAX);
    assert_int_equal(json_integer_value(json_object_get(paused, "other")), 130);
    assert_int_equal(json_integer_value(json_object_get(ms, "practice")), 500);
    assert_int_equal(json_integer_value(json_object_get(ms, "ready")), 3000);
    json_decref(record);
    assert_null(tally_take(&tally));
}

static void an_agent_that_comes_back_goes_on_counting(void **state)
{
    (void)state;
    Tally tally;
    tally_start(&tally, 1000);
    tally.state = BOOTH_READY;
    assert_true(tally_resume(&tally, 1000 + TALLY_GAP_MS));
    assert_int_equal(tally.ms[BOOTH_READY], TALLY_GAP_MS);
    assert_false(tally_resume(&tally, 1001 + 2 * TALLY_GAP_MS));
    assert_false(tally_resume(&tally, 500));
    assert_int_equal(tally.ms[BOOTH_READY], TALLY_GAP_MS);
}

/* --- products ------------------------------------------------------------------------------------------------------------------------- */

static void products_are_counted_once_and_baskets_as_they_are(void **state)
{
    (void)state;
    g_autoptr(Sold) sold = sold_new();
    BoothSold counts;
    json_t *shown = json_pack("{s:[{s:s}, {s:s}]}", "products", "id", "a", "id", "b");
    json_t *television = json_pack("{s:s, s:s}", "id", "a", "type", "TV > OLED");
    json_t *cable = json_pack("{s:s, s:s}", "id", "c", "type", "TV > Tilbehør > Kabler");
    json_t *basket = json_pack("[{s:s, s:i, s:i, s:s}, {s:s, s:i, s:i, s:s}]", "id", "a", "price", 900000, "quantity", 1, "currency", "NOK",
                               "id", "c", "price", 19900, "quantity", 2, "currency", "NOK");
    sold_show(sold, shown);
    sold_show(sold, shown);
    sold_add(sold, television);
    sold_add(sold, cable);
    sold_add(sold, cable);
    for (int round = 0; round < 2; round++) {
        sold_count(sold, basket, &counts);
        assert_int_equal(counts.shown, 2);
        assert_int_equal(counts.added, 2);
        assert_int_equal(counts.items, 3);
        assert_int_equal(counts.accessories, 2);
        assert_int_equal(counts.basket_minor, 939800);
        assert_string_equal(counts.currency, "NOK");
        json_t *saved = sold_save(sold);
        sold_restore(sold, saved);
        json_decref(saved);
    }
    sold_clear(sold);
    sold_count(sold, NULL, &counts);
    assert_int_equal(counts.shown + counts.added + counts.items, 0);
    assert_string_equal(counts.currency, "");
    json_decref(shown);
    json_decref(television);
    json_decref(cable);
    json_decref(basket);
}

/* --- the outbox ----------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    GArray *sizes; /* of the messages sent */
    gint64 epoch, seq;
    gboolean in_order;
} Line;

static void on_send(void *data, json_t *list)
{
    Line *line = data;
    gsize i;
    json_t *record;
    json_array_foreach(list, i, record) {
        const gint64 seq = json_integer_value(json_object_get(record, "seq"));
        line->in_order &= seq == line->seq + 1;
        line->seq = seq;
        line->epoch = json_integer_value(json_object_get(record, "epoch"));
    }
    const guint size = (guint)json_array_size(list);
    g_array_append_val(line->sizes, size);
    char *text = json_dumps(list, JSON_COMPACT);
    assert_true(strlen(text) <= UPLOAD_BATCH_SIZE);
    free(text);
    json_decref(list);
}

static void a_backlog_goes_up_in_windows_and_slowly_in_a_call(void **state)
{
    (void)state;
    g_autofree char *folder = scratch_new();
    Records *records = records_open(folder, "b1", 1, NULL);
    records_clock(records, "boot", TRUE, YEAR_2026);
    json_t *list = json_array();
    for (int i = 0; i < 1000; i++) json_array_append_new(list, json_pack("{s:s, s:i}", "boot_id", "boot", "made_mono", 1000 + i));
    assert_true(records_commit(records, list, "{}", NULL));
    json_decref(list);
    Line line = {.sizes = g_array_new(FALSE, FALSE, sizeof(guint)), .in_order = TRUE};
    Upload upload = {.records = records, .send = on_send, .data = &line};
    upload_go(&upload, FALSE, 5000);
    upload_go(&upload, FALSE, 5001);
    assert_int_equal(line.sizes->len, UPLOAD_WINDOW);
    assert_int_equal(line.seq, UPLOAD_WINDOW * UPLOAD_BATCH_MAX);
    upload_confirmed(&upload, line.epoch, UPLOAD_BATCH_MAX + 3, 5002); /* the first, and a part of the second */
    assert_int_equal(records_waiting(records), 1000 - UPLOAD_BATCH_MAX - 3);
    upload_go(&upload, FALSE, 5003);
    assert_int_equal(line.sizes->len, UPLOAD_WINDOW + 1);
    assert_true(line.in_order);
    upload_go(&upload, FALSE, 5002 + UPLOAD_ANSWER_MS); /* no answer: again from the oldest that waits */
    assert_int_equal(line.seq, UPLOAD_BATCH_MAX + 3 + UPLOAD_WINDOW * UPLOAD_BATCH_MAX);
    upload_restart(&upload);
    g_array_set_size(line.sizes, 0);
    line.seq = UPLOAD_BATCH_MAX + 3;
    line.in_order = TRUE;
    for (gint64 now = 50000; now < 53000; now += 100) {
        upload_go(&upload, TRUE, now);
        upload_confirmed(&upload, line.epoch, line.seq, now);
    }
    assert_int_equal(line.sizes->len, 3);
    assert_int_equal(g_array_index(line.sizes, guint, 0), UPLOAD_CALL_MAX);
    while (records_waiting(records) > 0) {
        upload_go(&upload, FALSE, 60000);
        upload_confirmed(&upload, line.epoch, line.seq, 60000);
    }
    assert_int_equal(line.seq, 1000);
    assert_true(line.in_order);
    g_array_unref(line.sizes);
    records_free(records);
    scratch_remove(folder);
}

/* --- from the booth to the desk ----------------------------------------------------------------------------------------------------------
 */

static Booth ended_call(void)
{
    Booth booth;
    booth_init(&booth, 0);
    g_strlcpy(booth.call.key.id, "c0123456789abcdef0123456789abcdef", sizeof booth.call.key.id);
    booth.call.key.gen = 2;
    booth.call.result = "accepted";
    booth.call.offered_mono = 10000;
    booth.call.accepted_mono = 14000;
    booth.call.media_up_mono = 15000;
    booth.call.ended_mono = 95000;
    booth.call.ready_mono = 105000;
    booth.call.talk_ms = 80000;
    booth.call.wrapup_ms = 10000;
    booth.call.note = (BoothNote){.outcome = "sale", .order = "77", .value_minor = 129900, .currency = "NOK", .tags = "price delivery"};
    return booth;
}

static Config *load_config(const char *folder)
{
    g_autofree char *text =
        g_strdup_printf("[booth]\nid=b1\nstate=%s\nshare=%s\nstore=s1\n[desk]\naddress=wss://d:1/ws/booth\n[tls]\nauthority=a\n"
                        "certificate=c\nkey=k\n",
                        folder, folder);
    g_autofree char *file = scratch_write(folder, "booth.conf", text);
    g_autoptr(GError) error = NULL;
    Config *config = config_load(file, booth_keys, &error);
    if (!config) fail_msg("%s", error->message);
    return config;
}

/* A call, one that was declined, and a quarter of an hour: as an agent makes them. */
static json_t *made_records(const Config *config)
{
    Booth booth = ended_call();
    json_t *card = json_pack("{s:s, s:s, s:i}", "topic", "tv", "lang", "nb", "waited_ms", 30000);
    json_t *list = json_array();
    json_array_append_new(list, record_of_call(config, &booth, card, "boot", 105000));
    json_object_set_new(json_array_get(list, 0), "quality", json_pack("{s:i, s:f}", "samples", 3, "loss", 0.01));
    booth.call.result = "declined";
    json_array_append_new(list, record_of_call(config, &booth, card, "boot", 105000));
    Tally tally;
    tally_start(&tally, 1000);
    tally_count(&tally, &booth, 90000);
    json_array_append_new(list, record_of_time(config, &tally, "boot"));
    json_decref(card);
    return list;
}

/* The records as they are sent to the desk: committed, with their times. */
static json_t *sent_records(void)
{
    g_autofree char *folder = scratch_new();
    Config *config = load_config(folder);
    json_t *list = made_records(config);
    Records *records = records_open(folder, "b1", 1, NULL);
    records_clock(records, "boot", TRUE, YEAR_2026);
    assert_true(records_commit(records, list, "{}", NULL));
    json_t *sent = records_batch(records, 0, 0, 10, 100000);
    assert_int_equal(json_array_size(sent), 3);
    json_decref(list);
    records_free(records);
    config_free(config);
    scratch_remove(folder);
    return sent;
}

static void a_record_makes_sense_to_the_desk(void **state)
{
    (void)state;
    json_t *sent = sent_records();
    const char *why = NULL;
    for (size_t i = 0; i < 3; i++) {
        const json_t *record = json_array_get(sent, i);
        char *taken = booth_record_text(record, "b1", 1, (gint64)i + 1, YEAR_2026 + 200000, &why);
        if (why) fail_msg("%s: %s", why, taken);
        json_t *back = json_loads(taken, 0, NULL);
        assert_true(json_equal(back, record));
        assert_true(booth_record_is_of(record, "b1", 1, (gint64)i + 1, 5));
        assert_false(booth_record_is_of(record, "b2", 1, (gint64)i + 1, 5));
        assert_false(booth_record_is_of(record, "b1", 1, 99, 5));
        json_decref(back);
        free(taken);
    }
    json_decref(sent);
}

static void a_spoilt_record_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *value; /* JSON; NULL: it is missing */
        const char *why;
    } spoilt[] = {
        {"v", "1", "v"},
        {"kind", "\"other\"", "kind"},
        {"store", "5", "store"},
        {"talk_ms", "-1", "talk_ms"},
        {"talk_ms", "999999999999", "talk_ms"},
        {"made_mono", "1.5", "made_mono"},
        {"ended_utc", NULL, "ended_mono"},
        {"ended_mono", "12000", "ended_mono"},
        {"tags", "[1]", "tags"},
        {"outcome", NULL, "outcome"},
        {"value_minor", "\"free\"", "value_minor"},
    };
    json_t *sent = sent_records();
    const char *why = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(spoilt); i++) {
        json_t *record = json_copy(json_array_get(sent, 0));
        if (spoilt[i].value)
            json_object_set_new(record, spoilt[i].name, json_loads(spoilt[i].value, JSON_DECODE_ANY, NULL));
        else
            json_object_del(record, spoilt[i].name);
        char *taken = booth_record_text(record, "b1", 1, 1, YEAR_2026, &why);
        if (g_strcmp0(why, spoilt[i].why) != 0) fail_msg("%s: %s, not %s", spoilt[i].name, why, spoilt[i].why);
        assert_non_null(strstr(taken, "\"kind\":\"refused\""));
        free(taken);
        json_decref(record);
    }
    json_decref(sent);
}

static void a_record_of_a_clock_that_is_ahead_has_no_known_time(void **state)
{
    (void)state;
    json_t *sent = sent_records();
    const char *why = NULL;
    char *early = booth_record_text(json_array_get(sent, 0), "b1", 1, 1, YEAR_2026 - 2 * BOOTH_RECORD_AHEAD_MS, &why);
    assert_null(why);
    assert_non_null(strstr(early, "\"clock\":\"unknown\""));
    assert_non_null(strstr(early, "\"talk_ms\":80000"));
    free(early);
    json_decref(sent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clock_is_known_once_and_steps_when_it_must),
        cmocka_unit_test(time_adds_up_by_quarter_hours),
        cmocka_unit_test(an_agent_that_comes_back_goes_on_counting),
        cmocka_unit_test(products_are_counted_once_and_baskets_as_they_are),
        cmocka_unit_test(a_backlog_goes_up_in_windows_and_slowly_in_a_call),
        cmocka_unit_test(a_record_makes_sense_to_the_desk),
        cmocka_unit_test(a_spoilt_record_is_refused),
        cmocka_unit_test(a_record_of_a_clock_that_is_ahead_has_no_known_time),
    };
    return cmocka_run_group_tests_name("statistics", tests, NULL, NULL);
}
