/* pictures: drives the studio's screens with sample snapshots and writes what they show as PNG files.
 *
 * pictures FOLDER SHARE [LANGUAGE:WIDTHxHEIGHT:THEME…]: by default a choice that has every language, size and theme. */
#include "pictures/samples.h"
#include "pictures/shop.h"
#include "screens_config.h"
#include "studio/console.h"
#include "studio/screens.h"

#include <glib/gstdio.h>
#include <SDL2/SDL.h>

#define ADVISOR_DB (-6.0)
#define SHOPPER_DB (-18.0)

static const char *const default_choice[] = {"en:1280x800:dark", "fi:1920x1080:dark", "nb:1280x800:day",  "sv:1920x1080:day",
                                             "da:1280x720:dark", "en:1920x1080:day",  "fi:1280x800:dark", NULL};

/* A head and shoulders before a wall, so that the layout is judged with something like a picture. */
static GstSample *make_picture(int width, int height, int tint)
{
    gsize luma = (gsize)width * height, chroma = luma / 4;
    guint8 *bytes = g_malloc(luma + 2 * chroma);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            double dx = (x - width / 2.0) / height, dy = (y - height * 0.42) / height, by = (y - height * 1.05) / height;
            gboolean head = dx * dx / 0.020 + dy * dy / 0.036 < 1, body = dx * dx / 0.11 + by * by / 0.13 < 1;
            bytes[(gsize)y * width + x] = (guint8)(head ? 176 : body ? 84 : 118 + 40 * x / width - 24 * y / height);
        }
    }
    memset(bytes + luma, 128 - tint, chroma);
    memset(bytes + luma + chroma, 128 + tint, chroma);
    GstBuffer *buffer = gst_buffer_new_wrapped(bytes, luma + 2 * chroma);
    GstCaps *caps = gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "I420", "width", G_TYPE_INT, width, "height", G_TYPE_INT,
                                        height, "framerate", GST_TYPE_FRACTION, 30, 1, NULL);
    GstSample *sample = gst_sample_new(buffer, caps, NULL, NULL);
    gst_buffer_unref(buffer);
    gst_caps_unref(caps);
    return sample;
}

static void put_picture(Mailbox *mailbox, gboolean wanted, int width, int height, int tint)
{
    mailbox_clear(mailbox);
    if (!wanted) return;
    GstSample *picture = make_picture(width, height, tint);
    mailbox_put(mailbox, picture);
    gst_sample_unref(picture);
}

static Config *make_config(const char *folder, const char *share, char **choice)
{
    g_autofree char *path = g_build_filename(folder, "pictures.conf", NULL);
    g_autofree char *text = g_strdup_printf("[booth]\nshare=%s\nstore=Oslo City\nlanguage=%s\n[display]\nconsole_size=%s\ntheme=%s\n",
                                            share, choice[0], choice[1], choice[2]);
    g_autoptr(GError) error = NULL;
    Config *config = g_file_set_contents(path, text, -1, &error) ? config_load(path, screens_keys, &error) : NULL;
    if (!config) g_error("%s", error->message);
    g_remove(path);
    return config;
}

static gboolean is_heard;

/* Both speak while the line is up; the advisor in the check of the booth, too. */
static MeterReading speak(void *data, gboolean of_shopper)
{
    if (!*(const gboolean *)data) return (MeterReading){0};
    return (MeterReading){of_shopper ? SHOPPER_DB : ADVISOR_DB, g_get_monotonic_time()};
}

static gboolean shoot(Screens *screens, const char *screen, const char *path)
{
    g_autoptr(GError) error = NULL;
    if (screens_screenshot(screens, screen, path, &error)) return TRUE;
    g_printerr("%s\n", error->message);
    return FALSE;
}

static void turn_loop(int ms)
{
    for (gint64 until = g_get_monotonic_time() + ms * 1000; g_get_monotonic_time() < until;) {
        g_main_context_iteration(NULL, FALSE);
        g_usleep(1000);
    }
}

static void press(SDL_Keycode key)
{
    SDL_Event event = {.type = SDL_KEYDOWN};
    event.key.keysym.sym = key;
    event.key.timestamp = SDL_GetTicks();
    SDL_PushEvent(&event);
    turn_loop(60);
}

/* As the advisor does: its button on the check of the booth, then the third one. */
static void open_service(guint page)
{
    turn_loop(100); /* the button is on the screen */
    press(SDLK_F3);
    for (guint i = 0; page == SERVICE_CONFIRM && i < 3; i++) press(SDLK_TAB);
    if (page == SERVICE_CONFIRM) press(SDLK_RETURN);
}

static gboolean shoot_sample(Screens *screens, const Sample *sample, Mailbox *own, Mailbox *shopper, const char *path)
{
    json_t *snapshot = sample_snapshot(sample, g_get_monotonic_time() / 1000), *between = json_pack("{s:s}", "state", "starting");
    is_heard = g_strcmp0(json_string_value(json_object_get(json_object_get(snapshot, "call"), "media")), "up") == 0 ||
               json_is_true(json_object_get(snapshot, "checking"));
    if (snapshot) screens_set_snapshot(screens, between); /* what was entered in one does not show in the next */
    json_decref(between);
    if (snapshot) screens_set_snapshot(screens, snapshot);
    if (sample->agent_gone) screens_set_snapshot(screens, NULL);
    json_decref(snapshot);
    if (sample->chat) {
        screens_add_chat(screens, TRUE, "Hello! Does it fit a 45 cm wide cabinet?");
        screens_add_chat(screens, FALSE, "This one is 60 cm, but there is a slim one. I will show you both.");
        screens_add_chat(screens, TRUE, "Thank you :)");
    }
    put_picture(own, sample->own, 1280, 720, 8);
    put_picture(shopper, sample->shopper, 640, 480, 16);
    if (sample->service) open_service(sample->service);
    return shoot(screens, "console", path);
}

