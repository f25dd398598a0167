#include "link/transport.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static gssize broken(Transport *transport)
{
    g_free(transport->error);
    transport->error = g_strdup_printf("the connection broke: %s", g_strerror(errno));
    return TRANSPORT_BROKEN;
}

static gssize tcp_read(Transport *transport, guint8 *buffer, gsize length)
{
    for (;;) {
        ssize_t got = recv(transport->fd, buffer, length, 0);
        if (got > 0) return got;
        if (got == 0) return TRANSPORT_ENDED;
        if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
        if (errno != EINTR) return broken(transport);
    }
}

static gssize tcp_write(Transport *transport, const guint8 *bytes, gsize length)
{
    for (;;) {
        ssize_t put = send(transport->fd, bytes, length, MSG_NOSIGNAL);
        transport->wants_write = put < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
        if (put >= 0) return put;
        if (transport->wants_write) return 0;
        if (errno != EINTR) return broken(transport);
    }
}

static void tcp_free(Transport *transport)
{
    close(transport->fd);
    g_free(transport->error);
    g_free(transport);
}

Transport *transport_tcp_new(int fd)
{
    static const TransportKind kind = {tcp_read, tcp_write, tcp_free};
    Transport *transport = g_new0(Transport, 1);
    transport->kind = &kind;
    transport->fd = fd;
    return transport;
}
