/* door_handshake, door_tls: who may open a link at a door, on either port, and how long that may take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after those */
#include <cmocka.h>

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>

#include "authority/authority.h"
#include "doorway.h"
#include "patience.h"
#include "peer.h"

static char *foreign; /* the folder of another authority */

static void handshakes(void **state)
{
    (void)state;
    static const struct {
        const char *request, *status;
    } table[] = {
        {UPGRADE("/ws/shopper", AS_SHOPPER), "101"},
        {UPGRADE("/ws/shopper?x=1", AS_SHOPPER), "101"},
        {UPGRADE("/ws/shopper", "Sec-WebSocket-Protocol: other, livebooth.shopper.v1\r\n"), "400"},
        /* One path's rules must not let in to the other one. */
        {UPGRADE("/ws/shopper", "Sec-WebSocket-Protocol: livebooth.ops.v1, livebooth.shopper.v1\r\nCookie: key=open\r\n"), "400"},
        {UPGRADE("/ws/shopper", AS_OPS AS_SHOPPER "Cookie: key=open\r\n"), "400"},
        {UPGRADE("/ws/ops", AS_OPS AS_SHOPPER "Cookie: key=open\r\n"), "400"},
        {UPGRADE("/ws/shopper", AS_SHOPPER "Origin: https://desk.example\r\n"), "101"},
        {UPGRADE("/ws/shopper", AS_SHOPPER "Origin: https://shop.example\r\n"), "101"},
        {UPGRADE("/ws/shopper", AS_SHOPPER "Origin: https://shop.example:8443\r\n"), "403"},
        {UPGRADE("/ws/shopper", AS_SHOPPER "Origin: https://shop.example.evil\r\n"), "403"},
        {UPGRADE("/ws/shopper", AS_SHOPPER "Origin: https://evil.example\r\n"), "403"},
        {UPGRADE("/ws/shopper", AS_SHOPPER "Origin: null\r\n"), "403"},
        {UPGRADE("/ws/shopper", AS_SHOPPER "Origin: desk.example\r\n"), "403"},
        {UPGRADE("/ws/shopper", ""), "400"},
        {UPGRADE("/ws/shopper", AS_BOOTH), "400"},
        {UPGRADE("/ws/shopper", "Sec-WebSocket-Protocol: http\r\n"), "400"},
        {UPGRADE("/ws/shopper", "Sec-WebSocket-Protocol: livebooth.shopper.v1x\r\n"), "400"},
        {UPGRADE("/ws/booth", AS_BOOTH), "404"},
        {UPGRADE("/ws/booth", AS_SHOPPER), "404"},
        {UPGRADE("/ws/ops", AS_OPS "Cookie: key=open\r\n"), "101"},
        {UPGRADE("/ws/ops", AS_OPS "Cookie: key=open\r\nOrigin: https://desk.example\r\n"), "101"},
        {UPGRADE("/ws/ops", AS_OPS "Cookie: key=open\r\nOrigin: https://shop.example\r\n"), "403"},
        {UPGRADE("/ws/ops", AS_OPS "Cookie: key=shut\r\n"), "401"},
        {UPGRADE("/ws/ops", AS_OPS), "401"},
        {UPGRADE("/ws/ops", AS_SHOPPER "Cookie: key=open\r\n"), "400"},
        {UPGRADE("/", AS_SHOPPER), "404"},
        {UPGRADE("/ws/shopper/", AS_SHOPPER), "404"},
        {"GET /ws/shopper HTTP/1.1\r\nHost: desk.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" AS_SHOPPER "\r\n",
         "400"},
        {"POST /ws/shopper HTTP/1.1\r\nHost: desk.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" AS_SHOPPER "\r\n",
         "404"},
        {"GET /ws/shopper HTTP/1.1\r\nHost: desk.example\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: "
         "AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n",
         ""},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n", "403"},
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n", "200"},
        {"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n", ""},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", ""},
        {"\x16\x03\x01\x02", ""},
    };
    for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
        journal_clear();
        Peer *peer = peer_connect(door_port(doorway.door));
        assert_true(peer_say(peer, table[i].request));
        if (!*table[i].status) shutdown(peer->fd, SHUT_WR);
        peer_await(peer, "\r\n\r\n");
        gboolean right =
            *table[i].status ? peer_has_status(peer, table[i].status) : !strstr(peer->got->str, " 101") && !strstr(peer->got->str, " 200");
        if (!right) fail_msg("row %u: not %s but: %s", i, table[i].status, peer->got->str);
        peer_close(peer);
        if (strcmp(table[i].status, "101") == 0) journal_expect("closed");
    }
    /* and it still serves */
    journal_clear();
    peer_close(doorway_link_shopper());
    journal_expect("closed");
}

