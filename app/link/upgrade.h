/* upgrade: the HTTP/1.1 request and answer that turn a connection into a WebSocket (RFC 6455 section 4), client side.
 *
 * Pure functions over text; any thread. */
#pragma once

#include <glib.h>

#define UPGRADE_HEADER_MAX 8192 /* bytes of an answer's header */

#define UPGRADE_ERROR (upgrade_error_quark())
GQuark upgrade_error_quark(void);

/* A new Sec-WebSocket-Key from 16 random bytes; to g_free(). */
char *upgrade_key(const guint8 random[16]);

/* The request, to g_free(). authority: HOST or HOST:PORT. */
char *upgrade_request(const char *authority, const char *path, const char *subprotocol, const char *key);

typedef enum {
    UPGRADE_MORE,    /* the header is not complete; read on */
    UPGRADE_DONE,    /* *header_length bytes belong to the answer, what follows to the WebSocket */
    UPGRADE_REFUSED, /* error says what */
} UpgradeResult;

/* Judges what the server sent so far: status 101, Upgrade, Connection, the Accept that belongs to key, exactly subprotocol, no extension.
 */
UpgradeResult upgrade_answer(const guint8 *bytes, gsize length, const char *key, const char *subprotocol, gsize *header_length,
                             GError **error);
