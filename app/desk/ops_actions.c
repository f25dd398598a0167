/* What ops may do from afar: to a booth, which may refuse; to the settings of all desks; and a notice to consoles. Nothing here can switch
 * a microphone or a camera: a booth knows no such command. */
#define G_LOG_DOMAIN "desk"

#include <string.h>

#include "desk/admit.h"
#include "desk/ops_state.h"
#include "desk/routes.h"
#include "desk/rules.h"
#include "wire/wire.h"

#define NOTICE_MAX  200  /* characters */
#define TEXT_BYTES  1000 /* of any text: a member of a message is bounded in bytes */
#define NOTICE_MIN  1    /* minutes */
#define NOTICE_LONG 480

typedef struct {
    char *id, *booth, *what, *detail, *who, *address;
    Role role;
    DoorRequest *request;
    gint64 until;
    gboolean agreed; /* the booth said done, and a picture follows */
    guint next;      /* chunk */
    GByteArray *picture;
} Asked;

static const char *const commands[] = {"pause",         "resume", "self_test", "support_bundle", "restart_studio",
                                       "restart_booth", "update", "notice",    "picture",        NULL};

static void asked_free(Asked *asked)
{
    g_free(asked->id);
    g_free(asked->booth);
    g_free(asked->what);
    g_free(asked->detail);
    g_free(asked->who);
    g_free(asked->address);
    if (asked->picture) g_byte_array_unref(asked->picture);
    g_free(asked);
}

/* why: a sentence when it was refused; a notice and an update have their own detail. */
static void note_asked(Ops *ops, const Asked *asked, const char *result, const char *why)
{
    ops_note(ops, &(OpsDeed){.who = asked->who,
                             .role = role_name(asked->role),
                             .address = asked->address,
                             .what = asked->what,
                             .target = asked->booth,
                             .detail = *asked->detail ? asked->detail : why,
                             .result = result});
}

/* --- a command to one booth ---------------------------------------------------------------------------------------------------------- */

static Asked *asked_new(Ops *ops, DoorRequest *request, const SessionUser *user, const char *booth, const char *what, const char *detail)
{
    Asked *asked = g_new0(Asked, 1);
    asked->id = wire_new_secret();
    asked->booth = g_strdup(booth);
    asked->what = g_strdup(what);
    asked->detail = g_strdup(detail);
    asked->who = g_strdup(user->name);
    asked->role = user->role;
    asked->address = admit_household(request->address);
    asked->request = request;
    asked->until = g_get_monotonic_time() / 1000 + OPS_ASK_MS;
    g_hash_table_insert(ops->asked, asked->id, asked);
    return asked;
}

static const char *check_command(const json_t *body, const char *what, const char *text)
{
    gint64 minutes = wire_int(body, "minutes");
    gboolean decision = ops_is_decision(what);
    gboolean with_text = strcmp(what, "notice") == 0 || strcmp(what, "update") == 0;
    if (!json_is_object(body) || !(decision || g_strv_contains(commands, what))) return "there is no such command";
    if (strlen(text) > TEXT_BYTES || !g_utf8_validate(text, -1, NULL) ||
        (strcmp(what, "update") != 0 && g_utf8_strlen(text, -1) > NOTICE_MAX))
        return "the text is too long";
    if (with_text != (*text != '\0')) return with_text ? "a text is needed" : "this takes no text";
    if (strcmp(what, "notice") == 0 && (minutes < NOTICE_MIN || minutes > NOTICE_LONG)) return "minutes are 1 to 480";
    return NULL;
}

static json_t *compose(const char *id, const char *what, const char *text, gint64 minutes)
{
    json_t *command = json_pack("{s:s, s:s, s:s}", "t", "command", "id", id, "what", what);
    if (*text) json_object_set_new(command, "text", json_string(text));
    if (minutes) json_object_set_new(command, "minutes", json_integer(minutes));
    return command;
}

