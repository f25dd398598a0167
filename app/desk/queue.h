/* queue: the waiting calls in order, in memory: priority (lost, callback, normal), then the time they were asked at, then id.
 *
 * It is a view: the truth is the bucket. A booth gets the first call of the whole line whose topic and language it has.
 * A call that an offer is being written for stays in its place but is held: nobody else is given it. One thread. */
#pragma once

#include "desk/call.h"

typedef struct Queue Queue;

#define QUEUE_TOPICS_MAX 62 /* of the desk's configuration */

/* What a booth can take, or a call needs, as sets. Topics that the desk does not know share one bit, as do such languages. */
typedef struct {
    guint64 topics, langs;
} QueueSkills;

Queue *queue_new(const char *const *topics, const char *const *langs);
void queue_free(Queue *queue); /* NULL is fine */

/* Of a booth: "*" among topics means every one. */
QueueSkills queue_skills(const Queue *queue, const char *const *topics, const char *const *langs);
/* Whether a booth with these can take the call. */
gboolean queue_fits(const Queue *queue, QueueSkills skills, const char *topic, const char *lang);

/* The time a new call is asked at, ms UTC: now, but after the one given out before, so that two of one millisecond stand in the order they
 * came in. A clock that was set back by a second or more is believed. */
gint64 queue_stamp(Queue *queue, gint64 now_utc);
/* Puts a call in its place, or moves it there; id, prio, enqueued_utc, topic and lang are copied. */
void queue_put(Queue *queue, const Call *call);
void queue_remove(Queue *queue, const char *id); /* unknown is fine */
gboolean queue_has(const Queue *queue, const char *id);
void queue_hold(Queue *queue, const char *id, gboolean held);

/* The id of the first call, not held, that fits; NULL when there is none. Belongs to the queue. */
const char *queue_first(const Queue *queue, QueueSkills skills);

guint queue_length(const Queue *queue);
guint queue_length_of(const Queue *queue, const char *topic);
/* 1 is next; 0 when not in line. O(log n). */
guint queue_place(const Queue *queue, const char *id);
/* The place that a call asked now would get. */
guint queue_next_place(const Queue *queue, CallPrio prio);
/* When the call that waits longest was asked; 0 when none waits. */
gint64 queue_oldest_utc(const Queue *queue);
gint64 queue_oldest_of(const Queue *queue, const char *topic); /* O(n) up to its first */
