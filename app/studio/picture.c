#include "studio/picture.h"
#include "drivers/camera/camera_code.h"

#include <libyuv.h>

#define BAR_LEAST   2 /* pixels */
#define AGE_DOMAIN  "picture-age"
#define AGES_A_LINE 30
#define AGE_MS_MAX  60000 /* an older one is no age but noise */
#define RGB_BYTES   4
#define SIDE_MAX    4096 /* pixels: no camera or browser sends more */

struct Picture {
    const char *name;
    SDL_Renderer *renderer;
    Mailbox *mailbox;
    SDL_Texture *texture;
    int width, height; /* of the texture */
    GstVideoInfo info;
    GstCaps *caps;                    /* of info */
    gboolean is_software;             /* the renderer: the texture is RGB */
    guint8 row[SIDE_MAX * RGB_BYTES]; /* of a picture, before it is scaled */
    gboolean filled;
    GString *ages; /* not logged yet */
    guint ages_count;
};

Picture *picture_new(const char *name, SDL_Renderer *renderer, Mailbox *mailbox)
{
    Picture *picture = g_new0(Picture, 1);
    picture->name = name;
    picture->renderer = renderer;
    picture->mailbox = mailbox;
    picture->ages = g_string_new(NULL);
    SDL_RendererInfo info;
    picture->is_software = SDL_GetRendererInfo(renderer, &info) == 0 && (info.flags & SDL_RENDERER_SOFTWARE);
    return picture;
}

void picture_free(Picture *picture)
{
    if (!picture) return;
    if (picture->texture) SDL_DestroyTexture(picture->texture);
    gst_clear_caps(&picture->caps);
    g_string_free(picture->ages, TRUE);
    g_free(picture);
}

void picture_forget(Picture *picture)
{
    picture->filled = FALSE;
}

gboolean picture_is_moving(Picture *picture, gint64 now)
{
    return picture->mailbox && mailbox_has_picture(picture->mailbox) && now - mailbox_last_put(picture->mailbox) < PICTURE_FRESH_US;
}

static gboolean read_caps(Picture *picture, GstSample *sample)
{
    GstCaps *caps = gst_sample_get_caps(sample);
    if (!caps) return FALSE;
    if (picture->caps && (picture->caps == caps || gst_caps_is_equal(picture->caps, caps))) return TRUE;
    GstVideoInfo info;
    if (!gst_video_info_from_caps(&info, caps) || GST_VIDEO_INFO_FORMAT(&info) != GST_VIDEO_FORMAT_I420) return FALSE;
    if (GST_VIDEO_INFO_WIDTH(&info) > SIDE_MAX || GST_VIDEO_INFO_HEIGHT(&info) > SIDE_MAX) return FALSE;
    picture->info = info;
    gst_caps_replace(&picture->caps, caps);
    return TRUE;
}

static gboolean fit_texture(Picture *picture, int width, int height)
{
    if (picture->texture && picture->width == width && picture->height == height) return TRUE;
    if (picture->texture) SDL_DestroyTexture(picture->texture);
    picture->filled = FALSE;
    picture->width = width;
    picture->height = height;
    /* Of a YUV texture a software renderer keeps the planes beside an RGB one, in another format than its screen's. */
    Uint32 format = picture->is_software ? SDL_PIXELFORMAT_RGB888 : SDL_PIXELFORMAT_IYUV;
    picture->texture = SDL_CreateTexture(picture->renderer, format, SDL_TEXTUREACCESS_STREAMING, width, height);
    return picture->texture != NULL;
}

/* As large as fits into area, in whole pixels; a bar of a pixel or two beside it would look like a mistake. */
static void fit_into(const SDL_Rect *area, int width, int height, int *fit_width, int *fit_height)
{
    double scale = MIN((double)area->w / width, (double)area->h / height);
    *fit_width = MAX(1, (int)(width * scale + 0.5));
    *fit_height = MAX(1, (int)(height * scale + 0.5));
    if (area->w - *fit_width <= BAR_LEAST) *fit_width = area->w;
    if (area->h - *fit_height <= BAR_LEAST) *fit_height = area->h;
}

/* Row by row, and only the rows that are seen: a software renderer would convert the whole picture and then leave most of it out. Not
 * smoothed: that alone would take longer than all the rest, and where there is a graphics processor it does it. */
