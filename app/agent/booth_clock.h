/* booth_clock: what the time is, in a booth whose computer has no battery for its clock.
 *
 * Time is counted by CLOCK_MONOTONIC, which nothing can set; the wall clock is that plus an offset. The offset is known once the network
 * has set the system's clock (the kernel says so, sensors.h), or a desk has told the time. Until then the system's clock is a guess, for
 * screens and logs alone. Where the two disagree by more than BOOTH_CLOCK_TRUST_MS the desk is right: the fleet shall have one time.
 *
 * Pure; times in milliseconds. */
#pragma once

#include <glib.h>

#define BOOTH_CLOCK_TRUST_MS 30000 /* the system's clock is believed unless a desk's is so far off */
#define BOOTH_CLOCK_STEP_MS  500   /* the offset is another one when it differs by more: what is less is slewing and latency */

typedef struct {
    gboolean known;
    gint64 offset;    /* UTC less CLOCK_MONOTONIC */
    gboolean is_told; /* by a desk, once in this boot */
    gint64 told;      /* the offset that it told */
} BoothClock;

/* The system's clock and whether the network has set it; often. TRUE: known or offset are other ones now. */
gboolean booth_clock_look(BoothClock *clock, gint64 mono, gint64 real, gboolean synchronised);
/* A desk said what the time is. As above. */
gboolean booth_clock_told(BoothClock *clock, gint64 mono, gint64 desk_utc, gint64 real, gboolean synchronised);
gint64 booth_clock_utc(const BoothClock *clock, gint64 mono);
