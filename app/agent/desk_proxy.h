/* desk_proxy: the agent's end of livebooth.booth.v1: keeps a link to a desk up, says hello, and turns messages into events and back.
 *
 * Main context only. */
#pragma once

#include "agent/booth.h"
#include "config/config.h"
#include "link/link.h"

#include <jansson.h>

typedef struct DeskProxy DeskProxy;

typedef struct {
    const BoothKey *(*held)(void *data); /* for hello: the call that the booth still holds, or NULL */
    gint64 (*epoch)(void *data);
    /* Something for the state machine; its times are not filled in. welcome: see below, it comes first. */
    void (*event)(void *data, BoothEvent *event);
    void (*welcome)(void *data, const json_t *welcome);
    /* Comes before its event; borrowed. */
    void (*offer)(void *data, const json_t *offer);
    void (*signal)(void *data, const BoothKey *call, guint pc, const json_t *signal);
    void (*recorded)(void *data, gint64 epoch, gint64 seq);
    void (*queue)(void *data, const json_t *queue);
    void (*catalogue)(void *data, const json_t *message); /* catalogue, catalogue_chunk or catalogue_refused */
    void (*identity)(void *data, gboolean twice);         /* whether this booth is at the centre twice; may come before the welcome */
    void (*command)(void *data, const json_t *command);   /* of ops */
    void (*down)(void *data, const char *why);            /* a link ended or an attempt failed */
    void *data;
} DeskEvents;

/* Checks what config says of the booth; NULL with a sentence for a person. */
DeskProxy *desk_proxy_new(const Config *config, const DeskEvents *events, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Looks at the booth's certificate, then starts to connect to the addresses in config; FALSE with a sentence when one makes no sense. Once;
 * until then there is no link. */
gboolean desk_proxy_start(DeskProxy *desk, GError **error);
/* The certificate is another one: links anew. Not in a call. */
void desk_proxy_renew(DeskProxy *desk);
void desk_proxy_free(DeskProxy *desk); /* NULL is fine */

/* The verdict over the own certificate as of the last attempt. */
LinkCertificate desk_proxy_certificate(const DeskProxy *desk);
gboolean desk_proxy_up(const DeskProxy *desk); /* a desk has said welcome */
const char *desk_proxy_address(const DeskProxy *desk);

/* Each is dropped when no desk is there. */
void desk_send_pull(DeskProxy *desk, gboolean pull, gint64 seq);             /* FALSE: unpull */
void desk_send_call(DeskProxy *desk, const char *type, const BoothKey *key); /* accept, decline, ring_no_answer, renew */
void desk_send_media_up(DeskProxy *desk, const BoothKey *key);
void desk_send_end(DeskProxy *desk, const BoothKey *key, BoothEnd end);
/* signal: text of the studio's signal. One that the protocol does not know is logged and dropped. */
void desk_send_signal(DeskProxy *desk, const BoothKey *key, guint pc, const char *signal);
void desk_send_records(DeskProxy *desk, json_t *list);    /* steals list: records with their keys, in order */
void desk_send_status(DeskProxy *desk, json_t *snapshot); /* steals snapshot */
void desk_send(DeskProxy *desk, json_t *message);         /* steals message */
void desk_send_catalogue_get(DeskProxy *desk, gint64 version, gint64 chunk);
