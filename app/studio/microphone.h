/* microphone: the booth's microphones, in order of preference: the first one that gives sound is heard, and watched.
 *
 * One that is taken away, or gives nothing any more, is replaced by the next one at once; while a lesser one is heard the better ones are
 * tried again every second, and one that gives sound is used again. Silence is no reason to change: a microphone's own switch, which is
 * watched where its mixer has one, is its owner's word. Main thread, except where it says otherwise. */
#pragma once

#include "studio/meter.h"

#include <gst/gst.h>
#include <jansson.h>

typedef struct Microphone Microphone;

typedef struct {
    const char *setting; /* [audio] microphone; copied */
    const char *state;   /* the booth's state folder; copied */
    /* A block of sound (SOUND_CAPS of sound.h), on a thread of the microphone's; belongs to the caller. */
    void (*block)(void *data, GstBuffer *block);
    /* Main thread: an ok or a problem of microphone_health() changed. */
    void (*changed)(void *data);
    void *data;
} MicrophoneSettings;

/* NULL with a sentence for a person when the setting names no driver. That there is no microphone is no error. */
Microphone *microphone_new(const MicrophoneSettings *settings, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void microphone_free(Microphone *microphone); /* no block() any more when it returns; NULL is fine */

/* Whether a speaker can be heard by the one that is used. */
gboolean microphone_has_echo(const Microphone *microphone);

/* How loud the one that is heard was last. */
MeterReading microphone_level(const Microphone *microphone);

/* The microphone of the health object; new reference. problem: "", "missing", "silent" (digital silence, or switched off in its mixer), or
 * "spare": it works and is not the first one. */
json_t *microphone_health(const Microphone *microphone);
