/* booth: the booth's state machine: what happened goes in, the new state and a list of things to do come out.
 *
 * Pure: it reads no clock, sends nothing and holds no pointer, so that a Booth may be copied, compared and saved. Times ending in _mono are
 * milliseconds of CLOCK_MONOTONIC and come with each event; what they are by the clock on the wall is for others to say (booth_clock.h). */
#pragma once

#include <glib.h>

#define BOOTH_RENEW_MS   5000  /* between renewals of a lease */
#define BOOTH_AWAY_MS    10000 /* media gone and shopper away for so long: over */
#define BOOTH_CUT_OFF_MS 30000 /* media gone and no desk to make it anew with for so long: over */
#define BOOTH_REMAKE_MS  8000  /* a new peer connection has so long before the next is tried */
#define BOOTH_REMAKE_MIN 3000  /* between two that the shopper's page asks for; doubles each time, */
#define BOOTH_ASKED_MAX  4     /* so often */
#define BOOTH_TAGS_MAX   256

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

typedef enum {
    BOOTH_STARTED,    /* what was saved is loaded and the studio was asked: leave starting */
    BOOTH_WISH_READY, /* wishes come from the console, the panel and boothctl alike */
    BOOTH_WISH_PAUSE, /* text: reason */
    BOOTH_WISH_ACCEPT,
    BOOTH_WISH_DECLINE,
    BOOTH_WISH_HANGUP,
    BOOTH_WISH_MUTE,    /* flag */
    BOOTH_WISH_CAMERA,  /* number: BoothView */
    BOOTH_WISH_OUTCOME, /* ends the wrap-up; text: outcome, "" for the noted one; text2: order, "" for the noted one */
    BOOTH_WISH_NOTE,    /* note: all that is known so far; what counts if time runs out */
    BOOTH_WISH_EXTEND,  /* more time to wrap up, once */
    BOOTH_WISH_PRACTICE,
    BOOTH_WISH_CHECK, /* flag: look at the booth's checks, and test what only a test can prove; FALSE: away from them */
    BOOTH_LINK_DOWN,
    BOOTH_WELCOME, /* number: BoothResume; ring_ms, setup_ms, wrapup_ms */
    BOOTH_OFFER,   /* key, ring_ms; wrapup_ms, 0: as before */
    BOOTH_UNPULLED,
    BOOTH_WITHDRAWN,  /* key, text: why */
    BOOTH_ACCEPTED,   /* key */
    BOOTH_REFUSED,    /* key, text: what */
    BOOTH_ENDED,      /* key */
    BOOTH_SHOPPER,    /* key, flag: present */
    BOOTH_SEEN,       /* key: the shopper sees the advisor */
    BOOTH_NO_PICTURE, /* key: the shopper's page has none */
    BOOTH_STUDIO_UP,  /* key and number: the session (call, gen, pc) that it runs; media: of it */
    BOOTH_STUDIO_DOWN,
    BOOTH_MEDIA_IS,        /* number: pc, media: what it became */
    BOOTH_SHOPPER_PICTURE, /* number: pc */
    BOOTH_CODEC_USED,      /* text: of the offer to the shopper */
    BOOTH_CODEC_REFUSED,   /* flag: there is another one to try */
    BOOTH_BLOCKED,         /* flag */
    BOOTH_TICK,            /* booth_deadline() has come */
    BOOTH_EVENTS,
} BoothEventKind;

typedef struct {
    BoothEventKind kind;
    gint64 mono; /* now */
    BoothKey key;
    const char *text, *text2; /* NULL is "" */
    const BoothNote *note;
    gboolean flag;
    guint number;
    BoothMedia media;
    gint64 ring_ms, setup_ms, wrapup_ms;
} BoothEvent;

typedef enum {
    BOOTH_DO_PULL,   /* with booth->pull_seq */
    BOOTH_DO_UNPULL, /* with booth->pull_seq */
    BOOTH_DO_ACCEPT, /* these name the action's key */
    BOOTH_DO_DECLINE,
    BOOTH_DO_RING_NO_ANSWER,
    BOOTH_DO_RENEW,
    BOOTH_DO_MEDIA_UP,
    BOOTH_DO_END,     /* with end */
    BOOTH_DO_PREPARE, /* studio, with booth->call */
    BOOTH_DO_START,
    BOOTH_DO_REHEARSE, /* studio: the practice shopper's picture and sound, as booth->call.pc; ended by BOOTH_DO_STOP */
    BOOTH_DO_STOP,
    BOOTH_DO_SELF_TEST, /* studio */
    BOOTH_DO_MUTE,      /* tell the studio booth->muted */
    BOOTH_DO_CAMERA,    /* tell the studio booth->view */
    BOOTH_DO_RECORD,    /* write booth->call down, together with the new state */
} BoothActionKind;

typedef struct {
    BoothActionKind kind;
    BoothKey key;
    BoothEnd end;
} BoothAction;

#define BOOTH_ACTIONS_MAX 8

typedef struct {
    guint count;
    BoothAction list[BOOTH_ACTIONS_MAX];
} BoothActions;

void booth_init(Booth *booth, gint64 mono);

/* Takes one event. actions is filled anew, in the order to be done. FALSE: a wish that does not fit the state; nothing changed then. */
gboolean booth_step(Booth *booth, const BoothEvent *event, BoothActions *actions);

/* When a BOOTH_TICK is due; 0: never. */
gint64 booth_deadline(const Booth *booth);

/* Words of docs/protocol.md. */
const char *booth_state_name(BoothState state);
const char *booth_media_name(BoothMedia media);
const char *booth_view_name(BoothView view);
const char *booth_end_name(BoothEnd end);
gboolean booth_view_from_name(const char *name, BoothView *view);
gboolean booth_is_outcome(const char *text);

/* What is in hand is practice: nothing of it leaves the booth or is counted. */
gboolean booth_is_practice(const Booth *booth);

/* The call that hello has to name: the one in hand, or one whose end is owed. NULL: none. */
const BoothKey *booth_held(const Booth *booth);
