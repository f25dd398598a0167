/* identity: a booth's certificate, its key and the authority, read with mbedTLS; and the booth's own check of them before it dials.
 *
 * A desk never says why it refused a certificate, so the booth looks for itself. Not thread-safe; reads files, so blocking. */
#pragma once

#include "link/transport.h"

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

typedef enum {
    LINK_CERTIFICATE_GOOD,
    LINK_CERTIFICATE_UNREADABLE,
    LINK_CERTIFICATE_EXPIRED,
    LINK_CERTIFICATE_NOT_YET, /* begins in the future: mostly a clock that was not set */
    LINK_CERTIFICATE_FOREIGN, /* from another authority */
    LINK_CERTIFICATE_WRONG_KEY,
} LinkCertificate;

/* Dates, issuer and key of identity's certificate. Other than GOOD: error holds one sentence for the log. */
LinkCertificate link_check_certificate(const TransportIdentity *identity, GError **error);

typedef struct {
    mbedtls_x509_crt authority;
    mbedtls_x509_crt certificate;
    mbedtls_pk_context key;
} IdentityFiles;

#define LINK_IDENTITY_ERROR (link_identity_error_quark())
GQuark link_identity_error_quark(void);

/* Reads the three files; FALSE with a sentence that names the file. Either way to identity_clear(). */
gboolean identity_read(const TransportIdentity *identity, IdentityFiles *files, GError **error);
void identity_clear(IdentityFiles *files);

/* The kernel's random numbers in the form that mbedTLS asks for. */
int identity_random(void *unused, unsigned char *bytes, size_t length);

/* What is wrong with whose certificate, in words, from mbedTLS' verify flags; to g_free(). host may be NULL. */
char *identity_flags_text(guint32 flags, const char *whose, const char *host);
