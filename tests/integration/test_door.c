/* door: how a door opens and why it does not, how it wakes and stops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after those */
#include <cmocka.h>

#include <openssl/ssl.h>
#include <pthread.h>
#include <string.h>

#include "doorway.h"
#include "patience.h"
#include "peer.h"

/* Without an address both families are served, and a log shows IPv4 as such. */
static void listens_everywhere(void **state)
{
    (void)state;
    DoorSettings settings = doorway.settings;
    settings.bind_address = NULL;
    g_autoptr(GError) error = NULL;
    Door *door = door_open(&settings, &doorway.events, &error), *usual = doorway.door;
    if (!door) fail_msg("%s", error->message);
    GThread *thread = g_thread_new("everywhere", doorway_run, door);
    doorway.door = door;
    journal_clear();
    Peer *peer = doorway_link_shopper(), *booth = doorway_link_booth("oslo-1", TLS1_3_VERSION);
    journal_expect("opened shopper - 127.0.0.1\n");
    journal_expect("opened booth oslo-1 127.0.0.1\n");
    doorway.door = usual;
    door_stop(door);
    peer_close(peer);
    peer_close(booth);
    g_thread_join(thread);
    door_free(door);
}

static void expect_woken(gint *woken, gint count)
{
    gint64 until = g_get_monotonic_time() + PATIENCE_US;
    pthread_mutex_lock(&doorway.lock);
    while (g_atomic_int_get(woken) < count && journal_wait(until)) continue;
    pthread_mutex_unlock(&doorway.lock);
    assert_true(g_atomic_int_get(woken) >= count);
}

static void wakes_by_its_tick(void **state)
{
    (void)state;
    expect_woken(&doorway.woken, g_atomic_int_get(&doorway.woken) + 3);
}

static void on_demanded(void *data)
{
    g_atomic_int_inc((gint *)data);
    pthread_mutex_lock(&doorway.lock);
    pthread_cond_broadcast(&doorway.said);
    pthread_mutex_unlock(&doorway.lock);
}

/* By a door whose tick does not come while the test lasts. */
static void wakes_on_demand(void **state)
{
    (void)state;
    gint woken = 0;
    DoorSettings settings = doorway.settings;
    settings.tick_ms = 100 * PATIENCE_MS;
    DoorEvents events = doorway.events;
    events.woken = on_demanded;
    events.data = &woken;
    g_autoptr(GError) error = NULL;
    Door *door = door_open(&settings, &events, &error);
    if (!door) fail_msg("%s", error->message);
    GThread *thread = g_thread_new("on demand", doorway_run, door);
    gint64 began = g_get_monotonic_time();
    for (gint i = g_atomic_int_get(&woken); i < 50; i++) {
        door_wake(door);
        expect_woken(&woken, i + 1);
    }
    print_message("# 50 times in %d ms\n", (int)((g_get_monotonic_time() - began) / 1000));
    door_stop(door);
    g_thread_join(thread);
    door_free(door);
}

static void expect_refusal(DoorSettings settings, const char *first, const char *second)
{
    g_autoptr(GError) error = NULL;
    Door *door = door_open(&settings, &doorway.events, &error);
    if (door) fail_msg("opened in spite of: %s", first);
    if (!strstr(error->message, first) || !strstr(error->message, second))
        fail_msg("not \"%s ... %s\" but: %s", first, second, error->message);
    assert_null(strchr(error->message, '\n'));
}

static void says_why_it_cannot_open(void **state)
{
    (void)state;
    g_autofree char *port = g_strdup_printf("port %d is taken", door_port(doorway.door));
    g_autofree char *booth_port = g_strdup_printf("port %d is taken", door_booth_port(doorway.door));
    DoorSettings settings = doorway.settings;
    settings.port = door_port(doorway.door);
    expect_refusal(settings, port, "PORT=");
    settings.port = 0;
    settings.booth_port = door_booth_port(doorway.door);
    expect_refusal(settings, booth_port, "booth_port");
    settings = doorway.settings;
    settings.bind_address = "192.0.2.1";
    expect_refusal(settings, "192.0.2.1", "does not have the address");
    settings.bind_address = "everywhere";
    expect_refusal(settings, "everywhere", "not an IP address");
    settings = doorway.settings;
    settings.certificate = "/nowhere/desk.crt";
    expect_refusal(settings, "[tls] certificate", "/nowhere/desk.crt");
    settings = doorway.settings;
    g_autofree char *other_key = g_build_filename(doorway.authority, "oslo-1.key", NULL);
    settings.key = other_key;
    expect_refusal(settings, "[tls] key", "fits the certificate");
    settings = doorway.settings;
    settings.authority = "/nowhere/authority.crt";
    expect_refusal(settings, "[tls] authority", "/nowhere/authority.crt");
    settings = doorway.settings;
    settings.web_folder = "/nowhere/web";
    expect_refusal(settings, "folder of pages", "/nowhere/web");
    door_free(NULL);
}

static void stops_politely(void **state)
{
    (void)state;
    journal_clear();
    Peer *booth = doorway_link_booth("oslo-1", TLS1_3_VERSION), *polite = doorway_link_shopper(), *deaf = doorway_link_shopper();
    gint64 began = g_get_monotonic_time();
    door_stop(doorway.door);
    assert_int_equal(peer_await_close(polite), 1001);
    assert_int_equal(peer_await_close(booth), 1001);
    peer_send_frame(polite, FRAME_CLOSE, "\x03\xe9", 2);
    peer_send_frame(booth, FRAME_CLOSE, "\x03\xe9", 2);
    g_thread_join(doorway.thread);
    doorway.thread = NULL;
    print_message("# stopped after %d ms\n", (int)((g_get_monotonic_time() - began) / 1000));
    pthread_mutex_lock(&doorway.lock);
    guint closed = 0;
    for (const char *at = doorway.journal->str; (at = strstr(at, "closed\n")); at++) closed++;
    pthread_mutex_unlock(&doorway.lock);
    assert_int_equal(closed, 3);
    peer_close(polite);
    peer_close(booth);
    peer_close(deaf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listens_everywhere),      cmocka_unit_test(wakes_by_its_tick), cmocka_unit_test(wakes_on_demand),
        cmocka_unit_test(says_why_it_cannot_open), cmocka_unit_test(stops_politely),
    };
    return cmocka_run_group_tests(tests, doorway_open, doorway_shut);
}
