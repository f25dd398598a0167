#include "agent/booth.h"

#include "agent/booth_desk.h"
#include "agent/booth_media.h"
#include "agent/booth_moves.h"
#include "agent/booth_wishes.h"

#include <string.h>

static gboolean on_started(BoothStep *step)
{
    if (step->booth->state == BOOTH_STARTING) booth_settle(step);
    return TRUE;
}

static gboolean on_blocked(BoothStep *step)
{
    Booth *booth = step->booth;
    booth->blocked = step->event->flag;
    if (booth->state == BOOTH_READY || booth->state == BOOTH_PAUSED) booth_settle(step);
    return TRUE;
}

static void state_over(BoothStep *step)
{
    switch (step->booth->state) {
    case BOOTH_RINGING:
        booth_act(step, BOOTH_DO_RING_NO_ANSWER);
        booth_offer_over(step, "ring_no_answer");
        booth_want_pause(step, "ring_no_answer");
        booth_settle(step);
        break;
    case BOOTH_CONNECTING:
        booth_owe_end(step, BOOTH_END_SETUP_FAILED);
        booth_call_over(step);
        break;
    case BOOTH_WRAPUP: booth_wrapup_over(step); break;
    default: break;
    }
}

static gint64 end_due(const Booth *booth)
{
    return booth->linked && booth->owed_end != BOOTH_END_NONE ? booth->owed_mono + BOOTH_RENEW_MS : 0;
}

static gboolean is_due(gint64 at, gint64 now)
{
    return at != 0 && at <= now;
}

static gboolean on_tick(BoothStep *step)
{
    Booth *booth = step->booth;
    gint64 now = step->event->mono;
    if (is_due(booth->deadline_mono, now)) {
        state_over(step);
    } else if (is_due(booth_gone_limit(booth), now)) {
        booth_owe_end(step, booth->state == BOOTH_CONNECTING && booth->linked ? BOOTH_END_SETUP_FAILED : BOOTH_END_MEDIA_LOST);
        booth_call_over(step);
    } else if (is_due(booth_remake_due(booth), now)) {
        booth_remake(step);
    }
    if (is_due(booth->renew_mono, now)) {
        booth->renew_mono = now + BOOTH_RENEW_MS;
        if (booth->linked) booth_act(step, BOOTH_DO_RENEW);
    }
    if (is_due(end_due(booth), now)) booth_tell_end(step);
    return TRUE;
}

void booth_init(Booth *booth, gint64 mono)
{
    memset(booth, 0, sizeof *booth);
    booth->since_mono = mono;
    booth->blocked = TRUE;
    booth->ring_ms = 20000;
    booth->setup_ms = 20000;
    booth->wrapup_ms = 60000;
    booth->extend_ms = 60000;
}

gboolean booth_step(Booth *booth, const BoothEvent *event, BoothActions *actions)
{
    static const BoothTake takes[BOOTH_EVENTS] = {
        [BOOTH_STARTED] = on_started,
        [BOOTH_WISH_READY... BOOTH_WISH_CHECK] = booth_take_wish,
        [BOOTH_LINK_DOWN... BOOTH_ENDED] = booth_take_desk,
        [BOOTH_SHOPPER] = booth_take_media,
        [BOOTH_SEEN] = booth_take_desk,
        [BOOTH_NO_PICTURE... BOOTH_CODEC_REFUSED] = booth_take_media,
        [BOOTH_BLOCKED] = on_blocked,
        [BOOTH_TICK] = on_tick,
    };
    BoothEvent complete = *event;
    if (!complete.text) complete.text = "";
    if (!complete.text2) complete.text2 = "";
    actions->count = 0;
    BoothStep step = {booth, &complete, actions};
    gboolean fits = takes[event->kind](&step);
    booth_watch_gone(&step);
    return fits;
}

static gint64 sooner(gint64 a, gint64 b)
{
    if (a == 0 || b == 0) return a + b;
    return MIN(a, b);
}

gint64 booth_deadline(const Booth *booth)
{
    gint64 due = sooner(booth->deadline_mono, booth_gone_limit(booth));
    return sooner(sooner(due, booth_remake_due(booth)), sooner(booth->renew_mono, end_due(booth)));
}
