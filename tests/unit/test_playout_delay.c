#include "studio/playout_delay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void expect_bytes(guint most_ms, guint8 high, guint8 low)
{
    guint8 data[3] = {0xff, 0xff, 0xff};
    GstRTPHeaderExtension *extension = playout_delay_new(2, most_ms);
    GstBuffer *packet = gst_buffer_new();
    assert_int_equal(gst_rtp_header_extension_get_id(extension), 2);
    assert_string_equal(gst_rtp_header_extension_get_uri(extension), PLAYOUT_DELAY_URI);
    assert_int_equal(gst_rtp_header_extension_write(extension, packet, GST_RTP_HEADER_EXTENSION_ONE_BYTE, packet, data, sizeof data), 3);
    assert_int_equal(data[0], 0);
    assert_int_equal(data[1], high);
    assert_int_equal(data[2], low);
    gst_buffer_unref(packet);
    gst_object_unref(extension);
}

static void writes_tens_of_milliseconds(void **state)
{
    (void)state;
    expect_bytes(0, 0, 0);
    expect_bytes(40, 0, 4);
    expect_bytes(40950, 0x0f, 0xff);
    expect_bytes(G_MAXUINT, 0x0f, 0xff);
}

static void does_not_write_past_the_end(void **state)
{
    (void)state;
    guint8 data[2] = {7, 7};
    GstRTPHeaderExtension *extension = playout_delay_new(2, 40);
    GstBuffer *packet = gst_buffer_new();
    assert_true(gst_rtp_header_extension_write(extension, packet, GST_RTP_HEADER_EXTENSION_ONE_BYTE, packet, data, sizeof data) < 0);
    assert_int_equal(data[0], 7);
    gst_buffer_unref(packet);
    gst_object_unref(extension);
}

int main(void)
{
    gst_init(NULL, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_tens_of_milliseconds),
        cmocka_unit_test(does_not_write_past_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
