/* session: who is logged in to the ops page. A session is a token that every desk can check by itself, signed with the secret that all
 * desks share; nothing of it is kept but which ones were ended before their time. It counts as long as its account has the same role and
 * password. And a throttle on attempts to log in. Pure but for the account's file; one thread. */
#pragma once

#include "desk/account.h"

#define SESSION_S         (8 * 3600)
#define SESSION_COOKIE    "livebooth_ops"
#define SESSION_FREE      5 /* wrong attempts before one has to wait, */
#define SESSION_WAIT_S    2 /* so long, doubled by each further one, up to */
#define SESSION_WAIT_MAX  120
#define SESSION_TRIES_MAX 4096 /* names and addresses that are remembered */

typedef struct Sessions Sessions;

typedef struct {
    char name[ACCOUNT_NAME_MAX + 1];
    Role role; /* ROLE_NONE: nobody is logged in */
} SessionUser;

/* accounts: path of the file; "" is none, then nobody is ever logged in. Copied. */
Sessions *sessions_new(const char *accounts);
void sessions_free(Sessions *sessions); /* NULL is fine */
const char *sessions_accounts(const Sessions *sessions);

/* The token of a new session, to g_free(). */
char *session_begin(const Sessions *sessions, const char *secret, const char *name, const char *stamp, gint64 utc_s);
/* Who the Cookie header says it is. secret NULL: nobody can be told yet. */
SessionUser session_find(const Sessions *sessions, const char *secret, const char *cookie, gint64 utc_s);
/* The token in a Cookie header, to g_free(); NULL: none. */
char *session_token(const char *cookie);
/* A token does not count any more. */
void session_end(Sessions *sessions, const char *token, gint64 utc_s);

/* Seconds until this name or address may try again; 0: now. */
guint session_wait(const Sessions *sessions, const char *name, const char *address, gint64 mono_ms);
/* right: what was wrong before is forgotten. */
void session_tried(Sessions *sessions, const char *name, const char *address, gboolean right, gint64 mono_ms);
