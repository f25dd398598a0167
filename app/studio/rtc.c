#include "studio/rtc.h"

#include "drivers/camera/camera_code.h"
#include "studio/channel.h"
#include "studio/echo.h"
#include "studio/encoder.h"
#include "studio/pacer.h"
#include "studio/playout_delay.h"
#include "studio/relays.h"
#include "studio/sound.h"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/audio/audio.h>
#include <gst/rtp/gstrtpbasepayload.h>
#include <gst/rtp/gstrtphdrext.h>
#include <gst/sdp/sdp.h>
#include <gst/video/video.h>
#define GST_USE_UNSTABLE_API
#include <gst/webrtc/webrtc.h>
#include <math.h>
#include <nice/nice.h>
#include <string.h>

#define PROBE              "shopper" /* of the echo canceller */
#define VIDEO_PT           96
#define AUDIO_PT           111
#define JITTER_MS          60
#define STEADY             (40 * GST_MSECOND) /* jumps of the shopper's sound below this are smoothed: the echo canceller needs steady times */
#define DECODING           (60 * GST_MSECOND) /* that, and a packet more, by which a lost one is mended; opusdec asks for 120 ms */
#define PEAK_INTERVAL      (METER_INTERVAL_MS * GST_MSECOND)
#define ICE_PACE_MS        5 /* between two checks: the least that RFC 8445 allows */
#define TWCC_URI           "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
#define TWCC_ID            1
#define TWCC_EVERY_MS      100 /* a browser's own pace; unasked, feedback goes out with every picture */
#define PLAYOUT_ID         2
#define PLAYOUT_MOST_MS    40 /* pictures that come at once are shown one after the other for so long; none is held back before */
#define TICK_MS            250
#define CONNECT_US         15000000 /* from release to connected */
#define LOST_US            3000000  /* nothing heard for so long */
#define TAKEN_MAX          16384    /* bytes of a message that comes */
#define SENT_MAX           65536    /* and of one that goes */
#define SIGNAL_MAX         65536
#define CANDIDATE_MAX      1024 /* bytes */
#define CANDIDATES_MAX     64   /* of the shopper */
#define HELD_MAX           128  /* signals before the release */
#define PICTURE_PIXELS_MAX (1920 * 1088)
#define REPAIR_SHARE       6     /* one byte sent again for so many sent */
#define REPAIR_MAX         14000 /* bytes sent again at once */
#define PACKET_BYTES       1200
#define REPAIR_CALM_LOSS   0.1     /* below: a key frame gets through */
#define REPAIR_KEY_US      1000000 /* between two key frames because of packets that were not sent again */

enum { GATE_CLOSED, GATE_KEY, GATE_OPEN }; /* until connected; until the first key frame; open */

struct Rtc {
    gint references;
    RtcEvents events;
    char *codec;
    GstElement *pipeline, *bin, *video, *audio, *mute, *session;
    GstElement *video_in, *audio_in; /* of the shopper, waiting for their pads */
    GstElement *speaker;
    Pacer *pacer;
    GstWebRTCDataChannel *chat;
    guint watch, tick;
    GPtrArray *held; /* json_t; NULL once released */
    const char *state;
    gint64 released_us, repaired_us;
    guint candidates;
    int shopper_kbps;
    gboolean answered, loopback;
    double audio_sent_db, audio_received_db;
    MeterReading peaks[2]; /* sent, received */
    gint64 measured_us;
    guint measured_sent, measured_bytes, measured_received;
    /* shared between threads */
    gint gate, closed;
    gint sent_frames, sent_bytes, received_frames, received_age_ms;
    gint repair;   /* bytes that may be sent again */
    gint given_up; /* a packet was not sent again */
    gint heard_ms; /* monotonic, when the shopper was last heard, wraps */
    GMutex lock;
    CongestionReport report;
    gboolean is_report_new; /* not yet taken by the main thread */
};

/* --- from other threads to the main thread --------------------------------------------------------------------------------------- */

typedef struct {
    Rtc *rtc;
    void (*call)(Rtc *rtc, guint number, const char *text);
    guint number;
    char *text;
} Post;

static void rtc_unref(Rtc *rtc)
{
    if (!g_atomic_int_dec_and_test(&rtc->references)) return;
    g_mutex_clear(&rtc->lock);
    g_free(rtc->codec);
    g_free(rtc);
}

static void post_free(gpointer data)
{
    Post *post = data;
    rtc_unref(post->rtc);
    g_free(post->text);
    g_free(post);
}

static gboolean post_run(gpointer data)
{
    Post *post = data;
    if (!g_atomic_int_get(&post->rtc->closed)) post->call(post->rtc, post->number, post->text);
    return G_SOURCE_REMOVE;
}

static void post(Rtc *rtc, void (*call)(Rtc *, guint, const char *), guint number, const char *text)
{
    Post *new = g_new0(Post, 1);
    g_atomic_int_inc(&rtc->references);
    *new = (Post){.rtc = rtc, .call = call, .number = number, .text = g_strdup(text)};
    g_idle_add_full(G_PRIORITY_DEFAULT, post_run, new, post_free);
}

static void unref_notify(gpointer data)
{
    rtc_unref(data);
}

