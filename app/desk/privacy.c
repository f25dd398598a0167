#define G_LOG_DOMAIN "desk"

#include "desk/privacy.h"

#include <jansson.h>
#include <string.h>

#include "desk/jetstream.h"
#include "desk/news.h"

#define MESSAGE_WAIT_MS 5000
#define SHORT_CHARS     9 /* of a reference as the page shows it */
#define SOUGHT_MAX      8 /* calls whose ids are looked for in a text before it is read */

typedef struct {
    const char *stream; /* static */
    guint64 seq;
    gint64 time_utc;
    char *subject, *call;
    json_t *value;
} Found;

typedef struct {
    natsConnection *connection;
    jsCtx *js;
    const char *reference;
    char *contact;     /* the reference, as contacts are compared */
    char *prefix;      /* of the call's id that it is, or NULL */
    gboolean plain;    /* it stands in JSON as it is */
    GHashTable *calls; /* ids */
    GPtrArray *found;  /* of Found, contacts last */
} Search;

G_DEFINE_QUARK(livebooth - privacy, privacy_error)

static void found_free(gpointer data)
{
    Found *found = data;
    json_decref(found->value);
    g_free(found->subject);
    g_free(found->call);
    g_free(found);
}

/* --- which calls ------------------------------------------------------------------------------------------------------------------- */

static gboolean is_hex(const char *text, gsize length)
{
    return strspn(text, "0123456789abcdef") >= length;
}

static char *comparable(const char *contact)
{
    g_autofree char *folded = g_utf8_casefold(contact, -1);
    GString *text = g_string_new(NULL);
    for (const char *at = folded; *at; at++) {
        if (!strchr(" \t-", *at)) g_string_append_c(text, *at);
    }
    return g_string_free(text, FALSE);
}

/* The call that a message is of, to g_free(); NULL: of none. */
static char *call_of(const char *subject, const json_t *value)
{
    const char *member = json_string_value(json_object_get(value, "call")), *last = strrchr(subject, '.') + 1;
    g_auto(GStrv) parts = g_strsplit(subject, ".", 4);
    if (g_str_has_prefix(subject, "contact.")) return g_strdup(parts[1]);
    return g_strdup(g_str_has_prefix(subject, "record.booth.") ? member : last);
}

static char *prefix_of(const char *reference)
{
    const gsize length = strlen(reference);
    if (reference[0] != 'c' || !is_hex(reference + 1, SHORT_CHARS - 1)) return NULL;
    return length == SHORT_CHARS || length == 33 || (length > 33 && reference[33] == '.') ? g_strndup(reference, 33) : NULL;
}

static gboolean leads_to(const Search *search, const char *call, const json_t *value)
{
    const char *contact = json_string_value(json_object_get(value, "contact")), *order = json_string_value(json_object_get(value, "order"));
    if (search->prefix) return g_str_has_prefix(call, search->prefix);
    if (contact) {
        g_autofree char *compared = comparable(contact);
        if (*compared && strcmp(compared, search->contact) == 0) return TRUE;
    }
    return order && *order && strcmp(order, search->reference) == 0;
}

/* --- reading ----------------------------------------------------------------------------------------------------------------------- */

typedef void (*EachMessage)(Search *search, const char *stream, natsMsg *message, const jsMsgMetaData *meta);

static natsStatus read_stream(Search *search, const char *stream, const char *subjects, EachMessage each)
{
    natsSubscription *subscription = NULL;
    jsSubOptions options;
    jsStreamInfo *info = NULL;
    jsErrCode code = 0;
    natsStatus status = js_GetStreamInfo(&info, search->js, stream, NULL, &code);
    guint64 left = status == NATS_OK ? info->State.Msgs : 0;
    jsStreamInfo_Destroy(info);
    if (code == JSStreamNotFoundErr) return NATS_OK;
    jsSubOptions_Init(&options);
    options.Ordered = true;
    options.Stream = stream;
    if (left) status = js_SubscribeSync(&subscription, search->js, subjects, NULL, &options, &code);
    while (status == NATS_OK && left) {
        natsMsg *message = NULL;
        jsMsgMetaData *meta = NULL;
        status = natsSubscription_NextMsg(&message, subscription, MESSAGE_WAIT_MS);
        if (status == NATS_OK) status = natsMsg_GetMetaData(&meta, message);
        if (status == NATS_OK) {
            each(search, stream, message, meta);
            left = meta->NumPending;
        }
        jsMsgMetaData_Destroy(meta);
        natsMsg_Destroy(message);
    }
    jetstream_unsubscribe(&subscription);
    return status;
}

