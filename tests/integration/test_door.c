/* door: what passes the desk's door and what does not, over real sockets: a door on free ports with certificates made here, and raw
 * clients. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after those */
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "authority/authority.h"
#include "desk/door.h"
#include "patience.h"
#include "scratch.h"
#include "wire/wire.h"

#define LINKS_MAX 6
#define DAY       86400

static struct {
    char *folder, *web, *text, *authority, *foreign;
    DoorSettings settings;
    DoorEvents events;
    Door *door;
    GThread *thread;
    pthread_mutex_t lock; /* not GMutex, which ThreadSanitizer does not know */
    pthread_cond_t said;
    GString *journal; /* what the door told and logged, a line each */
    gint woken;
} place = {.lock = PTHREAD_MUTEX_INITIALIZER, .said = PTHREAD_COND_INITIALIZER};

/* --- the journal ------------------------------------------------------------------------------------------------------------------- */

/* With the lock held, until something is said or the monotonic time came. */
static gboolean wait_until(gint64 until)
{
    struct timespec time = {.tv_sec = until / G_USEC_PER_SEC, .tv_nsec = until % G_USEC_PER_SEC * 1000};
    return pthread_cond_clockwait(&place.said, &place.lock, CLOCK_MONOTONIC, &time) == 0;
}

G_GNUC_PRINTF(1, 2) static void tell(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    pthread_mutex_lock(&place.lock);
    g_string_append_vprintf(place.journal, format, args);
    g_string_append_c(place.journal, '\n');
    pthread_cond_broadcast(&place.said);
    pthread_mutex_unlock(&place.lock);
    va_end(args);
}

static void forget(void)
{
    pthread_mutex_lock(&place.lock);
    g_string_truncate(place.journal, 0);
    pthread_mutex_unlock(&place.lock);
}

static gboolean was_told(const char *what)
{
    pthread_mutex_lock(&place.lock);
    gboolean told = strstr(place.journal->str, what) != NULL;
    pthread_mutex_unlock(&place.lock);
    return told;
}

static void expect_told(const char *what)
{
    gint64 until = g_get_monotonic_time() + PATIENCE_US;
    pthread_mutex_lock(&place.lock);
    while (!strstr(place.journal->str, what) && wait_until(until)) continue;
    g_autofree char *journal = strstr(place.journal->str, what) ? NULL : g_strdup(place.journal->str);
    pthread_mutex_unlock(&place.lock);
    if (journal) fail_msg("\"%s\" was not told, but:\n%s", what, journal);
}

static GLogWriterOutput keep_log(GLogLevelFlags level, const GLogField *fields, gsize count, gpointer data)
{
    (void)level;
    (void)data;
    for (gsize i = 0; i < count; i++) {
        if (strcmp(fields[i].key, "MESSAGE") == 0) tell("log: %s", (const char *)fields[i].value);
    }
    return G_LOG_WRITER_HANDLED;
}

/* --- the door's side: messages are commands ----------------------------------------------------------------------------------------- */

static void on_opened(void *data, DoorLink *link, DoorKind kind, const char *identity, const char *address)
{
    assert_ptr_equal(data, &place);
    door_set_data(link, &place);
    tell("opened %s %s %s", kind == DOOR_BOOTH ? "booth" : kind == DOOR_OPS ? "ops" : "shopper", identity ? identity : "-", address);
}

static void on_received(void *data, DoorLink *link, const char *text, size_t length)
{
    assert_ptr_equal(data, &place);
    assert_ptr_equal(door_data(link), &place);
    if (g_str_has_prefix(text, "close ")) {
        door_send(link, "before");
        door_close(link, atoi(text + 6), "as asked");
        door_close(link, 1000, "too late");
        door_send(link, "after");
    } else if (strcmp(text, "flood") == 0) {
        g_autofree char *piece = g_strnfill(60000, 'x');
        for (guint i = 0; i < 6; i++) door_send(link, piece);
    } else if (length < 1000) {
        door_send(link, text);
    }
    tell("received %zu bytes", length);
}

static void on_closed(void *data, DoorLink *link)
{
    assert_ptr_equal(data, &place);
    assert_non_null(link);
    tell("closed");
}

static char *on_api(void *data, const char *path, const char *query)
{
    assert_ptr_equal(data, &place);
    return strcmp(path, "/api/echo") == 0 ? g_strdup_printf("{\"query\":\"%s\"}", query) : NULL;
}

/* --- routes: a late answer is given by the next request for /late/now */

static DoorRequest *late;

static void answer(DoorRequest *request, const char *text)
{
    g_autoptr(GBytes) body = g_bytes_new(text, strlen(text));
    static const char *const headers[] = {"content-type:", "text/plain", "set-cookie:", "a=1; HttpOnly", NULL};
    door_reply(request, 201, headers, body);
}

#define LARGE 3000000

static void answer_at_length(DoorRequest *request)
{
    static const char *const headers[] = {"content-type:", "text/plain", NULL};
    g_autoptr(GString) text = g_string_sized_new(LARGE);
    for (gsize i = 0; i < LARGE; i++) g_string_append_c(text, (char)('a' + i % 23));
    g_autoptr(GBytes) body = g_bytes_new(text->str, text->len);
    door_reply(request, 200, headers, body);
}