/* A promise may be answered, or given up, after the call is over. */
static GstPromise *new_promise(Rtc *rtc, GstPromiseChangeFunc answered)
{
    g_atomic_int_inc(&rtc->references);
    return gst_promise_new_with_change_func(answered, rtc, unref_notify);
}

static void set_state(Rtc *rtc, const char *state)
{
    if (strcmp(rtc->state, state) == 0 || strcmp(rtc->state, "failed") == 0 || strcmp(rtc->state, "refused") == 0) return;
    rtc->state = state;
    g_message("call: %s", state);
    rtc->events.state(rtc->events.data, state);
}

/* --- offer and candidates -------------------------------------------------------------------------------------------------------- */

/* Steals signal. */
static void send_signal(Rtc *rtc, json_t *signal)
{
    if (!rtc->held) {
        rtc->events.local_signal(rtc->events.data, signal);
        json_decref(signal);
    } else if (rtc->held->len < HELD_MAX) {
        g_ptr_array_add(rtc->held, signal);
    } else {
        json_decref(signal);
    }
}

static void send_offer(Rtc *rtc, guint number, const char *sdp)
{
    (void)number;
    send_signal(rtc, json_pack("{s:s,s:s,s:s}", "kind", "offer", "sdp", sdp, "codec", rtc->codec));
}

static void send_candidate(Rtc *rtc, guint mline, const char *candidate)
{
    send_signal(rtc, json_pack("{s:s,s:s,s:i}", "kind", "candidate", "candidate", candidate, "mline", (int)mline));
}

static void fail(Rtc *rtc, guint number, const char *why)
{
    (void)number;
    g_message("call: %s", why);
    set_state(rtc, "failed");
}

/* A browser waits 3 s for what it misses before it asks for a key frame; it gets one as soon as the line has calmed down. */
static void replace_given_up(Rtc *rtc, const CongestionReport *report)
{
    gint64 now = g_get_monotonic_time();
    if (report->loss > REPAIR_CALM_LOSS || now - rtc->repaired_us < REPAIR_KEY_US) return;
    if (!g_atomic_int_compare_and_exchange(&rtc->given_up, TRUE, FALSE)) return;
    rtc->repaired_us = now;
    rtc->events.key_wanted(rtc->events.data);
}

static void take_feedback(Rtc *rtc, guint number, const char *text)
{
    (void)number;
    (void)text;
    g_mutex_lock(&rtc->lock);
    CongestionReport report = rtc->report;
    rtc->is_report_new = FALSE;
    g_mutex_unlock(&rtc->lock);
    if (strcmp(rtc->state, "lost") == 0) set_state(rtc, "connected");
    rtc->events.feedback(rtc->events.data, &report);
    replace_given_up(rtc, &report);
}

static void note_heard(Rtc *rtc)
{
    g_atomic_int_set(&rtc->heard_ms, (gint)(g_get_monotonic_time() / 1000));
}

/* Reports that the main thread was too late for become one. Returns whether there was none. */
static gboolean add_report(Rtc *rtc, CongestionReport report)
{
    g_mutex_lock(&rtc->lock);
    gboolean is_first = !rtc->is_report_new;
    guint packets = rtc->report.packets + report.packets;
    if (!is_first && packets > 0) {
        double delta_ms = rtc->report.delta_ms * rtc->report.packets + report.delta_ms * report.packets;
        report.loss = (rtc->report.loss * rtc->report.packets + report.loss * report.packets) / packets;
        report.delta_ms = delta_ms / packets;
        report.packets = packets;
    }
    rtc->report = report;
    rtc->is_report_new = TRUE;
    g_mutex_unlock(&rtc->lock);
    return is_first;
}

static void on_twcc_stats(GstElement *session, GParamSpec *spec, gpointer data)
{
    (void)spec;
    Rtc *rtc = data;
    g_autoptr(GstStructure) stats = NULL;
    g_object_get(session, "twcc-stats", &stats, NULL);
    if (!stats) return;
    guint sent = 0, got = 0, packets = 0;
    gint64 delta = 0;
    double loss = 0;
    gst_structure_get(stats, "bitrate-sent", G_TYPE_UINT, &sent, "bitrate-recv", G_TYPE_UINT, &got, NULL);
    gst_structure_get(stats, "packets-sent", G_TYPE_UINT, &packets, "packet-loss-pct", G_TYPE_DOUBLE, &loss, NULL);
    gst_structure_get(stats, "avg-delta-of-delta", G_TYPE_INT64, &delta, NULL);
    CongestionReport report = {
        .loss = loss / 100, .sent_kbps = sent / 1000.0, .got_kbps = got / 1000.0, .delta_ms = (double)delta / 1e6, .packets = packets};
    note_heard(rtc);
    if (add_report(rtc, report)) post(rtc, take_feedback, 0, NULL);
}

