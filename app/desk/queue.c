#include "desk/queue.h"

#include <string.h>

#define UNKNOWN_BIT 63

typedef struct {
    char id[34];
    CallPrio prio;
    gint64 enqueued_utc;
    guint topic; /* its bit */
    guint64 lang;
    gboolean held;
} Waiting;

struct Queue {
    char **topics, **langs;
    GSequence *line;    /* of Waiting */
    GHashTable *places; /* id → GSequenceIter */
    guint counts[64];
    guint prio_counts[CALL_PRIO_NORMAL + 1];
    gint64 stamped_utc; /* the latest given out */
};

Queue *queue_new(const char *const *topics, const char *const *langs)
{
    Queue *queue = g_new0(Queue, 1);
    queue->topics = g_strdupv((char **)topics);
    queue->langs = g_strdupv((char **)langs);
    queue->line = g_sequence_new(g_free);
    queue->places = g_hash_table_new(g_str_hash, g_str_equal);
    return queue;
}

void queue_free(Queue *queue)
{
    if (!queue) return;
    g_hash_table_unref(queue->places);
    g_sequence_free(queue->line);
    g_strfreev(queue->topics);
    g_strfreev(queue->langs);
    g_free(queue);
}

static guint bit_of(char **names, const char *name)
{
    for (guint i = 0; names[i] && i < QUEUE_TOPICS_MAX; i++) {
        if (strcmp(names[i], name) == 0) return i;
    }
    return UNKNOWN_BIT;
}

QueueSkills queue_skills(const Queue *queue, const char *const *topics, const char *const *langs)
{
    QueueSkills skills = {0};
    for (; *topics; topics++) {
        guint bit = bit_of(queue->topics, *topics);
        if (strcmp(*topics, "*") == 0)
            skills.topics = G_MAXUINT64;
        else if (bit != UNKNOWN_BIT)
            skills.topics |= G_GUINT64_CONSTANT(1) << bit;
    }
    for (; *langs; langs++) {
        guint bit = bit_of(queue->langs, *langs);
        if (bit != UNKNOWN_BIT) skills.langs |= G_GUINT64_CONSTANT(1) << bit;
    }
    return skills;
}

gboolean queue_fits(const Queue *queue, QueueSkills skills, const char *topic, const char *lang)
{
    return (skills.topics >> bit_of(queue->topics, topic) & 1) && (skills.langs >> bit_of(queue->langs, lang) & 1);
}

gint64 queue_stamp(Queue *queue, gint64 now_utc)
{
    gint64 ahead = queue->stamped_utc - now_utc;
    queue->stamped_utc = ahead >= 0 && ahead < 1000 ? queue->stamped_utc + 1 : now_utc;
    return queue->stamped_utc;
}

static int compare(gconstpointer a, gconstpointer b, G_GNUC_UNUSED gpointer data)
{
    const Waiting *one = a, *other = b;
    if (one->prio != other->prio) return one->prio < other->prio ? -1 : 1;
    if (one->enqueued_utc != other->enqueued_utc) return one->enqueued_utc < other->enqueued_utc ? -1 : 1;
    return strcmp(one->id, other->id);
}

void queue_put(Queue *queue, const Call *call)
{
    queue_remove(queue, call->id);
    Waiting *waiting = g_new0(Waiting, 1);
    g_strlcpy(waiting->id, call->id, sizeof waiting->id);
    waiting->prio = call->prio;
    waiting->enqueued_utc = call->enqueued_utc;
    waiting->topic = bit_of(queue->topics, call->topic);
    waiting->lang = G_GUINT64_CONSTANT(1) << bit_of(queue->langs, call->lang);
    g_hash_table_insert(queue->places, waiting->id, g_sequence_insert_sorted(queue->line, waiting, compare, NULL));
    queue->counts[waiting->topic]++;
    queue->prio_counts[waiting->prio]++;
}

void queue_remove(Queue *queue, const char *id)
{
    GSequenceIter *at = g_hash_table_lookup(queue->places, id);
    if (!at) return;
    Waiting *waiting = g_sequence_get(at);
    queue->counts[waiting->topic]--;
    queue->prio_counts[waiting->prio]--;
    g_hash_table_remove(queue->places, waiting->id);
    g_sequence_remove(at);
}

gboolean queue_has(const Queue *queue, const char *id)
{
    return g_hash_table_contains(queue->places, id);
}

void queue_hold(Queue *queue, const char *id, gboolean held)
{
    GSequenceIter *at = g_hash_table_lookup(queue->places, id);
    if (at) ((Waiting *)g_sequence_get(at))->held = held;
}

const char *queue_first(const Queue *queue, QueueSkills skills)
{
    GSequenceIter *at = g_sequence_get_begin_iter(queue->line);
    for (; !g_sequence_iter_is_end(at); at = g_sequence_iter_next(at)) {
        const Waiting *waiting = g_sequence_get(at);
        if (!waiting->held && (skills.topics >> waiting->topic & 1) && (skills.langs & waiting->lang)) return waiting->id;
    }
    return NULL;
}

guint queue_length(const Queue *queue)
{
    return g_hash_table_size(queue->places);
}

guint queue_length_of(const Queue *queue, const char *topic)
{
    return queue->counts[bit_of(queue->topics, topic)];
}

guint queue_place(const Queue *queue, const char *id)
{
    GSequenceIter *at = g_hash_table_lookup(queue->places, id);
    return at ? (guint)g_sequence_iter_get_position(at) + 1 : 0;
}

guint queue_next_place(const Queue *queue, CallPrio prio)
{
    guint before = 1;
    for (guint i = 0; i <= prio; i++) before += queue->prio_counts[i];
    return before;
}

/* Requeued calls stand first and are not always the oldest: the whole line of the topic counts. */
gint64 queue_oldest_of(const Queue *queue, const char *topic)
{
    guint bit = bit_of(queue->topics, topic), left = queue->counts[bit];
    gint64 oldest = 0;
    GSequenceIter *at = g_sequence_get_begin_iter(queue->line);
    for (; left && !g_sequence_iter_is_end(at); at = g_sequence_iter_next(at)) {
        const Waiting *waiting = g_sequence_get(at);
        if (waiting->topic != bit) continue;
        if (!oldest || waiting->enqueued_utc < oldest) oldest = waiting->enqueued_utc;
        left--;
    }
    return oldest;
}

gint64 queue_oldest_utc(const Queue *queue)
{
    gint64 oldest = 0;
    /* Sorted by time within a priority, so the oldest is the first of one of them. */
    int last = -1;
    guint offset = 0;
    for (guint prio = 0; prio <= CALL_PRIO_NORMAL; prio++) {
        if (!queue->prio_counts[prio]) continue;
        GSequenceIter *at = g_sequence_get_iter_at_pos(queue->line, (int)offset);
        const Waiting *first = g_sequence_get(at);
        if (last < 0 || first->enqueued_utc < oldest) oldest = first->enqueued_utc;
        last = (int)prio;
        offset += queue->prio_counts[prio];
    }
    return oldest;
}
