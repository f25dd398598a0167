#define G_LOG_DOMAIN "desk"

#include "desk/registrar.h"

#include <string.h>

#include "desk/enrolment.h"
#include "desk/issuer.h"
#include "wire/wire.h"

#define ATTEMPTS 5 /* lost races until a booth is told to come again */

struct Registrar {
    Store *store;
    Issuer *issuer; /* NULL: closed */
    char *authority;
    guint busy;
    GThreadPool *signer; /* one thread: a key in a hardware module may take its time, or may be away */
};

/* One request on its way. */
typedef struct {
    Registrar *registrar;
    DoorRequest *request;
    IssuerRequest *asked;
    Enrolment *enrolment; /* as it will be, from the signing on until it is written */
    char *address;
    char *before; /* the key of the certificate that it came with; NULL: it came with a token */
    char token[ENROLMENT_HASH_LENGTH + 1];
    guint attempts;
    guint64 revision; /* of the enrolment that it changes */
    /* Of the signer's thread until it is back. */
    gint64 now; /* us, UTC */
    gint64 until_s;
    char *certificate;
    GError *error;
} Errand;

/* --- answers ----------------------------------------------------------------------------------------------------------------------------
 */

static void reply(DoorRequest *request, guint status, json_t *message)
{
    static const char *const headers[] = {"content-type:", "application/json", NULL};
    char *text = wire_encode(WIRE_REGISTRAR_TO_BOOTH, message);
    g_autoptr(GBytes) body = g_bytes_new_take(text, strlen(text));
    door_reply(request, status, headers, body);
}

static void reply_refused(DoorRequest *request, guint status, const char *why, const char *detail)
{
    json_t *message = json_pack("{s:s, s:s}", "t", "refused", "why", why);
    if (detail) json_object_set_new(message, "detail", json_string(detail));
    reply(request, status, message);
}

static void errand_free(Errand *errand)
{
    errand->registrar->busy--;
    issuer_request_free(errand->asked);
    enrolment_free(errand->enrolment);
    g_free(errand->address);
    g_free(errand->before);
    g_free(errand->certificate);
    g_clear_error(&errand->error);
    g_free(errand);
}

static void refuse(Errand *errand, guint status, const char *why, const char *detail)
{
    g_message("booth %s at %s gets no certificate: %s%s%s", issuer_request_booth(errand->asked), errand->address, why, detail ? ": " : "",
              detail ? detail : "");
    reply_refused(errand->request, status, why, detail);
    errand_free(errand);
}

static void hand_out(Errand *errand, const Enrolment *enrolment, gboolean again)
{
    g_message("booth %s at %s gets %s certificate", enrolment->booth, errand->address,
              again            ? "the same"
              : errand->before ? "its next"
                               : "a");
    reply(errand->request, 200,
          json_pack("{s:s, s:s, s:s}", "t", "enrolled", "certificate", enrolment->certificate, "authority", errand->registrar->authority));
    errand_free(errand);
}

/* --- deciding and writing ---------------------------------------------------------------------------------------------------------------
 */

static void look(Errand *errand);

static void on_written(gpointer data, const StoreResult *result)
{
    Errand *errand = data;
    if (result->verdict == STORE_WON)
        hand_out(errand, errand->enrolment, FALSE);
    else if (result->verdict == STORE_LOST && ++errand->attempts < ATTEMPTS)
        look(errand);
    else
        refuse(errand, 503, "unavailable", NULL);
}

static void on_signed(gpointer data)
{
    Errand *errand = data;
    Enrolment *enrolment = errand->enrolment;
    if (!errand->certificate) {
        g_warning("no certificate for booth %s: %s", enrolment->booth, errand->error->message);
        refuse(errand, 503, "unavailable", NULL);
        return;
    }
    enrolment_issued(enrolment, errand->before ? errand->before : "", issuer_request_key(errand->asked), errand->certificate,
                     errand->until_s * 1000, errand->now / 1000);
    g_autofree char *text = enrolment_format(enrolment);
    store_put_enrolment(errand->registrar->store, enrolment->booth, text, errand->revision, on_written, errand);
}

/* On the signer's thread. */
static void sign(gpointer data, gpointer user_data)
{
    Errand *errand = data;
    Registrar *registrar = user_data;
    errand->certificate = issuer_issue(registrar->issuer, errand->asked, errand->now / G_USEC_PER_SEC, &errand->until_s, &errand->error);
    store_hand_over(registrar->store, on_signed, errand);
}

/* Takes the enrolment. */
static void issue(Errand *errand, Enrolment *enrolment, guint64 revision)
{
    errand->enrolment = enrolment;
    errand->revision = revision;
    errand->now = g_get_real_time();
    g_clear_pointer(&errand->certificate, g_free);
    g_thread_pool_push(errand->registrar->signer, errand, NULL);
}

static void decide_token(Errand *errand, Enrolment *enrolment, guint64 revision)
{
    const EnrolmentVerdict verdict = enrolment_judge(enrolment, errand->token, issuer_request_key(errand->asked), g_get_real_time() / 1000);
    if (verdict == ENROLMENT_ISSUE) {
        issue(errand, enrolment, revision);
        return;
    }
    if (verdict == ENROLMENT_AGAIN)
        hand_out(errand, enrolment, TRUE);
    else
        refuse(errand, 403, enrolment_verdict_name(verdict), NULL);
    enrolment_free(enrolment);
}

