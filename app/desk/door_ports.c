#include "desk/door_ports.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/refusal.h"

#define refuse(error, ...) refusal_set(error, DOOR_ERROR, __VA_ARGS__)

gboolean door_ports_use_ipv6(const DoorSettings *settings)
{
    if (settings->bind_address) return strchr(settings->bind_address, ':') != NULL;
    int probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0) return FALSE;
    close(probe);
    return TRUE;
}

static int bind_probe(const DoorSettings *settings, int port)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((guint16)port), .sin6_addr = IN6ADDR_ANY_INIT};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((guint16)port)};
    gboolean ipv6 = door_ports_use_ipv6(settings);
    if (settings->bind_address &&
        inet_pton(ipv6 ? AF_INET6 : AF_INET, settings->bind_address, ipv6 ? (void *)&six.sin6_addr : (void *)&four.sin_addr) != 1)
        return EINVAL;
    int probe = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0) return errno;
    int on = 1;
    setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    int result = ipv6 ? bind(probe, (struct sockaddr *)&six, sizeof six) : bind(probe, (struct sockaddr *)&four, sizeof four);
    int cause = result == 0 ? 0 : errno;
    close(probe);
    return cause;
}

gboolean door_ports_check(const DoorSettings *settings, int port, gboolean booth, GError **error)
{
    const char *key = booth ? "booth_port" : "port", *hint = booth ? "" : " (make run: PORT=...)";
    int cause = bind_probe(settings, port);
    switch (cause) {
    case 0: return TRUE;
    case EADDRINUSE:
        return refuse(error, "port %d is taken by another program: end that one, or choose another port with [desk] %s%s", port, key, hint);
    case EACCES: return refuse(error, "port %d needs more rights: choose one from 1024 up with [desk] %s%s", port, key, hint);
    case EINVAL: return refuse(error, "[desk] bind: \"%s\" is not an IP address", settings->bind_address);
    case EADDRNOTAVAIL: return refuse(error, "[desk] bind: this computer does not have the address %s", settings->bind_address);
    default: return refuse(error, "port %d cannot be opened: %s", port, g_strerror(cause));
    }
}