static void the_booth_port_is_for_booths(void **state)
{
    (void)state;
    static const struct {
        const char *request, *status;
    } table[] = {
        {UPGRADE("/ws/booth", AS_BOOTH), "101"},      {UPGRADE("/ws/shopper", AS_SHOPPER), "404"},
        {UPGRADE("/ws/booth", AS_SHOPPER), "400"},    {UPGRADE("/ws/booth", ""), "400"},
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "404"}, {"GET /api/echo HTTP/1.1\r\nHost: a\r\n\r\n", "404"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
        journal_clear();
        gboolean accepted = FALSE;
        Peer *peer = doorway_connect_booth(doorway.authority, "oslo-1", TLS1_3_VERSION, &accepted);
        assert_true(accepted);
        assert_true(peer_say(peer, table[i].request));
        peer_await(peer, "\r\n\r\n");
        if (!peer_has_status(peer, table[i].status)) fail_msg("row %u: not %s but: %s", i, table[i].status, peer->got->str);
        peer_close(peer);
        if (strcmp(table[i].status, "101") == 0) journal_expect("closed");
    }
    Peer *plain = peer_connect(door_booth_port(doorway.door));
    peer_say(plain, UPGRADE("/ws/booth", AS_BOOTH));
    peer_read_all(plain);
    assert_null(strstr(plain->got->str, "101"));
    peer_close(plain);
}

static void certificates(void **state)
{
    (void)state;
    struct {
        const char *folder, *name, *reason;
    } table[] = {
        {foreign, "oslo-1", "unable to get local issuer certificate"},
        {doorway.authority, "expired", "certificate has expired"},
        {doorway.authority, "early", "certificate is not yet valid"},
        {doorway.authority, "desk", "purpose"}, /* "unsuitable" or "unsupported", by version */
        {doorway.authority, NULL, "there is no certificate"},
    };
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    for (guint i = 0; i < G_N_ELEMENTS(table) * G_N_ELEMENTS(versions); i++) {
        guint row = i / 2;
        gboolean accepted = FALSE;
        journal_clear();
        Peer *peer = doorway_connect_booth(table[row].folder, table[row].name, versions[i % 2], &accepted);
        if (accepted) {
            peer_say(peer, UPGRADE("/ws/booth", AS_BOOTH));
            peer_read_all(peer);
        }
        ERR_clear_error();
        /* Strangers may ask for some routes, and for no link. */
        if (peer->got->len && (table[row].name || !peer_has_status(peer, "403"))) fail_msg("row %u was answered: %s", row, peer->got->str);
        peer_close(peer);
        journal_expect("log: refused 127.0.0.1: ");
        journal_expect(table[row].reason);
        assert_false(journal_has("opened"));
    }
    peer_close(doorway_link_booth("oslo-1", TLS1_2_VERSION));
    journal_expect("opened booth oslo-1");
    journal_expect("closed");
}

static void a_name_that_is_no_id_is_refused(void **state)
{
    (void)state;
    gboolean accepted = FALSE;
    journal_clear();
    Peer *peer = doorway_connect_booth(doorway.authority, "odd", TLS1_3_VERSION, &accepted);
    assert_true(accepted);
    assert_true(peer_say(peer, UPGRADE("/ws/booth", AS_BOOTH)));
    peer_read_all(peer);
    assert_true(strstr(peer->got->str, " 403 ") != NULL);
    journal_expect("common name is no booth's id");
    peer_close(peer);
}

/* A session that was once accepted is no way around the check of the certificate. */
static void sessions_are_not_resumed(void **state)
{
    (void)state;
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        journal_clear();
        Peer *peer = doorway_link_booth("oslo-1", version);
        SSL_SESSION *session = SSL_get1_session(peer->tls);
        Peer *again = peer_connect(door_booth_port(doorway.door));
        SSL *tls = SSL_new(peer->context);
        SSL_set_fd(tls, again->fd);
        SSL_set_session(tls, session);
        assert_int_equal(SSL_connect(tls), 1);
        assert_int_equal(SSL_session_reused(tls), 0);
        SSL_free(tls);
        SSL_SESSION_free(session);
        peer_close(again);
        peer_close(peer);
        journal_expect("closed");
    }
}

