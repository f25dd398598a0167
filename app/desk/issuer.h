/* issuer: makes booths' certificates from their requests, with the key of the issuing authority.
 *
 * The key is whatever OpenSSL's store opens: a PEM file, or the URI of a provider such as pkcs11:, behind which a hardware module stands.
 * Of a request only its name and its key are taken; extensions that it asks for are not. Blocking; one thread. */
#pragma once

#include <glib.h>

typedef struct Issuer Issuer;

#define ISSUER_ERROR (issuer_error_quark())
GQuark issuer_error_quark(void);

#define ISSUER_REQUEST_MAX 4096 /* bytes of a request */
#define ISSUER_EARLY_S     60   /* a certificate is good so long before it is made: desks' clocks differ */

typedef struct {
    const char *certificate; /* PEM, of the issuing authority; may be an intermediate one */
    const char *key;         /* file or URI */
    gint64 lifetime_s;       /* of what it issues */
} IssuerSettings;

Issuer *issuer_new(const IssuerSettings *settings, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void issuer_free(Issuer *issuer); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Issuer, issuer_free)

typedef struct IssuerRequest IssuerRequest;

/* Reads a request (PEM): a P-256 key that signed it, and a name that is one CN, a booth's id. NULL with one sentence. */
IssuerRequest *issuer_request_read(const char *pem, gsize length, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void issuer_request_free(IssuerRequest *request); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(IssuerRequest, issuer_request_free)
const char *issuer_request_booth(const IssuerRequest *request);
const char *issuer_request_key(const IssuerRequest *request); /* SHA-256 of the public key (SubjectPublicKeyInfo), hex */

/* A client certificate for it from now_s (Unix) on, PEM with its chain, to g_free(). *until_s: when it ends, never after the authority. */
char *issuer_issue(const Issuer *issuer, const IssuerRequest *request, gint64 now_s, gint64 *until_s, GError **error);
