/* centre: for tests of the whole desk: a nats-server, desks and scripted booths and shoppers, all real processes and links on free ports.
 * What has to be waited for is an event: a message on a link, a line that a program prints, a record that lands. */
#pragma once

#include <arpa/inet.h>
#include <gio/gio.h>
#include <jansson.h>
#include <nats/nats.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "authority/authority.h"
#include "link/link.h"
#include "patience.h"
#include "scratch.h"
#include "wire/wire.h"

#define CENTRE_DESKS 3

/* A program and what it has said so far. */
typedef struct {
    GSubprocess *process;
    GDataInputStream *said; /* its output, for the reader alone */
    GThread *reader;
    char *file; /* where it is kept as well */
    GMutex lock;
    GPtrArray *lines;
    gboolean silent; /* there comes no more */
} CentreProgram;

typedef struct {
    CentreProgram *process;
    int port, booth_port;
    int bus_port; /* 0: the nats-server's own */
    char *config, *log;
} CentreDesk;

typedef struct {
    char *folder, *authority, *certificate, *key, *more; /* more: further lines of desk.conf */
    int nats_port;
    CentreProgram *nats;
    CentreDesk desks[CENTRE_DESKS];
} Centre;

typedef struct {
    Link *link;
    LinkEvents events;
    WireDirection to_desk, from_desk;
    GQueue inbox; /* of json_t */
    gboolean up;
    int code; /* of the last close */
    char *certificate, *key;
    gint64 last_ms; /* monotonic µs of the last message that came */
} Client;

static inline void centre_child_setup(gpointer data)
{
    (void)data;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static inline int centre_free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_true(bind(fd, (struct sockaddr *)&address, length) == 0);
    g_assert_true(getsockname(fd, (struct sockaddr *)&address, &length) == 0);
    close(fd);
    return ntohs(address.sin_port);
}

static inline gpointer centre_read(gpointer data)
{
    CentreProgram *program = data;
    g_autoptr(GFile) file = g_file_new_for_path(program->file);
    g_autoptr(GFileOutputStream) kept = g_file_append_to(file, G_FILE_CREATE_NONE, NULL, NULL);
    for (char *line; (line = g_data_input_stream_read_line(program->said, NULL, NULL, NULL));) {
        g_output_stream_printf(G_OUTPUT_STREAM(kept), NULL, NULL, NULL, "%s\n", line);
        g_mutex_lock(&program->lock);
        g_ptr_array_add(program->lines, line);
        g_mutex_unlock(&program->lock);
        g_main_context_wakeup(NULL);
    }
    g_mutex_lock(&program->lock);
    program->silent = TRUE;
    g_mutex_unlock(&program->lock);
    g_main_context_wakeup(NULL);
    return NULL;
}

/* file: keeps what it says, after what is there. */
static inline CentreProgram *centre_spawn(const char *const *argv, const char *file)
{
    g_autoptr(GError) error = NULL;
    CentreProgram *program = g_new0(CentreProgram, 1);
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
    g_subprocess_launcher_set_child_setup(launcher, centre_child_setup, NULL, NULL);
    g_subprocess_launcher_setenv(launcher, "G_MESSAGES_DEBUG", "desk", TRUE);
    program->process = g_subprocess_launcher_spawnv(launcher, argv, &error);
    if (!program->process) g_error("%s: %s", argv[0], error->message);
    program->said = g_data_input_stream_new(g_subprocess_get_stdout_pipe(program->process));
    program->file = g_strdup(file);
    program->lines = g_ptr_array_new_with_free_func(g_free);
    g_mutex_init(&program->lock);
    program->reader = g_thread_new("reader", centre_read, program);
    return program;
}

/* How many lines with the text it has said. */
static inline guint centre_count(CentreProgram *program, const char *text)
{
    guint count = 0;
    g_mutex_lock(&program->lock);
    for (guint i = 0; i < program->lines->len; i++) count += strstr(program->lines->pdata[i], text) != NULL;
    g_mutex_unlock(&program->lock);
    return count;
}

