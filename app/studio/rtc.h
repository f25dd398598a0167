/* rtc: one peer connection to a shopper: offer, candidates, encrypted media both ways, chat.
 *
 * The booth offers; offer and candidates are made at once and held back until rtc_release(). Encoded video is pushed in from outside and
 * goes out once the connection is up, beginning with a key frame. Sound is encoded here; the shopper's sound goes to the speaker here.
 *
 * One pipeline around webrtcbin, put together from sender.h (what goes out), receiver.h (what comes in), signalling.h (offer, answer,
 * candidates), ice.h (addresses and servers) and feedback.h (what the other end reports of the line); the state, the data channel and what
 * is measured are kept here. Main thread, except where it says otherwise: what the parts tell on GStreamer's threads comes to the main
 * thread through main_calls.h. */
#pragma once

#include "drivers/audio/audio.h"
#include "studio/congestion.h"
#include "studio/meter.h"

#include <jansson.h>

typedef struct Rtc Rtc;

typedef struct {
    /* Main thread. */
    void (*local_signal)(void *data, json_t *signal); /* borrowed */
    void (*state)(void *data, const char *state);     /* connecting, connected, lost, failed, refused */
    void (*chat)(void *data, const char *text);
    void (*first_picture)(void *data);
    void (*feedback)(void *data, const CongestionReport *report);
    /* Any thread. */
    void (*key_wanted)(void *data);
    void (*picture)(void *data, GstSample *sample); /* of the shopper, I420 */
    void *data;
} RtcEvents;

typedef struct {
    const char *codec; /* H264 or VP8 */
    const char *ice;   /* JSON array of ICE servers */
    int shopper_kbps;  /* the most that the shopper's picture may take */
    gboolean loopback; /* 127.0.0.1 is a candidate too */
    gboolean relay_only;
    gboolean muted;
    const AudioDriver *speaker;
    const char *speaker_device; /* may be NULL */
    int speaker_delay_ms;       /* as of echo_set_delay() */
    gboolean cancel_echo;
} RtcSettings;

/* What passed since the last call of rtc_measure(). */
typedef struct {
    int sent_fps, sent_kbps, received_fps;
    guint64 received_frames; /* since the beginning */
    double audio_sent_db, audio_received_db;
    int round_trip_ms;
    double loss;
    int received_age_ms; /* -1: the shopper's picture carries no time */
} RtcMeasure;

/* Begins, in a thread of its own, to make the key that all connections of the process use, which takes a tenth of a second and more. After
 * gst_init(); never needed. */
void rtc_warm_up(void);

Rtc *rtc_new(const RtcSettings *settings, const RtcEvents *events, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void rtc_free(Rtc *rtc); /* no callback any more when it returns; NULL is fine */

void rtc_release(Rtc *rtc);
/* A signal of the shopper: kind answer, candidate or refused. What is malformed is logged and changes nothing. */
void rtc_remote_signal(Rtc *rtc, const char *signal);
gboolean rtc_send_chat(Rtc *rtc, const char *text, GError **error);
void rtc_set_mute(Rtc *rtc, gboolean muted);
/* How fast pictures may go out, as in pacer.h; 0, as in the beginning: at once. */
void rtc_set_pace(Rtc *rtc, int kbps);
const char *rtc_state(const Rtc *rtc); /* new, connecting, connected, lost, failed, refused */
void rtc_measure(Rtc *rtc, RtcMeasure *measure);
/* How loud what is sent (nothing while muted) and what is heard of the shopper were last. */
MeterReading rtc_level(const Rtc *rtc, gboolean of_shopper);

/* Any thread; never wait. An encoded frame; a block of the microphone's sound. */
void rtc_push_video(Rtc *rtc, GstSample *sample);
void rtc_push_audio(Rtc *rtc, GstBuffer *block);
