/* simulated_studio: org.livebooth.Studio1 on a booth's bus without any media: every device is well, an offer is sent when a call starts,
 * and the shopper's picture is there as soon as the answer came. And, when asked for, the advisor: presses what the console's buttons do.
 */
#pragma once

#include "boothctl/simulate.h"

typedef struct SimulatedStudio SimulatedStudio;

typedef struct {
    gboolean advisor;
    double decline;        /* chance that a ring is declined */
    double ignore;         /* chance that a ring is not answered */
    SimulateSpan react_ms; /* until a button is pressed */
    SimulateSpan talk_ms;  /* until the advisor hangs up */
} StudioHabits;

/* Connects to the bus and takes the studio's name. habits must outlive it. Blocking. NULL with one sentence. */
SimulatedStudio *simulated_studio_new(const char *bus, const StudioHabits *habits, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void simulated_studio_free(SimulatedStudio *studio); /* NULL is fine */
