#include "agent/agent_desk.h"

#include "agent/agent_publish.h"
#include "agent/agent_records.h"
#include "agent/agent_shop.h"
#include "agent/agent_step.h"
#include "wire/wire.h"

#include <string.h>

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
    agent_step(agent, event);
    if (event->kind == BOOTH_WELCOME) agent_weigh_problems(agent);
    agent_start_when_checked(agent);
}

static void on_welcome(void *data, const json_t *welcome)
{
    Agent *agent = data;
    const gint64 real = g_get_real_time() / 1000;
    if (booth_clock_told(&agent->clock, agent_mono(), wire_int(welcome, "now_utc"), real, sensors_clock(agent->sensors)))
        agent_keep_clock(agent);
    agent_stop_source(&agent->desk_grace);
    agent_set_problem(agent, "desk_unreachable", FALSE);
    agent_set_problem(agent, "certificate_expired", FALSE);
    agent_set_problem(agent, "certificate_foreign", FALSE);
    agent_set_problem(agent, "identity_twice", FALSE);
    agent->was_welcomed = TRUE;
    const json_t *stored = json_object_get(welcome, "stored");
    records_welcome(agent->records, wire_int(stored, "epoch"), wire_int(stored, "seq"));
    upload_restart(&agent->upload);
    agent_upload(agent);
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

void agent_take_card(Agent *agent, const json_t *card)
{
    agent_set_json(&agent->card, card);
    json_decref(agent->codecs);
    agent->codecs = order_codecs(json_object_get(card, "codecs"), config_string(agent->config, "media", "prefer"));
}

/* An offer that the machine will decline must not displace the call in hand. */
static void on_offer(void *data, const json_t *offer)
{
    Agent *agent = data;
    if (agent->booth.state == BOOTH_READY) agent_take_card(agent, offer);
}

static void on_remote_signal(void *data, const BoothKey *key, guint pc, const json_t *signal)
{
    Agent *agent = data;
    const BoothCall *call = &agent->booth.call;
    if (!booth_in_call(&agent->booth) || call->key.gen != key->gen || strcmp(call->key.id, key->id) != 0 || call->pc != pc) return;
    studio_remote_signal(agent->studio, pc, signal);
}

static void on_recorded(void *data, gint64 epoch, gint64 seq)
{
    Agent *agent = data;
    upload_confirmed(&agent->upload, epoch, seq, agent_mono());
    agent_upload(agent);
    agent_changed(agent, FALSE);
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
    const gint64 since = agent_mono() - wire_int(agent->queue, "told_mono");
    if (!desk_proxy_up(agent->desk) || strcmp(agent->booth.pause_reason, "end_of_shift") == 0) return FALSE;
    const char *id;
    json_t *topic;
    json_object_foreach(json_object_get(agent->queue, "topics"), id, topic) {
        if (is_ours(agent, id) && wire_int(topic, "waiting") > 0 && wire_int(topic, "oldest_ms") + since >= limit) return TRUE;
    }
    return FALSE;
}

void agent_watch_line(Agent *agent)
{
    gboolean alert = waits_too_long(agent);
    if (alert != agent->alert) agent_changed(agent, FALSE);
    agent->alert = alert;
}

static void on_queue(void *data, const json_t *queue)
{
    Agent *agent = data;
    json_t *told = json_copy((json_t *)queue);
    json_object_set_new(told, "told_mono", json_integer(agent_mono()));
    agent_set_json(&agent->queue, told);
    json_decref(told);
    agent_watch_line(agent);
    agent_changed(agent, FALSE);
}

static void on_identity(void *data, gboolean twice)
{
    Agent *agent = data;
    if (agent_set_problem(agent, "identity_twice", twice)) agent_weigh_problems(agent);
}

static void on_command(void *data, const json_t *command)
{
    remote_take(((Agent *)data)->remote, command);
}

static gboolean on_desk_grace(gpointer data)
{
    Agent *agent = data;
    agent->desk_grace = 0;
    agent_set_problem(agent, "desk_unreachable", TRUE);
    agent_weigh_problems(agent);
    return G_SOURCE_REMOVE;
}

void agent_await_desk(Agent *agent)
{
    if (!agent->desk_grace) agent->desk_grace = g_timeout_add(AGENT_GRACE_MS, on_desk_grace, agent);
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
    agent_set_problem(agent, "certificate_expired", dated);
    agent_set_problem(agent, "certificate_foreign", !dated && verdict != LINK_CERTIFICATE_GOOD);
    agent_await_desk(agent);
    agent_weigh_problems(agent);
}

/* --- the certificate ---------------------------------------------------------------------------------------------------------------- */

static void on_enrol_changed(void *data)
{
    Agent *agent = data;
    for (guint i = 0; i < ENROL_PROBLEMS; i++) agent_set_problem(agent, enroller_problem_name(i), enroller_has_problem(agent->enroller, i));
    agent_weigh_problems(agent);
}

static void on_renewed(void *data)
{
    Agent *agent = data;
    g_autoptr(GError) error = NULL;
    if (!desk_proxy_start(agent->desk, &error)) g_warning("%s", error->message);
    agent->relink = TRUE;
    agent_relink_when_idle(agent);
}

DeskEvents agent_desk_events(Agent *agent)
{
    return (DeskEvents){on_held,          on_epoch,     on_desk_event, on_welcome,           on_offer,
                        on_remote_signal, on_recorded,  on_queue,      agent_take_catalogue, on_identity,
                        on_command,       on_desk_down, agent};
}

EnrolEvents agent_enrol_events(Agent *agent)
{
    return (EnrolEvents){on_enrol_changed, on_renewed, agent};
}
