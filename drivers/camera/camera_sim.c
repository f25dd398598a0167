#include "drivers/camera/camera_sim.h"
#include "drivers/camera/camera_code.h"
#include "drivers/sim/sim_wait.h"

#include <cairo.h>
#include <gst/base/gstpushsrc.h>
#include <gst/video/video.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define SWING_US         4000000 /* the disc's way there and back */
#define LOOKS_PER_SECOND 4
#define THREAD_ROWS      4 /* of the ribbon */
#define DASH_MIN         6 /* pixels */
#define DASH_SPREAD      14
#define DASH_CONTRAST    44 /* of luma, up and down: with this an encoder spends about 2 Mbit/s at 720p30 */
#define THREAD_SPEED     70 /* pixels a second at least, at a width of 1280 */
#define THREAD_SPREAD    120
#define RIBBON_SEED      7

typedef struct {
    GstPushSrc parent;
    char *view;
    char *unplugged; /* path */
    char *frozen;    /* path */
    GstVideoInfo info;
    GstBuffer *background; /* I420 */
    guint8 *ribbon;        /* luma, twice as wide as the picture so that each row can begin anywhere */
    GstBufferPool *pool;
    guint64 frame;
    GstClockTime next;
    guint64 frozen_utc_ms;
    gboolean is_frozen;
    SimWait wait;
} CameraSim;

typedef struct {
    GstPushSrcClass parent_class;
} CameraSimClass;

GType camera_sim_get_type(void);
G_DEFINE_TYPE(CameraSim, camera_sim, GST_TYPE_PUSH_SRC)

/* --- the picture ---------------------------------------------------------------------------------------------------------------- */

/* Rows that change from frame to frame, all even: the code above, the disc and the ribbon below. */
static int code_bottom(const CameraSim *sim)
{
    return GST_ROUND_UP_2((CAMERA_CODE_TOP + CAMERA_CODE_ROWS) * sim->info.width / CAMERA_CODE_PER_WIDTH);
}

static int disc_radius(const CameraSim *sim)
{
    return GST_ROUND_DOWN_2(sim->info.height / 12);
}

static int disc_top(const CameraSim *sim)
{
    return GST_ROUND_DOWN_2(sim->info.height * 3 / 4 - disc_radius(sim));
}

static int ribbon_top(const CameraSim *sim)
{
    return GST_ROUND_DOWN_2(sim->info.height * 86 / 100);
}

static int ribbon_rows(const CameraSim *sim)
{
    return GST_ROUND_DOWN_4(sim->info.height / 10);
}

/* A thread of dashes of random length and brightness, brighter in its middle rows; the second half repeats the first. */
static void weave_thread(guint8 *rows, int width, GRand *chance)
{
    static const int LIGHT[THREAD_ROWS] = {-14, 6, 6, -14};
    int level = 0;
    for (int x = 0, left = 0; x < width; x++, left--) {
        if (left <= 0) {
            left = g_rand_int_range(chance, DASH_MIN, DASH_MIN + DASH_SPREAD);
            level = g_rand_int_range(chance, -DASH_CONTRAST, DASH_CONTRAST + 1);
        }
        for (int row = 0; row < THREAD_ROWS; row++) rows[row * 2 * width + x] = (guint8)CLAMP(118 + LIGHT[row] + level, 16, 235);
    }
    for (int row = 0; row < THREAD_ROWS; row++) memcpy(rows + row * 2 * width + width, rows + row * 2 * width, (gsize)width);
}

static guint8 *new_ribbon(const CameraSim *sim)
{
    int width = sim->info.width, rows = ribbon_rows(sim);
    guint8 *ribbon = g_malloc((gsize)2 * width * MAX(rows, 1));
    GRand *chance = g_rand_new_with_seed(RIBBON_SEED);
    for (int row = 0; row < rows; row += THREAD_ROWS) weave_thread(ribbon + (gsize)row * 2 * width, width, chance);
    g_rand_free(chance);
    return ribbon;
}

/* Neighbouring threads run against each other, each at its own speed: no block of the picture is the one before moved, so that an encoder
 * has to work for it as for a real camera's picture. */
static void paint_ribbon(const CameraSim *sim, GstVideoFrame *frame, guint64 utc_ms)
{
    int width = sim->info.width, rows = ribbon_rows(sim), stride = GST_VIDEO_FRAME_PLANE_STRIDE(frame, 0);
    guint8 *luma = (guint8 *)GST_VIDEO_FRAME_PLANE_DATA(frame, 0) + (gsize)ribbon_top(sim) * stride;
    for (int row = 0; row < rows; row++) {
        int thread = row / THREAD_ROWS;
        guint64 speed = (guint64)(THREAD_SPEED + thread * 37 % THREAD_SPREAD) * width / 1280;
        int offset = (int)(utc_ms * speed / 1000 % width);
        if (thread % 2) offset = width - offset;
        memcpy(luma + (gsize)row * stride, sim->ribbon + (gsize)row * 2 * width + offset, (gsize)width);
    }
}

