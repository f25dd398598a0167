/* pacer: lets the packets of a large picture go out one after the other, at a rate that a narrow line can carry. All at once they would
 * fill the queue on the way, what does not fit would be lost, the picture could not be decoded, and the next key frame, asked for because
 * of that, would fill the queue again.
 *
 * A token bucket: PACER_BURST_BYTES may go at any time. It holds up the streaming thread that pushes into the pad, which must have nothing
 * else to do, and PACER_HOLD_MS_MAX a picture at most. Any thread. */
#pragma once

#include <gst/gst.h>

#define PACER_BURST_BYTES 8000
#define PACER_HOLD_MS_MAX 400

typedef struct Pacer Pacer;

/* The bucket: how full it is, in bytes; below 0: so much too much has gone. */
typedef struct {
    double bytes;
    gint64 filled_us; /* monotonic; 0: never */
} PacerBucket;

/* Takes bytes out of a bucket that fills with kbps, and tells how long to wait before they may go, in µs; 0: now. Pure. */
gint64 pacer_bucket_take(PacerBucket *bucket, int kbps, gsize bytes, gint64 now_us);

/* For what is pushed into pad, a source pad; begins without any limit. */
Pacer *pacer_new(GstPad *pad);
/* kbps: 0 for no limit. */
void pacer_set_kbps(Pacer *pacer, int kbps);
/* What is held up goes at once, and nothing is held up any more. Before the pipeline is stopped. */
void pacer_stop(Pacer *pacer);
void pacer_free(Pacer *pacer); /* NULL is fine; after the pipeline was stopped */
