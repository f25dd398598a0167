#include "agent/booth_moves.h"

#include <string.h>

/* Of a practice call nobody outside the booth hears, and nothing is written down. */
static gboolean is_rehearsed(BoothActionKind *kind)
{
    switch (*kind) {
    case BOOTH_DO_START: *kind = BOOTH_DO_REHEARSE; return TRUE;
    case BOOTH_DO_PULL:
    case BOOTH_DO_UNPULL:
    case BOOTH_DO_STOP:
    case BOOTH_DO_SELF_TEST:
    case BOOTH_DO_MUTE:
    case BOOTH_DO_CAMERA: return TRUE;
    default: return FALSE;
    }
}

void booth_act_on(BoothStep *step, BoothActionKind kind, const BoothKey *key, BoothEnd end)
{
    if (booth_key_is_practice(key) && !is_rehearsed(&kind)) return;
    g_assert(step->actions->count < BOOTH_ACTIONS_MAX);
    step->actions->list[step->actions->count++] = (BoothAction){.kind = kind, .key = *key, .end = end};
}

void booth_act(BoothStep *step, BoothActionKind kind)
{
    booth_act_on(step, kind, &step->booth->call.key, BOOTH_END_NONE);
}

gboolean booth_is_ours(const BoothStep *step)
{
    return booth_same_key(&step->booth->call.key, &step->event->key);
}

void booth_enter(BoothStep *step, BoothState state)
{
    Booth *booth = step->booth;
    if (booth->state != state) {
        booth->since_mono = step->event->mono;
        booth->checking = FALSE;
    }
    booth->state = state;
    booth->deadline_mono = 0;
    booth->extended = FALSE;
}

/* --- ready or paused ---------------------------------------------------------------------------------------------------------------- */

static void park(BoothStep *step)
{
    Booth *booth = step->booth;
    if (booth->parked || !booth->linked || booth->owed_end != BOOTH_END_NONE) return;
    booth->parked = TRUE;
    booth->pull_seq++;
    booth_act(step, BOOTH_DO_PULL);
}

static void unpark(BoothStep *step)
{
    Booth *booth = step->booth;
    if (booth->parked && booth->linked) booth_act(step, BOOTH_DO_UNPULL);
    booth->parked = FALSE;
}

/* Between calls: ready when it is wanted and nothing is in the way. A short break of the link is not: it becomes a problem by itself. */
void booth_settle(BoothStep *step)
{
    Booth *booth = step->booth;
    gboolean ready = booth->ready_wanted && !booth->blocked && (booth->linked || booth->state == BOOTH_READY);
    if (ready) {
        booth_enter(step, BOOTH_READY);
        booth->pause_reason[0] = '\0';
        park(step);
        return;
    }
    booth_enter(step, BOOTH_PAUSED);
    if (booth->ready_wanted) g_strlcpy(booth->pause_reason, "problem", sizeof booth->pause_reason);
    unpark(step);
}

void booth_want_pause(BoothStep *step, const char *reason)
{
    if (booth_is_practice(step->booth)) return;
    step->booth->ready_wanted = FALSE;
    g_strlcpy(step->booth->pause_reason, reason, sizeof step->booth->pause_reason);
}

/* --- the end of an offer or of a call ------------------------------------------------------------------------------------------------ */

void booth_forget_call(BoothStep *step)
{
    memset(&step->booth->call, 0, sizeof step->booth->call);
    step->booth->renew_mono = 0;
    step->booth->gone_mono = 0;
}

void booth_offer_over(BoothStep *step, const char *result)
{
    Booth *booth = step->booth;
    booth->call.result = result;
    booth->call.ended_mono = step->event->mono;
    booth_act(step, BOOTH_DO_STOP);
    booth_act(step, BOOTH_DO_RECORD);
}

void booth_tell_end(BoothStep *step)
{
    Booth *booth = step->booth;
    booth->owed_mono = step->event->mono;
    if (booth->linked) booth_act_on(step, BOOTH_DO_END, &booth->owed, booth->owed_end);
}

void booth_owe_end(BoothStep *step, BoothEnd end)
{
    if (booth_is_practice(step->booth)) return;
    step->booth->owed = step->booth->call.key;
    step->booth->owed_end = end;
    booth_tell_end(step);
}

/* The desk knows, or it is nothing to it any more: the next call may come. */
void booth_end_is_known(BoothStep *step)
{
    Booth *booth = step->booth;
    if (booth->owed_end == BOOTH_END_NONE) return;
    booth->owed_end = BOOTH_END_NONE;
    if (booth->state == BOOTH_READY) park(step);
}

static void write_down(BoothStep *step)
{
    BoothCall *call = &step->booth->call;
    if (!call->note.outcome[0]) g_strlcpy(call->note.outcome, "none", sizeof call->note.outcome);
    /* Of times of another boot nothing more can be said. */
    gboolean cut = call->cut_boot[0] != 0;
    call->ready_mono = cut ? call->ended_mono : step->event->mono;
    call->wrapup_ms = cut ? 0 : call->ready_mono - call->ended_mono;
    booth_act(step, BOOTH_DO_RECORD);
}

void booth_wrapup_over(BoothStep *step)
{
    write_down(step);
    booth_settle(step);
}

/* Of a live call, how long the shopper could not hear the advisor. */
void booth_count_mute(BoothStep *step, gboolean muted)
{
    BoothCall *call = &step->booth->call;
    if (call->muted_mono) call->muted_ms += step->event->mono - call->muted_mono;
    call->muted_mono = muted ? step->event->mono : 0;
}

/* A call is over, for whatever reason: nobody wraps up a conversation that never was. */
void booth_call_over(BoothStep *step)
{
    Booth *booth = step->booth;
    BoothCall *call = &booth->call;
    call->ended_mono = step->event->mono;
    call->talk_ms = call->media_up_mono ? call->ended_mono - call->media_up_mono : 0;
    booth_count_mute(step, FALSE);
    call->result = "accepted";
    booth->renew_mono = 0;
    booth->gone_mono = 0;
    booth_act(step, BOOTH_DO_STOP);
    if (booth->muted) {
        booth->muted = FALSE;
        booth_act(step, BOOTH_DO_MUTE);
    }
    if (call->media_up_mono) {
        booth_enter(step, BOOTH_WRAPUP);
        booth->deadline_mono = step->event->mono + booth->wrapup_ms;
        return;
    }
    write_down(step);
    booth_settle(step);
}
