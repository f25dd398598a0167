/* meter: how loud a voice is, as lit segments and, where the segments do not say enough, as a word.
 *
 * Peaks, as a programme meter has them (IEC 60268-10): they rise at once and fall slowly enough to be read. Decibels are relative to full
 * scale. Pure; any thread. */
#pragma once

#include <glib.h>

#define METER_SEGMENTS    12
#define METER_LOUD        2       /* of them, at the end, are for what is nearly too loud */
#define METER_STEP_DB     4.0     /* of one segment */
#define METER_LEAST_DB    (-48.0) /* lights the first one */
#define METER_FALL_DB     30.0    /* a second */
#define METER_CLIP_DB     (-1.0)  /* from here on sound is cut off, or nearly */
#define METER_CLIPS       3       /* readings one after the other that say so: a knock on the table is none */
#define METER_CLIP_US     2000000 /* how long it is said */
#define METER_SILENT_DB   (-90.0) /* no more than the last bit of 16 */
#define METER_SILENT_US   3000000 /* of that: there is no sound */
#define METER_STALE_US    1000000 /* a reading that is older says nothing */
#define METER_INTERVAL_MS 80      /* between two readings */

typedef struct {
    double peak_db;
    gint64 at_us; /* monotonic; 0: there was none */
} MeterReading;

typedef enum {
    VOICE_UNKNOWN, /* nothing was measured */
    VOICE_HEARD,
    VOICE_SILENT, /* not even noise: its microphone is off */
    VOICE_LOUD,   /* distorted */
    VOICE_MUTED,  /* by us: for whoever shows it; never of meter_voice() */
} Voice;

/* All zero: nothing was measured yet. */
typedef struct {
    double shown_db;
    guint clips;
    gint64 taken_us, clipped_us, sounded_us;
} Meter;

/* A reading; one that was taken already changes nothing. */
void meter_take(Meter *meter, const MeterReading *reading);
Voice meter_voice(const Meter *meter, gint64 now_us);
/* How many are lit, 0 to METER_SEGMENTS. */
guint meter_segments(double db);
guint meter_lit(const Meter *meter, gint64 now_us);
