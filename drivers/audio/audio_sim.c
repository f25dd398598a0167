/* The simulated microphone says "da, da, daa" for ever: a 440 Hz tone in syllables, with a murmur between them that is 40 dB lower, so that
 * it is never digital silence. STATE/sim/microphone.silent makes it digitally silent, STATE/sim/microphone.unplugged and speaker.unplugged
 * take the device away. The simulated speaker swallows what it hears at the pace of a real one. */
#include "drivers/audio/audio.h"

#include <gst/audio/audio.h>
#include <string.h>
#include <unistd.h>

#define RATE        48000
#define BLOCK       960 /* samples in a buffer, 20 ms: one Opus frame */
#define TONE_HZ     440
#define LOUD        0.25
#define MURMUR_DIV  100
#define PERIOD_MS   1200
#define LOOK_BLOCKS 12 /* between two looks for the files */

typedef struct {
    char *silent;
    char *unplugged;
    guint64 blocks;
    gboolean is_silent;
} Voice;

static void voice_free(gpointer data, GClosure *closure)
{
    (void)closure;
    Voice *voice = data;
    g_free(voice->silent);
    g_free(voice->unplugged);
    g_free(voice);
}

static char *state_file(const char *state, const char *name)
{
    return g_strdup_printf("%s/sim/%s", state, name);
}

/* Three syllables of 200, 200 and 400 ms with pauses of 100 ms, then a longer one. */
static gboolean is_loud(guint64 block)
{
    guint ms = (guint)(block * BLOCK * 1000 / RATE % PERIOD_MS);
    return ms < 200 || (ms >= 300 && ms < 500) || (ms >= 600 && ms < 1000);
}

static void shape_voice(GstElement *identity, GstBuffer *buffer, gpointer data)
{
    Voice *voice = data;
    if (voice->blocks++ % LOOK_BLOCKS == 0) {
        voice->is_silent = access(voice->silent, F_OK) == 0;
        if (access(voice->unplugged, F_OK) == 0)
            GST_ELEMENT_ERROR(identity, RESOURCE, NOT_FOUND, ("The simulated microphone is unplugged."), ("%s exists", voice->unplugged));
    }
    if (is_loud(voice->blocks) && !voice->is_silent) return;
    GstMapInfo map;
    if (!gst_buffer_map(buffer, &map, GST_MAP_READWRITE)) return;
    if (voice->is_silent) {
        memset(map.data, 0, map.size);
    } else {
        gint16 *samples = (gint16 *)(gpointer)map.data;
        for (gsize i = 0; i < map.size / sizeof *samples; i++) samples[i] /= MURMUR_DIV;
    }
    gst_buffer_unmap(buffer, &map);
}

static char *find(gboolean speaker)
{
    return g_strdup(speaker ? "speaker" : "microphone");
}

static gboolean is_present(gboolean speaker, const char *device, const char *state)
{
    (void)device;
    g_autofree char *unplugged = state_file(state, speaker ? "speaker.unplugged" : "microphone.unplugged");
    return access(unplugged, F_OK) != 0;
}

static GstElement *new_microphone(const char *device, const char *state)
{
    (void)device;
    g_autofree char *text = g_strdup_printf("audiotestsrc is-live=true wave=sine freq=%d volume=%.2f samplesperbuffer=%d ! "
                                            "audio/x-raw,format=S16LE,rate=%d,channels=1 ! identity name=voice signal-handoffs=true",
                                            TONE_HZ, LOUD, BLOCK, RATE);
    GstElement *bin = gst_parse_bin_from_description_full(text, TRUE, NULL, GST_PARSE_FLAG_NO_SINGLE_ELEMENT_BINS, NULL);
    if (!bin) return NULL;
    Voice *voice = g_new0(Voice, 1);
    voice->silent = state_file(state, "microphone.silent");
    voice->unplugged = state_file(state, "microphone.unplugged");
    g_autoptr(GstElement) identity = gst_bin_get_by_name(GST_BIN(bin), "voice");
    g_signal_connect_data(identity, "handoff", G_CALLBACK(shape_voice), voice, voice_free, 0);
    return bin;
}

static GstElement *new_speaker(const char *device)
{
    (void)device;
    GstElement *sink = gst_element_factory_make("fakesink", NULL);
    if (sink) g_object_set(sink, "sync", TRUE, NULL);
    return sink;
}

const AudioDriver audio_sim = {
    .name = "sim", .find = find, .is_present = is_present, .new_microphone = new_microphone, .new_speaker = new_speaker};
