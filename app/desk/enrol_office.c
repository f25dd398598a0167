#define G_LOG_DOMAIN "desk"

#include "desk/enrol_office.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "config/refusal.h"
#include "desk/booth_list.h"
#include "desk/enrolment.h"
#include "desk/jetstream.h"
#include "provision/provision.h"
#include "wire/wire.h"

#define CONFIG_FILE  "/etc/livebooth/desk.conf"
#define BUS_WAIT_MS  5000
#define DAYS_DEFAULT 30
#define DAYS_MAX     366
#define READ_WAIT_MS 5000
#define ATTEMPTS     5
#define AT_ONCE      32 /* booths whose answers from the bus are awaited at the same time */

typedef struct {
    char *config, *csv, *out, *desks, *revoke, *release;
    int days;
    gboolean again, list, json;
} Wishes;

typedef struct {
    const Wishes *wishes;
    const Config *config;
    JetStream *bus;
} Office;

/* An enrolment as it stands on the bus. */
typedef struct {
    Enrolment *enrolment; /* NULL: there is none */
    guint64 revision;
} Standing;

#define refuse(error, ...) refusal_set(error, BOOTH_LIST_ERROR, __VA_ARGS__)

static gint64 now_ms(void)
{
    return g_get_real_time() / 1000;
}

/* --- the bus ----------------------------------------------------------------------------------------------------------------------------
 */

static gboolean read_standing(const Office *office, const char *booth, Standing *standing, GError **error)
{
    g_autofree char *subject = g_strconcat(JETSTREAM_ENROLMENTS, booth, NULL);
    natsMsg *message = NULL;
    const natsStatus status = jetstream_read_last(office->bus, "KV_ENROL", subject, &message);
    *standing = (Standing){0};
    if (status == NATS_NOT_FOUND) return TRUE;
    if (status != NATS_OK) return refuse(error, "the bus did not tell of booth %s: %s", booth, natsStatus_GetText(status));
    g_autofree char *text = jetstream_text(message);
    standing->revision = natsMsg_GetSequence(message);
    standing->enrolment = enrolment_parse(text);
    natsMsg_Destroy(message);
    return standing->enrolment || refuse(error, "what the bus has of booth %s makes no sense", booth);
}

/* TRUE, with *lost: somebody else wrote it meanwhile. */
static gboolean write_standing(const Office *office, const Standing *standing, gboolean *lost, GError **error)
{
    g_autofree char *subject = g_strconcat(JETSTREAM_ENROLMENTS, standing->enrolment->booth, NULL);
    g_autofree char *text = enrolment_format(standing->enrolment);
    jsPubOptions options;
    jsErrCode code = 0;
    jsPubOptions_Init(&options);
    options.MaxWait = JETSTREAM_WAIT_MS;
    options.ExpectLastSubjectSeq = standing->revision;
    options.ExpectNoMessage = standing->revision == 0;
    const natsStatus status = js_Publish(NULL, jetstream_context(office->bus), subject, text, (int)strlen(text), &options, &code);
    *lost = code == JSStreamWrongLastSequenceErr;
    if (status == NATS_OK || *lost) return TRUE;
    return refuse(error, "booth %s: the bus did not take it: %s", standing->enrolment->booth, natsStatus_GetText(status));
}

/* Changes one enrolment, again when a desk changed it meanwhile. change: FALSE leaves it, with a sentence. */
static gboolean change(const Office *office, const char *booth, gboolean (*how)(Standing *standing, gconstpointer data, GError **error),
                       gconstpointer data, GError **error)
{
    for (guint attempt = 0; attempt < ATTEMPTS; attempt++) {
        Standing standing;
        gboolean lost = FALSE;
        gboolean fine = read_standing(office, booth, &standing, error);
        if (fine && !standing.enrolment) standing.enrolment = enrolment_new(booth);
        fine = fine && how(&standing, data, error) && write_standing(office, &standing, &lost, error);
        enrolment_free(standing.enrolment);
        if (!fine) return FALSE;
        if (!lost) return TRUE;
    }
    return refuse(error, "booth %s is being changed by others; try again", booth);
}