static void paint_background(cairo_t *cairo, const char *view, int width, int height)
{
    gboolean product = strcmp(view, "product") == 0;
    cairo_pattern_t *wall = cairo_pattern_create_linear(0, 0, width, height);
    cairo_pattern_add_color_stop_rgb(wall, 0, product ? 0.16 : 0.10, product ? 0.12 : 0.20, product ? 0.30 : 0.34);
    cairo_pattern_add_color_stop_rgb(wall, 1, product ? 0.62 : 0.26, product ? 0.36 : 0.56, product ? 0.20 : 0.60);
    cairo_set_source(cairo, wall);
    cairo_paint(cairo);
    cairo_pattern_destroy(wall);
    cairo_set_source_rgba(cairo, 1, 1, 1, 0.85);
    if (product) { /* a box on a table */
        cairo_rectangle(cairo, width * 0.40, height * 0.42, width * 0.20, height * 0.22);
    } else { /* head and shoulders */
        cairo_arc(cairo, width / 2.0, height * 0.42, height * 0.09, 0, 2 * G_PI);
        cairo_new_sub_path(cairo);
        cairo_arc(cairo, width / 2.0, height * 0.66, height * 0.13, G_PI, 2 * G_PI);
    }
    cairo_fill(cairo);
    cairo_select_font_face(cairo, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_BOLD);
    cairo_set_font_size(cairo, height / 12.0);
    cairo_text_extents_t size;
    const char *label = product ? "Product camera" : "Face camera";
    cairo_text_extents(cairo, label, &size);
    cairo_move_to(cairo, (width - size.width) / 2 - size.x_bearing, height * 0.28);
    cairo_show_text(cairo, label);
}

static GstBuffer *new_background(const CameraSim *sim)
{
    int width = sim->info.width, height = sim->info.height;
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
    cairo_t *cairo = cairo_create(surface);
    paint_background(cairo, sim->view, width, height);
    cairo_destroy(cairo);
    cairo_surface_flush(surface);

    GstVideoInfo rgb;
    gst_video_info_set_format(&rgb, G_BYTE_ORDER == G_LITTLE_ENDIAN ? GST_VIDEO_FORMAT_BGRx : GST_VIDEO_FORMAT_xRGB, width, height);
    rgb.fps_n = sim->info.fps_n; /* the converter compares them */
    rgb.fps_d = sim->info.fps_d;
    gsize size = (gsize)cairo_image_surface_get_stride(surface) * height;
    GstBuffer *source = gst_buffer_new_wrapped_full(0, cairo_image_surface_get_data(surface), size, 0, size, surface,
                                                    (GDestroyNotify)cairo_surface_destroy);
    GstBuffer *background = gst_buffer_new_allocate(NULL, GST_VIDEO_INFO_SIZE(&sim->info), NULL);
    GstVideoFrame from, to;
    if (gst_video_frame_map(&from, &rgb, source, GST_MAP_READ)) {
        if (gst_video_frame_map(&to, &sim->info, background, GST_MAP_WRITE)) {
            GstVideoConverter *converter = gst_video_converter_new(&rgb, &sim->info, NULL);
            gst_video_converter_frame(converter, &from, &to);
            gst_video_converter_free(converter);
            gst_video_frame_unmap(&to);
        }
        gst_video_frame_unmap(&from);
    }
    gst_buffer_unref(source);
    return background;
}

static void copy_rows(GstVideoFrame *to, const GstVideoFrame *from, int top, int bottom)
{
    for (guint plane = 0; plane < 3; plane++) {
        int shift = plane ? 1 : 0;
        int stride = GST_VIDEO_FRAME_PLANE_STRIDE(from, plane);
        const guint8 *source = GST_VIDEO_FRAME_PLANE_DATA(from, plane);
        guint8 *target = GST_VIDEO_FRAME_PLANE_DATA(to, plane);
        memcpy(target + (gsize)(top >> shift) * stride, source + (gsize)(top >> shift) * stride, (gsize)((bottom - top) >> shift) * stride);
    }
}

static void paint_disc(const CameraSim *sim, GstVideoFrame *frame, gint64 now_us)
{
    static const guint8 COLOUR[3] = {210, 90, 170};
    int radius = disc_radius(sim), top = disc_top(sim);
    double phase = 2 * G_PI * (double)(now_us % SWING_US) / SWING_US;
    int centre = (int)(sim->info.width / 2.0 + sin(phase) * (sim->info.width / 2.0 - 2 * radius));
    for (guint plane = 0; plane < 3; plane++) {
        int shift = plane ? 1 : 0;
        guint8 *data = GST_VIDEO_FRAME_PLANE_DATA(frame, plane);
        int stride = GST_VIDEO_FRAME_PLANE_STRIDE(frame, plane);
        for (int row = 0; row < 2 * radius; row += 1 << shift) {
            int half = (int)sqrt((double)radius * radius - (double)(row - radius) * (row - radius));
            memset(data + (gsize)((top + row) >> shift) * stride + ((centre - half) >> shift), COLOUR[plane], (2 * half) >> shift);
        }
    }
}

