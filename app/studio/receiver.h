/* receiver: what comes from the shopper in a call: the picture, decoded and handed on, and the voice, which goes to the speaker here.
 *
 * Its elements wait in the call's pipeline until webrtcbin has what they play. The voice is told to the echo canceller (echo.h) on its way;
 * its level is in the messages of the elements "received" and "received-peak". */
#pragma once

#include "drivers/audio/audio.h"

typedef struct Receiver Receiver;

#define RECEIVER_PROBE "shopper" /* the echo canceller's name of the voice */

typedef struct {
    const char *codec; /* H264 or VP8 */
    const AudioDriver *speaker;
    const char *speaker_device; /* may be NULL */
    gboolean cancel_echo;       /* and there is a canceller */
    int speaker_delay_ms;       /* as of echo_set_delay() */
    /* Both on a streaming thread; first_picture follows the picture. */
    void (*picture)(void *data, GstSample *sample); /* I420; borrowed */
    void (*first_picture)(void *data);
    void *data;
} ReceiverSettings;

/* Puts its elements into pipeline and waits for the pads of webrtcbin, which is in it: they come on GStreamer's threads. Borrows both. Main
 * thread, before the pipeline runs. */
Receiver *receiver_new(GstBin *pipeline, GstElement *webrtcbin, const ReceiverSettings *settings);
/* Lets the speaker be stopped with the pipeline, even if nothing was played; before that is stopped. Main thread. */
void receiver_stop(Receiver *receiver);
/* Main thread; after the pipeline was stopped, before webrtcbin goes. NULL is fine. */
void receiver_free(Receiver *receiver);

/* Whether source is the speaker, or in it. Main thread. */
gboolean receiver_is_speaker(const Receiver *receiver, GstObject *source);
/* How many pictures came, and how old the last one was, ms; -1: it carries no time. Any thread. */
guint receiver_frames(const Receiver *receiver);
int receiver_age_ms(const Receiver *receiver);
