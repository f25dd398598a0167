#include "agent/desk_proxy.h"

#include "wire/wire.h"

#include <string.h>

#define BAD_MESSAGES_MAX 3
#define CLOSE_REVOKED    4004

struct DeskProxy {
    const Config *config;
    const DeskEvents *events;
    LinkEvents link_events;
    TransportIdentity identity;
    LinkCertificate certificate;
    Link *link;
    gboolean welcomed;
    guint bad;      /* messages in this link that were not understood */
    char *instance; /* of this process, for the desk to tell it from a copy of the booth */
    char *said;     /* why there is no link, as logged last: a desk that is away for a month fills no log */
};

static gboolean is_linked(const DeskProxy *desk)
{
    return desk->link && link_is_up(desk->link);
}

static void send(DeskProxy *desk, json_t *message)
{
    if (!is_linked(desk)) {
        json_decref(message);
        return;
    }
    g_autofree char *text = wire_encode(WIRE_BOOTH_TO_DESK, message);
    link_send(desk->link, text);
}

/* For what the desk may hear only after its welcome. */
static void say(DeskProxy *desk, json_t *message)
{
    if (desk->welcomed)
        send(desk, message);
    else
        json_decref(message);
}

static json_t *words(const char *const *list)
{
    json_t *array = json_array();
    for (guint i = 0; list[i]; i++) json_array_append_new(array, json_string(list[i]));
    return array;
}

static json_t *key_json(const BoothKey *key)
{
    return json_pack("{s:s, s:i, s:s}", "id", key->id, "gen", (int)key->gen, "nonce", key->nonce);
}

static json_t *hello(DeskProxy *desk)
{
    const Config *config = desk->config;
    json_t *message =
        json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:o, s:o, s:I, s:s, s:s}", "t", "hello", "v", 1, "booth",
                  config_string(config, "booth", "id"), "name", config_string(config, "booth", "name"), "store",
                  config_string(config, "booth", "store"), "region", config_string(config, "booth", "region"), "topics",
                  words(config_list(config, "booth", "topics")), "langs", words(config_list(config, "booth", "languages")), "epoch",
                  (json_int_t)desk->events->epoch(desk->events->data), "version", LIVEBOOTH_VERSION, "instance", desk->instance);
    const BoothKey *held = desk->events->held(desk->events->data);
    if (held) json_object_set_new(message, "call", key_json(held));
    return message;
}

/* --- from the desk ------------------------------------------------------------------------------------------------------------------- */

static void emit(DeskProxy *desk, BoothEventKind kind, const json_t *message, BoothEvent event)
{
    event.kind = kind;
    g_strlcpy(event.key.id, wire_string(message, "call"), sizeof event.key.id);
    g_strlcpy(event.key.nonce, wire_string(message, "nonce"), sizeof event.key.nonce);
    event.key.gen = (guint)wire_int(message, "gen");
    desk->events->event(desk->events->data, &event);
}

static BoothResume resume_of(const char *word)
{
    if (strcmp(word, "kept") == 0) return BOOTH_RESUME_KEPT;
    return strcmp(word, "gone") == 0 ? BOOTH_RESUME_GONE : BOOTH_RESUME_NONE;
}

/* With what this booth's advisors get on top; 0 when nothing is said of it. */
static gint64 wrapup_of(const DeskProxy *desk, const json_t *message)
{
    gint64 ms = wire_int(message, "wrapup_ms");
    return json_object_get(message, "wrapup_ms") ? ms + config_int(desk->config, "advisor", "wrapup_extra_s") * 1000 : 0;
}

static void take_welcome(DeskProxy *desk, const json_t *message)
{
    desk->welcomed = TRUE;
    g_clear_pointer(&desk->said, g_free);
    g_message("linked with desk %s at %s", wire_string(message, "desk"), link_address(desk->link));
    desk->events->welcome(desk->events->data, message);
    emit(desk, BOOTH_WELCOME, message,
         (BoothEvent){.number = resume_of(wire_string(message, "resume")),
                      .ring_ms = wire_int(message, "ring_ms"),
                      .setup_ms = wire_int(message, "setup_ms"),
                      .wrapup_ms = wrapup_of(desk, message)});
}

