/* The simulated microphone says "da, da, daa" for ever: a tone in syllables, with a murmur between them that is 40 dB lower, so that it is
 * never digital silence; 440 Hz, or 660 Hz where its name ends in "-2". With the file STATE/sim/NAME.wav it speaks that instead, again and
 * again. NAME.silent makes it digitally silent, NAME.muted switches it off in its mixer while it murmurs on, NAME.unplugged and
 * speaker.unplugged take the device away. The usual name is "microphone"; a second one is there when the configuration names it:
 * sim:microphone-2.
 *
 * The simulated speaker swallows what it hears at the pace of a real one, and while there is STATE/sim/room (room.h) the microphones hear
 * it. */
#include "drivers/audio/audio.h"
#include "drivers/audio/room.h"
#include "drivers/audio/voice_file.h"
#include "drivers/sim/sim_wait.h"

#include <glib/gstdio.h>
#include <gst/app/gstappsink.h>
#include <gst/audio/audio.h>
#include <gst/base/gstpushsrc.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define CAPS        "audio/x-raw,format=S16LE,rate=48000,channels=1,layout=interleaved"
#define RATE        ROOM_RATE
#define BLOCK       960 /* samples in a buffer, 20 ms: one Opus frame */
#define TONE_HZ     440
#define SECOND_HZ   660
#define LOUD        8192 /* amplitude, a quarter of the whole */
#define MURMUR_DIV  100
#define PERIOD_MS   1200
#define LOOK_BLOCKS 12 /* between two looks for the files */
#define LATE        (200 * GST_MSECOND)
#define SWITCH_MS   250                /* between two looks at its switch */
#define HISS        4                  /* amplitude under a voice from a file */
#define SLIP        (20 * GST_MSECOND) /* as far as what is played may be from its time before it is set anew, as in a sound card */

typedef struct {
    GstPushSrc parent;
    char *silent, *unplugged, *voice_path, *room_path;
    int hz;
    guint64 blocks;
    gboolean is_silent;
    gint16 *voice; /* NULL: the tone */
    gsize voice_count, voice_at;
    gint64 voice_stamp, room_stamp; /* of the files; 0: none */
    guint32 noise;
    GstClockTime next;
    SimWait wait;
} MicrophoneSim;

typedef struct {
    GstPushSrcClass parent_class;
} MicrophoneSimClass;

GType microphone_sim_get_type(void);
G_DEFINE_TYPE(MicrophoneSim, microphone_sim, GST_TYPE_PUSH_SRC)

/* One room for the whole process: speaker and microphones are in it. */
static Room *the_room(void)
{
    static Room *room;
    static gsize is_made;
    if (g_once_init_enter(&is_made)) {
        room = room_new();
        g_once_init_leave(&is_made, 1);
    }
    return room;
}

static char *state_file(const char *state, const char *name, const char *end)
{
    return g_strdup_printf("%s/sim/%s%s", state, name, end);
}

/* Different whenever the file is another one; 0: there is none. */
static gint64 stamp_of(const char *path)
{
    GStatBuf about;
    if (g_stat(path, &about) != 0) return 0;
    return ((gint64)about.st_mtim.tv_sec * 1000003 + about.st_mtim.tv_nsec) ^ ((gint64)about.st_ino << 20) ^ about.st_size ^ 1;
}

/* --- the microphone ------------------------------------------------------------------------------------------------------------------ */

static void look_for_voice(MicrophoneSim *sim)
{
    gint64 stamp = stamp_of(sim->voice_path);
    if (stamp == sim->voice_stamp) return;
    sim->voice_stamp = stamp;
    sim->voice_at = 0;
    g_clear_pointer(&sim->voice, g_free);
    g_autoptr(GError) error = NULL;
    if (stamp) sim->voice = voice_file_load(sim->voice_path, &sim->voice_count, &error);
    if (error) g_message("simulated microphone: %s", error->message);
}

static void look_for_room(MicrophoneSim *sim)
{
    gint64 stamp = stamp_of(sim->room_path);
    if (stamp == sim->room_stamp) return;
    sim->room_stamp = stamp;
    RoomShape shape = ROOM_USUAL;
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    if (stamp && g_file_get_contents(sim->room_path, &text, NULL, &error)) room_parse(text, &shape, &error);
    if (error) g_message("simulated room: %s", error->message);
    room_set(the_room(), stamp ? &shape : NULL);
}

static gboolean is_unplugged(MicrophoneSim *sim)
{
    if (access(sim->unplugged, F_OK) != 0) return FALSE;
    GST_ELEMENT_ERROR(sim, RESOURCE, NOT_FOUND, ("The simulated microphone is unplugged."), ("%s exists", sim->unplugged));
    return TRUE;
}

/* Three syllables of 200, 200 and 400 ms with pauses of 100 ms, then a longer one. */
static gboolean is_loud(guint64 block)
{
    guint ms = (guint)(block * BLOCK * 1000 / RATE % PERIOD_MS);
    return ms < 200 || (ms >= 300 && ms < 500) || (ms >= 600 && ms < 1000);
}

