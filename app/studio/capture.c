#include "studio/capture.h"

#include <gst/app/gstappsink.h>
#include <gst/video/video.h>
#include <string.h>

#define LOOK_MS      250     /* between two looks at the frames' counters */
#define RETRY_US     1000000 /* between two tries to start */
#define RETRY_REST   20      /* times as long as the last try took, where that is more: looking for cameras must not fill a slow computer */
#define RETRY_MAX_US 30000000
#define FROZEN_US    1600000 /* no new picture for so long: frozen */
#define STALLED_US   3000000 /* not one frame for so long: it is started anew */
#define START_US     3000000 /* a camera may take so long to its first frame, and twice as long after each time that it did not come */
#define START_MAX_US 24000000
#define SAMPLES      80 /* of the luma, across a picture's width, and as close from top to bottom */

struct Capture {
    const CameraDriver *driver;
    CameraWanted wanted;
    char *view, *device, *state;
    CaptureEvents events;
    gboolean is_product;
    GstElement *pipeline;
    guint watch, timer;
    gint64 started_us, failed_us, looked_us;
    gint64 try_us; /* how long the last try to start took */
    gint64 patience_us;
    guint frames_looked;
    int fps;
    const char *problem; /* "", missing, frozen */
    GMutex lock;         /* of the rest, written by the camera's thread */
    guint frames;
    guint64 fingerprint;
    gint64 changed_us; /* when the picture was last a new one */
    gint64 came_us;    /* the last frame */
};

/* FNV-1a over a sparse grid: a real camera's noise changes it every time, and so does the simulated one's code. */
static guint64 fingerprint(const guint8 *luma, gsize stride, int width, int height)
{
    guint64 hash = G_GUINT64_CONSTANT(0xcbf29ce484222325);
    const int step = MAX(width / SAMPLES, 1);
    for (int y = step / 2; y < height; y += step)
        for (int x = step / 2; x < width; x += step) hash = (hash ^ luma[(gsize)y * stride + (gsize)x]) * G_GUINT64_CONSTANT(0x100000001b3);
    return hash;
}

static void look_at(Capture *capture, GstBuffer *buffer)
{
    GstVideoInfo info;
    GstVideoFrame frame;
    gst_video_info_set_format(&info, GST_VIDEO_FORMAT_I420, (guint)capture->wanted.width, (guint)capture->wanted.height);
    if (!gst_video_frame_map(&frame, &info, buffer, GST_MAP_READ)) return;
    guint64 seen = fingerprint(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0), (gsize)GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0), capture->wanted.width,
                               capture->wanted.height);
    gst_video_frame_unmap(&frame);
    g_mutex_lock(&capture->lock);
    capture->frames++;
    capture->came_us = g_get_monotonic_time();
    if (seen != capture->fingerprint || !capture->changed_us) capture->changed_us = capture->came_us;
    capture->fingerprint = seen;
    g_mutex_unlock(&capture->lock);
}

static GstFlowReturn take_frame(GstAppSink *sink, gpointer data)
{
    Capture *capture = data;
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
    GstBuffer *frame = sample ? gst_sample_get_buffer(sample) : NULL;
    if (!frame) return GST_FLOW_EOS;
    look_at(capture, frame);
    capture->events.frame(capture->events.data, capture->is_product, frame);
    return GST_FLOW_OK;
}

static void set_problem(Capture *capture, const char *problem)
{
    if (strcmp(capture->problem, problem) == 0) return;
    g_message("%s camera (%s): %s", capture->view, capture->device ? capture->device : "", *problem ? problem : "ok");
    capture->problem = problem;
    capture->events.changed(capture->events.data, capture->is_product);
}

static void stop(Capture *capture)
{
    if (!capture->pipeline) return;
    g_clear_handle_id(&capture->watch, g_source_remove);
    gst_element_set_state(capture->pipeline, GST_STATE_NULL);
    gst_clear_object(&capture->pipeline);
}

static void fail(Capture *capture, const char *why)
{
    if (strcmp(capture->problem, "missing") != 0) g_message("%s camera: %s", capture->view, why);
    stop(capture);
    capture->failed_us = g_get_monotonic_time();
    capture->fps = 0;
    set_problem(capture, "missing");
}

static gboolean hear_pipeline(GstBus *bus, GstMessage *message, gpointer data)
{
    (void)bus;
    Capture *capture = data;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) {
        capture->watch = 0;
        fail(capture, "the stream ended");
        return G_SOURCE_REMOVE;
    }
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR) return G_SOURCE_CONTINUE;
    g_autoptr(GError) error = NULL;
    gst_message_parse_error(message, &error, NULL);
    capture->watch = 0;
    fail(capture, error->message);
    return G_SOURCE_REMOVE;
}