static void type(const char *text)
{
    SDL_Event event = {.type = SDL_TEXTINPUT};
    g_strlcpy(event.text.text, text, sizeof event.text.text);
    SDL_PushEvent(&event);
    turn_loop(60);
}

/* state: of the sample whose snapshot it is; show and basket may be NULL. */
static void set_shop(Screens *screens, const char *state, json_t *show, json_t *basket)
{
    for (gsize i = 0; i < G_N_ELEMENTS(samples); i++) {
        if (!g_str_equal(samples[i].name, state)) continue;
        json_t *snapshot = sample_snapshot(&samples[i], g_get_monotonic_time() / 1000);
        if (show) json_object_set(snapshot, "show", show);
        if (basket) json_object_set(snapshot, "basket", basket);
        is_heard = TRUE;
        screens_set_snapshot(screens, snapshot);
        json_decref(snapshot);
    }
}

/* The panel of products, and the demo display with what is shown. */
static gboolean shoot_products(Screens *screens, const SampleShop *shop, Mailbox *own, Mailbox *shopper, const char *folder, char **choice)
{
    static const struct {
        const char *name, *state;
        gboolean searched, compare, basket;
    } cases[] = {{"products_empty", "ready", FALSE, FALSE, FALSE},
                 {"products_found", "ready", TRUE, FALSE, FALSE},
                 {"products_live", "live", TRUE, FALSE, TRUE},
                 {"products_compare", "live", TRUE, TRUE, TRUE}};
    gboolean fine = TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        json_t *show = cases[i].compare ? shop->compare : cases[i].searched ? shop->product : NULL;
        set_shop(screens, "wrapup", NULL, NULL); /* closes the panel */
        set_shop(screens, cases[i].state, show, cases[i].basket ? shop->basket : NULL);
        turn_loop(100); /* the button is on the screen */
        press(SDLK_F9);
        if (cases[i].searched) {
            type("fjell");
            screens_set_products(screens, "fjell", shop->list);
        }
        turn_loop(500);
        put_picture(own, TRUE, 1280, 720, 8);
        put_picture(shopper, TRUE, 640, 480, 16);
        g_autofree char *path = g_strdup_printf("%s/%s_%s_%s_%s.png", folder, cases[i].name, choice[0], choice[1], choice[2]);
        fine &= shoot(screens, "console", path);
        g_autofree char *demo = g_strdup_printf("%s/demo_%s_%s_%s.png", folder, cases[i].name, choice[0], choice[2]);
        if (show) fine &= shoot(screens, "demo", demo);
    }
    return fine;
}

static gboolean shoot_all(const char *folder, const char *share, const char *words, const SampleShop *shop)
{
    g_auto(GStrv) choice = g_strsplit(words, ":", 3);
    if (g_strv_length(choice) != 3) g_error("%s is not LANGUAGE:WIDTHxHEIGHT:THEME", words);
    g_autoptr(Config) config = make_config(folder, share, choice);
    Mailbox *own = mailbox_new(), *shopper = mailbox_new();
    g_autoptr(GError) error = NULL;
    gint64 started = g_get_monotonic_time();
    const ScreensEvents events = {.level = speak, .data = &is_heard};
    Screens *screens = screens_new(config, own, shopper, &events, &error);
    if (!screens) g_error("%s", error->message);
    g_print("%s: first frame after %d ms\n", words, (int)((g_get_monotonic_time() - started) / 1000));
    gboolean fine = TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(samples); i++) {
        g_autofree char *path = g_strdup_printf("%s/%s_%s_%s_%s.png", folder, samples[i].name, choice[0], choice[1], choice[2]);
        fine &= shoot_sample(screens, &samples[i], own, shopper, path);
        g_autofree char *demo = g_strdup_printf("%s/demo_%s_%s_%s.png", folder, samples[i].shopper ? "live" : "idle", choice[0], choice[2]);
        if (g_str_equal(samples[i].name, "ready") || g_str_equal(samples[i].name, "live")) fine &= shoot(screens, "demo", demo);
    }
    fine &= shoot_products(screens, shop, own, shopper, folder, choice);
    screens_free(screens);
    mailbox_free(own);
    mailbox_free(shopper);
    return fine;
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    if (argc < 3) {
        g_printerr("pictures FOLDER SHARE [LANGUAGE:WIDTHxHEIGHT:THEME…]\n");
        return 2;
    }
    if (g_mkdir_with_parents(argv[1], 0755) != 0) g_error("%s cannot be made", argv[1]);
    gboolean fine = TRUE;
    SampleShop *shop = sample_shop_new("app/desk/web/demo", "tests/pictures/shop.json");
    const char *const *choices = argc > 3 ? (const char *const *)argv + 3 : default_choice;
    for (; *choices; choices++) fine &= shoot_all(argv[1], argv[2], *choices, shop);
    sample_shop_free(shop);
    return fine ? 0 : 1;
}
