/* wire: what is taken as a message and what is not, and why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after those */
#include <cmocka.h>

#include <string.h>

#include "wire/plain.h"
#include "wire/wire.h"

#define CALL   "\"call\":\"c0123456789abcdef0123456789abcdef\""
#define SIGNAL "\"t\":\"signal\",\"gen\":1,\"pc\":1,\"kind\":\"offer\""

static const struct {
    WireDirection direction;
    const char *text;
    const char *refusal; /* part of it; NULL: taken */
} table[] = {
    {WIRE_SHOPPER_TO_DESK, "{\"t\":\"leave\"}", NULL},
    {WIRE_SHOPPER_TO_DESK, " {\"t\" : \"ping\"}\n", NULL},
    {WIRE_SHOPPER_TO_DESK, "{\"t\":\"ask\",\"topic\":\"tv\",\"lang\":\"nb\",\"terms\":true,\"codecs\":[]}", NULL},
    {WIRE_SHOPPER_TO_DESK, "{\"t\":\"ask\",\"topic\":\"tv\",\"lang\":\"nb\",\"terms\":true,\"codecs\":[\"VP8\"],\"product\":\"\xc3\xa5\"}",
     NULL},
    {WIRE_SHOPPER_TO_DESK, "{\"t\":\"ask\",\"topic\":\"tv\",\"lang\":\"nb\",\"terms\":1,\"codecs\":[]}", "ill-formed member \"terms\""},
    {WIRE_SHOPPER_TO_DESK, "{\"t\":\"ask\",\"topic\":\"t v\",\"lang\":\"nb\",\"terms\":true,\"codecs\":[]}", "ill-formed member \"topic\""},
    {WIRE_SHOPPER_TO_DESK, "{\"t\":\"ask\",\"topic\":\"tv\",\"lang\":\"\",\"terms\":true,\"codecs\":[]}", "ill-formed member \"lang\""},
    {WIRE_SHOPPER_TO_DESK, "{\"t\":\"ask\",\"topic\":\"tv\",\"lang\":\"nb\",\"terms\":true,\"codecs\":[1]}",
     "ill-formed member \"codecs\""},
    {WIRE_SHOPPER_TO_DESK, "{\"t\":\"ask\",\"topic\":\"tv\",\"lang\":\"nb\",\"terms\":true}", "missing member \"codecs\""},
    {WIRE_SHOPPER_TO_DESK, "{\"t\":\"ask\",\"topic\":\"tv\",\"lang\":\"nb\",\"terms\":true,\"codecs\":[],\"product\":null}",
     "ill-formed member \"product\""},
    {WIRE_SHOPPER_TO_DESK, "{\"t\":\"leave\",\"x\":1}", "surplus member in \"leave\""},
    {WIRE_SHOPPER_TO_DESK, "{\"t\":\"pull\",\"seq\":1}", "unknown type \"pull\""},
    {WIRE_BOOTH_TO_DESK, "{\"t\":\"catalogue_get\",\"version\":1,\"chunk\":0}", NULL},
    {WIRE_BOOTH_TO_DESK, "{\"t\":\"catalogue_get\",\"version\":1,\"chunk\":-1}", "ill-formed member \"chunk\""},
    {WIRE_DESK_TO_BOOTH, "{\"t\":\"catalogue_chunk\",\"version\":1,\"chunk\":0,\"data\":\"ab+/9Q==\"}", NULL},
    {WIRE_DESK_TO_BOOTH, "{\"t\":\"catalogue_chunk\",\"version\":1,\"chunk\":0,\"data\":\"\"}", "ill-formed member \"data\""},
    {WIRE_DESK_TO_BOOTH, "{\"t\":\"catalogue_chunk\",\"version\":1,\"chunk\":0,\"data\":\"a b\"}", "ill-formed member \"data\""},
    {WIRE_DESK_TO_BOOTH, "{\"t\":\"catalogue\",\"version\":1,\"bytes\":1,\"sha256\":\"ab\",\"products\":1,\"feed_utc\":0}", NULL},
    {WIRE_DESK_TO_BOOTH, "{\"t\":\"catalogue\",\"version\":1,\"bytes\":1,\"sha256\":7,\"products\":1,\"feed_utc\":0}",
     "ill-formed member \"sha256\""},
    {WIRE_BOOTH_TO_DESK, "{\"t\":\"pull\",\"seq\":1}", NULL},
    {WIRE_BOOTH_TO_DESK, "{\"t\":\"pull\",\"seq\":-1}", "ill-formed member \"seq\""},
    {WIRE_BOOTH_TO_DESK, "{\"t\":\"pull\",\"seq\":1.5}", "ill-formed member \"seq\""},
    {WIRE_BOOTH_TO_DESK, "{\"t\":\"pull\",\"seq\":\"1\"}", "ill-formed member \"seq\""},
    {WIRE_BOOTH_TO_DESK, "{\"t\":\"pull\",\"seq\":9223372036854775807}", NULL},
    {WIRE_BOOTH_TO_DESK, "{\"t\":\"pull\",\"seq\":9223372036854775808}", "not JSON"},
    {WIRE_BOOTH_TO_DESK, "{\"t\":\"accept\"," CALL ",\"gen\":1,\"nonce\":\"ab\"}", NULL},
    {WIRE_BOOTH_TO_DESK, "{\"t\":\"accept\",\"call\":\"c0123\",\"gen\":1,\"nonce\":\"ab\"}", "ill-formed member \"call\""},
    {WIRE_BOOTH_TO_DESK, "{\"t\":\"status\",\"snapshot\":{\"a\":[1,{}]}}", NULL},
    {WIRE_BOOTH_TO_DESK, "{\"t\":\"status\",\"snapshot\":[]}", "ill-formed member \"snapshot\""},
    {WIRE_BOOTH_TO_DESK, "{" SIGNAL "}", "missing member \"call\""},
    {WIRE_BOOTH_TO_DESK, "{" SIGNAL "," CALL ",\"sdp\":\"v=0\\r\\n\"}", NULL},
    {WIRE_DESK_TO_SHOPPER, "{" SIGNAL "}", NULL},
    {WIRE_DESK_TO_SHOPPER, "{\"t\":\"queued\"," CALL ",\"key\":\"k\",\"place\":1,\"wait\":null,\"requeued\":false,\"staff\":true}", NULL},
    {WIRE_DESK_TO_SHOPPER, "{\"t\":\"queued\"," CALL ",\"key\":\"k\",\"place\":1,\"wait\":5,\"requeued\":false,\"staff\":true}",
     "ill-formed member \"wait\""},
    {WIRE_DESK_TO_BOOTH, "{\"t\":\"recorded\",\"epoch\":1,\"seq\":2}", NULL},
    {WIRE_SHOPPER_TO_DESK, "", "not JSON"},
    {WIRE_SHOPPER_TO_DESK, "[]", "missing member \"t\""},
    {WIRE_SHOPPER_TO_DESK, "{}", "missing member \"t\""},
    {WIRE_SHOPPER_TO_DESK, "{\"t\":1}", "missing member \"t\""},
    {WIRE_SHOPPER_TO_DESK, "{\"t\":\"leave\"}{}", "not JSON"},
    {WIRE_SHOPPER_TO_DESK, "{\"t\":\"leave\",\"t\":\"leave\"}", "not JSON"},
    {WIRE_SHOPPER_TO_DESK, "{\"t\":\"le\\u0000ave\"}", "not JSON"},
    {WIRE_SHOPPER_TO_DESK, "{\"t\":\"\xff\"}", "not JSON"},
};

