#include "desk/door_link.h"

#include <string.h>

#include "desk/door_state.h"
#include "desk/request.h"
#include "wire/wire.h"

#define SEND_QUEUE_MAX    (256 * 1024)
#define BEAT_US           (2400 * G_TIME_SPAN_MILLISECOND) /* from one answered ping to the next: a booth pings after 2.5 s */
#define AGAIN_US          (1800 * G_TIME_SPAN_MILLISECOND) /* for the answer; then it is asked once more, or dead */
#define UNANSWERED_MAX    2
#define CLOSING_BEATS_MAX 2 /* for a peer to answer our close */

struct DoorLink {
    Door *door;
    const DoorEvents *events;
    struct lws *wsi;
    GList node;      /* in door->links */
    GList beat_node; /* in *beats */
    GQueue *beats;   /* door->calm or door->asked */
    void *data;
    GString *message; /* that is being received; NULL between messages */
    GQueue queue;     /* of GBytes, with LWS_PRE bytes before the text */
    gsize queued;     /* bytes of text in it */
    gint64 beat_at;   /* monotonic */
    gint64 asked_at;  /* when it was pinged last, monotonic */
    guint unanswered; /* pings */
    gboolean ping_due;
    gint64 proven;  /* when the newest ping that was answered had been sent, monotonic */
    int close_code; /* 0: open */
    char close_reason[124];
    guint closing_beats;
};

static void drop_queue(DoorLink *link)
{
    g_queue_clear_full(&link->queue, (GDestroyNotify)g_bytes_unref);
    link->queued = 0;
}

/* Links come with the same delay to each queue, but for an answer that overtook another. */
static void await_beat(DoorLink *link, GQueue *beats, gint64 at)
{
    if (link->beats) g_queue_unlink(link->beats, &link->beat_node);
    GList *before = beats->tail;
    while (before && ((DoorLink *)before->data)->beat_at > at) before = before->prev;
    if (before)
        g_queue_insert_after_link(beats, before, &link->beat_node);
    else
        g_queue_push_head_link(beats, &link->beat_node);
    link->beats = beats;
    link->beat_at = at;
}

DoorLink *door_link_open(Door *door, const DoorEvents *events, struct lws *wsi)
{
    DoorLink *link = g_new0(DoorLink, 1);
    link->door = door;
    link->events = events;
    link->wsi = wsi;
    link->node.data = link->beat_node.data = link;
    g_queue_init(&link->queue);
    g_queue_push_tail_link(&door->links, &link->node);
    await_beat(link, &door->calm, g_get_monotonic_time() + BEAT_US);
    lws_set_opaque_user_data(wsi, link);
    return link;
}

void door_link_end(DoorLink *link)
{
    Door *door = link->door;
    lws_set_opaque_user_data(link->wsi, NULL);
    g_queue_unlink(&door->links, &link->node);
    g_queue_unlink(link->beats, &link->beat_node);
    link->events->closed(link->events->data, link);
    drop_queue(link);
    if (link->message) g_string_free(link->message, TRUE);
    g_free(link);
}

void door_link_kill(DoorLink *link)
{
    struct lws *wsi = link->wsi;
    door_link_end(link);
    lws_set_timeout(wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_SYNC);
}

void door_close(DoorLink *link, int code, const char *reason)
{
    if (link->close_code) return;
    link->close_code = code;
    const char *end = NULL;
    gsize length = reason ? strnlen(reason, sizeof link->close_reason - 1) : 0;
    g_utf8_validate(reason ? reason : "", (gssize)length, &end);
    g_strlcpy(link->close_reason, reason ? reason : "", (gsize)(reason ? end - reason : 0) + 1);
    lws_callback_on_writable(link->wsi);
}

void door_send(DoorLink *link, const char *text)
{
    if (link->close_code) return;
    gsize length = strlen(text);
    if (link->queued + length > SEND_QUEUE_MAX) {
        drop_queue(link);
        door_close(link, 1013, "too slow");
        return;
    }
    guint8 *message = g_malloc(LWS_PRE + length + 1);
    memcpy(message + LWS_PRE, text, length + 1);
    g_queue_push_tail(&link->queue, g_bytes_new_take(message, LWS_PRE + length));
    link->queued += length;
    lws_callback_on_writable(link->wsi);
}

char *door_key(const DoorLink *link)
{
    return request_key(link->wsi);
}

gint64 door_proven(const DoorLink *link)
{
    return link->proven;
}