static inline gboolean client_tick(gpointer data)
{
    (void)data;
    return G_SOURCE_CONTINUE;
}

static inline gboolean centre_is_silent(CentreProgram *program)
{
    g_mutex_lock(&program->lock);
    gboolean silent = program->silent;
    g_mutex_unlock(&program->lock);
    return silent;
}

/* Runs the main loop until it has said so many lines with the text. */
static inline void centre_await(CentreProgram *program, const char *text, guint count)
{
    gint64 until = g_get_monotonic_time() + PATIENCE_US;
    guint tick = g_timeout_add(1000, client_tick, NULL);
    while (centre_count(program, text) < count) {
        if (centre_is_silent(program) || g_get_monotonic_time() > until) g_error("\"%s\" was not said in %s", text, program->file);
        g_main_context_iteration(NULL, TRUE);
    }
    g_source_remove(tick);
}

static inline void centre_kill(CentreProgram **own, int number)
{
    CentreProgram *program = *own;
    if (!program) return;
    g_subprocess_send_signal(program->process, number);
    g_subprocess_wait(program->process, NULL, NULL);
    /* Asked to end, it ends well: a sanitizer has nothing to say of it either. */
    if (number == SIGTERM && !g_subprocess_get_successful(program->process)) g_error("it ended badly: see %s", program->file);
    g_thread_join(program->reader);
    g_object_unref(program->said);
    g_object_unref(program->process);
    g_ptr_array_unref(program->lines);
    g_mutex_clear(&program->lock);
    g_free(program->file);
    g_free(program);
    *own = NULL;
}

static inline void centre_start_nats(Centre *centre)
{
    g_autofree char *port = g_strdup_printf("%d", centre->nats_port), *store = g_build_filename(centre->folder, "nats", NULL);
    g_autofree char *log = g_build_filename(centre->folder, "nats.log", NULL);
    const char *const argv[] = {"nats-server", "-js", "-sd", store, "-a", "127.0.0.1", "-p", port, NULL};
    centre->nats = centre_spawn(argv, log);
    centre_await(centre->nats, "Server is ready", 1);
}

static inline void centre_write_config(Centre *centre, guint n)
{
    CentreDesk *desk = &centre->desks[n];
    const char *build = g_getenv("BUILD");
    g_autofree char *share = g_build_filename(build ? build : "build", "share", NULL), *name = g_strdup_printf("desk%u.conf", n);
    g_autofree char *log = g_strdup_printf("desk%u.log", n);
    desk->port = centre_free_port();
    desk->booth_port = centre_free_port();
    g_autofree char *text =
        g_strdup_printf("[desk]\nport=%d\nbooth_port=%d\nbind=127.0.0.1\nshare=%s\n[tls]\nauthority=%s\ncertificate=%s\nkey=%s\n"
                        "[bus]\nservers=nats://127.0.0.1:%d\n%s",
                        desk->port, desk->booth_port, share, centre->authority, centre->certificate, centre->key,
                        desk->bus_port ? desk->bus_port : centre->nats_port, centre->more);
    desk->config = scratch_write(centre->folder, name, text);
    desk->log = g_build_filename(centre->folder, log, NULL);
}

static inline void centre_start_desk(Centre *centre, guint n)
{
    CentreDesk *desk = &centre->desks[n];
    const char *build = g_getenv("BUILD");
    g_autofree char *program = g_build_filename(build ? build : "build", "bin", "desk", NULL);
    if (!desk->config) centre_write_config(centre, n);
    const char *const argv[] = {program, "--config", desk->config, NULL};
    desk->process = centre_spawn(argv, desk->log);
    centre_await(desk->process, "ready: http port", 1);
}

