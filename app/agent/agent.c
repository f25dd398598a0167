#include "agent/agent.h"

#include "agent/booth.h"
#include "agent/booth_clock.h"
#include "agent/catalogue_keeper.h"
#include "agent/catalogue_service.h"
#include "agent/checks.h"
#include "agent/desk_proxy.h"
#include "agent/enroller.h"
#include "agent/machine.h"
#include "agent/network_probe.h"
#include "agent/note.h"
#include "agent/problems.h"
#include "agent/quality.h"
#include "agent/record.h"
#include "agent/records.h"
#include "agent/remote.h"
#include "agent/saved.h"
#include "agent/service.h"
#include "agent/shop.h"
#include "agent/status.h"
#include "agent/storage_probe.h"
#include "agent/studio_proxy.h"
#include "agent/upkeep.h"
#include "agent/upload.h"
#include "drivers/panel/panel.h"
#include "drivers/sensors/sensors.h"
#include "journal/journal.h"
#include "wire/wire.h"

#include <string.h>

#define MISTAKE_MAX 400 /* bytes */

struct Agent {
    const Config *config;
    void (*lost)(gpointer data);
    gpointer lost_data;
    Booth booth;
    Problems *problems;
    Records *records;
    DeskProxy *desk;
    StudioProxy *studio;
    Service *service;
    Panel *panel;
    Sensors *sensors;
    CatalogueKeeper *catalogue;
    CatalogueService *catalogue_service;
    CatalogueKeeperEvents catalogue_events;
    Shop *shop;
    Update *update;
    UpdateEvents update_events;
    Upkeep *upkeep;
    Remote *remote;
    RemoteEvents remote_events;
    ShopEvents shop_events;
    Enroller *enroller;
    EnrolEvents enrol_events;
    char *mistake;   /* in booth.txt, as boothctl provision found it; NULL */
    gboolean relink; /* with another certificate, when no call is disturbed */
    DeskEvents desk_events;
    StudioEvents studio_events;
    ServiceEvents service_events;
    PanelEvents panel_events;
    char *boot;
    char *slot; /* NULL: not from an image */
    BoothClock clock;
    Tally tally;
    Quality quality;
    json_t *card;   /* offer of the call in hand */
    json_t *codecs; /* of it, without those refused, the preferred one first */
    json_t *health;
    json_t *queue;
    char *link_why;
    char *saved;       /* the state's text as committed */
    json_t *unwritten; /* array of records that are not committed yet, or that the disk refused */
    gboolean unsaved;  /* the disk refused the state */
    StorageProbe *probe;
    StorageState storage;
    gint64 started_mono;
    gboolean was_welcomed, resumed; /* ever by a desk; the agent was started again in the same boot */
    gboolean alert, lamp;           /* somebody waits too long; and the lamp's phase */
    guint look;
    gboolean studio_seen;
    Upload upload;
    gint64 checked_mono; /* when the records were read whole */
    gboolean has_temperature;
    int millidegrees;
    guint tick, publish, status_later, status_regular, desk_grace, studio_grace; /* source ids */
    gboolean tell_desk;
    gint64 told_mono;
};

static gint64 mono_ms(void)
{
    return g_get_monotonic_time() / 1000;
}

static gint64 utc_ms(const Agent *agent)
{
    return booth_clock_utc(&agent->clock, mono_ms());
}

static void stop_source(guint *id)
{
    if (*id) g_source_remove(*id);
    *id = 0;
}

static void set_json(json_t **slot, const json_t *value)
{
    json_decref(*slot);
    *slot = value ? json_incref((json_t *)value) : NULL;
}

static gboolean set_problem(Agent *agent, const char *name, gboolean present)
{
    return problems_set(agent->problems, name, present, utc_ms(agent));
}

/* --- the published state ----------------------------------------------------------------------------------------------------------------
 */

static ChecksParts check_parts(const Agent *agent)
{
    /* What was proven and fails now is bad at once; an agent that came back has proven nothing yet. */
    gboolean is_new = agent->booth.state == BOOTH_STARTING || agent->resumed;
    return (ChecksParts){
        .problems = agent->problems,
        .health = agent->health,
        .has_network = desk_proxy_up(agent->desk) || network_probe(),
        .is_enrolled = enroller_state(agent->enroller) == ENROL_DONE,
        .link_up = desk_proxy_up(agent->desk),
        .clock_known = agent->clock.known,
        .storage_known = agent->storage != STORAGE_UNKNOWN,
        .age_ms = is_new ? mono_ms() - agent->started_mono : CHECKS_GRACE_MS,
    };
}

static json_t *records_json(Agent *agent)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:b}", "waiting",
                     (json_int_t)records_waiting(agent->records) + (json_int_t)json_array_size(agent->unwritten), "stored",
                     (json_int_t)records_stored(agent->records), "dropped", (json_int_t)records_dropped(agent->records), "oldest_utc",
                     (json_int_t)records_oldest_utc(agent->records), "bytes", (json_int_t)records_bytes(agent->records), "clock",
                     agent->clock.known);
}

