/* door_log: what the log gets of those who are refused at the door. Bounded: whoever knocks must not be able to fill the log. For
 * door*.c; on the door's thread only. */
#pragma once

#include <glib.h>
#include <libwebsockets.h>

#include "desk/door.h"

/* One line with the peer's address, a shopper's without what tells its line from its neighbours': at most 100 a second, the rest is counted
 * and told as a number. What is no printable ASCII is shown as such. */
void door_log_refusal(Door *door, struct lws *wsi, const char *format, ...) G_GNUC_PRINTF(3, 4);
