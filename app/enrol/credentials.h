/* credentials: what a booth is known by: a P-256 key that it made itself and never gives away, and the certificate over it.
 *
 * The files are those of a TransportIdentity. While a certificate is asked for, the new key stands beside the old one as KEY.new; it
 * becomes the booth's key only together with its certificate (CERTIFICATE.new): whatever moment the power goes, credentials_recover()
 * leaves one pair that belongs together. Keys are 0600. Blocking; any thread, one at a time for one identity. mbedTLS. */
#pragma once

#include "link/transport.h"

#include <glib.h>

#define CREDENTIALS_ERROR (credentials_error_quark())
GQuark credentials_error_quark(void);

#define CREDENTIALS_PEM_MAX 16384 /* bytes of a certificate with its chain, or of authorities */

/* After a start: finishes the change of a pair that was cut off, and removes what is left of one that never came to be. A KEY.new that
 * waits for its certificate stays: the same request may be said again with it. */
void credentials_recover(const TransportIdentity *identity);

/* Whether there is a certificate and its key. */
gboolean credentials_exist(const TransportIdentity *identity);

/* A certificate request (PKCS #10, PEM, CN = booth) over KEY.new, which is made unless it is there. To g_free(). */
char *credentials_request(const TransportIdentity *identity, const char *booth, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Takes an answer: certificate (PEM, its chain behind it) must be over KEY.new, name booth, and come from authority (PEM; NULL: the file
 * there is), which replaces the file. What is refused changes nothing. */
gboolean credentials_install(const TransportIdentity *identity, const char *booth, const char *certificate, const char *authority,
                             GError **error);

/* When the certificate should be renewed, Unix seconds: after two thirds of its life, and up to a tenth of it later, by chance (0..1), so
 * that a thousand booths of one day do not come together. *ends: when it ends; may be NULL. 0: there is none that can be read. */
gint64 credentials_renew_at(const TransportIdentity *identity, double chance, gint64 *ends);
/* The rule itself: pure. */
gint64 credentials_renewal_time(gint64 begins, gint64 ends, double chance);
