#include "agent/agent_watch.h"

#include "agent/agent_desk.h"
#include "agent/agent_publish.h"
#include "agent/agent_records.h"
#include "agent/agent_step.h"

/* Returns whether anything changed. */
static gboolean look_at_storage(Agent *agent)
{
    guint64 left = 0;
    gboolean full = sensors_storage(agent->sensors, &left) && left < AGENT_STORAGE_MIN;
    gboolean differs = agent_set_problem(agent, "storage_full", full || agent->storage == STORAGE_FULL);
    differs |= agent_set_problem(agent, "statistics_backlog", records_waiting(agent->records) >= RECORDS_ALARM);
    differs |= agent_set_problem(agent, "records_damaged", records_were_damaged(agent->records));
    return agent_set_problem(agent, "storage_failing", agent->unsaved || agent->storage == STORAGE_FAILING) || differs;
}

static void on_storage(void *data, StorageState state)
{
    Agent *agent = data;
    agent->storage = state;
    if (look_at_storage(agent)) agent_weigh_problems(agent);
    agent_changed(agent, FALSE);
    agent_start_when_checked(agent);
}

void agent_look_at_clock(Agent *agent)
{
    if (booth_clock_look(&agent->clock, agent_mono(), g_get_real_time() / 1000, sensors_clock(agent->sensors))) agent_keep_clock(agent);
}

/* A lamp in its phase, and what nobody tells by itself. */
static gboolean on_look(gpointer data)
{
    Agent *agent = data;
    if (look_at_storage(agent) || agent_is_blocked(agent) != agent->booth.blocked) agent_weigh_problems(agent);
    agent_look_at_clock(agent);
    agent_count_time(agent);
    agent_upload(agent);
    agent_watch_line(agent);
    agent->lamp = !agent->lamp;
    agent_light(agent);
    agent_start_when_checked(agent);
    return G_SOURCE_CONTINUE;
}

static void read_sensors(Agent *agent)
{
    look_at_storage(agent);
    agent->has_temperature = sensors_temperature(agent->sensors, &agent->millidegrees);
}

static gboolean on_status_regular(gpointer data)
{
    Agent *agent = data;
    read_sensors(agent);
    agent_write_down(agent);
    agent_check_records(agent);
    agent_weigh_problems(agent);
    return G_SOURCE_CONTINUE;
}

void agent_watch(Agent *agent)
{
    agent->status_regular = g_timeout_add(AGENT_STATUS_MS, on_status_regular, agent);
    agent->look = g_timeout_add(AGENT_LOOK_MS, on_look, agent);
    agent->probe = storage_probe_new(config_string(agent->config, "booth", "state"), on_storage, agent);
    read_sensors(agent);
}
