/* quality: how a call's pictures and sound went, from the studio's health, for the call's record (docs/protocol.md, "quality").
 *
 * Pure. Each health in which the connection runs is one sample, about one a second; a sample of another call begins anew. An agent that was
 * killed in the call has forgotten those before. */
#pragma once

#include "agent/booth.h"

#include <jansson.h>

typedef struct {
    BoothKey key; /* whose samples these are */
    guint samples;
    double rtt_ms, loss, sent_kbps, sent_fps, received_fps; /* sums */
    double rtt_max_ms, loss_max;
    gint64 sent_height_min;
} Quality;

/* health: of the studio, at any time; counts where its media are connected. */
void quality_count(Quality *quality, const BoothKey *key, const json_t *health);
/* The record's member, a new reference; NULL: not one sample of this call. */
json_t *quality_of_call(const Quality *quality, const BoothKey *key);