static void speak_tone(const MicrophoneSim *sim, gint16 *samples)
{
    double amplitude = is_loud(sim->blocks) ? LOUD : (double)LOUD / MURMUR_DIV;
    for (guint i = 0; i < BLOCK; i++) {
        guint64 at = (sim->blocks * BLOCK + i) * (guint64)sim->hz % RATE;
        samples[i] = (gint16)lround(amplitude * sin(2 * G_PI * (double)at / RATE));
    }
}

static void speak_voice(MicrophoneSim *sim, gint16 *samples)
{
    for (guint i = 0; i < BLOCK; i++) {
        sim->noise = sim->noise * 1664525 + 1013904223;
        int sum = sim->voice[sim->voice_at] + (int)(sim->noise >> 16) % (2 * HISS + 1) - HISS;
        samples[i] = (gint16)CLAMP(sum, G_MININT16, G_MAXINT16);
        sim->voice_at = (sim->voice_at + 1) % sim->voice_count;
    }
}

/* Waits until a block is over, as a sound card does, and returns the running time of its beginning. */
static GstFlowReturn wait_for_block(MicrophoneSim *sim, GstClockTime *time)
{
    const GstClockTime length = gst_util_uint64_scale(GST_SECOND, BLOCK, RATE);
    g_autoptr(GstClock) clock = gst_element_get_clock(GST_ELEMENT(sim));
    if (!clock) return GST_FLOW_FLUSHING;
    GstClockTime now = gst_clock_get_time(clock);
    if (!GST_CLOCK_TIME_IS_VALID(sim->next) || now > sim->next + LATE) sim->next = now;
    GstFlowReturn flow = sim_wait_until(&sim->wait, GST_ELEMENT(sim), clock, sim->next + length);
    if (flow != GST_FLOW_OK) return flow;
    *time = sim->next;
    sim->next += length;
    return GST_FLOW_OK;
}

static GstFlowReturn microphone_sim_create(GstPushSrc *push, GstBuffer **out)
{
    MicrophoneSim *sim = (MicrophoneSim *)push;
    GstClockTime time = 0;
    GstFlowReturn flow = wait_for_block(sim, &time);
    if (flow != GST_FLOW_OK) return flow;
    if (sim->blocks++ % LOOK_BLOCKS == 0) {
        if (is_unplugged(sim)) return GST_FLOW_ERROR;
        sim->is_silent = access(sim->silent, F_OK) == 0;
        look_for_voice(sim);
        look_for_room(sim);
    }
    gint16 *samples = g_new0(gint16, BLOCK);
    if (!sim->is_silent) {
        if (sim->voice)
            speak_voice(sim, samples);
        else
            speak_tone(sim, samples);
        room_hear(the_room(), time, samples, BLOCK);
    }
    *out = gst_buffer_new_wrapped(samples, BLOCK * sizeof *samples);
    GST_BUFFER_PTS(*out) = time - gst_element_get_base_time(GST_ELEMENT(sim));
    GST_BUFFER_DURATION(*out) = gst_util_uint64_scale(GST_SECOND, BLOCK, RATE);
    return GST_FLOW_OK;
}

static gboolean microphone_sim_start(GstBaseSrc *base)
{
    MicrophoneSim *sim = (MicrophoneSim *)base;
    sim->blocks = 0;
    sim->next = GST_CLOCK_TIME_NONE;
    return !is_unplugged(sim);
}

static gboolean microphone_sim_unlock(GstBaseSrc *base)
{
    sim_wait_unlock(&((MicrophoneSim *)base)->wait, GST_ELEMENT(base));
    return TRUE;
}

static gboolean microphone_sim_unlock_stop(GstBaseSrc *base)
{
    sim_wait_unlock_stop(&((MicrophoneSim *)base)->wait, GST_ELEMENT(base));
    return TRUE;
}

static void microphone_sim_finalize(GObject *object)
{
    MicrophoneSim *sim = (MicrophoneSim *)object;
    g_free(sim->silent);
    g_free(sim->unplugged);
    g_free(sim->voice_path);
    g_free(sim->room_path);
    g_free(sim->voice);
    G_OBJECT_CLASS(microphone_sim_parent_class)->finalize(object);
}

static void microphone_sim_class_init(MicrophoneSimClass *class)
{
    GstElementClass *element = GST_ELEMENT_CLASS(class);
    GstBaseSrcClass *base = GST_BASE_SRC_CLASS(class);
    G_OBJECT_CLASS(class)->finalize = microphone_sim_finalize;
    gst_element_class_add_pad_template(element, gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, gst_caps_from_string(CAPS)));
    gst_element_class_set_static_metadata(element, "Simulated microphone", "Source/Audio", "A voice in a room", "Livebooth");
    base->start = microphone_sim_start;
    base->unlock = microphone_sim_unlock;
    base->unlock_stop = microphone_sim_unlock_stop;
    GST_PUSH_SRC_CLASS(class)->create = microphone_sim_create;
}

