/* From where a booth is linked, at all desks: of a card that was copied ops see both computers, and can tell which one is theirs.
 *
 * Every desk is asked over the bus and tells the links that it has; the answer is complete when as many have told as live. */
#define G_LOG_DOMAIN "desk"

#include <string.h>

#include "desk/ops_state.h"
#include "desk/routes.h"
#include "wire/wire.h"

#define GATHER_MS   1500 /* for a desk to tell */
#define GATHERS_MAX 64
#define LINKS_MAX   32

typedef struct {
    char *id;
    DoorRequest *request;
    json_t *links;
    guint told; /* desks */
    gint64 until;
} Gather;

void ops_gather_free(gpointer data)
{
    Gather *gather = data;
    g_free(gather->id);
    json_decref(gather->links);
    g_free(gather);
}

static void reply(Ops *ops, Gather *gather)
{
    ops_reply_json(gather->request, 200, json_pack("{s:O}", "links", gather->links));
    g_hash_table_remove(ops->gathers, gather->id);
}

void ops_places(void *data, DoorRequest *request)
{
    SessionUser user;
    Ops *ops = ((RouteParts *)data)->ops;
    const char *booth = request->path + strlen("/api/ops/links/");
    if (!ops_allow(ops, request, ROLE_OPERATOR, NULL, NULL, &user)) return;
    if (!fleet_knows(ops->fleet, booth)) {
        ops_reply_error(request, 404, "unknown_booth", "no booth of this id has ever reported");
    } else if (g_hash_table_size(ops->gathers) >= GATHERS_MAX || !store_is_connected(exchange_store(ops->exchange))) {
        ops_reply_error(request, 503, "unavailable", "the other desks cannot be asked");
    } else {
        Gather *gather = g_new0(Gather, 1);
        *gather = (Gather){wire_new_secret(), request, json_array(), 0, g_get_monotonic_time() / 1000 + GATHER_MS};
        g_hash_table_insert(ops->gathers, gather->id, gather);
        g_autofree char *subject = g_strconcat("ops.links.", booth, NULL);
        store_signal(exchange_store(ops->exchange), subject, gather->id);
    }
}

/* Another desk asks, or this one itself. */
static void tell(Ops *ops, const char *booth, const char *id)
{
    g_autofree char *text = NULL;
    json_t *told = json_pack("{s:s, s:s, s:o}", "id", id, "desk", exchange_settings(ops->exchange)->instance, "links",
                             exchange_links(ops->exchange, booth));
    text = json_dumps(told, JSON_COMPACT);
    json_decref(told);
    if (text) store_signal(exchange_store(ops->exchange), "ops.linked", text);
}

static void take(Ops *ops, const char *text)
{
    json_t *told = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *link;
    Gather *gather = g_hash_table_lookup(ops->gathers, wire_string(told, "id"));
    size_t i;
    if (gather) {
        json_array_foreach(json_object_get(told, "links"), i, link) {
            if (json_array_size(gather->links) < LINKS_MAX)
                json_array_append_new(gather->links, json_pack("{s:s, s:I, s:I, s:s}", "address", wire_string(link, "address"), "since_utc",
                                                               (json_int_t)wire_int(link, "since_utc"), "heard_utc",
                                                               (json_int_t)wire_int(link, "heard_utc"), "desk", wire_string(told, "desk")));
        }
        if (++gather->told >= exchange_desks(ops->exchange)) reply(ops, gather);
    }
    json_decref(told);
}

gboolean ops_places_heard(Ops *ops, const char *subject, const char *text)
{
    if (g_str_has_prefix(subject, "ops.links.")) {
        tell(ops, subject + strlen("ops.links."), text);
        return TRUE;
    }
    if (strcmp(subject, "ops.linked") != 0) return FALSE;
    take(ops, text);
    return TRUE;
}

/* Those that still wait are told what there is. */
void ops_places_tick(Ops *ops, gint64 now)
{
    g_autoptr(GPtrArray) late = g_ptr_array_new();
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, ops->gathers);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        if (((const Gather *)value)->until <= now) g_ptr_array_add(late, value);
    }
    for (guint i = 0; i < late->len; i++) reply(ops, late->pdata[i]);
}
