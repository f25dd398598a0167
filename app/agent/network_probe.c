#include "agent/network_probe.h"

#include <string.h>

#define UP        0x1
#define REJECTING 0x200

static gboolean is_way_out(const char *flags)
{
    const guint64 value = g_ascii_strtoull(flags, NULL, 16);
    return (value & UP) && !(value & REJECTING);
}

/* Whether a line's fields, cut at blanks, are a default route: the columns of destination and mask, their values, and that of the flags. */
static gboolean has_line(const char *text, guint columns, guint to, const char *anywhere, guint mask, const char *all, guint flags)
{
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
    for (char **line = lines; *line; line++) {
        g_auto(GStrv) parts = g_strsplit_set(*line, " \t", -1);
        g_autoptr(GPtrArray) fields = g_ptr_array_new();
        for (char **part = parts; *part; part++) {
            if (**part) g_ptr_array_add(fields, *part);
        }
        if (fields->len < columns || strcmp(fields->pdata[to], anywhere) != 0 || strcmp(fields->pdata[mask], all) != 0) continue;
        if (is_way_out(fields->pdata[flags])) return TRUE;
    }
    return FALSE;
}

gboolean network_has_route(const char *route, const char *ipv6_route)
{
    return has_line(route, 8, 1, "00000000", 7, "00000000", 3) ||
           has_line(ipv6_route, 10, 0, "00000000000000000000000000000000", 1, "00", 8);
}

gboolean network_probe(void)
{
    g_autofree char *route = NULL, *ipv6_route = NULL;
    g_file_get_contents("/proc/net/route", &route, NULL, NULL);
    g_file_get_contents("/proc/net/ipv6_route", &ipv6_route, NULL, NULL);
    return network_has_route(route, ipv6_route);
}
