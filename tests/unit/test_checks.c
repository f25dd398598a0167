/* The booth's self-test: what is proven, what waits, what is bad and why; the advisor's notes; and whether the disk takes anything. */
#include "agent/checks.h"
#include "agent/network_probe.h"
#include "agent/note.h"
#include "agent/storage_probe.h"
#include "config/booth_keys.h"

#include <glib/gstdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "patience.h"
#include "scratch.h"

static json_t *parse(const char *text)
{
    json_t *value = json_loads(text, 0, NULL);
    assert_non_null(value);
    return value;
}

/* "name state problem; …" of those that are not ok. */
static char *unproven(const ChecksParts *parts)
{
    json_t *list = checks_json(parts);
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name, *state, *problem;
        assert_int_equal(json_unpack(json_array_get(list, i), "{s:s, s:s, s:s}", "name", &name, "state", &state, "problem", &problem), 0);
        if (strcmp(state, "ok") != 0) g_string_append_printf(text, "%s %s %s; ", name, state, problem);
    }
    json_decref(list);
    return g_string_free(text, FALSE);
}

#define FINE "{\"driver\":\"alsa\",\"ok\":true}"
#define HEALTH(face, demo)                                                                                                                 \
    "{\"camera\":{\"face\":" face ",\"product\":{\"driver\":\"none\",\"ok\":true}},\"microphone\":" FINE ",\"speaker\":" FINE              \
    ",\"demo\":" demo "}"
#define SCREEN(name, ok) "{\"driver\":\"sdl\",\"name\":\"" name "\",\"ok\":" ok "}"

/* What is found, and what the checks say of it that are not ok. */
static const struct {
    const char *health, *problem;
    ChecksParts parts;
    const char *expected;
    gboolean done;
} words[] = {
    {HEALTH(FINE, SCREEN("HDMI-A-2", "true")),
     NULL,
     {.link_up = TRUE, .is_enrolled = TRUE, .clock_known = TRUE, .storage_known = TRUE},
     "camera_product unused ; ",
     TRUE},
    {HEALTH(FINE, SCREEN("offscreen", "true")),
     NULL,
     {.link_up = TRUE, .is_enrolled = TRUE, .clock_known = TRUE, .storage_known = TRUE},
     "camera_product unused ; demo simulated ; ",
     TRUE},
    {"{}",
     NULL,
     {.age_ms = CHECKS_GRACE_MS - 1},
     "camera_face waiting ; camera_product waiting ; microphone waiting ; speaker waiting ; demo waiting ; storage waiting ; network "
     "waiting ; "
     "enrolment waiting ; desk waiting ; clock waiting ; ",
     FALSE},
    {"{}",
     "studio_down",
     {.age_ms = CHECKS_GRACE_MS, .is_enrolled = TRUE, .has_network = TRUE, .storage_known = TRUE},
     "camera_face bad studio_down; camera_product bad studio_down; microphone bad studio_down; speaker bad studio_down; demo bad "
     "studio_down; "
     "desk bad desk_unreachable; clock bad clock_unknown; ",
     TRUE},
    {HEALTH("{\"driver\":\"libcamera\",\"ok\":false}", SCREEN("HDMI-A-2", "false")),
     "camera_face_frozen",
     {.age_ms = 99999, .link_up = TRUE, .is_enrolled = TRUE, .clock_known = TRUE, .storage_known = TRUE},
     "camera_face bad camera_face_frozen; camera_product unused ; demo bad demo_missing; ",
     TRUE},
    {HEALTH(FINE, SCREEN("HDMI-A-2", "true")),
     "storage_full",
     {.age_ms = 99999, .is_enrolled = TRUE, .has_network = TRUE, .clock_known = TRUE, .storage_known = TRUE},
     "camera_product unused ; storage bad storage_full; desk bad desk_unreachable; ",
     TRUE},
    {HEALTH(FINE, SCREEN("HDMI-A-2", "true")),
     "certificate_expired",
     {.age_ms = 99999, .is_enrolled = TRUE, .has_network = TRUE, .clock_known = TRUE, .storage_known = TRUE},
     "camera_product unused ; desk bad certificate_expired; ",
     TRUE},
    {HEALTH(FINE, SCREEN("HDMI-A-2", "true")),
     "token_expired",
     {.age_ms = 99999, .has_network = TRUE, .clock_known = TRUE, .storage_known = TRUE},
     "camera_product unused ; enrolment bad token_expired; desk bad token_expired; ",
     TRUE},
    {HEALTH(FINE, SCREEN("HDMI-A-2", "true")),
     NULL,
     {.age_ms = 99999, .clock_known = TRUE, .storage_known = TRUE},
     "camera_product unused ; network bad network_missing; enrolment bad enrolment_asking; desk bad network_missing; ",
     TRUE},
};

static void every_check_has_its_word(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        Problems *problems = problems_new();
        json_t *health = parse(words[i].health);
        ChecksParts parts = words[i].parts;
        parts.health = health;
        parts.problems = problems;
        if (words[i].problem) problems_set(problems, words[i].problem, TRUE, 1);
        g_autofree char *got = unproven(&parts);
        assert_string_equal(got, words[i].expected);
        assert_int_equal(checks_are_done(&parts), words[i].done);
        json_decref(health);
        problems_free(problems);
    }
}

static void what_a_call_needs_blocks(void **state)
{
    (void)state;
    static const char *const blocking[] = {"microphone_silent",  "speaker_silent", "demo_missing",
                                           "camera_face_frozen", "storage_full",   "storage_failing"};
    for (gsize i = 0; i < G_N_ELEMENTS(blocking); i++) {
        Problems *problems = problems_new();
        assert_false(problems_block(problems));
        assert_true(problems_set(problems, blocking[i], TRUE, 1));
        assert_true(problems_block(problems));
        assert_string_equal(problems_first(problems, blocking[i]), blocking[i]);
        assert_null(problems_first(problems, "certificate_"));
        problems_free(problems);
    }
}

