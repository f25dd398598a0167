/* What the console makes of a snapshot and the clock; the layout's arithmetic, the themes' contrast, and the text fields. */
#include "studio/field.h"
#include "studio/layout.h"
#include "studio/theme.h"
#include "studio/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static json_t *parse(const char *json)
{
    json_t *value = json_loads(json, 0, NULL);
    assert_non_null(value);
    return value;
}

static void states_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        ViewState state;
    } rows[] = {
        {"{}", VIEW_STARTING},
        {"{\"state\":\"\"}", VIEW_STARTING},
        {"{\"state\":7}", VIEW_STARTING},
        {"{\"state\":\"dancing\"}", VIEW_STARTING},
        {"{\"state\":\"starting\"}", VIEW_STARTING},
        {"{\"state\":\"paused\"}", VIEW_PAUSED},
        {"{\"state\":\"ready\"}", VIEW_READY},
        {"{\"state\":\"ringing\"}", VIEW_RINGING},
        {"{\"state\":\"connecting\"}", VIEW_CONNECTING},
        {"{\"state\":\"live\"}", VIEW_LIVE},
        {"{\"state\":\"wrapup\"}", VIEW_WRAPUP},
    };
    View view;
    view_read(&view, NULL, FALSE);
    assert_int_equal(view.state, VIEW_UNKNOWN);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        json_t *snapshot = parse(rows[i].json);
        view_read(&view, snapshot, FALSE);
        assert_int_equal(view.state, rows[i].state);
        assert_false(view.link_up);
        assert_int_equal(view.checks[DEVICE_CAMERA_FACE], CHECK_UNKNOWN);
        json_decref(snapshot);
    }
}

static void a_strange_snapshot_harms_nothing(void **state)
{
    (void)state;
    json_t *snapshot =
        parse("{\"state\":\"live\",\"problems\":{\"a\":1},\"queue\":[1],\"call\":\"c\",\"studio\":5,\"link\":true,\"wrapup\":3,"
              "\"since_mono\":-5,\"name\":9,\"muted\":\"yes\"}");
    View view;
    view_read(&view, snapshot, FALSE);
    assert_int_equal(view.problem_count, 0);
    assert_false(view.in_call);
    assert_false(view.muted);
    assert_string_equal(view.name, "");
    assert_int_equal(view.since_mono, 0);
    json_decref(snapshot);
    snapshot = json_object();
    json_t *problems = json_array(), *topics = json_object();
    for (int i = 0; i < 100; i++) {
        json_array_append_new(problems, json_pack("{s:s, s:b}", "name", "x", "blocks_ready", i == 3));
        g_autofree char *id = g_strdup_printf("t%d", i);
        json_object_set_new(topics, id, json_pack("{s:i}", "waiting", i));
    }
    json_object_set_new(snapshot, "problems", problems);
    json_object_set_new(snapshot, "queue", json_pack("{s:o}", "topics", topics));
    view_read(&view, snapshot, FALSE);
    assert_int_equal(view.problem_count, VIEW_PROBLEMS_MAX);
    assert_int_equal(view.topic_count, VIEW_TOPICS_MAX);
    assert_true(view.blocked);
    json_decref(snapshot);
}

static void the_line_is_put_into_words(void **state)
{
    (void)state;
    static const struct {
        const char *media, *call;
        ViewLine line;
    } rows[] = {
        {"{}", "up", LINE_UNKNOWN},
        {"{\"state\":\"connecting\"}", "connecting", LINE_UNKNOWN},
        {"{\"state\":\"connected\",\"rtt_ms\":20,\"loss\":0.0,\"received_fps\":30}", "up", LINE_GOOD},
        {"{\"state\":\"connected\",\"rtt_ms\":20,\"loss\":0,\"received_fps\":0}", "up", LINE_GOOD},
        {"{\"state\":\"connected\",\"rtt_ms\":160,\"loss\":0.0,\"received_fps\":30}", "up", LINE_FAIR},
        {"{\"state\":\"connected\",\"rtt_ms\":20,\"loss\":0.03,\"received_fps\":30}", "up", LINE_FAIR},
        {"{\"state\":\"connected\",\"rtt_ms\":20,\"loss\":0.0,\"received_fps\":15}", "up", LINE_FAIR},
        {"{\"state\":\"connected\",\"rtt_ms\":500,\"loss\":0.0,\"received_fps\":30}", "up", LINE_POOR},
        {"{\"state\":\"connected\",\"rtt_ms\":20,\"loss\":0.2,\"received_fps\":30}", "up", LINE_POOR},
        {"{\"state\":\"connected\",\"rtt_ms\":20,\"loss\":0.0,\"received_fps\":5}", "up", LINE_POOR},
        {"{\"state\":\"lost\"}", "up", LINE_LOST},
        {"{\"state\":\"connected\"}", "lost", LINE_LOST},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *json = g_strdup_printf("{\"state\":\"live\",\"call\":{\"media\":\"%s\"},\"studio\":{\"health\":{\"media\":%s}}}",
                                                rows[i].call, rows[i].media);
        json_t *snapshot = parse(json);
        View view;
        view_read(&view, snapshot, FALSE);
        assert_int_equal(view.line, rows[i].line);
        json_decref(snapshot);
    }
}

