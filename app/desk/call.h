/* call: the life of one call, as a pure function from a value and an event to the next value (docs/protocol.md, "Life of a call").
 *
 * The exchange turns what happens into a CallEvent, call_step() says what the call becomes, and the store makes it so by compare-and-set.
 * Nothing here has a clock, a lock or a side effect: any thread. */
#pragma once

#include <glib.h>
#include <jansson.h>

#define CALL_WORD_MAX   64  /* bytes of a topic, a language, a codec */
#define CALL_CODECS_MAX 8   /* codecs kept of what the shopper offers */
#define CALL_OFFERS_MAX 100 /* offers kept; the oldest go first */

typedef enum { CALL_QUEUED, CALL_OFFERED, CALL_LIVE, CALL_DONE } CallState;
typedef enum { CALL_PRIO_LOST, CALL_PRIO_CALLBACK, CALL_PRIO_NORMAL } CallPrio; /* first to last */

typedef enum {
    CALL_OFFER_OPEN,
    CALL_OFFER_ACCEPTED,
    CALL_OFFER_DECLINED,
    CALL_OFFER_RING_NO_ANSWER,
    CALL_OFFER_LINK_LOST,
    CALL_OFFER_LEASE_ENDED,
    CALL_OFFER_WITHDRAWN, /* the shopper left */
    CALL_OFFER_LOST,      /* was live, then back in line */
} CallOfferResult;

typedef struct {
    char booth[33];
    guint gen;
    gint64 offered_utc, accepted_utc, ended_utc; /* accepted_utc: 0 when it was not */
    CallOfferResult result;
} CallOffer;

typedef struct {
    char id[34];
    CallState state;
    guint gen;
    char nonce[33];
    char owner[33]; /* booth, "" while queued */
    char *owner_name;
    char owner_desk[33]; /* the desk that holds the owner's link */
    guint64 lease;       /* grows with each renewal */
    CallPrio prio;
    gint64 enqueued_utc;
    char topic[CALL_WORD_MAX + 1], lang[CALL_WORD_MAX + 1];
    char *product, *product_title; /* "" when none was given */
    gboolean before;               /* the shopper's browser has spoken with an advisor before */
    char codecs[CALL_CODECS_MAX][CALL_WORD_MAX + 1];
    guint codec_count;
    char shopper_desk[33]; /* the desk that holds, or last held, the shopper's page */
    char key_hash[65];
    gboolean promised; /* a wait was promised: */
    gint64 promise_p50_ms, promise_p90_ms;
    guint place_at_ask;
    GArray *offers; /* of CallOffer */
    gint64 accepted_utc, media_up_utc, ended_utc;
    const char *outcome, *cause, *ended_by; /* static strings, "" when open */
} Call;

typedef enum {
    CALL_OFFER,  /* booth, booth_name, desk, nonce */
    CALL_ACCEPT, /* this and the next ones: gen, nonce, as the booth holds them */
    CALL_DECLINE,
    CALL_RING_NO_ANSWER,
    CALL_RENEW,
    CALL_ADOPT, /* the booth came to another desk: desk */
    CALL_BOOTH_ENDS,
    CALL_SETUP_FAILED,
    CALL_MEDIA_LOST,     /* the booth has no media and the shopper is away */
    CALL_LINK_LOST,      /* gen; desk: whose link it was */
    CALL_LEASE_ENDED,    /* this and the next two: gen */
    CALL_NO_PICTURE,     /* the shopper sees nothing and the booth is not linked */
    CALL_MEDIA_UP,       /* the shopper's page has its first picture: gen */
    CALL_SHOPPER_ENDS,   /* hangs up; missed */
    CALL_SHOPPER_LEAVES, /* leaves the line, which an accept may just have come before; missed */
    CALL_SHOPPER_AWAY,   /* was away too long while waiting; desk: that had the page; missed */
    CALL_CALL_BACK,      /* asked to be called back instead */
    CALL_MOVE,           /* the shopper's page came to another desk: desk */
    CALL_EVENTS,
} CallEventKind;

typedef struct {
    CallEventKind kind;
    gint64 now_utc;
    guint gen;
    char nonce[33];
    char booth[33];
    const char *booth_name; /* of a CALL_OFFER; only read during call_step() */
    char desk[33];
    const char *missed; /* static string: why no booth took it, as missed_cause(); "" or NULL: nothing failed */
} CallEvent;

/* A new call in state queued with empty texts; fill in, then store. */
Call *call_new(const char *id, gint64 enqueued_utc);
Call *call_copy(const Call *call);
void call_free(Call *call); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Call, call_free)

/* The call after the event, to call_free(); NULL when the event does not fit it (any more), or would change nothing. */
Call *call_step(const Call *call, const CallEvent *event) G_GNUC_WARN_UNUSED_RESULT;

/* Whether gen and nonce are those of the booth that the call is offered to or live with. */
gboolean call_is_held(const Call *call, const char *booth, guint gen, const char *nonce);

/* What a call came to that ends without a talk, by the first rule that fits:
 *   a talk was lost and not found again         dropped    network
 *   last offer not answered                     missed     ring_no_answer
 *   last offer declined                         declined   left_before_promise or left_after_promise, as below
 *   last offer ended by its link or its lease   missed     network
 *   the booths had missed (missed_cause())      missed     that
 *   otherwise                                   abandoned  left_after_promise when the 90th percentile promised had gone by,
 *                                                          else left_before_promise (also when nothing was promised) */
void call_unanswered(const Call *call, gint64 now_utc, const char *missed, const char **ret_outcome, const char **ret_cause);

/* Puts a call in its end. outcome and cause must be static strings of the protocol. */
void call_finish(Call *call, gint64 now_utc, const char *outcome, const char *cause, const char *by);

/* The value of the call's key. */
json_t *call_to_json(const Call *call) G_GNUC_WARN_UNUSED_RESULT;
/* The terminal record: without what only the living call needs. With key_hash, by which any desk knows who may come back to it. */
json_t *call_to_record(const Call *call) G_GNUC_WARN_UNUSED_RESULT;
/* NULL if value is not what call_to_json() makes. */
Call *call_from_json(const json_t *value) G_GNUC_WARN_UNUSED_RESULT;

const char *call_state_name(CallState state);
const char *call_offer_result_name(CallOfferResult result);
