#include "desk/door_log.h"

#include "desk/admit.h"
#include "desk/door_state.h"
#include "desk/request.h"

#define REFUSALS_PER_S 100 /* lines in the log; the rest is counted */

void door_log_refusal(Door *door, struct lws *wsi, const char *format, ...)
{
    gint64 now = g_get_monotonic_time();
    if (now - door->refusals_since > G_USEC_PER_SEC) {
        if (door->refusals > REFUSALS_PER_S) g_message("%u more were refused", door->refusals - REFUSALS_PER_S);
        door->refusals_since = now;
        door->refusals = 0;
    }
    if (++door->refusals > REFUSALS_PER_S) return;
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *shown = g_str_to_ascii(what, "C");
    for (char *at = shown; *at; at++) {
        if (g_ascii_iscntrl(*at)) *at = '?';
    }
    char address[64];
    request_address(wsi, address, sizeof address);
    g_autofree char *from = lws_get_vhost(wsi) == door->booths ? g_strdup(address) : admit_neighbourhood(address);
    g_message("refused %s: %s", from, shown);
}
