#include <string.h>

#include "desk/exchange_state.h"

#define LOST_MS   600000 /* a link that ended counts so long, if the booth does not come back */
#define LOST_MAX  10000  /* such booths */
#define DEAD_MS   60000  /* since a desk was last heard: its booths have found another one by then */
#define COUNT_MAX 100000 /* booths, of another desk's word */

/* Of a heartbeat, in the order of MissedDoing; who is absent is not told. */
static const char *const told[MISSED_DOINGS] = {NULL, "free", "busy", "overrun", "faulty", "lost"};

typedef struct {
    QueueSkills skills;
    char **topics, **langs;
    gint64 since;
} LostBooth;

static void lost_free(gpointer data)
{
    LostBooth *lost = data;
    g_strfreev(lost->topics);
    g_strfreev(lost->langs);
    g_free(lost);
}

GHashTable *missed_lost_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, lost_free);
}

/* --- what a booth does ------------------------------------------------------------------------------------------------------------------
 */

static void set_doing(Exchange *exchange, Booth *booth, MissedDoing doing)
{
    booth->doing = doing;
    g_hash_table_remove(exchange->lost, booth->id);
}

void missed_note_pull(Exchange *exchange, Booth *booth)
{
    booth->wrapup_end = 0;
    set_doing(exchange, booth, MISSED_FREE);
}

void missed_note_status(Exchange *exchange, Booth *booth, const json_t *snapshot)
{
    booth->wrapup_end = missed_wrapup_end(snapshot, booth->wrapup_end, exchange->settings->wrapup_ms, exchange_mono());
    set_doing(exchange, booth, missed_doing(snapshot));
}

/* For the word of the desk that it comes to next. */
static void follow(Exchange *exchange, const char *id, gboolean on)
{
    g_autofree char *subject = g_strconcat("link.booth.", id, NULL);
    if (on)
        store_listen(exchange->store, subject);
    else
        store_unlisten(exchange->store, subject);
}

static void add_lost(Exchange *exchange, const Booth *booth)
{
    LostBooth *lost = g_new0(LostBooth, 1);
    *lost = (LostBooth){booth->skills, g_strdupv(booth->topics), g_strdupv(booth->langs), exchange_mono()};
    g_hash_table_replace(exchange->lost, g_strdup(booth->id), lost);
}

void missed_note_closed(Exchange *exchange, const Booth *booth)
{
    if (!booth->introduced || booth->identity != IDENTITY_GOOD) return;
    if (booth->doing != MISSED_ABSENT && g_hash_table_size(exchange->lost) < LOST_MAX) add_lost(exchange, booth);
    if (g_hash_table_contains(exchange->lost, booth->id)) follow(exchange, booth->id, TRUE);
}

void missed_heard(Exchange *exchange, const char *id, const char *text)
{
    if (!g_hash_table_contains(exchange->lost, id) || g_hash_table_contains(exchange->booths, id)) return;
    json_t *message = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    const gboolean there = strcmp(wire_type(message), "here") == 0 && !exchange_is_self(exchange, wire_string(message, "desk"));
    json_decref(message);
    if (!there) return;
    follow(exchange, id, FALSE);
    g_hash_table_remove(exchange->lost, id);
}

static MissedDoing doing_now(const Booth *booth, gint64 now)
{
    if (booth->doing == MISSED_BUSY && booth->wrapup_end && now >= booth->wrapup_end) return MISSED_OVERRUN;
    if (booth->doing == MISSED_FREE && (!booth->pulling || booth->offering[0] || booth->entry)) return MISSED_BUSY;
    return booth->doing;
}

/* Booths with the same skills; the words are borrowed. */
static void count(GArray *all, QueueSkills skills, char **topics, char **langs, MissedDoing doing)
{
    for (guint i = 0; i < all->len; i++) {
        MissedGroup *group = &g_array_index(all, MissedGroup, i);
        if (memcmp(&group->skills, &skills, sizeof skills) != 0) continue;
        group->booths[doing]++;
        return;
    }
    MissedGroup fresh = {.skills = skills, .topics = topics, .langs = langs};
    fresh.booths[doing] = 1;
    g_array_append_val(all, fresh);
}