static void decide_renewal(Errand *errand, Enrolment *enrolment, guint64 revision)
{
    const char *key = issuer_request_key(errand->asked);
    /* Its answer was lost, and it asks again with the old certificate. */
    const gboolean again = enrolment && *enrolment->certificate && strcmp(enrolment->current, key) == 0;
    if (!enrolment_admits(enrolment, errand->before)) {
        refuse(errand, 403, "revoked", NULL);
    } else if (again) {
        hand_out(errand, enrolment, TRUE);
    } else {
        issue(errand, enrolment ? enrolment : enrolment_new(issuer_request_booth(errand->asked)), revision);
        return;
    }
    enrolment_free(enrolment);
}

static void on_known(gpointer data, const StoreResult *result)
{
    Errand *errand = data;
    Enrolment *enrolment = result->verdict == STORE_WON ? enrolment_parse(result->value) : NULL;
    if (result->verdict == STORE_UNRESOLVED || (result->verdict == STORE_WON && !enrolment))
        refuse(errand, 503, "unavailable", NULL);
    else if (errand->before)
        decide_renewal(errand, enrolment, result->revision);
    else
        decide_token(errand, enrolment, result->revision);
}

static void look(Errand *errand)
{
    g_clear_pointer(&errand->enrolment, enrolment_free);
    store_read_enrolment(errand->registrar->store, issuer_request_booth(errand->asked), on_known, errand);
}

/* --- requests ---------------------------------------------------------------------------------------------------------------------------
 */

/* What both kinds have: a message of that type and a request for a certificate in it. NULL: it is answered. */
static json_t *read_message(Registrar *registrar, DoorRequest *request, const char *type, IssuerRequest **asked)
{
    g_autoptr(GError) error = NULL;
    if (!registrar->issuer) {
        reply_refused(request, 503, "closed", "this desk issues no certificates");
        return NULL;
    }
    if (registrar->busy >= REGISTRAR_BUSY_MAX) {
        reply_refused(request, 503, "unavailable", NULL);
        return NULL;
    }
    json_t *message = wire_decode(WIRE_BOOTH_TO_REGISTRAR, request->body, request->length, &error);
    if (message && strcmp(wire_type(message), type) != 0) {
        g_set_error(&error, WIRE_ERROR, 0, "this is the place for \"%s\"", type);
        json_decref(g_steal_pointer(&message));
    }
    const char *csr = wire_string(message, "csr");
    *asked = message ? issuer_request_read(csr, strlen(csr), &error) : NULL;
    if (*asked) return message;
    json_decref(message);
    g_message("%s gets no certificate: %s", request->address, error->message);
    reply_refused(request, 400, "bad_request", error->message);
    return NULL;
}

static Errand *errand_new(Registrar *registrar, DoorRequest *request, IssuerRequest *asked)
{
    Errand *errand = g_new0(Errand, 1);
    errand->registrar = registrar;
    errand->request = request;
    errand->asked = asked;
    errand->address = g_strdup(request->address);
    registrar->busy++;
    return errand;
}

void registrar_enrol(Registrar *registrar, DoorRequest *request)
{
    IssuerRequest *asked = NULL;
    json_t *message = read_message(registrar, request, "enrol", &asked);
    if (!message) return;
    Errand *errand = errand_new(registrar, request, asked);
    const char *token = wire_string(message, "token");
    enrolment_hash(token, strlen(token), errand->token);
    if (strcmp(wire_string(message, "booth"), issuer_request_booth(asked)) == 0)
        look(errand);
    else
        refuse(errand, 403, "foreign", "the request is for another booth than it says");
    json_decref(message);
}

void registrar_renew(Registrar *registrar, DoorRequest *request)
{
    if (!request->identity || !request->key) {
        reply_refused(request, 403, "foreign", "who renews shows the certificate that it has");
        return;
    }
    IssuerRequest *asked = NULL;
    json_t *message = read_message(registrar, request, "renew", &asked);
    if (!message) return;
    json_decref(message);
    Errand *errand = errand_new(registrar, request, asked);
    errand->before = g_strdup(request->key);
    if (strcmp(request->identity, issuer_request_booth(asked)) == 0)
        look(errand);
    else
        refuse(errand, 403, "foreign", "the request is for another booth than the certificate");
}

/* --- making it --------------------------------------------------------------------------------------------------------------------------
 */

/* What is not said of [enrolment] is as [tls] has it. */
static const char *file_of(const Config *config, const char *key)
{
    const char *own = config_string(config, "enrolment", key);
    return *own ? own : config_string(config, "tls", "authority");
}

static gboolean open_files(Registrar *registrar, const Config *config, GError **error)
{
    const IssuerSettings settings = {file_of(config, "certificate"), config_string(config, "enrolment", "key"),
                                     config_int(config, "enrolment", "lifetime_s")};
    if (!*settings.key) return TRUE;
    registrar->issuer = issuer_new(&settings, error);
    if (!registrar->issuer) return FALSE;
    if (g_file_get_contents(file_of(config, "authority"), &registrar->authority, NULL, error)) return TRUE;
    g_prefix_error(error, "[enrolment] authority: ");
    return FALSE;
}

Registrar *registrar_new(const Config *config, Store *store, GError **error)
{
    Registrar *registrar = g_new0(Registrar, 1);
    registrar->store = store;
    registrar->signer = g_thread_pool_new_full(sign, registrar, (GDestroyNotify)errand_free, 1, FALSE, NULL);
    if (open_files(registrar, config, error)) return registrar;
    registrar_free(registrar);
    return NULL;
}

void registrar_free(Registrar *registrar)
{
    if (!registrar) return;
    g_thread_pool_free(registrar->signer, TRUE, TRUE); /* waits for the one that is being signed */
    issuer_free(registrar->issuer);
    g_free(registrar->authority);
    g_free(registrar);
}
