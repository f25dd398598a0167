#include "agent/enroller.h"

#include "enrol/credentials.h"
#include "link/post.h"
#include "wire/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define TOKEN_MAX 64

static const char *const problems[ENROL_PROBLEMS] = {"token_used",        "token_expired",     "token_foreign",
                                                     "enrolment_refused", "enrolment_missing", "renewal_failing"};
static const char *const states[] = {
    [ENROL_MISSING] = "missing", [ENROL_ASKING] = "asking", [ENROL_REFUSED] = "refused", [ENROL_DONE] = "done"};

struct Enroller {
    const Config *config;
    const EnrolEvents *events;
    TransportIdentity identity;
    const char *token_file;
    EnrolState state;
    const char *problem;   /* one of the names, or NULL */
    char *why;             /* one sentence, or "" */
    gint64 renew_at, ends; /* Unix s */
    double chance;
    Backoff backoff;
    guint timer;
    GCancellable *asking; /* a thread is at it */
};

/* What the thread works with and comes to; it touches nothing else. */
typedef struct {
    TransportIdentity identity; /* of config, which outlives the thread's work: enroller_free() waits for no one, so copies */
    char *authority, *certificate, *key;
    char **addresses;
    char *booth, *token; /* token NULL: a renewal */
    char *refusal;       /* the protocol's word, when the centre said no for good */
} Errand;

static void errand_free(gpointer data)
{
    Errand *errand = data;
    if (errand->token) explicit_bzero(errand->token, strlen(errand->token));
    g_free(errand->authority);
    g_free(errand->certificate);
    g_free(errand->key);
    g_strfreev(errand->addresses);
    g_free(errand->booth);
    g_free(errand->token);
    g_free(errand->refusal);
    g_free(errand);
}

/* --- on the thread: asking --------------------------------------------------------------------------------------------------------------
 */

static char *compose(const Errand *errand, GError **error)
{
    g_autofree char *csr = credentials_request(&errand->identity, errand->booth, error);
    if (!csr) return NULL;
    json_t *message = errand->token
                          ? json_pack("{s:s, s:s, s:s, s:s}", "t", "enrol", "booth", errand->booth, "token", errand->token, "csr", csr)
                          : json_pack("{s:s, s:s}", "t", "renew", "csr", csr);
    return wire_encode(WIRE_BOOTH_TO_REGISTRAR, message);
}

/* FALSE with a sentence; errand->refusal when asking again is of no use. */
static gboolean take_answer(Errand *errand, guint status, const char *text, GError **error)
{
    json_t *answer = wire_decode(WIRE_REGISTRAR_TO_BOOTH, text, strlen(text), NULL);
    gboolean done = FALSE;
    if (!answer) {
        g_set_error(error, POST_ERROR, 0, "the desk answered %u and nothing that is understood", status);
    } else if (strcmp(wire_type(answer), "enrolled") == 0) {
        const char *authority = wire_string(answer, "authority");
        done =
            credentials_install(&errand->identity, errand->booth, wire_string(answer, "certificate"), *authority ? authority : NULL, error);
    } else {
        const char *why = wire_string(answer, "why"), *detail = wire_string(answer, "detail");
        g_set_error(error, POST_ERROR, 0, "the desk gives no certificate: %s%s%s", why, *detail ? ": " : "", detail);
        if (status >= 400 && status < 500) errand->refusal = g_strdup(why);
    }
    json_decref(answer);
    return done;
}

static gboolean ask_one(Errand *errand, const char *address, const char *body, GCancellable *cancellable, GError **error)
{
    const TransportIdentity stranger = {.authority = errand->authority};
    const PostRequest request = {.address = address,
                                 .path = errand->token ? "/enrol" : "/renew",
                                 .identity = errand->token ? &stranger : &errand->identity,
                                 .body = body};
    guint status = 0;
    g_autofree char *answer = post_ask(&request, &status, cancellable, error);
    return answer && take_answer(errand, status, answer, error);
}

static void ask(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    (void)source;
    Errand *errand = data;
    g_autoptr(GError) error = NULL;
    gboolean done = FALSE;
    g_autofree char *body = compose(errand, &error);
    for (guint i = 0; body && !done && !errand->refusal && errand->addresses[i] && !g_cancellable_is_cancelled(cancellable); i++) {
        g_clear_error(&error);
        done = ask_one(errand, errand->addresses[i], body, cancellable, &error);
    }
    if (body) explicit_bzero(body, strlen(body));
    if (done)
        g_task_return_boolean(task, TRUE);
    else
        g_task_return_error(task, error ? g_steal_pointer(&error) : g_error_new(POST_ERROR, 0, "there is no address of a desk"));
}