static void checks_follow_health_and_problems(void **state)
{
    (void)state;
    json_t *snapshot =
        parse("{\"link\":{\"up\":true},\"problems\":[{\"name\":\"microphone_silent\"},{\"name\":\"storage_failing\"}],\"checks\":["
              "{\"name\":\"desk\",\"state\":\"ok\"},{\"name\":\"camera_face\",\"state\":\"ok\"},{\"name\":\"camera_product\",\"state\":"
              "\"unused\"},"
              "{\"name\":\"microphone\",\"state\":\"ok\"},{\"name\":\"speaker\",\"state\":\"simulated\"},"
              "{\"name\":\"demo\",\"state\":\"bad\",\"problem\":\"demo_missing\"},{\"name\":\"clock\",\"state\":\"waiting\"},"
              "{\"name\":\"network\",\"state\":\"ok\"},{\"name\":\"enrolment\",\"state\":\"bad\",\"problem\":\"token_used\"},"
              "{\"name\":\"tea\",\"state\":\"ok\"},7]}");
    View view;
    view_read(&view, snapshot, FALSE);
    static const ViewCheck expected[DEVICES] = {[DEVICE_NETWORK] = CHECK_OK,
                                                [DEVICE_ENROLMENT] = CHECK_BAD,
                                                [DEVICE_LINK] = CHECK_OK,
                                                [DEVICE_CAMERA_FACE] = CHECK_OK,
                                                [DEVICE_CAMERA_PRODUCT] = CHECK_UNUSED,
                                                [DEVICE_MICROPHONE] = CHECK_BAD,
                                                [DEVICE_SPEAKER] = CHECK_SIMULATED,
                                                [DEVICE_DEMO] = CHECK_BAD,
                                                [DEVICE_STORAGE] = CHECK_BAD,
                                                [DEVICE_CLOCK] = CHECK_UNKNOWN};
    for (guint i = 0; i < DEVICES; i++) assert_int_equal(view.checks[i], expected[i]);
    assert_string_equal(view_device_problem(&view, DEVICE_MICROPHONE), "microphone_silent");
    assert_string_equal(view.check_problems[DEVICE_MICROPHONE], "microphone_silent");
    assert_string_equal(view.check_problems[DEVICE_DEMO], "demo_missing");
    assert_string_equal(view.check_problems[DEVICE_ENROLMENT], "token_used");
    assert_null(view_device_problem(&view, DEVICE_SPEAKER));
    view_read(&view, snapshot, TRUE);
    assert_false(view.link_up);
    json_decref(snapshot);
}

static void time_is_counted_down(void **state)
{
    (void)state;
    assert_int_equal(view_seconds_left(5000, 0), 5);
    assert_int_equal(view_seconds_left(5001, 0), 6);
    assert_int_equal(view_seconds_left(5000, 9000), 0);
    assert_true(view_part_left(0, 100, 25) == 0.75);
    assert_true(view_part_left(0, 100, 200) == 0);
    assert_true(view_part_left(0, 100, -50) == 1);
    assert_true(view_part_left(100, 100, 50) == 0);
    View view = {.waiting = 2, .oldest_ms = 1000, .now_mono = 500};
    assert_int_equal(view_longest_wait(&view, 2500), 3000);
    assert_int_equal(view_longest_wait(&view, 0), 1000);
    view.told_mono = 2000;
    assert_int_equal(view_longest_wait(&view, 2500), 1500);
    const ViewTopic topic = {.waiting = 1, .oldest_ms = 300}, nobody = {.oldest_ms = 300};
    assert_int_equal(view_topic_wait(&view, &topic, 2500), 800);
    assert_int_equal(view_topic_wait(&view, &nobody, 2500), 0);
    view.waiting = 0;
    assert_int_equal(view_longest_wait(&view, 2500), 0);
}

