/* The mixer: which camera goes out, who takes over from one that is gone, and when the card does. */
#include "studio/card.h"
#include "studio/mixer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define WIDTH  320
#define HEIGHT 180
#define FPS    30
#define FRAME  (GST_SECOND / FPS)
#define FACE   50
#define THING  90
#define CARD   20
#define SIDE_X (WIDTH - 60) /* in the corner of picture in picture */
#define SIDE_Y (HEIGHT - 40)

typedef struct {
    Mixer *mixer;
    GstClockTime now;
} Stand;

static GstBuffer *grey(int value, GstClockTime time)
{
    GstBuffer *buffer = gst_buffer_new_allocate(NULL, WIDTH * HEIGHT * 3 / 2, NULL);
    gst_buffer_memset(buffer, 0, (guint8)value, (gsize)-1);
    GST_BUFFER_PTS(buffer) = time;
    return buffer;
}

static int luma(GstBuffer *picture, int x, int y)
{
    guint8 value = 0;
    if (!picture) return -1;
    gst_buffer_extract(picture, (gsize)y * WIDTH + (gsize)x, &value, 1);
    return value;
}

static int bring(Stand *stand, gboolean product, int x, int y)
{
    g_autoptr(GstBuffer) frame = grey(product ? THING : FACE, ++stand->now);
    g_autoptr(GstBuffer) out = mixer_take(stand->mixer, product, frame);
    return luma(out, x, y);
}

static int fill(Stand *stand)
{
    g_autoptr(GstBuffer) out = mixer_fill(stand->mixer, stand->now);
    if (out) assert_int_equal(GST_BUFFER_PTS(out), stand->now);
    return luma(out, 9, 9);
}

/* A frame's time passes, with a frame of each camera that is there. Returns what went out: the last one, or -1. */
static int pass(Stand *stand, gboolean face, gboolean product)
{
    stand->now += FRAME;
    int first = face ? bring(stand, FALSE, 9, 9) : -1, second = product ? bring(stand, TRUE, 9, 9) : -1;
    return second >= 0 ? second : first;
}

static Stand set_up(const char *view)
{
    Stand stand = {.mixer = mixer_new(WIDTH, HEIGHT, FPS), .now = 1000 * GST_SECOND};
    MixerView parsed;
    assert_true(mixer_view_parse(view, &parsed));
    mixer_set_view(stand.mixer, parsed);
    g_autoptr(GstBuffer) card = grey(CARD, 0);
    mixer_set_card(stand.mixer, card);
    return stand;
}

/* Times until what goes out is that value, in frames. */
static int frames_until(Stand *stand, gboolean face, gboolean product, int value)
{
    for (int frames = 1; frames <= 100; frames++) {
        if (pass(stand, face, product) == value) return frames;
    }
    return -1;
}

static void a_camera_without_frames_is_replaced_within_half_a_second(void **state)
{
    (void)state;
    static const struct {
        const char *view;
        gboolean face_stays;
        int before, after;
    } cases[] = {{"face", FALSE, FACE, THING}, {"product", TRUE, THING, FACE}, {"pip", TRUE, THING, FACE}, {"pip", FALSE, THING, THING}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Stand stand = set_up(cases[i].view);
        for (int n = 0; n < 5; n++) assert_int_equal(pass(&stand, TRUE, TRUE), cases[i].before);
        int frames = frames_until(&stand, cases[i].face_stays, !cases[i].face_stays, cases[i].after);
        assert_in_range(frames, 1, FPS / 2);
        assert_int_equal(pass(&stand, TRUE, TRUE), cases[i].before); /* back with its first frame */
        mixer_free(stand.mixer);
    }
}

static void a_camera_said_to_be_gone_is_replaced_at_once(void **state)
{
    (void)state;
    Stand stand = set_up("face");
    for (int n = 0; n < 5; n++) assert_int_equal(pass(&stand, TRUE, TRUE), FACE);
    mixer_set_present(stand.mixer, FALSE, FALSE);
    assert_int_equal(pass(&stand, FALSE, TRUE), THING);
    assert_int_equal(pass(&stand, TRUE, TRUE), THING); /* frozen: frames come and do not count */
    mixer_set_present(stand.mixer, FALSE, TRUE);
    assert_int_equal(pass(&stand, TRUE, TRUE), FACE);
    mixer_free(stand.mixer);
}

