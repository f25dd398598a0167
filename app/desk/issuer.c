#define G_LOG_DOMAIN "desk"

#include "desk/issuer.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "desk/enrolment.h"
#include "wire/wire.h"

#define SERIAL_BYTES 16

struct Issuer {
    X509 *certificate;
    EVP_PKEY *key;
    gint64 lifetime_s;
};

struct IssuerRequest {
    X509_REQ *request;
    char booth[33];
    char key[ENROLMENT_HASH_LENGTH + 1];
};

G_DEFINE_QUARK(livebooth - issuer, issuer_error)

G_GNUC_PRINTF(2, 3) static gboolean refuse(GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    ERR_clear_error();
    g_set_error_literal(error, ISSUER_ERROR, 0, what);
    return FALSE;
}

/* --- the authority ----------------------------------------------------------------------------------------------------------------------
 */

static X509 *read_certificate(const char *path)
{
    BIO *file = BIO_new_file(path, "r");
    X509 *certificate = file ? PEM_read_bio_X509(file, NULL, NULL, NULL) : NULL;
    BIO_free(file);
    return certificate;
}

/* Nobody is there to type a passphrase. */
static EVP_PKEY *open_key(const char *uri)
{
    OSSL_STORE_CTX *store = OSSL_STORE_open(uri, UI_null(), NULL, NULL, NULL);
    EVP_PKEY *key = NULL;
    while (store && !key && !OSSL_STORE_eof(store)) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);
        if (!info && OSSL_STORE_error(store)) break;
        if (info && OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY) key = OSSL_STORE_INFO_get1_PKEY(info);
        OSSL_STORE_INFO_free(info);
    }
    OSSL_STORE_close(store);
    return key;
}

Issuer *issuer_new(const IssuerSettings *settings, GError **error)
{
    g_autoptr(Issuer) issuer = g_new0(Issuer, 1);
    issuer->lifetime_s = settings->lifetime_s;
    issuer->certificate = read_certificate(settings->certificate);
    issuer->key = issuer->certificate ? open_key(settings->key) : NULL;
    gboolean fine = FALSE;
    if (!issuer->certificate)
        refuse(error, "[enrolment] certificate: %s is not a PEM certificate that can be read", settings->certificate);
    else if (!issuer->key)
        refuse(error, "[enrolment] key: %s is not a key that can be read without a passphrase", settings->key);
    else if (X509_check_private_key(issuer->certificate, issuer->key) != 1)
        refuse(error, "[enrolment] key: %s is not the key of %s", settings->key, settings->certificate);
    else if (X509_check_ca(issuer->certificate) != 1)
        refuse(error, "[enrolment] certificate: %s is not an authority's", settings->certificate);
    else
        fine = TRUE;
    ERR_clear_error();
    return fine ? g_steal_pointer(&issuer) : NULL;
}

void issuer_free(Issuer *issuer)
{
    if (!issuer) return;
    X509_free(issuer->certificate);
    EVP_PKEY_free(issuer->key);
    g_free(issuer);
}

/* --- a request --------------------------------------------------------------------------------------------------------------------------
 */

void issuer_request_free(IssuerRequest *request)
{
    if (!request) return;
    X509_REQ_free(request->request);
    g_free(request);
}

const char *issuer_request_booth(const IssuerRequest *request)
{
    return request->booth;
}

const char *issuer_request_key(const IssuerRequest *request)
{
    return request->key;
}

static gboolean take_name(IssuerRequest *request, GError **error)
{
    const X509_NAME *name = X509_REQ_get_subject_name(request->request);
    const X509_NAME_ENTRY *entry = X509_NAME_entry_count(name) == 1 ? X509_NAME_get_entry(name, 0) : NULL;
    const gboolean common = entry && OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) == NID_commonName;
    const ASN1_STRING *value = common ? X509_NAME_ENTRY_get_data(entry) : NULL;
    const int length = value ? ASN1_STRING_length(value) : 0;
    if (length < 1 || length >= (int)sizeof request->booth) return refuse(error, "its name is not one CN, a booth's id");
    memcpy(request->booth, ASN1_STRING_get0_data(value), (size_t)length);
    if (strlen(request->booth) == (size_t)length && wire_is_booth_id(request->booth)) return TRUE;
    return refuse(error, "its name is no booth's id");
}

static gboolean take_key(IssuerRequest *request, GError **error)
{
    EVP_PKEY *key = X509_REQ_get0_pubkey(request->request);
    char group[32] = "";
    if (!key || EVP_PKEY_get_base_id(key) != EVP_PKEY_EC || EVP_PKEY_get_group_name(key, group, sizeof group, NULL) != 1 ||
        strcmp(group, SN_X9_62_prime256v1) != 0)
        return refuse(error, "its key is not one of P-256");
    if (X509_REQ_verify(request->request, key) != 1) return refuse(error, "it is not signed by its own key");
    unsigned char *der = NULL;
    const int length = i2d_PUBKEY(key, &der);
    if (length <= 0) return refuse(error, "its key cannot be read");
    enrolment_hash(der, (gsize)length, request->key);
    OPENSSL_free(der);
    return TRUE;
}