static void watch_session(Rtc *rtc)
{
    g_autoptr(GstElement) rtpbin = gst_bin_get_by_name(GST_BIN(rtc->bin), "rtpbin");
    if (rtpbin) g_signal_emit_by_name(rtpbin, "get-session", 0, &rtc->session);
    if (!rtc->session) {
        g_warning("call: no RTP session, the bitrate stays as it is");
        return;
    }
    g_signal_connect(rtc->session, "notify::twcc-stats", G_CALLBACK(on_twcc_stats), rtc);
    g_autoptr(GObject) inner = NULL;
    g_object_get(rtc->session, "internal-session", &inner, NULL);
    if (inner && g_object_class_find_property(G_OBJECT_GET_CLASS(inner), "twcc-feedback-interval"))
        g_object_set(inner, "twcc-feedback-interval", (guint64)(TWCC_EVERY_MS * GST_MSECOND), NULL);
}

static void take_offer(Rtc *rtc, guint number, const char *sdp)
{
    watch_session(rtc);
    send_offer(rtc, number, sdp);
}

/* What a side wants to receive stands in its description (RFC 8866, section 5.8; TIAS: RFC 3890). Firefox reads TIAS, Safari AS, Chromium
 * both. */
static void ask_for_bandwidth(GstSDPMessage *sdp, int kbps)
{
    for (guint i = 0; i < gst_sdp_message_medias_len(sdp); i++) {
        GstSDPMedia *media = (GstSDPMedia *)(gpointer)gst_sdp_message_get_media(sdp, i);
        if (strcmp(gst_sdp_media_get_media(media), "video") != 0) continue;
        gst_sdp_media_add_bandwidth(media, GST_SDP_BWTYPE_AS, (guint)kbps);
        gst_sdp_media_add_bandwidth(media, GST_SDP_BWTYPE_TIAS, (guint)kbps * 1000);
    }
}

/* The profile is what the text alone says: asked for in the caps it keeps the payloader from accepting what the encoder gives. */
static char *offer_text(const GstSDPMessage *sdp, int shopper_kbps)
{
    GstSDPMessage *asked = NULL;
    gst_sdp_message_copy(sdp, &asked);
    ask_for_bandwidth(asked, shopper_kbps);
    g_autofree char *text = gst_sdp_message_as_text(asked);
    gst_sdp_message_free(asked);
    g_autoptr(GString) offer = g_string_new(text);
    g_string_replace(offer, "packetization-mode=1", "packetization-mode=1;profile-level-id=42e01f", 1);
    return g_string_free(g_steal_pointer(&offer), FALSE);
}

static void on_offer(GstPromise *promise, gpointer data)
{
    Rtc *rtc = data;
    GstWebRTCSessionDescription *offer = NULL;
    const GstStructure *reply = gst_promise_wait(promise) == GST_PROMISE_RESULT_REPLIED ? gst_promise_get_reply(promise) : NULL;
    if (reply) gst_structure_get(reply, "offer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &offer, NULL);
    if (offer && !g_atomic_int_get(&rtc->closed)) {
        g_signal_emit_by_name(rtc->bin, "set-local-description", offer, NULL);
        g_autofree char *sdp = offer_text(offer->sdp, rtc->shopper_kbps);
        post(rtc, take_offer, 0, sdp);
    } else if (!g_atomic_int_get(&rtc->closed)) {
        post(rtc, fail, 0, "no offer could be made");
    }
    if (offer) gst_webrtc_session_description_free(offer);
    gst_promise_unref(promise);
}

static void on_candidate(GstElement *bin, guint mline, const char *candidate, gpointer data)
{
    (void)bin;
    post(data, send_candidate, mline, candidate);
}

static void on_connected(Rtc *rtc, guint number, const char *text)
{
    (void)number;
    (void)text;
    set_state(rtc, "connected");
}

static void on_connection_state(GstElement *bin, GParamSpec *spec, gpointer data)
{
    (void)spec;
    Rtc *rtc = data;
    GstWebRTCPeerConnectionState state;
    g_object_get(bin, "connection-state", &state, NULL);
    if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED) {
        note_heard(rtc);
        g_atomic_int_compare_and_exchange(&rtc->gate, GATE_CLOSED, GATE_KEY);
        rtc->events.key_wanted(rtc->events.data);
        post(rtc, on_connected, 0, NULL);
    } else if (state == GST_WEBRTC_PEER_CONNECTION_STATE_FAILED) {
        post(rtc, fail, 0, "the connection failed");
    }
}

/* --- what comes in --------------------------------------------------------------------------------------------------------------- */

static void first_picture(Rtc *rtc, guint number, const char *text)
{
    (void)number;
    (void)text;
    rtc->events.first_picture(rtc->events.data);
}

static int picture_age(GstSample *sample)
{
    GstVideoInfo info;
    GstVideoFrame frame;
    guint64 utc_ms = 0;
    if (!gst_video_info_from_caps(&info, gst_sample_get_caps(sample))) return -1;
    if (!gst_video_frame_map(&frame, &info, gst_sample_get_buffer(sample), GST_MAP_READ)) return -1;
    gboolean has_code =
        camera_code_read(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0), GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0), info.width, info.height, &utc_ms);
    gst_video_frame_unmap(&frame);
    gint64 age = g_get_real_time() / 1000 - (gint64)utc_ms;
    return has_code && age >= 0 && age < 60000 ? (int)age : -1;
}

