/* missed: why nobody took a call, from what the booths with its topic and language were doing when its shopper left the line.
 *
 * A booth was held up when its advisor was there and would have taken a call: in a wrap-up past its end, with a fault, or without its link.
 * Had it not been, it would have taken the first in line; so a call counts as missed by that when it stood among so many first ones, or
 * when no other booth was at work. Everything here is pure: any thread. Monotonic times are ms of this desk. */
#pragma once

#include <glib.h>
#include <jansson.h>

typedef enum {
    MISSED_ABSENT,  /* no advisor is in the booth, as far as is known */
    MISSED_FREE,    /* waits for a call */
    MISSED_BUSY,    /* at work: a call rings or runs, or its wrap-up has not come to its end */
    MISSED_OVERRUN, /* in a wrap-up past its end */
    MISSED_FAULTY,  /* the advisor wants to be ready, and a fault forbids it */
    MISSED_LOST,    /* it was none of the above but absent, and its link ended */
    MISSED_DOINGS
} MissedDoing;

/* What a booth does, by its snapshot: everything but MISSED_OVERRUN, which comes with time. A state that is not known is work. */
MissedDoing missed_doing(const json_t *snapshot);

/* When the wrap-up that a snapshot shows ends as configured, which is before the advisor asked for more time; 0: it shows none. known: what
 * this said of the booth's snapshot before. wrapup_ms: the desk's, in place of the booth's own when that was never seen. */
gint64 missed_wrapup_end(const json_t *snapshot, gint64 known, gint64 wrapup_ms, gint64 now_mono);

/* The cause, a static string of the protocol; "": nothing failed, the shopper just left. booths: how many with the skills do what; place:
 * of the call in the whole line, 1 is next, 0 when it is not in line. By the first rule that fits: a booth was free "" place <= booths in
 * overrun                            wrap_up_overrun place <= booths in overrun or with a fault            device_fault a booth was at work
 * "" a booth was in overrun, faulty, lost                  wrap_up_overrun, device_fault, network: the first of these otherwise no_staff A
 * lost booth may be at another desk by now, so it says nothing as long as others work. */
const char *missed_cause(const guint booths[MISSED_DOINGS], guint place);