/* --- in the main context ----------------------------------------------------------------------------------------------------------------
 */

static void plan(Enroller *enroller);

static gboolean has_token(const Enroller *enroller)
{
    return *enroller->token_file && g_file_test(enroller->token_file, G_FILE_TEST_EXISTS);
}

/* Overwritten first: what held it may be read from the card later. */
static void forget_token(const Enroller *enroller)
{
    char blank[TOKEN_MAX];
    memset(blank, '*', sizeof blank);
    int file = has_token(enroller) ? g_open(enroller->token_file, O_WRONLY | O_CLOEXEC, 0) : -1;
    if (file < 0) return;
    if (write(file, blank, sizeof blank) < 0 || fsync(file) != 0) g_warning("the token cannot be overwritten: %s", g_strerror(errno));
    close(file);
    g_unlink(enroller->token_file);
}

static char *read_token(const Enroller *enroller)
{
    g_autofree char *text = NULL;
    gsize length = 0;
    if (!has_token(enroller) || !g_file_get_contents(enroller->token_file, &text, &length, NULL)) return NULL;
    g_strstrip(text);
    const gsize span = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");
    /* Only a token in form is asked with; anything else is foreign already. */
    return span > 0 && span <= TOKEN_MAX && !text[span] ? g_steal_pointer(&text) : NULL;
}

static void stand(Enroller *enroller, EnrolState state, const char *problem, const char *why)
{
    const gboolean same = enroller->state == state && g_strcmp0(enroller->problem, problem) == 0 && g_strcmp0(enroller->why, why) == 0;
    if (*why && g_strcmp0(enroller->why, why) != 0) g_message("enrolment: %s", why);
    enroller->state = state;
    enroller->problem = problem;
    if (same) return;
    g_free(enroller->why);
    enroller->why = g_strdup(why);
    enroller->events->changed(enroller->events->data);
}

const char *enroller_problem_of(const char *why)
{
    if (strcmp(why, "used") == 0) return "token_used";
    if (strcmp(why, "expired") == 0) return "token_expired";
    return strcmp(why, "foreign") == 0 ? "token_foreign" : "enrolment_refused";
}

static void read_dates(Enroller *enroller)
{
    enroller->chance = g_random_double();
    enroller->renew_at = credentials_renew_at(&enroller->identity, enroller->chance, &enroller->ends);
}

static void succeed(Enroller *enroller)
{
    forget_token(enroller);
    read_dates(enroller);
    backoff_reset(&enroller->backoff);
    g_message("the booth has a %s certificate", enroller->state == ENROL_DONE ? "new" : "first");
    stand(enroller, ENROL_DONE, NULL, "");
    enroller->events->renewed(enroller->events->data);
}

/* With a certificate in hand the booth works on; how long is what ops should know. */
static void fail(Enroller *enroller, const char *refusal, const char *why)
{
    const gboolean has_one = credentials_exist(&enroller->identity);
    if (refusal && has_one && has_token(enroller)) {
        g_warning("the token in booth.txt was refused; the booth keeps the certificate that it has");
        forget_token(enroller);
        stand(enroller, ENROL_DONE, NULL, why);
    } else if (has_one) {
        stand(enroller, ENROL_DONE, "renewal_failing", why);
    } else if (refusal) {
        stand(enroller, ENROL_REFUSED, enroller_problem_of(refusal), why);
    } else {
        stand(enroller, ENROL_ASKING, NULL, why);
    }
}

static void on_asked(GObject *object, GAsyncResult *result, gpointer data)
{
    (void)object;
    Enroller *enroller = data;
    g_autoptr(GError) error = NULL;
    const gboolean done = g_task_propagate_boolean(G_TASK(result), &error);
    const Errand *errand = g_task_get_task_data(G_TASK(result));
    if (g_cancellable_is_cancelled(g_task_get_cancellable(G_TASK(result)))) return; /* there is no enroller any more */
    g_clear_object(&enroller->asking);
    if (done)
        succeed(enroller);
    else
        fail(enroller, errand->refusal, error->message);
    plan(enroller);
}

