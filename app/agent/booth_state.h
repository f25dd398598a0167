/* booth_state: what a booth's state machine knows, and the words of docs/protocol.md for it.
 *
 * Holds no pointer but to static text, so that a Booth may be copied, compared and saved. Times ending in _mono are milliseconds of
 * CLOCK_MONOTONIC. What changes it is booth_step() of booth.h alone. Any thread, on a Booth of its own. */
#pragma once

#include <glib.h>

#define BOOTH_TAGS_MAX 256

#define BOOTH_PRACTICE "practice" /* id of a call that only the booth itself knows */

typedef enum {
    BOOTH_STARTING,
    BOOTH_PAUSED,
    BOOTH_READY,
    BOOTH_RINGING,
    BOOTH_CONNECTING,
    BOOTH_LIVE,
    BOOTH_WRAPUP,
    BOOTH_STATES,
} BoothState;

typedef enum { BOOTH_MEDIA_NONE, BOOTH_MEDIA_CONNECTING, BOOTH_MEDIA_UP, BOOTH_MEDIA_LOST } BoothMedia;
typedef enum { BOOTH_FACE, BOOTH_PRODUCT, BOOTH_PIP } BoothView;
typedef enum { BOOTH_END_NONE, BOOTH_END_HANGUP, BOOTH_END_SETUP_FAILED, BOOTH_END_MEDIA_LOST } BoothEnd;

/* What a desk says about a call that hello named. */
typedef enum { BOOTH_RESUME_NONE, BOOTH_RESUME_KEPT, BOOTH_RESUME_GONE } BoothResume;

typedef struct {
    char id[34]; /* "" is none */
    guint gen;
    char nonce[65];
} BoothKey;

/* What the advisor says of a call after it. */
typedef struct {
    char outcome[16]; /* "": not said yet */
    char order[64];
    gint64 value_minor;        /* of the order, in the currency's smallest unit */
    char currency[4];          /* "": no value */
    char tags[BOOTH_TAGS_MAX]; /* words, one space between */
} BoothNote;

/* What became of products in a call; the last four of the basket as it was when the call ended. */
typedef struct {
    gint64 shown, added; /* how many different ones */
    gint64 items, accessories;
    gint64 basket_minor;
    char currency[4]; /* "": it was empty */
} BoothSold;

/* The call in hand, and after its end what is known of it for the record. */
typedef struct {
    BoothKey key;
    gboolean accepted; /* the desk said so */
    gboolean shopper_present;
    BoothMedia media;
    guint pc;    /* of the peer connection in use; grows over all calls */
    guint asked; /* peer connections made because the shopper's page had no picture */
    gint64 ring_until_mono;
    gint64 offered_mono, accepted_mono, media_up_mono, shopper_picture_mono, ended_mono, ready_mono; /* 0: it did not happen */
    const char *result; /* static text: accepted, declined, ring_no_answer, withdrawn */
    char codec[16];
    BoothNote note;
    BoothSold sold;
    gint64 talk_ms, muted_ms, wrapup_ms; /* muted_ms: of talk_ms */
    gint64 muted_mono;                   /* live and muted since; 0: not so */
    char cut_boot[40];                   /* the booth lost its power in this call: the boot that its times are of; else "" */
} BoothCall;

typedef struct {
    BoothState state;
    gint64 since_mono;
    gboolean ready_wanted;
    char pause_reason[32];
    gboolean linked;  /* a desk has welcomed the booth */
    gboolean blocked; /* some problem blocks readiness */
    gboolean studio;
    gboolean checking; /* the advisor looks at the checks */
    gboolean muted;
    BoothView view;
    gint64 ring_ms, setup_ms, wrapup_ms;
    gint64 extend_ms;  /* what one extension adds to a wrap-up */
    gboolean extended; /* the wrap-up in hand was */
    gboolean parked;   /* a pull waits at the desk */
    gint64 pull_seq;
    BoothCall call;
    guint pc_last;
    gint64 deadline_mono; /* of ringing, connecting and wrap-up; 0: none */
    gint64 renew_mono;    /* next renewal; 0: none */
    gint64 gone_mono;     /* since when the media is gone and there is no way to make it anew; 0: not so */
    gint64 remade_mono;   /* last time a peer connection was made */
    BoothKey owed;        /* a call whose end the desk has not confirmed; until it has, no other is pulled */
    BoothEnd owed_end;
    gint64 owed_mono; /* last time it was told */
} Booth;

/* Same call and generation; no call is like no other one. */
gboolean booth_same_key(const BoothKey *a, const BoothKey *b);
gboolean booth_key_is_practice(const BoothKey *key);

/* Accepted, and not over. */
gboolean booth_in_call(const Booth *booth);
/* What is in hand is practice: nothing of it leaves the booth or is counted. */
gboolean booth_is_practice(const Booth *booth);
/* The call that hello has to name: the one in hand, or one whose end is owed. NULL: none. */
const BoothKey *booth_held(const Booth *booth);

const char *booth_state_name(BoothState state);
const char *booth_media_name(BoothMedia media);
const char *booth_view_name(BoothView view);
const char *booth_end_name(BoothEnd end);
gboolean booth_view_from_name(const char *name, BoothView *view);
gboolean booth_is_outcome(const char *text);
