#include "authority/authority.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <mbedtls/asn1write.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/ecp.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#include <string.h>
#if MBEDTLS_VERSION_MAJOR >= 3
#include <psa/crypto.h>
#endif

#include "config/refusal.h"
#include "wire/wire.h"

#define PEM_MAX         8192
#define EXTENSION_MAX   8192 /* AUTHORITY_HOSTS_MAX names of 253 bytes fit */
#define NAME_MAX_LENGTH 253
#define SERIAL_BYTES    16
#define DAY_S           (24 * 60 * 60)

/* What one certificate's making needs; all of it is freed together. */
typedef struct {
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context random;
    mbedtls_pk_context key, issuer_key;
    mbedtls_x509_crt issuer;
    mbedtls_x509write_cert writer;
} Maker;

typedef struct {
    const char *subject; /* distinguished name */
    const char *eku;     /* extended key usage, as an OID; NULL: this is an authority */
    gsize eku_length;
    const char *const *hosts; /* subjectAltName; may be NULL */
    gint64 not_before, not_after;
} Request;

G_DEFINE_QUARK(livebooth - authority, authority_error)

#define refuse(error, ...) refusal_set(error, AUTHORITY_ERROR, __VA_ARGS__)

/* What mbedTLS answered: 0, a length, or a negative error. */
static gboolean check(int result, const char *what, GError **error)
{
    if (result >= 0) return TRUE;
    char cause[128];
    mbedtls_strerror(result, cause, sizeof cause);
    return refuse(error, "%s: %s", what, cause);
}

static void maker_free(Maker *maker)
{
    if (!maker) return;
    mbedtls_x509write_crt_free(&maker->writer);
    mbedtls_x509_crt_free(&maker->issuer);
    mbedtls_pk_free(&maker->issuer_key);
    mbedtls_pk_free(&maker->key);
    mbedtls_ctr_drbg_free(&maker->random);
    mbedtls_entropy_free(&maker->entropy);
    g_free(maker);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Maker, maker_free)

/* With a new P-256 key in it. */
static Maker *maker_new(GError **error)
{
    g_autoptr(Maker) maker = g_new0(Maker, 1);
    mbedtls_entropy_init(&maker->entropy);
    mbedtls_ctr_drbg_init(&maker->random);
    mbedtls_pk_init(&maker->key);
    mbedtls_pk_init(&maker->issuer_key);
    mbedtls_x509_crt_init(&maker->issuer);
    mbedtls_x509write_crt_init(&maker->writer);
#if MBEDTLS_VERSION_MAJOR >= 3
    if (psa_crypto_init() != PSA_SUCCESS) {
        refuse(error, "mbedTLS could not start");
        return NULL;
    }
#endif
    if (!check(mbedtls_ctr_drbg_seed(&maker->random, mbedtls_entropy_func, &maker->entropy, NULL, 0), "no randomness", error) ||
        !check(mbedtls_pk_setup(&maker->key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)), "no key", error) ||
        !check(mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(maker->key), mbedtls_ctr_drbg_random, &maker->random), "no key",
               error))
        return NULL;
    return g_steal_pointer(&maker);
}

static gboolean load_issuer(Maker *maker, const char *folder, GError **error)
{
    g_autofree char *certificate = g_build_filename(folder, AUTHORITY_CERTIFICATE, NULL);
    g_autofree char *key = g_build_filename(folder, AUTHORITY_KEY, NULL);
    if (!g_file_test(certificate, G_FILE_TEST_EXISTS) || !g_file_test(key, G_FILE_TEST_EXISTS))
        return refuse(error, "%s holds no authority: make one first (boothctl authority init %s)", folder, folder);
#if MBEDTLS_VERSION_MAJOR >= 3
    int parsed = mbedtls_pk_parse_keyfile(&maker->issuer_key, key, NULL, mbedtls_ctr_drbg_random, &maker->random);
#else
    int parsed = mbedtls_pk_parse_keyfile(&maker->issuer_key, key, NULL);
#endif
    if (!check(parsed, key, error) || !check(mbedtls_x509_crt_parse_file(&maker->issuer, certificate), certificate, error)) return FALSE;
#if MBEDTLS_VERSION_MAJOR >= 3
    int paired = mbedtls_pk_check_pair(&maker->issuer.pk, &maker->issuer_key, mbedtls_ctr_drbg_random, &maker->random);
#else
    int paired = mbedtls_pk_check_pair(&maker->issuer.pk, &maker->issuer_key);
#endif
    return paired == 0 || refuse(error, "%s is not the key of %s", key, certificate);
}