static GstFlowReturn take_picture(GstAppSink *sink, gpointer data)
{
    Rtc *rtc = data;
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
    if (!sample) return GST_FLOW_EOS;
    note_heard(rtc);
    g_atomic_int_set(&rtc->received_age_ms, picture_age(sample));
    rtc->events.picture(rtc->events.data, sample);
    if (g_atomic_int_add(&rtc->received_frames, 1) == 0) post(rtc, first_picture, 0, NULL);
    return GST_FLOW_OK;
}

static void on_pad_added(GstElement *bin, GstPad *pad, gpointer data)
{
    (void)bin;
    Rtc *rtc = data;
    if (GST_PAD_DIRECTION(pad) != GST_PAD_SRC) return;
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
    const char *media = caps ? gst_structure_get_string(gst_caps_get_structure(caps, 0), "media") : NULL;
    if (!media) return;
    GstElement *in = strcmp(media, "video") == 0 ? rtc->video_in : rtc->audio_in;
    if (in == rtc->audio_in && rtc->speaker) {
        gst_element_set_locked_state(rtc->speaker, FALSE);
        gst_element_sync_state_with_parent(rtc->speaker);
    }
    g_autoptr(GstPad) sink = gst_element_get_static_pad(in, "sink");
    if (!gst_pad_is_linked(sink)) gst_pad_link(pad, sink);
}

static void take_chat(Rtc *rtc, guint number, const char *text)
{
    (void)number;
    rtc->events.chat(rtc->events.data, text);
}

static void on_chat(GstWebRTCDataChannel *channel, const char *text, gpointer data)
{
    (void)channel;
    if (text && strlen(text) <= TAKEN_MAX && g_utf8_validate(text, -1, NULL)) post(data, take_chat, 0, text);
}

/* A key frame that the shopper asks for comes up the pad as an event. */
static GstPadProbeReturn hear_upstream(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    (void)pad;
    Rtc *rtc = data;
    if (gst_video_event_is_force_key_unit(GST_PAD_PROBE_INFO_EVENT(info))) rtc->events.key_wanted(rtc->events.data);
    return GST_PAD_PROBE_OK;
}

/* --- sending again ----------------------------------------------------------------------------------------------------------------- */

static void add_repair(Rtc *rtc, gint bytes)
{
    gint old, new;
    do {
        old = g_atomic_int_get(&rtc->repair);
        new = CLAMP(old + bytes, 0, REPAIR_MAX);
    } while (!g_atomic_int_compare_and_exchange(&rtc->repair, old, new));
}

/* A full line loses most of what is sent, and a browser asks for each lost packet again and again: answered without measure, that alone
 * keeps the line full. */
static GstPadProbeReturn limit_repair(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    (void)pad;
    Rtc *rtc = data;
    if (!gst_event_has_name(GST_PAD_PROBE_INFO_EVENT(info), "GstRTPRetransmissionRequest")) return GST_PAD_PROBE_OK;
    if (g_atomic_int_get(&rtc->repair) < PACKET_BYTES) {
        g_atomic_int_set(&rtc->given_up, TRUE);
        return GST_PAD_PROBE_DROP;
    }
    add_repair(rtc, -PACKET_BYTES);
    return GST_PAD_PROBE_OK;
}

static void on_element_added(GstBin *bin, GstBin *inner, GstElement *element, gpointer data)
{
    (void)bin;
    (void)inner;
    GstElementFactory *factory = gst_element_get_factory(element);
    if (!factory || strcmp(GST_OBJECT_NAME(factory), "rtprtxsend") != 0) return;
    g_autoptr(GstPad) pad = gst_element_get_static_pad(element, "src");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, limit_repair, data, NULL);
}

/* --- building -------------------------------------------------------------------------------------------------------------------- */

static const char *video_out(gboolean is_vp8)
{
    return is_vp8 ? "rtpvp8pay name=videopay picture-id-mode=15-bit mtu=1200"
                  : "rtph264pay name=videopay aggregate-mode=zero-latency config-interval=-1 mtu=1200";
}

static const char *video_in(gboolean is_vp8)
{
    return is_vp8 ? "rtpvp8depay request-keyframe=true wait-for-keyframe=true ! vp8dec threads=1"
                  : "rtph264depay request-keyframe=true wait-for-keyframe=true ! h264parse ! openh264dec";
}

static char *describe(gboolean is_vp8, gboolean has_dsp)
{
    g_autofree char *canceller = has_dsp ? echo_canceller(PROBE) : NULL;
    return g_strdup_printf(
        "webrtcbin name=rtc bundle-policy=max-bundle latency=%d "
        "appsrc name=video format=time is-live=true max-buffers=30 max-bytes=0 leaky-type=downstream ! %s pt=%d ! rtc.sink_0 "
        "appsrc name=audio format=time is-live=true max-buffers=2 max-bytes=0 leaky-type=downstream ! %s%s"
        "volume name=mute ! level name=sent interval=500000000 ! level name=sent-peak interval=%" G_GUINT64_FORMAT " ! "
        "opusenc audio-type=voice bitrate=40000 frame-size=20 complexity=3 inband-fec=true packet-loss-percentage=5 ! "
        "rtpopuspay name=audiopay pt=%d ! rtc.sink_1",
        JITTER_MS, video_out(is_vp8), VIDEO_PT, canceller ? canceller : "", canceller ? " ! " : "", PEAK_INTERVAL, AUDIO_PT);
}