/* --- tokens -----------------------------------------------------------------------------------------------------------------------------
 */

typedef struct {
    const BoothPlan *plan;
    char hash[ENROLMENT_HASH_LENGTH + 1];
    gint64 expires_utc;
} Opening;

static void replace(char **slot, const char *text)
{
    g_free(*slot);
    *slot = g_strdup(text);
}

static gboolean open_enrolment(Standing *standing, gconstpointer data, GError **error)
{
    const Opening *opening = data;
    Enrolment *enrolment = standing->enrolment;
    (void)error;
    replace(&enrolment->name, opening->plan->name);
    replace(&enrolment->store, opening->plan->store);
    replace(&enrolment->region, opening->plan->region);
    enrolment_open(enrolment, opening->hash, now_ms(), opening->expires_utc);
    return TRUE;
}

/* What is done for each booth of a list. On threads of its own, many at once: the bus may be far away. */
typedef gboolean (*Step)(const Office *office, const BoothPlan *plan, GError **error);

typedef struct {
    const Office *office;
    Step step;
    gboolean goes_on; /* after one has failed */
    gint failed, done;
    GError **errors; /* one a plan */
    GPtrArray *plans;
} Crew;

static void take_step(gpointer data, gpointer user_data)
{
    Crew *crew = user_data;
    const guint at = GPOINTER_TO_UINT(data) - 1; /* NULL is no task */
    if (!crew->goes_on && g_atomic_int_get(&crew->failed)) return;
    if (crew->step(crew->office, g_ptr_array_index(crew->plans, at), &crew->errors[at]))
        g_atomic_int_inc(&crew->done);
    else
        g_atomic_int_set(&crew->failed, 1);
}

/* How many it was done for; when not for all, the error is the first one in the list's order. */
static guint for_all(const Office *office, GPtrArray *plans, Step step, gboolean goes_on, GError **error)
{
    g_autofree GError **errors = g_new0(GError *, plans->len);
    Crew crew = {.office = office, .step = step, .goes_on = goes_on, .errors = errors, .plans = plans};
    GThreadPool *pool = g_thread_pool_new(take_step, &crew, AT_ONCE, FALSE, NULL);
    for (guint i = 0; i < plans->len; i++) g_thread_pool_push(pool, GUINT_TO_POINTER(i + 1), NULL);
    g_thread_pool_free(pool, FALSE, TRUE);
    for (guint i = 0; i < plans->len; i++) {
        if (errors[i] && error && !*error)
            g_propagate_error(error, errors[i]);
        else
            g_clear_error(&errors[i]);
    }
    return (guint)crew.done;
}

/* Who has a certificate, or a token that can still be used, gets another one only when that is said. */
static gboolean check_new(const Office *office, const BoothPlan *plan, GError **error)
{
    Standing standing;
    if (!read_standing(office, plan->id, &standing, error)) return FALSE;
    g_autoptr(Enrolment) known = standing.enrolment;
    const gboolean waits = known && known->state == ENROLMENT_OPEN && known->expires_utc > now_ms();
    if (!known || office->wishes->again || known->state == ENROLMENT_REVOKED || !(waits || known->state == ENROLMENT_USED)) return TRUE;
    return refuse(error, "line %u: booth %s %s; with --again it gets another one", plan->line, plan->id,
                  waits ? "has a token that was not used yet" : "is enrolled");
}

static gboolean check_folder(const char *folder, GPtrArray *plans, GError **error)
{
    if (g_mkdir_with_parents(folder, 0700) != 0) return refuse(error, "%s cannot be made: %s", folder, g_strerror(errno));
    for (guint i = 0; i < plans->len; i++) {
        const BoothPlan *plan = g_ptr_array_index(plans, i);
        g_autofree char *path = g_build_filename(folder, plan->id, NULL);
        if (g_file_test(path, G_FILE_TEST_EXISTS))
            return refuse(error, "%s is there already: choose another folder with --out, or remove it", path);
    }
    return TRUE;
}

