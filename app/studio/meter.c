#include "studio/meter.h"

#include <math.h>

static double fallen(const Meter *meter, gint64 now_us)
{
    return meter->shown_db - METER_FALL_DB * (double)(now_us - meter->taken_us) / G_USEC_PER_SEC;
}

void meter_take(Meter *meter, const MeterReading *reading)
{
    if (reading->at_us <= meter->taken_us) return;
    gboolean goes_on = meter->taken_us && reading->at_us - meter->taken_us < METER_STALE_US;
    if (!goes_on) *meter = (Meter){.shown_db = reading->peak_db, .sounded_us = reading->at_us};
    meter->shown_db = goes_on ? MAX(reading->peak_db, fallen(meter, reading->at_us)) : reading->peak_db;
    meter->taken_us = reading->at_us;
    meter->clips = reading->peak_db >= METER_CLIP_DB ? MIN(meter->clips + 1, METER_CLIPS) : 0;
    if (meter->clips == METER_CLIPS) meter->clipped_us = reading->at_us;
    if (reading->peak_db > METER_SILENT_DB) meter->sounded_us = reading->at_us;
}

Voice meter_voice(const Meter *meter, gint64 now_us)
{
    if (!meter->taken_us || now_us - meter->taken_us >= METER_STALE_US) return VOICE_UNKNOWN;
    if (meter->clipped_us && now_us - meter->clipped_us < METER_CLIP_US) return VOICE_LOUD;
    return now_us - meter->sounded_us >= METER_SILENT_US ? VOICE_SILENT : VOICE_HEARD;
}

guint meter_segments(double db)
{
    if (!(db >= METER_LEAST_DB)) return 0; /* what is no number, too */
    return (guint)MIN(floor((db - METER_LEAST_DB) / METER_STEP_DB) + 1, METER_SEGMENTS);
}

guint meter_lit(const Meter *meter, gint64 now_us)
{
    return meter_voice(meter, now_us) == VOICE_UNKNOWN ? 0 : meter_segments(fallen(meter, now_us));
}
