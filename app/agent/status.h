/* status: the agent's published JSON: the snapshot of docs/protocol.md.
 *
 * Pure; what it is given is borrowed, what it returns are new references. */
#pragma once

#include "agent/booth.h"
#include "agent/problems.h"
#include "config/config.h"

#include <jansson.h>

typedef struct {
    const Config *config;
    const Booth *booth;
    const Problems *problems;
    const json_t *card;   /* the offer of the call in hand, or NULL */
    const json_t *health; /* the studio's, NULL: it is not there */
    const json_t *queue;  /* the desk's last queue message, or NULL */
    const json_t *checks; /* checks.h */
    gboolean alert;       /* a shopper has waited too long */
    gboolean link_up;
    const char *link_address;
    const char *link_why;  /* why it is down, "" */
    const json_t *records; /* how many, and what waits */
    gboolean has_temperature;
    int millidegrees;
    gint64 now_mono;
} StatusParts;

json_t *status_snapshot(const StatusParts *parts);

/* The snapshot as the desk gets it: practice is a pause to everybody outside, and of a wrap-up the order that was noted is left out. */
json_t *status_for_desk(const json_t *snapshot);
