/* mailbox: the newest picture of one source, handed from a streaming thread to the drawing thread without waiting.
 *
 * One writer, one reader. A picture that is not fetched before the next one comes is dropped. Thread-safe. */
#pragma once

#include <gst/gst.h>
#include <gst/video/video.h>

typedef struct Mailbox Mailbox;

Mailbox *mailbox_new(void);
void mailbox_free(Mailbox *mailbox);

/* Writer: takes a reference of sample (caps video/x-raw, format I420). */
void mailbox_put(Mailbox *mailbox, GstSample *sample);
/* Writer: the source ended; the reader gets no picture any more until the next put. */
void mailbox_clear(Mailbox *mailbox);

/* Reader: wake is called after each put, on the writer's thread; NULL: no more, and none is under way when this returns. */
void mailbox_set_wake(Mailbox *mailbox, void (*wake)(gpointer data), gpointer data);
/* Reader: the newest sample not fetched before (to gst_sample_unref()), or NULL. */
GstSample *mailbox_fetch(Mailbox *mailbox);
/* Reader: FALSE after mailbox_clear() or before the first put: draw the placeholder. */
gboolean mailbox_has_picture(Mailbox *mailbox);
/* g_get_monotonic_time() of the last put, µs; 0 before the first. */
gint64 mailbox_last_put(Mailbox *mailbox);