static void microphone_sim_init(MicrophoneSim *sim)
{
    sim->noise = 1;
    gst_base_src_set_live(GST_BASE_SRC(sim), TRUE);
    gst_base_src_set_format(GST_BASE_SRC(sim), GST_FORMAT_TIME);
}

static GstElement *new_microphone(const char *device, const char *state)
{
    MicrophoneSim *sim = g_object_new(microphone_sim_get_type(), NULL);
    const char *name = device ? device : "microphone";
    sim->hz = g_str_has_suffix(name, "-2") ? SECOND_HZ : TONE_HZ;
    sim->silent = state_file(state, name, ".silent");
    sim->unplugged = state_file(state, name, ".unplugged");
    sim->voice_path = state_file(state, name, ".wav");
    sim->room_path = state_file(state, "room", "");
    return GST_ELEMENT(sim);
}

/* --- the speaker --------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    GstClockTime next; /* when what comes next is heard if nothing slips */
} Played;

/* A buffer is due now. It follows the one before without a gap, as from a sound card, unless its time is far from that. */
static GstFlowReturn play(GstAppSink *sink, gpointer data)
{
    Played *played = data;
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
    GstBuffer *buffer = sample ? gst_sample_get_buffer(sample) : NULL;
    if (!buffer) return GST_FLOW_EOS;
    GstClockTime running = gst_segment_to_running_time(gst_sample_get_segment(sample), GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
    GstMapInfo map;
    if (!GST_CLOCK_TIME_IS_VALID(running) || !gst_buffer_map(buffer, &map, GST_MAP_READ)) return GST_FLOW_OK;
    GstClockTime due = running + gst_element_get_base_time(GST_ELEMENT(sink)) + gst_base_sink_get_latency(GST_BASE_SINK(sink));
    gsize count = map.size / sizeof(gint16);
    if (!GST_CLOCK_TIME_IS_VALID(played->next) || ABS(GST_CLOCK_DIFF(due, played->next)) > (GstClockTimeDiff)SLIP) played->next = due;
    room_play(the_room(), played->next, (const gint16 *)(gpointer)map.data, count);
    played->next += gst_util_uint64_scale(GST_SECOND, count, RATE);
    gst_buffer_unmap(buffer, &map);
    return GST_FLOW_OK;
}

static GstElement *new_speaker(const char *device)
{
    (void)device;
    GstElement *sink = gst_element_factory_make("appsink", NULL);
    if (!sink) return NULL;
    g_autoptr(GstCaps) caps = gst_caps_from_string(CAPS);
    g_object_set(sink, "sync", TRUE, "caps", caps, "max-buffers", 1, NULL);
    Played *played = g_new0(Played, 1);
    played->next = GST_CLOCK_TIME_NONE;
    GstAppSinkCallbacks callbacks = {.new_sample = play};
    gst_app_sink_set_callbacks(GST_APP_SINK(sink), &callbacks, played, g_free);
    return sink;
}

/* --- its switch ---------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    AudioSwitch base;
    char *path;
    guint timer;
    AudioSwitchChanged changed;
    void *data;
} SwitchSim;

static gboolean look_at_switch(gpointer data)
{
    SwitchSim *sim = data;
    gboolean is_off = access(sim->path, F_OK) == 0;
    if (is_off == sim->base.is_off) return G_SOURCE_CONTINUE;
    sim->base.is_off = is_off;
    sim->changed(sim->data);
    return G_SOURCE_CONTINUE;
}

static void switch_sim_free(AudioSwitch *capture)
{
    SwitchSim *sim = (SwitchSim *)capture;
    g_source_remove(sim->timer);
    g_free(sim->path);
    g_free(sim);
}

static AudioSwitch *new_switch(const char *device, const char *state, AudioSwitchChanged changed, void *data)
{
    SwitchSim *sim = g_new0(SwitchSim, 1);
    sim->path = state_file(state, device ? device : "microphone", ".muted");
    *sim = (SwitchSim){.base = {.is_off = access(sim->path, F_OK) == 0, .free = switch_sim_free},
                       .path = sim->path,
                       .timer = g_timeout_add(SWITCH_MS, look_at_switch, sim),
                       .changed = changed,
                       .data = data};
    return &sim->base;
}

/* --- whole --------------------------------------------------------------------------------------------------------------------------- */

static char **list(gboolean speaker)
{
    const char *const names[] = {speaker ? "speaker" : "microphone", NULL};
    return g_strdupv((char **)names);
}

static gboolean is_present(gboolean speaker, const char *device, const char *state)
{
    g_autofree char *unplugged = state_file(state, device ? device : speaker ? "speaker" : "microphone", ".unplugged");
    return access(unplugged, F_OK) != 0;
}

static gboolean has_echo(const char *state)
{
    g_autofree char *room = state_file(state, "room", "");
    return access(room, F_OK) == 0;
}

const AudioDriver audio_sim = {.name = "sim",
                               .has_echo = has_echo,
                               .list = list,
                               .is_present = is_present,
                               .new_microphone = new_microphone,
                               .new_speaker = new_speaker,
                               .new_switch = new_switch};
