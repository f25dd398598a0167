/* redact: a text without its secrets, for whoever helps from outside. Pure.
 *
 * Gone are: PEM blocks of private keys, values of keys and members named password, token, secret or nonce, SSH public keys' text, and the
 * host parts of shoppers' addresses, which ICE candidates hold. Lines stay lines. */
#pragma once

char *redact(const char *text); /* to g_free() */
