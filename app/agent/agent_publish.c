#include "agent/agent_publish.h"

#include "agent/network_probe.h"
#include "agent/status.h"

ChecksParts agent_checks(const Agent *agent)
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
        .age_ms = is_new ? agent_mono() - agent->started_mono : CHECKS_GRACE_MS,
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
    const ChecksParts checks_now = agent_checks(agent);
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
        .now_mono = agent_mono(),
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
    gint64 wait = agent->told_mono + AGENT_STATUS_MIN - agent_mono();
    if (agent->tell_desk && wait <= 0) {
        agent->tell_desk = FALSE;
        agent->told_mono = agent_mono();
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

void agent_changed(Agent *agent, gboolean for_desk)
{
    agent->tell_desk |= for_desk;
    if (!agent->publish) agent->publish = g_idle_add_full(G_PRIORITY_DEFAULT, on_publish, agent, NULL);
}

void agent_publish_now(Agent *agent)
{
    agent_stop_source(&agent->publish);
    on_publish(agent);
}

static gboolean on_status_later(gpointer data)
{
    Agent *agent = data;
    agent->status_later = 0;
    agent_changed(agent, TRUE);
    return G_SOURCE_REMOVE;
}
