#include "link/identity.h"

#include <errno.h>
#include <mbedtls/error.h>
#include <mbedtls/version.h>
#include <sys/random.h>
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
#include <psa/crypto.h>
#endif

GQuark link_identity_error_quark(void)
{
    return g_quark_from_static_string("livebooth-link-identity");
}

int identity_random(void *unused, unsigned char *bytes, size_t length)
{
    (void)unused;
    while (length > 0) {
        ssize_t got = getrandom(bytes, length, 0);
        if (got < 0 && errno != EINTR) return MBEDTLS_ERR_PK_ALLOC_FAILED;
        if (got < 0) continue;
        bytes += got;
        length -= (size_t)got;
    }
    return 0;
}

static int read_key(mbedtls_pk_context *key, const char *path)
{
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    return mbedtls_pk_parse_keyfile(key, path, NULL, identity_random, NULL);
#else
    return mbedtls_pk_parse_keyfile(key, path, NULL);
#endif
}

static int check_pair(const IdentityFiles *files)
{
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    return mbedtls_pk_check_pair(&files->certificate.pk, &files->key, identity_random, NULL);
#else
    return mbedtls_pk_check_pair(&files->certificate.pk, &files->key);
#endif
}

static gboolean refuse(GError **error, const char *what, const char *path, int code)
{
    char cause[128];
    mbedtls_strerror(code, cause, sizeof cause);
    g_set_error(error, LINK_IDENTITY_ERROR, LINK_CERTIFICATE_UNREADABLE, "%s %s cannot be read: %s", what, path, cause);
    return FALSE;
}

gboolean identity_read(const TransportIdentity *identity, IdentityFiles *files, GError **error)
{
    mbedtls_x509_crt_init(&files->authority);
    mbedtls_x509_crt_init(&files->certificate);
    mbedtls_pk_init(&files->key);
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    if (psa_crypto_init() != PSA_SUCCESS) return refuse(error, "the crypto library for", identity->key, MBEDTLS_ERR_PK_ALLOC_FAILED);
#endif
    int code = mbedtls_x509_crt_parse_file(&files->authority, identity->authority);
    if (code != 0) return refuse(error, "the authority's certificate", identity->authority, code);
    if (!identity->certificate) return TRUE;
    code = mbedtls_x509_crt_parse_file(&files->certificate, identity->certificate);
    if (code != 0) return refuse(error, "the booth's certificate", identity->certificate, code);
    code = read_key(&files->key, identity->key);
    if (code != 0) return refuse(error, "the booth's key", identity->key, code);
    return TRUE;
}

void identity_clear(IdentityFiles *files)
{
    mbedtls_x509_crt_free(&files->authority);
    mbedtls_x509_crt_free(&files->certificate);
    mbedtls_pk_free(&files->key);
}

char *identity_flags_text(guint32 flags, const char *whose, const char *host)
{
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);
    if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) g_ptr_array_add(parts, g_strdup("comes from another authority"));
    if (flags & MBEDTLS_X509_BADCERT_EXPIRED) g_ptr_array_add(parts, g_strdup("has expired"));
    if (flags & MBEDTLS_X509_BADCERT_FUTURE) g_ptr_array_add(parts, g_strdup("is not valid yet (is the clock right?)"));
    if (flags & MBEDTLS_X509_BADCERT_CN_MISMATCH)
        g_ptr_array_add(parts, g_strdup_printf("is for another host name than %s", host ? host : "asked for"));
    guint32 named =
        MBEDTLS_X509_BADCERT_NOT_TRUSTED | MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE | MBEDTLS_X509_BADCERT_CN_MISMATCH;
    if (flags & ~named || parts->len == 0) g_ptr_array_add(parts, g_strdup_printf("is not acceptable (flags 0x%x)", flags & ~named));
    g_ptr_array_add(parts, NULL);
    g_autofree char *what = g_strjoinv(" and ", (char **)parts->pdata);
    return g_strdup_printf("the %s certificate %s", whose, what);
}

static LinkCertificate judge(IdentityFiles *files, GError **error)
{
    guint32 flags = 0;
    int code = mbedtls_x509_crt_verify(&files->certificate, &files->authority, NULL, NULL, &flags, NULL, NULL);
    LinkCertificate verdict = LINK_CERTIFICATE_GOOD;
    if (flags & MBEDTLS_X509_BADCERT_EXPIRED)
        verdict = LINK_CERTIFICATE_EXPIRED;
    else if (flags & MBEDTLS_X509_BADCERT_FUTURE)
        verdict = LINK_CERTIFICATE_NOT_YET;
    else if (flags || code != 0)
        verdict = LINK_CERTIFICATE_FOREIGN;
    if (verdict != LINK_CERTIFICATE_GOOD) {
        g_autofree char *text = identity_flags_text(flags, "booth's", NULL);
        g_set_error_literal(error, LINK_IDENTITY_ERROR, (int)verdict, text);
        return verdict;
    }
    if (check_pair(files) == 0) return LINK_CERTIFICATE_GOOD;
    g_set_error_literal(error, LINK_IDENTITY_ERROR, LINK_CERTIFICATE_WRONG_KEY, "the booth's key does not belong to its certificate");
    return LINK_CERTIFICATE_WRONG_KEY;
}

LinkCertificate link_check_certificate(const TransportIdentity *identity, GError **error)
{
    IdentityFiles files;
    LinkCertificate verdict = LINK_CERTIFICATE_UNREADABLE;
    if (identity_read(identity, &files, error)) verdict = judge(&files, error);
    identity_clear(&files);
    return verdict;
}
