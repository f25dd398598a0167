#include "desk/service_level.h"

#include <string.h>

typedef struct {
    char id[34];
    int topic; /* -1: unknown */
    gint64 when_utc;
    gboolean good;
} Case;

typedef struct {
    guint n, good;
} Tally;

struct ServiceLevel {
    const char *const *topics;
    guint topic_count;
    gint64 within_ms;
    GQueue cases; /* of Case, by time */
    GHashTable *known;
    Tally all, *by_topic;
};

ServiceLevel *service_level_new(const char *const *topics, gint64 within_ms)
{
    ServiceLevel *level = g_new0(ServiceLevel, 1);
    level->topics = topics;
    level->topic_count = g_strv_length((char **)topics);
    level->within_ms = within_ms;
    level->known = g_hash_table_new(g_str_hash, g_str_equal);
    level->by_topic = g_new0(Tally, level->topic_count + 1);
    g_queue_init(&level->cases);
    return level;
}

void service_level_free(ServiceLevel *level)
{
    if (!level) return;
    g_hash_table_unref(level->known);
    g_queue_clear_full(&level->cases, g_free);
    g_free(level->by_topic);
    g_free(level);
}

static int index_of(const ServiceLevel *level, const char *topic)
{
    for (guint i = 0; i < level->topic_count; i++) {
        if (strcmp(level->topics[i], topic) == 0) return (int)i;
    }
    return -1;
}

static void tally(ServiceLevel *level, const Case *one, int sign)
{
    Tally *tallies[] = {&level->all, one->topic >= 0 ? &level->by_topic[one->topic] : NULL};
    for (guint i = 0; i < G_N_ELEMENTS(tallies) && tallies[i]; i++) {
        tallies[i]->n += (guint)sign;
        if (one->good) tallies[i]->good += (guint)sign;
    }
}

static void prune(ServiceLevel *level, gint64 now_utc)
{
    Case *first;
    while ((first = g_queue_peek_head(&level->cases)) &&
           (first->when_utc <= now_utc - SERVICE_LEVEL_SPAN_MS || g_queue_get_length(&level->cases) > SERVICE_LEVEL_MAX)) {
        tally(level, first, -1);
        g_hash_table_remove(level->known, first->id);
        g_free(g_queue_pop_head(&level->cases));
    }
}

void service_level_add(ServiceLevel *level, const char *id, const char *topic, gint64 waited_ms, gint64 when_utc, gint64 now_utc)
{
    if (when_utc <= now_utc - SERVICE_LEVEL_SPAN_MS || g_hash_table_contains(level->known, id)) return;
    Case *one = g_new0(Case, 1);
    g_strlcpy(one->id, id, sizeof one->id);
    one->topic = index_of(level, topic);
    one->when_utc = when_utc;
    one->good = waited_ms <= level->within_ms;
    GList *before = level->cases.tail;
    while (before && ((Case *)before->data)->when_utc > when_utc) before = before->prev;
    g_queue_insert_after(&level->cases, before, one);
    g_hash_table_add(level->known, one->id);
    tally(level, one, 1);
    prune(level, now_utc);
}

void service_level_count(ServiceLevel *level, const char *topic, gint64 now_utc, guint *n, guint *good)
{
    prune(level, now_utc);
    int at = topic ? index_of(level, topic) : -1;
    const Tally none = {0}, *found = !topic ? &level->all : at >= 0 ? &level->by_topic[at] : &none;
    *n = found->n;
    *good = found->good;
}