void ops_act(void *data, DoorRequest *request)
{
    SessionUser user;
    Ops *ops = ((RouteParts *)data)->ops;
    json_t *body = json_loadb(request->body, request->length, JSON_REJECT_DUPLICATES, NULL);
    const char *booth = request->path + strlen("/api/ops/booths/"), *what = wire_string(body, "what"), *text = wire_string(body, "text");
    const char *bad = check_command(body, what, text);
    if (!ops_allow(ops, request, bad ? ROLE_OPERATOR : ops_decision_role(what), bad ? "command" : what,
                   fleet_knows(ops->fleet, booth) ? booth : "", &user)) {
        json_decref(body);
        return;
    }
    if (bad) {
        ops_reply_error(request, 400, "bad_request", bad);
    } else if (!fleet_knows(ops->fleet, booth)) {
        ops_reply_error(request, 404, "unknown_booth", "no booth of this id has ever reported");
    } else if (ops_is_decision(what)) {
        ops_decide(ops, request, &user, booth, what);
    } else if (g_hash_table_size(ops->asked) >= OPS_ASKED_MAX) {
        ops_reply_error(request, 503, "unavailable", "too many commands wait for their booths");
    } else {
        const Asked *asked = asked_new(ops, request, &user, booth, what, text);
        gint64 minutes = strcmp(what, "notice") == 0 ? wire_int(body, "minutes") : 0;
        g_autofree char *subject = g_strconcat("ops.ask.", booth, NULL);
        g_autofree char *command = wire_encode(WIRE_DESK_TO_BOOTH, compose(asked->id, what, text, minutes));
        store_signal(exchange_store(ops->exchange), subject, command);
    }
    json_decref(body);
}

static void answer(Ops *ops, Asked *asked, guint status, const char *code, const char *sentence)
{
    g_hash_table_remove(ops->asked, asked->id);
    note_asked(ops, asked, status == 200 ? "done" : code, status == 200 ? "" : sentence);
    if (status == 200)
        ops_reply_json(asked->request, 200, json_pack("{s:b, s:s}", "ok", TRUE, "text", sentence));
    else
        ops_reply_error(asked->request, status, code, sentence);
    asked_free(asked);
}

void ops_expire(Ops *ops, gint64 now, gboolean all)
{
    GHashTableIter iter;
    gpointer value;
    g_autoptr(GPtrArray) late = g_ptr_array_new();
    g_hash_table_iter_init(&iter, ops->asked);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        if (all || ((const Asked *)value)->until <= now) g_ptr_array_add(late, value);
    }
    for (guint i = 0; i < late->len; i++) {
        if (all) {
            Asked *asked = late->pdata[i];
            g_hash_table_remove(ops->asked, asked->id);
            ops_reply_error(asked->request, 503, "unavailable", "the desk stops");
            asked_free(asked);
        } else {
            answer(ops, late->pdata[i], 504, "no_answer", "the booth did not answer; it may be offline");
        }
    }
}

/* --- what booths answer --------------------------------------------------------------------------------------------------------------- */

static void send_picture(Ops *ops, Asked *asked)
{
    static const char *const headers[] = {"content-type:", "image/png", NULL};
    g_hash_table_remove(ops->asked, asked->id);
    note_asked(ops, asked, "done", "");
    g_autoptr(GBytes) body = g_byte_array_free_to_bytes(g_steal_pointer(&asked->picture));
    door_reply(asked->request, 200, headers, body);
    asked_free(asked);
}

static void take_picture(Ops *ops, Asked *asked, const json_t *message)
{
    gint64 chunk = wire_int(message, "chunk"), chunks = wire_int(message, "chunks");
    gsize length = 0;
    g_autofree guchar *bytes = g_base64_decode(wire_string(message, "data"), &length);
    if (strcmp(asked->what, "picture") != 0 || chunk != asked->next || chunks < 1 || chunks > OPS_PICTURE_MAX || chunk >= chunks) return;
    if (!asked->picture) asked->picture = g_byte_array_new();
    g_byte_array_append(asked->picture, bytes, (guint)length);
    asked->next++;
    static const guint8 png[] = {0x89, 'P', 'N', 'G', 0x0d, 0x0a, 0x1a, 0x0a};
    if (asked->next < chunks) return;
    if (asked->picture->len > sizeof png && memcmp(asked->picture->data, png, sizeof png) == 0)
        send_picture(ops, asked);
    else
        answer(ops, asked, 502, "refused", "what the booth sent is no picture");
}

