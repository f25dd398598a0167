#define G_LOG_DOMAIN "desk"

#include "desk/exchange.h"

#include <string.h>

#include "desk/exchange_state.h"
#include "kpi/kpi.h"

#define SWEEP_MS        100
#define BOOTH_SWEEP_MS  500 /* but for those that wait for a call, since there are thousands */
#define SLOW_SWEEP_MS   1000
#define MARKER_MS       60000 /* the marker of a purged key stays so long */
#define MARKERS_A_SWEEP 100
#define DESK_GONE_MS    600000 /* a dead desk's heartbeat stays so long */

typedef struct {
    guint64 revision;
    gint64 seen;
} Marker;

static const char *const languages[] = {"en", "nb", "sv", "da", "fi", NULL};

gint64 exchange_mono(void)
{
    return g_get_monotonic_time() / 1000;
}

gint64 exchange_utc(void)
{
    return g_get_real_time() / 1000;
}

gboolean exchange_is_self(const Exchange *exchange, const char *desk)
{
    return strcmp(exchange->settings->instance, desk) == 0;
}

gboolean exchange_is_ready(const Exchange *exchange)
{
    return exchange->ready;
}

/* --- desks and staff ---------------------------------------------------------------------------------------------------------------------
 */

static void desk_free(Desk *desk)
{
    g_array_unref(desk->skills);
    g_array_unref(desk->groups);
    g_free(desk);
}

gboolean exchange_desk_is_dead(const Exchange *exchange, const char *name, gint64 now)
{
    if (exchange_is_self(exchange, name)) return FALSE;
    const Desk *desk = g_hash_table_lookup(exchange->desks, name);
    return !desk || now - desk->seen > EXCHANGE_DESK_DEAD_MS;
}

static gboolean can_serve(const Exchange *exchange, QueueSkills skills, const char *topic, const char *lang)
{
    if (!topic) return TRUE;
    if (lang) return queue_fits(exchange->queue, skills, topic, lang);
    for (const char *const *each = languages; *each; each++) {
        if (queue_fits(exchange->queue, skills, topic, *each)) return TRUE;
    }
    return FALSE;
}

static gboolean have_own_staff(const Exchange *exchange, const char *topic, const char *lang)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, exchange->booths);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Booth *booth = value;
        if (booth->staffed && booth->identity == IDENTITY_GOOD && can_serve(exchange, booth->skills, topic, lang)) return TRUE;
    }
    return FALSE;
}

gboolean exchange_has_staff(const Exchange *exchange, const char *topic, const char *lang)
{
    GHashTableIter iter;
    gpointer name, value;
    gint64 now = exchange_mono();
    if (have_own_staff(exchange, topic, lang)) return TRUE;
    g_hash_table_iter_init(&iter, exchange->desks);
    while (g_hash_table_iter_next(&iter, &name, &value)) {
        const Desk *desk = value;
        if (exchange_is_self(exchange, name) || now - desk->seen > EXCHANGE_DESK_DEAD_MS) continue;
        for (guint i = 0; i < desk->skills->len; i++) {
            if (can_serve(exchange, g_array_index(desk->skills, QueueSkills, i), topic, lang)) return TRUE;
        }
    }
    return FALSE;
}

static json_t *words_to_json(char **words)
{
    json_t *list = json_array();
    for (; *words; words++) json_array_append_new(list, json_string(*words));
    return list;
}

/* What the heartbeat tells the other desks: how many booths are linked here, and which different skills those have whose advisor is there.
 */
static void update_heartbeat(Exchange *exchange)
{
    g_autoptr(GArray) told = g_array_new(FALSE, FALSE, sizeof(QueueSkills));
    json_t *skills = json_array();
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, exchange->booths);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Booth *booth = value;
        gboolean known = FALSE;
        for (guint i = 0; i < told->len && !known; i++) {
            known = memcmp(&g_array_index(told, QueueSkills, i), &booth->skills, sizeof(QueueSkills)) == 0;
        }
        if (known || !booth->staffed || booth->identity != IDENTITY_GOOD) continue;
        g_array_append_val(told, booth->skills);
        json_array_append_new(skills,
                              json_pack("{s:o, s:o}", "topics", words_to_json(booth->topics), "langs", words_to_json(booth->langs)));
    }
    json_t *beat = json_pack("{s:i, s:i, s:o, s:o}", "v", 1, "booths", (int)g_hash_table_size(exchange->booths), "skills", skills, "groups",
                             missed_tell(exchange));
    g_autofree char *text = json_dumps(beat, JSON_COMPACT);
    json_decref(beat);
    store_set_heartbeat(exchange->store, text);
}

