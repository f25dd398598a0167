/* The link against a server that is as good or as bad as a test wants it, over plain TCP: upgrade, frames, keep-alive, bounds,
 * reconnection. */
#include "link/link.h"
#include "patience.h"

#include <gio/gio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define PROTOCOL "livebooth.test.v1"

typedef struct {
    GSocket *listener;
    GSource *incoming;
    guint16 port;
    const char *answer;     /* printf pattern with one %s for the right Accept */
    GByteArray *behind;     /* sent in one piece with the answer */
    gboolean silent;        /* neither reads nor answers after the upgrade */
    GPtrArray *connections; /* of GSocket */
    GByteArray *received;
    guint accepted;
} Server;

typedef struct {
    GMainLoop *loop;
    guint ups, downs, messages;
    guint stop_at_ups, stop_at_downs, stop_at_messages;
    gboolean was_up;
    int code;
    char *why;
    char *text;
    gboolean timed_out;
} Client;

#define GOOD                                                                                                                               \
    "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Accept: %s\r\n"            \
    "Sec-WebSocket-Protocol: " PROTOCOL "\r\n\r\n"

static char *accept_for(const char *request)
{
    const char *at = strstr(request, "Sec-WebSocket-Key: ") + strlen("Sec-WebSocket-Key: ");
    g_autofree char *key = g_strndup(at, strcspn(at, "\r"));
    g_autofree char *text = g_strconcat(key, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", NULL);
    guint8 digest[20];
    gsize length = sizeof digest;
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA1);
    g_checksum_update(sum, (const guchar *)text, -1);
    g_checksum_get_digest(sum, digest, &length);
    g_checksum_free(sum);
    return g_base64_encode(digest, length);
}

static gboolean on_bytes(GSocket *socket, GIOCondition condition, gpointer data)
{
    (void)condition;
    Server *server = data;
    char buffer[65536];
    gssize got = g_socket_receive(socket, buffer, sizeof buffer, NULL, NULL);
    if (got > 0) g_byte_array_append(server->received, (const guint8 *)buffer, (guint)got);
    return got > 0;
}

static void watch(Server *server, GSocket *socket)
{
    GSource *source = g_socket_create_source(socket, G_IO_IN, NULL);
    g_source_set_callback(source, G_SOURCE_FUNC(on_bytes), server, NULL);
    g_source_attach(source, NULL);
    g_source_unref(source);
}

static gboolean on_request(GSocket *socket, GIOCondition condition, gpointer data)
{
    (void)condition;
    Server *server = data;
    char request[4096] = "";
    gssize got = g_socket_receive(socket, request, sizeof request - 1, NULL, NULL);
    if (got <= 0 || !strstr(request, "\r\n\r\n")) return G_SOURCE_REMOVE;
    g_autofree char *accept = accept_for(request);
    g_auto(GStrv) halves = g_strsplit(server->answer, "%s", 2);
    g_autofree char *answer = g_strconcat(halves[0], halves[1] ? accept : NULL, halves[1], NULL);
    GByteArray *all = g_byte_array_new();
    g_byte_array_append(all, (const guint8 *)answer, (guint)strlen(answer));
    g_byte_array_append(all, server->behind->data, server->behind->len);
    g_socket_send(socket, (const char *)all->data, all->len, NULL, NULL);
    g_byte_array_unref(all);
    if (!server->silent) watch(server, socket);
    return G_SOURCE_REMOVE;
}

static gboolean on_incoming(GSocket *listener, GIOCondition condition, gpointer data)
{
    (void)condition;
    Server *server = data;
    GSocket *socket = g_socket_accept(listener, NULL, NULL);
    if (!socket) return G_SOURCE_CONTINUE;
    server->accepted++;
    g_ptr_array_add(server->connections, socket);
    GSource *source = g_socket_create_source(socket, G_IO_IN, NULL);
    g_source_set_callback(source, G_SOURCE_FUNC(on_request), server, NULL);
    g_source_attach(source, NULL);
    g_source_unref(source);
    return G_SOURCE_CONTINUE;
}

static void server_close_all(Server *server)
{
    for (guint i = 0; i < server->connections->len; i++) g_socket_close(g_ptr_array_index(server->connections, i), NULL);
    g_ptr_array_set_size(server->connections, 0);
}

static void server_shut(Server *server)
{
    if (!server->incoming) return;
    g_source_destroy(server->incoming);
    g_source_unref(server->incoming);
    server->incoming = NULL;
    g_socket_close(server->listener, NULL);
}

