#include "link/identity.h"
#include "link/transport.h"

#include <errno.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
    Transport base;
    IdentityFiles files;
    mbedtls_ssl_config settings;
    mbedtls_ssl_context ssl;
    char *host;
    gsize retry; /* bytes of the write that has to be repeated as it was; 0: none */
} Tls;

static int socket_send(void *context, const unsigned char *bytes, size_t length)
{
    const Tls *tls = context;
    ssize_t put = send(tls->base.fd, bytes, length, MSG_NOSIGNAL);
    if (put >= 0) return (int)put;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return MBEDTLS_ERR_SSL_WANT_WRITE;
    return errno == EPIPE || errno == ECONNRESET ? MBEDTLS_ERR_NET_CONN_RESET : MBEDTLS_ERR_NET_SEND_FAILED;
}

static int socket_receive(void *context, unsigned char *bytes, size_t length)
{
    const Tls *tls = context;
    ssize_t got = recv(tls->base.fd, bytes, length, 0);
    if (got >= 0) return (int)got;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return MBEDTLS_ERR_SSL_WANT_READ;
    return errno == ECONNRESET ? MBEDTLS_ERR_NET_CONN_RESET : MBEDTLS_ERR_NET_RECV_FAILED;
}

static gssize broken(Tls *tls, int code)
{
    char cause[128];
    mbedtls_strerror(code, cause, sizeof cause);
    g_free(tls->base.error);
    guint32 flags = mbedtls_ssl_get_verify_result(&tls->ssl);
    if (code == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED)
        tls->base.error = identity_flags_text(flags, "desk's", tls->host);
    else if (code == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE)
        tls->base.error = g_strdup_printf("the desk refused the TLS handshake, maybe because of the booth's certificate: %s", cause);
    else
        tls->base.error = g_strdup_printf("TLS: %s", cause);
    return TRANSPORT_BROKEN;
}

/* A ticket of TLS 1.3 arrives as a return code; nothing is wrong and there may be more to read behind it. */
static gboolean is_ticket(int code)
{
#ifdef MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET
    return code == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET;
#else
    (void)code;
    return FALSE;
#endif
}

static gssize tls_read(Transport *transport, guint8 *buffer, gsize length)
{
    Tls *tls = (Tls *)transport;
    for (;;) {
        int code = mbedtls_ssl_read(&tls->ssl, buffer, length);
        /* A write that waits for the socket goes on waiting whatever reading says. */
        transport->wants_write = code == MBEDTLS_ERR_SSL_WANT_WRITE || (tls->retry > 0 && transport->wants_write);
        if (code > 0) return code;
        if (code == MBEDTLS_ERR_SSL_WANT_READ || code == MBEDTLS_ERR_SSL_WANT_WRITE) return 0;
        if (code == 0 || code == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY || code == MBEDTLS_ERR_SSL_CONN_EOF) return TRANSPORT_ENDED;
        if (!is_ticket(code)) return broken(tls, code);
    }
}

static gssize tls_write(Transport *transport, const guint8 *bytes, gsize length)
{
    Tls *tls = (Tls *)transport;
    if (tls->retry > 0) length = tls->retry;
    for (;;) {
        int code = mbedtls_ssl_write(&tls->ssl, bytes, length);
        transport->wants_write = code == MBEDTLS_ERR_SSL_WANT_WRITE;
        tls->retry = 0;
        if (code > 0) return code;
        if (code == MBEDTLS_ERR_SSL_WANT_READ || code == MBEDTLS_ERR_SSL_WANT_WRITE) {
            tls->retry = length;
            return 0;
        }
        if (!is_ticket(code)) return broken(tls, code);
    }
}

static void tls_release(Tls *tls)
{
    mbedtls_ssl_free(&tls->ssl);
    mbedtls_ssl_config_free(&tls->settings);
    identity_clear(&tls->files);
    g_free(tls->host);
    g_free(tls->base.error);
    g_free(tls);
}

static void tls_free(Transport *transport)
{
    Tls *tls = (Tls *)transport;
    if (!transport->error) mbedtls_ssl_close_notify(&tls->ssl);
    close(transport->fd);
    tls_release(tls);
}

static int set_up(Tls *tls, gboolean has_certificate)
{
    int code = mbedtls_ssl_config_defaults(&tls->settings, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
    if (code != 0) return code;
#if MBEDTLS_VERSION_NUMBER < 0x03000000
    mbedtls_ssl_conf_min_version(&tls->settings, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#endif
    mbedtls_ssl_conf_authmode(&tls->settings, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(&tls->settings, &tls->files.authority, NULL);
    mbedtls_ssl_conf_rng(&tls->settings, identity_random, NULL);
    mbedtls_ssl_conf_renegotiation(&tls->settings, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
    if (has_certificate) code = mbedtls_ssl_conf_own_cert(&tls->settings, &tls->files.certificate, &tls->files.key);
    if (code == 0) code = mbedtls_ssl_setup(&tls->ssl, &tls->settings);
    if (code == 0) code = mbedtls_ssl_set_hostname(&tls->ssl, tls->host);
    if (code == 0) mbedtls_ssl_set_bio(&tls->ssl, tls, socket_send, socket_receive, NULL);
    return code;
}

Transport *transport_tls_new(int fd, const char *host, const TransportIdentity *identity, GError **error)
{
    static const TransportKind kind = {tls_read, tls_write, tls_free};
    Tls *tls = g_new0(Tls, 1);
    tls->base.kind = &kind;
    tls->base.fd = fd;
    tls->host = g_strdup(host);
    mbedtls_ssl_config_init(&tls->settings);
    mbedtls_ssl_init(&tls->ssl);
    if (!identity_read(identity, &tls->files, error)) {
        tls_release(tls);
        return NULL;
    }
    int code = set_up(tls, identity->certificate != NULL);
    if (code == 0) return &tls->base;
    char cause[128];
    mbedtls_strerror(code, cause, sizeof cause);
    g_set_error(error, LINK_IDENTITY_ERROR, LINK_CERTIFICATE_UNREADABLE, "TLS cannot be set up: %s", cause);
    tls_release(tls);
    return NULL;
}
