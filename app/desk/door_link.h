/* door_link: one WebSocket of the door, from its handshake to its end: the messages that come, whole and within bounds; those that go,
 * queued within bounds; and whether the peer still lives, by pings. It knows no path and no certificate. door.h has what the rest of the
 * desk may do with a link (door_send(), door_close() and others); this is for door*.c. On the door's thread only. */
#pragma once

#include <glib.h>
#include <libwebsockets.h>

#include "desk/door.h"

/* After a handshake: wsi's opaque user data is the link until that ends. events: whom it tells, but of opened() the caller does. */
DoorLink *door_link_open(Door *door, const DoorEvents *events, struct lws *wsi);

/* Tells that it is gone, once, and forgets it; what libwebsockets still does with the socket concerns nobody. */
void door_link_end(DoorLink *link);

/* The same, and the socket is closed at once. Never within a callback of libwebsockets. */
void door_link_kill(DoorLink *link);

/* On LWS_CALLBACK_RECEIVE: a piece of a message. */
void door_link_receive(DoorLink *link, const char *piece, gsize length);

/* On LWS_CALLBACK_RECEIVE_PONG. */
void door_link_take_pong(DoorLink *link, const void *pong, gsize length);

/* On LWS_CALLBACK_SERVER_WRITEABLE: a ping that is due, what is queued, then the close. Returns what that has to: 0, or -1 to end. */
int door_link_write(DoorLink *link);

/* Pings the links of door->calm or door->asked whose time has come, 2.4 s after they answered or 1.8 s after they were asked; ends those
 * that have left two pings, or our close for as long, without an answer. */
void door_links_beat(GQueue *beats);
