#define G_LOG_DOMAIN "desk"

#include "desk/jetstream.h"

#include <gio/gio.h>
#include <jansson.h>
#include <string.h>

#include "desk/news.h"

#define RETRY_MS         100 /* while the desk starts */
#define PING_MS          2000
#define PINGS            2 /* unanswered: the connection is dead */
#define SOUND_CLUSTER    "2.10.27"
#define DAY_NS           (24LL * 3600 * 1000000000)
#define CONTACT_MAX_AGE  (28 * DAY_NS) /* what the page says to who leaves one */
#define AUDIT_MAX_AGE    (365 * DAY_NS)
#define EVENT_MAX_AGE    (72LL * 3600 * 1000000000)
#define EVENT_MAX_BYTES  (256LL * 1024 * 1024)
#define BUNDLE_MAX_BYTES (512LL * 1024 * 1024)

struct JetStream {
    const JetStreamEvents *events;
    char **servers;
    int replicas;
    gint64 retention_ns;
    natsConnection *connection;
    jsCtx *context;
    GMutex lock; /* guards what follows */
    GCond rested;
    gboolean closing;
    guint outstanding; /* subscriptions and the connection: while there are any, the library may still call */
};

GQuark jetstream_error_quark(void)
{
    return g_quark_from_static_string("livebooth-jetstream");
}

void jetstream_hold(JetStream *jetstream)
{
    g_mutex_lock(&jetstream->lock);
    jetstream->outstanding++;
    g_mutex_unlock(&jetstream->lock);
}

void jetstream_release(JetStream *jetstream)
{
    g_mutex_lock(&jetstream->lock);
    jetstream->outstanding--;
    g_cond_broadcast(&jetstream->rested);
    g_mutex_unlock(&jetstream->lock);
}

gboolean jetstream_is_connected(const JetStream *jetstream)
{
    return natsConnection_Status(jetstream->connection) == NATS_CONN_STATUS_CONNECTED;
}

natsConnection *jetstream_connection(const JetStream *jetstream)
{
    return jetstream->connection;
}

jsCtx *jetstream_context(const JetStream *jetstream)
{
    return jetstream->context;
}

/* --- messages and subscriptions ---------------------------------------------------------------------------------------------------------
 */

natsStatus jetstream_read_last(JetStream *jetstream, const char *stream, const char *subject, natsMsg **message)
{
    jsOptions options;
    jsErrCode code = 0;
    jsOptions_Init(&options);
    options.Wait = JETSTREAM_WAIT_MS;
    natsStatus status = js_GetLastMsg(message, jetstream->context, stream, subject, &options, &code);
    return code == JSNoMessageFoundErr ? NATS_NOT_FOUND : status;
}

gboolean jetstream_is_marker(natsMsg *message)
{
    const char *operation = NULL;
    return natsMsgHeader_Get(message, "KV-Operation", &operation) == NATS_OK;
}

char *jetstream_text(natsMsg *message)
{
    return g_strndup(natsMsg_GetData(message), (gsize)natsMsg_GetDataLength(message));
}

gint64 jetstream_header_number(natsMsg *message, const char *name)
{
    const char *text = NULL;
    return natsMsgHeader_Get(message, name, &text) == NATS_OK ? g_ascii_strtoll(text, NULL, 10) : 0;
}

void jetstream_unsubscribe(natsSubscription **subscription)
{
    if (!*subscription) return;
    natsSubscription_Unsubscribe(*subscription);
    natsSubscription_Destroy(*subscription);
    *subscription = NULL;
}

/* --- streams
 * ------------------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    const char *name, *subject;
    gint64 per_subject, max_age;
    gint64 max_bytes; /* then the oldest go; 0: none do */
    gboolean rollup;
    gboolean personal; /* as old as the retention at most, and single messages can be erased (desk/privacy.h) */
} StreamPlan;

static const StreamPlan plans[] = {
    {"KV_CALLS", "$KV.CALLS.>", 8, 0, 0, TRUE, FALSE},
    {"KV_BOOTHS", "$KV.BOOTHS.>", 1, 0, 0, TRUE, FALSE},
    {"KV_ENROL", "$KV.ENROL.>", 8, 0, 0, TRUE, FALSE},
    {"RECORDS", "record.>", -1, 0, 0, FALSE, TRUE},
    {"CONTACTS", "contact.>", -1, CONTACT_MAX_AGE, 0, FALSE, TRUE},
    {"AUDIT", "audit.>", -1, AUDIT_MAX_AGE, 0, FALSE, FALSE},
    {"EVENTS", NEWS_SUBJECTS ">", 1, EVENT_MAX_AGE, EVENT_MAX_BYTES, FALSE, FALSE},
    {"BUNDLES", "bundle.>", 1, CONTACT_MAX_AGE, BUNDLE_MAX_BYTES, FALSE, TRUE},
};

