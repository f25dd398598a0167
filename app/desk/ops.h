/* ops: what stands behind the ops page at /ops: log-in and roles, the fleet as it is now, its figures and calls, what may be done to booths
 * and settings from afar, and the trail of all that.
 *
 * Who is asked, answers: every request and link is checked here, whatever the page shows. A role sees and does what the roles below it may.
 * Everything that is done, and every log-in, is in the audit trail, also what was refused.
 *
 * On the door's thread; hashing passwords, figures and the bus are on others, and come back by ops_hooks()->woken. docs/operations.md tells
 * ops what is there, docs/protocol.md which requests there are. */
#pragma once

#include "desk/exchange.h"

typedef struct Ops Ops;

typedef struct {
    const char *accounts;       /* path; "": nobody can log in */
    const char *const *servers; /* of the bus */
    guint retention_days;       /* of support bundles, 28 at most */
} OpsSettings;

/* Strings of settings are copied; the exchange must outlive it. */
Ops *ops_new(const OpsSettings *settings, Exchange *exchange);
void ops_free(Ops *ops); /* after the door and the ledger; NULL is fine */

/* For exchange_set_hooks(), DoorSettings.ops and DoorSettings.admit_ops. */
const ExchangeHooks *ops_hooks(Ops *ops);
const DoorEvents *ops_door_events(Ops *ops);
char *ops_admit(void *data, const char *cookie);
/* The store is open: listens to the other desks. */
void ops_begin(Ops *ops);

/* How many booths of the whole fleet are offline, as far as is known. */
guint ops_booths_offline(const Ops *ops);

/* Handlers of routes; data is a RouteParts. */
void ops_login(void *data, DoorRequest *request);
void ops_logout(void *data, DoorRequest *request);
void ops_me(void *data, DoorRequest *request);
void ops_fleet(void *data, DoorRequest *request);
void ops_fleet_csv(void *data, DoorRequest *request);
void ops_booth(void *data, DoorRequest *request);
void ops_figures(void *data, DoorRequest *request);
void ops_calls(void *data, DoorRequest *request);
void ops_trail(void *data, DoorRequest *request);
void ops_settings_get(void *data, DoorRequest *request);
void ops_settings_put(void *data, DoorRequest *request);
void ops_act(void *data, DoorRequest *request);
void ops_bundles(void *data, DoorRequest *request);
void ops_notice(void *data, DoorRequest *request);
void ops_shopper(void *data, DoorRequest *request);
void ops_places(void *data, DoorRequest *request);