static GstElement *build(Capture *capture, GstElement *source)
{
    GstElement *pipeline = gst_pipeline_new(NULL);
    GstElement *sink = gst_element_factory_make("appsink", NULL);
    g_object_set(sink, "sync", FALSE, "async", FALSE, "max-buffers", 1, "drop", TRUE, NULL);
    GstAppSinkCallbacks callbacks = {.new_sample = take_frame};
    gst_app_sink_set_callbacks(GST_APP_SINK(sink), &callbacks, capture, NULL);
    gst_bin_add_many(GST_BIN(pipeline), source, sink, NULL);
    gst_element_link(source, sink);
    /* Every pipeline of the studio counts the system clock from zero, so that a frame's time means the same in all of them. */
    g_autoptr(GstClock) clock = gst_system_clock_obtain();
    gst_pipeline_use_clock(GST_PIPELINE(pipeline), clock);
    gst_element_set_start_time(pipeline, GST_CLOCK_TIME_NONE);
    gst_element_set_base_time(pipeline, 0);
    return pipeline;
}

static void start(Capture *capture)
{
    g_autoptr(GError) error = NULL;
    capture->started_us = g_get_monotonic_time();
    g_mutex_lock(&capture->lock);
    capture->changed_us = 0;
    g_mutex_unlock(&capture->lock);
    capture->wanted.device = capture->device;
    GstElement *source = capture->driver->new_source(&capture->wanted, &error);
    if (!source) {
        fail(capture, error->message);
        return;
    }
    capture->pipeline = build(capture, source);
    g_autoptr(GstBus) bus = gst_element_get_bus(capture->pipeline);
    capture->watch = gst_bus_add_watch(bus, hear_pipeline, capture);
    if (gst_element_set_state(capture->pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) fail(capture, "it cannot be started");
}

static void start_timed(Capture *capture)
{
    const gint64 began = g_get_monotonic_time();
    start(capture);
    capture->try_us = g_get_monotonic_time() - began;
}

/* A slow computer may need longer to ask a camera what it can do: it must not be stopped in the middle of that for ever. */
static void give_up_start(Capture *capture)
{
    capture->patience_us = MIN(2 * capture->patience_us, START_MAX_US);
    fail(capture, "no picture comes");
}

static gboolean look(gpointer data)
{
    Capture *capture = data;
    gint64 now = g_get_monotonic_time();
    if (!capture->pipeline) {
        if (now - capture->failed_us >= CLAMP(RETRY_REST * capture->try_us, RETRY_US, RETRY_MAX_US)) start_timed(capture);
        return G_SOURCE_CONTINUE;
    }
    g_mutex_lock(&capture->lock);
    guint frames = capture->frames;
    gint64 changed = capture->changed_us, came = capture->came_us;
    g_mutex_unlock(&capture->lock);
    gint64 span = now - capture->looked_us;
    if (span >= 1000000) {
        capture->fps = (int)(((frames - capture->frames_looked) * G_GINT64_CONSTANT(1000000) + span / 2) / span);
        capture->frames_looked = frames;
        capture->looked_us = now;
    }
    if (!changed) {
        if (now - capture->started_us > capture->patience_us) give_up_start(capture);
    } else if (now - came > STALLED_US) {
        fail(capture, "no more pictures come");
    } else {
        capture->patience_us = START_US;
        set_problem(capture, now - changed > FROZEN_US ? "frozen" : "");
    }
    return G_SOURCE_CONTINUE;
}

Capture *capture_new(const CameraDriver *driver, const CameraWanted *wanted, const CaptureEvents *events)
{
    Capture *capture = g_new0(Capture, 1);
    g_mutex_init(&capture->lock);
    capture->driver = driver;
    capture->events = *events;
    capture->is_product = strcmp(wanted->view, "product") == 0;
    capture->view = g_strdup(wanted->view);
    capture->device = g_strdup(wanted->device);
    capture->state = g_strdup(wanted->state);
    capture->wanted = *wanted;
    capture->wanted.view = capture->view;
    capture->wanted.state = capture->state;
    capture->problem = "missing";
    capture->patience_us = START_US;
    capture->looked_us = g_get_monotonic_time();
    if (!driver) return capture;
    capture->timer = g_timeout_add(LOOK_MS, look, capture);
    start_timed(capture);
    return capture;
}

void capture_free(Capture *capture)
{
    if (!capture) return;
    g_clear_handle_id(&capture->timer, g_source_remove);
    stop(capture);
    g_mutex_clear(&capture->lock);
    g_free(capture->view);
    g_free(capture->device);
    g_free(capture->state);
    g_free(capture);
}

gboolean capture_is_ok(const Capture *capture)
{
    return *capture->problem == '\0';
}

json_t *capture_health(const Capture *capture)
{
    gboolean is_wanted = capture->driver != NULL;
    return json_pack("{s:s,s:s,s:b,s:i,s:s}", "driver", is_wanted ? capture->driver->name : "none", "name",
                     capture->device ? capture->device : "", "ok", !is_wanted || capture_is_ok(capture), "fps", capture->fps, "problem",
                     is_wanted ? capture->problem : "");
}
