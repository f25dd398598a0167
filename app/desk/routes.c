#include "desk/routes.h"

#include "desk/metrics_page.h"
#include "desk/rules.h"

static void enrol(void *data, DoorRequest *request)
{
    registrar_enrol(((RouteParts *)data)->registrar, request);
}

static void renew(void *data, DoorRequest *request)
{
    registrar_renew(((RouteParts *)data)->registrar, request);
}

/* A line each: method, path (a * at its end: all that begin so), port, bytes of a body at most, handler. */
static const DoorRoute routes[] = {
    {"GET", "/metrics", DOOR_PAGES, 0, metrics_page},
    {"POST", "/api/ops/login", DOOR_PAGES, 1024, ops_login},
    {"POST", "/api/ops/logout", DOOR_PAGES, 1024, ops_logout},
    {"GET", "/api/ops/me", DOOR_PAGES, 0, ops_me},
    {"GET", "/api/ops/fleet", DOOR_PAGES, 0, ops_fleet},
    {"GET", "/api/ops/fleet.csv", DOOR_PAGES, 0, ops_fleet_csv},
    {"GET", "/api/ops/booths/*", DOOR_PAGES, 0, ops_booth},
    {"POST", "/api/ops/booths/*", DOOR_PAGES, 8192, ops_act},
    {"GET", "/api/ops/bundles/*", DOOR_PAGES, 0, ops_bundles},
    {"GET", "/api/ops/links/*", DOOR_PAGES, 0, ops_places},
    {"GET", "/api/ops/figures", DOOR_PAGES, 0, ops_figures},
    {"GET", "/api/ops/calls", DOOR_PAGES, 0, ops_calls},
    {"GET", "/api/ops/trail", DOOR_PAGES, 0, ops_trail},
    {"GET", "/api/ops/settings", DOOR_PAGES, 0, ops_settings_get},
    {"PUT", "/api/ops/settings", DOOR_PAGES, RULES_TEXT_MAX + 1024, ops_settings_put},
    {"POST", "/api/ops/notice", DOOR_PAGES, 8192, ops_notice},
    {"POST", "/api/ops/shopper", DOOR_PAGES, 8192, ops_shopper},
    {"POST", "/enrol", DOOR_STRANGERS, REGISTRAR_BODY_MAX, enrol},
    {"POST", "/renew", DOOR_BOOTHS, REGISTRAR_BODY_MAX, renew},
    {NULL, NULL, 0, 0, NULL},
};

const DoorRoute *routes_table(void)
{
    return routes;
}