static inline Centre *centre_new(const char *more)
{
    static const char *const hosts[] = {"localhost", "127.0.0.1", NULL};
    Centre *centre = g_new0(Centre, 1);
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    centre->folder = scratch_new();
    centre->more = g_strdup(more);
    g_autofree char *folder = g_build_filename(centre->folder, "authority", NULL);
    centre->authority = g_build_filename(folder, AUTHORITY_CERTIFICATE, NULL);
    centre->certificate = g_build_filename(centre->folder, "desk.crt", NULL);
    centre->key = g_build_filename(centre->folder, "desk.key", NULL);
    g_assert_true(authority_create(folder, NULL));
    g_assert_true(authority_issue_desk(folder, hosts, centre->certificate, centre->key, now - 3600, now + 86400, NULL));
    centre->nats_port = centre_free_port();
    centre_start_nats(centre);
    return centre;
}

static inline void centre_free(Centre *centre)
{
    for (guint i = 0; i < CENTRE_DESKS; i++) {
        CentreDesk *desk = &centre->desks[i];
        centre_kill(&desk->process, SIGTERM);
        g_free(desk->config);
        g_free(desk->log);
    }
    centre_kill(&centre->nats, SIGKILL);
    if (!g_getenv("KEEP"))
        scratch_remove(centre->folder);
    else
        g_printerr("kept %s\n", centre->folder);
    g_free(centre->folder);
    g_free(centre->authority);
    g_free(centre->certificate);
    g_free(centre->key);
    g_free(centre->more);
    g_free(centre);
}

/* --- clients ----------------------------------------------------------------------------------------------------------------------------
 */

static inline void client_on_up(void *data, const char *address)
{
    (void)address;
    ((Client *)data)->up = TRUE;
}

static inline void client_on_received(void *data, const char *text, gsize length)
{
    Client *client = data;
    g_autoptr(GError) error = NULL;
    json_t *message = wire_decode(client->from_desk, text, length, &error);
    if (!message) g_error("the desk sent %.*s: %s", (int)length, text, error->message);
    client->last_ms = g_get_monotonic_time();
    g_queue_push_tail(&client->inbox, message);
}

static inline void client_on_down(void *data, gboolean was_up, int code, const char *why)
{
    Client *client = data;
    (void)was_up;
    g_printerr("# link: %d %s\n", code, why);
    client->up = FALSE;
    client->code = code;
}

/* Runs the main loop until done(client, data) or patience ends; whether it was done. */
static inline gboolean client_run(Client *client, gboolean (*done)(Client *client, gconstpointer data), gconstpointer data,
                                  guint patience_ms)
{
    gint64 until = g_get_monotonic_time() + patience_ms * 1000LL;
    guint tick = g_timeout_add(20, client_tick, NULL);
    gboolean well;
    while (!(well = done(client, data)) && g_get_monotonic_time() < until) g_main_context_iteration(NULL, TRUE);
    g_source_remove(tick);
    return well;
}

static inline gboolean client_is_up(Client *client, gconstpointer data)
{
    (void)data;
    return client->up;
}

static inline gboolean client_is_down(Client *client, gconstpointer data)
{
    (void)data;
    return !client->up;
}

static inline gboolean client_is_up_or_failed(Client *client, gconstpointer data)
{
    (void)data;
    return client->up || client->code;
}

static inline void client_drop_inbox(Client *client)
{
    g_queue_clear_full(&client->inbox, (GDestroyNotify)json_decref);
    g_queue_init(&client->inbox);
}

static inline void client_free(Client *client)
{
    if (!client) return;
    link_free(client->link);
    client_drop_inbox(client);
    g_free(client->certificate);
    g_free(client->key);
    g_free(client);
}

