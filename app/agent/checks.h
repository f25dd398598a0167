/* checks: the booth's self-test as the console shows it: each thing that a call needs, and whether it is proven to work.
 *
 * Pure. What is not proven yet "waits" for CHECKS_GRACE_MS after the start, then it is bad: unknown is never shown as fine. */
#pragma once

#include "agent/problems.h"

#define CHECKS_GRACE_MS 4000

typedef struct {
    const Problems *problems;
    const json_t *health; /* the studio's, NULL: it is not there */
    gboolean link_up, clock_known, storage_known;
    gboolean has_network, is_enrolled; /* a way out; a certificate */
    gint64 age_ms;                     /* since the agent began to look; CHECKS_GRACE_MS once all was looked at */
} ChecksParts;

/* [{"name","state":"waiting|ok|simulated|unused|bad","problem"}], new reference. */
json_t *checks_json(const ChecksParts *parts);
/* None waits. */
gboolean checks_are_done(const ChecksParts *parts);
