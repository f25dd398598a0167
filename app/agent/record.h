/* record: the records of docs/protocol.md ("The booth's record") as they go to records_commit(): without key and UTC. Pure; new references.
 */
#pragma once

#include "agent/booth.h"
#include "agent/tally.h"
#include "config/config.h"

#include <jansson.h>

/* Of booth->call, a "call" or an "offer". card: what the desk offered. boot: the id of this boot; mono: now. */
json_t *record_of_call(const Config *config, const Booth *booth, const json_t *card, const char *boot, gint64 mono);
/* Of what was counted until now, which the tally then forgets; NULL: nothing. boot: the one that it was counted in. */
json_t *record_of_time(const Config *config, Tally *tally, const char *boot);
/* Adds what the advisor said: value_minor only where there is a value, so that nobody takes none for zero. */
void record_put_note(json_t *object, const BoothNote *note);
