/* remote: what ops ask of this booth from afar (docs/protocol.md, "Commands"), done or refused with a sentence.
 *
 * The list is closed: pause, resume, self_test, support_bundle, restart_studio, restart_booth, update, notice, picture. Nothing in it
 * switches a microphone on or a camera to somewhere; the picture is of the console without any camera's picture, is refused while a call is
 * in hand, and the advisor is told of it. Main context only. */
#pragma once

#include "agent/booth.h"
#include "agent/studio_proxy.h"
#include "agent/upkeep.h"
#include "config/config.h"

#include <jansson.h>

#define REMOTE_PICTURE_MS    10000  /* that the console says that ops look at it */
#define REMOTE_CHUNK_BYTES   45000  /* of a picture in one message */
#define REMOTE_PICTURE_BYTES 700000 /* a larger one is not sent */
#define REMOTE_TEXT_MAX      200    /* characters of a notice, and of an answer */
#define REMOTE_BUNDLE_BYTES  (6 * 1024 * 1024)

typedef struct Remote Remote;

typedef struct {
    gboolean (*wish)(void *data, BoothEvent *wish); /* FALSE: it does not fit the state */
    BoothState (*state)(void *data);
    gboolean (*linked)(void *data);            /* a desk has said welcome */
    void (*send)(void *data, json_t *message); /* to the desk; takes message */
    void (*changed)(void *data);               /* what remote_notice() says */
    void *data;
} RemoteEvents;

/* All must outlive it; update and upkeep may be NULL: then both are refused. */
Remote *remote_new(const Config *config, StudioProxy *studio, Update *update, Upkeep *upkeep, const RemoteEvents *events);
void remote_free(Remote *remote); /* NULL is fine */

/* A decoded "command". It is answered once, at once or when the studio has. */
void remote_take(Remote *remote, const json_t *command);

/* What the console shows: null or {"kind":"text"|"picture","text","until_mono"}; new reference. */
json_t *remote_notice(const Remote *remote);
