/* sound: the microphones, kept running and watched, and the speaker's ring tone.
 *
 * The microphone's sound (SOUND_CAPS) is handed out in blocks of 10 to 20 ms; its level is measured all the time. The speaker plays in the
 * call's own pipeline (rtc.h); here it is watched, tested, and rings. */
#pragma once

#include "drivers/audio/audio.h"
#include "studio/meter.h"

#include <jansson.h>

typedef struct Sound Sound;

typedef struct {
    const char *microphone; /* the setting; copied */
    const AudioDriver *speaker;
    const char *speaker_device; /* may be NULL; copied */
    const char *state;          /* the booth's state folder; copied */
    /* A block, on the microphone's thread; belongs to the caller. */
    void (*block)(void *data, GstBuffer *block);
    /* Main thread: an ok or a problem of sound_health() changed. */
    void (*changed)(void *data);
    void *data;
} SoundSettings;

#define SOUND_CAPS       "audio/x-raw,format=S16LE,rate=48000,channels=1,layout=interleaved"
#define SOUND_SILENCE_DB (-100.0)

#define SOUND_TONE_LIMIT_MS 5000

/* NULL with a sentence for a person when the setting of the microphone names no driver. */
Sound *sound_new(const SoundSettings *settings, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void sound_free(Sound *sound); /* no block() any more when it returns; NULL is fine */

void sound_ring(Sound *sound, gboolean on);
/* A short tone that proves the speaker: one that does not take it within SOUND_TONE_LIMIT_MS is "silent". Also done by itself when a
 * speaker appears, and again while it fails. */
void sound_test(Sound *sound);
/* Two short tones: somebody waits. */
void sound_alert(Sound *sound);

/* Whether the speaker can be heard by the microphone. */
gboolean sound_has_echo(const Sound *sound);

/* How loud the microphone was last. */
MeterReading sound_microphone_level(const Sound *sound);

/* microphone and speaker of the health object; new references. */
json_t *sound_microphone_health(const Sound *sound);
json_t *sound_speaker_health(const Sound *sound);

/* The level that a message of a `level` element tells, dB relative to full scale, SOUND_SILENCE_DB at least; FALSE for any other message.
 */
gboolean sound_read_level(GstMessage *message, double *db);
/* The same of the highest sample. */
gboolean sound_read_peak(GstMessage *message, double *db);