/* Most messages need not be read: they do not have the words anywhere. */
static gboolean mentions(natsMsg *message, const char *words)
{
    return memmem(natsMsg_GetData(message), (gsize)natsMsg_GetDataLength(message), words, strlen(words)) != NULL;
}

static json_t *value_of(natsMsg *message)
{
    return json_loadb(natsMsg_GetData(message), (size_t)natsMsg_GetDataLength(message), 0, NULL);
}

static gboolean is_of_booth(natsMsg *message)
{
    return g_str_has_prefix(natsMsg_GetSubject(message), "record.booth.");
}

/* Whether what it says, and not its subject, may lead to a call. */
static gboolean is_telling(const Search *search, natsMsg *message)
{
    if (search->prefix) return mentions(message, search->prefix);
    if (g_str_has_prefix(natsMsg_GetSubject(message), "contact.")) return mentions(message, "\"contact\"");
    return mentions(message, "\"order\"") && (!search->plain || mentions(message, search->reference));
}

static void note_call(Search *search, G_GNUC_UNUSED const char *stream, natsMsg *message, G_GNUC_UNUSED const jsMsgMetaData *meta)
{
    const gboolean telling = is_telling(search, message);
    if (!telling && (is_of_booth(message) || !search->prefix)) return;
    json_t *value = telling ? value_of(message) : NULL;
    char *call = call_of(natsMsg_GetSubject(message), value);
    if (call && leads_to(search, call, value))
        g_hash_table_add(search->calls, call);
    else
        g_free(call);
    json_decref(value);
}

/* Whether it may be of one of the calls: by its subject, or for a booth's record by what is in it. */
static gboolean may_be_wanted(const Search *search, natsMsg *message)
{
    GHashTableIter iter;
    gpointer call;
    if (!is_of_booth(message)) {
        g_autofree char *named = call_of(natsMsg_GetSubject(message), NULL);
        return named && g_hash_table_contains(search->calls, named);
    }
    if (g_hash_table_size(search->calls) > SOUGHT_MAX) return mentions(message, "\"call\"");
    g_hash_table_iter_init(&iter, search->calls);
    while (g_hash_table_iter_next(&iter, &call, NULL)) {
        if (mentions(message, call)) return TRUE;
    }
    return FALSE;
}

static void keep_message(Search *search, const char *stream, natsMsg *message, const jsMsgMetaData *meta)
{
    const char *subject = natsMsg_GetSubject(message);
    if (!may_be_wanted(search, message)) return;
    json_t *value = value_of(message);
    g_autofree char *call = call_of(subject, value);
    const gboolean mark = g_str_has_prefix(subject, "record.erased.");
    if (call && !mark && g_hash_table_contains(search->calls, call)) {
        Found *found = g_new0(Found, 1);
        *found = (Found){stream,
                         meta->Sequence.Stream,
                         meta->Timestamp / 1000000,
                         g_strdup(subject),
                         g_steal_pointer(&call),
                         value ? json_incref(value) : json_null()};
        g_ptr_array_add(search->found, found);
    }
    json_decref(value);
}

static gboolean refuse(GError **error, PrivacyError code, const char *what)
{
    g_set_error_literal(error, PRIVACY_ERROR, (int)code, what);
    return FALSE;
}