static json_t *snapshot(Agent *agent)
{
    const ChecksParts checks_now = check_parts(agent);
    json_t *checks = checks_json(&checks_now), *records = records_json(agent);
    const StatusParts parts = {
        .checks = checks,
        .alert = agent->alert,
        .config = agent->config,
        .booth = &agent->booth,
        .problems = agent->problems,
        .card = agent->card,
        .health = agent->health,
        .queue = agent->queue,
        .link_up = desk_proxy_up(agent->desk),
        .link_address = desk_proxy_address(agent->desk),
        .link_why = agent->link_why,
        .records = records,
        .has_temperature = agent->has_temperature,
        .millidegrees = agent->millidegrees,
        .now_mono = mono_ms(),
    };
    json_t *now = status_snapshot(&parts);
    json_decref(checks);
    json_decref(records);
    return now;
}

static gboolean on_status_later(gpointer data);

static gboolean on_publish(gpointer data)
{
    Agent *agent = data;
    agent->publish = 0;
    json_t *now = snapshot(agent);
    json_object_set_new(now, "enrolment", enroller_json(agent->enroller));
    if (agent->mistake) json_object_set_new(now, "mistake", json_string(agent->mistake));
    json_object_set_new(now, "catalogue", catalogue_keeper_json(agent->catalogue));
    if (agent->update) json_object_set_new(now, "update", update_json(agent->update));
    if (agent->upkeep) json_object_set_new(now, "upkeep", upkeep_json(agent->upkeep));
    if (agent->slot) json_object_set_new(now, "slot", json_string(agent->slot));
    json_object_set_new(now, "notice", agent->remote ? remote_notice(agent->remote) : json_null());
    shop_tell(agent->shop, now);
    char *text = json_dumps(now, JSON_COMPACT);
    service_set_snapshot(agent->service, text);
    free(text);
    gint64 wait = agent->told_mono + AGENT_STATUS_MIN - mono_ms();
    if (agent->tell_desk && wait <= 0) {
        agent->tell_desk = FALSE;
        agent->told_mono = mono_ms();
        /* Of the customer's things the centre needs none. */
        static const char *const own[] = {"show", "basket", "checkout", "mistake"};
        for (guint i = 0; i < G_N_ELEMENTS(own); i++) json_object_del(now, own[i]);
        desk_send_status(agent->desk, status_for_desk(now));
    } else if (agent->tell_desk && !agent->status_later) {
        agent->status_later = g_timeout_add((guint)wait, on_status_later, agent);
    }
    json_decref(now);
    return G_SOURCE_REMOVE;
}

/* for_desk: more than a level or a counter changed. */
static void changed(Agent *agent, gboolean for_desk)
{
    agent->tell_desk |= for_desk;
    if (!agent->publish) agent->publish = g_idle_add_full(G_PRIORITY_DEFAULT, on_publish, agent, NULL);
}

/* Whoever asks for the snapshot next finds what was just done in it. */
static void publish_now(Agent *agent)
{
    stop_source(&agent->publish);
    on_publish(agent);
}

static gboolean on_status_later(gpointer data)
{
    Agent *agent = data;
    agent->status_later = 0;
    changed(agent, TRUE);
    return G_SOURCE_REMOVE;
}

/* --- writing down ------------------------------------------------------------------------------------------------------------------------
 */

static gboolean in_call(const Agent *agent)
{
    return agent->booth.state == BOOTH_CONNECTING || agent->booth.state == BOOTH_LIVE;
}

static void upload(Agent *agent)
{
    if (desk_proxy_up(agent->desk)) upload_go(&agent->upload, in_call(agent), mono_ms());
}

static void on_send_records(void *data, json_t *list)
{
    desk_send_records(((Agent *)data)->desk, list);
}

static gboolean commit(Agent *agent, const char *state, GError **error)
{
    if (!records_commit(agent->records, agent->unwritten, state, error)) return FALSE;
    json_array_clear(agent->unwritten);
    return TRUE;
}

/* The offer of the call in hand, and with it what was shown and put into the basket. */
static json_t *card_to_save(const Agent *agent)
{
    json_t *shop = shop_save(agent->shop), *card = agent->card ? json_copy(agent->card) : NULL;
    if (card && shop) json_object_set(card, "shop", shop);
    json_decref(shop);
    return card;
}

/* Commits the state, and with it every record that waits to be written. */
static void write_down(Agent *agent)
{
    json_t *card = card_to_save(agent);
    g_autofree char *state = saved_write(&agent->booth, &agent->tally, card, agent->boot);
    json_decref(card);
    gboolean recorded = json_array_size(agent->unwritten) > 0;
    if (!recorded && !agent->unsaved && g_strcmp0(state, agent->saved) == 0) return;
    g_autoptr(GError) error = NULL;
    if (commit(agent, state, &error)) {
        g_free(agent->saved);
        agent->saved = g_steal_pointer(&state);
        if (recorded) upload(agent);
    } else if (!agent->unsaved) {
        g_warning("%s", error->message);
    }
    agent->unsaved = error != NULL;
    set_problem(agent, "storage_failing", agent->unsaved || agent->storage == STORAGE_FAILING);
}

/* Steals record; NULL is none. */
static void add_record(Agent *agent, json_t *record)
{
    if (!record) return;
    if (json_array_size(agent->unwritten) >= AGENT_UNWRITTEN_MAX) {
        g_warning("the disk refuses and %d records wait in memory; the oldest is dropped", AGENT_UNWRITTEN_MAX);
        json_array_remove(agent->unwritten, 0);
    }
    json_array_append_new(agent->unwritten, record);
}

/* --- acting ------------------------------------------------------------------------------------------------------------------------------
 */