static gboolean make_one(const Office *office, const BoothPlan *plan, GError **error)
{
    g_autofree char *token = wire_new_secret();
    g_autofree char *folder = g_build_filename(office->wishes->out, plan->id, NULL);
    g_autofree char *path = g_build_filename(folder, "booth.txt", NULL);
    g_autofree char *text = provision_fill(plan->text, "enrolment", "token", token);
    Opening opening = {.plan = plan, .expires_utc = now_ms() + office->wishes->days * 24LL * 3600 * 1000};
    enrolment_hash(token, strlen(token), opening.hash);
    /* First the file: a token that nobody has is of no use, a card with a token that nobody knows is worse. */
    gboolean done = (g_mkdir(folder, 0700) == 0 || refuse(error, "%s cannot be made: %s", folder, g_strerror(errno))) &&
                    g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
    if (!done || change(office, plan->id, open_enrolment, &opening, error)) return done;
    g_unlink(path);
    g_rmdir(folder);
    return FALSE;
}

/* PEM's certificates as base64 with ; between. */
static char *read_authority(const char *path, GError **error)
{
    g_autofree char *pem = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    gboolean inside = FALSE;
    if (!g_file_get_contents(path, &pem, NULL, error)) return NULL;
    g_auto(GStrv) lines = g_strsplit(pem, "\n", -1);
    for (char **line = lines; *line; line++) {
        g_strstrip(*line);
        if (strcmp(*line, "-----BEGIN CERTIFICATE-----") == 0) {
            if (text->len) g_string_append_c(text, ';');
            inside = TRUE;
        } else if (g_str_has_prefix(*line, "-----")) {
            inside = FALSE;
        } else if (inside) {
            g_string_append(text, *line);
        }
    }
    if (text->len) return g_string_free(g_steal_pointer(&text), FALSE);
    refuse(error, "%s holds no certificate in PEM", path);
    return NULL;
}

static const char *authority_file(const Config *config)
{
    const char *own = config_string(config, "enrolment", "authority");
    return *own ? own : config_string(config, "tls", "authority");
}

static GPtrArray *read_list(const Office *office, GError **error)
{
    g_autofree char *template_path = g_build_filename(config_string(office->config, "desk", "share"), "booth.txt", NULL);
    g_autofree char *template = NULL, *csv = NULL;
    gsize length = 0;
    g_autofree char *authority = read_authority(authority_file(office->config), error);
    if (!authority || !g_file_get_contents(template_path, &template, NULL, error) ||
        !g_file_get_contents(office->wishes->csv, &csv, &length, error))
        return NULL;
    const BoothListSettings settings = {template, office->wishes->desks ? office->wishes->desks : "", authority};
    GPtrArray *plans = booth_list_read(csv, length, &settings, error);
    if (!plans) g_prefix_error(error, "%s, ", office->wishes->csv);
    return plans;
}

static gboolean make_tokens(const Office *office, GError **error)
{
    g_autoptr(GPtrArray) plans = read_list(office, error);
    if (!plans || for_all(office, plans, check_new, TRUE, error) < plans->len || !check_folder(office->wishes->out, plans, error))
        return FALSE;
    const guint made = for_all(office, plans, make_one, FALSE, error);
    if (made < plans->len) {
        g_prefix_error(error, "%u of %u booths have their token, in %s; then ", made, plans->len, office->wishes->out);
        return FALSE;
    }
    printf("%u booths: %s/BOOTH/booth.txt, good for %d days\n", plans->len, office->wishes->out, office->wishes->days);
    return TRUE;
}

/* --- looking and deciding ---------------------------------------------------------------------------------------------------------------
 */

static char *as_date(gint64 utc_ms)
{
    g_autoptr(GDateTime) date = utc_ms ? g_date_time_new_from_unix_utc(utc_ms / 1000) : NULL;
    return date ? g_date_time_format(date, "%Y-%m-%d") : g_strdup("-");
}