static void take_offer(DeskProxy *desk, const json_t *message)
{
    desk->events->offer(desk->events->data, message);
    emit(desk, BOOTH_OFFER, message, (BoothEvent){.ring_ms = wire_int(message, "ring_ms"), .wrapup_ms = wrapup_of(desk, message)});
}

static void take_unpulled(DeskProxy *desk, const json_t *message)
{
    emit(desk, BOOTH_UNPULLED, message, (BoothEvent){0});
}

static void take_withdrawn(DeskProxy *desk, const json_t *message)
{
    emit(desk, BOOTH_WITHDRAWN, message, (BoothEvent){.text = wire_string(message, "why")});
}

static void take_accepted(DeskProxy *desk, const json_t *message)
{
    emit(desk, BOOTH_ACCEPTED, message, (BoothEvent){0});
}

static void take_refused(DeskProxy *desk, const json_t *message)
{
    g_message("the desk refused %s of %s: %s", wire_string(message, "what"), wire_string(message, "call"), wire_string(message, "why"));
    emit(desk, BOOTH_REFUSED, message, (BoothEvent){.text = wire_string(message, "what")});
}

static void take_signal(DeskProxy *desk, const json_t *message)
{
    BoothKey key = {.gen = (guint)wire_int(message, "gen")};
    g_strlcpy(key.id, wire_string(message, "call"), sizeof key.id);
    json_t *signal = json_copy((json_t *)message);
    static const char *const ours[] = {"t", "call", "gen", "pc"};
    for (guint i = 0; i < G_N_ELEMENTS(ours); i++) json_object_del(signal, ours[i]);
    desk->events->signal(desk->events->data, &key, (guint)wire_int(message, "pc"), signal);
    json_decref(signal);
}

static void take_seen(DeskProxy *desk, const json_t *message)
{
    emit(desk, BOOTH_SEEN, message, (BoothEvent){0});
}

static void take_shopper(DeskProxy *desk, const json_t *message)
{
    emit(desk, BOOTH_SHOPPER, message, (BoothEvent){.flag = wire_bool(message, "present")});
}

static void take_no_picture(DeskProxy *desk, const json_t *message)
{
    emit(desk, BOOTH_NO_PICTURE, message, (BoothEvent){0});
}

static void take_ended(DeskProxy *desk, const json_t *message)
{
    emit(desk, BOOTH_ENDED, message, (BoothEvent){0});
}

static void take_queue(DeskProxy *desk, const json_t *message)
{
    desk->events->queue(desk->events->data, message);
}

static void take_identity(DeskProxy *desk, const json_t *message)
{
    desk->events->identity(desk->events->data, strcmp(wire_string(message, "state"), "twice") == 0);
}

static void take_catalogue(DeskProxy *desk, const json_t *message)
{
    desk->events->catalogue(desk->events->data, message);
}

static void take_command(DeskProxy *desk, const json_t *message)
{
    desk->events->command(desk->events->data, message);
}

static void take_recorded(DeskProxy *desk, const json_t *message)
{
    desk->events->recorded(desk->events->data, wire_int(message, "epoch"), wire_int(message, "seq"));
}

static void take_error(DeskProxy *desk, const json_t *message)
{
    (void)desk;
    g_warning("the desk did not understand: %s %s", wire_string(message, "code"), wire_string(message, "detail"));
}

static void take(DeskProxy *desk, const json_t *message)
{
    static const struct {
        const char *type;
        void (*take)(DeskProxy *desk, const json_t *message);
    } rows[] = {
        {"welcome", take_welcome},
        {"offer", take_offer},
        {"unpulled", take_unpulled},
        {"withdrawn", take_withdrawn},
        {"accepted", take_accepted},
        {"refused", take_refused},
        {"signal", take_signal},
        {"media_up", take_seen},
        {"shopper", take_shopper},
        {"no_picture", take_no_picture},
        {"ended", take_ended},
        {"queue", take_queue},
        {"recorded", take_recorded},
        {"command", take_command},
        {"error", take_error},
        {"catalogue", take_catalogue},
        {"catalogue_chunk", take_catalogue},
        {"catalogue_refused", take_catalogue},
        {"identity", take_identity},
    };
    static const char *const at_any_time[] = {"error", "identity", NULL};
    gboolean first = strcmp(wire_type(message), "welcome") == 0;
    if (first == desk->welcomed && !g_strv_contains(at_any_time, wire_type(message))) {
        g_warning("the desk sent %s at a wrong time; it is ignored", wire_type(message));
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (strcmp(rows[i].type, wire_type(message)) == 0) rows[i].take(desk, message);
    }
}

