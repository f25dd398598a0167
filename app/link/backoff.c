#include "link/backoff.h"

guint backoff_next(Backoff *backoff, double chance)
{
    guint64 ceiling = (guint64)backoff->first_ms << MIN(backoff->tries, 31);
    if (ceiling >= backoff->limit_ms)
        ceiling = backoff->limit_ms;
    else
        backoff->tries++;
    return (guint)((double)ceiling * chance);
}

void backoff_reset(Backoff *backoff)
{
    backoff->tries = 0;
}
