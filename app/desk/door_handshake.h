/* door_handshake: which WebSockets may open: by path, port, subprotocol, origin, certificate or session, and how many there are already.
 * The rules over header values are in admit.h. For door*.c; on the door's thread only. */
#pragma once

#include <libwebsockets.h>

#include "desk/door.h"

#define DOOR_PATH_SHOPPER "/ws/shopper"
#define DOOR_PATH_BOOTH   "/ws/booth"
#define DOOR_PATH_OPS     "/ws/ops"

/* Before the answer to an upgrade. What may not pass is refused with a status and a sentence, and logged. Returns what
 * LWS_CALLBACK_HTTP_CONFIRM_UPGRADE has to: 0, or -1. */
int door_handshake_confirm(Door *door, struct lws *wsi);

/* After it: the link opens and is told. Returns what LWS_CALLBACK_ESTABLISHED has to: 0, or -1 when there is no identity any more. */
int door_handshake_finish(Door *door, struct lws *wsi, DoorKind kind);
