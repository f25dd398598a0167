#include "wire/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

/* A message is its type and its members: "name:kind", a question mark after the kind where it may be absent.
 * Kinds: w word, s text to 2 KiB, m text to 8 KiB, S text to 48 KiB, d base64 to 60,000 bytes, i whole number from 0, b bool, o object, a
 * array of words or
 * "*", l array, n null or object, c call id, B booth id. */
typedef struct {
    const char *type;
    const char *members;
} Message;

#define WORD_MAX 64
#define TEXT_MAX 2048
#define CHAT_MAX (8 * 1024)
#define SDP_MAX  (48 * 1024)
#define DATA_MAX 60000
#define LIST_MAX 64
#define SIGNAL   "gen:i pc:i kind:w sdp:S? candidate:s? mline:i? codec:s?"

static const Message shopper_to_desk[] = {
    {"ask", "topic:w lang:w terms:b codecs:a product:s? product_title:s? callback:s? before:c?"},
    {"resume", "call:c key:w"},
    {"leave", ""},
    {"signal", SIGNAL},
    {"media_up", "gen:i pc:i"},
    {"no_picture", "gen:i"},
    {"hangup", "gen:i"},
    {"rate", "call:c key:w stars:i recommend:i? text:s?"},
    {"callback", "contact:s when:s?"},
    {"ping", ""},
    {NULL, NULL},
};

static const Message desk_to_shopper[] = {
    {"hello", "open:b opens_utc:i? staff:b topics:l langs:a leave_after_ms:i"},
    {"queued", "call:c key:w place:i wait:n requeued:b staff:b"},
    {"ringing", "call:c gen:i"},
    {"connecting", "call:c gen:i booth_name:s ice_servers:l"},
    {"signal", SIGNAL},
    {"ended", "call:c outcome:w cause:w?"},
    {"called_back", "reference:s"},
    {"rated", ""},
    {"pong", ""},
    {"error", "code:w detail:s?"},
    {NULL, NULL},
};

static const Message booth_to_desk[] = {
    {"hello", "v:i booth:B name:s store:s region:s topics:a langs:a epoch:i version:s instance:w? call:o?"},
    {"pull", "seq:i"},
    {"unpull", "seq:i"},
    {"accept", "call:c gen:i nonce:w"},
    {"decline", "call:c gen:i nonce:w"},
    {"ring_no_answer", "call:c gen:i nonce:w"},
    {"renew", "call:c gen:i nonce:w"},
    {"signal", "call:c " SIGNAL},
    {"media_up", "call:c gen:i"},
    {"end", "call:c gen:i nonce:w reason:w"},
    {"record", "epoch:i seq:i record:o"},
    {"records", "list:l"},
    {"status", "snapshot:o"},
    {"catalogue_get", "version:i chunk:i"},
    {"done", "id:w ok:b text:s"},
    {"picture", "id:w chunk:i chunks:i data:d"},
    {"bundle", "id:w chunk:i chunks:i data:d"},
    {"bundle_failed", "id:w text:s"},
    {NULL, NULL},
};

static const Message desk_to_booth[] = {
    {"welcome", "desk:w now_utc:i ring_ms:i wrapup_ms:i setup_ms:i resume:w stored:o"},
    {"offer", "call:c gen:i nonce:w topic:w lang:w product:s? product_title:s? before:b? waited_ms:i codecs:a ring_ms:i "
              "wrapup_ms:i? ice_servers:l"},
    {"unpulled", "seq:i"},
    {"withdrawn", "call:c gen:i why:w"},
    {"accepted", "call:c gen:i"},
    {"refused", "call:c gen:i what:w why:w"},
    {"signal", "call:c " SIGNAL},
    {"media_up", "call:c gen:i"},
    {"shopper", "call:c gen:i present:b"},
    {"no_picture", "call:c gen:i"},
    {"ended", "call:c gen:i outcome:w by:w"},
    {"queue", "waiting:i oldest_ms:i topics:o service:o"},
    {"recorded", "epoch:i seq:i"},
    {"catalogue", "version:i bytes:i sha256:w products:i feed_utc:i"},
    {"catalogue_chunk", "version:i chunk:i data:d"},
    {"catalogue_refused", "version:i chunk:i why:w"},
    {"command", "id:w what:w text:s? minutes:i?"},
    {"identity", "state:w"},
    {"error", "code:w detail:s?"},
    {NULL, NULL},
};

