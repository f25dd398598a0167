#include "enrol/credentials.h"

#include "config/refusal.h"
#include "link/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <mbedtls/ecp.h>
#include <mbedtls/error.h>
#include <mbedtls/pk.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_csr.h>
#include <string.h>
#include <unistd.h>
#if MBEDTLS_VERSION_MAJOR >= 3
#include <psa/crypto.h>
#endif

#define KEY_PEM_MAX     2048
#define REQUEST_PEM_MAX 4096

GQuark credentials_error_quark(void)
{
    return g_quark_from_static_string("livebooth-credentials");
}

#define refuse(error, ...) refusal_set(error, CREDENTIALS_ERROR, __VA_ARGS__)

/* What mbedTLS answered: 0, a length, or a negative error. */
static gboolean is_fine(int result, const char *what, GError **error)
{
    char cause[128];
    if (result >= 0) return TRUE;
    mbedtls_strerror(result, cause, sizeof cause);
    return refuse(error, "%s: %s", what, cause);
}

static char *beside(const char *path)
{
    return g_strconcat(path, ".new", NULL);
}

static gboolean is_there(const char *path)
{
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* --- files ---------------------------------------------------------------------------------------------------------------------------- */

static void sync_folder_of(const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    fsync(fd);
    close(fd);
}

static gboolean put(const char *path, const char *text, int mode, GError **error)
{
    g_autoptr(GError) cause = NULL;
    const GFileSetContentsFlags how = G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE;
    if (!g_file_set_contents_full(path, text, -1, how, mode, &cause)) return refuse(error, "%s", cause->message);
    sync_folder_of(path);
    return TRUE;
}

static gboolean move(const char *from, const char *to, GError **error)
{
    if (g_rename(from, to) != 0) return refuse(error, "%s cannot be written: %s", to, g_strerror(errno));
    sync_folder_of(to);
    return TRUE;
}

/* --- a pair that belongs together -------------------------------------------------------------------------------------------------------
 */

static gboolean start_crypto(GError **error)
{
#if MBEDTLS_VERSION_MAJOR >= 3
    if (psa_crypto_init() != PSA_SUCCESS) return refuse(error, "mbedTLS could not start");
#endif
    (void)error;
    return TRUE;
}

static int read_key(mbedtls_pk_context *key, const char *path)
{
#if MBEDTLS_VERSION_MAJOR >= 3
    return mbedtls_pk_parse_keyfile(key, path, NULL, identity_random, NULL);
#else
    return mbedtls_pk_parse_keyfile(key, path, NULL);
#endif
}

static gboolean are_pair(const mbedtls_x509_crt *certificate, const mbedtls_pk_context *key)
{
#if MBEDTLS_VERSION_MAJOR >= 3
    return mbedtls_pk_check_pair(&certificate->pk, key, identity_random, NULL) == 0;
#else
    return mbedtls_pk_check_pair(&certificate->pk, key) == 0;
#endif
}

static gboolean files_are_pair(const char *certificate_path, const char *key_path)
{
    mbedtls_x509_crt certificate;
    mbedtls_pk_context key;
    mbedtls_x509_crt_init(&certificate);
    mbedtls_pk_init(&key);
    gboolean pair = start_crypto(NULL) && mbedtls_x509_crt_parse_file(&certificate, certificate_path) == 0 &&
                    read_key(&key, key_path) == 0 && are_pair(&certificate, &key);
    mbedtls_pk_free(&key);
    mbedtls_x509_crt_free(&certificate);
    return pair;
}

/* First the key, then its certificate; a cut between them leaves what credentials_recover() finishes. */
static gboolean change_pair(const TransportIdentity *identity, GError **error)
{
    g_autofree char *key = beside(identity->key), *certificate = beside(identity->certificate);
    return (!is_there(key) || move(key, identity->key, error)) && move(certificate, identity->certificate, error);
}

void credentials_recover(const TransportIdentity *identity)
{
    g_autofree char *key = beside(identity->key), *certificate = beside(identity->certificate);
    g_autoptr(GError) error = NULL;
    if (!is_there(certificate)) return;
    gboolean whole = files_are_pair(certificate, is_there(key) ? key : identity->key);
    if (whole && !change_pair(identity, &error)) g_warning("%s", error->message);
    if (!whole) g_unlink(certificate);
}

gboolean credentials_exist(const TransportIdentity *identity)
{
    return is_there(identity->certificate) && is_there(identity->key);
}

/* --- asking -----------------------------------------------------------------------------------------------------------------------------
 */

static gboolean make_key(mbedtls_pk_context *key, const char *path, GError **error)
{
    char pem[KEY_PEM_MAX];
    if (!is_fine(mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)), "no key", error) ||
        !is_fine(mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*key), identity_random, NULL), "no key", error) ||
        !is_fine(mbedtls_pk_write_key_pem(key, (unsigned char *)pem, sizeof pem), "no key", error))
        return FALSE;
    g_autofree char *folder = g_path_get_dirname(path);
    gboolean done = g_mkdir_with_parents(folder, 0700) == 0 || refuse(error, "%s cannot be made: %s", folder, g_strerror(errno));
    done = done && put(path, pem, 0600, error);
    explicit_bzero(pem, sizeof pem);
    return done;
}

