/* What has to be painted again: as little as may be, and never too little. */
#include "studio/canvas.h"
#include "studio/damage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define WIDTH  480 /* of a screen, pixels */
#define HEIGHT 300
#define STEPS  120
#define ITEMS  24

static void rectangles_stay_apart(void **state)
{
    (void)state;
    Damage damage = {0};
    damage_add(&damage, (SDL_Rect){10, 10, 0, 5});
    assert_int_equal(damage.count, 0);
    damage_add(&damage, (SDL_Rect){0, 0, 10, 10});
    damage_add(&damage, (SDL_Rect){20, 0, 10, 10});
    assert_int_equal(damage.count, 2);
    damage_add(&damage, (SDL_Rect){5, 5, 20, 2}); /* touches both */
    assert_int_equal(damage.count, 1);
    assert_true(damage.rects[0].x == 0 && damage.rects[0].w == 30 && damage.rects[0].h == 10);
    for (int i = 0; i < 3 * DAMAGE_RECTS; i++) damage_add(&damage, (SDL_Rect){i * 40, 100 + i * 20, 10, 10});
    assert_true(damage.count <= DAMAGE_RECTS);
    for (int i = 0; i < 3 * DAMAGE_RECTS; i++) assert_true(damage_touches(&damage, &(SDL_Rect){i * 40, 100 + i * 20, 10, 10}));
    for (guint i = 0; i < damage.count; i++) {
        for (guint k = 0; k < i; k++) assert_false(SDL_HasIntersection(&damage.rects[i], &damage.rects[k]));
    }
}

/* Marks are letters; the area of one is a pixel at its place in the alphabet. */
static GArray *marks_of(const char *letters)
{
    GArray *marks = g_array_new(FALSE, FALSE, sizeof(DamageMark));
    for (const char *at = letters; *at; at++) {
        DamageMark mark = {(guint64)*at, {2 * (*at - 'a'), 0, 1, 1}};
        g_array_append_val(marks, mark);
    }
    return marks;
}

static void lists_are_compared(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after, *damaged;
    } cases[] = {
        {"", "", ""},     {"abc", "abc", ""}, {"abc", "ac", "b"}, {"ac", "abc", "b"}, {"abc", "axc", "bx"},
        {"", "ab", "ab"}, {"ab", "", "ab"},   {"ab", "ba", "a"},  {"aab", "ab", "a"}, {"abcd", "xbcy", "adxy"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GArray) before = marks_of(cases[i].before), after = marks_of(cases[i].after);
        Damage damage = {0};
        damage_compare(&damage, before, after);
        for (int letter = 0; letter < 26; letter++)
            assert_int_equal(damage_touches(&damage, &(SDL_Rect){2 * letter, 0, 1, 1}), strchr(cases[i].damaged, 'a' + letter) != NULL);
    }
}

typedef struct {
    Rect rect;
    SceneKind kind;
    guint look;
} Thing;

static Thing any_thing(GRand *random)
{
    return (Thing){
        .kind = (SceneKind)g_rand_int_range(random, SCENE_BOX, SCENE_RING + 1),
        .rect = {g_rand_double_range(random, 0, 1200), g_rand_double_range(random, 0, 760), g_rand_double_range(random, 10, 300),
                 g_rand_double_range(random, 10, 90)},
        .look = g_rand_int(random),
    };
}

static void add_thing(Scene *scene, const Thing *thing)
{
    static const char *const words[] = {"Åg", "fjäll ﬁ Ǻ̧", "A sentence of several words that does not fit", "12:34", "日本語 j"};
    const guint32 colour = thing->look & 0xffffff;
    switch (thing->kind) {
    case SCENE_BOX: scene_frame(scene, thing->rect, 12, colour, ~colour & 0xffffff, 1 + thing->look % 5); break;
    case SCENE_RING: scene_ring(scene, thing->rect, 8, colour, ~colour & 0xffffff, (thing->look % 10) / 10.0); break;
    case SCENE_ICON: scene_icon(scene, ICON_CHECK, rect_centre(thing->rect, 40, 40), colour, 0); break;
    default:
        scene_words(scene, &(SceneItem){.rect = thing->rect,
                                        .style = (TextStyle)(thing->look % STYLES),
                                        .align = (TextAlign)(thing->look % 3),
                                        .colour = colour,
                                        .lines = 1 + thing->look % 3,
                                        .text = (char *)words[thing->look % G_N_ELEMENTS(words)]});
    }
}

