/* provision: what IT writes into booth.txt, and what the system is told of it.
 *
 * booth.txt is a key file like booth.conf: its own sections below, and those of booth.conf that a store may choose, checked by the same
 * rules. Everything here is pure: text in, text out; who writes files is boothctl provision. One thread at a time. */
#pragma once

#include <glib.h>

typedef struct Provision Provision;

/* Where the image keeps things; written into the booth.conf that comes out. */
typedef struct {
    const char *state; /* the agent's folder */
    const char *share;
    const char *tls;      /* folder with authority.crt, booth.crt and booth.key */
    const char *mistakes; /* file with what is wrong in booth.txt */
} ProvisionPlaces;

/* Reads and checks the file whole. path is read, shown_as stands in the errors. NULL with a CONFIG_ERROR that names the line. */
Provision *provision_read(const char *path, const char *shown_as, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void provision_free(Provision *provision); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Provision, provision_free)

/* Texts to g_free(); NULL where booth.txt says nothing of it. */
char *provision_booth_conf(const Provision *provision, const ProvisionPlaces *places);
char *provision_network(const Provision *provision);             /* for systemd-networkd */
char *provision_time(const Provision *provision);                /* for systemd-timesyncd */
char *provision_wireless(const Provision *provision);            /* for iwd: the file of the network */
char *provision_ssh_keys(const Provision *provision);            /* authorized_keys */
const char *provision_booth(const Provision *provision);         /* the id */
const char *provision_wireless_name(const Provision *provision); /* "" without one; at most 32 bytes */

/* text of booth.txt with every secret's value overwritten by as many *; the same length. The file keeps its size, so that the secrets can
 * be overwritten where they lie. NULL when there is none to hide. */
char *provision_scrub(const char *text);
/* text, with each secret that is only * taken from kept, the text of before; to g_free(). */
char *provision_restore(const char *text, const char *kept);

/* What enrols the booth; NULL where booth.txt has none, or has it no more. */
char *provision_token(const Provision *provision);     /* to g_free() */
char *provision_authority(const Provision *provision); /* PEM, to g_free() */
/* text without the token: as many *. NULL when there is none to hide. */
char *provision_forget_token(const char *text);

/* template (rootfs/booth.txt) with the key of that section set to value, where the template has its commented line, else at the section's
 * end, else in a new section at the end. To g_free(). value is one line. */
char *provision_fill(const char *template, const char *group, const char *key, const char *value);