static void take_told(Ops *ops, const char *booth, const char *text)
{
    json_t *message = wire_decode(WIRE_BOOTH_TO_DESK, text, strlen(text), NULL);
    Asked *asked = message ? g_hash_table_lookup(ops->asked, wire_string(message, "id")) : NULL;
    if (message && strcmp(wire_type(message), "done") == 0)
        ops_bundle_answered(ops, booth, wire_string(message, "id"), wire_bool(message, "ok"));
    if (asked && strcmp(asked->booth, booth) == 0) {
        gboolean ok = wire_bool(message, "ok");
        if (strcmp(wire_type(message), "picture") == 0)
            take_picture(ops, asked, message);
        else if (!ok)
            answer(ops, asked, 409, "refused", wire_string(message, "text"));
        else if (strcmp(asked->what, "picture") != 0)
            answer(ops, asked, 200, "", wire_string(message, "text"));
    }
    json_decref(message);
}

/* --- notices to many ------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    Ops *ops;
    const char *command;
} Telling;

static void tell_booth(gpointer data, const char *booth)
{
    const Telling *telling = data;
    exchange_tell_booth(telling->ops->exchange, booth, telling->command);
}

/* Every desk tells the booths that are linked to it. */
static void take_notice(Ops *ops, const char *text)
{
    json_t *notice = json_loads(text, 0, NULL);
    g_autofree char *id = wire_new_secret();
    if (notice && *wire_string(notice, "text")) {
        g_autofree char *command =
            wire_encode(WIRE_DESK_TO_BOOTH, compose(id, "notice", wire_string(notice, "text"), wire_int(notice, "minutes")));
        Telling telling = {ops, command};
        fleet_each(ops->fleet, wire_string(notice, "region"), wire_string(notice, "store"), NULL, tell_booth, &telling);
    }
    json_decref(notice);
}

static void count_booth(gpointer data, const char *booth)
{
    (void)booth;
    (*(guint *)data)++;
}

void ops_notice(void *data, DoorRequest *request)
{
    SessionUser user;
    Ops *ops = ((RouteParts *)data)->ops;
    json_t *body = json_loadb(request->body, request->length, JSON_REJECT_DUPLICATES, NULL);
    const char *region = wire_string(body, "region"), *store = wire_string(body, "store"), *text = wire_string(body, "text");
    g_autofree char *target = g_strdup_printf("%s/%s", *region ? region : "*", *store ? store : "*");
    const char *bad = check_command(body, "notice", text);
    if (ops_allow(ops, request, ROLE_OPERATOR, "notice", target, &user)) {
        guint count = 0;
        fleet_each(ops->fleet, region, store, NULL, count_booth, &count);
        if (bad) {
            ops_reply_error(request, 400, "bad_request", bad);
        } else {
            g_autofree char *household = admit_household(request->address), *told = json_dumps(body, JSON_COMPACT);
            store_signal(exchange_store(ops->exchange), "ops.notice", told);
            ops_note(ops, &(OpsDeed){user.name, role_name(user.role), household, "notice", target, text, "done"});
            ops_reply_json(request, 200, json_pack("{s:b, s:i}", "ok", TRUE, "booths", (int)count));
        }
    }
    json_decref(body);
}

/* --- from other desks ------------------------------------------------------------------------------------------------------------------
 */

static void pass_on(Ops *ops, const char *booth, const json_t *command, const char *text)
{
    if (strcmp(wire_string(command, "what"), "support_bundle") == 0)
        ops_bundle_ask(ops, booth, command, text);
    else
        exchange_tell_booth(ops->exchange, booth, text);
}