static void on_route(void *data, DoorRequest *request)
{
    assert_ptr_equal(data, &place);
    if (strcmp(request->path, "/long") == 0) {
        answer_at_length(request);
        return;
    }
    g_autofree char *text = g_strdup_printf("%s %s?%s %s [%s] cookie=%s type=%s %s", request->method, request->path, request->query,
                                            request->identity ? request->identity : "-", request->body, request->cookie,
                                            request->content_type, request->secure ? "secure" : "plain");
    tell("asked: %s", text);
    if (strcmp(request->path, "/late") == 0) {
        late = request;
        return;
    }
    if (strcmp(request->path, "/late/now") == 0) answer(g_steal_pointer(&late), "late");
    answer(request, text);
}

static const DoorRoute routes[] = {
    {"GET", "/late", DOOR_PAGES, 0, on_route},
    {"GET", "/late/now", DOOR_PAGES, 0, on_route},
    {"POST", "/form", DOOR_PAGES | DOOR_STRANGERS, 10, on_route},
    {"DELETE", "/form", DOOR_PAGES, 0, on_route},
    {"POST", "/long", DOOR_PAGES, 10, on_route},
    {"GET", "/tree/*", DOOR_PAGES, 0, on_route},
    {"GET", "/own", DOOR_BOOTHS, 0, on_route},
    {NULL, NULL, 0, 0, NULL},
};

static char *on_admit(void *data, const char *cookie)
{
    assert_ptr_equal(data, &place);
    return strcmp(cookie, "key=open") == 0 ? g_strdup("olav") : NULL;
}

static void on_woken(void *data)
{
    assert_ptr_equal(data, &place);
    g_atomic_int_inc(&place.woken);
    pthread_mutex_lock(&place.lock);
    pthread_cond_broadcast(&place.said);
    pthread_mutex_unlock(&place.lock);
}

static gpointer run_door(gpointer door)
{
    door_run(door);
    return NULL;
}

/* --- a client ----------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    int fd;
    SSL_CTX *context;
    SSL *tls; /* NULL: plain */
    GString *got;
} Peer;

static void peer_close(Peer *peer)
{
    if (peer->tls) SSL_free(peer->tls);
    if (peer->context) SSL_CTX_free(peer->context);
    close(peer->fd);
    g_string_free(peer->got, TRUE);
    g_free(peer);
}

