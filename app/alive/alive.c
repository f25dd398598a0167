#include "alive/alive.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BEATS      4 /* a WatchdogSec */
#define LOOK_IN_MS 1000

static gint64 beaten_at; /* monotonic, microseconds; 0 never */

/* One datagram to the socket that systemd named; @ begins an abstract address. */
static void tell(const char *what)
{
    const char *path = g_getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!path || !*path || strlen(path) >= sizeof address.sun_path) return;
    memcpy(address.sun_path, path, strlen(path));
    if (*path == '@') address.sun_path[0] = '\0';
    int to = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (to < 0) return;
    socklen_t length = (socklen_t)(G_STRUCT_OFFSET(struct sockaddr_un, sun_path) + strlen(path));
    if (sendto(to, what, strlen(what), MSG_NOSIGNAL, (struct sockaddr *)&address, length) < 0)
        g_warning("systemd was not told \"%s\": %s", what, g_strerror(errno));
    close(to);
}

void alive_ready(void)
{
    tell("READY=1");
}

void alive_beat(void)
{
    const char *limit = g_getenv("WATCHDOG_USEC");
    guint64 limit_us = limit ? g_ascii_strtoull(limit, NULL, 10) : 0;
    gint64 now = g_get_monotonic_time();
    if (limit_us == 0 || (beaten_at && now - beaten_at < (gint64)(limit_us / BEATS))) return;
    beaten_at = now;
    tell("WATCHDOG=1");
}

static gboolean on_turn(gpointer data)
{
    (void)data;
    alive_beat();
    return G_SOURCE_CONTINUE;
}

guint alive_watch_loop(void)
{
    return g_timeout_add_full(G_PRIORITY_LOW, LOOK_IN_MS, on_turn, NULL, NULL);
}
