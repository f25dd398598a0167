#include "studio/draw_rest.h"

void draw_rest_begin(DrawRest *rest, gint64 now_ms)
{
    rest->drawn_ms = now_ms;
}

void draw_rest_end(DrawRest *rest, gint64 now_ms, gboolean in_use, gboolean on_air)
{
    const gint64 took_ms = now_ms - rest->drawn_ms, limit_ms = in_use || on_air ? DRAW_REST_SLOW_MS : DRAW_REST_SLOW_QUIET_MS;
    rest->slow_ms = MAX(took_ms, rest->slow_ms * 7 / 8);
    const gint64 rest_ms = MIN(rest->slow_ms * (in_use ? DRAW_REST_TIMES_IN_USE : DRAW_REST_TIMES), DRAW_REST_MAX_MS);
    rest->rest_ms = rest->slow_ms > limit_ms ? took_ms + rest_ms : 0;
}

void draw_rest_skip(DrawRest *rest)
{
    rest->rest_ms = 0;
}

gboolean draw_rest_lasts(const DrawRest *rest, gint64 now_ms)
{
    return now_ms - rest->drawn_ms < rest->rest_ms;
}

gboolean draw_rest_is_slow(const DrawRest *rest)
{
    return rest->slow_ms > DRAW_REST_SLOW_MS;
}