static void a_default_route_is_a_way_out(void **state)
{
    (void)state;
    static const char head[] = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n";
    g_autofree char *way = g_strconcat(head, "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n", NULL);
    g_autofree char *down = g_strconcat(head, "eth0\t00000000\t010200C0\t0002\t0\t0\t0\t00000000\t0\t0\t0\n", NULL);
    g_autofree char *near = g_strconcat(head, "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n", NULL);
#define ANY "00000000000000000000000000000000"
    assert_true(network_has_route(way, NULL));
    assert_false(network_has_route(down, ""));
    assert_false(network_has_route(near, NULL));
    assert_true(network_has_route(NULL, ANY " 00 " ANY " 00 fd000000000000000000000000000001 00000400 00000003 00000000 00000003 eth0\n"));
    assert_false(network_has_route(NULL, ANY " 00 " ANY " 00 " ANY " ffffffff 00000001 00000000 00200200       lo\n"));
    assert_false(network_has_route("x", "y z"));
}

static Config *settings(const char *folder, const char *advisor)
{
    g_autofree char *path = g_build_filename(folder, "booth.conf", NULL);
    g_autofree char *text = g_strdup_printf(
        "[booth]\nid=b1\nstate=%s\nshare=x\n[desk]\naddress=x\n[tls]\nauthority=x\ncertificate=x\nkey=x\n[advisor]\n%s", folder, advisor);
    g_autoptr(GError) error = NULL;
    assert_true(g_file_set_contents(path, text, -1, NULL));
    Config *config = config_load(path, booth_keys, &error);
    if (!config) fail_msg("%s", error->message);
    return config;
}

static void notes_are_checked(void **state)
{
    g_autoptr(Config) config = settings(*state, "tags=price;delivery\ncurrencies=NOK;EUR\n");
    assert_true(note_check_settings(config, NULL));
    static const char *const two[] = {"delivery", "price", NULL}, *twice[] = {"price", "price", NULL}, *other[] = {"tea", NULL},
                             *none[] = {NULL};
    static const struct {
        NoteWords words;
        gboolean fine;
    } rows[] = {
        {{"sale", "A-1", 129900, "NOK", two}, TRUE},
        {{"", "", 0, "", none}, TRUE},
        {{"advice", "", 77, "", none}, TRUE},
        {{"gift", "", 0, "", none}, FALSE},
        {{"sale", "", 5, "USD", none}, FALSE},
        {{"sale", "", -1, "NOK", none}, FALSE},
        {{"sale", "", NOTE_VALUE_MAX + 1, "NOK", none}, FALSE},
        {{"sale", "", 0, "", twice}, FALSE},
        {{"sale", "", 0, "", other}, FALSE},
        {{"sale", "0123456789012345678901234567890123456789012345678901234567890123", 0, "", none}, FALSE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        BoothNote note = {.outcome = "none"};
        g_autoptr(GError) error = NULL;
        assert_int_equal(note_read(config, &rows[i].words, &note, &error), rows[i].fine);
        assert_int_equal(error == NULL, rows[i].fine);
        if (!rows[i].fine) assert_string_equal(note.outcome, "none");
        if (i == 0) assert_string_equal(note.tags, "delivery price");
        if (i == 2) assert_int_equal(note.value_minor, 0);
    }
    static const char *const wrong[] = {"tags=a;b;c;d;e;f;g;h;i;j;k;l;m\n", "tags=Big\n", "tags=a_word_that_is_much_too_long\n",
                                        "currencies=kr\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(Config) bad = settings(*state, wrong[i]);
        g_autoptr(GError) error = NULL;
        assert_false(note_check_settings(bad, &error));
        assert_non_null(error);
    }
}

typedef struct {
    StorageState state;
    guint told;
} Told;

static void on_told(void *data, StorageState state)
{
    Told *told = data;
    told->state = state;
    told->told++;
}

static gboolean on_late(gpointer data)
{
    *(gboolean *)data = TRUE;
    return G_SOURCE_REMOVE;
}

static void expect_storage(const Told *told, StorageState state)
{
    gboolean late = FALSE;
    guint timer = g_timeout_add(PATIENCE_MS, on_late, &late);
    while (told->state != state && !late) g_main_context_iteration(NULL, TRUE);
    assert_false(late);
    g_source_remove(timer);
}

static void a_disk_is_probed(void **state)
{
    const char *folder = *state;
    g_autofree char *path = g_build_filename(folder, STORAGE_PROBE_FILE, NULL);
    Told told = {0};
    StorageProbe *probe = storage_probe_new(folder, on_told, &told);
    expect_storage(&told, STORAGE_FINE);
    /* A folder in the file's place: it cannot be written. */
    assert_int_equal(g_unlink(path), 0);
    while (mkdir(path, 0700) != 0) g_unlink(path);
    expect_storage(&told, STORAGE_FAILING);
    assert_int_equal(g_rmdir(path), 0);
    expect_storage(&told, STORAGE_FINE);
    assert_int_equal(told.told, 3);
    storage_probe_free(probe);
    storage_probe_free(NULL);
}

static int set_up(void **state)
{
    *state = scratch_new();
    return 0;
}

static int tear_down(void **state)
{
    scratch_remove(*state);
    g_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_check_has_its_word),
        cmocka_unit_test(a_default_route_is_a_way_out),
        cmocka_unit_test(what_a_call_needs_blocks),
        cmocka_unit_test_setup_teardown(notes_are_checked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_disk_is_probed, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("checks", tests, NULL, NULL);
}