static gboolean stream_error(GError **error, const char *name, const char *what)
{
    g_set_error(error, JETSTREAM_ERROR, 0, "stream %s cannot be used: %s.", name, what);
    return FALSE;
}

/* A stream that was made before keeps its messages as long as is set now. */
static gboolean adjust(JetStream *jetstream, const StreamPlan *plan, jsStreamInfo *info, gint64 max_age)
{
    jsOptions options;
    jsErrCode code = 0;
    jsOptions_Init(&options);
    options.Wait = JETSTREAM_WAIT_MS;
    if (plan->personal && info->Config->DenyDelete)
        g_warning("stream %s was made by an older desk: nothing in it can be erased before it is too old", plan->name);
    if (info->Config->MaxAge == max_age) return TRUE;
    info->Config->MaxAge = max_age;
    if (js_UpdateStream(NULL, jetstream->context, info->Config, &options, &code) != NATS_OK) return FALSE;
    g_message("stream %s keeps its messages for %" G_GINT64_FORMAT " hours now", plan->name, (gint64)(max_age / (3600 * 1000000000LL)));
    return TRUE;
}

/* Makes the stream, or checks that the one there is fit: direct reads would be stale on replicas. */
static gboolean provision(JetStream *jetstream, const StreamPlan *plan, JetStreamCalls *calls, GError **error)
{
    jsStreamConfig config;
    jsOptions options;
    jsStreamInfo *info = NULL;
    jsErrCode code = 0;
    jsOptions_Init(&options);
    options.Wait = JETSTREAM_WAIT_MS;
    jsStreamConfig_Init(&config);
    config.Name = plan->name;
    config.Subjects = (const char *[]){plan->subject};
    config.SubjectsLen = 1;
    config.Storage = js_FileStorage;
    config.Discard = plan->max_bytes ? js_DiscardOld : js_DiscardNew;
    if (plan->max_bytes) config.MaxBytes = plan->max_bytes;
    config.MaxMsgsPerSubject = plan->per_subject;
    config.MaxAge = !plan->personal ? plan->max_age : plan->max_age ? MIN(jetstream->retention_ns, plan->max_age) : jetstream->retention_ns;
    config.Replicas = jetstream->replicas;
    config.AllowRollup = plan->rollup;
    config.DenyDelete = !plan->personal;
    natsStatus status = js_AddStream(&info, jetstream->context, &config, &options, &code);
    if (code == JSStreamNameExistErr) status = js_GetStreamInfo(&info, jetstream->context, plan->name, &options, &code);
    if (status != NATS_OK) return stream_error(error, plan->name, natsStatus_GetText(status));
    gboolean fit = !info->Config->AllowDirect && info->Config->Storage == js_FileStorage && info->Config->AllowRollup == plan->rollup;
    gboolean same_replicas = info->Config->Replicas == jetstream->replicas;
    if (calls) *calls = (JetStreamCalls){info->Created, info->State.LastSeq};
    const gboolean adjusted = !fit || adjust(jetstream, plan, info, config.MaxAge);
    jsStreamInfo_Destroy(info);
    if (!adjusted) return stream_error(error, plan->name, "how long it keeps its messages cannot be changed");
    if (!fit) return stream_error(error, plan->name, "it was made with other settings; remove it, or use another nats-server");
    if (!same_replicas) return stream_error(error, plan->name, "it has another number of replicas than [bus] replicas says");
    return TRUE;
}

gboolean jetstream_provision(JetStream *jetstream, JetStreamCalls *calls, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(plans); i++) {
        if (!provision(jetstream, &plans[i], i == 0 ? calls : NULL, error)) return FALSE;
    }
    return TRUE;
}

/* --- opening and closing ----------------------------------------------------------------------------------------------------------------
 */

static void on_disconnected(G_GNUC_UNUSED natsConnection *connection, void *data)
{
    JetStream *jetstream = data;
    g_mutex_lock(&jetstream->lock);
    gboolean closing = jetstream->closing;
    g_mutex_unlock(&jetstream->lock);
    if (closing) return;
    g_warning("the bus is away");
    jetstream->events->changed(jetstream->events->data, FALSE);
}

static void on_reconnected(G_GNUC_UNUSED natsConnection *connection, void *data)
{
    JetStream *jetstream = data;
    g_message("the bus is back");
    jetstream->events->changed(jetstream->events->data, TRUE);
}

static void on_closed(G_GNUC_UNUSED natsConnection *connection, void *data)
{
    jetstream_release(data);
}

