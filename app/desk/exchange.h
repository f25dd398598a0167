/* exchange: the desk's logic. It takes what shoppers and booths say, decides by call_step(), writes by the store, and tells both ends what
 * the calls have become.
 *
 * What is told follows from one place: when a call's value changes, by the own write or in the view, the change itself says who hears what.
 * So it is the same whether this desk won, another one did, or an answer was lost on the way.
 *
 * Threads: everything runs on the door's thread; the functions in exchange_events() are called by the door, and woken() drains the store.
 */
#pragma once

#include <jansson.h>

#include "desk/catalogue_store.h"
#include "desk/door.h"
#include "desk/hours.h"
#include "desk/ledger.h"
#include "desk/store.h"
#include "desk/turn.h"

typedef struct Exchange Exchange;

typedef struct {
    const char *instance;      /* this desk's name, [a-z0-9]{1,32} */
    const char *const *topics; /* what the shopper can choose */
    gint64 ring_ms, wrapup_ms, setup_ms, leave_ms;
    gint64 service_ms; /* within which a shopper should be answered */
    guint shoppers_max;
    guint asks_per_minute; /* from one household, see admit_household() */
    const Hours *hours;
    const Turn *turn;
} ExchangeSettings;

/* settings and what they point to must outlive it. */
Exchange *exchange_new(const ExchangeSettings *settings);
void exchange_free(Exchange *exchange); /* after the door and the store; NULL is fine */

/* What the door and the store call. They belong to the exchange. */
const DoorEvents *exchange_door_events(Exchange *exchange);
const StoreEvents *exchange_store_events(Exchange *exchange);
/* Before door_run(): the exchange and its means come into being one after the other. door may be NULL until then. */
void exchange_set_store(Exchange *exchange, Store *store);
void exchange_set_door(Exchange *exchange, Door *door);
/* What the booths are told of the catalogue; NULL: nothing. */
void exchange_set_catalogue(Exchange *exchange, CatalogueStore *catalogue);
/* Whose answers are handed out on the door's thread; NULL: none any more. */
void exchange_set_ledger(Exchange *exchange, Ledger *ledger);
/* After the door is gone: writes what the closed links have left to write, for at most timeout_ms. */
void exchange_settle(Exchange *exchange, guint timeout_ms);
/* What /metrics says: OpenMetrics (open) or the older text format; to g_free(). offline: booths of the whole fleet. On the door's thread.
 */
char *exchange_metrics(Exchange *exchange, gboolean open, guint offline);
/* What the ops page works with; NULL: there is none. hooks must outlive the exchange. */
typedef struct {
    void (*woken)(void *data);                                          /* as DoorEvents.woken */
    void (*message)(void *data, const char *subject, const char *text); /* on subjects ops.*, of any desk */
    /* The key "settings"; NULL: it was taken out; with revision 0: the bucket is another one, whose revisions begin anew. */
    void (*settings)(void *data, const char *text, guint64 revision);
    /* A "bundle" or "bundle_failed" of a booth that is linked here. */
    void (*bundle)(void *data, const char *booth, const json_t *message);
    void *data;
} ExchangeHooks;
void exchange_set_hooks(Exchange *exchange, const ExchangeHooks *hooks);
Store *exchange_store(const Exchange *exchange);
const char *exchange_secret(const Exchange *exchange); /* that all desks share; NULL: not known yet */
gint64 exchange_bus_utc(const Exchange *exchange);     /* the bus's clock, ms; known once the first view is complete */
/* What every desk follows from now on in place of desk.conf; NULL: that alone. Copied. */
void exchange_set_rules(Exchange *exchange, const char *rules);
const ExchangeSettings *exchange_settings(const Exchange *exchange);
/* The line as the booths are told of it; new reference. */
json_t *exchange_line(Exchange *exchange);
/* Sends a message to a booth that is linked here; FALSE: it is not. */
gboolean exchange_tell_booth(Exchange *exchange, const char *booth, const char *text);
gboolean exchange_has_booth(const Exchange *exchange, const char *booth); /* it is linked here */
/* Every link of that name here, in use or kept waiting: [{"address","since_utc","heard_utc"}], ms by this desk's clock; new reference. */
json_t *exchange_links(const Exchange *exchange, const char *booth);
gboolean exchange_desk_lives(const Exchange *exchange, const char *instance);
guint exchange_desks(const Exchange *exchange); /* that live, with this one */
/* Ops have decided on the booth's identity, and the bus knows: its links follow that, at all desks. */
void exchange_decided(Exchange *exchange, const char *booth);

/* Whether a first view of the bucket is complete: before that no door should be open. */
gboolean exchange_is_ready(const Exchange *exchange);