static int set_up(void **state)
{
    Server *server = g_new0(Server, 1);
    server->answer = GOOD;
    server->behind = g_byte_array_new();
    server->received = g_byte_array_new();
    server->connections = g_ptr_array_new_with_free_func(g_object_unref);
    server->listener = g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
    g_socket_set_blocking(server->listener, FALSE);
    GSocketAddress *any = g_inet_socket_address_new_from_string("127.0.0.1", 0);
    g_socket_bind(server->listener, any, TRUE, NULL);
    g_object_unref(any);
    g_socket_listen(server->listener, NULL);
    GSocketAddress *bound = g_socket_get_local_address(server->listener, NULL);
    server->port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound));
    g_object_unref(bound);
    server->incoming = g_socket_create_source(server->listener, G_IO_IN, NULL);
    g_source_set_callback(server->incoming, G_SOURCE_FUNC(on_incoming), server, NULL);
    g_source_attach(server->incoming, NULL);
    *state = server;
    return server->port ? 0 : -1;
}

static int tear_down(void **state)
{
    Server *server = *state;
    server_close_all(server);
    g_ptr_array_unref(server->connections);
    server_shut(server);
    g_object_unref(server->listener);
    while (g_main_context_iteration(NULL, FALSE)) continue;
    g_byte_array_unref(server->behind);
    g_byte_array_unref(server->received);
    g_free(server);
    return 0;
}

static void on_up(void *data, const char *address)
{
    (void)address;
    Client *client = data;
    if (++client->ups == client->stop_at_ups) g_main_loop_quit(client->loop);
}

static void on_received(void *data, const char *text, gsize length)
{
    Client *client = data;
    g_free(client->text);
    client->text = g_strndup(text, length);
    if (++client->messages == client->stop_at_messages) g_main_loop_quit(client->loop);
}

static void on_down(void *data, gboolean was_up, int code, const char *why)
{
    Client *client = data;
    client->was_up = was_up;
    client->code = code;
    g_free(client->why);
    client->why = g_strdup(why);
    if (++client->downs == client->stop_at_downs) g_main_loop_quit(client->loop);
}

static gboolean on_patience(gpointer data)
{
    Client *client = data;
    client->timed_out = TRUE;
    g_main_loop_quit(client->loop);
    return G_SOURCE_REMOVE;
}

static void run(Client *client)
{
    GSource *patience = g_timeout_source_new_seconds(PATIENCE_S);
    g_source_set_callback(patience, on_patience, client, NULL);
    g_source_attach(patience, NULL);
    g_main_loop_run(client->loop);
    g_source_destroy(patience);
    g_source_unref(patience);
    assert_false(client->timed_out);
}

static void client_clear(Client *client)
{
    g_main_loop_unref(client->loop);
    g_free(client->why);
    g_free(client->text);
}

static Link *connect_to(const Server *server, Client *client, LinkEvents *events, gboolean once)
{
    g_autofree char *address = g_strdup_printf("ws://localhost:%u/ws/test", server->port);
    const char *const addresses[] = {address, NULL};
    const LinkSettings settings = {.addresses = addresses, .subprotocol = PROTOCOL, .once = once};
    *events = (LinkEvents){on_up, on_received, on_down, client};
    client->loop = g_main_loop_new(NULL, FALSE);
    g_autoptr(GError) error = NULL;
    Link *link = link_new(&settings, events, &error);
    assert_non_null(link);
    return link;
}

static void add_frame(GByteArray *bytes, guint8 first, const void *payload, gsize length)
{
    guint8 header[4] = {first, (guint8)(length < 126 ? length : 126), (guint8)(length >> 8), (guint8)length};
    g_byte_array_append(bytes, header, length < 126 ? 2 : 4);
    g_byte_array_append(bytes, payload, (guint)length);
}

static void bytes_behind_the_answer_are_frames(void **state)
{
    Server *server = *state;
    add_frame(server->behind, 0x81, "{\"t\":\"a\"}", 9);
    add_frame(server->behind, 0x01, "{\"t\":", 5);
    add_frame(server->behind, 0x80, "\"b\"}", 4);
    Client client = {.stop_at_messages = 2};
    LinkEvents events;
    Link *link = connect_to(server, &client, &events, FALSE);
    run(&client);
    assert_int_equal(client.ups, 1);
    assert_string_equal(client.text, "{\"t\":\"b\"}");
    link_free(link);
    client_clear(&client);
}

static void expect_refused(Server *server, const char *answer, const char *why)
{
    server->answer = answer;
    Client client = {.stop_at_downs = 1};
    LinkEvents events;
    Link *link = connect_to(server, &client, &events, TRUE);
    run(&client);
    assert_false(client.was_up);
    assert_int_equal(client.ups, 0);
    if (!strstr(client.why, why)) fail_msg("\"%s\" does not say \"%s\"", client.why, why);
    link_free(link);
    client_clear(&client);
}

static void wrong_answers_are_refused(void **state)
{
    expect_refused(*state, "HTTP/1.1 403 Forbidden\r\n\r\n", "403 Forbidden");
    expect_refused(*state,
                   "HTTP/1.1 101 Ok\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n"
                   "Sec-WebSocket-Protocol: " PROTOCOL "\r\n\r\n",
                   "Sec-WebSocket-Accept");
    expect_refused(*state,
                   "HTTP/1.1 101 Ok\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n"
                   "Sec-WebSocket-Protocol: livebooth.other.v1\r\n\r\n",
                   "livebooth.other.v1");
    expect_refused(*state, "HTTP/1.1 101 Ok\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", PROTOCOL);
    g_autofree char *padding = g_strnfill(9000, 'x');
    g_autofree char *longer = g_strconcat("HTTP/1.1 101 Ok\r\nX: ", padding, NULL);
    expect_refused(*state, longer, "longer than");
}

