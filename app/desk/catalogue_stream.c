#define G_LOG_DOMAIN "desk"

#include "desk/catalogue_stream.h"

#include <nats/nats.h>
#include <string.h>

#define STREAM        "CATALOGUE"
#define HEAD          "catalogue.head"
#define CHANGED       "catalogue.changed" /* core NATS: no part of the stream */
#define CONNECT_MS    2000
#define WAIT_MS       3000
#define CLOSE_WAIT_US 2000000

struct CatalogueStream {
    natsConnection *connection;
    jsCtx *js;
    natsSubscription *subscription;
    void (*changed)(gpointer data);
    gpointer data;
    gint open; /* atomic: connection and subscription, while the library may still call for them */
};

static void on_complete(void *data)
{
    g_atomic_int_add(&((CatalogueStream *)data)->open, -1);
}

static void on_closed(G_GNUC_UNUSED natsConnection *connection, void *data)
{
    on_complete(data);
}

static natsOptions *make_options(const char *const *servers, CatalogueStream *stream)
{
    natsOptions *options = NULL;
    if (natsOptions_Create(&options) != NATS_OK) g_error("out of memory");
    natsStatus status = natsOptions_SetServers(options, (const char **)servers, (int)g_strv_length((char **)servers));
    if (status == NATS_OK) status = natsOptions_SetName(options, "livebooth catalogue");
    if (status == NATS_OK) status = natsOptions_SetTimeout(options, CONNECT_MS);
    if (status == NATS_OK) status = natsOptions_SetMaxReconnect(options, -1);
    if (status == NATS_OK) status = natsOptions_SetReconnectWait(options, 500);
    if (status == NATS_OK) status = natsOptions_SetPingInterval(options, 2000);
    if (status == NATS_OK) status = natsOptions_SetMaxPingsOut(options, 2);
    if (status == NATS_OK) status = natsOptions_SetReconnectBufSize(options, 0);
    if (status == NATS_OK) status = natsOptions_SetFailRequestsOnDisconnect(options, true);
    if (status == NATS_OK) status = natsOptions_SetClosedCB(options, on_closed, stream);
    if (status == NATS_OK) return options;
    natsOptions_Destroy(options);
    return NULL;
}

CatalogueStream *catalogue_stream_open(const char *const *servers, GError **error)
{
    CatalogueStream *stream = g_new0(CatalogueStream, 1);
    natsOptions *options = make_options(servers, stream);
    natsStatus status = options ? natsConnection_Connect(&stream->connection, options) : NATS_INVALID_ARG;
    natsOptions_Destroy(options);
    if (status == NATS_OK) stream->open = 1;
    if (status == NATS_OK) status = natsConnection_JetStream(&stream->js, stream->connection, NULL);
    if (status == NATS_OK) return stream;
    g_set_error(error, CATALOGUE_ERROR, 0, "No nats-server with JetStream answers at the addresses of [bus] servers: %s.",
                natsStatus_GetText(status));
    catalogue_stream_close(stream);
    return NULL;
}

void catalogue_stream_close(CatalogueStream *stream)
{
    if (!stream) return;
    if (stream->subscription) natsSubscription_Unsubscribe(stream->subscription);
    natsSubscription_Destroy(stream->subscription);
    if (stream->connection) natsConnection_Close(stream->connection);
    for (gint64 until = g_get_monotonic_time() + CLOSE_WAIT_US; g_atomic_int_get(&stream->open) && g_get_monotonic_time() < until;)
        g_usleep(1000);
    jsCtx_Destroy(stream->js);
    natsConnection_Destroy(stream->connection);
    if (!g_atomic_int_get(&stream->open)) g_free(stream);
}

static void on_changed(G_GNUC_UNUSED natsConnection *connection, G_GNUC_UNUSED natsSubscription *subscription, natsMsg *message, void *data)
{
    CatalogueStream *stream = data;
    natsMsg_Destroy(message);
    stream->changed(stream->data);
}

gboolean catalogue_stream_follow(CatalogueStream *stream, void (*changed)(gpointer data), gpointer data)
{
    stream->changed = changed;
    stream->data = data;
    if (natsConnection_Subscribe(&stream->subscription, stream->connection, CHANGED, on_changed, stream) != NATS_OK) return FALSE;
    g_atomic_int_inc(&stream->open);
    natsSubscription_SetOnCompleteCB(stream->subscription, on_complete, stream);
    return TRUE;
}

/* --- reading
 * ------------------------------------------------------------------------------------------------------------------------------- */

