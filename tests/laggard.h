/* laggard: a way to the nats-server on which the watch of the calls can lag: what JetStream delivers of KV_CALLS is held back, in order,
 * while acknowledgements and everything else pass. For tests of what a desk says that does not see yet. */
#pragma once

#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

typedef struct {
    GSocketListener *listener;
    GCancellable *end;
    GThread *thread;
    int port, nats_port;
    GMutex lock;
    gboolean lagging, lossy;
    char *lost;             /* the next message of this subject does not arrive */
    GPtrArray *connections; /* of GSocketConnection, both ends */
    GPtrArray *threads;
} Laggard;

typedef struct {
    Laggard *laggard;
    GSocketConnection *from, *to;
} LaggardPipe;

static inline void laggard_close(GSocketConnection *connection)
{
    shutdown(g_socket_get_fd(g_socket_connection_get_socket(connection)), SHUT_RDWR);
}

static inline GThread *laggard_thread(const char *name, GThreadFunc run, Laggard *laggard, GSocketConnection *from, GSocketConnection *to)
{
    LaggardPipe pipe = {laggard, from, to};
    return g_thread_new(name, run, g_memdup2(&pipe, sizeof pipe));
}

/* As it comes. */
static inline gpointer laggard_pass(gpointer data)
{
    g_autofree LaggardPipe *pipe = data;
    GInputStream *in = g_io_stream_get_input_stream(G_IO_STREAM(pipe->from));
    GOutputStream *out = g_io_stream_get_output_stream(G_IO_STREAM(pipe->to));
    char buffer[16384];
    for (gssize n; (n = g_input_stream_read(in, buffer, sizeof buffer, NULL, NULL)) > 0;) {
        if (!g_output_stream_write_all(out, buffer, (gsize)n, NULL, NULL, NULL)) break;
    }
    laggard_close(pipe->from);
    laggard_close(pipe->to);
    return NULL;
}

/* One message of the server with its payload, to free; NULL at the end. MSG and HMSG end their line with the payload's bytes. */
static inline GString *laggard_read(GDataInputStream *in)
{
    gsize length;
    g_autofree char *line = g_data_input_stream_read_line(in, &length, NULL, NULL);
    if (!line) return NULL;
    GString *frame = g_string_new_len(line, (gssize)length);
    g_string_append(frame, "\r\n");
    if (!g_str_has_prefix(line, "MSG ") && !g_str_has_prefix(line, "HMSG ")) return frame;
    gsize payload = (gsize)strtoul(strrchr(line, ' ') + 1, NULL, 10) + strlen("\r\n"), head = frame->len, got = 0;
    g_string_set_size(frame, head + payload);
    if (g_input_stream_read_all(G_INPUT_STREAM(in), frame->str + head, payload, &got, NULL, NULL) && got == payload) return frame;
    g_string_free(frame, TRUE);
    return NULL;
}

static inline gboolean laggard_is_of(const GString *frame, const char *subject)
{
    const char *start = strchr(frame->str, ' ');
    return subject && start && strstr(frame->str, "MSG ") && g_str_has_prefix(start + 1, subject);
}

static inline gboolean laggard_write(GOutputStream *out, GString *frame)
{
    gboolean well = g_output_stream_write_all(out, frame->str, frame->len, NULL, NULL, NULL);
    g_string_free(frame, TRUE);
    return well;
}

