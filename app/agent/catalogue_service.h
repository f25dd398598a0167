/* catalogue_service: the methods of org.livebooth.Agent1 that ask the catalogue. Main context only. */
#pragma once

#include "agent/catalogue_keeper.h"
#include "bus/agent1.h"

typedef struct CatalogueService CatalogueService;

/* utc tells the booth's time in ms. bus and keeper must outlive it. */
CatalogueService *catalogue_service_new(BusAgent1 *bus, CatalogueKeeper *keeper, gint64 (*utc)(void *data), void *data);
void catalogue_service_free(CatalogueService *service); /* NULL is fine */
