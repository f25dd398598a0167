/* bundle_intake: support bundles that booths linked to this desk were asked for, on their way here in chunks.
 *
 * A booth can send the one bundle that it was asked for, once, its chunks in order, within BUNDLE_BYTES_MAX and BUNDLE_WAIT_MS; whatever
 * else it sends is dropped. Pure but for its own memory; one thread. Times are monotonic ms. */
#pragma once

#include <glib.h>
#include <jansson.h>

#define BUNDLE_BYTES_MAX   (6 * 1024 * 1024)
#define BUNDLE_CHUNK_BYTES 45000
#define BUNDLE_ASKED_MAX   16                 /* booths at once */
#define BUNDLE_WAIT_MS     (12LL * 60 * 1000) /* until the first chunk: a booth may take ten minutes to make one */
#define BUNDLE_PAUSE_MS    (60LL * 1000)      /* between two chunks */

typedef struct BundleIntake BundleIntake;

typedef struct {
    char *booth, *id;
    GBytes *bytes; /* NULL: it came to nothing */
    char *why;     /* a sentence then, else NULL */
} BundleArrival;

BundleIntake *bundle_intake_new(void);
void bundle_intake_free(BundleIntake *intake); /* NULL is fine */

/* The booth is asked for a bundle by the command of this id. FALSE: BUNDLE_ASKED_MAX others are awaited, or this booth's is already. */
gboolean bundle_intake_expect(BundleIntake *intake, const char *booth, const char *id, gint64 now);
/* Whether it was asked for by that command, and nothing of it has come yet. */
gboolean bundle_intake_awaits(const BundleIntake *intake, const char *booth, const char *id);
/* It answered the command: it will not come. */
void bundle_intake_refused(BundleIntake *intake, const char *booth, const char *id);
/* A decoded "bundle" or "bundle_failed" of the booth. What it has come to, to bundle_arrival_free(); NULL: nothing yet, or nothing at all.
 */
BundleArrival *bundle_intake_take(BundleIntake *intake, const char *booth, const json_t *message, gint64 now);
/* One of which nothing came for too long; NULL: there is none. */
BundleArrival *bundle_intake_expire(BundleIntake *intake, gint64 now);

void bundle_arrival_free(BundleArrival *arrival); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BundleArrival, bundle_arrival_free)
