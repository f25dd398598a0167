/* The ops pages that are open: what changes is told them, once a second at most. */
#include <string.h>

#include "desk/ops_state.h"

#define CLOSE_LOG_IN 4401 /* the session is over */

typedef struct {
    DoorLink *link;
    char *token;
    GList node; /* in ops->links */
} OpsLink;

static gboolean is_live(Ops *ops, const char *token)
{
    g_autofree char *cookie = g_strconcat(SESSION_COOKIE "=", token, NULL);
    return session_find(ops->sessions, exchange_secret(ops->exchange), cookie, g_get_real_time() / G_USEC_PER_SEC).role != ROLE_NONE;
}

char *ops_admit(void *data, const char *cookie)
{
    Ops *ops = data;
    char *token = session_token(cookie);
    if (token && is_live(ops, token) && g_queue_get_length(&ops->links) < OPS_LINKS_MAX) return token;
    g_free(token);
    return NULL;
}

static void on_opened(void *data, DoorLink *link, DoorKind kind, const char *identity, const char *address)
{
    (void)kind, (void)address;
    Ops *ops = data;
    OpsLink *own = g_new0(OpsLink, 1);
    own->link = link;
    own->token = g_strdup(identity);
    own->node.data = own;
    g_queue_push_tail_link(&ops->links, &own->node);
    door_set_data(link, own);
    /* What it fetches from now on cannot be older than what it is told. */
    door_send(link, "{\"t\":\"hello\"}");
    if (ops->line_told) door_send(link, ops->line_told);
}

/* A page has nothing to say here: what it wants done it asks for by requests. */
static void on_received(void *data, DoorLink *link, const char *text, size_t length)
{
    (void)data, (void)text, (void)length;
    door_close(link, 1008, "nothing is said here");
}

static void link_free(Ops *ops, OpsLink *own)
{
    g_queue_unlink(&ops->links, &own->node);
    g_free(own->token);
    g_free(own);
}

static void on_closed(void *data, DoorLink *link)
{
    OpsLink *own = door_data(link);
    if (own) link_free(data, own);
}

static void on_woken(void *data)
{
    (void)data; /* the exchange's hook comes in its place */
}

void ops_links_events(Ops *ops, DoorEvents *events)
{
    *events = (DoorEvents){on_opened, on_received, on_closed, NULL, on_woken, ops};
}

static void tell_all(Ops *ops, const char *text)
{
    for (GList *node = ops->links.head; node; node = node->next) door_send(((OpsLink *)node->data)->link, text);
}

static void tell_fleet(Ops *ops)
{
    guint64 revision = fleet_revision(ops->fleet);
    if (revision == ops->told) return;
    g_autoptr(GString) text = g_string_new("{\"t\":\"booths\",\"rows\":[");
    fleet_append_rows(ops->fleet, ops->told, text);
    g_string_append_printf(text, "],\"now_utc\":%" G_GINT64_FORMAT "}", g_get_real_time() / 1000);
    ops->told = revision;
    tell_all(ops, text->len <= OPS_DELTA_MAX ? text->str : "{\"t\":\"reload\"}");
}

static void tell_line(Ops *ops)
{
    json_t *line = exchange_line(ops->exchange);
    json_object_set_new(line, "t", json_string("line"));
    char *text = json_dumps(line, JSON_COMPACT);
    json_decref(line);
    if (g_strcmp0(text, ops->line_told) != 0) tell_all(ops, text);
    g_free(ops->line_told);
    ops->line_told = text;
}

void ops_links_tick(Ops *ops, gint64 now)
{
    if (ops->links.head) {
        tell_fleet(ops);
        tell_line(ops);
    } else {
        ops->told = fleet_revision(ops->fleet);
    }
    if (now - ops->rechecked < OPS_RECHECK_MS) return;
    ops->rechecked = now;
    for (GList *node = ops->links.head; node; node = node->next) {
        const OpsLink *own = node->data;
        if (!is_live(ops, own->token)) door_close(own->link, CLOSE_LOG_IN, "log in again");
    }
}

void ops_links_clear(Ops *ops)
{
    while (ops->links.head) link_free(ops, ops->links.head->data);
}