static void act(Agent *agent, const BoothAction *action)
{
    const Booth *booth = &agent->booth;
    const json_t *ice = json_object_get(agent->card, "ice_servers");
    switch (action->kind) {
    case BOOTH_DO_PULL: desk_send_pull(agent->desk, TRUE, booth->pull_seq); break;
    case BOOTH_DO_UNPULL: desk_send_pull(agent->desk, FALSE, booth->pull_seq); break;
    case BOOTH_DO_ACCEPT: desk_send_call(agent->desk, "accept", &action->key); break;
    case BOOTH_DO_DECLINE: desk_send_call(agent->desk, "decline", &action->key); break;
    case BOOTH_DO_RING_NO_ANSWER: desk_send_call(agent->desk, "ring_no_answer", &action->key); break;
    case BOOTH_DO_RENEW: desk_send_call(agent->desk, "renew", &action->key); break;
    case BOOTH_DO_MEDIA_UP: desk_send_media_up(agent->desk, &action->key); break;
    case BOOTH_DO_END: desk_send_end(agent->desk, &action->key, action->end); break;
    case BOOTH_DO_PREPARE: studio_prepare(agent->studio, &booth->call, agent->codecs, ice); break;
    case BOOTH_DO_START: studio_start(agent->studio, &booth->call, agent->codecs, ice); break;
    case BOOTH_DO_REHEARSE: studio_rehearse(agent->studio, booth->call.pc); break;
    case BOOTH_DO_STOP: studio_stop(agent->studio); break;
    case BOOTH_DO_SELF_TEST: studio_self_test(agent->studio); break;
    case BOOTH_DO_MUTE: studio_set_mute(agent->studio, booth->muted); break;
    case BOOTH_DO_CAMERA: studio_set_camera(agent->studio, booth_view_name(booth->view)); break;
    case BOOTH_DO_RECORD: break; /* done before anything else */
    }
}

/* Steady while it rings, blinking while somebody waits too long. */
static void light(Agent *agent)
{
    BoothState state = agent->booth.state;
    panel_light(agent->panel, PANEL_RING, state == BOOTH_RINGING || (agent->alert && agent->lamp));
    panel_light(agent->panel, PANEL_ON_AIR, state == BOOTH_CONNECTING || state == BOOTH_LIVE);
}

/* No call rings, runs or is being wrapped up. */
static void relink_when_idle(Agent *agent)
{
    const BoothState state = agent->booth.state;
    if (!agent->relink || (state >= BOOTH_RINGING && state <= BOOTH_WRAPUP)) return;
    agent->relink = FALSE;
    desk_proxy_renew(agent->desk);
}

static gboolean on_tick(gpointer data);

static void arm(Agent *agent)
{
    stop_source(&agent->tick);
    gint64 due = booth_deadline(&agent->booth);
    if (due) agent->tick = g_timeout_add((guint)CLAMP(due - mono_ms(), 0, G_MAXINT), on_tick, agent);
}

/* A call rings, runs or is wrapped up. */
static gboolean is_busy(const Agent *agent)
{
    return agent->booth.state >= BOOTH_RINGING && agent->booth.state <= BOOTH_WRAPUP;
}

static gboolean step(Agent *agent, BoothEvent *event)
{
    BoothActions actions;
    const BoothState before = agent->booth.state;
    event->mono = mono_ms();
    if (in_call(agent)) shop_count(agent->shop, &agent->booth.call.sold);
    if (!booth_step(&agent->booth, event, &actions)) return FALSE;
    shop_follow(agent->shop, &agent->booth);
    if (tally_is_behind(&agent->tally, &agent->booth, event->mono)) tally_count(&agent->tally, &agent->booth, event->mono);
    if (is_busy(agent)) journal_set_call(agent->booth.call.key.id);
    if (before != agent->booth.state)
        g_message("%s -> %s %s", booth_state_name(before), booth_state_name(agent->booth.state), agent->booth.call.key.id);
    if (!is_busy(agent)) journal_set_call(NULL);
    for (guint i = 0; i < actions.count; i++) {
        if (actions.list[i].kind != BOOTH_DO_RECORD) continue;
        json_t *record = record_of_call(agent->config, &agent->booth, agent->card, agent->boot, event->mono);
        json_t *quality = quality_of_call(&agent->quality, &agent->booth.call.key);
        if (quality) json_object_set_new(record, "quality", quality);
        add_record(agent, record);
    }
    write_down(agent);
    for (guint i = 0; i < actions.count; i++) act(agent, &actions.list[i]);
    light(agent);
    arm(agent);
    if (agent->upkeep) upkeep_set_busy(agent->upkeep, is_busy(agent));
    catalogue_keeper_hold(agent->catalogue, agent->booth.state >= BOOTH_RINGING && agent->booth.state <= BOOTH_LIVE);
    relink_when_idle(agent);
    changed(agent, TRUE);
    return TRUE;
}

static gboolean on_tick(gpointer data)
{
    Agent *agent = data;
    agent->tick = 0;
    step(agent, &(BoothEvent){.kind = BOOTH_TICK});
    return G_SOURCE_REMOVE;
}

/* Tells the machine when the problems began or ceased to keep the booth from being ready. Until the studio was there once, nothing is
 * known. */
static gboolean is_blocked(const Agent *agent)
{
    return problems_block(agent->problems) || !agent->studio_seen;
}

static void weigh_problems(Agent *agent)
{
    gboolean blocked = is_blocked(agent);
    if (blocked != agent->booth.blocked)
        step(agent, &(BoothEvent){.kind = BOOTH_BLOCKED, .flag = blocked});
    else
        changed(agent, TRUE);
}

