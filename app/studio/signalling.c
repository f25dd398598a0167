#include "studio/signalling.h"

#include "studio/main_calls.h"

#include <gst/sdp/sdp.h>
#define GST_USE_UNSTABLE_API
#include <gst/webrtc/webrtc.h>
#include <string.h>

#define SIGNAL_MAX     65536
#define CANDIDATE_MAX  1024 /* bytes */
#define CANDIDATES_MAX 64   /* of the shopper */
#define HELD_MAX       128  /* signals before the release */

struct Signalling {
    MainCalls *calls; /* each promise of webrtcbin's has a reference too */
    SignallingEvents events;
    GstElement *webrtcbin;
    char *codec;
    int shopper_kbps;
    GPtrArray *held; /* json_t; NULL once released */
    guint candidates;
    gboolean answered;
};

static void unref_notify(gpointer data)
{
    Signalling *signalling = data;
    main_calls_unref(signalling->calls);
}

/* A promise may be answered, or given up, after the call is over. */
static GstPromise *new_promise(Signalling *signalling, GstPromiseChangeFunc answered)
{
    main_calls_ref(signalling->calls);
    return gst_promise_new_with_change_func(answered, signalling, unref_notify);
}

/* --- what goes out --------------------------------------------------------------------------------------------------------------- */

/* Steals signal. */
static void send_signal(Signalling *signalling, json_t *signal)
{
    if (!signalling->held) {
        signalling->events.local(signalling->events.data, signal);
        json_decref(signal);
    } else if (signalling->held->len < HELD_MAX) {
        g_ptr_array_add(signalling->held, signal);
    } else {
        json_decref(signal);
    }
}

static void take_offer(void *object, guint number, const char *sdp)
{
    (void)number;
    Signalling *signalling = object;
    signalling->events.offered(signalling->events.data);
    send_signal(signalling, json_pack("{s:s,s:s,s:s}", "kind", "offer", "sdp", sdp, "codec", signalling->codec));
}

static void send_candidate(void *object, guint mline, const char *candidate)
{
    send_signal(object, json_pack("{s:s,s:s,s:i}", "kind", "candidate", "candidate", candidate, "mline", (int)mline));
}

