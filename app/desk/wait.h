/* wait: an honest promise of how long a shopper will wait, from how long others did.
 *
 * Each sample is the wait of a call that was answered, filed under the place it had in line when it asked: 1, 2, 3–4, 5–8, 9–16, and so on
 * by powers of two; places past 1024 share one bucket. A promise for a place comes from its own bucket alone and only when that holds
 * WAIT_SAMPLES_MIN samples of the last WAIT_AGE_MAX_MS; otherwise there is none, and the page says that it does not know. Nothing is
 * carried over from other places: a wait at another place is another question. "Now" is the newest `when_utc` seen, so that the module
 * needs no clock. One thread at a time. */
#pragma once

#include <glib.h>

#define WAIT_SAMPLES_MIN 5   /* fewer in a bucket promise nothing */
#define WAIT_SAMPLES_MAX 200 /* kept in a bucket; the oldest goes first */
#define WAIT_AGE_MAX_MS  (24 * 60 * 60 * G_GINT64_CONSTANT(1000))

typedef struct Wait Wait;

Wait *wait_new(void);
void wait_free(Wait *wait); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Wait, wait_free)

/* One call was answered: it asked at place_at_ask (1 = next; 0 is ignored) and waited waited_ms (negative is ignored) until when_utc (ms).
 * Samples may come in any order, as they do when history is replayed. */
void wait_add(Wait *wait, guint place_at_ask, gint64 waited_ms, gint64 when_utc);

/* Median and 90th percentile (nearest rank) of the waits at this place. FALSE, and both 0, when there is nothing honest to say. */
gboolean wait_promise(const Wait *wait, guint place, gint64 *ret_p50_ms, gint64 *ret_p90_ms);
