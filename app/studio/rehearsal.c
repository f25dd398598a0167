#include "studio/rehearsal.h"

#include "studio/sound.h"

#include <cairo.h>
#include <libyuv.h>
#include <math.h>

#define WIDTH     640
#define HEIGHT    480
#define FPS       12
#define AGAIN_MS  5000 /* of silence before the words begin anew */
#define BLINK     31   /* frames from one to the next */
#define VOICE_DB  (-45.0)
#define LEVEL_DB  30.0 /* from a closed mouth to an open one */
#define MOUTH_MAX 15.0

struct Rehearsal {
    RehearsalSettings settings;
    char *device, *voice;
    GstElement *pipeline;
    GstCaps *caps;
    cairo_surface_t *room, *surface;
    guint timer, watch, again;
    guint frame;
    double mouth; /* 0 closed, 1 open */
    MeterReading peak;
};

/* --- the figure ------------------------------------------------------------------------------------------------------------------ */

static void fill(cairo_t *cr, guint32 colour)
{
    cairo_set_source_rgb(cr, ((colour >> 16) & 0xff) / 255.0, ((colour >> 8) & 0xff) / 255.0, (colour & 0xff) / 255.0);
    cairo_fill(cr);
}

static void ellipse(cairo_t *cr, double x, double y, double rx, double ry, guint32 colour)
{
    cairo_save(cr);
    cairo_translate(cr, x, y);
    cairo_scale(cr, rx, ry);
    cairo_arc(cr, 0, 0, 1, 0, 2 * G_PI);
    cairo_restore(cr);
    fill(cr, colour);
}

static void box(cairo_t *cr, double x, double y, double w, double h, double radius, guint32 colour)
{
    cairo_new_sub_path(cr);
    cairo_arc(cr, x + w - radius, y + radius, radius, -G_PI_2, 0);
    cairo_arc(cr, x + w - radius, y + h - radius, radius, 0, G_PI_2);
    cairo_arc(cr, x + radius, y + h - radius, radius, G_PI_2, G_PI);
    cairo_arc(cr, x + radius, y + radius, radius, G_PI, 3 * G_PI_2);
    cairo_close_path(cr);
    fill(cr, colour);
}

/* What does not move: wall, window, picture, lamp and sofa. */
static cairo_surface_t *draw_room(void)
{
    cairo_surface_t *room = cairo_image_surface_create(CAIRO_FORMAT_RGB24, WIDTH, HEIGHT);
    cairo_t *cr = cairo_create(room);
    cairo_pattern_t *wall = cairo_pattern_create_linear(0, 0, WIDTH, HEIGHT);
    cairo_pattern_add_color_stop_rgb(wall, 0, 0.86, 0.82, 0.75);
    cairo_pattern_add_color_stop_rgb(wall, 1, 0.70, 0.66, 0.60);
    cairo_set_source(cr, wall);
    cairo_paint(cr);
    cairo_pattern_destroy(wall);
    box(cr, 36, 40, 150, 180, 4, 0xf2eee6);
    box(cr, 44, 48, 66, 164, 2, 0xa9c7dd);
    box(cr, 112, 48, 66, 164, 2, 0xb5d0e3);
    box(cr, 486, 66, 108, 80, 3, 0x4a3b30);
    box(cr, 492, 72, 96, 68, 2, 0xd8c9a8);
    ellipse(cr, 524, 112, 22, 16, 0x7b8f6a);
    ellipse(cr, 556, 116, 26, 20, 0x5f7a5c);
    box(cr, 548, 232, 8, 190, 2, 0x55483c);
    cairo_move_to(cr, 526, 176);
    cairo_line_to(cr, 578, 176);
    cairo_line_to(cr, 596, 236);
    cairo_line_to(cr, 508, 236);
    cairo_close_path(cr);
    fill(cr, 0xf0dca8);
    box(cr, 20, 330, 600, 190, 36, 0x48606e);
    box(cr, 40, 352, 270, 150, 24, 0x557081);
    box(cr, 330, 352, 270, 150, 24, 0x557081);
    cairo_destroy(cr);
    return room;
}