/* Two panels beside one another, and one that comes and goes over both. */
static void build(Scene *scene, const Thing *things, guint look)
{
    static const Rect rects[] = {{0, 0, 640.4, 800}, {640.4, 0, 639.6, 800}, {333.3, 222.2, 500, 300}};
    static const char *const names[] = {"left", "right", "over"};
    scene_clear(scene, 1280, 800, look & 8 ? 0x102030 : 0x302010);
    for (guint p = 0; p < (look & 2 ? 3 : 2); p++) {
        scene_panel(scene, names[p], rects[p], 0x203040 * (p + 1 + (look & 4)));
        for (guint i = p; i < ITEMS; i += 3) add_thing(scene, &things[i]);
    }
    scene_end(scene);
}

#define ROUNDING 8 /* of 255 */

/* But for what nobody sees: cairo cuts a curve at the edge of the part it paints, and rounds the rest of it another way. */
static void assert_looks_alike(const SDL_Surface *some, const SDL_Surface *other)
{
    const guint8 *a = some->pixels, *b = other->pixels;
    for (size_t i = 0; i < (size_t)some->pitch * HEIGHT; i++) assert_in_range(abs(a[i] - b[i]), 0, ROUNDING);
}

static void what_is_painted_bit_by_bit_looks_as_painted_whole(void **state)
{
    const gboolean keeps_picture = *state != NULL;
    const gboolean renewed[PICTURES] = {FALSE};
    Picture *const none[PICTURES] = {NULL};
    SDL_Surface *surfaces[2];
    SDL_Renderer *renderers[2];
    GRand *random = g_rand_new_with_seed(7);
    Fonts *fonts = fonts_new();
    Scene *scene = scene_new(fonts);
    for (int i = 0; i < 2; i++) {
        surfaces[i] = SDL_CreateRGBSurfaceWithFormat(0, WIDTH, HEIGHT, 32, SDL_PIXELFORMAT_RGB888);
        renderers[i] = SDL_CreateSoftwareRenderer(surfaces[i]);
    }
    Canvas *canvas = canvas_new(renderers[0], fonts, keeps_picture);
    Thing things[ITEMS];
    for (guint i = 0; i < ITEMS; i++) things[i] = any_thing(random);
    for (guint step = 0; step < STEPS; step++) {
        for (guint i = 0; i < step % 4; i++) things[g_rand_int_range(random, 0, ITEMS)] = any_thing(random);
        build(scene, things, step / 3);
        canvas_update(canvas, scene);
        canvas_present(canvas, none, renewed, 0);
        Canvas *whole = canvas_new(renderers[1], fonts, TRUE);
        canvas_update(whole, scene);
        canvas_present(whole, none, renewed, 0);
        canvas_free(whole);
        assert_looks_alike(surfaces[0], surfaces[1]);
    }
    canvas_free(canvas);
    for (int i = 0; i < 2; i++) {
        SDL_DestroyRenderer(renderers[i]);
        SDL_FreeSurface(surfaces[i]);
    }
    scene_free(scene);
    fonts_free(fonts);
    g_rand_free(random);
}

int main(void)
{
    static int keeps_picture;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rectangles_stay_apart),
        cmocka_unit_test(lists_are_compared),
        cmocka_unit_test_prestate(what_is_painted_bit_by_bit_looks_as_painted_whole, &keeps_picture),
        cmocka_unit_test_prestate(what_is_painted_bit_by_bit_looks_as_painted_whole, NULL),
    };
    return cmocka_run_group_tests_name("damage", tests, NULL, NULL);
}
