/* The audit trail: in stream AUDIT, and its newest part in the memory of every desk. */
#define G_LOG_DOMAIN "desk"

#include <string.h>

#include "desk/ops_state.h"
#include "desk/routes.h"
#include "wire/wire.h"

#define DETAIL_MAX 200 /* characters */

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

void ops_note(Ops *ops, const OpsDeed *deed)
{
    g_autofree char *valid = g_utf8_make_valid(or_empty(deed->detail), -1);
    g_autofree char *detail = g_utf8_substring(valid, 0, MIN(DETAIL_MAX, g_utf8_strlen(valid, -1)));
    json_t *entry =
        json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "utc", (json_int_t)(g_get_real_time() / 1000), "who",
                  or_empty(deed->who), "role", or_empty(deed->role), "address", or_empty(deed->address), "what", deed->what, "target",
                  or_empty(deed->target), "detail", detail, "result", deed->result, "desk", exchange_settings(ops->exchange)->instance);
    g_autofree char *text = json_dumps(entry, JSON_COMPACT), *id = wire_new_secret();
    g_autofree char *subject = g_strconcat("audit.", id, NULL);
    json_decref(entry);
    g_message("ops: %s %s %s %s: %s %s", or_empty(deed->who), or_empty(deed->address), deed->what, or_empty(deed->target), deed->result,
              detail);
    store_once(exchange_store(ops->exchange), "AUDIT", subject, text, NULL, NULL);
}

void ops_take_trail(Ops *ops, guint64 sequence, const char *entry)
{
    if (!entry) {
        g_queue_clear_full(&ops->trail, g_free);
        ops->trail_last = 0;
        return;
    }
    if (sequence <= ops->trail_last) return;
    ops->trail_last = sequence;
    g_queue_push_tail(&ops->trail, g_strdup(entry));
    while (g_queue_get_length(&ops->trail) > FLEET_WATCH_TRAIL) g_free(g_queue_pop_head(&ops->trail));
}

void ops_trail(void *data, DoorRequest *request)
{
    SessionUser user;
    Ops *ops = ((RouteParts *)data)->ops;
    if (!ops_allow(ops, request, ROLE_ADMIN, "read_trail", "", &user)) return;
    g_autoptr(GString) text = g_string_new("{\"entries\":[");
    for (GList *node = ops->trail.tail; node; node = node->prev)
        g_string_append_printf(text, "%s%s", node->next ? "," : "", (const char *)node->data);
    g_string_append(text, "]}");
    ops_reply(request, 200, "application/json", text->str);
}