/* Leaves starting when everything was looked at, or the time for that is over; at once when the agent only came back. */
static void start_when_checked(Agent *agent)
{
    const ChecksParts parts = check_parts(agent);
    if (agent->booth.state != BOOTH_STARTING || !agent->studio || (!agent->resumed && !checks_are_done(&parts))) return;
    step(agent, &(BoothEvent){.kind = BOOTH_STARTED});
}

/* The records get their times from it. */
static void keep_clock(Agent *agent)
{
    const BoothClock *clock = &agent->clock;
    if (clock->known) g_message("the clock is known: %" G_GINT64_FORMAT " s since 1970", utc_ms(agent) / 1000);
    records_clock(agent->records, agent->boot, clock->known, clock->offset);
}

/* --- the desk ----------------------------------------------------------------------------------------------------------------------------
 */

static const BoothKey *on_held(void *data)
{
    const Agent *agent = data;
    return booth_held(&agent->booth);
}

static gint64 on_epoch(void *data)
{
    const Agent *agent = data;
    return records_epoch(agent->records);
}

static void on_desk_event(void *data, BoothEvent *event)
{
    Agent *agent = data;
    step(agent, event);
    if (event->kind == BOOTH_WELCOME) weigh_problems(agent);
    start_when_checked(agent);
}

static void on_welcome(void *data, const json_t *welcome)
{
    Agent *agent = data;
    const gint64 real = g_get_real_time() / 1000;
    if (booth_clock_told(&agent->clock, mono_ms(), wire_int(welcome, "now_utc"), real, sensors_clock(agent->sensors))) keep_clock(agent);
    stop_source(&agent->desk_grace);
    set_problem(agent, "desk_unreachable", FALSE);
    set_problem(agent, "certificate_expired", FALSE);
    set_problem(agent, "certificate_foreign", FALSE);
    set_problem(agent, "identity_twice", FALSE);
    agent->was_welcomed = TRUE;
    const json_t *stored = json_object_get(welcome, "stored");
    records_welcome(agent->records, wire_int(stored, "epoch"), wire_int(stored, "seq"));
    upload_restart(&agent->upload);
    upload(agent);
}

/* The preferred codec goes first, where the shopper's browser has it. */
static json_t *order_codecs(const json_t *offered, const char *preferred)
{
    json_t *codecs = json_array();
    for (size_t i = 0; i < json_array_size(offered); i++) {
        json_t *codec = json_array_get(offered, i);
        if (strcmp(json_string_value(codec), preferred) == 0)
            json_array_insert(codecs, 0, codec);
        else
            json_array_append(codecs, codec);
    }
    return codecs;
}

static void take_card(Agent *agent, const json_t *card)
{
    set_json(&agent->card, card);
    json_decref(agent->codecs);
    agent->codecs = order_codecs(json_object_get(card, "codecs"), config_string(agent->config, "media", "prefer"));
}

/* An offer that the machine will decline must not displace the call in hand. */
static void on_offer(void *data, const json_t *offer)
{
    Agent *agent = data;
    if (agent->booth.state == BOOTH_READY) take_card(agent, offer);
}

static void on_remote_signal(void *data, const BoothKey *key, guint pc, const json_t *signal)
{
    Agent *agent = data;
    const BoothCall *call = &agent->booth.call;
    if (!in_call(agent) || call->key.gen != key->gen || strcmp(call->key.id, key->id) != 0 || call->pc != pc) return;
    studio_remote_signal(agent->studio, pc, signal);
}

static void on_recorded(void *data, gint64 epoch, gint64 seq)
{
    Agent *agent = data;
    upload_confirmed(&agent->upload, epoch, seq, mono_ms());
    upload(agent);
    changed(agent, FALSE);
}

static gboolean is_ours(const Agent *agent, const char *topic)
{
    const char *const *ours = config_list(agent->config, "booth", "topics");
    return g_strv_contains(ours, "*") || g_strv_contains(ours, topic);
}

/* Somebody whom this booth could help waits too long; after the shift that is no concern of its advisor. */
static gboolean waits_too_long(const Agent *agent)
{
    const gint64 limit = config_int(agent->config, "advisor", "alert_wait_s") * 1000;
    const gint64 since = mono_ms() - wire_int(agent->queue, "told_mono");
    if (!desk_proxy_up(agent->desk) || strcmp(agent->booth.pause_reason, "end_of_shift") == 0) return FALSE;
    const char *id;
    json_t *topic;
    json_object_foreach(json_object_get(agent->queue, "topics"), id, topic) {
        if (is_ours(agent, id) && wire_int(topic, "waiting") > 0 && wire_int(topic, "oldest_ms") + since >= limit) return TRUE;
    }
    return FALSE;
}

static void watch_line(Agent *agent)
{
    gboolean alert = waits_too_long(agent);
    if (alert != agent->alert) changed(agent, FALSE);
    agent->alert = alert;
}

static void on_queue(void *data, const json_t *queue)
{
    Agent *agent = data;
    json_t *told = json_copy((json_t *)queue);
    json_object_set_new(told, "told_mono", json_integer(mono_ms()));
    set_json(&agent->queue, told);
    json_decref(told);
    watch_line(agent);
    changed(agent, FALSE);
}