void ops_heard(Ops *ops, const char *subject, const char *text)
{
    if (ops_places_heard(ops, subject, text)) return;
    if (g_str_has_prefix(subject, "ops.ask.")) {
        json_t *command = wire_decode(WIRE_DESK_TO_BOOTH, text, strlen(text), NULL);
        if (command) pass_on(ops, subject + strlen("ops.ask."), command, text);
        json_decref(command);
    } else if (g_str_has_prefix(subject, "ops.told.")) {
        take_told(ops, subject + strlen("ops.told."), text);
    } else if (strcmp(subject, "ops.notice") == 0) {
        take_notice(ops, text);
    } else if (strcmp(subject, "ops.ended") == 0) {
        session_end(ops->sessions, text, g_get_real_time() / G_USEC_PER_SEC);
    }
}

/* --- settings --------------------------------------------------------------------------------------------------------------------------
 */

void ops_settings_changed(Ops *ops, const char *text, guint64 revision)
{
    if (revision && revision <= ops->rules_revision) return;
    g_free(ops->rules);
    ops->rules = g_strdup(text);
    ops->rules_revision = revision;
    exchange_set_rules(ops->exchange, text);
}

void ops_settings_get(void *data, DoorRequest *request)
{
    SessionUser user;
    Ops *ops = ((RouteParts *)data)->ops;
    if (!ops_allow(ops, request, ROLE_VIEWER, NULL, NULL, &user)) return;
    const ExchangeSettings *now = exchange_settings(ops->exchange);
    json_t *topics = json_array(), *rules = ops->rules ? json_loads(ops->rules, 0, NULL) : NULL;
    for (const char *const *topic = now->topics; *topic; topic++) json_array_append_new(topics, json_string(*topic));
    ops_reply_json(request, 200,
                   json_pack("{s:I, s:o, s:o, s:I, s:I, s:I}", "revision", (json_int_t)ops->rules_revision, "settings",
                             rules ? rules : json_null(), "topics", topics, "ring_s", (json_int_t)(now->ring_ms / 1000), "wrapup_s",
                             (json_int_t)(now->wrapup_ms / 1000), "service_s", (json_int_t)(now->service_ms / 1000)));
}

typedef struct {
    Ops *ops;
    DoorRequest *request;
    SessionUser user;
    char *address, *text;
} Put;

static void on_put(gpointer data, const StoreResult *result)
{
    Put *put = data;
    const char *const outcome = result->verdict == STORE_WON ? "done" : result->verdict == STORE_LOST ? "stale" : "unavailable";
    ops_note(put->ops, &(OpsDeed){put->user.name, role_name(put->user.role), put->address, "settings", "", put->text, outcome});
    if (result->verdict == STORE_WON)
        ops_reply_json(put->request, 200, json_pack("{s:b, s:I}", "ok", TRUE, "revision", (json_int_t)result->revision));
    else if (result->verdict == STORE_LOST)
        ops_reply_error(put->request, 409, outcome, "somebody else has changed the settings meanwhile");
    else
        ops_reply_error(put->request, 503, outcome, "the bus did not take it");
    g_free(put->address);
    g_free(put->text);
    g_free(put);
}

void ops_settings_put(void *data, DoorRequest *request)
{
    SessionUser user;
    Ops *ops = ((RouteParts *)data)->ops;
    if (!ops_allow(ops, request, ROLE_OPERATOR, "settings", "", &user)) return;
    json_t *body = json_loadb(request->body, request->length, JSON_REJECT_DUPLICATES, NULL);
    char *text = json_dumps(json_object_get(body, "settings"), JSON_COMPACT);
    g_autoptr(GError) error = NULL;
    g_autoptr(Rules) rules = text ? rules_read(text, exchange_settings(ops->exchange)->topics, &error) : NULL;
    if (!rules) {
        ops_reply_error(request, 400, "bad_request", error ? error->message : "settings are missing");
    } else {
        const Put put = {ops, request, user, admit_household(request->address), g_strdup(text)};
        store_put(exchange_store(ops->exchange), "settings", text, (guint64)wire_int(body, "revision"), on_put,
                  g_memdup2(&put, sizeof put));
    }
    json_decref(body);
    free(text);
}
