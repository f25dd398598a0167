/* A bar code reader at the real console, offscreen: it shows its product whatever has the focus, and what it typed is not left anywhere. */
#include "patience.h"
#include "pictures/samples.h"
#include "screens_config.h"
#include "studio/screens.h"

#include <glib/gstdio.h>
#include <SDL2/SDL.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define CODE "7090400079198"

typedef struct {
    Config *config;
    Screens *screens;
    GPtrArray *wishes; /* of "what argument" */
} Fixture;

static void on_wish(void *data, const char *what, const char *argument)
{
    g_ptr_array_add(((Fixture *)data)->wishes, g_strdup_printf("%s %s", what, argument));
}

static int set_up(void **state)
{
    Fixture *fixture = g_new0(Fixture, 1);
    g_autofree char *path = NULL;
    int file = g_file_open_tmp("livebooth-scan-XXXXXX", &path, NULL);
    if (file < 0) return -1;
    g_close(file, NULL);
    fixture->config = config_load(path, screens_keys, NULL);
    g_remove(path);
    fixture->wishes = g_ptr_array_new_with_free_func(g_free);
    const ScreensEvents events = {.wish = on_wish, .data = fixture};
    fixture->screens = fixture->config ? screens_new(fixture->config, NULL, NULL, &events, NULL) : NULL;
    *state = fixture;
    return fixture->screens ? 0 : -1;
}

static int tear_down(void **state)
{
    Fixture *fixture = *state;
    screens_free(fixture->screens);
    config_free(fixture->config);
    g_ptr_array_unref(fixture->wishes);
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
    }
}

static void push_key_at(SDL_Keycode key, Uint32 time)
{
    SDL_Event event = {.type = SDL_KEYDOWN};
    event.key.keysym.sym = key;
    event.key.timestamp = time;
    assert_int_equal(SDL_PeepEvents(&event, 1, SDL_ADDEVENT, 0, 0), 1); /* SDL_PushEvent() would note its own time */
}

static void push_key(SDL_Keycode key)
{
    push_key_at(key, SDL_GetTicks());
}

static void push_text(const char *text)
{
    SDL_Event event = {.type = SDL_TEXTINPUT};
    g_strlcpy(event.text.text, text, sizeof event.text.text);
    SDL_PushEvent(&event);
}

/* As SDL tells a reader: a key and, where words may go, its character; all within the time that a reader takes, whatever the test itself
 * takes. */
static void scan(const char *digits)
{
    const Uint32 time = SDL_GetTicks();
    for (const char *at = digits; *at; at++) {
        push_key_at(SDLK_0 + (*at - '0'), time);
        if (SDL_IsTextInputActive()) push_text((char[]){*at, '\0'});
    }
    push_key_at(SDLK_RETURN, time);
}

/* Runs the main loop until one of the wishes since first is that one; its number. */
static guint await(Fixture *fixture, guint first, const char *wish)
{
    for (gint64 until = g_get_monotonic_time() + PATIENCE_US; g_get_monotonic_time() < until;) {
        for (guint i = first; i < fixture->wishes->len; i++) {
            if (strcmp(fixture->wishes->pdata[i], wish) == 0) return i;
        }
        g_main_context_iteration(NULL, TRUE);
    }
    fail_msg("\"%s\" was not wished", wish);
    return 0;
}

static void with_nothing_focused_digits_are_no_shortcuts(void **state)
{
    Fixture *fixture = *state;
    static const char *const states[] = {"ready", "paused", "live", "ringing"};
    for (gsize i = 0; i < G_N_ELEMENTS(states); i++) {
        show(fixture, states[i]);
        guint first = fixture->wishes->len;
        scan(CODE);
        await(fixture, first, "scan " CODE);
        assert_int_equal(fixture->wishes->len, first + 1);
    }
}

static void a_person_s_digit_is_a_shortcut_still(void **state)
{
    Fixture *fixture = *state;
    show(fixture, "ready");
    push_key(SDLK_1);
    await(fixture, 0, "pause break");
}

static void what_is_typed_elsewhere_stays_as_it_was(void **state)
{
    Fixture *fixture = *state;
    show(fixture, "live");
    push_key(SDLK_F7);
    push_text("hello");
    for (int i = 0; i < 20; i++) g_main_context_iteration(NULL, TRUE);
    scan(CODE);
    await(fixture, 0, "scan " CODE);
    push_key(SDLK_F7);
    push_text(" you");
    push_key(SDLK_RETURN);
    await(fixture, 0, "chat hello you");
}

static void the_search_goes_on_with_its_own_words(void **state)
{
    Fixture *fixture = *state;
    show(fixture, "ready");
    push_key(SDLK_F9);
    for (int i = 0; i < 20; i++) g_main_context_iteration(NULL, TRUE);
    push_text("tv");
    await(fixture, 0, "search tv");
    scan(CODE);
    guint scanned = await(fixture, 0, "scan " CODE);
    assert_string_equal(fixture->wishes->pdata[scanned - 1], "search tv");
    json_t *list = json_pack("[{s:s}]", "id", "FV55");
    screens_set_products(fixture->screens, "tv", list);
    json_decref(list);
    guint first = fixture->wishes->len;
    push_key(SDLK_RETURN);
    await(fixture, first, "show product\nFV55");
}

static void an_order_number_is_typed_where_it_goes(void **state)
{
    Fixture *fixture = *state;
    show(fixture, "wrapup");
    for (int tries = 0; tries < 30 && !SDL_IsTextInputActive(); tries++) {
        push_key(SDLK_TAB);
        for (int i = 0; i < 10; i++) g_main_context_iteration(NULL, TRUE);
    }
    assert_true(SDL_IsTextInputActive());
    scan(CODE);
    for (int i = 0; i < 40; i++) g_main_context_iteration(NULL, TRUE);
    for (guint i = 0; i < fixture->wishes->len; i++) assert_null(strstr(fixture->wishes->pdata[i], "scan"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(with_nothing_focused_digits_are_no_shortcuts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_person_s_digit_is_a_shortcut_still, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_typed_elsewhere_stays_as_it_was, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_search_goes_on_with_its_own_words, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_order_number_is_typed_where_it_goes, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
