/* congestion: how much video the line carries, judged from transport-wide feedback.
 *
 * Two watchers, the lower one wins. Loss: more than a tenth lost in a second means that the line is full; a few per cent are a bad line,
 * not a full one, and are borne. Delay: packets that keep arriving further apart than they were sent fill a queue on the way; only a queue
 * that stands for a while counts, since a busy computer at either end delays packets for a moment and hands them over at once afterwards.
 * After a cut the rate starts from what really arrived, unless the encoder sent much less than it might have: what arrives then tells how
 * little the picture needs, not what the line carries. It grows by a tenth a second, and faster once the line has been good for a while.
 * Pure functions: one thread at a time. */
#pragma once

#include <glib.h>

typedef struct {
    double loss;      /* 0..1, of the packets in this report */
    double sent_kbps; /* by the sender's clock */
    double got_kbps;  /* by the receiver's clock; 0 when unknown */
    double delta_ms;  /* how much further apart than sent, mean over the packets of this report */
    guint packets;    /* sent in the span of this report */
    double round_trip_ms;
} CongestionReport;

typedef struct {
    int floor_kbps, ceiling_kbps;
    double kbps;        /* what the encoder may use */
    double loss;        /* smoothed over about a second */
    double got_kbps;    /* smoothed over about a fifth of a second */
    double sent_kbps;   /* likewise */
    double queue_ms;    /* what has piled up on the way, leaking */
    gint64 queued_us;   /* since when queue_ms is above what a good line has; 0: it is not */
    gint64 last_us;     /* of the last report; 0: none yet */
    gint64 last_cut_us; /* of the last cut because of loss or a queue */
    gint64 silent_us;   /* counted from here, if later than last_us, silence is long enough to cut again */
    gint64 looked_us;   /* of the last congestion_silence() */
} Congestion;

/* How large and how fast the picture should be for a rate: numerator of a quarter of the full size, and frames a second at most. */
typedef struct {
    int quarters; /* 4: full size, 3, 2, 1 */
    int fps;
} CongestionPicture;

void congestion_start(Congestion *congestion, int floor_kbps, int start_kbps, int ceiling_kbps);
/* now_us: monotonic. Returns the new rate in kbit/s, within floor and ceiling. */
int congestion_report(Congestion *congestion, gint64 now_us, const CongestionReport *report);
/* To be called four times a second: no report for a second tells that the line is gone or full to the brim. When the call itself comes
 * late, this computer is busy, and the silence tells nothing. Returns the new rate. */
int congestion_silence(Congestion *congestion, gint64 now_us);
/* How fast packets may follow each other, in kbit/s; 0: as fast as they like, while nothing has shown that the line is narrow. */
int congestion_pace(const Congestion *congestion);
/* From the picture in use to the one for kbps; with hysteresis, so that a rate at a border does not flap. */
CongestionPicture congestion_picture(CongestionPicture now, double kbps, int full_fps);
