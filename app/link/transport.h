/* transport: a byte stream over a connected, non-blocking socket, as the link needs it: plain TCP or mutual TLS behind one small table.
 *
 * Single-threaded. A transport owns its socket. A TLS handshake happens inside the first reads and writes. */
#pragma once

#include <glib.h>

typedef struct Transport Transport;

enum {
    TRANSPORT_ENDED = -1,  /* the peer closed in order; nothing more will come */
    TRANSPORT_BROKEN = -2, /* transport->error says why; only free is left to call */
};

typedef struct {
    /* Takes up to length (> 0) bytes. > 0: so many were read. 0: nothing now, call again when the socket is ready; everything that was
     * buffered has then been read. Negative: TRANSPORT_ENDED or TRANSPORT_BROKEN. */
    gssize (*read)(Transport *transport, guint8 *buffer, gsize length);
    /* Gives up to length (> 0) bytes. > 0: so many were taken. 0: none were; call again with the same bytes first (more may follow them)
     * when the socket is ready. Negative: TRANSPORT_BROKEN. */
    gssize (*write)(Transport *transport, const guint8 *bytes, gsize length);
    /* Says goodbye if that needs no waiting, closes the socket and frees. */
    void (*free)(Transport *transport);
} TransportKind;

struct Transport {
    const TransportKind *kind;
    int fd;
    gboolean wants_write; /* the socket has to become writable before the last call that gave 0 can go on */
    char *error;          /* one sentence, after TRANSPORT_BROKEN */
};

/* Take over fd, a connected TCP socket. */
Transport *transport_tcp_new(int fd);

/* PEM files of the booth: the authority that the desk's certificate must come from, the own certificate and its key; the certificate may be
 * NULL for a booth that has none yet, and then shows none. */
typedef struct {
    const char *authority;
    const char *certificate;
    const char *key;
} TransportIdentity;

/* Mutual TLS 1.2 or newer. The desk's certificate must come from the authority, be in its dates and name host. Reads the files now; on an
 * error NULL, and fd stays the caller's. */
Transport *transport_tls_new(int fd, const char *host, const TransportIdentity *identity, GError **error) G_GNUC_WARN_UNUSED_RESULT;
