#include "agent/booth_wishes.h"

#include "agent/booth_media.h"

#include <string.h>

static gboolean on_wish_ready(BoothStep *step)
{
    Booth *booth = step->booth;
    switch (booth->state) {
    case BOOTH_STARTING:
    case BOOTH_RINGING: return FALSE;
    default: break;
    }
    booth->ready_wanted = TRUE;
    booth->pause_reason[0] = '\0';
    if (booth->state == BOOTH_WRAPUP)
        booth_wrapup_over(step);
    else if (!booth_in_call(booth))
        booth_settle(step);
    return TRUE;
}

/* In a call or a wrap-up the pause comes after it. */
static gboolean on_wish_pause(BoothStep *step)
{
    Booth *booth = step->booth;
    if (booth->state == BOOTH_STARTING || booth->state == BOOTH_RINGING) return FALSE;
    booth_want_pause(step, step->event->text);
    if (booth->state == BOOTH_READY || booth->state == BOOTH_PAUSED) booth_settle(step);
    return TRUE;
}

static gboolean on_wish_accept(BoothStep *step)
{
    Booth *booth = step->booth;
    if (booth->state != BOOTH_RINGING) return FALSE;
    booth->call.accepted_mono = step->event->mono;
    booth_enter(step, BOOTH_CONNECTING);
    booth->deadline_mono = step->event->mono + booth->setup_ms;
    booth_act(step, BOOTH_DO_ACCEPT);
    if (booth_is_practice(booth)) {
        booth->call.accepted = TRUE;
        booth_start_media(step);
    }
    return TRUE;
}

static gboolean on_wish_decline(BoothStep *step)
{
    if (step->booth->state != BOOTH_RINGING) return FALSE;
    booth_act(step, BOOTH_DO_DECLINE);
    booth_offer_over(step, "declined");
    booth_want_pause(step, "declined");
    booth_settle(step);
    return TRUE;
}

static gboolean on_wish_hangup(BoothStep *step)
{
    if (step->booth->state == BOOTH_RINGING) return on_wish_decline(step);
    if (!booth_in_call(step->booth)) return FALSE;
    booth_owe_end(step, BOOTH_END_HANGUP);
    booth_call_over(step);
    return TRUE;
}

static gboolean on_wish_mute(BoothStep *step)
{
    if (step->booth->state == BOOTH_STARTING) return FALSE;
    step->booth->muted = step->event->flag;
    if (step->booth->state == BOOTH_LIVE) booth_count_mute(step, step->event->flag);
    booth_act(step, BOOTH_DO_MUTE);
    return TRUE;
}

static gboolean on_wish_camera(BoothStep *step)
{
    if (step->booth->state == BOOTH_STARTING) return FALSE;
    step->booth->view = (BoothView)step->event->number;
    booth_act(step, BOOTH_DO_CAMERA);
    return TRUE;
}

static gboolean on_wish_outcome(BoothStep *step)
{
    BoothNote *note = &step->booth->call.note;
    const char *outcome = step->event->text, *order = step->event->text2;
    if (step->booth->state != BOOTH_WRAPUP || (!*outcome && !note->outcome[0])) return FALSE;
    if (*outcome) g_strlcpy(note->outcome, outcome, sizeof note->outcome);
    if (*order) g_strlcpy(note->order, order, sizeof note->order);
    booth_wrapup_over(step);
    return TRUE;
}

static gboolean on_wish_note(BoothStep *step)
{
    if (step->booth->state != BOOTH_WRAPUP) return FALSE;
    step->booth->call.note = *step->event->note;
    return TRUE;
}

static gboolean on_wish_extend(BoothStep *step)
{
    Booth *booth = step->booth;
    if (booth->state != BOOTH_WRAPUP || booth->extended) return FALSE;
    booth->extended = TRUE;
    booth->deadline_mono += booth->extend_ms;
    return TRUE;
}

/* Rings like a real one, whatever the link is like; the pause goes on after it. */
static gboolean on_wish_practice(BoothStep *step)
{
    Booth *booth = step->booth;
    if (booth->state != BOOTH_PAUSED || booth->ready_wanted || !booth->studio) return FALSE;
    booth_forget_call(step);
    g_strlcpy(booth->call.key.id, BOOTH_PRACTICE, sizeof booth->call.key.id);
    booth->call.shopper_present = TRUE;
    booth->call.pc = ++booth->pc_last;
    booth_enter(step, BOOTH_RINGING);
    booth->deadline_mono = booth->call.ring_until_mono = step->event->mono + booth->ring_ms;
    return TRUE;
}

static gboolean on_wish_check(BoothStep *step)
{
    if (step->booth->state != BOOTH_PAUSED) return FALSE;
    step->booth->checking = step->event->flag;
    if (step->event->flag) booth_act(step, BOOTH_DO_SELF_TEST);
    return TRUE;
}

gboolean booth_take_wish(BoothStep *step)
{
    static const BoothTake takes[BOOTH_EVENTS] = {
        [BOOTH_WISH_READY] = on_wish_ready,     [BOOTH_WISH_PAUSE] = on_wish_pause,       [BOOTH_WISH_ACCEPT] = on_wish_accept,
        [BOOTH_WISH_DECLINE] = on_wish_decline, [BOOTH_WISH_HANGUP] = on_wish_hangup,     [BOOTH_WISH_MUTE] = on_wish_mute,
        [BOOTH_WISH_CAMERA] = on_wish_camera,   [BOOTH_WISH_OUTCOME] = on_wish_outcome,   [BOOTH_WISH_NOTE] = on_wish_note,
        [BOOTH_WISH_EXTEND] = on_wish_extend,   [BOOTH_WISH_PRACTICE] = on_wish_practice, [BOOTH_WISH_CHECK] = on_wish_check,
    };
    return takes[step->event->kind](step);
}
