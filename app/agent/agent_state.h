/* agent_state: what the session agent holds. Of app/agent/agent.c and the files agent_*.c beside it alone; main context only.
 *
 * They stand on each other in this order, and call only downwards: agent (opens and closes the parts); agent_desk, agent_studio,
 * agent_shop, agent_wishes and agent_watch (what comes in); agent_step (the state machine); agent_records (what is written down);
 * agent_publish (what is told); agent_state. */
#pragma once

#include "agent/agent.h"
#include "agent/booth.h"
#include "agent/booth_clock.h"
#include "agent/catalogue_keeper.h"
#include "agent/catalogue_service.h"
#include "agent/desk_proxy.h"
#include "agent/enroller.h"
#include "agent/problems.h"
#include "agent/quality.h"
#include "agent/records.h"
#include "agent/remote.h"
#include "agent/service.h"
#include "agent/shop.h"
#include "agent/storage_probe.h"
#include "agent/studio_proxy.h"
#include "agent/tally.h"
#include "agent/upkeep.h"
#include "agent/upload.h"
#include "drivers/panel/panel.h"
#include "drivers/sensors/sensors.h"

#include <jansson.h>

struct Agent {
    const Config *config;
    void (*lost)(gpointer data);
    gpointer lost_data;
    Booth booth;
    Problems *problems;
    Records *records;
    DeskProxy *desk;
    StudioProxy *studio;
    Service *service;
    Panel *panel;
    Sensors *sensors;
    CatalogueKeeper *catalogue;
    CatalogueService *catalogue_service;
    CatalogueKeeperEvents catalogue_events;
    Shop *shop;
    Update *update;
    UpdateEvents update_events;
    Upkeep *upkeep;
    Remote *remote;
    RemoteEvents remote_events;
    ShopEvents shop_events;
    Enroller *enroller;
    EnrolEvents enrol_events;
    char *mistake;   /* in booth.txt, as boothctl provision found it; NULL */
    gboolean relink; /* with another certificate, when no call is disturbed */
    DeskEvents desk_events;
    StudioEvents studio_events;
    ServiceEvents service_events;
    PanelEvents panel_events;
    char *boot;
    char *slot; /* NULL: not from an image */
    BoothClock clock;
    Tally tally;
    Quality quality;
    json_t *card;   /* offer of the call in hand */
    json_t *codecs; /* of it, without those refused, the preferred one first */
    json_t *health;
    json_t *queue;
    char *link_why;
    char *saved;       /* the state's text as committed */
    json_t *unwritten; /* array of records that are not committed yet, or that the disk refused */
    gboolean unsaved;  /* the disk refused the state */
    StorageProbe *probe;
    StorageState storage;
    gint64 started_mono;
    gboolean was_welcomed, resumed; /* ever by a desk; the agent was started again in the same boot */
    gboolean alert, lamp;           /* somebody waits too long; and the lamp's phase */
    guint look;
    gboolean studio_seen;
    Upload upload;
    gint64 checked_mono; /* when the records were read whole */
    gboolean has_temperature;
    int millidegrees;
    guint tick, publish, status_later, status_regular, desk_grace, studio_grace; /* source ids */
    gboolean tell_desk;
    gint64 told_mono;
};

/* Now, in milliseconds: of CLOCK_MONOTONIC, and since 1970 as far as the booth knows it. */
gint64 agent_mono(void);
gint64 agent_utc(const Agent *agent);

/* Removes the source and forgets its id; 0 is none. */
void agent_stop_source(guint *id);
/* Puts value, or NULL, in the place of what is in slot; takes a reference of its own. */
void agent_set_json(json_t **slot, const json_t *value);
/* TRUE: that changed something. Whoever calls weighs the problems then. */
gboolean agent_set_problem(Agent *agent, const char *name, gboolean present);