static void on_catalogue(void *data, const json_t *message)
{
    Agent *agent = data;
    const gint64 version = wire_int(message, "version"), chunk = wire_int(message, "chunk");
    if (strcmp(wire_type(message), "catalogue") == 0)
        catalogue_keeper_offer(agent->catalogue, message);
    else if (strcmp(wire_type(message), "catalogue_chunk") == 0)
        catalogue_keeper_chunk(agent->catalogue, version, chunk, wire_string(message, "data"));
    else
        catalogue_keeper_refused(agent->catalogue, version, chunk, wire_string(message, "why"));
}

static void on_catalogue_get(void *data, gint64 version, gint64 chunk)
{
    desk_send_catalogue_get(((Agent *)data)->desk, version, chunk);
}

static void on_catalogue_changed(void *data)
{
    Agent *agent = data;
    if (agent->shop) shop_renew(agent->shop);
    changed(data, TRUE);
}

static gint64 on_catalogue_utc(void *data)
{
    return utc_ms(data);
}

static void on_shop_changed(void *data)
{
    Agent *agent = data;
    write_down(agent);
    publish_now(agent);
}

static void on_identity(void *data, gboolean twice)
{
    Agent *agent = data;
    if (set_problem(agent, "identity_twice", twice)) weigh_problems(agent);
}

static gboolean on_desk_grace(gpointer data)
{
    Agent *agent = data;
    agent->desk_grace = 0;
    set_problem(agent, "desk_unreachable", TRUE);
    weigh_problems(agent);
    return G_SOURCE_REMOVE;
}

static void on_desk_down(void *data, const char *why)
{
    Agent *agent = data;
    g_free(agent->link_why);
    agent->link_why = g_strdup(why);
    upload_restart(&agent->upload);
    catalogue_keeper_cut_off(agent->catalogue);
    LinkCertificate verdict = desk_proxy_certificate(agent->desk);
    gboolean dated = verdict == LINK_CERTIFICATE_EXPIRED || verdict == LINK_CERTIFICATE_NOT_YET;
    set_problem(agent, "certificate_expired", dated);
    set_problem(agent, "certificate_foreign", !dated && verdict != LINK_CERTIFICATE_GOOD);
    if (!agent->desk_grace) agent->desk_grace = g_timeout_add(AGENT_GRACE_MS, on_desk_grace, agent);
    weigh_problems(agent);
}

/* --- the certificate ---------------------------------------------------------------------------------------------------------------------
 */

static void on_enrol_changed(void *data)
{
    Agent *agent = data;
    for (guint i = 0; i < ENROL_PROBLEMS; i++) set_problem(agent, enroller_problem_name(i), enroller_has_problem(agent->enroller, i));
    weigh_problems(agent);
}

static void on_renewed(void *data)
{
    Agent *agent = data;
    g_autoptr(GError) error = NULL;
    if (!desk_proxy_start(agent->desk, &error)) g_warning("%s", error->message);
    agent->relink = TRUE;
    relink_when_idle(agent);
}

/* --- the studio --------------------------------------------------------------------------------------------------------------------------
 */

static BoothMedia media_of(const char *state)
{
    if (g_strcmp0(state, "connected") == 0) return BOOTH_MEDIA_UP;
    if (g_strcmp0(state, "lost") == 0 || g_strcmp0(state, "failed") == 0) return BOOTH_MEDIA_LOST;
    return BOOTH_MEDIA_CONNECTING;
}

static const char *media_string(const Agent *agent, const char *member)
{
    return json_string_value(json_object_get(json_object_get(agent->health, "media"), member));
}

static void on_studio_up(void *data, const BoothKey *session, guint pc, const json_t *health)
{
    Agent *agent = data;
    stop_source(&agent->studio_grace);
    agent->studio_seen = TRUE;
    set_json(&agent->health, health);
    set_problem(agent, "studio_down", FALSE);
    problems_set_health(agent->problems, health, utc_ms(agent));
    step(agent, &(BoothEvent){.kind = BOOTH_STUDIO_UP, .key = *session, .number = pc, .media = media_of(media_string(agent, "state"))});
    weigh_problems(agent);
    start_when_checked(agent);
}

static gboolean on_studio_grace(gpointer data)
{
    Agent *agent = data;
    agent->studio_grace = 0;
    problems_set_health(agent->problems, NULL, utc_ms(agent));
    set_problem(agent, "studio_down", TRUE);
    weigh_problems(agent);
    return G_SOURCE_REMOVE;
}

static void on_studio_down(void *data)
{
    Agent *agent = data;
    set_json(&agent->health, NULL);
    step(agent, &(BoothEvent){.kind = BOOTH_STUDIO_DOWN});
    if (!agent->studio_grace) agent->studio_grace = g_timeout_add(AGENT_GRACE_MS, on_studio_grace, agent);
    start_when_checked(agent);
}

/* Health says it too: an agent that was away when the connection came up has missed the signal. */
static void follow_media(Agent *agent)
{
    const json_t *pc = json_object_get(json_object_get(agent->health, "media"), "pc");
    const BoothCall *call = &agent->booth.call;
    gboolean up = in_call(agent) && call->media == BOOTH_MEDIA_CONNECTING && json_integer_value(pc) == call->pc &&
                  media_of(media_string(agent, "state")) == BOOTH_MEDIA_UP;
    if (up) step(agent, &(BoothEvent){.kind = BOOTH_MEDIA_IS, .number = call->pc, .media = BOOTH_MEDIA_UP});
}

