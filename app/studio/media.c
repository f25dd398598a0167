#include "studio/media.h"
#include "drivers/audio/audio.h"
#include "drivers/camera/camera.h"
#include "studio/capture.h"
#include "studio/card.h"
#include "studio/congestion.h"
#include "studio/encoder.h"
#include "studio/mixer.h"
#include "studio/rehearsal.h"
#include "studio/rtc.h"
#include "studio/sound.h"
#include "text/text.h"

#include <malloc.h>
#include <math.h>
#include <string.h>

#define IDLE_FPS     2  /* keeps the encoder warm between calls */
#define IDLE_OWN_FPS 10 /* own picture on the console between calls */
#define FLOOR_KBPS   120
#define START_KBPS   1500
#define SILENCE_MS   250  /* between two looks for missing feedback */
#define FILL_MS      200  /* between two cards, where there is no picture */
#define RATE_STEP    0.04 /* smaller changes of the rate are not worth telling the encoder */

struct Media {
    MediaEvents events;
    int width, height, fps, ceiling_kbps;
    gboolean loopback, relay_only, muted, cancel_echo;
    int shopper_kbps, speaker_delay_ms;
    char *prefer;
    const AudioDriver *speaker;
    char *speaker_device;
    Mailbox *own, *shopper;
    Mixer *mixer;
    Capture *captures[2]; /* face, product */
    Sound *sound;
    Congestion congestion;
    CongestionPicture picture;
    int encoder_kbps;
    guint pc, silence, fill;
    char *codec_refused;
    GMutex encoder_lock; /* the pointer, and what the cameras' threads keep */
    Encoder *encoder;
    GstClockTime next_encoded, next_own; /* running time */
    gint encoded_fps, own_fps;
    GstCaps *own_caps;
    char *practice_voice;
    Rehearsal *rehearsal;
    GMutex rtc_lock; /* the pointer, for the encoder's and the microphone's threads */
    Rtc *rtc;
};

/* --- streaming threads ------------------------------------------------------------------------------------------------------------ */

/* Whether a frame of this time is due at fps; half a frame early counts, or a jittery camera would lose every other one. */
static gboolean is_due(GstClockTime *next, GstClockTime time, int fps, int full_fps)
{
    if (fps >= full_fps) return TRUE;
    GstClockTime interval = GST_SECOND / (guint)fps;
    if (GST_CLOCK_TIME_IS_VALID(*next) && time + GST_SECOND / (guint)(2 * full_fps) < *next && time + interval > *next) return FALSE;
    gboolean is_on_pace = GST_CLOCK_TIME_IS_VALID(*next) && time < *next + interval;
    *next = (is_on_pace ? *next : time) + interval;
    return TRUE;
}

/* Takes the reference to out. */
static void send_picture(Media *media, GstBuffer *out)
{
    g_mutex_lock(&media->encoder_lock);
    if (media->encoder && is_due(&media->next_encoded, GST_BUFFER_PTS(out), g_atomic_int_get(&media->encoded_fps), media->fps))
        encoder_push(media->encoder, out);
    gboolean is_shown = is_due(&media->next_own, GST_BUFFER_PTS(out), g_atomic_int_get(&media->own_fps), media->fps);
    g_mutex_unlock(&media->encoder_lock);
    if (is_shown) {
        g_autoptr(GstSample) sample = gst_sample_new(out, media->own_caps, NULL, NULL);
        mailbox_put(media->own, sample);
    }
    gst_buffer_unref(out);
}

static void take_frame(void *data, gboolean product, GstBuffer *frame)
{
    Media *media = data;
    GstBuffer *out = mixer_take(media->mixer, product, frame);
    if (out) send_picture(media, out);
}

static gboolean fill_in(gpointer data)
{
    Media *media = data;
    g_autoptr(GstClock) clock = gst_system_clock_obtain();
    GstBuffer *card = mixer_fill(media->mixer, gst_clock_get_time(clock));
    if (card) send_picture(media, card);
    return G_SOURCE_CONTINUE;
}

static void take_encoded(void *data, GstSample *sample)
{
    Media *media = data;
    g_mutex_lock(&media->rtc_lock);
    if (media->rtc) rtc_push_video(media->rtc, sample);
    g_mutex_unlock(&media->rtc_lock);
}

static void take_block(void *data, GstBuffer *block)
{
    Media *media = data;
    g_mutex_lock(&media->rtc_lock);
    if (media->rtc) rtc_push_audio(media->rtc, block);
    g_mutex_unlock(&media->rtc_lock);
}

