#include "drivers/camera/camera_code.h"
#include "drivers/camera/camera_sim.h"
#include "patience.h"
#include "scratch.h"
#include "studio/mixer.h"

#include <gst/app/gstappsink.h>
#include <gst/video/video.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define WIDTH  640
#define HEIGHT 360
#define LIMIT  (PATIENCE_S * GST_SECOND)

static void a_code_is_read_as_it_was_written(void **state)
{
    (void)state;
    static const guint64 TIMES[] = {0, 1, 1700000000123, (G_GUINT64_CONSTANT(1) << 48) - 1};
    g_autofree guint8 *luma = g_malloc0(1280 * 720);
    guint64 read = 7;
    assert_false(camera_code_read(luma, 1280, 1280, 720, &read));
    for (guint i = 0; i < G_N_ELEMENTS(TIMES); i++) {
        camera_code_draw(luma, 1280, 1280, 720, TIMES[i]);
        assert_true(camera_code_read(luma, 1280, 1280, 720, &read));
        assert_int_equal(read, TIMES[i]);
    }
    luma[(gsize)40 * 1280 + 32 + 8 * 16 + 8] ^= 0xff; /* a flipped bit is noticed */
    assert_false(camera_code_read(luma, 1280, 1280, 720, &read));
    camera_code_draw(luma, 100, 100, 100, 1);
    assert_false(camera_code_read(luma, 100, 100, 100, &read));
}

typedef struct {
    char *folder;
    GstElement *pipeline, *sink;
} Camera;

static Camera camera_open(const char *view, const char *file)
{
    Camera camera = {.folder = scratch_new()};
    g_autofree char *sim = g_build_filename(camera.folder, "sim", NULL);
    g_mkdir(sim, 0700);
    if (file) g_free(scratch_write(sim, file, ""));
    CameraWanted wanted = {.view = view, .device = view, .state = camera.folder, .width = WIDTH, .height = HEIGHT, .fps = 30};
    camera.pipeline = gst_pipeline_new(NULL);
    camera.sink = gst_element_factory_make("appsink", NULL);
    GstElement *source = camera_sim.new_source(&wanted, NULL);
    gst_bin_add_many(GST_BIN(camera.pipeline), source, camera.sink, NULL);
    assert_true(gst_element_link(source, camera.sink));
    gst_element_set_state(camera.pipeline, GST_STATE_PLAYING);
    return camera;
}

static void camera_close(Camera *camera)
{
    gst_element_set_state(camera->pipeline, GST_STATE_NULL);
    gst_object_unref(camera->pipeline);
    scratch_remove(camera->folder);
    g_free(camera->folder);
}

/* The next frame's time, and its luma and chroma summed. */
static guint64 next_frame(Camera *camera, guint64 *sum)
{
    GstSample *sample = gst_app_sink_try_pull_sample(GST_APP_SINK(camera->sink), LIMIT);
    assert_non_null(sample);
    GstMapInfo map;
    assert_true(gst_buffer_map(gst_sample_get_buffer(sample), &map, GST_MAP_READ));
    assert_int_equal(map.size, WIDTH * HEIGHT * 3 / 2);
    guint64 time = 0;
    assert_true(camera_code_read(map.data, WIDTH, WIDTH, HEIGHT, &time));
    *sum = 0;
    for (gsize i = 0; i < map.size; i++) *sum = *sum * 31 + map.data[i];
    gst_buffer_unmap(gst_sample_get_buffer(sample), &map);
    gst_sample_unref(sample);
    return time;
}

static void frames_move_and_tell_the_time(void **state)
{
    (void)state;
    Camera camera = camera_open("face", NULL);
    guint64 sum = 0, last_sum = 0, last = 0;
    /* Behind on a crowded machine it may make two within a millisecond. */
    for (int moved = 0; moved < 5;) {
        guint64 time = next_frame(&camera, &sum);
        assert_true(time >= last && time <= (guint64)g_get_real_time() / 1000);
        if (time == last) continue;
        assert_true(sum != last_sum);
        moved++;
        last = time;
        last_sum = sum;
    }
    camera_close(&camera);
}