/* A list of words as a NULL-terminated array that borrows them, to g_free(). */
static const char **borrow_words(const json_t *list)
{
    const char **words = g_new0(const char *, json_array_size(list) + 1);
    for (size_t i = 0, n = 0; i < json_array_size(list); i++) {
        const char *word = json_string_value(json_array_get(list, i));
        if (word) words[n++] = word;
    }
    return words;
}

static QueueSkills read_skills(const Exchange *exchange, const json_t *item)
{
    g_autofree const char **topics = borrow_words(json_object_get(item, "topics"));
    g_autofree const char **langs = borrow_words(json_object_get(item, "langs"));
    return queue_skills(exchange->queue, topics, langs);
}

/* An older desk only tells the skills of booths whose advisors are there. */
static void learn_groups(const Exchange *exchange, Desk *desk, const json_t *groups)
{
    g_array_set_size(desk->groups, 0);
    for (guint i = 0; i < desk->skills->len && !groups; i++) {
        MissedGroup group = {.skills = g_array_index(desk->skills, QueueSkills, i), .booths = {[MISSED_BUSY] = 1}};
        g_array_append_val(desk->groups, group);
    }
    for (size_t i = 0; i < json_array_size(groups); i++) {
        MissedGroup group = {.skills = read_skills(exchange, json_array_get(groups, i))};
        missed_hear(&group, json_array_get(groups, i));
        g_array_append_val(desk->groups, group);
    }
}

static void learn_desk(Exchange *exchange, const char *name, guint64 revision, const char *value)
{
    if (!value) {
        g_hash_table_remove(exchange->desks, name);
        return;
    }
    Desk *desk = g_hash_table_lookup(exchange->desks, name);
    if (desk && desk->revision >= revision) return;
    if (!desk) {
        desk = g_new0(Desk, 1);
        desk->skills = g_array_new(FALSE, FALSE, sizeof(QueueSkills));
        desk->groups = g_array_new(FALSE, FALSE, sizeof(MissedGroup));
        g_hash_table_insert(exchange->desks, g_strdup(name), desk);
    }
    json_t *beat = json_loads(value, 0, NULL);
    const json_t *skills = json_object_get(beat, "skills");
    desk->revision = revision;
    desk->seen = exchange_mono();
    desk->booths = (guint)json_integer_value(json_object_get(beat, "booths"));
    g_array_set_size(desk->skills, 0);
    for (size_t i = 0; i < json_array_size(skills); i++) {
        QueueSkills one = read_skills(exchange, json_array_get(skills, i));
        g_array_append_val(desk->skills, one);
    }
    learn_groups(exchange, desk, json_object_get(beat, "groups"));
    json_decref(beat);
}

gint64 exchange_bus_utc(const Exchange *exchange)
{
    return exchange_mono() + exchange->bus_ahead;
}

/* --- the view
 * ------------------------------------------------------------------------------------------------------------------------------ */

static void learn_call(Exchange *exchange, const char *id, guint64 revision, const char *value)
{
    Entry *entry = entry_find(exchange, id);
    if (!value) {
        Marker *marker = g_new0(Marker, 1);
        *marker = (Marker){revision, exchange_mono()};
        g_hash_table_replace(exchange->markers, g_strdup(id), marker);
        if (entry && revision > entry->revision) entry_gone(entry);
        return;
    }
    json_t *json = json_loads(value, 0, NULL);
    Call *call = json ? call_from_json(json) : NULL;
    json_decref(json);
    if (call && strcmp(call->id, id) == 0) {
        entry_learn(exchange, id, call, revision);
    } else {
        g_warning("%s: its value in the bucket is not a call", id);
        call_free(call);
    }
}

static void on_entry(gpointer data, const char *key, guint64 revision, const char *value)
{
    Exchange *exchange = data;
    if (g_str_has_prefix(key, "call.")) {
        learn_call(exchange, key + strlen("call."), revision, value);
    } else if (g_str_has_prefix(key, "desk.")) {
        learn_desk(exchange, key + strlen("desk."), revision, value);
    } else if (strcmp(key, "settings") == 0) {
        if (exchange->hooks) exchange->hooks->settings(exchange->hooks->data, value, revision);
    } else if (strcmp(key, "secret") == 0 && value) {
        g_free(exchange->secret);
        exchange->secret = g_strdup(value);
    }
}

