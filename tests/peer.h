/* peer: a client by hand over a raw socket, plain or TLS, that says HTTP and frames of a WebSocket as a test wants them, wrong ones too. */
#pragma once

#include <arpa/inet.h>
#include <glib.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "patience.h"

typedef struct {
    int fd;
    SSL_CTX *context;
    SSL *tls;     /* NULL: plain */
    GString *got; /* what came and was not taken yet */
} Peer;

static inline void peer_close(Peer *peer)
{
    if (peer->tls) SSL_free(peer->tls);
    if (peer->context) SSL_CTX_free(peer->context);
    close(peer->fd);
    g_string_free(peer->got, TRUE);
    g_free(peer);
}

static inline void peer_set_patience(Peer *peer, guint ms)
{
    struct timeval limit = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    assert_int_equal(setsockopt(peer->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
}

static inline Peer *peer_connect(int port)
{
    Peer *peer = g_new0(Peer, 1);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((guint16)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    peer->got = g_string_new(NULL);
    peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    peer_set_patience(peer, PATIENCE_MS);
    assert_int_equal(connect(peer->fd, (struct sockaddr *)&address, sizeof address), 0);
    return peer;
}

static inline ssize_t peer_read(Peer *peer)
{
    char piece[16384];
    ssize_t count = peer->tls ? SSL_read(peer->tls, piece, sizeof piece) : recv(peer->fd, piece, sizeof piece, 0);
    if (count > 0) g_string_append_len(peer->got, piece, count);
    return count;
}

static inline gboolean peer_write(Peer *peer, const void *bytes, gsize length)
{
    if (peer->tls) return SSL_write(peer->tls, bytes, (int)length) == (int)length;
    return send(peer->fd, bytes, length, MSG_NOSIGNAL) == (ssize_t)length;
}

static inline gboolean peer_say(Peer *peer, const char *text)
{
    return peer_write(peer, text, strlen(text));
}

/* Reads until what was asked for has come or the far end closed. */
static inline gboolean peer_await(Peer *peer, const char *what)
{
    while (!strstr(peer->got->str, what)) {
        if (peer_read(peer) <= 0) return FALSE;
    }
    return TRUE;
}

static inline void peer_read_all(Peer *peer)
{
    while (peer_read(peer) > 0) continue;
}

/* HTTP/1.0 or 1.1: libwebsockets says 1.0 when an upgrade is refused. */
static inline gboolean peer_has_status(const Peer *peer, const char *status)
{
    return g_str_has_prefix(peer->got->str, "HTTP/1.") && strlen(peer->got->str) > 9 && g_str_has_prefix(peer->got->str + 9, status);
}

/* --- frames of a WebSocket ---------------------------------------------------------------------------------------------------------- */

#define FRAME_TEXT   0x81
#define FRAME_BINARY 0x82
#define FRAME_CLOSE  0x88
#define FRAME_PING   0x89
#define FRAME_PONG   0x8a

/* One masked frame; the mask is 0, which is allowed and keeps the bytes readable. */
static inline gboolean peer_send_frame(Peer *peer, guint8 first, const void *payload, gsize length)
{
    g_autoptr(GByteArray) frame = g_byte_array_new();
    guint8 head[14] = {first, (guint8)(0x80 | (length < 126 ? length : length < 65536 ? 126 : 127))};
    gsize size = length < 126 ? 2 : length < 65536 ? 4 : 10;
    for (gsize i = 2; i < size; i++) head[i] = (guint8)(length >> 8 * (size - 1 - i));
    g_byte_array_append(frame, head, (guint)size + 4);
    g_byte_array_append(frame, payload, (guint)length);
    return peer_write(peer, frame->data, frame->len);
}

static inline gboolean peer_send_text(Peer *peer, const char *text)
{
    return peer_send_frame(peer, FRAME_TEXT, text, strlen(text));
}

static inline gboolean peer_need(Peer *peer, gsize length)
{
    while (peer->got->len < length) {
        if (peer_read(peer) <= 0) return FALSE;
    }
    return TRUE;
}

/* The next frame that comes; its payload, or NULL when the connection ended. */
static inline char *peer_read_frame(Peer *peer, guint8 *first, gsize *length)
{
    if (!peer_need(peer, 2)) return NULL;
    const guint8 *head = (const guint8 *)peer->got->str;
    gsize size = head[1] < 126 ? 2 : head[1] == 126 ? 4 : 10;
    if (!peer_need(peer, size)) return NULL;
    head = (const guint8 *)peer->got->str;
    *first = head[0];
    *length = head[1];
    for (gsize i = 2; i < size; i++) *length = i == 2 ? head[2] : *length << 8 | head[i];
    if (!peer_need(peer, size + *length)) return NULL;
    char *payload = g_malloc0(*length + 1);
    memcpy(payload, peer->got->str + size, *length);
    g_string_erase(peer->got, 0, (gssize)(size + *length));
    return payload;
}

static inline void peer_expect_text(Peer *peer, const char *text)
{
    guint8 first = 0;
    gsize length = 0;
    do {
        g_autofree char *payload = peer_read_frame(peer, &first, &length);
        if (!payload) fail_msg("the link ended instead of \"%s\"", text);
        if (first == FRAME_TEXT) assert_string_equal(payload, text);
    } while (first != FRAME_TEXT);
}

/* Reads until the door closes the link; its code, 1006 when it just went. Answers neither pings nor the close. */
static inline int peer_await_close(Peer *peer)
{
    guint8 first = 0;
    gsize length = 0;
    for (;;) {
        g_autofree char *payload = peer_read_frame(peer, &first, &length);
        if (!payload) return 1006;
        if (first == FRAME_CLOSE) return length >= 2 ? (guint8)payload[0] << 8 | (guint8)payload[1] : 1005;
    }
}
