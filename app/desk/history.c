#include "desk/history.h"

#include <jansson.h>
#include <string.h>

#include "desk/jetstream.h"

#define RECORD_WAIT_MS 5000

static void print_record(natsMsg *message, gint64 timestamp, const char *call, void (*line)(const char *))
{
    const char *subject = natsMsg_GetSubject(message);
    json_t *value = json_loadb(natsMsg_GetData(message), (size_t)natsMsg_GetDataLength(message), 0, NULL);
    const char *of = json_string_value(json_object_get(value, "call"));
    gboolean wanted = !call || g_str_has_suffix(subject, call) || (of && strcmp(of, call) == 0);
    if (value && wanted) {
        /* It lets a desk know the shopper again, and says nothing of the call. */
        json_object_del(value, "key_hash");
        json_t *out = json_pack("{s:s, s:I, s:O}", "subject", subject, "time_utc", (json_int_t)(timestamp / 1000000), "value", value);
        g_autofree char *text = json_dumps(out, JSON_COMPACT);
        line(text);
        json_decref(out);
    }
    json_decref(value);
}

static natsStatus print_records(jsCtx *js, const char *call, void (*line)(const char *))
{
    natsSubscription *subscription = NULL;
    jsSubOptions options;
    jsStreamInfo *info = NULL;
    jsErrCode code = 0;
    jsSubOptions_Init(&options);
    options.Ordered = true;
    options.Stream = "RECORDS";
    natsStatus status = js_GetStreamInfo(&info, js, "RECORDS", NULL, &code);
    guint64 left = status == NATS_OK ? info->State.Msgs : 0;
    jsStreamInfo_Destroy(info);
    if (status != NATS_OK || !left) return status;
    status = js_SubscribeSync(&subscription, js, "record.>", NULL, &options, &code);
    while (status == NATS_OK && left) {
        natsMsg *message = NULL;
        jsMsgMetaData *meta = NULL;
        status = natsSubscription_NextMsg(&message, subscription, RECORD_WAIT_MS);
        if (status == NATS_OK) status = natsMsg_GetMetaData(&meta, message);
        if (status == NATS_OK) {
            print_record(message, meta->Timestamp, call, line);
            left = meta->NumPending;
        }
        jsMsgMetaData_Destroy(meta);
        natsMsg_Destroy(message);
    }
    jetstream_unsubscribe(&subscription);
    return status;
}

gboolean history_print(const char *const *servers, const char *call, void (*line)(const char *text), GError **error)
{
    natsConnection *connection = NULL;
    jsCtx *js = NULL;
    natsStatus status = jetstream_dial(servers, &connection);
    if (status == NATS_OK) status = natsConnection_JetStream(&js, connection, NULL);
    if (status == NATS_OK) status = print_records(js, call, line);
    jsCtx_Destroy(js);
    natsConnection_Destroy(connection);
    if (status != NATS_OK)
        g_set_error(error, JETSTREAM_ERROR, 0, "The records cannot be read from the bus: %s.", natsStatus_GetText(status));
    return status == NATS_OK;
}
