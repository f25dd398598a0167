#include "agent/booth_desk.h"

#include "agent/booth_media.h"

#include <string.h>

/* An offer that rang is the desk's again; a call goes on by itself. */
static gboolean on_link_down(BoothStep *step)
{
    Booth *booth = step->booth;
    booth->linked = FALSE;
    booth->parked = FALSE;
    if (booth->state == BOOTH_RINGING && !booth_is_practice(booth)) {
        booth_offer_over(step, "withdrawn");
        booth->state = BOOTH_READY;
        booth_settle(step);
    }
    return TRUE;
}

static void accepted_now(BoothStep *step)
{
    step->booth->call.accepted = TRUE;
    step->booth->deadline_mono = step->event->mono + step->booth->setup_ms;
    step->booth->renew_mono = step->event->mono + BOOTH_RENEW_MS;
    booth_start_media(step);
}

static void resume_call(BoothStep *step, BoothResume resume)
{
    Booth *booth = step->booth;
    if (resume != BOOTH_RESUME_KEPT) {
        if (booth->call.accepted) {
            booth_call_over(step);
        } else {
            booth_offer_over(step, "withdrawn");
            booth_settle(step);
        }
        return;
    }
    /* Whether the desk has heard the accept is not known: said again, it answers again. */
    if (!booth->call.accepted)
        booth_act(step, BOOTH_DO_ACCEPT);
    else if (booth->call.media == BOOTH_MEDIA_UP)
        booth_act(step, BOOTH_DO_MEDIA_UP);
    /* Else what was signalled may be lost with the link: made anew by the word of the shopper's presence, which follows a welcome. */
}

static gboolean on_welcome(BoothStep *step)
{
    Booth *booth = step->booth;
    const BoothEvent *event = step->event;
    booth->linked = TRUE;
    booth->ring_ms = event->ring_ms;
    booth->setup_ms = event->setup_ms;
    booth->wrapup_ms = event->wrapup_ms;
    BoothResume resume = (BoothResume)event->number;
    if (booth_in_call(booth) && !booth_is_practice(booth)) {
        resume_call(step, resume);
        return TRUE;
    }
    if (booth->owed_end != BOOTH_END_NONE && resume == BOOTH_RESUME_KEPT)
        booth_tell_end(step);
    else
        booth->owed_end = BOOTH_END_NONE;
    if (booth->state == BOOTH_READY || booth->state == BOOTH_PAUSED) booth_settle(step);
    return TRUE;
}

/* An offer uses the parked pull up. One that crossed with a pause, or comes at a wrong time, goes straight back to the head of the line. */
static gboolean on_offer(BoothStep *step)
{
    Booth *booth = step->booth;
    const BoothEvent *event = step->event;
    if (booth->state != BOOTH_READY) {
        booth_act_on(step, BOOTH_DO_DECLINE, &event->key, BOOTH_END_NONE);
        return TRUE;
    }
    booth->parked = FALSE;
    if (event->wrapup_ms > 0) booth->wrapup_ms = event->wrapup_ms;
    booth_forget_call(step);
    booth->call.key = event->key;
    booth->call.shopper_present = TRUE;
    booth->call.offered_mono = event->mono;
    booth->call.pc = ++booth->pc_last;
    booth_enter(step, BOOTH_RINGING);
    booth->deadline_mono = event->mono + (event->ring_ms > 0 ? event->ring_ms : booth->ring_ms);
    booth->call.ring_until_mono = booth->deadline_mono;
    booth->renew_mono = event->mono + BOOTH_RENEW_MS;
    if (booth->studio) booth_act(step, BOOTH_DO_PREPARE);
    return TRUE;
}

/* The desk took an offer or, at worst, a call back. */
static gboolean on_withdrawn(BoothStep *step)
{
    Booth *booth = step->booth;
    if (booth_same_key(&booth->owed, &step->event->key)) booth_end_is_known(step);
    if (!booth_is_ours(step)) return TRUE;
    if (booth->state == BOOTH_RINGING || (booth->state == BOOTH_CONNECTING && !booth->call.accepted)) {
        gboolean no_answer = booth->state == BOOTH_RINGING && strcmp(step->event->text, "ring_no_answer") == 0;
        booth_offer_over(step, no_answer ? "ring_no_answer" : "withdrawn");
        if (no_answer) booth_want_pause(step, "ring_no_answer");
        booth_settle(step);
    } else if (booth_in_call(booth)) {
        booth_call_over(step);
    }
    return TRUE;
}

static gboolean on_accepted(BoothStep *step)
{
    if (step->booth->state == BOOTH_CONNECTING && booth_is_ours(step) && !step->booth->call.accepted) accepted_now(step);
    return TRUE;
}

static gboolean on_refused(BoothStep *step)
{
    Booth *booth = step->booth;
    const char *what = step->event->text;
    if (strcmp(what, "end") == 0) {
        if (booth_same_key(&booth->owed, &step->event->key)) booth_end_is_known(step);
        return TRUE;
    }
    if (!booth_is_ours(step)) return TRUE;
    if (booth->state == BOOTH_CONNECTING && !booth->call.accepted) {
        booth_offer_over(step, "withdrawn");
        booth_settle(step);
    } else if (booth_in_call(booth) && strcmp(what, "renew") == 0) {
        booth_call_over(step);
    }
    return TRUE;
}

static gboolean on_ended(BoothStep *step)
{
    Booth *booth = step->booth;
    if (booth_same_key(&booth->owed, &step->event->key)) booth_end_is_known(step);
    if (!booth_is_ours(step)) return TRUE;
    if (booth->state == BOOTH_RINGING) {
        booth_offer_over(step, "withdrawn");
        booth_settle(step);
    } else if (booth_in_call(booth)) {
        booth_call_over(step);
    }
    return TRUE;
}

static gboolean on_seen(BoothStep *step)
{
    if (booth_in_call(step->booth) && booth_is_ours(step) && step->booth->call.accepted) booth_media_is_up(step);
    return TRUE;
}

/* The desk's answer to an unpull; nothing waits for it. */
static gboolean on_unpulled(BoothStep *step)
{
    (void)step;
    return TRUE;
}

gboolean booth_take_desk(BoothStep *step)
{
    static const BoothTake takes[BOOTH_EVENTS] = {
        [BOOTH_UNPULLED] = on_unpulled, [BOOTH_LINK_DOWN] = on_link_down, [BOOTH_WELCOME] = on_welcome,
        [BOOTH_OFFER] = on_offer,       [BOOTH_WITHDRAWN] = on_withdrawn, [BOOTH_ACCEPTED] = on_accepted,
        [BOOTH_REFUSED] = on_refused,   [BOOTH_ENDED] = on_ended,         [BOOTH_SEEN] = on_seen,
    };
    return takes[step->event->kind](step);
}