static GstCaps *codec_preference(gboolean is_video, gboolean is_vp8)
{
    if (!is_video)
        return gst_caps_from_string(
            "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,encoding-params=(string)2,payload=111,"
            "minptime=(string)10,useinbandfec=(string)1");
    if (is_vp8) return gst_caps_from_string("application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000,payload=96");
    return gst_caps_from_string("application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload=96,packetization-mode=(string)1,"
                                "level-asymmetry-allowed=(string)1");
}

static void set_up_transceiver(Rtc *rtc, gint index, gboolean is_vp8)
{
    GstWebRTCRTPTransceiver *transceiver = NULL;
    g_signal_emit_by_name(rtc->bin, "get-transceiver", index, &transceiver);
    if (!transceiver) return;
    g_autoptr(GstCaps) caps = codec_preference(index == 0, is_vp8);
    /* Told in the offer, so that the browser knows which stream a retransmission belongs to. */
    guint ssrc = g_random_int_range(1, G_MAXINT32);
    g_autoptr(GstElement) payloader = gst_bin_get_by_name(GST_BIN(rtc->pipeline), index == 0 ? "videopay" : "audiopay");
    g_object_set(payloader, "ssrc", ssrc, NULL);
    gst_caps_set_simple(caps, "extmap-1", G_TYPE_STRING, TWCC_URI, "ssrc", G_TYPE_UINT, ssrc, NULL);
    if (index == 0) gst_caps_set_simple(caps, "extmap-2", G_TYPE_STRING, PLAYOUT_DELAY_URI, NULL);
    g_object_set(transceiver, "codec-preferences", caps, "direction", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDRECV, NULL);
    if (index == 0) g_object_set(transceiver, "do-nack", TRUE, NULL); /* on sound it makes Chromium refuse the offer */
    gst_object_unref(transceiver);
}

/* Takes the reference to extension, which may be NULL. */
static void add_extension(Rtc *rtc, const char *payloader, GstRTPHeaderExtension *extension)
{
    g_autoptr(GstElement) pay = gst_bin_get_by_name(GST_BIN(rtc->pipeline), payloader);
    if (!extension) return;
    g_signal_emit_by_name(pay, "add-extension", extension);
    gst_object_unref(extension);
}

static GstRTPHeaderExtension *twcc_new(void)
{
    GstRTPHeaderExtension *extension = gst_rtp_header_extension_create_from_uri(TWCC_URI);
    if (extension) gst_rtp_header_extension_set_id(extension, TWCC_ID);
    return extension;
}

/* webrtcbin passes over the loopback interface; giving libnice any address stops it from looking for others, so it gets them all. */
static void add_local_addresses(NiceAgent *agent)
{
    GList *addresses = nice_interfaces_get_local_ips(TRUE);
    for (GList *each = addresses; each; each = each->next) {
        NiceAddress address;
        if (nice_address_set_from_string(&address, each->data)) nice_agent_add_local_address(agent, &address);
    }
    g_list_free_full(addresses, g_free);
}

static void set_up_ice(Rtc *rtc, const RtcSettings *settings)
{
    g_autoptr(Relays) relays = relays_parse(settings->ice);
    if (relays->left_out) g_message("call: %u ICE servers were not understood", relays->left_out);
    if (relays->stun) g_object_set(rtc->bin, "stun-server", relays->stun, NULL);
    gboolean added = FALSE;
    for (guint i = 0; i < relays->turn->len; i++) g_signal_emit_by_name(rtc->bin, "add-turn-server", relays->turn->pdata[i], &added);
    if (settings->relay_only) g_object_set(rtc->bin, "ice-transport-policy", GST_WEBRTC_ICE_TRANSPORT_POLICY_RELAY, NULL);
    g_autoptr(GObject) ice = NULL;
    g_autoptr(GObject) agent = NULL;
    g_object_get(rtc->bin, "ice-agent", &ice, NULL);
    if (ice) g_object_get(ice, "agent", &agent, NULL);
    if (!agent) return;
    g_object_set(agent, "upnp", FALSE, "ice-tcp", FALSE, "stun-pacing-timer", ICE_PACE_MS, NULL);
    if (settings->loopback) add_local_addresses(NICE_AGENT(agent));
}

/* Shortens the delay that the decoder asks for to what our packets need. */
static GstPadProbeReturn shorten_delay(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    (void)data;
    GstQuery *query = GST_PAD_PROBE_INFO_QUERY(info);
    g_autoptr(GstElement) decoder = gst_pad_get_parent_element(pad);
    if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY || !decoder) return GST_PAD_PROBE_OK;
    GstClockTime own = 0, most = 0;
    gst_audio_decoder_get_latency(GST_AUDIO_DECODER(decoder), &own, &most);
    if (own <= DECODING) return GST_PAD_PROBE_OK;
    gboolean is_live = FALSE;
    GstClockTime least = 0;
    gst_query_parse_latency(query, &is_live, &least, &most);
    if (least >= own) gst_query_set_latency(query, is_live, least - own + DECODING, most);
    return GST_PAD_PROBE_OK;
}

