#include "studio/mixer.h"

#include <string.h>

#define STALE_FRAMES(fps) (MAX(3, (fps) / 3)) /* of the other camera: so many, and the wanted one counts as gone */
#define FRESH_FRAMES(fps) (MAX(3, (fps) / 2)) /* a face older than so many is not painted any more */
#define LOST              (1 * GST_SECOND)    /* without a picture: then the card; a crowded computer drops some now and then */
#define LOST_KNOWN        (150 * GST_MSECOND) /* where both cameras are known to be gone */
#define START             (3 * GST_SECOND)    /* that the first picture may take */

struct Mixer {
    GMutex lock;
    MixerView view;
    int fps;
    gboolean present[2]; /* face, product */
    gboolean seen[2];
    guint ahead[2];  /* frames of this camera since the last one of the other */
    GstBuffer *face; /* the newest, for the corner */
    GstBuffer *card;
    GstClockTime face_time;
    GstClockTime last;  /* time of the last frame that went out */
    GstClockTime first; /* asked for a card */
    GstClockTime filled;
    GstVideoInfo info;
    GstVideoConverter *corner;
    GstBufferPool *pool;
};

Mixer *mixer_new(int width, int height, int fps)
{
    Mixer *mixer = g_new0(Mixer, 1);
    g_mutex_init(&mixer->lock);
    mixer->last = mixer->first = mixer->filled = GST_CLOCK_TIME_NONE;
    mixer->fps = fps;
    mixer->present[0] = mixer->present[1] = TRUE;
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
    gst_clear_buffer(&mixer->card);
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

static gboolean is_usable(const Mixer *mixer, gboolean product)
{
    return mixer->present[product] && mixer->seen[product] && mixer->ahead[!product] < (guint)STALE_FRAMES(mixer->fps);
}

/* The camera that goes out; FALSE when there is none. */
static gboolean choose(const Mixer *mixer, gboolean *product)
{
    *product = mixer->view != MIXER_FACE;
    if (is_usable(mixer, *product)) return TRUE;
    *product = !*product;
    return is_usable(mixer, *product);
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

static gboolean has_corner(const Mixer *mixer, gboolean product, GstClockTime now)
{
    GstClockTime oldest = (guint)FRESH_FRAMES(mixer->fps) * GST_SECOND / (guint)mixer->fps;
    return product && mixer->view == MIXER_PIP && mixer->face && now < mixer->face_time + oldest;
}

static void note_frame(Mixer *mixer, gboolean product, GstBuffer *frame)
{
    mixer->seen[product] = TRUE;
    mixer->ahead[product]++;
    mixer->ahead[!product] = 0;
    if (product) return;
    gst_buffer_replace(&mixer->face, mixer->view == MIXER_PIP && mixer->present[0] ? frame : NULL);
    mixer->face_time = GST_BUFFER_PTS(frame);
}

/* The lock is held while painting: two cameras never paint at once, and a switch waits a millisecond at most. */
GstBuffer *mixer_take(Mixer *mixer, gboolean product, GstBuffer *frame)
{
    GstBuffer *out = NULL;
    GstClockTime now = GST_BUFFER_PTS(frame);
    gboolean chosen = FALSE;
    g_mutex_lock(&mixer->lock);
    note_frame(mixer, product, frame);
    gboolean is_newer = !GST_CLOCK_TIME_IS_VALID(mixer->last) || now > mixer->last;
    if (choose(mixer, &chosen) && chosen == product && is_newer) {
        mixer->last = now;
        out = has_corner(mixer, product, now) ? paint_corner(mixer, frame, mixer->face) : gst_buffer_ref(frame);
    }
    g_mutex_unlock(&mixer->lock);
    return out;
}

void mixer_set_card(Mixer *mixer, GstBuffer *card)
{
    g_mutex_lock(&mixer->lock);
    gst_buffer_replace(&mixer->card, card);
    g_mutex_unlock(&mixer->lock);
}

/* Where a card has gone out it goes out again at once: the last time is then its own. */
static gboolean is_lost(const Mixer *mixer, GstClockTime now)
{
    if (!GST_CLOCK_TIME_IS_VALID(mixer->last)) return now >= mixer->first + START;
    if (now <= mixer->last) return FALSE;
    if (mixer->last == mixer->filled) return TRUE;
    gboolean is_known = !mixer->present[0] && !mixer->present[1];
    return now - mixer->last >= (is_known ? LOST_KNOWN : LOST);
}

GstBuffer *mixer_fill(Mixer *mixer, GstClockTime now)
{
    GstBuffer *out = NULL;
    g_mutex_lock(&mixer->lock);
    if (!GST_CLOCK_TIME_IS_VALID(mixer->first)) mixer->first = now;
    if (mixer->card && is_lost(mixer, now)) {
        mixer->last = mixer->filled = now;
        out = gst_buffer_copy(mixer->card); /* shares the pixels */
        GST_BUFFER_PTS(out) = now;
    }
    g_mutex_unlock(&mixer->lock);
    return out;
}
