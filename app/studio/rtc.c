#include "studio/rtc.h"

#include "studio/channel.h"
#include "studio/echo.h"
#include "studio/feedback.h"
#include "studio/ice.h"
#include "studio/main_calls.h"
#include "studio/receiver.h"
#include "studio/sender.h"
#include "studio/signalling.h"
#include "studio/sound.h"

#define GST_USE_UNSTABLE_API
#include <gst/webrtc/webrtc.h>
#include <math.h>
#include <string.h>

#define WEBRTCBIN  "rtc" /* its name in the pipeline */
#define JITTER_MS  60
#define TICK_MS    250
#define CONNECT_US 15000000 /* from release to connected */
#define LOST_US    3000000  /* nothing heard for so long */
#define TAKEN_MAX  16384    /* bytes of a message that comes */
#define SENT_MAX   65536    /* and of one that goes */

struct Rtc {
    MainCalls *calls;
    RtcEvents events;
    GstElement *pipeline, *bin;
    Signalling *signalling;
    Sender *sender;
    Receiver *receiver;
    Feedback *feedback;
    GstWebRTCDataChannel *chat;
    guint watch, tick;
    gboolean released;
    const char *state;
    gint64 released_us;
    double audio_sent_db, audio_received_db;
    MeterReading peaks[2]; /* sent, received */
    gint64 measured_us;
    guint measured_sent, measured_bytes, measured_received;
    gint heard_ms; /* atomic: monotonic, when the shopper was last heard, wraps */
};

static void set_state(Rtc *rtc, const char *state)
{
    if (strcmp(rtc->state, state) == 0 || strcmp(rtc->state, "failed") == 0 || strcmp(rtc->state, "refused") == 0) return;
    rtc->state = state;
    g_message("call: %s", state);
    rtc->events.state(rtc->events.data, state);
}

static void fail(Rtc *rtc, const char *why)
{
    g_message("call: %s", why);
    set_state(rtc, "failed");
}

/* --- what the parts tell on the main thread -------------------------------------------------------------------------------------- */

static void tell_signal(void *data, json_t *signal)
{
    Rtc *rtc = data;
    rtc->events.local_signal(rtc->events.data, signal);
}

static void on_offered(void *data)
{
    Rtc *rtc = data;
    feedback_watch(rtc->feedback, rtc->bin);
}

static void on_refused(void *data)
{
    set_state(data, "refused");
}

static void on_failed(void *data, const char *why)
{
    fail(data, why);
}

static void take_failure(void *object, guint number, const char *why)
{
    (void)number;
    fail(object, why);
}

static void take_connected(void *object, guint number, const char *text)
{
    (void)number;
    (void)text;
    set_state(object, "connected");
}

static void take_feedback(void *object, guint number, const char *text)
{
    (void)number;
    (void)text;
    Rtc *rtc = object;
    const CongestionReport report = feedback_take(rtc->feedback);
    if (strcmp(rtc->state, "lost") == 0) set_state(rtc, "connected");
    rtc->events.feedback(rtc->events.data, &report);
    sender_take_loss(rtc->sender, report.loss);
}

static void take_first_picture(void *object, guint number, const char *text)
{
    (void)number;
    (void)text;
    Rtc *rtc = object;
    rtc->events.first_picture(rtc->events.data);
}

static void take_chat(void *object, guint number, const char *text)
{
    (void)number;
    Rtc *rtc = object;
    rtc->events.chat(rtc->events.data, text);
}

/* --- what they tell on other threads --------------------------------------------------------------------------------------------- */

static void note_heard(Rtc *rtc)
{
    g_atomic_int_set(&rtc->heard_ms, (gint)(g_get_monotonic_time() / 1000));
}

static void on_feedback(void *data, gboolean is_first)
{
    Rtc *rtc = data;
    note_heard(rtc);
    if (is_first) main_calls_post(rtc->calls, take_feedback, 0, NULL);
}

