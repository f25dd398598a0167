/* The real screens, offscreen: what the advisor touches leaves as a wish, and a shopper's picture goes when it has to. */
#include "patience.h"
#include "pictures/samples.h"
#include "screens_config.h"
#include "studio/picture.h"
#include "studio/screens.h"

#include <cairo.h>
#include <glib/gstdio.h>
#include <SDL2/SDL.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define PICTURE_LUMA 220
#define KEY_X        975 /* of 1 on the keypad */
#define KEY_Y        330
#define TAG_Y        450
#define STAGE_X      450 /* a pixel of the shopper's picture on 1280x800 */
#define STAGE_Y      300

typedef struct {
    char *folder;
    Config *config;
    Mailbox *own, *shopper;
    Screens *screens;
    GPtrArray *wishes; /* of "what argument" */
} Fixture;

static void on_wish(void *data, const char *what, const char *argument)
{
    Fixture *fixture = data;
    g_ptr_array_add(fixture->wishes, g_strdup_printf("%s %s", what, argument));
}

static Config *configure(const char *folder, const char *text)
{
    g_autofree char *path = g_build_filename(folder, "booth.conf", NULL);
    assert_true(g_file_set_contents(path, text, -1, NULL));
    Config *config = config_load(path, screens_keys, NULL);
    assert_non_null(config);
    g_remove(path);
    return config;
}

static int set_up(void **state)
{
    Fixture *fixture = g_new0(Fixture, 1);
    fixture->folder = g_dir_make_tmp("livebooth-screens-XXXXXX", NULL);
    fixture->config = configure(fixture->folder, "[display]\n");
    fixture->own = mailbox_new();
    fixture->shopper = mailbox_new();
    fixture->wishes = g_ptr_array_new_with_free_func(g_free);
    const ScreensEvents events = {.wish = on_wish, .data = fixture};
    fixture->screens = screens_new(fixture->config, fixture->own, fixture->shopper, &events, NULL);
    *state = fixture;
    return fixture->screens ? 0 : -1;
}

static int tear_down(void **state)
{
    Fixture *fixture = *state;
    screens_free(fixture->screens);
    mailbox_free(fixture->own);
    mailbox_free(fixture->shopper);
    config_free(fixture->config);
    g_ptr_array_unref(fixture->wishes);
    g_rmdir(fixture->folder);
    g_free(fixture->folder);
    g_free(fixture);
    return 0;
}

static void show(Fixture *fixture, const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(samples); i++) {
        if (strcmp(samples[i].name, name) != 0) continue;
        json_t *snapshot = sample_snapshot(&samples[i], g_get_monotonic_time() / 1000);
        screens_set_snapshot(fixture->screens, snapshot);
        screens_refresh(fixture->screens);
        json_decref(snapshot);
        return;
    }
    fail_msg("no sample %s", name);
}

static gboolean give_up(gpointer data)
{
    *(gboolean *)data = TRUE;
    return G_SOURCE_REMOVE;
}

/* Runs the main loop until so many wishes came, and compares the last one. */
static void expect_wish(Fixture *fixture, guint count, const char *wish)
{
    gboolean over = FALSE;
    guint timer = g_timeout_add(PATIENCE_MS, give_up, &over);
    while (fixture->wishes->len < count && !over) g_main_context_iteration(NULL, TRUE);
    if (!over) g_source_remove(timer);
    assert_int_equal(fixture->wishes->len, count);
    assert_string_equal(g_ptr_array_index(fixture->wishes, count - 1), wish);
}

static void push_key(SDL_Keycode key, gboolean repeat)
{
    SDL_Event event = {.type = SDL_KEYDOWN};
    event.key.keysym.sym = key;
    event.key.repeat = (Uint8)repeat;
    SDL_PushEvent(&event);
}

static void push_text(const char *text)
{
    SDL_Event event = {.type = SDL_TEXTINPUT};
    g_strlcpy(event.text.text, text, sizeof event.text.text);
    SDL_PushEvent(&event);
}

static void push_finger(Uint32 type, float x, float y)
{
    SDL_Event event = {.type = type};
    event.tfinger.x = x / 1280;
    event.tfinger.y = y / 800;
    SDL_PushEvent(&event);
}