static void on_health(void *data, const json_t *health)
{
    Agent *agent = data;
    set_json(&agent->health, health);
    follow_media(agent);
    if (agent->booth.state == BOOTH_LIVE) quality_count(&agent->quality, &agent->booth.call.key, health);
    if (problems_set_health(agent->problems, health, utc_ms(agent)))
        weigh_problems(agent);
    else
        changed(agent, FALSE);
    start_when_checked(agent);
}

static void on_local_signal(void *data, guint pc, const char *signal)
{
    Agent *agent = data;
    const BoothCall *call = &agent->booth.call;
    if (!in_call(agent) || !call->accepted || pc != call->pc) return;
    json_t *members = json_loads(signal, JSON_REJECT_DUPLICATES, NULL);
    const char *codec = json_string_value(json_object_get(members, "codec"));
    if (codec && strcmp(codec, call->codec) != 0) step(agent, &(BoothEvent){.kind = BOOTH_CODEC_USED, .text = codec});
    json_decref(members);
    desk_send_signal(agent->desk, &call->key, pc, signal);
}

/* The refused codec leaves the list; the next of it is tried with a new peer connection. */
static void refuse_codec(Agent *agent, guint pc)
{
    const char *named = media_string(agent, "codec_refused");
    const char *codec = named && *named ? named : agent->booth.call.codec;
    if (pc != agent->booth.call.pc) return;
    for (size_t i = json_array_size(agent->codecs); i > 0; i--) {
        if (strcmp(json_string_value(json_array_get(agent->codecs, i - 1)), codec) == 0) json_array_remove(agent->codecs, i - 1);
    }
    gboolean another = json_array_size(agent->codecs) > 0;
    g_message("the shopper's browser refused %s; %s", codec, another ? "the next is tried" : "there is no other");
    step(agent, &(BoothEvent){.kind = BOOTH_CODEC_REFUSED, .flag = another});
}

static void on_media(void *data, guint pc, const char *state)
{
    Agent *agent = data;
    if (strcmp(state, "refused") == 0)
        refuse_codec(agent, pc);
    else
        step(agent, &(BoothEvent){.kind = BOOTH_MEDIA_IS, .number = pc, .media = media_of(state)});
}

static void on_picture(void *data, guint pc)
{
    step(data, &(BoothEvent){.kind = BOOTH_SHOPPER_PICTURE, .number = pc});
}

/* --- panel, bus, sensors
 * ------------------------------------------------------------------------------------------------------------------ */

static BoothEventKind meaning_of(const Agent *agent, PanelButton button)
{
    BoothState state = agent->booth.state;
    switch (button) {
    case PANEL_ANSWER: return BOOTH_WISH_ACCEPT;
    case PANEL_HANGUP: return BOOTH_WISH_HANGUP;
    case PANEL_READY:
    default: return agent->booth.ready_wanted && state != BOOTH_WRAPUP ? BOOTH_WISH_PAUSE : BOOTH_WISH_READY;
    }
}

static void on_pressed(void *data, PanelButton button)
{
    Agent *agent = data;
    step(agent, &(BoothEvent){.kind = meaning_of(agent, button)});
}

/* What the practice shopper asks for. */
static void take_practice_card(Agent *agent)
{
    json_t *card = json_pack("{s:s, s:s, s:i}", "topic", "tv", "lang", config_string(agent->config, "booth", "language"), "waited_ms", 0);
    set_json(&agent->card, card);
    json_decref(card);
}

static gboolean on_wish(void *data, BoothEvent *wish)
{
    Agent *agent = data;
    if (!step(agent, wish)) return FALSE;
    if (wish->kind == BOOTH_WISH_PRACTICE) take_practice_card(agent);
    publish_now(agent);
    return TRUE;
}

static void on_command(void *data, const json_t *command)
{
    remote_take(((Agent *)data)->remote, command);
}

static BoothState on_state(void *data)
{
    return ((const Agent *)data)->booth.state;
}

static gboolean on_linked(void *data)
{
    return desk_proxy_up(((const Agent *)data)->desk);
}

static void on_answer(void *data, json_t *message)
{
    desk_send(((Agent *)data)->desk, message);
}

static gboolean on_note(void *data, const NoteWords *words, BoothNote *note, GError **error)
{
    const Agent *agent = data;
    return note_read(agent->config, words, note, error);
}

static char *on_calls(void *data, guint limit, gint64 epoch, gint64 seq)
{
    Agent *agent = data;
    json_t *list = records_list(agent->records, limit, epoch, seq);
    char *text = json_dumps(list, JSON_COMPACT);
    json_decref(list);
    return text;
}

static void on_update_changed(void *data)
{
    changed(data, TRUE);
}

static void on_name_lost(void *data)
{
    Agent *agent = data;
    agent->lost(agent->lost_data);
}

/* Returns whether anything changed. */
static gboolean look_at_storage(Agent *agent)
{
    guint64 left = 0;
    gboolean full = sensors_storage(agent->sensors, &left) && left < AGENT_STORAGE_MIN;
    gboolean differs = set_problem(agent, "storage_full", full || agent->storage == STORAGE_FULL);
    differs |= set_problem(agent, "statistics_backlog", records_waiting(agent->records) >= RECORDS_ALARM);
    return set_problem(agent, "storage_failing", agent->unsaved || agent->storage == STORAGE_FAILING) || differs;
}

static void on_storage(void *data, StorageState state)
{
    Agent *agent = data;
    agent->storage = state;
    if (look_at_storage(agent)) weigh_problems(agent);
    changed(agent, FALSE);
    start_when_checked(agent);
}

