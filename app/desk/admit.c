#include "desk/admit.h"

#include <arpa/inet.h>
#include <string.h>

gboolean admit_origin(const char *origin, const char *host, const char *const *origins)
{
    if (!origin) return TRUE;
    for (const char *const *listed = origins; listed && *listed; listed++) {
        if (strcmp(*listed, "*") == 0 || g_ascii_strcasecmp(*listed, origin) == 0) return TRUE;
    }
    const char *authority = NULL;
    if (g_ascii_strncasecmp(origin, "http://", 7) == 0) authority = origin + 7;
    if (g_ascii_strncasecmp(origin, "https://", 8) == 0) authority = origin + 8;
    return authority && *authority && host && g_ascii_strcasecmp(authority, host) == 0;
}

gboolean admit_subprotocol(const char *offered, const char *subprotocol)
{
    g_autofree char *name = g_strstrip(g_strdup(offered ? offered : ""));
    return strcmp(name, subprotocol) == 0;
}

char *admit_household(const char *address)
{
    static const guint8 mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct in6_addr six;
    char text[INET6_ADDRSTRLEN];
    g_autofree char *bare = g_strndup(address, strcspn(address, "%")); /* without the interface of a link-local one */
    if (inet_pton(AF_INET6, bare, &six) != 1) return g_strdup(address);
    if (memcmp(six.s6_addr, mapped, sizeof mapped) == 0)
        return g_strdup(inet_ntop(AF_INET, six.s6_addr + sizeof mapped, text, sizeof text));
    memset(six.s6_addr + 8, 0, 8);
    return g_strdup(inet_ntop(AF_INET6, &six, text, sizeof text));
}

char *admit_neighbourhood(const char *address)
{
    struct in_addr four;
    struct in6_addr six;
    char text[INET6_ADDRSTRLEN];
    g_autofree char *household = admit_household(address);
    if (inet_pton(AF_INET, household, &four) == 1) {
        four.s_addr &= htonl(0xffffff00);
        return g_strconcat(inet_ntop(AF_INET, &four, text, sizeof text), "/24", NULL);
    }
    if (inet_pton(AF_INET6, household, &six) != 1) return g_strdup(address);
    memset(six.s6_addr + 6, 0, 10);
    return g_strconcat(inet_ntop(AF_INET6, &six, text, sizeof text), "/48", NULL);
}
