#include "agent/record.h"

#include "wire/wire.h"

#include <string.h>

static void put_number(json_t *record, const char *name, gint64 value)
{
    json_object_set_new(record, name, json_integer(value));
}

static void put_text(json_t *record, const char *name, const char *text)
{
    json_object_set_new(record, name, json_string(text));
}

static json_t *begin(const Config *config, const char *kind, const char *boot, gint64 made_mono)
{
    return json_pack("{s:i, s:s, s:s, s:s, s:s, s:I}", "v", 2, "kind", kind, "store", config_string(config, "booth", "store"), "region",
                     config_string(config, "booth", "region"), "boot_id", boot, "made_mono", (json_int_t)made_mono);
}

/* From one stage to the next; 0 where it was not reached. */
static gint64 between(gint64 from, gint64 to)
{
    return from && to > from ? to - from : 0;
}

static void put_offer(json_t *record, const BoothCall *call, const json_t *card)
{
    const gint64 waited = wire_int(card, "waited_ms");
    put_text(record, "call", call->key.id);
    put_number(record, "gen", call->key.gen);
    put_text(record, "topic", wire_string(card, "topic"));
    put_text(record, "lang", wire_string(card, "lang"));
    json_object_set_new(record, "before", json_boolean(wire_bool(card, "before")));
    put_number(record, "waited_ms", waited);
    put_text(record, "result", call->result ? call->result : "");
    put_number(record, "enqueued_mono", call->offered_mono ? call->offered_mono - waited : 0);
    put_number(record, "offered_mono", call->offered_mono);
    put_number(record, "accepted_mono", call->accepted_mono);
    put_number(record, "ended_mono", call->ended_mono);
    put_number(record, "ring_ms", between(call->offered_mono, call->accepted_mono ? call->accepted_mono : call->ended_mono));
}

void record_put_note(json_t *record, const BoothNote *note)
{
    put_text(record, "outcome", note->outcome);
    put_text(record, "order", note->order);
    if (note->currency[0]) {
        put_number(record, "value_minor", note->value_minor);
        put_text(record, "currency", note->currency);
    }
    json_t *tags = json_array();
    g_auto(GStrv) words = g_strsplit(note->tags, " ", -1);
    for (guint i = 0; words[i]; i++) {
        if (*words[i]) json_array_append_new(tags, json_string(words[i]));
    }
    json_object_set_new(record, "tags", tags);
}

static void put_sold(json_t *record, const BoothSold *sold)
{
    put_number(record, "shown", sold->shown);
    put_number(record, "added", sold->added);
    put_number(record, "items", sold->items);
    put_number(record, "accessories", sold->accessories);
    if (!sold->currency[0]) return;
    put_number(record, "basket_minor", sold->basket_minor);
    put_text(record, "basket_currency", sold->currency);
}

static void put_course(json_t *record, const BoothCall *call)
{
    put_number(record, "media_up_mono", call->media_up_mono);
    put_number(record, "shopper_picture_mono", call->shopper_picture_mono);
    put_number(record, "ready_mono", call->ready_mono);
    put_number(record, "setup_ms", between(call->accepted_mono, call->media_up_mono));
    put_number(record, "talk_ms", call->talk_ms);
    put_number(record, "muted_ms", call->muted_ms);
    put_number(record, "wrapup_ms", call->wrapup_ms);
    if (call->cut_boot[0]) json_object_set_new(record, "cut", json_true());
}

json_t *record_of_call(const Config *config, const Booth *booth, const json_t *card, const char *boot, gint64 mono)
{
    const BoothCall *call = &booth->call;
    gboolean accepted = g_strcmp0(call->result, "accepted") == 0, cut = call->cut_boot[0] != 0;
    json_t *record = begin(config, accepted ? "call" : "offer", cut ? call->cut_boot : boot, cut ? call->ended_mono : mono);
    put_offer(record, call, card);
    if (!accepted) return record;
    put_course(record, call);
    record_put_note(record, &call->note);
    put_text(record, "codec", call->codec);
    put_sold(record, &call->sold);
    return record;
}

json_t *record_of_time(const Config *config, Tally *tally, const char *boot)
{
    json_t *counted = tally_take(tally);
    if (!counted) return NULL;
    json_t *record = begin(config, "state", boot, wire_int(counted, "to_mono"));
    json_object_update(record, counted);
    json_decref(counted);
    return record;
}
