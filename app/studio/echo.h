/* echo: what takes the shopper's own voice out of what the booth's microphone hears: GStreamer's webrtcdsp, and its probe on the way to
 * the speaker. docs/decisions/0015 tells how its settings were found, and what it can do. Any thread, once gst_init() was called. */
#pragma once

#include <gst/gst.h>

#define ECHO_DELAY_MAX_MS 400

/* FALSE: GStreamer lacks the plugin, and there is no canceller. */
gboolean echo_can_cancel(void);

/* Parts of a pipeline's description, S16LE 48 kHz mono in and out, to g_free(): what listens to the speaker's sound, and what cleans the
 * microphone's. name: of the probe, one for both. */
char *echo_probe(const char *name);
char *echo_canceller(const char *name);

/* How much later than GStreamer knows the speaker's sound is heard, 0 to ECHO_DELAY_MAX_MS: the canceller finds the rest by itself, up to
 * 50 ms. bin: what holds the probe of that name; before its sound begins. */
void echo_set_delay(GstBin *bin, const char *name, int ms);