static void want_key(void *data)
{
    Media *media = data;
    g_mutex_lock(&media->encoder_lock);
    if (media->encoder) encoder_force_key(media->encoder);
    g_mutex_unlock(&media->encoder_lock);
}

static void take_shopper_picture(void *data, GstSample *sample)
{
    Media *media = data;
    mailbox_put(media->shopper, sample);
}

/* --- what the call tells ------------------------------------------------------------------------------------------------------------ */

static void tell_signal(void *data, json_t *signal)
{
    Media *media = data;
    media->events.local_signal(media->events.data, media->pc, signal);
}

static void tell_state(void *data, const char *state)
{
    Media *media = data;
    if (strcmp(state, "refused") == 0) {
        g_free(media->codec_refused);
        media->codec_refused = g_strdup(encoder_codec(media->encoder));
        media->events.health_changed(media->events.data);
    }
    media->events.state(media->events.data, media->pc, state);
}

static void tell_chat(void *data, const char *text)
{
    Media *media = data;
    media->events.chat(media->events.data, media->pc, text);
}

static void tell_first_picture(void *data)
{
    Media *media = data;
    media->events.shopper_picture(media->events.data, media->pc);
}

static void use_rate(Media *media, int kbps)
{
    if (media->rtc) rtc_set_pace(media->rtc, congestion_pace(&media->congestion));
    if (fabs((double)(kbps - media->encoder_kbps)) < RATE_STEP * media->encoder_kbps) return;
    media->encoder_kbps = kbps;
    CongestionPicture picture = congestion_picture(media->picture, kbps, media->fps);
    if (picture.quarters != media->picture.quarters || picture.fps != media->picture.fps)
        g_message("call: the line carries %d kbit/s: picture at %d/4, %d fps", kbps, picture.quarters, picture.fps);
    media->picture = picture;
    encoder_set_kbps(media->encoder, kbps);
    encoder_set_quarters(media->encoder, picture.quarters);
    g_atomic_int_set(&media->encoded_fps, picture.fps);
}

static void take_feedback(void *data, const CongestionReport *report)
{
    Media *media = data;
    int kbps = congestion_report(&media->congestion, g_get_monotonic_time(), report);
    g_debug("line: %d kbit/s; %u packets, sent %.0f, got %.0f kbit/s, lost %.3f (%.3f), delta %.2f ms, queue %.0f ms", kbps,
            report->packets, report->sent_kbps, report->got_kbps, report->loss, media->congestion.loss, report->delta_ms,
            media->congestion.queue_ms);
    use_rate(media, kbps);
}

static gboolean look_for_silence(gpointer data)
{
    Media *media = data;
    use_rate(media, congestion_silence(&media->congestion, g_get_monotonic_time()));
    return G_SOURCE_CONTINUE;
}

/* --- the session -------------------------------------------------------------------------------------------------------------------- */

static gboolean use_codec(Media *media, const char *codec, GError **error)
{
    if (media->encoder && strcmp(encoder_codec(media->encoder), codec) == 0) return TRUE;
    EncoderSettings settings = {.codec = codec,
                                .width = media->width,
                                .height = media->height,
                                .fps = media->fps,
                                .kbps = MIN(START_KBPS, media->ceiling_kbps),
                                .output = take_encoded,
                                .data = media};
    Encoder *new = encoder_new(&settings, error);
    if (!new) return FALSE;
    g_mutex_lock(&media->encoder_lock);
    Encoder *old = media->encoder;
    media->encoder = new;
    g_mutex_unlock(&media->encoder_lock);
    encoder_free(old);
    return TRUE;
}

/* The preferred one of what both have, else the first that both have. */
static const char *choose_codec(const Media *media, const char *const *codecs)
{
    const char *chosen = NULL;
    for (guint i = 0; codecs[i]; i++) {
        if (!encoder_has(codecs[i])) continue;
        if (!chosen || strcmp(codecs[i], media->prefer) == 0) chosen = codecs[i];
    }
    return chosen;
}

static void run_full(Media *media, gboolean full)
{
    g_atomic_int_set(&media->encoded_fps, full ? media->fps : MIN(IDLE_FPS, media->fps));
    g_atomic_int_set(&media->own_fps, full ? media->fps : MIN(IDLE_OWN_FPS, media->fps));
    media->picture = (CongestionPicture){.quarters = 4, .fps = media->fps};
    media->encoder_kbps = MIN(START_KBPS, media->ceiling_kbps);
    congestion_start(&media->congestion, FLOOR_KBPS, media->encoder_kbps, media->ceiling_kbps);
    encoder_set_kbps(media->encoder, media->encoder_kbps);
    encoder_set_quarters(media->encoder, 4);
}