static void look_at_clock(Agent *agent)
{
    if (booth_clock_look(&agent->clock, mono_ms(), g_get_real_time() / 1000, sensors_clock(agent->sensors))) keep_clock(agent);
}

/* Each quarter of an hour a record of how it was spent; between them what was counted is saved now and then. */
static void count_time(Agent *agent)
{
    const gint64 now = mono_ms();
    gboolean behind = tally_is_behind(&agent->tally, &agent->booth, now);
    for (gint64 due; (due = tally_due(&agent->tally, agent->clock.offset)) <= now;) {
        tally_count(&agent->tally, &agent->booth, due);
        add_record(agent, record_of_time(agent->config, &agent->tally, agent->boot));
    }
    if (behind) tally_count(&agent->tally, &agent->booth, now);
    write_down(agent);
}

/* A lamp in its phase, and what nobody tells by itself. */
static gboolean on_look(gpointer data)
{
    Agent *agent = data;
    if (look_at_storage(agent) || is_blocked(agent) != agent->booth.blocked) weigh_problems(agent);
    look_at_clock(agent);
    count_time(agent);
    upload(agent);
    watch_line(agent);
    agent->lamp = !agent->lamp;
    light(agent);
    start_when_checked(agent);
    return G_SOURCE_CONTINUE;
}

static void read_sensors(Agent *agent)
{
    look_at_storage(agent);
    agent->has_temperature = sensors_temperature(agent->sensors, &agent->millidegrees);
}

/* All of them, where it disturbs no call: a page that has gone bad is found before its records are needed. */
static void check_records(Agent *agent)
{
    gboolean idle = agent->booth.state == BOOTH_PAUSED || agent->booth.state == BOOTH_READY;
    if (!idle || mono_ms() - agent->checked_mono < AGENT_CHECK_MS) return;
    agent->checked_mono = mono_ms();
    if (!records_check(agent->records)) upload_restart(&agent->upload);
}

static gboolean on_status_regular(gpointer data)
{
    Agent *agent = data;
    read_sensors(agent);
    write_down(agent);
    check_records(agent);
    weigh_problems(agent);
    return G_SOURCE_CONTINUE;
}

/* --- starting and ending
 * ------------------------------------------------------------------------------------------------------------------ */

/* Takes up the counting of time; what another boot or a long pause ended becomes a record. */
static void resume_tally(Agent *agent, const char *boot)
{
    if (agent->tally.at == 0) {
        tally_start(&agent->tally, mono_ms());
    } else if (!agent->resumed || !tally_resume(&agent->tally, mono_ms())) {
        add_record(agent, record_of_time(agent->config, &agent->tally, boot));
        tally_start(&agent->tally, mono_ms());
    }
}

static void restore(Agent *agent)
{
    booth_init(&agent->booth, mono_ms());
    agent->booth.extend_ms = config_int(agent->config, "advisor", "wrapup_extend_s") * 1000;
    agent->saved = records_state(agent->records);
    g_autofree char *boot = agent->saved ? saved_boot(agent->saved) : NULL;
    json_t *card = NULL;
    agent->resumed = g_strcmp0(boot, agent->boot) == 0;
    if (agent->saved && !saved_read(agent->saved, agent->boot, mono_ms(), &agent->booth, &agent->tally, &card))
        g_warning("the saved state makes no sense; starting paused");
    resume_tally(agent, boot);
    if (card) take_card(agent, card);
    json_decref(card);
    if (is_busy(agent)) journal_set_call(agent->booth.call.key.id);
    if (agent->booth.state != BOOTH_STARTING)
        g_message("going on as %s %s", booth_state_name(agent->booth.state), agent->booth.call.key.id);
}

static char *read_slot(void)
{
    g_autofree char *line = NULL;
    return g_file_get_contents("/proc/cmdline", &line, NULL, NULL) ? machine_slot(line) : NULL;
}

static char *read_boot_id(void)
{
    char *id = NULL;
    if (!g_file_get_contents("/proc/sys/kernel/random/boot_id", &id, NULL, NULL)) return g_strdup("");
    return g_strchomp(id);
}

/* What was right before holds, and the booth works by it; IT sees what was not taken over. */
static void read_mistake(Agent *agent)
{
    const char *path = config_string(agent->config, "booth", "mistakes");
    g_autofree char *text = NULL;
    if (!*path || !g_file_get_contents(path, &text, NULL, NULL) || !*g_strstrip(text)) return;
    agent->mistake = g_utf8_make_valid(text, MISTAKE_MAX < strlen(text) ? MISTAKE_MAX : -1);
    set_problem(agent, "booth_txt_wrong", TRUE);
}

