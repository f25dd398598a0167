/* What the ops page knows of the exchange, and tells it. */
#define G_LOG_DOMAIN "desk"

#include <string.h>

#include "desk/exchange_state.h"

void exchange_set_hooks(Exchange *exchange, const ExchangeHooks *hooks)
{
    exchange->hooks = hooks;
}

Store *exchange_store(const Exchange *exchange)
{
    return exchange->store;
}

const char *exchange_secret(const Exchange *exchange)
{
    return exchange->secret;
}

const ExchangeSettings *exchange_settings(const Exchange *exchange)
{
    return exchange->settings;
}

json_t *exchange_line(Exchange *exchange)
{
    return booth_line(exchange);
}

gboolean exchange_topic_is_open(const Exchange *exchange, const char *topic)
{
    return !exchange->rules || !exchange->rules->topics || g_strv_contains((const char *const *)exchange->rules->topics, topic);
}

void exchange_set_rules(Exchange *exchange, const char *text)
{
    g_autoptr(GError) error = NULL;
    Rules *rules = text ? rules_read(text, exchange->settings->topics, &error) : NULL;
    if (text && !rules) {
        g_warning("what ops have set is not understood and changes nothing: %s", error->message);
        return;
    }
    const ExchangeSettings *configured = exchange->configured;
    rules_free(exchange->rules);
    exchange->rules = rules;
    exchange->ruled.ring_ms = rules && rules->ring_ms ? rules->ring_ms : configured->ring_ms;
    exchange->ruled.wrapup_ms = rules && rules->wrapup_ms ? rules->wrapup_ms : configured->wrapup_ms;
    exchange->ruled.hours = rules && rules->hours ? rules->hours : configured->hours;
    GHashTableIter iter;
    gpointer booth;
    g_hash_table_iter_init(&iter, exchange->booths);
    while (g_hash_table_iter_next(&iter, NULL, &booth)) booth_use_topics(exchange, booth);
}

gboolean exchange_tell_booth(Exchange *exchange, const char *id, const char *text)
{
    const Booth *booth = g_hash_table_lookup(exchange->booths, id);
    if (!booth || !booth->welcomed) return FALSE;
    door_send(booth->peer.link, text);
    return TRUE;
}

gboolean exchange_has_booth(const Exchange *exchange, const char *id)
{
    const Booth *booth = g_hash_table_lookup(exchange->booths, id);
    return booth && booth->welcomed;
}

static void append_link(json_t *links, const Booth *booth)
{
    const gint64 now = g_get_monotonic_time(), now_utc = exchange_utc(), proven = MAX(door_proven(booth->peer.link), booth->heard);
    json_array_append_new(links, json_pack("{s:s, s:I, s:I}", "address", booth->peer.address, "since_utc",
                                           (json_int_t)(now_utc - (now - booth->heard) / 1000), "heard_utc",
                                           (json_int_t)(now_utc - (now - proven) / 1000)));
}

json_t *exchange_links(const Exchange *exchange, const char *id)
{
    json_t *links = json_array();
    const Booth *booth = g_hash_table_lookup(exchange->booths, id);
    if (booth) append_link(links, booth);
    for (const GList *at = exchange->held.head; at; at = at->next) {
        const Booth *held = at->data;
        if (strcmp(held->id, id) == 0) append_link(links, held);
    }
    return links;
}

gboolean exchange_desk_lives(const Exchange *exchange, const char *instance)
{
    return !exchange_desk_is_dead(exchange, instance, exchange_mono());
}

guint exchange_desks(const Exchange *exchange)
{
    guint count = 1;
    GHashTableIter iter;
    gpointer name;
    g_hash_table_iter_init(&iter, exchange->desks);
    while (g_hash_table_iter_next(&iter, &name, NULL)) count += !exchange_is_self(exchange, name) && exchange_desk_lives(exchange, name);
    return count;
}

/* A bundle is for the desk that has the link, the rest for whichever asked. */
void booth_told_ops(Exchange *exchange, Booth *booth, const json_t *message)
{
    if (g_str_has_prefix(wire_type(message), "bundle")) {
        if (exchange->hooks) exchange->hooks->bundle(exchange->hooks->data, booth->id, message);
        return;
    }
    g_autofree char *subject = g_strconcat("ops.told.", booth->id, NULL);
    g_autofree char *text = json_dumps(message, JSON_COMPACT);
    store_signal(exchange->store, subject, text);
}
