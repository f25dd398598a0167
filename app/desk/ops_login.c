/* Logging in and out, and who may do what. */
#define G_LOG_DOMAIN "desk"

#include <openssl/crypto.h>
#include <string.h>

#include "desk/admit.h"
#include "desk/ops_state.h"
#include "desk/routes.h"
#include "wire/wire.h"

typedef struct {
    DoorRequest *request;
    char *accounts, *name, *password, *address;
    gboolean secure;
    Role role;
    char stamp[ACCOUNT_STAMP];
} Check;

static gint64 mono_ms(void)
{
    return g_get_monotonic_time() / 1000;
}

static gint64 utc_s(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

/* A browser says where the page comes from with everything that changes something; another site's page is turned away. */
static gboolean is_own_page(const DoorRequest *request)
{
    return *request->origin && admit_origin(request->origin, request->host, NULL);
}

gboolean ops_allow(Ops *ops, DoorRequest *request, Role least, const char *what, const char *target, SessionUser *ret_user)
{
    const char *why = NULL;
    gboolean changes = strcmp(request->method, "GET") != 0;
    *ret_user = session_find(ops->sessions, exchange_secret(ops->exchange), request->cookie, utc_s());
    if (ret_user->role == ROLE_NONE)
        why = "log_in";
    else if (changes && !is_own_page(request))
        why = "origin";
    else if (ret_user->role < least)
        why = "role";
    if (!why) return TRUE;
    if (what) {
        g_autofree char *household = admit_household(request->address);
        ops_note(ops, &(OpsDeed){.who = ret_user->name,
                                 .role = role_name(ret_user->role),
                                 .address = household,
                                 .what = what,
                                 .target = target,
                                 .detail = why,
                                 .result = "refused"});
    }
    if (strcmp(why, "log_in") == 0)
        ops_reply_error(request, 401, why, "log in first");
    else if (strcmp(why, "origin") == 0)
        ops_reply_error(request, 403, why, "this may only be asked by a page of this desk");
    else
        ops_reply_error(request, 403, why, "your role does not allow this");
    return FALSE;
}

/* --- logging in: the hash is made on a thread of its own ---------------------------------------------------------------------------- */

static void check_free(Check *check)
{
    OPENSSL_cleanse(check->password, strlen(check->password));
    g_free(check->accounts);
    g_free(check->name);
    g_free(check->password);
    g_free(check->address);
    g_free(check);
}

static void hash(gpointer data, gpointer user_data)
{
    Check *check = data;
    Ops *ops = user_data;
    check->role = account_check(check->accounts, check->name, check->password, check->stamp);
    g_async_queue_push(ops->checked, check);
    const StoreEvents *events = exchange_store_events(ops->exchange);
    events->wake(events->data);
}

static void let_in(Ops *ops, Check *check)
{
    const char *secret = exchange_secret(ops->exchange);
    g_autofree char *token = session_begin(ops->sessions, secret, check->name, check->stamp, utc_s());
    g_autofree char *cookie = g_strdup_printf(SESSION_COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%d%s", token, SESSION_S,
                                              check->secure ? "; Secure" : "");
    g_autofree char *text = g_strdup_printf("{\"name\":\"%s\",\"role\":\"%s\"}", check->name, role_name(check->role));
    g_autoptr(GBytes) body = g_bytes_new(text, strlen(text));
    const char *const headers[] = {"content-type:", "application/json", "set-cookie:", cookie, NULL};
    door_reply(check->request, 200, headers, body);
}

void ops_checked(Ops *ops)
{
    for (Check *check; (check = g_async_queue_try_pop(ops->checked));) {
        gboolean right = check->role != ROLE_NONE;
        if (right) session_tried(ops->sessions, check->name, check->address, TRUE, mono_ms());
        ops_note(ops, &(OpsDeed){.who = account_is_name(check->name) ? check->name : "?",
                                 .role = role_name(check->role),
                                 .address = check->address,
                                 .what = "log_in",
                                 .result = right ? "done" : "refused",
                                 .detail = right ? "" : "password"});
        if (right && exchange_secret(ops->exchange))
            let_in(ops, check);
        else if (right)
            ops_reply_error(check->request, 503, "unavailable", "the bus is away");
        else
            ops_reply_error(check->request, 401, "wrong", "name and password do not fit");
        check_free(check);
    }
}

static void begin_check(Ops *ops, DoorRequest *request, const char *name, const char *password, const char *household)
{
    Check *check = g_new0(Check, 1);
    /* Wrong until it proves right: those that are sent all at once count as well. */
    session_tried(ops->sessions, name, household, FALSE, mono_ms());
    check->request = request;
    check->accounts = g_strdup(sessions_accounts(ops->sessions));
    check->name = g_strdup(name);
    check->password = g_strdup(password);
    check->address = g_strdup(household);
    check->secure = request->secure;
    if (!ops->checks) ops->checks = g_thread_pool_new(hash, ops, 1, FALSE, NULL);
    g_thread_pool_push(ops->checks, check, NULL);
}

void ops_login(void *data, DoorRequest *request)
{
    Ops *ops = ((RouteParts *)data)->ops;
    json_t *body = json_loadb(request->body, request->length, JSON_REJECT_DUPLICATES, NULL);
    const char *name = wire_string(body, "name"), *password = wire_string(body, "password");
    g_autofree char *household = admit_household(request->address);
    gboolean fits =
        json_object_size(body) == 2 && *name && strlen(name) <= ACCOUNT_NAME_MAX && *password && strlen(password) <= ACCOUNT_PASSWORD_MAX;
    guint wait = fits ? session_wait(ops->sessions, name, household, mono_ms()) : 0;
    if (!is_own_page(request))
        ops_reply_error(request, 403, "origin", "this may only be asked by a page of this desk");
    else if (!fits)
        ops_reply_error(request, 400, "bad_request", "a name and a password are needed");
    else if (!*sessions_accounts(ops->sessions))
        ops_reply_error(request, 503, "no_accounts", "[ops] accounts is not set in desk.conf: nobody can log in");
    else if (wait)
        ops_reply_json(request, 429,
                       json_pack("{s:s, s:s, s:i}", "error", "too_fast", "text", "too many wrong attempts; wait", "wait_s", (int)wait));
    else if (ops->checks && g_thread_pool_unprocessed(ops->checks) >= OPS_CHECKS_MAX)
        ops_reply_error(request, 503, "unavailable", "too many log-ins at once");
    else
        begin_check(ops, request, name, password, household);
    json_decref(body);
}

void ops_logout(void *data, DoorRequest *request)
{
    SessionUser user;
    Ops *ops = ((RouteParts *)data)->ops;
    if (!ops_allow(ops, request, ROLE_VIEWER, NULL, NULL, &user)) return;
    g_autofree char *token = session_token(request->cookie), *household = admit_household(request->address);
    session_end(ops->sessions, token, utc_s());
    store_signal(exchange_store(ops->exchange), "ops.ended", token);
    ops_note(ops, &(OpsDeed){.who = user.name, .role = role_name(user.role), .address = household, .what = "log_out", .result = "done"});
    g_autoptr(GBytes) body = g_bytes_new_static("{}", 2);
    static const char *const headers[] = {"content-type:", "application/json",
                                          "set-cookie:", SESSION_COOKIE "=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0", NULL};
    door_reply(request, 200, headers, body);
}
