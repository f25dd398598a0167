/* facts: what the records of docs/protocol.md say, as the facts that figures are made of. Pure: any thread.
 *
 * Records of older booths and desks lack members; what is missing is unknown. A record that cannot be one is refused whole. */
#pragma once

#include "kpi/kpi.h"

#define FACTS_ID_MAX     32  /* bytes of a booth's id */
#define FACTS_WORD_MAX   64  /* of a topic, a language */
#define FACTS_LABEL_MAX  200 /* of a store's or region's name; longer ones are cut at a character */
#define FACTS_OFFERS_MAX 100
#define FACTS_UTC_MAX    G_GINT64_CONSTANT(253402300799999) /* the year 9999 */

typedef struct {
    char booth[FACTS_ID_MAX + 1];
    gint64 gen, offered_utc, ended_utc;
    KpiOfferResult result;
} FactsOffer;

typedef struct {
    char id[34];
    char topic[FACTS_WORD_MAX + 1], lang[FACTS_WORD_MAX + 1];
    char booth[FACTS_ID_MAX + 1]; /* which answered last; "" when none did */
    KpiCall call;
    FactsOffer offers[FACTS_OFFERS_MAX];
    guint offer_count;
} FactsCall;

typedef enum { FACTS_BOOTH_CALL, FACTS_BOOTH_OFFER, FACTS_BOOTH_STATE, FACTS_BOOTH_REFUSED } FactsBoothKind;

/* A booth's record. */
typedef struct {
    FactsBoothKind kind;
    char booth[FACTS_ID_MAX + 1];
    gint64 epoch, seq;
    gboolean labelled; /* it says of which store and region it is: */
    char store[FACTS_LABEL_MAX + 1], region[FACTS_LABEL_MAX + 1];
    char boot_id[64];
    gint64 utc;  /* when its call was offered, or its time began; 0: unknown */
    gint64 mono; /* the same, of boot_id */
    /* of a call */
    char call[34];
    char topic[FACTS_WORD_MAX + 1], lang[FACTS_WORD_MAX + 1];
    gint64 gen;
    KpiHandled handled; /* closing is not set */
    char outcome[16];   /* the advisor's word */
    char codec[16];
    /* of a state */
    KpiTime time;
} FactsBooth;

typedef struct {
    char call[34];
    KpiRating rating;
} FactsRating;

/* FALSE: it is no such record. attach: tags that say that something was sold with the sale. facts_call() is some 7 kB: not for small
 * stacks.
 */
gboolean facts_call(const json_t *record, FactsCall *ret_call);
gboolean facts_booth(const json_t *record, const char *const *attach, FactsBooth *ret_booth);
gboolean facts_rating(const json_t *record, FactsRating *ret_rating);