static gboolean is_connected(const CatalogueStream *stream)
{
    return natsConnection_Status(stream->connection) == NATS_CONN_STATUS_CONNECTED;
}

static void wait_options(jsOptions *options)
{
    jsOptions_Init(options);
    options->Wait = WAIT_MS;
}

static CatalogueFound read_last(CatalogueStream *stream, const char *subject, natsMsg **message)
{
    jsOptions options;
    jsErrCode code = 0;
    wait_options(&options);
    if (!is_connected(stream)) return CATALOGUE_UNKNOWN;
    if (js_GetLastMsg(message, stream->js, STREAM, subject, &options, &code) == NATS_OK) return CATALOGUE_FOUND;
    return code == JSNoMessageFoundErr || code == JSStreamNotFoundErr ? CATALOGUE_NONE : CATALOGUE_UNKNOWN;
}

static CatalogueFound read_head(CatalogueStream *stream, CatalogueManifest *head, guint64 *revision)
{
    natsMsg *message = NULL;
    g_autoptr(GError) error = NULL;
    CatalogueFound found = read_last(stream, HEAD, &message);
    if (found != CATALOGUE_FOUND) return found;
    *revision = natsMsg_GetSequence(message);
    json_t *value = json_loadb(natsMsg_GetData(message), (size_t)natsMsg_GetDataLength(message), 0, NULL);
    if (!catalogue_manifest_read(value, head, &error)) {
        g_warning("%s is of another kind: %s", HEAD, error->message);
        found = CATALOGUE_NONE;
    }
    json_decref(value);
    natsMsg_Destroy(message);
    return found;
}

CatalogueFound catalogue_stream_head(CatalogueStream *stream, CatalogueManifest *head)
{
    guint64 revision;
    return read_head(stream, head, &revision);
}

static char *chunk_subject(gint64 version, gint64 chunk)
{
    return g_strdup_printf("catalogue.chunk.%" G_GINT64_FORMAT ".%" G_GINT64_FORMAT, version, chunk);
}

CatalogueFound catalogue_stream_chunk(CatalogueStream *stream, gint64 version, gint64 chunk, GBytes **ret_bytes)
{
    natsMsg *message = NULL;
    g_autofree char *subject = chunk_subject(version, chunk);
    CatalogueFound found = read_last(stream, subject, &message);
    if (found == CATALOGUE_FOUND) *ret_bytes = g_bytes_new(natsMsg_GetData(message), (gsize)natsMsg_GetDataLength(message));
    natsMsg_Destroy(message);
    return found;
}

/* --- writing
 * ------------------------------------------------------------------------------------------------------------------------------- */

static gboolean fail(GError **error, const char *what, natsStatus status, jsErrCode code)
{
    if (code == JSStreamWrongLastSequenceErr)
        g_set_error(error, CATALOGUE_ERROR, 0, "Another import was done at the same time; the one that was first counts.");
    else
        g_set_error(error, CATALOGUE_ERROR, 0, "%s: %s (%d).", what, natsStatus_GetText(status), (int)code);
    return FALSE;
}

static gboolean make_stream(CatalogueStream *stream, int replicas, GError **error)
{
    jsStreamConfig config;
    jsOptions options;
    jsErrCode code = 0;
    wait_options(&options);
    jsStreamConfig_Init(&config);
    config.Name = STREAM;
    config.Subjects = (const char *[]){"catalogue.chunk.>", HEAD};
    config.SubjectsLen = 2;
    config.Storage = js_FileStorage;
    config.MaxMsgsPerSubject = 1;
    config.Replicas = replicas;
    config.AllowRollup = true;
    natsStatus status = js_AddStream(NULL, stream->js, &config, &options, &code);
    if (status == NATS_OK || code == JSStreamNameExistErr) return TRUE;
    return fail(error, "The stream CATALOGUE cannot be made", status, code);
}

/* expected: the sequence that it replaces; 0: there must be none. */
static gboolean publish(CatalogueStream *stream, natsMsg *message, guint64 expected, guint64 *ret_sequence, GError **error)
{
    jsPubOptions options;
    jsPubAck *ack = NULL;
    jsErrCode code = 0;
    jsPubOptions_Init(&options);
    options.MaxWait = WAIT_MS;
    options.ExpectStream = STREAM;
    options.ExpectLastSubjectSeq = expected;
    options.ExpectNoMessage = expected == 0;
    natsStatus status = js_PublishMsg(&ack, stream->js, message, &options, &code);
    if (status == NATS_OK && ret_sequence) *ret_sequence = ack->Sequence;
    jsPubAck_Destroy(ack);
    natsMsg_Destroy(message);
    return status == NATS_OK || fail(error, "The catalogue cannot be written to the bus", status, code);
}

