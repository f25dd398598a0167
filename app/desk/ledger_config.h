/* ledger_config: the ledger's settings from desk.conf: [ledger] folder, [privacy] retention_days, [figures] short_s and attach, and the
 * service level's [queue] service_s, the [bus] and the [hours] time zone. */
#pragma once

#include "config/config.h"
#include "desk/ledger.h"

/* For the list of keys of the program. */
#define LEDGER_CONFIG_KEYS                                                                                                                 \
    {"ledger", "folder", CONFIG_STRING, "", 0, 0, "a folder for the cache of records, or nothing"},                                        \
        {"privacy", "retention_days", CONFIG_INT, "28", 1, 3650, "days"}, {"figures", "short_s", CONFIG_INT, "5", 0, 600, "seconds"},      \
    {                                                                                                                                      \
        "figures", "attach", CONFIG_LIST, "accessories;service_plan", 0, 0, "tags, several with ;"                                         \
    }

/* All but wake and data. Strings belong to config. */
void ledger_config_read(const Config *config, LedgerSettings *settings);
