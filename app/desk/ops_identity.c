/* What ops decide on a booth's identity: that it may take calls again after it was seen twice, or that its token and certificate are good
 * for nothing any more. It stands in the enrolment, by compare-and-set; every desk is told to look. */
#define G_LOG_DOMAIN "desk"

#include <string.h>

#include "desk/admit.h"
#include "desk/enrolment.h"
#include "desk/ops_state.h"

#define ATTEMPTS 5 /* of writing it, when somebody else writes meanwhile */

typedef struct {
    Ops *ops;
    DoorRequest *request;
    SessionUser user;
    char *address, *booth;
    gboolean revoke;
    guint attempts;
} Decision;

gboolean ops_is_decision(const char *what)
{
    return strcmp(what, "release") == 0 || strcmp(what, "revoke") == 0;
}

/* A revoked booth needs a visit to come back. */
Role ops_decision_role(const char *what)
{
    return strcmp(what, "revoke") == 0 ? ROLE_ADMIN : ROLE_OPERATOR;
}

/* code: NULL, it is done. */
static void end(Decision *decision, guint status, const char *code, const char *sentence)
{
    const char *const what = decision->revoke ? "revoke" : "release", *const role = role_name(decision->user.role);
    ops_note(decision->ops, &(OpsDeed){decision->user.name, role, decision->address, what, decision->booth, "", code ? code : "done"});
    if (code)
        ops_reply_error(decision->request, status, code, sentence);
    else
        ops_reply_json(decision->request, 200, json_pack("{s:b, s:s}", "ok", TRUE, "text", ""));
    g_free(decision->address);
    g_free(decision->booth);
    g_free(decision);
}

static void read_first(Decision *decision);

static void on_written(gpointer data, const StoreResult *result)
{
    Decision *decision = data;
    if (result->verdict == STORE_WON) {
        exchange_decided(decision->ops->exchange, decision->booth);
        end(decision, 200, NULL, "");
    } else if (result->verdict == STORE_LOST && ++decision->attempts < ATTEMPTS) {
        read_first(decision);
    } else {
        end(decision, 503, "unavailable", "the bus did not take it");
    }
}

static void on_read(gpointer data, const StoreResult *result)
{
    Decision *decision = data;
    if (result->verdict == STORE_UNRESOLVED) {
        end(decision, 503, "unavailable", "the bus did not tell of the booth");
        return;
    }
    g_autoptr(Enrolment) enrolment = result->verdict == STORE_WON ? enrolment_parse(result->value) : enrolment_new(decision->booth);
    if (!enrolment) {
        end(decision, 409, "refused", "what the bus has of the booth makes no sense");
        return;
    }
    if (decision->revoke) {
        enrolment_revoke(enrolment);
    } else if (!enrolment_release(enrolment)) {
        end(decision, 409, "not_twice", "the booth is not known to be there twice");
        return;
    }
    g_autofree char *text = enrolment_format(enrolment);
    store_put_enrolment(exchange_store(decision->ops->exchange), decision->booth, text, result->revision, on_written, decision);
}

static void read_first(Decision *decision)
{
    store_read_enrolment(exchange_store(decision->ops->exchange), decision->booth, on_read, decision);
}

void ops_decide(Ops *ops, DoorRequest *request, const SessionUser *user, const char *booth, const char *what)
{
    const Decision decision = {ops, request, *user, admit_household(request->address), g_strdup(booth), strcmp(what, "revoke") == 0, 0};
    read_first(g_memdup2(&decision, sizeof decision));
}