static void drop_calls(Exchange *exchange, guint view, guint64 below)
{
    g_autoptr(GPtrArray) gone = g_ptr_array_new();
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, exchange->calls);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Entry *entry = value;
        if (entry->view < view && entry->revision < below) g_ptr_array_add(gone, value);
    }
    for (guint i = 0; i < gone->len; i++) entry_gone(gone->pdata[i]);
}

static void on_view_started(gpointer data, gboolean forget)
{
    Exchange *exchange = data;
    exchange->view++;
    exchange->whole = FALSE;
    if (!forget) return;
    g_warning("the bucket is another one than before: what was known of its calls is void");
    drop_calls(exchange, exchange->view, G_MAXUINT64);
    g_hash_table_remove_all(exchange->desks);
    g_hash_table_remove_all(exchange->markers);
    g_clear_pointer(&exchange->secret, g_free);
    exchange->secret_asked = FALSE;
    /* Its revisions begin anew too. */
    if (exchange->hooks) exchange->hooks->settings(exchange->hooks->data, NULL, 0);
}

static void on_secret(gpointer data, const StoreResult *result)
{
    Exchange *exchange = data;
    exchange->secret_asked = FALSE;
    if (result->verdict == STORE_LOST && result->value && !exchange->secret) exchange->secret = g_strdup(result->value);
}

static void ask_secret(Exchange *exchange)
{
    if (exchange->secret || exchange->secret_asked) return;
    g_autofree char *secret = wire_new_secret();
    exchange->secret_asked = TRUE;
    store_put(exchange->store, "secret", secret, 0, on_secret, exchange);
}

/* While it was blind nothing could be renewed in its sight: everyone is given that time back, and no more. A desk that is blind again and
 * again still sees what ends. */
static void forgive_blindness(Exchange *exchange, gint64 now)
{
    gint64 blind = now - exchange->sighted;
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, exchange->desks);
    while (g_hash_table_iter_next(&iter, NULL, &value)) ((Desk *)value)->seen = MIN(((Desk *)value)->seen + blind, now);
    g_hash_table_iter_init(&iter, exchange->calls);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Entry *entry = value;
        gboolean others = !exchange_is_self(exchange, entry->call->shopper_desk);
        entry->lease_seen = MIN(entry->lease_seen + blind, now);
        if (others && entry->away_since) entry->away_since = MIN(entry->away_since + blind, now);
    }
}

gboolean exchange_has_seen(const Exchange *exchange, gint64 then)
{
    return exchange->whole && exchange->as_of >= then;
}

static void on_view_complete(gpointer data, guint64 revision, gint64 as_of, gint64 bus_utc)
{
    Exchange *exchange = data;
    gint64 now = exchange_mono();
    if (!exchange->whole) {
        drop_calls(exchange, exchange->view, revision);
        forgive_blindness(exchange, now);
        exchange->whole = exchange->ready = TRUE;
        g_info("the view of the bucket is complete: %u calls", g_hash_table_size(exchange->calls));
        ask_secret(exchange);
    }
    exchange->sighted = now;
    exchange->as_of = as_of;
    exchange->bus_ahead = bus_utc - as_of / 1000;
    claim_answer_waiting(exchange);
    booth_greet_waiting(exchange);
}

static void on_record(gpointer data, const char *subject, const char *text, gint64 landed_utc)
{
    Exchange *exchange = data;
    json_t *record = json_loads(text, 0, NULL);
    const char *id = subject + strlen("record.call.");
    ended_note(exchange->ended, id, wire_string(record, "key_hash"), wire_string(record, "outcome"), wire_string(record, "cause"),
               landed_utc);
    claim_answer_waiting(exchange);
    gint64 accepted = wire_int(record, "accepted_utc"), enqueued = wire_int(record, "enqueued_utc"), ended = wire_int(record, "ended_utc");
    static const char *const unanswered[] = {"abandoned", "missed", "declined", NULL};
    if (accepted > 0 || g_strv_contains(unanswered, wire_string(record, "outcome")))
        service_level_add(exchange->level, subject + strlen("record.call."), wire_string(record, "topic"),
                          (accepted > 0 ? accepted : ended) - enqueued, accepted > 0 ? accepted : ended, exchange_utc());
    if (accepted > 0) wait_add(exchange->wait, (guint)wire_int(record, "place_at_ask"), kpi_span(enqueued, accepted), accepted);
    json_decref(record);
}