static gboolean open_session(Media *media, guint pc, const char *const *codecs, const char *ice, GError **error)
{
    media_stop(media);
    const char *codec = choose_codec(media, codecs);
    if (!codec) {
        g_set_error(error, GST_STREAM_ERROR, GST_STREAM_ERROR_CODEC_NOT_FOUND, "no video codec that both ends have");
        return FALSE;
    }
    if (!use_codec(media, codec, error)) return FALSE;
    run_full(media, TRUE);
    RtcSettings settings = {.codec = codec,
                            .ice = ice,
                            .loopback = media->loopback,
                            .relay_only = media->relay_only,
                            .shopper_kbps = media->shopper_kbps,
                            .muted = media->muted,
                            .speaker = media->speaker,
                            .speaker_device = media->speaker_device,
                            .speaker_delay_ms = media->speaker_delay_ms,
                            .cancel_echo = media->cancel_echo && sound_has_echo(media->sound)};
    RtcEvents events = {.local_signal = tell_signal,
                        .state = tell_state,
                        .chat = tell_chat,
                        .first_picture = tell_first_picture,
                        .feedback = take_feedback,
                        .key_wanted = want_key,
                        .picture = take_shopper_picture,
                        .data = media};
    Rtc *rtc = rtc_new(&settings, &events, error);
    if (!rtc) {
        run_full(media, FALSE);
        return FALSE;
    }
    media->pc = pc;
    media->silence = g_timeout_add(SILENCE_MS, look_for_silence, media);
    g_mutex_lock(&media->rtc_lock);
    media->rtc = rtc;
    g_mutex_unlock(&media->rtc_lock);
    return TRUE;
}

void media_prepare(Media *media, guint pc, const char *const *codecs, const char *ice)
{
    g_autoptr(GError) error = NULL;
    if (!open_session(media, pc, codecs, ice, &error)) g_warning("call: %s", error->message);
}

static gboolean is_prepared(const Media *media, guint pc)
{
    return media->rtc && media->pc == pc && strcmp(rtc_state(media->rtc), "new") == 0;
}

gboolean media_start(Media *media, guint pc, const char *const *codecs, const char *ice, GError **error)
{
    if (!is_prepared(media, pc) && !open_session(media, pc, codecs, ice, error)) return FALSE;
    rtc_release(media->rtc);
    return TRUE;
}

void media_remote_signal(Media *media, guint pc, const char *signal)
{
    if (media->rtc && media->pc == pc) rtc_remote_signal(media->rtc, signal);
}

void media_stop(Media *media)
{
    g_clear_handle_id(&media->silence, g_source_remove);
    g_clear_pointer(&media->codec_refused, g_free);
    g_mutex_lock(&media->rtc_lock);
    Rtc *rtc = g_steal_pointer(&media->rtc);
    g_mutex_unlock(&media->rtc_lock);
    if (rtc) {
        rtc_free(rtc);
        malloc_trim(0); /* a call's memory goes back to the system */
    }
    g_clear_pointer(&media->rehearsal, rehearsal_free);
    mailbox_clear(media->shopper);
    media->pc = 0;
    if (media->encoder) run_full(media, FALSE);
}

void media_set_mute(Media *media, gboolean muted)
{
    media->muted = muted;
    if (media->rtc) rtc_set_mute(media->rtc, muted);
}

gboolean media_set_camera(Media *media, const char *view, GError **error)
{
    MixerView parsed;
    if (!mixer_view_parse(view, &parsed)) {
        g_set_error(error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED, "the camera is face, product or pip, not %s", view);
        return FALSE;
    }
    mixer_set_view(media->mixer, parsed);
    return TRUE;
}

gboolean media_send_chat(Media *media, const char *text, GError **error)
{
    if (media->rtc) return rtc_send_chat(media->rtc, text, error);
    g_set_error(error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED, "there is no call");
    return FALSE;
}

static void on_rehearsal_seen(void *data)
{
    tell_state(data, "connected");
    tell_first_picture(data);
}

void media_rehearse(Media *media, guint pc)
{
    media_stop(media);
    media->pc = pc;
    g_atomic_int_set(&media->own_fps, media->fps);
    const RehearsalSettings settings = {.speaker = media->speaker,
                                        .speaker_device = media->speaker_device,
                                        .voice = media->practice_voice,
                                        .picture = media->shopper,
                                        .seen = on_rehearsal_seen,
                                        .data = media};
    media->rehearsal = rehearsal_new(&settings);
}

