/* catalogue_service: the methods of org.livebooth.Agent1 that ask the catalogue. Main context only. */
#pragma once

#include "agent/catalogue_keeper.h"
#include "bus/agent1.h"

typedef struct CatalogueService CatalogueService;

/* store: of the configuration, "" for none. utc tells the booth's time in ms. bus, keeper and store must outlive it. */
CatalogueService *catalogue_service_new(BusAgent1 *bus, CatalogueKeeper *keeper, const char *store, gint64 (*utc)(void *data), void *data);
void catalogue_service_free(CatalogueService *service); /* NULL is fine */