static void set_patience(Peer *peer, guint ms)
{
    struct timeval limit = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    assert_int_equal(setsockopt(peer->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
}

static Peer *peer_connect(int port)
{
    Peer *peer = g_new0(Peer, 1);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((guint16)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    peer->got = g_string_new(NULL);
    peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    set_patience(peer, PATIENCE_MS);
    assert_int_equal(connect(peer->fd, (struct sockaddr *)&address, sizeof address), 0);
    return peer;
}

static ssize_t peer_read(Peer *peer)
{
    char piece[16384];
    ssize_t count = peer->tls ? SSL_read(peer->tls, piece, sizeof piece) : recv(peer->fd, piece, sizeof piece, 0);
    if (count > 0) g_string_append_len(peer->got, piece, count);
    return count;
}

static gboolean peer_write(Peer *peer, const void *bytes, gsize length)
{
    if (peer->tls) return SSL_write(peer->tls, bytes, (int)length) == (int)length;
    return send(peer->fd, bytes, length, MSG_NOSIGNAL) == (ssize_t)length;
}

static gboolean peer_say(Peer *peer, const char *text)
{
    return peer_write(peer, text, strlen(text));
}

/* Reads until what was asked for has come or the far end closed. */
static gboolean peer_await(Peer *peer, const char *what)
{
    while (!strstr(peer->got->str, what)) {
        if (peer_read(peer) <= 0) return FALSE;
    }
    return TRUE;
}

static void peer_read_all(Peer *peer)
{
    while (peer_read(peer) > 0) continue;
}

/* HTTP/1.0 or 1.1: libwebsockets says 1.0 when an upgrade is refused. */
static gboolean has_status(const Peer *peer, const char *status)
{
    return g_str_has_prefix(peer->got->str, "HTTP/1.") && strlen(peer->got->str) > 9 && g_str_has_prefix(peer->got->str + 9, status);
}

static char *file_in(const char *folder, const char *name)
{
    return g_build_filename(folder, name, NULL);
}

/* TLS with the certificate NAME.crt, NAME.key of folder; NULL name: none. FALSE: refused, at once or (TLS 1.3) at the first read. */
static Peer *booth_connect(const char *folder, const char *name, int version, gboolean *accepted)
{
    Peer *peer = peer_connect(door_booth_port(place.door));
    g_autofree char *authority = file_in(place.authority, AUTHORITY_CERTIFICATE);
    peer->context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(peer->context, version);
    assert_int_equal(SSL_CTX_load_verify_locations(peer->context, authority, NULL), 1);
    SSL_CTX_set_verify(peer->context, SSL_VERIFY_PEER, NULL);
    if (name) {
        g_autofree char *base = file_in(folder, name);
        g_autofree char *certificate = g_strconcat(base, ".crt", NULL), *key = g_strconcat(base, ".key", NULL);
        assert_int_equal(SSL_CTX_use_certificate_chain_file(peer->context, certificate), 1);
        assert_int_equal(SSL_CTX_use_PrivateKey_file(peer->context, key, SSL_FILETYPE_PEM), 1);
    }
    peer->tls = SSL_new(peer->context);
    SSL_set_fd(peer->tls, peer->fd);
    *accepted = SSL_connect(peer->tls) == 1;
    ERR_clear_error();
    return peer;
}

#define UPGRADE(path, more)                                                                                                                \
    "GET " path " HTTP/1.1\r\nHost: desk.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"            \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" more "\r\n"
#define AS_SHOPPER "Sec-WebSocket-Protocol: livebooth.shopper.v1\r\n"
#define AS_BOOTH   "Sec-WebSocket-Protocol: livebooth.booth.v1\r\n"
#define AS_OPS     "Sec-WebSocket-Protocol: livebooth.ops.v1\r\n"

static Peer *shopper_link(void)
{
    Peer *peer = peer_connect(door_port(place.door));
    assert_true(peer_say(peer, UPGRADE("/ws/shopper", AS_SHOPPER)));
    assert_true(peer_await(peer, "\r\n\r\n"));
    if (!g_str_has_prefix(peer->got->str, "HTTP/1.1 101")) fail_msg("no link: %s", peer->got->str);
    assert_non_null(strstr(peer->got->str, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    g_string_erase(peer->got, 0, strstr(peer->got->str, "\r\n\r\n") + 4 - peer->got->str);
    return peer;
}

static Peer *booth_link(const char *name, int version)
{
    gboolean accepted = FALSE;
    Peer *peer = booth_connect(place.authority, name, version, &accepted);
    assert_true(accepted);
    assert_true(peer_say(peer, UPGRADE("/ws/booth", AS_BOOTH)));
    assert_true(peer_await(peer, "\r\n\r\n"));
    if (!g_str_has_prefix(peer->got->str, "HTTP/1.1 101")) fail_msg("no link: %s", peer->got->str);
    g_string_erase(peer->got, 0, strstr(peer->got->str, "\r\n\r\n") + 4 - peer->got->str);
    return peer;
}

/* One masked frame; the mask is 0, which is allowed and keeps the bytes readable. */
static gboolean send_frame(Peer *peer, guint8 first, const void *payload, gsize length)
{
    g_autoptr(GByteArray) frame = g_byte_array_new();
    guint8 head[14] = {first, (guint8)(0x80 | (length < 126 ? length : length < 65536 ? 126 : 127))};
    gsize size = length < 126 ? 2 : length < 65536 ? 4 : 10;
    for (gsize i = 2; i < size; i++) head[i] = (guint8)(length >> 8 * (size - 1 - i));
    g_byte_array_append(frame, head, (guint)size + 4);
    g_byte_array_append(frame, payload, (guint)length);
    return peer_write(peer, frame->data, frame->len);
}

#define TEXT   0x81
#define BINARY 0x82
#define CLOSE  0x88
#define PING   0x89
#define PONG   0x8a

static gboolean send_text(Peer *peer, const char *text)
{
    return send_frame(peer, TEXT, text, strlen(text));
}

static gboolean need(Peer *peer, gsize length)
{
    while (peer->got->len < length) {
        if (peer_read(peer) <= 0) return FALSE;
    }
    return TRUE;
}

/* The next frame from the door; its payload, or NULL when the connection ended. */
static char *read_frame(Peer *peer, guint8 *first, gsize *length)
{
    if (!need(peer, 2)) return NULL;
    const guint8 *head = (const guint8 *)peer->got->str;
    gsize size = head[1] < 126 ? 2 : head[1] == 126 ? 4 : 10;
    if (!need(peer, size)) return NULL;
    head = (const guint8 *)peer->got->str;
    *first = head[0];
    *length = head[1];
    for (gsize i = 2; i < size; i++) *length = i == 2 ? head[2] : *length << 8 | head[i];
    if (!need(peer, size + *length)) return NULL;
    char *payload = g_malloc0(*length + 1);
    memcpy(payload, peer->got->str + size, *length);
    g_string_erase(peer->got, 0, (gssize)(size + *length));
    return payload;
}

static void expect_text(Peer *peer, const char *text)
{
    guint8 first = 0;
    gsize length = 0;
    do {
        g_autofree char *payload = read_frame(peer, &first, &length);
        if (!payload) fail_msg("the link ended instead of \"%s\"", text);
        if (first == TEXT) assert_string_equal(payload, text);
    } while (first != TEXT);
}

/* Reads until the door closes; its code, 1006 when it just went. Answers neither pings nor the close. */
static int await_close(Peer *peer)
{
    guint8 first = 0;
    gsize length = 0;
    for (;;) {
        g_autofree char *payload = read_frame(peer, &first, &length);
        if (!payload) return 1006;
        if (first == CLOSE) return length >= 2 ? (guint8)payload[0] << 8 | (guint8)payload[1] : 1005;
    }
}

/* --- links ---------------------------------------------------------------------------------------------------------------------------- */

static void shoppers_and_booths_link(void **state)
{
    (void)state;
    forget();
    Peer *shopper = shopper_link();
    expect_told("opened shopper - 127.0.0.1\n");
    Peer *booths[] = {booth_link("oslo-1", TLS1_2_VERSION), booth_link("oslo-1", TLS1_3_VERSION)};
    expect_told("opened booth oslo-1 127.0.0.1\n");
    assert_true(send_text(shopper, "hello \xc3\xa5"));
    expect_text(shopper, "hello \xc3\xa5");
    for (guint i = 0; i < G_N_ELEMENTS(booths); i++) {
        assert_true(send_text(booths[i], "hei"));
        expect_text(booths[i], "hei");
        assert_true(send_text(booths[i], "close 4001"));
        expect_text(booths[i], "before");
        assert_int_equal(await_close(booths[i]), 4001);
        peer_close(booths[i]);
        expect_told("closed");
    }
    forget();
    assert_true(send_frame(shopper, CLOSE, "\x03\xe8", 2));
    assert_int_equal(await_close(shopper), 1000);
    expect_told("closed");
    peer_close(shopper);
}

static void a_vanished_peer_is_told(void **state)
{
    (void)state;
    Peer *peers[] = {shopper_link(), booth_link("oslo-1", TLS1_3_VERSION)};
    for (guint i = 0; i < G_N_ELEMENTS(peers); i++) {
        forget();
        peer_close(peers[i]);
        expect_told("closed");
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
        {NULL, WIRE_MESSAGE_MAX + 1, TEXT, 1009}, {"abc", 3, BINARY, 1003}, {"\xff\xfe", 2, TEXT, 1007}, {"\xed\xa0\x80", 3, TEXT, 1007},
        {"\xf4\x90\x80\x80", 4, TEXT, 1007},      {"flood", 5, TEXT, 1013},
    };
    forget();
    Peer *peer = shopper_link();
    assert_true(send_frame(peer, TEXT, full, WIRE_MESSAGE_MAX));
    expect_told("received 65536 bytes");
    peer_close(peer);
    for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
        forget();
        peer = shopper_link();
        assert_true(send_frame(peer, table[i].first, table[i].payload ? table[i].payload : over, table[i].length));
        int code = await_close(peer);
        if (code != table[i].code) fail_msg("row %u: %d instead of %d", i, code, table[i].code);
        peer_close(peer);
        expect_told("closed");
        assert_int_equal(was_told("received"), table[i].code == 1013);
    }
}

static void fragments_are_one_message(void **state)
{
    (void)state;
    forget();
    Peer *peer = shopper_link();
    assert_true(send_frame(peer, 0x01, "one \xc3", 5));
    assert_true(send_frame(peer, PING, "in between", 10));
    assert_true(send_frame(peer, 0x80, "\xa5 two", 5));
    expect_text(peer, "one \xc3\xa5 two");
    /* endless fragments end at the bound */
    g_autofree char *piece = g_strnfill(30000, 'x');
    assert_true(send_frame(peer, 0x01, piece, 30000));
    assert_true(send_frame(peer, 0x00, piece, 30000));
    assert_true(send_frame(peer, 0x00, piece, 30000));
    assert_int_equal(await_close(peer), 1009);
    peer_close(peer);
    expect_told("closed");
}

static void unanswered_pings_end_a_link(void **state)
{
    (void)state;
    forget();
    Peer *silent = shopper_link(), *booth = booth_link("oslo-1", TLS1_2_VERSION);
    gint64 began = g_get_monotonic_time();
    guint pings = 0;
    guint8 first = 0;
    gsize length = 0;
    while (!was_told("closed")) {
        g_autofree char *payload = read_frame(booth, &first, &length);
        assert_non_null(payload);
        if (first == PING && ++pings) assert_true(send_frame(booth, PONG, payload, length));
    }
    gint64 took = (g_get_monotonic_time() - began) / 1000;
    print_message("# the silent link ended after %d ms, %u pings to the other one\n", (int)took, pings);
    assert_true(took >= 4000 && pings >= 2); /* not before it had its time */
    /* the one that answers lives on */
    assert_true(send_text(booth, "still here"));
    expect_text(booth, "still here");
    forget();
    peer_close(silent);
    peer_close(booth);
    expect_told("closed");
}

static void links_are_bounded(void **state)
{
    (void)state;
    Peer *peers[LINKS_MAX];
    forget();
    for (guint i = 0; i < LINKS_MAX; i++) peers[i] = shopper_link();
    Peer *further = peer_connect(door_port(place.door));
    assert_true(peer_say(further, UPGRADE("/ws/shopper", AS_SHOPPER)));
    peer_read_all(further);
    assert_true(strstr(further->got->str, " 503 ") != NULL);
    assert_non_null(strstr(further->got->str, "the desk is full"));
    peer_close(further);
    for (guint i = 0; i < LINKS_MAX; i++) {
        forget();
        peer_close(peers[i]);
        expect_told("closed");
    }
    peer_close(shopper_link());
    expect_told("closed");
}

/* --- who may upgrade ----------------------------------------------------------------------------------------------------------------- */

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
        forget();
        Peer *peer = peer_connect(door_port(place.door));
        assert_true(peer_say(peer, table[i].request));
        if (!*table[i].status) shutdown(peer->fd, SHUT_WR);
        peer_await(peer, "\r\n\r\n");
        gboolean right =
            *table[i].status ? has_status(peer, table[i].status) : !strstr(peer->got->str, " 101") && !strstr(peer->got->str, " 200");
        if (!right) fail_msg("row %u: not %s but: %s", i, table[i].status, peer->got->str);
        peer_close(peer);
        if (strcmp(table[i].status, "101") == 0) expect_told("closed");
    }
    /* and it still serves */
    forget();
    peer_close(shopper_link());
    expect_told("closed");
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
        forget();
        gboolean accepted = FALSE;
        Peer *peer = booth_connect(place.authority, "oslo-1", TLS1_3_VERSION, &accepted);
        assert_true(accepted);
        assert_true(peer_say(peer, table[i].request));
        peer_await(peer, "\r\n\r\n");
        if (!has_status(peer, table[i].status)) fail_msg("row %u: not %s but: %s", i, table[i].status, peer->got->str);
        peer_close(peer);
        if (strcmp(table[i].status, "101") == 0) expect_told("closed");
    }
    Peer *plain = peer_connect(door_booth_port(place.door));
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
        {place.foreign, "oslo-1", "unable to get local issuer certificate"},
        {place.authority, "expired", "certificate has expired"},
        {place.authority, "early", "certificate is not yet valid"},
        {place.authority, "desk", "purpose"}, /* "unsuitable" or "unsupported", by version */
        {place.authority, NULL, "there is no certificate"},
    };
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    for (guint i = 0; i < G_N_ELEMENTS(table) * G_N_ELEMENTS(versions); i++) {
        guint row = i / 2;
        gboolean accepted = FALSE;
        forget();
        Peer *peer = booth_connect(table[row].folder, table[row].name, versions[i % 2], &accepted);
        if (accepted) {
            peer_say(peer, UPGRADE("/ws/booth", AS_BOOTH));
            peer_read_all(peer);
        }
        ERR_clear_error();
        /* Strangers may ask for some routes, and for no link. */
        if (peer->got->len && (table[row].name || !has_status(peer, "403"))) fail_msg("row %u was answered: %s", row, peer->got->str);
        peer_close(peer);
        expect_told("log: refused 127.0.0.1: ");
        expect_told(table[row].reason);
        assert_false(was_told("opened"));
    }
    peer_close(booth_link("oslo-1", TLS1_2_VERSION));
    expect_told("opened booth oslo-1");
    expect_told("closed");
}

