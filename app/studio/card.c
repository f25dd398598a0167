#include "studio/card.h"
#include "studio/icon.h"

#include <pango/pangocairo.h>

#define FONT       "Noto Sans, sans-serif"
#define TEXT_WIDTH 0.8 /* of the picture's width */

/* Centred, its top at y; returns its bottom. */
static double write_line(cairo_t *cr, int width, double y, double pixels, gboolean bold, const char *text)
{
    PangoLayout *layout = pango_cairo_create_layout(cr);
    PangoFontDescription *font = pango_font_description_from_string(bold ? FONT " bold" : FONT);
    pango_font_description_set_absolute_size(font, pixels * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_layout_set_alignment(layout, PANGO_ALIGN_CENTER);
    pango_layout_set_width(layout, (int)(width * TEXT_WIDTH * PANGO_SCALE));
    pango_layout_set_text(layout, text, -1);
    cairo_move_to(cr, width * (1 - TEXT_WIDTH) / 2, y);
    pango_cairo_show_layout(cr, layout);
    int height = 0;
    pango_layout_get_pixel_size(layout, NULL, &height);
    pango_font_description_free(font);
    g_object_unref(layout);
    return y + height;
}

static void paint(cairo_t *cr, int width, int height, const char *title, const char *line)
{
    double side = height / 5.0, x = (width - side) / 2, y = height * 0.22, edge = side / 12;
    cairo_set_source_rgb(cr, 0.09, 0.11, 0.14);
    cairo_paint(cr);
    cairo_set_source_rgb(cr, 0.78, 0.82, 0.87);
    icon_draw(cr, ICON_CAMERA, x, y, side);
    for (int pass = 0; pass < 2; pass++) { /* a gap, then the stroke that crosses it out */
        cairo_set_line_width(cr, pass ? edge : 3 * edge);
        cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
        cairo_set_source_rgb(cr, pass ? 0.78 : 0.09, pass ? 0.82 : 0.11, pass ? 0.87 : 0.14);
        cairo_move_to(cr, x + side * 0.1, y + side * 0.1);
        cairo_line_to(cr, x + side * 0.9, y + side * 0.9);
        cairo_stroke(cr);
    }
    cairo_set_source_rgb(cr, 1, 1, 1);
    double bottom = write_line(cr, width, y + side * 1.3, height / 14.0, TRUE, title);
    cairo_set_source_rgb(cr, 0.78, 0.82, 0.87);
    write_line(cr, width, bottom + height / 60.0, height / 22.0, FALSE, line);
}

static GstBuffer *wrap_surface(cairo_surface_t *surface)
{
    cairo_surface_flush(surface);
    gsize size = (gsize)cairo_image_surface_get_stride(surface) * (gsize)cairo_image_surface_get_height(surface);
    return gst_buffer_new_wrapped_full(0, cairo_image_surface_get_data(surface), size, 0, size, surface,
                                       (GDestroyNotify)cairo_surface_destroy);
}

GstBuffer *card_new(int width, int height, const char *title, const char *line)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
    cairo_t *cr = cairo_create(surface);
    paint(cr, width, height, title, line);
    cairo_destroy(cr);
    g_autoptr(GstBuffer) painted = wrap_surface(surface);
    GstVideoInfo rgb, yuv;
    gst_video_info_set_format(&rgb, G_BYTE_ORDER == G_LITTLE_ENDIAN ? GST_VIDEO_FORMAT_BGRx : GST_VIDEO_FORMAT_xRGB, (guint)width,
                              (guint)height);
    gst_video_info_set_format(&yuv, GST_VIDEO_FORMAT_I420, (guint)width, (guint)height);
    GstBuffer *card = gst_buffer_new_allocate(NULL, GST_VIDEO_INFO_SIZE(&yuv), NULL);
    GstVideoFrame from, to;
    if (gst_video_frame_map(&from, &rgb, painted, GST_MAP_READ)) {
        if (gst_video_frame_map(&to, &yuv, card, GST_MAP_WRITE)) {
            GstVideoConverter *converter = gst_video_converter_new(&rgb, &yuv, NULL);
            gst_video_converter_frame(converter, &from, &to);
            gst_video_converter_free(converter);
            gst_video_frame_unmap(&to);
        }
        gst_video_frame_unmap(&from);
    }
    return card;
}
