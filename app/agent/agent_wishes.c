#include "agent/agent_wishes.h"

#include "agent/agent_publish.h"
#include "agent/agent_step.h"
#include "agent/note.h"

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
    agent_step(agent, &(BoothEvent){.kind = meaning_of(agent, button)});
}

/* What the practice shopper asks for. */
static void take_practice_card(Agent *agent)
{
    json_t *card = json_pack("{s:s, s:s, s:i}", "topic", "tv", "lang", config_string(agent->config, "booth", "language"), "waited_ms", 0);
    agent_set_json(&agent->card, card);
    json_decref(card);
}

static gboolean on_wish(void *data, BoothEvent *wish)
{
    Agent *agent = data;
    if (!agent_step(agent, wish)) return FALSE;
    if (wish->kind == BOOTH_WISH_PRACTICE) take_practice_card(agent);
    agent_publish_now(agent);
    return TRUE;
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
    agent_changed(data, TRUE);
}

static void on_name_lost(void *data)
{
    Agent *agent = data;
    agent->lost(agent->lost_data);
}

PanelEvents agent_panel_events(Agent *agent)
{
    return (PanelEvents){on_pressed, agent};
}

ServiceEvents agent_service_events(Agent *agent)
{
    return (ServiceEvents){on_wish, on_note, on_calls, on_name_lost, agent};
}

RemoteEvents agent_remote_events(Agent *agent)
{
    return (RemoteEvents){on_wish, on_state, on_linked, on_answer, on_update_changed, agent};
}

UpdateEvents agent_update_events(Agent *agent)
{
    return (UpdateEvents){on_update_changed, agent};
}