void door_set_data(DoorLink *link, void *data)
{
    link->data = data;
}

void *door_data(const DoorLink *link)
{
    return link->data;
}

static int write_queued(DoorLink *link)
{
    g_autoptr(GBytes) message = g_queue_pop_head(&link->queue);
    gsize size = 0;
    guint8 *bytes = g_bytes_unref_to_data(g_steal_pointer(&message), &size);
    link->queued -= size - LWS_PRE;
    int written = lws_write(link->wsi, bytes + LWS_PRE, size - LWS_PRE, LWS_WRITE_TEXT);
    g_free(bytes);
    return written < 0 ? -1 : 0;
}

static gboolean write_ping(DoorLink *link)
{
    const gint64 now = g_get_monotonic_time();
    guint8 ping[LWS_PRE + sizeof now] = {0};
    memcpy(ping + LWS_PRE, &now, sizeof now);
    link->ping_due = FALSE;
    return lws_write(link->wsi, ping + LWS_PRE, sizeof now, LWS_WRITE_PING) >= 0;
}

int door_link_write(DoorLink *link)
{
    if (link->ping_due && !write_ping(link)) return -1;
    while (!g_queue_is_empty(&link->queue) && !lws_send_pipe_choked(link->wsi)) {
        if (write_queued(link)) return -1;
    }
    if (!g_queue_is_empty(&link->queue) || (link->close_code && lws_send_pipe_choked(link->wsi))) {
        lws_callback_on_writable(link->wsi);
        return 0;
    }
    if (!link->close_code) return 0;
    lws_close_reason(link->wsi, (enum lws_close_status)link->close_code, (guint8 *)link->close_reason, strlen(link->close_reason));
    return -1;
}

/* Any word is an answer. */
static void note_alive(DoorLink *link)
{
    if (link->unanswered) await_beat(link, &link->door->calm, link->asked_at + BEAT_US);
    link->unanswered = 0;
}

void door_link_receive(DoorLink *link, const char *piece, gsize length)
{
    note_alive(link);
    if (link->close_code) return;
    if (lws_frame_is_binary(link->wsi)) {
        door_close(link, 1003, "text only");
        return;
    }
    if (!link->message) link->message = g_string_sized_new(length + 1);
    if (link->message->len + length + lws_remaining_packet_payload(link->wsi) > WIRE_MESSAGE_MAX) {
        door_close(link, 1009, "a message has at most " G_STRINGIFY(WIRE_MESSAGE_MAX) " bytes");
        return;
    }
    g_string_append_len(link->message, piece, (gssize)length);
    if (!lws_is_final_fragment(link->wsi) || lws_remaining_packet_payload(link->wsi)) return;
    if (!g_utf8_validate_len(link->message->str, link->message->len, NULL)) {
        door_close(link, 1007, "not UTF-8");
        return;
    }
    GString *message = g_steal_pointer(&link->message);
    link->events->received(link->events->data, link, message->str, message->len);
    g_string_free(message, TRUE);
}

/* A pong says which ping it answers; one that nobody asked for may say anything. */
void door_link_take_pong(DoorLink *link, const void *pong, gsize length)
{
    gint64 sent = 0;
    note_alive(link);
    if (length == sizeof sent) memcpy(&sent, pong, sizeof sent);
    if (sent <= g_get_monotonic_time()) link->proven = MAX(link->proven, sent);
}

static void beat_link(DoorLink *link)
{
    if (link->unanswered >= UNANSWERED_MAX || link->closing_beats >= CLOSING_BEATS_MAX) {
        struct lws *wsi = link->wsi;
        door_link_end(link);
        lws_set_timeout(wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_ASYNC);
        lws_cancel_service(lws_get_context(wsi)); /* which looks at its timers after its sockets only */
        return;
    }
    link->unanswered++;
    if (link->close_code) link->closing_beats++;
    /* At once, which saves a turn of the loop for each; but nothing may follow a close, and who cannot be written to is ended from there.
     */
    link->ping_due = link->close_code || !write_ping(link);
    if (link->ping_due) lws_callback_on_writable(link->wsi);
    /* From now: after a stall of this process a link must not be beaten twice before its answers were read. */
    link->asked_at = g_get_monotonic_time();
    await_beat(link, &link->door->asked, link->asked_at + AGAIN_US);
}

void door_links_beat(GQueue *beats)
{
    gint64 now = g_get_monotonic_time();
    DoorLink *link;
    while ((link = g_queue_peek_head(beats)) && link->beat_at <= now) beat_link(link);
}
