#include "studio/channel.h"

#include "wire/wire.h"

#include <string.h>

#define CARD_BYTES_MAX  60000 /* what a browser surely takes is 64 KiB */
#define DESCRIPTION_MAX 600
#define DETAILS_FEW     8
#define CHAT_MAX        2000 /* characters */
#define CHECKOUT_MAX    8000

struct Channel {
    ChannelEvents events;
    guint pc;
    gboolean speaks; /* the page said hello */
    json_t *show;    /* of the last snapshot in a call; NULL: none */
    json_t *basket;  /* the message */
    char *told_card, *told_basket;
    gboolean floods;
    double allowance;
    gint64 refilled;
};

Channel *channel_new(const ChannelEvents *events)
{
    Channel *channel = g_new0(Channel, 1);
    channel->events = *events;
    channel->allowance = CHANNEL_BURST;
    return channel;
}

static void forget_told(Channel *channel)
{
    g_clear_pointer(&channel->told_card, g_free);
    g_clear_pointer(&channel->told_basket, g_free);
}

static void forget_snapshot(Channel *channel)
{
    json_decref(channel->show);
    json_decref(channel->basket);
    channel->show = channel->basket = NULL;
}

void channel_reset(Channel *channel)
{
    channel->speaks = FALSE;
    channel->pc = 0;
    forget_told(channel);
}

void channel_free(Channel *channel)
{
    if (!channel) return;
    forget_told(channel);
    forget_snapshot(channel);
    g_free(channel);
}

/* --- to the page ------------------------------------------------------------------------------------------------------------------------
 */

static void copy_member(json_t *to, const json_t *from, const char *member)
{
    json_t *value = json_object_get(from, member);
    if (value) json_object_set(to, member, value);
}

static json_t *first_of(const json_t *list, gsize most)
{
    json_t *few = json_array();
    for (gsize i = 0; i < MIN(json_array_size(list), most); i++) json_array_append(few, json_array_get(list, i));
    return few;
}

static json_t *product_of(const json_t *from, gboolean brief)
{
    static const char *const members[] = {"id",           "title",    "brand",  "link",    "price_minor", "sale_price_minor", "currency",
                                          "availability", "in_store", "rating", "ratings", "feed_utc",    "highlights"};
    json_t *product = json_object();
    for (guint i = 0; i < G_N_ELEMENTS(members); i++) copy_member(product, from, members[i]);
    json_object_set_new(product, "images", first_of(json_object_get(from, "images"), brief ? 1 : 8));
    json_object_set_new(product, "details", first_of(json_object_get(from, "details"), brief ? DETAILS_FEW : 100));
    const char *description = json_string_value(json_object_get(from, "description"));
    if (description && !brief && g_utf8_strlen(description, -1) <= DESCRIPTION_MAX)
        json_object_set_new(product, "description", json_string(description));
    return product;
}

static json_t *card_of(const json_t *show, gboolean brief)
{
    json_t *products = json_array();
    const json_t *from = json_object_get(show, "products");
    const char *kind = json_string_value(json_object_get(show, "kind"));
    for (gsize i = 0; i < json_array_size(from); i++) json_array_append_new(products, product_of(json_array_get(from, i), brief));
    return json_pack("{s:s, s:s, s:o, s:I}", "t", "card", "kind", kind ? kind : "none", "products", products, "index",
                     json_integer_value(json_object_get(show, "index")));
}

static char *card_text(const json_t *show)
{
    char *text = wire_encode(WIRE_BOOTH_TO_SHOPPER, card_of(show, FALSE));
    if (strlen(text) <= CARD_BYTES_MAX) return text;
    free(text);
    return wire_encode(WIRE_BOOTH_TO_SHOPPER, card_of(show, TRUE));
}

/* Steals text, which comes from malloc; what could not be sent is told again at the next hello. */
static void tell(Channel *channel, char *text, char **told)
{
    g_autoptr(GError) error = NULL;
    if (g_strcmp0(text, *told) != 0 && channel->events.send(channel->events.data, text, &error)) {
        g_free(*told);
        *told = g_strdup(text);
    }
    if (error) g_debug("data channel: %s", error->message);
    free(text);
}

