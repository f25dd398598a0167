/* What the centre has of one shopper, by a reference: looked at, exported, erased. The reference itself goes nowhere: not into an address,
 * the trail or the log; the trail has the ids of the calls that it led to. */
#define G_LOG_DOMAIN "desk"

#include <string.h>

#include "desk/admit.h"
#include "desk/ops_state.h"
#include "desk/privacy.h"
#include "desk/routes.h"
#include "wire/wire.h"

#define WAITING_MAX 4 /* wishes */

typedef enum { LOOK, EXPORT, ERASE } Wish;

static const char *const deeds[] = {[LOOK] = "data_look", [EXPORT] = "data_export", [ERASE] = "data_erase"};
static const char *const words[] = {[LOOK] = "look", [EXPORT] = "export", [ERASE] = "erase"};

typedef struct {
    DoorRequest *request;
    SessionUser user;
    char *address, *reference;
    char **servers;
    Wish wish;
    guint messages;
    PrivacyFound *found; /* NULL: error */
    char *export;
    GError *error;
} Errand;

static void errand_free(Errand *errand)
{
    g_free(errand->address);
    g_free(errand->reference);
    g_strfreev(errand->servers);
    privacy_found_free(errand->found);
    g_free(errand->export);
    g_clear_error(&errand->error);
    g_free(errand);
}

static void run(gpointer data, gpointer user_data)
{
    Errand *errand = data;
    Ops *ops = user_data;
    const char *const *servers = (const char *const *)errand->servers;
    if (g_atomic_int_get(&ops->stopping))
        g_set_error_literal(&errand->error, PRIVACY_ERROR, PRIVACY_ERROR_BUS, "The desk stops.");
    else if (errand->wish == ERASE)
        errand->found = privacy_erase(servers, errand->reference, errand->messages, &errand->error);
    else
        errand->found = privacy_look(servers, errand->reference, errand->wish == EXPORT ? &errand->export : NULL, &errand->error);
    g_async_queue_push(ops->shoppers_told, errand);
    const StoreEvents *events = exchange_store_events(ops->exchange);
    events->wake(events->data);
}

/* --- what it has come to ----------------------------------------------------------------------------------------------------------------
 */

static const char *code_of(const Errand *errand, guint *ret_status)
{
    static const struct {
        guint status;
        const char *code;
    } codes[] = {[PRIVACY_ERROR_NOTHING] = {404, "nothing_kept"},
                 [PRIVACY_ERROR_REFERENCE] = {409, "reference"},
                 [PRIVACY_ERROR_CHANGED] = {409, "changed"},
                 [PRIVACY_ERROR_BUS] = {503, "unavailable"}};
    *ret_status = codes[errand->error->code].status;
    return codes[errand->error->code].code;
}

static void note(Ops *ops, const Errand *errand, const char *code)
{
    g_autofree char *ids = errand->found ? g_strjoinv(" ", errand->found->calls) : g_strdup("");
    g_autofree char *detail = errand->found ? g_strdup_printf("%u messages: %s", errand->found->messages, ids) : g_strdup("");
    ops_note(ops, &(OpsDeed){errand->user.name, role_name(errand->user.role), errand->address, deeds[errand->wish], "", detail, code});
}

static void reply(Errand *errand)
{
    static const char *const headers[] = {"content-type:", "application/json",
                                          "content-disposition:", "attachment; filename=\"shopper-data.json\"", NULL};
    const PrivacyFound *found = errand->found;
    if (errand->wish == EXPORT) {
        g_autoptr(GBytes) body = g_bytes_new(errand->export, strlen(errand->export));
        door_reply(errand->request, 200, headers, body);
        return;
    }
    ops_reply_json(errand->request, 200,
                   json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:I, s:I}", "calls", (int)g_strv_length(found->calls), "messages",
                             (int)found->messages, "call_records", (int)found->call_records, "booth_records", (int)found->booth_records,
                             "ratings", (int)found->ratings, "contacts", (int)found->contacts, "first_utc", (json_int_t)found->first_utc,
                             "last_utc", (json_int_t)found->last_utc));
}

void ops_shoppers_told(Ops *ops)
{
    for (Errand *errand; (errand = g_async_queue_try_pop(ops->shoppers_told));) {
        guint status = 200;
        const char *code = errand->error ? code_of(errand, &status) : "done";
        note(ops, errand, code);
        if (errand->error)
            ops_reply_error(errand->request, status, code, errand->error->message);
        else
            reply(errand);
        errand_free(errand);
    }
}

/* --- what is wished ---------------------------------------------------------------------------------------------------------------------
 */

static gboolean read_wish(const json_t *body, Wish *ret_wish)
{
    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        if (strcmp(words[i], wire_string(body, "what")) != 0) continue;
        *ret_wish = (Wish)i;
        return TRUE;
    }
    return FALSE;
}

static void begin(Ops *ops, DoorRequest *request, const SessionUser *user, Wish wish, const json_t *body)
{
    Errand *errand = g_new0(Errand, 1);
    *errand = (Errand){.request = request,
                       .user = *user,
                       .address = admit_household(request->address),
                       .reference = g_strstrip(g_strdup(wire_string(body, "reference"))),
                       .servers = g_strdupv(ops->servers),
                       .wish = wish,
                       .messages = (guint)CLAMP(wire_int(body, "messages"), 0, G_MAXINT)};
    if (!ops->shoppers) ops->shoppers = g_thread_pool_new(run, ops, 1, FALSE, NULL);
    g_thread_pool_push(ops->shoppers, errand, NULL);
}

void ops_shopper(void *data, DoorRequest *request)
{
    SessionUser user;
    Wish wish = LOOK;
    Ops *ops = ((RouteParts *)data)->ops;
    json_t *body = json_loadb(request->body, request->length, JSON_REJECT_DUPLICATES, NULL);
    const char *reference = wire_string(body, "reference");
    const gboolean fits = read_wish(body, &wish) && *reference && strlen(reference) <= OPS_REFERENCE_MAX;
    if (ops_allow(ops, request, ROLE_ADMIN, deeds[wish], "", &user)) {
        if (!fits || (wish == ERASE && wire_int(body, "messages") < 1))
            ops_reply_error(
                request, 400, "bad_request",
                "what is look, export or erase; a reference is needed, and to erase the number of messages that were looked at");
        else if (ops->shoppers && g_thread_pool_unprocessed(ops->shoppers) >= WAITING_MAX)
            ops_reply_error(request, 503, "unavailable", "too many wishes at once");
        else
            begin(ops, request, &user, wish, body);
    }
    json_decref(body);
}
