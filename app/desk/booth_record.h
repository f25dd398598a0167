/* booth_record: whether what a booth says it has on record makes sense (docs/protocol.md, "The booth's record"). Pure; any thread. */
#pragma once

#include <glib.h>
#include <jansson.h>

#define BOOTH_RECORD_SIZE_MAX   (16 * 1024) /* bytes of its text */
#define BOOTH_RECORD_AHEAD_MS   3600000     /* a time so far in the future is no time */
#define BOOTH_RECORD_EPOCHS     16          /* an epoch may be so far ahead of what is known */
#define BOOTH_RECORD_NUMBER_MAX G_GINT64_CONSTANT(1000000000000)

/* Whether key and record agree: epoch and seq in their ranges, and what the record says of booth, epoch and seq is the same. */
gboolean booth_record_is_of(const json_t *record, const char *booth, gint64 epoch, gint64 seq, gint64 epoch_max);

/* What is to be written, to free(): the record's text; its text without times, when they lie in the future; or that it was refused, and
 * why (static text, else NULL). */
char *booth_record_text(const json_t *record, const char *booth, gint64 epoch, gint64 seq, gint64 now_utc, const char **why);