static gboolean open_parts(Agent *agent, GDBusConnection *bus, GError **error)
{
    const Config *config = agent->config;
    const char *folder = config_string(config, "booth", "state");
    const PanelSettings panel = {folder, config_string(config, "panel", "device"), config_string(config, "panel", "ring_led"),
                                 config_string(config, "panel", "on_air_led")};
    agent->records = records_open(folder, config_string(config, "booth", "id"), 1, error);
    agent->upload = (Upload){.records = agent->records, .send = on_send_records, .data = agent};
    if (!agent->records) return FALSE;
    agent->sensors = sensors_open(config_string(config, "sensors", "driver"), folder, error);
    if (!agent->sensors) return FALSE;
    read_mistake(agent);
    agent->enroller = enroller_new(config, &agent->enrol_events);
    for (guint i = 0; i < ENROL_PROBLEMS; i++) set_problem(agent, enroller_problem_name(i), enroller_has_problem(agent->enroller, i));
    look_at_clock(agent);
    keep_clock(agent);
    restore(agent);
    agent->panel = panel_open(config_string(config, "panel", "driver"), &panel, &agent->panel_events, error);
    if (!agent->panel) return FALSE;
    g_autofree char *shelf = g_build_filename(folder, "catalogue", NULL);
    agent->catalogue = catalogue_keeper_new(shelf, &agent->catalogue_events);
    agent->service = service_new(bus, &agent->service_events, error);
    if (!agent->service) return FALSE;
    agent->catalogue_service = catalogue_service_new(service_bus(agent->service), agent->catalogue, config_string(config, "booth", "store"),
                                                     on_catalogue_utc, agent);
    g_autofree char *image = g_get_os_info("IMAGE_VERSION");
    agent->update = update_new(bus, folder, image ? image : LIVEBOOTH_VERSION, &agent->update_events);
    agent->upkeep = upkeep_new(service_bus(agent->service), agent->update, on_update_changed, agent);
    upkeep_set_busy(agent->upkeep, is_busy(agent));
    agent->shop = shop_new(config, service_bus(agent->service), agent->catalogue, &agent->shop_events, error);
    if (!agent->shop) return FALSE;
    if (in_call(agent)) shop_restore(agent->shop, json_object_get(agent->card, "shop"));
    if (agent->card) json_object_del(agent->card, "shop");
    shop_follow(agent->shop, &agent->booth);
    agent->studio = studio_proxy_new(bus, &agent->studio_events, error);
    if (!agent->studio) return FALSE;
    agent->remote = remote_new(agent->studio, agent->update, agent->upkeep, &agent->remote_events);
    agent->desk = desk_proxy_new(config, &agent->desk_events, error);
    if (!agent->desk) return FALSE;
    return !enroller_may_link(agent->enroller) || desk_proxy_start(agent->desk, error);
}

Agent *agent_new(const Config *config, GDBusConnection *bus, void (*lost)(gpointer data), gpointer data, GError **error)
{
    g_autoptr(Agent) agent = g_new0(Agent, 1);
    agent->config = config;
    agent->lost = lost;
    agent->lost_data = data;
    agent->boot = read_boot_id();
    agent->slot = read_slot();
    agent->started_mono = agent->checked_mono = mono_ms();
    agent->link_why = g_strdup("");
    agent->problems = problems_new();
    agent->unwritten = json_array();
    agent->desk_events =
        (DeskEvents){on_held,      on_epoch,    on_desk_event, on_welcome,   on_offer, on_remote_signal, on_recorded, on_queue,
                     on_catalogue, on_identity, on_command,    on_desk_down, agent};
    agent->enrol_events = (EnrolEvents){on_enrol_changed, on_renewed, agent};
    agent->studio_events = (StudioEvents){on_studio_up, on_studio_down, on_health, on_local_signal, on_media, on_picture, agent};
    agent->service_events = (ServiceEvents){on_wish, on_note, on_calls, on_name_lost, agent};
    agent->panel_events = (PanelEvents){on_pressed, agent};
    agent->catalogue_events = (CatalogueKeeperEvents){on_catalogue_get, on_catalogue_changed, agent};
    agent->remote_events = (RemoteEvents){on_wish, on_state, on_linked, on_answer, on_update_changed, agent};
    agent->update_events = (UpdateEvents){on_update_changed, agent};
    agent->shop_events = (ShopEvents){on_catalogue_utc, on_shop_changed, agent};
    if (!note_check_settings(config, error) || !open_parts(agent, bus, error)) return NULL;
    agent->desk_grace = g_timeout_add(AGENT_GRACE_MS, on_desk_grace, agent);
    agent->status_regular = g_timeout_add(AGENT_STATUS_MS, on_status_regular, agent);
    agent->look = g_timeout_add(AGENT_LOOK_MS, on_look, agent);
    agent->probe = storage_probe_new(config_string(config, "booth", "state"), on_storage, agent);
    read_sensors(agent);
    light(agent);
    arm(agent);
    on_publish(agent);
    return g_steal_pointer(&agent);
}

void agent_free(Agent *agent)
{
    if (!agent) return;
    stop_source(&agent->tick);
    stop_source(&agent->publish);
    stop_source(&agent->status_later);
    stop_source(&agent->status_regular);
    stop_source(&agent->look);
    storage_probe_free(agent->probe);
    stop_source(&agent->desk_grace);
    stop_source(&agent->studio_grace);
    enroller_free(agent->enroller);
    g_free(agent->mistake);
    desk_proxy_free(agent->desk);
    remote_free(agent->remote);
    studio_proxy_free(agent->studio);
    catalogue_service_free(agent->catalogue_service);
    shop_free(agent->shop);
    upkeep_free(agent->upkeep);
    update_free(agent->update);
    service_free(agent->service);
    catalogue_keeper_free(agent->catalogue);
    panel_close(agent->panel);
    sensors_close(agent->sensors);
    records_free(agent->records);
    problems_free(agent->problems);
    json_decref(agent->unwritten);
    json_decref(agent->card);
    json_decref(agent->codecs);
    json_decref(agent->health);
    json_decref(agent->queue);
    g_free(agent->boot);
    g_free(agent->slot);
    g_free(agent->link_why);
    g_free(agent->saved);
    g_free(agent);
}