static const Message booth_to_shopper[] = {
    {"chat", "text:m"},
    {"card", "kind:w products:l index:i"},
    {"basket", "items:l checkout:S"},
    {NULL, NULL},
};

static const Message shopper_to_booth[] = {
    {"hello", "v:i"}, {"chat", "text:m"}, {"basket_add", "id:s quantity:i"}, {"basket_set", "id:s quantity:i"}, {NULL, NULL},
};

static const Message booth_to_registrar[] = {{"enrol", "booth:B token:w csr:m"}, {"renew", "csr:m"}, {NULL, NULL}};

static const Message registrar_to_booth[] = {{"enrolled", "certificate:S authority:S"}, {"refused", "why:w detail:s?"}, {NULL, NULL}};

static const Message *const directions[] = {
    [WIRE_SHOPPER_TO_DESK] = shopper_to_desk,       [WIRE_DESK_TO_SHOPPER] = desk_to_shopper,
    [WIRE_BOOTH_TO_DESK] = booth_to_desk,           [WIRE_DESK_TO_BOOTH] = desk_to_booth,
    [WIRE_BOOTH_TO_SHOPPER] = booth_to_shopper,     [WIRE_SHOPPER_TO_BOOTH] = shopper_to_booth,
    [WIRE_BOOTH_TO_REGISTRAR] = booth_to_registrar, [WIRE_REGISTRAR_TO_BOOTH] = registrar_to_booth,
};

GQuark wire_error_quark(void)
{
    return g_quark_from_static_string("livebooth-wire");
}

static gboolean spans(const char *text, const char *accept, size_t min, size_t max)
{
    size_t length = strlen(text);
    return length >= min && length <= max && strspn(text, accept) == length;
}

#define DIGITS "0123456789"
#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

gboolean wire_is_call_id(const char *text)
{
    return text[0] == 'c' && spans(text + 1, DIGITS "abcdef", 32, 32);
}

gboolean wire_is_booth_id(const char *text)
{
    return spans(text, DIGITS LOWER "-", 1, 32);
}

static gboolean is_word(const json_t *value)
{
    return json_is_string(value) && spans(json_string_value(value), DIGITS LOWER UPPER "_-.", 1, WORD_MAX);
}

static gboolean is_text(const json_t *value, size_t max)
{
    return json_is_string(value) && json_string_length(value) <= max && strlen(json_string_value(value)) == json_string_length(value);
}

static gboolean is_data(const json_t *value)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    return is_text(value, DATA_MAX) && json_string_length(value) > 0 &&
           strspn(json_string_value(value), alphabet) == json_string_length(value);
}

static gboolean is_list(const json_t *value)
{
    return json_is_array(value) && json_array_size(value) <= LIST_MAX;
}

static gboolean is_word_list(const json_t *value)
{
    if (!is_list(value)) return FALSE;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *word = json_array_get(value, i);
        /* A booth whose topics are "*" has every one. */
        if (!is_word(word) && g_strcmp0(json_string_value(word), "*") != 0) return FALSE;
    }
    return TRUE;
}

static gboolean is_kind(const json_t *value, char kind)
{
    switch (kind) {
    case 'w': return is_word(value);
    case 's': return is_text(value, TEXT_MAX);
    case 'm': return is_text(value, CHAT_MAX);
    case 'S': return is_text(value, SDP_MAX);
    case 'd': return is_data(value);
    case 'i': return json_is_integer(value) && json_integer_value(value) >= 0;
    case 'b': return json_is_boolean(value);
    case 'o': return json_is_object(value);
    case 'n': return json_is_null(value) || json_is_object(value);
    case 'a': return is_word_list(value);
    case 'l': return is_list(value);
    case 'c': return json_is_string(value) && wire_is_call_id(json_string_value(value));
    case 'B': return json_is_string(value) && wire_is_booth_id(json_string_value(value));
    default: g_return_val_if_reached(FALSE);
    }
}