/* What is known of this desk's own booths. */
static GArray *own_groups(Exchange *exchange, gint64 now)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(MissedGroup));
    GHashTableIter iter;
    gpointer id, value;
    g_hash_table_iter_init(&iter, exchange->booths);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Booth *booth = value;
        MissedDoing doing = booth->identity == IDENTITY_GOOD ? doing_now(booth, now) : MISSED_ABSENT;
        if (doing != MISSED_ABSENT) count(all, booth->skills, booth->topics, booth->langs, doing);
    }
    g_hash_table_iter_init(&iter, exchange->lost);
    while (g_hash_table_iter_next(&iter, &id, &value)) {
        const LostBooth *lost = value;
        if (now - lost->since < LOST_MS) {
            count(all, lost->skills, lost->topics, lost->langs, MISSED_LOST);
            continue;
        }
        if (!g_hash_table_contains(exchange->booths, id)) follow(exchange, id, FALSE);
        g_hash_table_iter_remove(&iter);
    }
    return all;
}

/* --- between desks ----------------------------------------------------------------------------------------------------------------------
 */

static json_t *words_json(char **words)
{
    json_t *list = json_array();
    for (; *words; words++) json_array_append_new(list, json_string(*words));
    return list;
}

json_t *missed_tell(Exchange *exchange)
{
    g_autoptr(GArray) all = own_groups(exchange, exchange_mono());
    json_t *list = json_array();
    for (guint i = 0; i < all->len; i++) {
        const MissedGroup *group = &g_array_index(all, MissedGroup, i);
        json_t *item = json_pack("{s:o, s:o}", "topics", words_json(group->topics), "langs", words_json(group->langs));
        for (guint doing = MISSED_FREE; doing < MISSED_DOINGS; doing++) {
            if (group->booths[doing]) json_object_set_new(item, told[doing], json_integer(group->booths[doing]));
        }
        json_array_append_new(list, item);
    }
    return list;
}

void missed_hear(MissedGroup *group, const json_t *item)
{
    for (guint doing = MISSED_FREE; doing < MISSED_DOINGS; doing++)
        group->booths[doing] = (guint)CLAMP(wire_int(item, told[doing]), 0, COUNT_MAX);
}

/* --- a call -----------------------------------------------------------------------------------------------------------------------------
 */

static void add_fitting(const Exchange *exchange, const Call *call, const GArray *groups, gboolean dead, guint booths[MISSED_DOINGS])
{
    for (guint i = 0; i < groups->len; i++) {
        const MissedGroup *group = &g_array_index(groups, MissedGroup, i);
        if (!queue_fits(exchange->queue, group->skills, call->topic, call->lang)) continue;
        for (guint doing = MISSED_FREE; doing < MISSED_DOINGS; doing++) booths[dead ? MISSED_LOST : doing] += group->booths[doing];
    }
}

const char *missed_why(Exchange *exchange, const Call *call)
{
    const gint64 now = exchange_mono();
    g_autoptr(GArray) own = own_groups(exchange, now);
    guint booths[MISSED_DOINGS] = {0};
    GHashTableIter iter;
    gpointer name, value;
    add_fitting(exchange, call, own, FALSE, booths);
    g_hash_table_iter_init(&iter, exchange->desks);
    while (g_hash_table_iter_next(&iter, &name, &value)) {
        const Desk *desk = value;
        if (exchange_is_self(exchange, name) || now - desk->seen > DEAD_MS) continue;
        add_fitting(exchange, call, desk->groups, exchange_desk_is_dead(exchange, name, now), booths);
    }
    return missed_cause(booths, queue_place(exchange->queue, call->id));
}
