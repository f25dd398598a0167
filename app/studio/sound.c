#include "studio/sound.h"

#include "studio/microphone.h"

#include <gst/app/gstappsink.h>
#include <string.h>

#define LOOK_MS     1000
#define RING_HZ     520
#define RING_VOLUME "0.35"
#define TONE_BLOCKS 24 /* of 20 ms */
#define RETEST_US   5000000

struct Sound {
    SoundSettings settings;
    char *speaker_device, *state;
    Microphone *microphone;
    GstElement *ring; /* pipelines; NULL while not running */
    GstElement *tone;
    guint ring_watch, tone_watch, tone_limit, timer;
    gboolean tone_proves, speaker_seen, speaker_silent;
    gint64 tested_us;
    const char *speaker_problem;
    gboolean ring_wanted;
};

static gboolean read_first(GstMessage *message, const char *field, double *db)
{
    const GstStructure *fields = gst_message_get_structure(message);
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ELEMENT || !fields || !gst_structure_has_name(fields, "level")) return FALSE;
    const GValue *value = gst_structure_get_value(fields, field);
    G_GNUC_BEGIN_IGNORE_DEPRECATIONS
    GValueArray *channels = value ? g_value_get_boxed(value) : NULL;
    if (!channels || channels->n_values == 0) return FALSE;
    *db = g_value_get_double(&channels->values[0]);
    G_GNUC_END_IGNORE_DEPRECATIONS
    if (!(*db > SOUND_SILENCE_DB)) *db = SOUND_SILENCE_DB;
    return TRUE;
}

gboolean sound_read_level(GstMessage *message, double *db)
{
    return read_first(message, "rms", db);
}

gboolean sound_read_peak(GstMessage *message, double *db)
{
    return read_first(message, "peak", db);
}

static void set_problem(Sound *sound, const char **problem, const char *what, const char *new)
{
    if (strcmp(*problem, new) == 0) return;
    g_message("%s: %s", what, *new ? new : "ok");
    *problem = new;
    sound->settings.changed(sound->settings.data);
}

static void stop_pipeline(GstElement **pipeline, guint *watch)
{
    if (!*pipeline) return;
    g_clear_handle_id(watch, g_source_remove);
    gst_element_set_state(*pipeline, GST_STATE_NULL);
    gst_clear_object(pipeline);
}

/* --- ring tone ------------------------------------------------------------------------------------------------------------------- */

/* One second of tone, two of pause, cut out of a steady tone by its buffers' times. */
static GstPadProbeReturn shape_ring(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    (void)pad;
    (void)data;
    GstBuffer *buffer = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
    GST_PAD_PROBE_INFO_DATA(info) = buffer;
    if (GST_BUFFER_PTS(buffer) / GST_SECOND % 3 != 0) gst_buffer_memset(buffer, 0, 0, gst_buffer_get_size(buffer));
    return GST_PAD_PROBE_OK;
}

static gboolean hear_ring(GstBus *bus, GstMessage *message, gpointer data)
{
    (void)bus;
    Sound *sound = data;
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR) return G_SOURCE_CONTINUE;
    g_autoptr(GError) error = NULL;
    gst_message_parse_error(message, &error, NULL);
    g_message("speaker: the ring tone stopped: %s", error->message);
    sound->ring_watch = 0;
    stop_pipeline(&sound->ring, &sound->ring_watch);
    return G_SOURCE_REMOVE;
}

static void start_ring(Sound *sound)
{
    GstElement *sink = sound->settings.speaker->new_speaker(sound->speaker_device);
    g_autofree char *text = g_strdup_printf("audiotestsrc is-live=true wave=triangle freq=%d volume=" RING_VOLUME " ! " SOUND_CAPS
                                            " ! audioconvert ! audioresample name=last",
                                            RING_HZ);
    GstElement *tone = gst_parse_bin_from_description_full(text, TRUE, NULL, GST_PARSE_FLAG_NONE, NULL);
    if (!sink || !tone) {
        gst_clear_object(&sink);
        gst_clear_object(&tone);
        return;
    }
    sound->ring = gst_pipeline_new("ring");
    gst_bin_add_many(GST_BIN(sound->ring), tone, sink, NULL);
    gst_element_link(tone, sink);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(tone, "src");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, shape_ring, NULL, NULL);
    g_autoptr(GstBus) bus = gst_element_get_bus(sound->ring);
    sound->ring_watch = gst_bus_add_watch(bus, hear_ring, sound);
    gst_element_set_state(sound->ring, GST_STATE_PLAYING);
}

void sound_ring(Sound *sound, gboolean on)
{
    sound->ring_wanted = on;
    if (on && !sound->ring)
        start_ring(sound);
    else if (!on)
        stop_pipeline(&sound->ring, &sound->ring_watch);
}

/* --- short tones ----------------------------------------------------------------------------------------------------------------- */

static void end_tone(Sound *sound, gboolean was_taken)
{
    g_clear_handle_id(&sound->tone_limit, g_source_remove);
    stop_pipeline(&sound->tone, &sound->tone_watch);
    if (sound->tone_proves) sound->speaker_silent = !was_taken;
    if (sound->speaker_seen) set_problem(sound, &sound->speaker_problem, "speaker", sound->speaker_silent ? "silent" : "");
}

static gboolean on_tone_late(gpointer data)
{
    Sound *sound = data;
    sound->tone_limit = 0;
    if (!sound->speaker_silent) g_message("speaker: it takes no sound");
    end_tone(sound, FALSE);
    return G_SOURCE_REMOVE;
}

