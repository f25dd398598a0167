/* wire: the messages of docs/protocol.md, read strictly.
 *
 * wire_decode() is the one place where bytes from the far end of a WebSocket or a data channel become JSON: it refuses what is not one
 * object of a known type with exactly the members listed there, of the right kind and within bounds, so that nothing behind it has to ask
 * again. Pure functions: any thread. */
#pragma once

#include <glib.h>
#include <jansson.h>

#define WIRE_MESSAGE_MAX         65536 /* bytes of one message */
#define WIRE_SUBPROTOCOL_SHOPPER "livebooth.shopper.v1"
#define WIRE_SUBPROTOCOL_BOOTH   "livebooth.booth.v1"
#define WIRE_SUBPROTOCOL_OPS     "livebooth.ops.v1"

typedef enum {
    WIRE_SHOPPER_TO_DESK,
    WIRE_DESK_TO_SHOPPER,
    WIRE_BOOTH_TO_DESK,
    WIRE_DESK_TO_BOOTH,
    WIRE_BOOTH_TO_SHOPPER, /* on the call's data channel */
    WIRE_SHOPPER_TO_BOOTH,
    WIRE_BOOTH_TO_REGISTRAR, /* bodies of /enrol and /renew */
    WIRE_REGISTRAR_TO_BOOTH,
} WireDirection;

#define WIRE_ERROR (wire_error_quark())
GQuark wire_error_quark(void);

/* Reads length bytes of data (need not be NUL-terminated). Returns a new reference, or NULL with a WIRE_ERROR that names the member. */
json_t *wire_decode(WireDirection direction, const char *data, size_t length, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The text of a message, compact, to g_free(). Steals the reference. In a build with assertions a message that wire_decode() would refuse
 * aborts. */
char *wire_encode(WireDirection direction, json_t *message) G_GNUC_WARN_UNUSED_RESULT;

/* The type of a decoded message; belongs to it. */
const char *wire_type(const json_t *message);

/* Members of a decoded message; "" and 0 and FALSE where an optional one is absent. Strings belong to the message. */
const char *wire_string(const json_t *message, const char *member);
gint64 wire_int(const json_t *message, const char *member);
gboolean wire_bool(const json_t *message, const char *member);

gboolean wire_is_call_id(const char *text);  /* c and 32 lower-case hex digits */
gboolean wire_is_booth_id(const char *text); /* [a-z0-9-]{1,32} */

/* "c" and 32 random hex digits, from the kernel's generator; to g_free(). */
char *wire_new_call_id(void);
/* 32 random hex digits: a nonce or a shopper's key; to g_free(). */
char *wire_new_secret(void);