void media_self_test(Media *media)
{
    sound_test(media->sound);
}

void media_alert(Media *media)
{
    sound_alert(media->sound);
}

void media_ring(Media *media, gboolean on)
{
    sound_ring(media->sound, on);
}

MeterReading media_level(const Media *media, gboolean of_shopper)
{
    if (media->rtc) return rtc_level(media->rtc, of_shopper);
    if (!of_shopper) return sound_microphone_level(media->sound);
    return media->rehearsal ? rehearsal_level(media->rehearsal) : (MeterReading){0};
}

/* --- health --------------------------------------------------------------------------------------------------------------------------- */

static json_t *call_health(Media *media)
{
    RtcMeasure measure = {.audio_sent_db = SOUND_SILENCE_DB, .audio_received_db = SOUND_SILENCE_DB, .received_age_ms = -1};
    if (media->rtc) rtc_measure(media->rtc, &measure);
    json_t *health = json_pack("{s:i,s:s,s:s,s:i,s:i,s:i,s:i}", "pc", (int)media->pc, "state",
                               media->rtc         ? rtc_state(media->rtc)
                               : media->rehearsal ? "connected"
                                                  : "none",
                               "codec", media->encoder ? encoder_codec(media->encoder) : "", "sent_fps", measure.sent_fps, "sent_kbps",
                               measure.sent_kbps, "sent_width", media->width * media->picture.quarters / 4, "sent_height",
                               media->height * media->picture.quarters / 4);
    json_t *rest = json_pack("{s:i,s:I,s:i,s:i,s:i,s:f,s:i,s:s}", "received_fps", measure.received_fps, "received_frames",
                             (json_int_t)measure.received_frames, "audio_sent_db", (int)lround(measure.audio_sent_db), "audio_received_db",
                             (int)lround(measure.audio_received_db), "rtt_ms", measure.round_trip_ms, "loss", measure.loss,
                             "received_age_ms", measure.received_age_ms, "codec_refused", media->codec_refused ? media->codec_refused : "");
    json_object_update(health, rest);
    json_decref(rest);
    return health;
}

json_t *media_health(Media *media)
{
    return json_pack("{s:{s:o,s:o},s:o,s:o,s:o}", "camera", "face", capture_health(media->captures[0]), "product",
                     capture_health(media->captures[1]), "microphone", sound_microphone_health(media->sound), "speaker",
                     sound_speaker_health(media->sound), "media", call_health(media));
}

static void camera_changed(void *data, gboolean product)
{
    Media *media = data;
    Capture *capture = media->captures[product];
    if (!capture) return; /* still being made */
    mixer_set_present(media->mixer, product, capture_is_ok(capture));
    media->events.health_changed(media->events.data);
}

static void sound_changed(void *data)
{
    Media *media = data;
    if (media->sound) media->events.health_changed(media->events.data);
}

/* --- life ----------------------------------------------------------------------------------------------------------------------------- */

static gboolean has_elements(GError **error)
{
    static const char *const NEEDED[] = {"webrtcbin", "nicesrc", "dtlssrtpenc", "sctpenc", "opusenc", "opusdec",   "rtpopuspay",
                                         "level",     "volume",  "videoscale",  "appsrc",  "appsink", "rtprtxsend"};
    for (guint i = 0; i < G_N_ELEMENTS(NEEDED); i++) {
        g_autoptr(GstElementFactory) factory = gst_element_factory_find(NEEDED[i]);
        if (factory) continue;
        g_set_error(error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
                    "GStreamer lacks the element %s: its plugin packages are not installed", NEEDED[i]);
        return FALSE;
    }
    return TRUE;
}

static gboolean start_camera(Media *media, const Config *config, gboolean product, GError **error)
{
    const CameraDriver *driver = NULL;
    g_autofree char *device = NULL;
    const char *view = product ? "product" : "face";
    if (!camera_choose(config_string(config, "camera", view), view, &driver, &device, error)) return FALSE;
    CameraWanted wanted = {.view = view,
                           .device = device,
                           .state = config_string(config, "booth", "state"),
                           .width = media->width,
                           .height = media->height,
                           .fps = media->fps};
    CaptureEvents events = {.frame = take_frame, .changed = camera_changed, .data = media};
    media->captures[product] = capture_new(driver, &wanted, &events);
    if (!driver) mixer_set_present(media->mixer, product, FALSE);
    g_message("%s camera: %s %s", view, driver ? driver->name : "none", device ? device : "");
    return TRUE;
}