static void print_enrolment(const Enrolment *enrolment, gboolean as_json)
{
    if (as_json) {
        g_autofree char *text = enrolment_format(enrolment);
        json_t *value = json_loads(text, 0, NULL);
        static const char *const own[] = {"token", "certificate", "key", "previous"};
        for (guint i = 0; i < G_N_ELEMENTS(own); i++) json_object_del(value, own[i]);
        g_autofree char *shown = json_dumps(value, JSON_COMPACT);
        json_decref(value);
        puts(shown);
        return;
    }
    const gboolean late = enrolment->state == ENROLMENT_OPEN && enrolment->expires_utc <= now_ms();
    g_autofree char *expires = as_date(enrolment->state == ENROLMENT_OPEN ? enrolment->expires_utc : enrolment->until_utc);
    printf("%-32s  %-8s  until %-10s  %s%s%s%s\n", enrolment->booth, late ? "expired" : enrolment_state_name(enrolment->state), expires,
           enrolment->store, *enrolment->store && *enrolment->name ? ", " : "", enrolment->name,
           enrolment->twice_utc ? "  IDENTITY TWICE" : "");
}

static natsStatus print_all(const Office *office, natsSubscription *subscription, guint64 left)
{
    natsStatus status = NATS_OK;
    while (left && status == NATS_OK) {
        natsMsg *message = NULL;
        jsMsgMetaData *meta = NULL;
        status = natsSubscription_NextMsg(&message, subscription, READ_WAIT_MS);
        if (status == NATS_OK) status = natsMsg_GetMetaData(&meta, message);
        if (status == NATS_OK) {
            g_autofree char *text = jetstream_text(message);
            g_autoptr(Enrolment) enrolment = enrolment_parse(text);
            if (enrolment) print_enrolment(enrolment, office->wishes->json);
            left = meta->NumPending;
        }
        jsMsgMetaData_Destroy(meta);
        natsMsg_Destroy(message);
    }
    return status;
}

static gboolean list(const Office *office, GError **error)
{
    jsCtx *js = jetstream_context(office->bus);
    natsSubscription *subscription = NULL;
    jsSubOptions options;
    jsStreamInfo *info = NULL;
    jsErrCode code = 0;
    jsSubOptions_Init(&options);
    options.Ordered = true;
    options.Stream = "KV_ENROL";
    options.Config.DeliverPolicy = js_DeliverLastPerSubject;
    natsStatus status = js_GetStreamInfo(&info, js, "KV_ENROL", NULL, &code);
    const guint64 left = status == NATS_OK ? info->State.Msgs : 0;
    jsStreamInfo_Destroy(info);
    if (left) status = js_SubscribeSync(&subscription, js, JETSTREAM_ENROLMENTS ">", NULL, &options, &code);
    if (left && status == NATS_OK) status = print_all(office, subscription, left);
    jetstream_unsubscribe(&subscription);
    return status == NATS_OK || refuse(error, "the enrolments cannot be read from the bus: %s", natsStatus_GetText(status));
}

static gboolean revoke_enrolment(Standing *standing, gconstpointer data, GError **error)
{
    (void)data;
    (void)error;
    enrolment_revoke(standing->enrolment);
    return TRUE;
}

static gboolean release_enrolment(Standing *standing, gconstpointer data, GError **error)
{
    (void)data;
    return enrolment_release(standing->enrolment) || refuse(error, "booth %s was not seen twice", standing->enrolment->booth);
}

/* As a desk does it (exchange_decided()): whoever has a link of that name looks again, so a link that is good no more ends at once. */
static gboolean tell_desks(const Office *office, const char *booth)
{
    natsConnection *connection = jetstream_connection(office->bus);
    g_autofree char *subject = g_strconcat("link.booth.", booth, NULL);
    return natsConnection_PublishString(connection, subject, "{\"t\":\"decided\",\"desk\":\"\"}") == NATS_OK &&
           natsConnection_FlushTimeout(connection, BUS_WAIT_MS) == NATS_OK;
}

static gboolean decide(const Office *office, const char *booth, gboolean revoke, GError **error)
{
    if (!wire_is_booth_id(booth)) return refuse(error, "\"%s\" is no booth's id: 1 to 32 of a-z, 0-9 and -", booth);
    if (!change(office, booth, revoke ? revoke_enrolment : release_enrolment, NULL, error)) return FALSE;
    if (!tell_desks(office, booth)) fprintf(stderr, "enrol: the desks could not be told: they notice when the booth links again\n");
    printf("booth %s: %s\n", booth, revoke ? "its token and its certificate are good for nothing any more" : "takes calls again");
    return TRUE;
}