static gboolean set_serial(Maker *maker, GError **error)
{
    guint8 serial[SERIAL_BYTES];
    if (!check(mbedtls_ctr_drbg_random(&maker->random, serial, sizeof serial), "no randomness", error)) return FALSE;
    serial[0] = (serial[0] & 0x7f) | 0x40; /* positive, and never shorter */
#if MBEDTLS_VERSION_MAJOR >= 3
    int result = mbedtls_x509write_crt_set_serial_raw(&maker->writer, serial, sizeof serial);
#else
    mbedtls_mpi number;
    mbedtls_mpi_init(&number);
    int result = mbedtls_mpi_read_binary(&number, serial, sizeof serial);
    if (result == 0) result = mbedtls_x509write_crt_set_serial(&maker->writer, &number);
    mbedtls_mpi_free(&number);
#endif
    return check(result, "no serial number", error);
}

static gboolean set_validity(Maker *maker, const Request *request, GError **error)
{
    g_autoptr(GDateTime) from = g_date_time_new_from_unix_utc(request->not_before);
    g_autoptr(GDateTime) until = g_date_time_new_from_unix_utc(request->not_after);
    if (!from || !until || request->not_after <= request->not_before || g_date_time_get_year(from) < 1950)
        return refuse(error, "a certificate must end after it begins, from 1950 to 9999");
    g_autofree char *begins = g_date_time_format(from, "%Y%m%d%H%M%S");
    g_autofree char *ends = g_date_time_format(until, "%Y%m%d%H%M%S");
    return check(mbedtls_x509write_crt_set_validity(&maker->writer, begins, ends), "no validity", error);
}

static gboolean is_dns_name(const char *host)
{
    if (g_str_has_prefix(host, "*.")) host += 2;
    gsize length = strlen(host);
    if (length == 0 || length > NAME_MAX_LENGTH) return FALSE;
    g_auto(GStrv) labels = g_strsplit(host, ".", -1);
    for (char **label = labels; *label; label++) {
        gsize span = strspn(*label, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
        if (!**label || (*label)[span] || span > 63 || (*label)[0] == '-' || (*label)[span - 1] == '-') return FALSE;
    }
    return TRUE;
}

/* One GeneralName before at: an iPAddress [7] or a dNSName [2] (RFC 5280, 4.2.1.6). Its length, or a negative error. */
static int write_host(guint8 **at, guint8 *start, const char *host)
{
    guint8 address[16];
    const guint8 *value = (const guint8 *)host;
    gsize length = strlen(host);
    int tag = 2;
    if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1) {
        length = strchr(host, ':') ? 16 : 4;
        value = address;
        tag = 7;
    }
    int written = mbedtls_asn1_write_raw_buffer(at, start, value, length);
    if (written < 0) return written;
    int header = mbedtls_asn1_write_len(at, start, length);
    if (header < 0) return header;
    int mark = mbedtls_asn1_write_tag(at, start, (guint8)(MBEDTLS_ASN1_CONTEXT_SPECIFIC | tag));
    return mark < 0 ? mark : written + header + mark;
}

