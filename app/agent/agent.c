#include "agent/agent.h"

#include "agent/agent_desk.h"
#include "agent/agent_publish.h"
#include "agent/agent_records.h"
#include "agent/agent_shop.h"
#include "agent/agent_state.h"
#include "agent/agent_step.h"
#include "agent/agent_studio.h"
#include "agent/agent_watch.h"
#include "agent/agent_wishes.h"
#include "agent/machine.h"
#include "agent/note.h"
#include "agent/record.h"
#include "agent/saved.h"
#include "journal/journal.h"

#include <string.h>

#define MISTAKE_MAX 400 /* bytes */

/* Takes up the counting of time; what another boot or a long pause ended becomes a record. */
static void resume_tally(Agent *agent, const char *boot)
{
    if (agent->tally.at == 0) {
        tally_start(&agent->tally, agent_mono());
    } else if (!agent->resumed || !tally_resume(&agent->tally, agent_mono())) {
        agent_add_record(agent, record_of_time(agent->config, &agent->tally, boot));
        tally_start(&agent->tally, agent_mono());
    }
}

static void restore(Agent *agent)
{
    booth_init(&agent->booth, agent_mono());
    agent->booth.extend_ms = config_int(agent->config, "advisor", "wrapup_extend_s") * 1000;
    agent->saved = records_state(agent->records);
    g_autofree char *boot = agent->saved ? saved_boot(agent->saved) : NULL;
    json_t *card = NULL;
    agent->resumed = g_strcmp0(boot, agent->boot) == 0;
    if (agent->saved && !saved_read(agent->saved, agent->boot, agent_mono(), &agent->booth, &agent->tally, &card))
        g_warning("the saved state makes no sense; starting paused");
    resume_tally(agent, boot);
    if (card) agent_take_card(agent, card);
    json_decref(card);
    if (agent_is_busy(agent)) journal_set_call(agent->booth.call.key.id);
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
    agent_set_problem(agent, "booth_txt_wrong", TRUE);
}

static gboolean open_parts(Agent *agent, GDBusConnection *bus, GError **error)
{
    const Config *config = agent->config;
    const char *folder = config_string(config, "booth", "state");
    const PanelSettings panel = {folder, config_string(config, "panel", "device"), config_string(config, "panel", "ring_led"),
                                 config_string(config, "panel", "on_air_led")};
    agent->records = records_open(folder, config_string(config, "booth", "id"), 1, error);
    agent->upload = (Upload){.records = agent->records, .send = agent_send_records, .data = agent};
    if (!agent->records) return FALSE;
    agent->sensors = sensors_open(config_string(config, "sensors", "driver"), folder, error);
    if (!agent->sensors) return FALSE;
    read_mistake(agent);
    agent->enroller = enroller_new(config, &agent->enrol_events);
    for (guint i = 0; i < ENROL_PROBLEMS; i++) agent_set_problem(agent, enroller_problem_name(i), enroller_has_problem(agent->enroller, i));
    agent_look_at_clock(agent);
    agent_keep_clock(agent);
    restore(agent);
    agent->panel = panel_open(config_string(config, "panel", "driver"), &panel, &agent->panel_events, error);
    if (!agent->panel) return FALSE;
    g_autofree char *shelf = g_build_filename(folder, "catalogue", NULL);
    agent->catalogue = catalogue_keeper_new(shelf, &agent->catalogue_events);
    agent->service = service_new(bus, &agent->service_events, error);
    if (!agent->service) return FALSE;
    agent->catalogue_service =
        catalogue_service_new(service_bus(agent->service), agent->catalogue, config_string(config, "booth", "store"), agent_utc_of, agent);
    g_autofree char *image = g_get_os_info("IMAGE_VERSION");
    agent->update = update_new(bus, folder, image ? image : LIVEBOOTH_VERSION, &agent->update_events);
    agent->upkeep = upkeep_new(service_bus(agent->service), agent->update, agent->update_events.changed, agent);
    upkeep_set_busy(agent->upkeep, agent_is_busy(agent));
    agent->shop = shop_new(config, service_bus(agent->service), agent->catalogue, &agent->shop_events, error);
    if (!agent->shop) return FALSE;
    if (booth_in_call(&agent->booth)) shop_restore(agent->shop, json_object_get(agent->card, "shop"));
    if (agent->card) json_object_del(agent->card, "shop");
    shop_follow(agent->shop, &agent->booth);
    agent->studio = studio_proxy_new(bus, &agent->studio_events, error);
    if (!agent->studio) return FALSE;
    agent->remote = remote_new(config, agent->studio, agent->update, agent->upkeep, &agent->remote_events);
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
    agent->started_mono = agent->checked_mono = agent_mono();
    agent->link_why = g_strdup("");
    agent->problems = problems_new();
    agent->unwritten = json_array();
    agent->desk_events = agent_desk_events(agent);
    agent->enrol_events = agent_enrol_events(agent);
    agent->studio_events = agent_studio_events(agent);
    agent->service_events = agent_service_events(agent);
    agent->panel_events = agent_panel_events(agent);
    agent->catalogue_events = agent_catalogue_events(agent);
    agent->remote_events = agent_remote_events(agent);
    agent->update_events = agent_update_events(agent);
    agent->shop_events = agent_shop_events(agent);
    if (!note_check_settings(config, error) || !open_parts(agent, bus, error)) return NULL;
    agent_await_desk(agent);
    agent_watch(agent);
    agent_light(agent);
    agent_arm(agent);
    agent_publish_now(agent);
    return g_steal_pointer(&agent);
}

void agent_free(Agent *agent)
{
    if (!agent) return;
    agent_stop_source(&agent->tick);
    agent_stop_source(&agent->publish);
    agent_stop_source(&agent->status_later);
    agent_stop_source(&agent->status_regular);
    agent_stop_source(&agent->look);
    storage_probe_free(agent->probe);
    agent_stop_source(&agent->desk_grace);
    agent_stop_source(&agent->studio_grace);
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
