#include "agent/agent_state.h"

gint64 agent_mono(void)
{
    return g_get_monotonic_time() / 1000;
}

gint64 agent_utc(const Agent *agent)
{
    return booth_clock_utc(&agent->clock, agent_mono());
}

void agent_stop_source(guint *id)
{
    if (*id) g_source_remove(*id);
    *id = 0;
}

void agent_set_json(json_t **slot, const json_t *value)
{
    json_decref(*slot);
    *slot = value ? json_incref((json_t *)value) : NULL;
}

gboolean agent_set_problem(Agent *agent, const char *name, gboolean present)
{
    return problems_set(agent->problems, name, present, agent_utc(agent));
}