static void keys_become_wishes(void **state)
{
    Fixture *fixture = *state;
    show(fixture, "paused");
    push_key(SDLK_F1, FALSE);
    expect_wish(fixture, 1, "ready ");
    show(fixture, "ready");
    push_key(SDLK_2, FALSE);
    expect_wish(fixture, 2, "pause lunch");
    show(fixture, "paused_lunch");
    push_key(SDLK_F4, FALSE);
    push_key(SDLK_F5, FALSE);
    push_key(SDLK_F6, FALSE);
    expect_wish(fixture, 5, "pause end_of_shift");
    assert_string_equal(g_ptr_array_index(fixture->wishes, 2), "practice ");
    assert_string_equal(g_ptr_array_index(fixture->wishes, 3), "check on");
    show(fixture, "checking");
    push_key(SDLK_F1, FALSE);
    expect_wish(fixture, 6, "check off");
    g_ptr_array_set_size(fixture->wishes, 2);
    show(fixture, "ringing");
    push_key(SDLK_F1, TRUE);
    push_key(SDLK_F2, FALSE);
    expect_wish(fixture, 3, "decline ");
    show(fixture, "live");
    push_key(SDLK_F3, FALSE);
    push_key(SDLK_F6, FALSE);
    push_key(SDLK_F8, FALSE);
    expect_wish(fixture, 6, "hangup ");
    assert_string_equal(g_ptr_array_index(fixture->wishes, 3), "mute on");
    assert_string_equal(g_ptr_array_index(fixture->wishes, 4), "camera pip");
}

static void words_are_typed_and_sent(void **state)
{
    Fixture *fixture = *state;
    show(fixture, "live");
    push_key(SDLK_F7, FALSE);
    push_text("Hei 1x");
    push_key(SDLK_1, FALSE);
    push_key(SDLK_BACKSPACE, FALSE);
    push_key(SDLK_RETURN, FALSE);
    expect_wish(fixture, 1, "chat Hei 1");
}

static void touch_at(Fixture *fixture, float x, float y)
{
    push_finger(SDL_FINGERDOWN, x, y);
    push_finger(SDL_FINGERUP, x, y);
    while (SDL_HasEvents(SDL_FIRSTEVENT, SDL_LASTEVENT)) g_main_context_iteration(NULL, TRUE);
    screens_refresh(fixture->screens);
}

/* By keyboard and bar code reader: the caret goes where the next word belongs. What is typed is noted by itself. */
static void a_wrapup_is_typed(void **state)
{
    Fixture *fixture = *state;
    show(fixture, "wrapup");
    push_key(SDLK_F1, FALSE);
    push_key(SDLK_1, FALSE);
    expect_wish(fixture, 1, "note {\"outcome\":\"sale\",\"order\":\"\",\"value_minor\":0,\"currency\":\"\",\"tags\":[]}");
    push_text("A-17");
    push_key(SDLK_RETURN, FALSE);
    push_text("12.990,5");
    push_key(SDLK_RETURN, FALSE);
    push_key(SDLK_F1, FALSE);
    expect_wish(fixture, 2, "done {\"outcome\":\"sale\",\"order\":\"A-17\",\"value_minor\":1299050,\"currency\":\"NOK\",\"tags\":[]}");
    push_key(SDLK_F2, FALSE);
    expect_wish(fixture, 3, "extend ");
}

/* Two touches end a wrap-up; more say more. */
static void a_wrapup_is_touched(void **state)
{
    Fixture *fixture = *state;
    show(fixture, "wrapup");
    touch_at(fixture, 880, 220);
    touch_at(fixture, 600, 660);
    expect_wish(fixture, 1, "done {\"outcome\":\"advice\",\"order\":\"\",\"value_minor\":0,\"currency\":\"\",\"tags\":[]}");
    show(fixture, "paused");
    show(fixture, "wrapup");
    touch_at(fixture, 150, 220);
    touch_at(fixture, KEY_X, KEY_Y);
    touch_at(fixture, KEY_X + 105, KEY_Y);
    touch_at(fixture, 130, TAG_Y);
    touch_at(fixture, 600, 660);
    expect_wish(fixture, 2, "done {\"outcome\":\"sale\",\"order\":\"12\",\"value_minor\":0,\"currency\":\"\",\"tags\":[\"accessories\"]}");
}

static void a_touch_counts_where_it_began(void **state)
{
    Fixture *fixture = *state;
    show(fixture, "ringing");
    push_finger(SDL_FINGERDOWN, 270, 640);
    push_finger(SDL_FINGERUP, 270, 300);
    push_finger(SDL_FINGERDOWN, 700, 640);
    push_finger(SDL_FINGERUP, 270, 640);
    push_finger(SDL_FINGERDOWN, 270, 640);
    push_finger(SDL_FINGERUP, 280, 650);
    expect_wish(fixture, 1, "accept ");
}