/* --- signals from other desks
 * ----------------------------------------------------------------------------------------------------------------- */

static void on_message(gpointer data, const char *subject, const char *text)
{
    Exchange *exchange = data;
    if (g_str_has_prefix(subject, "link.booth.")) {
        identity_heard(exchange, subject + strlen("link.booth."), text);
        missed_heard(exchange, subject + strlen("link.booth."), text);
        return;
    }
    gboolean to_shopper = g_str_has_prefix(subject, "sig.shopper.");
    if (g_str_has_prefix(subject, "ops.")) {
        if (exchange->hooks) exchange->hooks->message(exchange->hooks->data, subject, text);
        return;
    }
    json_t *message = wire_decode(to_shopper ? WIRE_DESK_TO_SHOPPER : WIRE_DESK_TO_BOOTH, text, strlen(text), NULL);
    if (!message) return;
    if (to_shopper) {
        Entry *entry = entry_find(exchange, subject + strlen("sig.shopper."));
        if (entry) entry_hear(entry, (guint)wire_int(message, "gen"), text);
    } else {
        const Booth *booth = g_hash_table_lookup(exchange->booths, subject + strlen("sig.booth."));
        gboolean current = booth && booth->entry && strcmp(booth->entry->id, wire_string(message, "call")) == 0 &&
                           booth->entry->call->gen == (guint)wire_int(message, "gen");
        if (current) door_send(booth->peer.link, text);
    }
    json_decref(message);
}

/* --- timers
 * ----------------------------------------------------------------------------------------------------------------------------------- */

gboolean exchange_is_janitor(const Exchange *exchange, gint64 now)
{
    GHashTableIter iter;
    gpointer name;
    g_hash_table_iter_init(&iter, exchange->desks);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        if (!exchange_desk_is_dead(exchange, name, now) && strcmp(name, exchange->settings->instance) < 0) return FALSE;
    }
    return TRUE;
}

static void tidy(Exchange *exchange, gint64 now)
{
    gboolean janitor = exchange_is_janitor(exchange, now);
    guint left = MARKERS_A_SWEEP;
    GHashTableIter iter;
    gpointer name, value;
    g_hash_table_iter_init(&iter, exchange->markers);
    while (left && g_hash_table_iter_next(&iter, &name, &value)) {
        const Marker *marker = value;
        if (now - marker->seen < MARKER_MS * (janitor ? 1 : 3)) continue;
        g_autofree char *key = g_strconcat("call.", (char *)name, NULL);
        if (janitor) store_forget(exchange->store, key, marker->revision);
        g_hash_table_iter_remove(&iter);
        left--;
    }
    g_hash_table_iter_init(&iter, exchange->desks);
    while (g_hash_table_iter_next(&iter, &name, &value)) {
        const Desk *desk = value;
        if (now - desk->seen < DESK_GONE_MS || exchange_is_self(exchange, name)) continue;
        g_autofree char *key = g_strconcat("desk.", (char *)name, NULL);
        if (janitor) store_forget(exchange->store, key, desk->revision);
        g_hash_table_iter_remove(&iter);
    }
}

static void sweep_slow(Exchange *exchange, gint64 now)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, exchange->peers);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        if (((Peer *)value)->kind == DOOR_SHOPPER) shopper_update(value, now);
    }
    booth_tell_queue(exchange);
    update_heartbeat(exchange);
    ended_forget(exchange->ended, exchange_bus_utc(exchange));
    shopper_forget_address(exchange, now);
    if (exchange->whole) tidy(exchange, now);
}

static void sweep(Exchange *exchange, gint64 now)
{
    GHashTableIter iter;
    gpointer value;
    if (!store_is_connected(exchange->store)) exchange->whole = FALSE;
    g_hash_table_iter_init(&iter, exchange->calls);
    while (g_hash_table_iter_next(&iter, NULL, &value)) entry_sweep(value, now);
    identity_sweep_held(exchange);
    booth_match_parked(exchange);
    claim_answer_waiting(exchange);
}

static void sweep_booths(Exchange *exchange, gint64 now)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, exchange->booths);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        booth_sweep(exchange, value);
        identity_sweep(exchange, value, now);
    }
}

void exchange_set_ledger(Exchange *exchange, Ledger *ledger)
{
    exchange->ledger = ledger;
}