static void a_few_late_frames_are_no_reason_to_switch(void **state)
{
    (void)state;
    Stand stand = set_up("product");
    for (int n = 0; n < 5; n++) pass(&stand, TRUE, TRUE);
    for (int n = 0; n < 5; n++) assert_int_equal(pass(&stand, TRUE, FALSE), -1);
    assert_int_equal(pass(&stand, TRUE, TRUE), THING);
    stand.now += 2 * GST_SECOND; /* the computer stood still: the other camera's frame comes first */
    assert_int_equal(bring(&stand, FALSE, 9, 9), -1);
    assert_int_equal(bring(&stand, TRUE, 9, 9), THING);
    mixer_free(stand.mixer);
}

static void the_corner_never_keeps_an_old_face(void **state)
{
    (void)state;
    Stand stand = set_up("pip");
    for (int n = 0; n < 3; n++) pass(&stand, TRUE, TRUE);
    assert_int_equal(bring(&stand, TRUE, SIDE_X, SIDE_Y), FACE);
    assert_int_equal(bring(&stand, TRUE, 9, 9), THING);
    for (int n = 0; n < FPS; n++) pass(&stand, FALSE, TRUE);
    assert_int_equal(bring(&stand, TRUE, SIDE_X, SIDE_Y), THING);
    pass(&stand, TRUE, TRUE);
    assert_int_equal(bring(&stand, TRUE, SIDE_X, SIDE_Y), FACE);
    mixer_set_present(stand.mixer, FALSE, FALSE);
    assert_int_equal(bring(&stand, TRUE, SIDE_X, SIDE_Y), THING);
    mixer_free(stand.mixer);
}

static void without_cameras_the_card_goes_out_until_one_is_back(void **state)
{
    (void)state;
    Stand stand = set_up("face");
    assert_int_equal(fill(&stand), -1); /* the first picture may take its time */
    stand.now += 2 * GST_SECOND;
    assert_int_equal(fill(&stand), -1);
    stand.now += 2 * GST_SECOND;
    assert_int_equal(fill(&stand), CARD);
    assert_int_equal(pass(&stand, TRUE, TRUE), FACE);
    stand.now += GST_SECOND / 2;
    assert_int_equal(fill(&stand), -1);
    stand.now += GST_SECOND;
    assert_int_equal(fill(&stand), CARD);
    stand.now += 1;
    assert_int_equal(fill(&stand), CARD);
    assert_in_range(frames_until(&stand, FALSE, TRUE, THING), 1, FPS / 2); /* the product, while the face is away */
    assert_int_equal(fill(&stand), -1);
    mixer_set_present(stand.mixer, FALSE, FALSE);
    mixer_set_present(stand.mixer, TRUE, FALSE);
    stand.now += GST_SECOND / 4;
    assert_int_equal(fill(&stand), CARD); /* both known to be gone: at once */
    assert_int_equal(pass(&stand, TRUE, TRUE), -1);
    mixer_free(stand.mixer);
}

static void a_card_is_a_whole_picture(void **state)
{
    (void)state;
    g_autoptr(GstBuffer) card = card_new(WIDTH, HEIGHT, "The camera is lost", "Yet you can talk");
    assert_int_equal(gst_buffer_get_size(card), WIDTH * HEIGHT * 3 / 2);
    int white = 0;
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) white += luma(card, x, y) > 200;
    assert_in_range(white, 100, WIDTH * HEIGHT / 10);
    assert_in_range(luma(card, 2, 2), 16, 60);
}

static void a_view_has_a_name(void **state)
{
    (void)state;
    Stand stand = set_up("pip");
    MixerView view;
    assert_int_equal(mixer_view(stand.mixer), MIXER_PIP);
    assert_false(mixer_view_parse("ceiling", &view));
    assert_false(mixer_view_parse("", &view));
    mixer_free(stand.mixer);
    mixer_free(NULL);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_camera_without_frames_is_replaced_within_half_a_second),
        cmocka_unit_test(a_camera_said_to_be_gone_is_replaced_at_once),
        cmocka_unit_test(a_few_late_frames_are_no_reason_to_switch),
        cmocka_unit_test(the_corner_never_keeps_an_old_face),
        cmocka_unit_test(without_cameras_the_card_goes_out_until_one_is_back),
        cmocka_unit_test(a_card_is_a_whole_picture),
        cmocka_unit_test(a_view_has_a_name),
    };
    return cmocka_run_group_tests_name("mixer", tests, NULL, NULL);
}
