/* account: who may log in to the ops page: a file of a line each, "name:role:hash", hashes by crypt(3) with yescrypt. The file is read
 * anew each time, so that a change counts at once. Any thread. */
#pragma once

#include <glib.h>

#define ACCOUNT_NAME_MAX     32
#define ACCOUNT_PASSWORD_MIN 10 /* bytes */
#define ACCOUNT_PASSWORD_MAX 256
#define ACCOUNT_STAMP        17 /* bytes of a stamp with its NUL */

typedef enum {
    ROLE_NONE,
    ROLE_VIEWER,   /* sees the fleet, its figures and calls */
    ROLE_OPERATOR, /* and acts on booths, sends notices, changes settings */
    ROLE_ADMIN,    /* and reads the audit trail */
} Role;

const char *role_name(Role role);           /* "viewer", ...; "none" */
Role role_from_name(const char *name);      /* ROLE_NONE when it is none */
gboolean account_is_name(const char *name); /* [a-z0-9._-]{1,32}, beginning with a letter or digit */

#define ACCOUNT_ERROR (account_error_quark())
GQuark account_error_quark(void);

/* Adds an account, or gives one that is there a new role and password. The file is made with mode 0600. Takes some 0.1 s. FALSE with a
 * sentence for a person. */
gboolean account_set(const char *path, const char *name, Role role, const char *password, GError **error);
gboolean account_remove(const char *path, const char *name, GError **error);
/* "name role" a line, to g_free(); NULL with a sentence. */
char *account_list(const char *path, GError **error);

/* The role of an account, ROLE_NONE when there is none. stamp: changes whenever its role or password does. */
Role account_find(const char *path, const char *name, char stamp[ACCOUNT_STAMP]);
/* The same if the password is right. Takes as long for a name that does not exist. Some 0.1 s: not for the door's thread. */
Role account_check(const char *path, const char *name, const char *password, char stamp[ACCOUNT_STAMP]);
