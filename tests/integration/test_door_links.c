/* door_link: what passes over the links of a door and what ends them, over real sockets with raw clients. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after those */
#include <cmocka.h>

#include <openssl/ssl.h>
#include <string.h>

#include "doorway.h"
#include "peer.h"
#include "wire/wire.h"

static void shoppers_and_booths_link(void **state)
{
    (void)state;
    journal_clear();
    Peer *shopper = doorway_link_shopper();
    journal_expect("opened shopper - 127.0.0.1\n");
    assert_true(peer_send_text(shopper, "hello \xc3\xa5"));
    peer_expect_text(shopper, "hello \xc3\xa5");
    assert_true(peer_send_frame(shopper, FRAME_CLOSE, "\x03\xe8", 2));
    assert_int_equal(peer_await_close(shopper), 1000);
    journal_expect("closed");
    peer_close(shopper);
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        journal_clear();
        Peer *booth = doorway_link_booth("oslo-1", version);
        journal_expect("opened booth oslo-1 127.0.0.1\n");
        assert_true(peer_send_text(booth, "hei"));
        peer_expect_text(booth, "hei");
        assert_true(peer_send_text(booth, "close 4001"));
        peer_expect_text(booth, "before");
        assert_int_equal(peer_await_close(booth), 4001);
        peer_close(booth);
        journal_expect("closed");
    }
}

static void a_vanished_peer_is_told(void **state)
{
    (void)state;
    for (guint booth = 0; booth < 2; booth++) {
        journal_clear();
        peer_close(booth ? doorway_link_booth("oslo-1", TLS1_3_VERSION) : doorway_link_shopper());
        journal_expect("closed");
    }
}

static void message_bounds(void **state)
{
    (void)state;
    g_autofree char *full = g_strnfill(WIRE_MESSAGE_MAX, 'x'), *over = g_strnfill(WIRE_MESSAGE_MAX + 1, 'x');
    static const struct {
        const char *payload;
        gsize length;
        guint8 first;
        int code;
    } table[] = {
        {NULL, WIRE_MESSAGE_MAX + 1, FRAME_TEXT, 1009},
        {"abc", 3, FRAME_BINARY, 1003},
        {"\xff\xfe", 2, FRAME_TEXT, 1007},
        {"\xed\xa0\x80", 3, FRAME_TEXT, 1007},
        {"\xf4\x90\x80\x80", 4, FRAME_TEXT, 1007},
        {"flood", 5, FRAME_TEXT, 1013},
    };
    journal_clear();
    Peer *peer = doorway_link_shopper();
    assert_true(peer_send_frame(peer, FRAME_TEXT, full, WIRE_MESSAGE_MAX));
    journal_expect("received 65536 bytes");
    peer_close(peer);
    for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
        journal_clear();
        peer = doorway_link_shopper();
        assert_true(peer_send_frame(peer, table[i].first, table[i].payload ? table[i].payload : over, table[i].length));
        int code = peer_await_close(peer);
        if (code != table[i].code) fail_msg("row %u: %d instead of %d", i, code, table[i].code);
        peer_close(peer);
        journal_expect("closed");
        assert_int_equal(journal_has("received"), table[i].code == 1013);
    }
}

static void fragments_are_one_message(void **state)
{
    (void)state;
    journal_clear();
    Peer *peer = doorway_link_shopper();
    assert_true(peer_send_frame(peer, 0x01, "one \xc3", 5));
    assert_true(peer_send_frame(peer, FRAME_PING, "in between", 10));
    assert_true(peer_send_frame(peer, 0x80, "\xa5 two", 5));
    peer_expect_text(peer, "one \xc3\xa5 two");
    /* endless fragments end at the bound */
    g_autofree char *piece = g_strnfill(30000, 'x');
    assert_true(peer_send_frame(peer, 0x01, piece, 30000));
    assert_true(peer_send_frame(peer, 0x00, piece, 30000));
    assert_true(peer_send_frame(peer, 0x00, piece, 30000));
    assert_int_equal(peer_await_close(peer), 1009);
    peer_close(peer);
    journal_expect("closed");
}

static void links_are_bounded(void **state)
{
    (void)state;
    Peer *peers[DOORWAY_LINKS_MAX];
    journal_clear();
    for (guint i = 0; i < DOORWAY_LINKS_MAX; i++) peers[i] = doorway_link_shopper();
    Peer *further = peer_connect(door_port(doorway.door));
    assert_true(peer_say(further, UPGRADE("/ws/shopper", AS_SHOPPER)));
    peer_read_all(further);
    assert_true(strstr(further->got->str, " 503 ") != NULL);
    assert_non_null(strstr(further->got->str, "the desk is full"));
    peer_close(further);
    for (guint i = 0; i < DOORWAY_LINKS_MAX; i++) {
        journal_clear();
        peer_close(peers[i]);
        journal_expect("closed");
    }
    journal_clear();
    peer_close(doorway_link_shopper());
    journal_expect("closed");
}

static void unanswered_pings_end_a_link(void **state)
{
    (void)state;
    journal_clear();
    Peer *booth = doorway_link_booth("oslo-1", TLS1_2_VERSION);
    gint64 began = g_get_monotonic_time();
    Peer *silent = doorway_link_shopper();
    guint pings = 0;
    guint8 first = 0;
    gsize length = 0;
    while (!journal_has("closed")) {
        g_autofree char *payload = peer_read_frame(booth, &first, &length);
        assert_non_null(payload);
        if (first == FRAME_PING && ++pings) assert_true(peer_send_frame(booth, FRAME_PONG, payload, length));
    }
    gint64 took = (g_get_monotonic_time() - began) / 1000;
    print_message("# the silent link ended after %d ms, %u pings to the other one\n", (int)took, pings);
    assert_true(took >= 4000 && pings >= 2); /* not before it had its time */
    /* the one that answers lives on */
    assert_true(peer_send_text(booth, "still here"));
    peer_expect_text(booth, "still here");
    journal_clear();
    peer_close(silent);
    peer_close(booth);
    journal_expect("closed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shoppers_and_booths_link), cmocka_unit_test(a_vanished_peer_is_told),
        cmocka_unit_test(message_bounds),           cmocka_unit_test(fragments_are_one_message),
        cmocka_unit_test(links_are_bounded),        cmocka_unit_test(unanswered_pings_end_a_link),
    };
    return cmocka_run_group_tests(tests, doorway_open, doorway_shut);
}
