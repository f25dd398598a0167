/* reply: one HTTP answer of the desk through libwebsockets: its head at once, its body in pieces as the peer takes it. On the door's thread
 * only. */
#pragma once

#include <glib.h>
#include <libwebsockets.h>

#define REPLY_SECONDS_MAX 60 /* a body that is not taken by then is cut off */

/* The state of an answer under way: the per-session data of the HTTP protocol. libwebsockets hands it out zeroed. */
typedef struct {
    GBytes *body;
    gsize sent;
    gboolean last; /* the connection ends with this answer */
} Reply;

typedef struct {
    guint status;
    const char *type;           /* Content-Type; NULL with a body-less answer */
    GBytes *body;               /* NULL: none */
    const char *const *headers; /* "name:", "value", ..., NULL; may be NULL */
    gboolean head;              /* HEAD was asked: tell of the body, send none */
    gboolean last;              /* close afterwards, as the request's body was not read */
} ReplyContent;

/* Sends the head and begins the body. Returns what a libwebsockets callback has to: 0, or -1 to close. */
int reply_start(struct lws *wsi, Reply *reply, const ReplyContent *content);

/* The peer takes more: on LWS_CALLBACK_HTTP_WRITEABLE. The same return value. */
int reply_continue(struct lws *wsi, Reply *reply);

/* Drops what is left, when the connection ends. */
void reply_clear(Reply *reply);

/* Refuses an upgrade with a status and a sentence. Returns what LWS_CALLBACK_HTTP_CONFIRM_UPGRADE has to. */
int reply_refuse_upgrade(struct lws *wsi, guint status, const char *sentence);