static gboolean search_all(Search *search, GError **error)
{
    static const struct {
        const char *stream, *subjects;
    } streams[] = {{"RECORDS", "record.>"}, {"CONTACTS", "contact.>"}};
    natsStatus status = NATS_OK;
    for (gsize i = 0; i < G_N_ELEMENTS(streams) && status == NATS_OK; i++)
        status = read_stream(search, streams[i].stream, streams[i].subjects, note_call);
    if (status == NATS_OK && g_hash_table_size(search->calls) > PRIVACY_CALLS_MAX)
        return refuse(error, PRIVACY_ERROR_REFERENCE, "The reference leads to more calls than one shopper has: use the id of a call.");
    for (gsize i = 0; i < G_N_ELEMENTS(streams) && status == NATS_OK; i++)
        status = read_stream(search, streams[i].stream, streams[i].subjects, keep_message);
    if (status != NATS_OK) {
        g_set_error(error, PRIVACY_ERROR, PRIVACY_ERROR_BUS, "The bus cannot be read: %s.", natsStatus_GetText(status));
        return FALSE;
    }
    if (!search->found->len) return refuse(error, PRIVACY_ERROR_NOTHING, "Nothing is kept under that reference.");
    if (strlen(search->reference) == SHORT_CHARS && g_hash_table_size(search->calls) > 1)
        return refuse(error, PRIVACY_ERROR_REFERENCE, "The reference leads to several calls: use the whole one.");
    return TRUE;
}

static gboolean search_open(Search *search, const char *const *servers, const char *reference, GError **error)
{
    search->reference = reference;
    search->contact = comparable(reference);
    search->prefix = prefix_of(reference);
    search->plain = !reference[strspn(reference, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS " ._-")];
    search->calls = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    search->found = g_ptr_array_new_with_free_func(found_free);
    if (!*search->contact)
        return refuse(error, PRIVACY_ERROR_REFERENCE,
                      "A reference is a call's id, a reference for being called back, a contact or an order.");
    natsStatus status = jetstream_dial(servers, &search->connection);
    if (status == NATS_OK) status = natsConnection_JetStream(&search->js, search->connection, NULL);
    if (status != NATS_OK) {
        g_set_error(error, PRIVACY_ERROR, PRIVACY_ERROR_BUS, "No nats-server answers at [bus] servers: %s.", natsStatus_GetText(status));
        return FALSE;
    }
    return search_all(search, error);
}

static void search_close(Search *search)
{
    jsCtx_Destroy(search->js);
    natsConnection_Destroy(search->connection);
    g_hash_table_unref(search->calls);
    g_ptr_array_unref(search->found);
    g_free(search->contact);
    g_free(search->prefix);
}

/* --- what is told ------------------------------------------------------------------------------------------------------------------- */

void privacy_found_free(PrivacyFound *found)
{
    if (!found) return;
    g_strfreev(found->calls);
    g_free(found);
}

