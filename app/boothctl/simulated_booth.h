/* simulated_booth: a booth's end of its link and nothing else: pulls, accepts every offer at once, sends an offer without media, ends the
 * call after a while and pulls again. For measuring desks; what is recorded and kept is the agent's. One thread. */
#pragma once

#include "boothctl/simulate.h"
#include "link/transport.h"

#include <jansson.h>

typedef struct SimulatedBooth SimulatedBooth;

typedef struct {
    void (*ready)(gpointer data, const char *booth);                        /* its first pull was sent */
    void (*offered)(gpointer data, const char *call, guint gen, gint64 at); /* µs, monotonic */
    void (*accepted)(gpointer data, const char *call, gint64 at);
    void (*failed)(gpointer data, const char *booth, const char *why); /* the link ended or could not be made */
    /* NULL: it sends no status and pulls calls. Else it pulls none, and sends what this returns every 10 s; a new reference. */
    json_t *(*status)(gpointer data, const char *booth);
    gpointer data;
} BoothEvents;

/* desks: wss://HOST:PORT/ws/booth, NULL-terminated. talk_ms: from accepted to the end. events and talk_ms must outlive it. */
SimulatedBooth *simulated_booth_new(const char *booth, const char *const *desks, const TransportIdentity *identity,
                                    const SimulateSpan *talk_ms, const BoothEvents *events, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void simulated_booth_free(SimulatedBooth *booth); /* NULL is fine */
