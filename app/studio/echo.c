#include "studio/echo.h"

/* Its other settings are for older and for newer libraries under it, and change nothing for the better (docs/decisions/0015). */
#define SETTINGS "echo-suppression-level=moderate noise-suppression=true gain-control=true"

gboolean echo_can_cancel(void)
{
    g_autoptr(GstElementFactory) canceller = gst_element_factory_find("webrtcdsp");
    return canceller != NULL;
}

char *echo_probe(const char *name)
{
    return g_strdup_printf("webrtcechoprobe name=%s", name);
}

char *echo_canceller(const char *name)
{
    return g_strdup_printf("webrtcdsp probe=%s " SETTINGS, name);
}

/* The probe takes the time at which a buffer is played from the buffer's own; behind the probe it is as it was. */
void echo_set_delay(GstBin *bin, const char *name, int ms)
{
    g_autoptr(GstElement) probe = gst_bin_get_by_name(bin, name);
    if (!probe) return;
    gint64 offset = CLAMP(ms, 0, ECHO_DELAY_MAX_MS) * (gint64)GST_MSECOND;
    g_autoptr(GstPad) in = gst_element_get_static_pad(probe, "sink");
    g_autoptr(GstPad) out = gst_element_get_static_pad(probe, "src");
    gst_pad_set_offset(in, offset);
    gst_pad_set_offset(out, -offset);
}
