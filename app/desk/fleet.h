/* fleet: what is known of every booth, by the last snapshot that each sent, whichever desk took it: a row for lists and the snapshot for a
 * booth's page. What is not known is never shown as well: a booth whose snapshot is old is offline, one whose snapshot makes no sense is
 * unknown and has a problem of that name.
 *
 * Every snapshot comes from a booth and is bounded here: texts are cut, problems counted beyond FLEET_PROBLEMS_MAX. Pure but for its own
 * memory; one thread. Monotonic times are ms of this desk. */
#pragma once

#include <glib.h>
#include <jansson.h>

#define FLEET_OFFLINE_MS   28000 /* without a snapshot, which comes every 10 s, or every 20 s while it says the same */
#define FLEET_BOOTHS_MAX   10000
#define FLEET_PROBLEMS_MAX 32
#define FLEET_TEXT_MAX     120         /* characters of a text in a row */
#define FLEET_SNAPSHOT_MAX (24 * 1024) /* bytes of a value; of a larger one only the row is kept */

typedef struct Fleet Fleet;

Fleet *fleet_new(void);
void fleet_free(Fleet *fleet); /* NULL is fine */

/* A value of KV_BOOTHS, which the desk's clock says is age_ms old; NULL: the booth was taken out. Returns whether it was understood. */
gboolean fleet_learn(Fleet *fleet, const char *booth, const char *value, gint64 age_ms, gint64 now_mono);
/* Time went on: who has been silent for too long is offline. */
void fleet_sweep(Fleet *fleet, gint64 now_mono);

guint fleet_size(const Fleet *fleet);
guint64 fleet_revision(const Fleet *fleet); /* grows with every change of a row */
gboolean fleet_knows(const Fleet *fleet, const char *booth);
gboolean fleet_is_online(const Fleet *fleet, const char *booth);
/* Booths by state, for figures: {"ready":3,"offline":1,...}. New reference. */
json_t *fleet_counts(const Fleet *fleet);

/* Appends the rows that changed after a revision, JSON objects with commas between; 0: all. Returns how many. A row:
 *   {"booth","name","store","region","state","since_utc","seen_utc","pause_reason","topic","problems":[names],"worst":""|"warning"|"error",
 *    "problem_count","version","temperature_c"} */
guint fleet_append_rows(const Fleet *fleet, guint64 after, GString *text);
typedef struct {
    const char *region, *store, *state; /* exactly this; NULL or "": any */
    const char *words;                  /* with blanks between, each somewhere in id, name, store, region, version or a problem's name */
    gboolean bad;                       /* with a problem, offline or unknown */
} FleetFilter;

/* As a sheet, with a line of names first, those that the filter lets through. The same filter as the page's (web/ops-fleet.js). Of a booth
 * that is offline the one problem is that; what it had said before is in last_known_problems. */
void fleet_append_csv(const Fleet *fleet, const FleetFilter *filter, GString *text);
/* The whole of one booth for its page, {"row":{..},"problems":[{"name","severity","since_utc","blocks_ready"}],"snapshot":{..}|null}; NULL:
 * no such booth. To g_free(). */
char *fleet_booth(const Fleet *fleet, const char *booth);

/* Calls visit for every booth that fits; region, store and booth: NULL or "" is any. */
void fleet_each(const Fleet *fleet, const char *region, const char *store, const char *booth,
                void (*visit)(gpointer data, const char *booth), gpointer data);