static void a_name_that_is_no_id_is_refused(void **state)
{
    (void)state;
    gboolean accepted = FALSE;
    forget();
    Peer *peer = booth_connect(place.authority, "odd", TLS1_3_VERSION, &accepted);
    assert_true(accepted);
    assert_true(peer_say(peer, UPGRADE("/ws/booth", AS_BOOTH)));
    peer_read_all(peer);
    assert_true(strstr(peer->got->str, " 403 ") != NULL);
    expect_told("common name is no booth's id");
    peer_close(peer);
}

/* A session that was once accepted is no way around the check of the certificate. */
static void sessions_are_not_resumed(void **state)
{
    (void)state;
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        forget();
        Peer *peer = booth_link("oslo-1", version);
        SSL_SESSION *session = SSL_get1_session(peer->tls);
        Peer *again = peer_connect(door_booth_port(place.door));
        SSL *tls = SSL_new(peer->context);
        SSL_set_fd(tls, again->fd);
        SSL_set_session(tls, session);
        assert_int_equal(SSL_connect(tls), 1);
        assert_int_equal(SSL_session_reused(tls), 0);
        SSL_free(tls);
        SSL_SESSION_free(session);
        peer_close(again);
        peer_close(peer);
        expect_told("closed");
    }
}

/* --- pages -----------------------------------------------------------------------------------------------------------------------------
 */

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
        Peer *peer = peer_connect(door_port(place.door));
        assert_true(peer_say(peer, table[i].request));
        peer_read_all(peer);
        if (*table[i].status && !has_status(peer, table[i].status)) fail_msg("row %u: not %s but: %s", i, table[i].status, peer->got->str);
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
        Peer *peer = peer_connect(door_port(place.door));
        assert_true(peer_say(peer, table[i].request));
        peer_read_all(peer);
        gboolean right = has_status(peer, table[i].status) && (!table[i].holds || strstr(peer->got->str, table[i].holds)) &&
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
        Peer *peer = table[i].on_booth_port ? booth_connect(place.authority, "oslo-1", TLS1_3_VERSION, &accepted)
                                            : peer_connect(door_port(place.door));
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
        forget();
        Peer *waiting = peer_connect(door_port(place.door)), *other = peer_connect(door_port(place.door));
        assert_true(peer_say(waiting, ends ? GET("/late") : NEXT("/late") GET("/tree/after")));
        if (ends) assert_int_equal(shutdown(waiting->fd, SHUT_WR), 0);
        expect_told("asked: GET /late?");
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
        forget();
        Peer *waiting = peer_connect(door_port(place.door)), *other = peer_connect(door_port(place.door));
        assert_true(peer_say(waiting, GET("/late")));
        expect_told("asked: GET /late?");
        if (gone) peer_close(waiting);
        assert_true(peer_say(other, GET("/late/now")));
        peer_read_all(other);
        assert_true(has_status(other, "201") && strstr(other->got->str, "GET /late/now"));
        peer_close(other);
        if (gone) continue;
        peer_read_all(waiting);
        assert_true(has_status(waiting, "201") && g_str_has_suffix(waiting->got->str, "late"));
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
        Peer *peer = booth_connect(place.authority, table[i].name, TLS1_3_VERSION, &accepted);
        assert_true(accepted);
        assert_true(peer_say(peer, table[i].request));
        peer_read_all(peer);
        if (!has_status(peer, table[i].status) || !strstr(peer->got->str, table[i].holds)) fail_msg("row %u: %s", i, peer->got->str);
        peer_close(peer);
    }
}

