#include "studio/microphone.h"

#include "drivers/audio/audio.h"
#include "studio/sound.h"

#include <gst/app/gstappsink.h>
#include <string.h>

#define LOOK_MS    250
#define RETRY_US   1000000 /* between two tries of those that are not heard */
#define SILENT_US  1500000 /* digital silence for so long: something is wrong with it, or its own switch is off */
#define SILENT_DB  (-96.0) /* below the last bit of 16 */
#define START_US   3000000 /* until it gives sound */
#define HASTE_US   600000  /* the same, and how long it may give none, where there is another one */
#define STALLED_US 3000000 /* how long it may give none where there is no other */

/* One device that is open: the one that is heard, or one that is tried. */
typedef struct {
    Microphone *owner;
    const AudioDriver *driver;
    char *device;
    guint rank;
    GstElement *pipeline;
    AudioSwitch *capture; /* of the one that is heard; NULL: it has none */
    guint watch;
    gint64 started_us, heard_us; /* opened; last not silent */
    gint64 came_us;              /* when the counter of blocks was last seen to have changed */
    gint blocks_seen;
    double level_db;
    MeterReading peak;
    gint blocks;   /* shared: counted by its thread */
    gint is_heard; /* shared */
} Input;

struct Microphone {
    MicrophoneSettings settings;
    char *setting, *state;
    GPtrArray *devices; /* AudioDevice */
    Input *heard, *tried;
    guint tries_left; /* of this round: no one is tried twice in it */
    guint timer;
    gint64 tried_us, looked_us;
    const char *problem;
};

static void set_problem(Microphone *microphone, const char *problem)
{
    if (strcmp(microphone->problem, problem) == 0) return;
    g_message("microphone (%s): %s", microphone->heard && microphone->heard->device ? microphone->heard->device : "",
              *problem ? problem : "ok");
    microphone->problem = problem;
    microphone->settings.changed(microphone->settings.data);
}

static void tell(Microphone *microphone, gint64 now)
{
    const Input *heard = microphone->heard;
    gboolean is_off = heard && heard->capture && heard->capture->is_off;
    gboolean is_silent = is_off || (heard && now - heard->heard_us > SILENT_US);
    set_problem(microphone, !heard ? "missing" : is_silent ? "silent" : heard->rank > 0 ? "spare" : "");
}

/* --- one device ---------------------------------------------------------------------------------------------------------------------- */

static void fail(Input *input, const char *why);
static void promote(Input *input);

/* The first block is told through the pipeline's bus, which ends with it. */
static GstFlowReturn take_block(GstAppSink *sink, gpointer data)
{
    Input *input = data;
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
    GstBuffer *block = sample ? gst_sample_get_buffer(sample) : NULL;
    if (!block) return GST_FLOW_EOS;
    if (g_atomic_int_add(&input->blocks, 1) == 0)
        gst_element_post_message(GST_ELEMENT(sink), gst_message_new_application(GST_OBJECT(sink), gst_structure_new_empty("sound")));
    if (g_atomic_int_get(&input->is_heard)) input->owner->settings.block(input->owner->settings.data, block);
    return GST_FLOW_OK;
}

static gboolean hear_bus(GstBus *bus, GstMessage *message, gpointer data)
{
    (void)bus;
    Input *input = data;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_APPLICATION) {
        if (input == input->owner->tried) promote(input);
    } else if (sound_read_level(message, &input->level_db)) {
        gint64 now = g_get_monotonic_time();
        if (input->level_db > SILENT_DB) input->heard_us = now;
        if (sound_read_peak(message, &input->peak.peak_db)) input->peak.at_us = now;
        if (input == input->owner->heard) tell(input->owner, now);
    } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        g_autoptr(GError) error = NULL;
        gst_message_parse_error(message, &error, NULL);
        input->watch = 0;
        fail(input, error->message);
        return G_SOURCE_REMOVE;
    }
    return G_SOURCE_CONTINUE;
}

static void input_free(Input *input)
{
    if (!input) return;
    g_clear_handle_id(&input->watch, g_source_remove);
    audio_switch_free(input->capture);
    if (input->pipeline) gst_element_set_state(input->pipeline, GST_STATE_NULL);
    gst_clear_object(&input->pipeline);
    g_free(input->device);
    g_free(input);
}

