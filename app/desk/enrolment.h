/* enrolment: what the centre knows of a booth's right to a certificate: one JSON value for each booth, the key ENROL.<booth> of the bus.
 *
 * Pure: text in, text out, and the rules. A token and a key are known by their SHA-256 alone. Times are Unix milliseconds. */
#pragma once

#include <glib.h>

typedef enum {
    ENROLMENT_MANUAL,  /* never had a token: its certificate was made by hand */
    ENROLMENT_OPEN,    /* a token waits to be used */
    ENROLMENT_USED,    /* the token became a certificate */
    ENROLMENT_REVOKED, /* neither token nor certificate is good any more */
} EnrolmentState;

#define ENROLMENT_HASH_LENGTH 64 /* hex digits */

typedef struct {
    EnrolmentState state;
    char *booth, *name, *store, *region;
    char token[ENROLMENT_HASH_LENGTH + 1]; /* of the newest token; "" without one */
    gint64 made_utc, expires_utc, used_utc;
    /* Of the public keys whose certificates are good; "" where there is none. current: the newest; previous: the one before, until the
     * booth has come with the current one, since the answer to its renewal may have been lost. */
    char current[ENROLMENT_HASH_LENGTH + 1], previous[ENROLMENT_HASH_LENGTH + 1];
    char *certificate; /* PEM with its chain, over current: for who asks again; "" without one */
    gint64 until_utc;  /* when it ends */
    gint64 twice_utc;  /* since when this identity is known to be at two places, 0: it is not */
} Enrolment;

Enrolment *enrolment_new(const char *booth);
void enrolment_free(Enrolment *enrolment); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Enrolment, enrolment_free)

Enrolment *enrolment_parse(const char *text); /* NULL: it makes no sense */
char *enrolment_format(const Enrolment *enrolment);
const char *enrolment_state_name(EnrolmentState state);

/* SHA-256 of text, as 64 hex digits, into hash. */
void enrolment_hash(const void *bytes, gsize length, char hash[ENROLMENT_HASH_LENGTH + 1]);

typedef enum {
    ENROLMENT_ISSUE, /* make a certificate, then enrolment_issued() */
    ENROLMENT_AGAIN, /* the same booth asks again: it gets what it was given */
    ENROLMENT_TOKEN_USED,
    ENROLMENT_TOKEN_EXPIRED,
    ENROLMENT_TOKEN_FOREIGN, /* not one of this booth, or one that was replaced */
    ENROLMENT_TOKEN_REVOKED,
} EnrolmentVerdict;

/* What a request with the token and the key (their hashes) gets. enrolment NULL: the centre knows nothing of the booth. */
EnrolmentVerdict enrolment_judge(const Enrolment *enrolment, const char *token, const char *key, gint64 now_utc);
const char *enrolment_verdict_name(EnrolmentVerdict verdict); /* "used", ...: the protocol's word */

/* Whether a link or a renewal with that key is the booth's. enrolment NULL, or one that never was more than a token: yes, its certificate
 * was made by hand. */
gboolean enrolment_admits(const Enrolment *enrolment, const char *key);
/* The booth came with its current key: the previous one is of the past. Whether that changed anything. */
gboolean enrolment_seen(Enrolment *enrolment, const char *key);

/* A certificate was made over key. before: the key that asked for it, "" when a token did. */
void enrolment_issued(Enrolment *enrolment, const char *before, const char *key, const char *certificate, gint64 until_utc, gint64 now_utc);
/* A new token. What it had before stays good until the token is used. */
void enrolment_open(Enrolment *enrolment, const char *token, gint64 now_utc, gint64 expires_utc);
void enrolment_revoke(Enrolment *enrolment);
/* The one booth of that name takes calls again. FALSE: it was not seen twice. */
gboolean enrolment_release(Enrolment *enrolment);