static int compare_ids(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static PrivacyFound *tell(const Search *search)
{
    PrivacyFound *told = g_new0(PrivacyFound, 1);
    g_autoptr(GPtrArray) ids = g_ptr_array_new();
    GHashTableIter iter;
    gpointer call;
    g_hash_table_iter_init(&iter, search->calls);
    while (g_hash_table_iter_next(&iter, &call, NULL)) g_ptr_array_add(ids, g_strdup(call));
    g_ptr_array_sort(ids, compare_ids);
    g_ptr_array_add(ids, NULL);
    told->calls = (char **)g_ptr_array_free(g_steal_pointer(&ids), FALSE);
    told->messages = search->found->len;
    for (guint i = 0; i < search->found->len; i++) {
        const Found *found = g_ptr_array_index(search->found, i);
        told->call_records += g_str_has_prefix(found->subject, "record.call.") ? 1 : 0;
        told->booth_records += g_str_has_prefix(found->subject, "record.booth.") ? 1 : 0;
        told->ratings += g_str_has_prefix(found->subject, "record.rating.") ? 1 : 0;
        told->contacts += g_str_has_prefix(found->subject, "contact.") ? 1 : 0;
        told->first_utc = i ? MIN(told->first_utc, found->time_utc) : found->time_utc;
        told->last_utc = MAX(told->last_utc, found->time_utc);
    }
    return told;
}

static char *as_json(const Search *search)
{
    json_t *messages = json_array();
    for (guint i = 0; i < search->found->len; i++) {
        const Found *found = g_ptr_array_index(search->found, i);
        /* It lets a desk know the shopper again, and says nothing of the call. */
        json_object_del(found->value, "key_hash");
        json_array_append_new(messages, json_pack("{s:s, s:s, s:I, s:O}", "stream", found->stream, "subject", found->subject, "time_utc",
                                                  (json_int_t)found->time_utc, "value", found->value));
    }
    json_t *told = json_pack("{s:s, s:I, s:o}", "reference", search->reference, "exported_utc", (json_int_t)(g_get_real_time() / 1000),
                             "messages", messages);
    char *text = json_dumps(told, JSON_INDENT(1));
    json_decref(told);
    return text;
}

PrivacyFound *privacy_look(const char *const *servers, const char *reference, char **export, GError **error)
{
    Search search = {0};
    PrivacyFound *told = search_open(&search, servers, reference, error) ? tell(&search) : NULL;
    if (told && export) {
        *export = as_json(&search);
        g_message("exported by reference: %u messages of %u calls", told->messages, g_strv_length(told->calls));
    }
    search_close(&search);
    return told;
}

/* --- erasing ----------------------------------------------------------------------------------------------------------------------- */

/* What stays: so the ledgers forget the call, and an erasure that is interrupted can be gone on with. */
static gboolean leave_mark(Search *search, const char *call)
{
    g_autofree char *subject = g_strconcat("record.erased.", call, NULL);
    g_autofree char *text =
        g_strdup_printf("{\"v\":1,\"call\":\"%s\",\"erased_utc\":%" G_GINT64_FORMAT "}", call, g_get_real_time() / 1000);
    jsPubOptions options;
    jsErrCode code = 0;
    jsPubOptions_Init(&options);
    options.MaxWait = JETSTREAM_WAIT_MS;
    options.ExpectNoMessage = true;
    const natsStatus status = js_Publish(NULL, search->js, subject, text, (int)strlen(text), &options, &code);
    return status == NATS_OK || code == JSStreamWrongLastSequenceErr;
}

static natsStatus erase_message(Search *search, const Found *found, GError **error)
{
    jsOptions options;
    jsErrCode code = 0;
    jsOptions_Init(&options);
    options.Wait = JETSTREAM_WAIT_MS;
    const natsStatus status = js_EraseMsg(search->js, found->stream, found->seq, &options, &code);
    if (status == NATS_OK || code == JSNoMessageFoundErr) return NATS_OK;
    g_set_error(error, PRIVACY_ERROR, PRIVACY_ERROR_BUS, "%s %s cannot be erased (%s): a stream that an older desk made does not allow it.",
                found->stream, found->subject, natsStatus_GetText(status));
    return status;
}

/* The events that shop systems were told; none holds anything of the shopper but the call's id. */
static void purge_events(Search *search, const char *call)
{
    g_autofree char *subject = g_strdup_printf(NEWS_SUBJECTS "call.*.%s.*", call);
    jsOptions options;
    jsErrCode code = 0;
    jsOptions_Init(&options);
    options.Wait = JETSTREAM_WAIT_MS;
    options.Stream.Purge.Subject = subject;
    if (js_PurgeStream(search->js, "EVENTS", &options, &code) != NATS_OK && code != JSStreamNotFoundErr)
        g_warning("the events of %s stay until they are too old", call);
}

static gboolean erase_found(Search *search, GError **error)
{
    GHashTableIter iter;
    gpointer call;
    g_hash_table_iter_init(&iter, search->calls);
    while (g_hash_table_iter_next(&iter, &call, NULL)) {
        if (!leave_mark(search, call))
            return refuse(error, PRIVACY_ERROR_BUS, "The bus does not take the note of what is erased; nothing was erased.");
        purge_events(search, call);
    }
    for (guint i = 0; i < search->found->len; i++) {
        const Found *found = g_ptr_array_index(search->found, i);
        if (erase_message(search, found, error) != NATS_OK) return FALSE;
    }
    return TRUE;
}

PrivacyFound *privacy_erase(const char *const *servers, const char *reference, guint messages, GError **error)
{
    Search search = {0};
    gboolean well = search_open(&search, servers, reference, error);
    PrivacyFound *told = well ? tell(&search) : NULL;
    if (well && messages && messages != told->messages)
        well = refuse(error, PRIVACY_ERROR_CHANGED, "There is more or less than was looked at; nothing was erased.");
    well = well && erase_found(&search, error);
    search_close(&search);
    for (char **call = well ? told->calls : NULL; call && *call; call++) g_message("erased by reference: call %s", *call);
    if (!well) g_clear_pointer(&told, privacy_found_free);
    return told;
}
