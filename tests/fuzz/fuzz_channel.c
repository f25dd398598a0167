/* What a studio reads from the data channel of a shopper's page: lines are messages. Nothing but plain words, bounded ids and quantities
 * may come out. */
#include <stdint.h>
#include <string.h>

#include "studio/channel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static gboolean on_send(void *data, const char *text, GError **error)
{
    (void)data;
    (void)error;
    g_assert_cmpuint(strlen(text), <=, 64 * 1024);
    return TRUE;
}

static void on_chat(void *data, const char *text)
{
    (void)data;
    g_assert_true(g_utf8_validate(text, -1, NULL));
}

static void on_basket(void *data, const char *id, guint quantity, gboolean add)
{
    (void)data;
    g_assert_cmpuint(strlen(id), >, 0);
    g_assert_cmpuint(quantity, <=, 99);
    g_assert_true(!add || quantity > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static json_t *snapshot;
    if (!snapshot)
        snapshot = json_pack("{s:s,s:{s:s,s:[{s:s,s:s}],s:i},s:[{s:s,s:i}],s:s}", "state", "live", "show", "kind", "product", "products",
                             "id", "A", "title", "T", "index", 0, "basket", "id", "A", "quantity", 1, "checkout", "https://s/");
    Channel *channel = channel_new(&(ChannelEvents){on_send, on_chat, on_basket, NULL});
    g_autofree char *text = g_strndup((const char *)data, size);
    g_auto(GStrv) lines = g_strsplit(text, "\n", 64);
    channel_set_snapshot(channel, snapshot);
    for (guint i = 0; lines[i]; i++) {
        /* As the peer connection does: what is no text never comes here. */
        if (g_utf8_validate(lines[i], -1, NULL)) channel_take(channel, 1 + i / 40, lines[i], (gint64)i * G_USEC_PER_SEC);
    }
    channel_free(channel);
    return 0;
}