static void fail(void *object, guint number, const char *why)
{
    (void)number;
    Signalling *signalling = object;
    signalling->events.failed(signalling->events.data, why);
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

/* On webrtcbin's thread. */
static void on_offer(GstPromise *promise, gpointer data)
{
    Signalling *signalling = data;
    GstWebRTCSessionDescription *offer = NULL;
    const GstStructure *reply = gst_promise_wait(promise) == GST_PROMISE_RESULT_REPLIED ? gst_promise_get_reply(promise) : NULL;
    if (reply) gst_structure_get(reply, "offer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &offer, NULL);
    if (offer && !main_calls_is_closed(signalling->calls)) {
        g_signal_emit_by_name(signalling->webrtcbin, "set-local-description", offer, NULL);
        g_autofree char *sdp = offer_text(offer->sdp, signalling->shopper_kbps);
        main_calls_post(signalling->calls, take_offer, 0, sdp);
    } else if (!main_calls_is_closed(signalling->calls)) {
        main_calls_post(signalling->calls, fail, 0, "no offer could be made");
    }
    if (offer) gst_webrtc_session_description_free(offer);
    gst_promise_unref(promise);
}

/* On webrtcbin's thread, or libnice's. */
static void on_candidate(GstElement *webrtcbin, guint mline, const char *candidate, gpointer data)
{
    (void)webrtcbin;
    Signalling *signalling = data;
    main_calls_post(signalling->calls, send_candidate, mline, candidate);
}

/* --- what comes in --------------------------------------------------------------------------------------------------------------- */

/* On webrtcbin's thread. */
static void on_answer_set(GstPromise *promise, gpointer data)
{
    Signalling *signalling = data;
    const GstStructure *reply = gst_promise_wait(promise) == GST_PROMISE_RESULT_REPLIED ? gst_promise_get_reply(promise) : NULL;
    if (reply && gst_structure_has_field(reply, "error")) {
        g_autoptr(GError) error = NULL;
        gst_structure_get(reply, "error", G_TYPE_ERROR, &error, NULL);
        main_calls_post(signalling->calls, fail, 0, error ? error->message : "the answer does not fit");
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

static void take_answer(Signalling *signalling, const char *text)
{
    GstSDPMessage *sdp = NULL;
    if (signalling->answered || !text || gst_sdp_message_new_from_text(text, &sdp) != GST_SDP_OK || gst_sdp_message_medias_len(sdp) == 0) {
        g_message("call: an answer was not understood or not asked for");
        if (sdp) gst_sdp_message_free(sdp);
        return;
    }
    if (!answer_has_video(sdp)) {
        gst_sdp_message_free(sdp);
        signalling->events.refused(signalling->events.data);
        return;
    }
    signalling->answered = TRUE;
    GstWebRTCSessionDescription *answer = gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_ANSWER, sdp);
    g_signal_emit_by_name(signalling->webrtcbin, "set-remote-description", answer, new_promise(signalling, on_answer_set));
    gst_webrtc_session_description_free(answer);
}

static void take_candidate(Signalling *signalling, const char *candidate, json_int_t mline)
{
    if (!candidate || !*candidate) return; /* the end of them */
    if (strlen(candidate) > CANDIDATE_MAX || mline < 0 || mline > 2 || signalling->candidates >= CANDIDATES_MAX) {
        g_message("call: a candidate was not understood or one too many");
        return;
    }
    signalling->candidates++;
    g_signal_emit_by_name(signalling->webrtcbin, "add-ice-candidate", (guint)mline, candidate);
}

void signalling_take(Signalling *signalling, const char *signal)
{
    json_t *members = strlen(signal) <= SIGNAL_MAX ? json_loads(signal, JSON_REJECT_DUPLICATES, NULL) : NULL;
    const char *kind = json_string_value(json_object_get(members, "kind"));
    if (g_strcmp0(kind, "answer") == 0)
        take_answer(signalling, json_string_value(json_object_get(members, "sdp")));
    else if (g_strcmp0(kind, "candidate") == 0)
        take_candidate(signalling, json_string_value(json_object_get(members, "candidate")),
                       json_integer_value(json_object_get(members, "mline")));
    else if (g_strcmp0(kind, "refused") == 0)
        signalling->events.refused(signalling->events.data);
    else
        g_message("call: a signal was not understood");
    json_decref(members);
}

/* --- life ------------------------------------------------------------------------------------------------------------------------ */

static void signalling_finish(gpointer data)
{
    Signalling *signalling = data;
    g_free(signalling->codec);
    g_free(signalling);
}

Signalling *signalling_new(GstElement *webrtcbin, const char *codec, int shopper_kbps, const SignallingEvents *events)
{
    Signalling *signalling = g_new0(Signalling, 1);
    signalling->calls = main_calls_new(signalling, signalling_finish);
    signalling->events = *events;
    signalling->webrtcbin = webrtcbin;
    signalling->codec = g_strdup(codec);
    signalling->shopper_kbps = shopper_kbps;
    signalling->held = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);
    g_signal_connect(webrtcbin, "on-ice-candidate", G_CALLBACK(on_candidate), signalling);
    return signalling;
}

void signalling_stop(Signalling *signalling)
{
    main_calls_close(signalling->calls);
}

void signalling_free(Signalling *signalling)
{
    if (!signalling) return;
    g_signal_handlers_disconnect_by_data(signalling->webrtcbin, signalling);
    g_clear_pointer(&signalling->held, g_ptr_array_unref);
    main_calls_unref(signalling->calls);
}

void signalling_offer(Signalling *signalling)
{
    g_signal_emit_by_name(signalling->webrtcbin, "create-offer", NULL, new_promise(signalling, on_offer));
}

void signalling_release(Signalling *signalling)
{
    GPtrArray *held = g_steal_pointer(&signalling->held);
    for (guint i = 0; held && i < held->len; i++) signalling->events.local(signalling->events.data, held->pdata[i]);
    if (held) g_ptr_array_unref(held);
}
