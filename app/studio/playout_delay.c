#include "studio/playout_delay.h"

#define UNIT_MS 10
#define BYTES   3

typedef struct {
    GstRTPHeaderExtension parent;
    guint most; /* units */
} PlayoutDelay;

typedef struct {
    GstRTPHeaderExtensionClass parent_class;
} PlayoutDelayClass;

GType playout_delay_get_type(void);
G_DEFINE_TYPE(PlayoutDelay, playout_delay, GST_TYPE_RTP_HEADER_EXTENSION)

static GstRTPHeaderExtensionFlags get_supported_flags(GstRTPHeaderExtension *extension)
{
    (void)extension;
    return GST_RTP_HEADER_EXTENSION_ONE_BYTE | GST_RTP_HEADER_EXTENSION_TWO_BYTE;
}

static gsize get_max_size(GstRTPHeaderExtension *extension, const GstBuffer *input)
{
    (void)extension;
    (void)input;
    return BYTES;
}

static gssize write_delay(GstRTPHeaderExtension *extension, const GstBuffer *input, GstRTPHeaderExtensionFlags flags, GstBuffer *output,
                          guint8 *data, gsize size)
{
    (void)input;
    (void)flags;
    (void)output;
    const PlayoutDelay *delay = (PlayoutDelay *)extension;
    if (size < BYTES) return -1;
    data[0] = 0;
    data[1] = (guint8)(delay->most >> 8 & 0x0f);
    data[2] = (guint8)delay->most;
    return BYTES;
}

/* A browser may send it as well; what it wishes is nothing to us, who smooth nothing. */
static gboolean read_delay(GstRTPHeaderExtension *extension, GstRTPHeaderExtensionFlags flags, const guint8 *data, gsize size,
                           GstBuffer *buffer)
{
    (void)extension;
    (void)flags;
    (void)data;
    (void)size;
    (void)buffer;
    return TRUE;
}

static void playout_delay_class_init(PlayoutDelayClass *class)
{
    GstRTPHeaderExtensionClass *extension = GST_RTP_HEADER_EXTENSION_CLASS(class);
    extension->get_supported_flags = get_supported_flags;
    extension->get_max_size = get_max_size;
    extension->write = write_delay;
    extension->read = read_delay;
    gst_rtp_header_extension_class_set_uri(extension, PLAYOUT_DELAY_URI);
    gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(class), "Playout delay", GST_RTP_HDREXT_ELEMENT_CLASS,
                                          "How long a receiver may hold pictures back", "Livebooth");
}

static void playout_delay_init(PlayoutDelay *delay)
{
    (void)delay;
}

GstRTPHeaderExtension *playout_delay_new(guint id, guint most_ms)
{
    PlayoutDelay *delay = gst_object_ref_sink(g_object_new(playout_delay_get_type(), NULL));
    delay->most = MIN(most_ms / UNIT_MS, 0xfff);
    gst_rtp_header_extension_set_id(GST_RTP_HEADER_EXTENSION(delay), id);
    return GST_RTP_HEADER_EXTENSION(delay);
}