static void on_received(void *data, const char *text, gsize length)
{
    DeskProxy *desk = data;
    g_autoptr(GError) error = NULL;
    json_t *message = wire_decode(WIRE_DESK_TO_BOOTH, text, length, &error);
    if (!message) {
        g_warning("a message of the desk breaks the protocol: %s", error->message);
        if (++desk->bad >= BAD_MESSAGES_MAX) link_close(desk->link, 1008, "messages not understood");
        return;
    }
    take(desk, message);
    json_decref(message);
}

/* --- the link ------------------------------------------------------------------------------------------------------------------------- */

/* A desk does not say why it refuses a certificate, so the log hears it from here. */
static void check_certificate(DeskProxy *desk)
{
    g_autoptr(GError) error = NULL;
    LinkCertificate verdict = link_check_certificate(&desk->identity, &error);
    if (verdict != LINK_CERTIFICATE_GOOD && verdict != desk->certificate) g_warning("%s", error->message);
    desk->certificate = verdict;
}

static void on_up(void *data, const char *address)
{
    (void)address;
    DeskProxy *desk = data;
    desk->welcomed = FALSE;
    desk->bad = 0;
    send(desk, hello(desk));
}

static void on_down(void *data, gboolean was_up, int code, const char *why)
{
    DeskProxy *desk = data;
    gboolean welcomed = desk->welcomed;
    desk->welcomed = FALSE;
    if (was_up || g_strcmp0(desk->said, why) != 0) g_message("%s: %s (%d)", was_up ? "the link ended" : "no link", why, code);
    g_free(desk->said);
    desk->said = g_strdup(why);
    check_certificate(desk);
    if (code == CLOSE_REVOKED) desk->certificate = LINK_CERTIFICATE_FOREIGN;
    if (welcomed) emit(desk, BOOTH_LINK_DOWN, NULL, (BoothEvent){0});
    desk->events->down(desk->events->data, why);
}

static gboolean check_words(const Config *config, const char *key, gboolean star, GError **error)
{
    const char *const *list = config_list(config, "booth", key);
    for (guint i = 0; list[i]; i++) {
        gsize length = strlen(list[i]);
        gboolean word = length > 0 && length <= 64;
        for (const char *at = list[i]; *at; at++) word = word && (g_ascii_isalnum(*at) || strchr("_-.", *at));
        if (word || (star && strcmp(list[i], "*") == 0)) continue;
        g_set_error(error, CONFIG_ERROR, 0, "[booth] %s: \"%s\" is no word of letters, digits, _ - and .", key, list[i]);
        return FALSE;
    }
    return TRUE;
}

static gboolean check_booth(const Config *config, GError **error)
{
    static const char *const texts[] = {"name", "store", "region"};
    if (!wire_is_booth_id(config_string(config, "booth", "id"))) {
        g_set_error(error, CONFIG_ERROR, 0, "[booth] id: \"%s\" must be 1 to 32 of a-z, 0-9 and -", config_string(config, "booth", "id"));
        return FALSE;
    }
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (strlen(config_string(config, "booth", texts[i])) <= 200) continue;
        g_set_error(error, CONFIG_ERROR, 0, "[booth] %s is longer than 200 bytes", texts[i]);
        return FALSE;
    }
    return check_words(config, "topics", TRUE, error) && check_words(config, "languages", FALSE, error);
}

DeskProxy *desk_proxy_new(const Config *config, const DeskEvents *events, GError **error)
{
    if (!check_booth(config, error)) return NULL;
    DeskProxy *desk = g_new0(DeskProxy, 1);
    desk->config = config;
    desk->instance = wire_new_secret();
    desk->events = events;
    desk->identity = (TransportIdentity){config_string(config, "tls", "authority"), config_string(config, "tls", "certificate"),
                                         config_string(config, "tls", "key")};
    desk->link_events = (LinkEvents){on_up, on_received, on_down, desk};
    return desk;
}

