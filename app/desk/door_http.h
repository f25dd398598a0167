/* door_http: what the door answers to HTTP requests: those of the routes through request.h, the pages, what is under /api/, and a sentence
 * for everything else. The functions return what the callbacks of libwebsockets have to, unless said otherwise: 0, or -1 to close. For
 * door*.c; on the door's thread only. */
#pragma once

#include <libwebsockets.h>

#include "desk/door.h"
#include "desk/request.h"

/* On LWS_CALLBACK_HTTP: a request's head is there. */
int door_http_begin(Door *door, struct lws *wsi, Session *session);

/* On LWS_CALLBACK_HTTP_BODY: a piece of its body. Of a request that was refused it is passed over until the timer. */
int door_http_take_body(struct lws *wsi, Session *session, const char *piece, size_t length);

/* On LWS_CALLBACK_TIMER: a request takes too long, or one was given time to see our answer. session: NULL is fine. */
int door_http_give_up(struct lws *wsi, Session *session);
