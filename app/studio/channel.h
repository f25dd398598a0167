/* channel: what is said on a call's data channel (docs/protocol.md): chat, the card of what is shown, the shared basket.
 *
 * A shopper's page that says hello is spoken to in messages; one that does not, in plain text, and is told of no product. Everything that
 * comes from the page is bounded and checked here. Main thread only. */
#pragma once

#include <glib.h>
#include <jansson.h>

typedef struct Channel Channel;

typedef struct {
    gboolean (*send)(void *data, const char *text, GError **error);
    void (*chat)(void *data, const char *text); /* the shopper's */
    /* The shopper wants so many of a product: more of it (add), exactly so many, or, with 0, none. */
    void (*basket)(void *data, const char *id, guint quantity, gboolean add);
    void *data;
} ChannelEvents;

#define CHANNEL_PROTOCOL "livebooth.call.v1" /* of the data channel */
#define CHANNEL_BURST    30                  /* messages at once; then */
#define CHANNEL_A_SECOND 5                   /* so many a second; further ones are dropped */

Channel *channel_new(const ChannelEvents *events); /* copied */
void channel_free(Channel *channel);               /* NULL is fine */

/* A message of the page of this peer connection. now: g_get_monotonic_time(). */
void channel_take(Channel *channel, guint pc, const char *text, gint64 now);
/* The agent's snapshot, NULL: none. Tells the page what is new to it. */
void channel_set_snapshot(Channel *channel, const json_t *snapshot);
/* The session ended. */
void channel_reset(Channel *channel);
/* The advisor's words. */
gboolean channel_say(Channel *channel, const char *text, GError **error);
