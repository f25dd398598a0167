#include "studio/congestion.h"

#include <math.h>

#define LOSS_FULL       0.10 /* above: the line is full */
#define LOSS_BAD        0.05 /* above: do not grow */
#define QUEUE_FULL_MS   25.0 /* piled up: cut */
#define QUEUE_HIGH_MS   10.0 /* do not grow */
#define QUEUE_STANDS_US 150000
#define CUT             0.85 /* of what arrived */
#define CUT_MOST        0.5  /* at once: one report may mislead */
#define CUT_EVERY_US    300000
#define CONTENT_LIMITED 0.6  /* below, of what it might: the sender needs no more */
#define GROWTH          0.12 /* a second */
#define GROWTH_FAST     0.35 /* a second */
#define GOOD_LONG_US    4000000
#define GROWTH_MIN_KBPS 40.0   /* a second */
#define HEADROOM        1.8    /* of what arrives: an encoder that needs little proves little */
#define HEADROOM_KBPS   1500.0 /* but enough for a picture of full size, always */
#define SMOOTH_LOSS_S   1.0
#define SMOOTH_RATE_S   0.2
#define QUEUE_LEAK_S    1.5
#define SILENCE_US      1000000
#define LATE_LOOK_US    500000
#define REPORT_MAX_S    1.0
#define PACE            1.4 /* of what the encoder may use: a key frame comes soon, and the queue on the way stays short */
#define SLOW_FPS        20  /* a smaller picture is better than a jerky one */

void congestion_start(Congestion *congestion, int floor_kbps, int start_kbps, int ceiling_kbps)
{
    *congestion = (Congestion){.floor_kbps = floor_kbps, .ceiling_kbps = ceiling_kbps, .kbps = CLAMP(start_kbps, floor_kbps, ceiling_kbps)};
}

static double smooth(double old, double new, double seconds, double constant)
{
    return old + (new - old) * (1.0 - exp(-seconds / constant));
}

static double smooth_rate(double old, double new, double seconds)
{
    if (new <= 0) return old;
    return old > 0 ? smooth(old, new, seconds, SMOOTH_RATE_S) : new;
}

static void take_in(Congestion *congestion, gint64 now_us, double seconds, const CongestionReport *report)
{
    congestion->loss = smooth(congestion->loss, CLAMP(report->loss, 0.0, 1.0), seconds, SMOOTH_LOSS_S);
    congestion->got_kbps = smooth_rate(congestion->got_kbps, report->got_kbps, seconds);
    congestion->sent_kbps = smooth_rate(congestion->sent_kbps, report->sent_kbps, seconds);
    double piled = congestion->queue_ms * exp(-seconds / QUEUE_LEAK_S) + report->delta_ms * report->packets;
    congestion->queue_ms = CLAMP(piled, 0.0, 1000.0);
    if (congestion->queue_ms <= QUEUE_FULL_MS)
        congestion->queued_us = 0;
    else if (!congestion->queued_us)
        congestion->queued_us = now_us;
}

static void cut(Congestion *congestion, gint64 now_us, double to_kbps)
{
    if (congestion->last_cut_us && now_us - congestion->last_cut_us < CUT_EVERY_US) return;
    congestion->last_cut_us = now_us;
    congestion->queue_ms = 0;
    congestion->queued_us = 0;
    congestion->loss = MIN(congestion->loss, LOSS_BAD);
    congestion->kbps = MIN(congestion->kbps, MAX(to_kbps, congestion->kbps * CUT_MOST));
}

static gboolean is_queue_standing(const Congestion *congestion, gint64 now_us)
{
    return congestion->queued_us && now_us - congestion->queued_us >= QUEUE_STANDS_US;
}

/* The sender has no more to send: what arrives tells nothing of the line. */
static gboolean is_content_limited(const Congestion *congestion)
{
    return congestion->got_kbps <= 0 || congestion->sent_kbps < CONTENT_LIMITED * congestion->kbps;
}

static double carried_kbps(const Congestion *congestion)
{
    return is_content_limited(congestion) ? congestion->kbps : congestion->got_kbps;
}

static void grow(Congestion *congestion, gint64 now_us, double seconds)
{
    gboolean is_good_long = !congestion->last_cut_us || now_us - congestion->last_cut_us > GOOD_LONG_US;
    double growth = MAX(congestion->kbps * (is_good_long && !is_content_limited(congestion) ? GROWTH_FAST : GROWTH), GROWTH_MIN_KBPS);
    double most = congestion->got_kbps > 0 ? MAX(congestion->got_kbps * HEADROOM, HEADROOM_KBPS) : congestion->ceiling_kbps;
    congestion->kbps = MAX(congestion->kbps, MIN(congestion->kbps + growth * seconds, most));
}

int congestion_report(Congestion *congestion, gint64 now_us, const CongestionReport *report)
{
    double seconds = congestion->last_us ? CLAMP((double)(now_us - congestion->last_us) / 1e6, 0.0, REPORT_MAX_S) : 0.0;
    congestion->last_us = now_us;
    take_in(congestion, now_us, seconds, report);
    if (congestion->loss > LOSS_FULL)
        cut(congestion, now_us,
            is_content_limited(congestion) ? congestion->kbps * (1.0 - congestion->loss / 2) : carried_kbps(congestion) * CUT);
    else if (is_queue_standing(congestion, now_us))
        cut(congestion, now_us, carried_kbps(congestion) * CUT);
    else if (congestion->loss < LOSS_BAD && congestion->queue_ms < QUEUE_HIGH_MS)
        grow(congestion, now_us, seconds);
    congestion->kbps = CLAMP(congestion->kbps, congestion->floor_kbps, congestion->ceiling_kbps);
    return (int)lround(congestion->kbps);
}

int congestion_silence(Congestion *congestion, gint64 now_us)
{
    gboolean is_late = congestion->looked_us && now_us - congestion->looked_us > LATE_LOOK_US;
    if (is_late) congestion->silent_us = now_us;
    congestion->looked_us = now_us;
    if (congestion->last_us && now_us - MAX(congestion->last_us, congestion->silent_us) >= SILENCE_US) {
        congestion->silent_us = now_us;
        congestion->kbps *= CUT_MOST;
    }
    congestion->kbps = CLAMP(congestion->kbps, congestion->floor_kbps, congestion->ceiling_kbps);
    return (int)lround(congestion->kbps);
}

int congestion_pace(const Congestion *congestion)
{
    if (!congestion->last_cut_us || congestion->kbps >= congestion->ceiling_kbps) return 0;
    return (int)lround(congestion->kbps * PACE);
}

CongestionPicture congestion_picture(CongestionPicture now, double kbps, int full_fps)
{
    static const struct {
        double down, up; /* kbit/s: leave this step below, come back to it above */
        int quarters;
    } STEPS[] = {{900, 1400, 4}, {450, 650, 3}, {200, 280, 2}, {0, 0, 1}};
    for (guint i = 0; i < G_N_ELEMENTS(STEPS); i++) {
        gboolean is_lower_now = now.quarters < STEPS[i].quarters;
        if (kbps < (is_lower_now ? STEPS[i].up : STEPS[i].down)) continue;
        now.quarters = STEPS[i].quarters;
        break;
    }
    gboolean is_slow = kbps < (now.fps < full_fps ? 180 : 140);
    now.fps = is_slow ? MIN(full_fps, SLOW_FPS) : full_fps;
    return now;
}