static void fill_rgb(Picture *picture, const GstVideoFrame *frame, guint8 *const planes[3], const int strides[3])
{
    int width = GST_VIDEO_FRAME_WIDTH(frame), height = GST_VIDEO_FRAME_HEIGHT(frame), pitch;
    gboolean is_709 = frame->info.colorimetry.matrix == GST_VIDEO_COLOR_MATRIX_BT709;
    void *pixels;
    if (SDL_LockTexture(picture->texture, NULL, &pixels, &pitch) != 0) return;
    for (int y = 0; y < picture->height; y++) {
        gsize row = (gsize)y * height / picture->height;
        guint8 *to = (guint8 *)pixels + (gsize)y * pitch;
        (is_709 ? H420ToARGB : I420ToARGB)(planes[0] + row * strides[0], strides[0], planes[1] + row / 2 * strides[1], strides[1],
                                           planes[2] + row / 2 * strides[2], strides[2], width == picture->width ? to : picture->row,
                                           width * RGB_BYTES, width, 1);
        if (width != picture->width)
            ARGBScale(picture->row, width * RGB_BYTES, width, 1, to, picture->width * RGB_BYTES, picture->width, 1, kFilterNone);
    }
    SDL_UnlockTexture(picture->texture);
}

static void upload(Picture *picture, GstVideoFrame *frame, const SDL_Rect *area)
{
    int width = GST_VIDEO_FRAME_WIDTH(frame), height = GST_VIDEO_FRAME_HEIGHT(frame), strides[3];
    guint8 *planes[3];
    if (picture->is_software) fit_into(area, width, height, &width, &height);
    if (!fit_texture(picture, width, height)) return;
    for (int i = 0; i < 3; i++) {
        planes[i] = GST_VIDEO_FRAME_PLANE_DATA(frame, i);
        strides[i] = GST_VIDEO_FRAME_PLANE_STRIDE(frame, i);
    }
    if (picture->is_software)
        fill_rgb(picture, frame, planes, strides);
    else
        SDL_UpdateYUVTexture(picture->texture, NULL, planes[0], strides[0], planes[1], strides[1], planes[2], strides[2]);
    picture->filled = TRUE;
}

static void log_age(Picture *picture, const GstVideoFrame *frame)
{
    guint64 made_ms = 0;
    if (g_log_writer_default_would_drop(G_LOG_LEVEL_DEBUG, AGE_DOMAIN)) return;
    if (!camera_code_read(GST_VIDEO_FRAME_PLANE_DATA(frame, 0), GST_VIDEO_FRAME_PLANE_STRIDE(frame, 0), GST_VIDEO_FRAME_WIDTH(frame),
                          GST_VIDEO_FRAME_HEIGHT(frame), &made_ms))
        return;
    double age_ms = (double)(g_get_real_time() - (gint64)made_ms * 1000) / 1000;
    if (age_ms < 0 || age_ms > AGE_MS_MAX) return;
    g_string_append_printf(picture->ages, " %.1f", age_ms);
    if (++picture->ages_count < AGES_A_LINE) return;
    g_log_structured(AGE_DOMAIN, G_LOG_LEVEL_DEBUG, "MESSAGE", "ages of the %s's pictures in ms:%s", picture->name, picture->ages->str);
    g_string_truncate(picture->ages, 0);
    picture->ages_count = 0;
}

gboolean picture_take(Picture *picture, const SDL_Rect *area)
{
    GstSample *sample = picture->mailbox ? mailbox_fetch(picture->mailbox) : NULL;
    if (!sample) return FALSE;
    GstVideoFrame frame;
    gboolean taken = read_caps(picture, sample) && gst_sample_get_buffer(sample) &&
                     gst_video_frame_map(&frame, &picture->info, gst_sample_get_buffer(sample), GST_MAP_READ);
    if (taken) {
        upload(picture, &frame, area);
        log_age(picture, &frame);
        gst_video_frame_unmap(&frame);
    }
    gst_sample_unref(sample);
    return taken;
}

void picture_draw(Picture *picture, const SDL_Rect *area, guint32 colour)
{
    if (!picture->filled || !picture->texture) return;
    SDL_Rect to = {0};
    fit_into(area, picture->width, picture->height, &to.w, &to.h);
    to.x = area->x + (area->w - to.w) / 2;
    to.y = area->y + (area->h - to.h) / 2;
    if (to.w < area->w || to.h < area->h) {
        SDL_SetRenderDrawColor(picture->renderer, (colour >> 16) & 0xff, (colour >> 8) & 0xff, colour & 0xff, 255);
        SDL_RenderFillRect(picture->renderer, area);
    }
    SDL_RenderCopy(picture->renderer, picture->texture, NULL, &to);
}
