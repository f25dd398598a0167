#include "agent/status.h"

#include "agent/record.h"
#include "wire/wire.h"

#include <string.h>

static json_t *call_json(const StatusParts *parts)
{
    const Booth *booth = parts->booth;
    const BoothCall *call = &booth->call;
    if (booth->state != BOOTH_RINGING && booth->state != BOOTH_CONNECTING && booth->state != BOOTH_LIVE) return json_null();
    return json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:I, s:s, s:s, s:b}", "id", call->key.id, "gen", (int)call->key.gen,
                     "topic", wire_string(parts->card, "topic"), "lang", wire_string(parts->card, "lang"), "product",
                     wire_string(parts->card, "product"), "product_title", wire_string(parts->card, "product_title"), "before",
                     wire_bool(parts->card, "before"), "waited_ms", (json_int_t)wire_int(parts->card, "waited_ms"), "ring_until_mono",
                     (json_int_t)call->ring_until_mono, "accepted_mono", (json_int_t)call->accepted_mono, "media",
                     booth_media_name(call->media), "codec", call->codec, "shopper_present", call->shopper_present);
}

/* Times in it are of when the desk told it. */
static json_t *queue_json(const json_t *queue, gboolean alert)
{
    json_t *topics = json_object_get(queue, "topics"), *service = json_object_get(queue, "service");
    return json_pack("{s:I, s:I, s:I, s:b, s:o, s:o}", "waiting", (json_int_t)wire_int(queue, "waiting"), "oldest_ms",
                     (json_int_t)wire_int(queue, "oldest_ms"), "told_mono", (json_int_t)wire_int(queue, "told_mono"), "alert", alert,
                     "service", service ? json_incref(service) : json_null(), "topics", topics ? json_incref(topics) : json_object());
}

static json_t *wrapup_json(const Booth *booth)
{
    if (booth->state != BOOTH_WRAPUP) return json_null();
    json_t *wrapup = json_pack("{s:I, s:b}", "until_mono", (json_int_t)booth->deadline_mono, "extended", booth->extended);
    record_put_note(wrapup, &booth->call.note);
    return wrapup;
}

static json_t *words_json(const Config *config, const char *key)
{
    json_t *list = json_array();
    const char *const *words = config_list(config, "advisor", key);
    for (guint i = 0; words[i]; i++) json_array_append_new(list, json_string(words[i]));
    return list;
}

json_t *status_snapshot(const StatusParts *parts)
{
    const Booth *booth = parts->booth;
    json_t *snapshot =
        json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:b}", "v", 1, "booth", config_string(parts->config, "booth", "id"), "name",
                  config_string(parts->config, "booth", "name"), "store", config_string(parts->config, "booth", "store"), "region",
                  config_string(parts->config, "booth", "region"), "state", booth_state_name(booth->state), "since_mono",
                  (json_int_t)booth->since_mono, "pause_reason", booth->pause_reason, "ready_wanted", booth->ready_wanted);
    json_object_set_new(snapshot, "problems", problems_json(parts->problems));
    json_object_set_new(
        snapshot, "link",
        json_pack("{s:b, s:s, s:s}", "up", parts->link_up, "address", parts->link_address, "why", parts->link_up ? "" : parts->link_why));
    json_object_set_new(snapshot, "queue", queue_json(parts->queue, parts->alert));
    json_object_set_new(snapshot, "call", call_json(parts));
    json_object_set_new(snapshot, "wrapup", wrapup_json(booth));
    json_object_set(snapshot, "checks", (json_t *)parts->checks);
    json_object_set_new(snapshot, "checking", json_boolean(booth->checking));
    json_object_set_new(snapshot, "practice", json_boolean(booth_is_practice(booth)));
    json_object_set_new(
        snapshot, "advisor",
        json_pack("{s:o, s:o}", "tags", words_json(parts->config, "tags"), "currencies", words_json(parts->config, "currencies")));
    json_object_set_new(snapshot, "camera", json_string(booth_view_name(booth->view)));
    json_object_set_new(snapshot, "muted", json_boolean(booth->muted));
    json_t *health = parts->health ? json_incref((json_t *)parts->health) : json_null();
    json_object_set_new(snapshot, "studio", json_pack("{s:b, s:o}", "up", booth->studio, "health", health));
    json_object_set(snapshot, "records", (json_t *)parts->records);
    if (parts->has_temperature) json_object_set_new(snapshot, "temperature_c", json_real(parts->millidegrees / 1000.0));
    json_object_set_new(snapshot, "version", json_string(LIVEBOOTH_VERSION));
    json_object_set_new(snapshot, "now_mono", json_integer(parts->now_mono));
    return snapshot;
}

/* What the advisor notes of an order gets to the centre by the record alone, which is kept and erased as personal data is. */
static void hide_note(json_t *told)
{
    static const char *const noted[] = {"order", "value_minor", "currency", "tags"};
    json_t *wrapup = json_copy(json_object_get(told, "wrapup"));
    for (guint i = 0; i < G_N_ELEMENTS(noted) && wrapup; i++) json_object_del(wrapup, noted[i]);
    if (wrapup) json_object_set_new(told, "wrapup", wrapup);
}

json_t *status_for_desk(const json_t *snapshot)
{
    static const char *const own[] = {"advisor", "upkeep"};
    json_t *told = json_copy((json_t *)snapshot);
    for (guint i = 0; i < G_N_ELEMENTS(own); i++) json_object_del(told, own[i]);
    hide_note(told);
    if (!json_is_true(json_object_get(snapshot, "practice"))) return told;
    json_object_set_new(told, "state", json_string(booth_state_name(BOOTH_PAUSED)));
    json_object_set_new(told, "pause_reason", json_string(BOOTH_PRACTICE));
    json_object_set_new(told, "call", json_null());
    json_object_set_new(told, "wrapup", json_null());
    return told;
}
