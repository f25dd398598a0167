/* request: one HTTP request of the desk that code answers, through libwebsockets: its head, its body within bounds and time, and its
 * answer, which may come later than the peer wants to wait. For door*.c; door.h says what handlers see. On the door's thread only. */
#pragma once

#include <libwebsockets.h>

#include "desk/door.h"
#include "desk/reply.h"

typedef struct Request Request;

/* The per-session data of the HTTP protocol. libwebsockets hands it out zeroed. */
typedef struct {
    Reply reply;
    Request *request; /* being read, or waiting for its answer; NULL: none */
} Session;

/* --- what is in a request's head */
char *request_copy_header(struct lws *wsi, enum lws_token_indexes token); /* to g_free(); NULL when absent or longer than 1 KiB */
char *request_copy_query(struct lws *wsi);                                /* "a=1&b=2", decoded but for & and %; to g_free() */
char *request_identity(struct lws *wsi); /* the common name of the verified certificate, if it is a booth's id; to g_free() */
char *request_key(struct lws *wsi);      /* SHA-256 of its public key, hex; NULL: none was shown; to g_free() */
void request_address(struct lws *wsi, char *address, gsize size);
const char *request_method(int method); /* LWSHUMETH_...; "" for what is not known here */

/* --- routes */
/* The route of a method and path. NULL: none; then *allowed is NULL where there is no such path, else the methods that it has, to
 * g_free(). */
const DoorRoute *request_find_route(const DoorRoute *routes, guint where, const char *method, const char *path, char **allowed);
gboolean request_lets_strangers_in(const DoorRoute *routes); /* NULL is fine */

/* --- from the head to the answer. Where a status is returned, the request is over and to be refused with it; 0: go on. */
guint request_begin(struct lws *wsi, Session *session, const DoorRoute *route, void *data, const char *path);
guint request_take_body(Session *session, const char *piece, gsize length);
guint request_give_up(Session *session);               /* its time is over; 0: there is none */
gboolean request_is_open(const Session *session);      /* NULL is fine */
int request_answer(struct lws *wsi, Session *session); /* what LWS_CALLBACK_HTTP_WRITEABLE has to return */
void request_end(Session *session);                    /* the peer is gone */
