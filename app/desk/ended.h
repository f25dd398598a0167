/* ended: the calls that ended of late, for whoever comes back to one with its key, or rates it.
 *
 * Times are ms by the bus's clock, which stamps every record whichever desk wrote it: no desk's clock is compared with another's. Nothing
 * here has a clock. One thread. */
#pragma once

#include <glib.h>

#define ENDED_MS  600000 /* a call is remembered so long after its end; */
#define ENDED_MAX 50000  /* so many at most, later ones are not */

typedef struct Ended Ended;

typedef struct {
    char key_hash[65], outcome[32], cause[32];
    gint64 at;
} EndedCall;

Ended *ended_new(void);
void ended_free(Ended *ended); /* NULL is fine */

/* A call ended. Said again, it replaces what was said before, but for a key_hash of "", which leaves the one that is known; a call without
 * any is nobody's to come back to, and not kept. */
void ended_note(Ended *ended, const char *id, const char *key_hash, const char *outcome, const char *cause, gint64 at);
/* NULL when it is not known, or was too long ago. Belongs to ended, until the next note or ended_forget(). */
const EndedCall *ended_find(const Ended *ended, const char *id, gint64 now);
/* Forgets what is too long ago. */
void ended_forget(Ended *ended, gint64 now);
