/* The simulated room: what is heard of what is played, and its file. */
#include "drivers/audio/room.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MS(ms) ((GstClockTime)(ms)*GST_MSECOND)
#define PER_MS 48 /* samples */
G_STATIC_ASSERT(PER_MS * 1000 == ROOM_RATE);
#define BLOCK   (20 * PER_MS)
#define CLICK   20000
#define SPAN_MS 400

/* One sample at start_ms, and then what is heard of it from there on. */
static void echo_of_click(const RoomShape *shape, guint64 start_ms, gint16 *heard)
{
    Room *room = room_new();
    room_set(room, shape);
    gint16 silence[BLOCK] = {0}, click[BLOCK] = {CLICK};
    room_play(room, MS(start_ms), click, BLOCK);
    for (int ms = 20; ms < SPAN_MS; ms += 20) room_play(room, MS(start_ms + (guint64)ms), silence, BLOCK);
    memset(heard, 0, SPAN_MS * PER_MS * sizeof *heard);
    for (int ms = 0; ms < SPAN_MS; ms += 20) room_hear(room, MS(start_ms + (guint64)ms), heard + ms * PER_MS, BLOCK);
    room_free(room);
}

static void the_direct_sound_is_late_and_quiet(void **state)
{
    (void)state;
    static const struct {
        double delay_ms, loss_db;
        guint64 start_ms;
    } cases[] = {{40, 20, 0}, {40, 20, 123457}, {0, 6, 99999999}, {333, 0, 5}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gint16 heard[SPAN_MS * PER_MS];
        RoomShape shape = {.delay_ms = cases[i].delay_ms, .loss_db = cases[i].loss_db};
        echo_of_click(&shape, cases[i].start_ms, heard);
        int expected = (int)lround(CLICK * pow(10, -cases[i].loss_db / 20)), at = (int)(cases[i].delay_ms * PER_MS);
        for (int n = 0; n < SPAN_MS * PER_MS; n++) assert_int_equal(heard[n], n == at ? expected : 0);
    }
}

static void reflections_have_their_energy_and_their_end(void **state)
{
    (void)state;
    gint16 heard[SPAN_MS * PER_MS];
    RoomShape shape = ROOM_USUAL;
    echo_of_click(&shape, 777, heard);
    double direct = 0, rest = 0;
    int direct_at = (int)(shape.delay_ms * PER_MS), last = 0;
    for (int n = 0; n < SPAN_MS * PER_MS; n++) {
        double energy = (double)heard[n] * heard[n];
        if (n < direct_at) assert_int_equal(heard[n], 0);
        *(n == direct_at ? &direct : &rest) += energy;
        if (heard[n]) last = n;
    }
    assert_in_range((int)lround(1000 + 100 * log10(rest / direct)), 1000 - 70, 1000 - 50); /* -6 dB */
    assert_true(last <= direct_at + (int)((shape.reverb_ms + 3) * PER_MS));
}

static void sounds_add_up_and_old_ones_are_forgotten(void **state)
{
    (void)state;
    Room *room = room_new();
    RoomShape shape = {.delay_ms = 10};
    gint16 loud[BLOCK], heard[BLOCK] = {0};
    for (int n = 0; n < BLOCK; n++) loud[n] = 20000;
    room_play(room, MS(100), loud, BLOCK);
    room_hear(room, MS(110), heard, BLOCK);
    assert_int_equal(heard[5], 0); /* not yet a room that sounds */
    room_set(room, &shape);
    room_hear(room, MS(110), heard, BLOCK);
    assert_int_equal(heard[5], 20000);
    room_hear(room, MS(110), heard, BLOCK);
    assert_int_equal(heard[5], G_MAXINT16); /* cut off, not turned over */
    room_play(room, MS(100), loud, BLOCK);
    room_play(room, MS(9000), loud, BLOCK); /* long after: the ring has gone round several times */
    memset(heard, 0, sizeof heard);
    room_hear(room, MS(110), heard, BLOCK);
    room_hear(room, MS(8000), heard, BLOCK);
    room_hear(room, MS(9100), heard, BLOCK);
    for (int n = 0; n < BLOCK; n++) assert_int_equal(heard[n], 0);
    room_set(room, NULL);
    room_hear(room, MS(9010), heard, BLOCK);
    assert_int_equal(heard[5], 0);
    room_free(room);
    room_free(NULL);
}

static void its_file_is_read_and_checked(void **state)
{
    (void)state;
    RoomShape shape = {.delay_ms = 1};
    assert_true(room_parse("", &shape, NULL));
    assert_int_equal(shape.delay_ms, 20);
    assert_true(room_parse("[room]\ndelay_ms = 85.5\nloss_db=3\nreverb_ms=0\n", &shape, NULL));
    assert_true(shape.delay_ms == 85.5 && shape.loss_db == 3 && shape.reverb_ms == 0 && shape.reverb_db == -6);
    static const char *const wrong[] = {"[room]\ndelay_ms=-1\n", "[room]\nloss_db=nan\n", "[room]\nreverb_ms=much\n", "room",
                                        "[room]\nreverb_db=99\n"};
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        assert_false(room_parse(wrong[i], &shape, &error));
        assert_non_null(error);
        assert_true(shape.delay_ms == 85.5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_direct_sound_is_late_and_quiet),
        cmocka_unit_test(reflections_have_their_energy_and_their_end),
        cmocka_unit_test(sounds_add_up_and_old_ones_are_forgotten),
        cmocka_unit_test(its_file_is_read_and_checked),
    };
    return cmocka_run_group_tests_name("room", tests, NULL, NULL);
}
