/* news: what the world outside is told of a call, each piece as one CloudEvent 1.0 (docs/protocol.md, "Events").
 *
 * A piece of news follows from a call's value alone, with its id and its times, so every desk that sees a change makes the same one, and
 * the bus keeps the first. None holds anything of the shopper. Pure functions: any thread. */
#pragma once

#include "desk/call.h"

#define NEWS_SUBJECTS "livebooth.events."

typedef enum {
    NEWS_QUEUED, /* in line, also again after an offer that came to nothing */
    NEWS_OFFERED,
    NEWS_ACCEPTED,
    NEWS_LIVE, /* the shopper's first picture of this accept */
    NEWS_CALLBACK_REQUESTED,
    NEWS_ENDED,
    NEWS_RATED,
    NEWS_KINDS,
} NewsKind;

typedef struct {
    NewsKind kind;
    char call[34];
    guint gen; /* with kind and call what tells it from all others */
    gint64 time_utc;
    char topic[CALL_WORD_MAX + 1], lang[CALL_WORD_MAX + 1];
    char booth[33];                   /* "" where no booth has to do with it */
    const char *why;                  /* back in line: how the offer ended; else NULL. Static, as the next ones */
    const char *outcome, *cause, *by; /* of an end */
    gboolean answered;                /* an accept: the call's first; an end: a booth had accepted */
    gint64 ms;      /* accepted: since asked; live: since accepted; ended: of talk, or in line when there was none. >= 0 */
    guint stars;    /* of a rating, 1 to 5, */
    gint recommend; /* 0 to 10; -1: not said */
} News;

/* All that a call's new value says and the old one (NULL: none is known) did not, in the order in which it happened. An array of News. */
GArray *news_of_change(const Call *old, const Call *call) G_GNUC_WARN_UNUSED_RESULT;
/* What does not show in the call's value: a request for a callback without a call in line, and a rating of it. */
News news_of_callback(const Call *call);
News news_of_rating(const char *call, guint stars, gint recommend, gint64 now_utc);

const char *news_kind_name(NewsKind kind);
char *news_id(const News *news);      /* CALL.KIND.GEN, to g_free() */
char *news_subject(const News *news); /* on the bus: livebooth.events.call.KIND.CALL.GEN, to g_free() */
char *news_text(const News *news);    /* the CloudEvent in structured mode, to g_free() */