static void build_incoming(Rtc *rtc, const RtcSettings *settings, gboolean is_vp8, gboolean has_dsp)
{
    g_autofree char *probe = has_dsp ? echo_probe(PROBE) : NULL;
    g_autofree char *video = g_strdup_printf("%s ! appsink name=picture sync=false async=false max-buffers=1 drop=true", video_in(is_vp8));
    g_autofree char *audio = g_strdup_printf(
        "rtpopusdepay ! opusdec name=decoder plc=true use-inband-fec=true tolerance=%" G_GUINT64_FORMAT " ! audioconvert ! audioresample ! "
        "audio/x-raw,format=S16LE,rate=48000,channels=1 ! %s%slevel name=received interval=500000000 ! "
        "level name=received-peak interval=%" G_GUINT64_FORMAT " ! queue max-size-time=200000000 leaky=downstream",
        (guint64)STEADY, probe ? probe : "", probe ? " ! " : "", PEAK_INTERVAL);
    rtc->video_in = gst_parse_bin_from_description_full(video, TRUE, NULL, GST_PARSE_FLAG_NONE, NULL);
    rtc->audio_in = gst_parse_bin_from_description_full(audio, TRUE, NULL, GST_PARSE_FLAG_NONE, NULL);
    g_autoptr(GstElement) decoder = gst_bin_get_by_name(GST_BIN(rtc->audio_in), "decoder");
    g_autoptr(GstPad) decoded = gst_element_get_static_pad(decoder, "src");
    gst_pad_add_probe(decoded, GST_PAD_PROBE_TYPE_QUERY_UPSTREAM | GST_PAD_PROBE_TYPE_PULL, shorten_delay, NULL, NULL);
    if (has_dsp) echo_set_delay(GST_BIN(rtc->audio_in), PROBE, settings->speaker_delay_ms);
    rtc->speaker = settings->speaker->new_speaker(settings->speaker_device);
    if (!rtc->speaker) rtc->speaker = gst_element_factory_make("fakesink", NULL);
    g_object_set(rtc->speaker, "async", FALSE, NULL);
    gst_element_set_locked_state(rtc->speaker, TRUE); /* the device may still be ringing */
    gst_bin_add_many(GST_BIN(rtc->pipeline), rtc->video_in, rtc->audio_in, rtc->speaker, NULL);
    gst_element_link(rtc->audio_in, rtc->speaker);
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(rtc->video_in), "picture");
    GstAppSinkCallbacks callbacks = {.new_sample = take_picture};
    gst_app_sink_set_callbacks(GST_APP_SINK(sink), &callbacks, rtc, NULL);
}

static void hear_error(Rtc *rtc, GstMessage *message)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *detail = NULL;
    gst_message_parse_error(message, &error, &detail);
    g_message("call: %s: %s (%s)", GST_OBJECT_NAME(GST_MESSAGE_SRC(message)), error->message, detail ? detail : "");
    /* Without its speaker a call goes on; without its connection it does not. */
    if (rtc->speaker && gst_object_has_as_ancestor(GST_MESSAGE_SRC(message), GST_OBJECT(rtc->speaker))) return;
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
    if (strcmp(rtc->state, "connecting") == 0 && now - rtc->released_us > CONNECT_US) fail(rtc, 0, "no connection in 15 s");
    guint silence_ms = (guint)(now / 1000) - (guint)g_atomic_int_get(&rtc->heard_ms);
    gboolean is_silent = silence_ms > LOST_US / 1000;
    if (strcmp(rtc->state, "connected") == 0 && is_silent)
        set_state(rtc, "lost");
    else if (strcmp(rtc->state, "lost") == 0 && !is_silent)
        set_state(rtc, "connected");
    return G_SOURCE_CONTINUE;
}

static void find_parts(Rtc *rtc)
{
    GstBin *bin = GST_BIN(rtc->pipeline);
    rtc->bin = gst_bin_get_by_name(bin, "rtc");
    rtc->video = gst_bin_get_by_name(bin, "video");
    rtc->audio = gst_bin_get_by_name(bin, "audio");
    rtc->mute = gst_bin_get_by_name(bin, "mute");
    g_autoptr(GstCaps) video = gst_caps_from_string(encoder_caps(rtc->codec));
    g_autoptr(GstCaps) audio = gst_caps_from_string(SOUND_CAPS);
    g_object_set(rtc->video, "caps", video, NULL);
    g_object_set(rtc->audio, "caps", audio, NULL);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(rtc->video, "src");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, hear_upstream, rtc, NULL);
    g_autoptr(GstElement) payloader = gst_bin_get_by_name(bin, "videopay");
    g_autoptr(GstPad) packets = gst_element_get_static_pad(payloader, "src");
    rtc->pacer = pacer_new(packets);
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
    g_signal_emit_by_name(rtc->bin, "create-offer", NULL, new_promise(rtc, on_offer));
}

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

