#include "desk/ledger_config.h"

void ledger_config_read(const Config *config, LedgerSettings *settings)
{
    *settings = (LedgerSettings){
        .servers = config_list(config, "bus", "servers"),
        .folder = config_string(config, "ledger", "folder"),
        .retention_days = (guint)config_int(config, "privacy", "retention_days"),
        .terms = {.within_ms = config_int(config, "queue", "service_s") * 1000,
                  .short_ms = config_int(config, "figures", "short_s") * 1000},
        .timezone = config_string(config, "hours", "timezone"),
        .attach = config_list(config, "figures", "attach"),
    };
}
