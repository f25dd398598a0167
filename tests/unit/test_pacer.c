/* The pacer: what its bucket lets through, and packets of a list pushed one by one at the rate that was set. */
#include "studio/pacer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define KBPS   800 /* 100 bytes a millisecond */
#define PACKET 1000

static void a_burst_goes_at_once(void **state)
{
    (void)state;
    PacerBucket bucket = {0};
    for (int i = 0; i < PACER_BURST_BYTES / PACKET; i++) assert_int_equal(pacer_bucket_take(&bucket, KBPS, PACKET, 1000), 0);
    assert_int_equal(pacer_bucket_take(&bucket, KBPS, PACKET, 1000), 10000);
    assert_int_equal(pacer_bucket_take(&bucket, KBPS, PACKET, 1000), 20000);
}

static void the_bucket_fills_and_never_overflows(void **state)
{
    (void)state;
    PacerBucket bucket = {0};
    pacer_bucket_take(&bucket, KBPS, PACER_BURST_BYTES, 1000);
    assert_int_equal(pacer_bucket_take(&bucket, KBPS, PACKET, 11000), 0);
    assert_int_equal(pacer_bucket_take(&bucket, KBPS, PACER_BURST_BYTES, G_USEC_PER_SEC * 100), 0);
    assert_int_equal(pacer_bucket_take(&bucket, KBPS, PACKET, G_USEC_PER_SEC * 100), 10000);
}

typedef struct {
    GstPad *from, *to;
    GstElement *holder;
    guint packets;
    gint64 first_us, last_us;
} Line;

static GstFlowReturn count(GstPad *pad, GstObject *parent, GstBuffer *packet)
{
    (void)parent;
    Line *line = gst_pad_get_element_private(pad);
    line->last_us = g_get_monotonic_time();
    if (line->packets++ == 0) line->first_us = line->last_us;
    gst_buffer_unref(packet);
    return GST_FLOW_OK;
}

static void open_line(Line *line)
{
    line->from = gst_pad_new("from", GST_PAD_SRC);
    line->to = gst_pad_new("to", GST_PAD_SINK);
    gst_pad_set_element_private(line->to, line);
    gst_pad_set_chain_function(line->to, count);
    assert_int_equal(gst_pad_link(line->from, line->to), GST_PAD_LINK_OK);
    gst_pad_set_active(line->to, TRUE);
    gst_pad_set_active(line->from, TRUE);
    gst_pad_push_event(line->from, gst_event_new_stream_start("packets"));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(line->from, gst_event_new_segment(&segment));
}

static void close_line(Line *line)
{
    gst_pad_set_active(line->from, FALSE);
    gst_pad_set_active(line->to, FALSE);
    gst_object_unref(line->from);
    gst_object_unref(line->to);
}

static GstBufferList *packets_new(guint count_)
{
    GstBufferList *list = gst_buffer_list_new();
    for (guint i = 0; i < count_; i++) gst_buffer_list_add(list, gst_buffer_new_allocate(NULL, PACKET, NULL));
    return list;
}

static void a_large_picture_is_spread(void **state)
{
    (void)state;
    Line line = {0};
    open_line(&line);
    Pacer *pacer = pacer_new(line.from);
    assert_int_equal(gst_pad_push_list(line.from, packets_new(12)), GST_FLOW_OK);
    assert_int_equal(line.packets, 12);
    pacer_set_kbps(pacer, KBPS);
    line.packets = 0;
    assert_int_equal(gst_pad_push_list(line.from, packets_new(12)), GST_FLOW_OK);
    assert_int_equal(line.packets, 12);
    assert_true(line.last_us - line.first_us >= 35000); /* 4,000 bytes more than the burst */
    pacer_stop(pacer);
    line.packets = 0;
    assert_int_equal(gst_pad_push_list(line.from, packets_new(500)), GST_FLOW_OK);
    assert_int_equal(line.packets, 500);
    close_line(&line);
    pacer_free(pacer);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_goes_at_once),
        cmocka_unit_test(the_bucket_fills_and_never_overflows),
        cmocka_unit_test(a_large_picture_is_spread),
    };
    return cmocka_run_group_tests_name("pacer", tests, NULL, NULL);
}
