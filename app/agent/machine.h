/* machine: what the system alone may do, asked for by the agent, which has no right of its own to it.
 *
 * A wish is an empty file RUNTIME_DIRECTORY/NAME; systemd's path units of the image
 * (rootfs/overlay/usr/lib/systemd/system/livebooth-*.path) see it. Where there is no RUNTIME_DIRECTORY, on a developer's computer, nothing
 * can be asked for. */
#pragma once

#include <gio/gio.h>

#define MACHINE_RESTART "restart" /* the whole machine, orderly */
#define MACHINE_RESET   "reset"   /* deletes everything that the booth has become, and restarts */
#define MACHINE_BUNDLE  "bundle"  /* a support bundle; its wish stays as long as it is being made, and is named as below when it failed */
#define MACHINE_FAILED  "bundle.failed"

gboolean machine_ask(const char *wish, GError **error);
gboolean machine_is_able(void);              /* there is something that sees wishes */
gboolean machine_has_wish(const char *wish); /* it is there still, or again */
void machine_forget(const char *wish);

/* The slot that the machine runs from, "A" or "B", as the boot script says in the kernel's command line; to g_free(). NULL: no image's. */
char *machine_slot(const char *command_line) G_GNUC_WARN_UNUSED_RESULT;
