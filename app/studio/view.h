/* view: the agent's snapshot as the console needs it, and what follows from it and the clock.
 *
 * Pure: reads what is there, takes the cautious meaning of what is missing or of the wrong kind. Strings belong to the snapshot. */
#pragma once

#include <glib.h>
#include <jansson.h>

#define VIEW_PROBLEMS_MAX 16
#define VIEW_TOPICS_MAX   16

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
    DEVICE_LINK,
    DEVICE_CAMERA_FACE,
    DEVICE_CAMERA_PRODUCT,
    DEVICE_MICROPHONE,
    DEVICE_SPEAKER,
    DEVICE_DEMO,
    DEVICE_STORAGE,
    DEVICES
} ViewDevice;

typedef struct {
    const char *name;
    gboolean error, blocks_ready;
} ViewProblem;

typedef struct {
    const char *id;
    gint64 waiting;
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
    gint64 waiting, oldest_ms;
    ViewTopic topics[VIEW_TOPICS_MAX];
    guint topic_count;
    gboolean in_call;
    const char *call_id, *topic, *language, *product_title;
    gint64 waited_ms, ring_until_mono, accepted_mono;
    ViewMedia media;
    gboolean shopper_present;
    gint64 wrapup_until_mono;
    ViewCamera camera;
    gboolean muted;
    ViewLine line;
    ViewCheck checks[DEVICES];
} View;

/* snapshot NULL: nothing was ever heard from the agent. */
void view_read(View *view, const json_t *snapshot, gboolean agent_gone);

/* How long the first in line has waited by now, ms. */
gint64 view_longest_wait(const View *view, gint64 now_mono);
/* What is left (0 to 1) of the time from since to until. */
double view_part_left(gint64 since_mono, gint64 until_mono, gint64 now_mono);
/* Whole seconds left, rounded up, never negative. */
gint64 view_seconds_left(gint64 until_mono, gint64 now_mono);
/* The problem of a device that is there, or NULL. */
const char *view_device_problem(const View *view, ViewDevice device);
