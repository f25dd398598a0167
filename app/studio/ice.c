#include "studio/ice.h"

#include "studio/relays.h"

#define GST_USE_UNSTABLE_API
#include <gst/webrtc/webrtc.h>
#include <nice/nice.h>

#define PACE_MS 5 /* between two checks: the least that RFC 8445 allows */

/* webrtcbin passes over the loopback interface; giving libnice any address stops it from looking for others, so it gets them all. */
static void add_local_addresses(NiceAgent *agent)
{
    GList *addresses = nice_interfaces_get_local_ips(TRUE);
    for (GList *each = addresses; each; each = each->next) {
        NiceAddress address;
        if (nice_address_set_from_string(&address, each->data)) nice_agent_add_local_address(agent, &address);
    }
    g_list_free_full(addresses, g_free);
}

void ice_set_up(GstElement *webrtcbin, const char *servers, gboolean relay_only, gboolean loopback)
{
    g_autoptr(Relays) relays = relays_parse(servers);
    if (relays->left_out) g_message("call: %u ICE servers were not understood", relays->left_out);
    if (relays->stun) g_object_set(webrtcbin, "stun-server", relays->stun, NULL);
    gboolean added = FALSE;
    for (guint i = 0; i < relays->turn->len; i++) g_signal_emit_by_name(webrtcbin, "add-turn-server", relays->turn->pdata[i], &added);
    if (relay_only) g_object_set(webrtcbin, "ice-transport-policy", GST_WEBRTC_ICE_TRANSPORT_POLICY_RELAY, NULL);
    g_autoptr(GObject) ice = NULL;
    g_autoptr(GObject) agent = NULL;
    g_object_get(webrtcbin, "ice-agent", &ice, NULL);
    if (ice) g_object_get(ice, "agent", &agent, NULL);
    if (!agent) return;
    g_object_set(agent, "upnp", FALSE, "ice-tcp", FALSE, "stun-pacing-timer", PACE_MS, NULL);
    if (loopback) add_local_addresses(NICE_AGENT(agent));
}
