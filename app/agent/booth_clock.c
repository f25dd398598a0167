#include "agent/booth_clock.h"

gboolean booth_clock_look(BoothClock *clock, gint64 mono, gint64 real, gboolean synchronised)
{
    const gint64 system = real - mono;
    gboolean agrees = !clock->is_told || ABS(system - clock->told) <= BOOTH_CLOCK_TRUST_MS;
    gboolean known = synchronised || clock->is_told;
    /* Not set by the network, it may be set by hand or jump: once a desk has told the time, that goes on by itself. */
    gint64 offset = clock->is_told && !(synchronised && agrees) ? clock->told : system;
    gboolean stepped = ABS(offset - clock->offset) > BOOTH_CLOCK_STEP_MS, learnt = known && !clock->known;
    if (stepped || learnt) clock->offset = offset;
    /* A network that goes away takes nothing back. */
    clock->known = clock->known || known;
    return stepped || learnt;
}

gboolean booth_clock_told(BoothClock *clock, gint64 mono, gint64 desk_utc, gint64 real, gboolean synchronised)
{
    clock->is_told = TRUE;
    clock->told = desk_utc - mono;
    return booth_clock_look(clock, mono, real, synchronised);
}

gint64 booth_clock_utc(const BoothClock *clock, gint64 mono)
{
    return mono + clock->offset;
}