static GstElement *build(Input *input)
{
    GstElement *source = input->driver->new_microphone(input->device, input->owner->state);
    GstElement *rest = gst_parse_bin_from_description_full("audioconvert ! audioresample ! " SOUND_CAPS " ! level interval=100000000 ! "
                                                           "appsink name=sink sync=false async=false max-buffers=4 drop=true",
                                                           TRUE, NULL, GST_PARSE_FLAG_NONE, NULL);
    if (!source || !rest) {
        gst_clear_object(&source);
        gst_clear_object(&rest);
        return NULL;
    }
    GstElement *pipeline = gst_pipeline_new("microphone");
    gst_bin_add_many(GST_BIN(pipeline), source, rest, NULL);
    gst_element_link(source, rest);
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(rest), "sink");
    GstAppSinkCallbacks callbacks = {.new_sample = take_block};
    gst_app_sink_set_callbacks(GST_APP_SINK(sink), &callbacks, input, NULL);
    /* Every pipeline of the studio counts the system clock from zero, so that a block's time means the same in all of them. */
    g_autoptr(GstClock) clock = gst_system_clock_obtain();
    gst_pipeline_use_clock(GST_PIPELINE(pipeline), clock);
    gst_element_set_start_time(pipeline, GST_CLOCK_TIME_NONE);
    gst_element_set_base_time(pipeline, 0);
    return pipeline;
}