static void tell_all(Channel *channel)
{
    if (!channel->speaks || !channel->basket) return;
    tell(channel, card_text(channel->show), &channel->told_card);
    tell(channel, wire_encode(WIRE_BOOTH_TO_SHOPPER, json_incref(channel->basket)), &channel->told_basket);
}

void channel_set_snapshot(Channel *channel, const json_t *snapshot)
{
    const char *state = json_string_value(json_object_get(snapshot, "state"));
    if (!snapshot) return;
    forget_snapshot(channel);
    if (g_strcmp0(state, "connecting") != 0 && g_strcmp0(state, "live") != 0) return;
    json_t *show = json_object_get(snapshot, "show"), *items = json_object_get(snapshot, "basket");
    const char *checkout = json_string_value(json_object_get(snapshot, "checkout"));
    channel->show = json_is_object(show) ? json_incref(show) : NULL;
    channel->basket = json_pack("{s:s, s:o, s:s}", "t", "basket", "items", json_is_array(items) ? json_incref(items) : json_array(),
                                "checkout", checkout && strlen(checkout) <= CHECKOUT_MAX ? checkout : "");
    tell_all(channel);
}

gboolean channel_say(Channel *channel, const char *text, GError **error)
{
    if (!g_utf8_validate(text, -1, NULL) || g_utf8_strlen(text, -1) > CHAT_MAX) {
        g_set_error(error, WIRE_ERROR, 0, "a chat message has at most %d characters", CHAT_MAX);
        return FALSE;
    }
    if (!channel->speaks) return channel->events.send(channel->events.data, text, error);
    char *message = wire_encode(WIRE_BOOTH_TO_SHOPPER, json_pack("{s:s, s:s}", "t", "chat", "text", text));
    gboolean sent = channel->events.send(channel->events.data, message, error);
    free(message);
    return sent;
}

/* --- from the page
 * ------------------------------------------------------------------------------------------------------------------------ */

static gboolean is_allowed(Channel *channel, gint64 now)
{
    if (channel->refilled)
        channel->allowance = MIN(CHANNEL_BURST, channel->allowance + (double)(now - channel->refilled) / G_USEC_PER_SEC * CHANNEL_A_SECOND);
    channel->refilled = now;
    if (channel->allowance < 1) return FALSE;
    channel->allowance -= 1;
    return TRUE;
}

static void take_message(Channel *channel, const json_t *message)
{
    const char *type = wire_type(message), *id = wire_string(message, "id");
    const gint64 quantity = wire_int(message, "quantity");
    void *data = channel->events.data;
    if (strcmp(type, "hello") == 0) {
        channel->speaks = TRUE;
        forget_told(channel);
        tell_all(channel);
    } else if (strcmp(type, "chat") == 0) {
        if (*wire_string(message, "text")) channel->events.chat(data, wire_string(message, "text"));
    } else if (quantity <= 99 && *id) {
        gboolean add = strcmp(type, "basket_add") == 0;
        if (!add || quantity > 0) channel->events.basket(data, id, (guint)quantity, add);
    }
}

void channel_take(Channel *channel, guint pc, const char *text, gint64 now)
{
    if (pc != channel->pc) {
        channel_reset(channel);
        channel->pc = pc;
    }
    gboolean allowed = is_allowed(channel, now);
    if (!allowed && !channel->floods) g_message("data channel: the page says too much at once; what is too much is dropped");
    channel->floods = !allowed;
    if (!allowed) return;
    json_t *message = wire_decode(WIRE_SHOPPER_TO_BOOTH, text, strlen(text), NULL);
    if (message)
        take_message(channel, message);
    else if (!channel->speaks)
        channel->events.chat(channel->events.data, text);
    else
        g_message("data channel: a message of %u bytes is not understood", (guint)strlen(text)); /* whose words are the shopper's */
    json_decref(message);
}
