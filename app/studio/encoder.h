/* encoder: one warm video encoder, H.264 or VP8, in a pipeline of its own.
 *
 * Raw I420 frames of the full size go in, encoded frames come out with the same times. Rate, size and key frames change while it runs. */
#pragma once

#include <gst/gst.h>

typedef struct Encoder Encoder;

typedef struct {
    const char *codec; /* H264 or VP8 */
    int width, height; /* of the frames that come in */
    int fps;
    int kbps;
    /* An encoded frame, on the encoder's thread; sample belongs to the caller. */
    void (*output)(void *data, GstSample *sample);
    void *data;
} EncoderSettings;

/* TRUE when GStreamer has an encoder and a decoder for the codec. */
gboolean encoder_has(const char *codec);

/* Main thread. NULL with a sentence when the codec is not to be had. */
Encoder *encoder_new(const EncoderSettings *settings, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void encoder_free(Encoder *encoder); /* no output() any more when it returns; NULL is fine */

const char *encoder_codec(const Encoder *encoder);

/* Any thread; never waits: an encoder that is behind drops the older frame. Takes a reference. */
void encoder_push(Encoder *encoder, GstBuffer *frame);
/* Any thread. */
void encoder_force_key(Encoder *encoder);
/* Main thread. */
void encoder_set_kbps(Encoder *encoder, int kbps);
void encoder_set_quarters(Encoder *encoder, int quarters); /* 4: full size, 3, 2 */
/* Caps string of the encoded stream as the payloader wants it. */
const char *encoder_caps(const char *codec);
