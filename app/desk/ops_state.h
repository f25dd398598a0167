/* ops_state: what the parts of ops share; for ops*.c alone. One thread. */
#pragma once

#include "desk/bundle_intake.h"
#include "desk/bundle_store.h"
#include "desk/fleet.h"
#include "desk/fleet_watch.h"
#include "desk/ops.h"
#include "desk/session.h"

#define OPS_TICK_MS       1000
#define OPS_RECHECK_MS    10000 /* of the sessions of links */
#define OPS_ASK_MS        12000 /* for a booth to answer */
#define OPS_ASKED_MAX     256   /* that wait for booths */
#define OPS_CHECKS_MAX    16    /* log-ins that wait for their hash */
#define OPS_LINKS_MAX     500
#define OPS_DELTA_MAX     (128 * 1024) /* bytes of changed rows in one message; when there is more, pages fetch all */
#define OPS_PICTURE_MAX   16           /* chunks */
#define OPS_REFERENCE_MAX 2048         /* bytes of a reference to a shopper's data */

struct Ops {
    Exchange *exchange;
    ExchangeHooks hooks;
    DoorEvents events;
    FleetWatchEvents watch_events;
    Fleet *fleet;
    FleetWatch *watch;
    Sessions *sessions;
    GThreadPool *checks;
    GAsyncQueue *checked; /* of log-ins that are hashed */
    char **servers;
    GThreadPool *shoppers; /* wishes on a shopper's data */
    GAsyncQueue *shoppers_told;
    gint stopping;
    GHashTable *gathers; /* id → who waits for the desks' links of a booth */
    GHashTable *asked;   /* id → Asked */
    BundleIntake *intake;
    BundleStore *bundles;
    GQueue trail;       /* of char *, oldest first */
    guint64 trail_last; /* sequence */
    GQueue links;       /* of OpsLink */
    guint64 told;       /* revision of the fleet that links have heard of */
    char *line_told;
    gint64 ticked, rechecked;
    char *rules; /* the value of the key "settings", or NULL */
    guint64 rules_revision;
};

/* --- ops.c: answers */
void ops_reply(DoorRequest *request, guint status, const char *type, const char *text);
void ops_reply_json(DoorRequest *request, guint status, json_t *answer);                          /* takes answer */
void ops_reply_error(DoorRequest *request, guint status, const char *code, const char *sentence); /* for scripts and people */
char *ops_query(const DoorRequest *request, const char *name); /* a member of the query, to g_free(); NULL: it has none */

/* --- ops_login.c */
/* Whether the request is by somebody with this role at least, and, where something is changed, from a page of this desk. FALSE: it was
 * answered, and what (NULL: nothing) noted in the trail as refused. */
gboolean ops_allow(Ops *ops, DoorRequest *request, Role least, const char *what, const char *target, SessionUser *ret_user);
void ops_checked(Ops *ops); /* log-ins whose password was hashed */

/* --- ops_trail.c */
typedef struct {
    const char *who, *role, *address, *what, *target, *detail, *result; /* NULL is "" */
} OpsDeed;
void ops_note(Ops *ops, const OpsDeed *deed);
void ops_take_trail(Ops *ops, guint64 sequence, const char *entry); /* as FleetWatchEvents.audit */

/* --- ops_actions.c */
void ops_heard(Ops *ops, const char *subject, const char *text);
void ops_settings_changed(Ops *ops, const char *text, guint64 revision);
void ops_expire(Ops *ops, gint64 now, gboolean all);

/* --- ops_identity.c */
gboolean ops_is_decision(const char *what); /* "release" or "revoke" */
Role ops_decision_role(const char *what);   /* who may decide so */
/* Of an allowed request: answers it when the bus has it, and notes it in the trail. */
void ops_decide(Ops *ops, DoorRequest *request, const SessionUser *user, const char *booth, const char *what);

/* --- ops_bundles.c */
/* Tells a booth that is linked here, and waits for what it sends. text: the command. */
void ops_bundle_ask(Ops *ops, const char *booth, const json_t *command, const char *text);
/* The booth has answered a command: if a bundle is awaited by it, it will come or it will not. */
void ops_bundle_answered(Ops *ops, const char *booth, const char *id, gboolean ok);
void ops_bundle_take(void *data, const char *booth, const json_t *message); /* as ExchangeHooks.bundle */
void ops_bundles_tick(Ops *ops, gint64 now);

/* --- ops_privacy.c */
void ops_shoppers_told(Ops *ops);

/* --- ops_places.c */
void ops_gather_free(gpointer data);
gboolean ops_places_heard(Ops *ops, const char *subject, const char *text); /* FALSE: it is of something else */
void ops_places_tick(Ops *ops, gint64 now);

/* --- ops_links.c */
void ops_links_events(Ops *ops, DoorEvents *events);
void ops_links_tick(Ops *ops, gint64 now);
void ops_links_clear(Ops *ops);
