/* door_tls: the TLS of the booths' port, which asks for a certificate of the booths' authority; by OpenSSL, through libwebsockets. For
 * door*.c; on the door's thread only. */
#pragma once

#include <glib.h>
#include <libwebsockets.h>
#include <openssl/ssl.h>

#include "desk/door.h"

/* Whether the files of settings are a certificate with its key and an authority. FALSE with one sentence that names the file. */
gboolean door_tls_check(const DoorSettings *settings, GError **error);

/* The port's context, before its first link: TLS 1.2 at least, no session is resumed. Returns what
 * LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS has to. */
int door_tls_prepare(Door *door, SSL_CTX *tls);

/* On a client's certificate, verified: OpenSSL's verdict. Returns what LWS_CALLBACK_OPENSSL_PERFORM_CLIENT_CERT_VERIFICATION has to: 0, or
 * 1 to refuse it, which is logged. */
int door_tls_verify(Door *door, struct lws *wsi, X509_STORE_CTX *store, size_t verified);

/* On LWS_CALLBACK_SSL_INFO: an alert that ends a connection goes to the log. */
void door_tls_log_alert(Door *door, struct lws *wsi, const struct lws_ssl_info *info);
