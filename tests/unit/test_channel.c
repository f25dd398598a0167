/* The data channel: who is spoken to how, what is told again, what a page may say. */
#include "studio/channel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SECOND G_USEC_PER_SEC

typedef struct {
    GPtrArray *sent, *heard;
    gboolean open;
    Channel *channel;
} Fixture;

static gboolean on_send(void *data, const char *text, GError **error)
{
    Fixture *fixture = data;
    if (!fixture->open) {
        g_set_error_literal(error, 1, 0, "not open");
        return FALSE;
    }
    g_ptr_array_add(fixture->sent, g_strdup(text));
    return TRUE;
}

static void on_chat(void *data, const char *text)
{
    g_ptr_array_add(((Fixture *)data)->heard, g_strconcat("chat ", text, NULL));
}

static void on_basket(void *data, const char *id, guint quantity, gboolean add)
{
    g_ptr_array_add(((Fixture *)data)->heard, g_strdup_printf("%s %s %u", add ? "add" : "set", id, quantity));
}

static int set_up(void **state)
{
    Fixture *fixture = g_new0(Fixture, 1);
    fixture->sent = g_ptr_array_new_with_free_func(g_free);
    fixture->heard = g_ptr_array_new_with_free_func(g_free);
    fixture->open = TRUE;
    fixture->channel = channel_new(&(ChannelEvents){on_send, on_chat, on_basket, fixture});
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    Fixture *fixture = *state;
    channel_free(fixture->channel);
    g_ptr_array_unref(fixture->sent);
    g_ptr_array_unref(fixture->heard);
    g_free(fixture);
    return 0;
}

static void set_snapshot(Fixture *fixture, const char *text)
{
    json_t *snapshot = json_loads(text, 0, NULL);
    assert_non_null(snapshot);
    channel_set_snapshot(fixture->channel, snapshot);
    json_decref(snapshot);
}

#define LIVE                                                                                                                               \
    "{\"state\":\"live\",\"show\":{\"kind\":\"product\",\"products\":[{\"id\":\"A\",\"title\":\"T\"}],\"index\":0},"                       \
    "\"basket\":[],\"checkout\":\"\"}"
#define LIVE_BASKET                                                                                                                        \
    "{\"state\":\"live\",\"show\":{\"kind\":\"product\",\"products\":[{\"id\":\"A\",\"title\":\"T\"}],\"index\":0},"                       \
    "\"basket\":[{\"id\":\"A\",\"quantity\":1}],\"checkout\":\"https://s/\"}"
#define OVER "{\"state\":\"wrapup\",\"show\":null,\"basket\":[],\"checkout\":\"\"}"

static void only_a_page_that_says_hello_is_told(void **state)
{
    Fixture *fixture = *state;
    set_snapshot(fixture, LIVE);
    assert_true(channel_say(fixture->channel, "hi", NULL));
    assert_string_equal(fixture->sent->pdata[0], "hi");
    channel_take(fixture->channel, 1, "{\"t\":\"hello\",\"v\":1}", SECOND);
    assert_int_equal(fixture->sent->len, 3);
    assert_non_null(strstr(fixture->sent->pdata[1], "\"t\":\"card\""));
    assert_non_null(strstr(fixture->sent->pdata[2], "\"t\":\"basket\""));
    set_snapshot(fixture, LIVE);
    assert_int_equal(fixture->sent->len, 3);
    set_snapshot(fixture, LIVE_BASKET);
    assert_int_equal(fixture->sent->len, 4);
    assert_true(channel_say(fixture->channel, "hi", NULL));
    assert_string_equal(fixture->sent->pdata[4], "{\"t\":\"chat\",\"text\":\"hi\"}");
    channel_take(fixture->channel, 2, "{\"t\":\"hello\",\"v\":1}", SECOND); /* another peer connection: all again */
    assert_int_equal(fixture->sent->len, 7);
    set_snapshot(fixture, OVER);
    channel_take(fixture->channel, 2, "{\"t\":\"hello\",\"v\":1}", SECOND);
    assert_int_equal(fixture->sent->len, 7);
}

static void what_could_not_be_sent_is_told_later(void **state)
{
    Fixture *fixture = *state;
    set_snapshot(fixture, LIVE);
    fixture->open = FALSE;
    channel_take(fixture->channel, 1, "{\"t\":\"hello\",\"v\":1}", SECOND);
    assert_int_equal(fixture->sent->len, 0);
    fixture->open = TRUE;
    set_snapshot(fixture, LIVE);
    assert_int_equal(fixture->sent->len, 2);
}

