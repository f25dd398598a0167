#include "desk/routes.h"

#include "desk/metrics_page.h"

/* A line each: method, path (a * at its end: all that begin so), port, bytes of a body at most, handler. */
static const DoorRoute routes[] = {
    {"GET", "/metrics", DOOR_PAGES, 0, metrics_page},
    {NULL, NULL, 0, 0, NULL},
};

const DoorRoute *routes_table(void)
{
    return routes;
}