/* From the server: whole messages, those of the calls when it does not lag. What else comes meanwhile overtakes them. */
static inline gpointer laggard_deliver(gpointer data)
{
    g_autofree LaggardPipe *pipe = data;
    Laggard *laggard = pipe->laggard;
    g_autoptr(GDataInputStream) in = g_data_input_stream_new(g_io_stream_get_input_stream(G_IO_STREAM(pipe->from)));
    g_data_input_stream_set_newline_type(in, G_DATA_STREAM_NEWLINE_TYPE_CR_LF);
    g_filter_input_stream_set_close_base_stream(G_FILTER_INPUT_STREAM(in), FALSE);
    GOutputStream *out = g_io_stream_get_output_stream(G_IO_STREAM(pipe->to));
    GQueue held = G_QUEUE_INIT;
    gboolean well = TRUE;
    for (GString *frame; well && (frame = laggard_read(in));) {
        g_mutex_lock(&laggard->lock);
        gboolean lagging = laggard->lagging, lossy = laggard->lossy, lost = laggard_is_of(frame, laggard->lost);
        if (lost) g_clear_pointer(&laggard->lost, g_free);
        g_mutex_unlock(&laggard->lock);
        if (lost) {
            g_string_free(frame, TRUE);
            continue;
        }
        if (lagging && laggard_is_of(frame, "$KV.CALLS.")) {
            g_queue_push_tail(&held, frame);
            continue;
        }
        /* The lag is over with the next message, and one comes at least with every ping. */
        while (!lagging && lossy && !g_queue_is_empty(&held)) g_string_free(g_queue_pop_head(&held), TRUE);
        while (!lagging && well && !g_queue_is_empty(&held)) well = laggard_write(out, g_queue_pop_head(&held));
        well = laggard_write(out, frame) && well;
    }
    for (GString *frame; (frame = g_queue_pop_head(&held));) g_string_free(frame, TRUE);
    laggard_close(pipe->from);
    laggard_close(pipe->to);
    return NULL;
}

static inline gpointer laggard_accept(gpointer data)
{
    Laggard *laggard = data;
    g_autoptr(GSocketClient) client = g_socket_client_new();
    for (GSocketConnection *desk; (desk = g_socket_listener_accept(laggard->listener, NULL, laggard->end, NULL));) {
        g_ptr_array_add(laggard->connections, desk);
        GSocketConnection *server = g_socket_client_connect_to_host(client, "127.0.0.1", (guint16)laggard->nats_port, NULL, NULL);
        if (!server) {
            laggard_close(desk);
            continue;
        }
        g_ptr_array_add(laggard->connections, server);
        g_ptr_array_add(laggard->threads, laggard_thread("to-bus", laggard_pass, laggard, desk, server));
        g_ptr_array_add(laggard->threads, laggard_thread("from-bus", laggard_deliver, laggard, server, desk));
    }
    return NULL;
}

/* Listens on laggard->port for what shall go to the nats-server on nats_port. */
static inline Laggard *laggard_new(int nats_port)
{
    Laggard *laggard = g_new0(Laggard, 1);
    laggard->listener = g_socket_listener_new();
    laggard->end = g_cancellable_new();
    laggard->nats_port = nats_port;
    laggard->port = g_socket_listener_add_any_inet_port(laggard->listener, NULL, NULL);
    g_assert_true(laggard->port > 0);
    g_mutex_init(&laggard->lock);
    laggard->connections = g_ptr_array_new_with_free_func(g_object_unref);
    laggard->threads = g_ptr_array_new();
    laggard->thread = g_thread_new("laggard", laggard_accept, laggard);
    return laggard;
}

static inline void laggard_set_lag(Laggard *laggard, gboolean lagging)
{
    g_mutex_lock(&laggard->lock);
    laggard->lagging = lagging;
    laggard->lossy = FALSE;
    g_mutex_unlock(&laggard->lock);
}

/* The lag is over, and what it held back never arrives. */
static inline void laggard_lose_held(Laggard *laggard)
{
    g_mutex_lock(&laggard->lock);
    laggard->lagging = FALSE;
    laggard->lossy = TRUE;
    g_mutex_unlock(&laggard->lock);
}

/* Of JetStream's deliveries, the next one of the subject. */
static inline void laggard_lose(Laggard *laggard, const char *subject)
{
    g_mutex_lock(&laggard->lock);
    g_free(laggard->lost);
    laggard->lost = g_strdup(subject);
    g_mutex_unlock(&laggard->lock);
}

static inline void laggard_free(Laggard *laggard)
{
    g_cancellable_cancel(laggard->end);
    g_thread_join(laggard->thread);
    for (guint i = 0; i < laggard->connections->len; i++) laggard_close(laggard->connections->pdata[i]);
    for (guint i = 0; i < laggard->threads->len; i++) g_thread_join(laggard->threads->pdata[i]);
    g_ptr_array_unref(laggard->threads);
    g_ptr_array_unref(laggard->connections);
    g_object_unref(laggard->listener);
    g_object_unref(laggard->end);
    g_free(laggard->lost);
    g_mutex_clear(&laggard->lock);
    g_free(laggard);
}
