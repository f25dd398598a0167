#include "desk/missed.h"

#include <string.h>

#include "wire/wire.h"

#define MONO_MAX (G_GINT64_CONSTANT(1) << 53) /* what a booth may say and be believed */
#define LEFT_MAX 86400000                     /* ms of a wrap-up that are believed */

/* The booth that has just come back still says that it was away. */
static gboolean is_network(const json_t *problem)
{
    return strcmp(wire_string(problem, "name"), "desk_unreachable") == 0;
}

static MissedDoing paused_doing(const json_t *snapshot)
{
    const json_t *problems = json_object_get(snapshot, "problems");
    if (!wire_bool(snapshot, "ready_wanted")) return MISSED_ABSENT;
    for (size_t i = 0; i < json_array_size(problems); i++) {
        const json_t *problem = json_array_get(problems, i);
        if (wire_bool(problem, "blocks_ready") && !is_network(problem)) return MISSED_FAULTY;
    }
    return MISSED_LOST;
}

MissedDoing missed_doing(const json_t *snapshot)
{
    const char *state = wire_string(snapshot, "state");
    if (strcmp(state, "starting") == 0) return MISSED_ABSENT;
    if (strcmp(state, "paused") == 0) return paused_doing(snapshot);
    return strcmp(state, "ready") == 0 ? MISSED_FREE : MISSED_BUSY;
}

/* From the booth's now to a time of its; FALSE: it makes no sense. */
static gboolean take_left(const json_t *snapshot, gint64 at_mono, gint64 *left)
{
    const gint64 now = wire_int(snapshot, "now_mono");
    if (now <= 0 || now > MONO_MAX || at_mono <= 0 || at_mono > MONO_MAX) return FALSE;
    *left = CLAMP(at_mono - now, -LEFT_MAX, LEFT_MAX);
    return TRUE;
}

gint64 missed_wrapup_end(const json_t *snapshot, gint64 known, gint64 wrapup_ms, gint64 now_mono)
{
    const json_t *wrapup = json_object_get(snapshot, "wrapup");
    gint64 left;
    if (strcmp(wire_string(snapshot, "state"), "wrapup") != 0) return 0;
    if (!wire_bool(wrapup, "extended") && take_left(snapshot, wire_int(wrapup, "until_mono"), &left)) return now_mono + left;
    if (known) return known;
    return take_left(snapshot, wire_int(snapshot, "since_mono"), &left) ? now_mono + left + wrapup_ms : now_mono + wrapup_ms;
}

const char *missed_cause(const guint booths[MISSED_DOINGS], guint place)
{
    const guint overrun = booths[MISSED_OVERRUN], faulty = booths[MISSED_FAULTY];
    if (booths[MISSED_FREE]) return "";
    if (place && place <= overrun) return "wrap_up_overrun";
    if (place && place <= overrun + faulty && faulty) return "device_fault";
    if (booths[MISSED_BUSY]) return "";
    if (overrun) return "wrap_up_overrun";
    if (faulty) return "device_fault";
    return booths[MISSED_LOST] ? "network" : "no_staff";
}