static gboolean write_request(mbedtls_pk_context *key, const char *booth, char *pem, gsize size, GError **error)
{
    mbedtls_x509write_csr request;
    g_autofree char *subject = g_strconcat("CN=", booth, NULL);
    mbedtls_x509write_csr_init(&request);
    mbedtls_x509write_csr_set_md_alg(&request, MBEDTLS_MD_SHA256);
    mbedtls_x509write_csr_set_key(&request, key);
    gboolean done = is_fine(mbedtls_x509write_csr_set_subject_name(&request, subject), subject, error) &&
                    is_fine(mbedtls_x509write_csr_pem(&request, (unsigned char *)pem, size, identity_random, NULL), "no request", error);
    mbedtls_x509write_csr_free(&request);
    return done;
}

char *credentials_request(const TransportIdentity *identity, const char *booth, GError **error)
{
    g_autofree char *path = beside(identity->key);
    char pem[REQUEST_PEM_MAX];
    mbedtls_pk_context key;
    if (!start_crypto(error)) return NULL;
    mbedtls_pk_init(&key);
    gboolean done = is_there(path) && read_key(&key, path) == 0;
    if (!done) { /* none yet, or one that the disk spoiled */
        mbedtls_pk_free(&key);
        mbedtls_pk_init(&key);
        done = make_key(&key, path, error);
    }
    done = done && write_request(&key, booth, pem, sizeof pem, error);
    mbedtls_pk_free(&key);
    return done ? g_strdup(pem) : NULL;
}

/* --- taking the answer ------------------------------------------------------------------------------------------------------------------
 */

static gboolean is_for(const mbedtls_x509_crt *certificate, const char *booth)
{
    char name[512] = "";
    g_autofree char *wanted = g_strconcat("CN=", booth, NULL);
    return mbedtls_x509_dn_gets(name, sizeof name, &certificate->subject) > 0 && strcmp(name, wanted) == 0;
}

static gboolean check_answer(mbedtls_x509_crt *certificate, mbedtls_x509_crt *trusted, const char *booth, GError **error)
{
    guint32 flags = 0;
    if (!is_for(certificate, booth)) return refuse(error, "the certificate that came is not this booth's");
    mbedtls_x509_crt_verify(certificate, trusted, NULL, NULL, &flags, NULL, NULL);
    flags &= ~(guint32)MBEDTLS_X509_BADCERT_FUTURE; /* the centre's clock may be a little ahead */
    if (flags == 0) return TRUE;
    g_autofree char *text = identity_flags_text(flags, "new", NULL);
    return refuse(error, "%s", text);
}

static gboolean parse_pem(mbedtls_x509_crt *into, const char *pem, const char *what, GError **error)
{
    gsize length = strlen(pem);
    if (length >= CREDENTIALS_PEM_MAX) return refuse(error, "%s is too long", what);
    int code = mbedtls_x509_crt_parse(into, (const unsigned char *)pem, length + 1);
    if (code > 0) return refuse(error, "%s holds what is no certificate", what);
    return is_fine(code, what, error);
}

static gboolean is_acceptable(const TransportIdentity *identity, const char *booth, const char *pem, const char *authority, GError **error)
{
    g_autofree char *path = beside(identity->key);
    mbedtls_x509_crt certificate, trusted;
    mbedtls_pk_context key;
    if (!start_crypto(error)) return FALSE;
    mbedtls_x509_crt_init(&certificate);
    mbedtls_x509_crt_init(&trusted);
    mbedtls_pk_init(&key);
    gboolean fine = parse_pem(&certificate, pem, "the certificate that came", error) &&
                    (authority ? parse_pem(&trusted, authority, "the authority that came", error)
                               : is_fine(mbedtls_x509_crt_parse_file(&trusted, identity->authority), identity->authority, error)) &&
                    is_fine(read_key(&key, path), path, error) &&
                    (are_pair(&certificate, &key) || refuse(error, "the certificate that came is over another key than the booth's")) &&
                    check_answer(&certificate, &trusted, booth, error);
    mbedtls_pk_free(&key);
    mbedtls_x509_crt_free(&trusted);
    mbedtls_x509_crt_free(&certificate);
    return fine;
}

gboolean credentials_install(const TransportIdentity *identity, const char *booth, const char *certificate, const char *authority,
                             GError **error)
{
    g_autofree char *path = beside(identity->certificate), *known = NULL;
    if (!is_acceptable(identity, booth, certificate, authority, error)) return FALSE;
    g_file_get_contents(identity->authority, &known, NULL, NULL);
    if (authority && g_strcmp0(known, authority) != 0 && !put(identity->authority, authority, 0644, error)) return FALSE;
    return put(path, certificate, 0600, error) && change_pair(identity, error);
}

/* --- its life ---------------------------------------------------------------------------------------------------------------------------
 */

gint64 credentials_renewal_time(gint64 begins, gint64 ends, double chance)
{
    const gint64 life = MAX(ends - begins, 0);
    return begins + life * 2 / 3 + (gint64)((double)life / 10 * chance);
}

static gint64 unix_time(const mbedtls_x509_time *time)
{
    g_autoptr(GDateTime) date = g_date_time_new_utc(time->year, time->mon, time->day, time->hour, time->min, time->sec);
    return date ? g_date_time_to_unix(date) : 0;
}

gint64 credentials_renew_at(const TransportIdentity *identity, double chance, gint64 *ends)
{
    mbedtls_x509_crt certificate;
    gint64 at = 0, last = 0;
    mbedtls_x509_crt_init(&certificate);
    if (start_crypto(NULL) && mbedtls_x509_crt_parse_file(&certificate, identity->certificate) == 0) {
        last = unix_time(&certificate.valid_to);
        at = credentials_renewal_time(unix_time(&certificate.valid_from), last, chance);
    }
    mbedtls_x509_crt_free(&certificate);
    if (ends) *ends = last;
    return at;
}
