#include "desk/history.h"

#include <string.h>

#include "desk/jetstream.h"

#define RECORD_WAIT_MS 5000

typedef struct {
    void (*record)(gpointer data, const char *subject, gint64 landed_utc, json_t *value);
    gpointer data;
} Reader;

static natsStatus count_records(jsCtx *js, const char *subject, guint64 *count)
{
    jsOptions options;
    jsStreamInfo *info = NULL;
    jsErrCode code = 0;
    jsOptions_Init(&options);
    options.Stream.Info.SubjectsFilter = subject;
    natsStatus status = js_GetStreamInfo(&info, js, "RECORDS", &options, &code);
    *count = 0;
    if (status == NATS_OK && info->State.Subjects) {
        for (int i = 0; i < info->State.Subjects->Count; i++) *count += info->State.Subjects->List[i].Msgs;
    }
    jsStreamInfo_Destroy(info);
    return status;
}

static void read_one(const Reader *reader, natsMsg *message, gint64 timestamp)
{
    json_t *value = json_loadb(natsMsg_GetData(message), (size_t)natsMsg_GetDataLength(message), 0, NULL);
    if (value) reader->record(reader->data, natsMsg_GetSubject(message), timestamp / 1000000, value);
    json_decref(value);
}

static natsStatus read_records(jsCtx *js, const char *subject, const Reader *reader)
{
    natsSubscription *subscription = NULL;
    jsSubOptions options;
    jsErrCode code = 0;
    guint64 left = 0;
    jsSubOptions_Init(&options);
    options.Ordered = true;
    options.Stream = "RECORDS";
    natsStatus status = count_records(js, subject, &left);
    if (status != NATS_OK || !left) return status;
    status = js_SubscribeSync(&subscription, js, subject, NULL, &options, &code);
    while (status == NATS_OK && left) {
        natsMsg *message = NULL;
        jsMsgMetaData *meta = NULL;
        status = natsSubscription_NextMsg(&message, subscription, RECORD_WAIT_MS);
        if (status == NATS_OK) status = natsMsg_GetMetaData(&meta, message);
        if (status == NATS_OK) {
            read_one(reader, message, meta->Timestamp);
            left = meta->NumPending;
        }
        jsMsgMetaData_Destroy(meta);
        natsMsg_Destroy(message);
    }
    jetstream_unsubscribe(&subscription);
    return status;
}

gboolean history_each(const char *const *servers, const char *subject,
                      void (*record)(gpointer data, const char *subject, gint64 landed_utc, json_t *value), gpointer data, GError **error)
{
    const Reader reader = {record, data};
    natsConnection *connection = NULL;
    jsCtx *js = NULL;
    natsStatus status = jetstream_dial(servers, &connection);
    if (status == NATS_OK) status = natsConnection_JetStream(&js, connection, NULL);
    if (status == NATS_OK) status = read_records(js, subject, &reader);
    jsCtx_Destroy(js);
    natsConnection_Destroy(connection);
    if (status != NATS_OK)
        g_set_error(error, JETSTREAM_ERROR, 0, "The records cannot be read from the bus: %s.", natsStatus_GetText(status));
    return status == NATS_OK;
}

typedef struct {
    const char *call;
    void (*line)(const char *text);
} Wanted;

static void print_record(gpointer data, const char *subject, gint64 landed_utc, json_t *value)
{
    const Wanted *wanted = data;
    const char *of = json_string_value(json_object_get(value, "call"));
    if (wanted->call && !g_str_has_suffix(subject, wanted->call) && g_strcmp0(of, wanted->call) != 0) return;
    /* It lets a desk know the shopper again, and says nothing of the call. */
    json_object_del(value, "key_hash");
    json_t *out = json_pack("{s:s, s:I, s:O}", "subject", subject, "time_utc", (json_int_t)landed_utc, "value", value);
    char *text = json_dumps(out, JSON_COMPACT);
    wanted->line(text);
    free(text);
    json_decref(out);
}

gboolean history_print(const char *const *servers, const char *call, void (*line)(const char *text), GError **error)
{
    Wanted wanted = {call, line};
    return history_each(servers, "record.>", print_record, &wanted, error);
}
