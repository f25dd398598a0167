/* service: the studio's place on the bus: it owns org.livebooth.Studio1, follows the agent's snapshot and carries the advisor's wishes to
 * the agent.
 *
 * Joins media and screens, which know nothing of each other or of D-Bus. A bus that is not there, or goes away, is tried again every
 * second; media and screens run on. Main thread only. */
#pragma once

#include "config/config.h"
#include "studio/media.h"
#include "studio/screens.h"

typedef struct Service Service;

/* Borrows config. Events go in before media and screens are there: make the service first, hand it to both as their data. */
Service *service_new(const Config *config);
void service_free(Service *service); /* NULL is fine */

/* The callbacks for media_new() and screens_new(), their data is the service. */
const MediaEvents *service_media_events(Service *service);
const ScreensEvents *service_screens_events(Service *service);

/* Borrowed; either may be NULL. From service_run() on the service answers on the bus. */
void service_run(Service *service, Media *media, Screens *screens);