/* --- the command ------------------------------------------------------------------------------------------------------------------------
 */

static void nothing_changed(gpointer data, gboolean connected)
{
    (void)data;
    (void)connected;
}

static gboolean serve(Office *office, GError **error)
{
    const Wishes *wishes = office->wishes;
    const JetStreamSettings settings = {config_list(office->config, "bus", "servers"), (int)config_int(office->config, "bus", "replicas"),
                                        BUS_WAIT_MS, (guint)config_int(office->config, "privacy", "retention_days")};
    const JetStreamEvents events = {nothing_changed, NULL};
    office->bus = jetstream_open(&settings, &events, error);
    if (!office->bus) return FALSE;
    const gboolean done = wishes->csv      ? make_tokens(office, error)
                          : wishes->list   ? list(office, error)
                          : wishes->revoke ? decide(office, wishes->revoke, TRUE, error)
                                           : decide(office, wishes->release, FALSE, error);
    jetstream_close(office->bus);
    return done;
}

static gboolean are_understood(const Wishes *wishes)
{
    const guint count = (wishes->csv != NULL) + wishes->list + (wishes->revoke != NULL) + (wishes->release != NULL);
    return count == 1 && wishes->days >= 1 && wishes->days <= DAYS_MAX;
}

static void wishes_clear(Wishes *wishes)
{
    char *texts[] = {wishes->config, wishes->csv, wishes->out, wishes->desks, wishes->revoke, wishes->release};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) g_free(texts[i]);
}

int enrol_office_run(int argc, char **argv, const ConfigKey *keys)
{
    Wishes wishes = {.days = DAYS_DEFAULT};
    const GOptionEntry options[] = {
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, &wishes.config, "settings (default: " CONFIG_FILE ")", "FILE"},
        {"csv", 0, 0, G_OPTION_ARG_FILENAME, &wishes.csv, "makes a token and a booth.txt for each booth of the list", "FILE"},
        {"out", 0, 0, G_OPTION_ARG_FILENAME, &wishes.out, "where they go (default: booths)", "FOLDER"},
        {"desk", 0, 0, G_OPTION_ARG_STRING, &wishes.desks, "address for booths whose line has none: wss://HOST:PORT/ws/booth", "ADDRESS"},
        {"days", 0, 0, G_OPTION_ARG_INT, &wishes.days, "how long the tokens are good (default: 30)", "N"},
        {"again", 0, 0, G_OPTION_ARG_NONE, &wishes.again, "also for booths that are enrolled, or have a token", NULL},
        {"list", 0, 0, G_OPTION_ARG_NONE, &wishes.list, "shows every enrolment", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &wishes.json, "as JSON lines", NULL},
        {"revoke", 0, 0, G_OPTION_ARG_STRING, &wishes.revoke, "a booth's token and certificate are good no more", "BOOTH"},
        {"release", 0, 0, G_OPTION_ARG_STRING, &wishes.release, "a booth that was seen twice takes calls again", "BOOTH"},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) context = g_option_context_new("- booths' tokens and certificates");
    g_option_context_add_main_entries(context, options, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(Config) config = NULL;
    int status = 1;
    if (!g_option_context_parse(context, &argc, &argv, &error) || argc > 1 || !are_understood(&wishes)) {
        fprintf(stderr, "enrol: %s\n", error ? error->message : "one of --csv, --list, --revoke and --release, and --days from 1 to 366");
        status = 2;
    } else if ((config = config_load(wishes.config ? wishes.config : CONFIG_FILE, keys, &error))) {
        Office office = {&wishes, config, NULL};
        if (!wishes.out) wishes.out = g_strdup("booths");
        status = serve(&office, &error) ? 0 : 1;
    }
    if (status == 1) fprintf(stderr, "enrol: %s\n", error->message);
    wishes_clear(&wishes);
    return status;
}
