/* upload: takes the outbox to the centre: the oldest first, several messages under way, so that a month's backlog takes seconds; in a call
 * little and slowly, as the line is the call's.
 *
 * Told twice is no harm: the desk writes each record once. Times in milliseconds of CLOCK_MONOTONIC. Main context. */
#pragma once

#include "agent/records.h"

#define UPLOAD_WINDOW     4           /* messages under way */
#define UPLOAD_BATCH_MAX  64          /* records in one, */
#define UPLOAD_BATCH_SIZE (48 * 1024) /* and bytes */
#define UPLOAD_CALL_MAX   16          /* in a call: records in one, one under way, */
#define UPLOAD_CALL_MS    1000        /* and so long between two */
#define UPLOAD_ANSWER_MS  10000       /* unanswered for so long: all is sent again */

typedef struct {
    Records *records;
    void (*send)(void *data, json_t *list); /* takes list: records in order, one at least */
    void *data;
    gint64 epoch, seq; /* the last one sent in this link; 0: none */
    guint count;       /* messages under way, with the last key of each */
    struct {
        gint64 epoch, seq;
    } under_way[UPLOAD_WINDOW];
    gint64 sent_mono;  /* when the last one was sent */
    gint64 heard_mono; /* when the desk confirmed something, or the first one was sent */
} Upload;

/* A link began or ended: nothing is under way. */
void upload_restart(Upload *upload);
/* Sends what may be sent now. To be called when something was committed, confirmed, and every second. */
void upload_go(Upload *upload, gboolean in_call, gint64 mono);
/* The desk has all up to this one. */
void upload_confirmed(Upload *upload, gint64 epoch, gint64 seq, gint64 mono);