Rtc *rtc_new(const RtcSettings *settings, const RtcEvents *events, GError **error)
{
    gboolean is_vp8 = strcmp(settings->codec, "VP8") == 0;
    gboolean has_dsp = settings->cancel_echo && echo_can_cancel();
    Rtc *rtc = g_new0(Rtc, 1);
    rtc->references = 1;
    g_mutex_init(&rtc->lock);
    rtc->events = *events;
    rtc->codec = g_strdup(settings->codec);
    rtc->shopper_kbps = settings->shopper_kbps;
    rtc->held = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);
    rtc->state = "new";
    rtc->audio_sent_db = rtc->audio_received_db = SOUND_SILENCE_DB;
    rtc->received_age_ms = -1;
    rtc->measured_us = g_get_monotonic_time();
    g_autofree char *text = describe(is_vp8, has_dsp);
    rtc->pipeline = gst_parse_launch_full(text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
    if (!rtc->pipeline) {
        rtc_free(rtc);
        return NULL;
    }
    build_incoming(rtc, settings, is_vp8, has_dsp);
    find_parts(rtc);
    rtc_set_mute(rtc, settings->muted);
    g_signal_connect(rtc->bin, "on-ice-candidate", G_CALLBACK(on_candidate), rtc);
    g_signal_connect(rtc->bin, "notify::connection-state", G_CALLBACK(on_connection_state), rtc);
    g_signal_connect(rtc->bin, "pad-added", G_CALLBACK(on_pad_added), rtc);
    g_signal_connect(rtc->bin, "deep-element-added", G_CALLBACK(on_element_added), rtc);
    set_up_transceiver(rtc, 0, is_vp8);
    set_up_transceiver(rtc, 1, is_vp8);
    add_extension(rtc, "videopay", twcc_new());
    add_extension(rtc, "audiopay", twcc_new());
    add_extension(rtc, "videopay", playout_delay_new(PLAYOUT_ID, PLAYOUT_MOST_MS));
    set_up_ice(rtc, settings);
    start(rtc);
    return rtc;
}

void rtc_free(Rtc *rtc)
{
    if (!rtc) return;
    g_atomic_int_set(&rtc->closed, TRUE);
    g_clear_handle_id(&rtc->watch, g_source_remove);
    g_clear_handle_id(&rtc->tick, g_source_remove);
    if (rtc->session) g_signal_handlers_disconnect_by_data(rtc->session, rtc);
    if (rtc->chat) g_signal_handlers_disconnect_by_data(rtc->chat, rtc);
    if (rtc->speaker) gst_element_set_locked_state(rtc->speaker, FALSE);
    if (rtc->pacer) pacer_stop(rtc->pacer);
    if (rtc->pipeline) gst_element_set_state(rtc->pipeline, GST_STATE_NULL);
    if (rtc->bin) g_signal_handlers_disconnect_by_data(rtc->bin, rtc);
    g_clear_pointer(&rtc->pacer, pacer_free);
    g_clear_object(&rtc->chat);
    gst_clear_object(&rtc->session);
    gst_clear_object(&rtc->video);
    gst_clear_object(&rtc->audio);
    gst_clear_object(&rtc->mute);
    gst_clear_object(&rtc->bin);
    gst_clear_object(&rtc->pipeline);
    g_clear_pointer(&rtc->held, g_ptr_array_unref);
    rtc_unref(rtc);
}

/* --- what the studio asks for ---------------------------------------------------------------------------------------------------- */

void rtc_release(Rtc *rtc)
{
    if (!rtc->held) return;
    GPtrArray *held = g_steal_pointer(&rtc->held);
    rtc->released_us = g_get_monotonic_time();
    set_state(rtc, "connecting");
    for (guint i = 0; i < held->len; i++) rtc->events.local_signal(rtc->events.data, held->pdata[i]);
    g_ptr_array_unref(held);
}

static void on_answer_set(GstPromise *promise, gpointer data)
{
    Rtc *rtc = data;
    const GstStructure *reply = gst_promise_wait(promise) == GST_PROMISE_RESULT_REPLIED ? gst_promise_get_reply(promise) : NULL;
    if (reply && gst_structure_has_field(reply, "error")) {
        g_autoptr(GError) error = NULL;
        gst_structure_get(reply, "error", G_TYPE_ERROR, &error, NULL);
        post(rtc, fail, 0, error ? error->message : "the answer does not fit");
    }
    gst_promise_unref(promise);
}

static gboolean answer_has_video(const GstSDPMessage *sdp)
{
    for (guint i = 0; i < gst_sdp_message_medias_len(sdp); i++) {
        const GstSDPMedia *media = gst_sdp_message_get_media(sdp, i);
        if (strcmp(gst_sdp_media_get_media(media), "video") == 0) return gst_sdp_media_get_port(media) != 0;
    }
    return FALSE;
}

static void take_answer(Rtc *rtc, const char *text)
{
    GstSDPMessage *sdp = NULL;
    if (rtc->answered || !text || gst_sdp_message_new_from_text(text, &sdp) != GST_SDP_OK || gst_sdp_message_medias_len(sdp) == 0) {
        g_message("call: an answer was not understood or not asked for");
        if (sdp) gst_sdp_message_free(sdp);
        return;
    }
    if (!answer_has_video(sdp)) {
        gst_sdp_message_free(sdp);
        set_state(rtc, "refused");
        return;
    }
    rtc->answered = TRUE;
    GstWebRTCSessionDescription *answer = gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_ANSWER, sdp);
    g_signal_emit_by_name(rtc->bin, "set-remote-description", answer, new_promise(rtc, on_answer_set));
    gst_webrtc_session_description_free(answer);
}

