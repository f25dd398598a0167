#define G_LOG_DOMAIN "desk"

#include "desk/exchange_state.h"

void exchange_set_catalogue(Exchange *exchange, CatalogueStore *catalogue)
{
    exchange->catalogue = catalogue;
}

void catalogue_tell(Exchange *exchange, Booth *booth)
{
    const CatalogueManifest *head = exchange->catalogue ? catalogue_store_head(exchange->catalogue) : NULL;
    if (!head) return;
    json_t *message = catalogue_manifest_json(head);
    json_object_set_new(message, "t", json_string("catalogue"));
    peer_send(&booth->peer, message);
}

static void on_chunk(gpointer data, CatalogueRead verdict, gint64 version, gint64 chunk, const char *base64)
{
    g_autofree PeerErrand *errand = data;
    Booth *booth = g_hash_table_lookup(errand->exchange->peers, &errand->serial);
    if (!booth) return;
    booth->reading = FALSE;
    if (verdict == CATALOGUE_READ_GOOD) {
        peer_send(&booth->peer, json_pack("{s:s, s:I, s:I, s:s}", "t", "catalogue_chunk", "version", (json_int_t)version, "chunk",
                                          (json_int_t)chunk, "data", base64));
        return;
    }
    gboolean stale = verdict == CATALOGUE_READ_STALE;
    peer_send(&booth->peer, json_pack("{s:s, s:I, s:I, s:s}", "t", "catalogue_refused", "version", (json_int_t)version, "chunk",
                                      (json_int_t)chunk, "why", stale ? "stale" : "unavailable"));
    if (stale) catalogue_tell(errand->exchange, booth);
}

void catalogue_take_get(Exchange *exchange, Booth *booth, const json_t *message)
{
    if (!exchange->catalogue || booth->reading) {
        peer_error(&booth->peer, "bad_message", "catalogue_get: one at a time");
        return;
    }
    PeerErrand *errand = peer_errand(exchange, &booth->peer);
    booth->reading = TRUE;
    catalogue_store_read(exchange->catalogue, wire_int(message, "version"), wire_int(message, "chunk"), on_chunk, errand);
}

void catalogue_dispatch(Exchange *exchange)
{
    if (!exchange->catalogue || !catalogue_store_dispatch(exchange->catalogue)) return;
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, exchange->booths);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Booth *booth = value;
        if (booth->welcomed) catalogue_tell(exchange, booth);
    }
}