static inline Client *client_open(const char *address, const char *subprotocol, const TransportIdentity *identity)
{
    g_autoptr(GError) error = NULL;
    Client *client = g_new0(Client, 1);
    const char *const addresses[] = {address, NULL};
    const LinkSettings settings = {.addresses = addresses, .subprotocol = subprotocol, .identity = identity, .once = TRUE};
    client->events = (LinkEvents){client_on_up, client_on_received, client_on_down, client};
    client->to_desk = identity ? WIRE_BOOTH_TO_DESK : WIRE_SHOPPER_TO_DESK;
    client->from_desk = identity ? WIRE_DESK_TO_BOOTH : WIRE_DESK_TO_SHOPPER;
    g_queue_init(&client->inbox);
    /* A crowded machine may take longer for a handshake than the desk allows. */
    for (int attempt = 0; attempt < 3 && !client->up; attempt++) {
        link_free(client->link);
        client->code = 0;
        client->link = link_new(&settings, &client->events, &error);
        if (!client->link) g_error("%s", error->message);
        client_run(client, client_is_up_or_failed, NULL, PATIENCE_MS);
    }
    if (!client->up) g_error("no link to %s", address);
    return client;
}

static inline void client_say(Client *client, json_t *message)
{
    g_autofree char *text = wire_encode(client->to_desk, message);
    link_send(client->link, text);
}

static inline gboolean client_has(Client *client, gconstpointer type)
{
    for (GList *at = client->inbox.head; at; at = at->next) {
        if (strcmp(wire_type(at->data), type) == 0) return TRUE;
    }
    return FALSE;
}

/* The first message of a type that came or comes, out of the inbox; a new reference. NULL when none comes in time. */
static inline json_t *client_take(Client *client, const char *type, guint patience_ms)
{
    if (!client_run(client, client_has, type, patience_ms)) return NULL;
    for (GList *at = client->inbox.head; at; at = at->next) {
        json_t *message = at->data;
        if (strcmp(wire_type(message), type) != 0) continue;
        g_queue_delete_link(&client->inbox, at);
        return message;
    }
    return NULL;
}

static inline json_t *client_expect(Client *client, const char *type)
{
    json_t *message = client_take(client, type, PATIENCE_MS);
    if (message) return message;
    for (GList *at = client->inbox.head; at; at = at->next) {
        g_autofree char *text = json_dumps(at->data, JSON_COMPACT);
        g_printerr("# there is: %s\n", text);
    }
    g_error("no \"%s\" came", type);
}

static inline Client *centre_shopper(Centre *centre, guint desk)
{
    g_autofree char *address = g_strdup_printf("ws://127.0.0.1:%d/ws/shopper", centre->desks[desk].port);
    Client *client = client_open(address, WIRE_SUBPROTOCOL_SHOPPER, NULL);
    json_decref(client_expect(client, "hello"));
    return client;
}

/* A booth that has said hello. call: what it still holds, taken; or NULL. */
static inline Client *centre_booth_hello(Centre *centre, guint desk, const char *id, gint64 epoch, json_t *call)
{
    g_autofree char *address = g_strdup_printf("wss://localhost:%d/ws/booth", centre->desks[desk].booth_port);
    g_autofree char *folder = g_build_filename(centre->folder, "authority", NULL);
    g_autofree char *certificate = g_strdup_printf("%s/%s.crt", centre->folder, id),
                    *key = g_strdup_printf("%s/%s.key", centre->folder, id);
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    if (!g_file_test(key, G_FILE_TEST_EXISTS))
        g_assert_true(authority_issue_booth(folder, id, certificate, key, now - 3600, now + 86400, NULL));
    const TransportIdentity identity = {centre->authority, certificate, key};
    Client *client = client_open(address, WIRE_SUBPROTOCOL_BOOTH, &identity);
    json_t *hello =
        json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:[s], s:[s,s], s:I, s:s}", "t", "hello", "v", 1, "booth", id, "name", "Booth", "store",
                  "S", "region", "R", "topics", "*", "langs", "en", "nb", "epoch", (json_int_t)epoch, "version", "test");
    if (call) json_object_set_new(hello, "call", call);
    client_say(client, hello);
    return client;
}

