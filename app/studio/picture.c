#include "studio/picture.h"
#include "drivers/camera/camera_code.h"

#define AGE_DOMAIN "picture-age"
#define AGE_MS_MAX 60000 /* an older one is no age but noise */
#define SIDE_MAX   4096  /* pixels: no camera or browser sends more */

struct Picture {
    const char *name;
    SDL_Renderer *renderer;
    Mailbox *mailbox;
    SDL_Texture *texture;
    int width, height; /* of the texture */
    GstVideoInfo info;
    GstCaps *caps;        /* of info */
    gboolean is_software; /* the renderer: the texture is RGB */
    guint8 *packed;       /* planes thinned out, one after the other */
    gsize packed_size;
    gboolean filled;
};

Picture *picture_new(const char *name, SDL_Renderer *renderer, Mailbox *mailbox)
{
    Picture *picture = g_new0(Picture, 1);
    picture->name = name;
    picture->renderer = renderer;
    picture->mailbox = mailbox;
    SDL_RendererInfo info;
    picture->is_software = SDL_GetRendererInfo(renderer, &info) == 0 && (info.flags & SDL_RENDERER_SOFTWARE);
    return picture;
}

void picture_free(Picture *picture)
{
    if (!picture) return;
    if (picture->texture) SDL_DestroyTexture(picture->texture);
    gst_clear_caps(&picture->caps);
    g_free(picture->packed);
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

static void thin_plane(guint8 *to, int width, int height, const guint8 *from, int stride, int step)
{
    for (int y = 0; y < height; y++, from += (gsize)stride * step) {
        for (int x = 0; x < width; x++) *to++ = from[x * step];
    }
}

/* Every step-th pixel of every step-th row: the own picture is small, and converting all of a large one would be waste. */
static void pack(Picture *picture, GstVideoFrame *frame, int step, guint8 *planes[3], int strides[3])
{
    int w = picture->width, h = picture->height, cw = (w + 1) / 2, ch = (h + 1) / 2;
    gsize luma = (gsize)w * h, chroma = (gsize)cw * ch, size = luma + 2 * chroma;
    if (picture->packed_size < size) {
        g_free(picture->packed);
        picture->packed = g_malloc(size);
        picture->packed_size = size;
    }
    for (int i = 0; i < 3; i++) {
        planes[i] = picture->packed + (i ? luma + (gsize)(i - 1) * chroma : 0);
        strides[i] = i ? cw : w;
        thin_plane(planes[i], strides[i], i ? ch : h, GST_VIDEO_FRAME_PLANE_DATA(frame, i), GST_VIDEO_FRAME_PLANE_STRIDE(frame, i), step);
    }
}

/* SDL converts planes that lie one after the other. */
static gboolean is_packed(const Picture *picture, guint8 *const planes[3], const int strides[3])
{
    gsize luma = (gsize)strides[0] * picture->height, chroma = (gsize)strides[1] * ((picture->height + 1) / 2);
    return planes[1] == planes[0] + luma && planes[2] == planes[1] + chroma && strides[1] == (strides[0] + 1) / 2 &&
           strides[2] == strides[1];
}

static void fill_texture(Picture *picture, GstVideoFrame *frame, int step)
{
    guint8 *planes[3];
    int strides[3];
    for (int i = 0; i < 3; i++) {
        planes[i] = GST_VIDEO_FRAME_PLANE_DATA(frame, i);
        strides[i] = GST_VIDEO_FRAME_PLANE_STRIDE(frame, i);
    }
    if (step > 1 || (picture->is_software && !is_packed(picture, planes, strides))) pack(picture, frame, step, planes, strides);
    void *pixels;
    int pitch;
    if (!picture->is_software) {
        SDL_UpdateYUVTexture(picture->texture, NULL, planes[0], strides[0], planes[1], strides[1], planes[2], strides[2]);
    } else if (SDL_LockTexture(picture->texture, NULL, &pixels, &pitch) == 0) {
        SDL_ConvertPixels(picture->width, picture->height, SDL_PIXELFORMAT_IYUV, planes[0], strides[0], SDL_PIXELFORMAT_RGB888, pixels,
                          pitch);
        SDL_UnlockTexture(picture->texture);
    }
}

static void upload(Picture *picture, GstVideoFrame *frame, int area_width)
{
    int width = GST_VIDEO_FRAME_WIDTH(frame), height = GST_VIDEO_FRAME_HEIGHT(frame);
    int step = area_width > 0 ? MAX(1, width / area_width) : 1;
    /* Even sides, so that the thinned colour planes end inside the given ones. */
    if (step > 1 && !fit_texture(picture, width / step & ~1, height / step & ~1)) return;
    if (step == 1 && !fit_texture(picture, width, height)) return;
    fill_texture(picture, frame, step);
    picture->filled = TRUE;
}

static void log_age(const Picture *picture, const GstVideoFrame *frame)
{
    guint64 made_ms = 0;
    if (g_log_writer_default_would_drop(G_LOG_LEVEL_DEBUG, AGE_DOMAIN)) return;
    if (!camera_code_read(GST_VIDEO_FRAME_PLANE_DATA(frame, 0), GST_VIDEO_FRAME_PLANE_STRIDE(frame, 0), GST_VIDEO_FRAME_WIDTH(frame),
                          GST_VIDEO_FRAME_HEIGHT(frame), &made_ms))
        return;
    double age_ms = (double)(g_get_real_time() - (gint64)made_ms * 1000) / 1000;
    if (age_ms < 0 || age_ms > AGE_MS_MAX) return;
    g_log_structured(AGE_DOMAIN, G_LOG_LEVEL_DEBUG, "MESSAGE", "the %s's picture is %.1f ms old", picture->name, age_ms);
}

gboolean picture_take(Picture *picture, int width)
{
    GstSample *sample = picture->mailbox ? mailbox_fetch(picture->mailbox) : NULL;
    if (!sample) return FALSE;
    GstVideoFrame frame;
    gboolean taken = read_caps(picture, sample) && gst_sample_get_buffer(sample) &&
                     gst_video_frame_map(&frame, &picture->info, gst_sample_get_buffer(sample), GST_MAP_READ);
    if (taken) {
        upload(picture, &frame, width);
        log_age(picture, &frame);
        gst_video_frame_unmap(&frame);
    }
    gst_sample_unref(sample);
    return taken;
}

void picture_draw(Picture *picture, const SDL_Rect *area, guint32 colour)
{
    if (!picture->filled || !picture->texture) return;
    double scale = MIN((double)area->w / picture->width, (double)area->h / picture->height);
    SDL_Rect to = {0, 0, (int)(picture->width * scale + 0.5), (int)(picture->height * scale + 0.5)};
    to.x = area->x + (area->w - to.w) / 2;
    to.y = area->y + (area->h - to.h) / 2;
    if (to.w < area->w - 1 || to.h < area->h - 1) {
        SDL_SetRenderDrawColor(picture->renderer, (colour >> 16) & 0xff, (colour >> 8) & 0xff, colour & 0xff, 255);
        SDL_RenderFillRect(picture->renderer, area);
    }
    SDL_RenderCopy(picture->renderer, picture->texture, NULL, &to);
}
