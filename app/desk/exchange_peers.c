#define G_LOG_DOMAIN "desk"

#include "desk/admit.h"
#include "desk/exchange_state.h"

#define SHOPPER_TOKENS 100.0 /* messages at once, */
#define SHOPPER_REFILL 50.0  /* and a second */
#define BOOTH_TOKENS   500.0
#define BOOTH_REFILL   200.0

static gdouble tokens_max(DoorKind kind)
{
    return kind == DOOR_BOOTH ? BOOTH_TOKENS : SHOPPER_TOKENS;
}

void peer_open(Exchange *exchange, Peer *peer, DoorKind kind, DoorLink *link, const char *address)
{
    *peer = (Peer){.link = link, .kind = kind, .serial = ++exchange->serial, .address = g_strdup(address), .tokens = tokens_max(kind)};
    peer->filled = exchange_mono();
    g_hash_table_insert(exchange->peers, &peer->serial, peer);
    door_set_data(link, peer);
}

void peer_close(Exchange *exchange, Peer *peer)
{
    g_hash_table_remove(exchange->peers, &peer->serial);
    g_free(peer->address);
}

PeerErrand *peer_errand(Exchange *exchange, const Peer *peer)
{
    PeerErrand *errand = g_new0(PeerErrand, 1);
    *errand = (PeerErrand){exchange, peer->serial};
    return errand;
}

Peer *peer_find(const Exchange *exchange, guint64 serial)
{
    return g_hash_table_lookup(exchange->peers, &serial);
}

gboolean peer_is_too_fast(Peer *peer)
{
    gint64 now = exchange_mono();
    gdouble refill = peer->kind == DOOR_BOOTH ? BOOTH_REFILL : SHOPPER_REFILL;
    peer->tokens = MIN(tokens_max(peer->kind), peer->tokens + (gdouble)(now - peer->filled) * refill / 1000);
    peer->filled = now;
    if (peer->tokens < 1) return TRUE;
    peer->tokens -= 1;
    return FALSE;
}

void peer_send(Peer *peer, json_t *message)
{
    g_autofree char *text = wire_encode(peer->kind == DOOR_BOOTH ? WIRE_DESK_TO_BOOTH : WIRE_DESK_TO_SHOPPER, message);
    door_send(peer->link, text);
}

void peer_error(Peer *peer, const char *code, const char *detail)
{
    json_t *message = json_pack("{s:s, s:s}", "t", "error", "code", code);
    if (detail) json_object_set_new(message, "detail", json_string(detail));
    peer_send(peer, message);
}

void peer_reject(Peer *peer, const char *code, const char *detail)
{
    peer_error(peer, code, detail);
    if (++peer->bad < EXCHANGE_BAD_MAX) return;
    /* The detail may repeat the far end's words. */
    g_autofree char *from = peer->kind == DOOR_BOOTH ? g_strdup(peer->address) : admit_neighbourhood(peer->address);
    g_info("%s: closed after %u bad messages, last: %s", from, peer->bad, code);
    door_close(peer->link, 1008, "too many bad messages");
}
