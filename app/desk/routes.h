/* routes: every address of the desk that code answers instead of a file, in one table, and the parts that its handlers work with. */
#pragma once

#include "desk/door.h"
#include "desk/exchange.h"
#include "desk/ops.h"
#include "desk/registrar.h"

/* What handlers get as data: whoever adds a route that needs another part of the desk adds it here and in main.c. All outlive the door. */
typedef struct {
    Exchange *exchange;
    Ledger *ledger;
    const char *metrics_hash; /* of the token for /metrics; NULL: nobody may read it */
    Ops *ops;
    Registrar *registrar;
} RouteParts;

/* For DoorSettings.routes; its route_data is a RouteParts. */
const DoorRoute *routes_table(void);
