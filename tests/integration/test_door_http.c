/* door_http, request, reply: what a door answers to requests, on either port: pages, what is under /api/, routes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after those */
#include <cmocka.h>

#include <openssl/ssl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "doorway.h"
#include "patience.h"
#include "peer.h"

#define GET(path)          "GET " path " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
#define BODY(method, head) method " / HTTP/1.1\r\nHost: a\r\n" head "\r\n\r\nabcde"

static void requests(void **state)
{
    (void)state;
    static const struct {
        const char *request, *status, *holds, *lacks;
    } table[] = {
        {GET("/"), "200", "<title>shop", NULL},
        {GET("/index.html"), "200", "content-type: text/html; charset=utf-8", NULL},
        {GET("/"), "200", "content-security-policy: default-src 'none'; script-src 'self'", "access-control"},
        {GET("/"), "200", "x-content-type-options: nosniff", NULL},
        {GET("/"), "200", "referrer-policy: ", NULL},
        {GET("/"), "200", "permissions-policy: camera=(self), microphone=(self)", NULL},
        {GET("/"), "200", "cache-control: no-cache", NULL},
        {GET("/ops"), "200", "<title>ops", NULL},
        {GET("/element.js?v=1"), "200", "content-type: text/javascript; charset=utf-8", NULL},
        {GET("/element.js"), "200", "access-control-allow-origin: *", NULL},
        {GET("/text/nb.json"), "200", "access-control-allow-origin: *", NULL},
        {GET("/text/nb.json"), "200", "content-type: application/json", NULL},
        {GET("/img/logo.svg"), "200", "content-type: image/svg+xml", NULL},
        {GET("/api/echo?a=1&b=2"), "200", "{\"query\":\"a=1&b=2\"}", NULL},
        {GET("/api/echo?a=1%262%25&b=2"), "200", "{\"query\":\"a=1%262%25&b=2\"}", NULL},
        {GET("/api/echo"), "200", "cache-control: no-store", NULL},
        {GET("/api/other"), "404", "there is no such resource", NULL},
        {GET("/api"), "404", "no such page", NULL},
        {GET("/missing"), "404", "404: there is no such page.", NULL},
        {GET("/missing"), "404", "x-content-type-options: nosniff", NULL},
        {GET("/img"), "404", NULL, NULL},
        {GET("/img/"), "404", NULL, NULL},
        {GET("/.hidden"), "404", NULL, "hidden"},
        {GET("/link.html"), "404", NULL, "secret"},
        {GET("/../secret"), "", NULL, "secret-content"},
        {GET("/%2e%2e/secret"), "", NULL, "secret-content"},
        {GET("/img/..%2f..%2fsecret"), "", NULL, "secret-content"},
        {GET("/text/../../secret"), "", NULL, "secret-content"},
        {GET("//secret"), "404", NULL, "secret-content"},
        {GET("/index.html%00.js"), "", NULL, "<title>"},
        {"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "200", "content-length: ", "<title>"},
        {"HEAD /missing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "404", "content-length: ", "no such page"},
        {BODY("POST", "Content-Length: 5"), "405", "allow: GET, HEAD", NULL},
        {BODY("POST", "Content-Length: 99999999"), "405", "connection: close", NULL},
        {BODY("PUT", "Content-Length: 5"), "405", "only GET and HEAD", NULL},
        {BODY("DELETE", "Content-Length: 5"), "405", "only GET and HEAD", NULL},
        {BODY("OPTIONS", "Content-Length: 5"), "405", "only GET and HEAD", NULL},
        {BODY("GET", "Content-Length: 5"), "400", "a request has no body here", NULL},
        {BODY("GET", "Transfer-Encoding: chunked"), "400", "a request has no body here", NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
        Peer *peer = peer_connect(door_port(doorway.door));
        assert_true(peer_say(peer, table[i].request));
        peer_read_all(peer);
        if (*table[i].status && !peer_has_status(peer, table[i].status))
            fail_msg("row %u: not %s but: %s", i, table[i].status, peer->got->str);
        if (table[i].holds && !strstr(peer->got->str, table[i].holds)) fail_msg("row %u lacks %s: %s", i, table[i].holds, peer->got->str);
        if (table[i].lacks && strstr(peer->got->str, table[i].lacks)) fail_msg("row %u holds %s: %s", i, table[i].lacks, peer->got->str);
        peer_close(peer);
    }
}

#define FORM(head, body) "POST /form HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" head "\r\n\r\n" body

static void routes_answer(void **state)
{
    (void)state;
    static const struct {
        const char *request, *status, *holds, *lacks;
    } table[] = {
        {FORM("Content-Length: 5\r\nContent-Type: text/odd\r\nCookie: b=2", "hello"), "201",
         "POST /form? - [hello] cookie=b=2 type=text/odd plain", NULL},
        {FORM("Content-Length: 5", "hello"), "201", "set-cookie: a=1; HttpOnly", NULL},
        {FORM("Content-Length: 5", "hello"), "201", "cache-control: no-store", NULL},
        {FORM("Content-Length: 0", ""), "201", "[]", NULL},
        {FORM("X-Forwarded-Proto: https", ""), "201", "[] cookie= type= secure", NULL},
        {FORM("Content-Length: 10", "0123456789"), "201", "[0123456789]", NULL},
        {FORM("Content-Length: 11", "0123456789a"), "413", "too long", NULL},
        {FORM("Content-Length: 18446744073709551617", "0"), "411", NULL, NULL},
        {FORM("Content-Length: -1", "0"), "411", NULL, NULL},
        {FORM("Transfer-Encoding: chunked", "1\r\nx\r\n0\r\n\r\n"), "411", "Content-Length", NULL},
        {"DELETE /form HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "201", "DELETE /form", NULL},
        {GET("/form"), "405", "allow: POST, DELETE", NULL},
        {"PUT /tree/a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", "405", "allow: GET, HEAD", NULL},
        {GET("/tree/a/b?q=%c3%a5&r"), "201", "GET /tree/a/b?q=\xc3\xa5&r", NULL},
        {"HEAD /tree/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "201", "content-length: ", "GET"},
        {"GET /tree/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", "400", "no body", NULL},
        {GET("/tree"), "404", NULL, NULL},
        {GET("/own"), "404", NULL, NULL},
        {FORM("Content-Length: 5", "hello") GET("/tree/next"), "201", "[hello]", NULL},
        {"POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" GET("/tree/next"), "201", "connection: close", "next"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
        Peer *peer = peer_connect(door_port(doorway.door));
        assert_true(peer_say(peer, table[i].request));
        peer_read_all(peer);
        gboolean right = peer_has_status(peer, table[i].status) && (!table[i].holds || strstr(peer->got->str, table[i].holds)) &&
                         (!table[i].lacks || !strstr(peer->got->str, table[i].lacks));
        if (!right) fail_msg("row %u (%s): %s", i, table[i].request, peer->got->str);
        peer_close(peer);
    }
}

#define NEXT(path)  "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define EMPTY(path) "POST " path " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"

/* answers: in this order; NULL-terminated */
static void expect_answers(const Peer *peer, const char *const *answers)
{
    const char *at = peer->got->str;
    for (; *answers; answers++) {
        const char *found = strstr(at, *answers);
        if (!found) {
            fail_msg("\"%s\" did not come; rather: %.3000s", *answers, at);
            return;
        }
        at = found + strlen(*answers);
    }
}

/* What was asked in one piece is answered in order, on either port. */
static void requests_may_come_together(void **state)
{
    (void)state;
    static const struct {
        gboolean on_booth_port;
        const char *requests, *answers[4];
    } table[] = {
        {FALSE, NEXT("/tree/one") NEXT("/tree/two") GET("/tree/three"), {"GET /tree/one?", "GET /tree/two?", "GET /tree/three?"}},
        {FALSE, NEXT("/") NEXT("/element.js") GET("/missing"), {"<title>shop", "export {};", "no such page"}},
        {FALSE, NEXT("/missing") NEXT("/tree/two") GET("/"), {"no such page", "GET /tree/two?", "<title>shop"}},
        {FALSE, EMPTY("/form") GET("/tree/next"), {"POST /form?", "GET /tree/next?"}},
        {FALSE, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" GET("/api/echo?b"), {"200", "{\"query\":\"b\"}"}},
        {FALSE, NEXT("/large.bin") GET("/tree/next"), {"abcdefg", "GET /tree/next?"}},
        {TRUE, NEXT("/own") GET("/own"), {"GET /own? oslo-1", "GET /own? oslo-1"}},
        {TRUE, EMPTY("/form") GET("/own"), {"POST /form? oslo-1", "GET /own? oslo-1"}},
    };
    for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
        gboolean accepted = TRUE;
        Peer *peer = table[i].on_booth_port ? doorway_connect_booth(doorway.authority, "oslo-1", TLS1_3_VERSION, &accepted)
                                            : peer_connect(door_port(doorway.door));
        assert_true(accepted && peer_say(peer, table[i].requests));
        peer_read_all(peer);
        expect_answers(peer, table[i].answers);
        peer_close(peer);
    }
}

/* Nor for one that says more meanwhile, or that ends: neither is read before its answer. */
static void nobody_waits_for_an_answer_of_another(void **state)
{
    (void)state;
    for (guint ends = 0; ends < 2; ends++) {
        journal_clear();
        Peer *waiting = peer_connect(door_port(doorway.door)), *other = peer_connect(door_port(doorway.door));
        assert_true(peer_say(waiting, ends ? GET("/late") : NEXT("/late") GET("/tree/after")));
        if (ends) assert_int_equal(shutdown(waiting->fd, SHUT_WR), 0);
        journal_expect("asked: GET /late?");
        assert_true(peer_say(other, NEXT("/tree/one") GET("/late/now")));
        peer_read_all(other);
        expect_answers(other, (const char *const[]){"GET /tree/one?", "GET /late/now?", NULL});
        peer_read_all(waiting);
        expect_answers(waiting, (const char *const[]){"late", ends ? NULL : "GET /tree/after?", NULL});
        peer_close(waiting);
        peer_close(other);
    }
}

/* What was asked before the peer went is answered to nobody, and nobody else gets it. */
static void answers_may_come_later(void **state)
{
    (void)state;
    for (guint gone = 0; gone < 2; gone++) {
        journal_clear();
        Peer *waiting = peer_connect(door_port(doorway.door)), *other = peer_connect(door_port(doorway.door));
        assert_true(peer_say(waiting, GET("/late")));
        journal_expect("asked: GET /late?");
        if (gone) peer_close(waiting);
        assert_true(peer_say(other, GET("/late/now")));
        peer_read_all(other);
        assert_true(peer_has_status(other, "201") && strstr(other->got->str, "GET /late/now"));
        peer_close(other);
        if (gone) continue;
        peer_read_all(waiting);
        assert_true(peer_has_status(waiting, "201") && g_str_has_suffix(waiting->got->str, "late"));
        peer_close(waiting);
    }
}

static void routes_of_the_booth_port(void **state)
{
    (void)state;
    static const struct {
        const char *name, *request, *status, *holds;
    } table[] = {
        {NULL, FORM("Content-Length: 2", "hi"), "201", "POST /form? - [hi]"},
        {"oslo-1", FORM("Content-Length: 2", "hi"), "201", "POST /form? oslo-1 [hi]"},
        {NULL, GET("/own"), "403", "certificate"},
        {"oslo-1", GET("/own"), "201", "GET /own? oslo-1 []"},
        {"oslo-1", GET("/tree/x"), "404", "pages are on the other one"},
        {NULL, GET("/"), "404", "pages are on the other one"},
        {NULL, UPGRADE("/ws/ops", AS_OPS "Cookie: key=open\r\n"), "404", ""},
    };
    for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
        gboolean accepted = FALSE;
        Peer *peer = doorway_connect_booth(doorway.authority, table[i].name, TLS1_3_VERSION, &accepted);
        assert_true(accepted);
        assert_true(peer_say(peer, table[i].request));
        peer_read_all(peer);
        if (!peer_has_status(peer, table[i].status) || !strstr(peer->got->str, table[i].holds)) fail_msg("row %u: %s", i, peer->got->str);
        peer_close(peer);
    }
}

static void unchanged_pages_are_not_sent_again(void **state)
{
    (void)state;
    Peer *peer = peer_connect(door_port(doorway.door));
    assert_true(peer_say(peer, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_true(peer_await(peer, "</title>"));
    const char *etag = strstr(peer->got->str, "etag: ");
    assert_non_null(etag);
    g_autofree char *tag = g_strndup(etag + 6, strcspn(etag + 6, "\r"));
    assert_true(tag[0] == '"' && g_str_has_suffix(tag, "\""));
    /* on the same connection */
    static const char *const matches[] = {"%s", "W/%s", "\"x\", %s", "*"};
    for (guint i = 0; i < G_N_ELEMENTS(matches); i++) {
        g_auto(GStrv) parts = g_strsplit(matches[i], "%s", 2);
        g_autofree char *value = g_strjoinv(tag, parts);
        g_autofree char *request = g_strdup_printf("GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: %s\r\n\r\n", value);
        g_string_truncate(peer->got, 0);
        assert_true(peer_say(peer, request));
        assert_true(peer_await(peer, "\r\n\r\n"));
        if (!g_str_has_prefix(peer->got->str, "HTTP/1.1 304")) fail_msg("%s: %s", value, peer->got->str);
    }
    g_string_truncate(peer->got, 0);
    assert_true(peer_say(peer, "GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"other\"\r\nConnection: close\r\n\r\n"));
    peer_read_all(peer);
    assert_true(g_str_has_prefix(peer->got->str, "HTTP/1.1 200"));
    peer_close(peer);
}

static void texts_come_packed_to_who_takes_that(void **state)
{
    (void)state;
    Peer *peer = peer_connect(door_port(doorway.door));
    char *tags[2];
    for (guint packed = 0; packed < 2; packed++) {
        g_string_truncate(peer->got, 0);
        assert_true(peer_say(peer, packed ? "GET /long.txt HTTP/1.1\r\nHost: a\r\nAccept-Encoding: br, gzip\r\n\r\n"
                                          : "GET /long.txt HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert_true(peer_await(peer, "\r\n\r\n"));
        assert_int_equal(strstr(peer->got->str, "content-encoding: gzip\r\n") != NULL, packed);
        assert_non_null(strstr(peer->got->str, "vary: accept-encoding\r\n"));
        guint64 length = g_ascii_strtoull(strstr(peer->got->str, "content-length: ") + 16, NULL, 10);
        assert_true(packed ? length < DOORWAY_LONG_TEXT / 10 : length == DOORWAY_LONG_TEXT);
        const char *etag = strstr(peer->got->str, "etag: ") + 6;
        tags[packed] = g_strndup(etag, strcspn(etag, "\r"));
        gsize head = (gsize)(strstr(peer->got->str, "\r\n\r\n") + 4 - peer->got->str);
        assert_true(peer_need(peer, head + length));
    }
    assert_string_not_equal(tags[0], tags[1]);
    g_autofree char *again =
        g_strdup_printf("GET /long.txt HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\nIf-None-Match: %s\r\n\r\n", tags[1]);
    g_string_truncate(peer->got, 0);
    assert_true(peer_say(peer, again));
    assert_true(peer_await(peer, "\r\n\r\n"));
    assert_true(g_str_has_prefix(peer->got->str, "HTTP/1.1 304"));
    peer_close(peer);
    for (guint i = 0; i < G_N_ELEMENTS(tags); i++) g_free(tags[i]);
}

static void expect_whole(const char *request)
{
    Peer *peer = peer_connect(door_port(doorway.door));
    assert_true(peer_say(peer, request));
    peer_read_all(peer);
    const char *body = strstr(peer->got->str, "\r\n\r\n") + 4;
    assert_int_equal(peer->got->len - (gsize)(body - peer->got->str), DOORWAY_LARGE);
    for (gsize i = 0; i < DOORWAY_LARGE; i++) {
        if (body[i] != (char)('a' + i % 23)) fail_msg("byte %zu is wrong", i);
    }
    peer_close(peer);
}

/* A file, and the answer to a body, after which the connection ends: not before all of it has gone. */
static void what_is_large_comes_whole(void **state)
{
    (void)state;
    expect_whole(GET("/large.bin"));
    expect_whole("POST /long HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
}

/* A refused body is not waited for, however slowly it goes on: the answer comes at once, the connection ends soon. */
static void bodies_have_a_deadline(void **state)
{
    (void)state;
    Peer *peer = peer_connect(door_port(doorway.door));
    gint64 began = g_get_monotonic_time();
    assert_true(peer_say(peer, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n"));
    peer_read_all(peer);
    assert_true(peer_has_status(peer, "405"));
    gboolean taken;
    while ((taken = peer_say(peer, "x")) && g_get_monotonic_time() - began < PATIENCE_US) {
        struct pollfd ended = {.fd = peer->fd, .events = 0};
        poll(&ended, 1, 100);
    }
    gint64 took = (g_get_monotonic_time() - began) / 1000;
    print_message("# a trickling body was taken for %d ms\n", (int)took);
    assert_false(taken);
    peer_close(peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests),
        cmocka_unit_test(routes_answer),
        cmocka_unit_test(requests_may_come_together),
        cmocka_unit_test(nobody_waits_for_an_answer_of_another),
        cmocka_unit_test(answers_may_come_later),
        cmocka_unit_test(routes_of_the_booth_port),
        cmocka_unit_test(unchanged_pages_are_not_sent_again),
        cmocka_unit_test(texts_come_packed_to_who_takes_that),
        cmocka_unit_test(what_is_large_comes_whole),
        cmocka_unit_test(bodies_have_a_deadline),
    };
    return cmocka_run_group_tests(tests, doorway_open, doorway_shut);
}