static void nothing_is_wished_of_a_missing_agent(void **state)
{
    Fixture *fixture = *state;
    show(fixture, "live");
    screens_set_snapshot(fixture->screens, NULL);
    screens_refresh(fixture->screens);
    push_key(SDLK_F8, FALSE);
    push_key(SDLK_F3, FALSE);
    while (SDL_HasEvents(SDL_FIRSTEVENT, SDL_LASTEVENT)) g_main_context_iteration(NULL, TRUE);
    assert_int_equal(fixture->wishes->len, 0);
    show(fixture, "ringing");
    assert_true(screens_rings(fixture->screens));
    screens_set_snapshot(fixture->screens, NULL);
    assert_false(screens_rings(fixture->screens));
}

static void put_picture(Mailbox *mailbox)
{
    gsize luma = 640 * 360, size = luma * 3 / 2;
    guint8 *bytes = g_malloc(size);
    memset(bytes, PICTURE_LUMA, luma);
    memset(bytes + luma, 128, size - luma);
    GstBuffer *buffer = gst_buffer_new_wrapped(bytes, size);
    GstCaps *caps = gst_caps_from_string("video/x-raw,format=I420,width=640,height=360,framerate=30/1");
    GstSample *sample = gst_sample_new(buffer, caps, NULL, NULL);
    mailbox_put(mailbox, sample);
    gst_sample_unref(sample);
    gst_buffer_unref(buffer);
    gst_caps_unref(caps);
}

/* The green part of one pixel of the console. */
static int pixel(Fixture *fixture, int x, int y)
{
    g_autofree char *path = g_build_filename(fixture->folder, "console.png", NULL);
    assert_true(screens_screenshot(fixture->screens, "console", path, NULL));
    cairo_surface_t *surface = cairo_image_surface_create_from_png(path);
    assert_int_equal(cairo_image_surface_get_width(surface), 1280);
    const guint32 *row =
        (const guint32 *)(void *)(cairo_image_surface_get_data(surface) + (gsize)y * cairo_image_surface_get_stride(surface));
    int green = (int)((row[x] >> 8) & 0xff);
    cairo_surface_destroy(surface);
    g_remove(path);
    return green;
}

static void the_shoppers_picture_comes_and_goes(void **state)
{
    Fixture *fixture = *state;
    show(fixture, "live");
    assert_true(pixel(fixture, STAGE_X, STAGE_Y) < 100);
    put_picture(fixture->shopper);
    assert_true(pixel(fixture, STAGE_X, STAGE_Y) > 200);
    screens_set_snapshot(fixture->screens, NULL);
    assert_true(pixel(fixture, STAGE_X, STAGE_Y) > 200);
    mailbox_clear(fixture->shopper);
    assert_true(pixel(fixture, STAGE_X, STAGE_Y) < 100);
    put_picture(fixture->shopper);
    show(fixture, "live");
    assert_true(pixel(fixture, STAGE_X, STAGE_Y) > 200);
    show(fixture, "wrapup");
    assert_true(pixel(fixture, STAGE_X, STAGE_Y) < 100);
}

static void a_frozen_picture_counts_as_gone(void **state)
{
    Fixture *fixture = *state;
    Picture *picture = picture_new("shopper", NULL, fixture->shopper);
    gint64 now = g_get_monotonic_time();
    assert_false(picture_is_moving(picture, now));
    put_picture(fixture->shopper);
    now = mailbox_last_put(fixture->shopper);
    assert_true(picture_is_moving(picture, now + PICTURE_FRESH_US - 1));
    assert_false(picture_is_moving(picture, now + PICTURE_FRESH_US));
    picture_free(picture);
}

static void health_and_faults_are_told(void **state)
{
    Fixture *fixture = *state;
    json_t *health = screens_health(fixture->screens);
    const char *name = NULL;
    int ok = 0;
    assert_int_equal(json_unpack(health, "{s:{s:s, s:b}}", "console", "name", &name, "ok", &ok), 0);
    assert_string_equal(name, "offscreen");
    assert_true(ok);
    json_decref(health);
    g_autoptr(GError) error = NULL;
    assert_false(screens_screenshot(fixture->screens, "window", "/nowhere", &error));
    g_clear_error(&error);
    assert_false(screens_screenshot(fixture->screens, "demo", "/nowhere/x.png", &error));
    static const char *const wrong[] = {"[display]\ntheme=pink\n", "[display]\nconsole_size=large\n", "[display]\ndriver=crt\n",
                                        "[booth]\nlanguage=qq\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_clear_error(&error);
        g_autoptr(Config) config = configure(fixture->folder, wrong[i]);
        assert_null(screens_new(config, NULL, NULL, NULL, &error));
        assert_non_null(error);
    }
}