/* And has been welcomed. */
static inline Client *centre_booth(Centre *centre, guint desk, const char *id, gint64 epoch, json_t *call, json_t **ret_welcome)
{
    Client *client = centre_booth_hello(centre, desk, id, epoch, call);
    json_t *welcome = client_expect(client, "welcome");
    if (ret_welcome)
        *ret_welcome = welcome;
    else
        json_decref(welcome);
    return client;
}

static inline json_t *centre_ask(const char *topic)
{
    return json_pack("{s:s, s:s, s:s, s:b, s:[s,s]}", "t", "ask", "topic", topic, "lang", "nb", "terms", 1, "codecs", "H264", "VP8");
}

/* --- the bus ----------------------------------------------------------------------------------------------------------------------------
 */

/* Reads a stream until seen() has counted so many of its messages, from the first one on, or only what is new. Whether it came to that. */
static inline gboolean centre_await_messages(Centre *centre, const char *subject, gboolean only_new,
                                             gboolean (*seen)(natsMsg *message, gconstpointer data), gconstpointer data, size_t count)
{
    natsConnection *connection = NULL;
    jsCtx *js = NULL;
    natsSubscription *subscription = NULL;
    jsSubOptions options;
    jsErrCode code = 0;
    gint64 until = g_get_monotonic_time() / 1000 + PATIENCE_MS;
    g_autofree char *server = g_strdup_printf("nats://127.0.0.1:%d", centre->nats_port);
    jsSubOptions_Init(&options);
    options.Config.AckPolicy = js_AckNone;
    options.Config.DeliverPolicy = only_new ? js_DeliverNew : js_DeliverAll;
    natsStatus status = natsConnection_ConnectTo(&connection, server);
    if (status == NATS_OK) status = natsConnection_JetStream(&js, connection, NULL);
    if (status == NATS_OK) status = js_SubscribeSync(&subscription, js, subject, NULL, &options, &code);
    while (status == NATS_OK && count) {
        natsMsg *message = NULL;
        status = natsSubscription_NextMsg(&message, subscription, MAX(until - g_get_monotonic_time() / 1000, 1));
        if (status == NATS_OK && (!seen || seen(message, data))) count--;
        natsMsg_Destroy(message);
    }
    if (status != NATS_OK) g_printerr("# %s: %s\n", subject, natsStatus_GetText(status));
    natsSubscription_Destroy(subscription);
    jsCtx_Destroy(js);
    natsConnection_Destroy(connection);
    return count == 0;
}

/* Of this call by its subject, or as a booth's record says. */
static inline gboolean centre_is_of_call(natsMsg *message, gconstpointer call)
{
    if (g_str_has_suffix(natsMsg_GetSubject(message), call)) return TRUE;
    json_t *value = json_loadb(natsMsg_GetData(message), (size_t)natsMsg_GetDataLength(message), 0, NULL);
    gboolean is = strcmp(wire_string(value, "call"), call) == 0;
    json_decref(value);
    return is;
}

/* Everything that the centre knows of a call, as `desk records` prints it, once there are so many lines. */
static inline json_t *centre_records(Centre *centre, guint desk, const char *call, size_t lines)
{
    const char *build = g_getenv("BUILD");
    g_autofree char *program = g_build_filename(build ? build : "build", "bin", "desk", NULL), *out = NULL;
    json_t *records = json_array();
    if (lines) centre_await_messages(centre, "record.>", FALSE, centre_is_of_call, call, lines);
    g_autoptr(GSubprocess) process = g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE, NULL, program, "records", "--config",
                                                      centre->desks[desk].config, "--call", call, NULL);
    g_subprocess_communicate_utf8(process, NULL, NULL, &out, NULL, NULL);
    g_auto(GStrv) each = g_strsplit(out ? out : "", "\n", -1);
    for (char **line = each; *line; line++) {
        json_t *value = (*line)[0] ? json_loads(*line, 0, NULL) : NULL;
        if (value) json_array_append_new(records, value);
    }
    return records;
}