static void on_bus_error(G_GNUC_UNUSED natsConnection *connection, G_GNUC_UNUSED natsSubscription *subscription, natsStatus status,
                         G_GNUC_UNUSED void *data)
{
    /* Missed heartbeats of a consumer come here on every lost connection; the pulse finds out by itself. */
    g_debug("bus: %s", natsStatus_GetText(status));
}

static natsOptions *connection_options(const char *const *servers, JetStream *jetstream)
{
    natsOptions *options = NULL;
    if (natsOptions_Create(&options) != NATS_OK) g_error("out of memory");
    natsStatus status = natsOptions_SetServers(options, (const char **)servers, (int)g_strv_length((char **)servers));
    if (status == NATS_OK) status = natsOptions_SetName(options, "livebooth desk");
    if (status == NATS_OK) status = natsOptions_SetTimeout(options, JETSTREAM_WAIT_MS);
    if (status == NATS_OK) status = natsOptions_SetMaxReconnect(options, -1);
    if (status == NATS_OK) status = natsOptions_SetReconnectWait(options, 100);
    if (status == NATS_OK) status = natsOptions_SetReconnectJitter(options, 200, 200);
    if (status == NATS_OK) status = natsOptions_SetPingInterval(options, PING_MS);
    if (status == NATS_OK) status = natsOptions_SetMaxPingsOut(options, PINGS);
    if (status == NATS_OK) status = natsOptions_SetReconnectBufSize(options, 0);
    if (status == NATS_OK) status = natsOptions_UseGlobalMessageDelivery(options, true);
    if (status == NATS_OK) status = natsOptions_SetFailRequestsOnDisconnect(options, true);
    if (status == NATS_OK && jetstream) status = natsOptions_SetDisconnectedCB(options, on_disconnected, jetstream);
    if (status == NATS_OK && jetstream) status = natsOptions_SetReconnectedCB(options, on_reconnected, jetstream);
    if (status == NATS_OK && jetstream) status = natsOptions_SetClosedCB(options, on_closed, jetstream);
    if (status == NATS_OK && jetstream) status = natsOptions_SetErrorHandler(options, on_bus_error, jetstream);
    if (status == NATS_OK) return options;
    natsOptions_Destroy(options);
    return NULL;
}

natsStatus jetstream_dial(const char *const *servers, natsConnection **connection)
{
    natsOptions *options = connection_options(servers, NULL);
    natsStatus status = options ? natsConnection_Connect(connection, options) : NATS_INVALID_ARG;
    natsOptions_Destroy(options);
    return status;
}

gboolean jetstream_dial_context(const char *const *servers, natsConnection **connection, jsCtx **js)
{
    jsOptions options;
    jsOptions_Init(&options);
    options.Wait = JETSTREAM_WAIT_MS;
    *connection = NULL;
    *js = NULL;
    if (jetstream_dial(servers, connection) == NATS_OK && natsConnection_JetStream(js, *connection, &options) == NATS_OK) return TRUE;
    natsConnection_Destroy(*connection);
    *connection = NULL;
    return FALSE;
}

/* The library does not tell the server's version, but the first line that a server sends does. */
static char *server_version(const char *url)
{
    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_socket_client_set_timeout(client, 2);
    g_socket_client_set_enable_proxy(client, FALSE);
    g_autoptr(GSocketConnection) connection = g_socket_client_connect_to_uri(client, url, 4222, NULL, NULL);
    if (!connection) return NULL;
    g_autoptr(GDataInputStream) input = g_data_input_stream_new(g_io_stream_get_input_stream(G_IO_STREAM(connection)));
    g_autofree char *line = g_data_input_stream_read_line(input, NULL, NULL, NULL);
    if (!line || !g_str_has_prefix(line, "INFO ")) return NULL;
    json_t *info = json_loads(line + strlen("INFO "), 0, NULL);
    char *version = g_strdup(json_string_value(json_object_get(info, "version")));
    json_decref(info);
    return version;
}

static gboolean version_at_least(const char *version, const char *least)
{
    guint have[3] = {0}, want[3] = {0};
    if (sscanf(version, "%u.%u.%u", &have[0], &have[1], &have[2]) != 3) return FALSE;
    if (sscanf(least, "%u.%u.%u", &want[0], &want[1], &want[2]) != 3) return FALSE;
    for (int i = 0; i < 3; i++) {
        if (have[i] != want[i]) return have[i] > want[i];
    }
    return TRUE;
}