/* The booth goes on and says what is missing; nothing that is for the advisor goes to another output. */
static void a_console_without_its_output_is_missing_and_drawn_unseen(void **state)
{
    Fixture *fixture = *state;
    screens_free(fixture->screens);
    g_autoptr(Config) config = configure(fixture->folder, "[display]\ndriver=kmsdrm\nconsole_output=Nowhere-9\n");
    fixture->screens = screens_new(config, fixture->own, fixture->shopper, NULL, NULL);
    assert_non_null(fixture->screens);
    show(fixture, "ready");
    json_t *health = screens_health(fixture->screens);
    const char *name = NULL, *console = NULL, *demo = NULL;
    int console_ok = 1, demo_ok = 1;
    assert_int_equal(json_unpack(health, "{s:{s:s, s:b, s:s}, s:{s:b, s:s}}", "console", "name", &name, "ok", &console_ok, "problem",
                                 &console, "demo", "ok", &demo_ok, "problem", &demo),
                     0);
    assert_string_equal(name, "Nowhere-9");
    assert_string_equal(console, "console_missing");
    assert_string_equal(demo, "demo_missing");
    assert_false(console_ok || demo_ok);
    assert_false(screens_must_restart(fixture->screens));
    json_decref(health);
}

/* What is on the demo display is told as soon as it is drawn, with the time since when it was read back. */
static void count_shown(void *data)
{
    (*(guint *)data)++;
}

static void what_the_demo_display_shows_is_told(void **state)
{
    Fixture *fixture = *state;
    guint count = 0;
    screens_free(fixture->screens);
    const ScreensEvents events = {.shown = count_shown, .data = &count};
    fixture->screens = screens_new(fixture->config, fixture->own, fixture->shopper, &events, NULL);
    assert_non_null(fixture->screens);
    assert_int_equal(count, 1);
    const char *const ids[] = {"A1", "A1", "B2", NULL};
    const guint counts[] = {2, 2, 3, 4};
    json_int_t since = 0;
    for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
        json_t *snapshot = json_pack("{s:s, s:n}", "state", "ready", "show");
        if (ids[i])
            json_object_set_new(
                snapshot, "show",
                json_pack("{s:s, s:[{s:s, s:s}], s:i}", "kind", "product", "products", "id", ids[i], "title", "", "index", 0));
        screens_set_snapshot(fixture->screens, snapshot);
        screens_refresh(fixture->screens);
        json_decref(snapshot);
        assert_int_equal(count, counts[i]);
        json_t *health = screens_health(fixture->screens), *shows = json_object_get(json_object_get(health, "demo"), "shows");
        assert_true(json_is_true(json_object_get(shows, "ok")));
        assert_true(json_integer_value(json_object_get(shows, "since_utc")) >= MAX(since, 1));
        since = json_integer_value(json_object_get(shows, "since_utc"));
        json_decref(health);
    }
}

/* A booth that says that it has no product display lacks none, and shows none. */
static void one_screen_may_be_all(void **state)
{
    Fixture *fixture = *state;
    screens_free(fixture->screens);
    g_autoptr(Config) config = configure(fixture->folder, "[display]\ndemo_output=none\n");
    fixture->screens = screens_new(config, fixture->own, fixture->shopper, NULL, NULL);
    assert_non_null(fixture->screens);
    show(fixture, "live");
    json_t *health = screens_health(fixture->screens);
    const char *driver = NULL, *problem = NULL;
    int ok = 0;
    assert_int_equal(json_unpack(health, "{s:{s:s, s:b, s:s}}", "demo", "driver", &driver, "ok", &ok, "problem", &problem), 0);
    assert_string_equal(driver, "none");
    assert_string_equal(problem, "");
    assert_true(ok);
    assert_null(json_object_get(json_object_get(health, "demo"), "shows"));
    json_decref(health);
    assert_false(screens_must_restart(fixture->screens));
    assert_false(screens_screenshot(fixture->screens, "demo", "/nowhere/x.png", NULL));
    screens_free(fixture->screens);
    fixture->screens = NULL;
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keys_become_wishes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(words_are_typed_and_sent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wrapup_is_typed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wrapup_is_touched, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_touch_counts_where_it_began, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_wished_of_a_missing_agent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_shoppers_picture_comes_and_goes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_frozen_picture_counts_as_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(health_and_faults_are_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_console_without_its_output_is_missing_and_drawn_unseen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_the_demo_display_shows_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_screen_may_be_all, set_up, tear_down),
    };
    int failed = cmocka_run_group_tests_name("screens", tests, NULL, NULL);
    gst_deinit();
    return failed;
}