static void on_connection_state(GstElement *bin, GParamSpec *spec, gpointer data)
{
    (void)spec;
    Rtc *rtc = data;
    GstWebRTCPeerConnectionState state;
    g_object_get(bin, "connection-state", &state, NULL);
    if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED) {
        note_heard(rtc);
        sender_open(rtc->sender);
        main_calls_post(rtc->calls, take_connected, 0, NULL);
    } else if (state == GST_WEBRTC_PEER_CONNECTION_STATE_FAILED) {
        main_calls_post(rtc->calls, take_failure, 0, "the connection failed");
    }
}

static void want_key(void *data)
{
    Rtc *rtc = data;
    rtc->events.key_wanted(rtc->events.data);
}

static void on_picture(void *data, GstSample *sample)
{
    Rtc *rtc = data;
    note_heard(rtc);
    rtc->events.picture(rtc->events.data, sample);
}

static void on_first_picture(void *data)
{
    Rtc *rtc = data;
    main_calls_post(rtc->calls, take_first_picture, 0, NULL);
}

static void on_chat(GstWebRTCDataChannel *channel, const char *text, gpointer data)
{
    (void)channel;
    Rtc *rtc = data;
    if (text && strlen(text) <= TAKEN_MAX && g_utf8_validate(text, -1, NULL)) main_calls_post(rtc->calls, take_chat, 0, text);
}

/* --- what the pipeline tells, and the clock -------------------------------------------------------------------------------------- */

static void hear_error(Rtc *rtc, GstMessage *message)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *detail = NULL;
    gst_message_parse_error(message, &error, &detail);
    g_message("call: %s: %s (%s)", GST_OBJECT_NAME(GST_MESSAGE_SRC(message)), error->message, detail ? detail : "");
    /* Without its speaker a call goes on; without its connection it does not. */
    if (receiver_is_speaker(rtc->receiver, GST_MESSAGE_SRC(message))) return;
    set_state(rtc, "failed");
}

static void take_level(Rtc *rtc, GstMessage *message, double db)
{
    const char *name = GST_OBJECT_NAME(GST_MESSAGE_SRC(message));
    gboolean received = g_str_has_prefix(name, "received");
    if (g_str_has_suffix(name, "-peak")) {
        MeterReading *peak = &rtc->peaks[received];
        if (sound_read_peak(message, &peak->peak_db)) peak->at_us = g_get_monotonic_time();
    } else if (received) {
        rtc->audio_received_db = db;
    } else {
        rtc->audio_sent_db = db;
    }
}

static gboolean hear_pipeline(GstBus *bus, GstMessage *message, gpointer data)
{
    (void)bus;
    Rtc *rtc = data;
    double db = 0;
    if (sound_read_level(message, &db)) {
        take_level(rtc, message, db);
    } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_LATENCY) {
        gst_bin_recalculate_latency(GST_BIN(rtc->pipeline));
    } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        hear_error(rtc, message);
    }
    return G_SOURCE_CONTINUE;
}

static gboolean tick(gpointer data)
{
    Rtc *rtc = data;
    gint64 now = g_get_monotonic_time();
    if (strcmp(rtc->state, "connecting") == 0 && now - rtc->released_us > CONNECT_US) fail(rtc, "no connection in 15 s");
    guint silence_ms = (guint)(now / 1000) - (guint)g_atomic_int_get(&rtc->heard_ms);
    gboolean is_silent = silence_ms > LOST_US / 1000;
    if (strcmp(rtc->state, "connected") == 0 && is_silent)
        set_state(rtc, "lost");
    else if (strcmp(rtc->state, "lost") == 0 && !is_silent)
        set_state(rtc, "connected");
    return G_SOURCE_CONTINUE;
}

/* --- life ------------------------------------------------------------------------------------------------------------------------ */

static gpointer make_certificate(gpointer data)
{
    (void)data;
    GstElement *element = gst_element_factory_make("dtlsdec", NULL);
    if (element) gst_object_unref(gst_object_ref_sink(element));
    return NULL;
}

void rtc_warm_up(void)
{
    g_thread_unref(g_thread_new("certificate", make_certificate, NULL));
}

