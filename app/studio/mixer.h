/* mixer: which picture goes out: the face, the product, or the product with the face in a corner.
 *
 * Frames pass through untouched and without delay, on the thread that brings them; only picture in picture paints. A switch takes effect
 * with the next frame of the other camera, so that there is never a black one. Where the wanted camera brings nothing (it was said so, or
 * the other one has brought several frames meanwhile) the other one takes over until it does. All functions may be called from any thread.
 */
#pragma once

#include <gst/video/video.h>

typedef enum {
    MIXER_FACE,
    MIXER_PRODUCT,
    MIXER_PIP,
} MixerView;

typedef struct Mixer Mixer;

/* Pixels, and frames a second of the cameras. */
Mixer *mixer_new(int width, int height, int fps);
void mixer_free(Mixer *mixer);

/* "face", "product", "pip"; FALSE when it is none of them. */
gboolean mixer_view_parse(const char *text, MixerView *view);

void mixer_set_view(Mixer *mixer, MixerView view);
MixerView mixer_view(Mixer *mixer);
/* FALSE: a camera is missing, frozen or not wanted, and its frames do not count. TRUE in the beginning. */
void mixer_set_present(Mixer *mixer, gboolean product, gboolean present);

/* A frame of a camera, I420 of the mixer's size. Returns what goes out now, to gst_buffer_unref(), or NULL when this camera only waits its
 * turn. Times that come out always grow. */
GstBuffer *mixer_take(Mixer *mixer, gboolean product, GstBuffer *frame);

/* What goes out in place of frames that do not come. Keeps a reference to card, an I420 buffer of the mixer's size. */
void mixer_set_card(Mixer *mixer, GstBuffer *card);
/* The card, with the time now (running time, as that of the frames), when no camera has brought a picture lately; to gst_buffer_unref().
 * NULL when there are pictures. To be asked a few times a second: whoever looks for pictures must get some. */
GstBuffer *mixer_fill(Mixer *mixer, GstClockTime now);
