#include "drivers/audio/voice_file.h"
#include "drivers/audio/audio.h"

#include <gst/app/gstappsink.h>

#define RATE       48000
#define SAMPLE_MAX ((gsize)VOICE_FILE_MAX_S * RATE)
#define WAIT       (5 * GST_SECOND) /* for the next piece of it */

static GstElement *build(const char *path)
{
    GstElement *pipeline =
        gst_parse_launch_full("filesrc name=file ! wavparse ! audioconvert ! audioresample ! "
                              "audio/x-raw,format=S16LE,rate=48000,channels=1 ! appsink name=sink sync=false max-buffers=4",
                              NULL, GST_PARSE_FLAG_FATAL_ERRORS, NULL);
    if (!pipeline) return NULL;
    g_autoptr(GstElement) file = gst_bin_get_by_name(GST_BIN(pipeline), "file");
    g_object_set(file, "location", path, NULL);
    return pipeline;
}

static void read_all(GstElement *pipeline, GArray *samples)
{
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
    for (GstSample *sample; (sample = gst_app_sink_try_pull_sample(GST_APP_SINK(sink), WAIT)); gst_sample_unref(sample)) {
        GstMapInfo map;
        if (samples->len >= SAMPLE_MAX || !gst_buffer_map(gst_sample_get_buffer(sample), &map, GST_MAP_READ)) continue;
        g_array_append_vals(samples, map.data, (guint)(map.size / sizeof(gint16)));
        gst_buffer_unmap(gst_sample_get_buffer(sample), &map);
    }
}

gint16 *voice_file_load(const char *path, gsize *count, GError **error)
{
    GArray *samples = g_array_new(FALSE, FALSE, sizeof(gint16));
    GstElement *pipeline = build(path);
    if (pipeline) {
        if (gst_element_set_state(pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE) read_all(pipeline, samples);
        gst_element_set_state(pipeline, GST_STATE_NULL);
        gst_object_unref(pipeline);
    }
    *count = MIN(samples->len, SAMPLE_MAX);
    if (*count == 0) {
        g_set_error(error, AUDIO_ERROR, 0, "%s is no WAV file that can be played", path);
        g_array_free(samples, TRUE);
        return NULL;
    }
    return (gint16 *)(gpointer)g_array_free(samples, FALSE);
}