gboolean desk_proxy_start(DeskProxy *desk, GError **error)
{
    if (desk->link) return TRUE;
    check_certificate(desk);
    const LinkSettings settings = {
        .addresses = config_list(desk->config, "desk", "address"), .subprotocol = WIRE_SUBPROTOCOL_BOOTH, .identity = &desk->identity};
    desk->link = link_new(&settings, &desk->link_events, error);
    return desk->link != NULL;
}

void desk_proxy_renew(DeskProxy *desk)
{
    check_certificate(desk);
    if (is_linked(desk)) link_close(desk->link, 1000, "a new certificate");
}

void desk_proxy_free(DeskProxy *desk)
{
    if (!desk) return;
    link_free(desk->link);
    g_free(desk->instance);
    g_free(desk->said);
    g_free(desk);
}

LinkCertificate desk_proxy_certificate(const DeskProxy *desk)
{
    return desk->certificate;
}

gboolean desk_proxy_up(const DeskProxy *desk)
{
    return desk->welcomed && is_linked(desk);
}

const char *desk_proxy_address(const DeskProxy *desk)
{
    return desk->link ? link_address(desk->link) : "";
}

/* --- to the desk ---------------------------------------------------------------------------------------------------------------------- */

void desk_send_pull(DeskProxy *desk, gboolean pull, gint64 seq)
{
    say(desk, json_pack("{s:s, s:I}", "t", pull ? "pull" : "unpull", "seq", (json_int_t)seq));
}

void desk_send_call(DeskProxy *desk, const char *type, const BoothKey *key)
{
    say(desk, json_pack("{s:s, s:s, s:i, s:s}", "t", type, "call", key->id, "gen", (int)key->gen, "nonce", key->nonce));
}

void desk_send_media_up(DeskProxy *desk, const BoothKey *key)
{
    say(desk, json_pack("{s:s, s:s, s:i}", "t", "media_up", "call", key->id, "gen", (int)key->gen));
}

void desk_send_end(DeskProxy *desk, const BoothKey *key, BoothEnd end)
{
    say(desk, json_pack("{s:s, s:s, s:i, s:s, s:s}", "t", "end", "call", key->id, "gen", (int)key->gen, "nonce", key->nonce, "reason",
                        booth_end_name(end)));
}

void desk_send_signal(DeskProxy *desk, const BoothKey *key, guint pc, const char *signal)
{
    json_t *message = json_loads(signal, JSON_REJECT_DUPLICATES, NULL);
    if (!desk->welcomed || !json_is_object(message)) {
        json_decref(message);
        return;
    }
    json_object_set_new(message, "t", json_string("signal"));
    json_object_set_new(message, "call", json_string(key->id));
    json_object_set_new(message, "gen", json_integer(key->gen));
    json_object_set_new(message, "pc", json_integer(pc));
    char *text = json_dumps(message, JSON_COMPACT);
    json_decref(message);
    g_autoptr(GError) error = NULL;
    json_t *checked = wire_decode(WIRE_BOOTH_TO_DESK, text, strlen(text), &error);
    if (checked)
        link_send(desk->link, text);
    else
        g_warning("a signal of the studio breaks the protocol: %s", error->message);
    json_decref(checked);
    free(text);
}

/* Each with its own epoch and seq. */
void desk_send_records(DeskProxy *desk, json_t *list)
{
    json_t *only = json_array_size(list) == 1 ? json_array_get(list, 0) : NULL;
    if (only) {
        say(desk, json_pack("{s:s, s:I, s:I, s:O}", "t", "record", "epoch", (json_int_t)wire_int(only, "epoch"), "seq",
                            (json_int_t)wire_int(only, "seq"), "record", only));
        json_decref(list);
    } else {
        say(desk, json_pack("{s:s, s:o}", "t", "records", "list", list));
    }
}

void desk_send_status(DeskProxy *desk, json_t *snapshot)
{
    say(desk, json_pack("{s:s, s:o}", "t", "status", "snapshot", snapshot));
}

void desk_send(DeskProxy *desk, json_t *message)
{
    say(desk, message);
}

void desk_send_catalogue_get(DeskProxy *desk, gint64 version, gint64 chunk)
{
    say(desk, json_pack("{s:s, s:I, s:I}", "t", "catalogue_get", "version", (json_int_t)version, "chunk", (json_int_t)chunk));
}