/* NULL when it cannot even be started. */
static Input *input_new(Microphone *microphone, guint rank)
{
    const AudioDevice *device = microphone->devices->pdata[rank];
    Input *input = g_new0(Input, 1);
    input->owner = microphone;
    input->driver = device->driver;
    input->device = g_strdup(device->device);
    input->rank = rank;
    input->level_db = SOUND_SILENCE_DB;
    input->started_us = input->heard_us = input->came_us = g_get_monotonic_time();
    input->pipeline = build(input);
    if (input->pipeline) {
        g_autoptr(GstBus) bus = gst_element_get_bus(input->pipeline);
        input->watch = gst_bus_add_watch(bus, hear_bus, input);
        if (gst_element_set_state(input->pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE) return input;
    }
    input_free(input);
    return NULL;
}

/* --- which one ----------------------------------------------------------------------------------------------------------------------- */

static gboolean is_present(const Microphone *microphone, guint rank)
{
    const AudioDevice *device = microphone->devices->pdata[rank];
    return device->driver->is_present(FALSE, device->device, microphone->state);
}

static gboolean has_other(const Microphone *microphone, guint rank)
{
    for (guint i = 0; i < microphone->devices->len; i++) {
        if (i != rank && is_present(microphone, i)) return TRUE;
    }
    return FALSE;
}

/* Tries the first one from that rank on, in a ring; only better ones than the one that is heard. */
static void try_from(Microphone *microphone, guint rank)
{
    guint total = microphone->devices->len, worse = microphone->heard ? microphone->heard->rank : total;
    microphone->tried_us = g_get_monotonic_time();
    for (; microphone->tries_left > 0 && !microphone->tried; rank++) {
        microphone->tries_left--;
        guint candidate = rank % total;
        if (candidate < worse && is_present(microphone, candidate)) microphone->tried = input_new(microphone, candidate);
    }
    if (!microphone->tried) tell(microphone, microphone->tried_us);
}

static void fail(Input *input, const char *why)
{
    Microphone *microphone = input->owner;
    guint rank = input->rank;
    gboolean was_heard = input == microphone->heard;
    g_log(G_LOG_DOMAIN, was_heard ? G_LOG_LEVEL_MESSAGE : G_LOG_LEVEL_DEBUG, "microphone %s: %s", input->device, why);
    if (was_heard)
        microphone->heard = NULL;
    else
        microphone->tried = NULL;
    input_free(input);
    if (was_heard && microphone->tried) return; /* under way */
    guint total = microphone->devices->len;
    if (was_heard) microphone->tries_left = total ? total - 1 : 0;
    try_from(microphone, rank + 1);
}

static void on_switch(void *data)
{
    Input *input = data;
    g_message("microphone %s: %s in its mixer", input->device, input->capture->is_off ? "switched off" : "switched on");
    tell(input->owner, g_get_monotonic_time());
}

static void promote(Input *input)
{
    Microphone *microphone = input->owner;
    Input *old = microphone->heard;
    microphone->tried = NULL;
    microphone->heard = input;
    if (old) g_atomic_int_set(&old->is_heard, FALSE);
    g_atomic_int_set(&input->is_heard, TRUE);
    input->capture = input->driver->new_switch(input->device, microphone->state, on_switch, input);
    g_message("microphone: %s %s%s", input->driver->name, input->device, input->capture ? "" : ", without a switch that can be read");
    input_free(old);
    tell(microphone, g_get_monotonic_time());
    microphone->settings.changed(microphone->settings.data);
}

/* What is plugged in now. The one that is heard keeps its place in the new order, or becomes the last. */
static void list_again(Microphone *microphone)
{
    g_autoptr(GPtrArray) devices = audio_list(microphone->setting, FALSE, NULL);
    if (!devices || microphone->tried) return;
    if (microphone->heard) {
        guint rank = 0;
        for (; rank < devices->len; rank++) {
            const AudioDevice *device = devices->pdata[rank];
            if (device->driver == microphone->heard->driver && strcmp(device->device, microphone->heard->device) == 0) break;
        }
        microphone->heard->rank = rank;
    }
    g_ptr_array_unref(microphone->devices);
    microphone->devices = g_steal_pointer(&devices);
}

/* Looks whether sound comes; TRUE when there was none for too long. */
static gboolean is_stalled(Input *input, gint64 now)
{
    gint blocks = g_atomic_int_get(&input->blocks);
    if (blocks != input->blocks_seen) {
        input->blocks_seen = blocks;
        input->came_us = now;
        return FALSE;
    }
    gint64 limit = blocks ? STALLED_US : START_US;
    if (now - input->came_us <= HASTE_US) return FALSE;
    return now - input->came_us > limit || (input == input->owner->heard && has_other(input->owner, input->rank)) ||
           (input == input->owner->tried && !input->owner->heard && has_other(input->owner, input->rank));
}

static gboolean look(gpointer data)
{
    Microphone *microphone = data;
    gint64 now = g_get_monotonic_time();
    if (microphone->heard && is_stalled(microphone->heard, now)) fail(microphone->heard, "no more sound comes");
    if (microphone->tried && is_stalled(microphone->tried, now)) fail(microphone->tried, "no sound comes");
    if (now - microphone->looked_us < RETRY_US) return G_SOURCE_CONTINUE;
    microphone->looked_us = now;
    Input *heard = microphone->heard;
    if (heard && !heard->driver->is_present(FALSE, heard->device, microphone->state)) fail(heard, "it was taken away");
    if (microphone->tried || (microphone->heard && microphone->heard->rank == 0)) return G_SOURCE_CONTINUE;
    if (now - microphone->tried_us < RETRY_US) return G_SOURCE_CONTINUE;
    list_again(microphone);
    microphone->tries_left = microphone->devices->len;
    try_from(microphone, 0);
    return G_SOURCE_CONTINUE;
}

/* --- whole --------------------------------------------------------------------------------------------------------------------------- */

Microphone *microphone_new(const MicrophoneSettings *settings, GError **error)
{
    g_autofree char *setting = audio_settle(settings->setting, FALSE);
    GPtrArray *devices = audio_list(setting, FALSE, error);
    if (!devices) return NULL;
    Microphone *microphone = g_new0(Microphone, 1);
    microphone->settings = *settings;
    microphone->setting = g_steal_pointer(&setting);
    microphone->state = g_strdup(settings->state);
    microphone->devices = devices;
    microphone->problem = "missing";
    microphone->timer = g_timeout_add(LOOK_MS, look, microphone);
    microphone->tries_left = devices->len;
    try_from(microphone, 0);
    return microphone;
}

void microphone_free(Microphone *microphone)
{
    if (!microphone) return;
    g_clear_handle_id(&microphone->timer, g_source_remove);
    input_free(microphone->heard);
    input_free(microphone->tried);
    g_ptr_array_unref(microphone->devices);
    g_free(microphone->setting);
    g_free(microphone->state);
    g_free(microphone);
}

/* Of the one that is heard, or else of the first one. */
static const AudioDriver *driver_of(const Microphone *microphone)
{
    if (microphone->heard) return microphone->heard->driver;
    return microphone->devices->len ? ((const AudioDevice *)microphone->devices->pdata[0])->driver : NULL;
}

gboolean microphone_has_echo(const Microphone *microphone)
{
    const AudioDriver *driver = driver_of(microphone);
    return driver && driver->has_echo(microphone->state);
}

MeterReading microphone_level(const Microphone *microphone)
{
    return microphone->heard ? microphone->heard->peak : (MeterReading){0};
}

json_t *microphone_health(const Microphone *microphone)
{
    const Input *heard = microphone->heard;
    const AudioDriver *driver = driver_of(microphone);
    const char *name = heard ? heard->device : microphone->devices->len ? ((const AudioDevice *)microphone->devices->pdata[0])->device : "";
    gboolean is_ok = *microphone->problem == '\0' || strcmp(microphone->problem, "spare") == 0;
    return json_pack("{s:s,s:s,s:b,s:i,s:s}", "driver", driver ? driver->name : "alsa", "name", name, "ok", is_ok, "level_db",
                     heard ? (int)heard->level_db : (int)SOUND_SILENCE_DB, "problem", microphone->problem);
}