static gboolean start_sound(Media *media, const Config *config, GError **error)
{
    if (!audio_choose(config_string(config, "audio", "speaker"), TRUE, &media->speaker, &media->speaker_device, error)) return FALSE;
    SoundSettings settings = {.microphone = config_string(config, "audio", "microphone"),
                              .speaker = media->speaker,
                              .speaker_device = media->speaker_device,
                              .state = config_string(config, "booth", "state"),
                              .block = take_block,
                              .changed = sound_changed,
                              .data = media};
    media->sound = sound_new(&settings, error);
    if (!media->sound) return FALSE;
    g_message("speaker: %s %s", media->speaker->name, media->speaker_device ? media->speaker_device : "");
    return TRUE;
}

static gboolean make_card(Media *media, const Config *config, GError **error)
{
    g_autoptr(Text) text = text_load(config_string(config, "booth", "share"), config_string(config, "booth", "language"), error);
    if (!text) return FALSE;
    g_autoptr(GstBuffer) card =
        card_new(media->width, media->height, text_get(text, "console", "card_title"), text_get(text, "console", "card_line"));
    mixer_set_card(media->mixer, card);
    media->fill = g_timeout_add(FILL_MS, fill_in, media);
    return TRUE;
}

static void read_settings(Media *media, const Config *config)
{
    media->width = (int)config_int(config, "camera", "width") & ~1;
    media->height = (int)config_int(config, "camera", "height") & ~1;
    media->fps = (int)config_int(config, "camera", "fps");
    media->ceiling_kbps = MAX((int)config_int(config, "media", "bitrate_kbps"), FLOOR_KBPS);
    media->loopback = config_bool(config, "media", "loopback");
    media->relay_only = config_bool(config, "media", "relay_only");
    media->shopper_kbps = (int)config_int(config, "media", "shopper_kbps");
    media->speaker_delay_ms = (int)config_int(config, "audio", "speaker_delay_ms");
    media->cancel_echo = config_bool(config, "audio", "cancel_echo");
    media->prefer = g_strdup(config_string(config, "media", "prefer"));
    media->practice_voice =
        g_strdup_printf("%s/practice/%s.opus", config_string(config, "booth", "share"), config_string(config, "booth", "language"));
}

static gboolean start_all(Media *media, const Config *config, GError **error)
{
    if (!has_elements(error)) return FALSE;
    const char *codec = encoder_has(media->prefer) ? media->prefer : encoder_has("VP8") ? "VP8" : "H264";
    if (!use_codec(media, codec, error)) return FALSE;
    run_full(media, FALSE);
    return make_card(media, config, error) && start_camera(media, config, FALSE, error) && start_camera(media, config, TRUE, error) &&
           start_sound(media, config, error);
}

gboolean media_list_plugins(GError **error)
{
    gst_init(NULL, NULL);
    return has_elements(error);
}

void media_warm_up(void)
{
    gst_init(NULL, NULL);
    rtc_warm_up();
}

Media *media_new(const Config *config, Mailbox *own_picture, Mailbox *shopper_picture, const MediaEvents *events, GError **error)
{
    Media *media = g_new0(Media, 1);
    media->events = *events;
    g_mutex_init(&media->encoder_lock);
    g_mutex_init(&media->rtc_lock);
    media->next_encoded = media->next_own = GST_CLOCK_TIME_NONE;
    read_settings(media, config);
    media->own = own_picture;
    media->shopper = shopper_picture;
    media->mixer = mixer_new(media->width, media->height, media->fps);
    media->own_caps = gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "I420", "width", G_TYPE_INT, media->width, "height",
                                          G_TYPE_INT, media->height, "framerate", GST_TYPE_FRACTION, media->fps, 1, NULL);
    if (start_all(media, config, error)) return media;
    media_free(media);
    return NULL;
}

void media_free(Media *media)
{
    if (!media) return;
    media_stop(media);
    g_clear_handle_id(&media->fill, g_source_remove);
    capture_free(media->captures[0]);
    capture_free(media->captures[1]);
    sound_free(media->sound);
    encoder_free(media->encoder);
    mixer_free(media->mixer);
    gst_clear_caps(&media->own_caps);
    g_mutex_clear(&media->encoder_lock);
    g_mutex_clear(&media->rtc_lock);
    g_free(media->codec_refused);
    g_free(media->prefer);
    g_free(media->practice_voice);
    g_free(media->speaker_device);
    g_free(media);
}
