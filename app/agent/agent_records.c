#include "agent/agent_records.h"

#include "agent/record.h"
#include "agent/saved.h"

void agent_upload(Agent *agent)
{
    if (desk_proxy_up(agent->desk)) upload_go(&agent->upload, booth_in_call(&agent->booth), agent_mono());
}

void agent_send_records(void *data, json_t *list)
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

void agent_write_down(Agent *agent)
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
        if (recorded) agent_upload(agent);
    } else if (!agent->unsaved) {
        g_warning("%s", error->message);
    }
    agent->unsaved = error != NULL;
    agent_set_problem(agent, "storage_failing", agent->unsaved || agent->storage == STORAGE_FAILING);
}

void agent_add_record(Agent *agent, json_t *record)
{
    if (!record) return;
    if (json_array_size(agent->unwritten) >= AGENT_UNWRITTEN_MAX) {
        g_warning("the disk refuses and %d records wait in memory; the oldest is dropped", AGENT_UNWRITTEN_MAX);
        json_array_remove(agent->unwritten, 0);
    }
    json_array_append_new(agent->unwritten, record);
}

void agent_keep_clock(Agent *agent)
{
    const BoothClock *clock = &agent->clock;
    if (clock->known) g_message("the clock is known: %" G_GINT64_FORMAT " s since 1970", agent_utc(agent) / 1000);
    records_clock(agent->records, agent->boot, clock->known, clock->offset);
}

void agent_count_time(Agent *agent)
{
    const gint64 now = agent_mono();
    gboolean behind = tally_is_behind(&agent->tally, &agent->booth, now);
    for (gint64 due; (due = tally_due(&agent->tally, agent->clock.offset)) <= now;) {
        tally_count(&agent->tally, &agent->booth, due);
        agent_add_record(agent, record_of_time(agent->config, &agent->tally, agent->boot));
    }
    if (behind) tally_count(&agent->tally, &agent->booth, now);
    agent_write_down(agent);
}

void agent_check_records(Agent *agent)
{
    gboolean idle = agent->booth.state == BOOTH_PAUSED || agent->booth.state == BOOTH_READY;
    if (!idle || agent_mono() - agent->checked_mono < AGENT_CHECK_MS) return;
    agent->checked_mono = agent_mono();
    if (!records_check(agent->records)) upload_restart(&agent->upload);
}