static void start(Enroller *enroller, char *token)
{
    Errand *errand = g_new0(Errand, 1);
    errand->authority = g_strdup(enroller->identity.authority);
    errand->certificate = g_strdup(enroller->identity.certificate);
    errand->key = g_strdup(enroller->identity.key);
    errand->identity = (TransportIdentity){errand->authority, errand->certificate, errand->key};
    errand->addresses = g_strdupv((char **)config_list(enroller->config, "desk", "address"));
    errand->booth = g_strdup(config_string(enroller->config, "booth", "id"));
    errand->token = token;
    enroller->asking = g_cancellable_new();
    g_autoptr(GTask) task = g_task_new(NULL, enroller->asking, on_asked, enroller);
    g_task_set_check_cancellable(task, FALSE);
    g_task_set_task_data(task, errand, errand_free);
    g_task_run_in_thread(task, ask);
}

static gboolean on_time(gpointer data)
{
    Enroller *enroller = data;
    enroller->timer = 0;
    char *token = read_token(enroller);
    const gboolean due = enroller->renew_at && g_get_real_time() / G_USEC_PER_SEC >= enroller->renew_at;
    if (token || due)
        start(enroller, token);
    else if (has_token(enroller) && !credentials_exist(&enroller->identity))
        fail(enroller, "foreign", "the token is no token: letters, digits, - _ and . alone");
    if (!enroller->asking) plan(enroller);
    return G_SOURCE_REMOVE;
}

/* How long until it should be looked at again, ms. */
static guint next_look(Enroller *enroller)
{
    const gint64 left = enroller->renew_at - g_get_real_time() / G_USEC_PER_SEC;
    if (enroller->state == ENROL_REFUSED) return ENROL_REFUSED_RETRY;
    enroller->backoff.limit_ms = enroller->state == ENROL_DONE ? ENROL_RENEW_LIMIT : ENROL_RETRY_LIMIT;
    if (enroller->state == ENROL_ASKING || (enroller->renew_at && left <= 0)) return backoff_next(&enroller->backoff, g_random_double());
    return enroller->renew_at ? (guint)CLAMP(left * 1000, 500, ENROL_LOOK_MS) : ENROL_LOOK_MS;
}

static void plan(Enroller *enroller)
{
    if (!enroller->timer) enroller->timer = g_timeout_add(next_look(enroller), on_time, enroller);
}

Enroller *enroller_new(const Config *config, const EnrolEvents *events)
{
    Enroller *enroller = g_new0(Enroller, 1);
    enroller->config = config;
    enroller->events = events;
    enroller->identity = (TransportIdentity){config_string(config, "tls", "authority"), config_string(config, "tls", "certificate"),
                                             config_string(config, "tls", "key")};
    enroller->token_file = config_string(config, "tls", "token");
    enroller->backoff = (Backoff){ENROL_RETRY_FIRST, ENROL_RETRY_LIMIT, 0};
    enroller->why = g_strdup("");
    credentials_recover(&enroller->identity);
    read_dates(enroller);
    const gboolean has_one = credentials_exist(&enroller->identity);
    enroller->state = has_one ? ENROL_DONE : has_token(enroller) ? ENROL_ASKING : ENROL_MISSING;
    if (enroller->state == ENROL_MISSING) enroller->problem = "enrolment_missing";
    enroller->timer = g_timeout_add(0, on_time, enroller);
    return enroller;
}

void enroller_free(Enroller *enroller)
{
    if (!enroller) return;
    if (enroller->timer) g_source_remove(enroller->timer);
    if (enroller->asking) g_cancellable_cancel(enroller->asking);
    g_clear_object(&enroller->asking);
    g_free(enroller->why);
    g_free(enroller);
}

EnrolState enroller_state(const Enroller *enroller)
{
    return enroller->state;
}

gboolean enroller_may_link(const Enroller *enroller)
{
    return enroller->state == ENROL_DONE || enroller->state == ENROL_MISSING;
}

const char *enroller_problem_name(guint i)
{
    return problems[i];
}

gboolean enroller_has_problem(const Enroller *enroller, guint i)
{
    return g_strcmp0(enroller->problem, problems[i]) == 0;
}

json_t *enroller_json(const Enroller *enroller)
{
    return json_pack("{s:s, s:s, s:I}", "state", states[enroller->state], "why", enroller->why, "until_utc",
                     (json_int_t)enroller->ends * 1000);
}