static void the_service_level_has_its_number(void **state)
{
    (void)state;
    static const struct {
        ViewService service;
        int percent;
        ViewLevel level;
    } rows[] = {{{0, 0}, -1, LEVEL_UNKNOWN}, {{10, 10}, 100, LEVEL_GOOD}, {{10, 8}, 80, LEVEL_GOOD}, {{1000, 799}, 79, LEVEL_FAIR},
                {{10, 6}, 60, LEVEL_FAIR},   {{10, 5}, 50, LEVEL_POOR},   {{3, 0}, 0, LEVEL_POOR}};
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        assert_int_equal(view_percent(&rows[i].service), rows[i].percent);
        assert_int_equal(view_level(&rows[i].service), rows[i].level);
    }
    json_t *snapshot =
        parse("{\"state\":\"ready\",\"queue\":{\"waiting\":1,\"alert\":true,\"service\":{\"within_ms\":20000,\"n\":2,\"good\":9},"
              "\"topics\":{\"tv\":{\"waiting\":1,\"oldest_ms\":7,\"n\":4,\"good\":3},\"phones\":{\"waiting\":0,\"n\":0}}}}");
    View view;
    view_read(&view, snapshot, FALSE);
    assert_true(view.alert);
    assert_int_equal(view.within_ms, 20000);
    assert_int_equal(view_percent(&view.service), 100);
    assert_int_equal(view.topic_count, 1);
    assert_int_equal(view_percent(&view.topics[0].service), 75);
    json_decref(snapshot);
}

static void links_are_shortened(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", ""},
        {"https://www.shop.no/", "shop.no"},
        {"https://shop.no/tv/55?ref=x#y", "shop.no/tv/55"},
        {"https://shop.no/home/appliances/dishwashers/p-1234", "shop.no/…shers/p-1234"},
        {"\xff\xfe", ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *link = view_short_link(rows[i][0], 21);
        assert_string_equal(link, rows[i][1]);
    }
}

static void amounts_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *typed;
        int decimals;
        gint64 minor; /* -1: none */
    } rows[] = {{"", 2, -1},
                {"0", 2, 0},
                {"12990", 2, 1299000},
                {"12,5", 2, 1250},
                {"12.05", 2, 1205},
                {"12.", 2, 1200},
                {"12,3456", 2, -1},
                {"12x 3", 2, 12300},
                {"1500", 0, 1500},
                {"15,5", 0, -1},
                {",5", 2, 500},
                {"1,2,3", 2, 1230},
                {"999999999999", 2, G_GINT64_CONSTANT(99999999999900)}};
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Field *field = field_new(FIELD_AMOUNT_MAX);
        field->amount = TRUE;
        field_type(field, rows[i].typed);
        gint64 minor = -1;
        assert_int_equal(field_amount(field, rows[i].decimals, &minor), rows[i].minor >= 0);
        assert_int_equal(minor, rows[i].minor);
        field_free(field);
    }
}