/* A buffer that comes back from the pool holds an older frame over the background: only what moves is painted again. */
static GstFlowReturn paint_frame(CameraSim *sim, GstBuffer *buffer, guint64 utc_ms)
{
    static const char PAINTED[] = "livebooth-painted";
    GQuark painted = g_quark_from_static_string(PAINTED);
    GstVideoFrame background, frame;
    if (!gst_video_frame_map(&background, &sim->info, sim->background, GST_MAP_READ)) return GST_FLOW_ERROR;
    if (!gst_video_frame_map(&frame, &sim->info, buffer, GST_MAP_READWRITE)) {
        gst_video_frame_unmap(&background);
        return GST_FLOW_ERROR;
    }
    int top = disc_top(sim), bottom = top + 2 * disc_radius(sim);
    if (gst_mini_object_get_qdata(GST_MINI_OBJECT(buffer), painted)) {
        copy_rows(&frame, &background, 0, code_bottom(sim));
        copy_rows(&frame, &background, top, bottom);
    } else {
        copy_rows(&frame, &background, 0, sim->info.height);
        gst_mini_object_set_qdata(GST_MINI_OBJECT(buffer), painted, (gpointer)PAINTED, NULL);
    }
    paint_disc(sim, &frame, (gint64)utc_ms * 1000);
    paint_ribbon(sim, &frame, utc_ms);
    camera_code_draw(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0), GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0), sim->info.width, sim->info.height,
                     utc_ms);
    gst_video_frame_unmap(&frame);
    gst_video_frame_unmap(&background);
    return GST_FLOW_OK;
}

/* --- the source ----------------------------------------------------------------------------------------------------------------- */

static gboolean is_unplugged(CameraSim *sim)
{
    if (access(sim->unplugged, F_OK) != 0) return FALSE;
    GST_ELEMENT_ERROR(sim, RESOURCE, NOT_FOUND, ("The simulated %s camera is unplugged.", sim->view), ("%s exists", sim->unplugged));
    return TRUE;
}

static gboolean camera_sim_start(GstBaseSrc *base)
{
    CameraSim *sim = (CameraSim *)base;
    if (is_unplugged(sim)) return FALSE;
    sim->pool = gst_video_buffer_pool_new();
    GstStructure *config = gst_buffer_pool_get_config(sim->pool);
    g_autoptr(GstCaps) caps = gst_video_info_to_caps(&sim->info);
    gst_buffer_pool_config_set_params(config, caps, GST_VIDEO_INFO_SIZE(&sim->info), 2, 0);
    sim->frame = 0;
    sim->next = GST_CLOCK_TIME_NONE;
    return gst_buffer_pool_set_config(sim->pool, config) && gst_buffer_pool_set_active(sim->pool, TRUE);
}

static gboolean camera_sim_stop(GstBaseSrc *base)
{
    CameraSim *sim = (CameraSim *)base;
    if (sim->pool) gst_buffer_pool_set_active(sim->pool, FALSE);
    gst_clear_object(&sim->pool);
    gst_clear_buffer(&sim->background);
    g_clear_pointer(&sim->ribbon, g_free);
    return TRUE;
}

/* Waits until the next frame is due and returns its running time; a late source skips frames instead of hurrying. */
static GstFlowReturn wait_for_frame(CameraSim *sim, GstClockTime *running)
{
    GstClockTime interval = gst_util_uint64_scale(GST_SECOND, sim->info.fps_d, sim->info.fps_n);
    g_autoptr(GstClock) clock = gst_element_get_clock(GST_ELEMENT(sim));
    if (!clock) return GST_FLOW_FLUSHING;
    GstClockTime now = gst_clock_get_time(clock);
    if (!GST_CLOCK_TIME_IS_VALID(sim->next) || now > sim->next + 2 * interval) sim->next = now;
    GstFlowReturn flow = sim_wait_until(&sim->wait, GST_ELEMENT(sim), clock, sim->next);
    if (flow != GST_FLOW_OK) return flow;
    *running = sim->next - gst_element_get_base_time(GST_ELEMENT(sim));
    sim->next += interval;
    return GST_FLOW_OK;
}