static void on_woken(void *data)
{
    Exchange *exchange = data;
    gint64 now = exchange_mono();
    store_dispatch(exchange->store);
    catalogue_dispatch(exchange);
    if (exchange->ledger) ledger_dispatch(exchange->ledger);
    if (exchange->hooks) exchange->hooks->woken(exchange->hooks->data);
    if (now - exchange->swept >= SWEEP_MS) {
        exchange->swept = now;
        sweep(exchange, now);
    }
    if (now - exchange->swept_booths >= BOOTH_SWEEP_MS) {
        exchange->swept_booths = now;
        sweep_booths(exchange, now);
    }
    if (now - exchange->swept_slow >= SLOW_SWEEP_MS) {
        exchange->swept_slow = now;
        sweep_slow(exchange, now);
    }
}

/* --- the door
 * ---------------------------------------------------------------------------------------------------------------------------------- */

static void on_opened(void *data, DoorLink *link, DoorKind kind, const char *identity, const char *address)
{
    if (kind == DOOR_BOOTH)
        booth_opened(data, link, identity, address);
    else
        shopper_opened(data, link, address);
}

static void on_closed(void *data, DoorLink *link)
{
    Peer *peer = door_data(link);
    if (!peer) return;
    if (peer->kind == DOOR_BOOTH)
        booth_closed(data, (Booth *)peer);
    else
        shopper_closed(data, (Shopper *)peer);
}

static void on_received(void *data, DoorLink *link, const char *text, size_t length)
{
    Peer *peer = door_data(link);
    g_autoptr(GError) error = NULL;
    /* What comes after the third bad message, before the link is closed, counts for nothing. */
    if (!peer || peer->bad >= EXCHANGE_BAD_MAX) return;
    if (peer_is_too_fast(peer)) {
        peer_reject(peer, "too_fast", "too many messages a second");
        return;
    }
    if (peer->kind == DOOR_BOOTH && status_take_text(data, (Booth *)peer, text, length)) return;
    json_t *message = wire_decode(peer->kind == DOOR_BOOTH ? WIRE_BOOTH_TO_DESK : WIRE_SHOPPER_TO_DESK, text, length, &error);
    if (!message) {
        /* A word of an error may come from the far end; ours must fit our own limits. */
        g_autofree char *detail = g_utf8_substring(error->message, 0, MIN(200, g_utf8_strlen(error->message, -1)));
        peer_reject(peer, "bad_message", detail);
        return;
    }
    if (peer->kind == DOOR_BOOTH)
        booth_received(data, (Booth *)peer, message);
    else
        shopper_received(data, (Shopper *)peer, message);
    json_decref(message);
}

static json_t *count_states(const Exchange *exchange)
{
    int counts[CALL_DONE + 1] = {0};
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, exchange->calls);
    while (g_hash_table_iter_next(&iter, NULL, &value)) counts[((const Entry *)value)->call->state]++;
    json_t *states = json_object();
    for (CallState state = CALL_QUEUED; state <= CALL_DONE; state++)
        json_object_set_new(states, call_state_name(state), json_integer(counts[state]));
    return states;
}

static json_t *describe(const Exchange *exchange)
{
    json_t *booths = json_array(), *desks = json_array(), *topics = json_object();
    GHashTableIter iter;
    gpointer name;
    g_hash_table_iter_init(&iter, exchange->booths);
    while (g_hash_table_iter_next(&iter, &name, NULL)) json_array_append_new(booths, json_string(name));
    g_hash_table_iter_init(&iter, exchange->desks);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        if (!exchange_desk_is_dead(exchange, name, exchange_mono())) json_array_append_new(desks, json_string(name));
    }
    for (const char *const *topic = exchange->settings->topics; *topic; topic++) {
        json_object_set_new(topics, *topic, json_integer(queue_length_of(exchange->queue, *topic)));
    }
    gint64 oldest = queue_oldest_utc(exchange->queue);
    return json_pack("{s:s, s:s, s:b, s:o, s:o, s:o, s:{s:i, s:I, s:o}, s:i, s:i}", "instance", exchange->settings->instance, "version",
                     LIVEBOOTH_VERSION, "bus", store_is_connected(exchange->store), "desks", desks, "booths", booths, "calls",
                     count_states(exchange), "queue", "waiting", (int)queue_length(exchange->queue), "oldest_ms",
                     (json_int_t)(oldest ? MAX(exchange_utc() - oldest, 0) : 0), "topics", topics, "parked",
                     (int)g_queue_get_length((GQueue *)&exchange->parked), "links", (int)g_hash_table_size(exchange->peers));
}

