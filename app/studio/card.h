/* card: a still picture that says in words that there is none: what the shopper sees in place of cameras that are gone.
 *
 * Any thread. */
#pragma once

#include <gst/video/video.h>

/* I420 of that size, to gst_buffer_unref(); without a time. title and line are of the language of those who see it. */
GstBuffer *card_new(int width, int height, const char *title, const char *line);
