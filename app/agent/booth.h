/* booth: the booth's state machine: what happened goes in, the new state and a list of things to do come out.
 *
 * Pure: it reads no clock and sends nothing. Times come with each event, in milliseconds of CLOCK_MONOTONIC; what they are by the clock on
 * the wall is for others to say (booth_clock.h). What becomes of an event stands with whoever it comes from: booth_wishes, booth_desk,
 * booth_media. */
#pragma once

#include "agent/booth_state.h"

#define BOOTH_RENEW_MS   5000  /* between renewals of a lease */
#define BOOTH_AWAY_MS    10000 /* media gone and shopper away for so long: over */
#define BOOTH_CUT_OFF_MS 30000 /* media gone and no desk to make it anew with for so long: over */
#define BOOTH_REMAKE_MS  8000  /* a new peer connection has so long before the next is tried */
#define BOOTH_REMAKE_MIN 3000  /* between two that the shopper's page asks for; doubles each time, */
#define BOOTH_ASKED_MAX  4     /* so often */

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