static void rectangles_are_divided(void **state)
{
    (void)state;
    Rect rect = {0, 0, 100, 50}, piece = rect_cut_left(&rect, 30, 10);
    assert_true(piece.w == 30 && rect.x == 40 && rect.w == 60);
    piece = rect_cut_right(&rect, 20, 5);
    assert_true(piece.x == 80 && piece.w == 20 && rect.w == 35);
    piece = rect_cut_bottom(&rect, 10, 5);
    assert_true(piece.y == 40 && piece.h == 10 && rect.h == 35);
    piece = rect_cut_top(&rect, 90, 5);
    assert_true(piece.h == 35 && rect.h == 0);
    rect = (Rect){0, 0, 100, 50};
    piece = rect_column(rect, 3, 2, 5);
    assert_true(piece.w == 30 && piece.x == 70);
    piece = rect_row(rect, 2, 1, 10);
    assert_true(piece.h == 20 && piece.y == 30);
    piece = rect_fit(rect, 1);
    assert_true(piece.w == 50 && piece.x == 25);
    piece = rect_fit((Rect){0, 0, 0, 50}, 1);
    assert_true(piece.w == 0 && piece.h == 0);
    assert_true(rect_contains(rect, 0, 0) && !rect_contains(rect, 100, 10));
    assert_false(rect_overlaps((Rect){0, 0, 10, 10}, (Rect){10, 0, 10, 10}));
    assert_true(rect_overlaps((Rect){0, 0, 10, 10}, (Rect){9, 9, 10, 10}));
    assert_true(layout_scale(1280, 800) == 1);
    assert_true(layout_scale(1920, 1080) == 1.35);
    assert_true(layout_scale(1024, 768) == 0.8);
}

static void touch_targets_are_twelve_millimetres(void **state)
{
    (void)state;
    static const double inch = 25.4, diagonal = 15.6;
    static const int sizes[][2] = {{1280, 800}, {1920, 1080}, {1920, 1200}};
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        double w = sizes[i][0], h = sizes[i][1], pixels = __builtin_sqrt(w * w + h * h);
        assert_true(LAYOUT_TOUCH * layout_scale((int)w, (int)h) / (pixels / (diagonal * inch)) >= 12);
    }
}

static void themes_have_contrast(void **state)
{
    (void)state;
    static const char *const names[] = {"dark", "day"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        const Theme *t = theme_find(names[i]);
        assert_non_null(t);
        const guint32 grounds[] = {t->background, t->surface, t->raised};
        const guint32 words[] = {t->text, t->text_soft, t->accent, t->good, t->danger, t->warn};
        for (gsize g = 0; g < G_N_ELEMENTS(grounds); g++) {
            for (gsize w = 0; w < G_N_ELEMENTS(words); w++) assert_true(theme_contrast(grounds[g], words[w]) >= 4.5);
            assert_true(theme_contrast(grounds[g], t->focus) >= 3);
        }
        const guint32 pairs[][2] = {{t->accent_fill, t->on_accent},
                                    {t->good_fill, t->on_good},
                                    {t->danger_fill, t->on_danger},
                                    {t->warn_fill, t->on_warn},
                                    {t->stage, t->on_stage}};
        for (gsize p = 0; p < G_N_ELEMENTS(pairs); p++) assert_true(theme_contrast(pairs[p][0], pairs[p][1]) >= 4.5);
    }
    assert_null(theme_find("night"));
    assert_true(theme_contrast(0, 0xffffff) > 20.9 && theme_contrast(0x777777, 0x777777) == 1);
    assert_int_equal(theme_mix(0x000000, 0xff8040, 0.5), 0x804020);
}

static void a_field_takes_what_fits(void **state)
{
    (void)state;
    Field *field = field_new(4);
    assert_true(field_type(field, "på\n"));
    assert_string_equal(field->text->str, "på");
    assert_false(field_type(field, "\xff"));
    assert_true(field_type(field, "åøæ"));
    assert_string_equal(field->text->str, "pååø");
    assert_false(field_type(field, "x"));
    assert_true(field_rub_out(field));
    assert_string_equal(field->text->str, "påå");
    field_clear(field);
    assert_false(field_rub_out(field));
    field_free(field);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_are_read),
        cmocka_unit_test(a_strange_snapshot_harms_nothing),
        cmocka_unit_test(the_line_is_put_into_words),
        cmocka_unit_test(checks_follow_health_and_problems),
        cmocka_unit_test(time_is_counted_down),
        cmocka_unit_test(the_service_level_has_its_number),
        cmocka_unit_test(links_are_shortened),
        cmocka_unit_test(amounts_are_read),
        cmocka_unit_test(rectangles_are_divided),
        cmocka_unit_test(touch_targets_are_twelve_millimetres),
        cmocka_unit_test(themes_have_contrast),
        cmocka_unit_test(a_field_takes_what_fits),
    };
    return cmocka_run_group_tests_name("view", tests, NULL, NULL);
}
