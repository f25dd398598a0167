/* rehearsal: the practice shopper: a drawn figure in a living room that moves as it speaks, and recorded words on the speaker, said again
 * and again with time to answer between.
 *
 * Stays in the booth: nothing of it is sent. Main thread, with a streaming thread of its own for the sound. */
#pragma once

#include "drivers/audio/audio.h"
#include "studio/mailbox.h"
#include "studio/meter.h"

typedef struct Rehearsal Rehearsal;

typedef struct {
    const AudioDriver *speaker;
    const char *speaker_device; /* copied */
    const char *voice;          /* an Ogg Opus file; copied. When it cannot be played the figure is silent */
    Mailbox *picture;           /* borrowed */
    void (*seen)(void *data);   /* its first picture is in the mailbox; from the main loop */
    void *data;
} RehearsalSettings;

Rehearsal *rehearsal_new(const RehearsalSettings *settings);
/* How loud the recorded voice was last. */
MeterReading rehearsal_level(const Rehearsal *rehearsal);
void rehearsal_free(Rehearsal *rehearsal); /* silent when it returns; NULL is fine */