IssuerRequest *issuer_request_read(const char *pem, gsize length, GError **error)
{
    if (length > ISSUER_REQUEST_MAX) {
        refuse(error, "it is longer than %d bytes", ISSUER_REQUEST_MAX);
        return NULL;
    }
    g_autoptr(IssuerRequest) request = g_new0(IssuerRequest, 1);
    BIO *text = BIO_new_mem_buf(pem, (int)length);
    request->request = text ? PEM_read_bio_X509_REQ(text, NULL, NULL, NULL) : NULL;
    BIO_free(text);
    if (!request->request) {
        refuse(error, "it is not a certificate request in PEM");
        return NULL;
    }
    const gboolean fine = take_name(request, error) && take_key(request, error);
    ERR_clear_error();
    return fine ? g_steal_pointer(&request) : NULL;
}

/* --- a certificate ----------------------------------------------------------------------------------------------------------------------
 */

static gboolean set_serial(X509 *certificate)
{
    unsigned char bytes[SERIAL_BYTES];
    if (RAND_bytes(bytes, sizeof bytes) != 1) return FALSE;
    bytes[0] = (unsigned char)((bytes[0] & 0x7f) | 0x40); /* positive, and never shorter */
    BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
    const gboolean done = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
    BN_free(number);
    return done;
}

static gboolean add_extension(const Issuer *issuer, X509 *certificate, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer->certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    const gboolean done = extension && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return done;
}

static gboolean set_purpose(const Issuer *issuer, X509 *certificate)
{
    return add_extension(issuer, certificate, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(issuer, certificate, NID_key_usage, "critical,digitalSignature") &&
           add_extension(issuer, certificate, NID_ext_key_usage, "clientAuth") &&
           add_extension(issuer, certificate, NID_subject_key_identifier, "hash") &&
           add_extension(issuer, certificate, NID_authority_key_identifier, "keyid");
}

/* When the authority ends, Unix seconds. */
static gint64 end_of(const Issuer *issuer)
{
    int days = 0, seconds = 0;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    const int known = ASN1_TIME_diff(&days, &seconds, epoch, X509_get0_notAfter(issuer->certificate));
    ASN1_TIME_free(epoch);
    return known == 1 ? (gint64)days * 86400 + seconds : 0;
}

static gboolean fill(const Issuer *issuer, const IssuerRequest *request, X509 *certificate, gint64 from_s, gint64 until_s)
{
    return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
           X509_set_subject_name(certificate, X509_REQ_get_subject_name(request->request)) == 1 &&
           X509_set_issuer_name(certificate, X509_get_subject_name(issuer->certificate)) == 1 &&
           ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)from_s) &&
           ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)until_s) &&
           X509_set_pubkey(certificate, X509_REQ_get0_pubkey(request->request)) == 1 && set_purpose(issuer, certificate);
}

static gboolean sign(const Issuer *issuer, X509 *certificate)
{
    int digest = NID_undef;
    const gboolean own = EVP_PKEY_get_default_digest_nid(issuer->key, &digest) == 2 && digest == NID_undef; /* Ed25519 has its own */
    return X509_sign(certificate, issuer->key, own ? NULL : EVP_sha256()) > 0;
}

/* With the issuing authority behind it when that is not the root, which booths and desks have. */
static char *as_pem(const Issuer *issuer, X509 *certificate)
{
    BIO *text = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    const gboolean root = X509_check_issued(issuer->certificate, issuer->certificate) == X509_V_OK;
    const gboolean done = PEM_write_bio_X509(text, certificate) == 1 && (root || PEM_write_bio_X509(text, issuer->certificate) == 1);
    const long length = BIO_get_mem_data(text, &bytes);
    char *pem = done ? g_strndup(bytes, (gsize)length) : NULL;
    BIO_free(text);
    return pem;
}

char *issuer_issue(const Issuer *issuer, const IssuerRequest *request, gint64 now_s, gint64 *until_s, GError **error)
{
    *until_s = MIN(now_s + issuer->lifetime_s, end_of(issuer));
    if (*until_s <= now_s) {
        refuse(error, "the issuing authority has expired");
        return NULL;
    }
    X509 *certificate = X509_new();
    char *pem = NULL;
    if (fill(issuer, request, certificate, now_s - ISSUER_EARLY_S, *until_s) && sign(issuer, certificate))
        pem = as_pem(issuer, certificate);
    if (!pem) refuse(error, "it could not be signed: %s", ERR_reason_error_string(ERR_peek_last_error()));
    X509_free(certificate);
    return pem;
}
