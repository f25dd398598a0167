#include "agent/upload.h"

#include <string.h>

void upload_restart(Upload *upload)
{
    upload->epoch = upload->seq = 0;
    upload->count = 0;
}

static gboolean may_send(const Upload *upload, gboolean in_call, gint64 mono)
{
    if (!in_call) return upload->count < UPLOAD_WINDOW;
    return upload->count == 0 && mono - upload->sent_mono >= UPLOAD_CALL_MS;
}

static gboolean send_next(Upload *upload, gboolean in_call, gint64 mono)
{
    json_t *list =
        records_batch(upload->records, upload->epoch, upload->seq, in_call ? UPLOAD_CALL_MAX : UPLOAD_BATCH_MAX, UPLOAD_BATCH_SIZE);
    const json_t *last = json_array_get(list, json_array_size(list) - 1);
    if (!last) {
        json_decref(list);
        return FALSE;
    }
    upload->epoch = json_integer_value(json_object_get(last, "epoch"));
    upload->seq = json_integer_value(json_object_get(last, "seq"));
    upload->under_way[upload->count].epoch = upload->epoch;
    upload->under_way[upload->count].seq = upload->seq;
    if (upload->count++ == 0) upload->heard_mono = mono;
    upload->sent_mono = mono;
    upload->send(upload->data, list);
    return TRUE;
}

void upload_go(Upload *upload, gboolean in_call, gint64 mono)
{
    if (upload->count > 0 && mono - upload->heard_mono >= UPLOAD_ANSWER_MS) upload_restart(upload);
    while (may_send(upload, in_call, mono) && send_next(upload, in_call, mono)) continue;
}

void upload_confirmed(Upload *upload, gint64 epoch, gint64 seq, gint64 mono)
{
    guint done = 0;
    while (done < upload->count &&
           (upload->under_way[done].epoch < epoch || (upload->under_way[done].epoch == epoch && upload->under_way[done].seq <= seq)))
        done++;
    upload->count -= done;
    memmove(upload->under_way, upload->under_way + done, upload->count * sizeof *upload->under_way);
    upload->heard_mono = mono;
    records_landed(upload->records, epoch, seq);
}
