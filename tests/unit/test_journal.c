/* journal: what the journal of systemd gets, read at its sockets; they are stand-ins in a mount namespace of this test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after those */
#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "journal/journal.h"

#define CALL    "c0123456789abcdef0123456789abcdef"
#define SKIPPED 77

static int open_socket(int type, const char *path, gboolean connecting)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_strlcpy(address.sun_path, path, sizeof address.sun_path);
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    int result =
        connecting ? connect(fd, (struct sockaddr *)&address, sizeof address) : bind(fd, (struct sockaddr *)&address, sizeof address);
    return result == 0 ? fd : -1;
}

static gboolean entry_has(int journal, const char *const *wanted)
{
    char entry[8192];
    ssize_t length = recv(journal, entry, sizeof entry - 1, MSG_DONTWAIT);
    if (length < 0) return FALSE;
    entry[length] = '\0';
    g_auto(GStrv) lines = g_strsplit(entry, "\n", -1);
    for (; *wanted; wanted++) {
        gboolean negated = **wanted == '!';
        if (negated == g_strv_contains((const char *const *)lines, *wanted + negated)) return FALSE;
    }
    return TRUE;
}

static int log_to_journal(void)
{
    if (unshare(CLONE_NEWNS) != 0) return SKIPPED;
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 || mount("tmpfs", "/run", "tmpfs", 0, NULL) != 0) return SKIPPED;
    g_mkdir_with_parents("/run/systemd/journal", 0755);
    int journal = open_socket(SOCK_DGRAM, "/run/systemd/journal/socket", FALSE);
    int lines = open_socket(SOCK_STREAM, "/run/systemd/journal/stdout", FALSE);
    if (journal < 0 || lines < 0 || listen(lines, 1) != 0) return 1;
    int stream = open_socket(SOCK_STREAM, "/run/systemd/journal/stdout", TRUE);
    if (stream < 0 || dup2(stream, STDERR_FILENO) < 0) return 2;
    journal_open();
    journal_set_booth("b1");
    g_message("paused");
    journal_set_call(CALL);
    g_message("rings");
    journal_say(G_LOG_LEVEL_WARNING, "desk", "c2", NULL, "another %s", "call");
    journal_set_call(NULL);
    g_message("over");
    const char *const paused[] = {"MESSAGE=paused", "LIVEBOOTH_BOOTH=b1", "PRIORITY=5", "!LIVEBOOTH_CALL=" CALL, NULL};
    const char *const rings[] = {"MESSAGE=rings", "LIVEBOOTH_BOOTH=b1", "LIVEBOOTH_CALL=" CALL, NULL};
    const char *const another[] = {"MESSAGE=another call",  "GLIB_DOMAIN=desk",   "PRIORITY=4", "LIVEBOOTH_CALL=c2",
                                   "!LIVEBOOTH_CALL=" CALL, "LIVEBOOTH_BOOTH=b1", NULL};
    const char *const over[] = {"MESSAGE=over", "!LIVEBOOTH_CALL=" CALL, "!LIVEBOOTH_CALL=", NULL};
    return entry_has(journal, paused) && entry_has(journal, rings) && entry_has(journal, another) && entry_has(journal, over) ? 0 : 3;
}

/* In a process of its own: a writer can be set once, and stderr becomes the journal. */
static void lines_have_their_ids(void **state)
{
    (void)state;
    int status = 0;
    pid_t child = fork();
    if (child == 0) _exit(log_to_journal());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == SKIPPED) skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lines_have_their_ids)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