static void ops_link(void **state)
{
    (void)state;
    journal_clear();
    Peer *peer = peer_connect(door_port(doorway.door));
    assert_true(peer_say(peer, UPGRADE("/ws/ops", AS_OPS "Cookie: key=open\r\n")));
    assert_true(peer_await(peer, "\r\n\r\n"));
    journal_expect("opened ops olav 127.0.0.1\n");
    peer_close(peer);
    journal_expect("closed");
}

/* Half-open connections end by themselves, however slowly they go on; others are served meanwhile. */
static void handshakes_have_a_deadline(void **state)
{
    (void)state;
    Peer *peers[] = {peer_connect(door_port(doorway.door)), peer_connect(door_port(doorway.door)),
                     peer_connect(door_booth_port(doorway.door)), peer_connect(door_booth_port(doorway.door))};
    static const char *const trickle[] = {
        NULL, "GET / HTTP/1.1\r\nHost: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL,
        "\x16\x03\x01\x01\x00\x01\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"};
    gint64 began = g_get_monotonic_time();
    guint open = G_N_ELEMENTS(peers);
    for (guint round = 0; open && g_get_monotonic_time() - began < PATIENCE_US; round++) {
        for (guint i = 0; i < G_N_ELEMENTS(peers); i++) {
            if (!peers[i]) continue;
            peer_set_patience(peers[i], 100);
            if (trickle[i] && round < strlen(trickle[i])) peer_write(peers[i], trickle[i] + round, 1);
            if (peer_read(peers[i]) < 0 && errno == EAGAIN) continue;
            peer_close(peers[i]);
            peers[i] = NULL;
            open--;
        }
        if (round == 3) {
            journal_clear();
            peer_close(doorway_link_shopper());
            journal_expect("closed");
        }
    }
    gint64 took = (g_get_monotonic_time() - began) / 1000;
    print_message("# the last one was ended after %d ms\n", (int)took);
    if (open) fail_msg("%u half-open connections after %" G_GINT64_FORMAT " ms", open, took);
}

/* A certificate of the right authority with a common name that authority would not write. */
static void issue_odd(void)
{
    g_autofree char *command = g_strdup_printf(
        "cd '%s' && openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout odd.key -out odd.csr -subj '/CN=Oslo 1' 2>&1 && "
        "openssl x509 -req -in odd.csr -CA %s -CAkey %s -CAcreateserial -days 1 -out odd.crt 2>&1",
        doorway.authority, AUTHORITY_CERTIFICATE, AUTHORITY_KEY);
    const char *argv[] = {"/bin/sh", "-c", command, NULL};
    g_autofree char *said = NULL;
    int status = -1;
    assert_true(g_spawn_sync(NULL, (char **)argv, NULL, 0, NULL, NULL, &said, NULL, &status, NULL));
    if (!g_spawn_check_wait_status(status, NULL)) fail_msg("%s", said);
}

static int open_doorway(void **state)
{
    doorway_open(state);
    foreign = g_build_filename(doorway.folder, "foreign", NULL);
    assert_true(authority_create(foreign, NULL));
    doorway_issue(doorway.authority, "expired", -2 * DOORWAY_DAY, -60);
    doorway_issue(doorway.authority, "early", DOORWAY_DAY, 2 * DOORWAY_DAY);
    doorway_issue(foreign, "oslo-1", -60, DOORWAY_DAY);
    issue_odd();
    return 0;
}

static int shut_doorway(void **state)
{
    g_free(foreign);
    return doorway_shut(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handshakes),
        cmocka_unit_test(the_booth_port_is_for_booths),
        cmocka_unit_test(certificates),
        cmocka_unit_test(a_name_that_is_no_id_is_refused),
        cmocka_unit_test(sessions_are_not_resumed),
        cmocka_unit_test(ops_link),
        cmocka_unit_test(handshakes_have_a_deadline),
    };
    return cmocka_run_group_tests(tests, open_doorway, shut_doorway);
}
