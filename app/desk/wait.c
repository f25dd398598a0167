#include "desk/wait.h"

#include <stdlib.h>

#define BUCKETS 12 /* 1, 2, 3–4, ... 513–1024, more */

typedef struct {
    gint64 waited_ms;
    gint64 when_utc;
} Sample;

typedef struct {
    Sample samples[WAIT_SAMPLES_MAX];
    guint count;
} Bucket;

struct Wait {
    Bucket buckets[BUCKETS];
    gint64 newest_utc;
};

Wait *wait_new(void)
{
    return g_new0(Wait, 1);
}

void wait_free(Wait *wait)
{
    g_free(wait);
}

static guint bucket_of(guint place)
{
    guint bucket = place <= 1 ? 0 : g_bit_storage(place - 1);
    return MIN(bucket, BUCKETS - 1);
}

void wait_add(Wait *wait, guint place_at_ask, gint64 waited_ms, gint64 when_utc)
{
    if (place_at_ask == 0 || waited_ms < 0) return;
    Bucket *bucket = &wait->buckets[bucket_of(place_at_ask)];
    wait->newest_utc = MAX(wait->newest_utc, when_utc);
    if (bucket->count < WAIT_SAMPLES_MAX) {
        bucket->samples[bucket->count++] = (Sample){waited_ms, when_utc};
        return;
    }
    Sample *oldest = &bucket->samples[0];
    for (guint i = 1; i < bucket->count; i++) {
        if (bucket->samples[i].when_utc < oldest->when_utc) oldest = &bucket->samples[i];
    }
    if (oldest->when_utc <= when_utc) *oldest = (Sample){waited_ms, when_utc};
}

static int compare(const void *a, const void *b)
{
    gint64 left = *(const gint64 *)a, right = *(const gint64 *)b;
    return left < right ? -1 : left > right;
}

/* The smallest value that at least percent of them do not exceed. */
static gint64 nearest_rank(const gint64 *sorted, guint count, guint percent)
{
    return sorted[(count * percent + 99) / 100 - 1];
}

gboolean wait_promise(const Wait *wait, guint place, gint64 *ret_p50_ms, gint64 *ret_p90_ms)
{
    *ret_p50_ms = *ret_p90_ms = 0;
    const Bucket *bucket = &wait->buckets[bucket_of(place)];
    gint64 waits[WAIT_SAMPLES_MAX];
    guint count = 0;
    for (guint i = 0; i < bucket->count && place > 0; i++) {
        if (bucket->samples[i].when_utc >= wait->newest_utc - WAIT_AGE_MAX_MS) waits[count++] = bucket->samples[i].waited_ms;
    }
    if (count < WAIT_SAMPLES_MIN) return FALSE;
    qsort(waits, count, sizeof *waits, compare);
    *ret_p50_ms = nearest_rank(waits, count, 50);
    *ret_p90_ms = nearest_rank(waits, count, 90);
    return TRUE;
}