static void draw_face(const Rehearsal *rehearsal, cairo_t *cr, double x, double y)
{
    gboolean blinks = rehearsal->frame % BLINK < 2;
    for (int side = -1; side <= 1; side += 2) {
        ellipse(cr, x + side * 28, y - 12, 7, blinks ? 1.5 : 7, 0x2c211b);
        box(cr, x + side * 28 - 13, y - 32, 26, 5, 2.5, 0x4b3324);
    }
    cairo_move_to(cr, x - 2, y - 4);
    cairo_curve_to(cr, x - 7, y + 14, x - 6, y + 18, x + 5, y + 18);
    cairo_set_source_rgb(cr, 0.72, 0.53, 0.43);
    cairo_set_line_width(cr, 3);
    cairo_stroke(cr);
    if (rehearsal->mouth > 0.08) {
        ellipse(cr, x, y + 42, 19, 3 + MOUTH_MAX * rehearsal->mouth, 0x7c2f33);
        return;
    }
    cairo_move_to(cr, x - 21, y + 38);
    cairo_curve_to(cr, x - 10, y + 49, x + 10, y + 49, x + 21, y + 38);
    cairo_set_source_rgb(cr, 0.55, 0.25, 0.24);
    cairo_set_line_width(cr, 4);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    cairo_stroke(cr);
}

static void draw_figure(const Rehearsal *rehearsal, cairo_t *cr)
{
    double sway = sin(rehearsal->frame * 2 * G_PI / (6.0 * FPS)), breath = sin(rehearsal->frame * 2 * G_PI / (4.0 * FPS));
    double x = 318 + 5 * sway, y = 214 + 1.5 * breath;
    ellipse(cr, x, y - 8, 96, 112, 0x4b3324);
    box(cr, x - 92, y - 20, 184, 150, 60, 0x4b3324);
    box(cr, 318 - 158 + 2 * sway, y + 142, 316, 260, 90, 0x2f6f73);
    box(cr, x - 34, y + 66, 68, 104, 30, 0xd9a88a);
    ellipse(cr, 318 + 3 * sway, y + 160, 46, 28, 0xd9a88a);
    ellipse(cr, x, y + 8, 76, 94, 0xe8bc9e);
    cairo_move_to(cr, x - 80, y - 4);
    cairo_curve_to(cr, x - 72, y - 118, x + 72, y - 118, x + 80, y - 4);
    cairo_curve_to(cr, x + 58, y - 62, x - 2, y - 52, x - 80, y - 4);
    fill(cr, 0x4b3324);
    draw_face(rehearsal, cr, x, y + 8);
}

static gboolean show(gpointer data)
{
    Rehearsal *rehearsal = data;
    cairo_t *cr = cairo_create(rehearsal->surface);
    cairo_set_source_surface(cr, rehearsal->room, 0, 0);
    cairo_paint(cr);
    draw_figure(rehearsal, cr);
    cairo_destroy(cr);
    cairo_surface_flush(rehearsal->surface);
    gsize luma = WIDTH * HEIGHT, chroma = luma / 4;
    guint8 *bytes = g_malloc(luma + 2 * chroma);
    ARGBToI420(cairo_image_surface_get_data(rehearsal->surface), cairo_image_surface_get_stride(rehearsal->surface), bytes, WIDTH,
               bytes + luma, WIDTH / 2, bytes + luma + chroma, WIDTH / 2, WIDTH, HEIGHT);
    GstBuffer *buffer = gst_buffer_new_wrapped(bytes, luma + 2 * chroma);
    g_autoptr(GstSample) sample = gst_sample_new(buffer, rehearsal->caps, NULL, NULL);
    gst_buffer_unref(buffer);
    mailbox_put(rehearsal->settings.picture, sample);
    if (rehearsal->frame++ == 0) rehearsal->settings.seen(rehearsal->settings.data);
    return G_SOURCE_CONTINUE;
}

/* --- the voice ------------------------------------------------------------------------------------------------------------------- */

