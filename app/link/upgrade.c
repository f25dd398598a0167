#include "link/upgrade.h"

#include <string.h>

#define MAGIC "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

GQuark upgrade_error_quark(void)
{
    return g_quark_from_static_string("livebooth-upgrade");
}

char *upgrade_key(const guint8 random[16])
{
    return g_base64_encode(random, 16);
}

char *upgrade_request(const char *authority, const char *path, const char *subprotocol, const char *key)
{
    return g_strdup_printf("GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: %s\r\n"
                           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: %s\r\n\r\n",
                           path, authority, key, subprotocol);
}

static char *expected_accept(const char *key)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA1);
    g_checksum_update(sum, (const guchar *)key, -1);
    g_checksum_update(sum, (const guchar *)MAGIC, -1);
    guint8 digest[20];
    gsize length = sizeof digest;
    g_checksum_get_digest(sum, digest, &length);
    return g_base64_encode(digest, length);
}

G_GNUC_PRINTF(2, 3) static UpgradeResult refuse(GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *safe = g_str_to_ascii(text, "C");
    for (char *at = safe; *at; at++) {
        if (!g_ascii_isprint(*at)) *at = '?';
    }
    g_set_error_literal(error, UPGRADE_ERROR, 0, safe);
    return UPGRADE_REFUSED;
}

static gboolean has_token(const char *list, const char *token)
{
    g_auto(GStrv) parts = g_strsplit(list, ",", -1);
    for (guint i = 0; parts[i]; i++) {
        if (g_ascii_strcasecmp(g_strstrip(parts[i]), token) == 0) return TRUE;
    }
    return FALSE;
}

typedef struct {
    const char *upgrade, *connection, *accept, *protocol;
} Fields;

/* One "Name: value" line, cut in place. A header that we judge may come only once. */
static UpgradeResult take_line(char *line, Fields *fields, GError **error)
{
    char *colon = strchr(line, ':');
    if (!colon || colon == line) return refuse(error, "the desk's answer has a line that is no header: %.80s", line);
    *colon = '\0';
    const char *value = g_strstrip(colon + 1);
    const char **slot = NULL;
    if (g_ascii_strcasecmp(line, "Upgrade") == 0)
        slot = &fields->upgrade;
    else if (g_ascii_strcasecmp(line, "Connection") == 0)
        slot = &fields->connection;
    else if (g_ascii_strcasecmp(line, "Sec-WebSocket-Accept") == 0)
        slot = &fields->accept;
    else if (g_ascii_strcasecmp(line, "Sec-WebSocket-Protocol") == 0)
        slot = &fields->protocol;
    else if (g_ascii_strcasecmp(line, "Sec-WebSocket-Extensions") == 0)
        return refuse(error, "the desk chose an extension that was not offered: %.80s", value);
    if (!slot) return UPGRADE_MORE;
    if (*slot) return refuse(error, "the desk's answer has %s twice", line);
    *slot = value;
    return UPGRADE_MORE;
}

static UpgradeResult judge(char **lines, const char *key, const char *subprotocol, GError **error)
{
    if (!g_str_has_prefix(lines[0], "HTTP/1.1 101") || (lines[0][12] != ' ' && lines[0][12] != '\0'))
        return refuse(error, "the desk did not open a WebSocket: it answered \"%.80s\"", lines[0]);
    Fields fields = {0};
    for (guint i = 1; lines[i]; i++) {
        if (take_line(lines[i], &fields, error) == UPGRADE_REFUSED) return UPGRADE_REFUSED;
    }
    g_autofree char *accept = expected_accept(key);
    if (!fields.upgrade || g_ascii_strcasecmp(fields.upgrade, "websocket") != 0)
        return refuse(error, "the desk's answer lacks Upgrade: websocket");
    if (!fields.connection || !has_token(fields.connection, "upgrade")) return refuse(error, "the desk's answer lacks Connection: Upgrade");
    if (!fields.accept || strcmp(fields.accept, accept) != 0) return refuse(error, "the desk's Sec-WebSocket-Accept is wrong");
    if (!fields.protocol || strcmp(fields.protocol, subprotocol) != 0)
        return refuse(error, "the desk speaks \"%.80s\", not \"%s\"", fields.protocol ? fields.protocol : "", subprotocol);
    return UPGRADE_DONE;
}

UpgradeResult upgrade_answer(const guint8 *bytes, gsize length, const char *key, const char *subprotocol, gsize *header_length,
                             GError **error)
{
    const guint8 *end = length ? memmem(bytes, length, "\r\n\r\n", 4) : NULL;
    gsize header = end ? (gsize)(end - bytes) : length;
    if (header > UPGRADE_HEADER_MAX) return refuse(error, "the desk's answer has a header longer than %d bytes", UPGRADE_HEADER_MAX);
    if (header && memchr(bytes, '\0', header)) return refuse(error, "the desk's answer is not HTTP");
    if (!end) return UPGRADE_MORE;
    g_autofree char *text = g_strndup((const char *)bytes, header);
    g_auto(GStrv) lines = g_strsplit(text, "\r\n", -1);
    if (!lines[0]) return refuse(error, "the desk's answer is empty");
    *header_length = header + 4;
    return judge(lines, key, subprotocol, error);
}