static gboolean check_version(JetStream *jetstream, GError **error)
{
    char url[256] = "";
    natsConnection_GetConnectedUrl(jetstream->connection, url, sizeof url);
    g_autofree char *version = server_version(url);
    if (!version) {
        g_set_error(error, JETSTREAM_ERROR, 0, "nats-server at %s did not tell its version.", url);
        return FALSE;
    }
    if (jetstream->replicas > 1 && !version_at_least(version, SOUND_CLUSTER)) {
        g_set_error(error, JETSTREAM_ERROR, 0,
                    "nats-server %s at %s loses compare-and-set races as a cluster: with [bus] replicas=%d it must be " SOUND_CLUSTER
                    " or newer; update it, or run one server with replicas=1.",
                    version, url, jetstream->replicas);
        return FALSE;
    }
    g_info("nats-server %s at %s", version, url);
    return TRUE;
}

static gboolean connect_bus(JetStream *jetstream, gint64 deadline, GError **error)
{
    g_autofree char *names = g_strjoinv(" ", jetstream->servers);
    natsOptions *options = connection_options((const char *const *)jetstream->servers, jetstream);
    if (!options) {
        g_set_error(error, JETSTREAM_ERROR, 0, "[bus] servers=%s: not addresses of the form nats://HOST:PORT.", names);
        return FALSE;
    }
    gboolean said = FALSE;
    natsStatus status;
    while ((status = natsConnection_Connect(&jetstream->connection, options)) != NATS_OK && g_get_monotonic_time() < deadline) {
        if (!said) g_message("waiting for nats-server at %s", names);
        said = TRUE;
        g_usleep(RETRY_MS * 1000);
    }
    natsOptions_Destroy(options);
    if (status == NATS_OK) jetstream_hold(jetstream);
    if (status != NATS_OK) {
        g_set_error(error, JETSTREAM_ERROR, 0,
                    "No nats-server answers at %s (%s): start one with JetStream (-js), or correct [bus] servers.", names,
                    natsStatus_GetText(status));
    }
    return status == NATS_OK;
}

/* JetStream may need a moment after the server's port is open. */
static gboolean prepare_streams(JetStream *jetstream, gint64 deadline, GError **error)
{
    jsOptions options;
    jsOptions_Init(&options);
    options.Wait = JETSTREAM_WAIT_MS;
    if (natsConnection_JetStream(&jetstream->context, jetstream->connection, &options) != NATS_OK) {
        return stream_error(error, "KV_CALLS", "the nats-server has no JetStream; start it with -js");
    }
    for (;;) {
        g_autoptr(GError) failure = NULL;
        if (jetstream_provision(jetstream, NULL, &failure)) return TRUE;
        if (g_get_monotonic_time() >= deadline) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        g_usleep(RETRY_MS * 1000);
    }
}

JetStream *jetstream_open(const JetStreamSettings *settings, const JetStreamEvents *events, GError **error)
{
    JetStream *jetstream = g_new0(JetStream, 1);
    gint64 deadline = g_get_monotonic_time() + (gint64)settings->start_timeout_ms * 1000;
    jetstream->events = events;
    jetstream->servers = g_strdupv((char **)settings->servers);
    jetstream->replicas = settings->replicas;
    jetstream->retention_ns = (settings->retention_days ? settings->retention_days : JETSTREAM_RETENTION_DAYS) * DAY_NS;
    g_mutex_init(&jetstream->lock);
    g_cond_init(&jetstream->rested);
    if (connect_bus(jetstream, deadline, error) && check_version(jetstream, error) && prepare_streams(jetstream, deadline, error))
        return jetstream;
    if (!jetstream_close(jetstream)) g_warning("the bus library did not come to rest; its memory is left to it");
    return NULL;
}

static gboolean await_rest(JetStream *jetstream)
{
    gint64 until = g_get_monotonic_time() + JETSTREAM_CLOSE_MS * 1000LL;
    g_mutex_lock(&jetstream->lock);
    while (jetstream->outstanding && g_cond_wait_until(&jetstream->rested, &jetstream->lock, until)) continue;
    gboolean rests = jetstream->outstanding == 0;
    g_mutex_unlock(&jetstream->lock);
    return rests;
}

gboolean jetstream_close(JetStream *jetstream)
{
    if (!jetstream) return TRUE;
    g_mutex_lock(&jetstream->lock);
    jetstream->closing = TRUE;
    g_mutex_unlock(&jetstream->lock);
    natsConnection_Close(jetstream->connection);
    jsCtx_Destroy(jetstream->context);
    natsConnection_Destroy(jetstream->connection);
    if (!await_rest(jetstream)) return FALSE;
    g_mutex_clear(&jetstream->lock);
    g_cond_clear(&jetstream->rested);
    g_strfreev(jetstream->servers);
    g_free(jetstream);
    return TRUE;
}
