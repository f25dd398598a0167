/* tally: how the booth's time was spent, for the records of kind "state" (docs/protocol.md): milliseconds in each state, by quarter hours.
 *
 * Pure; times in milliseconds of CLOCK_MONOTONIC unless they end in _utc. */
#pragma once

#include "agent/booth.h"

#include <jansson.h>

#define TALLY_SPAN_MS     900000 /* a quarter of an hour, by UTC */
#define TALLY_REASONS_MAX 8      /* different ones of pauses; what comes after them is "other" */
#define TALLY_GAP_MS      120000 /* an agent that comes back so soon has not been away */
#define TALLY_SAVE_MS     60000  /* what was counted is to be saved so often: a power cut costs no more */

enum { TALLY_PRACTICE = BOOTH_STATES, TALLY_STATES };

typedef struct {
    gint64 from, at; /* counted from, and up to; at 0: not begun */
    int state;       /* in which the booth is since at */
    char reason[32]; /* of the pause it is in */
    gint64 ms[TALLY_STATES];
    struct {
        char reason[32];
        gint64 ms;
    } paused[TALLY_REASONS_MAX];
} Tally;

/* Begins at mono. */
void tally_start(Tally *tally, gint64 mono);

/* Counts up to mono and takes up what the booth is now: after a step that changed that, and each TALLY_SAVE_MS (tally_is_behind()). */
gboolean tally_is_behind(const Tally *tally, const Booth *booth, gint64 mono);
void tally_count(Tally *tally, const Booth *booth, gint64 mono);

/* When a record is due: the end of the quarter hour that from is in, by the offset of UTC; TALLY_SPAN_MS after from at the latest. */
gint64 tally_due(const Tally *tally, gint64 offset_utc);

/* What was counted, as the members of a record, and begins anew where that ends. NULL: nothing was. */
json_t *tally_take(Tally *tally);

/* Saving and taking up again. */
json_t *tally_save(const Tally *tally);
gboolean tally_restore(Tally *tally, const json_t *saved); /* FALSE: it makes no sense; tally is as it was */
/* An agent that comes back within TALLY_GAP_MS in the same boot goes on: the gap is time of the state that it left. FALSE: it was away for
 * longer; then only what was saved counts, and the rest of the time was nobody's: tally_take() that, and tally_start(). */
gboolean tally_resume(Tally *tally, gint64 mono);
