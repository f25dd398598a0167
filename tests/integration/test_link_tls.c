/* The link through a real door: mutual TLS, and which certificate is wrong when it is refused. */
#include "authority/authority.h"
#include "desk/door.h"
#include "link/link.h"
#include "wire/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "patience.h"
#include "scratch.h"

#define DAY 86400

typedef struct {
    char *folder;
    char *ours, *foreign; /* folders of authorities */
    GPtrArray *paths;
} Place;

static Place place;

/* A path in the test's folder; lives as long as the test. */
static const char *path_of(const char *folder, const char *name)
{
    char *path = g_build_filename(folder, name, NULL);
    g_ptr_array_add(place.paths, path);
    return path;
}

/* NAME.crt or NAME.key */
static const char *file_of(const char *name, const char *ending)
{
    g_autofree char *file = g_strconcat(name, ending, NULL);
    return path_of(place.folder, file);
}

static void must(gboolean done, GError *error)
{
    if (!done) fail_msg("%s", error->message);
}

static int set_up(void **state)
{
    (void)state;
    GError *error = NULL;
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    static const char *const local[] = {"localhost", NULL}, *const elsewhere[] = {"desk.example", NULL};
    place.folder = scratch_new();
    place.paths = g_ptr_array_new_with_free_func(g_free);
    place.ours = g_build_filename(place.folder, "ours", NULL);
    place.foreign = g_build_filename(place.folder, "foreign", NULL);
    must(authority_create(place.ours, &error) && authority_create(place.foreign, &error), error);
    const char *f = place.folder;
#define DESK(AUTHORITY, HOSTS, NAME, FROM, TO)                                                                                             \
    must(authority_issue_desk(AUTHORITY, HOSTS, path_of(f, NAME ".crt"), path_of(f, NAME ".key"), now + (FROM), now + (TO), &error), error)
#define BOOTH(AUTHORITY, NAME, FROM, TO)                                                                                                   \
    must(authority_issue_booth(AUTHORITY, "b1", path_of(f, NAME ".crt"), path_of(f, NAME ".key"), now + (FROM), now + (TO), &error), error)
    DESK(place.ours, local, "desk", -DAY, DAY);
    DESK(place.foreign, local, "desk-foreign", -DAY, DAY);
    DESK(place.ours, local, "desk-expired", -2 * DAY, -DAY);
    DESK(place.ours, elsewhere, "desk-elsewhere", -DAY, DAY);
    BOOTH(place.ours, "booth", -DAY, DAY);
    BOOTH(place.ours, "booth-expired", -2 * DAY, -DAY);
    BOOTH(place.ours, "booth-early", DAY, 2 * DAY);
    BOOTH(place.foreign, "booth-foreign", -DAY, DAY);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(place.folder);
    g_free(place.folder);
    g_free(place.ours);
    g_free(place.foreign);
    g_ptr_array_unref(place.paths);
    return 0;
}

/* --- a desk that echoes -----------------------------------------------------------------------------------------------------------------
 */

static void on_opened(void *data, DoorLink *link, DoorKind kind, const char *identity, const char *address)
{
    (void)data;
    (void)kind;
    (void)address;
    door_send(link, identity ? identity : "");
}

static void on_received_by_desk(void *data, DoorLink *link, const char *text, size_t length)
{
    (void)data;
    g_autofree char *copy = g_strndup(text, length);
    door_send(link, copy);
}

static void on_closed(void *data, DoorLink *link)
{
    (void)data;
    (void)link;
}

static char *on_api(void *data, const char *path, const char *query)
{
    (void)data;
    (void)path;
    (void)query;
    return NULL;
}

static void on_woken(void *data)
{
    (void)data;
}

static gpointer serve(gpointer door)
{
    door_run(door);
    return NULL;
}

typedef struct {
    Door *door;
    DoorSettings settings; /* the door looks into them as long as it is open */
    GThread *thread;
    DoorEvents events;
} Desk;

static void desk_start(Desk *desk, const char *certificate)
{
    g_autoptr(GError) error = NULL;
    static const char *const origins[] = {NULL};
    desk->settings = (DoorSettings){.bind_address = NULL,
                                    .web_folder = place.folder,
                                    .text_folder = place.folder,
                                    .certificate = file_of(certificate, ".crt"),
                                    .key = file_of(certificate, ".key"),
                                    .authority = path_of(place.ours, AUTHORITY_CERTIFICATE),
                                    .origins = origins,
                                    .tick_ms = 100,
                                    .links_max = 16};
    desk->events = (DoorEvents){on_opened, on_received_by_desk, on_closed, on_api, on_woken, NULL};
    desk->door = door_open(&desk->settings, &desk->events, &error);
    if (!desk->door) fail_msg("%s", error->message);
    desk->thread = g_thread_new("desk", serve, desk->door);
}

static void desk_stop(Desk *desk)
{
    door_stop(desk->door);
    g_thread_join(desk->thread);
    door_free(desk->door);
}

/* --- a booth ----------------------------------------------------------------------------------------------------------------------------
 */

typedef struct {
    GMainLoop *loop;
    Link *link;
    LinkEvents events;
    gboolean up, was_up, timed_out;
    GString *got;
    gsize wanted;
    char *why;
} Booth;

static void on_up(void *data, const char *address)
{
    (void)address;
    Booth *booth = data;
    booth->up = TRUE;
}

static void on_received(void *data, const char *text, gsize length)
{
    Booth *booth = data;
    g_string_append_len(booth->got, text, (gssize)length);
    if (booth->got->len >= booth->wanted) g_main_loop_quit(booth->loop);
}

static void on_down(void *data, gboolean was_up, int code, const char *why)
{
    (void)code;
    Booth *booth = data;
    booth->was_up = was_up;
    g_free(booth->why);
    booth->why = g_strdup(why);
    g_main_loop_quit(booth->loop);
}

