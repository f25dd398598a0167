/* enroller: how the booth comes by its certificate, and keeps one: with the one-time token the first time, with the old certificate before
 * that ends.
 *
 * What waits for disk and network runs on a thread; everything here is the main context's. The token's file goes away once its certificate
 * is kept. */
#pragma once

#include "config/config.h"
#include "link/backoff.h"

#include <jansson.h>

typedef struct Enroller Enroller;

typedef enum {
    ENROL_MISSING, /* neither certificate nor token */
    ENROL_ASKING,  /* there is a token, and the centre has not answered yet */
    ENROL_REFUSED, /* it has, and said no */
    ENROL_DONE,    /* there is a certificate */
} EnrolState;

#define ENROL_RETRY_FIRST   1000    /* ms; full jitter, doubling */
#define ENROL_RETRY_LIMIT   60000   /* with a token */
#define ENROL_RENEW_LIMIT   3600000 /* with a certificate that is still good */
#define ENROL_REFUSED_RETRY 600000  /* the centre may have been wrong, or its clock */
#define ENROL_LOOK_MS       60000   /* at the certificate's age, at least so often: clocks jump */

typedef struct {
    void (*changed)(void *data); /* state, problem or why */
    void (*renewed)(void *data); /* another certificate than before: links made from now on use it */
    void *data;
} EnrolEvents;

/* Finishes what a power cut left, then asks if there is a token. config and events must outlive it. */
Enroller *enroller_new(const Config *config, const EnrolEvents *events);
void enroller_free(Enroller *enroller); /* NULL is fine */

EnrolState enroller_state(const Enroller *enroller);
gboolean enroller_may_link(const Enroller *enroller); /* there is a certificate to show, or nothing better will come */

#define ENROL_PROBLEMS 6
/* Names of docs/protocol.md, each once, and whether it is so now. */
const char *enroller_problem_name(guint i);
gboolean enroller_has_problem(const Enroller *enroller, guint i);

/* The snapshot's "enrolment", a new reference: {"state","why","until_utc"}. */
json_t *enroller_json(const Enroller *enroller);

/* Problem for the protocol's word of a refusal; pure. */
const char *enroller_problem_of(const char *why);
