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
