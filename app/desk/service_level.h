/* service_level: of the last 60 minutes, how many shoppers were answered, or gave up, within the time promised to the business:
 * (answered <= T + abandoned <= T) / (answered + abandoned), over all and by topic.
 *
 * Pure, in memory: fed with what the view and the terminal records tell; a call counts once, whoever tells it first. One thread. */
#pragma once

#include <glib.h>

#define SERVICE_LEVEL_SPAN_MS (60 * 60 * 1000)
#define SERVICE_LEVEL_MAX     50000 /* calls; the oldest go first */

typedef struct ServiceLevel ServiceLevel;

/* topics: borrowed; within_ms: T. */
ServiceLevel *service_level_new(const char *const *topics, gint64 within_ms);
void service_level_free(ServiceLevel *level); /* NULL is fine */

/* A call that was answered, or left unanswered, at when_utc after waited_ms. One that ended before the span began, or is known, changes
 * nothing. */
void service_level_add(ServiceLevel *level, const char *id, const char *topic, gint64 waited_ms, gint64 when_utc, gint64 now_utc);

/* n calls of the span, good of them within T. topic NULL: all, those of unknown topics too. */
void service_level_count(ServiceLevel *level, const char *topic, gint64 now_utc, guint *n, guint *good);
