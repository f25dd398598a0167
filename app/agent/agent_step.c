#include "agent/agent_step.h"

#include "agent/agent_publish.h"
#include "agent/agent_records.h"
#include "agent/record.h"
#include "journal/journal.h"

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

void agent_light(Agent *agent)
{
    BoothState state = agent->booth.state;
    panel_light(agent->panel, PANEL_RING, state == BOOTH_RINGING || (agent->alert && agent->lamp));
    panel_light(agent->panel, PANEL_ON_AIR, state == BOOTH_CONNECTING || state == BOOTH_LIVE);
}

gboolean agent_is_busy(const Agent *agent)
{
    return agent->booth.state >= BOOTH_RINGING && agent->booth.state <= BOOTH_WRAPUP;
}

void agent_relink_when_idle(Agent *agent)
{
    if (!agent->relink || agent_is_busy(agent)) return;
    agent->relink = FALSE;
    desk_proxy_renew(agent->desk);
}

static gboolean on_tick(gpointer data);

void agent_arm(Agent *agent)
{
    agent_stop_source(&agent->tick);
    gint64 due = booth_deadline(&agent->booth);
    if (due) agent->tick = g_timeout_add((guint)CLAMP(due - agent_mono(), 0, G_MAXINT), on_tick, agent);
}

gboolean agent_step(Agent *agent, BoothEvent *event)
{
    BoothActions actions;
    const BoothState before = agent->booth.state;
    event->mono = agent_mono();
    if (booth_in_call(&agent->booth)) shop_count(agent->shop, &agent->booth.call.sold);
    if (!booth_step(&agent->booth, event, &actions)) return FALSE;
    shop_follow(agent->shop, &agent->booth);
    if (tally_is_behind(&agent->tally, &agent->booth, event->mono)) tally_count(&agent->tally, &agent->booth, event->mono);
    if (agent_is_busy(agent)) journal_set_call(agent->booth.call.key.id);
    if (before != agent->booth.state)
        g_message("%s -> %s %s", booth_state_name(before), booth_state_name(agent->booth.state), agent->booth.call.key.id);
    if (!agent_is_busy(agent)) journal_set_call(NULL);
    for (guint i = 0; i < actions.count; i++) {
        if (actions.list[i].kind != BOOTH_DO_RECORD) continue;
        json_t *record = record_of_call(agent->config, &agent->booth, agent->card, agent->boot, event->mono);
        json_t *quality = quality_of_call(&agent->quality, &agent->booth.call.key);
        if (quality) json_object_set_new(record, "quality", quality);
        agent_add_record(agent, record);
    }
    agent_write_down(agent);
    for (guint i = 0; i < actions.count; i++) act(agent, &actions.list[i]);
    agent_light(agent);
    agent_arm(agent);
    if (agent->upkeep) upkeep_set_busy(agent->upkeep, agent_is_busy(agent));
    catalogue_keeper_hold(agent->catalogue, agent->booth.state >= BOOTH_RINGING && agent->booth.state <= BOOTH_LIVE);
    agent_relink_when_idle(agent);
    agent_changed(agent, TRUE);
    return TRUE;
}

static gboolean on_tick(gpointer data)
{
    Agent *agent = data;
    agent->tick = 0;
    agent_step(agent, &(BoothEvent){.kind = BOOTH_TICK});
    return G_SOURCE_REMOVE;
}

gboolean agent_is_blocked(const Agent *agent)
{
    return problems_block(agent->problems) || !agent->studio_seen;
}

void agent_weigh_problems(Agent *agent)
{
    gboolean blocked = agent_is_blocked(agent);
    if (blocked != agent->booth.blocked)
        agent_step(agent, &(BoothEvent){.kind = BOOTH_BLOCKED, .flag = blocked});
    else
        agent_changed(agent, TRUE);
}

void agent_start_when_checked(Agent *agent)
{
    const ChecksParts parts = agent_checks(agent);
    if (agent->booth.state != BOOTH_STARTING || !agent->studio || (!agent->resumed && !checks_are_done(&parts))) return;
    agent_step(agent, &(BoothEvent){.kind = BOOTH_STARTED});
}
