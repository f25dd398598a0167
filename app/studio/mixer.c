#include "studio/mixer.h"

#include <string.h>

struct Mixer {
    GMutex lock;
    MixerView view;
    gboolean present[2]; /* face, product */
    GstBuffer *face;     /* the newest, for the corner */
    GstClockTime last;   /* time of the last frame that went out */
    GstVideoInfo info;
    GstVideoConverter *corner;
    GstBufferPool *pool;
};

Mixer *mixer_new(int width, int height)
{
    Mixer *mixer = g_new0(Mixer, 1);
    g_mutex_init(&mixer->lock);
    mixer->last = GST_CLOCK_TIME_NONE;
    gst_video_info_set_format(&mixer->info, GST_VIDEO_FORMAT_I420, (guint)width, (guint)height);
    /* A quarter of the width, a fortieth from the right and the bottom edge. */
    int corner_width = GST_ROUND_DOWN_2(width / 4), corner_height = GST_ROUND_DOWN_2(height / 4);
    GstStructure *options = gst_structure_new(
        "options", GST_VIDEO_CONVERTER_OPT_DEST_X, G_TYPE_INT, GST_ROUND_DOWN_2(width - corner_width - width / 40),
        GST_VIDEO_CONVERTER_OPT_DEST_Y, G_TYPE_INT, GST_ROUND_DOWN_2(height - corner_height - width / 40),
        GST_VIDEO_CONVERTER_OPT_DEST_WIDTH, G_TYPE_INT, corner_width, GST_VIDEO_CONVERTER_OPT_DEST_HEIGHT, G_TYPE_INT, corner_height,
        GST_VIDEO_CONVERTER_OPT_FILL_BORDER, G_TYPE_BOOLEAN, FALSE, GST_VIDEO_CONVERTER_OPT_RESAMPLER_METHOD,
        GST_TYPE_VIDEO_RESAMPLER_METHOD, GST_VIDEO_RESAMPLER_METHOD_LINEAR, NULL);
    mixer->corner = gst_video_converter_new(&mixer->info, &mixer->info, options);
    mixer->pool = gst_video_buffer_pool_new();
    GstStructure *config = gst_buffer_pool_get_config(mixer->pool);
    g_autoptr(GstCaps) caps = gst_video_info_to_caps(&mixer->info);
    gst_buffer_pool_config_set_params(config, caps, GST_VIDEO_INFO_SIZE(&mixer->info), 0, 0);
    gst_buffer_pool_set_config(mixer->pool, config);
    gst_buffer_pool_set_active(mixer->pool, TRUE);
    return mixer;
}

void mixer_free(Mixer *mixer)
{
    if (!mixer) return;
    gst_clear_buffer(&mixer->face);
    gst_buffer_pool_set_active(mixer->pool, FALSE);
    gst_object_unref(mixer->pool);
    gst_video_converter_free(mixer->corner);
    g_mutex_clear(&mixer->lock);
    g_free(mixer);
}

gboolean mixer_view_parse(const char *text, MixerView *view)
{
    static const char *const NAMES[] = {"face", "product", "pip"};
    for (guint i = 0; i < G_N_ELEMENTS(NAMES); i++) {
        if (strcmp(text, NAMES[i]) != 0) continue;
        *view = (MixerView)i;
        return TRUE;
    }
    return FALSE;
}

void mixer_set_view(Mixer *mixer, MixerView view)
{
    g_mutex_lock(&mixer->lock);
    mixer->view = view;
    g_mutex_unlock(&mixer->lock);
}

MixerView mixer_view(Mixer *mixer)
{
    g_mutex_lock(&mixer->lock);
    MixerView view = mixer->view;
    g_mutex_unlock(&mixer->lock);
    return view;
}

void mixer_set_present(Mixer *mixer, gboolean product, gboolean present)
{
    g_mutex_lock(&mixer->lock);
    mixer->present[product] = present;
    if (!product && !present) gst_clear_buffer(&mixer->face);
    g_mutex_unlock(&mixer->lock);
}

static gboolean leads(const Mixer *mixer, gboolean product)
{
    gboolean wants_product = mixer->view != MIXER_FACE;
    if (!mixer->present[wants_product] && mixer->present[!wants_product]) wants_product = !wants_product;
    return product == wants_product;
}

/* The product with the face in its corner, in a buffer of its own: the camera's buffer is still being read by others. */
static GstBuffer *paint_corner(Mixer *mixer, GstBuffer *product, GstBuffer *face)
{
    GstBuffer *out = NULL;
    if (gst_buffer_pool_acquire_buffer(mixer->pool, &out, NULL) != GST_FLOW_OK) return gst_buffer_ref(product);
    gst_buffer_copy_into(out, product, GST_BUFFER_COPY_TIMESTAMPS, 0, (gsize)-1);
    GstVideoFrame back, corner, target;
    if (gst_video_frame_map(&target, &mixer->info, out, GST_MAP_WRITE)) {
        if (gst_video_frame_map(&back, &mixer->info, product, GST_MAP_READ)) {
            gst_video_frame_copy(&target, &back);
            gst_video_frame_unmap(&back);
        }
        if (gst_video_frame_map(&corner, &mixer->info, face, GST_MAP_READ)) {
            gst_video_converter_frame(mixer->corner, &corner, &target);
            gst_video_frame_unmap(&corner);
        }
        gst_video_frame_unmap(&target);
    }
    return out;
}

/* The lock is held while painting: two cameras never paint at once, and a switch waits a millisecond at most. */
GstBuffer *mixer_take(Mixer *mixer, gboolean product, GstBuffer *frame)
{
    GstBuffer *out = NULL;
    g_mutex_lock(&mixer->lock);
    mixer->present[product] = TRUE;
    if (!product) gst_buffer_replace(&mixer->face, mixer->view == MIXER_PIP ? frame : NULL);
    gboolean is_newer = !GST_CLOCK_TIME_IS_VALID(mixer->last) || GST_BUFFER_PTS(frame) > mixer->last;
    if (leads(mixer, product) && is_newer) {
        mixer->last = GST_BUFFER_PTS(frame);
        gboolean paints = product && mixer->view == MIXER_PIP && mixer->face;
        out = paints ? paint_corner(mixer, frame, mixer->face) : gst_buffer_ref(frame);
    }
    g_mutex_unlock(&mixer->lock);
    return out;
}