static void ops_link(void **state)
{
    (void)state;
    forget();
    Peer *peer = peer_connect(door_port(place.door));
    assert_true(peer_say(peer, UPGRADE("/ws/ops", AS_OPS "Cookie: key=open\r\n")));
    assert_true(peer_await(peer, "\r\n\r\n"));
    expect_told("opened ops olav 127.0.0.1\n");
    peer_close(peer);
    expect_told("closed");
}

static void unchanged_pages_are_not_sent_again(void **state)
{
    (void)state;
    Peer *peer = peer_connect(door_port(place.door));
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

#define LONG_TEXT 20000 /* bytes of a page */

static void texts_come_packed_to_who_takes_that(void **state)
{
    (void)state;
    Peer *peer = peer_connect(door_port(place.door));
    char *tags[2];
    for (guint packed = 0; packed < 2; packed++) {
        g_string_truncate(peer->got, 0);
        assert_true(peer_say(peer, packed ? "GET /long.txt HTTP/1.1\r\nHost: a\r\nAccept-Encoding: br, gzip\r\n\r\n"
                                          : "GET /long.txt HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert_true(peer_await(peer, "\r\n\r\n"));
        assert_int_equal(strstr(peer->got->str, "content-encoding: gzip\r\n") != NULL, packed);
        assert_non_null(strstr(peer->got->str, "vary: accept-encoding\r\n"));
        guint64 length = g_ascii_strtoull(strstr(peer->got->str, "content-length: ") + 16, NULL, 10);
        assert_true(packed ? length < LONG_TEXT / 10 : length == LONG_TEXT);
        const char *etag = strstr(peer->got->str, "etag: ") + 6;
        tags[packed] = g_strndup(etag, strcspn(etag, "\r"));
        gsize head = (gsize)(strstr(peer->got->str, "\r\n\r\n") + 4 - peer->got->str);
        assert_true(need(peer, head + length));
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
    Peer *peer = peer_connect(door_port(place.door));
    assert_true(peer_say(peer, request));
    peer_read_all(peer);
    const char *body = strstr(peer->got->str, "\r\n\r\n") + 4;
    assert_int_equal(peer->got->len - (gsize)(body - peer->got->str), LARGE);
    for (gsize i = 0; i < LARGE; i++) {
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

/* --- time --------------------------------------------------------------------------------------------------------------------------- */

/* Half-open connections end by themselves, however slowly they go on; others are served meanwhile. */
static void handshakes_have_a_deadline(void **state)
{
    (void)state;
    Peer *peers[] = {peer_connect(door_port(place.door)), peer_connect(door_port(place.door)), peer_connect(door_booth_port(place.door)),
                     peer_connect(door_booth_port(place.door))};
    static const char *const trickle[] = {
        NULL, "GET / HTTP/1.1\r\nHost: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL,
        "\x16\x03\x01\x01\x00\x01\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"};
    gint64 began = g_get_monotonic_time();
    guint open = G_N_ELEMENTS(peers);
    for (guint round = 0; open && g_get_monotonic_time() - began < PATIENCE_US; round++) {
        for (guint i = 0; i < G_N_ELEMENTS(peers); i++) {
            if (!peers[i]) continue;
            set_patience(peers[i], 100);
            if (trickle[i] && round < strlen(trickle[i])) peer_write(peers[i], trickle[i] + round, 1);
            if (peer_read(peers[i]) < 0 && errno == EAGAIN) continue;
            peer_close(peers[i]);
            peers[i] = NULL;
            open--;
        }
        if (round == 3) {
            forget();
            peer_close(shopper_link());
            expect_told("closed");
        }
    }
    gint64 took = (g_get_monotonic_time() - began) / 1000;
    print_message("# the last one was ended after %d ms\n", (int)took);
    if (open) fail_msg("%u half-open connections after %" G_GINT64_FORMAT " ms", open, took);
}

/* A refused body is not waited for, however slowly it goes on: the answer comes at once, the connection ends soon. */
static void bodies_have_a_deadline(void **state)
{
    (void)state;
    Peer *peer = peer_connect(door_port(place.door));
    gint64 began = g_get_monotonic_time();
    assert_true(peer_say(peer, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n"));
    peer_read_all(peer);
    assert_true(has_status(peer, "405"));
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

/* Without an address both families are served, and a log shows IPv4 as such. */
static void listens_everywhere(void **state)
{
    (void)state;
    DoorSettings settings = place.settings;
    settings.bind_address = NULL;
    g_autoptr(GError) error = NULL;
    Door *door = door_open(&settings, &place.events, &error), *usual = place.door;
    if (!door) fail_msg("%s", error->message);
    GThread *thread = g_thread_new("everywhere", run_door, door);
    place.door = door;
    forget();
    Peer *peer = shopper_link(), *booth = booth_link("oslo-1", TLS1_3_VERSION);
    expect_told("opened shopper - 127.0.0.1\n");
    expect_told("opened booth oslo-1 127.0.0.1\n");
    place.door = usual;
    door_stop(door);
    peer_close(peer);
    peer_close(booth);
    g_thread_join(thread);
    door_free(door);
}

static void expect_woken(gint *woken, gint count)
{
    gint64 until = g_get_monotonic_time() + PATIENCE_US;
    pthread_mutex_lock(&place.lock);
    while (g_atomic_int_get(woken) < count && wait_until(until)) continue;
    pthread_mutex_unlock(&place.lock);
    assert_true(g_atomic_int_get(woken) >= count);
}

static void wakes_by_its_tick(void **state)
{
    (void)state;
    expect_woken(&place.woken, g_atomic_int_get(&place.woken) + 3);
}

static void on_demanded(void *data)
{
    g_atomic_int_inc((gint *)data);
    pthread_mutex_lock(&place.lock);
    pthread_cond_broadcast(&place.said);
    pthread_mutex_unlock(&place.lock);
}

/* By a door whose tick does not come while the test lasts. */
static void wakes_on_demand(void **state)
{
    (void)state;
    gint woken = 0;
    DoorSettings settings = place.settings;
    settings.tick_ms = 100 * PATIENCE_MS;
    DoorEvents events = place.events;
    events.woken = on_demanded;
    events.data = &woken;
    g_autoptr(GError) error = NULL;
    Door *door = door_open(&settings, &events, &error);
    if (!door) fail_msg("%s", error->message);
    GThread *thread = g_thread_new("on demand", run_door, door);
    gint64 began = g_get_monotonic_time();
    for (gint i = g_atomic_int_get(&woken); i < 50; i++) {
        door_wake(door);
        expect_woken(&woken, i + 1);
    }
    print_message("# 50 times in %d ms\n", (int)((g_get_monotonic_time() - began) / 1000));
    door_stop(door);
    g_thread_join(thread);
    door_free(door);
}

/* --- opening and stopping ----------------------------------------------------------------------------------------------------------------
 */

static void expect_refusal(DoorSettings settings, const char *first, const char *second)
{
    g_autoptr(GError) error = NULL;
    Door *door = door_open(&settings, &place.events, &error);
    if (door) fail_msg("opened in spite of: %s", first);
    if (!strstr(error->message, first) || !strstr(error->message, second))
        fail_msg("not \"%s ... %s\" but: %s", first, second, error->message);
    assert_null(strchr(error->message, '\n'));
}

static void says_why_it_cannot_open(void **state)
{
    (void)state;
    g_autofree char *port = g_strdup_printf("port %d is taken", door_port(place.door));
    g_autofree char *booth_port = g_strdup_printf("port %d is taken", door_booth_port(place.door));
    DoorSettings settings = place.settings;
    settings.port = door_port(place.door);
    expect_refusal(settings, port, "PORT=");
    settings.port = 0;
    settings.booth_port = door_booth_port(place.door);
    expect_refusal(settings, booth_port, "booth_port");
    settings = place.settings;
    settings.bind_address = "192.0.2.1";
    expect_refusal(settings, "192.0.2.1", "does not have the address");
    settings.bind_address = "everywhere";
    expect_refusal(settings, "everywhere", "not an IP address");
    settings = place.settings;
    settings.certificate = "/nowhere/desk.crt";
    expect_refusal(settings, "[tls] certificate", "/nowhere/desk.crt");
    settings = place.settings;
    g_autofree char *other_key = file_in(place.authority, "oslo-1.key");
    settings.key = other_key;
    expect_refusal(settings, "[tls] key", "fits the certificate");
    settings = place.settings;
    settings.authority = "/nowhere/authority.crt";
    expect_refusal(settings, "[tls] authority", "/nowhere/authority.crt");
    settings = place.settings;
    settings.web_folder = "/nowhere/web";
    expect_refusal(settings, "folder of pages", "/nowhere/web");
    door_free(NULL);
}

static void stops_politely(void **state)
{
    (void)state;
    forget();
    Peer *polite = shopper_link(), *booth = booth_link("oslo-1", TLS1_3_VERSION), *deaf = shopper_link();
    gint64 began = g_get_monotonic_time();
    door_stop(place.door);
    assert_int_equal(await_close(polite), 1001);
    assert_int_equal(await_close(booth), 1001);
    send_frame(polite, CLOSE, "\x03\xe9", 2);
    send_frame(booth, CLOSE, "\x03\xe9", 2);
    g_thread_join(place.thread);
    place.thread = NULL;
    print_message("# stopped after %d ms\n", (int)((g_get_monotonic_time() - began) / 1000));
    pthread_mutex_lock(&place.lock);
    guint closed = 0;
    for (const char *at = place.journal->str; (at = strstr(at, "closed\n")); at++) closed++;
    pthread_mutex_unlock(&place.lock);
    assert_int_equal(closed, 3);
    peer_close(polite);
    peer_close(booth);
    peer_close(deaf);
}

/* --- the place ------------------------------------------------------------------------------------------------------------------------ */

static void write_pages(void)
{
    g_autofree char *images = file_in(place.web, "img"), *link = file_in(place.web, "link.html"), *large = g_malloc(3000001);
    assert_int_equal(g_mkdir(place.web, 0755) | g_mkdir(place.text, 0755) | g_mkdir(images, 0755), 0);
    for (gsize i = 0; i < 3000000; i++) large[i] = (char)('a' + i % 23);
    large[3000000] = '\0';
    g_free(scratch_write(place.web, "index.html", "<!doctype html><title>shop</title>"));
    g_free(scratch_write(place.web, "ops.html", "<!doctype html><title>ops</title>"));
    g_free(scratch_write(place.web, "element.js", "export {};"));
    g_free(scratch_write(place.web, "large.bin", large));
    g_autofree char *even = g_strnfill(LONG_TEXT, 'a');
    g_free(scratch_write(place.web, "long.txt", even));
    g_free(scratch_write(place.web, ".hidden", "hidden"));
    g_free(scratch_write(images, "logo.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>"));
    g_free(scratch_write(place.text, "nb.json", "{}"));
    g_autofree char *secret = scratch_write(place.folder, "secret", "secret-content");
    assert_int_equal(symlink(secret, link), 0);
}

static void issue(const char *folder, const char *name, gint64 from, gint64 until)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *base = file_in(folder, name);
    g_autofree char *certificate = g_strconcat(base, ".crt", NULL), *key = g_strconcat(base, ".key", NULL);
    static const char *const hosts[] = {"localhost", "127.0.0.1", NULL};
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    gboolean issued = strcmp(name, "desk") == 0 ? authority_issue_desk(folder, hosts, certificate, key, now + from, now + until, &error)
                                                : authority_issue_booth(folder, name, certificate, key, now + from, now + until, &error);
    if (!issued) fail_msg("%s", error->message);
}

/* A certificate of the right authority with a common name that authority would not write. */
static void issue_odd(void)
{
    g_autofree char *command = g_strdup_printf(
        "cd '%s' && openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout odd.key -out odd.csr -subj '/CN=Oslo 1' 2>&1 && "
        "openssl x509 -req -in odd.csr -CA %s -CAkey %s -CAcreateserial -days 1 -out odd.crt 2>&1",
        place.authority, AUTHORITY_CERTIFICATE, AUTHORITY_KEY);
    const char *argv[] = {"/bin/sh", "-c", command, NULL};
    g_autofree char *said = NULL;
    int status = -1;
    assert_true(g_spawn_sync(NULL, (char **)argv, NULL, 0, NULL, NULL, &said, NULL, &status, NULL));
    if (!g_spawn_check_wait_status(status, NULL)) fail_msg("%s", said);
}

static void make_certificates(void)
{
    assert_true(authority_create(place.authority, NULL));
    assert_true(authority_create(place.foreign, NULL));
    issue(place.authority, "desk", -60, DAY);
    issue(place.authority, "oslo-1", -60, DAY);
    issue(place.authority, "expired", -2 * DAY, -60);
    issue(place.authority, "early", DAY, 2 * DAY);
    issue(place.foreign, "oslo-1", -60, DAY);
    issue_odd();
}

static int set_up(void **state)
{
    (void)state;
    static const char *const origins[] = {"https://shop.example", NULL};
    place.journal = g_string_new(NULL);
    place.folder = scratch_new();
    place.web = file_in(place.folder, "web");
    place.text = file_in(place.folder, "text");
    place.authority = file_in(place.folder, "authority");
    place.foreign = file_in(place.folder, "foreign");
    write_pages();
    make_certificates();
    g_log_set_writer_func(keep_log, NULL, NULL);
    place.events = (DoorEvents){on_opened, on_received, on_closed, on_api, on_woken, &place};
    place.settings = (DoorSettings){.bind_address = "127.0.0.1",
                                    .web_folder = place.web,
                                    .text_folder = place.text,
                                    .certificate = file_in(place.authority, "desk.crt"),
                                    .key = file_in(place.authority, "desk.key"),
                                    .authority = file_in(place.authority, AUTHORITY_CERTIFICATE),
                                    .origins = origins,
                                    .routes = routes,
                                    .route_data = &place,
                                    .ops = &place.events,
                                    .admit_ops = on_admit,
                                    .tick_ms = 250,
                                    .links_max = LINKS_MAX};
    g_autoptr(GError) error = NULL;
    place.door = door_open(&place.settings, &place.events, &error);
    if (!place.door) fail_msg("%s", error->message);
    place.thread = g_thread_new("door", run_door, place.door);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (place.thread) {
        door_stop(place.door);
        g_thread_join(place.thread);
    }
    door_free(place.door);
    scratch_remove(place.folder);
    g_free((char *)place.settings.certificate);
    g_free((char *)place.settings.key);
    g_free((char *)place.settings.authority);
    g_free(place.folder);
    g_free(place.web);
    g_free(place.text);
    g_free(place.authority);
    g_free(place.foreign);
    g_string_free(place.journal, TRUE);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shoppers_and_booths_link),
        cmocka_unit_test(a_vanished_peer_is_told),
        cmocka_unit_test(message_bounds),
        cmocka_unit_test(fragments_are_one_message),
        cmocka_unit_test(links_are_bounded),
        cmocka_unit_test(handshakes),
        cmocka_unit_test(the_booth_port_is_for_booths),
        cmocka_unit_test(certificates),
        cmocka_unit_test(a_name_that_is_no_id_is_refused),
        cmocka_unit_test(sessions_are_not_resumed),
        cmocka_unit_test(requests),
        cmocka_unit_test(routes_answer),
        cmocka_unit_test(requests_may_come_together),
        cmocka_unit_test(nobody_waits_for_an_answer_of_another),
        cmocka_unit_test(answers_may_come_later),
        cmocka_unit_test(routes_of_the_booth_port),
        cmocka_unit_test(ops_link),
        cmocka_unit_test(unchanged_pages_are_not_sent_again),
        cmocka_unit_test(texts_come_packed_to_who_takes_that),
        cmocka_unit_test(what_is_large_comes_whole),
        cmocka_unit_test(handshakes_have_a_deadline),
        cmocka_unit_test(bodies_have_a_deadline),
        cmocka_unit_test(listens_everywhere),
        cmocka_unit_test(unanswered_pings_end_a_link),
        cmocka_unit_test(wakes_by_its_tick),
        cmocka_unit_test(wakes_on_demand),
        cmocka_unit_test(says_why_it_cannot_open),
        cmocka_unit_test(stops_politely),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