static void takes_what_the_protocol_says(void **state)
{
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        json_t *message = wire_decode(table[i].direction, table[i].text, strlen(table[i].text), &error);
        if (message && table[i].refusal) fail_msg("row %u was taken", i);
        if (!message) {
            if (!table[i].refusal || !strstr(error->message, table[i].refusal)) fail_msg("row %u: %s", i, error->message);
            continue;
        }
        g_autofree char *text = wire_encode(table[i].direction, json_incref(message));
        json_t *again = wire_decode(table[i].direction, text, strlen(text), NULL);
        assert_true(json_equal(message, again));
        json_decref(again);
        json_decref(message);
    }
}

/* A callback message whose contact has this many bytes. */
static gboolean takes_text(gsize length)
{
    g_autofree char *contact = g_strnfill(length, 'x');
    g_autofree char *text = g_strdup_printf("{\"t\":\"callback\",\"contact\":\"%s\"}", contact);
    json_t *message = wire_decode(WIRE_SHOPPER_TO_DESK, text, strlen(text), NULL);
    if (message) json_decref(message);
    return message != NULL;
}

static gboolean takes_sdp(gsize length)
{
    g_autofree char *sdp = g_strnfill(length, 'x');
    g_autofree char *text = g_strdup_printf("{" SIGNAL ",\"sdp\":\"%s\"}", sdp);
    json_t *message = wire_decode(WIRE_SHOPPER_TO_DESK, text, strlen(text), NULL);
    if (message) json_decref(message);
    return message != NULL;
}

