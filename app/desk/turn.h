/* turn: the STUN and TURN servers that the desk tells both ends of a call, with short-lived credentials.
 *
 * Credentials follow "A REST API For Access To TURN Services" (draft-uberti-behave-turn-rest-00), which coturn's use-auth-secret takes: the
 * user name is "EXPIRY:USER" with the expiry in Unix seconds, the password base64(HMAC-SHA1(secret, user name)). Read-only after
 * turn_new(): any thread. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "config/config.h"

typedef struct Turn Turn;

#define TURN_ERROR (turn_error_quark())
GQuark turn_error_quark(void);

/* Reads [ice] stun, turn, turn_secret_file, turn_lifetime_s. NULL with one sentence for a person: a URL that is none, a TURN server without
 * a secret, a secret that cannot be read or is empty. */
Turn *turn_new(const Config *config, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void turn_free(Turn *turn); /* NULL is fine; wipes the secret */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Turn, turn_free)

/* A new array for WebRTC's RTCConfiguration.iceServers: [{"urls":[..]}, {"urls":[..],"username":"..","credential":".."}]; empty without
 * servers. user: who the credential is for, the call's id ([A-Za-z0-9-]); it shows in the TURN server's log. */
json_t *turn_ice_servers(const Turn *turn, const char *user, gint64 now_utc_ms) G_GNUC_WARN_UNUSED_RESULT;
