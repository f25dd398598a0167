/* door_ports: whether the door's ports can be opened, with a reason for a person: libwebsockets does not say why it cannot listen. Any
 * thread. */
#pragma once

#include <glib.h>

#include "desk/door.h"

/* Whether IPv6 is to be listened on: for settings->bind_address when there is one, else where the system has it. */
gboolean door_ports_use_ipv6(const DoorSettings *settings);

/* Tries a port (0: a free one) of settings->bind_address. booth: it is the booths' one. FALSE with one sentence that names the key of the
 * configuration. */
gboolean door_ports_check(const DoorSettings *settings, int port, gboolean booth, GError **error);
