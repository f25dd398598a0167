/* alive: what systemd hears, and how often. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after those */
#include <cmocka.h>

#include "alive/alive.h"
#include "scratch.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert_true(strlen(path) < sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path));
    int at = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(at, (struct sockaddr *)&address, sizeof address), 0);
    return at;
}

static const char *heard(int at)
{
    static char text[64];
    ssize_t length = recv(at, text, sizeof text - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    return text;
}

static void says_nothing_unasked(void **state)
{
    (void)state;
    g_unsetenv("NOTIFY_SOCKET");
    g_unsetenv("WATCHDOG_USEC");
    alive_ready();
    alive_beat();
}

static void beats_four_times_a_limit(void **state)
{
    (void)state;
    g_autofree char *folder = scratch_new();
    g_autofree char *path = g_build_filename(folder, "notify", NULL);
    int at = listen_at(path);
    g_setenv("NOTIFY_SOCKET", path, TRUE);
    alive_beat(); /* no watchdog wanted */
    assert_string_equal(heard(at), "");
    alive_ready();
    assert_string_equal(heard(at), "READY=1");
    g_setenv("WATCHDOG_USEC", "3600000000", TRUE);
    alive_beat();
    assert_string_equal(heard(at), "WATCHDOG=1");
    alive_beat(); /* too soon */
    assert_string_equal(heard(at), "");
    g_setenv("WATCHDOG_USEC", "1", TRUE);
    alive_beat();
    assert_string_equal(heard(at), "WATCHDOG=1");
    close(at);
    alive_beat(); /* nobody there: told in the log, no more */
    g_unsetenv("NOTIFY_SOCKET");
    scratch_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(says_nothing_unasked), cmocka_unit_test(beats_four_times_a_limit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
