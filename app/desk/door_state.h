/* door_state: what the parts of the door share; for door*.c alone. On the door's thread, but for what is atomic. */
#pragma once

#include <ev.h>
#include <libwebsockets.h>
#include <openssl/ssl.h>

#include "desk/door.h"
#include "desk/pages.h"

struct Door {
    const DoorSettings *settings;
    const DoorEvents *events;
    Pages *pages;
    struct ev_loop *loop;
    lws_sorted_usec_list_t tick;
    struct lws_context *context;
    struct lws_vhost *shoppers, *booths;
    SSL_CTX *no_client; /* the desk dials nobody, but libwebsockets makes a context for it unless it is given one */
    GQueue links;       /* of DoorLink */
    GQueue calm, asked; /* of DoorLink, the next one to beat first: those that answered, and those that have to */
    gboolean ticked;
    gint woken;    /* atomic */
    gint stopping; /* atomic */
    gint64 refusals_since;
    guint refusals;
    gint64 looked;        /* when the sockets were looked at last, monotonic */
    gint64 hurried_until; /* a request is being served, piece by piece */
};
