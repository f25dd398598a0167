/* sender: what goes out to the shopper in a call: encoded pictures, pushed in from outside, and the booth's sound, encoded here.
 *
 * The first part of a call's pipeline, up to webrtcbin's sinks. Nothing goes out before sender_open(); pictures then begin with a key
 * frame. The voice's level is in the messages of the elements "sent" and "sent-peak" (silence while muted). */
#pragma once

#include <gst/gst.h>

typedef struct Sender Sender;

typedef struct {
    const char *codec; /* H264 or VP8 */
    gboolean muted;
    void (*key_wanted)(void *data); /* any thread */
    void *data;
} SenderSettings;

/* The part of the pipeline's description that ends in the sinks of a webrtcbin of that name; to g_free(). canceller: description of the
 * echo canceller, or NULL. */
char *sender_description(const char *webrtcbin, const char *codec, const char *canceller);

/* Finds its elements in pipeline, made with that description, and tells webrtcbin, which is in it, what is offered. Borrows both. Main
 * thread, before the pipeline runs. */
Sender *sender_new(GstBin *pipeline, GstElement *webrtcbin, const SenderSettings *settings);
/* What is held up goes at once; before the pipeline is stopped. Main thread. */
void sender_stop(Sender *sender);
/* Main thread; after the pipeline was stopped, before webrtcbin goes. NULL is fine. */
void sender_free(Sender *sender);

/* The connection is up. Any thread. */
void sender_open(Sender *sender);

/* Any thread; never wait. An encoded frame; a block of the microphone's sound. */
void sender_push_video(Sender *sender, GstSample *sample);
void sender_push_audio(Sender *sender, GstBuffer *block);

/* Main thread. */
void sender_set_mute(Sender *sender, gboolean muted);
/* As in pacer.h. */
void sender_set_pace(Sender *sender, int kbps);
/* The loss that was last reported, 0 to 1: wants the key frame that stands for packets which were not sent again. */
void sender_take_loss(Sender *sender, double loss);

/* Pictures and their bytes since the beginning; both wrap. Any thread. */
void sender_count(const Sender *sender, guint *ret_frames, guint *ret_bytes);