static gboolean refuse(GError **error, const char *what, const char *name)
{
    g_set_error(error, WIRE_ERROR, 0, "%s \"%s\"", what, name);
    return FALSE;
}

/* Every listed member is there and right; as many were seen as the message has, so none is surplus. */
static gboolean check_members(const json_t *message, const char *members, GError **error)
{
    size_t seen = 1; /* t */
    const char *at = members;
    while (*at) {
        char name[32];
        size_t length = strcspn(at, ":");
        g_assert(length < sizeof name);
        memcpy(name, at, length);
        name[length] = '\0';
        char kind = at[length + 1];
        gboolean optional = at[length + 2] == '?';
        at += length + 2 + (optional ? 1 : 0);
        at += strspn(at, " ");
        const json_t *value = json_object_get(message, name);
        if (!value && !optional) return refuse(error, "missing member", name);
        if (!value) continue;
        if (!is_kind(value, kind)) return refuse(error, "ill-formed member", name);
        seen++;
    }
    if (seen != json_object_size(message)) return refuse(error, "surplus member in", wire_type(message));
    return TRUE;
}

static gboolean check(WireDirection direction, const json_t *message, GError **error)
{
    const json_t *type = json_object_get(message, "t");
    if (!is_word(type)) return refuse(error, "missing member", "t");
    for (const Message *known = directions[direction]; known->type; known++) {
        if (strcmp(known->type, json_string_value(type)) == 0) return check_members(message, known->members, error);
    }
    return refuse(error, "unknown type", json_string_value(type));
}

json_t *wire_decode(WireDirection direction, const char *data, size_t length, GError **error)
{
    if (length > WIRE_MESSAGE_MAX) {
        refuse(error, "message longer than", G_STRINGIFY(WIRE_MESSAGE_MAX));
        return NULL;
    }
    json_error_t cause;
    json_t *message = json_loadb(data, length, JSON_REJECT_DUPLICATES, &cause);
    if (!message) {
        g_set_error(error, WIRE_ERROR, 0, "not JSON: %s", cause.text);
        return NULL;
    }
    if (!check(direction, message, error)) {
        json_decref(message);
        return NULL;
    }
    return message;
}

char *wire_encode(WireDirection direction, json_t *message)
{
    g_autoptr(GError) error = NULL;
    if (!check(direction, message, &error)) g_error("a message of ours breaks the protocol: %s", error->message);
    char *text = json_dumps(message, JSON_COMPACT);
    json_decref(message);
    return text;
}

const char *wire_type(const json_t *message)
{
    return wire_string(message, "t");
}

const char *wire_string(const json_t *message, const char *member)
{
    const char *text = json_string_value(json_object_get(message, member));
    return text ? text : "";
}

gint64 wire_int(const json_t *message, const char *member)
{
    return json_integer_value(json_object_get(message, member));
}

gboolean wire_bool(const json_t *message, const char *member)
{
    return json_is_true(json_object_get(message, member));
}

char *wire_new_secret(void)
{
    guint8 bytes[16];
    for (size_t done = 0; done < sizeof bytes;) {
        ssize_t got = getrandom(bytes + done, sizeof bytes - done, 0);
        if (got > 0)
            done += (size_t)got;
        else if (errno != EINTR)
            g_error("getrandom: %s", g_strerror(errno));
    }
    GString *text = g_string_sized_new(2 * sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) g_string_append_printf(text, "%02x", bytes[i]);
    return g_string_free(text, FALSE);
}

char *wire_new_call_id(void)
{
    g_autofree char *secret = wire_new_secret();
    return g_strconcat("c", secret, NULL);
}