static void take_candidate(Rtc *rtc, const char *candidate, json_int_t mline)
{
    if (!candidate || !*candidate) return; /* the end of them */
    if (strlen(candidate) > CANDIDATE_MAX || mline < 0 || mline > 2 || rtc->candidates >= CANDIDATES_MAX) {
        g_message("call: a candidate was not understood or one too many");
        return;
    }
    rtc->candidates++;
    g_signal_emit_by_name(rtc->bin, "add-ice-candidate", (guint)mline, candidate);
}

void rtc_remote_signal(Rtc *rtc, const char *signal)
{
    json_t *members = strlen(signal) <= SIGNAL_MAX ? json_loads(signal, JSON_REJECT_DUPLICATES, NULL) : NULL;
    const char *kind = json_string_value(json_object_get(members, "kind"));
    if (g_strcmp0(kind, "answer") == 0)
        take_answer(rtc, json_string_value(json_object_get(members, "sdp")));
    else if (g_strcmp0(kind, "candidate") == 0)
        take_candidate(rtc, json_string_value(json_object_get(members, "candidate")),
                       json_integer_value(json_object_get(members, "mline")));
    else if (g_strcmp0(kind, "refused") == 0)
        set_state(rtc, "refused");
    else
        g_message("call: a signal was not understood");
    json_decref(members);
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
    g_object_set(rtc->mute, "mute", muted, NULL);
}

const char *rtc_state(const Rtc *rtc)
{
    return rtc->state;
}

/* The sender's view of the round trip, from the receiver reports on our streams: NTP short format, 65536 a second. */
static int round_trip_ms(Rtc *rtc)
{
    g_autoptr(GstStructure) stats = NULL;
    guint longest = 0;
    if (rtc->session) g_object_get(rtc->session, "stats", &stats, NULL);
    const GValue *value = stats ? gst_structure_get_value(stats, "source-stats") : NULL;
    G_GNUC_BEGIN_IGNORE_DEPRECATIONS
    GValueArray *sources = value ? g_value_get_boxed(value) : NULL;
    for (guint i = 0; sources && i < sources->n_values; i++) {
        const GstStructure *source = gst_value_get_structure(&sources->values[i]);
        guint round_trip = 0;
        if (source && gst_structure_get_uint(source, "rb-round-trip", &round_trip) && round_trip < 10 * 65536)
            longest = MAX(longest, round_trip);
    }
    G_GNUC_END_IGNORE_DEPRECATIONS
    return (int)(longest * G_GUINT64_CONSTANT(1000) / 65536);
}

void rtc_measure(Rtc *rtc, RtcMeasure *measure)
{
    gint64 now = g_get_monotonic_time();
    double seconds = MAX((double)(now - rtc->measured_us) / 1e6, 0.001);
    guint sent = (guint)g_atomic_int_get(&rtc->sent_frames), bytes = (guint)g_atomic_int_get(&rtc->sent_bytes);
    guint received = (guint)g_atomic_int_get(&rtc->received_frames);
    *measure = (RtcMeasure){.sent_fps = (int)lround((sent - rtc->measured_sent) / seconds),
                            .sent_kbps = (int)lround((bytes - rtc->measured_bytes) * 8 / 1000.0 / seconds),
                            .received_fps = (int)lround((received - rtc->measured_received) / seconds),
                            .received_frames = received,
                            .audio_sent_db = rtc->audio_sent_db,
                            .audio_received_db = rtc->audio_received_db,
                            .round_trip_ms = round_trip_ms(rtc),
                            .received_age_ms = g_atomic_int_get(&rtc->received_age_ms)};
    g_mutex_lock(&rtc->lock);
    measure->loss = rtc->report.loss;
    g_mutex_unlock(&rtc->lock);
    rtc->measured_us = now;
    rtc->measured_sent = sent;
    rtc->measured_bytes = bytes;
    rtc->measured_received = received;
}

MeterReading rtc_level(const Rtc *rtc, gboolean of_shopper)
{
    return rtc->peaks[of_shopper ? 1 : 0];
}

void rtc_set_pace(Rtc *rtc, int kbps)
{
    pacer_set_kbps(rtc->pacer, kbps);
}

void rtc_push_video(Rtc *rtc, GstSample *sample)
{
    GstBuffer *frame = gst_sample_get_buffer(sample);
    gint gate = g_atomic_int_get(&rtc->gate);
    if (gate == GATE_CLOSED || !frame) return;
    if (gate == GATE_KEY) {
        if (GST_BUFFER_FLAG_IS_SET(frame, GST_BUFFER_FLAG_DELTA_UNIT)) return;
        g_atomic_int_set(&rtc->gate, GATE_OPEN);
    }
    g_atomic_int_inc(&rtc->sent_frames);
    g_atomic_int_add(&rtc->sent_bytes, (gint)gst_buffer_get_size(frame));
    add_repair(rtc, (gint)gst_buffer_get_size(frame) / REPAIR_SHARE);
    gst_app_src_push_sample(GST_APP_SRC(rtc->video), sample);
}

void rtc_push_audio(Rtc *rtc, GstBuffer *block)
{
    if (g_atomic_int_get(&rtc->gate) != GATE_CLOSED) gst_app_src_push_buffer(GST_APP_SRC(rtc->audio), gst_buffer_ref(block));
}