/* Wraps the length bytes from *at on in a SEQUENCE and sets the extension. */
static int set_sequence(Maker *maker, const char *oid, gsize oid_length, guint8 *at, guint8 *start, gsize length)
{
    int header = mbedtls_asn1_write_len(&at, start, length);
    if (header < 0) return header;
    int mark = mbedtls_asn1_write_tag(&at, start, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE);
    if (mark < 0) return mark;
    return mbedtls_x509write_crt_set_extension(&maker->writer, oid, oid_length, 0, at, length + (gsize)(header + mark));
}

/* mbedTLS 2.28 writes neither subjectAltName nor extended key usage by itself; ASN.1 is written from its end. */
static gboolean set_hosts(Maker *maker, const char *const *hosts, GError **error)
{
    guint8 buffer[EXTENSION_MAX], *at = buffer + sizeof buffer;
    gsize length = 0;
    guint count = g_strv_length((char **)hosts);
    if (count == 0 || count > AUTHORITY_HOSTS_MAX)
        return refuse(error, "a desk's certificate needs 1 to %d host names", AUTHORITY_HOSTS_MAX);
    for (guint i = count; i-- > 0;) {
        guint8 address[16];
        gboolean is_address = inet_pton(AF_INET, hosts[i], address) == 1 || inet_pton(AF_INET6, hosts[i], address) == 1;
        if (!is_address && !is_dns_name(hosts[i])) return refuse(error, "\"%s\" is neither a host name nor an IP address", hosts[i]);
        int written = write_host(&at, buffer, hosts[i]);
        if (!check(written, "the host names are too long", error)) return FALSE;
        length += (gsize)written;
    }
    return check(set_sequence(maker, MBEDTLS_OID_SUBJECT_ALT_NAME, MBEDTLS_OID_SIZE(MBEDTLS_OID_SUBJECT_ALT_NAME), at, buffer, length),
                 "the host names are too long", error);
}

static gboolean set_purpose(Maker *maker, const Request *request, GError **error)
{
    if (!request->eku) {
        return check(mbedtls_x509write_crt_set_basic_constraints(&maker->writer, 1, 0), "no constraints", error) &&
               check(mbedtls_x509write_crt_set_key_usage(&maker->writer, MBEDTLS_X509_KU_KEY_CERT_SIGN | MBEDTLS_X509_KU_CRL_SIGN),
                     "no usage", error);
    }
    guint8 buffer[64], *at = buffer + sizeof buffer;
    int length = mbedtls_asn1_write_oid(&at, buffer, request->eku, request->eku_length);
    if (!check(length, "no usage", error)) return FALSE;
    return check(set_sequence(maker, MBEDTLS_OID_EXTENDED_KEY_USAGE, MBEDTLS_OID_SIZE(MBEDTLS_OID_EXTENDED_KEY_USAGE), at, buffer,
                              (gsize)length),
                 "no usage", error) &&
           check(mbedtls_x509write_crt_set_basic_constraints(&maker->writer, 0, -1), "no constraints", error) &&
           check(mbedtls_x509write_crt_set_key_usage(&maker->writer, MBEDTLS_X509_KU_DIGITAL_SIGNATURE), "no usage", error) &&
           (!request->hosts || set_hosts(maker, request->hosts, error));
}

static gboolean set_names(Maker *maker, const Request *request, GError **error)
{
    char issuer[512];
    if (request->eku) {
        if (!check(mbedtls_x509_dn_gets(issuer, sizeof issuer, &maker->issuer.subject), "the authority's name", error)) return FALSE;
    } else {
        g_strlcpy(issuer, request->subject, sizeof issuer);
    }
    return check(mbedtls_x509write_crt_set_subject_name(&maker->writer, request->subject), request->subject, error) &&
           check(mbedtls_x509write_crt_set_issuer_name(&maker->writer, issuer), issuer, error);
}

