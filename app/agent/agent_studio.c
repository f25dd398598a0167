#include "agent/agent_studio.h"

#include "agent/agent_publish.h"
#include "agent/agent_step.h"

#include <string.h>

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
    agent_stop_source(&agent->studio_grace);
    agent->studio_seen = TRUE;
    agent_set_json(&agent->health, health);
    agent_set_problem(agent, "studio_down", FALSE);
    problems_set_health(agent->problems, health, agent_utc(agent));
    agent_step(agent,
               &(BoothEvent){.kind = BOOTH_STUDIO_UP, .key = *session, .number = pc, .media = media_of(media_string(agent, "state"))});
    agent_weigh_problems(agent);
    agent_start_when_checked(agent);
}

static gboolean on_studio_grace(gpointer data)
{
    Agent *agent = data;
    agent->studio_grace = 0;
    problems_set_health(agent->problems, NULL, agent_utc(agent));
    agent_set_problem(agent, "studio_down", TRUE);
    agent_weigh_problems(agent);
    return G_SOURCE_REMOVE;
}

static void on_studio_down(void *data)
{
    Agent *agent = data;
    agent_set_json(&agent->health, NULL);
    agent_step(agent, &(BoothEvent){.kind = BOOTH_STUDIO_DOWN});
    if (!agent->studio_grace) agent->studio_grace = g_timeout_add(AGENT_GRACE_MS, on_studio_grace, agent);
    agent_start_when_checked(agent);
}

/* Health says it too: an agent that was away when the connection came up has missed the signal. */
static void follow_media(Agent *agent)
{
    const json_t *pc = json_object_get(json_object_get(agent->health, "media"), "pc");
    const BoothCall *call = &agent->booth.call;
    gboolean up = booth_in_call(&agent->booth) && call->media == BOOTH_MEDIA_CONNECTING && json_integer_value(pc) == call->pc &&
                  media_of(media_string(agent, "state")) == BOOTH_MEDIA_UP;
    if (up) agent_step(agent, &(BoothEvent){.kind = BOOTH_MEDIA_IS, .number = call->pc, .media = BOOTH_MEDIA_UP});
}

static void on_health(void *data, const json_t *health)
{
    Agent *agent = data;
    agent_set_json(&agent->health, health);
    follow_media(agent);
    if (agent->booth.state == BOOTH_LIVE) quality_count(&agent->quality, &agent->booth.call.key, health);
    if (problems_set_health(agent->problems, health, agent_utc(agent)))
        agent_weigh_problems(agent);
    else
        agent_changed(agent, FALSE);
    agent_start_when_checked(agent);
}

static void on_local_signal(void *data, guint pc, const char *signal)
{
    Agent *agent = data;
    const BoothCall *call = &agent->booth.call;
    if (!booth_in_call(&agent->booth) || !call->accepted || pc != call->pc) return;
    json_t *members = json_loads(signal, JSON_REJECT_DUPLICATES, NULL);
    const char *codec = json_string_value(json_object_get(members, "codec"));
    if (codec && strcmp(codec, call->codec) != 0) agent_step(agent, &(BoothEvent){.kind = BOOTH_CODEC_USED, .text = codec});
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
    agent_step(agent, &(BoothEvent){.kind = BOOTH_CODEC_REFUSED, .flag = another});
}

static void on_media(void *data, guint pc, const char *state)
{
    Agent *agent = data;
    if (strcmp(state, "refused") == 0)
        refuse_codec(agent, pc);
    else
        agent_step(agent, &(BoothEvent){.kind = BOOTH_MEDIA_IS, .number = pc, .media = media_of(state)});
}

static void on_picture(void *data, guint pc)
{
    agent_step(data, &(BoothEvent){.kind = BOOTH_SHOPPER_PICTURE, .number = pc});
}

StudioEvents agent_studio_events(Agent *agent)
{
    return (StudioEvents){on_studio_up, on_studio_down, on_health, on_local_signal, on_media, on_picture, agent};
}
