/* view: the agent's snapshot as the console needs it, and what follows from it and the clock.
 *
 * Pure: reads what is there, takes the cautious meaning of what is missing or of the wrong kind. Strings belong to the snapshot. */
#pragma once

#include <glib.h>
#include <jansson.h>

#define VIEW_PROBLEMS_MAX 16
#define VIEW_TOPICS_MAX   16
#define VIEW_TAGS_MAX     12
#define VIEW_CURRENCIES   8

#define VIEW_LEVEL_GOOD 80 /* percent of the hour's shoppers who were answered in time */
#define VIEW_LEVEL_FAIR 60

typedef enum {
    VIEW_UNKNOWN, /* no snapshot was ever seen */
    VIEW_STARTING,
    VIEW_PAUSED,
    VIEW_READY,
    VIEW_RINGING,
    VIEW_CONNECTING,
    VIEW_LIVE,
    VIEW_WRAPUP,
} ViewState;

typedef enum { MEDIA_NONE, MEDIA_CONNECTING, MEDIA_UP, MEDIA_LOST } ViewMedia;
typedef enum { CAMERA_FACE, CAMERA_PRODUCT, CAMERA_PIP } ViewCamera;
typedef enum { LINE_UNKNOWN, LINE_GOOD, LINE_FAIR, LINE_POOR, LINE_LOST } ViewLine;
typedef enum { CHECK_UNKNOWN, CHECK_OK, CHECK_SIMULATED, CHECK_UNUSED, CHECK_BAD } ViewCheck;

typedef enum {
    DEVICE_NETWORK,
    DEVICE_ENROLMENT,
    DEVICE_LINK,
    DEVICE_CAMERA_FACE,
    DEVICE_CAMERA_PRODUCT,
    DEVICE_MICROPHONE,
    DEVICE_SPEAKER,
    DEVICE_DEMO,
    DEVICE_STORAGE,
    DEVICE_CLOCK,
    DEVICES
} ViewDevice;

typedef enum { BUNDLE_NONE, BUNDLE_MAKING, BUNDLE_DONE, BUNDLE_FAILED } ViewBundle;
typedef enum { ENDING_NONE, ENDING_RESTART, ENDING_RESET } ViewEnding;

typedef enum { LEVEL_UNKNOWN, LEVEL_GOOD, LEVEL_FAIR, LEVEL_POOR } ViewLevel;

typedef struct {
    const char *name;
    gboolean error, blocks_ready;
} ViewProblem;

/* Of the last hour: n shoppers were answered or gave up, good of them in time. */
typedef struct {
    gint64 n, good;
} ViewService;

typedef struct {
    const char *id;
    gint64 waiting, oldest_ms;
    ViewService service;
} ViewTopic;

typedef struct {
    ViewState state;
    gboolean agent_gone; /* the rest is what was last known */
    gint64 since_mono, now_mono;
    const char *name, *store, *pause_reason;
    ViewProblem problems[VIEW_PROBLEMS_MAX];
    guint problem_count;
    gboolean blocked; /* a problem keeps the booth from being ready */
    gboolean ready_wanted;
    gboolean link_up;
    gint64 waiting, oldest_ms, told_mono;
    gint64 within_ms; /* what "in time" is */
    ViewService service;
    gboolean alert;          /* a shopper has waited too long */
    const char *notice;      /* of operations; "" when there is none */
    gboolean notice_picture; /* they look at this screen */
    ViewTopic topics[VIEW_TOPICS_MAX];
    guint topic_count;
    gboolean in_call;
    const char *call_id, *topic, *language, *product_title, *product;
    gboolean practice; /* the shopper is the recorded one */
    gboolean before;   /* the shopper has spoken with an advisor before */
    gint64 waited_ms, ring_until_mono, accepted_mono;
    ViewMedia media;
    gboolean shopper_present;
    gint64 wrapup_until_mono;
    gboolean extended;
    const char *tags[VIEW_TAGS_MAX], *currencies[VIEW_CURRENCIES]; /* that may be chosen */
    guint tag_count, currency_count;
    const json_t *note; /* what the agent has of the wrap-up, or NULL */
    gboolean checking;  /* the advisor looks at the checks */
    ViewCamera camera;
    gboolean muted;
    ViewLine line;
    ViewCheck checks[DEVICES];
    const char *check_problems[DEVICES]; /* why it is bad, "" */
    gboolean no_demo;                    /* the booth has no product display */
    ViewBundle bundle;                   /* for support */
    ViewEnding ending;                   /* the machine is about to start again */
    gboolean serviceable;                /* this is a booth from an image, which can do that */
    gboolean stuck;                      /* it was asked to start again and did not */
    gint64 unsent;                       /* records that the centre does not have */
    const char *mistake;                 /* in booth.txt, one sentence with its line; "" */
} View;

/* snapshot NULL: nothing was ever heard from the agent. */
void view_read(View *view, const json_t *snapshot, gboolean agent_gone);

/* A shopper is there, or about to be: connecting or live. */
gboolean view_is_on_air(const View *view);

/* How long the first in line, or of a topic, has waited by now, ms. */
gint64 view_longest_wait(const View *view, gint64 now_mono);
gint64 view_topic_wait(const View *view, const ViewTopic *topic, gint64 now_mono);
/* The service level as whole percent, rounded down: nothing sounds better than it is; -1: nobody called. */
int view_percent(const ViewService *service);
ViewLevel view_level(const ViewService *service);
/* A web address as a person reads it: without scheme and query, at most so many characters, the middle left out; to g_free(). */
char *view_short_link(const char *address, glong most);
/* What is left (0 to 1) of the time from since to until. */
double view_part_left(gint64 since_mono, gint64 until_mono, gint64 now_mono);
/* Whole seconds left, rounded up, never negative. */
gint64 view_seconds_left(gint64 until_mono, gint64 now_mono);
/* The problem of a device that is there, or NULL. */
const char *view_device_problem(const View *view, ViewDevice device);