static char *on_api(void *data, const char *path, G_GNUC_UNUSED const char *query)
{
    const Exchange *exchange = data;
    json_t *answer = NULL;
    if (strcmp(path, "/api/health") == 0)
        answer = json_pack("{s:b, s:b}", "ok", exchange->ready, "bus", store_is_connected(exchange->store));
    else if (strcmp(path, "/api/status") == 0)
        answer = describe(exchange);
    if (!answer) return NULL;
    g_autofree char *text = json_dumps(answer, JSON_COMPACT);
    json_decref(answer);
    return g_strdup(text);
}

/* --- beginning and end
 * -------------------------------------------------------------------------------------------------------------------------- */

static void on_wake(gpointer data)
{
    Exchange *exchange = data;
    g_mutex_lock(&exchange->door_lock);
    if (exchange->door) door_wake(exchange->door);
    g_mutex_unlock(&exchange->door_lock);
}

Exchange *exchange_new(const ExchangeSettings *settings)
{
    Exchange *exchange = g_new0(Exchange, 1);
    exchange->configured = settings;
    exchange->ruled = *settings;
    exchange->settings = &exchange->ruled;
    exchange->door_events = (DoorEvents){on_opened, on_received, on_closed, on_api, on_woken, exchange};
    exchange->store_events = (StoreEvents){on_wake, on_view_started, on_entry, on_view_complete, on_record, on_message, exchange};
    exchange->queue = queue_new(settings->topics, languages);
    exchange->level = service_level_new(settings->topics, settings->service_ms);
    exchange->counts = counts_new(settings->topics);
    exchange->wait = wait_new();
    exchange->calls = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)entry_free);
    exchange->peers = g_hash_table_new(g_int64_hash, g_int64_equal);
    exchange->booths = g_hash_table_new(g_str_hash, g_str_equal);
    exchange->desks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)desk_free);
    exchange->lost = missed_lost_new();
    exchange->ended = ended_new();
    exchange->asking = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    exchange->markers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    exchange->askers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_queue_init(&exchange->parked);
    g_queue_init(&exchange->claiming);
    g_queue_init(&exchange->held);
    g_mutex_init(&exchange->door_lock);
    return exchange;
}

void exchange_free(Exchange *exchange)
{
    if (!exchange) return;
    g_hash_table_unref(exchange->calls);
    g_hash_table_unref(exchange->peers);
    g_hash_table_unref(exchange->booths);
    g_hash_table_unref(exchange->desks);
    g_hash_table_unref(exchange->lost);
    ended_free(exchange->ended);
    g_hash_table_unref(exchange->asking);
    g_hash_table_unref(exchange->markers);
    g_hash_table_unref(exchange->askers);
    queue_free(exchange->queue);
    service_level_free(exchange->level);
    counts_free(exchange->counts);
    wait_free(exchange->wait);
    g_mutex_clear(&exchange->door_lock);
    g_free(exchange->secret);
    rules_free(exchange->rules);
    g_free(exchange->queue_told);
    g_free(exchange);
}

const DoorEvents *exchange_door_events(Exchange *exchange)
{
    return &exchange->door_events;
}

const StoreEvents *exchange_store_events(Exchange *exchange)
{
    return &exchange->store_events;
}

void exchange_set_store(Exchange *exchange, Store *store)
{
    exchange->store = store;
    /* All of them from the start: one for each call would come after its first words. */
    if (store) store_listen(store, "sig.shopper.>");
}

void exchange_set_door(Exchange *exchange, Door *door)
{
    g_mutex_lock(&exchange->door_lock);
    exchange->door = door;
    g_mutex_unlock(&exchange->door_lock);
}

static gboolean is_busy(const Exchange *exchange)
{
    if (!store_is_idle(exchange->store)) return TRUE;
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, exchange->calls);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Entry *entry = value;
        if (entry->writing || entry->finishing || !g_queue_is_empty((GQueue *)&entry->intents)) return TRUE;
    }
    return FALSE;
}

void exchange_settle(Exchange *exchange, guint timeout_ms)
{
    gint64 until = exchange_mono() + timeout_ms;
    while (is_busy(exchange) && exchange_mono() < until) {
        store_dispatch(exchange->store);
        g_usleep(5000);
    }
}