static void a_frozen_camera_repeats_itself(void **state)
{
    (void)state;
    Camera camera = camera_open("product", "camera-product.frozen");
    guint64 first = 0, sum = 0;
    next_frame(&camera, &first);
    for (int i = 0; i < 3; i++) {
        next_frame(&camera, &sum);
        assert_int_equal(sum, first);
    }
    camera_close(&camera);
}

static void an_unplugged_camera_is_an_error(void **state)
{
    (void)state;
    Camera camera = camera_open("face", "camera-face.unplugged");
    GstBus *bus = gst_element_get_bus(camera.pipeline);
    GstMessage *message = gst_bus_timed_pop_filtered(bus, LIMIT, GST_MESSAGE_ERROR);
    assert_non_null(message);
    gst_message_unref(message);
    gst_object_unref(bus);
    camera_close(&camera);
}

static GstBuffer *grey(int value, GstClockTime time)
{
    GstBuffer *buffer = gst_buffer_new_allocate(NULL, WIDTH * HEIGHT * 3 / 2, NULL);
    gst_buffer_memset(buffer, 0, (guint8)value, (gsize)-1);
    GST_BUFFER_PTS(buffer) = time;
    return buffer;
}

/* Luma at x, y of what the mixer lets out for a frame; -1: nothing. */
static int mixed(Mixer *mixer, gboolean product, int value, GstClockTime time, int x, int y)
{
    g_autoptr(GstBuffer) frame = grey(value, time);
    g_autoptr(GstBuffer) out = mixer_take(mixer, product, frame);
    guint8 luma = 0;
    if (!out) return -1;
    gst_buffer_extract(out, (gsize)y * WIDTH + (gsize)x, &luma, 1);
    return luma;
}

static void the_mixer_lets_one_camera_through(void **state)
{
    (void)state;
    Mixer *mixer = mixer_new(WIDTH, HEIGHT, 30);
    MixerView view;
    assert_int_equal(mixed(mixer, FALSE, 50, 1, 9, 9), 50);
    assert_int_equal(mixed(mixer, TRUE, 90, 2, 9, 9), -1);
    assert_true(mixer_view_parse("product", &view));
    mixer_set_view(mixer, view);
    assert_int_equal(mixed(mixer, FALSE, 50, 3, 9, 9), -1);
    assert_int_equal(mixed(mixer, TRUE, 90, 4, 9, 9), 90);
    assert_int_equal(mixed(mixer, TRUE, 90, 4, 9, 9), -1); /* times only grow */
    assert_true(mixer_view_parse("pip", &view));
    mixer_set_view(mixer, view);
    assert_int_equal(mixed(mixer, TRUE, 90, 5, WIDTH - 60, HEIGHT - 60), 90); /* no face yet: no hole */
    assert_int_equal(mixed(mixer, FALSE, 50, 6, 9, 9), -1);
    assert_int_equal(mixed(mixer, TRUE, 90, 7, WIDTH - 60, HEIGHT - 60), 50);
    assert_int_equal(mixed(mixer, TRUE, 90, 8, 9, 9), 90);
    mixer_set_present(mixer, TRUE, FALSE); /* the product camera is gone: the face fills the picture */
    assert_int_equal(mixed(mixer, FALSE, 50, 9, 9, 9), 50);
    assert_false(mixer_view_parse("ceiling", &view));
    mixer_free(mixer);
    mixer_free(NULL);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_is_read_as_it_was_written),  cmocka_unit_test(frames_move_and_tell_the_time),
        cmocka_unit_test(a_frozen_camera_repeats_itself),    cmocka_unit_test(an_unplugged_camera_is_an_error),
        cmocka_unit_test(the_mixer_lets_one_camera_through),
    };
    return cmocka_run_group_tests_name("camera_sim", tests, NULL, NULL);
}