static gboolean speak_again(gpointer data)
{
    Rehearsal *rehearsal = data;
    rehearsal->again = 0;
    gst_element_seek_simple(rehearsal->pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, 0);
    return G_SOURCE_REMOVE;
}

static gboolean hear(GstBus *bus, GstMessage *message, gpointer data)
{
    (void)bus;
    Rehearsal *rehearsal = data;
    double db;
    if (sound_read_level(message, &db)) {
        rehearsal->mouth = CLAMP((db - VOICE_DB) / LEVEL_DB, 0.0, 1.0);
        if (sound_read_peak(message, &rehearsal->peak.peak_db)) rehearsal->peak.at_us = g_get_monotonic_time();
    } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) {
        rehearsal->mouth = 0;
        if (!rehearsal->again) rehearsal->again = g_timeout_add(AGAIN_MS, speak_again, rehearsal);
    } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        g_autoptr(GError) error = NULL;
        gst_message_parse_error(message, &error, NULL);
        g_message("practice: the shopper is silent: %s", error->message);
        rehearsal->watch = 0;
        return G_SOURCE_REMOVE;
    }
    return G_SOURCE_CONTINUE;
}

static void start_voice(Rehearsal *rehearsal)
{
    GstElement *sink = rehearsal->settings.speaker->new_speaker(rehearsal->device);
    GstElement *words = gst_parse_bin_from_description_full("filesrc name=file ! oggdemux ! opusdec ! audioconvert ! audioresample ! "
                                                            "level interval=60000000 ! audioconvert ! audioresample",
                                                            TRUE, NULL, GST_PARSE_FLAG_NONE, NULL);
    if (!sink || !words) {
        gst_clear_object(&sink);
        gst_clear_object(&words);
        return;
    }
    g_autoptr(GstElement) file = gst_bin_get_by_name(GST_BIN(words), "file");
    g_object_set(file, "location", rehearsal->voice, NULL);
    rehearsal->pipeline = gst_pipeline_new("practice");
    gst_bin_add_many(GST_BIN(rehearsal->pipeline), words, sink, NULL);
    gst_element_link(words, sink);
    g_autoptr(GstBus) bus = gst_element_get_bus(rehearsal->pipeline);
    rehearsal->watch = gst_bus_add_watch(bus, hear, rehearsal);
    gst_element_set_state(rehearsal->pipeline, GST_STATE_PLAYING);
}

/* --- whole ----------------------------------------------------------------------------------------------------------------------- */

Rehearsal *rehearsal_new(const RehearsalSettings *settings)
{
    Rehearsal *rehearsal = g_new0(Rehearsal, 1);
    rehearsal->settings = *settings;
    rehearsal->device = g_strdup(settings->speaker_device);
    rehearsal->voice = g_strdup(settings->voice);
    rehearsal->caps = gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "I420", "width", G_TYPE_INT, WIDTH, "height", G_TYPE_INT,
                                          HEIGHT, "framerate", GST_TYPE_FRACTION, FPS, 1, NULL);
    rehearsal->room = draw_room();
    rehearsal->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, WIDTH, HEIGHT);
    rehearsal->timer = g_timeout_add(1000 / FPS, show, rehearsal);
    start_voice(rehearsal);
    return rehearsal;
}

MeterReading rehearsal_level(const Rehearsal *rehearsal)
{
    return rehearsal->peak;
}

void rehearsal_free(Rehearsal *rehearsal)
{
    if (!rehearsal) return;
    g_clear_handle_id(&rehearsal->timer, g_source_remove);
    g_clear_handle_id(&rehearsal->again, g_source_remove);
    g_clear_handle_id(&rehearsal->watch, g_source_remove);
    if (rehearsal->pipeline) gst_element_set_state(rehearsal->pipeline, GST_STATE_NULL);
    gst_clear_object(&rehearsal->pipeline);
    gst_clear_caps(&rehearsal->caps);
    cairo_surface_destroy(rehearsal->room);
    cairo_surface_destroy(rehearsal->surface);
    g_free(rehearsal->device);
    g_free(rehearsal->voice);
    g_free(rehearsal);
}