static GstFlowReturn camera_sim_create(GstPushSrc *push, GstBuffer **out)
{
    CameraSim *sim = (CameraSim *)push;
    GstClockTime running = 0;
    GstFlowReturn flow = wait_for_frame(sim, &running);
    if (flow != GST_FLOW_OK) return flow;
    if (sim->frame++ % (guint64)MAX(1, sim->info.fps_n / LOOKS_PER_SECOND) == 0) {
        if (is_unplugged(sim)) return GST_FLOW_ERROR;
        sim->is_frozen = access(sim->frozen, F_OK) == 0;
    }
    if (!sim->background) { /* in this thread: whoever starts a camera need not wait for it */
        sim->background = new_background(sim);
        sim->ribbon = new_ribbon(sim);
    }
    flow = gst_buffer_pool_acquire_buffer(sim->pool, out, NULL);
    if (flow != GST_FLOW_OK) return flow;
    if (!sim->is_frozen) sim->frozen_utc_ms = (guint64)g_get_real_time() / 1000;
    flow = paint_frame(sim, *out, sim->frozen_utc_ms);
    GST_BUFFER_PTS(*out) = running;
    GST_BUFFER_DURATION(*out) = gst_util_uint64_scale(GST_SECOND, sim->info.fps_d, sim->info.fps_n);
    return flow;
}

static gboolean camera_sim_unlock(GstBaseSrc *base)
{
    sim_wait_unlock(&((CameraSim *)base)->wait, GST_ELEMENT(base));
    return TRUE;
}

static gboolean camera_sim_unlock_stop(GstBaseSrc *base)
{
    sim_wait_unlock_stop(&((CameraSim *)base)->wait, GST_ELEMENT(base));
    return TRUE;
}

static GstCaps *camera_sim_get_caps(GstBaseSrc *base, GstCaps *filter)
{
    CameraSim *sim = (CameraSim *)base;
    if (GST_VIDEO_INFO_FORMAT(&sim->info) == GST_VIDEO_FORMAT_UNKNOWN) return gst_pad_get_pad_template_caps(GST_BASE_SRC_PAD(base));
    g_autoptr(GstCaps) caps = gst_video_info_to_caps(&sim->info);
    return filter ? gst_caps_intersect_full(filter, caps, GST_CAPS_INTERSECT_FIRST) : g_steal_pointer(&caps);
}

/* The own pool paints its buffers; downstream's are of no use. */
static gboolean camera_sim_decide_allocation(GstBaseSrc *base, GstQuery *query)
{
    (void)base;
    (void)query;
    return TRUE;
}

static void camera_sim_finalize(GObject *object)
{
    CameraSim *sim = (CameraSim *)object;
    g_free(sim->view);
    g_free(sim->unplugged);
    g_free(sim->frozen);
    G_OBJECT_CLASS(camera_sim_parent_class)->finalize(object);
}

static void camera_sim_class_init(CameraSimClass *class)
{
    GstElementClass *element = GST_ELEMENT_CLASS(class);
    GstBaseSrcClass *base = GST_BASE_SRC_CLASS(class);
    G_OBJECT_CLASS(class)->finalize = camera_sim_finalize;
    gst_element_class_add_pad_template(
        element, gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, gst_caps_from_string("video/x-raw, format=I420")));
    gst_element_class_set_static_metadata(element, "Simulated camera", "Source/Video", "A moving picture with the time in it", "Livebooth");
    base->start = camera_sim_start;
    base->stop = camera_sim_stop;
    base->unlock = camera_sim_unlock;
    base->unlock_stop = camera_sim_unlock_stop;
    base->get_caps = camera_sim_get_caps;
    base->decide_allocation = camera_sim_decide_allocation;
    GST_PUSH_SRC_CLASS(class)->create = camera_sim_create;
}

static void camera_sim_init(CameraSim *sim)
{
    gst_video_info_init(&sim->info);
    gst_base_src_set_live(GST_BASE_SRC(sim), TRUE);
    gst_base_src_set_format(GST_BASE_SRC(sim), GST_FORMAT_TIME);
}

GstElement *camera_sim_new(const CameraWanted *wanted)
{
    CameraSim *sim = g_object_new(camera_sim_get_type(), NULL);
    sim->view = g_strdup(wanted->view);
    sim->unplugged = g_strdup_printf("%s/sim/camera-%s.unplugged", wanted->state, wanted->view);
    sim->frozen = g_strdup_printf("%s/sim/camera-%s.frozen", wanted->state, wanted->view);
    gst_video_info_set_format(&sim->info, GST_VIDEO_FORMAT_I420, wanted->width, wanted->height);
    sim->info.fps_n = wanted->fps;
    sim->info.fps_d = 1;
    return GST_ELEMENT(sim);
}

static GstElement *new_source(const CameraWanted *wanted, GError **error)
{
    (void)error;
    return camera_sim_new(wanted);
}

static char *find(const char *view)
{
    return g_strdup(view);
}

const CameraDriver camera_sim = {.name = "sim", .find = find, .new_source = new_source};