static gboolean hear_tone(GstBus *bus, GstMessage *message, gpointer data)
{
    (void)bus;
    Sound *sound = data;
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR && GST_MESSAGE_TYPE(message) != GST_MESSAGE_EOS) return G_SOURCE_CONTINUE;
    gboolean was_taken = GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS;
    if (!was_taken) {
        g_autoptr(GError) error = NULL;
        gst_message_parse_error(message, &error, NULL);
        was_taken = g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY); /* the call has it, which says as much */
        if (!was_taken) g_message("speaker: the tone stopped: %s", error->message);
    }
    sound->tone_watch = 0;
    end_tone(sound, was_taken);
    return G_SOURCE_REMOVE;
}

/* Two beeps: quiet in the third quarter, and silent after the last. */
static GstPadProbeReturn shape_alert(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    (void)pad;
    (void)data;
    GstBuffer *buffer = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
    GST_PAD_PROBE_INFO_DATA(info) = buffer;
    guint64 ms = GST_BUFFER_PTS(buffer) / GST_MSECOND;
    if (ms >= 140 && ms < 240) gst_buffer_memset(buffer, 0, 0, gst_buffer_get_size(buffer));
    return GST_PAD_PROBE_OK;
}

static void start_tone(Sound *sound, int hz, gboolean alert)
{
    if (sound->tone) return;
    GstElement *sink = sound->settings.speaker->new_speaker(sound->speaker_device);
    g_autofree char *text =
        g_strdup_printf("audiotestsrc is-live=true wave=sine freq=%d volume=%s samplesperbuffer=960 num-buffers=%d ! " SOUND_CAPS
                        " ! audioconvert ! audioresample",
                        hz, alert ? "0.3" : "0.15", TONE_BLOCKS);
    GstElement *tone = gst_parse_bin_from_description_full(text, TRUE, NULL, GST_PARSE_FLAG_NONE, NULL);
    if (!sink || !tone) {
        gst_clear_object(&sink);
        gst_clear_object(&tone);
        return;
    }
    sound->tone = gst_pipeline_new("tone");
    sound->tone_proves = !alert;
    gst_bin_add_many(GST_BIN(sound->tone), tone, sink, NULL);
    gst_element_link(tone, sink);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(tone, "src");
    if (alert) gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, shape_alert, NULL, NULL);
    g_autoptr(GstBus) bus = gst_element_get_bus(sound->tone);
    sound->tone_watch = gst_bus_add_watch(bus, hear_tone, sound);
    sound->tone_limit = g_timeout_add(SOUND_TONE_LIMIT_MS, on_tone_late, sound);
    gst_element_set_state(sound->tone, GST_STATE_PLAYING);
}

void sound_test(Sound *sound)
{
    sound->tested_us = g_get_monotonic_time();
    start_tone(sound, 660, FALSE);
}

void sound_alert(Sound *sound)
{
    start_tone(sound, 880, TRUE);
}

static void watch_speaker(Sound *sound, gint64 now)
{
    gboolean is_there = sound->settings.speaker->is_present(TRUE, sound->speaker_device, sound->state);
    gboolean appeared = is_there && !sound->speaker_seen;
    sound->speaker_seen = is_there;
    if (!is_there) sound->speaker_silent = FALSE;
    set_problem(sound, &sound->speaker_problem, "speaker", !is_there ? "missing" : sound->speaker_silent ? "silent" : "");
    if (appeared || (sound->speaker_silent && now - sound->tested_us > RETEST_US)) sound_test(sound);
    if (is_there && sound->ring_wanted && !sound->ring) start_ring(sound);
}

/* --- whole ----------------------------------------------------------------------------------------------------------------------- */

static gboolean look(gpointer data)
{
    Sound *sound = data;
    watch_speaker(sound, g_get_monotonic_time());
    return G_SOURCE_CONTINUE;
}

Sound *sound_new(const SoundSettings *settings, GError **error)
{
    Sound *sound = g_new0(Sound, 1);
    sound->settings = *settings;
    sound->speaker_device = g_strdup(settings->speaker_device);
    sound->state = g_strdup(settings->state);
    sound->speaker_problem = "missing";
    MicrophoneSettings microphone = {.setting = settings->microphone,
                                     .state = sound->state,
                                     .block = settings->block,
                                     .changed = settings->changed,
                                     .data = settings->data};
    sound->microphone = microphone_new(&microphone, error);
    if (!sound->microphone) {
        sound_free(sound);
        return NULL;
    }
    sound->timer = g_timeout_add(LOOK_MS, look, sound);
    look(sound);
    return sound;
}

void sound_free(Sound *sound)
{
    if (!sound) return;
    g_clear_handle_id(&sound->timer, g_source_remove);
    microphone_free(sound->microphone);
    stop_pipeline(&sound->ring, &sound->ring_watch);
    g_clear_handle_id(&sound->tone_limit, g_source_remove);
    stop_pipeline(&sound->tone, &sound->tone_watch);
    g_free(sound->speaker_device);
    g_free(sound->state);
    g_free(sound);
}

gboolean sound_has_echo(const Sound *sound)
{
    return microphone_has_echo(sound->microphone) && sound->settings.speaker->has_echo(sound->state);
}

MeterReading sound_microphone_level(const Sound *sound)
{
    return microphone_level(sound->microphone);
}

json_t *sound_microphone_health(const Sound *sound)
{
    return microphone_health(sound->microphone);
}

json_t *sound_speaker_health(const Sound *sound)
{
    return json_pack("{s:s,s:s,s:b,s:s}", "driver", sound->settings.speaker->name, "name",
                     sound->speaker_device ? sound->speaker_device : "", "ok", *sound->speaker_problem == '\0', "problem",
                     sound->speaker_problem);
}