static natsMsg *compose(const char *subject, const void *data, gsize length)
{
    natsMsg *message = NULL;
    if (natsMsg_Create(&message, subject, NULL, data, (int)length) != NATS_OK) g_error("out of memory");
    return message;
}

/* ret_first: the sequence of the first chunk. */
static gboolean publish_chunks(CatalogueStream *stream, GBytes *packed, const CatalogueManifest *manifest, guint64 *ret_first,
                               GError **error)
{
    const char *bytes = g_bytes_get_data(packed, NULL);
    for (gint64 chunk = 0; chunk < catalogue_manifest_chunks(manifest); chunk++) {
        g_autofree char *subject = chunk_subject(manifest->version, chunk);
        natsMsg *message = compose(subject, bytes + chunk * CATALOGUE_CHUNK_BYTES, catalogue_manifest_chunk_bytes(manifest, chunk));
        guint64 sequence = 0;
        if (!publish(stream, message, 0, &sequence, error)) return FALSE;
        if (chunk == 0) *ret_first = sequence;
    }
    return TRUE;
}

static gboolean publish_head(CatalogueStream *stream, const CatalogueManifest *manifest, guint64 revision, GError **error)
{
    json_t *value = catalogue_manifest_json(manifest);
    char *text = json_dumps(value, JSON_COMPACT);
    natsMsg *message = compose(HEAD, text, strlen(text));
    natsMsgHeader_Set(message, "Nats-Rollup", "sub");
    json_decref(value);
    free(text);
    return publish(stream, message, revision, NULL, error);
}

/* Chunks from before the first of this version: those of the last one, and what imports left that died. */
static void remove_older(CatalogueStream *stream, const char *subject, guint64 first)
{
    if (first == 1) return; /* nothing is older, and the server would take it for "all" */
    jsOptions options;
    jsErrCode code = 0;
    wait_options(&options);
    options.Stream.Purge.Subject = subject;
    options.Stream.Purge.Sequence = first;
    natsStatus status = js_PurgeStream(stream->js, STREAM, &options, &code);
    if (status != NATS_OK) g_warning("old chunks stay until the next import: %s", natsStatus_GetText(status));
}

static gboolean publish_version(CatalogueStream *stream, GBytes *packed, CatalogueManifest *manifest, const CatalogueManifest *head,
                                guint64 revision, GError **error)
{
    guint64 first = 0;
    manifest->version = MAX(g_get_real_time() / 1000, head->version + 1);
    if (publish_chunks(stream, packed, manifest, &first, error) && publish_head(stream, manifest, revision, error)) {
        remove_older(stream, "catalogue.chunk.>", first);
        return TRUE;
    }
    g_autofree char *own = g_strdup_printf("catalogue.chunk.%" G_GINT64_FORMAT ".*", manifest->version);
    if (first) remove_older(stream, own, 0);
    return FALSE;
}

gboolean catalogue_stream_publish(CatalogueStream *stream, int replicas, GBytes *packed, CatalogueManifest *manifest, GError **error)
{
    CatalogueManifest head = {0};
    guint64 revision = 0;
    g_autofree char *hash = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, packed);
    g_strlcpy(manifest->sha256, hash, sizeof manifest->sha256);
    manifest->bytes = (gint64)g_bytes_get_size(packed);
    if (manifest->bytes > CATALOGUE_BYTES_MAX) {
        g_set_error(error, CATALOGUE_ERROR, 0, "The catalogue has %" G_GINT64_FORMAT " MB packed; booths take %d.", manifest->bytes >> 20,
                    CATALOGUE_BYTES_MAX >> 20);
        return FALSE;
    }
    if (!make_stream(stream, replicas, error)) return FALSE;
    if (read_head(stream, &head, &revision) == CATALOGUE_UNKNOWN) return fail(error, "The bus does not answer", NATS_TIMEOUT, 0);
    gboolean same = strcmp(head.sha256, manifest->sha256) == 0;
    manifest->version = head.version;
    gboolean well =
        same ? publish_head(stream, manifest, revision, error) : publish_version(stream, packed, manifest, &head, revision, error);
    if (well && natsConnection_PublishString(stream->connection, CHANGED, "") == NATS_OK)
        natsConnection_FlushTimeout(stream->connection, WAIT_MS);
    return well;
}
