#include "agent/agent_shop.h"

#include "agent/agent_publish.h"
#include "agent/agent_records.h"
#include "wire/wire.h"

#include <string.h>

void agent_take_catalogue(void *data, const json_t *message)
{
    Agent *agent = data;
    const gint64 version = wire_int(message, "version"), chunk = wire_int(message, "chunk");
    if (strcmp(wire_type(message), "catalogue") == 0)
        catalogue_keeper_offer(agent->catalogue, message);
    else if (strcmp(wire_type(message), "catalogue_chunk") == 0)
        catalogue_keeper_chunk(agent->catalogue, version, chunk, wire_string(message, "data"));
    else
        catalogue_keeper_refused(agent->catalogue, version, chunk, wire_string(message, "why"));
}

static void on_catalogue_get(void *data, gint64 version, gint64 chunk)
{
    desk_send_catalogue_get(((Agent *)data)->desk, version, chunk);
}

static void on_catalogue_changed(void *data)
{
    Agent *agent = data;
    if (agent->shop) shop_renew(agent->shop);
    agent_changed(data, TRUE);
}

gint64 agent_utc_of(void *data)
{
    return agent_utc(data);
}

static void on_shop_changed(void *data)
{
    Agent *agent = data;
    agent_write_down(agent);
    agent_publish_now(agent);
}

CatalogueKeeperEvents agent_catalogue_events(Agent *agent)
{
    return (CatalogueKeeperEvents){on_catalogue_get, on_catalogue_changed, agent};
}

ShopEvents agent_shop_events(Agent *agent)
{
    return (ShopEvents){agent_utc_of, on_shop_changed, agent};
}