static void keeps_to_the_bounds(void **state)
{
    (void)state;
    assert_true(takes_text(2048));
    assert_false(takes_text(2049));
    assert_true(takes_sdp(48 * 1024));
    assert_false(takes_sdp(48 * 1024 + 1));
    g_autofree char *spaces = g_strnfill(WIRE_MESSAGE_MAX + 1, ' ');
    static const char leave[] = "{\"t\":\"leave\"}";
    memcpy(spaces, leave, sizeof leave - 1);
    json_t *message = wire_decode(WIRE_SHOPPER_TO_DESK, spaces, WIRE_MESSAGE_MAX, NULL);
    assert_non_null(message);
    json_decref(message);
    assert_null(wire_decode(WIRE_SHOPPER_TO_DESK, spaces, WIRE_MESSAGE_MAX + 1, NULL));
    g_autofree char *deep = g_strnfill(60000, '[');
    assert_null(wire_decode(WIRE_SHOPPER_TO_DESK, deep, 60000, NULL));
    /* only length bytes are read */
    message = wire_decode(WIRE_SHOPPER_TO_DESK, "{\"t\":\"leave\"}garbage", 13, NULL);
    assert_non_null(message);
    json_decref(message);
}

static void reads_members(void **state)
{
    (void)state;
    static const char text[] = "{\"t\":\"rate\"," CALL ",\"key\":\"k\",\"stars\":4}";
    json_t *message = wire_decode(WIRE_SHOPPER_TO_DESK, text, strlen(text), NULL);
    assert_string_equal(wire_type(message), "rate");
    assert_int_equal(wire_int(message, "stars"), 4);
    assert_string_equal(wire_string(message, "text"), "");
    assert_int_equal(wire_int(message, "text"), 0);
    assert_false(wire_bool(message, "text"));
    json_decref(message);
}