static gboolean make_pipeline(Rtc *rtc, const char *codec, gboolean has_dsp, GError **error)
{
    g_autofree char *canceller = has_dsp ? echo_canceller(RECEIVER_PROBE) : NULL;
    g_autofree char *sent = sender_description(WEBRTCBIN, codec, canceller);
    g_autofree char *text = g_strdup_printf("webrtcbin name=" WEBRTCBIN " bundle-policy=max-bundle latency=%d %s", JITTER_MS, sent);
    rtc->pipeline = gst_parse_launch_full(text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
    if (rtc->pipeline) rtc->bin = gst_bin_get_by_name(GST_BIN(rtc->pipeline), WEBRTCBIN);
    return rtc->pipeline != NULL;
}

static void make_parts(Rtc *rtc, const RtcSettings *settings, gboolean has_dsp)
{
    const ReceiverSettings received = {.codec = settings->codec,
                                       .speaker = settings->speaker,
                                       .speaker_device = settings->speaker_device,
                                       .cancel_echo = has_dsp,
                                       .speaker_delay_ms = settings->speaker_delay_ms,
                                       .picture = on_picture,
                                       .first_picture = on_first_picture,
                                       .data = rtc};
    const SenderSettings sent = {.codec = settings->codec, .muted = settings->muted, .key_wanted = want_key, .data = rtc};
    const SignallingEvents events = {.offered = on_offered, .local = tell_signal, .refused = on_refused, .failed = on_failed, .data = rtc};
    rtc->feedback = feedback_new(on_feedback, rtc);
    rtc->receiver = receiver_new(GST_BIN(rtc->pipeline), rtc->bin, &received);
    rtc->signalling = signalling_new(rtc->bin, settings->codec, settings->shopper_kbps, &events);
    rtc->sender = sender_new(GST_BIN(rtc->pipeline), rtc->bin, &sent);
    g_signal_connect(rtc->bin, "notify::connection-state", G_CALLBACK(on_connection_state), rtc);
}

static void start(Rtc *rtc)
{
    g_autoptr(GstClock) clock = gst_system_clock_obtain();
    gst_pipeline_use_clock(GST_PIPELINE(rtc->pipeline), clock);
    gst_element_set_start_time(rtc->pipeline, GST_CLOCK_TIME_NONE);
    gst_element_set_base_time(rtc->pipeline, 0);
    g_autoptr(GstBus) bus = gst_element_get_bus(rtc->pipeline);
    rtc->watch = gst_bus_add_watch(bus, hear_pipeline, rtc);
    rtc->tick = g_timeout_add(TICK_MS, tick, rtc);
    gst_element_set_state(rtc->pipeline, GST_STATE_READY);
    g_autoptr(GstStructure) options = gst_structure_new("options", "protocol", G_TYPE_STRING, CHANNEL_PROTOCOL, NULL);
    g_signal_emit_by_name(rtc->bin, "create-data-channel", "chat", options, &rtc->chat);
    if (rtc->chat) g_signal_connect(rtc->chat, "on-message-string", G_CALLBACK(on_chat), rtc);
    gst_element_set_state(rtc->pipeline, GST_STATE_PLAYING);
    signalling_offer(rtc->signalling);
}

Rtc *rtc_new(const RtcSettings *settings, const RtcEvents *events, GError **error)
{
    gboolean has_dsp = settings->cancel_echo && echo_can_cancel();
    Rtc *rtc = g_new0(Rtc, 1);
    rtc->calls = main_calls_new(rtc, g_free);
    rtc->events = *events;
    rtc->state = "new";
    rtc->audio_sent_db = rtc->audio_received_db = SOUND_SILENCE_DB;
    rtc->measured_us = g_get_monotonic_time();
    if (!make_pipeline(rtc, settings->codec, has_dsp, error)) {
        rtc_free(rtc);
        return NULL;
    }
    make_parts(rtc, settings, has_dsp);
    ice_set_up(rtc->bin, settings->ice, settings->relay_only, settings->loopback);
    start(rtc);
    return rtc;
}

static void stop_parts(Rtc *rtc)
{
    signalling_stop(rtc->signalling);
    feedback_stop(rtc->feedback);
    if (rtc->chat) g_signal_handlers_disconnect_by_data(rtc->chat, rtc);
    receiver_stop(rtc->receiver);
    sender_stop(rtc->sender);
}

void rtc_free(Rtc *rtc)
{
    if (!rtc) return;
    main_calls_close(rtc->calls);
    g_clear_handle_id(&rtc->watch, g_source_remove);
    g_clear_handle_id(&rtc->tick, g_source_remove);
    if (rtc->pipeline) {
        stop_parts(rtc);
        gst_element_set_state(rtc->pipeline, GST_STATE_NULL);
        g_signal_handlers_disconnect_by_data(rtc->bin, rtc);
    }
    sender_free(rtc->sender);
    receiver_free(rtc->receiver);
    signalling_free(rtc->signalling);
    feedback_free(rtc->feedback);
    g_clear_object(&rtc->chat);
    gst_clear_object(&rtc->bin);
    gst_clear_object(&rtc->pipeline);
    main_calls_unref(rtc->calls);
}

/* --- what the studio asks for ---------------------------------------------------------------------------------------------------- */

void rtc_release(Rtc *rtc)
{
    if (rtc->released) return;
    rtc->released = TRUE;
    rtc->released_us = g_get_monotonic_time();
    set_state(rtc, "connecting");
    signalling_release(rtc->signalling);
}

void rtc_remote_signal(Rtc *rtc, const char *signal)
{
    signalling_take(rtc->signalling, signal);
}

gboolean rtc_send_chat(Rtc *rtc, const char *text, GError **error)
{
    GstWebRTCDataChannelState state = GST_WEBRTC_DATA_CHANNEL_STATE_CLOSED;
    if (rtc->chat) g_object_get(rtc->chat, "ready-state", &state, NULL);
    if (state != GST_WEBRTC_DATA_CHANNEL_STATE_OPEN) {
        g_set_error(error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED, "the chat is not open");
        return FALSE;
    }
    if (strlen(text) > SENT_MAX) {
        g_set_error(error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED, "a message has at most %d bytes", SENT_MAX);
        return FALSE;
    }
    gst_webrtc_data_channel_send_string(rtc->chat, text);
    return TRUE;
}

void rtc_set_mute(Rtc *rtc, gboolean muted)
{
    sender_set_mute(rtc->sender, muted);
}

void rtc_set_pace(Rtc *rtc, int kbps)
{
    sender_set_pace(rtc->sender, kbps);
}

const char *rtc_state(const Rtc *rtc)
{
    return rtc->state;
}

void rtc_measure(Rtc *rtc, RtcMeasure *measure)
{
    gint64 now = g_get_monotonic_time();
    double seconds = MAX((double)(now - rtc->measured_us) / 1e6, 0.001);
    guint sent, bytes, received = receiver_frames(rtc->receiver);
    sender_count(rtc->sender, &sent, &bytes);
    *measure = (RtcMeasure){.sent_fps = (int)lround((sent - rtc->measured_sent) / seconds),
                            .sent_kbps = (int)lround((bytes - rtc->measured_bytes) * 8 / 1000.0 / seconds),
                            .received_fps = (int)lround((received - rtc->measured_received) / seconds),
                            .received_frames = received,
                            .audio_sent_db = rtc->audio_sent_db,
                            .audio_received_db = rtc->audio_received_db,
                            .round_trip_ms = feedback_round_trip_ms(rtc->feedback),
                            .received_age_ms = receiver_age_ms(rtc->receiver),
                            .loss = feedback_loss(rtc->feedback)};
    rtc->measured_us = now;
    rtc->measured_sent = sent;
    rtc->measured_bytes = bytes;
    rtc->measured_received = received;
}

MeterReading rtc_level(const Rtc *rtc, gboolean of_shopper)
{
    return rtc->peaks[of_shopper ? 1 : 0];
}

void rtc_push_video(Rtc *rtc, GstSample *sample)
{
    sender_push_video(rtc->sender, sample);
}

void rtc_push_audio(Rtc *rtc, GstBuffer *block)
{
    sender_push_audio(rtc->sender, block);
}
