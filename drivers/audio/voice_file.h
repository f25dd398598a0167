/* voice_file: a WAV file as the simulated microphone's sound.
 *
 * Any thread, once gst_init() was called. */
#pragma once

#include <gst/gst.h>

#define VOICE_FILE_MAX_S 180

/* Mono, 48 kHz, S16, to g_free(), cut off after VOICE_FILE_MAX_S; count: samples. NULL with a sentence for a person. */
gint16 *voice_file_load(const char *path, gsize *count, GError **error);
