#include "boothctl/commands.h"
#include "boothctl/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PANEL_FIFO_NAME "panel" /* in the state folder; drivers/panel/panel.h says what it takes */

/* Nobody reads the FIFO when the agent is not running or uses a real panel. */
static int press(const char *path, const char *button)
{
    struct stat state;
    int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &state) != 0 || !S_ISFIFO(state.st_mode)) {
        if (fd >= 0) close(fd);
        fprintf(stderr, "boothctl: no simulated panel listens at %s: the agent is not running, or the booth has a real panel\n", path);
        return 1;
    }
    g_autofree char *line = g_strdup_printf("press %s\n", button);
    ssize_t put = write(fd, line, strlen(line));
    int failed = errno;
    close(fd);
    if (put == (ssize_t)strlen(line)) return 0;
    fprintf(stderr, "boothctl: %s takes nothing: %s\n", path, g_strerror(failed));
    return 1;
}

int command_panel(const char *config, int argc, char **argv)
{
    static const char *const buttons[] = {"answer", "ready", "hangup", NULL};
    if (argc != 3 || strcmp(argv[1], "press") != 0 || !g_strv_contains(buttons, argv[2]))
        return commands_usage("panel press answer|ready|hangup");
    Control control;
    int status = 1;
    if (control_read(&control, config)) {
        g_autofree char *path = g_build_filename(config_string(control.config, "booth", "state"), PANEL_FIFO_NAME, NULL);
        status = press(path, argv[2]);
    }
    control_close(&control);
    return status;
}
