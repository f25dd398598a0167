#include "desk/door_handshake.h"

#include <string.h>

#include "desk/admit.h"
#include "desk/door_link.h"
#include "desk/door_log.h"
#include "desk/door_state.h"
#include "desk/reply.h"
#include "desk/request.h"
#include "wire/wire.h"

static int refuse_upgrade(Door *door, struct lws *wsi, guint status, const char *sentence)
{
    door_log_refusal(door, wsi, "%s", sentence);
    return reply_refuse_upgrade(wsi, status, sentence);
}

typedef struct {
    DoorKind kind;
    const char *path, *subprotocol;
    gboolean on_booth_port;
} Socket;

static const Socket sockets[] = {
    {DOOR_SHOPPER, DOOR_PATH_SHOPPER, WIRE_SUBPROTOCOL_SHOPPER, FALSE},
    {DOOR_BOOTH, DOOR_PATH_BOOTH, WIRE_SUBPROTOCOL_BOOTH, TRUE},
    {DOOR_OPS, DOOR_PATH_OPS, WIRE_SUBPROTOCOL_OPS, FALSE},
};

static const Socket *find_socket(const Door *door, struct lws *wsi)
{
    char *uri = NULL;
    int length = 0;
    gboolean get = lws_http_get_uri_and_method(wsi, &uri, &length) == LWSHUMETH_GET;
    for (guint i = 0; get && i < G_N_ELEMENTS(sockets); i++) {
        const Socket *socket = &sockets[i];
        if (socket->kind == DOOR_OPS && !door->settings->ops) continue;
        if (socket->on_booth_port != (lws_get_vhost(wsi) == door->booths)) continue;
        if (strlen(socket->path) == (gsize)length && memcmp(uri, socket->path, (gsize)length) == 0) return socket;
    }
    return NULL;
}

/* The ops page calls from this very desk and nowhere else. */
static gboolean is_origin_fine(const Door *door, struct lws *wsi, DoorKind kind)
{
    if (kind == DOOR_BOOTH) return TRUE;
    g_autofree char *origin = request_copy_header(wsi, WSI_TOKEN_ORIGIN);
    g_autofree char *host = request_copy_header(wsi, WSI_TOKEN_HOST);
    gboolean readable = origin || lws_hdr_total_length(wsi, WSI_TOKEN_ORIGIN) <= 0;
    return readable && admit_origin(origin, host, kind == DOOR_OPS ? NULL : door->settings->origins);
}

static char *link_identity(const Door *door, struct lws *wsi, DoorKind kind)
{
    if (kind == DOOR_BOOTH) return request_identity(wsi);
    g_autofree char *cookie = request_copy_header(wsi, WSI_TOKEN_HTTP_COOKIE);
    return kind == DOOR_OPS ? door->settings->admit_ops(door->settings->ops->data, cookie ? cookie : "") : NULL;
}

int door_handshake_confirm(Door *door, struct lws *wsi)
{
    /* Once an unknown Upgrade was answered by libwebsockets, its headers are gone and this is called all the same. */
    g_autofree char *upgrade = request_copy_header(wsi, WSI_TOKEN_UPGRADE);
    if (!upgrade || g_ascii_strcasecmp(upgrade, "websocket") != 0) return -1;
    const Socket *socket = find_socket(door, wsi);
    if (!socket) return refuse_upgrade(door, wsi, HTTP_STATUS_NOT_FOUND, "there is no WebSocket at this path of this port");
    g_autofree char *version = request_copy_header(wsi, WSI_TOKEN_VERSION);
    if (!version || strcmp(version, "13") != 0)
        return refuse_upgrade(door, wsi, HTTP_STATUS_BAD_REQUEST, "only WebSocket version 13 is spoken");
    g_autofree char *offered = request_copy_header(wsi, WSI_TOKEN_PROTOCOL);
    if (!admit_subprotocol(offered, socket->subprotocol))
        return refuse_upgrade(door, wsi, HTTP_STATUS_BAD_REQUEST, "the subprotocol is missing or unknown");
    if (!is_origin_fine(door, wsi, socket->kind))
        return refuse_upgrade(door, wsi, HTTP_STATUS_FORBIDDEN, "pages of this origin may not call; [desk] origins lists those that may");
    g_autofree char *identity = link_identity(door, wsi, socket->kind);
    if (socket->kind == DOOR_BOOTH && !identity)
        return refuse_upgrade(door, wsi, HTTP_STATUS_FORBIDDEN, "there is no certificate, or its common name is no booth's id");
    if (socket->kind == DOOR_OPS && !identity) return refuse_upgrade(door, wsi, HTTP_STATUS_UNAUTHORIZED, "log in first");
    if (g_atomic_int_get(&door->stopping)) return refuse_upgrade(door, wsi, HTTP_STATUS_SERVICE_UNAVAILABLE, "the desk stops");
    if (door->links.length >= door->settings->links_max)
        return refuse_upgrade(door, wsi, HTTP_STATUS_SERVICE_UNAVAILABLE, "the desk is full");
    return 0;
}

int door_handshake_finish(Door *door, struct lws *wsi, DoorKind kind)
{
    g_autofree char *identity = link_identity(door, wsi, kind);
    if (kind != DOOR_SHOPPER && !identity) return -1;
    char address[64];
    request_address(wsi, address, sizeof address);
    const DoorEvents *events = kind == DOOR_OPS ? door->settings->ops : door->events;
    DoorLink *link = door_link_open(door, events, wsi);
    events->opened(events->data, link, kind, identity, address);
    return 0;
}
