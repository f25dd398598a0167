/* What a desk may send a booth, byte by byte: the answer to the upgrade, and frames behind it through wslay's client side with the link's
 * bounds. */
#include "link/link.h"
#include "link/upgrade.h"
#include "wire/wire.h"

#include <string.h>
#include <wslay/wslay.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct {
    const uint8_t *at;
    size_t left;
} Bytes;

static ssize_t receive(wslay_event_context_ptr ws, uint8_t *buffer, size_t length, int flags, void *data)
{
    (void)flags;
    Bytes *bytes = data;
    size_t taken = MIN(length, bytes->left);
    if (taken == 0) {
        wslay_event_set_error(ws, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    memcpy(buffer, bytes->at, taken);
    bytes->at += taken;
    bytes->left -= taken;
    return (ssize_t)taken;
}

static ssize_t swallow(wslay_event_context_ptr ws, const uint8_t *bytes, size_t length, int flags, void *data)
{
    (void)ws;
    (void)bytes;
    (void)flags;
    (void)data;
    return (ssize_t)length;
}

static int mask(wslay_event_context_ptr ws, uint8_t *bytes, size_t length, void *data)
{
    (void)ws;
    (void)data;
    memset(bytes, 0, length);
    return 0;
}

static void message(wslay_event_context_ptr ws, const struct wslay_event_on_msg_recv_arg *arg, void *data)
{
    (void)ws;
    (void)data;
    g_assert(arg->msg_length <= LINK_MESSAGE_MAX);
    if (arg->opcode != WSLAY_TEXT_FRAME) return;
    json_t *decoded = wire_decode(WIRE_DESK_TO_BOOTH, (const char *)arg->msg, arg->msg_length, NULL);
    json_decref(decoded);
}

static void frames(const uint8_t *data, size_t size)
{
    const struct wslay_event_callbacks callbacks = {
        .recv_callback = receive, .send_callback = swallow, .genmask_callback = mask, .on_msg_recv_callback = message};
    Bytes bytes = {data, size};
    wslay_event_context_ptr ws;
    g_assert(wslay_event_context_client_init(&ws, &callbacks, &bytes) == 0);
    wslay_event_config_set_max_recv_msg_length(ws, LINK_MESSAGE_MAX);
    wslay_event_recv(ws);
    if (wslay_event_want_write(ws)) wslay_event_send(ws);
    wslay_event_context_free(ws);
}

/* The first byte chooses: frames at once, or an answer and what follows it. The key is RFC 6455's example. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    if (data[0] == 'F') {
        frames(data + 1, size - 1);
        return 0;
    }
    gsize header = 0;
    g_autoptr(GError) error = NULL;
    UpgradeResult result = upgrade_answer(data, size, "dGhlIHNhbXBsZSBub25jZQ==", WIRE_SUBPROTOCOL_BOOTH, &header, &error);
    g_assert((result == UPGRADE_REFUSED) == (error != NULL));
    if (result != UPGRADE_DONE) return 0;
    g_assert(header <= size);
    frames(data + header, size - header);
    return 0;
}
