/* signalling: offer, answer and candidates of one peer connection (docs/protocol.md), between webrtcbin and whoever carries them.
 *
 * The booth offers; offer and candidates are made at once and held back until signalling_release(). A host name that a browser puts in
 * place of its address (….local, mDNS) is resolved by webrtcbin through the system's resolver; where that knows no mDNS, the connection
 * comes up all the same, because the shopper's checks tell the address. Main thread only: webrtcbin makes the offer and finds candidates
 * on threads of its own, and they come to the main thread inside (main_calls.h). */
#pragma once

#include <gst/gst.h>
#include <jansson.h>

typedef struct Signalling Signalling;

/* All on the main thread. */
typedef struct {
    void (*offered)(void *data);               /* webrtcbin has made its offer */
    void (*local)(void *data, json_t *signal); /* for the shopper; borrowed */
    void (*refused)(void *data);               /* the shopper's browser cannot take this offer */
    void (*failed)(void *data, const char *why);
    void *data;
} SignallingEvents;

/* Borrows webrtcbin. codec: H264 or VP8, told with the offer. shopper_kbps: the most that the shopper's picture may take. */
Signalling *signalling_new(GstElement *webrtcbin, const char *codec, int shopper_kbps, const SignallingEvents *events);
/* No event any more; before the pipeline is stopped. */
void signalling_stop(Signalling *signalling);
/* After the pipeline was stopped, before webrtcbin goes. NULL is fine. */
void signalling_free(Signalling *signalling);

/* Lets webrtcbin, whose pipeline runs, make the offer. */
void signalling_offer(Signalling *signalling);
/* What is held back goes, and all that comes later at once. */
void signalling_release(Signalling *signalling);
/* A signal of the shopper: kind answer, candidate or refused. What is malformed is logged and changes nothing. */
void signalling_take(Signalling *signalling, const char *signal);