static gboolean on_patience(gpointer data)
{
    Booth *booth = data;
    booth->timed_out = TRUE;
    g_main_loop_quit(booth->loop);
    return G_SOURCE_CONTINUE;
}

static TransportIdentity identity_of(const char *certificate)
{
    return (TransportIdentity){path_of(place.ours, AUTHORITY_CERTIFICATE), file_of(certificate, ".crt"), file_of(certificate, ".key")};
}

static void booth_connect(Booth *booth, const Desk *desk, const char *certificate, gsize wanted)
{
    g_autofree char *address = g_strdup_printf("wss://localhost:%d/ws/booth", door_booth_port(desk->door));
    const char *const addresses[] = {address, NULL};
    const TransportIdentity identity = identity_of(certificate);
    const LinkSettings settings = {.addresses = addresses, .subprotocol = WIRE_SUBPROTOCOL_BOOTH, .identity = &identity, .once = TRUE};
    g_autoptr(GError) error = NULL;
    *booth = (Booth){.loop = g_main_loop_new(NULL, FALSE), .got = g_string_new(NULL), .wanted = wanted};
    booth->events = (LinkEvents){on_up, on_received, on_down, booth};
    booth->link = link_new(&settings, &booth->events, &error);
    assert_non_null(booth->link);
}

static void booth_run(Booth *booth)
{
    guint patience = g_timeout_add_seconds(PATIENCE_S, on_patience, booth);
    g_main_loop_run(booth->loop);
    g_source_remove(patience);
    assert_false(booth->timed_out);
}

static void booth_clear(Booth *booth)
{
    link_free(booth->link);
    g_main_loop_unref(booth->loop);
    g_string_free(booth->got, TRUE);
    g_free(booth->why);
}

/* --- tests -------------------------------------------------------------------------------------------------------------------------------
 */

static void a_booth_is_known_by_its_certificate(void **state)
{
    (void)state;
    Desk desk;
    Booth booth;
    desk_start(&desk, "desk");
    booth_connect(&booth, &desk, "booth", 2);
    booth_run(&booth);
    assert_string_equal(booth.got->str, "b1");
    /* More than TLS puts into one record, there and back, several at a time. */
    g_string_truncate(booth.got, 0);
    booth.wanted = 3 * 60000;
    g_autofree char *text = g_strnfill(60000, 'a');
    for (int i = 0; i < 3; i++) assert_true(link_send(booth.link, text));
    booth_run(&booth);
    assert_int_equal(booth.got->len, 3 * 60000);
    assert_true(link_is_up(booth.link));
    booth_clear(&booth);
    desk_stop(&desk);
}

static void expect_refused(const char *desk_certificate, const char *why)
{
    Desk desk;
    Booth booth;
    desk_start(&desk, desk_certificate);
    booth_connect(&booth, &desk, "booth", 1);
    booth_run(&booth);
    assert_false(booth.up);
    if (!strstr(booth.why, why)) fail_msg("\"%s\" does not say \"%s\"", booth.why, why);
    booth_clear(&booth);
    desk_stop(&desk);
}

static void a_wrong_desk_is_refused_and_named(void **state)
{
    (void)state;
    expect_refused("desk-foreign", "the desk's certificate comes from another authority");
    expect_refused("desk-expired", "the desk's certificate has expired");
    expect_refused("desk-elsewhere", "the desk's certificate is for another host name than localhost");
}

/* TLS does not tell a booth why; it may even see the link open for a moment. */
static void a_wrong_booth_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"booth-expired", "booth-foreign"};
    Desk desk;
    desk_start(&desk, "desk");
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        Booth booth;
        booth_connect(&booth, &desk, wrong[i], 1);
        booth_run(&booth);
        assert_false(booth.up);
        assert_int_equal(booth.got->len, 0);
        assert_non_null(booth.why);
        booth_clear(&booth);
    }
    desk_stop(&desk);
}

static void expect_verdict(const TransportIdentity *identity, LinkCertificate verdict, const char *why)
{
    g_autoptr(GError) error = NULL;
    assert_int_equal(link_check_certificate(identity, &error), verdict);
    if (why) {
        assert_non_null(error);
        if (!strstr(error->message, why)) fail_msg("\"%s\" does not say \"%s\"", error->message, why);
    } else {
        assert_null(error);
    }
}

static void a_booth_knows_what_is_wrong_with_itself(void **state)
{
    (void)state;
    TransportIdentity identity = identity_of("booth");
    expect_verdict(&identity, LINK_CERTIFICATE_GOOD, NULL);
    identity.key = path_of(place.folder, "booth-foreign.key");
    expect_verdict(&identity, LINK_CERTIFICATE_WRONG_KEY, "key does not belong");
    identity.key = path_of(place.folder, "nothing.key");
    expect_verdict(&identity, LINK_CERTIFICATE_UNREADABLE, "nothing.key");
    identity = identity_of("booth-expired");
    expect_verdict(&identity, LINK_CERTIFICATE_EXPIRED, "has expired");
    identity = identity_of("booth-early");
    expect_verdict(&identity, LINK_CERTIFICATE_NOT_YET, "clock");
    identity = identity_of("booth-foreign");
    expect_verdict(&identity, LINK_CERTIFICATE_FOREIGN, "another authority");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_booth_is_known_by_its_certificate),
        cmocka_unit_test(a_wrong_desk_is_refused_and_named),
        cmocka_unit_test(a_wrong_booth_is_refused),
        cmocka_unit_test(a_booth_knows_what_is_wrong_with_itself),
    };
    return cmocka_run_group_tests_name("link over TLS", tests, set_up, tear_down);
}