static void what_a_page_may_say(void **state)
{
    static const struct {
        const char *text, *heard;
    } cases[] = {
        {"plain words", "chat plain words"},
        {"{\"t\":\"chat\",\"text\":\"x\"}", "chat x"},
        {"{\"t\":\"basket_add\",\"id\":\"A\",\"quantity\":2}", "add A 2"},
        {"{\"t\":\"basket_set\",\"id\":\"A\",\"quantity\":0}", "set A 0"},
        {"{\"t\":\"hello\",\"v\":1}", NULL},
        {"plain words", NULL},
        {"{\"t\":\"chat\",\"text\":\"\"}", NULL},
        {"{\"t\":\"basket_add\",\"id\":\"A\",\"quantity\":0}", NULL},
        {"{\"t\":\"basket_add\",\"id\":\"A\",\"quantity\":100}", NULL},
        {"{\"t\":\"basket_add\",\"id\":\"A\",\"quantity\":-1}", NULL},
        {"{\"t\":\"basket_add\",\"id\":\"\",\"quantity\":1}", NULL},
        {"{\"t\":\"basket_add\",\"id\":\"A\"}", NULL},
        {"{\"t\":\"basket_add\",\"id\":\"A\",\"quantity\":1,\"price\":1}", NULL},
        {"{\"t\":\"card\",\"kind\":\"product\",\"products\":[],\"index\":0}", NULL},
        {"[]", NULL},
        {"", NULL},
    };
    Fixture *fixture = *state;
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint before = fixture->heard->len;
        channel_take(fixture->channel, 1, cases[i].text, (gint64)(i + 1) * SECOND);
        assert_int_equal(fixture->heard->len - before, cases[i].heard ? 1 : 0);
        if (cases[i].heard) assert_string_equal(fixture->heard->pdata[before], cases[i].heard);
    }
}

static void a_flood_is_dropped(void **state)
{
    Fixture *fixture = *state;
    for (int i = 0; i < 500; i++) channel_take(fixture->channel, 1, "word", SECOND);
    assert_int_equal(fixture->heard->len, CHANNEL_BURST);
    channel_take(fixture->channel, 1, "word", 2 * SECOND);
    assert_int_equal(fixture->heard->len, CHANNEL_BURST + 1);
}

static void no_card_is_too_large_and_no_chat_too_long(void **state)
{
    Fixture *fixture = *state;
    json_t *details = json_array(), *products = json_array();
    for (int i = 0; i < 40; i++)
        json_array_append_new(details, json_pack("{s:s,s:s}", "name", "a name of some length, as feeds have them", "value",
                                                 "a value that goes on and on and on and on and on and on and on and on and on and on and "
                                                 "on and on and on and on and on and on and on and on and on"
                                                 " and on and on and on and on and on and on and on and on and on and on and on and on and "
                                                 "on and on and on and on and on and on and on and on and on"
                                                 " and on and on and on and on and on and on and on and on and on and on and on and on and "
                                                 "on and on and on and on and on and on and on and on and on"));
    for (int i = 0; i < 4; i++) json_array_append_new(products, json_pack("{s:s,s:s,s:O}", "id", "A", "title", "T", "details", details));
    json_t *snapshot = json_pack("{s:s,s:{s:s,s:O,s:i},s:[],s:s}", "state", "live", "show", "kind", "compare", "products", products,
                                 "index", 0, "basket", "checkout", "");
    assert_non_null(snapshot);
    channel_set_snapshot(fixture->channel, snapshot);
    channel_take(fixture->channel, 1, "{\"t\":\"hello\",\"v\":1}", SECOND);
    assert_int_equal(fixture->sent->len, 2);
    assert_true(strlen(fixture->sent->pdata[0]) < 64 * 1024);
    g_autofree char *words = g_strnfill(2001, 'x');
    assert_false(channel_say(fixture->channel, words, NULL));
    json_decref(snapshot);
    json_decref(products);
    json_decref(details);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_a_page_that_says_hello_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_could_not_be_sent_is_told_later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_page_may_say, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_flood_is_dropped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_card_is_too_large_and_no_chat_too_long, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
