/* Support bundles: booths are asked for them, what arrives is kept at the centre, operators fetch it. */
#define G_LOG_DOMAIN "desk"

#include <string.h>

#include "desk/admit.h"
#include "desk/ops_state.h"
#include "desk/routes.h"
#include "wire/wire.h"

#define LATE_MS (BUNDLE_WAIT_MS + 5LL * 60 * 1000) /* by then the desk that waits has said what came of it */

/* --- from the booth ---------------------------------------------------------------------------------------------------------------------
 */

void ops_bundle_ask(Ops *ops, const char *booth, const json_t *command, const char *text)
{
    const char *id = wire_string(command, "id");
    if (!exchange_has_booth(ops->exchange, booth)) return;
    if (bundle_intake_expect(ops->intake, booth, id, g_get_monotonic_time() / 1000)) {
        exchange_tell_booth(ops->exchange, booth, text);
        return;
    }
    g_autofree char *subject = g_strconcat("ops.told.", booth, NULL);
    g_autofree char *told = wire_encode(WIRE_BOOTH_TO_DESK, json_pack("{s:s, s:s, s:b, s:s}", "t", "done", "id", id, "ok", FALSE, "text",
                                                                      "a bundle is on its way already"));
    store_signal(exchange_store(ops->exchange), subject, told);
}

void ops_bundle_answered(Ops *ops, const char *booth, const char *id, gboolean ok)
{
    if (!ok)
        bundle_intake_refused(ops->intake, booth, id);
    else if (bundle_intake_awaits(ops->intake, booth, id))
        bundle_store_await(ops->bundles, booth, id, exchange_settings(ops->exchange)->instance);
}

static void keep(Ops *ops, const BundleArrival *arrival)
{
    if (arrival->why)
        g_message("booth %s: no support bundle came: %s", arrival->booth, arrival->why);
    else
        g_message("booth %s: a support bundle came, %" G_GSIZE_FORMAT " bytes", arrival->booth, g_bytes_get_size(arrival->bytes));
    bundle_store_put(ops->bundles, arrival->booth, arrival->id, arrival->bytes, arrival->why, NULL, NULL);
}

void ops_bundle_take(void *data, const char *booth, const json_t *message)
{
    Ops *ops = data;
    g_autoptr(BundleArrival) arrival = bundle_intake_take(ops->intake, booth, message, g_get_monotonic_time() / 1000);
    if (arrival) keep(ops, arrival);
}

void ops_bundles_tick(Ops *ops, gint64 now)
{
    for (BundleArrival *arrival; (arrival = bundle_intake_expire(ops->intake, now));) {
        keep(ops, arrival);
        bundle_arrival_free(arrival);
    }
}

/* --- to the page ------------------------------------------------------------------------------------------------------------------------
 */

typedef struct {
    Ops *ops;
    DoorRequest *request;
    SessionUser user;
    char *address, *booth, *id;
} Fetch;

typedef struct {
    Ops *ops;
    DoorRequest *request;
} Listing;

static void fetch_free(Fetch *fetch)
{
    g_free(fetch->address);
    g_free(fetch->booth);
    g_free(fetch->id);
    g_free(fetch);
}

static void refuse(DoorRequest *request, BundleVerdict verdict)
{
    if (verdict == BUNDLE_STORE_NONE)
        ops_reply_error(request, 404, "no_bundle", "there is no such bundle, or it was kept long enough");
    else
        ops_reply_error(request, 503, "unavailable", "the bus did not tell");
}

/* What has become of one: on its way to a desk that lives, and not for longer than that desk would wait, or what the list says. */
static const char *state_of(const Ops *ops, const json_t *entry)
{
    const char *desk = wire_string(entry, "desk");
    const gint64 age = g_get_real_time() / 1000 - wire_int(entry, "utc");
    if (*desk) return age < LATE_MS && exchange_desk_lives(ops->exchange, desk) ? "awaited" : "lost";
    return *wire_string(entry, "why") ? "failed" : "here";
}

static void on_list(gpointer data, BundleVerdict verdict, GBytes *bytes)
{
    Listing *listing = data;
    gsize length = 0;
    const char *text = bytes ? g_bytes_get_data(bytes, &length) : NULL;
    json_t *list = verdict == BUNDLE_STORE_GOOD ? json_loadb(text, length, 0, NULL) : NULL, *entry;
    size_t i;
    json_array_foreach(list, i, entry) {
        json_object_set_new(entry, "state", json_string(state_of(listing->ops, entry)));
        json_object_del(entry, "desk");
    }
    if (list)
        ops_reply_json(listing->request, 200, list);
    else
        refuse(listing->request, verdict);
    g_free(listing);
}

static void on_bundle(gpointer data, BundleVerdict verdict, GBytes *bundle)
{
    Fetch *fetch = data;
    g_autofree char *name = g_strdup_printf("attachment; filename=\"%s-%.8s.tar.zst\"", fetch->booth, fetch->id);
    const char *const headers[] = {"content-type:", "application/zstd", "content-disposition:", name, NULL};
    ops_note(fetch->ops, &(OpsDeed){fetch->user.name, role_name(fetch->user.role), fetch->address, "bundle_get", fetch->booth, fetch->id,
                                    verdict == BUNDLE_STORE_GOOD   ? "done"
                                    : verdict == BUNDLE_STORE_NONE ? "no_bundle"
                                                                   : "unavailable"});
    if (verdict == BUNDLE_STORE_GOOD)
        door_reply(fetch->request, 200, headers, bundle);
    else
        refuse(fetch->request, verdict);
    fetch_free(fetch);
}

void ops_bundles(void *data, DoorRequest *request)
{
    SessionUser user;
    Ops *ops = ((RouteParts *)data)->ops;
    g_auto(GStrv) parts = g_strsplit(request->path + strlen("/api/ops/bundles/"), "/", 3);
    const char *booth = parts[0] && fleet_knows(ops->fleet, parts[0]) ? parts[0] : NULL, *id = booth ? parts[1] : NULL;
    if (!ops_allow(ops, request, ROLE_OPERATOR, id ? "bundle_get" : NULL, booth, &user)) return;
    if (!booth || (id && parts[2]) || (id && (strlen(id) > 64 || strspn(id, "0123456789abcdef") != strlen(id) || !*id))) {
        ops_reply_error(request, 404, booth ? "no_bundle" : "unknown_booth", "there is no such booth, or no such bundle");
    } else if (!id) {
        const Listing listing = {ops, request};
        bundle_store_list(ops->bundles, booth, on_list, g_memdup2(&listing, sizeof listing));
    } else {
        const Fetch fetch = {ops, request, user, admit_household(request->address), g_strdup(booth), g_strdup(id)};
        bundle_store_get(ops->bundles, booth, id, on_bundle, g_memdup2(&fetch, sizeof fetch));
    }
}
