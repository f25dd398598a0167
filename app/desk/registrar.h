/* registrar: where booths get their certificates: with a one-time token the first one, with the old one the next.
 *
 * POST /enrol and POST /renew of the booths' port (docs/protocol.md). A token is spent by compare-and-set of the booth's enrolment: of two
 * booths, at two desks, one wins. Nothing is known of a token but its hash. The door's thread; the signing is on one of its own, since the
 * key may be in a hardware module: while that takes its time requests wait for one another, REGISTRAR_BUSY_MAX at the most, and nobody
 * else waits. */
#pragma once

#include "config/config.h"
#include "desk/door.h"
#include "desk/store.h"

typedef struct Registrar Registrar;

#define REGISTRAR_BODY_MAX 16384
#define REGISTRAR_BUSY_MAX 64 /* requests at once; further ones are told to come again */

/* By the section [enrolment] of desk.conf; without a key there this desk issues nothing. store must outlive it. NULL with one sentence when
 * a file cannot be read. */
Registrar *registrar_new(const Config *config, Store *store, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void registrar_free(Registrar *registrar); /* after the door, before the store; NULL is fine */

/* Take over the request; they answer it once. */
void registrar_enrol(Registrar *registrar, DoorRequest *request);
void registrar_renew(Registrar *registrar, DoorRequest *request);
