#include "studio/congestion.h"

#include <math.h>

#define LOSS_FULL       0.10 /* above: the line is full */
#define LOSS_BAD        0.05 /* above: do not grow */
#define QUEUE_FULL_MS   25.0 /* piled up: cut */
#define QUEUE_HIGH_MS   10.0 /* do not grow */
#define CUT             0.85 /* of what arrived */
#define CUT_EVERY_US    400000
#define GROWTH_A_SECOND 0.12
#define GROWTH_MIN_KBPS 40.0 /* a second */
#define HEADROOM        1.8  /* of what arrives: an encoder that needs little proves little */
#define HEADROOM_KBPS   300.0
#define SMOOTH_LOSS_S   1.0
#define SMOOTH_GOT_S    0.5
#define QUEUE_LEAK_S    1.5
#define SILENCE_US      500000
#define REPORT_MAX_S    1.0

void congestion_start(Congestion *congestion, int floor_kbps, int start_kbps, int ceiling_kbps)
{
    *congestion = (Congestion){.floor_kbps = floor_kbps, .ceiling_kbps = ceiling_kbps, .kbps = CLAMP(start_kbps, floor_kbps, ceiling_kbps)};
}

static double smooth(double old, double new, double seconds, double constant)
{
    return old + (new - old) * (1.0 - exp(-seconds / constant));
}

static void take_in(Congestion *congestion, double seconds, const CongestionReport *report)
{
    congestion->loss = smooth(congestion->loss, CLAMP(report->loss, 0.0, 1.0), seconds, SMOOTH_LOSS_S);
    if (report->got_kbps > 0)
        congestion->got_kbps =
            congestion->got_kbps > 0 ? smooth(congestion->got_kbps, report->got_kbps, seconds, SMOOTH_GOT_S) : report->got_kbps;
    double piled = congestion->queue_ms * exp(-seconds / QUEUE_LEAK_S) + report->delta_ms * report->packets;
    congestion->queue_ms = CLAMP(piled, 0.0, 1000.0);
}

static void cut(Congestion *congestion, gint64 now_us, double to_kbps)
{
    if (now_us - congestion->last_cut_us < CUT_EVERY_US) return;
    congestion->last_cut_us = now_us;
    congestion->queue_ms = 0;
    congestion->kbps = MIN(congestion->kbps, to_kbps);
}

int congestion_report(Congestion *congestion, gint64 now_us, const CongestionReport *report)
{
    double seconds = congestion->last_us ? CLAMP((double)(now_us - congestion->last_us) / 1e6, 0.0, REPORT_MAX_S) : 0.0;
    congestion->last_us = now_us;
    take_in(congestion, seconds, report);
    double arrived = congestion->got_kbps > 0 ? congestion->got_kbps : congestion->kbps;
    if (congestion->loss > LOSS_FULL) {
        cut(congestion, now_us, MIN(arrived, congestion->kbps * (1.0 - congestion->loss / 2)) * 0.95);
    } else if (congestion->queue_ms > QUEUE_FULL_MS) {
        cut(congestion, now_us, arrived * CUT);
    } else if (congestion->loss < LOSS_BAD && congestion->queue_ms < QUEUE_HIGH_MS) {
        double grown = congestion->kbps + MAX(congestion->kbps * GROWTH_A_SECOND, GROWTH_MIN_KBPS) * seconds;
        congestion->kbps = MAX(congestion->kbps, MIN(grown, arrived * HEADROOM + HEADROOM_KBPS));
    }
    congestion->kbps = CLAMP(congestion->kbps, congestion->floor_kbps, congestion->ceiling_kbps);
    return (int)lround(congestion->kbps);
}

int congestion_silence(Congestion *congestion, gint64 now_us)
{
    if (congestion->last_us && now_us - congestion->last_us >= SILENCE_US) cut(congestion, now_us, congestion->kbps / 2);
    congestion->kbps = CLAMP(congestion->kbps, congestion->floor_kbps, congestion->ceiling_kbps);
    return (int)lround(congestion->kbps);
}

CongestionPicture congestion_picture(CongestionPicture now, double kbps, int full_fps)
{
    static const struct {
        double down, up; /* kbit/s: leave this step below, come back to it above */
        int quarters;
    } STEPS[] = {{900, 1150, 4}, {450, 600, 3}, {0, 0, 2}};
    for (guint i = 0; i < G_N_ELEMENTS(STEPS); i++) {
        gboolean is_lower_now = now.quarters < STEPS[i].quarters;
        if (kbps < (is_lower_now ? STEPS[i].up : STEPS[i].down)) continue;
        now.quarters = STEPS[i].quarters;
        break;
    }
    gboolean is_slow = kbps < (now.fps < full_fps ? 220 : 160);
    now.fps = is_slow ? MIN(full_fps, 15) : full_fps;
    return now;
}