static gboolean sign(Maker *maker, const Request *request, char *pem, gsize size, GError **error)
{
    mbedtls_x509write_cert *writer = &maker->writer;
    mbedtls_x509write_crt_set_version(writer, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(writer, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(writer, &maker->key);
    mbedtls_x509write_crt_set_issuer_key(writer, request->eku ? &maker->issuer_key : &maker->key);
    return set_names(maker, request, error) && set_serial(maker, error) && set_validity(maker, request, error) &&
           set_purpose(maker, request, error) &&
           check(mbedtls_x509write_crt_set_subject_key_identifier(writer), "no key identifier", error) &&
           check(mbedtls_x509write_crt_set_authority_key_identifier(writer), "no key identifier", error) &&
           check(mbedtls_x509write_crt_pem(writer, (guint8 *)pem, size, mbedtls_ctr_drbg_random, &maker->random), "not signed", error);
}

static gboolean write_files(Maker *maker, const char *pem, const char *certificate_file, const char *key_file, GError **error)
{
    char key[PEM_MAX];
    g_autoptr(GError) cause = NULL;
    if (!check(mbedtls_pk_write_key_pem(&maker->key, (guint8 *)key, sizeof key), "no key", error)) return FALSE;
    gboolean ok = g_file_set_contents_full(key_file, key, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &cause) &&
                  g_file_set_contents_full(certificate_file, pem, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644, &cause);
    explicit_bzero(key, sizeof key);
    return ok || refuse(error, "%s", cause->message);
}

static gboolean issue(const char *folder, const Request *request, const char *certificate_file, const char *key_file, GError **error)
{
    char pem[PEM_MAX];
    g_autoptr(Maker) maker = maker_new(error);
    return maker && (!request->eku || load_issuer(maker, folder, error)) && sign(maker, request, pem, sizeof pem, error) &&
           write_files(maker, pem, certificate_file, key_file, error);
}

gboolean authority_create(const char *folder, GError **error)
{
    g_autofree char *certificate = g_build_filename(folder, AUTHORITY_CERTIFICATE, NULL);
    g_autofree char *key = g_build_filename(folder, AUTHORITY_KEY, NULL);
    if (g_file_test(certificate, G_FILE_TEST_EXISTS) || g_file_test(key, G_FILE_TEST_EXISTS))
        return refuse(error, "%s already holds an authority; every booth trusts it, so it is not replaced", folder);
    if (g_mkdir_with_parents(folder, 0700) != 0) return refuse(error, "%s cannot be made: %s", folder, g_strerror(errno));
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    Request request = {.subject = "CN=Livebooth authority", .not_before = now - 3600, .not_after = now + (gint64)AUTHORITY_DAYS * DAY_S};
    return issue(folder, &request, certificate, key, error);
}

gboolean authority_issue_desk(const char *folder, const char *const *hosts, const char *certificate_file, const char *key_file,
                              gint64 not_before, gint64 not_after, GError **error)
{
    Request request = {.subject = "CN=Livebooth desk",
                       .eku = MBEDTLS_OID_SERVER_AUTH,
                       .eku_length = MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH),
                       .hosts = hosts,
                       .not_before = not_before,
                       .not_after = not_after};
    return issue(folder, &request, certificate_file, key_file, error);
}

gboolean authority_issue_booth(const char *folder, const char *booth, const char *certificate_file, const char *key_file, gint64 not_before,
                               gint64 not_after, GError **error)
{
    if (!wire_is_booth_id(booth)) return refuse(error, "\"%s\" is no booth's id: 1 to 32 of a-z, 0-9 and -", booth);
    g_autofree char *subject = g_strconcat("CN=", booth, NULL);
    Request request = {.subject = subject,
                       .eku = MBEDTLS_OID_CLIENT_AUTH,
                       .eku_length = MBEDTLS_OID_SIZE(MBEDTLS_OID_CLIENT_AUTH),
                       .not_before = not_before,
                       .not_after = not_after};
    return issue(folder, &request, certificate_file, key_file, error);
}
