/* update: installs an update bundle into the slot that does not run, beside whatever the booth does, and has the machine started again when
 * no call is in hand.
 *
 * RAUC (de.pengutronix.rauc on the booth's bus) checks, fetches and writes; what is in the other slot or in this one already is not fetched
 * again, so that after a cut only the rest is. What is under way is kept in a file: after a power cut or a restart of the agent it goes on
 * by itself. A source that cannot be reached is tried again, later each time, UPDATE_TRIES_MAX times. Main context only. */
#pragma once

#include <gio/gio.h>
#include <jansson.h>

#define UPDATE_FILE      "update" /* in the state folder: the source that is being installed */
#define UPDATE_TRIES_MAX 50
#define UPDATE_RETRY_MS  10000 /* before the second try; doubled up to */
#define UPDATE_RETRY_MAX 600000
#define UPDATE_ANSWER_MS (120 * 1000) /* RAUC may take so long to look into a bundle */

typedef struct Update Update;

typedef struct {
    void (*changed)(void *data); /* what update_json() says */
    void *data;
} UpdateEvents;

/* bus and events must outlive it. Goes on with what was under way in folder. running: the version that runs. */
Update *update_new(GDBusConnection *bus, const char *folder, const char *running, const UpdateEvents *events);
void update_free(Update *update); /* NULL is fine; an installation in hand goes on without it */

/* Begins; what comes of it is told by changed(). FALSE with a sentence: no source, or another one is being installed. */
gboolean update_install(Update *update, const char *source, GError **error);

/* Whether the machine must not be restarted now: a call rings, runs or is wrapped up. */
void update_set_busy(Update *update, gboolean busy);

/* A new reference: state "none", "checking", "installing", "waiting" (for another try), "installed" (starts with the next restart, which
 * comes when no call is in hand), "failed"; source, version ("" until known), percent, why (a sentence, "" when there is nothing to say).
 */
json_t *update_json(const Update *update);