static void knows_ids(void **state)
{
    (void)state;
    static const char *const booths[] = {"b", "oslo-1", "0", "abcdefghijklmnopqrstuvwxyz012345"};
    static const char *const no_booths[] = {"", "B", "a b", "a_b", "a.b", "\xc3\xa5", "abcdefghijklmnopqrstuvwxyz0123456"};
    static const char *const no_calls[] = {"",
                                           "c",
                                           "0123456789abcdef0123456789abcdef0",
                                           "c0123456789ABCDEF0123456789abcdef",
                                           "c0123456789abcdef0123456789abcde",
                                           "c0123456789abcdef0123456789abcdef0"};
    for (guint i = 0; i < G_N_ELEMENTS(booths); i++) assert_true(wire_is_booth_id(booths[i]));
    for (guint i = 0; i < G_N_ELEMENTS(no_booths); i++) assert_false(wire_is_booth_id(no_booths[i]));
    for (guint i = 0; i < G_N_ELEMENTS(no_calls); i++) assert_false(wire_is_call_id(no_calls[i]));
    g_autofree char *first = wire_new_call_id(), *second = wire_new_call_id(), *secret = wire_new_secret();
    assert_true(wire_is_call_id(first));
    assert_true(wire_is_call_id(second));
    assert_string_not_equal(first, second);
    assert_int_equal(strlen(secret), 32);
}

/* What is found of a text, as an object of its own; NULL: it is not plain. */
static const struct {
    const char *text, *found;
} plain[] = {
    {"{}", "{}"},
    {"{\"b\":1,\"x\":[{},[],\"\\\"}\"],\"a\":{\"b\":null}}", "{\"a\":{\"b\":null},\"b\":1}"},
    {"{\"a\":-0.5e-10,\"b\":\"\xc3\xa5\"}", "{\"a\":-0.5e-10,\"b\":\"\xc3\xa5\"}"},
    {"{\"ab\":1,\"\":true,\"c\":false}", "{}"},
    {"{\"a\":123456789012345678}", "{\"a\":123456789012345678}"},
    {"{\"a\":1234567890123456789}", NULL}, /* may be too large */
    {"{\"a\":1e100}", NULL},
    {"{\"a\":01}", NULL},
    {"{\"a\":1.}", NULL},
    {"{\"a\":-}", NULL},
    {"{\"a\":truer}", NULL},
    {"{\"a\":1,\"a\":1}", NULL},
    {"{\"x\":{\"a\":1,\"a\":1}}", NULL},
    {"{\"\\n\":1}", NULL},
    {"{\"a\":\"\\u0000\"}", NULL},
    {"{\"a\":\"\n\"}", NULL},
    {"{\"a\":\"\xff\"}", NULL},
    {"{\"a\":[1,]}", NULL},
    {"{\"a\":1,}", NULL},
    {"{\"a\" :1}", NULL},
    {"{\"a\":1}{}", NULL},
    {"{\"a\":1", NULL},
    {"{\"a\":\"", NULL},
    {"{\"a\":\"\\", NULL},
    {"[]", NULL},
    {"", NULL},
};

static void finds_members_of_what_is_plain(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", NULL};
    for (guint i = 0; i < G_N_ELEMENTS(plain); i++) {
        PlainSpan spans[2];
        /* Not a byte more than there is: the address sanitizer looks. */
        g_autofree char *text = g_memdup2(plain[i].text, strlen(plain[i].text));
        gboolean found = plain_find(text, strlen(plain[i].text), names, spans);
        if (found != (plain[i].found != NULL)) fail_msg("row %u", i);
        if (!found) continue;
        g_autoptr(GString) told = g_string_new(NULL);
        plain_append(told, names, spans, G_N_ELEMENTS(spans));
        assert_string_equal(told->str, plain[i].found);
    }
    for (guint depth = 16; depth <= 17; depth++) {
        g_autoptr(GString) deep = g_string_new("{\"a\":");
        PlainSpan spans[2];
        for (guint i = 1; i < depth; i++) g_string_append_c(deep, '[');
        for (guint i = 1; i < depth; i++) g_string_append_c(deep, ']');
        g_string_append_c(deep, '}');
        assert_int_equal(plain_find(deep->str, deep->len, names, spans), depth <= 16);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(takes_what_the_protocol_says), cmocka_unit_test(keeps_to_the_bounds),
                                       cmocka_unit_test(reads_members), cmocka_unit_test(knows_ids),
                                       cmocka_unit_test(finds_members_of_what_is_plain)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
