/* backoff: how long to wait before the next try: full jitter, so that a thousand booths that lost one desk do not come back at once.
 *
 * Pure; the random number is the caller's. */
#pragma once

#include <glib.h>

typedef struct {
    guint first_ms; /* ceiling of the first wait */
    guint limit_ms; /* ceiling of every wait */
    guint tries;    /* so far */
} Backoff;

/* Milliseconds to wait: between 0 and first_ms doubled with every try up to limit_ms. chance: 0 ≤ chance < 1. */
guint backoff_next(Backoff *backoff, double chance);

void backoff_reset(Backoff *backoff); /* it went well */