static void nobody_there_is_said(void **state)
{
    Server *server = *state;
    server_shut(server);
    expect_refused(server, GOOD, "cannot be reached");
}

static void a_dead_peer_is_found(void **state)
{
    Server *server = *state;
    server->silent = TRUE;
    Client client = {.stop_at_downs = 1};
    LinkEvents events;
    Link *link = connect_to(server, &client, &events, TRUE);
    gint64 start = g_get_monotonic_time();
    run(&client);
    double seconds = (double)(g_get_monotonic_time() - start) / 1e6;
    assert_true(client.was_up);
    print_message("# found after %.1f s\n", seconds);
    assert_true(seconds > 4.5); /* not before the second ping went unanswered */
    assert_non_null(strstr(client.why, "ping"));
    link_free(link);
    client_clear(&client);
}

static void what_waits_is_bounded(void **state)
{
    Server *server = *state;
    server->silent = TRUE;
    Client client = {.stop_at_ups = 1, .stop_at_downs = 1};
    LinkEvents events;
    Link *link = connect_to(server, &client, &events, TRUE);
    run(&client);
    g_autofree char *text = g_strnfill(60000, 'a');
    guint taken = 0;
    while (link_send(link, text) && taken < 100) taken++;
    assert_true(taken >= 3 && taken <= LINK_QUEUE_MAX / 60000 + 1);
    assert_false(link_is_up(link));
    run(&client);
    assert_true(client.was_up);
    assert_non_null(strstr(client.why, "does not take"));
    link_free(link);
    client_clear(&client);
}

static void too_long_and_binary_messages_end_it(void **state)
{
    Server *server = *state;
    guint8 length[8] = {0, 0, 0, 0, 0, 1, 0, 1};
    const guint8 header[2] = {0x81, 127};
    g_byte_array_append(server->behind, header, 2);
    g_byte_array_append(server->behind, length, 8);
    g_byte_array_append(server->behind, header, 2);
    Client client = {.stop_at_downs = 1};
    LinkEvents events;
    Link *link = connect_to(server, &client, &events, TRUE);
    run(&client);
    assert_true(client.was_up);
    assert_int_equal(client.code, 1009);
    link_free(link);
    client_clear(&client);
    g_byte_array_set_size(server->behind, 0);
    add_frame(server->behind, 0x82, "x", 1);
    const guint8 close[] = {0x88, 2, 0x03, 0xe8};
    g_byte_array_append(server->behind, close, sizeof close);
    client = (Client){.stop_at_downs = 1};
    link = connect_to(server, &client, &events, TRUE);
    run(&client);
    assert_int_equal(client.messages, 0);
    link_free(link);
    client_clear(&client);
}

static void it_comes_back_by_itself(void **state)
{
    Server *server = *state;
    Client client = {.stop_at_ups = 1};
    LinkEvents events;
    Link *link = connect_to(server, &client, &events, FALSE);
    run(&client);
    server_close_all(server);
    client.stop_at_ups = 2;
    gint64 start = g_get_monotonic_time();
    run(&client);
    print_message("# back after %d ms\n", (int)((g_get_monotonic_time() - start) / 1000));
    assert_int_equal(client.downs, 1);
    assert_int_equal(client.code, 1006);
    assert_true(link_is_up(link));
    link_free(link);
    client_clear(&client);
}

static void a_close_says_its_code(void **state)
{
    Server *server = *state;
    const guint8 replaced[] = {0x88, 2, 0x0f, 0xa1};
    g_byte_array_append(server->behind, replaced, sizeof replaced);
    Client client = {.stop_at_downs = 1};
    LinkEvents events;
    Link *link = connect_to(server, &client, &events, TRUE);
    run(&client);
    assert_true(client.was_up);
    assert_int_equal(client.code, 4001);
    link_free(link);
    client_clear(&client);
}

static void senseless_addresses_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"http://x/", "desk", "", "ws://", "wss://desk:8443/ws/booth", "ws://h:99999/"};
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        const char *const addresses[] = {bad[i], NULL};
        const LinkSettings settings = {.addresses = addresses, .subprotocol = PROTOCOL};
        const LinkEvents events = {0};
        g_autoptr(GError) error = NULL;
        assert_null(link_new(&settings, &events, &error));
        assert_non_null(error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bytes_behind_the_answer_are_frames, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_answers_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_there_is_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_dead_peer_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_waits_is_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_long_and_binary_messages_end_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_comes_back_by_itself, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_close_says_its_code, set_up, tear_down),
        cmocka_unit_test(senseless_addresses_are_refused),
    };
    return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
