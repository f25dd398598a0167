/* mixer: which picture goes out: the face, the product, or the product with the face in a corner.
 *
 * Frames pass through untouched and without delay, on the thread that brings them; only picture in picture paints. A switch takes effect
 * with the next frame of the other camera, so that there is never a black one. All functions may be called from any thread. */
#pragma once

#include <gst/video/video.h>

typedef enum {
    MIXER_FACE,
    MIXER_PRODUCT,
    MIXER_PIP,
} MixerView;

typedef struct Mixer Mixer;

Mixer *mixer_new(int width, int height);
void mixer_free(Mixer *mixer);

/* "face", "product", "pip"; FALSE when it is none of them. */
gboolean mixer_view_parse(const char *text, MixerView *view);

void mixer_set_view(Mixer *mixer, MixerView view);
MixerView mixer_view(Mixer *mixer);
/* Whether frames of a camera come now; the picture falls back to the other camera where its own has none. */
void mixer_set_present(Mixer *mixer, gboolean product, gboolean present);

/* A frame of a camera, I420 of the mixer's size. Returns what goes out now, to gst_buffer_unref(), or NULL when this camera only waits its
 * turn. Times that come out always grow. */
GstBuffer *mixer_take(Mixer *mixer, gboolean product, GstBuffer *frame);
