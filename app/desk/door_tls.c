#include "desk/door_tls.h"

#include <openssl/err.h>

#include "config/refusal.h"
#include "desk/door_log.h"
#include "desk/door_state.h"

#define refuse(error, ...) refusal_set(error, DOOR_ERROR, __VA_ARGS__)

gboolean door_tls_check(const DoorSettings *settings, GError **error)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    gboolean ok = TRUE;
    if (SSL_CTX_use_certificate_chain_file(tls, settings->certificate) != 1)
        ok = refuse(error, "[tls] certificate: %s is not a PEM certificate that can be read", settings->certificate);
    else if (SSL_CTX_use_PrivateKey_file(tls, settings->key, SSL_FILETYPE_PEM) != 1)
        ok = refuse(error, "[tls] key: %s is not a PEM key that can be read and that fits the certificate", settings->key);
    else if (SSL_CTX_load_verify_locations(tls, settings->authority, NULL) != 1)
        ok = refuse(error, "[tls] authority: %s is not a PEM certificate that can be read", settings->authority);
    else if (X509_cmp_current_time(X509_get0_notAfter(SSL_CTX_get0_certificate(tls))) < 0)
        g_warning("the desk's certificate %s has expired: booths will refuse it", settings->certificate);
    SSL_CTX_free(tls);
    ERR_clear_error();
    return ok;
}

/* OpenSSL's verdict stands; libwebsockets would overrule it if 0 were returned for a failure. */
int door_tls_verify(Door *door, struct lws *wsi, X509_STORE_CTX *store, size_t verified)
{
    if (verified) return 0;
    char name[256] = "?";
    X509 *certificate = X509_STORE_CTX_get_current_cert(store);
    if (certificate) X509_NAME_oneline(X509_get_subject_name(certificate), name, sizeof name);
    door_log_refusal(door, wsi, "the certificate of %s: %s", name, X509_verify_cert_error_string(X509_STORE_CTX_get_error(store)));
    return 1;
}

/* No resumption: every link shows its certificate, so one that has expired since does not come back in. */
int door_tls_prepare(Door *door, SSL_CTX *tls)
{
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(tls, 0);
    SSL_CTX_set_options(tls, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_client_CA_list(tls, SSL_load_client_CA_file(door->settings->authority));
    return SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) == 1 ? 0 : -1;
}

void door_tls_log_alert(Door *door, struct lws *wsi, const struct lws_ssl_info *info)
{
    gboolean ours = info->where & SSL_CB_WRITE, fatal = (info->ret >> 8) == SSL3_AL_FATAL;
    const char *cause = ours ? ERR_reason_error_string(ERR_peek_last_error()) : NULL;
    if (fatal)
        door_log_refusal(door, wsi, "TLS: %s: %s", ours ? "we ended it" : "the peer ended it",
                         cause ? cause : SSL_alert_desc_string_long(info->ret));
}
