/* authority: a small certificate authority for booths and desks, P-256 with SHA-256, PEM files.
 *
 * A folder holds authority.crt, which desks and booths are given, and authority.key (0600), which never leaves it. A desk's certificate
 * names its hosts (subjectAltName, serverAuth); a booth's common name is its id (clientAuth), and the desk takes it for who is calling.
 * Times are Unix seconds. Files are written whole or not at all. Blocking; one thread at a time for one folder. */
#pragma once

#include <glib.h>

#define AUTHORITY_ERROR (authority_error_quark())
GQuark authority_error_quark(void);

#define AUTHORITY_CERTIFICATE "authority.crt"
#define AUTHORITY_KEY         "authority.key"
#define AUTHORITY_HOSTS_MAX   32
#define AUTHORITY_DAYS        (10 * 365) /* of an authority made by authority_create() */
#define AUTHORITY_ISSUED_DAYS 825        /* usual life of what it issues */

/* Makes folder (0700, if missing) with a new authority in it, valid from an hour ago for AUTHORITY_DAYS. Refuses a folder that already
 * holds one. */
gboolean authority_create(const char *folder, GError **error);

/* Issues a server certificate for hosts (NULL-terminated, 1..AUTHORITY_HOSTS_MAX DNS names, IPv4 or IPv6 addresses; a "*." may begin a
 * name) with a new key, and writes both: certificate_file (0644), key_file (0600). Existing files are replaced. */
gboolean authority_issue_desk(const char *folder, const char *const *hosts, const char *certificate_file, const char *key_file,
                              gint64 not_before, gint64 not_after, GError **error);

/* The same for the client certificate of a booth; booth must be an id ([a-z0-9-]{1,32}). */
gboolean authority_issue_booth(const char *folder, const char *booth, const char *certificate_file, const char *key_file, gint64 not_before,
                               gint64 not_after, GError **error);
